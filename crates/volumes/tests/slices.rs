//! Images and masks of slices against SciPy and Pillow, bit for bit; `golden/make_slices.py` made the values.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use herring_volumes::{SliceError, slice_image, slice_mask};

/// The fourth slice of a volume, as it lies in a file.
fn slice(rows: usize, columns: usize) -> Vec<f64> {
    let mut state = 5_u32;
    let next = |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(state >> 20) - 1024.0
    };
    (0..4 * rows * columns).map(next).collect::<Vec<f64>>().split_off(3 * rows * columns)
}

/// The label that belongs to it.
fn label(values: &[f64], rows: usize, columns: usize) -> Vec<f64> {
    let of = |(place, &value): (usize, &f64)| {
        let (row, column) = (place % rows, place / rows);
        let inside = row >= rows / 2 && column < columns / 2;
        if inside { f64::from(u8::from(value > 1018.0)) + 2.0 * f64::from(u8::from(value > 3060.0)) } else { 0.0 }
    };
    values.iter().enumerate().map(of).collect()
}

#[test]
fn images_and_masks_are_those_of_pillow() {
    let mut seen = 0;
    for line in include_str!("golden/slices.txt").lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        let [kind, rows, columns, size, sigma, ref expected @ ..] = fields[..] else { panic!("{line}") };
        let [rows, columns, size]: [usize; 3] = [rows, columns, size].map(|field| field.parse().unwrap());
        let expected: Vec<f32> = expected.iter().map(|field| f32::from_bits(field.parse().unwrap())).collect();
        let values = slice(rows, columns);
        let shape = [rows, columns];
        let found = match kind {
            "whole" => slice_image(3, &values, shape, true, size).unwrap(),
            "single" => {
                let sevenths: Vec<f64> = values.iter().map(|value| value / 7.0).collect();
                slice_image(3, &sevenths, shape, false, size).unwrap()
            }
            _ => slice_mask(&label(&values, rows, columns), shape, sigma.parse().unwrap(), size).unwrap(),
        };
        assert_eq!(found.shape(), [1, size, size]);
        assert_eq!(found.values(), expected, "{kind} {rows} x {columns} to {size}, sigma {sigma}");
        seen += 1;
    }
    assert_eq!(seen, 15);
}

#[test]
fn intensities_that_are_no_numbers_are_refused() {
    let refused = |value: f64| slice_image(7, &[0.0, value], [1, 2], false, 4).unwrap_err();
    assert_eq!(refused(f64::NAN).to_string(), "slice 7: found the intensity NaN, expected finite numbers");
    assert!(matches!(refused(1e300), SliceError::NotFinite { .. }), "beyond single precision");
}
