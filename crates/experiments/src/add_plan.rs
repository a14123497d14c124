//! Adds a plan to a folder that may already hold runs.

use crate::{
    config::{Configuration, Targets},
    plan::Plan,
    search::SearchResult,
    store::{BASE, EXPERIMENT, FOUND, PlanAddition, Store, StoreError, TARGETS, pretty_json, read_base},
};
use std::fs;

/// The inputs from which a folder's runs are made.
#[derive(Debug, Clone, Copy)]
pub struct Origin<'a> {
    /// The configuration.
    pub configuration: &'a Configuration,
    /// The paper's numbers.
    pub targets: &'a Targets,
    /// The searches whose values the runs use.
    pub searches: &'a [SearchResult],
}

/// Adds `plan` to the folder of `store` and returns the folder's whole plan; `resume` continues an unfinished
/// reproduction.
///
/// # Errors
/// As [`Store::add_plan`], and if the folder's configuration contradicts the new one.
pub fn add_plan(store: &Store, plan: &Plan, origin: &Origin<'_>, resume: bool) -> Result<Plan, StoreError> {
    let Origin { configuration, targets, searches } = *origin;
    let texts = [(EXPERIMENT, configuration.text()), (TARGETS, targets.text())];
    let texts = texts.into_iter().chain(configuration.base().map(|text| (BASE, text)));
    let mut files: Vec<_> = texts.map(|(name, text)| (name, text.as_bytes().to_vec())).collect();
    if !searches.is_empty() {
        files.push((FOUND, pretty_json(&store.folder().join(FOUND), &searches)?));
    }
    let clash = |before: &Plan| {
        let there = configuration_of(store)?;
        Ok(there.and_then(|there| there.clash(configuration, (plan.scale, plan.variant), &before.methods())))
    };
    store.add_plan(&PlanAddition { plan, files, clash: &clash, resume })
}

/// The folder's configuration; `None` if the file is missing.
fn configuration_of(store: &Store) -> Result<Option<Configuration>, StoreError> {
    let path = store.folder().join(EXPERIMENT);
    if !path.try_exists().map_err(StoreError::system("read", &path))? {
        return Ok(None);
    }
    let text = fs::read_to_string(&path).map_err(StoreError::system("read", &path))?;
    let base = read_base(store.folder())?;
    let base = base.as_deref().map(|text| (BASE, text));
    Configuration::parse_with_base((EXPERIMENT, &text), base).map(Some).map_err(|error| StoreError::Damaged {
        message: error.to_string(),
        path,
        line: 0,
        column: 0,
    })
}
