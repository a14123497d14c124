//! Tables, figures and pages made from a reproduction's folder, as parts that a paper puts together.
//!
//! [`Outputs`] makes `table.txt`, `results.csv`, `results.json` and `report.html` of a folder and looks at
//! nothing else. A report is a list of [`sections`]; which ones a paper has is said by its [`PaperReport`].
//! [`export`] and [`mlflow`] hand the numbers on to other programs.
//!
//! *Invariants.* Nothing here knows tensors, devices or how a run is done; everything can be made again at any
//! time from the folder alone.

mod auc;
pub mod export;
pub mod html;
pub mod mlflow;
mod outputs;
mod overview;
mod paper;
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
