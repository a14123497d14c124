//! Groups of models that are compared with each other, and the scores of the paper's own models.
//!
//! A group is a method, and each of its runs, one a seed, is a model. A report compares the models' scores by the tests of
//! `herring_stats::groups` (heatmap-loss, section 3).

use super::{
    ConfigError,
    text::{Text, method_named},
};
use herring_protocol::{MethodName, ScoreName};
use serde::{Deserialize, Serialize};
use toml::Spanned;

/// Which groups of models are compared, and by which scores.
#[derive(Debug, Clone, PartialEq)]
pub struct Populations {
    /// Which models are compared; absent: all that have finished.
    pub keep: Option<Keep>,
    /// The scores, one value a model.
    pub scores: Vec<ScoreName>,
    /// Pairs of methods: the first and the second group.
    pub pairs: Vec<[MethodName; 2]>,
}

/// A model is compared only if this score of it is above a number.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Keep {
    /// Which score.
    pub score: ScoreName,
    /// The number.
    pub above: f64,
}

/// The scores of the paper's models of a group.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PopulationTarget {
    /// The group.
    pub method: MethodName,
    /// Which score.
    pub score: ScoreName,
    /// One value a model.
    pub values: Vec<f64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPopulations {
    keep: Option<Keep>,
    scores: Spanned<Vec<ScoreName>>,
    pairs: Vec<Spanned<[Spanned<String>; 2]>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPopulationTarget {
    method: Spanned<String>,
    score: ScoreName,
    values: Spanned<Vec<f64>>,
}

impl Populations {
    /// Checks what a configuration says; `exists` tells its methods.
    pub(super) fn check(
        text: &Text,
        raw: &RawPopulations,
        exists: impl Fn(&MethodName) -> bool,
    ) -> Result<Self, ConfigError> {
        let scores = raw.scores.get_ref();
        let again = scores.iter().enumerate().find(|(place, score)| scores[..*place].contains(score));
        if let Some((_, score)) = again {
            let found = format!("'{score}' twice");
            return Err(text.invalid(raw.scores.span(), "populations.scores", found, "each score once"));
        }
        if scores.is_empty() {
            return Err(text.invalid(raw.scores.span(), "populations.scores", "none", "at least one score"));
        }
        let known = |name: &Spanned<String>| {
            let method = method_named(text, name)?;
            match exists(&method) {
                true => Ok(method),
                false => {
                    let found = format!("'{method}'");
                    Err(text.invalid(name.span(), "populations.pairs", found, "a method of this file"))
                }
            }
        };
        let mut pairs = Vec::with_capacity(raw.pairs.len());
        for pair in &raw.pairs {
            let [first, second] = pair.get_ref();
            let found = [known(first)?, known(second)?];
            if found[0] == found[1] {
                let with_itself = format!("'{}' with itself", found[0]);
                return Err(text.invalid(pair.span(), "populations.pairs", with_itself, "two different methods"));
            }
            pairs.push(found);
        }
        Ok(Self { keep: raw.keep.clone(), scores: scores.clone(), pairs })
    }
}

impl PopulationTarget {
    /// Checks what a file of targets says; `before` are those before it.
    pub(super) fn check(text: &Text, raw: &RawPopulationTarget, before: &[Self]) -> Result<Self, ConfigError> {
        let method = method_named(text, &raw.method)?;
        let values = raw.values.get_ref().clone();
        if values.is_empty() || values.iter().any(|value| !value.is_finite()) {
            let expected = "at least one value, all finite";
            return Err(text.invalid(raw.values.span(), "populations.values", format!("{values:?}"), expected));
        }
        if before.iter().any(|other| other.method == method && other.score == raw.score) {
            let found = format!("{} of '{method}' twice", raw.score);
            return Err(text.invalid(raw.method.span(), "populations", found, "each score of a method once"));
        }
        Ok(Self { method, score: raw.score.clone(), values })
    }
}
