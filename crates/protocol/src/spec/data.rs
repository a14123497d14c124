//! Which images a run sees, and where their masks come from.

use super::{ChannelsName, NormalisationSpec};
use crate::names::named;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// Which images a run sees.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum DataSpec {
    /// The synthetic crosses, which are generated.
    Crosses(CrossesSpec),
    /// Images from files.
    Images(ImagesSpec),
    /// Slices of volumes of the Medical Segmentation Decathlon.
    Volumes(VolumesSpec),
    /// Images in which a planted decoy tells the class.
    Decoys(DecoysSpec),
    /// Drawn sections of hearts.
    Cardiac(CardiacSpec),
}

impl DataSpec {
    /// Rows and columns of the images that are scored.
    pub fn size(&self) -> [usize; 2] {
        match self {
            Self::Crosses(_) => [CrossesSpec::SIDE; 2],
            Self::Images(images) => [images.size; 2],
            Self::Volumes(volumes) => [volumes.size; 2],
            Self::Decoys(decoys) => [decoys.size; 2],
            Self::Cardiac(_) => CardiacSpec::SIZE,
        }
    }

    /// Rows of the images as they are stored for training, and of those whose saliency is computed.
    pub fn stored_sides(&self) -> [usize; 2] {
        match self {
            Self::Crosses(_) => [CrossesSpec::SIDE; 2],
            Self::Images(images) => [images.size, images.saliency_size],
            Self::Volumes(volumes) => [volumes.train_size, volumes.size],
            Self::Decoys(decoys) => [decoys.size; 2],
            Self::Cardiac(_) => [CardiacSpec::SIZE[0]; 2],
        }
    }

    /// The SHA-256 of the list of images; `None` for generated images.
    pub fn listing(&self) -> Option<&str> {
        match self {
            Self::Crosses(_) | Self::Cardiac(_) => None,
            Self::Images(images) => Some(&images.listing),
            Self::Volumes(volumes) => Some(&volumes.listing),
            Self::Decoys(decoys) => decoys.files.as_ref().map(|files| files.listing.as_str()),
        }
    }
}

/// Which of the synthetic crosses a run sees. Sizes count images over all classes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CrossesSpec {
    /// Training images; the papers have 500.
    pub train: usize,
    /// Validation images, on which the confounder is reversed; the papers have 128.
    pub valid: usize,
    /// Test images, on which the confounder is reversed; the papers have 128.
    pub test: usize,
    /// Standard deviation, in pixels, of the Gaussian that enlarges the training masks.
    pub dilation_sigma: f64,
    /// The seed that draws the subset of images, where it is not the run's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub split_seed: Option<u32>,
}

impl CrossesSpec {
    /// Rows and columns of an image.
    pub const SIDE: usize = 28;
}

/// Which table of images a listing was drawn from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum TableName {
    /// NIH ChestX-ray14 and PadChest: the environment is the hospital.
    Xray,
    /// The RSNA Pneumonia Detection Challenge: the environment is the view.
    Rsna,
    /// A manifest of the user's own images.
    Own,
}

named!(TableName, "table", Xray => "xray", Rsna => "rsna", Own => "own");

/// The pathology that the class 1 of the table `xray` has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum PathologyName {
    /// An enlarged heart (iclr2021).
    #[default]
    Cardiomegaly,
    /// Inflated lungs (activmask2020).
    Emphysema,
}

named!(PathologyName, "pathology", Cardiomegaly => "cardiomegaly", Emphysema => "emphysema");

impl PathologyName {
    /// Whether it is cardiomegaly, which specifications do not name.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// How images are resized.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum ResizeName {
    /// As PIL's bilinear filter.
    Pillow,
    /// As scikit-image's `resize`: a Gaussian and bilinear interpolation.
    Skimage,
}

named!(ResizeName, "resizing", Pillow => "pillow", Skimage => "skimage");

/// The rule by which validation and test images are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum SplitRuleName {
    /// The rule that made the printed numbers (iclr2021, section 4.2).
    #[default]
    Printed,
    /// The rule of the authors' later code.
    Later,
    /// The table itself assigns each image to a part.
    Given,
    /// Half, a quarter and a quarter of each environment and class, as the images came.
    Observed,
}

named!(SplitRuleName, "split rule", Printed => "printed", Later => "later", Given => "given",
    Observed => "observed");

