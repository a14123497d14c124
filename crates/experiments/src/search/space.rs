//! What may be searched, from a TOML file.

use crate::config::{
    ConfigError, Known,
    experiment::method_named,
    text::{Text, check_format},
};
use herring_protocol::{Method, Variant};
use herring_search::{Dimension, Range, Strategy, Study};
use serde::Deserialize;
use std::path::Path;
use toml::Spanned;

/// The hyper-parameters that a dimension may be named for.
const NAMES: [&str; 5] =
    ["learning_rate", "penalty_weight", "dilation_sigma", "discriminator.learning_rate", "discriminator.every"];

/// Spaces of every method, with the budget of a search.
#[derive(Debug, Clone)]
pub struct SearchSpace {
    /// The experiments it belongs to.
    pub experiments: Vec<String>,
    /// Of the search and of every trial's run.
    pub seed: u32,
    /// Random points at the beginning.
    pub initial: usize,
    /// Points that a strategy proposes.
    pub iterations: usize,
    /// Epochs without improvement after which a trial ends.
    pub patience: usize,
    dimensions: Vec<Searched>,
}

#[derive(Debug, Clone)]
struct Searched {
    dimension: Dimension,
    methods: Option<Vec<Method>>,
    variant: Option<Variant>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSpace {
    format: Spanned<u32>,
    experiments: Vec<String>,
    seed: u32,
    initial: Spanned<usize>,
    iterations: Spanned<usize>,
    patience: Spanned<usize>,
    dimensions: Vec<RawDimension>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDimension {
    name: Spanned<String>,
    methods: Option<Vec<Spanned<String>>>,
    variant: Option<Variant>,
    log_uniform: Option<Ends<f64>>,
    uniform: Option<Ends<f64>>,
    integer: Option<Ends<i64>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ends<T> {
    low: T,
    high: T,
}

impl SearchSpace {
    /// The paper's for an experiment.
    ///
    /// # Errors
    /// Never, as long as the embedded file is the one that the tests have seen.
    pub fn embedded(known: Known) -> Result<Self, ConfigError> {
        let (name, text) = known.texts().search;
        Self::check(&Text::new(name, text))
    }

    /// Reads a file in the format of `experiments/iclr2021/search/crosses.toml`.
    ///
    /// # Errors
    /// With the place of what is wrong.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        Self::check(&Text::read(path)?)
    }

    /// Checks a text of that format; `name` stands in errors.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn parse(name: &str, text: &str) -> Result<Self, ConfigError> {
        Self::check(&Text::new(name, text))
    }

    fn check(text: &Text) -> Result<Self, ConfigError> {
        let raw: RawSpace = text.parse()?;
        check_format(text, &raw.format)?;
        let count = |field: &str, value: &Spanned<usize>, least: usize| {
            text.check(field, value, &format!("a number from {least} to 5000"), |count| (least..=5000).contains(&count))
        };
        Ok(Self {
            experiments: raw.experiments,
            seed: raw.seed,
            initial: count("initial", &raw.initial, 1)?,
            iterations: count("iterations", &raw.iterations, 0)?,
            patience: count("patience", &raw.patience, 1)?,
            dimensions: raw.dimensions.iter().map(|raw| Searched::check(text, raw)).collect::<Result<_, _>>()?,
        })
    }

    /// The search for one method.
    pub fn study(&self, method: Method, variant: Variant, strategy: Strategy) -> Study {
        let mut dimensions = Vec::new();
        for Searched { dimension, methods, variant: of } in &self.dimensions {
            let concerns = methods.as_ref().is_none_or(|methods| methods.contains(&method));
            if concerns && of.is_none_or(|of| of == variant) {
                dimensions.push(dimension.clone());
            }
        }
        let (initial, iterations, seed) = (self.initial, self.iterations, u64::from(self.seed));
        Study { dimensions, initial, iterations, seed, strategy }
    }
}

impl Searched {
    fn check(text: &Text, raw: &RawDimension) -> Result<Self, ConfigError> {
        let name = raw.name.get_ref();
        if !NAMES.contains(&name.as_str()) {
            let expected = format!("one of {}", NAMES.join(", "));
            return Err(text.invalid(raw.name.span(), "name", format!("'{name}'"), expected));
        }
        let ranges = [
            raw.log_uniform.as_ref().map(|ends| Range::LogUniform { low: ends.low, high: ends.high }),
            raw.uniform.as_ref().map(|ends| Range::Uniform { low: ends.low, high: ends.high }),
            raw.integer.as_ref().map(|ends| Range::Integer { low: ends.low, high: ends.high }),
        ];
        let mut given = ranges.into_iter().flatten();
        let (Some(range), None) = (given.next(), given.next()) else {
            let expected = "exactly one of log_uniform, uniform, integer";
            return Err(text.invalid(raw.name.span(), name, "another number of ranges", expected));
        };
        let dimension = Dimension::new(name.as_str(), range)
            .map_err(|error| text.invalid(raw.name.span(), name, "a range that cannot be searched", error))?;
        let methods = raw.methods.as_ref().map(|names| names.iter().map(|name| method_named(text, name)).collect());
        Ok(Self { dimension, methods: methods.transpose()?, variant: raw.variant })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_paper_s_spaces() {
        let space = SearchSpace::embedded(Known::Crosses).unwrap();
        let names = |method, variant| -> Vec<String> {
            let study = space.study(method, variant, Strategy::Random);
            study.check().unwrap();
            assert_eq!((study.initial, study.iterations, study.seed), (5, 20, 1234));
            study.dimensions.into_iter().map(|dimension| dimension.name).collect()
        };
        assert_eq!(names(Method::Baseline, Variant::Paper), ["learning_rate"]);
        assert_eq!(names(Method::Rrr, Variant::Paper), ["learning_rate", "penalty_weight", "dilation_sigma"]);
        assert_eq!(names(Method::Adversarial, Variant::Released).len(), 5);
        let sigma = |variant| space.study(Method::Rrr, variant, Strategy::Random).dimensions[2].range;
        assert_eq!(sigma(Variant::Paper), Range::Uniform { low: 0.0, high: 2.0 });
        assert_eq!(sigma(Variant::Released), Range::Uniform { low: 0.0, high: 1.0 });
    }

    #[test]
    fn every_experiment_has_a_space_of_its_own() {
        for known in Known::ALL {
            let space = SearchSpace::embedded(known).unwrap();
            assert!(space.experiments.contains(&known.experiment()), "{known}");
            let study = space.study(Method::Adversarial, Variant::Released, Strategy::Random);
            assert_eq!(study.dimensions.len(), if known == Known::Crosses { 5 } else { 4 });
        }
    }

    #[test]
    fn complaints_name_the_place() {
        for (from, to, expected) in [
            ("low = 1e-5", "low = 1.0", "learning_rate: found a range that cannot be searched"),
            ("name = \"learning_rate\"", "name = \"rate\"", "name: found 'rate', expected one of learning_rate"),
            ("iterations = 20", "iterations = 9000", "iterations: found 9000, expected a number from 0 to 5000"),
            ("integer = {", "uniform = { low = 0, high = 1 }\ninteger = {", "exactly one of log_uniform"),
        ] {
            let (_, text) = Known::Crosses.texts().search;
            assert!(text.contains(from));
            let error = SearchSpace::parse("my.toml", &text.replacen(from, to, 1)).unwrap_err().to_string();
            assert!(error.starts_with("my.toml:") && error.contains(expected), "{error}");
        }
    }
}
