//! Fast CPU kernels for training convolutional networks.
//!
//! Everything here works on contiguous `f32` slices, images in the order
//! `[batch, channels, height, width]`, and knows nothing of tensors or graphs:
//!
//! - [`convolution`]: the forward pass and both gradients. The three are closed
//!   under differentiation, so they serve derivatives of any order.
//! - [`batch_norm`]: training-mode batch normalisation, its gradient, and the
//!   gradient of its gradient.
//! - [`pooling`]: the maximum over windows, closed as a pair.
//! - [`interpolation`]: linear interpolation with any two taps a position, and its transpose.
//! - [`channels`]: a number added to every channel, and the sums of channels.
//! - [`elementwise`] and [`adam`]: the rest of a training step, fused.
//!
//! Work is spread over the current rayon pool. Results are the same to the last bit from call to call and for
//! any number of threads: no sum is split according to the number of threads. They do depend on the
//! processor's instruction set, which decides the order of the sums.

// Loops over fixed-size arrays by index are what the compiler keeps in registers.
#![allow(clippy::needless_range_loop)]

pub mod adam;
pub mod batch_norm;
pub mod buffers;
pub mod channels;
pub mod convolution;
pub mod elementwise;
pub mod interpolation;
mod planes;
mod pool;
pub mod pooling;

mod shared;
mod simd;
mod tile;
mod transpose;

pub use pool::in_own_pool;
pub use simd::instructions;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
