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
}

impl fmt::Display for PixelNote {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Turned { orientation } => {
                write!(formatter, "the picture was turned upright, by its orientation {orientation}")
            }
            Self::PngWithoutEnd => formatter.write_str("the PNG has no end marker (IEND); all of its pixels are there"),
        }
    }
}
