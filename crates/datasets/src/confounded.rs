//! Splits in which the environment predicts the class in training, and misleads in validation and test.
//!
//! Each class has a *home* environment: class `c` of a table with `E` environments is at home in environment
//! `c mod E`. At a ratio of 0.9, nine of ten training images of a class come from its home, and the other parts
//! are drawn from the remaining images, so that there the class is rarely in its home. At `1 / E` (0.5 with two
//! environments) there is no correlation anywhere; both settings hold equally many images, which makes them
//! comparable.
//!
//! Let `n` be the size of the smallest cell (environment and class). From each cell `n` records are drawn, in
//! the order (environment 0, class 0), (environment 0, class 1), ..., then the number given by its weight for
//! training, from the remainder those for validation, and the rest is for the test. With `w` the share of a
//! cell's records that training takes (`ratio` at home, `(1 - ratio) / (E - 1)` elsewhere):
//!
//! | | [`Rule::Printed`] | [`Rule::Later`] |
//! |---|---|---|
//! | train | `floor(n w)` | `floor(n w / 2)` |
//! | valid | `floor(n (1 - w) / 2)`, reversed | `floor(n w / 4)`, as in training |
//! | test | all that is left, reversed | all that is left |
//!
//! *Printed* is the code behind the paper's tables (before 2021-02-03), and also `CovariateDataset` of
//! torchxrayvision; *later* is the last revision of the released code. Both draw with NumPy's legacy stream, so
//! that for two classes and two environments the lists equal theirs index for index. The paper does not cover
//! more than two classes or environments; there the table above is this project's extension, which for two
//! classes and two environments is the authors' rule.

use crate::{
    DatasetError, grouped,
    numpy::LegacyRandom,
    quota::CellQuota,
    record::{Part, Table},
};
use serde::{Deserialize, Serialize};

/// Which of the authors' two rules divides the cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Rule {
    /// The rule behind the printed numbers: validation and test reversed.
    #[default]
    Printed,
    /// The rule of the last revision of the released code: half as much training, validation in the
    /// direction of training.
    Later,
}

impl Rule {
    /// The name in files: `printed` or `later`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Printed => "printed",
            Self::Later => "later",
        }
    }
}

/// How a table is split.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfoundedSettings {
    /// Share of a class that comes from its home environment in training, in `[0, 1]`.
    pub ratio: f64,
    /// Which rule.
    pub rule: Rule,
    /// Seed of NumPy's stream.
    pub seed: u32,
    /// At most this many records of each cell, for small runs; the paper has no such limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cell_limit: Option<usize>,
}

/// Which records of a table belong to which part; positions in [`Table::records`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parts {
    /// What the model is fitted to.
    pub train: Vec<usize>,
    /// What selects the epoch.
    pub valid: Vec<usize>,
    /// What is reported.
    pub test: Vec<usize>,
}

impl Parts {
    /// One part.
    pub fn of(&self, part: Part) -> &[usize] {
        match part {
            Part::Train => &self.train,
            Part::Valid => &self.valid,
            Part::Test => &self.test,
        }
    }

    fn of_mut(&mut self, part: Part) -> &mut Vec<usize> {
        match part {
            Part::Train => &mut self.train,
            Part::Valid => &mut self.valid,
            Part::Test => &mut self.test,
        }
    }

    /// The parts that the table itself names.
    ///
    /// # Errors
    /// [`DatasetError::Sample`] for the first record without a part, [`DatasetError::OutOfRange`] for a
    /// part without records.
    pub fn given(table: &Table) -> Result<Self, DatasetError> {
        let mut parts = Self { train: Vec::new(), valid: Vec::new(), test: Vec::new() };
        for (index, record) in table.records().iter().enumerate() {
            let Some(part) = record.part else {
                let expected = "train, valid or test, as other records have it";
                return Err(DatasetError::sample(&record.id, "part", "missing", expected));
            };
            parts.of_mut(part).push(index);
        }
        for part in Part::ALL {
            if parts.of(part).is_empty() {
                return Err(DatasetError::out_of_range(part.name(), "empty", "at least one record"));
            }
        }
        Ok(parts)
    }

