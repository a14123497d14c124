//! Checks a table of the user's own images: errors that prevent training, and warnings.
//!
//! The table is read, every file is inspected as a run would read it ([`mod@crate::inspect`]), the splits are
//! drawn, and all errors and warnings are in one report.

use crate::{
    ImageSettings, ImagesError,
    doubts::{doubts, groups_per_part, incomplete, ranges_used, usage},
    inspect::{Depth, inspect},
};
use herring_datasets::{DatasetError, Record, Table, confounded::Parts};
use herring_tables::{CheckReport, Finding, FindingKind, Survey};
use std::collections::BTreeMap;

/// The settings of a check.
pub struct CheckSettings<'a> {
    /// How images are prepared.
    pub images: &'a ImageSettings,
    /// How much of each file is read.
    pub depth: Depth,
    /// At most this many images of each environment and class.
    pub cell_limit: Option<usize>,
    /// Draws the splits of a table, one a seed.
    pub split: &'a dyn Fn(&Table) -> Vec<Result<Parts, DatasetError>>,
}

/// Checks a table of the user's own images together with the images and masks that it lists.
///
/// # Errors
/// [`ImagesError::Unprepared`] if an environment has no preparation; errors of the images are in the report.
pub fn check(survey: Survey, settings: &CheckSettings<'_>) -> Result<CheckReport, ImagesError> {
    let Survey { root, records, mut findings, reading, .. } = survey;
    let borrowed: Vec<&Record> = records.iter().collect();
    let inspected = inspect(&root, &borrowed, settings.images, settings.depth)?;
    let opened = inspected.iter().map(|each| each.opened).sum();
    let mut facts = BTreeMap::new();
    for (record, each) in records.iter().zip(inspected) {
        findings.extend(each.findings);
        facts.extend(each.facts.map(|facts| (record.id.clone(), facts)));
    }
    let mut details = Vec::new();
    if let Some(reading) = &reading {
        let table = &reading.table;
        let mut splits = Vec::new();
        for split in (settings.split)(table) {
            match split {
                Ok(parts) => splits.push(parts),
                Err(error) => {
                    findings.push(Finding::new(FindingKind::PartIncomplete, reading_file(reading), error.to_string()));
                }
            }
        }
        let lacking = incomplete(table, &splits);
        findings.extend(
            lacking.into_iter().map(|line| Finding::new(FindingKind::PartIncomplete, reading_file(reading), line)),
        );
        details.extend(ranges_used(table, &facts).iter().map(ToString::to_string));
        details.extend(
            splits
                .first()
                .and_then(|parts| usage(table, parts, settings.cell_limit))
                .map(|line| format!("note: {line}")),
        );
        details.extend(splits.first().and_then(|parts| groups_per_part(table, parts)));
        findings.extend(doubts(&root, table, &splits, &facts));
    }
    Ok(CheckReport::new("own".into(), reading, None, opened, findings).with_details(details))
}

fn reading_file(reading: &herring_tables::Reading) -> std::path::PathBuf {
    reading.sources.first().cloned().unwrap_or_default()
}
