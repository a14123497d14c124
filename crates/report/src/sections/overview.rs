//! Several experiments of a paper on one page: their tables side by side, and two of its scores against each other
//! over all runs, as a correlation for each experiment and as a chart.

use super::{
    escape,
    figure::{Axis, Frame, LEFT},
    page,
    scatter::signed,
    scroll, section,
    style::{Style, legend, numbered},
};
use herring_experiments::{
    collect::Collection,
    config::Judgement,
    results::{Results, Row},
    statistics::Correlation,
};
use herring_protocol::{MethodName, OverlapKind, ScoreKind, ScoreName};

/// An experiment with its table and the address of its report.
pub(crate) struct Part<'a> {
    pub(crate) collection: &'a Collection,
    pub(crate) results: &'a Results,
    /// The scores that its paper shows side by side.
    pub(crate) scores: &'static [&'static str],
    /// The figure of its paper that shows the first of them against the last, if any.
    pub(crate) figure: Option<&'static str>,
    /// What its paper finds about the two, in a sentence.
    pub(crate) finding: &'static str,
    /// Address of its report, relative to the page.
    pub(crate) report: String,
}

/// The whole page.
pub(crate) fn render(parts: &[Part<'_>]) -> String {
    let body = format!(
        "<header>\n<p class=\"kicker\">Overview</p>\n<h1>{} experiments</h1>\n\
         <p class=\"paper\">{}</p>\n</header>\n{}{}{}",
        parts.len(),
        parts.first().map_or_else(String::new, |part| escape(&part.collection.configuration.paper)),
        tables(parts),
        correlations(parts),
        scatter(parts),
    );
    page("Overview of the experiments", &body)
}

fn tables(parts: &[Part<'_>]) -> String {
    let mut methods: Vec<&MethodName> = Vec::new();
    for row in parts.iter().flat_map(|part| &part.results.rows) {
        if !methods.contains(&&row.method) {
            methods.push(&row.method);
        }
    }
    let shown = scores_shown(parts);
    let titles: String = parts
        .iter()
        .map(|part| {
            format!(
                "<th scope=\"colgroup\" colspan=\"{}\"><a href=\"{}\">{}</a></th>",
                shown.len(),
                escape(&part.report),
                escape(&part.collection.configuration.title)
            )
        })
        .collect();
    let heads: String =
        shown.iter().map(|score| format!("<th scope=\"col\">{}</th>", escape(&score.label()))).collect();
    let heads = heads.repeat(parts.len());
    let rows: String = methods
        .iter()
        .map(|method| {
            let cells: String = parts
                .iter()
                .map(|part| {
                    let row = part.results.rows.iter().find(|row| row.method == **method);
                    shown.iter().map(|score| cell(row, score)).collect::<String>()
                })
                .collect();
            format!("<tr><th scope=\"row\">{method}</th>{cells}</tr>\n")
        })
        .collect();
    let scales = parts.iter().all(|part| part.results.judgement == Judgement::Paper);
    let words = if parts.iter().any(|part| part.results.unknown_images.is_some()) {
        " <strong>At least one experiment does not use the paper’s images</strong>, but for example generated stand-ins; \
         there the paper’s values show the layout only and cannot be compared."
    } else if scales {
        ""
    } else {
        " Not every experiment was run in the paper’s setting, so the numbers are not comparable."
    };
    let body = format!(
        "<p>Mean ± sample SD over seeds, below it the paper’s value{}. {}{words}</p>\n\
         {}<table class=\"runs\">\n<caption>Each method in each experiment</caption>\n<thead><tr><th></th>{titles}</tr>\n\
         <tr><th scope=\"col\">Method</th>{heads}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table></div>\n",
        if shown.contains(&ScoreName::gradient(OverlapKind::Iop)) {
            "; what the paper prints as IoU is IoP"
        } else {
            ""
        },
        auc_words(parts),
        scroll("All experiments")
    );
    section("tables", "Tables", &body)
}

/// The scores shown side by side: those that the paper names, or else the test AUC.
fn scores_shown(parts: &[Part<'_>]) -> Vec<ScoreName> {
    let names = parts.first().map_or(&[][..], |part| part.scores);
    let scores: Vec<ScoreName> = names.iter().filter_map(|name| name.parse().ok()).collect();
    if scores.is_empty() { vec![ScoreName::test(ScoreKind::Auc)] } else { scores }
}

/// What AUC means: once if it is the same in all experiments, else for each of them.
fn auc_words(parts: &[Part<'_>]) -> String {
    let first = parts.first().map(|part| part.results.auc).unwrap_or_default();
    if parts.iter().all(|part| part.results.auc == first) {
        return crate::auc::sentence(first).to_owned();
    }
    let each = parts.iter().map(|part| {
        format!("{}: {}", escape(&part.collection.configuration.title), crate::auc::sentence(part.results.auc))
    });
    each.collect::<Vec<_>>().join(" ")
}

fn cell(row: Option<&Row>, score: &ScoreName) -> String {
    let Some(row) = row else {
        return "<td>–</td>".to_owned();
    };
    let ours = match row.value(score) {
        Some(spread) => match spread.sd {
            Some(sd) => format!("<b>{:.2}</b> ± {sd:.2}", spread.mean),
            None => format!("<b>{:.2}</b>", spread.mean),
        },
        None => "–".to_owned(),
    };
    let theirs = row.target.as_ref().and_then(|target| target.value(score));
    let theirs = theirs.map_or_else(String::new, |value| {
        format!("<br><small class=\"paper\">paper {:.2} ± {:.2}</small>", value.mean, value.sd)
    });
    format!("<td>{ours}{theirs}</td>")
}

/// The scores of the axes: the first and the last that the paper names for the overview; none where it names fewer
/// than two.
fn axes(parts: &[Part<'_>]) -> Option<(ScoreName, ScoreName)> {
    match scores_shown(parts).as_slice() {
        [first, .., last] => Some((first.clone(), last.clone())),
        _ => None,
    }
}

/// One run that can be drawn.
struct Point {
    method: MethodName,
    seed: u32,
    x: f64,
    y: f64,
}

/// The finished runs of an experiment that have both scores.
fn points(collection: &Collection, (x, y): &(ScoreName, ScoreName)) -> Vec<Point> {
    let auc = collection.plan.auc();
    let mut points = Vec::new();
    for method in collection.methods() {
        for (seed, run) in collection.finished(&method) {
            let scores = &run.result.scores;
            if let (Some(x), Some(y)) = (x.of(scores, auc), y.of(scores, auc)) {
                points.push(Point { method: method.clone(), seed, x, y });
            }
        }
    }
    points
}

fn correlations(parts: &[Part<'_>]) -> String {
    let Some(axes) = axes(parts) else { return String::new() };
    let rows: String = parts
        .iter()
        .map(|part| {
            let points = points(part.collection, &axes);
            let (x, y): (Vec<f64>, Vec<f64>) = points.iter().map(|point| (point.x, point.y)).unzip();
            let cells = match Correlation::of(&x, &y) {
                Some(found) => {
                    let interval = found
                        .interval
                        .map_or_else(|| "–".to_owned(), |(low, high)| format!("{} to {}", signed(low), signed(high)));
                    format!("<td>{}</td><td>{interval}</td><td>{}</td>", signed(found.pearson), signed(found.spearman))
                }
                None => "<td colspan=\"3\">too few runs, or too alike</td>".to_owned(),
            };
            let title = escape(&part.collection.configuration.title);
            format!("<tr><th scope=\"row\">{title}</th><td>{}</td>{cells}</tr>\n", points.len())
        })
        .collect();
    let overlap = matches!(axes.1, ScoreName::Overlap { .. });
    let (question, heading) = if overlap {
        (
            "Does a model that looks at the right place generalise better? ",
            "Do saliency and generalisation go together?".to_owned(),
        )
    } else {
        ("", format!("{} and {}", escape(&axes.0.label()), escape(&axes.1.label())))
    };
    let finding = parts.first().map_or("", |part| part.finding);
    let body = format!(
        "<p>{question}The correlation between {} and {} over the runs of each experiment. Runs of one method are not \
         independent of each other, so the intervals are too narrow if anything. {}</p>\n\
         {}<table class=\"runs\">\n<caption>{} and {}</caption>\n<thead><tr>\
         <th scope=\"col\">Experiment</th><th scope=\"col\">Runs</th><th scope=\"col\">Pearson’s r</th>\
         <th scope=\"col\">95 % interval</th><th scope=\"col\">Spearman’s ρ</th></tr></thead>\n\
         <tbody>\n{rows}</tbody>\n</table></div>\n",
        escape(&axes.0.label()),
        escape(&axes.1.label()),
        escape(finding),
        scroll("Correlations"),
        escape(&axes.0.label()),
        escape(&axes.1.label()),
    );
    section("question", &heading, &body)
}

/// Colours by experiment, those of the methods' palette that differ most.
const CLASSES: [&str; 6] = ["m-actdiff", "m-adversarial", "m-gradmask", "m-masked", "m-masked-zero", "m-rrr"];
/// The colour of markers that stand for a group in every experiment.
const NEUTRAL: &str = "m-baseline";

fn scatter(parts: &[Part<'_>]) -> String {
    let Some(axes) = axes(parts) else { return String::new() };
    let figure = parts.first().and_then(|part| part.figure);
    // A paper's figure has the experiments with a shift.
    let drawn: Vec<(usize, &Part<'_>)> =
        parts.iter().enumerate().filter(|(_, part)| figure.is_none() || part.collection.configuration.shift).collect();
    if drawn.iter().all(|(_, part)| points(part.collection, &axes).is_empty()) {
        return String::new();
    }
    let legend_of_experiments: String = drawn
        .iter()
        .map(|(index, part)| {
            let title = escape(&part.collection.configuration.title);
            format!("<li><span class=\"swatch {}\"></span>{title}</li>\n", CLASSES[index % CLASSES.len()])
        })
        .collect();
    let groups = groups(&drawn);
    let entries: Vec<(Style, String)> = groups
        .iter()
        .enumerate()
        .map(|(index, group)| (numbered(index).in_colour(NEUTRAL), (*group).to_owned()))
        .collect();
    let words = match figure {
        Some(figure) => format!(" of an experiment with a shift. (Paper: {}.)", escape(figure)),
        None => ".".to_owned(),
    };
    let body = format!(
        "<p>Each mark is one run{words}</p>\n<figure>\n{}{}\
         <ul class=\"legend\">\n{legend_of_experiments}</ul>\n{}</figure>\n",
        chart(&drawn, &axes, &groups, (760.0, 430.0, "wide")),
        chart(&drawn, &axes, &groups, (380.0, 340.0, "narrow")),
        legend(&entries, false, true),
    );
    let heading = match axes.1 {
        ScoreName::Overlap { .. } => "Generalisation against localisation".to_owned(),
        _ => format!("{} against {}", escape(&axes.0.label()), escape(&axes.1.label())),
    };
    section("scatter", &heading, &body)
}

/// The groups of the methods that are drawn, in the order of the configurations; each has a marker.
fn groups<'a>(parts: &[(usize, &Part<'a>)]) -> Vec<&'a str> {
    let mut groups = Vec::new();
    for (_, part) in parts {
        for method in part.collection.methods() {
            let group = part.collection.configuration.row(&method).map_or("", |row| row.group.as_str());
            if !groups.contains(&group) {
                groups.push(group);
            }
        }
    }
    groups
}

/// An axis for a score: its whole range, or where that has no end the range of the values.
fn axis<'a>(score: &ScoreName, values: impl Iterator<Item = &'a f64>) -> Axis {
    let label = match score {
        ScoreName::Overlap { kind: OverlapKind::Iop, .. } => {
            format!("{}: share of the saliency in the mask", score.label())
        }
        _ => score.label(),
    };
    let (low, high) = match score.range() {
        (low, high) if high.is_finite() => (low, high),
        (low, _) => (low, values.copied().fold(low, f64::max)),
    };
    let margin = 0.02 * (high - low).max(f64::MIN_POSITIVE);
    Axis::new(low - margin, high + margin, 5, &label)
}

fn chart(
    parts: &[(usize, &Part<'_>)],
    axes: &(ScoreName, ScoreName),
    groups: &[&str],
    (width, height, class): (f64, f64, &str),
) -> String {
    let drawn: Vec<(usize, &Part<'_>, Vec<Point>)> =
        parts.iter().map(|(index, part)| (*index, *part, points(part.collection, axes))).collect();
    let all = || drawn.iter().flat_map(|(.., points)| points);
    let frame = Frame {
        width,
        height,
        left: LEFT,
        right: 18.0,
        x: axis(&axes.0, all().map(|point| &point.x)),
        y: axis(&axes.1, all().map(|point| &point.y)),
    };
    let (x_label, y_label) = (axes.0.label(), axes.1.label());
    let mut content = String::new();
    for (index, part, points) in &drawn {
        let colour = CLASSES[index % CLASSES.len()];
        for point in points {
            let group = part.collection.configuration.row(&point.method).map_or("", |row| row.group.as_str());
            let place = groups.iter().position(|other| *other == group).unwrap_or(0);
            let shape = numbered(place).mark(frame.at_x(point.x), frame.at_y(point.y), 5.5);
            content.push_str(&format!(
                "<path class=\"mark {colour}\" d=\"{shape}\"><title>{}, {}, seed {}: {} {:.3}, {} {:.3}</title></path>\n",
                escape(&part.collection.configuration.title),
                point.method,
                point.seed,
                escape(&x_label),
                point.x,
                escape(&y_label),
                point.y,
            ));
        }
    }
    let title = format!("{x_label} against {y_label} for {} runs of {} experiments", all().count(), parts.len());
    frame.svg(class, &title, &content)
}
