//! The one error type of this crate.

use std::fmt;

/// A file format that this crate reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Portable Network Graphics.
    Png,
    /// JPEG, baseline or progressive.
    Jpeg,
    /// Windows bitmap.
    Bmp,
    /// Tagged Image File Format.
    Tiff,
    /// WebP, lossless or lossy.
    WebP,
    /// A DICOM file with its preamble.
    Dicom,
}

impl fmt::Display for Format {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Png => "PNG",
            Self::Jpeg => "JPEG",
            Self::Bmp => "BMP",
            Self::Tiff => "TIFF",
            Self::WebP => "WebP",
            Self::Dicom => "DICOM",
        })
    }
}

/// Why a picture or a mask is not available. Its text is one line; the caller adds the file and the row.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PixelError {
    /// The file has no bytes.
    #[error("found an empty file, expected a PNG, JPEG, BMP, TIFF, WebP or DICOM file")]
    Empty,
    /// The first bytes are of none of the formats.
    #[error("found a file that starts with {found}, expected a PNG, JPEG, BMP, TIFF, WebP or DICOM file")]
    UnknownFormat {
        /// The first bytes, in hexadecimal.
        found: String,
    },
    /// The file is of a format that is known, but not read.
    #[error("found {found}, expected a PNG, JPEG, BMP, TIFF, WebP or DICOM file")]
    OtherFormat {
        /// What the file is, with its article.
        found: &'static str,
    },
    /// A DICOM element was requested from a file of another format.
    #[error("found a file of another format, expected a DICOM file")]
    NotDicom,
    /// The file ends too early.
    #[error("truncated {format}: {detail}")]
    Truncated {
        /// The format of the file.
        format: Format,
        /// What is missing.
        detail: String,
    },
    /// The file breaks its format's rules, or a checksum does not fit.
    #[error("damaged {format}: {detail}")]
    Damaged {
        /// The format of the file.
        format: Format,
        /// Which rule.
        detail: String,
    },
    /// The file is valid, as far as it was read, but of a kind that is not decoded here.
    #[error("{format}: found {found}, expected {expected}")]
    Unsupported {
        /// The format of the file.
        format: Format,
        /// The kind.
        found: String,
        /// What would be decoded.
        expected: &'static str,
    },
    /// A header asks for more than the limits allow; nothing was allocated for it.
    #[error("{what}: found {found}, expected at most {limit}")]
    TooLarge {
        /// Width, height, pixels or bytes.
        what: &'static str,
        /// What the header says.
        found: u64,
        /// The limit.
        limit: u64,
    },
    /// The picture has another bit depth than the preparation asks for.
    #[error("bit depth: found {found}, expected {expected}")]
    Depth {
        /// Bits a value of the picture.
        found: u32,
        /// Bits a value that are required.
        expected: u32,
    },
    /// A picture that should be grey has colours.
    #[error("colour at row {row}, column {column}: expected a grey picture")]
    Colour {
        /// Row of the first pixel that is not grey, counted from 0.
        row: usize,
        /// Its column.
        column: usize,
    },
    /// A picture is brighter than the maximum that it is to be divided by.
    #[error("largest value: found {found}, expected at most {maximum}")]
    AboveMaximum {
        /// The largest value of the picture.
        found: f64,
        /// The maximum of the preparation.
        maximum: f64,
    },
    /// A picture or mask is not of the size that is needed, in pixels.
    #[error("{what}: found {} x {} pixels, expected {} x {} (height x width)", found[0], found[1], expected[0], expected[1])]
    Size {
        /// The picture or the mask.
        what: &'static str,
        /// Its height and width.
        found: [usize; 2],
        /// The height and width that are needed.
        expected: [usize; 2],
    },
    /// A box of a mask is not a part of the image.
    #[error("box {index}: found {found}, expected {expected}")]
    Box {
        /// Position of the box in its list, counted from 1.
        index: usize,
        /// The box, as text.
        found: String,
        /// What would be accepted.
        expected: String,
    },
    /// A setting of the preparation cannot be used.
    #[error("preparation: {field}: found {found}, expected {expected}")]
    Setting {
        /// Which field.
        field: &'static str,
        /// What it holds.
        found: String,
        /// What would be accepted.
        expected: String,
    },
    /// A mask from a file was requested without the file's bytes.
    #[error("mask: found a region that is a file, expected its bytes as well")]
    NoFile,
    /// A file cannot be read.
    #[error("cannot read: {detail}")]
    Read {
        /// The system's error.
        detail: String,
    },
}

impl PixelError {
    pub(crate) fn truncated(format: Format, detail: impl fmt::Display) -> Self {
        Self::Truncated { format, detail: one_line(detail) }
    }

    pub(crate) fn damaged(format: Format, detail: impl fmt::Display) -> Self {
        Self::Damaged { format, detail: one_line(detail) }
    }

    pub(crate) fn unsupported(format: Format, found: impl fmt::Display, expected: &'static str) -> Self {
        Self::Unsupported { format, found: one_line(found), expected }
    }

    pub(crate) fn setting(field: &'static str, found: impl fmt::Display, expected: impl fmt::Display) -> Self {
        Self::Setting { field, found: found.to_string(), expected: expected.to_string() }
    }
}

// Decoders quote what they found in a file, which may hold anything.
fn one_line(text: impl fmt::Display) -> String {
    let text: String = text.to_string().chars().map(|c| if c.is_control() { ' ' } else { c }).take(300).collect();
    text.trim().to_owned()
}
