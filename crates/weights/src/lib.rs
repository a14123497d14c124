//! The files of weights that people have, as named tensors, and networks that start from them.
//!
//! | Module | What it holds |
//! |---|---|
//! | [`mod@kind`] | what a file is, by its first bytes and not by its name |
//! | [`mod@read`] | [`read`](read::read): any such file, its SHA-256, and the tensors under torchvision's names |
//! | `pytorch`, `safe`, `keras` | one reader each: `torch.save`'s containers, safetensors, Keras' VGG-16 |
//! | `names` | DenseNet's old names; counters that nothing depends on |
//! | [`mod@fit`] | [`fit`](fit::fit): a network with the tensors of a file; a head that does not fit stays random |
//! | [`mod@files`] | where a run finds its file, by name and SHA-256 |
//! | [`mod@known`] | the files of `datasets/weights.toml`, and which of them a folder holds |
//!
//! A pickle is a program. The one in a `.pth` file is read by an interpreter that knows how tensors are put together and
//! nothing else (`pytorch-reader`): it looks no name up and calls nothing. What else the pickle asks for is kept as a
//! name, and a file that holds any is refused with it.
//!
//! *Invariants:* a file is read completely or not at all; no file makes this crate panic or run code, and the
//! memory that one takes grows no faster than its length (a hostile pickle may take some hundred times it); each error is
//! one line with the file, the tensor, what was found and what was expected.

mod elements;
pub mod error;
pub mod files;
pub mod fit;
mod keras;
pub mod kind;
pub mod known;
mod names;
mod pytorch;
pub mod read;
mod safe;
mod tensors;

pub use error::WeightsError;
pub use files::{NoWeightFiles, WeightFiles, WeightPaths};
pub use fit::{Fitted, fit};
pub use kind::FileKind;
pub use known::{FolderReport, KnownFile, KnownState, OtherFile, inspect, known_files};
pub use read::{WeightsFile, hash, read};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
