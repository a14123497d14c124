//! From a row of the table to a training loss.

use herring_backend::{Autodiff, Kernels};
use herring_losses::{ActDiff, Adversarial, AdversarialConfig, GradMask, Masked, Penalty, Rrr, Unpenalised};
use herring_models::{Discriminator, DiscriminatorConfig, ResNet};
use herring_protocol::{DiscriminatorSpec, Method, RunFailure, Variant};
use rand::Rng;

/// Hidden layers of the discriminator (iclr2021, section 3).
const DISCRIMINATOR_LAYERS: usize = 3;

/// A network on the level of autodiff that it is trained on.
pub(crate) type Model<B> = ResNet<Autodiff<B>>;
/// Any training loss for such a network.
pub(crate) type Loss<B> = Box<dyn Penalty<Autodiff<B>, Model<B>>>;

/// Settings of a training loss.
pub(crate) struct Settings<'a> {
    pub(crate) method: Method,
    pub(crate) variant: Variant,
    pub(crate) weight: f64,
    pub(crate) discriminator: Option<&'a DiscriminatorSpec>,
}

/// The training loss on backend `B`, for a model with `features` before its last layer; `random`
/// initialises a discriminator.
pub(crate) fn penalty<B: Kernels>(
    settings: &Settings<'_>,
    features: usize,
    random: &mut impl Rng,
    device: &B::Device,
) -> Result<Loss<B>, RunFailure> {
    let Settings { method, variant, weight, discriminator } = *settings;
    Ok(match method {
        Method::Baseline => Box::new(Unpenalised),
        Method::Masked | Method::MaskedZero | Method::MaskAll => Box::new(Masked),
        Method::ActDiff => Box::new(ActDiff { weight, variant }),
        Method::GradMask => Box::new(GradMask { weight, variant }),
        Method::Rrr => Box::new(Rrr { weight, variant }),
        Method::Adversarial => {
            let spec = discriminator.ok_or_else(|| RunFailure::Specification {
                field: "discriminator".to_owned(),
                found: "nothing".to_owned(),
                expected: "the discriminator's settings, which this method needs".to_owned(),
            })?;
            let config =
                DiscriminatorConfig { features, hidden: spec.hidden, layers: DISCRIMINATOR_LAYERS, spectral: true };
            let game = AdversarialConfig { weight, variant, learning_rate: spec.learning_rate, every: spec.every };
            Box::new(Adversarial::<Autodiff<B>>::new(game, Discriminator::new(&config, random, device)))
        }
    })
}
