//! The overlap of a thresholded map with a mask (iclr2021, section 6).

use crate::{
    error::{self, SaliencyError},
    smoothing::{Smoothing, smooth},
    thresholding::threshold,
};

/// Keeps the quotients of empty sets at zero.
const EPSILON: f64 = 1e-15;

/// Overlap between the pixels `A` of a thresholded map and those `G` of a mask, each in `[0, 1]`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Overlap {
    /// `|A and G| / |A or G|`: intersection over union.
    pub iou: f64,
    /// `|A and G| / |A|`: intersection over prediction, the precision of the map. The paper's tables
    /// print it under the name "IoU"; its chance level is the mask's share of the image.
    pub iop: f64,
    /// `|A and G| / |G|`: intersection over truth, the recall of the map.
    pub iot: f64,
}

/// The overlap of two sets of pixels; a mask's pixel belongs to it unless it is zero.
///
/// # Errors
/// Map and mask differ in size.
pub fn overlap(kept: &[bool], mask: &[f32]) -> Result<Overlap, SaliencyError> {
    if kept.len() != mask.len() {
        return Err(SaliencyError::Size { what: "map", found: kept.len(), expected: mask.len() });
    }
    let count = |predicate: fn(bool, bool) -> bool| {
        kept.iter().zip(mask).filter(|(kept, mask)| predicate(**kept, **mask != 0.0)).count() as f64
    };
    let both = count(|kept, truth| kept && truth);
    Ok(Overlap {
        iou: both / (count(|kept, truth| kept || truth) + EPSILON),
        iop: both / (count(|kept, _| kept) + EPSILON),
        iot: both / (count(|_, truth| truth) + EPSILON),
    })
}

/// Smooths a raw map of `size` rows and columns, thresholds it by its mask and measures the overlap.
///
/// # Errors
/// Map or mask are not of `size`, or hold invalid values.
pub fn localise(map: &[f32], mask: &[f32], size: [usize; 2], smoothing: Smoothing) -> Result<Overlap, SaliencyError> {
    error::check_mask(mask, size[0] * size[1])?;
    overlap(&threshold(&smooth(map, size, smoothing)?, mask)?, mask)
}
