//! Pillow's crop and resizing of pictures of 8 bits a value (modes `L` and `RGB`), bit for bit.
//!
//! Its resizing of bytes is another arithmetic than that of the other modes (`pillow`): weights are rounded to 22 binary
//! places, sums are whole numbers, and each of the two passes is rounded and cut to a byte.

use crate::{
    Picture, PictureInfo, PixelError,
    picture::Values,
    pillow::{Filter, Taps, taps},
};

/// Binary places of the weights.
const PLACES: u32 = 32 - 8 - 2;

impl Picture {
    /// The square in the middle, of the shorter side: rows and columns from `(length - side) / 2` on, rounded down, as
    /// `crop(((w - s) // 2, (h - s) // 2, (w + s) // 2, (h + s) // 2))` has it. ([`crate::Crop::Center`], torchxrayvision's
    /// square, begins one further where the longer side is even and the shorter one odd.)
    ///
    /// # Errors
    /// [`PixelError::Depth`] for a picture of more than 8 bits.
    pub fn square(&self) -> Result<Self, PixelError> {
        let values = self.bytes()?;
        let PictureInfo { height, width, channels, .. } = self.info();
        let side = height.min(width);
        let (top, left) = ((height - side) / 2, (width - side) / 2);
        let rows = values.chunks_exact(width * channels).skip(top).take(side);
        let square = rows.flat_map(|row| row[left * channels..][..side * channels].iter().copied()).collect();
        Ok(self.with_bytes([side, side], channels, square))
    }

    /// Resized to `size` x `size`, as Pillow's `resize((size, size), BICUBIC)`, the default of `resize`.
    ///
    /// # Errors
    /// [`PixelError::Depth`] for a picture of more than 8 bits, [`PixelError::Setting`] for a size of 0.
    pub fn resized_bicubic(&self, size: usize) -> Result<Self, PixelError> {
        let values = self.bytes()?;
        if size == 0 {
            return Err(PixelError::setting("size", size, "at least 1"));
        }
        let PictureInfo { height, width, channels, .. } = self.info();
        // A side that keeps its length is not resampled.
        let across = if width == size { values.to_vec() } else { along_rows(values, [width, channels], size) };
        let both = if height == size { across } else { along_columns(&across, height, size) };
        Ok(self.with_bytes([size, size], channels, both))
    }

    /// The stored values of a picture of at most 8 bits, `[height, width, channels]`.
    ///
    /// # Errors
    /// [`PixelError::Depth`] for any other picture.
    pub fn bytes(&self) -> Result<&[u8], PixelError> {
        match &self.values {
            Values::U8(values) => Ok(values),
            _ => Err(PixelError::Depth { found: self.bits(), expected: 8 }),
        }
    }

    fn with_bytes(&self, [height, width]: [usize; 2], channels: usize, values: Vec<u8>) -> Self {
        let info = PictureInfo { height, width, channels, ..self.info };
        Self { info, values: Values::U8(values), lut: self.lut.clone(), notes: self.notes.clone(), ..*self }
    }
}

/// Taps whose weights are whole numbers of 2^-22.
fn whole(taps: Taps) -> (usize, Vec<i32>) {
    // Rounded halves away from zero; no weight is beyond 2.
    let weight = |weight: f64| (weight * f64::from(1 << PLACES)).round() as i32;
    (taps.first, taps.weights.into_iter().map(weight).collect())
}

/// Half, from which sums begin, so that shifting rounds.
const HALF: i32 = 1 << (PLACES - 1);

fn byte(sum: i32) -> u8 {
    // Within a byte by then.
    (sum >> PLACES).clamp(0, 255) as u8
}

fn along_rows(values: &[u8], [width, channels]: [usize; 2], size: usize) -> Vec<u8> {
    let taps: Vec<_> = taps(width, size, Filter::Bicubic).into_iter().map(whole).collect();
    let mut resized = Vec::with_capacity(values.len() / width * size);
    for row in values.chunks_exact(width * channels) {
        for (first, weights) in &taps {
            for channel in 0..channels {
                let neighbours = row[first * channels + channel..].iter().step_by(channels);
                let terms = weights.iter().zip(neighbours).map(|(weight, value)| weight * i32::from(*value));
                resized.push(byte(HALF + terms.sum::<i32>()));
            }
        }
    }
    resized
}

fn along_columns(values: &[u8], height: usize, size: usize) -> Vec<u8> {
    let length = values.len() / height;
    let mut resized = Vec::with_capacity(size * length);
    let mut line = vec![0; length];
    for (first, weights) in taps(height, size, Filter::Bicubic).into_iter().map(whole) {
        line.fill(HALF);
        for (weight, row) in weights.iter().zip(values[first * length..].chunks_exact(length)) {
            line.iter_mut().zip(row).for_each(|(sum, value)| *sum += weight * i32::from(*value));
        }
        resized.extend(line.iter().map(|&sum| byte(sum)));
    }
    resized
}
