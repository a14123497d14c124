//! Adversarial invariance (iclr2021, equations 2 and 3): a discriminator learns to tell the features
//! of whole images from those of masked ones, and the encoder learns to hide which it was.
//!
//! | | paper | released code |
//! |---|---|---|
//! | target 1 | masked images | whole images (symmetric, of no effect on the encoder's aim) |
//! | weight | on the encoder's penalty | on the encoder's penalty and on the discriminator's loss |
//!
//! Both losses are binary cross-entropies, means over the batch. They are computed from the logit;
//! PyTorch's form, from the sigmoid, has the same value up to its cut at 100 nats, but no gradient
//! once the sigmoid rounds to 0 or 1.
//!
//! The discriminator is trained on every batch, on detached features; the encoder on every
//! [`every`](AdversarialConfig::every)-th evaluation of the loss, with that batch alone. The count
//! goes on through validation, as in the released code.

use crate::{Batch, Objective, Penalty, Variant};
use burn::{
    module::Module,
    tensor::{
        Tensor,
        activation::log_sigmoid,
        backend::{AutodiffBackend, Backend},
    },
};
use herring_backend::{Adam, AdamSettings, Kernels};
use herring_models::{Discriminator, Mode, Stackable};

/// Settings of [`Adversarial`].
#[derive(Debug, Clone, Copy)]
pub struct AdversarialConfig {
    /// Weight of the penalty.
    pub weight: f64,
    /// Which reading.
    pub variant: Variant,
    /// Learning rate of the discriminator's own Adam.
    pub learning_rate: f64,
    /// The encoder is updated once every so many evaluations of the loss; 1 is always.
    pub every: usize,
}

/// The two binary cross-entropies of the game, for logits `[batch, 1]` on features of whole and of
/// masked images.
#[derive(Debug, Clone, Copy)]
pub struct DiscriminatorLoss(pub Variant);

impl DiscriminatorLoss {
    /// What the discriminator minimises, `[1]`, in nats, without weight.
    pub fn discriminator<B: Backend>(self, whole: Tensor<B, 2>, masked: Tensor<B, 2>) -> Tensor<B, 1> {
        match self.0 {
            Variant::Released => says(whole, true) + says(masked, false),
            Variant::Paper => says(whole, false) + says(masked, true),
        }
    }

    /// What the encoder minimises, `[1]`, in nats, without weight: the same with targets exchanged.
    pub fn encoder<B: Backend>(self, whole: Tensor<B, 2>, masked: Tensor<B, 2>) -> Tensor<B, 1> {
        self.discriminator(masked, whole)
    }
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
    /// A game that has not begun.
    pub fn new(config: AdversarialConfig, discriminator: Discriminator<B>) -> Self {
        Self { config, discriminator, optimiser: Adam::new(AdamSettings::new(config.learning_rate)), evaluations: 0 }
    }

    /// Counts one evaluation of the loss; says whether the encoder's turn has come.
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
        let weight = match self.config.variant {
            Variant::Released => self.config.weight,
            Variant::Paper => 1.0,
        };
        let loss = DiscriminatorLoss(self.config.variant).discriminator(whole, masked) * weight;
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
    fn objective(&mut self, model: &M, batch: &Batch<B>) -> Objective<B> {
        let masked = model.trace(batch.masked.clone(), Mode::Train);
        let whole = model.trace(batch.images.clone(), Mode::Train);
        let update = self.count();
        let auxiliary = self.train_discriminator(whole.pooled.clone().detach(), masked.pooled.clone().detach());
        let (on_whole, on_masked) = (self.judge_frozen(whole.pooled), self.judge_frozen(masked.pooled));
        let penalty = DiscriminatorLoss(self.config.variant).encoder(on_whole, on_masked) * self.config.weight;
        Objective {
            logits: whole.logits,
            penalty: Some(penalty),
            statistics: vec![masked.statistics, whole.statistics],
            update,
            auxiliary: Some(auxiliary),
        }
    }

    fn passed_by(&mut self) {
        self.count();
    }
}
