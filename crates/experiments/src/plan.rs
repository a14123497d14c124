//! Makes a plan, a list of runs, from a configuration and a request.

use crate::config::{ChoiceSetting, Configuration, MethodRow, PartsFound, RunTemplate, SeedImages, WeightsSetting};
use herring_protocol::{
    Alternative, BackendKind, DataSpec, MethodName, NeedSpec, RunId, RunSpec, SplitRuleName, TeacherSpec, Variant,
    WeightsSpec,
};
use herring_store::Scale;
pub use herring_store::{Plan, PlannedRun};
use std::collections::{BTreeMap, BTreeSet};

/// What to run. Methods and seeds default to those of the configuration.
#[derive(Debug, Clone)]
pub struct Request {
    /// How large.
    pub scale: Scale,
    /// Which reading of the protocol.
    pub variant: Variant,
    /// On which kind of device.
    pub backend: BackendKind,
    /// Methods, if not the default ones.
    pub methods: Option<Vec<MethodName>>,
    /// Seeds, if not those of the scale.
    pub seeds: Option<Vec<u32>>,
    /// The images of each seed if they are files; empty for generated ones.
    pub images: BTreeMap<u32, SeedImages>,
    /// SHA-256 of the files of weights that are there, by name.
    pub weights: BTreeMap<String, String>,
}

/// Why a request cannot be planned.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// The experiment has no such row.
    #[error("the experiment has no method '{found}': expected one of {expected}")]
    NoSuchMethod {
        /// The method that was asked for.
        found: MethodName,
        /// The experiment's methods, separated by commas.
        expected: String,
    },
    /// A method or seed was given twice.
    #[error("{what} {found} was given twice: expected each once")]
    Duplicate {
        /// "method" or "seed".
        what: &'static str,
        /// What was given twice.
        found: String,
    },
    /// The images of a seed are missing.
    #[error("the images of seed {seed} are not prepared: expected a listing of them")]
    NoImages {
        /// The seed.
        seed: u32,
    },
    /// A file of weights is missing at the scale `paper`.
    #[error("the weights '{name}' are missing: expected --weights {name}=FILE")]
    NoWeights {
        /// The name of the file of weights.
        name: String,
    },
    /// An empty list of methods or seeds.
    #[error("no {what} was given: expected at least one")]
    Empty {
        /// "method" or "seed".
        what: &'static str,
    },
    /// Methods that need each other's runs in a cycle.
    #[error("methods need each other in a cycle: {cycle}: expected one of them to need none of the others")]
    Cycle {
        /// The methods, joined by arrows.
        cycle: String,
    },
    /// A value that is drawn does not fit the run.
    #[error("method '{method}': draws: {message}")]
    Draw {
        /// Whose draw.
        method: MethodName,
        /// What is wrong.
        message: String,
    },
    /// A value to be tried does not fit the run, or the name of its run is taken.
    #[error("method '{method}': choose: {message}")]
    Choice {
        /// Whose choice.
        method: MethodName,
        /// What is wrong.
        message: String,
    },
}

/// The runs for `request`, and those that they need.
///
/// # Errors
/// If a method is not of this experiment, a method or seed is given twice, images of a seed are missing, or
/// methods need each other in a cycle.
pub fn plan_runs(configuration: &Configuration, request: &Request) -> Result<Plan, PlanError> {
    let methods = request.methods.clone().unwrap_or_else(|| configuration.default_methods(request.scale));
    let seeds = request.seeds.clone().unwrap_or_else(|| configuration.scale(request.scale).seeds.clone());
    once("method", &methods)?;
    once("seed", &seeds)?;
    let mut planner = Planner { configuration, request, runs: Vec::new(), ids: BTreeMap::new() };
    for seed in seeds {
        for method in &methods {
            planner.add(method, seed, &mut Vec::new())?;
        }
    }
    Ok(Plan {
        experiment: configuration.experiment.clone(),
        scale: request.scale,
        variant: request.variant,
        backend: request.backend,
        runs: planner.runs,
    })
}

