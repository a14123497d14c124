//! What is random about a run's images: the validation part, what a limit keeps, and the decoys.
//!
//! The released code draws decoys with Python's generator, unseeded for KNEE, and splits in the order in which the
//! system lists files, so that its images cannot be drawn again. Here everything comes from ChaCha streams of the split
//! seed, over files in the order of their names: equal seeds give equal images on every machine. A limit takes images
//! away and changes nothing about the others; another side moves the decoys in proportion.

use crate::{Collection, Folder, ImageFile, RadiographSettings};
use herring_datasets::Part;
use herring_decoys::Decoy;
use rand::{RngExt, SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeSet;

/// The purposes of draws, which share no stream.
#[derive(Debug, Clone, Copy)]
enum Purpose {
    Validation = 1,
    Decoys = 2,
    Limits = 3,
}

fn stream(seed: u32, purpose: Purpose) -> ChaCha8Rng {
    let mut random = ChaCha8Rng::seed_from_u64(u64::from(seed));
    random.set_stream(purpose as u64);
    random
}

/// An image with its decoys, which lie at the same place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// The file.
    pub file: ImageFile,
    /// The decoy that tells the image's class.
    pub contaminated: Decoy,
    /// The decoy that tells another class (PNEU), or any of the five with the same chance (KNEE).
    pub permuted: Decoy,
}

/// The samples of a run, in the order of classes and names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Samples {
    /// Training.
    pub train: Vec<Sample>,
    /// Validation, which selects the epoch.
    pub valid: Vec<Sample>,
    /// Test.
    pub test: Vec<Sample>,
}

impl Samples {
    /// The samples of a part.
    pub fn of(&self, part: Part) -> &[Sample] {
        match part {
            Part::Train => &self.train,
            Part::Valid => &self.valid,
            Part::Test => &self.test,
        }
    }
}

/// Draws the samples of a run.
///
/// Where there is no validation part, `floor(N / 10)` of the `N` training images of each class are drawn for it, as the
/// released code does. Of each image are drawn, in this order: the place of its decoy
/// ([`herring_decoys::DecoyKind::place`]), then, for KNEE, the class that the permuted one tells.
pub fn draw(folder: &Folder, settings: &RadiographSettings) -> Samples {
    let random = &mut stream(settings.seed, Purpose::Decoys);
    let classes = folder.collection.classes().len();
    let mut with_decoy = |file: &ImageFile| {
        let contaminated = settings.decoy.place(file.label, classes, settings.side, random);
        let other = match folder.collection {
            Collection::Pneumonia => 1 - file.label.min(1),
            Collection::Knee => random.random_range(0..classes),
        };
        Sample { file: file.clone(), contaminated, permuted: contaminated.telling(other, classes) }
    };
    let mut all = |files: &[ImageFile]| files.iter().map(&mut with_decoy).collect::<Vec<_>>();
    let train = all(&folder.train);
    let (train, valid) = match &folder.valid {
        Some(valid) => (train, all(valid)),
        None => split(train, classes, settings.seed),
    };
    let test = all(&folder.test);
    let random = &mut stream(settings.seed, Purpose::Limits);
    let mut limited = |samples| limited(samples, classes, settings.class_limit, random);
    Samples { train: limited(train), valid: limited(valid), test: limited(test) }
}

/// Training and validation: a tenth of each class, rounded down, is drawn for the latter.
fn split(samples: Vec<Sample>, classes: usize, seed: u32) -> (Vec<Sample>, Vec<Sample>) {
    let random = &mut stream(seed, Purpose::Validation);
    let mut drawn = BTreeSet::new();
    for class in 0..classes {
        let mut places = of_class(&samples, class);
        let tenth = places.len() / 10;
        places.shuffle(random);
        drawn.extend(places.into_iter().take(tenth));
    }
    let (valid, train): (Vec<_>, Vec<_>) =
        samples.into_iter().enumerate().partition(|(place, _)| drawn.contains(place));
    let without_places = |samples: Vec<(usize, Sample)>| samples.into_iter().map(|(_, sample)| sample).collect();
    (without_places(train), without_places(valid))
}

/// At most `limit` samples of each class, drawn at random: a larger limit keeps what a smaller one keeps.
fn limited(samples: Vec<Sample>, classes: usize, limit: Option<usize>, random: &mut ChaCha8Rng) -> Vec<Sample> {
    let mut kept = BTreeSet::new();
    for class in 0..classes {
        let mut places = of_class(&samples, class);
        places.shuffle(random);
        kept.extend(places.into_iter().take(limit.unwrap_or(usize::MAX)));
    }
    samples.into_iter().enumerate().filter(|(place, _)| kept.contains(place)).map(|(_, sample)| sample).collect()
}

fn of_class(samples: &[Sample], class: usize) -> Vec<usize> {
    (0..samples.len()).filter(|&place| samples[place].file.label == class).collect()
}