    /// The reasons why a run cannot use these parts, a line each: a class without an image in one of them.
    ///
    /// The scores of a part without a class are meaningless, and a class without a training image is never
    /// learnt.
    pub fn incomplete(&self, table: &Table) -> Vec<String> {
        self.counts(table).filter(|&(.., images)| images == 0).map(|(part, class, _)| missing(part, class)).collect()
    }

    /// Parts that have images of a class, but fewer than `least`: part, class, images.
    pub fn few<'a>(&self, table: &'a Table, least: usize) -> Vec<(Part, &'a str, usize)> {
        self.counts(table).filter(|&(.., images)| (1..least).contains(&images)).collect()
    }

    /// How many records are in any part.
    pub fn used(&self) -> usize {
        Part::ALL.iter().map(|&part| self.of(part).len()).sum()
    }

    /// Images of each part and class.
    fn counts<'a>(&self, table: &'a Table) -> impl Iterator<Item = (Part, &'a str, usize)> {
        let counts = Part::ALL.map(|part| {
            let cells = self.cells(table, part);
            let images = |label: usize| cells.iter().map(|labels| labels[label]).sum();
            (part, (0..table.classes().len()).map(images).collect::<Vec<usize>>())
        });
        let named = move |(part, counts): (Part, Vec<usize>)| {
            table.classes().iter().zip(counts).map(move |(class, images)| (part, class.as_str(), images))
        };
        counts.into_iter().flat_map(named)
    }

    /// The same with at most `limit` records of each cell in each part: the first ones.
    pub fn limited(self, table: &Table, limit: Option<usize>) -> Self {
        let keep = |mut part: Vec<usize>| {
            let mut quota = CellQuota::new(limit);
            part.retain(|&index| {
                let record = &table.records()[index];
                quota.admit(record.environment, record.label)
            });
            part
        };
        Self { train: keep(self.train), valid: keep(self.valid), test: keep(self.test) }
    }

    pub(crate) fn none_empty(self, found: impl Fn() -> String) -> Result<Self, DatasetError> {
        match Part::ALL.into_iter().find(|&part| self.of(part).is_empty()) {
            Some(part) => Err(DatasetError::out_of_range(part.name(), found(), "enough records for every part")),
            None => Ok(self),
        }
    }

    /// How many records a part holds of each cell: `[environment][label]`.
    pub fn cells(&self, table: &Table, part: Part) -> Vec<Vec<usize>> {
        let mut counts = vec![vec![0; table.classes().len()]; table.environments().len()];
        for &index in self.of(part) {
            let record = &table.records()[index];
            counts[record.environment][record.label] += 1;
        }
        counts
    }
}

