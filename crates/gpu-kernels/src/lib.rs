//! Kernels for GPUs in [CubeCL](https://docs.rs/cubecl), which Burn's CUDA and WGPU backends compile for the device at hand.
//!
//! A step of a small network on a GPU takes as long as it takes to launch its kernels. Made of Burn's operations, one
//! batch normalisation is a dozen launches, its second derivative thirty, and Adam ten a parameter; here they are two, two, and one
//! for several parameters. Matrix products and sums along a dimension stay Burn's.
//!
//! - `batch_norm`: training-mode normalisation, with a rectifier or without, its gradients, and theirs.
//! - `elementwise`: rectifiers, their gradient, and what follows a convolution.
//! - `channels`: a number of each channel, sums over channels, channels among others.
//! - `pooling`: maxima over windows, and the transpose.
//! - `convolution`: a convolution and its two gradients as products of tiles.
//! - `adam`: one step of several parameters.
//!
//! All of it needs the feature `cubecl`; without it the crate is empty.
//!
//! Functions take and return Burn's tensors (`CubeTensor`), `[batch, channels, height, width]` where nothing else is said, of
//! `f32` or `f64`: counts and sums are made in their own precision, which is too little for half of it. Results depend on the arguments alone: every sum is made in an order that follows from the shapes, without atomic
//! additions.
//!
//! Burn's convolutions leave images with the channels last in memory and read such images without a copy. The
//! kernels here work on both orders and keep that of their input (`layout`).
//!
//! *Invariant:* nothing here depends on autodiff; derivatives are operations of their own.

#[cfg(feature = "cubecl")]
pub mod adam;
#[cfg(feature = "cubecl")]
pub mod batch_norm;
#[cfg(feature = "cubecl")]
pub mod channels;
#[cfg(feature = "cubecl")]
pub mod convolution;
#[cfg(feature = "cubecl")]
pub mod elementwise;
#[cfg(feature = "cubecl")]
mod launch;
#[cfg(feature = "cubecl")]
mod layout;
#[cfg(feature = "cubecl")]
pub mod pooling;
#[cfg(feature = "cubecl")]
mod reduce;

#[cfg(feature = "cubecl")]
pub use burn_cubecl::{BoolElement, CubeBackend, CubeRuntime, FloatElement, IntElement, tensor::CubeTensor};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
