//! Which images a run uses, and how they are prepared.

use super::{CrossesSettings, GROUP_SIZE, Group, generate_group};
use crate::numpy::LegacyRandom;
use crate::{Dataset, DatasetError, Sample, Splits, mask};

/// The positions, within a group of 512, of the `count` samples that a run seed selects.
///
/// The released code restarts NumPy's generator with the run seed for every split, draws half of the
/// samples from class 0 and then half from class 1, without replacement, and lists **class 1 first**.
/// The draw is a shuffle cut short, so splits of different sizes begin with the same files in each
/// class, and equal sizes use equal positions in every group.
///
/// # Errors
/// [`DatasetError::OutOfRange`] if `count` is more than 512 or odd.
pub fn selection(count: usize, run_seed: u32) -> Result<Vec<usize>, DatasetError> {
    if count > GROUP_SIZE || count % 2 == 1 {
        return Err(DatasetError::out_of_range("count", count, format!("an even number up to {GROUP_SIZE}")));
    }
    let class_size = GROUP_SIZE / 2;
    let mut random = LegacyRandom::new(run_seed);
    let zeros = random.choice_without_replacement(class_size, count / 2)?;
    let ones = random.choice_without_replacement(class_size, count / 2)?;
    Ok(ones.into_iter().map(|position| class_size + position).chain(zeros).collect())
}

/// The training, validation and test split of one run.
///
/// Training samples come from group 1 with dilated masks (of which some may be withheld, see
/// [`CrossesSettings::mask_fraction`]) and unmirrored images. Validation and test samples come from
/// groups 2 and 3 with raw masks; image and mask are mirrored if
/// [`CrossesSettings::mirror_evaluation`] says so. Classes are balanced in each.
///
/// # Errors
/// [`DatasetError::OutOfRange`] if a setting is out of range, see [`CrossesSettings::validate`].
///
/// # Examples
/// ```
/// use herring_datasets::crosses::{CrossesSettings, splits};
///
/// let settings = CrossesSettings { train: 20, ..CrossesSettings::default() };
/// let splits = splits(&settings, 451)?;
/// assert!(splits.train.entries().iter().all(|s| s.environment == s.label));
/// let (_, test) = &splits.tests[0];
/// assert!(test.entries().iter().all(|s| s.environment != s.label));
/// # Ok::<(), herring_datasets::DatasetError>(())
/// ```
pub fn splits(settings: &CrossesSettings, run_seed: u32) -> Result<Splits, DatasetError> {
    settings.validate()?;
    let pick = |group: Group, count: usize| -> Result<Vec<Sample>, DatasetError> {
        let pool = generate_group(group, settings.difficulty)?;
        let positions = selection(count, run_seed)?;
        Ok(positions.into_iter().map(|p| pool[p].clone()).collect())
    };

    let mut train = pick(Group::Train, settings.train)?;
    for sample in &mut train {
        sample.mask = mask::dilate(&sample.mask, settings.dilation_sigma)?;
    }
    mask::keep_fraction(&mut train, settings.mask_fraction)?;

    let mut valid = pick(Group::Valid, settings.valid)?;
    let mut test = pick(Group::Test, settings.test)?;
    if settings.mirror_evaluation {
        valid.iter_mut().chain(&mut test).for_each(mirror);
    }

    Ok(Splits {
        train: Dataset::new("crosses/train", 2, train)?,
        valid: Dataset::new("crosses/valid", 2, valid)?,
        tests: vec![("test".to_owned(), Dataset::new("crosses/test", 2, test)?)],
    })
}

fn mirror(sample: &mut Sample) {
    sample.image = sample.image.mirrored();
    sample.mask = sample.mask.mirrored();
    sample.environment = 1 - sample.environment;
}
