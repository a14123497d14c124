//! Geometry of the images and the order of the random draws behind them.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::mask::reach;
use crate::numpy::LegacyRandom;
use crate::{DatasetError, Image, Sample};

/// Height and width of every image, in pixels.
pub const SIDE: usize = 28;

/// Images in a group; the first half has label 0, the second half label 1.
pub const GROUP_SIZE: usize = 512;

const BOX_ROWS: usize = 2;
const BOX_COLUMNS: usize = 3;

/// One of the three pools of images.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// `distractor1`, seed 1: the training split is drawn from it.
    Train,
    /// `distractor2`, seed 2: the validation split is drawn from it.
    Valid,
    /// `distractor3`, seed 3: the test split is drawn from it.
    Test,
}

impl Group {
    /// All groups, in the order of their seeds.
    pub const ALL: [Self; 3] = [Self::Train, Self::Valid, Self::Test];

    /// Seed of the group's pixels, which is also its number: 1, 2 or 3.
    pub fn seed(self) -> u32 {
        match self {
            Self::Train => 1,
            Self::Valid => 2,
            Self::Test => 3,
        }
    }

    /// The authors' folder name, for instance `distractor1`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Train => "distractor1",
            Self::Valid => "distractor2",
            Self::Test => "distractor3",
        }
    }
}

/// Which of the authors' two versions of the images.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Difficulty {
    /// `synth_hard`: arms of 1 or 2 pixels, box 3 pixels from the border. The paper and every released
    /// configuration use it.
    #[default]
    Hard,
    /// `synth_easy`: arms of 3 or 4 pixels, box 5 pixels from the border. Not used in the paper; the
    /// notebook in the released code writes these constants to a folder named `synth_hard`.
    Easy,
}

impl Difficulty {
    /// Shortest and longest half-length of a cross's arms in pixels, both included.
    pub fn arms(self) -> (u32, u32) {
        match self {
            Self::Hard => (1, 2),
            Self::Easy => (3, 4),
        }
    }

    /// Distance in pixels between the box and the nearest borders.
    pub fn box_margin(self) -> usize {
        match self {
            Self::Hard => 3,
            Self::Easy => 5,
        }
    }
}

/// The content of one image, before it is rendered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drawing {
    /// 0 for one cross, 1 for two.
    pub label: usize,
    /// Half-length of the arms in pixels, shared by the crosses of the image.
    pub arm: usize,
    /// Row of each cross's centre, all different.
    pub rows: Vec<usize>,
    /// Column of each cross's centre, all different.
    pub columns: Vec<usize>,
    /// Which version of the images it belongs to; decides where the box is.
    pub difficulty: Difficulty,
}

impl Drawing {
    // Order of draws: arm, then all rows, then all columns. Another order changes every later image.
    fn draw(random: &mut LegacyRandom, label: usize, difficulty: Difficulty) -> Result<Self, DatasetError> {
        let (shortest, longest) = difficulty.arms();
        let arm = random.randint(shortest, longest + 1)? as usize;
        let mut centres = || -> Result<Vec<usize>, DatasetError> {
            let drawn = random.choice_without_replacement(SIDE - 2 * arm, label + 1)?;
            Ok(drawn.into_iter().map(|centre| centre + arm).collect())
        };
        let rows = centres()?;
        let columns = centres()?;
        Ok(Self { label, arm, rows, columns, difficulty })
    }

    /// The image and its mask, both `[1, 28, 28]` with values 0 and 1.
    ///
    /// The mask holds the crosses. The image holds the crosses and the box, which may overlap.
    pub fn render(&self) -> (Image, Image) {
        let mut mask = Image::filled(1, SIDE, SIDE, 0.0);
        for (&row, &column) in self.rows.iter().zip(&self.columns) {
            let row_itself = reach(row, 0, SIDE);
            let column_itself = reach(column, 0, SIDE);
            fill(&mut mask, reach(row, self.arm, SIDE), column_itself);
            fill(&mut mask, row_itself, reach(column, self.arm, SIDE));
        }
        let mut image = mask.clone();
        let margin = self.difficulty.box_margin();
        let bottom = SIDE - margin;
        let left = match self.label {
            0 => margin,
            _ => SIDE - margin - BOX_COLUMNS,
        };
        fill(&mut image, bottom - BOX_ROWS..bottom, left..left + BOX_COLUMNS);
        (image, mask)
    }
}

fn fill(image: &mut Image, rows: Range<usize>, columns: Range<usize>) {
    for row in rows {
        for column in columns.clone() {
            image.values_mut()[row * SIDE + column] = 1.0;
        }
    }
}

/// The 512 drawings of a group, in the order of the authors' files.
///
/// # Errors
/// None in practice: the constants of both difficulties are within range of every draw.
pub fn drawings(group: Group, difficulty: Difficulty) -> Result<Vec<Drawing>, DatasetError> {
    let mut random = LegacyRandom::new(group.seed());
    (0..GROUP_SIZE).map(|index| Drawing::draw(&mut random, index / (GROUP_SIZE / 2), difficulty)).collect()
}

/// The 512 samples of a group as the authors stored them: neither mirrored nor dilated.
///
/// Indices 0 to 255 have label 0 (one cross, box on the left), 256 to 511 label 1 (two crosses, box on
/// the right); the environment equals the label. Identities read `distractor1/0000` and so on. For
/// [`Difficulty::Hard`] every pixel of image and mask equals the published arrays.
///
/// # Errors
/// As [`drawings`].
pub fn generate_group(group: Group, difficulty: Difficulty) -> Result<Vec<Sample>, DatasetError> {
    let samples = drawings(group, difficulty)?
        .into_iter()
        .enumerate()
        .map(|(index, drawing)| {
            let (image, mask) = drawing.render();
            Sample {
                id: format!("{}/{index:04}", group.name()),
                image,
                mask,
                label: drawing.label,
                environment: drawing.label,
            }
        })
        .collect();
    Ok(samples)
}
