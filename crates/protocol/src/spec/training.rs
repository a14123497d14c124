//! How a network is optimised, for how long, and which epoch's model is kept.

use crate::names::named;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// Adam's epsilon in PyTorch.
const EPSILON: f64 = 1e-8;

fn epsilon() -> f64 {
    EPSILON
}

fn is_epsilon(value: &f64) -> bool {
    *value == EPSILON
}

/// What turns gradients into steps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum OptimiserSpec {
    /// Adam (Kingma and Ba 2015) with the defaults that PyTorch and Keras share: 0.9 and 0.999.
    Adam {
        /// Learning rate.
        learning_rate: f64,
        /// Added to the root of the mean squared gradient; PyTorch has 1e-8, Keras 1e-7.
        #[serde(default = "epsilon", skip_serializing_if = "is_epsilon")]
        epsilon: f64,
    },
    /// Stochastic gradient descent with momentum, as PyTorch has it: `v = momentum v + gradient`, then
    /// `weights -= learning_rate v`.
    Sgd {
        /// Learning rate.
        learning_rate: f64,
        /// Momentum, in `[0, 1)`.
        momentum: f64,
    },
}

impl OptimiserSpec {
    /// Adam with PyTorch's defaults.
    pub const fn adam(learning_rate: f64) -> Self {
        Self::Adam { learning_rate, epsilon: EPSILON }
    }

    /// Its learning rate.
    pub fn learning_rate(&self) -> f64 {
        match self {
            Self::Adam { learning_rate, .. } | Self::Sgd { learning_rate, .. } => *learning_rate,
        }
    }
}

/// Which part of a network is trained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum TrainedPart {
    /// All of it.
    #[default]
    All,
    /// The linear layers at the end; the body keeps the weights that it starts from ("frozen").
    Head,
}

named!(TrainedPart, "trained part", All => "all", Head => "head");

/// For how long a network is trained, and in which steps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainingSpec {
    /// Passes over the training images.
    pub epochs: usize,
    /// Images a step. The last batch of an epoch may be smaller.
    pub batch_size: usize,
    /// Which part of the network.
    #[serde(default, skip_serializing_if = "crate::spec::is_default")]
    pub trained: TrainedPart,
}

/// Which epoch's model is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "rule", rename_all = "kebab-case", deny_unknown_fields)]
pub enum SelectionSpec {
    /// That of the lowest validation loss of the task: the cross-entropy (iclr2021, section 5), or what the task minimises
    /// in its place ([`TaskSpec`](crate::TaskSpec)).
    LowestLoss {
        /// The first epoch (1-based) that may be selected.
        burn_in: usize,
        /// Epochs after the burn-in without improvement after which the run ends; absent: it never ends early.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        patience: Option<usize>,
    },
    /// That of the highest validation accuracy, the first of equal ones (activmask2020).
    HighestAccuracy {
        /// Epochs without improvement after which the run ends; absent: it never ends early.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        patience: Option<usize>,
    },
    /// That of the highest of the lowest validation accuracies of any environment, the first of equal ones.
    WorstEnvironment {
        /// The first epoch (1-based) that may be selected.
        burn_in: usize,
        /// Epochs after the burn-in without improvement after which the run ends; absent: it never ends early.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        patience: Option<usize>,
    },
    /// That of the highest of the lowest validation accuracies of any group, which is a class in an environment, the first of
    /// equal ones (Sagawa et al. 2020).
    WorstGroup {
        /// The first epoch (1-based) that may be selected.
        burn_in: usize,
        /// Epochs after the burn-in without improvement after which the run ends; absent: it never ends early.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        patience: Option<usize>,
    },
    /// The last one.
    #[serde(deserialize_with = "crate::spec::nothing_else")]
    LastEpoch,
}

impl SelectionSpec {
    /// The first epoch (1-based) that may be selected, of a run of `epochs`.
    pub fn burn_in(&self, epochs: usize) -> usize {
        match self {
            Self::LowestLoss { burn_in, .. }
            | Self::WorstEnvironment { burn_in, .. }
            | Self::WorstGroup { burn_in, .. } => *burn_in,
            Self::HighestAccuracy { .. } => 1,
            Self::LastEpoch => epochs,
        }
    }

    /// Epochs without improvement after which the run ends, if it ends early.
    pub fn patience(&self) -> Option<usize> {
        match self {
            Self::LowestLoss { patience, .. }
            | Self::HighestAccuracy { patience }
            | Self::WorstEnvironment { patience, .. }
            | Self::WorstGroup { patience, .. } => *patience,
            Self::LastEpoch => None,
        }
    }

    /// The same rule with another patience; the last epoch has none.
    #[must_use]
    pub fn with_patience(self, patience: Option<usize>) -> Self {
        match self {
            Self::LowestLoss { burn_in, .. } => Self::LowestLoss { burn_in, patience },
            Self::HighestAccuracy { .. } => Self::HighestAccuracy { patience },
            Self::WorstEnvironment { burn_in, .. } => Self::WorstEnvironment { burn_in, patience },
            Self::WorstGroup { burn_in, .. } => Self::WorstGroup { burn_in, patience },
            Self::LastEpoch => Self::LastEpoch,
        }
    }
}
