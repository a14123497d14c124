//! The optimiser that a specification names.

use herring_backend::{Adam, AdamSettings, AnyOptimiser, Kernels, Sgd, SgdSettings};
use herring_protocol::OptimiserSpec;

/// An optimiser that has made no step.
pub(crate) fn optimiser<B: Kernels>(spec: &OptimiserSpec) -> AnyOptimiser<B> {
    match *spec {
        OptimiserSpec::Adam { learning_rate, epsilon } => {
            AnyOptimiser::Adam(Adam::new(AdamSettings { epsilon, ..AdamSettings::new(learning_rate) }))
        }
        OptimiserSpec::Sgd { learning_rate, momentum } => {
            AnyOptimiser::Sgd(Sgd::new(SgdSettings { learning_rate, momentum }))
        }
    }
}
