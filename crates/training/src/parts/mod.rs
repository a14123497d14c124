//! From the plain data of a specification to the code that carries it out: one file a choice.

mod loss;
mod network;

pub(crate) use loss::{Loss, training_loss};
pub(crate) use network::network;
