//! Targeted activation penalty (TAP; Zhang et al. 2024, equations 6 to 8): activations at several depths must be small where
//! the mask says that there is no evidence. No derivative beyond the first is needed.
//!
//! With `a_l` the channel sum of tap `l`, `o` 1 outside the mask and `o_l` that reduced to the tap's size, averaged over the
//! `L` taps and over the batch:
//!
//! | | paper ([`TapReading::Paper`]) | released code ([`TapReading::Released`]) |
//! |---|---|---|
//! | norm of `o_l a_l` | sum of magnitudes | sum of squares |
//! | `o_l` | from `o`: maximum over 3x3, then averages to the size of the tap | from the last tap's `o`: the same, over windows of `k = floor(side of o / side of the tap)` if `k > 1`, then the nearest pixel where that is still too large |
//!
//! The released mask grows with each tap, so that deep taps are penalised in a larger region.

use crate::{Batch, Contribution, Passes, Penalty};
use burn::tensor::{Tensor, backend::AutodiffBackend};
use herring_backend::{Kernels, ops, pooling, resize};
use herring_models::Stackable;
use herring_protocol::TapReading;

/// Penalised activations. The taps are those of the network ([`herring_models::Trace::taps`]).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tap {
    /// Weight of the penalty. Weights of the two readings differ by orders of magnitude.
    pub weight: f64,
    /// How the mask is reduced and the activations are measured.
    pub reading: TapReading,
}

/// The released code's mask for a tap of `size` rows and columns, from that of the tap before.
fn cascaded<B: Kernels>(mask: Tensor<B, 4>, size: [usize; 2]) -> Tensor<B, 4> {
    let window = mask.dims()[3] / size[1];
    let mask = if window > 1 { pooling::average(pooling::dilate(mask), window) } else { mask };
    if mask.dims()[3] > size[1] { resize::nearest(mask, size) } else { mask }
}

impl<B: AutodiffBackend + Kernels, M: Stackable<B>> Penalty<B, M> for Tap {
    fn penalty(&mut self, _model: &M, passes: &Passes<B>, batch: &Batch<B>) -> Contribution<B> {
        let taps = &passes.images.taps;
        let mut mask = batch.outside();
        let whole = (self.reading == TapReading::Paper).then(|| pooling::dilate(mask.clone()));
        let mut total = Tensor::zeros([1], (&mask.device(), batch.images.dtype()));
        for tap in taps {
            let [_, _, height, width] = tap.dims();
            let activations = ops::sum_over_channels(tap.clone());
            total = total
                + match &whole {
                    Some(whole) => {
                        let outside = pooling::adaptive_average(whole.clone(), [height, width]);
                        ops::total((activations * outside).abs())
                    }
                    None => {
                        mask = cascaded(mask, [height, width]);
                        let outside = activations * mask.clone();
                        ops::total(outside.clone() * outside)
                    }
                };
        }
        let share = self.weight / (taps.len().max(1) * batch.images.dims()[0]) as f64;
        Contribution::new(total * share)
    }
}
