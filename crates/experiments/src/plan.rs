//! From what was asked for to the runs that answer it.

use crate::{
    config::{Configuration, DataSetting, ImageSizes, Known, MethodRow, Scale, Setting},
    identity::RunId,
};
use herring_protocol::{
    AucKind, BackendKind, CrossesSpec, DataSpec, DiscriminatorSpec, EvaluationSpec, ImagesSpec, Method, ModelSpec,
    RunSpec, TrainingSpec, Variant,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What to run. Methods and seeds that are not given are those of the configuration.
#[derive(Debug, Clone)]
pub struct Request {
    /// How large.
    pub scale: Scale,
    /// Which reading of the protocol.
    pub variant: Variant,
    /// On which kind of device.
    pub backend: BackendKind,
    /// Which rows, if not the default ones.
    pub methods: Option<Vec<Method>>,
    /// Which seeds, if not those of the scale.
    pub seeds: Option<Vec<u32>>,
    /// The images of each seed, where they are files; empty for generated ones.
    pub images: BTreeMap<u32, SeedImages>,
}

/// The images that a seed's runs see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeedImages {
    /// SHA-256 of their listing, in hexadecimal digits.
    pub listing: String,
    /// Which issue of the table's files.
    pub issue: String,
    /// SHA-256 of the table's records.
    pub table_sha256: String,
    /// Whether the table says itself what belongs to which part.
    pub parts_given: bool,
}

/// One run to be done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedRun {
    /// Identity of the specification.
    pub id: RunId,
    /// What to do.
    pub spec: RunSpec,
}

impl PlannedRun {
    /// The run of a specification.
    pub fn new(spec: RunSpec) -> Self {
        Self { id: RunId::of(&spec), spec }
    }

    /// Its name in messages, for instance `actdiff, seed 1234`.
    pub fn label(&self) -> String {
        format!("{}, seed {}", self.spec.method, self.spec.seed)
    }

    /// Its folder's name, for instance `actdiff-1234-0123456789abcdef`.
    pub fn folder(&self) -> String {
        format!("{}-{}-{}", self.spec.method, self.spec.seed, self.id)
    }
}

/// The runs of a reproduction, in the order in which they are done: seed by seed, so that after an
/// interruption the methods have seen equally many.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// Which experiment.
    pub experiment: String,
    /// How large.
    pub scale: Scale,
    /// Which reading of the protocol.
    pub variant: Variant,
    /// On which kind of device.
    pub backend: BackendKind,
    /// What is to be done.
    pub runs: Vec<PlannedRun>,
}

/// Why a request cannot be planned.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// The experiment has no such row.
    #[error("the experiment has no method '{found}': expected one of {expected}")]
    NoSuchMethod {
        /// The method that was asked for.
        found: Method,
        /// The experiment's methods, separated by commas.
        expected: String,
    },
    /// Something was asked for twice.
    #[error("{what} {found} was given twice: expected each once")]
    Twice {
        /// "method" or "seed".
        what: &'static str,
        /// What was given twice.
        found: String,
    },
    /// An experiment on files without the files.
    #[error("the images of seed {seed} are not prepared: expected a listing of them")]
    NoImages {
        /// The seed.
        seed: u32,
    },
    /// An empty list.
    #[error("no {what} was given: expected at least one")]
    None {
        /// "method" or "seed".
        what: &'static str,
    },
}

impl Plan {
    /// The runs that answer `request`.
    ///
    /// # Errors
    /// If a method is not of this experiment, or a method or seed is given twice.
    pub fn new(configuration: &Configuration, request: &Request) -> Result<Self, PlanError> {
        let setting = configuration.setting(request.scale);
        let methods = request.methods.clone().unwrap_or_else(|| configuration.default_methods());
        let seeds = request.seeds.clone().unwrap_or_else(|| setting.seeds.clone());
        once("method", &methods)?;
        once("seed", &seeds)?;
        let mut rows = Vec::new();
        for method in methods {
            rows.push(configuration.row(method).ok_or_else(|| {
                let names: Vec<_> = configuration.methods.iter().map(|row| row.method.name()).collect();
                PlanError::NoSuchMethod { found: method, expected: names.join(", ") }
            })?);
        }
        let mut runs = Vec::new();
        for seed in seeds {
            for row in &rows {
                let data = data(configuration, setting, row, request, seed)?;
                let spec = specification(configuration, setting, row, request, (seed, data));
                runs.push(PlannedRun::new(spec));
            }
        }
        Ok(Self {
            experiment: configuration.experiment.clone(),
            scale: request.scale,
            variant: request.variant,
            backend: request.backend,
            runs,
        })
    }

    /// Which score is its AUC.
    pub fn auc(&self) -> AucKind {
        self.runs.first().map(|run| run.spec.evaluation.auc).unwrap_or_default()
    }

