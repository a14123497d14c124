//! From a picture in full size to one as a small edition of its collection holds it.

use crate::{Picture, PixelError, picture::Values, preparation::Crop};

/// The square in the middle of a picture's first channel, reduced to `side` x `side` by the mean of the area that
/// each new pixel covers, and rounded to whole values of the picture's depth (halves up).
///
/// The square is that of [`Crop::Center`]. A picture of `side` x `side` is returned unchanged. The mean of the
/// area is what OpenCV calls `INTER_AREA`; no description was found of how the 224 x 224 editions of NIH
/// ChestX-ray14 and PadChest were made; of seven usual methods this one differs least from the others
/// (`docs/radiographs.md` has the numbers).
///
/// # Errors
/// [`PixelError::Setting`] if the side is 0 or more than the shorter side of the picture: nothing is enlarged.
///
/// ```
/// use herring_pixels::{Limits, decode, reduce};
///
/// # let bytes = include_bytes!("../tests/samples/mask-1bit.png").as_slice();
/// let picture = decode(bytes, &Limits::default())?;
/// let small = reduce(&picture, 4)?;
/// assert_eq!((small.height(), small.width(), small.channels()), (4, 4, 1));
/// # Ok::<(), herring_pixels::PixelError>(())
/// ```
pub fn reduce(picture: &Picture, side: usize) -> Result<Picture, PixelError> {
    let (height, width) = (picture.height(), picture.width());
    if side == 0 || side > height.min(width) {
        let expected = format!("1 to the shorter side of the picture, {}", height.min(width));
        return Err(PixelError::setting("side", side, expected));
    }
    let first = picture.first_channel();
    let window = Crop::Center.window([height, width]);
    let values = match &first.values {
        Values::U8(values) => Values::U8(means(values, width, window, side, |mean| mean as u8)),
        Values::U16(values) => Values::U16(means(values, width, window, side, |mean| mean as u16)),
        Values::I16(values) => Values::I16(means(values, width, window, side, |mean| mean as i16)),
    };
    let info = crate::PictureInfo { height: side, width: side, ..first.info };
    Ok(Picture { info, values, ..first })
}

/// The share of each source position in an output position: the first one, and how much of each is covered.
fn shares(length: usize, side: usize) -> Vec<(usize, Vec<f64>)> {
    // In units of 1 / side of a source pixel, every edge is a whole number.
    let covered = |position: usize| {
        let (from, to) = (position * length, (position + 1) * length);
        let (first, end) = (from / side, to.div_ceil(side));
        let share = |index: usize| (to.min((index + 1) * side) - from.max(index * side)) as f64 / length as f64;
        (first, (first..end).map(share).collect())
    };
    (0..side).map(covered).collect()
}

fn means<V: Copy + Into<f64>>(
    values: &[V],
    width: usize,
    [top, left, height, columns]: [usize; 4],
    side: usize,
    rounded: impl Fn(f64) -> V,
) -> Vec<V> {
    if [height, columns] == [side, side] {
        let rows = values.chunks_exact(width).skip(top).take(height);
        return rows.flat_map(|row| row[left..left + columns].iter().copied()).collect();
    }
    let (rows, across) = (shares(height, side), shares(columns, side));
    let mut means = Vec::with_capacity(side * side);
    let mut line = vec![0.0; columns];
    for (first, shares) in &rows {
        line.fill(0.0);
        for (row, share) in values.chunks_exact(width).skip(top + first).zip(shares) {
            for (sum, &value) in line.iter_mut().zip(&row[left..left + columns]) {
                *sum += share * value.into();
            }
        }
        means.extend(across.iter().map(|(first, shares)| {
            let mean: f64 = line[*first..].iter().zip(shares).map(|(value, share)| value * share).sum();
            // A mean of equal values may be off by a rounding error, which must not decide a half.
            rounded((mean + 0.5 + 1e-9).floor())
        }));
    }
    means
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PictureInfo;

    fn grey(height: usize, width: usize, values: Vec<u8>) -> Picture {
        Picture::plain(PictureInfo::upright([height, width], 8, 1), Values::U8(values))
    }

    #[test]
    fn means_of_areas_with_halves_rounded_up() {
        let four = grey(4, 4, vec![0, 2, 10, 20, 4, 5, 30, 40, 255, 255, 0, 0, 255, 254, 0, 1]);
        assert_eq!(reduce(&four, 2).unwrap().values, Values::U8(vec![3, 25, 255, 0]));
        // 3 pixels to 2: each new one covers one whole and half of the middle one, across and down.
        let three = grey(3, 3, vec![0, 30, 60, 0, 30, 60, 0, 30, 60]);
        assert_eq!(reduce(&three, 2).unwrap().values, Values::U8(vec![10, 50, 10, 50]));
        assert_eq!(reduce(&three, 1).unwrap().values, Values::U8(vec![30]));
    }

    #[test]
    fn the_square_in_the_middle_is_kept() {
        let wide = grey(2, 5, vec![9, 1, 2, 9, 9, 9, 3, 4, 9, 9]);
        assert_eq!(reduce(&wide, 2).unwrap().values, Values::U8(vec![1, 2, 3, 4]));
        let tall = grey(4, 2, vec![9, 9, 1, 2, 3, 4, 9, 9]);
        assert_eq!(reduce(&tall, 2).unwrap().values, Values::U8(vec![1, 2, 3, 4]));
    }

    #[test]
    fn depth_and_first_channel() {
        let deep = PictureInfo::upright([2, 2], 16, 2);
        let picture = Picture::plain(deep, Values::U16(vec![65_535, 0, 65_535, 0, 65_534, 0, 65_534, 0]));
        let small = reduce(&picture, 1).unwrap();
        assert_eq!((small.bits(), small.maximum(), small.channels()), (16, 65_535, 1));
        assert_eq!(small.values, Values::U16(vec![65_535]));
    }

    #[test]
    fn a_constant_stays_and_nothing_is_enlarged() {
        for (height, width, side) in [(1024, 1024, 224), (300, 517, 224), (7, 7, 3)] {
            let small = reduce(&grey(height, width, vec![7; height * width]), side).unwrap();
            assert_eq!(small.values, Values::U8(vec![7; side * side]));
        }
        for side in [0, 4] {
            assert!(matches!(reduce(&grey(3, 5, vec![0; 15]), side), Err(PixelError::Setting { .. })));
        }
    }
}
