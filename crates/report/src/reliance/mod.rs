//! What an audit found, in plain words: whether the plain classifier relies on the environment, where it looks, what each
//! remedy changed, and what cannot be concluded.
//!
//! `measure` takes the numbers from a folder, `words` makes sentences of them. The reliance is the drop in accuracy from
//! validation images, among which the environment predicts the class as in training, to test images, among which it does so
//! less or misleads. Where all parts are alike it is the drop, among test images, from each class's most frequent environment
//! in training to its others.

mod measure;
mod words;

use herring_experiments::{collect::Collection, results::Results};

/// The findings of a folder's finished runs, a paragraph each; empty where the images are no table with environments and
/// classes, or no run of the plain classifier has finished.
pub(crate) fn findings(collection: &Collection, results: &Results) -> Vec<String> {
    measure::audit(collection, results).map(|audit| words::paragraphs(&audit)).unwrap_or_default()
}
