//! The papers that can be reproduced, the audit of the user's own images, and the registry of all of them.
//!
//! A paper is one module here, which names its texts under `experiments/<paper>/` and the sections of its
//! report, and one word in the list below. Adding one is copying a sibling: see "Where to change what" in
//! `docs/architecture.md`.

pub mod activmask2020;
pub mod audit;
pub mod heatmap_loss;
pub mod iclr2021;
pub mod tap2024;

use herring_experiments::Catalogue;
use herring_report::Reports;

/// Lists the modules of papers in the catalogue and in the list of reports.
macro_rules! papers {
    ($($paper:ident),+ $(,)?) => {
        /// All papers, in the order in which they are listed.
        pub static CATALOGUE: Catalogue = Catalogue { papers: &[$(&$paper::PAPER),+] };

        /// All papers with their reports.
        pub static REPORTS: Reports = Reports { catalogue: &CATALOGUE, papers: &[$(&$paper::REPORT),+] };
    };
}

papers![iclr2021, activmask2020, tap2024, heatmap_loss, audit];

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
