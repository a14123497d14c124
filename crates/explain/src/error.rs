//! Why a network cannot be explained.

use herring_models::weights::WeightsError as LoadError;
use herring_pixels::IMAGE_ENDINGS;
use herring_saliency::SaliencyError;
use herring_weights::WeightsError;
use std::{io, path::PathBuf};

/// What keeps a whole command from its end. The text is one line. An image that cannot be read is no such error: the others
/// are explained.
#[derive(Debug, thiserror::Error)]
pub enum ExplainError {
    /// The output folder holds something.
    #[error("{path}: found a folder that is not empty, expected a new or an empty one")]
    NotEmpty {
        /// The folder.
        path: PathBuf,
    },
    /// A file or folder cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file or folder.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// A folder without images.
    #[error("{path}: found no image, expected files that end in {}", IMAGE_ENDINGS.join(", "))]
    NoImages {
        /// The folder.
        path: PathBuf,
    },
    /// The weights do not fit the network, or cannot be read.
    #[error(transparent)]
    Weights(#[from] WeightsError),
    /// The weights do not fit the network.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The file has the body of the network and not its head.
    #[error("{path}: found no weights that fit {}, expected those of a whole network", .lacking.join(", "))]
    Head {
        /// The file of weights.
        path: PathBuf,
        /// The tensors of the head.
        lacking: Vec<String>,
    },
    /// The file is of no architecture that is known.
    #[error("{path}: found the tensors of no known architecture, expected --architecture with one of {}", .known.join(", "))]
    Architecture {
        /// The file of weights.
        path: PathBuf,
        /// Names of architectures.
        known: Vec<&'static str>,
    },
    /// Other labels than the network has classes.
    #[error("{path}: found {found} labels, expected {expected}, one for each class of the network")]
    Labels {
        /// The file of labels.
        path: PathBuf,
        /// Its lines.
        found: usize,
        /// Classes of the network.
        expected: usize,
    },
    /// A class that the network does not have.
    #[error("target: found '{found}', expected 'predicted', a class from 0 to {last} or one of the labels")]
    Target {
        /// What was asked for.
        found: String,
        /// The network's last class.
        last: usize,
    },
    /// A setting that cannot be.
    #[error("{field}: found {found}, expected {expected}")]
    Setting {
        /// Which.
        field: &'static str,
        /// Its value.
        found: String,
        /// What it may be.
        expected: String,
    },
    /// An attribution's setting, or a tap that the network does not have.
    #[error(transparent)]
    Saliency(#[from] SaliencyError),
    /// The device failed.
    #[error("the device failed: {0}")]
    Device(String),
}

impl ExplainError {
    /// Whether a disk, folder or device failed, rather than what was asked for.
    pub fn is_environment(&self) -> bool {
        match self {
            Self::File { source, .. } => source.kind() != io::ErrorKind::NotFound,
            Self::Device(_) => true,
            Self::NotEmpty { .. }
            | Self::NoImages { .. }
            | Self::Weights(_)
            | Self::Load(_)
            | Self::Head { .. }
            | Self::Architecture { .. }
            | Self::Labels { .. }
            | Self::Target { .. }
            | Self::Setting { .. }
            | Self::Saliency(_) => false,
        }
    }
}
