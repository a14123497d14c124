//! The mean overlap of maps with masks, over images.

use herring_protocol::Localisation;
use herring_saliency::Overlap;

/// Sums of overlaps over images.
#[derive(Clone, Default)]
pub(crate) struct Overlaps {
    sums: [f64; 3],
    images: usize,
}

impl Overlaps {
    pub(crate) fn add(&mut self, found: &Overlap) {
        for (sum, value) in self.sums.iter_mut().zip([found.iou, found.iop, found.iot]) {
            *sum += value;
        }
        self.images += 1;
    }

    pub(crate) fn mean(&self) -> Localisation {
        let [iou, iop, iot] = self.sums.map(|sum| sum / self.images.max(1) as f64);
        Localisation { iou, iop, iot, images: self.images }
    }
}
