//! Why a file of weights cannot be used.

use crate::FileKind;
use std::path::{Path, PathBuf};

/// An unusable file of weights, or a network that it does not fit. The text is one line.
#[derive(Debug, thiserror::Error)]
pub enum WeightsError {
    /// The file cannot be read.
    #[error("{path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// The first bytes are of no kind that is read.
    #[error("{path}: found {found}, expected weights: torch.save's .pth, safetensors, or Keras' .h5")]
    Kind {
        /// The file.
        path: PathBuf,
        /// How it begins.
        found: String,
    },
    /// The file is of the kind that its first bytes say, and damaged, cut short or made up.
    #[error("{path}: not a complete {kind}: {reason}")]
    Format {
        /// The file.
        path: PathBuf,
        /// What it claims to be.
        kind: FileKind,
        /// What is wrong.
        reason: String,
    },
    /// A pickle that holds something else than tensors.
    #[error(
        "{path}: the pickle holds {found} at {name}, expected tensors by name alone, as \
         torch.save(network.state_dict(), ...) writes them; nothing of it was run"
    )]
    Foreign {
        /// The file.
        path: PathBuf,
        /// Where in the pickle: `'name'`, or `its root`.
        name: String,
        /// Its type in Python.
        found: String,
    },
    /// A tensor of an element type that weights do not have.
    #[error("{path}: the tensor '{name}' holds {found}, expected floats of 16, 32 or 64 bits")]
    Element {
        /// The file.
        path: PathBuf,
        /// The tensor.
        name: String,
        /// Its element type.
        found: String,
    },
    /// A value that is infinite or not a number in single precision.
    #[error("{path}: the tensor '{name}' holds {found}, expected finite numbers")]
    NotFinite {
        /// The file.
        path: PathBuf,
        /// The tensor.
        name: String,
        /// The first such value.
        found: f32,
    },
    /// A tensor that the network needs, other than those of its head, is missing.
    #[error("{path}: the tensor '{name}' is missing, expected it with shape {expected:?}")]
    Missing {
        /// The file.
        path: PathBuf,
        /// The tensor.
        name: String,
        /// Its shape in the network.
        expected: Vec<usize>,
    },
    /// A tensor that the network has no place for.
    #[error("{path}: the tensor '{name}' with shape {found:?} belongs to no parameter of this network")]
    Unknown {
        /// The file.
        path: PathBuf,
        /// The tensor.
        name: String,
        /// Its shape in the file.
        found: Vec<usize>,
    },
    /// A tensor of another shape than the network's.
    #[error("{path}: the tensor '{name}' has shape {found:?}, expected {expected:?}")]
    Shape {
        /// The file.
        path: PathBuf,
        /// The tensor.
        name: String,
        /// Its shape in the file.
        found: Vec<usize>,
        /// Its shape in the network.
        expected: Vec<usize>,
    },
    /// The network takes grey images and the file's colour ones.
    #[error(
        "{path}: the first convolution '{name}' takes images of {found} channels, and the network's takes 1: give the \
         network images of {found} channels"
    )]
    Channels {
        /// The file.
        path: PathBuf,
        /// The first convolution's weight.
        name: String,
        /// Channels of the images that the file's network takes.
        found: usize,
    },
    /// No file of that name was given.
    #[error("no file was given for the weights '{name}': expected --weights {name}=FILE")]
    NotGiven {
        /// The name.
        name: String,
    },
    /// The file is another than the one that the run is decided by.
    #[error("{path}: SHA-256 found {found}, expected {expected}: another file than the weights '{name}' of this run")]
    Other {
        /// The file.
        path: PathBuf,
        /// The name of the weights.
        name: String,
        /// The file's SHA-256.
        found: String,
        /// The run's.
        expected: String,
    },
    /// `datasets/weights.toml` cannot be read.
    #[error("datasets/weights.toml: {0}")]
    Manifest(String),
}

/// What a reader of one kind reports; [`crate::read::read`] adds the file.
#[derive(Debug)]
pub(crate) enum Problem {
    /// See [`WeightsError::Format`].
    Format(String),
    /// See [`WeightsError::Foreign`].
    Foreign { name: String, found: String },
    /// See [`WeightsError::Element`].
    Element { name: String, found: String },
}

impl Problem {
    /// Another library's error, whose text may have several lines or repeat what the file holds.
    pub(crate) fn of(error: impl std::fmt::Display) -> Self {
        const LONGEST: usize = 240;
        let text = error.to_string().split_whitespace().collect::<Vec<_>>().join(" ");
        let mut short: String = text.chars().take(LONGEST).collect();
        if short.len() < text.len() {
            short.push_str(" ...");
        }
        Self::Format(short)
    }

    /// The same with the file's name.
    pub(crate) fn at(self, path: &Path, kind: FileKind) -> WeightsError {
        let path = path.to_owned();
        match self {
            Self::Format(reason) => WeightsError::Format { path, kind, reason },
            Self::Foreign { name, found } => {
                WeightsError::Foreign { path, name: printable(&name), found: printable(&found) }
            }
            Self::Element { name, found } => WeightsError::Element { path, name: printable(&name), found },
        }
    }
}

/// A name that a file chose, fit to be printed.
pub(crate) fn printable(name: &str) -> String {
    const LONGEST: usize = 120;
    name.chars().take(LONGEST).map(|letter| if letter.is_control() { '?' } else { letter }).collect()
}
