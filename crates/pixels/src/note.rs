//! What was done about a file that is sound but unusual, so that a caller can say it once.

use std::fmt;

/// Something about a file that a reader of the results may want to know: the picture is right, but the file
/// needed more than plain decoding. The text is a plain sentence without the file's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum PixelNote {
    /// The file's orientation was applied: the rows and columns are those that viewers show.
    Turned {
        /// The EXIF orientation that was undone, 2 to 8.
        orientation: u8,
    },
    /// A PNG that ends behind its pixels, without its end marker (IEND).
    PngWithoutEnd,
    /// A DICOM file that begins with its meta group, without the preamble of 128 bytes.
    DicomWithoutPreamble,
    /// A DICOM file whose meta group has a missing or wrong length.
    DicomMetaLength,
    /// A DICOM file whose elements lie otherwise than its transfer syntax says.
    DicomOtherLayout,
    /// A DICOM file with zeros behind its data set.
    DicomPadded,
    /// A DICOM file that writes a number of its rescaling with a comma.
    DicomDecimalComma,
}

impl fmt::Display for PixelNote {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Turned { orientation } => {
                write!(formatter, "the picture was turned upright, by its orientation {orientation}")
            }
            Self::DicomWithoutPreamble => formatter.write_str("the DICOM file has no preamble"),
            Self::DicomMetaLength => {
                formatter.write_str("the length of the DICOM file's meta group is missing or wrong")
            }
            Self::DicomOtherLayout => {
                formatter.write_str("the DICOM file's elements are not laid out as its transfer syntax says")
            }
            Self::DicomPadded => formatter.write_str("zeros follow the DICOM file's data set"),
            Self::DicomDecimalComma => {
                formatter.write_str("a number of the DICOM file's rescaling is written with a comma")
            }
            Self::PngWithoutEnd => formatter.write_str("the PNG has no end marker (IEND); all of its pixels are there"),
        }
    }
}
