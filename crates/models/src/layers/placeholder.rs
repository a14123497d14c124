//! A layer without weights.

use burn::module::Module;

/// Holds the place of a layer without weights (a rectifier, a pooling, a dropout) in a sequence of layers, so that those
/// after it have the numbers in their names that they have in PyTorch.
#[derive(Module, Clone, Debug)]
pub struct Placeholder;
