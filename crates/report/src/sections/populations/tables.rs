//! The tables of groups of models and of their comparisons.

use super::{
    comparison::{Comparison, Effect, REACHES},
    group::{Group, Whose},
};
use crate::{
    number::{Notation, precise},
    sections::{escape, scatter::signed, scroll},
};
use herring_stats::{StatsError, groups};

/// Columns of a group's numbers.
const NUMBERS: usize = 4;
/// Columns of a comparison's numbers.
const TESTS: usize = 5 + REACHES.len();
/// Digits after the point of a score.
const DIGITS: usize = 4;

/// Each group by itself: how many models, their scores, and whether these are normally distributed.
pub(super) fn groups(groups: &[Group<'_>], label: &str) -> String {
    let rows: String = groups.iter().map(group).collect();
    let caption = format!("{}: each group", escape(label));
    format!(
        "{}<table class=\"runs groups\">\n<caption>{caption}</caption>\n<thead><tr><th scope=\"col\">Models</th>\
         <th scope=\"col\"></th><th scope=\"col\">Planned</th><th scope=\"col\">Finished</th>\
         <th scope=\"col\">Kept</th><th scope=\"col\">Left out</th><th scope=\"col\">Mean ± SD</th>\
         <th scope=\"col\">Median (least – greatest)</th><th scope=\"col\">Shapiro–Wilk W</th>\
         <th scope=\"col\">p</th></tr></thead>\n<tbody>\n{rows}</tbody>\n</table></div>\n",
        scroll(&format!("{label}: each group")),
    )
}

fn group(group: &Group<'_>) -> String {
    let paper = match group.published {
        [] => String::new(),
        published => format!(
            "<tr class=\"theirs\"><td>paper</td><td>–</td><td>–</td><td>{}</td><td>–</td>{}</tr>\n",
            published.len(),
            numbers(group, Whose::Paper)
        ),
    };
    format!(
        "<tr><th scope=\"row\"{}>{}</th><td>here</td><td>{}</td><td>{}</td><td>{}</td><td class=\"why\">{}</td>{}</tr>\n\
         {paper}",
        span(!group.published.is_empty()),
        group.name(),
        group.planned,
        group.finished,
        group.kept.len(),
        left_out(group),
        numbers(group, Whose::Ours),
    )
}

/// The attribute of a row's name that reaches over the paper's row.
fn span(published: bool) -> &'static str {
    if published { " rowspan=\"2\"" } else { "" }
}

/// How many models were left out, and why.
fn left_out(group: &Group<'_>) -> String {
    let total: usize = group.left_out.iter().map(|(_, models)| models).sum();
    let reasons: String =
        group.left_out.iter().map(|(why, models)| format!("<small>{models}: {}</small>", escape(why))).collect();
    format!("{total}{reasons}")
}

/// The cells of a group's numbers; one marked cell with the values where they are too few.
fn numbers(group: &Group<'_>, whose: Whose) -> String {
    let values = group.values(whose);
    if let Some(untested) = group.untested(whose) {
        let listed: Vec<String> = values.iter().map(|value| precise(*value, DIGITS)).collect();
        let listed = if listed.is_empty() { String::new() } else { format!("<small>{}</small>", listed.join(", ")) };
        return format!("<td colspan=\"{NUMBERS}\">{}{listed}</td>", untested.badge(""));
    }
    let described = groups::describe(&values).map(|found| {
        let mean = Notation::precise(found.mean, DIGITS);
        let one = |value| precise(value, DIGITS);
        format!(
            "<td>{} ± {}</td><td>{} ({} – {})</td>",
            mean.write(found.mean),
            mean.write(found.standard_deviation),
            one(found.median),
            one(found.least),
            one(found.greatest),
        )
    });
    let normal = groups::shapiro_wilk(&values)
        .map(|found| format!("<td>{:.3}</td><td>{}</td>", found.w, precise(found.p_value, 3)));
    described.unwrap_or_else(|error| without(&error, 2)) + &normal.unwrap_or_else(|error| without(&error, 2))
}

/// Each pair of groups: the test and the sizes of the effect.
pub(super) fn pairs(pairs: &[[&Group<'_>; 2]], label: &str) -> String {
    let rows: String = pairs.iter().map(pair).collect();
    let caption = format!("{}: pairs of groups", escape(label));
    let reaches: String = REACHES.iter().map(|reach| format!("<th scope=\"col\">d within {reach} IQR</th>")).collect();
    format!(
        "{}<table class=\"runs groups\">\n<caption>{caption}</caption>\n<thead><tr><th scope=\"col\">Compared</th>\
         <th scope=\"col\"></th><th scope=\"col\">U</th><th scope=\"col\">p</th><th scope=\"col\">Rank-biserial</th>\
         <th scope=\"col\">CLES</th><th scope=\"col\">Cohen’s d</th>{reaches}</tr></thead>\n\
         <tbody>\n{rows}</tbody>\n</table></div>\n",
        scroll(&format!("{label}: pairs of groups")),
    )
}

fn pair(&groups: &[&Group<'_>; 2]) -> String {
    let published = groups.iter().all(|group| !group.published.is_empty());
    let paper = match published {
        true => format!("<tr class=\"theirs\"><td>paper</td>{}</tr>\n", tests(groups, Whose::Paper)),
        false => String::new(),
    };
    let [first, second] = groups.map(Group::name);
    format!(
        "<tr><th scope=\"row\"{}>{first}<br>{second}</th><td>here</td>{}</tr>\n{paper}",
        span(published),
        tests(groups, Whose::Ours),
    )
}

/// The cells of a comparison; one marked cell where a group is not tested.
fn tests(groups: [&Group<'_>; 2], whose: Whose) -> String {
    let untested = |group: &&Group<'_>| Some(group.untested(whose)?.badge(&format!("{}: ", group.label)));
    let marks: Vec<String> = groups.iter().filter_map(untested).collect();
    if !marks.is_empty() {
        return format!("<td colspan=\"{TESTS}\">{}</td>", marks.join(" "));
    }
    let [first, second] = groups.map(|group| group.values(whose));
    let found = Comparison::of(&first, &second);
    let test = found.test.map(|test| {
        format!(
            "<td>{} of {}</td><td>{}</td><td>{}</td><td>{:.3}</td>",
            test.u,
            found.pairs,
            precise(test.p_value, 3),
            signed(test.rank_biserial),
            test.common_language,
        )
    });
    let without_outliers: String = found.without_outliers.iter().map(|of| effect(of, true)).collect();
    test.unwrap_or_else(|error| without(&error, 4)) + &effect(&found.effect, false) + &without_outliers
}

/// A cell of Cohen's d; with the models left where outliers were left out.
fn effect(effect: &Effect, with_left: bool) -> String {
    let [first, second] = effect.left;
    let left = if with_left { format!("<small>{first} and {second} left</small>") } else { String::new() };
    match &effect.d {
        Ok(d) => format!("<td>{}{left}</td>", signed(*d)),
        Err(error) => format!("<td>{}{left}</td>", because(error)),
    }
}

/// Cells that have no value, and why.
fn without(error: &StatsError, cells: usize) -> String {
    format!("<td colspan=\"{cells}\">{}</td>", because(error))
}

fn because(error: &StatsError) -> String {
    let why = match error {
        StatsError::Constant { .. } => "all values are equal".to_owned(),
        other => other.to_string(),
    };
    format!("<span class=\"missing\">{}</span>", escape(&why))
}
