//! The paper's numbers, and its findings in a form that a small run can be asked about.

use super::{
    ConfigError, Known,
    experiment::method_named,
    text::{Text, check_format},
};
use herring_protocol::Method;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use toml::Spanned;

/// A column of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// The AUC on the test images, of the kind that the experiment means, in `[0, 1]`.
    Auc,
    /// Intersection over union of saliency and mask, in `[0, 1]`.
    Iou,
    /// Intersection over prediction, in `[0, 1]`; what the paper prints as IoU.
    Iop,
    /// Intersection over truth, in `[0, 1]`.
    Iot,
    /// The selected epoch, from 1.
    BestEpoch,
    /// Intersection over union of integrated gradients and mask.
    IouIntegratedGradients,
    /// Intersection over prediction of integrated gradients.
    IopIntegratedGradients,
    /// Intersection over truth of integrated gradients.
    IotIntegratedGradients,
    /// Intersection over union of occlusion and mask.
    IouOcclusion,
    /// Intersection over prediction of occlusion.
    IopOcclusion,
    /// Intersection over truth of occlusion.
    IotOcclusion,
    /// The ROC AUC on the test images, whatever the experiment calls AUC, in `[0, 1]`.
    RocAuc,
    /// The authors' score on the test images, whatever the experiment calls AUC, in `[0, 1]`.
    AuthorsAuc,
    /// Least AUC of any environment on the test images, of the kind that the experiment means.
    WorstAuc,
    /// Least accuracy of any environment on the test images.
    WorstAccuracy,
}

impl Metric {
    /// The columns that every experiment has, in the order of the table.
    pub const TABLE: [Self; 5] = [Self::Auc, Self::Iou, Self::Iop, Self::Iot, Self::BestEpoch];

    /// Columns that a run may have beside them.
    pub const FURTHER: [Self; 10] = [
        Self::RocAuc,
        Self::AuthorsAuc,
        Self::WorstAuc,
        Self::WorstAccuracy,
        Self::IouIntegratedGradients,
        Self::IopIntegratedGradients,
        Self::IotIntegratedGradients,
        Self::IouOcclusion,
        Self::IopOcclusion,
        Self::IotOcclusion,
    ];

    /// Every column.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::TABLE.into_iter().chain(Self::FURTHER)
    }

    /// The name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auc => "auc",
            Self::Iou => "iou",
            Self::Iop => "iop",
            Self::Iot => "iot",
            Self::BestEpoch => "best_epoch",
            Self::IouIntegratedGradients => "iou_integrated_gradients",
            Self::IopIntegratedGradients => "iop_integrated_gradients",
            Self::IotIntegratedGradients => "iot_integrated_gradients",
            Self::IouOcclusion => "iou_occlusion",
            Self::IopOcclusion => "iop_occlusion",
            Self::IotOcclusion => "iot_occlusion",
            Self::RocAuc => "roc_auc",
            Self::AuthorsAuc => "authors_auc",
            Self::WorstAuc => "worst_auc",
            Self::WorstAccuracy => "worst_accuracy",
        }
    }

    /// The name for people.
    pub fn label(self) -> &'static str {
        match self {
            Self::Auc => "Test AUC",
            Self::Iou => "IoU",
            Self::Iop => "IoP",
            Self::Iot => "IoT",
            Self::BestEpoch => "Best epoch",
            Self::IouIntegratedGradients => "IoU, integrated gradients",
            Self::IopIntegratedGradients => "IoP, integrated gradients",
            Self::IotIntegratedGradients => "IoT, integrated gradients",
            Self::IouOcclusion => "IoU, occlusion",
            Self::IopOcclusion => "IoP, occlusion",
            Self::IotOcclusion => "IoT, occlusion",
            Self::RocAuc => "ROC AUC",
            Self::AuthorsAuc => "Authors’ AUC",
            Self::WorstAuc => "Worst AUC",
            Self::WorstAccuracy => "Worst accuracy",
        }
    }

    /// The least and the greatest value it can have.
    pub fn range(self) -> (f64, f64) {
        match self {
            Self::BestEpoch => (1.0, f64::INFINITY),
            _ => (0.0, 1.0),
        }
    }

    /// Digits after the point that are worth printing.
    pub fn digits(self) -> usize {
        match self {
            Self::BestEpoch => 1,
            _ => 3,
        }
    }
}

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
    pub method: Method,
    /// Seeds that were averaged.
    pub seeds: usize,
    /// By column; a column that was never published is absent.
    #[serde(serialize_with = "crate::json::as_map")]
    pub values: Vec<(Metric, TargetValue)>,
}

impl Target {
    /// The number for a column, where it was published.
    pub fn value(&self, metric: Metric) -> Option<&TargetValue> {
        let found = self.values.iter().find(|(other, _)| *other == metric);
        found.map(|(_, value)| value)
    }
}

/// What a finding asks of a row's mean.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub enum Requirement {
    /// No more than this.
    AtMost(f64),
    /// No less than this.
    AtLeast(f64),
    /// More than another row's mean by at least a margin.
    Above(Method, f64),
}

/// A qualitative finding of the paper.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    /// Which row.
    pub method: Method,
    /// Which column.
    pub metric: Metric,
    /// What is asked of its mean over seeds.
    pub requirement: Requirement,
}

/// What an experiment is measured against.
#[derive(Debug, Clone)]
pub struct Targets {
    /// The experiment they belong to.
    pub experiment: String,
    /// `(name, description)` of where the numbers come from.
    pub sources: Vec<(String, String)>,
    /// Numbers by row.
    pub targets: Vec<Target>,
    /// Findings, in the order of the file.
    pub findings: Vec<Finding>,
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
    values: BTreeMap<Metric, RawValue>,
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
    metric: Metric,
    at_most: Option<f64>,
    at_least: Option<f64>,
    above: Option<Spanned<String>>,
    margin: Option<f64>,
}

impl Targets {
    /// Those of an experiment, as they come with the program.
    ///
    /// # Errors
    /// None in a released program; the type is that of [`Self::parse`].
    pub fn embedded(known: Known) -> Result<Self, ConfigError> {
        let (name, content) = known.texts().targets;
        Self::parse(name, content)
    }

    /// Parses and checks `content`; `name` stands for it in errors.
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
            for (metric, value) in target.values {
                let RawValue { mean, sd, source } = value;
                if !sources.iter().any(|(name, _)| *name == source) {
                    let found = format!("'{source}'");
                    return Err(text.invalid(target.method.span(), "source", found, "a name under [[sources]]"));
                }
                if sd.is_nan() || sd < 0.0 {
                    return Err(text.invalid(target.method.span(), "sd", sd, "a number from 0 up"));
                }
                values.push((metric, TargetValue { mean, sd, source }));
            }
            targets.push(Target { method, seeds: target.seeds, values });
        }
        let findings = raw.findings.iter().map(|finding| Finding::check(&text, finding));
        Ok(Self {
            experiment: raw.experiment,
            sources,
            targets,
            findings: findings.collect::<Result<_, _>>()?,
            text: content.to_owned(),
        })
    }

    /// The text they were read from.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The paper's numbers for a row, where there are any.
    pub fn target(&self, method: Method) -> Option<&Target> {
        self.targets.iter().find(|target| target.method == method)
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
        Ok(Self { method: method_named(text, &finding.method)?, metric: finding.metric, requirement })
    }
}
