//! Makes table and report from a reproduction's folder and writes them into it.

use crate::{Page, Reports, export, html, reliance, sections::STANDARD, table};
use herring_experiments::{
    collect::{CollectError, Collection},
    config::{ConfigError, Differences},
    results::Results,
    store::{FolderLock, StoreError, replace},
};
use std::path::{Path, PathBuf};

/// The table and the report of a reproduction's folder.
#[derive(Debug, Clone)]
pub struct Outputs {
    /// The numbers of the table.
    pub results: Results,
    /// The table, formatted for the terminal's width.
    pub table: String,
    /// What an audit of the user's own images found, a paragraph each; empty for a paper's experiments.
    pub findings: Vec<String>,
    /// The path of the report.
    pub report: PathBuf,
    /// The files' names and contents.
    files: Vec<(PathBuf, Vec<u8>)>,
}

impl Outputs {
    /// Reads the folder `out` and makes `table.txt`, `results.csv`, `results.json` and `report.html` of
    /// it, without writing them. It reads nothing else.
    ///
    /// # Errors
    /// If the folder holds no reproduction, or a file of it is damaged.
    pub fn of(out: &Path, reports: &Reports) -> Result<Self, CollectError> {
        let collection = Collection::read(out, reports.catalogue)?;
        let results = Results::of(&collection);
        let differences = known_differences(&collection)?;

        let json = out.join("results.json");
        let report = out.join("report.html");
        let findings = match collection.is_of_own_images() {
            true => reliance::findings(&collection, &results),
            false => Vec::new(),
        };
        let content =
            Page { collection: &collection, results: &results, differences: &differences, findings: &findings };
        let page = page(&content, reports);
        let files = vec![
            (out.join("table.txt"), table::render(&results, table::PLAIN_WIDTH).into_bytes()),
            (out.join("results.csv"), export::csv(&export::Table::of(&results)).into_bytes()),
            (json.clone(), export::results_json(&collection, &results, &json)?),
            (report.clone(), page.into_bytes()),
        ];
        Ok(Self { table: table::render(&results, table::terminal_width()), results, findings, report, files })
    }

    /// Writes the files into the folder, if they have changed.
    ///
    /// # Errors
    /// If an I/O operation fails.
    pub fn write(&self) -> Result<(), StoreError> {
        let folder = self.report.parent().unwrap_or(Path::new("."));
        let _locked = FolderLock::acquire(folder)?;
        self.files.iter().try_for_each(|(path, content)| replace(path, content))
    }
}

/// The report: the sections of the paper, or the standard ones if the paper is not in the catalogue.
fn page(content: &Page<'_>, reports: &Reports) -> String {
    let paper = content.collection.known.and_then(|(paper, _)| reports.of(paper.name));
    let sections = paper.map_or(STANDARD, |report| report.sections);
    let body: String = sections.iter().map(|section| section(content)).collect();
    let title = format!("{}: reproduction at scale {}", content.collection.configuration.title, content.results.scale);
    html::page(&title, &body)
}

/// Makes and writes table and report of the folder `out`. It can be repeated at any time, even while runs are in
/// progress.
///
/// # Errors
/// If the folder holds no reproduction, a file of it is damaged, or writing fails.
pub fn write_outputs(out: &Path, reports: &Reports) -> Result<Outputs, CollectError> {
    let outputs = Outputs::of(out, reports)?;
    outputs.write()?;
    Ok(outputs)
}

/// The differences between text and code for the collection's experiment.
fn known_differences(collection: &Collection) -> Result<Differences, ConfigError> {
    match collection.known {
        Some((paper, experiment)) => paper.differences_of(experiment.name),
        None => Ok(Differences::default()),
    }
}
