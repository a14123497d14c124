//! Experiments, classes and sexes.

use rand::{Rng, RngExt};
use serde::{Deserialize, Serialize};

/// What depends on the sex.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Experiment {
    /// Experiment 1: men have larger hearts and less fat.
    Sizes,
    /// Experiment 2: sizes and fat are the same; a white square marks the images of men.
    Marker,
}

/// A heart disease, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// A healthy heart; label 0 (NOR).
    Normal,
    /// Hypertrophic cardiomyopathy, with thick walls of the left ventricle; label 1 (HCM).
    Hypertrophic,
    /// Dilated cardiomyopathy, with a large left ventricle; label 2 (DCM).
    Dilated,
    /// Arrhythmogenic right-ventricular cardiomyopathy, with a large right ventricle whose wall is fatty; label 3 (RV in the
    /// code, ARV in the paper).
    Arrhythmogenic,
}

impl Class {
    /// All classes, in the order of their labels.
    pub const ALL: [Self; 4] = [Self::Normal, Self::Hypertrophic, Self::Dilated, Self::Arrhythmogenic];

    /// The abbreviation in the paper's figures.
    pub fn abbreviation(self) -> &'static str {
        match self {
            Self::Normal => "NOR",
            Self::Hypertrophic => "HCM",
            Self::Dilated => "DCM",
            Self::Arrhythmogenic => "ARV",
        }
    }

    /// Share of men.
    pub fn male_share(self) -> f64 {
        match self {
            Self::Normal | Self::Dilated => 0.5,
            Self::Hypertrophic => 0.6,
            Self::Arrhythmogenic => 2.7 / 3.7,
        }
    }
}

/// A sex.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sex {
    /// Female.
    Female,
    /// Male.
    Male,
}

impl Sex {
    /// Draws the sex of a patient of this class.
    pub(crate) fn draw<R: Rng + ?Sized>(class: Class, random: &mut R) -> Self {
        if random.random::<f64>() < class.male_share() { Self::Male } else { Self::Female }
    }
}
