//! Builds the parts that a specification names, one part in each file.

mod loss;
mod network;
mod optimiser;

pub(crate) use loss::{Loss, training_loss};
pub use network::network;
pub(crate) use optimiser::optimiser;
