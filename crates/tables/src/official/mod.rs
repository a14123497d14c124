//! The three official collections, and the experiments on them.
//!
//! | Function | Environments | Classes | In the paper |
//! |---|---|---|---|
//! | [`xray`] | NIH, PadChest | no finding, cardiomegaly | site-pathology correlation |
//! | [`xray_with`] | NIH, PadChest | no finding, a pathology | site-pathology correlation |
//! | [`rsna`] | PA, AP | no pneumonia, pneumonia | view-pathology correlation |
//! | [`nih`], [`padchest`] | one | no finding, cardiomegaly | |
//!
//! The order of the records decides which images a split draws, so it is part of the protocol: the rows'
//! order for NIH and then PadChest; for RSNA all patients of PA, sorted by id, then all of AP.

mod images;
mod patients;
mod views;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use herring_datasets::{Origin, Record, Region, Table};

use crate::{
    Finding, Manifest, Reading, TableError,
    error::{Problem, ProblemKind, Problems, quote},
    layout::Files,
    manifest::{ImageEdition, Rows},
    present::{manifests, manifests_with},
    reading::Reasons,
    sheet::Sheet,
    unpack,
};

/// The mask of an image without boxes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Negatives {
    /// [`Region::Nothing`], as the released code has it: the empty cells of the table become an empty mask, so that
    /// the whole image counts as outside. The paper does not mention it.
    #[default]
    Released,
    /// [`Region::Everything`]: no penalty, since there is no evidence to mark.
    NoPenalty,
}

impl Negatives {
    fn region(self) -> Region {
        match self {
            Self::Released => Region::Nothing,
            Self::NoPenalty => Region::Everything,
        }
    }
}

/// NIH ChestX-ray14 (environment 0) followed by PadChest (environment 1): cardiomegaly against none.
///
/// `root` is the data root. All problems of both tables are collected.
///
/// # Errors
/// [`TableError::Problems`] with everything that is wrong or missing.
pub fn xray(root: &Path) -> Result<Reading, TableError> {
    read_all("xray", &manifests("xray")?, root, Negatives::default())
}

/// Like [`xray`], with this pathology against none: `cardiomegaly`, `emphysema`, or another that both manifests know.
///
/// # Errors
/// As [`xray`], and [`TableError::UnknownPathology`].
pub fn xray_with(root: &Path, pathology: &str) -> Result<Reading, TableError> {
    read_all("xray", &manifests_with("xray", pathology)?, root, Negatives::default())
}

/// RSNA Pneumonia: one record a patient, environment 0 "PA" and 1 "AP".
///
/// Patients come view by view, PA first, each sorted by id: the order of pandas' `groupby` and of
/// torchxrayvision's `CovariateDataset(d1=PA, d2=AP)`. Positives carry all their boxes.
///
/// # Errors
/// [`TableError::Problems`] with everything that is wrong or missing.
pub fn rsna(root: &Path, negatives: Negatives) -> Result<Reading, TableError> {
    read_all("rsna", &[Manifest::named("rsna")?], root, negatives)
}

/// NIH ChestX-ray14 alone, in one environment.
///
/// # Errors
/// [`TableError::Problems`] with everything that is wrong or missing.
pub fn nih(root: &Path) -> Result<Reading, TableError> {
    Manifest::named("nih")?.read(root, Negatives::default())
}

/// PadChest alone, in one environment.
///
/// # Errors
/// [`TableError::Problems`] with everything that is wrong or missing.
pub fn padchest(root: &Path) -> Result<Reading, TableError> {
    Manifest::named("padchest")?.read(root, Negatives::default())
}

impl Manifest {
    /// Reads the collection's tables below `root`. `negatives` matters where rows are boxes.
    ///
    /// # Errors
    /// [`TableError::Problems`] with everything that is wrong or missing.
    pub fn read(&self, root: &Path, negatives: Negatives) -> Result<Reading, TableError> {
        read_all(&self.name, std::slice::from_ref(self), root, negatives)
    }
}

/// Data collected while tables are read.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    pub(crate) records: Vec<Record>,
    sources: Vec<PathBuf>,
    rows: usize,
    reasons: Reasons,
    unused_images: Vec<PathBuf>,
    notes: Vec<String>,
    warnings: Vec<Finding>,
    pub(crate) problems: Vec<Problem>,
    /// For each manifest its image files, and which edition is read.
    pub(crate) images: Vec<(Files, ImageEdition)>,
    /// The edition of each environment.
    editions: Vec<ImageEdition>,
}

/// Values of a column with how often each was seen.
#[derive(Debug, Default)]
pub(super) struct Values(BTreeMap<String, usize>);

