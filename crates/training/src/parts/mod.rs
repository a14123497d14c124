//! Builds the parts that a specification names, one part in each file.

mod loss;
mod network;

pub(crate) use loss::{Loss, training_loss};
pub(crate) use network::network;
