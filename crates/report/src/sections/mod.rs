//! The sections of reports, one in each file. A paper's report is a list of them; each is a function from a
//! [`Page`](crate::Page) to HTML, which is empty if there is nothing to show.

pub mod choices;
mod classes;
pub mod curves;
pub mod decoys;
mod defaults;
pub mod evidence;
pub mod examples;
pub mod explained;
mod figure;
pub mod fractions;
pub mod further;
pub mod head;
pub mod heat;
pub mod images;
pub(crate) mod overview;
pub mod populations;
pub mod readings;
pub mod reliance;
pub mod runs;
pub mod saliency;
pub mod scatter;
pub mod setting;
mod style;
pub mod summary;
pub mod tuning;
pub mod versions;

use crate::Section;
pub(crate) use crate::{
    colormap,
    html::{escape, page, scroll, section},
    picture,
};

/// The sections of iclr2021, also used for experiments that are not in the catalogue.
pub const STANDARD: &[Section] = &[
    head::render,
    evidence::render,
    summary::render,
    setting::render,
    choices::render,
    populations::render,
    curves::render,
    images::render,
    examples::render,
    saliency::render,
    heat::render,
    scatter::render,
    further::render,
    tuning::render,
    readings::render,
    runs::render,
];
