//! Changing the size of one plane, as scikit-image and as Pillow do it.
//!
//! Both resizers are linear and work on rows and columns apart. So each is a list of weights for every output
//! position, made once for an axis, and one routine applies them. scikit-image's Gaussian and its linear
//! interpolation become one list: no pixel is smoothed that the output does not see.

use crate::preparation::Resize;

// scipy.ndimage cuts its Gaussian at this many standard deviations.
const TRUNCATE: f64 = 4.0;

/// The arithmetic of a plane: `f32` for images, `f64` for masks, in which "exactly 1" means inside.
pub(crate) trait Number: Copy + PartialOrd + std::ops::Mul<Output = Self> + std::ops::AddAssign {
    const ZERO: Self;
    fn from_f64(value: f64) -> Self;
}

impl Number for f32 {
    const ZERO: Self = 0.;
    fn from_f64(value: f64) -> Self {
        value as Self
    }
}

impl Number for f64 {
    const ZERO: Self = 0.;
    fn from_f64(value: f64) -> Self {
        value
    }
}

// One output position: a weighted sum of neighbours, from `first` on.
struct Taps<T> {
    first: usize,
    weights: Vec<T>,
}

/// Resizes a `height` x `width` plane to `size` x `size`.
pub(crate) fn resize<T: Number>(plane: Vec<T>, [height, width]: [usize; 2], size: usize, how: Resize) -> Vec<T> {
    if [height, width] == [size, size] {
        return plane;
    }
    match how {
        Resize::None => plane,
        Resize::Pillow => apply(&plane, width, &axis(height, size, triangle), &axis(width, size, triangle)),
        Resize::Skimage => {
            let mut resized =
                apply(&plane, width, &axis(height, size, smoothed_linear), &axis(width, size, smoothed_linear));
            clip(&plane, &mut resized);
            resized
        }
    }
}

fn axis<T: Number>(length: usize, size: usize, weights: fn(usize, usize) -> Vec<Taps<f64>>) -> Vec<Taps<T>> {
    let rounded =
        |taps: Taps<f64>| Taps { first: taps.first, weights: taps.weights.into_iter().map(T::from_f64).collect() };
    weights(length, size).into_iter().map(rounded).collect()
}

// Pillow: a triangle about the centre of the output pixel, as wide as the reduction and at least two pixels,
// cut at the border and made to sum to 1.
fn triangle(length: usize, size: usize) -> Vec<Taps<f64>> {
    let scale = length as f64 / size as f64;
    let support = scale.max(1.);
    let taps = |position: usize| {
        let center = (position as f64 + 0.5) * scale;
        // Casts to an unsigned number end at zero, which is the border.
        let first = (center - support + 0.5) as usize;
        let last = ((center + support + 0.5) as usize).min(length);
        let weight = |index: usize| (1. - ((index as f64 + 0.5 - center) / support).abs()).max(0.);
        let weights: Vec<f64> = (first..last).map(weight).collect();
        let sum: f64 = weights.iter().sum();
        Taps { first, weights: weights.into_iter().map(|weight| weight / sum).collect() }
    };
    (0..size).map(taps).collect()
}

// scikit-image: a Gaussian of standard deviation (reduction - 1) / 2, then linear interpolation at the centre
// of the output pixel. Beyond the border everything is zero, so that the weights there just fall away.
fn smoothed_linear(length: usize, size: usize) -> Vec<Taps<f64>> {
    let scale = length as f64 / size as f64;
    let gaussian = gaussian(((scale - 1.) / 2.).max(0.));
    let radius = (gaussian.len() / 2) as isize;
    let taps = |position: usize| {
        let center = (position as f64 + 0.5) * scale - 0.5;
        let left = center.floor();
        let mut weights = vec![0.; gaussian.len() + 1];
        // The Gaussian about a pixel beyond the border does not exist: that pixel is zero too.
        for (neighbour, share) in [(0, 1. - (center - left)), (1, center - left)] {
            let middle = left as isize + neighbour as isize;
            if (0..length as isize).contains(&middle) {
                for (index, weight) in gaussian.iter().enumerate() {
                    weights[index + neighbour] += share * weight;
                }
            }
        }
        let start = left as isize - radius;
        let skip = start.min(0).unsigned_abs();
        let first = start.max(0) as usize;
        let end = weights.len().min(skip + length - first);
        Taps { first, weights: weights[skip..end].to_vec() }
    };
    (0..size).map(taps).collect()
}

