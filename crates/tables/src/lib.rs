//! Tables of images: the official files of NIH ChestX-ray14, PadChest and RSNA Pneumonia, and the user's own.
//!
//! A reader turns files as they ship into a [`herring_datasets::Table`]: where each image lies, its class, its
//! environment, and where the evidence should be. No image is opened; [`check()`] does that: it compares a folder
//! with its manifest before any training starts.
//!
//! | Module | What it holds |
//! |---|---|
//! | [`manifest`] | the description of a collection: `datasets/*.toml` |
//! | [`official`] | [`xray`], [`rsna`], [`nih`], [`padchest`] |
//! | [`mod@own`] | a CSV or folder of the user's own images |
//! | [`mod@present`] | whether an experiment's files exist |
//! | [`mod@check`] | tables and images against the manifest |
//! | [`report`] | what a check found |
//! | [`exclusions`] | images that are left out on request |
//! | [`reading`] | a table, and what was left out of it |
//! | [`error`] | problems: one line each, all of them collected |
//!
//! # The data root
//!
//! ```text
//! ROOT/nih/Data_Entry_2017.csv                  or Data_Entry_2017_v2020.csv
//! ROOT/nih/images-224/00000001_000.png ...      8 bit, 224x224: the small edition, or
//! ROOT/nih/images_001/images/....png ...        8 bit, 1024x1024: as the owner hands it out
//! ROOT/padchest/PADCHEST_chest_x_ray_images_labels_160K_01.02.19.csv
//! ROOT/padchest/images-224/....png              16 bit, 224x224, or
//! ROOT/padchest/0/....png ...                   16 bit, of any size
//! ROOT/rsna/stage_2_train_labels.csv            or kaggle_stage_2_train_labels.csv
//! ROOT/rsna/kaggle_stage_2_train_images_dicom_headers.csv
//! ROOT/rsna/stage_2_train_images_jpg/....jpg    8 bit, 1024x1024, or
//! ROOT/rsna/stage_2_train_images/....dcm        8 bit, 1024x1024; without the table of headers, the view too
//! ```
//!
//! For another pathology than cardiomegaly ([`xray_with`], [`Manifest::of_pathology`]) the small edition is another one,
//! for emphysema `images-128` instead of `images-224`.
//!
//! Each table may also lie there as `.csv.gz` or `.csv.zip`. The first name of a list takes precedence, and for one
//! name the plain file, then `.gz`, then `.zip`; [`Reading::notes`] lists the files that were not read. A table may
//! unpack to [`UNPACKED_LIMIT`] bytes at most.
//!
//! The owner's files are found by their names, at any depth below the collection's folder; hidden files are passed
//! over and links followed once. The small edition is read where it holds every image of the records, or misses no
//! more of them than the owner's; a note says which one is read if both exist. One name at two places is accepted if
//! the bytes are equal and is a problem if not. The path that was found is the record's
//! [`image`](herring_datasets::Record::image), and [`Reading::image_editions`] has its edition.
//!
//! # Damage
//!
//! A reader continues after a damaged row and returns all problems together ([`TableError::Problems`]), each one
//! line with file and line. Rows that are intact but not part of the experiment (another view, another finding) are
//! counted by reason in [`Reading::left_out`].
//!
//! ```
//! use herring_tables::{Negatives, rsna};
//!
//! let root = tempfile::tempdir()?;
//! std::fs::create_dir(root.path().join("rsna"))?;
//! let error = rsna(root.path(), Negatives::Released).unwrap_err();
//! assert_eq!(error.to_string().lines().count(), 2, "both tables are missing");
//! assert!(error.to_string().contains("stage_2_train_labels.csv"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod check;
pub mod error;
pub mod exclusions;
mod labels;
mod layout;
pub mod manifest;
pub mod official;
pub mod own;
mod place;
pub mod present;
pub mod reading;
pub mod report;
mod sheet;
mod unpack;

pub use check::{PictureInfo, Probe, check, check_without};
pub use error::{Problem, ProblemKind, Problems, TableError};
pub use exclusions::{Excluded, Exclusions};
pub use manifest::{COLLECTIONS, ImageEdition, LabelRule, ListForm, Manifest, Matching, Pathology};
pub use official::{Negatives, nih, padchest, rsna, xray, xray_with};
pub use own::{LabelNames, OwnOptions, Survey, own, own_with, survey};
pub use present::{EXPERIMENTS, Presence, manifests, manifests_with, present, present_with};
pub use reading::{LeftOut, Reading};
pub use report::{CheckReport, Finding, FindingKind, warning_lines};
pub use unpack::UNPACKED_LIMIT;

// Compiles and runs the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadmeExample;
