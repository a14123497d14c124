//! The papers that can be reproduced, and the registry of all of them.
//!
//! A paper is one module here, which names its texts under `experiments/<paper>/` and the sections of its
//! report, and one line in [`CATALOGUE`]. Adding one is copying a sibling: see "Where to change what" in
//! `docs/architecture.md`.

pub mod activmask2020;
pub mod iclr2021;

use herring_experiments::Catalogue;

/// All papers, in the order in which they are listed.
pub static CATALOGUE: Catalogue = Catalogue { papers: &[&iclr2021::PAPER, &activmask2020::PAPER] };
