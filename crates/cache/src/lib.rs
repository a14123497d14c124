//! Decoded images in packed, checksummed files that many processes can fill and read at once.
//!
//! Decoding a radiograph takes tens of milliseconds, and training reads it hundreds of times. This crate
//! decodes it once. It is independent of image formats: a closure turns bytes into an
//! [`Image`](herring_datasets::Image), and a text, the *recipe*, describes everything that the closure does.
//!
//! | Module | What it holds |
//! |---|---|
//! | [`cache`] | [`Cache`]: open, read, verify, forget, usage |
//! | [`fill`] | [`Cache::fill`]: requests, workers, the writer |
//! | [`key`] | [`Key`]: the name of a block |
//! | `pack`, `index` | the two files of a pack, and how they become visible |
//! | `blocks` | where each block lies, 56 bytes of memory each |
//! | `memo` | hashes of sources, so that they are not read again |
//! | `files` | scratch files, locks, tidying up |
//!
//! # Guarantees
//!
//! - **A key determines its block.** A [`Key`] hashes the sources' bytes, the recipe and the format. A
//!   changed file, another size or another decoder never finds an old block; nothing has to be invalidated.
//! - **A block is complete or absent.** Packs are written under a temporary name and become visible with
//!   their index, by a rename, after both are on the disk. Every read verifies a CRC-32.
//! - **Any process may be killed at any time.** Writers hold a lock on their temporary file; the next process
//!   removes the files of dead writers. Two processes may fill the same cache; at worst both decode the same
//!   image.
//! - **Memory is bounded**: filling holds a few images a worker, an open cache 56 bytes a block.
//!
//! Everything is a cache: removing the folder costs time only.
//!
//! ```
//! use herring_cache::{Cache, FillSettings, Request};
//! use herring_datasets::Image;
//! use std::sync::atomic::AtomicBool;
//!
//! let folder = tempfile::tempdir()?;
//! std::fs::write(folder.path().join("a.raw"), [0, 51, 102, 153, 204, 255])?;
//! let request = Request {
//!     id: "a".to_owned(),
//!     origin: "table.csv:2".to_owned(),
//!     sources: vec![folder.path().join("a.raw")],
//!     recipe: "raw grey bytes, 2x3, 255 is 1".to_owned(),
//! };
//! let decode = |_: &Request, sources: &[Vec<u8>]| {
//!     let values = sources[0].iter().map(|&byte| f32::from(byte) / 255.0).collect();
//!     Image::new(1, 2, 3, values).map_err(|error| error.to_string())
//! };
//!
//! let cache = Cache::open(folder.path().join("cache"))?;
//! let (settings, stop) = (FillSettings::default(), AtomicBool::new(false));
//! let filled = cache.fill(&[request], decode, &settings, &mut |_| {}, &stop)?;
//! let key = filled.keys[0].clone()?;
//!
//! let mut pixels = [0.0; 6];
//! assert_eq!(cache.read(&key, &mut pixels)?, [1, 2, 3]);
//! assert_eq!(pixels[1], 0.2);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod blocks;
pub mod cache;
mod error;
mod files;
pub mod fill;
mod index;
pub mod key;
mod memo;
mod pack;

pub use cache::{Cache, Usage, Verified};
pub use error::{CacheError, Damage};
pub use fill::{Cause, Failure, FillSettings, Filled, Progress, Request};
pub use key::{FORMAT, Key, SourceHash};

// Compiles and runs the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadmeExample;
