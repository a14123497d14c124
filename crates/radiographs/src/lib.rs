//! The radiographs of *Targeted Activation Penalties Help CNNs Ignore Spurious Signals* (AAAI 2024, `tap2024`): the
//! paediatric chests of Kermany et al. ("PNEU", two classes) and the knees of the Osteoarthritis Initiative ("KNEE",
//! five grades), from the owners' folders to images with decoys and without.
//!
//! The modules, in the order in which data flow through them:
//!
//! | Module | What it holds |
//! |---|---|
//! | [`collection`] | [`Collection`]: folders, classes, constants |
//! | [`settings`] | [`RadiographSettings`]: which decoys, at which size, how many images |
//! | [`folder`] | [`Folder`]: the image files of a collection, and what is wrong with its folders |
//! | [`draw`] | the validation part, the limits and the decoys, from seeded streams |
//! | [`mod@block`] | from a file to grey values, exactly as the released code has them through Pillow |
//! | `size` | the size that the pictures of a collection share |
//! | [`mod@prepare`] | all of that, into the cache and a listing |
//! | [`mod@check`] | what is wrong with a collection, all at once |
//!
//! Each image has up to three *versions*: *contaminated* (its decoy tells its class), *permuted* (the decoy tells
//! another class, or one at random) and *clean* (no decoy). A run trains on contaminated images, selects its epoch on
//! permuted ones and is tested on all three; teachers and the row "Base" train on clean ones. All versions of an image
//! have the decoy at the same place, and one mask: 0 in the decoy's rectangle, 1 elsewhere.
//!
//! The result is a listing like that of image files (`herring-images`): training opens it by its SHA-256.

pub mod block;
pub mod check;
pub mod collection;
pub mod draw;
mod error;
pub mod folder;
pub mod prepare;
pub mod settings;
mod size;

pub use block::{clean, with_decoy};
pub use check::check;
pub use collection::Collection;
pub use error::{Fault, RadiographsError};
pub use folder::{Folder, ImageFile};
pub use herring_decoys::DecoyKind;
pub use prepare::{CLEAN, CONTAMINATED, Facts, PERMUTED, PartFacts, Prepared, prepare};
pub use settings::RadiographSettings;

// Compiles and runs the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadmeExample;
