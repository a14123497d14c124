//! Input masking (iclr2021, section 3, "Masked"): the model trains on images without their outside
//! and is evaluated on whole ones.
//!
//! Paper and released code agree. Whether the outside is permuted (`clfshuffle`, Tables 1 and 2) or
//! zero (`clfmasked`, the later tables) is decided by who fills [`Batch::masked`].

use crate::{Batch, Objective, Penalty};
use burn::tensor::backend::AutodiffBackend;
use herring_backend::Kernels;
use herring_models::{Mode, Stackable};

/// Cross-entropy on the masked images.
#[derive(Debug, Clone, Copy, Default)]
pub struct Masked;

impl<B: AutodiffBackend + Kernels, M: Stackable<B>> Penalty<B, M> for Masked {
    fn objective(&mut self, model: &M, batch: &Batch<B>) -> Objective<B> {
        let trace = model.trace(batch.masked.clone(), Mode::Train);
        Objective::new(trace.logits, trace.statistics)
    }
}
