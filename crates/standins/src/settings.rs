//! The settings of a collection: sizes, strengths, a seed.

use crate::StandinError;

/// How visible the three ingredients of a picture are. All are shares of the full range from black to
/// white.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Strengths {
    /// How visible the evidence for the class is, from 0 (not there: the classes are drawn alike) to 1
    /// (obvious). Small values make the honest task hard.
    pub pathology_contrast: f32,
    /// How bright the marker of the environment is, from 0 (not there) to 1 (white). Pixels that the
    /// marker does not cover do not depend on it.
    pub marker_contrast: f32,
    /// Standard deviation of the grain, from 0 to 0.5. The clouds of slowly varying density behind it
    /// have a range of four times this value.
    pub noise: f32,
}

impl Default for Strengths {
    /// A marker that a network learns at once, and evidence that it can learn, but not at once: README.md
    /// has the measured areas under the curve.
    fn default() -> Self {
        Self { pathology_contrast: 0.5, marker_contrast: 0.9, noise: 0.04 }
    }
}

/// In which layout, format and size the images are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Edition {
    /// The small editions that the released experiments read: one flat folder each, 224 x 224 PNG for NIH and
    /// PadChest, JPEG for RSNA with a table of headers.
    #[default]
    Small,
    /// What the owners hand out: NIH in twelve folders, PadChest in numbered ones with sizes that vary, RSNA as DICOM
    /// files whose headers hold the view, without a table of headers.
    Full,
}

/// What the positive rows of NIH's and PadChest's stand-ins have. The pictures are the same: class 1 has a wider heart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pathology {
    /// As in the experiments of iclr2021; the small editions lie in `images-224`.
    #[default]
    Cardiomegaly,
    /// As in the experiments of activmask2020; the small editions lie in `images-128`.
    Emphysema,
}

impl Pathology {
    /// Height and width of the small edition that is read for it.
    pub fn small_side(self) -> u32 {
        match self {
            Self::Cardiomegaly => 224,
            Self::Emphysema => 128,
        }
    }
}

/// Stand-ins for NIH ChestX-ray14 and PadChest, the two sites of the experiments on cardiomegaly and emphysema.
#[derive(Debug, Clone, PartialEq)]
pub struct XraySettings {
    /// Images in each of the four cells site x class, 1 to 100 000.
    pub per_cell: usize,
    /// Further rows of each site that a reader must leave out, 0 to 100 000: other findings and, for
    /// PadChest, other views and rows without view or labels. Their pictures are drawn like the rest,
    /// with a heart of either class.
    pub others: usize,
    /// Height and width in pixels, 32 to 4096. In full size NIH's pictures have it; PadChest's have a square of it or
    /// up to a quarter more in the middle, and black rows or columns outside it.
    pub side: u32,
    /// Layout and format; the side is not changed by it (1024 is NIH's in full size).
    pub edition: Edition,
    /// What the positive rows have; the side is not changed by it (see [`Pathology::small_side`]).
    pub pathology: Pathology,
    /// Decides everything random. Each picture has its own stream.
    pub seed: u32,
    /// How visible the heart's enlargement, the marker and the noise are.
    pub strengths: Strengths,
}

impl Default for XraySettings {
    /// 300 images a cell, 40 others a site, 224 x 224 pixels, seed 0.
    fn default() -> Self {
        Self {
            per_cell: 300,
            others: 40,
            side: 224,
            edition: Edition::Small,
            pathology: Pathology::Cardiomegaly,
            seed: 0,
            strengths: Strengths::default(),
        }
    }
}

/// A stand-in for the RSNA Pneumonia Detection Challenge, whose two views are the environments.
#[derive(Debug, Clone, PartialEq)]
pub struct RsnaSettings {
    /// Patients in each of the four cells view x class, 1 to 100 000.
    pub per_cell: usize,
    /// Further patients that a reader must leave out, 0 to 100 000: they have no view in the table of
    /// headers. The official tables hold none of these, hence the default of 0.
    pub others: usize,
    /// Height and width in pixels, 32 to 4096. Boxes scale with it.
    pub side: u32,
    /// Layout and format. In DICOM files the frames are the JPEG files of the small edition.
    pub edition: Edition,
    /// JPEG quality, 1 to 100.
    pub quality: u8,
    /// Decides everything random. Each picture has its own stream.
    pub seed: u32,
    /// How visible the opacities, the marker and the noise are.
    pub strengths: Strengths,
}

