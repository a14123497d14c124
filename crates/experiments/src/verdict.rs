//! Verdicts: how a row compares with the paper, as far as the scale and the spread over seeds allow.

use crate::{
    config::{Judgement, Requirement, Targets},
    results::{Row, Standing, Verdict},
    statistics::{Spread, difference_interval, half_interval},
};
use herring_protocol::{GRADIENT, OverlapKind, ScoreName};

/// Means that round to the same two digits count as equal, because the papers print two digits.
const PRINTED: f64 = 0.005;

/// The verdict on `row`; findings may compare it with other `rows`.
pub(crate) fn of(row: &Row, rows: &[Row], judgement: Judgement, targets: &Targets) -> Verdict {
    if row.finished == 0 {
        return Verdict::unjudged("no run has finished");
    }
    match judgement {
        Judgement::None => Verdict::unjudged("this scale only shows that everything runs"),
        Judgement::Findings => findings(row, rows, targets),
        Judgement::Paper => comparison(row),
    }
}

/// Whether a finding's requirement is met.
#[derive(PartialEq)]
enum Met {
    Yes,
    InMean,
    No,
}

fn findings(row: &Row, rows: &[Row], targets: &Targets) -> Verdict {
    let (mut seen, mut in_mean, mut unseen, mut open) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for finding in targets.findings.iter().filter(|finding| finding.method == row.method) {
        let Some(ours) = row.value(&finding.score) else {
            continue;
        };
        let label = finding.score.label();
        let (met, bound) = match &finding.requirement {
            Requirement::AtMost(bound) => {
                let borne_out = ours.interval.is_some_and(|(_, high)| high <= *bound);
                (met(ours.mean <= *bound, borne_out), format!("≤ {bound:.2}"))
            }
            Requirement::AtLeast(bound) => {
                let borne_out = ours.interval.is_some_and(|(low, _)| low >= *bound);
                (met(ours.mean >= *bound, borne_out), format!("≥ {bound:.2}"))
            }
            Requirement::Above(other, margin) => {
                let reference = rows.iter().find(|row| row.method == *other);
                let Some(reference) = reference.and_then(|row| row.value(&finding.score)) else {
                    open.push(format!("{label} needs {other}"));
                    continue;
                };
                let borne_out = difference_interval(ours, reference).is_some_and(|(low, _)| low >= *margin);
                let bound = reference.mean + margin;
                (met(ours.mean >= bound, borne_out), format!("≥ {bound:.2} ({other} + {margin:.2})"))
            }
        };
        let number = format_spread(ours);
        match met {
            Met::Yes => seen.push(format!("{label} {number} {bound}")),
            Met::InMean => in_mean.push(format!("{label} {number} {bound}, not beyond its spread")),
            Met::No => unseen.push(format!("{label} {number} is not {bound}")),
        }
    }
    let standing = match (unseen.is_empty(), in_mean.is_empty(), seen.is_empty(), open.is_empty()) {
        (false, ..) => Standing::NotSeen,
        (true, false, _, true) => Standing::SeenInMean,
        (true, true, false, true) => Standing::Seen,
        _ => Standing::Unjudged,
    };
    let mut parts = match standing {
        // List only the findings that are not seen.
        Standing::NotSeen => unseen,
        _ => in_mean.into_iter().chain(seen).collect(),
    };
    if standing == Standing::Unjudged && !parts.is_empty() {
        parts = vec![format!("seen so far: {}", parts.join(", "))];
    }
    if !open.is_empty() {
        // Name the findings that cannot be tested.
        let open = format!("not testable: {}", open.join(", "));
        parts = if standing == Standing::NotSeen { vec![parts.join(", "), open] } else { [vec![open], parts].concat() };
    } else if parts.is_empty() {
        parts.push("no finding to look for".to_owned());
    } else {
        parts = vec![parts.join(", ")];
    }
    Verdict { standing, reason: format!("{}{}; not the paper's setting", parts.join("; "), seeds_note(row)) }
}

fn met(mean: bool, borne_out: bool) -> Met {
    match (mean, borne_out) {
        (true, true) => Met::Yes,
        (true, false) => Met::InMean,
        (false, _) => Met::No,
    }
}

/// `0.544±0.460`, or the number alone for one seed.
fn format_spread(spread: &Spread) -> String {
    match spread.sd {
        Some(sd) => format!("{:.3}±{sd:.3}", spread.mean),
        None => format!("{:.3}", spread.mean),
    }
}

/// The number of finished seeds, if it is not all of them.
fn seeds_note(row: &Row) -> String {
    let planned = row.finished + row.failed + row.missing;
    if row.finished < planned { format!(" ({} of {planned} seeds)", row.finished) } else { String::new() }
}

fn comparison(row: &Row) -> Verdict {
    let Some(target) = &row.target else {
        return Verdict::unjudged("the paper gives no numbers for this row");
    };
    let (mut alike, mut apart) = (Vec::new(), Vec::new());
    let compared = target.values.iter().filter(|(score, _)| is_compared(score));
    for (score, theirs) in compared {
        let Some(ours) = row.value(score) else {
            continue;
        };
        let Some((low, high)) = ours.interval else {
            return Verdict::unjudged("one seed is too few to compare");
        };
        let reach = half_interval(theirs.sd, target.seeds);
        let overlap = theirs.mean + reach >= low && theirs.mean - reach <= high;
        if overlap || (ours.mean - theirs.mean).abs() < PRINTED {
            alike.push(score.label());
        } else {
            apart.push(format!("{} {:.3} against {:.3}", score.label(), ours.mean, theirs.mean));
        }
    }
    let few = row.finished + row.failed + row.missing < target.seeds.min(10);
    let seeds = if few { format!("{} ({} seeds only)", seeds_note(row), row.finished) } else { seeds_note(row) };
    match (alike.is_empty(), apart.is_empty()) {
        (true, true) => Verdict::unjudged("the paper gives no numbers for this row"),
        (_, true) => Verdict { standing: Standing::Agrees, reason: format!("{}{seeds}", alike.join(", ")) },
        _ => Verdict { standing: Standing::Differs, reason: format!("{}{seeds}", apart.join(", ")) },
    }
}

/// Whether a score is compared with the paper's. The selected epoch is not, because selection among nearly equal epochs is
/// random. Of the overlaps only the input gradient's IoU and IoP are, because the paper gives them for all rows.
fn is_compared(score: &ScoreName) -> bool {
    match score {
        ScoreName::BestEpoch => false,
        ScoreName::Overlap { attribution, kind } => attribution == GRADIENT && *kind != OverlapKind::Iot,
        ScoreName::OnSet { .. } | ScoreName::Difference { .. } | ScoreName::Decoy { .. } | ScoreName::Heat { .. } => {
            true
        }
    }
}
