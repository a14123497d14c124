//! Bytes of a file as single precision.

use half::{bf16, f16};

/// The element types that weights have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Element {
    F16,
    Bf16,
    F32,
    F64,
}

/// The order of the bytes in a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    Little,
    /// That of this processor.
    Native,
}

/// The numbers of `bytes`; what is left over after the last whole one is passed over.
pub(crate) fn floats(element: Element, order: Order, bytes: &[u8]) -> Vec<f32> {
    match element {
        Element::F16 => numbers(bytes, order, |chunk| f16::from_ne_bytes(chunk).to_f32()),
        Element::Bf16 => numbers(bytes, order, |chunk| bf16::from_ne_bytes(chunk).to_f32()),
        Element::F32 => numbers(bytes, order, f32::from_ne_bytes),
        Element::F64 => numbers(bytes, order, |chunk| f64::from_ne_bytes(chunk) as f32),
    }
}

fn numbers<const N: usize>(bytes: &[u8], order: Order, number: impl Fn([u8; N]) -> f32) -> Vec<f32> {
    let turned = order == Order::Little && cfg!(target_endian = "big");
    let turn = |mut chunk: [u8; N]| {
        if turned {
            chunk.reverse();
        }
        chunk
    };
    bytes.as_chunks().0.iter().map(|chunk| number(turn(*chunk))).collect()
}
