//! Generated stand-ins for chest X-ray collections that cannot be shared, for volumes that are large, and for images of
//! one's own.
//!
//! The collections behind the experiments of *Saliency is a Possible Red Herring When Diagnosing Poor
//! Generalization* (ICLR 2021) must be requested from their owners. This crate writes folders in the
//! same layouts and formats, with pictures that are computed: a crude chest, a pathology inside the
//! expert's mask, and a confounder outside of it. With them the whole path, from tables to report, runs
//! on any machine.
//!
//! **They are never a substitute for data in a paper.** Nothing measured on them says anything about radiology,
//! and each generated folder has a README.txt with this warning.
//!
//! | Function | Writes | Class 1 | Environments |
//! |---|---|---|---|
//! | [`xray()`] | `ROOT/nih`, `ROOT/padchest` | a wider heart | site: L tag or ring |
//! | [`rsna()`] | `ROOT/rsna` | one or two opacities in boxes | view: L tag or ring |
//! | [`own()`] | `ROOT/own`, with `manifest.csv` | (three shapes) | stripes along a side |
//! | [`shapes()`] | `ROOT/shapes`, with `manifest.csv`, in colour | (two or three shapes) | grass, sand, water |
//! | [`decathlon()`] | `ROOT/Task02_Heart`, `ROOT/Task03_Liver`, `ROOT/Task07_Pancreas` | slices with the organ | (tasks) |
//! | [`pneumonia()`] | `ROOT/chest_xray` | several opacities | (none) |
//! | [`knee()`] | `ROOT/kneeKL224` | (five grades: a narrower joint) | (none) |
//!
//! With [`Edition::Full`] the first two write the layouts in which the owners hand the collections out: images in
//! full size in many folders, and DICOM files whose headers hold the view.
//!
//! Equal settings give equal bytes, on every platform and with any number of threads: each picture draws from a
//! stream of its own, and pictures are made of sums, products, quotients and square roots only. A folder appears
//! when it is complete; a folder that is not empty is never written to. While at work, a hidden folder
//! `.standins-…` lies in ROOT; only a killed process leaves it behind. Memory is a few pictures a thread and a
//! few words an image.
//!
//! ```
//! use herring_standins::{XraySettings, xray};
//!
//! let root = tempfile::tempdir()?;
//! let summary = xray(root.path(), &XraySettings { per_cell: 2, others: 1, side: 32, ..Default::default() })?;
//! assert_eq!(summary.images(), 10); // two sites, two classes, and one other row a site
//! assert!(root.path().join("nih/images-224/00000001_000.png").is_file());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod canvas;
mod chest;
pub mod decathlon;
mod dicom;
mod error;
mod folder;
pub mod knee;
mod marker;
mod nifti;
mod opacity;
pub mod own;
mod plan;
pub mod pneumonia;
pub mod rsna;
mod settings;
pub mod shapes;
mod stream;
mod summary;
mod table;
pub mod xray;

pub use decathlon::decathlon;
pub use error::StandinError;
pub use knee::knee;
pub use own::own;
pub use pneumonia::pneumonia;
pub use rsna::rsna;
pub use settings::{
    DecathlonSettings, Edition, KneeSettings, OwnSettings, Pathology, PneumoniaSettings, RsnaSettings, ShapesSettings,
    Strengths, XraySettings,
};
pub use shapes::shapes;
pub use summary::Summary;
pub use xray::xray;

// Compiles and runs the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadmeExample;
