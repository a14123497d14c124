//! The lengths of one heart and its fat, in pixels.

use crate::{Class, Experiment, Sex};
use rand::{Rng, RngExt};
use rand_distr::{Distribution, StandardNormal};

/// Pixels that a ratio of 1 stands for.
const WHOLE: f64 = 25.0;

/// Fat in the place of muscle: brightness is uniform from that of muscle up to this share of the way to that of fat, in
/// `[0, 1]`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FattyWalls {
    /// Of the right ventricle's wall.
    pub right: f64,
    /// Of the left ventricle's, if it is fatty too.
    pub left: Option<f64>,
}

/// What one patient looks like.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Body {
    /// The class.
    pub class: Class,
    /// The sex.
    pub sex: Sex,
    /// Size in relation to a woman's of experiment 1.
    pub size: f64,
    /// Radius of the left ventricle's cavity, in pixels.
    pub left_radius: f64,
    /// Thickness of its wall.
    pub left_wall: f64,
    /// Radius of the right ventricle's cavity.
    pub right_radius: f64,
    /// Thickness of its wall.
    pub right_wall: f64,
    /// Length of the bar of fat; not above 0 for none.
    pub fat: f64,
    /// Fat in the walls, for the arrhythmogenic class.
    pub fatty: Option<FattyWalls>,
}

/// Factors of the four lengths of a healthy heart.
struct Factors {
    right_wall: f64,
    right_radius: f64,
    left_wall: f64,
    left_radius: f64,
}

fn normal<R: Rng + ?Sized>(mean: f64, deviation: f64, random: &mut R) -> f64 {
    let standard: f64 = StandardNormal.sample(random);
    mean + deviation * standard
}

fn uniform<R: Rng + ?Sized>([low, high]: [f64; 2], random: &mut R) -> f64 {
    low + (high - low) * random.random::<f64>()
}

impl Body {
    /// Draws a patient of a class: sex, subtype, size, shape, and fat, in this order.
    pub fn draw<R: Rng + ?Sized>(experiment: Experiment, class: Class, random: &mut R) -> Self {
        let sex = Sex::draw(class, random);
        let (fatty, subtype) = match class {
            Class::Arrhythmogenic => {
                let left_too = random.random::<f64>() < 0.1;
                let fibrous = random.random::<f64>() >= 0.5;
                let right = uniform(if fibrous { [0.3, 0.8] } else { [0.7, 0.9] }, random);
                let left = left_too.then(|| uniform([0.0, 0.4], random));
                (Some(FattyWalls { right, left }), fibrous)
            }
            _ => (None, false),
        };
        let size = match (experiment, sex) {
            (Experiment::Marker, _) => 1.0,
            (Experiment::Sizes, Sex::Male) => normal(1.3, 0.15, random),
            (Experiment::Sizes, Sex::Female) => normal(1.0, 0.15, random),
        };
        let factors = factors(class, subtype, random);
        // The mean is added twice, as in the released code.
        let mut length = |ratio: f64, factor: f64| {
            let nominal = ratio / 17.0 * factor * WHOLE * size;
            nominal + normal(nominal, 0.02 * nominal, random)
        };
        let right_wall = length(1.0, factors.right_wall);
        let right_radius = length(2.5, factors.right_radius);
        let left_wall = length(1.5, factors.left_wall);
        let left_radius = length(3.5, factors.left_radius);
        let (mean, deviation) = match (experiment, class, sex) {
            (Experiment::Sizes, Class::Dilated, Sex::Male) => (28.0, 7.9),
            (Experiment::Sizes, Class::Dilated, Sex::Female) => (38.4, 9.7),
            (Experiment::Sizes, _, Sex::Male) => (26.0, 7.9),
            (Experiment::Sizes, _, Sex::Female) => (36.4, 9.7),
            (Experiment::Marker, Class::Dilated, _) => (33.0, 9.0),
            (Experiment::Marker, _, _) => (31.0, 9.0),
        };
        // Percent of the body, on a scale on which 80 % are 70 pixels.
        let fat = normal(mean, deviation, random) * size / 80.0 * 70.0;
        Self { class, sex, size, left_radius, left_wall, right_radius, right_wall, fat, fatty }
    }

    /// Radius of the left ventricle with its wall.
    pub(crate) fn left(&self) -> f64 {
        self.left_radius + self.left_wall
    }

    /// Radius of the right ventricle with its wall.
    pub(crate) fn right(&self) -> f64 {
        self.right_radius + self.right_wall
    }
}

fn factors<R: Rng + ?Sized>(class: Class, fibrous: bool, random: &mut R) -> Factors {
    let healthy = Factors { right_wall: 1.0, right_radius: 1.0, left_wall: 1.0, left_radius: 1.0 };
    let sometimes = |share: f64, random: &mut R| if random.random::<f64>() < share { 1.2 } else { 1.0 };
    match class {
        Class::Normal => healthy,
        Class::Dilated => Factors { right_wall: 0.9, right_radius: 1.2, left_wall: 0.8, left_radius: 1.8 },
        Class::Hypertrophic => {
            Factors { left_wall: 2.2, left_radius: 0.4, right_radius: sometimes(0.16, random), ..healthy }
        }
        Class::Arrhythmogenic if fibrous => {
            Factors { right_radius: 1.5, left_wall: 0.9, left_radius: sometimes(0.1, random), ..healthy }
        }
        Class::Arrhythmogenic => Factors { right_radius: 1.5, ..healthy },
    }
}
