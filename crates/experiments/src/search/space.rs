//! Search spaces, read from a TOML file.

use crate::config::{
    ConfigError,
    text::{Text, check_format, method_named},
};
use herring_protocol::{MethodName, Variant};
use herring_search::{Dimension, Range, Strategy, Study};
use serde::Deserialize;
use std::path::Path;
use toml::Spanned;

/// The search spaces of all methods, with the budget of a search.
#[derive(Debug, Clone)]
pub struct SearchSpace {
    /// The experiments it belongs to.
    pub experiments: Vec<String>,
    /// The seed of the search and of every trial's run.
    pub seed: u32,
    /// Random points at the beginning.
    pub initial: usize,
    /// Points proposed by the strategy.
    pub iterations: usize,
    /// Epochs without improvement after which a trial ends.
    pub patience: usize,
    dimensions: Vec<Searched>,
}

#[derive(Debug, Clone)]
struct Searched {
    dimension: Dimension,
    methods: Option<Vec<MethodName>>,
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
    power_of_two: Option<Ends<i64>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ends<T> {
    low: T,
    high: T,
}

impl SearchSpace {
    /// Reads a file in the format of `experiments/iclr2021/search/crosses.toml`.
    ///
    /// # Errors
    /// With file, line and column.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        Self::check(&Text::read(path)?)
    }

    /// Parses a text of that format; errors call it `name`.
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
    pub fn study(&self, method: &MethodName, variant: Variant, strategy: Strategy) -> Study {
        let mut dimensions = Vec::new();
        for Searched { dimension, methods, variant: of } in &self.dimensions {
            let concerns = methods.as_ref().is_none_or(|methods| methods.contains(method));
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
        let ranges = [
            raw.log_uniform.as_ref().map(|ends| Range::LogUniform { low: ends.low, high: ends.high }),
            raw.uniform.as_ref().map(|ends| Range::Uniform { low: ends.low, high: ends.high }),
            raw.integer.as_ref().map(|ends| Range::Integer { low: ends.low, high: ends.high }),
            raw.power_of_two.as_ref().map(|ends| Range::PowerOfTwo { low: ends.low, high: ends.high }),
        ];
        let mut given = ranges.into_iter().flatten();
        let (Some(range), None) = (given.next(), given.next()) else {
            let expected = "exactly one of log_uniform, uniform, integer, power_of_two";
            return Err(text.invalid(raw.name.span(), name, "none or several ranges", expected));
        };
        let dimension = Dimension::new(name.as_str(), range)
            .map_err(|error| text.invalid(raw.name.span(), name, "a range that cannot be searched", error))?;
        let methods = raw.methods.as_ref().map(|names| names.iter().map(|name| method_named(text, name)).collect());
        Ok(Self { dimension, methods: methods.transpose()?, variant: raw.variant })
    }
}
