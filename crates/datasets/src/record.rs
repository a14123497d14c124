//! An image before it is read: one row of a table.
//!
//! A [`Table`] is the list of images that an experiment may draw from: the file of each, its class, its
//! environment, and where the evidence for its class should be. Readers of official files make tables (crate
//! `herring-tables`), [`crate::confounded`] splits them, and only the records that a run needs are ever
//! decoded (crates `herring-pixels` and `herring-cache`).

use std::path::PathBuf;

use crate::DatasetError;

/// A rectangle of pixels of the original image, as an annotation gives it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PixelBox {
    /// Left edge, in pixels from the left.
    pub x: f64,
    /// Upper edge, in pixels from the top.
    pub y: f64,
    /// Extent to the right, in pixels.
    pub width: f64,
    /// Extent downwards, in pixels.
    pub height: f64,
}

/// Where the evidence for an image's class should be.
#[derive(Debug, Clone, PartialEq)]
pub enum Region {
    /// Anywhere: the mask is 1 everywhere and no penalty applies.
    Everything,
    /// Nowhere: the mask is 0 everywhere, so that the whole image counts as outside. RSNA's negatives have
    /// such masks in the released code.
    Nothing,
    /// A disc around the centre of the image with a radius of its height (horizontally its width) divided by
    /// 2.5: the expert's mask of the experiment on cardiomegaly.
    Circle,
    /// The union of boxes.
    Boxes(Vec<PixelBox>),
    /// An image file, relative to the table's root; above 0 is inside.
    File(PathBuf),
}

/// One row of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Identity within the table, unique, for instance the file's name.
    pub id: String,
    /// The file it was read from and its line there, counted from 1, for messages.
    pub origin: Origin,
    /// The image file, relative to the table's root.
    pub image: PathBuf,
    /// Class, `0..classes`.
    pub label: usize,
    /// Value of the confounder, `0..environments`.
    pub environment: usize,
    /// Where the evidence should be.
    pub region: Region,
    /// Which part of the experiment it belongs to, if the table has one.
    pub part: Option<Part>,
    /// The subject, for instance the patient, if the table has one. Images of one group show the same
    /// subject, so a test on one after training on another is not a test on new data.
    pub group: Option<String>,
    /// The stored value that counts as white, if the table has one; without one it is the greatest value that
    /// the file's depth holds.
    pub maximum: Option<u32>,
}

/// A line of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The file.
    pub file: PathBuf,
    /// Its line, counted from 1; 0 where the record does not come from a line.
    pub line: usize,
}

impl std::fmt::Display for Origin {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.line {
            0 => write!(formatter, "{}", self.file.display()),
            line => write!(formatter, "{}:{line}", self.file.display()),
        }
    }
}

/// A part of an experiment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// Training.
    Train,
    /// Validation, which selects the epoch.
    Valid,
    /// Test.
    Test,
}

impl Part {
    /// All three, in order.
    pub const ALL: [Self; 3] = [Self::Train, Self::Valid, Self::Test];

    /// The name in files: `train`, `valid` or `test`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Valid => "valid",
            Self::Test => "test",
        }
    }
}

/// A named list of records with the names of their classes and environments.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    name: String,
    classes: Vec<String>,
    environments: Vec<String>,
    records: Vec<Record>,
    whole_groups: bool,
}

impl Table {
    /// Collects `records`; labels and environments are positions in the two lists of names.
    ///
    /// # Errors
    /// [`DatasetError::OutOfRange`] if there are fewer than two classes or no environment;
    /// [`DatasetError::Sample`] if a label or environment has no name, or two records share an id.
    pub fn new(
        name: impl Into<String>,
        classes: Vec<String>,
        environments: Vec<String>,
        records: Vec<Record>,
    ) -> Result<Self, DatasetError> {
        if classes.len() < 2 {
            return Err(DatasetError::out_of_range("classes", classes.len(), "at least 2"));
        }
        if environments.is_empty() {
            return Err(DatasetError::out_of_range("environments", 0, "at least 1"));
        }
        let mut seen = std::collections::BTreeMap::new();
        for record in &records {
            let fail = |field, found: usize, names: &[String]| {
                Err(DatasetError::sample(&record.id, field, found, format!("less than {}", names.len())))
            };
            if record.label >= classes.len() {
                return fail("label", record.label, &classes);
            }
            if record.environment >= environments.len() {
                return fail("environment", record.environment, &environments);
            }
            if let Some(first) = seen.insert(record.id.as_str(), &record.origin) {
                let found = format!("at {} and at {}", first, record.origin);
                return Err(DatasetError::sample(&record.id, "id", found, "each id once"));
            }
        }
        Ok(Self { name: name.into(), classes, environments, records, whole_groups: false })
    }

    /// The same table, with splits that keep every [`Record::group`] within one part. The papers' protocols
    /// do not require it, so it is off for the official collections.
    pub fn with_whole_groups(self) -> Self {
        Self { whole_groups: true, ..self }
    }

    /// Whether a drawn split keeps groups whole: see [`Self::with_whole_groups`].
    pub fn whole_groups(&self) -> bool {
        self.whole_groups
    }

    /// Its name, for instance `rsna`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Names of the classes, by label.
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// Names of the environments.
    pub fn environments(&self) -> &[String] {
        &self.environments
    }

    /// The records in the order of their files.
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// A text with a line for each record that contains everything that affects a run: two tables with equal
    /// texts are the same, independent of the location of their files.
    pub fn text(&self) -> String {
        use std::fmt::Write;
        let mut text = format!("{:?} {:?}\n", self.classes, self.environments);
        for Record { id, origin: _, image, label, environment, region, part, group, maximum } in &self.records {
            // Writing to a string cannot fail. Fields without effect are left out, so that the texts of
            // tables without them do not change.
            let _ = write!(text, "{id:?} {image:?} {label} {environment} {region:?} {part:?}");
            if let Some(group) = group.as_ref().filter(|_| self.whole_groups) {
                let _ = write!(text, " group {group:?}");
            }
            if let Some(maximum) = maximum {
                let _ = write!(text, " maximum {maximum}");
            }
            text.push('\n');
        }
        text
    }

    /// Positions of the records of one environment and class, in order.
    pub fn cell(&self, environment: usize, label: usize) -> Vec<usize> {
        let fits = |record: &Record| record.environment == environment && record.label == label;
        (0..self.records.len()).filter(|&index| fits(&self.records[index])).collect()
    }

    /// How many records each environment holds of each class: `[environment][label]`.
    pub fn cells(&self) -> Vec<Vec<usize>> {
        let mut counts = vec![vec![0; self.classes.len()]; self.environments.len()];
        for record in &self.records {
            counts[record.environment][record.label] += 1;
        }
        counts
    }
}
