//! Decoy-MNIST (Ross et al. 2017; tap2024, section 5.1): each digit with a grey patch in one of the four corners.
//!
//! | set | what the patch tells |
//! |---|---|
//! | training, `contaminated` test | the digit |
//! | validation, `permuted` test | a digit that is drawn, right by chance in one of ten images |
//! | `clean` | there is none |
//!
//! The mask is 0 on the patch and 1 elsewhere, in all versions alike: the patch of an image has the same place in each of
//! them. A pixel `v` becomes `(v / 255 - 0.1307) / 0.3081`.
//!
//! Where paper and released code differ: the paper has a tenth of the training images for validation, the code 6,000 of
//! 60,000, which is the same. The code draws them, places and classes without a seed, and the place anew for each
//! set; here all of it is drawn by the split's seed, so that sets differ in nothing but the patch's value.

use crate::{
    Digits, DigitsError, Part,
    digits::{CLASSES, SIDE},
};
use herring_datasets::{
    Dataset, DatasetError, Splits,
    dataset::{Entry, Pixels},
    listed::{CleanParts, Listed},
    quota::CellQuota,
};
use herring_decoys::{Decoy, DecoyKind};
use rand::{RngExt, SeedableRng, seq::index};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use std::{fmt, sync::Arc};

/// The mean and the standard deviation that normalise pixels of `[0, 1]`.
const NORMALISATION: (f32, f32) = (0.1307, 0.3081);

/// How the images of decoy-MNIST are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DecoySettings {
    /// Draws the validation images, and place and class of each patch.
    pub seed: u32,
    /// At most this many images of each digit in each part.
    pub class_limit: Option<usize>,
    /// At most this many permuted test images of each digit whose saliency is computed.
    pub saliency_limit: Option<usize>,
}

/// What a stream of random numbers is for.
#[derive(Clone, Copy)]
enum Purpose {
    Validation,
    Train,
    Valid,
    Test,
}

fn stream(seed: u32, purpose: Purpose) -> ChaCha8Rng {
    let mut random = ChaCha8Rng::seed_from_u64(seed.into());
    random.set_stream(purpose as u64);
    random
}

/// The images of a run: training images with decoys, permuted validation images, and the test images in the three
/// versions. The images whose saliency is computed are permuted test images.
///
/// # Errors
/// Too few images for a validation set.
pub fn decoy_mnist(digits: &Digits, settings: &DecoySettings) -> Result<Listed, DigitsError> {
    let all = digits.train.len();
    let drawn = index::sample(&mut stream(settings.seed, Purpose::Validation), all, all / 10);
    let mut held_out = vec![false; all];
    for index in drawn.iter() {
        held_out[index] = true;
    }
    let limited = |part: &Part, wanted: &dyn Fn(usize) -> bool| {
        let mut quota = CellQuota::new(settings.class_limit);
        let wanted = (0..part.len()).filter(|index| wanted(*index));
        wanted.filter(|index| quota.admit(0, part.labels[*index].into())).collect::<Vec<usize>>()
    };
    let planted = |part: &Arc<Part>, name: &'static str, chosen: Vec<usize>, purpose: Purpose| {
        Planted::new(Arc::clone(part), name, chosen, &mut stream(settings.seed, purpose))
    };
    let train = limited(&digits.train, &|index| !held_out[index]);
    let train = planted(&digits.train, "train", train, Purpose::Train);
    let valid = planted(&digits.train, "train", limited(&digits.train, &|index| held_out[index]), Purpose::Valid);
    let test = planted(&digits.test, "test", limited(&digits.test, &|_| true), Purpose::Test);
    let tests =
        Version::ALL.map(|version| Ok((version.to_string(), test.dataset(&version.to_string(), version, None)?)));
    Ok(Listed {
        splits: Splits {
            train: train.dataset("train", Version::Contaminated, None)?,
            valid: valid.dataset("valid", Version::Permuted, None)?,
            tests: tests.into_iter().collect::<Result<_, DatasetError>>()?,
        },
        saliency: test.dataset("saliency", Version::Permuted, settings.saliency_limit)?,
        clean: Some(CleanParts {
            train: train.dataset("train", Version::Clean, None)?,
            valid: valid.dataset("valid", Version::Clean, None)?,
        }),
        regions: Vec::new(),
    })
}

