//! One choice, at run time, among the backends that were compiled in.

use crate::Kernels;
use std::fmt;

/// A backend by name, whether it is compiled in or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BackendName {
    /// The processor.
    Cpu,
    /// An NVIDIA GPU through CUDA.
    Cuda,
    /// Any GPU through WGPU.
    Wgpu,
}

impl BackendName {
    /// Every backend there is.
    pub const ALL: [Self; 3] = [Self::Cpu, Self::Cuda, Self::Wgpu];

    /// Its name, which is also that of the Cargo feature that compiles it in.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Cuda => "cuda",
            Self::Wgpu => "wgpu",
        }
    }

    /// Whether it is compiled into this build.
    pub fn compiled(self) -> bool {
        match self {
            Self::Cpu => cfg!(feature = "cpu"),
            Self::Cuda => cfg!(feature = "cuda"),
            Self::Wgpu => cfg!(feature = "wgpu"),
        }
    }
}

impl fmt::Display for BackendName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

/// Why a device cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeviceError {
    /// The backend is not in this build.
    #[error(
        "the backend '{backend}' is not compiled into this build (it has: {available}); build with `--features {backend}`"
    )]
    NotCompiled {
        /// The backend that was asked for; its feature has the same name.
        backend: BackendName,
        /// The backends of this build, separated by commas.
        available: String,
    },
    /// The machine has no such device.
    #[error("the backend '{backend}' has no device {index} on this machine; it has: {available}")]
    NotThere {
        /// The backend that was asked for.
        backend: BackendName,
        /// The device that was asked for.
        index: usize,
        /// The devices that there are, as `number (name)` separated by commas, or `none`.
        available: String,
    },
}

/// One device of this machine that this build can use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceInfo {
    /// Its backend.
    pub backend: BackendName,
    /// Its number among the backend's devices.
    pub index: usize,
    /// Its name, for instance `AMD EPYC` or `NVIDIA H200`.
    pub name: String,
}

/// The devices of one backend, best first; none where the backend is not compiled in or finds none.
pub fn devices(backend: BackendName) -> Vec<DeviceInfo> {
    let names = match backend {
        BackendName::Cpu if backend.compiled() => vec![processor::name()],
        #[cfg(feature = "cuda")]
        BackendName::Cuda => cuda::names(),
        #[cfg(feature = "wgpu")]
        BackendName::Wgpu => wgpu::adapters().into_iter().map(|adapter| adapter.name).collect(),
        _ => Vec::new(),
    };
    names.into_iter().enumerate().map(|(index, name)| DeviceInfo { backend, index, name }).collect()
}

/// Generic code that runs on whichever backend was chosen.
pub trait Job: Send {
    /// The result.
    type Output: Send;

    /// Runs on one device of backend `B`.
    fn run<B: Kernels>(self, device: &B::Device) -> Self::Output;
}

/// A device whose backend is compiled in and that exists on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    info: DeviceInfo,
}

impl Device {
    /// Chooses device `index` of `backend`.
    ///
    /// # Errors
    /// [`DeviceError::NotCompiled`] names the feature to build with, [`DeviceError::NotThere`] the devices
    /// that exist.
    pub fn new(backend: BackendName, index: usize) -> Result<Self, DeviceError> {
        if !backend.compiled() {
            let available: Vec<_> = BackendName::ALL.into_iter().filter(|backend| backend.compiled()).collect();
            return Err(DeviceError::NotCompiled { backend, available: list(&available) });
        }
        let found = devices(backend);
        match found.get(index) {
            Some(info) => Ok(Self { info: info.clone() }),
            None => {
                let named: Vec<_> = found.iter().map(|info| format!("{} ({})", info.index, info.name)).collect();
                Err(DeviceError::NotThere { backend, index, available: list(&named) })
            }
        }
    }

    /// What it is.
    pub fn info(&self) -> &DeviceInfo {
        &self.info
    }

