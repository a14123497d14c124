//! Adversarial invariance (iclr2021, equations 2 and 3): a discriminator learns to tell the features
//! of whole images from those of masked ones, and the encoder learns to hide which it was.
//!
//! | | paper | released code |
//! |---|---|---|
//! | target 1 | masked images | whole images (symmetric, of no effect on the encoder's aim) |
//! | weight | on the encoder's penalty | on the encoder's penalty and on the discriminator's loss |
//! | gradient of the cross-entropy | of the logit, never zero | of the sigmoid: none once it rounds to 1, or underflows to 0 |
//! | count of evaluations | not said: training batches | goes on through validation and test |
//!
//! Both losses are binary cross-entropies, means over the batch, computed stably from the logit.
//! The released code computes them from a sigmoid in single precision: once that rounds to 1 (above
//! a logit of about 17) or to 0 (below about -88) its gradient is gone, which is not symmetric in
//! the targets. [`released`](AdversarialConfig::released) reproduces that.
//!
//! The discriminator is trained on every batch, on detached features; the encoder on every
//! [`every`](AdversarialConfig::every)-th evaluation of the loss, with that batch alone.

use crate::{Batch, Contribution, Passes, Penalty};
use burn::{
    module::Module,
    tensor::{
        Tensor,
        activation::log_sigmoid,
        backend::{AutodiffBackend, Backend},
    },
};
use herring_backend::{Adam, AdamSettings, Kernels, Optimiser};
use herring_models::{Discriminator, Saved, Stackable, weights::WeightsError};

/// Settings of [`Adversarial`].
#[derive(Debug, Clone, Copy)]
pub struct AdversarialConfig {
    /// Weight of the penalty.
    pub weight: f64,
    /// What the released code does, or what the paper says; see the table above.
    pub released: bool,
    /// Learning rate of the discriminator's own Adam.
    pub learning_rate: f64,
    /// The encoder is updated once every this many evaluations of the loss; 1 means at each.
    pub every: usize,
}

/// The two binary cross-entropies of the game, for logits `[batch, 1]` on features of whole and of
/// masked images.
#[derive(Debug, Clone, Copy)]
pub struct DiscriminatorLoss {
    /// What the released code does, or what the paper says; see the module's table.
    pub released: bool,
}

impl DiscriminatorLoss {
    /// What the discriminator minimises, `[1]`, in nats, without weight.
    pub fn discriminator<B: Backend>(self, whole: Tensor<B, 2>, masked: Tensor<B, 2>) -> Tensor<B, 1> {
        match self.released {
            true => says(saturate(whole), true) + says(saturate(masked), false),
            false => says(whole, false) + says(masked, true),
        }
    }

    /// What the encoder minimises, `[1]`, in nats, without weight: the same with targets exchanged.
    pub fn encoder<B: Backend>(self, whole: Tensor<B, 2>, masked: Tensor<B, 2>) -> Tensor<B, 1> {
        self.discriminator(masked, whole)
    }
}

/// Logits without gradient where a sigmoid of single precision is exactly 0 or 1.
fn saturate<B: Backend>(logits: Tensor<B, 2>) -> Tensor<B, 2> {
    /// The largest logit whose sigmoid is below 1 in single precision, and the smallest above 0.
    const RANGE: (f64, f64) = (-88.0, 16.6);
    let saturated = logits.clone().greater_elem(RANGE.1).bool_or(logits.clone().lower_elem(RANGE.0));
    logits.clone().mask_where(saturated, logits.detach())
}

/// Mean binary cross-entropy of logits against one target.
fn says<B: Backend>(logits: Tensor<B, 2>, target: bool) -> Tensor<B, 1> {
    let logits = if target { logits } else { logits.neg() };
    log_sigmoid(logits).mean().neg()
}

/// The penalty with its discriminator and the discriminator's optimiser.
#[derive(Debug)]
pub struct Adversarial<B: AutodiffBackend> {
    config: AdversarialConfig,
    discriminator: Discriminator<B>,
    optimiser: Adam<B::InnerBackend>,
    evaluations: usize,
}

