//! [`Kernels`](crate::Kernels) on GPUs: every operation from Burn's own, with Burn's faults worked around.

#[cfg(feature = "cuda")]
impl crate::Kernels for crate::Cuda {}

#[cfg(feature = "wgpu")]
impl crate::Kernels for crate::Wgpu {}
