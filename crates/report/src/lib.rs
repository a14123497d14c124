//! Tables, figures and pages of a reproduction's folder, made of sections that a paper selects.
//!
//! [`Outputs`] makes `table.txt`, `results.csv`, `results.json` and `report.html` from a folder alone. A report is a list
//! of [`sections`], which a paper states in its [`PaperReport`]. [`export`] and [`mlflow`] export the numbers for other
//! programs.
//!
//! *Invariants.* This crate does not depend on tensors, devices or training; everything can be made again at any time
//! from the folder.

mod auc;
pub mod colormap;
pub mod export;
pub mod html;
pub mod mlflow;
mod number;
mod outputs;
mod overview;
mod paper;
pub mod picture;
mod reliance;
mod search_page;
pub mod sections;
pub mod table;

pub use outputs::{Outputs, write_outputs};
pub use overview::write_overview;
pub use paper::{Page, PaperReport, Reports, Section};
pub use search_page::write_search_page;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