/// Splits `table`.
///
/// Each part lists its cells one after the other, in the order in which they are drawn from. A table that keeps
/// groups whole ([`Table::with_whole_groups`]) and has a group with more than one image is split by groups
/// instead, towards the same sizes: the largest groups first, each to the part that can take most of its
/// images; images beyond a part's size are left out.
///
/// # Errors
/// [`DatasetError::OutOfRange`] if the ratio is not within `[0, 1]`, the limit is 0, the table has one
/// environment and a ratio other than 1, a cell is empty, or a part would be empty.
///
/// # Examples
/// ```
/// use herring_datasets::confounded::{ConfoundedSettings, Rule, train_share};
///
/// let settings = ConfoundedSettings { ratio: 0.9, rule: Rule::Printed, seed: 0, cell_limit: None };
/// assert_eq!(train_share(&settings, 2, 0, 0), 0.9);
/// assert!((train_share(&settings, 2, 1, 0) - 0.1).abs() < 1e-12);
/// ```
pub fn split(table: &Table, settings: &ConfoundedSettings) -> Result<Parts, DatasetError> {
    let environments = table.environments().len();
    check(settings, environments)?;
    let cells: Vec<(usize, usize)> = (0..environments)
        .flat_map(|environment| (0..table.classes().len()).map(move |label| (environment, label)))
        .collect();
    let mut pools: Vec<Vec<usize>> = cells.iter().map(|&(environment, label)| table.cell(environment, label)).collect();
    let smallest = pools.iter().map(Vec::len).min().unwrap_or(0);
    if let (0, Some(place)) = (smallest, pools.iter().position(Vec::is_empty)) {
        let (environment, label) = cells[place];
        let (environment, class) = (&table.environments()[environment], &table.classes()[label]);
        return Err(DatasetError::out_of_range(
            "cell",
            format!("empty for environment '{environment}' and class '{class}'"),
            "at least one record of each class in each environment",
        ));
    }
    let size = settings.cell_limit.map_or(smallest, |limit| limit.min(smallest));
    if grouped::applies(table) {
        let wanted = |part| {
            let share =
                |&(environment, label): &(usize, usize)| train_share(settings, environments, environment, label);
            cells.iter().map(|cell| count(size, settings, share(cell), environments, part)).collect::<Vec<usize>>()
        };
        let (train, valid) = (wanted(Part::Train), wanted(Part::Valid));
        let test = train.iter().zip(&valid).map(|(train, valid)| size - train - valid).collect();
        let [train, valid, test] = grouped::split(table, &[train, valid, test], settings.seed)?;
        return Parts { train, valid, test }
            .none_empty(|| format!("empty with groups kept whole and {size} records a cell"));
    }

    let mut random = LegacyRandom::new(settings.seed);
    for pool in &mut pools {
        *pool = draw(&mut random, pool, size)?;
    }
    let mut parts = Parts { train: Vec::new(), valid: Vec::new(), test: Vec::new() };
    for part in [Part::Train, Part::Valid] {
        for (pool, &(environment, label)) in pools.iter_mut().zip(&cells) {
            let share = train_share(settings, environments, environment, label);
            let count = count(size, settings, share, environments, part);
            let drawn = draw(&mut random, pool, count)?;
            parts.of_mut(part).extend(&drawn);
        }
        for pool in &mut pools {
            // The result of NumPy's `setdiff1d` is sorted.
            let mut taken = parts.of(part).to_vec();
            taken.sort_unstable();
            pool.retain(|index| taken.binary_search(index).is_err());
            pool.sort_unstable();
        }
    }
    parts.test = pools.concat();
    parts.none_empty(|| format!("empty with {size} records a cell"))
}

fn missing(part: Part, class: &str) -> String {
    format!("{}: found no image of class {class:?}, expected images of every class in every part", part.name())
}

/// The share of a cell's records that training takes: the ratio where the class is at home, an equal part
/// of the rest elsewhere.
pub fn train_share(settings: &ConfoundedSettings, environments: usize, environment: usize, label: usize) -> f64 {
    if environment == label % environments {
        settings.ratio
    } else {
        (1.0 - settings.ratio) / (environments as f64 - 1.0)
    }
}

// The authors' expressions, in their order, since a product in floating point may fall just below a whole
// number: 1 - 0.9 is less than 0.1.
fn count(size: usize, settings: &ConfoundedSettings, share: f64, environments: usize, part: Part) -> usize {
    let size = size as f64;
    // With two environments the remaining share elsewhere is the ratio itself, from which `1 - (1 - ratio)` may
    // differ.
    let at_home = share == settings.ratio;
    let left = if environments == 2 && !at_home { settings.ratio } else { 1.0 - share };
    let exact = match (settings.rule, part) {
        (Rule::Printed, Part::Train) => size * share,
        (Rule::Printed, _) => size * left / 2.0,
        (Rule::Later, Part::Train) => size * share / 2.0,
        (Rule::Later, _) => size * share / 4.0,
    };
    exact as usize
}

fn draw(random: &mut LegacyRandom, pool: &[usize], count: usize) -> Result<Vec<usize>, DatasetError> {
    let places = random.choice_without_replacement(pool.len(), count)?;
    Ok(places.into_iter().map(|place| pool[place]).collect())
}

fn check(settings: &ConfoundedSettings, environments: usize) -> Result<(), DatasetError> {
    if !(0.0..=1.0).contains(&settings.ratio) {
        return Err(DatasetError::out_of_range("ratio", settings.ratio, "within [0, 1]"));
    }
    if settings.cell_limit == Some(0) {
        return Err(DatasetError::out_of_range("cell_limit", 0, "at least 1"));
    }
    if environments < 2 {
        return Err(DatasetError::out_of_range("environments", environments, "at least 2 for a confounded split"));
    }
    Ok(())
}
