//! Which kernels convolutions run on, on GPUs: the same ones everywhere, or the fastest of the device.
//!
//! Kernels add up in different orders, so that the choice decides the last digits of results. What was chosen can be asked for, kept,
//! and given to a later process, which then computes the same bytes. The choice belongs to the process; a build without a GPU has
//! nothing to choose.

use std::collections::BTreeMap;

/// Why kept choices cannot be followed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the kernel of '{convolution}': {reason}")]
pub struct UnknownKernel {
    /// The convolution whose kernel it is.
    pub convolution: String,
    /// What was found and what was expected.
    pub reason: String,
}

/// From now on every convolution runs on the same kernel on every GPU, as it does at the start of a process.
pub fn fix() {
    #[cfg(any(feature = "cuda", feature = "wgpu"))]
    herring_gpu_kernels::convolution::fix();
}

/// From now on the first convolution of a kind on a GPU measures which kernel is fastest, unless its kind is among the `known`
/// [`choices`] of an earlier process on an equal device.
///
/// # Errors
/// [`UnknownKernel`] for a name that is no kernel's; nothing has changed then.
pub fn measure(known: &BTreeMap<String, String>) -> Result<(), UnknownKernel> {
    #[cfg(any(feature = "cuda", feature = "wgpu"))]
    {
        use herring_gpu_kernels::convolution::{self, UnknownAlgorithm};
        let named = known.iter().map(|(convolution, name)| {
            let unknown =
                |error: UnknownAlgorithm| UnknownKernel { convolution: convolution.clone(), reason: error.to_string() };
            Ok((convolution.clone(), name.parse().map_err(unknown)?))
        });
        convolution::measure(named.collect::<Result<Vec<_>, UnknownKernel>>()?);
    }
    let _ = known;
    Ok(())
}

/// The name of the kernel by the convolution for which it was measured or known; empty where nothing is measured.
pub fn choices() -> BTreeMap<String, String> {
    #[cfg(any(feature = "cuda", feature = "wgpu"))]
    let found = herring_gpu_kernels::convolution::choices();
    #[cfg(not(any(feature = "cuda", feature = "wgpu")))]
    let found: BTreeMap<String, String> = BTreeMap::new();
    found.into_iter().map(|(convolution, kernel)| (convolution, kernel.to_string())).collect()
}
