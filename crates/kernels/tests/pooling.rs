//! Maxima, interpolation and channels: each function and its transpose, on pieces large enough for
//! several threads.

use herring_kernels::{
    channels,
    interpolation::{self, Tap, Taps},
    pooling::{self, Windows},
};

mod common;

use common::numbers;

fn dot(left: &[f32], right: &[f32]) -> f64 {
    left.iter().zip(right).map(|(left, right)| f64::from(*left) * f64::from(*right)).sum()
}

/// `<forward(x), y>` and `<x, transposed(y)>` are the same number.
fn transposes(one: f64, other: f64) {
    assert!((one - other).abs() <= 1e-4 * one.abs().max(1.0), "{one} and {other}");
}

/// Windows of 2 x 2 that do not overlap.
fn pairs(size: [usize; 2]) -> Windows {
    Windows { size, kernel: [2; 2], stride: [2; 2], padding: [0; 2] }
}

#[test]
fn the_first_of_equal_maxima_is_chosen() {
    let chooser = [0.0, 0.0, 1.0, 2.0, 9.0, 0.0, 0.0, 2.0, 1.0, 9.0];
    let values: Vec<f32> = (0..10u8).map(f32::from).collect();
    let mut taken = [0.0; 2];
    pooling::gather_maxima(pairs([2, 5]), &chooser, &values, &mut taken);
    assert_eq!(taken, [0.0, 3.0]);
    let mut placed = [7.0; 10];
    pooling::scatter_maxima(pairs([2, 5]), &chooser, &[5.0, 6.0], &mut placed);
    assert_eq!(placed, [5.0, 0.0, 0.0, 6.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
}

#[test]
fn a_plane_without_a_window_gives_nothing() {
    let mut placed = [7.0; 6];
    pooling::gather_maxima(pairs([1, 3]), &[1.0; 6], &[1.0; 6], &mut []);
    pooling::scatter_maxima(pairs([1, 3]), &[1.0; 6], &[], &mut placed);
    assert_eq!(placed, [0.0; 6]);
}

/// Kernel, stride and padding.
const OVERLAPPING: [[[usize; 2]; 3]; 4] =
    [[[3; 2], [2; 2], [1; 2]], [[3; 2], [1; 2], [1; 2]], [[3, 2], [2, 3], [2, 0]], [[2; 2], [2; 2], [1; 2]]];

#[test]
fn scattering_is_the_transpose_of_gathering() {
    for (planes, size) in [(3, [5, 7]), (700, [9, 8]), (2, [300, 301]), (1, [3, 3])] {
        let overlapping = OVERLAPPING.map(|[kernel, stride, padding]| Windows { size, kernel, stride, padding });
        for windows in overlapping.into_iter().chain([pairs(size)]) {
            let whole = planes * size[0] * size[1];
            let windowed = planes * windows.counts().iter().product::<usize>();
            let (chooser, x, y) = (numbers(whole, 1), numbers(whole, 2), numbers(windowed, 3));
            let (mut taken, mut placed) = (vec![f32::NAN; windowed], vec![f32::NAN; whole]);
            pooling::gather_maxima(windows, &chooser, &x, &mut taken);
            pooling::scatter_maxima(windows, &chooser, &y, &mut placed);
            transposes(dot(&taken, &y), dot(&x, &placed));
        }
    }
}

/// Zeros tie in most windows; NaN is larger than any number; windows of nothing but negative infinity have a place.
#[test]
fn every_window_has_the_first_of_its_largest_values() {
    let size = [7, 10];
    let mut chooser = numbers(5 * 70, 4);
    chooser.iter_mut().for_each(|value| *value = (*value * 2.0).round().max(0.0));
    chooser[75] = f32::NAN;
    chooser[140..210].fill(f32::NEG_INFINITY);
    let places: Vec<f32> = (0..350u16).map(f32::from).collect();
    for [kernel, stride, padding] in OVERLAPPING.into_iter().chain([[[2; 2], [2; 2], [0; 2]]]) {
        let windows = Windows { size, kernel, stride, padding };
        let [rows, columns] = windows.counts();
        let mut taken = vec![f32::NAN; 5 * rows * columns];
        pooling::gather_maxima(windows, &chooser, &places, &mut taken);
        for (index, taken) in taken.iter().enumerate() {
            let (plane, row, column) = (index / (rows * columns), index / columns % rows, index % columns);
            let inside = |start: usize, axis: usize| {
                let from = start * stride[axis];
                from.saturating_sub(padding[axis])..(from + kernel[axis] - padding[axis]).min(size[axis])
            };
            let mut first: Option<usize> = None;
            for place in inside(row, 0).flat_map(|row| inside(column, 1).map(move |column| row * size[1] + column)) {
                let place = plane * 70 + place;
                let replaces = |other: usize| chooser[place] > chooser[other] || chooser[place].is_nan();
                if first.is_none_or(replaces) {
                    first = Some(place);
                }
            }
            assert_eq!(Some(*taken as usize), first, "{windows:?}, window {index}");
        }
    }
}

#[test]
fn interpolation_has_its_transpose() {
    let tap = |from: usize| {
        move |index: usize| Tap { places: [index % from, (index + 1) % from], shares: [0.3, 0.1 * index as f32] }
    };
    for (planes, size, target) in [(3, [3, 4], [7, 5]), (500, [7, 7], [14, 15]), (2, [90, 80], [20, 160])] {
        let (rows, columns): (Vec<_>, Vec<_>) =
            ((0..target[0]).map(tap(size[0])).collect(), (0..target[1]).map(tap(size[1])).collect());
        let taps = Taps { size, rows: &rows, columns: &columns };
        let (from, to) = (planes * size[0] * size[1], planes * target[0] * target[1]);
        let (x, y) = (numbers(from, 1), numbers(to, 2));
        let (mut drawn, mut back) = (vec![f32::NAN; to], vec![f32::NAN; from]);
        interpolation::forward(taps, &x, &mut drawn);
        interpolation::transposed(taps, &y, &mut back);
        transposes(dot(&drawn, &y), dot(&x, &back));
    }
}

#[test]
fn the_sum_of_a_channel_is_the_transpose_of_adding_to_it() {
    for shape in [[2, 3, 5], [16, 10, 900], [1, 1, 100_000], [3, 2, 0]] {
        let length = shape.iter().product();
        let (x, y, added) = (numbers(length, 1), numbers(length, 2), numbers(shape[1], 3));
        let (mut sum, mut shifted) = (vec![f32::NAN; shape[1]], vec![f32::NAN; length]);
        channels::add(shape, &x, &added, &mut shifted);
        channels::sums(shape, &y, &mut sum);
        transposes(dot(&shifted, &y) - dot(&x, &y), dot(&added, &sum));
        let mut filled = vec![f32::NAN; length];
        channels::fill(shape, &added, &mut filled);
        transposes(dot(&filled, &y), dot(&added, &sum));
    }
}

#[test]
fn a_channel_s_sum_of_products_is_the_gradient_of_its_factor() {
    for shape in [[2, 3, 5], [16, 10, 900], [1, 1, 100_000], [3, 2, 0]] {
        let length = shape.iter().product();
        let (x, y, factors) = (numbers(length, 1), numbers(length, 2), numbers(shape[1], 3));
        let (mut found, mut scaled) = (vec![f32::NAN; shape[1]], vec![f32::NAN; length]);
        let (mut moved, mut expected) = (vec![f32::NAN; length], vec![f32::NAN; length]);
        channels::scale(shape, &x, &factors, &mut scaled);
        channels::products(shape, &x, &y, &mut found);
        transposes(dot(&scaled, &y), dot(&factors, &found));
        channels::affine(shape, &x, &factors, &found, &mut moved);
        channels::add(shape, &scaled, &found, &mut expected);
        assert!(moved.iter().zip(&expected).all(|(one, other)| (one - other).abs() <= 1e-5 * other.abs().max(1.0)));
    }
}

#[test]
fn the_sum_over_channels_and_its_repetition_are_transposes() {
    for shape in [[2, 3, 5], [3, 100, 196], [1, 1, 1]] {
        let [batch, channels, positions] = shape;
        let (image, plane) = (numbers(batch * channels * positions, 1), numbers(batch * positions, 2));
        let (mut sums, mut repeated) = (vec![7.0; plane.len()], vec![7.0; image.len()]);
        channels::over(shape, &image, &mut sums);
        channels::repeat(shape, &plane, &mut repeated);
        transposes(dot(&sums, &plane), dot(&image, &repeated));
        let expected: f32 = (0..channels).map(|channel| image[channel * positions + positions - 1]).sum();
        assert!((sums[positions - 1] - expected).abs() < 1e-4 * channels as f32);
        assert!((0..channels).all(|channel| repeated[channel * positions] == plane[0]));
    }
    channels::over([0, 3, 4], &[], &mut []);
    channels::repeat([2, 0, 4], &[1.0; 8], &mut []);
}

#[test]
fn some_channels_are_placed_among_others_and_taken_from_them() {
    for (shape, from, count) in [([2, 5, 3], 1, 3), ([16, 100, 900], 64, 36), ([1, 2, 4], 0, 2), ([3, 4, 2], 4, 0)] {
        let [batch, channels, positions] = shape;
        let (whole, part) = (numbers(batch * channels * positions, 1), numbers(batch * count * positions, 2));
        let (mut taken, mut placed) = (vec![f32::NAN; part.len()], vec![0.0; whole.len()]);
        channels::take(shape, from, &whole, &mut taken);
        channels::place(shape, from, &part, &mut placed);
        transposes(dot(&taken, &part), dot(&whole, &placed));
        for (place, value) in taken.iter().enumerate() {
            let (image, rest) = (place / (count * positions), place % (count * positions));
            assert_eq!(*value, whole[(image * channels + from) * positions + rest]);
        }
    }
}

#[test]
fn a_pixel_grows_to_its_neighbours() {
    for [height, width, planes] in [[5, 4, 3], [1, 6, 2], [28, 28, 64], [7, 1, 2]] {
        let image = numbers(planes * height * width, 3);
        let mut grown = vec![9.0; image.len()];
        pooling::dilate([height, width], &image, &mut grown);
        for (place, value) in grown.iter().enumerate() {
            let (plane, row, column) = (place / (height * width), place / width % height, place % width);
            let rows = row.saturating_sub(1)..(row + 2).min(height);
            let columns = || column.saturating_sub(1)..(column + 2).min(width);
            let around = rows.flat_map(|row| columns().map(move |column| (row, column)));
            let most = around.map(|(row, column)| image[(plane * height + row) * width + column]);
            assert_eq!(*value, most.fold(f32::NEG_INFINITY, f32::max), "{row} {column}");
        }
    }
}
