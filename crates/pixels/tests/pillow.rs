//! Resizing in the modes I and F against Pillow, bit for bit; `golden/make_pillow.py` made the values.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use herring_pixels::{PillowMode, resize_pillow};

fn plane(count: usize, seed: u32) -> Vec<f64> {
    let mut state = seed;
    let next = |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(state >> 20) - 1024.0
    };
    (0..count).map(next).collect()
}

#[test]
fn resized_values_are_those_of_pillow() {
    let lines: Vec<&str> = include_str!("golden/pillow.tsv").lines().collect();
    assert_eq!(lines.len(), 16);
    for (number, line) in lines.into_iter().enumerate() {
        let mut fields = line.split('\t');
        let mode = fields.next().unwrap();
        let mut next = || fields.next().unwrap().parse::<usize>().unwrap();
        let (height, width, size) = (next(), next(), next());
        let whole = plane(height * width, number as u32 / 2);
        let (values, mode): (Vec<f64>, _) = match mode {
            "I" => (whole, PillowMode::Whole),
            _ => (whole.iter().map(|value| f64::from((value / 7.0) as f32)).collect(), PillowMode::Single),
        };
        let resized = resize_pillow(&values, [height, width], size, mode).unwrap();
        let expected: Vec<f64> = fields
            .map(|field| match mode {
                PillowMode::Whole => field.parse().unwrap(),
                PillowMode::Single => f64::from(f32::from_bits(field.parse().unwrap())),
            })
            .collect();
        assert_eq!(resized, expected, "{mode:?} {height} x {width} to {size}");
    }
}

#[test]
fn a_plane_of_ones_stays_exactly_one() {
    for (height, width, size) in [(512, 512, 110), (320, 320, 100), (48, 51, 110)] {
        let resized = resize_pillow(&vec![1.0; height * width], [height, width], size, PillowMode::Single).unwrap();
        assert!(resized.iter().all(|&value| value == 1.0));
    }
}

#[test]
fn sizes_that_do_not_fit_are_refused() {
    assert!(resize_pillow(&[1.0], [1, 1], 0, PillowMode::Whole).is_err());
    assert!(resize_pillow(&[1.0], [1, 2], 1, PillowMode::Whole).is_err());
    assert!(resize_pillow(&[], [0, 0], 1, PillowMode::Whole).is_err());
}