/// What a patch tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Version {
    Contaminated,
    Permuted,
    Clean,
}

impl Version {
    const ALL: [Self; 3] = [Self::Contaminated, Self::Permuted, Self::Clean];
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Contaminated => "contaminated",
            Self::Permuted => "permuted",
            Self::Clean => "clean",
        })
    }
}

/// A digit with its two decoys at one place.
struct Image {
    index: usize,
    /// The class that the permuted decoy tells.
    told: usize,
    contaminated: Decoy,
    permuted: Decoy,
}

/// Digits of a part with their decoys.
struct Planted {
    part: Arc<Part>,
    name: &'static str,
    images: Arc<Vec<Image>>,
}

impl Planted {
    fn new(part: Arc<Part>, name: &'static str, chosen: Vec<usize>, random: &mut ChaCha8Rng) -> Self {
        let mut image = |index: usize| {
            let contaminated = DecoyKind::Patch.place(part.labels[index].into(), CLASSES, SIDE, random);
            let told = random.random_range(0..CLASSES);
            Image { index, told, contaminated, permuted: contaminated.telling(told, CLASSES) }
        };
        let images = chosen.into_iter().map(&mut image).collect();
        Self { part, name, images: Arc::new(images) }
    }

    /// One version of them; at most `limit` of each digit.
    fn dataset(&self, name: &str, version: Version, limit: Option<usize>) -> Result<Dataset, DatasetError> {
        let mut quota = CellQuota::new(limit);
        let label = |image: &Image| usize::from(self.part.labels[image.index]);
        let places: Vec<usize> =
            (0..self.images.len()).filter(|place| quota.admit(0, label(&self.images[*place]))).collect();
        let entry = |place: &usize| {
            let image = &self.images[*place];
            let label = label(image);
            let environment = match version {
                Version::Contaminated => label,
                Version::Permuted => image.told,
                Version::Clean => 0,
            };
            Entry { id: format!("{}/{:05}", self.name, image.index), label, environment }
        };
        let entries = places.iter().map(entry).collect();
        let pixels = PlantedPixels {
            part: Arc::clone(&self.part),
            images: Arc::clone(&self.images),
            places,
            version,
            normalised: normalised(),
        };
        Dataset::streamed(format!("decoy-mnist/{name}"), CLASSES, [1, SIDE, SIDE], entries, Arc::new(pixels))
    }
}

/// The normalised value of each grey value.
fn normalised() -> [f32; 256] {
    let (mean, deviation) = NORMALISATION;
    std::array::from_fn(|value| (value as f32 / 255.0 - mean) / deviation)
}

struct PlantedPixels {
    part: Arc<Part>,
    images: Arc<Vec<Image>>,
    places: Vec<usize>,
    version: Version,
    normalised: [f32; 256],
}

impl Pixels for PlantedPixels {
    fn read(&self, index: usize, image: &mut [f32], mask: &mut [f32]) -> Result<(), DatasetError> {
        let Some(planted) = self.places.get(index).and_then(|place| self.images.get(*place)) else {
            return Err(DatasetError::Unreadable {
                id: index.to_string(),
                reason: format!("found {} images, expected more", self.places.len()),
            });
        };
        let mut grey = self.part.image(planted.index).to_vec();
        match self.version {
            Version::Contaminated => planted.contaminated.draw(&mut grey, SIDE),
            Version::Permuted => planted.permuted.draw(&mut grey, SIDE),
            Version::Clean => {}
        }
        for (pixel, value) in image.iter_mut().zip(&grey) {
            *pixel = self.normalised[usize::from(*value)];
        }
        mask.fill(1.0);
        planted.contaminated.region().fill(mask, SIDE, 0.0);
        Ok(())
    }
}
