//! One's own images: a CSV, or a convention of folders.
//!
//! [`own`] takes either. The CSV has a header and one row an image:
//!
//! | Column | | What it holds |
//! |---|---|---|
//! | `image` | needed | the file, relative to the CSV's folder |
//! | `label` | needed | the class: any text |
//! | `environment` | needed | the value of the confounder: any text |
//! | `id` | optional | identity; without it the path of the image |
//! | `mask` | optional | empty or `everything`: no penalty; `nothing`: all of the image is outside; `circle`: the disc of the experiment on cardiomegaly; else an image file, relative to the CSV's folder (`./circle` for a file of that name) |
//! | `boxes` | optional | boxes in pixels of the image, `x y width height`, several with `;` between; not together with a mask |
//! | `split` | optional | `train`, `valid` or `test`; in all rows or in none |
//!
//! Spaces around names and fields do not count. Other columns are not read, and a note names them.
//!
//! In the convention of folders the image `DIR/images/<environment>/<label>/<file>` has the mask
//! `DIR/masks/<environment>/<label>/<stem>.png` if that exists, and no penalty otherwise. Files are those
//! that end in `png`, `jpg`, `jpeg` or `dcm`; others are left out and counted. Records are sorted by
//! environment, label and file name.
//!
//! Classes and environments are numbered in the order of their names, or by value if all of them are
//! numbers. With two classes the second one is the positive one.

mod folder;
mod rows;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use herring_datasets::{Origin, Part, Record, Region, Table};

use crate::{
    Reading, TableError,
    error::{Problem, ProblemKind, Problems, quote},
    reading::Reasons,
};

/// Reads a table of one's own images from a CSV, or from a folder in the convention above.
///
/// # Errors
/// [`TableError::Problems`] with everything that is wrong: missing columns, empty or NaN labels, ids
/// that occur twice, paths that leave the folder, boxes that are none, masks that belong to no image,
/// fewer than two classes.
///
/// # Examples
/// ```
/// let folder = tempfile::tempdir()?;
/// let file = folder.path().join("images.csv");
/// std::fs::write(&file, "image,label,environment,boxes\na.png,cat,indoors,1 2 3 4\nb.png,dog,outdoors,\n")?;
/// let reading = herring_tables::own(&file)?;
/// assert_eq!(reading.table.classes(), ["cat", "dog"]);
/// assert_eq!(reading.table.cells(), [[1, 0], [0, 1]]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn own(manifest: &Path) -> Result<Reading, TableError> {
    gather(manifest).finish()
}

pub(crate) fn gather(manifest: &Path) -> Gathered {
    let mut gathered = if manifest.is_dir() { folder::read(manifest) } else { rows::read(manifest) };
    gathered.examine(manifest);
    gathered
}

/// A row whose label and environment have no numbers yet.
#[derive(Debug)]
struct Raw {
    id: String,
    origin: Origin,
    image: PathBuf,
    label: String,
    environment: String,
    region: Region,
    part: Option<Part>,
    group: Option<String>,
    maximum: Option<u32>,
}

/// What is gathered while rows or folders are read.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    root: PathBuf,
    source: PathBuf,
    raws: Vec<Raw>,
    rows: usize,
    reasons: Reasons,
    notes: Vec<String>,
    pub(crate) problems: Vec<Problem>,
}

impl Gathered {
    /// Looks for problems that no row has alone.
    fn examine(&mut self, manifest: &Path) {
        let mut ids = BTreeMap::new();
        let mut images = BTreeMap::new();
        for raw in &self.raws {
            if let Some(first) = ids.insert(&raw.id, &raw.origin) {
                let expected = format!("each id once, it is also at {first}");
                self.problems.push(Problem::new(ProblemKind::Id, raw.origin.clone(), "id", quote(&raw.id), expected));
            }
            *images.entry(&raw.image).or_insert(0) += 1;
        }
        for (image, rows) in images.into_iter().filter(|&(_, rows)| rows > 1) {
            self.notes.push(format!("{} is the image of {rows} rows", image.display()));
        }
        let with_part = self.raws.iter().filter(|raw| raw.part.is_some()).count();
        if with_part > 0 {
            for raw in self.raws.iter().filter(|raw| raw.part.is_none()) {
                let expected = format!("train, valid or test, as {with_part} other rows have it");
                self.problems.push(Problem::new(ProblemKind::Part, raw.origin.clone(), "split", "nothing", expected));
            }
        }
        // Rows that are damaged may hold the second class.
        let classes: BTreeSet<&str> = self.raws.iter().map(|raw| raw.label.as_str()).collect();
        if classes.len() < 2 && self.problems.is_empty() {
            let found = format!("{} class", classes.len());
            let origin = Origin { file: manifest.to_owned(), line: 0 };
            self.problems.push(Problem::new(ProblemKind::Label, origin, "label", found, "at least two classes"));
        }
    }

    /// The records, with classes and environments numbered among the intact rows.
    pub(crate) fn records(&self) -> (Vec<String>, Vec<String>, Vec<Record>) {
        let classes = numbered(self.raws.iter().map(|raw| raw.label.as_str()));
        let environments = numbered(self.raws.iter().map(|raw| raw.environment.as_str()));
        let number = |names: &[String], name: &str| names.iter().position(|known| known == name).unwrap_or(names.len());
        let records = self.raws.iter().map(|raw| Record {
            id: raw.id.clone(),
            origin: raw.origin.clone(),
            image: raw.image.clone(),
            label: number(&classes, &raw.label),
            environment: number(&environments, &raw.environment),
            region: raw.region.clone(),
            part: raw.part,
            group: raw.group.clone(),
            maximum: raw.maximum,
        });
        let records = records.collect();
        (classes, environments, records)
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn finish(self) -> Result<Reading, TableError> {
        let (classes, environments, mut records) = self.records();
        Problems::check(self.problems)?;
        if self.source.is_dir() {
            // Folders are listed by name; numbers may order them otherwise. The sort is stable.
            records.sort_by_key(|record| (record.environment, record.label));
        }
        Ok(Reading {
            table: Table::new("own", classes, environments, records)?,
            root: self.root,
            sources: vec![self.source],
            rows: self.rows,
            left_out: self.reasons.finish(),
            unused_images: Vec::new(),
            notes: self.notes,
            image_editions: Vec::new(),
            excluded: Vec::new(),
            warnings: Vec::new(),
        })
    }
}

/// The distinct names, sorted; by value if all of them are numbers.
fn numbered<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let names: BTreeSet<&str> = names.collect();
    let values: Option<Vec<f64>> =
        names.iter().map(|name| name.parse().ok().filter(|value: &f64| value.is_finite())).collect();
    match values {
        Some(values) => {
            let mut pairs: Vec<(f64, &str)> = values.into_iter().zip(names).collect();
            pairs.sort_by(|left, right| left.0.total_cmp(&right.0).then(left.1.cmp(right.1)));
            pairs.into_iter().map(|(_, name)| name.to_owned()).collect()
        }
        None => names.into_iter().map(str::to_owned).collect(),
    }
}

/// Whether a name of a class or environment is none: empty, or what a program wrote for a missing value.
fn is_nothing(name: &str) -> bool {
    name.is_empty() || name.eq_ignore_ascii_case("nan")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_numbered_by_value_if_they_are_numbers() {
        assert_eq!(numbered(["10", "9", "1e1", "-1"].into_iter()), ["-1", "9", "10", "1e1"]);
        assert_eq!(numbered(["10", "9", "nine"].into_iter()), ["10", "9", "nine"]);
    }
}
