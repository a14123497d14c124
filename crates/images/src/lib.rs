//! From a table of image files to the images of a run.
//!
//! A table says what there is ([`herring_datasets::Table`]), a split which records belong to which part
//! ([`herring_datasets::confounded`]). What this crate adds, in the order in which data flows:
//!
//! | Module | What it holds |
//! |---|---|
//! | [`settings`] | at which sizes, and prepared how |
//! | [`mod@prepare`] | decodes the records of a split into the cache and lists them |
//! | [`listing`] | the list that decides a run's images; named by its SHA-256 |
//! | [`open`] | a listing's images, read from the cache batch by batch |
//! | [`facts`] | what is known of each image beside its pixels |
//! | [`mod@inspect`] | looks at files as preparing would, and collects what is wrong |
//! | [`mod@doubts`] | warnings about images that can be used |
//! | [`mod@check`] | all of that for a table of one's own, in one report |
//! | [`mod@masked`] | images with their masks, for a person to look at |
//! | [`mod@means`] | mean images of environments and of classes (iclr2021, Figure 1) |
//!
//! *Invariant:* two listings with the same SHA-256 stand for the same pixels, masks, labels and order,
//! wherever the cache lies and whoever filled it.

mod block;
pub mod check;
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
pub use doubts::{doubts, groups_per_part, incomplete, usage};
pub use error::ImagesError;
pub use facts::Facts;
pub use inspect::{Depth, inspect};
pub use listing::{Entry, Excluded, Listing, MaskKind, sha256};
pub use masked::{Masked, masked};
pub use means::{Mean, Means, means};
pub use open::CachedListings;
pub use prepare::{Prepared, prepare};
pub use settings::{Colour, ImageSettings, Reduction};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
