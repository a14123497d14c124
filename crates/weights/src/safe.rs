//! Safetensors files.
//!
//! The library checks the header against the length of the file: each tensor's place, that the tensors follow each other
//! without gaps, and that the last one ends with the file.

use crate::{
    elements::{Element, Order, floats},
    error::Problem,
    names::is_counter,
    tensors::Tensors,
};
use safetensors::{Dtype, SafeTensors};

/// The tensors of a file's bytes, without counters.
pub(crate) fn read(bytes: &[u8]) -> Result<Tensors, Problem> {
    let file = SafeTensors::deserialize(bytes).map_err(Problem::of)?;
    let mut tensors = Tensors::new();
    for (name, view) in file.iter().filter(|(name, _)| !is_counter(name)) {
        let element = match view.dtype() {
            Dtype::F16 => Element::F16,
            Dtype::BF16 => Element::Bf16,
            Dtype::F32 => Element::F32,
            Dtype::F64 => Element::F64,
            other => return Err(Problem::Element { name: name.to_owned(), found: format!("{other:?}") }),
        };
        tensors.push((name.to_owned(), view.shape().to_vec(), floats(element, Order::Little, view.data())));
    }
    Ok(tensors)
}