impl<B> Adversarial<B>
where
    B: AutodiffBackend + Kernels,
    B::InnerBackend: Kernels,
{
    /// A penalty with a new discriminator.
    pub fn new(config: AdversarialConfig, discriminator: Discriminator<B>) -> Self {
        Self { config, discriminator, optimiser: Adam::new(AdamSettings::new(config.learning_rate)), evaluations: 0 }
    }

    fn loss(&self) -> DiscriminatorLoss {
        DiscriminatorLoss { released: self.config.released }
    }

    /// Counts one evaluation of the loss; returns whether the encoder is to be updated.
    fn count(&mut self) -> bool {
        self.evaluations = (self.evaluations + 1) % self.config.every.max(1);
        self.evaluations == 0
    }

    /// The discriminator's logits for one set of features, after the power iteration that PyTorch
    /// makes before each of its forward passes in training.
    fn judge(&mut self, features: Tensor<B, 2>) -> Tensor<B, 2> {
        self.discriminator = self.discriminator.clone().iterate();
        self.discriminator.forward(features)
    }

    /// As [`judge`](Self::judge), with the discriminator's parameters constant.
    fn judge_frozen(&mut self, features: Tensor<B, 2>) -> Tensor<B, 2> {
        self.discriminator = self.discriminator.clone().iterate();
        self.discriminator.clone().no_grad().forward(features)
    }

    /// One step of the discriminator on detached features; returns its loss, weight included.
    fn train_discriminator(&mut self, whole: Tensor<B, 2>, masked: Tensor<B, 2>) -> Tensor<B, 1> {
        let (whole, masked) = (self.judge(whole), self.judge(masked));
        let weight = if self.config.released { self.config.weight } else { 1.0 };
        let loss = self.loss().discriminator(whole, masked) * weight;
        let mut gradients = loss.backward();
        self.discriminator = self.optimiser.step::<B, _>(self.discriminator.clone(), &mut gradients);
        loss.detach()
    }
}

impl<B, M> Penalty<B, M> for Adversarial<B>
where
    B: AutodiffBackend + Kernels,
    B::InnerBackend: Kernels,
    M: Stackable<B>,
{
    fn needs_masked(&self) -> bool {
        true
    }

    fn penalty(&mut self, _model: &M, passes: &Passes<B>, _batch: &Batch<B>) -> Contribution<B> {
        let (whole, masked) = (passes.images.pooled.clone(), passes.masked().pooled.clone());
        let update = self.count();
        let auxiliary = self.train_discriminator(whole.clone().detach(), masked.clone().detach());
        let (on_whole, on_masked) = (self.judge_frozen(whole), self.judge_frozen(masked));
        let penalty = self.loss().encoder(on_whole, on_masked) * self.config.weight;
        Contribution { update, auxiliary: Some(auxiliary), ..Contribution::new(penalty) }
    }

    fn skipped_batch(&mut self) {
        if self.config.released {
            self.count();
        }
    }

    fn save(&self) -> Saved {
        let mut saved = Saved::module(&self.discriminator);
        saved.counts.insert("evaluations".to_owned(), self.evaluations as u64);
        let mut whole = Saved::default();
        whole.insert_below("discriminator.", saved);
        whole.insert_below("optimiser.", Saved::optimiser::<B, _>(&self.optimiser, &self.discriminator));
        whole
    }

    fn restore(&mut self, saved: &Saved) -> Result<(), WeightsError> {
        let own = saved.below("discriminator.");
        self.discriminator = own.restore_module(self.discriminator.clone())?;
        self.evaluations = own.count("evaluations")? as usize;
        self.optimiser = Adam::new(AdamSettings::new(self.config.learning_rate));
        saved.below("optimiser.").restore_optimiser::<B, _>(&mut self.optimiser, &self.discriminator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use herring_backend::{Autodiff, Cpu};

    /// The gradient of the discriminator's loss for one logit on a whole and one on a masked image.
    fn gradients(released: bool, whole: f32, masked: f32) -> [f32; 2] {
        let leaf = |value: f32| Tensor::<Autodiff<Cpu>, 2>::from_floats([[value]], &Default::default()).require_grad();
        let (whole, masked) = (leaf(whole), leaf(masked));
        let found = DiscriminatorLoss { released }.discriminator(whole.clone(), masked.clone()).backward();
        [whole, masked].map(|leaf| leaf.grad(&found).map_or(0.0, |gradient| gradient.into_scalar()))
    }

    #[test]
    fn both_readings_agree_where_the_sigmoid_is_neither_zero_nor_one() {
        let [whole, masked] = gradients(true, 2.0, 2.0);
        let sigmoid = 1.0 / (1.0 + (-2.0f32).exp());
        assert!((whole - (sigmoid - 1.0)).abs() < 1e-6 && (masked - sigmoid).abs() < 1e-6);
        assert_eq!(gradients(false, 2.0, 2.0), [masked, whole], "the targets are exchanged");
    }

    #[test]
    fn the_released_gradient_is_gone_once_the_sigmoid_rounds() {
        // A masked image that is taken for a whole one beyond doubt.
        assert_eq!(gradients(true, 20.0, 20.0)[1], 0.0);
        assert!((gradients(true, 20.0, -50.0)[1]).abs() < 1e-6);
        assert!((gradients(true, -50.0, 0.0)[0] + 1.0).abs() < 1e-6, "it underflows later than it rounds");
        assert_eq!(gradients(true, -100.0, 0.0)[0], 0.0);
        assert!((gradients(false, 20.0, 0.0)[0] - 1.0).abs() < 1e-6);
    }
}
