//! Limits on the sizes in a header, checked before anything is allocated.

use crate::PixelError;

/// The largest picture that is decoded.
///
/// A few kilobytes can claim 60,000 by 60,000 pixels. The header is compared with these numbers before any
/// memory is allocated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Largest height and largest width, in pixels.
    pub side: u64,
    /// Largest product of height and width.
    pub pixels: u64,
    /// Most bytes that decoding may hold at once, the result included, the file's own bytes not.
    pub bytes: u64,
}

impl Default for Limits {
    /// 16,384 pixels a side, 64 Mi pixels, 512 MiB: several times the largest radiographs.
    fn default() -> Self {
        Self { side: 1 << 14, pixels: 1 << 26, bytes: 1 << 29 }
    }
}

impl Limits {
    /// Checks a picture of `height` x `width` pixels, each of which costs `bytes_per_pixel` bytes while it
    /// is decoded.
    ///
    /// # Errors
    /// [`PixelError::TooLarge`] names the first of the limits that it breaks.
    pub fn check(&self, height: u64, width: u64, bytes_per_pixel: u64) -> Result<(), PixelError> {
        let within = |what, found: u64, limit| {
            if found > limit { Err(PixelError::TooLarge { what, found, limit }) } else { Ok(()) }
        };
        within("image height", height, self.side)?;
        within("image width", width, self.side)?;
        let pixels = height.saturating_mul(width);
        within("pixels of the image", pixels, self.pixels)?;
        within("bytes to decode the image", pixels.saturating_mul(bytes_per_pixel), self.bytes)
    }

    pub(crate) fn bytes_as_usize(&self) -> usize {
        usize::try_from(self.bytes).unwrap_or(usize::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_limit_is_checked() {
        let limits = Limits { side: 100, pixels: 5_000, bytes: 10_000 };
        assert_eq!(limits.check(50, 100, 2), Ok(()));
        let text = |height, width, cost| limits.check(height, width, cost).unwrap_err().to_string();
        assert_eq!(text(101, 1, 1), "image height: found 101, expected at most 100");
        assert_eq!(text(1, 101, 1), "image width: found 101, expected at most 100");
        assert_eq!(text(51, 100, 1), "pixels of the image: found 5100, expected at most 5000");
        assert_eq!(text(50, 100, 3), "bytes to decode the image: found 15000, expected at most 10000");
        assert!(Limits { side: u64::MAX, ..limits }.check(u64::MAX, u64::MAX, 8).is_err());
    }
}
