//! The two collections and what differs between them.

use herring_images::{PerChannel, Reading};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A collection of radiographs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Collection {
    /// Chests of children (Mendeley Data `rscbjbr9sj`, version 3): normal, or pneumonia. The paper's PNEU.
    Pneumonia,
    /// Knees (Mendeley Data `56rmx5bjcr`, version 1): grades 0 to 4 of Kellgren and Lawrence. The paper's KNEE.
    Knee,
}

impl Collection {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Pneumonia, Self::Knee];

    /// The name in files: `pneumonia` or `knee`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pneumonia => "pneumonia",
            Self::Knee => "knee",
        }
    }

    /// The owners' folder, which holds a folder for each part.
    pub fn folder(self) -> &'static str {
        match self {
            Self::Pneumonia => "chest_xray",
            Self::Knee => "kneeKL224",
        }
    }

    /// The folder of each class within a part, by label.
    pub fn class_folders(self) -> &'static [&'static str] {
        match self {
            Self::Pneumonia => &["NORMAL", "PNEUMONIA"],
            Self::Knee => &["0", "1", "2", "3", "4"],
        }
    }

    /// Names of the classes, by label.
    pub fn classes(self) -> &'static [&'static str] {
        match self {
            Self::Pneumonia => &["normal", "pneumonia"],
            Self::Knee => &["grade 0", "grade 1", "grade 2", "grade 3", "grade 4"],
        }
    }

    /// Endings of the names of image files, in small letters.
    pub(crate) fn endings(self) -> &'static [&'static str] {
        match self {
            Self::Pneumonia => &["jpeg", "jpg"],
            Self::Knee => &["png"],
        }
    }

    /// Whether the owners' folder has a validation part. PNEU's is drawn from the training folder where there is none.
    pub(crate) fn has_own_validation(self) -> bool {
        self == Self::Knee
    }

    /// Images of each class in the parts that the owners hand out: training, validation where they have one, test. Of
    /// PNEU the paper's 5232 and 624, of KNEE the official split of 8260.
    pub(crate) fn official(self) -> (&'static [usize], Option<&'static [usize]>, &'static [usize]) {
        match self {
            Self::Pneumonia => (&[1349, 3883], None, &[234, 390]),
            Self::Knee => (&[2286, 1046, 1516, 757, 173], Some(&[328, 153, 212, 106, 27]), &[639, 296, 447, 223, 51]),
        }
    }

    /// What becomes of a grey value from 0 to 1 when it is read: three equal channels, for networks that were trained on
    /// photographs, less the mean and divided by the deviation that the released code states: 0.5711 and 0.1523 for
    /// PNEU, 0.5549 and 0.2232 for KNEE.
    pub fn reading(self) -> Reading {
        let (mean, deviation) = match self {
            Self::Pneumonia => (0.5711, 0.1523),
            Self::Knee => (0.5549, 0.2232),
        };
        Reading { channels: 3, mean: PerChannel::All(mean), deviation: PerChannel::All(deviation) }
    }
}

impl fmt::Display for Collection {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}