/// Which image files a run sees. The listing alone decides the pixels, the labels and the order of all images; the
/// other fields record what it was made from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImagesSpec {
    /// SHA-256 of the list of training, validation and test images with their pixels' identities, in
    /// hexadecimal digits.
    pub listing: String,
    /// The table of images.
    pub table: TableName,
    /// The pathology, where it is not cardiomegaly; of the table `xray` only.
    #[serde(default, skip_serializing_if = "PathologyName::is_default")]
    pub pathology: PathologyName,
    /// Which issue of the table's files, for display.
    pub issue: String,
    /// Whether an official manifest lists that issue; false for generated stand-ins.
    pub issue_known: bool,
    /// SHA-256 of the table's records, in hexadecimal digits: runs of different seeds that are averaged must
    /// draw from the same table.
    pub table_sha256: String,
    /// How images are resized.
    pub resize: ResizeName,
    /// Which channels they have.
    #[serde(default, skip_serializing_if = "super::is_default")]
    pub channels: ChannelsName,
    /// How their values are normalised; absent where they stay as they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub normalisation: Option<NormalisationSpec>,
    /// Whether negatives without boxes have an empty mask, as the released code has it, or a full one.
    pub empty_negatives: bool,
    /// The seed of the split, where it is not the run's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub split_seed: Option<u32>,
    /// Share of a class that comes from its home environment in training, in `[0, 1]`; absent where the table itself
    /// assigns images to parts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ratio: Option<f64>,
    /// Rule by which validation and test are drawn.
    pub rule: SplitRuleName,
    /// Rows and columns of the images that are trained on and scored.
    pub size: usize,
    /// Rows and columns of the images whose saliency is computed; a network that ends in the mean over all
    /// positions takes any, others take [`size`](Self::size) alone.
    pub saliency_size: usize,
    /// At most this many images of each environment and class, for small runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cell_limit: Option<usize>,
    /// Saliency is computed for at most this many test images of each environment and class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub saliency_limit: Option<usize>,
}

/// A task of the Medical Segmentation Decathlon: is the organ in this slice?
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum VolumeTaskName {
    /// `Task02_Heart`: magnetic resonance images of the left atrium.
    Heart,
    /// `Task03_Liver`: computed tomographies.
    Liver,
    /// `Task07_Pancreas`: computed tomographies.
    Pancreas,
}

named!(VolumeTaskName, "task", Heart => "heart", Liver => "liver", Pancreas => "pancreas");

/// Which slices of volumes a run sees. The listing alone decides the pixels, the labels and the order of all slices;
/// the other fields record what it was made from. In training, slices are cropped at random from `train_size` to
/// `size` and flipped both ways (activmask2020, released code).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VolumesSpec {
    /// SHA-256 of the list of training, validation and test slices with their pixels' identities, in hexadecimal
    /// digits.
    pub listing: String,
    /// The task.
    pub task: VolumeTaskName,
    /// Which collection of volumes, for display.
    pub issue: String,
    /// Whether it has as many volumes as the published one; false for generated stand-ins.
    pub issue_known: bool,
    /// SHA-256 of the volumes' names, in hexadecimal digits: runs of different seeds that are averaged must draw from the
    /// same collection.
    pub table_sha256: String,
    /// The seed of the split and of the draw, where it is not the run's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub split_seed: Option<u32>,
    /// Training slices, half of each class; the paper has 128.
    pub train: usize,
    /// Validation slices, half of each class; the paper has 256.
    pub valid: usize,
    /// Test slices, half of each class; the paper has 256.
    pub test: usize,
    /// At most this many volumes of each part, for small runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub volumes_per_part: Option<usize>,
    /// Rows and columns of the training slices before they are cropped; the paper has 110.
    pub train_size: usize,
    /// Rows and columns of the slices that are trained on and scored; the paper has 100.
    pub size: usize,
    /// Standard deviation, in pixels of the whole slice, of the Gaussian that enlarges the training masks; the paper
    /// has 16, and 8 for the heart.
    pub dilation_sigma: f64,
    /// Saliency is computed for at most this many test slices of each class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub saliency_limit: Option<usize>,
}