fn gaussian(sigma: f64) -> Vec<f64> {
    // scipy.ndimage leaves out a Gaussian as narrow as this.
    if sigma <= 1e-15 {
        return vec![1.];
    }
    let radius = (TRUNCATE * sigma + 0.5) as i64;
    let weights: Vec<f64> =
        (-radius..=radius).map(|offset| (-0.5 / (sigma * sigma) * (offset * offset) as f64).exp()).collect();
    let sum: f64 = weights.iter().sum();
    weights.into_iter().map(|weight| weight / sum).collect()
}

// Rows first: that pass runs along memory, and leaves the other little to do.
fn apply<T: Number>(plane: &[T], width: usize, rows: &[Taps<T>], columns: &[Taps<T>]) -> Vec<T> {
    let mut resized = Vec::with_capacity(rows.len() * columns.len());
    let mut line = vec![T::ZERO; width];
    for row in rows {
        line.fill(T::ZERO);
        let sources = plane[row.first * width..].chunks_exact(width);
        for (&weight, source) in row.weights.iter().zip(sources) {
            for (sum, &value) in line.iter_mut().zip(source) {
                *sum += weight * value;
            }
        }
        resized.extend(columns.iter().map(|column| {
            let mut sum = T::ZERO;
            for (&weight, &value) in column.weights.iter().zip(&line[column.first..]) {
                sum += weight * value;
            }
            sum
        }));
    }
    resized
}

// scikit-image clips to the range of its input. Zero, which lies beyond the border, is let through if it lies
// outside that range and inside the result's.
fn clip<T: Number>(input: &[T], output: &mut [T]) {
    let (mut low, mut high) = range(input);
    let (lowest, highest) = range(output);
    let zero_outside = !(low <= T::ZERO && T::ZERO <= high);
    if zero_outside && lowest <= T::ZERO && T::ZERO <= highest {
        low = if T::ZERO < low { T::ZERO } else { low };
        high = if T::ZERO > high { T::ZERO } else { high };
    }
    for value in output {
        *value = if *value < low { low } else { *value };
        *value = if *value > high { high } else { *value };
    }
}

fn range<T: Number>(values: &[T]) -> (T, T) {
    // Eight lanes let the processor compare them at once.
    let Some(&first) = values.first() else { return (T::ZERO, T::ZERO) };
    let (mut low, mut high) = ([first; 8], [first; 8]);
    let chunks = values.chunks_exact(8);
    let rest = chunks.remainder();
    let fold = |low: &mut [T; 8], high: &mut [T; 8], chunk: &[T]| {
        for ((low, high), &value) in low.iter_mut().zip(high.iter_mut()).zip(chunk) {
            *low = if value < *low { value } else { *low };
            *high = if value > *high { value } else { *high };
        }
    };
    for chunk in chunks {
        fold(&mut low, &mut high, chunk);
    }
    fold(&mut low, &mut high, rest);
    let least = low.into_iter().fold(first, |a, b| if b < a { b } else { a });
    let most = high.into_iter().fold(first, |a, b| if b > a { b } else { a });
    (least, most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_of_the_triangle_sum_to_one() {
        for (length, size) in [(1, 1), (1, 5), (5, 1), (7, 3), (3, 7), (1024, 224), (224, 128)] {
            for (position, Taps { first, weights }) in triangle(length, size).into_iter().enumerate() {
                let sum: f64 = weights.iter().sum();
                assert!((sum - 1.).abs() < 1e-12 && first + weights.len() <= length, "{length} {size} {position}");
            }
        }
    }

    #[test]
    fn weights_away_from_the_border_sum_to_one_and_at_it_to_less() {
        let weights = smoothed_linear(1024, 224);
        let sums: Vec<f64> = weights.iter().map(|taps| taps.weights.iter().sum()).collect();
        assert!((sums[112] - 1.).abs() < 1e-12);
        assert!(sums[0] < 0.95 && sums[223] < 0.95);
        assert!(weights.iter().all(|taps| taps.first + taps.weights.len() <= 1024));
    }

    #[test]
    fn the_range_is_found_wherever_it_lies() {
        for length in 1..40 {
            for place in 0..length {
                let mut values = vec![0.5_f32; length];
                values[place] = 2.;
                assert_eq!(range(&values).1, 2.);
                values[place] = -2.;
                assert_eq!(range(&values).0, -2.);
            }
        }
    }
}
