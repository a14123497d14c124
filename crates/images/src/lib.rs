//! From a table of image files to the images of a run.
//!
//! A table lists the images ([`herring_datasets::Table`]), a split assigns records to parts
//! ([`herring_datasets::confounded`]). The modules of this crate, in the order in which data flow:
//!
//! | Module | What it holds |
//! |---|---|
//! | [`settings`] | sizes and preparation of images |
//! | [`mod@prepare`] | decodes the records of a split into the cache and lists them |
//! | [`listing`] | the list that decides a run's images; named by its SHA-256 |
//! | [`open`] | a listing's images, read from the cache batch by batch |
//! | [`facts`] | facts about each image in addition to its pixels |
//! | [`mod@inspect`] | reads files as preparing would, and collects errors |
//! | `colours` | whether any image of a table has colours |
//! | [`mod@doubts`] | warnings about images that can be used |
//! | [`mod@check`] | all of that for a user's own table, in one report |
//! | [`mod@masked`] | images with their masks, for visual inspection |
//! | [`mod@means`] | mean images of environments and of classes (iclr2021, Figure 1) |
//!
//! *Invariant:* two listings with the same SHA-256 stand for the same pixels, masks, labels and order,
//! independent of the cache's location and of who filled it.

mod block;
pub mod check;
mod colours;
pub mod doubts;
mod error;
pub mod facts;
pub mod inspect;
pub mod listing;
pub mod masked;
pub mod means;
pub mod open;
pub mod prepare;
pub mod settings;

pub use check::{CheckSettings, check};
pub use colours::has_colours;
pub use doubts::{doubts, groups_per_part, incomplete, usage};
pub use error::{ImagesError, list_failures};
pub use facts::Facts;
pub use inspect::{Depth, inspect};
pub use listing::{CleanEntries, Entry, Excluded, Listing, MaskKind, PerChannel, Reading, TestSet, sha256};
pub use masked::{Masked, masked};
pub use means::{Mean, Means, means};
pub use open::CachedListings;
pub use prepare::{Prepared, prepare};
pub use settings::{Colour, ImageSettings, Reduction};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
