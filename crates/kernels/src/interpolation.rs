//! Linear interpolation of rows and columns, and its transpose.
//!
//! Each row of the result is a mix of two rows of the input, and each column of two columns; the caller gives
//! these and their weights as one [`Tap`] per position. Interpolation is linear, so [`transposed`] is its
//! gradient, and the two are each other's derivatives of every order.
//!
//! Mixing columns has scattered reads; mixing rows is arithmetic on whole rows, which is much faster. So
//! columns are mixed while there are as many rows as the input has, which is the smaller number when an image
//! is enlarged.

use rayon::prelude::*;

use crate::buffers;
use crate::planes::PARALLEL_FROM;
use crate::simd::{Task, dispatch};

/// Two positions of the input and their weights in one position of the result.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tap {
    /// The positions; they may be equal.
    pub places: [usize; 2],
    /// The weight of each.
    pub shares: [f32; 2],
}

/// How planes of `size` become planes of as many rows and columns as there are taps.
#[derive(Debug, Clone, Copy)]
pub struct Taps<'a> {
    /// Rows and columns of the input.
    pub size: [usize; 2],
    /// One a row of the result.
    pub rows: &'a [Tap],
    /// One a column of the result.
    pub columns: &'a [Tap],
}

impl Taps<'_> {
    /// Floats of a plane of the input and of the result.
    fn planes(&self) -> [usize; 2] {
        [self.size[0] * self.size[1], self.rows.len() * self.columns.len()]
    }

    /// Planes in a piece of work.
    ///
    /// # Panics
    /// If a tap is outside the image, or if the lengths are not those of equally many planes.
    fn planes_in_item(&self, input: usize, output: usize) -> usize {
        let inside = |taps: &[Tap], length: usize| taps.iter().flat_map(|tap| tap.places).all(|place| place < length);
        assert!(inside(self.rows, self.size[0]) && inside(self.columns, self.size[1]), "a tap beyond the image");
        let [from, to] = self.planes();
        let count = input.checked_div(from).unwrap_or(0);
        assert!(input == count * from && output == count * to, "not as many planes before and after");
        (PARALLEL_FROM / 4).div_ceil(from.max(to).max(1))
    }
}

/// Interpolates every plane of `input`.
///
/// # Panics
/// If the lengths do not match or a tap is outside the image.
pub fn forward(taps: Taps<'_>, input: &[f32], output: &mut [f32]) {
    let planes = taps.planes_in_item(input.len(), output.len());
    let [from, to] = taps.planes();
    if output.is_empty() {
        return;
    }
    output.par_chunks_mut(planes * to).zip(input.par_chunks(planes * from)).for_each(|(output, input)| {
        let mut mixed = buffers::take(taps.size[0] * taps.columns.len());
        for (output, input) in output.chunks_exact_mut(to).zip(input.chunks_exact(from)) {
            dispatch(Forward { taps, input, mixed: &mut mixed, output });
        }
    });
}

/// The transpose of [`forward`]: its gradient with respect to the input.
///
/// `output_gradient` holds planes of the result's size, `input_gradient` as many of the input's.
///
/// # Panics
/// If the lengths do not match or a tap is outside the image.
pub fn transposed(taps: Taps<'_>, output_gradient: &[f32], input_gradient: &mut [f32]) {
    let planes = taps.planes_in_item(input_gradient.len(), output_gradient.len());
    let [from, to] = taps.planes();
    if output_gradient.is_empty() {
        input_gradient.fill(0.0);
        return;
    }
    input_gradient.par_chunks_mut(planes * from).zip(output_gradient.par_chunks(planes * to)).for_each(
        |(gradient, output_gradient)| {
            let mut mixed = buffers::take(taps.size[0] * taps.columns.len());
            for (gradient, output_gradient) in gradient.chunks_exact_mut(from).zip(output_gradient.chunks_exact(to)) {
                dispatch(Transposed { taps, output_gradient, mixed: &mut mixed, gradient });
            }
        },
    );
}

struct Forward<'a> {
    taps: Taps<'a>,
    input: &'a [f32],
    /// Rows of the input with the columns of the result.
    mixed: &'a mut [f32],
    output: &'a mut [f32],
}

impl Task for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn run<const ROWS: usize, const COLUMNS: usize, const FUSED: bool>(self) {
        let (from, to) = (self.taps.size[1], self.taps.columns.len());
        for (mixed, input) in self.mixed.chunks_exact_mut(to).zip(self.input.chunks_exact(from)) {
            for (mixed, Tap { places, shares }) in mixed.iter_mut().zip(self.taps.columns) {
                *mixed = input[places[0]] * shares[0] + input[places[1]] * shares[1];
            }
        }
        for (output, Tap { places, shares }) in self.output.chunks_exact_mut(to).zip(self.taps.rows) {
            let [one, other] = places.map(|place| &self.mixed[place * to..(place + 1) * to]);
            for ((output, one), other) in output.iter_mut().zip(one).zip(other) {
                *output = *one * shares[0] + *other * shares[1];
            }
        }
    }
}

struct Transposed<'a> {
    taps: Taps<'a>,
    output_gradient: &'a [f32],
    /// Rows of the input with the columns of the result.
    mixed: &'a mut [f32],
    gradient: &'a mut [f32],
}

impl Task for Transposed<'_> {
    type Output = ();

    #[inline(always)]
    fn run<const ROWS: usize, const COLUMNS: usize, const FUSED: bool>(self) {
        let (from, to) = (self.taps.size[1], self.taps.columns.len());
        self.mixed.fill(0.0);
        for (gradient, Tap { places, shares }) in self.output_gradient.chunks_exact(to).zip(self.taps.rows) {
            for (place, share) in places.iter().zip(shares) {
                let mixed = &mut self.mixed[place * to..(place + 1) * to];
                for (mixed, gradient) in mixed.iter_mut().zip(gradient) {
                    *mixed += *gradient * share;
                }
            }
        }
        for (gradient, mixed) in self.gradient.chunks_exact_mut(from).zip(self.mixed.chunks_exact(to)) {
            gradient.fill(0.0);
            for (mixed, Tap { places, shares }) in mixed.iter().zip(self.taps.columns) {
                gradient[places[0]] += *mixed * shares[0];
                gradient[places[1]] += *mixed * shares[1];
            }
        }
    }
}
