//! Training images with their masks, one of each environment and class, for visual inspection.

use crate::{ImagesError, Listing, MaskKind, Reading, open};
use herring_cache::Cache;
use herring_datasets::quota::CellQuota;
use std::sync::Arc;

/// An image with its mask, channel by channel, row by row.
#[derive(Debug, Clone, PartialEq)]
pub struct Masked {
    /// Identity within its table.
    pub id: String,
    /// Class.
    pub label: usize,
    /// Value of the confounder.
    pub environment: usize,
    /// Rows and columns.
    pub size: usize,
    /// `channels * size * size` values as they are stored, before they are normalised.
    pub image: Vec<f32>,
    /// `size * size` values in [0, 1], 1 inside.
    pub mask: Vec<f32>,
}

/// The first training image of each environment and class that has a mask of its own; none for a cell without
/// masks.
///
/// # Errors
/// The cache's error.
pub fn masked(cache: &Arc<Cache>, listing: &Listing) -> Result<Vec<Masked>, ImagesError> {
    let dataset = open::dataset(
        cache,
        "train",
        (listing.classes.len(), listing.size_in_training()),
        &listing.train,
        (listing.channels, Reading::as_stored(listing.channels)),
    )?;
    let mut quota = CellQuota::new(Some(1));
    let mut found = Vec::new();
    for (index, entry) in listing.train.iter().enumerate() {
        let own = matches!(entry.mask, MaskKind::Stored | MaskKind::Outside { .. });
        if !own || !quota.admit(entry.environment, entry.label) {
            continue;
        }
        let sample = dataset.sample(index)?;
        found.push(Masked {
            id: entry.id.clone(),
            label: entry.label,
            environment: entry.environment,
            size: listing.size_in_training(),
            image: sample.image.values().to_vec(),
            mask: sample.mask.values().to_vec(),
        });
    }
    found.sort_by_key(|masked| (masked.environment, masked.label));
    Ok(found)
}
