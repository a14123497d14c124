//! [`Kernels`](crate::Kernels) on GPUs: every operation from Burn's own, with its faults mended.

#[cfg(feature = "cuda")]
impl crate::Kernels for crate::Cuda {}

#[cfg(feature = "wgpu")]
impl crate::Kernels for crate::Wgpu {}
