//! What a file holds, before anything is done to it.

use crate::{Direction, ModalityLut, PixelError, PixelNote};

/// Size and depth of a picture, as its header gives them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PictureInfo {
    /// Number of rows, in pixels, of the picture as viewers show it.
    pub height: usize,
    /// Number of columns, in pixels, of the picture as viewers show it.
    pub width: usize,
    /// Bits a decoded value: 8 or 16 for a PNG (1, 2 and 4 are widened to 8), 8 for a JPEG, the stored bits
    /// for a DICOM file.
    pub bits: u32,
    /// Values a pixel: 1 for grey, 2 with alpha, 3 for colour, 4 with alpha.
    pub channels: usize,
    /// The EXIF orientation of the stored pixels, 1 to 8, which decoding undoes: 1 if they are upright as they
    /// are stored, or if the file has no valid orientation. Height and width are exchanged from 5 on.
    pub orientation: u8,
}

impl PictureInfo {
    /// A picture of `[height, width]` pixels that is upright as it is stored.
    pub fn upright([height, width]: [usize; 2], bits: u32, channels: usize) -> Self {
        Self { height, width, bits, channels, orientation: 1 }
    }

    /// Height and width of the pixels as they are stored in the file, before they are turned upright.
    pub fn stored(&self) -> [usize; 2] {
        if self.orientation >= 5 { [self.width, self.height] } else { [self.height, self.width] }
    }
}

/// The values of a picture, row-major, the channels of a pixel next to each other: `[height, width, channels]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Values {
    /// Up to 8 bits.
    U8(Vec<u8>),
    /// 9 to 16 bits.
    U16(Vec<u16>),
    /// Signed values of a DICOM file.
    I16(Vec<i16>),
}

impl Values {
    /// How many there are.
    pub fn len(&self) -> usize {
        match self {
            Self::U8(values) => values.len(),
            Self::U16(values) => values.len(),
            Self::I16(values) => values.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value at a position of the list.
    pub fn get(&self, index: usize) -> Option<i32> {
        match self {
            Self::U8(values) => values.get(index).map(|&value| value.into()),
            Self::U16(values) => values.get(index).map(|&value| value.into()),
            Self::I16(values) => values.get(index).map(|&value| value.into()),
        }
    }
}

/// A decoded picture: the stored values, exactly, and what its file says of their meaning.
///
/// Nothing is applied to the values: a MONOCHROME1 picture is not inverted, no rescaling and no window is
/// used. These are the values of pydicom's `pixel_array`, which torchxrayvision takes;
/// [`crate::Preparation`] says what becomes of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Picture {
    pub(crate) info: PictureInfo,
    pub(crate) maximum: i32,
    pub(crate) minimum: i32,
    pub(crate) monochrome1: bool,
    pub(crate) rescale: Option<[f64; 2]>,
    pub(crate) lut: Option<ModalityLut>,
    pub(crate) values: Values,
    pub(crate) notes: Vec<PixelNote>,
}

impl Picture {
    // A PNG or JPEG: as many bits as its maximum has, 0 is black.
    pub(crate) fn plain(info: PictureInfo, values: Values) -> Self {
        let maximum = (1 << info.bits) - 1;
        Self { info, maximum, minimum: 0, monochrome1: false, rescale: None, lut: None, values, notes: Vec::new() }
    }

    /// Size and depth.
    pub fn info(&self) -> PictureInfo {
        self.info
    }

    /// Number of rows, in pixels.
    pub fn height(&self) -> usize {
        self.info.height
    }

    /// Number of columns, in pixels.
    pub fn width(&self) -> usize {
        self.info.width
    }

    /// Values a pixel.
    pub fn channels(&self) -> usize {
        self.info.channels
    }

    /// Bits a value.
    pub fn bits(&self) -> u32 {
        self.info.bits
    }

    /// The largest value that the format can hold at this depth: 255, 65535, or 2^bits - 1 of the stored
    /// bits of a DICOM file (2^(bits - 1) - 1 where they are signed).
    pub fn maximum(&self) -> i32 {
        self.maximum
    }

    /// The smallest value that the format can hold: 0 unless the values are signed.
    pub fn minimum(&self) -> i32 {
        self.minimum
    }

    /// Whether high stored values are dark: DICOM's MONOCHROME1, or a modality transformation that falls, but not
    /// both. A table that goes neither way counts as rising here; [`crate::prepare()`] refuses it.
    pub fn dark_is_high(&self) -> bool {
        self.monochrome1 != (self.direction() == Direction::Falling)
    }

    /// Which way the modality transformation goes.
    pub(crate) fn direction(&self) -> Direction {
        match (&self.lut, self.rescale) {
            (Some(lut), _) => lut.direction(),
            (None, Some([slope, _])) if slope < 0. => Direction::Falling,
            _ => Direction::Rising,
        }
    }

    /// The modality LUT of a DICOM file, if it has one; then slope and intercept do not count.
    pub fn modality_lut(&self) -> Option<&ModalityLut> {
        self.lut.as_ref()
    }

    /// Slope and intercept of a DICOM file's modality rescaling, if it gives any.
    pub fn rescale(&self) -> Option<[f64; 2]> {
        self.rescale
    }

    /// The EXIF orientation that was undone, 1 to 8; 1 if nothing had to be.
    pub fn orientation(&self) -> u8 {
        self.info.orientation
    }

