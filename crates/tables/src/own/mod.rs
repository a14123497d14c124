//! The user's own images: a CSV, or a convention of folders.
//!
//! [`own`] takes either. The CSV has a header and one row an image:
//!
//! | Column | | What it holds |
//! |---|---|---|
//! | `image` | needed | the file, relative to the CSV's folder |
//! | `label` | needed | the class: any text |
//! | `environment` | optional | the value of the confounder: any text; without the column all images are of one environment |
//! | `id` | optional | identity; without it the path of the image |
//! | `mask` | optional | empty or `everything`: no penalty; `nothing`: all of the image is outside; `circle`: the disc of the experiment on cardiomegaly; else an image file, relative to the CSV's folder (`./circle` for a file of that name) |
//! | `boxes` | optional | boxes in pixels of the image, `x y width height`, several with `;` between; not together with a mask |
//! | `split` | optional | `train`, `valid` or `test`; in all rows or in none |
//! | `group` | optional | the subject, for instance the patient; empty for an image without a group |
//! | `maximum` | optional | the stored value that is white, 1 to 65535; empty: the greatest of the file's depth |
//!
//! Spaces around names and fields are ignored. Other columns are not read, and a note names them. With a column
//! `group` a drawn split keeps each group within one part ([`Table::whole_groups`]).
//!
//! # Tables of spreadsheets
//!
//! Unambiguous forms are read, with one note and a count for each:
//!
//! | As it is written | As it is read |
//! |---|---|
//! | `;`, tabs or `\|` between fields; a first line `sep=;` | the delimiter with which the header has the needed columns |
//! | UTF-16, with a byte order mark or with a first line of ASCII | UTF-8 |
//! | names of columns in other case (not `id`, which is often the patient's as `ID`) | in lower case |
//! | `filename`, `file` or `path`; `patient` or `subject` | `image`; `group`. The exact name takes precedence; two names of a group are a problem |
//! | `Train`, `training`; `val`, `validation`; `testing`; in any case | `train`; `valid`; `test` |
//! | `a\b.png` if no such file exists | `a/b.png` |
//! | a path in another Unicode form than on the disk | that of the disk |
//! | rows without any text | left out |
//!
//! Other encodings, workbooks, quotation marks that nothing closes and paths that leave the folder (unless
//! [`OwnOptions::allow_outside`]) are problems. So are words that programs write for a missing value as the
//! name of a class or environment: `NaN`, `null`, `N/A` and the like in any case, `None` and `NA` as they are
//! written here; `none` and `na` are names.
//!
//! [`Reading::warnings`] lists what is read but may be meant differently: names that differ only in case,
//! spaces or the way a number is written ([`LabelNames`]), text behind a closing quotation mark, quoted fields
//! that hold lines with as many delimiters as the header, and an image that rows of several parts name.
//!
//! In the convention of folders the image `DIR/images/<environment>/<label>/<file>` has the mask
//! `DIR/masks/<environment>/<label>/<stem>.png` if that exists, and no penalty otherwise; masks may also end
//! in `bmp`, `tif`, `tiff`, `webp`, `jpg` or `jpeg`, one an image. Images are those that end in one of these or
//! in `dcm` or `dicom`; other files are left out and counted. Without folders of environments, as `DIR/images/<label>/<file>`
//! and `DIR/masks/<label>/<stem>.png`, all images are of one. Records are sorted by environment, label and file
//! name.
//!
//! Classes and environments are numbered in the order of their names, or by value if all of them are
//! numbers. With two classes the second one is the positive one.

mod alike;
mod folder;
mod paths;
mod rows;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use herring_datasets::{Origin, Part, Record, Region, Table};

use crate::{
    Exclusions, Finding, FindingKind, Reading, TableError,
    error::{Problem, ProblemKind, Problems, quote},
    reading::Reasons,
};

use self::paths::Some3;

/// The only environment of a table that names none.
const ONE_ENVIRONMENT: &str = "all";

/// How names of classes, or of environments, are handled that differ only in case, spaces, Unicode composition
/// or the way a number is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum LabelNames {
    /// They are different names; a warning lists them.
    #[default]
    Exact,
    /// They are one name: the most frequent one, of equally frequent ones the first in order. A note lists
    /// them.
    Merge,
}

