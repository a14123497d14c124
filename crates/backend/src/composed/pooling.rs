//! Maximum pooling over 2 x 2 windows from strided slices and masks.

use super::{unwrap, wrap};
use crate::padding;
use burn::tensor::{Bool, Slice, Tensor, TensorMetadata, backend::Backend, ops::FloatTensor};

/// The four values of every window in row-major order, `[batch, channels, height / 2, width / 2]` each.
fn corners<B: Backend>(planes: &Tensor<B, 4>) -> [Tensor<B, 4>; 4] {
    let [batch, channels, height, width] = planes.dims();
    let every_other = |start: usize, length: usize| Slice::new(start as isize, Some((length - length % 2) as isize), 2);
    [[0, 0], [0, 1], [1, 0], [1, 1]].map(|[row, column]| {
        planes.clone().slice([
            Slice::from(0..batch),
            Slice::from(0..channels),
            every_other(row, height),
            every_other(column, width),
        ])
    })
}

/// For each corner after the first, whether it is larger than all before it.
///
/// The maximum is at the last corner for which this holds, else at the first. NaN counts as larger than any
/// number.
fn replacements<B: Backend>(chooser: &Tensor<B, 4>) -> [Tensor<B, 4, Bool>; 3] {
    let [first, second, third, fourth] = corners(chooser);
    let mut largest = first;
    [second, third, fourth].map(|corner| {
        let replaces = corner.clone().greater(largest.clone()).bool_or(corner.clone().is_nan());
        largest = largest.clone().mask_where(replaces.clone(), corner);
        replaces
    })
}

pub(crate) fn gather_maxima<B: Backend>(chooser: FloatTensor<B>, values: FloatTensor<B>) -> FloatTensor<B> {
    let replacements = replacements(&wrap::<B, 4>(chooser));
    let [first, rest @ ..] = corners(&wrap::<B, 4>(values));
    let chosen = rest.into_iter().zip(replacements);
    unwrap(chosen.fold(first, |chosen, (corner, replaces)| chosen.mask_where(replaces, corner)))
}

pub(crate) fn scatter_maxima<B: Backend>(chooser: FloatTensor<B>, values: FloatTensor<B>) -> FloatTensor<B> {
    let shape = chooser.shape();
    let (rest_of_rows, rest_of_columns) = (shape[2] % 2, shape[3] % 2);
    let [second, third, fourth] = replacements(&wrap::<B, 4>(chooser));
    let values = wrap::<B, 4>(values);
    let [batch, channels, rows, columns] = values.dims();
    // A corner keeps the value where it replaced what was before and nothing replaced it.
    let after_third = fourth.clone();
    let after_second = third.clone().bool_or(fourth.clone());
    let after_first = second.clone().bool_or(after_second.clone());
    let lost = [
        after_first,
        second.bool_not().bool_or(after_second),
        third.bool_not().bool_or(after_third),
        fourth.bool_not(),
    ];
    let [a, b, c, d] = lost.map(|lost| values.clone().mask_fill(lost, 0.0));
    let row = |left: Tensor<B, 4>, right: Tensor<B, 4>| {
        Tensor::stack::<5>(vec![left, right], 4).reshape([batch, channels, rows, 1, 2 * columns])
    };
    let interleaved = Tensor::cat(vec![row(a, b), row(c, d)], 3).reshape([batch, channels, 2 * rows, 2 * columns]);
    unwrap(padding::constant(interleaved, [[0, rest_of_rows], [0, rest_of_columns]], 0.0))
}

/// The largest of each 3 x 3 neighbourhood.
pub(crate) fn dilate<B: Backend>(input: FloatTensor<B>) -> FloatTensor<B> {
    unwrap(crate::pooling::maximum::<B>(wrap(input), [3; 2], [1; 2], [1; 2]))
}
