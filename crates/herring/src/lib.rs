// The links of the page. Those of README.md lead to folders, these to documentation; the first definition of a link counts.
//! [`herring-backend`]: ../herring_backend/index.html
//! [`herring-cache`]: ../herring_cache/index.html
//! [`herring-cardiac`]: ../herring_cardiac/index.html
//! [`herring-cluster`]: ../herring_cluster/index.html
//! [`herring-datasets`]: ../herring_datasets/index.html
//! [`herring-decoys`]: ../herring_decoys/index.html
//! [`herring-digits`]: ../herring_digits/index.html
//! [`herring-experiments`]: ../herring_experiments/index.html
//! [`herring-explain`]: ../herring_explain/index.html
//! [`herring-files`]: ../herring_files/index.html
//! [`herring-gpu-kernels`]: ../herring_gpu_kernels/index.html
//! [`herring-images`]: ../herring_images/index.html
//! [`herring-kernels`]: ../herring_kernels/index.html
//! [`herring-losses`]: ../herring_losses/index.html
//! [`herring-models`]: ../herring_models/index.html
//! [`herring-papers`]: ../herring_papers/index.html
//! [`herring-pixels`]: ../herring_pixels/index.html
//! [`herring-protocol`]: ../herring_protocol/index.html
//! [`herring-radiographs`]: ../herring_radiographs/index.html
//! [`herring-report`]: ../herring_report/index.html
//! [`herring-saliency`]: ../herring_saliency/index.html
//! [`herring-search`]: ../herring_search/index.html
//! [`herring-standins`]: ../herring_standins/index.html
//! [`herring-stats`]: ../herring_stats/index.html
//! [`herring-store`]: ../herring_store/index.html
//! [`herring-tables`]: ../herring_tables/index.html
//! [`herring-training`]: ../herring_training/index.html
//! [`herring-volumes`]: ../herring_volumes/index.html
//! [`herring-weights`]: ../herring_weights/index.html
//!
#![doc = include_str!("../README.md")]

#[cfg(feature = "backend")]
pub use herring_backend as backend;
#[cfg(feature = "cache")]
pub use herring_cache as cache;
#[cfg(feature = "cardiac")]
pub use herring_cardiac as cardiac;
#[cfg(feature = "datasets")]
pub use herring_datasets as datasets;
#[cfg(feature = "decoys")]
pub use herring_decoys as decoys;
#[cfg(feature = "digits")]
pub use herring_digits as digits;
#[cfg(feature = "explain")]
pub use herring_explain as explain;
#[cfg(feature = "images")]
pub use herring_images as images;
#[cfg(feature = "kernels")]
pub use herring_kernels as kernels;
#[cfg(feature = "losses")]
pub use herring_losses as losses;
#[cfg(feature = "models")]
pub use herring_models as models;
#[cfg(feature = "pixels")]
pub use herring_pixels as pixels;
#[cfg(feature = "saliency")]
pub use herring_saliency as saliency;
#[cfg(feature = "search")]
pub use herring_search as search;
#[cfg(feature = "stats")]
pub use herring_stats as stats;
#[cfg(feature = "tables")]
pub use herring_tables as tables;
#[cfg(feature = "volumes")]
pub use herring_volumes as volumes;
#[cfg(feature = "weights")]
pub use herring_weights as weights;
