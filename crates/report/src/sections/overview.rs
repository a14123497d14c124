//! Several experiments beside each other: the paper's tables, generalisation against localisation over all
//! runs (paper, Figure 8), and the question it asks as a number for each experiment.

use super::{
    escape,
    figure::{Axis, Frame},
    page,
    scatter::{points, signed},
    scroll, section,
    style::{Style, style},
};
use herring_experiments::{
    collect::Collection,
    config::Judgement,
    results::{Results, Row},
    statistics::Correlation,
};
use herring_protocol::{MethodName, ScoreKind, ScoreName};

/// An experiment with its table, and where its own report lies.
pub(crate) struct Part<'a> {
    pub(crate) collection: &'a Collection,
    pub(crate) results: &'a Results,
    /// The scores that its paper shows side by side.
    pub(crate) scores: &'static [&'static str],
    /// Address of its report, relative to the page.
    pub(crate) report: String,
}

/// The whole page.
pub(crate) fn render(parts: &[Part<'_>]) -> String {
    let body = format!(
        "<header>\n<p class=\"kicker\">Overview</p>\n<h1>Saliency and generalisation in {} experiments</h1>\n\
         <p class=\"paper\">{}</p>\n</header>\n{}{}{}",
        parts.len(),
        parts.first().map_or_else(String::new, |part| escape(&part.collection.configuration.paper)),
        tables(parts),
        question(parts),
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
    let shown = shown(parts);
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
        " <strong>Images of at least one experiment are not the paper’s</strong>: they are of no known issue of its \
         tables, as generated stand-ins are; then the paper’s values stand there for the layout only."
    } else if scales {
        ""
    } else {
        " Not everything here was run in the paper’s setting, so numbers are not comparable."
    };
    let body = format!(
        "<p>Mean ± sample SD over seeds, below it the paper’s value; what the paper prints as IoU is IoP. {}{words}</p>\n\
         {}<table class=\"runs\">\n<caption>Each method in each experiment</caption>\n<thead><tr><th></th>{titles}</tr>\n\
         <tr><th scope=\"col\">Method</th>{heads}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table></div>\n",
        auc_words(parts),
        scroll("All experiments")
    );
    section("tables", "Tables", &body)
}

/// The scores that stand side by side: those that the paper names, or else the test AUC.
fn shown(parts: &[Part<'_>]) -> Vec<ScoreName> {
    let names = parts.first().map_or(&[][..], |part| part.scores);
    let scores: Vec<ScoreName> = names.iter().filter_map(|name| name.parse().ok()).collect();
    if scores.is_empty() { vec![ScoreName::test(ScoreKind::Auc)] } else { scores }
}

/// What AUC is, where it is the same in all experiments, or for each of them.
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

fn question(parts: &[Part<'_>]) -> String {
    let rows: String = parts
        .iter()
        .map(|part| {
            let points = points(part.collection);
            let (auc, iop): (Vec<f64>, Vec<f64>) = points.iter().map(|point| (point.auc, point.iop)).unzip();
            let cells = match Correlation::of(&auc, &iop) {
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
    let body = format!(
        "<p>Does a model that looks at the right place generalise better? The correlation between test AUC and IoP \
         over the runs of each experiment. Runs of one method are not independent of each other, so the intervals \
         are too narrow if anything. The paper sees a positive relation on the synthetic data only.</p>\n\
         {}<table class=\"runs\">\n<caption>Generalisation and localisation</caption>\n<thead><tr>\
         <th scope=\"col\">Experiment</th><th scope=\"col\">Runs</th><th scope=\"col\">Pearson’s r</th>\
         <th scope=\"col\">95 % interval</th><th scope=\"col\">Spearman’s ρ</th></tr></thead>\n\
         <tbody>\n{rows}</tbody>\n</table></div>\n",
        scroll("Correlations")
    );
    section("question", "Do saliency and generalisation go together?", &body)
}

/// Colours by experiment, those of the methods' palette that are told apart best.
const CLASSES: [&str; 6] = ["m-actdiff", "m-adversarial", "m-gradmask", "m-masked", "m-masked-zero", "m-rrr"];

fn scatter(parts: &[Part<'_>]) -> String {
    // The paper's figure has the experiments with a shift.
    let shifted: Vec<(usize, &Part<'_>)> = parts.iter().enumerate().filter(|(_, part)| has_shift(part)).collect();
    if shifted.iter().all(|(_, part)| points(part.collection).is_empty()) {
        return String::new();
    }
    let legend: String = shifted
        .iter()
        .map(|(index, part)| {
            let title = escape(&part.collection.configuration.title);
            format!("<li><span class=\"swatch {}\"></span>{title}</li>\n", CLASSES[index % CLASSES.len()])
        })
        .collect();
    let families = "<p>Circles are baselines, squares masking, triangles domain invariance (ActDiff, adversarial), \
                    crosses saliency (GradMask, RRR).</p>\n";
    let body = format!(
        "<p>Each mark is one run of an experiment with a shift. (Paper: Figure 8.)</p>\n<figure>\n{}{}\
         <ul class=\"legend\">\n{legend}</ul>\n</figure>\n{families}",
        chart(&shifted, 760.0, 430.0, true),
        chart(&shifted, 380.0, 340.0, false),
    );
    section("scatter", "Generalisation against localisation", &body)
}

/// Whether the test images are correlated otherwise than the training images.
fn has_shift(part: &Part<'_>) -> bool {
    part.collection.configuration.shift
}

fn chart(parts: &[(usize, &Part<'_>)], width: f64, height: f64, wide: bool) -> String {
    let frame = Frame {
        width,
        height,
        right: 18.0,
        x: Axis::new(-0.02, 1.02, 5, "Test AUC"),
        y: Axis::new(-0.02, 1.02, 5, "IoP: share of the saliency in the mask"),
    };
    let mut content = String::new();
    let mut count = 0;
    for (index, part) in parts {
        let class = CLASSES[index % CLASSES.len()];
        for point in points(part.collection) {
            let shape = family(part.collection, &point.method).mark(frame.at_x(point.auc), frame.at_y(point.iop), 5.5);
            content.push_str(&format!(
                "<path class=\"mark {class}\" d=\"{shape}\"><title>{}, {}, seed {}: AUC {:.3}, IoP {:.3}</title></path>\n",
                escape(&part.collection.configuration.title),
                point.method,
                point.seed,
                point.auc,
                point.iop,
            ));
            count += 1;
        }
    }
    let title = format!("Test AUC against IoP for {count} runs of {} experiments", parts.len());
    frame.svg(if wide { "wide" } else { "narrow" }, &title, &content)
}

/// The style whose marker stands for the family of a method, as in iclr2021's figure.
fn family(collection: &Collection, method: &MethodName) -> Style {
    let group = collection.configuration.row(method).map_or("", |row| row.group.as_str());
    style(match group {
        "mask" => "masked",
        "domain invariance" => "actdiff",
        "saliency" => "rrr",
        _ => "baseline",
    })
}