    /// Runs `job` on it. This is the one place where generic code meets the backends.
    ///
    /// On the processor the job runs on a thread of a rayon pool of its own, so that its operations need not wake a pool, and
    /// its tensors stay in the caches of the cores that work on them.
    pub fn run<J: Job>(&self, job: J) -> J::Output {
        match self.info.backend {
            #[cfg(feature = "cpu")]
            BackendName::Cpu => herring_kernels::in_own_pool(|| job.run::<crate::Cpu>(&Default::default())),
            #[cfg(feature = "cuda")]
            BackendName::Cuda => job.run::<crate::Cuda>(&burn::backend::cuda::CudaDevice::new(self.info.index)),
            #[cfg(feature = "wgpu")]
            BackendName::Wgpu => job.run::<crate::Wgpu>(&wgpu::device(self.info.index)),
            #[allow(unreachable_patterns)]
            backend => unreachable!("a device of '{backend}' cannot be made in a build without it"),
        }
    }
}

fn list(items: &[impl ToString]) -> String {
    match items {
        [] => "none".to_owned(),
        items => items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
    }
}

mod processor {
    /// The processor's name if the system reports it, else its architecture.
    pub(super) fn name() -> String {
        let told = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        told.lines()
            .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
            .map_or_else(|| std::env::consts::ARCH.to_owned(), |(_, name)| name.trim().to_owned())
    }
}

#[cfg(feature = "cuda")]
mod cuda {
    use cudarc::driver::{CudaContext, sys};

    /// The names of the CUDA devices; none where the driver is not installed.
    pub(super) fn names() -> Vec<String> {
        // SAFETY: the call only tries to open the driver's library by its usual names.
        if !unsafe { sys::is_culib_present() } {
            return Vec::new();
        }
        let count = CudaContext::device_count().unwrap_or(0);
        (0..count.max(0) as usize)
            .map(|index| {
                CudaContext::new(index).and_then(|context| context.name()).unwrap_or_else(|_| "CUDA device".to_owned())
            })
            .collect()
    }
}

#[cfg(feature = "wgpu")]
mod wgpu {
    use burn::backend::wgpu::WgpuDevice;
    use wgpu::{Backends, DeviceType, Instance, InstanceDescriptor};

    pub(super) struct Adapter {
        pub(super) name: String,
        device: WgpuDevice,
    }

    /// The graphics API that Burn's runtime picks.
    fn backends() -> Backends {
        if cfg!(any(target_os = "macos", target_os = "ios")) { Backends::METAL } else { Backends::VULKAN }
    }

    /// The adapters that Burn can address, GPUs before software.
    pub(super) fn adapters() -> Vec<Adapter> {
        let instance = Instance::new(InstanceDescriptor {
            backends: backends(),
            ..InstanceDescriptor::new_without_display_handle()
        });
        let mut counts = [0usize; 3];
        let mut found: Vec<(u8, Adapter)> = pollster::block_on(instance.enumerate_adapters(backends()))
            .into_iter()
            .filter_map(|adapter| {
                let info = adapter.get_info();
                let mut next = |kind: usize| {
                    counts[kind] += 1;
                    counts[kind] - 1
                };
                let (rank, device) = match info.device_type {
                    DeviceType::DiscreteGpu => (0, WgpuDevice::DiscreteGpu(next(0))),
                    DeviceType::IntegratedGpu => (1, WgpuDevice::IntegratedGpu(next(1))),
                    DeviceType::VirtualGpu => (2, WgpuDevice::VirtualGpu(next(2))),
                    DeviceType::Cpu => (3, WgpuDevice::Cpu),
                    DeviceType::Other => return None,
                };
                let name = format!("{}, {:?}", info.name, info.backend);
                Some((rank, Adapter { name, device }))
            })
            .collect();
        found.sort_by_key(|(rank, _)| *rank);
        found.into_iter().map(|(_, adapter)| adapter).collect()
    }

    pub(super) fn device(index: usize) -> WgpuDevice {
        adapters().into_iter().nth(index).map_or(WgpuDevice::DefaultDevice, |adapter| adapter.device)
    }
}
