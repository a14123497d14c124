//! Class activation maps inside the loss (heatmap-loss, section 2): the heat of a map must lie inside the mask. No derivative
//! beyond the first of what lies before the tap is needed, and only the head is differentiated twice.
//!
//! With `A` the activations of a tap, `G` the gradient of the class's raw logit with respect to them and `m` the class
//! activation map, `h = max(m, 0)` divided by a scale, and `o` 1 outside the mask, resized to the tap:
//!
//! | | paper | released code (the defaults) |
//! |---|---|---|
//! | class | that of the largest logit | the same, right or wrong |
//! | map | HiResCAM; channels are summed, as it is defined | HiResCAM; their mean |
//! | `o` at the tap | not said | OpenCV's `resize`: [`MaskResize::Bilinear`] |
//! | scale | not said | its largest cell |
//! | penalty of an image | `Σ o h`: [`HeatOutside::Sum`] | `mean(o h)` over the cells: [`HeatOutside::Mean`] |
//!
//! [`HeatOutside::Dice`] is what the paper's outlook names: `1 - 2 Σ (1 - o) h / (Σ h + Σ (1 - o))`.
//!
//! The penalty is the mean over the images of the batch; the paper's has one image. A map may have no positive cell. Then the
//! released code divides by zero, which ended several of the authors' runs; here such an image contributes nothing and is
//! counted ([`Contribution::left_out`]), or with [`WithoutHeat::NotANumber`] what the division gives.

use crate::{Batch, Contribution, Passes, Penalty, WithRespectTo};
use burn::tensor::{Tensor, backend::AutodiffBackend};
use herring_backend::{Autodiff, Kernels, ops, pooling, resize};
use herring_models::{Mode, Stackable, Trace};
use herring_protocol::{CamChannels, CamMode, CamName, CamTarget, HeatOutside, HeatScale, MaskResize, WithoutHeat};
use herring_saliency::Cam;

/// Penalised heat outside the mask.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Heatmap {
    /// Weight of the penalty.
    pub weight: f64,
    /// Which map.
    pub map: CamName,
    /// The tap, from 0 ([`Trace::taps`]).
    pub tap: usize,
    /// Of which class.
    pub target: CamTarget,
    /// How channels become one; without effect where the map is divided by a scale of its own.
    pub channels: CamChannels,
    /// By what the map is divided.
    pub scale: HeatScale,
    /// How the heat outside becomes a number.
    pub outside: HeatOutside,
    /// How the mask is brought to the map's size.
    pub mask: MaskResize,
    /// The mode of the pass that the map is made of; without effect on networks without normalisation and dropout.
    pub mode: CamMode,
    /// What a map without a positive cell contributes.
    pub without_heat: WithoutHeat,
}

impl Heatmap {
    /// The released code's reading of HiResCAM on the tap at this place.
    pub fn released(tap: usize) -> Self {
        Self {
            weight: 1.0,
            map: CamName::Hirescam,
            tap,
            target: CamTarget::Predicted,
            channels: CamChannels::Mean,
            scale: HeatScale::Maximum,
            outside: HeatOutside::Mean,
            mask: MaskResize::Bilinear,
            mode: CamMode::Train,
            without_heat: WithoutHeat::Nothing,
        }
    }

    /// The class activation map of each image, one row each, `[batch, cells]`.
    fn maps<B: Kernels>(&self, activations: Tensor<B, 4>, gradient: Tensor<B, 4>) -> Tensor<B, 2> {
        let [batch, channels, height, width] = activations.dims();
        let method = match self.map {
            CamName::GradCam => Cam::GradCam,
            CamName::Hirescam => Cam::HiResCam,
        };
        let maps = method.map(activations, gradient).reshape([batch, height * width]);
        match self.channels {
            CamChannels::Mean => maps.div_scalar(channels as f64),
            CamChannels::Sum => maps,
        }
    }

    /// The penalty of each image, `[batch, 1]`, of its `heat` and of what lies `outside`, both `[batch, cells]`.
    fn of_images<B: Kernels>(&self, heat: Tensor<B, 2>, outside: Tensor<B, 2>) -> Tensor<B, 2> {
        let cells = heat.dims()[1] as f64;
        match self.outside {
            HeatOutside::Sum => (heat * outside).sum_dim(1),
            HeatOutside::Mean => (heat * outside).sum_dim(1).div_scalar(cells),
            HeatOutside::Dice => {
                let inside = outside.neg() + 1.0;
                let whole = heat.clone().sum_dim(1) + inside.clone().sum_dim(1);
                // Without heat and without a mask nothing overlaps.
                let empty = whole.clone().equal_elem(0.0).float().cast(whole.dtype());
                ((heat * inside).sum_dim(1) * 2.0 / (whole + empty)).neg() + 1.0
            }
        }
    }
}

impl<B: AutodiffBackend + Kernels, M: Stackable<B>> Penalty<B, M> for Heatmap {
    fn differentiates(&self, _model: &M) -> Option<WithRespectTo> {
        Some(WithRespectTo::Tap(self.tap))
    }

    fn mode(&self) -> Mode {
        match self.mode {
            CamMode::Train => Mode::Train,
            CamMode::Evaluate => Mode::Evaluate,
        }
    }

    /// The logit of the class that the map explains, summed over the images.
    fn score(&self, trace: &Trace<Autodiff<B>>, batch: &Batch<B>) -> Tensor<Autodiff<B>, 1> {
        let classes = match self.target {
            CamTarget::Predicted => trace.logits.clone().argmax(1).squeeze_dim(1),
            CamTarget::Label => Tensor::from_inner(batch.labels.clone()),
        };
        ops::total(trace.logits.clone() * ops::one_hot(classes, &trace.logits))
    }

    fn penalty(&mut self, _model: &M, passes: &Passes<B>, batch: &Batch<B>) -> Contribution<B> {
        let activations = passes.differentiated.clone().unwrap_or_else(|| passes.images.taps[self.tap].clone());
        let [images, _, height, width] = activations.dims();
        let gradient = passes.gradient.clone().unwrap_or_else(|| activations.zeros_like());
        let maps = self.maps(activations, gradient);
        let largest = ops::one_hot(maps.clone().argmax(1).squeeze_dim(1), &maps);
        let peak = (maps.clone() * largest).sum_dim(1);
        let heat = ops::rectify(maps);
        let warm = peak.clone().greater_elem(0.0).float().cast(peak.dtype());
        let cold = warm.clone().neg() + 1.0;
        let scale = match self.scale {
            HeatScale::Maximum => peak,
            HeatScale::Sum => heat.clone().sum_dim(1),
            HeatScale::None => peak.ones_like(),
        };
        let scale = match self.without_heat {
            WithoutHeat::Nothing => scale * warm.clone() + cold.clone(),
            WithoutHeat::NotANumber => scale,
        };
        let outside = match self.mask {
            MaskResize::Bilinear => resize::bilinear(batch.outside(), [height, width]),
            MaskResize::Area => pooling::adaptive_average(batch.outside(), [height, width]),
        };
        let outside = outside.reshape([images, height * width]);
        let penalties = self.of_images(heat / scale, outside);
        let penalties = match self.without_heat {
            WithoutHeat::Nothing => penalties * warm,
            WithoutHeat::NotANumber => penalties,
        };
        let left_out = Some(ops::total(cold).detach());
        Contribution { left_out, ..Contribution::new(ops::total(penalties) * (self.weight / images as f64)) }
    }
}