/// The images of a plan's seeds, if they are files.
pub fn images_of(plan: &Plan) -> BTreeMap<u32, SeedImages> {
    let of = |run: &PlannedRun| match &run.spec.data {
        DataSpec::Images(images) => {
            let seed = SeedImages {
                listing: images.listing.clone(),
                issue: images.issue.clone(),
                issue_known: images.issue_known,
                table_sha256: images.table_sha256.clone(),
                parts: match (images.ratio, images.rule) {
                    (Some(ratio), _) => PartsFound::Ratio(ratio),
                    (None, SplitRuleName::Given) => PartsFound::Given,
                    (None, _) => PartsFound::Observed,
                },
                channels: images.channels,
            };
            Some((run.spec.seed, seed))
        }
        DataSpec::Volumes(volumes) => {
            let seed = SeedImages {
                listing: volumes.listing.clone(),
                issue: volumes.issue.clone(),
                issue_known: volumes.issue_known,
                table_sha256: volumes.table_sha256.clone(),
                ..SeedImages::default()
            };
            Some((run.spec.seed, seed))
        }
        DataSpec::Decoys(decoys) => decoys.files.as_ref().map(|files| {
            let seed = SeedImages {
                listing: files.listing.clone(),
                issue: files.issue.clone(),
                issue_known: files.issue_known,
                table_sha256: files.table_sha256.clone(),
                ..SeedImages::default()
            };
            (run.spec.seed, seed)
        }),
        DataSpec::Crosses(_) | DataSpec::Cardiac(_) => None,
    };
    plan.runs.iter().filter_map(of).collect()
}

/// The files of weights that a plan's runs start from: SHA-256 by name.
pub fn weights_of(plan: &Plan) -> BTreeMap<String, String> {
    let of = |run: &PlannedRun| match &run.spec.weights {
        WeightsSpec::File { name, sha256 } => Some((name.clone(), sha256.clone())),
        WeightsSpec::Random | WeightsSpec::Run { .. } => None,
    };
    plan.runs.iter().filter_map(of).collect()
}

/// The names of the files of weights that a configuration's runs start from, sorted, each once.
pub fn named_weights(configuration: &Configuration, scale: Scale, variant: Variant) -> BTreeSet<String> {
    let of = |template: &RunTemplate| match &template.weights {
        WeightsSetting::File { name } => Some(name.clone()),
        WeightsSetting::Random | WeightsSetting::Method { .. } => None,
    };
    configuration.templates(scale, variant).filter_map(of).collect()
}

struct Planner<'a> {
    configuration: &'a Configuration,
    request: &'a Request,
    runs: Vec<PlannedRun>,
    ids: BTreeMap<(MethodName, u32), RunId>,
}