impl Default for RsnaSettings {
    /// 300 patients a cell, no others, 1024 x 1024 pixels, quality 90, seed 0.
    fn default() -> Self {
        Self {
            per_cell: 300,
            others: 0,
            side: 1024,
            edition: Edition::Small,
            quality: 90,
            seed: 0,
            strengths: Strengths::default(),
        }
    }
}

/// A small collection with a manifest, as a user of the project would make it of images of their own:
/// three shapes on noise, a stripe along one of three sides.
#[derive(Debug, Clone, PartialEq)]
pub struct OwnSettings {
    /// Images in each of the nine cells side x shape, 1 to 100 000.
    pub per_cell: usize,
    /// Height and width in pixels, 32 to 4096.
    pub side: u32,
    /// Decides everything random. Each picture has its own stream.
    pub seed: u32,
    /// How visible the shape, the stripes and the noise are.
    pub strengths: Strengths,
}

impl Default for OwnSettings {
    /// 100 images a cell, 64 x 64 pixels, seed 0.
    fn default() -> Self {
        Self { per_cell: 100, side: 64, seed: 0, strengths: Strengths::default() }
    }
}

/// A small collection in colour with a manifest: shapes on backgrounds, for the tutorial on images of one's own.
#[derive(Debug, Clone, PartialEq)]
pub struct ShapesSettings {
    /// Classes, and as many environments: 2 (circle, square; grass, sand) or 3 (triangle; water).
    pub classes: usize,
    /// Images in each cell environment x class, 1 to 100 000.
    pub per_cell: usize,
    /// Height and width in pixels, 32 to 4096.
    pub side: u32,
    /// Decides everything random. Each picture has its own stream.
    pub seed: u32,
    /// How visible the shape is against the background (`pathology_contrast`), how much the backgrounds' colours differ
    /// (`marker_contrast`; at 0 all environments are alike), and the noise.
    pub strengths: Strengths,
}

impl Default for ShapesSettings {
    /// Two classes, 300 images a cell, 48 x 48 pixels, seed 0, opaque shapes that a small network learns in some ten epochs.
    fn default() -> Self {
        Self {
            classes: 2,
            per_cell: 300,
            side: 48,
            seed: 0,
            strengths: Strengths { pathology_contrast: 1.0, noise: 0.02, ..Strengths::default() },
        }
    }
}

/// Three tasks of the Medical Segmentation Decathlon: an organ in a body, volume by volume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecathlonSettings {
    /// Volumes of each task, 1 to 1000.
    pub volumes: usize,
    /// Voxels along the first and the second axis, 16 to 512.
    pub side: u16,
    /// Slices: voxels along the third axis, 4 to 1000.
    pub slices: u16,
    /// Decides everything random. Each volume has its own stream.
    pub seed: u32,
}

impl Default for DecathlonSettings {
    /// 8 volumes a task, 48 x 48 x 12 voxels, seed 0.
    fn default() -> Self {
        Self { volumes: 8, side: 48, slices: 12, seed: 0 }
    }
}

/// The chests of children that tap2024 calls PNEU: normal, or pneumonia.
#[derive(Debug, Clone, PartialEq)]
pub struct PneumoniaSettings {
    /// Training images of each class, 1 to 100 000. A reader that draws a tenth of them for validation, since the owners
    /// have no folder for it, needs 10.
    pub train: usize,
    /// Test images of each class, 1 to 100 000.
    pub test: usize,
    /// The shorter side in pixels, 32 to 4096. Pictures are wider, or higher, by up to a quarter.
    pub side: u32,
    /// JPEG quality, 1 to 100.
    pub quality: u8,
    /// Decides everything random. Each picture has its own stream.
    pub seed: u32,
    /// How visible the opacities and the noise are; there is no marker.
    pub strengths: Strengths,
}

impl Default for PneumoniaSettings {
    /// 100 and 40 images of each class, 256 pixels, quality 90, seed 0, opacities that a small copy still shows.
    fn default() -> Self {
        Self {
            train: 100,
            test: 40,
            side: 256,
            quality: 90,
            seed: 0,
            strengths: Strengths { pathology_contrast: 1.0, ..Strengths::default() },
        }
    }
}