impl LabelNames {
    /// Both, in order.
    pub const ALL: [Self; 2] = [Self::Exact, Self::Merge];

    /// `exact` or `merge`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Merge => "merge",
        }
    }
}

/// Options of reading a table of the user's own images.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct OwnOptions {
    /// How similar names are handled.
    pub labels: LabelNames,
    /// Whether paths may be absolute or climb with `..`; such paths are used unchanged, and counted in a note.
    pub allow_outside: bool,
}

/// Reads a table of the user's own images from a CSV, or from a folder in the convention above.
///
/// # Errors
/// [`TableError::Problems`] with everything that is wrong: missing columns, empty or NaN labels, ids that occur
/// twice, paths that leave the folder, invalid boxes, masks without an image, fewer than two classes.
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
    own_with(manifest, &OwnOptions::default())
}

/// Like [`own`], with a choice of how names and paths are read.
///
/// # Errors
/// As [`own`].
///
/// # Examples
/// ```
/// use herring_tables::{LabelNames, OwnOptions, own, own_with};
///
/// let folder = tempfile::tempdir()?;
/// let file = folder.path().join("images.csv");
/// std::fs::write(&file, "image,label,environment\na.png,0,x\nb.png,0.0,x\nc.png,1,x\n")?;
/// let exact = own(&file)?;
/// assert_eq!((exact.table.classes().len(), exact.warnings.len()), (3, 1));
/// let merged = own_with(&file, &OwnOptions { labels: LabelNames::Merge, ..OwnOptions::default() })?;
/// assert_eq!(merged.table.classes(), ["0", "1"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn own_with(manifest: &Path, options: &OwnOptions) -> Result<Reading, TableError> {
    gather(manifest, options).finish()
}

/// A table of the user's own images for a check: the intact rows, even if others are damaged.
#[derive(Debug)]
pub struct Survey {
    /// The folder that the records' paths are relative to.
    pub root: PathBuf,
    /// The intact rows, with classes and environments numbered among them.
    pub records: Vec<Record>,
    /// Names of the environments of the intact rows.
    pub environments: Vec<String>,
    /// The problems of the others, and the warnings.
    pub findings: Vec<Finding>,
    /// The table, if it has no problems.
    pub reading: Option<Reading>,
}

impl Survey {
    /// The same without the records that `exclusions` names, if the table has no problems.
    ///
    /// # Errors
    /// As [`Reading::exclude`].
    pub fn exclude(mut self, exclusions: &Exclusions) -> Result<Self, TableError> {
        if let Some(reading) = self.reading.take() {
            let reading = reading.exclude(exclusions)?;
            let excluded: BTreeSet<&str> = reading.excluded.iter().map(|out| out.id.as_str()).collect();
            self.records.retain(|record| !excluded.contains(record.id.as_str()));
            self.reading = Some(reading);
        }
        Ok(self)
    }
}

/// Reads a table of the user's own as [`own_with`] does, but continues after problems.
pub fn survey(manifest: &Path, options: &OwnOptions) -> Survey {
    let gathered = gather(manifest, options);
    let (_, environments, records) = gathered.records();
    let root = gathered.root.clone();
    let mut findings: Vec<Finding> = gathered.problems.iter().map(Finding::of_problem).collect();
    findings.extend(gathered.warnings.iter().cloned());
    let reading = match gathered.finish() {
        Ok(reading) => Some(reading),
        Err(TableError::Problems(_)) => None,
        Err(error) => {
            findings.push(Finding::new(FindingKind::Table, PathBuf::new(), error.to_string()));
            None
        }
    };
    Survey { root, records, environments, findings, reading }
}

fn gather(manifest: &Path, options: &OwnOptions) -> Gathered {
    let mut gathered = if manifest.is_dir() { folder::read(manifest) } else { rows::read(manifest, options) };
    gathered.compare_names(manifest, options.labels);
    gathered.examine(manifest);
    gathered.warnings.sort();
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

/// Data collected while rows or folders are read.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    root: PathBuf,
    source: PathBuf,
    raws: Vec<Raw>,
    rows: usize,
    reasons: Reasons,
    notes: Vec<String>,
    /// Whether there is a column of groups.
    grouped: bool,
    pub(crate) problems: Vec<Problem>,
    pub(crate) warnings: Vec<Finding>,
}

