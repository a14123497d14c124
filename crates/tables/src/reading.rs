//! The result of a reader: the table, and what was left out of it.

use std::path::PathBuf;

use herring_datasets::Table;

use crate::{Excluded, Finding, manifest::ImageEdition};

/// A table together with what its reader left out, and its notes and warnings.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// The records.
    pub table: Table,
    /// The folder that the records' paths are relative to.
    pub root: PathBuf,
    /// The files that were read.
    pub sources: Vec<PathBuf>,
    /// Rows of the main tables, without their headers.
    pub rows: usize,
    /// Rows that are intact but not part of the experiment, by reason.
    pub left_out: Vec<LeftOut>,
    /// Images that rows name which were left out, relative to the root, in order.
    pub unused_images: Vec<PathBuf>,
    /// Notes for the user, for instance that a table exists in two forms.
    pub notes: Vec<String>,
    /// Warnings about the table itself, sorted: names that differ only in case, text behind a closing quote. A
    /// check shows them, and a run before it trains.
    pub warnings: Vec<Finding>,
    /// Which edition the images of each environment are of; an official collection has one. Empty for a table of
    /// the user's own images.
    pub image_editions: Vec<ImageEdition>,
    /// Records that [`Reading::exclude`] took out, in the order of the table.
    pub excluded: Vec<Excluded>,
}

/// How many rows were left out for one reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// The reason, with the name of the collection.
    pub reason: String,
    /// Rows, at least 1.
    pub rows: usize,
}

impl Reading {
    /// A line for each source, cell, reason and note.
    pub fn summary(&self) -> String {
        let mut lines = Vec::new();
        lines.extend(self.sources.iter().map(|source| format!("read {}", source.display())));
        lines.push(format!("{} rows, {} records", self.rows, self.table.records().len()));
        for (environment, counts) in self.table.environments().iter().zip(self.table.cells()) {
            for (class, count) in self.table.classes().iter().zip(counts) {
                lines.push(format!("{count:>7} {environment}, {class}"));
            }
        }
        lines.extend(self.left_out.iter().map(|out| format!("{:>7} left out: {}", out.rows, out.reason)));
        lines.extend(self.notes.iter().map(|note| format!("note: {note}")));
        lines.join("\n")
    }
}

/// Counts reasons in the order in which they are listed.
#[derive(Debug, Default)]
pub(crate) struct Reasons(Vec<LeftOut>);

impl Reasons {
    pub(crate) fn count(&mut self, reason: &str, rows: usize) {
        if rows > 0 {
            match self.0.iter_mut().find(|known| known.reason == reason) {
                Some(known) => known.rows += rows,
                None => self.0.push(LeftOut { reason: reason.to_owned(), rows }),
            }
        }
    }

    /// In alphabetical order, so that the order of rows has no effect.
    pub(crate) fn finish(mut self) -> Vec<LeftOut> {
        self.0.sort_by(|left, right| left.reason.cmp(&right.reason));
        self.0
    }
}