    /// The methods it holds, in the order of the table.
    pub fn methods(&self) -> Vec<Method> {
        let holds = |method: &Method| self.runs.iter().any(|run| run.spec.method == *method);
        Method::ALL.iter().copied().filter(holds).collect()
    }

    /// The images of its seeds, where they are files.
    pub fn images(&self) -> BTreeMap<u32, SeedImages> {
        let of = |run: &PlannedRun| match &run.spec.data {
            DataSpec::Images(images) => {
                let seed = SeedImages {
                    listing: images.listing.clone(),
                    issue: images.issue.clone(),
                    table_sha256: images.table_sha256.clone(),
                    parts_given: images.ratio.is_none(),
                };
                Some((run.spec.seed, seed))
            }
            DataSpec::Crosses(_) => None,
        };
        self.runs.iter().filter_map(of).collect()
    }

    /// What its images are called if they are not of the issue of the tables that the paper had; `None` where
    /// they are, or where the paper had none.
    pub fn other_issue(&self) -> Option<String> {
        let paper = Known::of(&self.experiment)?.issue()?;
        self.images().into_values().map(|images| images.issue).find(|issue| issue != paper)
    }

    /// The seeds it holds, in the order of the runs.
    pub fn seeds(&self) -> Vec<u32> {
        let mut seeds = Vec::new();
        for run in &self.runs {
            if !seeds.contains(&run.spec.seed) {
                seeds.push(run.spec.seed);
            }
        }
        seeds
    }
}

/// The run of one row and seed.
fn specification(
    configuration: &Configuration,
    setting: &Setting,
    row: &MethodRow,
    request: &Request,
    (seed, data): (u32, DataSpec),
) -> RunSpec {
    RunSpec {
        experiment: configuration.experiment.clone(),
        method: row.method,
        variant: request.variant,
        seed,
        backend: request.backend,
        data,
        model: ModelSpec { depth: setting.depth, width: setting.width },
        training: TrainingSpec {
            epochs: setting.epochs,
            batch_size: setting.batch_size,
            learning_rate: row.learning_rate,
            penalty_weight: row.penalty_weight,
            burn_in: setting.burn_in,
            patience: setting.patience,
        },
        discriminator: row.discriminator.as_ref().map(|given| DiscriminatorSpec {
            learning_rate: given.learning_rate,
            every: given.every,
            hidden: setting.discriminator_hidden,
        }),
        evaluation: EvaluationSpec {
            smoothing_sigma: setting.smoothing_sigma,
            smoothing_truncate: setting.smoothing_truncate,
            picture_samples: setting.picture_samples,
            attributions: setting.attributions.clone(),
            attribution_limit: setting.attribution_limit.filter(|_| !setting.attributions.is_empty()),
            auc: configuration.auc,
        },
    }
}

/// Which images a row and seed see.
fn data(
    configuration: &Configuration,
    setting: &Setting,
    row: &MethodRow,
    request: &Request,
    seed: u32,
) -> Result<DataSpec, PlanError> {
    if let DataSetting::Crosses { train, valid, test } = setting.data {
        let (dilation_sigma, mask_fraction) = (row.dilation_sigma, setting.mask_fraction);
        return Ok(DataSpec::Crosses(CrossesSpec { train, valid, test, dilation_sigma, mask_fraction }));
    }
    // A configuration has both or neither.
    let (Some(table), Some(sizes)) = (&configuration.images, setting.images_in(request.variant)) else {
        return Err(PlanError::NoImages { seed });
    };
    let ImageSizes { size, look_size, cell_limit, look_limit } = sizes;
    let images = request.images.get(&seed).ok_or(PlanError::NoImages { seed })?;
    Ok(DataSpec::Images(ImagesSpec {
        listing: images.listing.clone(),
        table: table.table.name().to_owned(),
        issue: images.issue.clone(),
        table_sha256: images.table_sha256.clone(),
        resize: table.resize.name().to_owned(),
        empty_negatives: table.empty_negatives,
        split_seed: table.split_seed.filter(|_| !images.parts_given),
        ratio: (!images.parts_given).then_some(table.ratio),
        rule: if images.parts_given { "given" } else { table.rule.name() }.to_owned(),
        size,
        look_size,
        cell_limit,
        look_limit,
        mask_fraction: setting.mask_fraction,
    }))
}

fn once<T: PartialEq + ToString>(what: &'static str, values: &[T]) -> Result<(), PlanError> {
    if values.is_empty() {
        return Err(PlanError::None { what });
    }
    for (index, value) in values.iter().enumerate() {
        if values[..index].contains(value) {
            return Err(PlanError::Twice { what, found: value.to_string() });
        }
    }
    Ok(())
}
