//! Why a NIfTI file is refused: what was found and what was expected. The caller adds the path.

/// Why a volume cannot be read. Its text is one line, without the file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NiftiError {
    /// The file does not begin like a NIfTI file.
    #[error("this is no NIfTI file: found {found}, expected {expected}")]
    NotNifti {
        /// What is there instead.
        found: String,
        /// What should be there.
        expected: &'static str,
    },
    /// The file is valid, but of a kind that is not supported.
    #[error("this kind of NIfTI file is not read: found {found}, expected {expected}")]
    Unsupported {
        /// What the file is.
        found: String,
        /// What is read.
        expected: &'static str,
    },
    /// A field of the header is invalid.
    #[error("the NIfTI header is damaged: {field}: found {found}, expected {expected}")]
    Header {
        /// The field, as the NIfTI standard calls it.
        field: &'static str,
        /// Its value.
        found: String,
        /// The valid values.
        expected: &'static str,
    },
    /// The file ends too early.
    #[error("the file is cut off: found {found} bytes{}, expected {expected} ({what})", unpacked(*.packed))]
    CutOff {
        /// Bytes that there are, unpacked.
        found: u64,
        /// Bytes that there should be, unpacked.
        expected: u64,
        /// What these bytes are.
        what: String,
        /// Whether the file is packed with gzip.
        packed: bool,
    },
    /// All bytes of the volume are there, but the gzip data end before their checksum.
    #[error("the file is cut off: found no gzip checksum behind its {bytes} unpacked bytes, expected one")]
    NoChecksum {
        /// Bytes that were unpacked.
        bytes: u64,
    },
    /// The gzip data are damaged.
    #[error("the gzip data are damaged after {bytes} unpacked bytes: {message}")]
    Gzip {
        /// Bytes that were unpacked until then.
        bytes: u64,
        /// The decoder's message.
        message: String,
    },
    /// Reading failed.
    #[error("cannot read: {0}")]
    System(String),
}

fn unpacked(packed: bool) -> &'static str {
    if packed { " after unpacking" } else { "" }
}