/// The knees that tap2024 calls KNEE: grades 0 to 4.
#[derive(Debug, Clone, PartialEq)]
pub struct KneeSettings {
    /// Training images of each grade, 1 to 100 000.
    pub train: usize,
    /// Validation images of each grade, 1 to 100 000.
    pub valid: usize,
    /// Test images of each grade, 1 to 100 000.
    pub test: usize,
    /// Height and width in pixels, 32 to 4096.
    pub side: u32,
    /// Decides everything random. Each picture has its own stream.
    pub seed: u32,
    /// How much the grade changes, and how visible the noise is; there is no marker.
    pub strengths: Strengths,
}

impl Default for KneeSettings {
    /// 40, 10 and 20 images of each grade, 224 pixels, seed 0.
    fn default() -> Self {
        Self {
            train: 40,
            valid: 10,
            test: 20,
            side: 224,
            seed: 0,
            strengths: Strengths { pathology_contrast: 1.0, ..Strengths::default() },
        }
    }
}

fn check_images<const N: usize>(counts: [(&'static str, usize); N]) -> Result<(), StandinError> {
    match counts.into_iter().find(|(_, count)| !(1..=100_000).contains(count)) {
        Some((field, found)) => Err(StandinError::setting(field, found, "1 to 100000")),
        None => Ok(()),
    }
}

impl PneumoniaSettings {
    pub(crate) fn check(&self) -> Result<(), StandinError> {
        check_images([("train", self.train), ("test", self.test)])?;
        check_counts(1, 0, self.side)?;
        if !(1..=100).contains(&self.quality) {
            return Err(StandinError::setting("quality", self.quality, "1 to 100"));
        }
        self.strengths.check()
    }
}

impl KneeSettings {
    pub(crate) fn check(&self) -> Result<(), StandinError> {
        check_images([("train", self.train), ("valid", self.valid), ("test", self.test)])?;
        check_counts(1, 0, self.side)?;
        self.strengths.check()
    }
}

impl DecathlonSettings {
    pub(crate) fn check(&self) -> Result<(), StandinError> {
        if !(1..=1000).contains(&self.volumes) {
            return Err(StandinError::setting("volumes", self.volumes, "1 to 1000"));
        }
        if !(16..=512).contains(&self.side) {
            return Err(StandinError::setting("side", self.side, "16 to 512 voxels"));
        }
        if !(4..=1000).contains(&self.slices) {
            return Err(StandinError::setting("slices", self.slices, "4 to 1000"));
        }
        Ok(())
    }
}

impl Strengths {
    fn check(&self) -> Result<(), StandinError> {
        let shares = [
            ("pathology_contrast", self.pathology_contrast, 1.0, "0 to 1"),
            ("marker_contrast", self.marker_contrast, 1.0, "0 to 1"),
            ("noise", self.noise, 0.5, "0 to 0.5"),
        ];
        for (field, found, most, expected) in shares {
            if !(0.0..=most).contains(&found) {
                return Err(StandinError::setting(field, found, expected));
            }
        }
        Ok(())
    }
}

fn check_counts(per_cell: usize, others: usize, side: u32) -> Result<(), StandinError> {
    if !(1..=100_000).contains(&per_cell) {
        return Err(StandinError::setting("per_cell", per_cell, "1 to 100000"));
    }
    if others > 100_000 {
        return Err(StandinError::setting("others", others, "0 to 100000"));
    }
    if !(32..=4096).contains(&side) {
        return Err(StandinError::setting("side", side, "32 to 4096 pixels"));
    }
    Ok(())
}

impl XraySettings {
    pub(crate) fn check(&self) -> Result<(), StandinError> {
        check_counts(self.per_cell, self.others, self.side)?;
        self.strengths.check()
    }
}

impl RsnaSettings {
    pub(crate) fn check(&self) -> Result<(), StandinError> {
        check_counts(self.per_cell, self.others, self.side)?;
        if !(1..=100).contains(&self.quality) {
            return Err(StandinError::setting("quality", self.quality, "1 to 100"));
        }
        self.strengths.check()
    }
}

impl ShapesSettings {
    pub(crate) fn check(&self) -> Result<(), StandinError> {
        if !(2..=3).contains(&self.classes) {
            return Err(StandinError::setting("classes", self.classes, "2 or 3"));
        }
        check_counts(self.per_cell, 0, self.side)?;
        self.strengths.check()
    }
}

impl OwnSettings {
    pub(crate) fn check(&self) -> Result<(), StandinError> {
        check_counts(self.per_cell, 0, self.side)?;
        self.strengths.check()
    }
}
