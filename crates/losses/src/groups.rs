//! Groups of images in the loss of the task: what the environments of the training images do without any mask.
//!
//! A group is a cell of the training images, those of one class and one environment (Sagawa et al. 2020, section 2). A model
//! that is fooled by the environment errs on the groups with few images, which hardly count in a mean over the batch. Both
//! methods here put the losses of the images of a batch together in another way than by their mean; penalties are added
//! afterwards, and those that differentiate the loss of the task differentiate its plain mean.

use crate::{GroupDro, Reweighted};
use burn::tensor::{Tensor, backend::AutodiffBackend};
use herring_models::{Saved, weights::WeightsError};

/// How the groups of a batch count.
#[derive(Debug, Clone)]
pub enum Groups<B: AutodiffBackend> {
    /// All alike, by weights of the images.
    Reweighted(Reweighted),
    /// Those with the greatest losses most.
    Robust(GroupDro<B>),
}

impl<B: AutodiffBackend> Groups<B> {
    /// The loss of a training batch, `[1]`, from the loss of each image, `[batch]`, and the group of each image, counted
    /// from 0.
    ///
    /// # Panics
    /// Where there are not as many groups as images, or one that has no training images.
    pub fn loss(&mut self, losses: Tensor<B, 1>, groups: &[usize]) -> Tensor<B, 1> {
        let ([images], named) = (losses.dims(), groups.len());
        assert_eq!(images, named, "the batch names the groups of {named} of its {images} images");
        match self {
            Self::Reweighted(reweighted) => reweighted.loss(losses, groups),
            Self::Robust(robust) => robust.loss(losses, groups),
        }
    }

    /// What is carried from one step to the next, for a checkpoint.
    pub fn save(&self) -> Saved {
        match self {
            Self::Reweighted(_) => Saved::default(),
            Self::Robust(robust) => robust.save(),
        }
    }

    /// Restores what [`save`](Self::save) returned.
    ///
    /// # Errors
    /// If the saved state is of other groups.
    pub fn restore(&mut self, saved: &Saved) -> Result<(), WeightsError> {
        match self {
            Self::Reweighted(_) => Ok(()),
            Self::Robust(robust) => robust.restore(saved),
        }
    }
}
