//! The paper's numbers, and its qualitative findings, which small runs can test.

use super::{
    ConfigError,
    populations::{PopulationTarget, RawPopulationTarget},
    text::{Text, check_format, method_named},
};
use herring_protocol::{MethodName, ScoreName};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use toml::Spanned;

/// A mean over the paper's seeds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TargetValue {
    /// Mean.
    pub mean: f64,
    /// Sample standard deviation.
    pub sd: f64,
    /// Name of the source.
    pub source: String,
}

/// The paper's numbers for a row.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Target {
    /// Which row.
    pub method: MethodName,
    /// Number of seeds averaged.
    pub seeds: usize,
    /// By column; a column that was never published is absent.
    #[serde(serialize_with = "crate::json::as_map")]
    pub values: Vec<(ScoreName, TargetValue)>,
}

impl Target {
    /// The number for a column, where it was published.
    pub fn value(&self, score: &ScoreName) -> Option<&TargetValue> {
        let found = self.values.iter().find(|(other, _)| other == score);
        found.map(|(_, value)| value)
    }
}

/// A condition on a row's mean.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub enum Requirement {
    /// No more than this.
    AtMost(f64),
    /// No less than this.
    AtLeast(f64),
    /// More than another row's mean by at least a margin.
    Above(MethodName, f64),
}

/// A qualitative finding of the paper.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    /// Which row.
    pub method: MethodName,
    /// Which score.
    pub score: ScoreName,
    /// The condition on its mean over seeds.
    pub requirement: Requirement,
}

/// The paper's numbers and findings for an experiment.
#[derive(Debug, Clone)]
pub struct Targets {
    /// The experiment they belong to.
    pub experiment: String,
    /// `(name, description)` of the sources of the numbers.
    pub sources: Vec<(String, String)>,
    /// Numbers by row.
    pub targets: Vec<Target>,
    /// Findings, in the order of the file.
    pub findings: Vec<Finding>,
    /// Scores of the paper's models, for groups of models that are compared.
    pub populations: Vec<PopulationTarget>,
    text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTargets {
    format: Spanned<u32>,
    experiment: String,
    sources: Vec<RawSource>,
    targets: Vec<RawTarget>,
    #[serde(default)]
    findings: Vec<Spanned<RawFinding>>,
    #[serde(default)]
    populations: Vec<RawPopulationTarget>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSource {
    name: String,
    text: String,
}

#[derive(Deserialize)]
struct RawTarget {
    method: Spanned<String>,
    seeds: usize,
    #[serde(flatten)]
    values: BTreeMap<ScoreName, RawValue>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawValue {
    mean: f64,
    sd: f64,
    source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFinding {
    method: Spanned<String>,
    score: ScoreName,
    at_most: Option<f64>,
    at_least: Option<f64>,
    above: Option<Spanned<String>>,
    margin: Option<f64>,
}

impl Targets {
    /// Parses and checks `content`; errors call it `name`.
    ///
    /// # Errors
    /// With file, line and column, what is malformed or contradictory.
    pub fn parse(name: &str, content: &str) -> Result<Self, ConfigError> {
        let text = Text::new(name, content);
        let raw: RawTargets = text.parse()?;
        check_format(&text, &raw.format)?;
        let sources: Vec<_> = raw.sources.into_iter().map(|source| (source.name, source.text)).collect();
        let mut targets: Vec<Target> = Vec::new();
        for target in raw.targets {
            let method = method_named(&text, &target.method)?;
            if targets.iter().any(|other| other.method == method) {
                let found = format!("'{method}' twice");
                return Err(text.invalid(target.method.span(), "targets", found, "each method once"));
            }
            let mut values = Vec::new();
            for (score, value) in target.values {
                let RawValue { mean, sd, source } = value;
                if !sources.iter().any(|(name, _)| *name == source) {
                    let found = format!("'{source}'");
                    return Err(text.invalid(target.method.span(), "source", found, "a name under [[sources]]"));
                }
                if sd.is_nan() || sd < 0.0 {
                    return Err(text.invalid(target.method.span(), "sd", sd, "a number from 0 up"));
                }
                values.push((score, TargetValue { mean, sd, source }));
            }
            targets.push(Target { method, seeds: target.seeds, values });
        }
        let mut populations = Vec::with_capacity(raw.populations.len());
        for population in &raw.populations {
            populations.push(PopulationTarget::check(&text, population, &populations)?);
        }
        let findings = raw.findings.iter().map(|finding| Finding::check(&text, finding));
        Ok(Self {
            experiment: raw.experiment,
            sources,
            targets,
            findings: findings.collect::<Result<_, _>>()?,
            populations,
            text: content.to_owned(),
        })
    }

    /// The text they were read from.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The paper's numbers for a row, where there are any.
    pub fn target(&self, method: &MethodName) -> Option<&Target> {
        self.targets.iter().find(|target| target.method == *method)
    }
}

impl Finding {
    fn check(text: &Text, raw: &Spanned<RawFinding>) -> Result<Self, ConfigError> {
        let finding = raw.get_ref();
        let requirement = match (finding.at_most, finding.at_least, &finding.above) {
            (Some(bound), None, None) => Requirement::AtMost(bound),
            (None, Some(bound), None) => Requirement::AtLeast(bound),
            (None, None, Some(other)) => Requirement::Above(method_named(text, other)?, finding.margin.unwrap_or(0.0)),
            _ => {
                let expected = "exactly one of at_most, at_least and above";
                return Err(text.invalid(raw.span(), "findings", "none or several bounds", expected));
            }
        };
        Ok(Self { method: method_named(text, &finding.method)?, score: finding.score.clone(), requirement })
    }
}
