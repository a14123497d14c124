//! Reads a reproduction's folder.

use crate::{
    Catalogue, Experiment, Paper,
    config::{ConfigError, Configuration, Targets},
    images::ImagesFile,
    plan::{Plan, PlannedRun},
    search::SearchResult,
    store::{
        BASE, EXPERIMENT, RunFailed, RunProvenance, RunResult, RunState, Store, StoreError, TARGETS, check_runs,
        read_base, read_json, run_state,
    },
};
use herring_protocol::{MethodName, Pictures};
use std::{fs, path::Path};

/// The content of a reproduction's folder, finished or not.
#[derive(Debug, Clone)]
pub struct Collection {
    /// The plan.
    pub plan: Plan,
    /// The configuration of its runs.
    pub configuration: Configuration,
    /// The paper's numbers and findings.
    pub targets: Targets,
    /// The runs of the plan, in order.
    pub runs: Vec<StoredRun>,
    /// The searches whose values the runs use, if any.
    pub found: Vec<SearchResult>,
    /// Information about the images, if they are files.
    pub images: Option<ImagesFile>,
    /// The paper and the experiment, if they are in the catalogue.
    pub known: Option<(&'static Paper, &'static Experiment)>,
    /// The catalogue's configuration of that experiment, which has the paper's setting.
    pub reference: Option<Configuration>,
}

/// One run and its stored state.
#[derive(Debug, Clone)]
pub struct StoredRun {
    /// The planned run.
    pub run: PlannedRun,
    /// Its outcome.
    pub content: Content,
}

/// The stored state of a run.
#[derive(Debug, Clone)]
pub enum Content {
    /// A result.
    Finished(Box<FinishedRun>),
    /// No result.
    Failed(Box<FailedRun>),
    /// It has not been done yet.
    Missing,
}

/// The files of a finished run.
#[derive(Debug, Clone)]
pub struct FinishedRun {
    /// Numbers.
    pub result: RunResult,
    /// What computed it.
    pub provenance: RunProvenance,
    /// What figures need.
    pub pictures: Pictures,
}

/// The files of a failed run that reports use.
#[derive(Debug, Clone)]
pub struct FailedRun {
    /// Why.
    pub failed: RunFailed,
    /// What computed it.
    pub provenance: RunProvenance,
}

/// Why a folder cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum CollectError {
    /// The folder or one of its files.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Its configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
}

impl Collection {
    /// Reads the folder `out`.
    ///
    /// # Errors
    /// If it holds no reproduction, or a file of it cannot be read or is damaged.
    pub fn read(out: &Path, catalogue: &Catalogue) -> Result<Self, CollectError> {
        let plan = Store::read_plan(out)?;
        let path = out.join(TARGETS);
        let text = fs::read_to_string(&path).map_err(StoreError::system("read", &path))?;
        let targets = Targets::parse(&path.display().to_string(), &text)?;
        let path = out.join(EXPERIMENT);
        let text = fs::read_to_string(&path).map_err(StoreError::system("read", &path))?;
        let (base, base_path) = (read_base(out)?, out.join(BASE).display().to_string());
        let base = base.as_deref().map(|text| (base_path.as_str(), text));
        let configuration = Configuration::parse_with_base((&path.display().to_string(), &text), base)?;
        let known = catalogue.find(&plan.experiment);
        let published = known.filter(|(_, experiment)| experiment.published);
        let reference = published.map(|(_, experiment)| catalogue.configuration(experiment)).transpose()?;
        check_runs(out, plan.runs.iter())?;
        let runs = plan.runs.iter().map(|run| StoredRun::read(out, run));
        let (found, images) = (SearchResult::read_found(out)?, ImagesFile::of(out)?);
        Ok(Self {
            runs: runs.collect::<Result<_, _>>()?,
            plan,
            configuration,
            targets,
            found,
            images,
            known,
            reference,
        })
    }

    /// Whether it is the catalogue's experiment on the user's own images, for which nothing is published.
    pub fn is_of_own_images(&self) -> bool {
        self.known.is_some_and(|(_, experiment)| !experiment.published)
    }

    /// The methods of the plan that are rows of the table, in the order of the table.
    pub fn methods(&self) -> Vec<MethodName> {
        let planned = self.plan.methods();
        let rows = self.configuration.methods.iter().map(|row| &row.method);
        rows.filter(|method| planned.contains(method)).cloned().collect()
    }

    /// The style of a method in figures.
    pub fn style(&self, method: &MethodName) -> &str {
        self.configuration.row(method).map_or("", |row| row.style.as_str())
    }

    /// The runs of a method.
    pub fn of<'a>(&'a self, method: &'a MethodName) -> impl Iterator<Item = &'a StoredRun> {
        self.runs.iter().filter(move |stored| stored.run.spec.method == *method)
    }

    /// The finished runs of a method, with their seeds, in the order of the plan.
    pub fn finished<'a>(&'a self, method: &'a MethodName) -> impl Iterator<Item = (u32, &'a FinishedRun)> {
        self.of(method).filter_map(|stored| match &stored.content {
            Content::Finished(finished) => Some((stored.run.spec.seed, finished.as_ref())),
            _ => None,
        })
    }

    /// The label of a method in tables and figures.
    pub fn label<'a>(&'a self, method: &'a MethodName) -> &'a str {
        self.configuration.row(method).map_or(method.as_str(), |row| row.label.as_str())
    }
}

impl StoredRun {
    fn read(out: &Path, run: &PlannedRun) -> Result<Self, StoreError> {
        let content = match run_state(out, run)? {
            RunState::Finished(folder) => Content::Finished(Box::new(FinishedRun {
                result: read_json(&folder.join("result.json"))?,
                provenance: read_json(&folder.join("provenance.json"))?,
                pictures: read_pictures(&folder.join("pictures.json"))?,
            })),
            RunState::Failed(folder, failed) => {
                Content::Failed(Box::new(FailedRun { failed, provenance: read_json(&folder.join("provenance.json"))? }))
            }
            RunState::Missing => Content::Missing,
        };
        Ok(Self { run: run.clone(), content })
    }
}

fn read_pictures(path: &Path) -> Result<Pictures, StoreError> {
    let pictures: Pictures = read_json(path)?;
    let sums = [&pictures.saliency_sum, &pictures.image_sum, &pictures.mask_sum];
    for plane in sums.into_iter().chain(pictures.examples.iter().map(|(_, plane)| plane)) {
        if !plane.is_whole() || plane.values.is_empty() {
            return Err(StoreError::Damaged {
                path: path.to_owned(),
                line: 0,
                column: 0,
                message: format!(
                    "found {} values, expected {} rows of {}",
                    plane.values.len(),
                    plane.height,
                    plane.width
                ),
            });
        }
    }
    Ok(pictures)
}
