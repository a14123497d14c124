//! The page of a search: its trials and the density of their scores.

use crate::{
    html::{escape, page},
    sections::tuning,
};
use herring_experiments::{
    search::SearchResult,
    store::{FolderLock, StoreError, replace},
};
use std::path::{Path, PathBuf};

/// Writes `search.html` into a search's folder and returns its path.
///
/// # Errors
/// If an I/O operation fails.
pub fn write_search_page(result: &SearchResult, out: &Path) -> Result<PathBuf, StoreError> {
    let _locked = FolderLock::acquire(out)?;
    let path = out.join("search.html");
    replace(&path, render(result).as_bytes())?;
    Ok(path)
}

fn render(result: &SearchResult) -> String {
    let SearchResult { method, scale, variant, experiment, .. } = result;
    let title = format!("Search for {method}");
    let head =
        format!("<h1>{title}</h1>\n<p>Experiment {}, scale {scale}, variant {variant}.</p>\n", escape(experiment));
    let tuning = tuning::of(std::slice::from_ref(result), &|method| (method.to_string(), method.to_string()));
    page(&title, &format!("{head}{tuning}{}", tuning::trials(result)))
}
