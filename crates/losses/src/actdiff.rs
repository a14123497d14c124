//! Activation difference: penalises the distance between activations of an image and of its permuted version
//! (iclr2021, equation 1; activmask2020, equation 1).
//!
//! With `a` a layer's activations, the papers and their released codes are these settings:
//!
//! | | iclr2021 paper | iclr2021 released | activmask2020 paper | activmask2020 released |
//! |---|---|---|---|---|
//! | [`layers`](ActDiff::layers) | a layer that is not named: pooled here | pooled | all | all |
//! | [`distance`](ActDiff::distance) | image | image | image | position |
//! | [`offset`](ActDiff::offset) | 0 | 1e-6 | 0 | 1e-6 |
//! | [`weighted`](ActDiff::weighted) | yes | no: always 1 | yes | yes |
//! | batch | sum (here: mean, so that the weight does not depend on the batch) | mean | mean | mean |
//!
//! The distance `position` is PyTorch's `PairwiseDistance` up to version 1.8, which took the channels as its
//! axis. Its mean over all positions of all layers weighs a layer by its size: at 28 pixels the stem and the
//! first stage of a ResNet have 79 % of it.
//!
//! The pass over the permuted images comes first.

use crate::{Batch, Contribution, Passes, Penalty, norm};
use burn::tensor::{
    Tensor,
    backend::{AutodiffBackend, Backend},
};
use herring_backend::{Kernels, ops};
use herring_models::{Stackable, Trace};
use herring_protocol::{ActDiffDistance, ActDiffLayers};

/// Distance between the activations of an image and of its permuted version.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ActDiff {
    /// Weight of the penalty.
    pub weight: f64,
    /// Whether the penalty is multiplied by the weight.
    pub weighted: bool,
    /// Which activations are compared.
    pub layers: ActDiffLayers,
    /// Which values the Euclidean distance runs over.
    pub distance: ActDiffDistance,
    /// Added to every component of the difference, so that a distance of zero has a gradient.
    pub offset: f64,
}

impl ActDiff {
    /// The penalty for the passes over the images and over the permuted ones, `[1]`. A model that returns no
    /// layers is compared by its pooled features.
    pub fn between<B: Kernels>(&self, images: &Trace<B>, masked: &Trace<B>) -> Tensor<B, 1> {
        let layers: Vec<(&Tensor<B, 4>, &Tensor<B, 4>)> = match self.layers {
            ActDiffLayers::All => images.layers.iter().zip(&masked.layers).collect(),
            ActDiffLayers::Pooled => Vec::new(),
        };
        let distance = match (layers.is_empty(), self.distance) {
            (true, _) => norm::rows(self.difference(images.pooled.clone(), masked.pooled.clone())).mean(),
            (false, ActDiffDistance::Image) => self.by_image(&layers),
            (false, ActDiffDistance::Position) => self.by_position(&layers),
        };
        if self.weighted { distance * self.weight } else { distance }
    }

    fn difference<B: Backend, const D: usize>(&self, images: Tensor<B, D>, masked: Tensor<B, D>) -> Tensor<B, D> {
        let difference = masked - images;
        if self.offset == 0.0 { difference } else { difference + self.offset }
    }

    /// The mean over layers of the mean over images of the distance of all values.
    fn by_image<B: Backend>(&self, layers: &[(&Tensor<B, 4>, &Tensor<B, 4>)]) -> Tensor<B, 1> {
        let each = layers.iter().map(|(images, masked)| {
            let flat = |tensor: &Tensor<B, 4>| tensor.clone().flatten::<2>(1, 3);
            norm::rows(self.difference(flat(images), flat(masked))).mean()
        });
        sum(each) / layers.len() as f64
    }

    /// The mean over all positions of all layers of the distance of their channels.
    fn by_position<B: Kernels>(&self, layers: &[(&Tensor<B, 4>, &Tensor<B, 4>)]) -> Tensor<B, 1> {
        let mut positions = 0;
        let each = layers.iter().map(|(images, masked)| {
            let [batch, _, height, width] = images.dims();
            positions += batch * height * width;
            ops::total(norm::channels(self.difference((*images).clone(), (*masked).clone())))
        });
        sum(each) / positions as f64
    }
}

/// The sum of at least one number.
fn sum<B: Backend>(mut numbers: impl Iterator<Item = Tensor<B, 1>>) -> Tensor<B, 1> {
    match numbers.next() {
        Some(first) => numbers.fold(first, |total, number| total + number),
        None => Tensor::zeros([1], &B::Device::default()),
    }
}

impl<B: AutodiffBackend + Kernels, M: Stackable<B>> Penalty<B, M> for ActDiff {
    fn needs_layers(&self) -> bool {
        self.layers == ActDiffLayers::All
    }

    fn needs_masked(&self) -> bool {
        true
    }

    fn penalty(&mut self, _model: &M, passes: &Passes<B>, _batch: &Batch<B>) -> Contribution<B> {
        Contribution::new(self.between(&passes.images, passes.masked()))
    }
}
