//! GroupDRO: distributionally robust optimisation over groups (Sagawa et al. 2020, Distributionally Robust Neural Networks
//! for Group Shifts: On the Importance of Regularization for Worst-Case Generalization), by its online algorithm.
//!
//! | | paper, algorithm 1 | released code | here |
//! |---|---|---|---|
//! | a step | one image of a group, drawn evenly | a batch | a batch |
//! | groups that are updated | that of the image | all: those that the batch lacks by their adjustment alone | those of the batch |
//! | batches | groups drawn equally often | the same, by a switch | the caller's choice |

use crate::log_softmax;
use burn::tensor::{Device, Tensor, TensorData, backend::AutodiffBackend};
use herring_backend::ops;
use herring_models::{Saved, weights::WeightsError};

/// Settings of [`GroupDro`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GroupDroConfig {
    /// `η_q`, the step of the groups' weights; 0.01 in the paper.
    pub step: f64,
    /// `C`, the generalisation adjustment (section 3.3): `C / sqrt(n_g)` is added to the loss of a group of `n_g` training
    /// images where weights are updated. 0 is none.
    pub adjustment: f64,
}

/// A weighted sum of the groups' mean losses whose weights grow with these losses.
///
/// Each group `g` has a weight `q_g`; they sum to 1 and begin equal. For a batch whose images of group `g` have the mean
/// loss `l_g`,
///
/// ```text
/// q_g <- q_g exp(η_q (l_g + C / sqrt(n_g)))   for each group of the batch,
/// q   <- q / Σ_g q_g,
/// loss = Σ_g q_g l_g                          over the groups of the batch,
/// ```
///
/// and the weights are constant in the gradient. The weights of groups that the batch lacks change by the division only.
///
/// Logarithms of the weights are kept, so that neither large losses nor small weights leave the range of single precision.
#[derive(Debug, Clone)]
pub struct GroupDro<B: AutodiffBackend> {
    config: GroupDroConfig,
    /// `C / sqrt(n_g)`.
    adjustments: Vec<f64>,
    /// `log q_g`, `[1, groups]`.
    log_weights: Tensor<B::InnerBackend, 2>,
}

impl<B: AutodiffBackend> GroupDro<B> {
    /// Equal weights for groups of so many training images, each at least 1.
    pub fn new(config: GroupDroConfig, counts: &[usize], device: &Device<B>) -> Self {
        let adjustments = counts.iter().map(|&count| config.adjustment / (count as f64).sqrt()).collect();
        let equal = -(counts.len() as f64).ln();
        Self { config, adjustments, log_weights: Tensor::full([1, counts.len()], equal, device) }
    }

    /// `q_g`, the weight of each group.
    pub fn weights(&self) -> Vec<f64> {
        self.log_weights.clone().exp().into_data().iter().collect()
    }

    pub(crate) fn loss(&mut self, losses: Tensor<B, 1>, groups: &[usize]) -> Tensor<B, 1> {
        let (images, all) = (groups.len(), self.adjustments.len());
        let mut counts = vec![0usize; all];
        groups.iter().for_each(|&group| counts[group] += 1);
        // Column g of the shares averages over the images of group g.
        let mut shares = vec![0.0; images * all];
        for (image, &group) in groups.iter().enumerate() {
            shares[image * all + group] = 1.0 / counts[group] as f64;
        }
        let constant = |values: Vec<f64>, rows: usize| {
            let (device, dtype) = (losses.device(), losses.dtype());
            let data = TensorData::new(values, [rows, all]).convert_dtype(dtype);
            Tensor::<B, 2>::from_data(data, (&device, dtype))
        };
        let present = counts.iter().map(|&count| f64::from(u8::from(count > 0)));
        let adjustments = self.adjustments.iter().zip(present).map(|(adjustment, present)| adjustment * present);
        let adjustments = constant(adjustments.collect(), 1);
        // `[1, groups]`; 0 for a group that the batch lacks.
        let means = (constant(shares, images) * losses.unsqueeze_dim::<2>(1)).sum_dim(0);
        let growth = (means.clone() + adjustments).inner() * self.config.step;
        self.log_weights = log_softmax(self.log_weights.clone() + growth);
        ops::total(means * Tensor::from_inner(self.log_weights.clone().exp()))
    }

    pub(crate) fn save(&self) -> Saved {
        let mut saved = Saved::default();
        let values = self.log_weights.clone().into_data().iter().collect();
        saved.tensors.insert(LOG_WEIGHTS.to_owned(), self.log_weights.dims().to_vec(), values);
        saved
    }

    pub(crate) fn restore(&mut self, saved: &Saved) -> Result<(), WeightsError> {
        let (shape, values) = saved.tensors.get(LOG_WEIGHTS)?;
        if shape != self.log_weights.dims() {
            let (path, name) = ("<memory>".into(), LOG_WEIGHTS.to_owned());
            let (found, expected) = (shape.to_vec(), self.log_weights.dims().to_vec());
            return Err(WeightsError::Shape { path, name, found, expected });
        }
        let (device, dtype) = (self.log_weights.device(), self.log_weights.dtype());
        let data = TensorData::new(values.to_vec(), shape.to_vec()).convert_dtype(dtype);
        self.log_weights = Tensor::from_data(data, (&device, dtype));
        Ok(())
    }
}

/// The name of the logarithms of the weights in a checkpoint.
const LOG_WEIGHTS: &str = "log_weights";
