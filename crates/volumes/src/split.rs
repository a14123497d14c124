//! Which volumes belong to which part, and which of their slices are drawn: NumPy's legacy generator, as the
//! released code uses it.

use herring_datasets::{DatasetError, Part, numpy::LegacyRandom};

/// Places of volumes, which are sorted by name, in each part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VolumeSplit {
    /// Training.
    pub train: Vec<usize>,
    /// Validation, which selects the epoch.
    pub valid: Vec<usize>,
    /// Test.
    pub test: Vec<usize>,
}

impl VolumeSplit {
    /// The places of a part.
    pub fn of(&self, part: Part) -> &[usize] {
        match part {
            Part::Train => &self.train,
            Part::Valid => &self.valid,
            Part::Test => &self.test,
        }
    }
}

/// The smallest number of volumes with which each part gets one.
pub const LEAST_VOLUMES: usize = 4;

/// Splits `count` volumes: shuffled by `RandomState(seed)`, `floor(0.3 count)` for training, as many for
/// validation, the rest for the test. With fewer than [`LEAST_VOLUMES`] training and validation are empty.
///
/// ```
/// use herring_volumes::split::split_volumes;
///
/// assert_eq!(split_volumes(8, 1)?.train, [7, 2]);
/// # Ok::<(), herring_datasets::DatasetError>(())
/// ```
///
/// # Errors
/// [`DatasetError::OutOfRange`] for more than 2^32 volumes.
pub fn split_volumes(count: usize, seed: u32) -> Result<VolumeSplit, DatasetError> {
    let mut places = LegacyRandom::new(seed).permutation(count)?;
    // Python's int(count * 0.3), in floating point as there.
    let share = (count as f64 * 0.3) as usize;
    let test = places.split_off(2 * share);
    let valid = places.split_off(share);
    Ok(VolumeSplit { train: places, valid, test })
}

/// Draws `count / 2` (rounded down) of each class without replacement: from `RandomState(seed)` first those of
/// class 0, then those of class 1. `classes` holds for each slice whether it is of class 1; the result lists
/// places in it, those of class 1 first.
///
/// # Errors
/// [`DatasetError::OutOfRange`] if a class has fewer slices.
pub fn draw_slices(classes: &[bool], count: usize, seed: u32) -> Result<Vec<usize>, DatasetError> {
    let mut random = LegacyRandom::new(seed);
    let mut of_class = |class: bool| {
        let places: Vec<usize> = (0..classes.len()).filter(|&place| classes[place] == class).collect();
        let drawn = random.choice_without_replacement(places.len(), count / 2)?;
        Ok::<Vec<usize>, DatasetError>(drawn.into_iter().map(|place| places[place]).collect())
    };
    let negative = of_class(false)?;
    let mut drawn = of_class(true)?;
    drawn.extend(negative);
    Ok(drawn)
}