/// A collection of images that decoys are planted in (tap2024, section 5.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum CollectionName {
    /// A few thousand digits of MNIST, which this program carries.
    MnistSample,
    /// MNIST, from its four files.
    Mnist,
    /// Chest radiographs of children with and without pneumonia (PNEU).
    Pneumonia,
    /// Radiographs of knees, graded 0 to 4 (KNEE).
    Knee,
}

named!(CollectionName, "collection",
    MnistSample => "mnist-sample",
    Mnist => "mnist",
    Pneumonia => "pneumonia",
    Knee => "knee",
);

impl CollectionName {
    /// Whether its images are files, which the user must provide.
    pub fn needs_files(self) -> bool {
        self != Self::MnistSample
    }

    /// Classes of its images.
    pub fn classes(self) -> usize {
        match self {
            Self::MnistSample | Self::Mnist => 10,
            Self::Pneumonia => 2,
            Self::Knee => 5,
        }
    }
}

/// A kind of decoy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum DecoyName {
    /// A grey square in a corner.
    Patch,
    /// Three letters in a corner.
    Text,
    /// A grey stripe at the left or right border.
    Stripe,
}

named!(DecoyName, "decoy", Patch => "patch", Text => "text", Stripe => "stripe");

/// Which version of a collection with decoys a run trains on. Validation images follow: their decoys tell a class that
/// is drawn, or there are none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum TrainingVersion {
    /// Decoys tell the class.
    #[default]
    Contaminated,
    /// No decoys.
    Clean,
}

named!(TrainingVersion, "version of the training images", Contaminated => "contaminated", Clean => "clean");

/// The files of a collection with decoys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DecoyFiles {
    /// SHA-256 of the list of all images with their pixels' identities, in hexadecimal digits.
    pub listing: String,
    /// Which issue of the collection, for display.
    pub issue: String,
    /// Whether it has as many images as the published one; false for generated stand-ins.
    pub issue_known: bool,
    /// SHA-256 of the images' names or content, in hexadecimal digits: runs of different seeds that are averaged must
    /// draw from the same collection.
    pub table_sha256: String,
}

/// Images in which a planted decoy tells the class (tap2024, section 5.1). The sets of test images are `contaminated`
/// (decoys tell the class), `permuted` (they tell a class that is drawn) and `clean` (there are none).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DecoysSpec {
    /// Which images.
    pub collection: CollectionName,
    /// Their files; absent where the program carries the images.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub files: Option<DecoyFiles>,
    /// What is planted in them.
    pub decoy: DecoyName,
    /// Rows and columns of an image.
    pub size: usize,
    /// The seed that draws the validation images, and place and class of each decoy. The same for all runs, as in the
    /// paper, whose code draws them once, without a seed.
    pub split_seed: u32,
    /// At most this many images of each class in each part, for small runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class_limit: Option<usize>,
    /// Which version of the training images is trained on.
    #[serde(default)]
    pub training: TrainingVersion,
    /// Share of the training images that is trained on, in `(0, 1]`; which ones is drawn for each seed.
    pub fraction: f64,
    /// Saliency is computed for at most this many permuted test images of each class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub saliency_limit: Option<usize>,
}

/// What depends on the sex in drawn sections of hearts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum CardiacName {
    /// Size of the heart and fat (experiment 1).
    Sizes,
    /// A white square on the images of men, and nothing else (experiment 2).
    Marker,
}

named!(CardiacName, "choice of what depends on the sex", Sizes => "sizes", Marker => "marker");

/// Drawn sections of hearts, 105 rows by 135 columns, of four classes with as many images each (heatmap-loss, section 2).
/// Sizes count images over all classes. The environment is the sex, 1 for men. All sets are drawn from one seed, without
/// an image in two of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CardiacSpec {
    /// What depends on the sex.
    pub depends: CardiacName,
    /// Training images; the paper has 10,000.
    pub train: usize,
    /// Validation images; the paper has 3000.
    pub valid: usize,
    /// Test images; the paper's scores are of 10,000, though its text says 300.
    pub test: usize,
    /// The seed that draws the images. The same for all runs, as in the paper, whose code draws them once, without a seed.
    pub split_seed: u32,
    /// Saliency and heat are computed for at most this many test images of each class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub saliency_limit: Option<usize>,
}

impl CardiacSpec {
    /// Rows and columns of an image.
    pub const SIZE: [usize; 2] = [105, 135];
    /// Classes.
    pub const CLASSES: usize = 4;
}
