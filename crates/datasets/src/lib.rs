//! Samples, masks, environments and splits: the data side of `red-herring`.
//!
//! A *sample* is an image, a *mask* that says where the evidence for its class should be, a class label, an
//! *environment* (the value of the confounder: a hospital, a view, a side of the image) and an identity that
//! survives shuffling. Everything in this crate is plain data: it is independent of tensors, devices and
//! training, and it never uses a global random state. Callers pass a generator where randomness is needed.
//!
//! The modules, in the order in which data flows through them:
//!
//! | Module | What it holds |
//! |---|---|
//! | [`image`] | one array of `f32`, `[channels, height, width]` |
//! | [`dataset`] | [`Sample`], [`Dataset`], [`Splits`], in memory or read as needed |
//! | [`numpy`] | NumPy's legacy random generator, bit for bit |
//! | [`crosses`] | the synthetic crosses of the ICLR 2021 paper, bit for bit |
//! | [`mask`] | dilation, the outside of a mask, withholding masks |
//! | [`bit_mask`] | masks of ones and zeros, a bit a pixel |
//! | [`permute`] | permuting or zeroing the pixels outside the mask |
//! | [`batch`] | epochs of packed batches |
//! | [`cells`] | the images of each environment and class |
//! | [`augment`] | random crops and flips of a batch |
//! | [`record`] | [`Table`]s of images that are not read yet |
//! | [`listed`] | the images of a run, and where they come from |
//! | [`quota`] | a limit on the images of each environment and class |
//! | [`confounded`] | splits of a table in which the environment misleads |
//! | [`observed`] | splits that keep the table's own distribution |
//! | [`groups`] | how many test images are of a training patient |
//!
//! The paper meant throughout is *Saliency is a Possible Red Herring When Diagnosing Poor
//! Generalization* (ICLR 2021); "the released code" is the repository its authors published.
//!
//! ```
//! use herring_datasets::crosses::{self, CrossesSettings};
//!
//! let splits = crosses::splits(&CrossesSettings::default(), 1234)?;
//! assert_eq!(splits.train.len(), 500);
//! assert_eq!(splits.train.image_shape(), [1, 28, 28]);
//! // Seed 1234 draws file 322 first among the two-cross images, which come first in the list.
//! assert_eq!(splits.train.entries()[0].id, "distractor1/0322");
//! # Ok::<(), herring_datasets::DatasetError>(())
//! ```

pub mod augment;
pub mod batch;
pub mod bit_mask;
pub mod cells;
pub mod confounded;
pub mod crosses;
pub mod dataset;
mod error;
mod grouped;
pub mod groups;
pub mod image;
pub mod listed;
pub mod mask;
pub mod numpy;
pub mod observed;
pub mod permute;
pub mod quota;
pub mod record;

pub use augment::Augmentation;
pub use batch::{Batch, Batches};
pub use bit_mask::BitMask;
pub use cells::Cells;
pub use dataset::{Dataset, Entry, Pixels, Sample, Splits};
pub use error::DatasetError;
pub use groups::{SharedGroups, shared_groups};
pub use image::Image;
pub use record::{Origin, Part, PixelBox, Record, Region, Table};

// Compiles and runs the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadmeExample;
