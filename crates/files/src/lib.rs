//! Small things that several crates do with files and texts, each in one place.
//!
//! | Module | What it holds |
//! |---|---|
//! | [`mod@sync`] | waiting until a folder's entries are on the disk |
//! | [`mod@replace`] | replacing a file in one step |
//! | [`mod@place`] | lines and columns for error messages |
//!
//! *Invariant:* nothing here knows what a file is for.

pub mod place;
pub mod replace;
pub mod sync;

pub use place::{line_and_column, place};
pub use replace::{is_draft, replace};
pub use sync::{NotSyncable, not_syncable, sync};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
