//! Attribution priors as training losses.
//!
//! A [`TrainingLoss`] is the loss of a task ([`Task`]) plus any number of weighted penalties. Most other files
//! are one [`Penalty`] each: given the forward passes of a step ([`Passes`]), which all penalties share, and the
//! [`Batch`] with its masks, it returns one number. A penalty has plain settings; where papers and released
//! codes differ, its documentation lists the settings of each.
//!
//! | penalty | idea | uses the permuted images | derivatives |
//! |---|---|---|---|
//! | [`ActDiff`] | activations of an image and of its permuted version agree | yes | first |
//! | [`Adversarial`] | a discriminator cannot tell those features apart | yes | first |
//! | [`GradMask`] | no input gradient of the logit contrast outside | no | second |
//! | [`Rrr`] | no input gradient of the log-probabilities outside | no | second |
//! | [`Rbr`] | no product of that gradient with the pixel's influence on the update outside | no | second, or third |
//! | [`Heatmap`] | no heat of a class activation map outside | no | second, of what lies behind the tap |
//! | [`Tap`] | no activation outside | no | first |
//! | [`AttentionTransfer`] | activations are distributed as a teacher's | no | first |
//! | [`JacobianTransfer`] | the input gradient is a teacher's, but for its scale | no | second |
//! | [`Distillation`] | class probabilities are a teacher's | no | first |
//! | [`L2`] | small parameters | no | first |
//! | [`Reconstruction`] | a decoder gives the image back | as a target only | first |
//!
//! Two methods need no masks and change how the images of a batch count in the loss of the task ([`Groups`]):
//!
//! | method | idea |
//! |---|---|
//! | [`GroupDro`] | the groups (class and environment) with the greatest losses count most |
//! | [`Reweighted`] | all groups count alike, however many images they have |
//!
//! Training on masked images ("Masked", "Classify Masked") is not a penalty: it is another choice of
//! [`Batch::images`].
//!
//! Penalties that make a student agree with a teacher find the latter's pass in [`Batch::teacher`]; [`TeacherPass::of`] makes
//! it.
//!
//! Second and third derivatives are exact: the model is lifted to more levels of autodiff
//! ([`herring_models::input_gradient`], [`herring_models::tap_gradient`], [`herring_models::parameter_influence`]).

mod actdiff;
mod adversarial;
mod attention_transfer;
mod batch;
mod cross_entropy;
mod distillation;
mod gradmask;
mod group_dro;
mod groups;
mod heatmap;
mod jacobian_transfer;
mod l2;
mod norm;
mod objective;
mod penalty;
mod rbr;
mod reconstruction;
mod reweighted;
mod rrr;
mod sigmoids;
mod tap;
mod task;
mod teacher;

pub use actdiff::ActDiff;
pub use adversarial::{Adversarial, AdversarialConfig, DiscriminatorLoss};
pub use attention_transfer::AttentionTransfer;
pub use batch::Batch;
pub use cross_entropy::{cross_entropy, log_softmax, weighted_cross_entropy};
pub use distillation::Distillation;
pub use gradmask::GradMask;
pub use group_dro::{GroupDro, GroupDroConfig};
pub use groups::Groups;
pub use heatmap::Heatmap;
pub use jacobian_transfer::JacobianTransfer;
pub use l2::L2;
pub use objective::{Objective, TrainingLoss};
pub use penalty::{Contribution, Passes, Penalty, WithRespectTo};
pub use rbr::Rbr;
pub use reconstruction::Reconstruction;
pub use reweighted::Reweighted;
pub use rrr::Rrr;
pub use sigmoids::{normalised_sigmoid_cross_entropy, sigmoid_squared_error};
pub use tap::Tap;
pub use task::Task;
pub use teacher::{TeacherNeeds, TeacherPass};

// The settings of the penalties above.
pub use herring_protocol::{
    ActDiffDistance, ActDiffLayers, CamChannels, CamMode, CamName, CamTarget, GradientNorm, HeatOutside, HeatScale,
    MaskResize, RbrInfluence, ReconstructionLoss, ReconstructionTarget, RrrReading, TapReading, WithoutHeat,
};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