impl Gathered {
    /// Warns about similar names, or merges them.
    fn compare_names(&mut self, manifest: &Path, labels: LabelNames) {
        type Field = (&'static str, &'static str, fn(&mut Raw) -> &mut String);
        let fields: [Field; 2] =
            [("label", "classes", |raw| &mut raw.label), ("environment", "environments", |raw| &mut raw.environment)];
        for (field, names, of) in fields {
            for group in alike::groups(self.raws.iter_mut().map(|raw| of(raw).as_str())) {
                let (spelled, difference) = (alike::spell(&group), alike::difference(&group));
                match (labels, alike::leader(&group)) {
                    (LabelNames::Merge, Some(leader)) => {
                        self.notes.push(format!("{field}: {spelled} are read as one, {}", quote(leader)));
                        for raw in &mut self.raws {
                            let name = of(raw);
                            if group.iter().any(|(member, _)| member == name) {
                                leader.clone_into(name);
                            }
                        }
                    }
                    _ => {
                        let message = format!(
                            "{field}: {spelled} differ only in {difference} and are {} {names}; \
                             --labels merge makes one of them",
                            group.len()
                        );
                        self.warnings.push(Finding::new(FindingKind::NamesAlike, manifest.to_owned(), message));
                    }
                }
            }
        }
        // Only classes and environments are merged; a group is at worst split in two, with a warning.
        for group in alike::groups(self.raws.iter().filter_map(|raw| raw.group.as_deref())) {
            let (spelled, difference) = (alike::spell(&group), alike::difference(&group));
            let message = format!("group: {spelled} differ only in {difference} and are {} groups", group.len());
            self.warnings.push(Finding::new(FindingKind::NamesAlike, manifest.to_owned(), message));
        }
    }

    /// Looks for problems that involve several rows.
    fn examine(&mut self, manifest: &Path) {
        let mut ids = BTreeMap::new();
        let mut images = BTreeMap::new();
        for raw in &self.raws {
            if let Some(first) = ids.insert(&raw.id, &raw.origin) {
                let expected = format!("each id once, it is also at {first}");
                self.problems.push(Problem::new(ProblemKind::Id, raw.origin.clone(), "id", quote(&raw.id), expected));
            }
            images.entry(&raw.image).or_insert_with(Vec::new).push(raw);
        }
        let mut shared = Some3::default();
        for (image, raws) in images.into_iter().filter(|(_, raws)| raws.len() > 1) {
            shared.add(|| image.display().to_string());
            let first = |part| raws.iter().find(|raw| raw.part == Some(part));
            let parts: Vec<String> = Part::ALL
                .into_iter()
                .filter_map(|part| first(part).map(|raw| format!("{} ({})", part.name(), raw.origin)))
                .collect();
            if parts.len() > 1 {
                let message = format!("one image is in {}", parts.join(" and in "));
                let path = self.root.join(image);
                self.warnings.push(Finding::new(FindingKind::DuplicateAcrossParts, path, message));
            }
        }
        let named = ["is named by more than one row", "are named by more than one row"];
        self.notes.extend(shared.note("image", "images", named));
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

    pub(crate) fn finish(self) -> Result<Reading, TableError> {
        let (classes, environments, mut records) = self.records();
        Problems::check(self.problems)?;
        if self.source.is_dir() {
            // Folders are listed by name; numbers may order them otherwise. The sort is stable.
            records.sort_by_key(|record| (record.environment, record.label));
        }
        let table = Table::new("own", classes, environments, records)?;
        Ok(Reading {
            table: if self.grouped { table.with_whole_groups() } else { table },
            root: self.root,
            sources: vec![self.source],
            rows: self.rows,
            left_out: self.reasons.finish(),
            unused_images: Vec::new(),
            notes: self.notes,
            warnings: self.warnings,
            image_editions: Vec::new(),
            excluded: Vec::new(),
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

/// What is expected instead of a name that stands for a missing value.
fn name_expected(found: &str) -> String {
    match found {
        "" => "a name".into(),
        word => format!("a name; programs write {word} for a missing value, so rename it if it is a name here"),
    }
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
