//! Groups of models compared by a score of each model (heatmap-loss, Figures 6 and 7 and the tests of its text).

mod bins;
mod by_class;
mod comparison;
mod group;
mod histogram;
mod tables;

use super::{escape, section};
use crate::Page;
use comparison::LEAST;
use group::{Group, uncapitalised};
use herring_experiments::{collect::Collection, config::Populations};
use herring_protocol::{MethodName, ScoreName};

/// The section; empty if the configuration compares no groups.
pub fn render(page: &Page<'_>) -> String {
    let collection = page.collection;
    let Some(populations) = &collection.configuration.populations else {
        return String::new();
    };
    let scores: Vec<(&ScoreName, Pairs<'_>)> =
        populations.scores.iter().map(|score| (score, Pairs::of(collection, populations, score))).collect();
    let parts: String = scores.iter().map(|(score, pairs)| part(score, pairs)).collect();
    if parts.is_empty() {
        return String::new();
    }
    let groups: Vec<_> = scores.iter().map(|(score, pairs)| (*score, pairs.groups.as_slice())).collect();
    let body = format!(
        "<p>A value is the score of one model. {} {}</p>\n{parts}{}{}",
        kept(populations),
        escape(collection.configuration.caption("populations")),
        by_class::table(collection, &groups),
        explanation(),
    );
    section("populations", "Groups of models compared", &body)
}

/// The groups that a score compares.
struct Pairs<'a> {
    /// Each method's models, once.
    groups: Vec<Group<'a>>,
    /// Places in `groups` of the two that are compared.
    pairs: Vec<[usize; 2]>,
}

impl<'a> Pairs<'a> {
    /// Without the pairs of which nothing is planned or published.
    fn of(collection: &'a Collection, populations: &'a Populations, score: &ScoreName) -> Self {
        let mut methods: Vec<&MethodName> = Vec::new();
        let mut found = Self { groups: Vec::new(), pairs: Vec::new() };
        for pair in &populations.pairs {
            let groups = pair.each_ref().map(|method| Group::of(collection, method, score));
            if groups.iter().all(Group::is_empty) {
                continue;
            }
            let mut places = [0, 0];
            for ((place, method), group) in places.iter_mut().zip(pair).zip(groups) {
                *place = methods.iter().position(|other| *other == method).unwrap_or_else(|| {
                    methods.push(method);
                    found.groups.push(group);
                    methods.len() - 1
                });
            }
            found.pairs.push(places);
        }
        found
    }
}

/// A score: its tables, and a figure for each pair.
fn part(score: &ScoreName, pairs: &Pairs<'_>) -> String {
    if pairs.pairs.is_empty() {
        return String::new();
    }
    let label = score.label();
    let compared: Vec<[&Group<'_>; 2]> =
        pairs.pairs.iter().map(|places| places.map(|place| &pairs.groups[place])).collect();
    let figures: String = compared.iter().map(|pair| histogram::figure(*pair, &label, score.range())).collect();
    format!(
        "<h3>{}</h3>\n{}{}{figures}",
        escape(&label),
        tables::groups(&pairs.groups, &label),
        tables::pairs(&compared, &label),
    )
}

/// Which models are compared.
fn kept(populations: &Populations) -> String {
    match &populations.keep {
        Some(keep) => format!(
            "Models are kept if they have it and their {} is above {}.",
            escape(&uncapitalised(&keep.score.label())),
            keep.above
        ),
        None => "Models are kept if they have it.".to_owned(),
    }
}

/// What the numbers of the tables are.
fn explanation() -> String {
    format!(
        "<details><summary>How groups are compared</summary>\n<ul>\n\
         <li>The paper’s numbers are computed here from the scores of its models, by the same functions.</li>\n\
         <li>Shapiro and Wilk’s test: a small p says that the values are not normally distributed.</li>\n\
         <li>Mann and Whitney’s U counts the pairs of models in which that of the first group has the larger value; p is \
         two-sided, by the normal approximation with corrections for ties and continuity.</li>\n\
         <li>The rank-biserial correlation is 1 where every model of the second group has the larger value, and −1 where \
         every one of the first has. The common-language effect size (CLES) is the share of pairs in which the first has.</li>\n\
         <li>Cohen’s d is the mean of the first group less that of the second, over their pooled SD; also without the values \
         that lie more than 1.5 or 5 interquartile ranges (IQR) beyond the quartiles of their group.</li>\n\
         <li>A group of fewer than {LEAST} models is not tested.</li>\n</ul>\n</details>\n"
    )
}
