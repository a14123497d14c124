//! The overview of several experiments.

use crate::{
    Reports,
    sections::overview::{Part, render},
};
use herring_experiments::{
    collect::{CollectError, Collection},
    results::Results,
    store::replace,
};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Reads the reproductions in `folders` and writes `overview.html` into the folder `out`: their tables side by
/// side, and two of the paper's scores against each other over all runs. Returns the path of the page.
///
/// # Errors
/// If a folder holds no reproduction or a file of it is damaged, or writing fails.
pub fn write_overview(folders: &[PathBuf], out: &Path, reports: &Reports) -> Result<PathBuf, CollectError> {
    let collections: Vec<Collection> =
        folders.iter().map(|folder| Collection::read(folder, reports.catalogue)).collect::<Result<_, _>>()?;
    let results: Vec<Results> = collections.iter().map(Results::of).collect();
    let parts: Vec<Part<'_>> = folders
        .iter()
        .zip(&collections)
        .zip(&results)
        .map(|((folder, collection), results)| {
            let report = collection.known.and_then(|(paper, _)| reports.of(paper.name));
            Part {
                collection,
                results,
                scores: report.map_or(&[][..], |report| report.overview),
                figure: report.and_then(|report| report.overview_figure),
                finding: report.map_or("", |report| report.overview_finding),
                report: address(folder, out),
            }
        })
        .collect();
    fs::create_dir_all(out).map_err(herring_experiments::store::StoreError::system("create", out))?;
    let path = out.join("overview.html");
    replace(&path, render(&parts).as_bytes())?;
    Ok(path)
}

/// The report of `folder` as seen from `out`: relative where one holds the other or both lie side by side.
fn address(folder: &Path, out: &Path) -> String {
    let report = folder.join("report.html");
    let relative = match (report.strip_prefix(out), folder.parent() == out.parent()) {
        (Ok(inside), _) => inside.to_owned(),
        (Err(_), true) => Path::new("..").join(folder.file_name().unwrap_or_default()).join("report.html"),
        (Err(_), false) => std::path::absolute(&report).unwrap_or(report.clone()),
    };
    relative.to_string_lossy().replace('\\', "/")
}
