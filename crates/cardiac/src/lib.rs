//! Cardiac MRI sections that are drawn, not measured: two ventricles with their walls, a bar of fat under the skin, and in one
//! experiment a white square on the images of men.
//!
//! The authors of heatmap-loss ("Integrating feature attribution methods into the loss function of deep learning classifiers", section 2)
//! train classifiers of four heart diseases on them. What tells the class is the shape of the heart. In the first experiment the
//! size of the heart and the fat depend on the sex, and the sex on the class; in the second only a marker tells the sex.
//!
//! A [`Generator`] draws any image of a set by its number, in any order, from a random stream of its own. The authors drew theirs
//! from unseeded generators; the statistics of 10,000 images agree with those that they stored.
//!
//! | Module | What is in it |
//! |---|---|
//! | `class` | [`Class`], [`Sex`]: the four diseases, and how often each has which sex |
//! | `body` | [`Body`]: lengths of one heart and its fat |
//! | `section` | [`Section`]: pixels and labels |
//! | `listed` | [`sections`]: training, validation and test images |
//!
//! # The released generator's quirks
//!
//! They are kept, because the published statistics need them:
//!
//! - Each of the four lengths is `L + N(L, 0.02 L)`, so that every heart is about twice as large as its ratios say.
//! - Noise for the fatty wall of the left ventricle is drawn after the right ventricle's disc and covers its edge.
//! - The marker leaves the last row and the last column free.

mod body;
mod class;
mod listed;
mod section;

pub use body::{Body, FattyWalls};
pub use class::{Class, Experiment, Sex};
pub use listed::{CardiacSettings, sections};
pub use section::{HEIGHT, Region, Section, WIDTH};

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// Draws the images of a set by their number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Generator {
    /// Which experiment.
    pub experiment: Experiment,
    /// Decides every image.
    pub seed: u64,
}

impl Generator {
    /// The image number `index` of a class. Sets that share no numbers share no images.
    pub fn section(&self, class: Class, index: u64) -> Section {
        let mut random = self.stream(class, index);
        let body = Body::draw(self.experiment, class, &mut random);
        Section::draw(self.experiment, &body, &mut random)
    }

    /// The sex of the patient of that image, without drawing it.
    pub fn sex(&self, class: Class, index: u64) -> Sex {
        Body::draw(self.experiment, class, &mut self.stream(class, index)).sex
    }

    fn stream(&self, class: Class, index: u64) -> ChaCha8Rng {
        let mut random = ChaCha8Rng::seed_from_u64(self.seed);
        random.set_stream(index * Class::ALL.len() as u64 + class as u64);
        random
    }
}

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