    /// What is unusual about the file, in the order in which it was found; empty for most files.
    pub fn notes(&self) -> &[PixelNote] {
        &self.notes
    }

    /// The stored values, `[height, width, channels]`, row-major.
    pub fn values(&self) -> &Values {
        &self.values
    }

    /// The stored value at a position, or `None` outside the picture.
    pub fn get(&self, row: usize, column: usize, channel: usize) -> Option<i32> {
        let PictureInfo { height, width, channels, .. } = self.info;
        if row < height && column < width && channel < channels {
            self.values.get((row * width + column) * channels + channel)
        } else {
            None
        }
    }

    /// The first channel, if the others say the same: a grey picture that was saved as a colour one. A last
    /// channel of two or four is opacity and is ignored.
    ///
    /// # Errors
    /// [`PixelError::Colour`] with the first pixel that is not grey.
    pub fn grey(&self) -> Result<Self, PixelError> {
        let every = self.info.channels;
        let colours = if every > 2 { 3.min(every) } else { 1 };
        for place in 0..self.info.height * self.info.width {
            let first = self.values.get(place * every);
            if (1..colours).any(|channel| self.values.get(place * every + channel) != first) {
                return Err(PixelError::Colour { row: place / self.info.width, column: place % self.info.width });
            }
        }
        Ok(self.first_channel())
    }

    /// Whether a pixel has three colours, with or without opacity.
    pub fn has_colours(&self) -> bool {
        self.info.channels > 2
    }

    /// One channel, as Pillow's `convert("L")`: of a colour picture `(19595 R + 38470 G + 7471 B + 32768) / 65536`, rounded
    /// down; the first channel of any other. Opacity is dropped. Pillow has 8 bits only; others are weighted likewise.
    pub fn luminance(&self) -> Self {
        let every = self.info.channels;
        if !self.has_colours() {
            return self.first_channel();
        }
        // Within the range of the colours: the weights add up to 65536.
        let grey = |red: i64, green: i64, blue: i64| (19_595 * red + 38_470 * green + 7_471 * blue + 32_768) >> 16;
        let values = match &self.values {
            Values::U8(values) => Values::U8(of_pixels(values, every, |[r, g, b]| grey(r, g, b) as u8)),
            Values::U16(values) => Values::U16(of_pixels(values, every, |[r, g, b]| grey(r, g, b) as u16)),
            Values::I16(values) => Values::I16(of_pixels(values, every, |[r, g, b]| grey(r, g, b) as i16)),
        };
        self.of_channels(1, values)
    }

    /// Red, green and blue without opacity; a picture without colours is reduced to its first channel.
    pub fn without_opacity(&self) -> Self {
        let every = self.info.channels;
        if !self.has_colours() {
            return self.first_channel();
        }
        let values = match &self.values {
            Values::U8(values) => {
                Values::U8(values.chunks_exact(every).flat_map(|pixel| &pixel[..3]).copied().collect())
            }
            Values::U16(values) => {
                Values::U16(values.chunks_exact(every).flat_map(|pixel| &pixel[..3]).copied().collect())
            }
            Values::I16(values) => {
                Values::I16(values.chunks_exact(every).flat_map(|pixel| &pixel[..3]).copied().collect())
            }
        };
        self.of_channels(3, values)
    }

    /// The first channel alone, which is what torchxrayvision takes of a colour picture, as a picture of one
    /// channel.
    pub fn first_channel(&self) -> Self {
        let every = self.info.channels;
        let values = match &self.values {
            Values::U8(values) => Values::U8(values.iter().step_by(every).copied().collect()),
            Values::U16(values) => Values::U16(values.iter().step_by(every).copied().collect()),
            Values::I16(values) => Values::I16(values.iter().step_by(every).copied().collect()),
        };
        self.of_channels(1, values)
    }

    /// The same picture with other values, of `channels` channels.
    fn of_channels(&self, channels: usize, values: Values) -> Self {
        let info = PictureInfo { channels, ..self.info };
        Self { info, values, lut: self.lut.clone(), notes: self.notes.clone(), ..*self }
    }
}

/// One value of the three colours of each pixel of `every` values.
fn of_pixels<V: Copy + Into<i64>, T>(values: &[V], every: usize, value: impl Fn([i64; 3]) -> T) -> Vec<T> {
    values.chunks_exact(every).map(|pixel| value([pixel[0].into(), pixel[1].into(), pixel[2].into()])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_channel_is_every_third_value_of_a_colour_picture() {
        let info = PictureInfo::upright([1, 2], 8, 3);
        let picture = Picture::plain(info, Values::U8(vec![1, 2, 3, 4, 5, 6]));
        assert_eq!(picture.maximum(), 255);
        assert_eq!(picture.get(0, 1, 2), Some(6));
        assert_eq!(picture.get(0, 2, 0), None);
        assert!(matches!(picture.grey(), Err(crate::PixelError::Colour { row: 0, column: 0 })));
        let grey = Picture::plain(info, Values::U8(vec![7, 7, 7, 9, 9, 9])).grey().unwrap();
        assert_eq!((grey.channels(), grey.values()), (1, &Values::U8(vec![7, 9])));
        let first = picture.first_channel();
        assert_eq!((first.channels(), first.values()), (1, &Values::U8(vec![1, 4])));
    }
}
