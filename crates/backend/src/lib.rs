//! Devices, and the operations that attribution priors need.
//!
//! A penalty on an input gradient is trained by differentiating a derivative. Burn does that when
//! autodiff is *stacked*: on `Autodiff<Autodiff<B>>` the gradient of the outer level is itself a
//! tensor that the inner level tracks. Two things are missing for it to be useful, and this crate
//! adds them:
//!
//! - **Operations that can be differentiated again and again.** Convolution is bilinear, so with
//!   its two gradients it forms a *closed trio*: the derivative of each is given by the other two.
//!   [`Kernels`] holds that trio, batch normalisation with its gradients, and the rectifier. They
//!   are implemented once for any `Autodiff<B>`, to any order. So are three pairs of linear
//!   operations, each the other's transpose: maxima over windows, interpolation, a number
//!   added to a channel, and channels among others; and a factor for a channel with its gradient. The rest of [`pooling`] and [`resize`] is built from matrix products, which
//!   Burn can differentiate twice.
//! - **Speed.** The backend [`Cpu`] runs them on `herring-kernels`. GPU backends run convolutions on Burn's own kernels, corrected
//!   where those are wrong (see [`Kernels`]), and on `herring-gpu-kernels` what would be many launches of Burn's.
//!
//! [`Device`] chooses among the backends that were compiled in, at run time, and runs generic code ([`Job`])
//! on the chosen one.
//!
//! *Invariant:* nothing here depends on papers, data sets or experiments.

mod autodiff;
mod composed;
pub mod convolution_kernels;
#[cfg(feature = "cpu")]
mod cpu;
mod device;
#[cfg(any(feature = "cuda", feature = "wgpu"))]
mod gpu;
mod kernels;
mod operands;
pub mod ops;
mod optimiser;
mod padding;
pub mod pooling;
pub mod resize;

pub use burn::backend::Autodiff;
#[cfg(feature = "cpu")]
pub use cpu::kernel_calls;
pub use device::{BackendName, Device, DeviceError, DeviceInfo, Job, devices};
pub use kernels::Kernels;
pub use operands::{
    AdamMoments, AdamParameter, AdamSettings, BatchNormGradients, BatchNormOutput, BatchNormSecond,
    BatchNormStatistics, BatchNormWanted, ConvOptions, Epilogue, PoolOptions,
};
pub use optimiser::{Adam, AnyOptimiser, Moving, Optimiser, Sgd, SgdSettings};

#[cfg(feature = "cpu")]
pub use herring_kernels::instructions;

/// The processor: Burn's `flex`, with convolution, normalisation and Adam on `herring-kernels`.
#[cfg(feature = "cpu")]
pub type Cpu = burn_flex::Flex;

/// An NVIDIA GPU through CUDA.
#[cfg(feature = "cuda")]
pub type Cuda = burn::backend::Cuda<f32, i32>;

/// Any GPU through WGPU.
#[cfg(feature = "wgpu")]
pub type Wgpu = burn::backend::Wgpu<f32, i32, u32>;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
