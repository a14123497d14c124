//! What may be said about a row beside the paper's: no more than the scale allows.

use crate::{
    aggregate::Row,
    config::{Judgement, Metric, Requirement, Targets},
    statistics::half_interval,
};
use serde::Serialize;

/// How a row stands to the paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// The paper's numbers are within what the seeds allow.
    Agrees,
    /// They are not.
    Differs,
    /// The paper's qualitative finding is seen.
    Seen,
    /// It is not.
    NotSeen,
    /// Nothing can be said.
    Unjudged,
}

/// A standing and the reason for it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Verdict {
    /// In a word.
    pub standing: Standing,
    /// In a line.
    pub text: String,
}

impl Verdict {
    /// Nothing can be said, for this reason.
    pub(crate) fn unjudged(reason: &str) -> Self {
        Self { standing: Standing::Unjudged, text: reason.to_owned() }
    }
}

/// Two means that are printed alike to two digits are not held apart: the paper prints two.
const PRINTED: f64 = 0.005;

/// The verdict on `row`, among `rows`.
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

fn findings(row: &Row, rows: &[Row], targets: &Targets) -> Verdict {
    let (mut seen, mut unseen, mut open) = (Vec::new(), Vec::new(), Vec::new());
    for finding in targets.findings.iter().filter(|finding| finding.method == row.method) {
        let Some(ours) = row.value(finding.metric).map(|spread| spread.mean) else {
            continue;
        };
        let (holds, wanted) = match finding.requirement {
            Requirement::AtMost(bound) => (ours <= bound, format!("≤ {bound:.2}")),
            Requirement::AtLeast(bound) => (ours >= bound, format!("≥ {bound:.2}")),
            Requirement::Above(other, margin) => {
                let reference = rows.iter().find(|row| row.method == other);
                let Some(reference) = reference.and_then(|row| row.value(finding.metric)) else {
                    open.push(format!("{} needs {other}", finding.metric.label()));
                    continue;
                };
                let bound = reference.mean + margin;
                (ours >= bound, format!("≥ {bound:.2} ({other} + {margin:.2})"))
            }
        };
        let text = format!("{} {ours:.3} {wanted}", finding.metric.label());
        if holds {
            seen.push(text);
        } else {
            unseen.push(text.replacen(wanted.as_str(), &format!("is not {wanted}"), 1));
        }
    }
    let (standing, mut text) = match (seen.is_empty(), unseen.is_empty(), open.is_empty()) {
        (_, false, _) => (Standing::NotSeen, format!("finding not seen: {}", unseen.join(", "))),
        (false, true, true) => (Standing::Seen, format!("finding seen: {}", seen.join(", "))),
        (true, true, true) => (Standing::Unjudged, "no finding to look for".to_owned()),
        (false, true, false) => (Standing::Unjudged, format!("seen so far: {}", seen.join(", "))),
        (true, true, false) => (Standing::Unjudged, String::new()),
    };
    if !open.is_empty() {
        // What cannot be asked is said, so that nobody takes the rest for all.
        let open = format!("not testable: {}", open.join(", "));
        text = match standing {
            Standing::NotSeen => format!("{text}; {open}"),
            _ if text.is_empty() => open,
            _ => format!("{open}; {text}"),
        };
    }
    Verdict { standing, text: format!("{text}{}; not the paper's setting", part(row)) }
}

/// How many of the planned seeds speak for the row, where it is not all of them.
fn part(row: &Row) -> String {
    let planned = row.finished + row.failed + row.missing;
    if row.finished < planned { format!(" ({} of {planned} seeds)", row.finished) } else { String::new() }
}

fn comparison(row: &Row) -> Verdict {
    let Some(target) = &row.target else {
        return Verdict::unjudged("the paper gives no numbers for this row");
    };
    let (mut alike, mut apart) = (Vec::new(), Vec::new());
    for metric in [Metric::Auc, Metric::Iou, Metric::Iop] {
        let (Some(ours), Some(theirs)) = (row.value(metric), target.value(metric)) else {
            continue;
        };
        let Some((low, high)) = ours.interval else {
            return Verdict::unjudged("one seed is too few to compare");
        };
        let reach = half_interval(theirs.sd, target.seeds);
        let overlap = theirs.mean + reach >= low && theirs.mean - reach <= high;
        if overlap || (ours.mean - theirs.mean).abs() < PRINTED {
            alike.push(metric.label());
        } else {
            apart.push(format!("{} {:.3} against {:.3}", metric.label(), ours.mean, theirs.mean));
        }
    }
    let few = row.finished + row.failed + row.missing < target.seeds.min(10);
    let seeds = if few { format!("{} ({} seeds only)", part(row), row.finished) } else { part(row) };
    match (alike.is_empty(), apart.is_empty()) {
        (true, true) => Verdict::unjudged("the paper gives no numbers for this row"),
        (_, true) => Verdict { standing: Standing::Agrees, text: format!("agrees: {}{seeds}", alike.join(", ")) },
        _ => Verdict { standing: Standing::Differs, text: format!("differs: {}{seeds}", apart.join(", ")) },
    }
}
