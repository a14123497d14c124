//! What each format is read into.

/// Name, shape and values of each tensor of a file.
pub(crate) type Tensors = Vec<(String, Vec<usize>, Vec<f32>)>;
