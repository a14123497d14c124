//! Table and report, made from a reproduction's folder and written into it.

use crate::{
    aggregate::Results,
    collect::{CollectError, Collection},
    config::{ConfigError, Differences},
    export, report,
    store::replace,
    table,
};
use std::path::{Path, PathBuf};

/// What [`write_outputs`] wrote.
#[derive(Debug, Clone)]
pub struct Outputs {
    /// The numbers of the table.
    pub results: Results,
    /// The table, as wide as the terminal.
    pub table: String,
    /// Where the report is.
    pub report: PathBuf,
}

/// Reads the folder `out` and writes `table.txt`, `results.csv`, `results.json` and `report.html`
/// into it. It looks at nothing else, so it can be repeated at any time, also while runs are going
/// on.
///
/// # Errors
/// If the folder holds no reproduction, a file of it is damaged, or the system refuses to write.
pub fn write_outputs(out: &Path) -> Result<Outputs, CollectError> {
    let collection = Collection::read(out)?;
    let results = Results::of(&collection);
    let differences = known_differences(&collection)?;

    let plain = table::render(&results, table::PLAIN_WIDTH);
    replace(&out.join("table.txt"), plain.as_bytes())?;
    replace(&out.join("results.csv"), export::csv(&results).as_bytes())?;
    let path = out.join("results.json");
    replace(&path, &export::json(&collection, &results, &path)?)?;
    let report = out.join("report.html");
    let page = report::render(&collection, &results, &differences);
    replace(&report, page.as_bytes())?;
    Ok(Outputs { table: table::render(&results, table::terminal_width()), results, report })
}

/// The differences between text and code that are known of the collection's experiment.
fn known_differences(collection: &Collection) -> Result<Differences, ConfigError> {
    let mut differences = Differences::embedded()?;
    if differences.experiment != collection.plan.experiment {
        differences.differences.clear();
    }
    Ok(differences)
}
