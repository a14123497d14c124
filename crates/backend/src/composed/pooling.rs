//! Maximum pooling from strided slices and masks.

use super::{unwrap, wrap};
use crate::{operands::PoolOptions, padding};
use burn::tensor::{Bool, Slice, Tensor, backend::Backend, ops::FloatTensor};

/// Where a window's pixels are: rows and columns behind its first one, in row-major order.
fn corners(options: PoolOptions) -> impl Iterator<Item = [usize; 2]> {
    let [rows, columns] = options.kernel;
    (0..rows).flat_map(move |row| (0..columns).map(move |column| [row, column]))
}

/// For each corner the value there of every window, `[batch, channels, rows, columns]` each; `margin` where a window is
/// outside the image.
fn windows<B: Backend>(planes: Tensor<B, 4>, options: PoolOptions, margin: f32) -> Vec<Tensor<B, 4>> {
    let [batch, channels, height, width] = planes.dims();
    let size = options.output_size([height, width]);
    let padded = padding::constant(planes, options.padding.map(|padding| [padding; 2]), margin);
    let along = |start: usize, axis: usize| {
        let end = start + (size[axis] - 1) * options.stride[axis] + 1;
        Slice::new(start as isize, Some(end as isize), options.stride[axis] as isize)
    };
    let all = |length: usize| Slice::from(0..length);
    let at =
        |[row, column]: [usize; 2]| padded.clone().slice([all(batch), all(channels), along(row, 0), along(column, 1)]);
    corners(options).map(at).collect()
}

/// For each corner after the first, whether it is larger than all before it.
///
/// The maximum is at the last corner for which this holds, else at the first. NaN counts as larger than any
/// number. The padding holds the smallest finite value.
fn replacements<B: Backend>(chooser: FloatTensor<B>, options: PoolOptions) -> Vec<Tensor<B, 4, Bool>> {
    let mut corners = windows(wrap::<B, 4>(chooser), options, f32::MIN).into_iter();
    let Some(mut largest) = corners.next() else { return Vec::new() };
    let replaces = |corner: Tensor<B, 4>| {
        let replaces = corner.clone().greater(largest.clone()).bool_or(corner.clone().is_nan());
        largest = largest.clone().mask_where(replaces.clone(), corner);
        replaces
    };
    corners.map(replaces).collect()
}

pub(crate) fn gather_maxima<B: Backend>(
    chooser: FloatTensor<B>,
    values: FloatTensor<B>,
    options: PoolOptions,
) -> FloatTensor<B> {
    let mut corners = windows(wrap::<B, 4>(values), options, 0.0).into_iter();
    let first = corners.next().unwrap_or_else(|| panic!("windows without a pixel: {options:?}"));
    let chosen = corners.zip(replacements::<B>(chooser, options));
    unwrap(chosen.fold(first, |chosen, (corner, replaces)| chosen.mask_where(replaces, corner)))
}

pub(crate) fn scatter_maxima<B: Backend>(
    chooser: FloatTensor<B>,
    values: FloatTensor<B>,
    options: PoolOptions,
) -> FloatTensor<B> {
    let (chooser, values) = (wrap::<B, 4>(chooser), wrap::<B, 4>(values));
    let [_, _, height, width] = chooser.dims();
    let padded = [0, 1].map(|axis| [height, width][axis] + 2 * options.padding[axis]);
    let replacements = replacements::<B>(unwrap(chooser), options);
    let mut sum: Option<Tensor<B, 4>> = None;
    // From the last corner to the first: a corner keeps the value where it replaced what was before it and nothing
    // replaced it.
    let mut taken: Option<Tensor<B, 4, Bool>> = None;
    for (index, corner) in corners(options).enumerate().collect::<Vec<_>>().into_iter().rev() {
        let replaces = index.checked_sub(1).map(|before| replacements[before].clone());
        let lost = match (taken.clone(), replaces.clone()) {
            (Some(taken), Some(replaces)) => Some(taken.bool_or(replaces.bool_not())),
            (taken, replaces) => taken.or_else(|| replaces.map(Tensor::bool_not)),
        };
        let kept = lost.map_or_else(|| values.clone(), |lost| values.clone().mask_fill(lost, 0.0));
        taken = match (taken, replaces) {
            (Some(taken), Some(replaces)) => Some(taken.bool_or(replaces)),
            (taken, replaces) => taken.or(replaces),
        };
        let placed = spread(kept, corner, options.stride, padded);
        sum = Some(match sum {
            Some(sum) => sum + placed,
            None => placed,
        });
    }
    let sum = sum.unwrap_or_else(|| panic!("windows without a pixel: {options:?}"));
    unwrap(sum.narrow(2, options.padding[0], height).narrow(3, options.padding[1], width))
}

/// Each of `values [batch, channels, rows, columns]` at `stride` times its row and column and `corner` more, zeros elsewhere:
/// `[batch, channels, size[0], size[1]]`.
fn spread<B: Backend>(values: Tensor<B, 4>, corner: [usize; 2], stride: [usize; 2], size: [usize; 2]) -> Tensor<B, 4> {
    let [batch, channels, rows, columns] = values.dims();
    let on = (&values.device(), values.dtype());
    let zeros = |shape: [usize; 5]| Tensor::<B, 5>::zeros(shape, on);
    let mut spread: Tensor<B, 5> = values.clone().reshape([batch, channels, rows, columns, 1]);
    if stride[1] > 1 {
        spread = Tensor::cat(vec![spread, zeros([batch, channels, rows, columns, stride[1] - 1])], 4);
    }
    let width = columns * stride[1];
    spread = spread.reshape([batch, channels, rows, 1, width]);
    if stride[0] > 1 {
        spread = Tensor::cat(vec![spread, zeros([batch, channels, rows, stride[0] - 1, width])], 3);
    }
    let mut spread = spread.reshape([batch, channels, rows * stride[0], width]);
    for axis in [0, 1] {
        let room = size[axis] - corner[axis];
        if spread.dims()[2 + axis] > room {
            spread = spread.narrow(2 + axis, 0, room);
        }
    }
    let [_, _, height, width] = spread.dims();
    let margins = [[corner[0], size[0] - corner[0] - height], [corner[1], size[1] - corner[1] - width]];
    padding::constant(spread, margins, 0.0)
}

/// The largest of each 3 x 3 neighbourhood.
pub(crate) fn dilate<B: Backend>(input: FloatTensor<B>) -> FloatTensor<B> {
    let options = PoolOptions { kernel: [3; 2], stride: [1; 2], padding: [1; 2] };
    let largest = windows(wrap::<B, 4>(input), options, f32::MIN).into_iter().reduce(Tensor::max_pair);
    unwrap(largest.unwrap_or_else(|| panic!("windows without a pixel: {options:?}")))
}
