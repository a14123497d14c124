//! Attribution priors as training losses.
//!
//! Every file is one [`Penalty`]: given a model and a [`Batch`] of images with masks, it makes the
//! forward passes it needs and returns an [`Objective`], whose total is the cross-entropy plus the
//! weighted penalty. Where a paper's text and its released code differ, the penalty has both
//! readings ([`Variant`]) and its page names them.
//!
//! | penalty | idea | passes | derivatives |
//! |---|---|---|---|
//! | [`Unpenalised`] | cross-entropy alone | 1 | first |
//! | [`Masked`] | train on images without their outside | 1 | first |
//! | [`ActDiff`] | features of an image and of its masked version agree | 2 | first |
//! | [`Adversarial`] | a discriminator cannot tell those features apart | 2 | first |
//! | [`GradMask`] | no input gradient of the logit contrast outside | 1 | second |
//! | [`Rrr`] | no input gradient of the log-probabilities outside | 1 | second |
//!
//! Second derivatives are exact: the model is lifted to one more level of autodiff
//! ([`herring_models::input_gradient`]).

mod actdiff;
mod adversarial;
mod batch;
mod cross_entropy;
mod gradmask;
mod masked;
mod norm;
mod objective;
mod rrr;
mod unpenalised;

pub use actdiff::ActDiff;
pub use adversarial::{Adversarial, AdversarialConfig, DiscriminatorLoss};
pub use batch::Batch;
pub use cross_entropy::{cross_entropy, log_softmax};
pub use gradmask::GradMask;
pub use herring_protocol::Variant;
pub use masked::Masked;
pub use objective::{Objective, Penalty};
pub use rrr::Rrr;
pub use unpenalised::Unpenalised;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