impl Values {
    fn add(&mut self, value: &str) {
        match self.0.get_mut(value) {
            Some(count) => *count += 1,
            None => {
                self.0.insert(value.to_owned(), 1);
            }
        }
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The most frequent ones, each with its number of rows.
    fn most_frequent(&self) -> String {
        const SHOWN: usize = 5;
        let mut values: Vec<(&String, &usize)> = self.0.iter().collect();
        values.sort_by_key(|(value, count)| (std::cmp::Reverse(**count), *value));
        let mut most_frequent: Vec<String> =
            values.iter().take(SHOWN).map(|(value, count)| format!("{} ({count} times)", quote(value))).collect();
        if values.len() > SHOWN {
            most_frequent.push(format!("{} more", values.len() - SHOWN));
        }
        if most_frequent.is_empty() { "no value in any row".into() } else { most_frequent.join(", ") }
    }
}

impl Gathered {
    /// The table with any of `names`, or a problem.
    fn open(&mut self, manifest: &Manifest, root: &Path, names: &[String]) -> Option<Sheet> {
        let located = self.locate(manifest, root, names, "")?;
        self.open_at(located)
    }

    /// The path of the table with any of `names`, or a problem; `or` is an alternative for the message.
    fn locate(&mut self, manifest: &Manifest, root: &Path, names: &[String], or: &str) -> Option<unpack::Located> {
        let folder = root.join(&manifest.folder);
        let located = unpack::locate(&folder, names);
        if located.is_none() {
            let origin = Origin { file: folder, line: 0 };
            let expected = unpack::spell(names) + or;
            self.problems.push(Problem::new(ProblemKind::Missing, origin, "table", "none", expected));
        }
        located
    }

    fn open_at(&mut self, located: unpack::Located) -> Option<Sheet> {
        for other in &located.passed_over {
            self.notes.push(format!("{} is read, {} is not", located.path.display(), other.display()));
        }
        self.sources.push(located.path.clone());
        let sheet =
            Sheet::read(&located.path, unpack::UNPACKED_LIMIT).map_err(|problem| self.problems.push(problem)).ok()?;
        self.warnings.extend(sheet.doubts());
        Some(sheet)
    }

    /// The table, or all problems.
    pub(crate) fn finish(self, name: &str, manifests: &[Manifest], root: &Path) -> Result<Reading, TableError> {
        Problems::check(self.problems)?;
        let classes = manifests.first().map(|manifest| manifest.classes.to_vec()).unwrap_or_default();
        let environments = manifests.iter().flat_map(|manifest| manifest.environments.iter().cloned()).collect();
        Ok(Reading {
            table: Table::new(name, classes, environments, self.records)?,
            root: root.to_owned(),
            sources: self.sources,
            rows: self.rows,
            left_out: self.reasons.finish(),
            unused_images: self.unused_images,
            notes: self.notes,
            warnings: self.warnings,
            image_editions: self.editions,
            excluded: Vec::new(),
        })
    }
}

fn read_all(name: &str, manifests: &[Manifest], root: &Path, negatives: Negatives) -> Result<Reading, TableError> {
    gather(manifests, root, negatives).finish(name, manifests, root)
}

/// Reads what can be read; the result includes the problems.
pub(crate) fn gather(manifests: &[Manifest], root: &Path, negatives: Negatives) -> Gathered {
    let mut gathered = Gathered::default();
    let mut first = 0;
    for manifest in manifests {
        let files = Files::find(manifest, root);
        let (records, unused) = (gathered.records.len(), gathered.unused_images.len());
        match &manifest.rows {
            Rows::Image(rows) => images::read(manifest, rows, root, first, &mut gathered),
            Rows::Box(rows) => patients::read(manifest, rows, (root, &files), (first, negatives), &mut gathered),
        }
        first += manifest.environments.len();
        let (edition, note) = files.edition(manifest, &gathered.records[records..]);
        gathered.notes.extend(note);
        if edition == ImageEdition::Full {
            let (records, unused) = (&mut gathered.records[records..], &mut gathered.unused_images[unused..]);
            files.place(manifest, root, records, unused, &mut gathered.problems);
        }
        gathered.editions.extend(manifest.environments.iter().map(|_| edition));
        gathered.images.push((files, edition));
    }
    // Each reader checks duplicates within its table; two tables can still share an id.
    let mut seen = BTreeMap::new();
    for record in &gathered.records {
        if let Some(first) = seen.insert(record.id.as_str(), &record.origin) {
            let expected = format!("each id once, it is also at {first}");
            let problem = Problem::new(ProblemKind::Id, record.origin.clone(), "id", quote(&record.id), expected);
            gathered.problems.push(problem);
        }
    }
    gathered
}