impl Planner<'_> {
    /// Adds the run of a method and seed after those that it needs; `path` holds the methods that need it.
    fn add(&mut self, method: &MethodName, seed: u32, path: &mut Vec<MethodName>) -> Result<RunId, PlanError> {
        if let Some(id) = self.ids.get(&(method.clone(), seed)) {
            return Ok(id.clone());
        }
        if let Some(start) = path.iter().position(|other| other == method) {
            let names: Vec<&str> = path[start..].iter().chain([method]).map(MethodName::as_str).collect();
            return Err(PlanError::Cycle { cycle: names.join(" -> ") });
        }
        path.push(method.clone());
        let spec = self.spec(method, seed, usize::MAX, path)?;
        path.pop();
        let id = self.push(spec);
        self.ids.insert((method.clone(), seed), id.clone());
        Ok(id)
    }

    /// The run of a method and seed with the first `choices` of its choices; adds the runs that it needs.
    fn spec(
        &mut self,
        method: &MethodName,
        seed: u32,
        choices: usize,
        path: &mut Vec<MethodName>,
    ) -> Result<RunSpec, PlanError> {
        let (row, template) = self.row(method)?;
        let weights = match &template.weights {
            WeightsSetting::Random => WeightsSpec::Random,
            WeightsSetting::Method { method } => WeightsSpec::Run { run: self.add(method, seed, path)? },
            WeightsSetting::File { name } => match self.request.weights.get(name) {
                Some(sha256) => WeightsSpec::File { name: name.clone(), sha256: sha256.clone() },
                None if self.request.scale == Scale::Paper => return Err(PlanError::NoWeights { name: name.clone() }),
                None => WeightsSpec::Random,
            },
        };
        let teacher = match &template.teacher {
            None => None,
            Some(teacher) => {
                let (_, of) = self.row(&teacher.method)?;
                Some(TeacherSpec { run: self.add(&teacher.method, seed, path)?, model: of.model })
            }
        };
        let found = self.request.images.get(&seed);
        let data = template.data.spec(found).ok_or(PlanError::NoImages { seed })?;
        let mut spec = RunSpec {
            experiment: self.configuration.experiment.clone(),
            seed,
            data,
            teacher,
            weights,
            ..template.draft(&row.method, self.request.variant, self.request.backend)
        };
        for draw in &template.draws {
            let drawn = spec.with_value(&draw.field, draw.value(seed));
            spec = drawn.map_err(|error| PlanError::Draw { method: method.clone(), message: error.to_string() })?;
        }
        for place in 0..template.choose.len().min(choices) {
            let need = self.add_trials(&spec, &template.choose, place, path)?;
            spec.needs.push(need);
        }
        Ok(spec)
    }

    /// Adds the runs that try the values of the choice at `place`; `spec` has the choices before it.
    fn add_trials(
        &mut self,
        spec: &RunSpec,
        choices: &[ChoiceSetting],
        place: usize,
        path: &mut Vec<MethodName>,
    ) -> Result<NeedSpec, PlanError> {
        let wrong = |message: String| PlanError::Choice { method: spec.method.clone(), message };
        let choice = &choices[place];
        let base = match choice.seed {
            // Its needed runs have that seed as well, whichever seed is planned first.
            Some(seed) if seed != spec.seed => self.spec(&spec.method, seed, place, path)?,
            _ => spec.clone(),
        };
        // Trials are numbered through all choices of a method, so that each has its own name.
        let before: usize = choices[..place].iter().map(|choice| choice.values.len()).sum();
        let mut alternatives = Vec::with_capacity(choice.values.len());
        for (number, value) in (before + 1..).zip(&choice.values) {
            let name = format!("{}-try-{number}", spec.method);
            let mut trial = base.with_value(&choice.field, *value).map_err(|error| wrong(error.to_string()))?;
            trial.method = name.parse().map_err(|error: herring_protocol::UnknownName| wrong(error.to_string()))?;
            if self.configuration.row(&trial.method).is_some() {
                return Err(wrong(format!(
                    "the run that tries {value} is called {name}: expected no method of that name"
                )));
            }
            let key = (trial.method.clone(), trial.seed);
            let run = match self.ids.get(&key) {
                Some(id) => id.clone(),
                None => {
                    let id = self.push(trial);
                    self.ids.insert(key, id.clone());
                    id
                }
            };
            alternatives.push(Alternative { value: *value, run });
        }
        Ok(NeedSpec { field: choice.field.clone(), score: choice.score.clone(), alternatives })
    }

    fn row(&self, method: &MethodName) -> Result<(MethodRow, RunTemplate), PlanError> {
        let template = self.configuration.template(self.request.scale, self.request.variant, method);
        match (self.configuration.row(method), template) {
            (Some(row), Some(template)) => Ok((row.clone(), template.clone())),
            _ => {
                let names: Vec<_> = self.configuration.methods.iter().map(|row| row.method.as_str()).collect();
                Err(PlanError::NoSuchMethod { found: method.clone(), expected: names.join(", ") })
            }
        }
    }

    fn push(&mut self, spec: RunSpec) -> RunId {
        let run = PlannedRun::new(spec);
        let id = run.id.clone();
        if self.runs.iter().all(|other| other.id != id) {
            self.runs.push(run);
        }
        id
    }
}

fn once<T: PartialEq + ToString>(what: &'static str, values: &[T]) -> Result<(), PlanError> {
    if values.is_empty() {
        return Err(PlanError::Empty { what });
    }
    for (index, value) in values.iter().enumerate() {
        if values[..index].contains(value) {
            return Err(PlanError::Duplicate { what, found: value.to_string() });
        }
    }
    Ok(())
}
