//! The heat of each class, mean over the models of a group.

use super::group::Group;
use crate::{
    number::precise,
    sections::{classes::class_name, escape, scroll},
};
use herring_experiments::collect::Collection;
use herring_protocol::{Heat, ScoreName};

/// The table of the scores that are heat, with the groups of each; empty if no kept model has any.
pub(super) fn table(collection: &Collection, scores: &[(&ScoreName, &[Group<'_>])]) -> String {
    let found: Vec<(&ScoreName, &Group<'_>, Vec<&Heat>)> = scores
        .iter()
        .flat_map(|(score, groups)| groups.iter().map(move |group| (*score, group, heat(score, group))))
        .filter(|(.., heat)| !heat.is_empty())
        .collect();
    let classes = found.iter().flat_map(|(.., heat)| heat).map(|heat| heat.classes.len()).max().unwrap_or(0);
    if classes == 0 {
        return String::new();
    }
    let heads: String = (0..classes)
        .map(|class| format!("<th scope=\"col\">{}</th>", escape(&class_name(collection, class))))
        .collect();
    let rows: String = found
        .iter()
        .map(|(score, group, heat)| {
            let cells: String = (0..classes).map(|class| cell(heat, class)).collect();
            let without: usize = heat.iter().flat_map(|heat| &heat.without_heat).sum();
            format!(
                "<tr><th scope=\"row\">{}</th><td>{}</td>{cells}<td>{without}</td></tr>\n",
                escape(&score.label()),
                group.name(),
            )
        })
        .collect();
    format!(
        "<h3>Heat by class</h3>\n<p>Means over the models that are kept of each class’s mean over its images. An image on \
         which the map of a model has no positive cell has no heat and is left out; the last column counts such images over \
         all models.</p>\n{}<table class=\"runs groups\">\n<caption>Heat by class</caption>\n<thead><tr>\
         <th scope=\"col\">Score</th><th scope=\"col\">Models</th>{heads}<th scope=\"col\">Images without heat</th></tr>\
         </thead>\n<tbody>\n{rows}</tbody>\n</table></div>\n",
        scroll("Heat by class")
    )
}

/// The heat of each kept model, if the score is one of heat.
fn heat<'a>(score: &ScoreName, group: &Group<'a>) -> Vec<&'a Heat> {
    let ScoreName::Heat { region, map } = score else { return Vec::new() };
    group.kept.iter().filter_map(|model| model.scores.heat.get(map)?.get(region)).collect()
}

/// The mean of a class over the models that have one.
fn cell(heat: &[&Heat], class: usize) -> String {
    let values: Vec<f64> = heat.iter().filter_map(|heat| *heat.classes.get(class)?).collect();
    match herring_stats::summary::mean(&values) {
        Ok(mean) => format!("<td>{}</td>", precise(mean, 3)),
        Err(_) => "<td>–</td>".to_owned(),
    }
}
