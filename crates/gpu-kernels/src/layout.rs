//! How tensors lie in memory, and new ones that lie like them.
//!
//! An image tensor is worked on as `[outer, channels, inner]`: `[batch, channels, height * width]` where the rows are
//! contiguous, `[batch * height * width, channels, 1]` where the channels are last in memory, as Burn's convolutions leave
//! them. Anything else (a pitched or permuted tensor) is copied first.

use burn_cubecl::{
    CubeRuntime, cubecl::zspace::metadata::Metadata, kernel::into_contiguous,
    ops::numeric::empty_device_contiguous_dtype, tensor::CubeTensor,
};

/// The sizes of an image tensor in the order in which its values lie in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Layout {
    /// Blocks of `channels * inner` values.
    pub(crate) outer: usize,
    pub(crate) channels: usize,
    /// Neighbouring values of one channel.
    pub(crate) inner: usize,
}

impl Layout {
    /// Values of one channel.
    pub(crate) fn positions(self) -> usize {
        self.outer * self.inner
    }
}

/// The sizes of a tensor of rank 4.
pub(crate) fn sizes<R: CubeRuntime>(tensor: &CubeTensor<R>) -> [usize; 4] {
    let shape = tensor.meta.shape();
    [shape[0], shape[1], shape[2], shape[3]]
}

/// The order of axes from the slowest to the fastest in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Contiguous,
    ChannelsLast,
}

/// Whether values of `shape` with these `strides` fill memory in the order of `axes`. Strides along axes of one entry say nothing.
fn dense(shape: &[usize], strides: &[usize], axes: impl DoubleEndedIterator<Item = usize>) -> bool {
    let mut expected = 1;
    axes.rev().all(|axis| {
        let fits = shape[axis] == 1 || strides[axis] == expected;
        expected *= shape[axis];
        fits
    })
}

fn lies<R: CubeRuntime>(tensor: &CubeTensor<R>, order: Order) -> bool {
    let (shape, strides) = (tensor.meta.shape(), tensor.meta.strides());
    match order {
        Order::Contiguous => dense(shape, strides, 0..shape.num_dims()),
        Order::ChannelsLast => shape.num_dims() == 4 && dense(shape, strides, [0, 2, 3, 1].into_iter()),
    }
}

/// The tensors in one order of memory, which is that of all of them if they agree, and how the first one lies.
pub(crate) fn together<R: CubeRuntime, const N: usize>(tensors: [CubeTensor<R>; N]) -> ([CubeTensor<R>; N], Layout) {
    let all = |order| tensors.iter().all(|tensor| lies(tensor, order));
    let (order, tensors) = match () {
        () if all(Order::Contiguous) => (Order::Contiguous, tensors),
        () if all(Order::ChannelsLast) => (Order::ChannelsLast, tensors),
        () => (Order::Contiguous, tensors.map(into_contiguous)),
    };
    let [batch, channels, height, width] = sizes(&tensors[0]);
    let layout = match order {
        Order::Contiguous => Layout { outer: batch, channels, inner: height * width },
        Order::ChannelsLast => Layout { outer: batch * height * width, channels, inner: 1 },
    };
    (tensors, layout)
}

/// Tensors of one shape so that equal places in memory hold equal entries.
pub(crate) fn alike<R: CubeRuntime, const N: usize>(tensors: [CubeTensor<R>; N]) -> [CubeTensor<R>; N] {
    let all = |order| tensors.iter().all(|tensor| lies(tensor, order));
    match all(Order::Contiguous) || all(Order::ChannelsLast) {
        true => tensors,
        false => tensors.map(into_contiguous),
    }
}

/// A tensor without values in the shape and the order of memory of `like`, which fills its memory.
pub(crate) fn empty_like<R: CubeRuntime>(like: &CubeTensor<R>) -> CubeTensor<R> {
    let shape = like.meta.shape().clone();
    let strides = like.meta.strides().clone();
    let mut made = empty_device_contiguous_dtype(like.client.clone(), like.device.clone(), shape.clone(), like.dtype);
    *made.meta = Metadata::new(shape, strides);
    made
}

/// A contiguous tensor without values, of the type of `like`.
pub(crate) fn empty<R: CubeRuntime>(like: &CubeTensor<R>, shape: impl Into<Vec<usize>>) -> CubeTensor<R> {
    empty_device_contiguous_dtype(like.client.clone(), like.device.clone(), shape.into().into(), like.dtype)
}

/// A tensor without values of so many `channels` and else the shape of `like`, in the order of memory that `layout` says.
pub(crate) fn empty_with_channels<R: CubeRuntime>(
    like: &CubeTensor<R>,
    layout: Layout,
    channels: usize,
) -> CubeTensor<R> {
    let [batch, _, height, width] = sizes(like);
    let shape = [batch, channels, height, width];
    if layout.inner == height * width { empty(like, shape) } else { empty_channels_last(like, shape) }
}

/// A tensor without values whose channels are last in memory, of the type of `like`.
pub(crate) fn empty_channels_last<R: CubeRuntime>(like: &CubeTensor<R>, shape: [usize; 4]) -> CubeTensor<R> {
    let [_, channels, height, width] = shape;
    let mut made = empty(like, shape);
    let strides = [channels * height * width, 1, width * channels, channels];
    *made.meta = Metadata::new(made.meta.shape().clone(), strides.as_slice());
    made
}

/// The image tensor with its channels last in memory; copied if they are not.
pub(crate) fn channels_last<R: CubeRuntime>(tensor: CubeTensor<R>) -> CubeTensor<R> {
    if lies(&tensor, Order::ChannelsLast) {
        return tensor;
    }
    let permuted = |meta: &Metadata, axes: [usize; 4]| {
        let shape = axes.map(|axis| meta.shape()[axis]);
        let strides = axes.map(|axis| meta.strides()[axis]);
        Metadata::new(shape.as_slice(), strides.as_slice())
    };
    let mut last = tensor;
    *last.meta = permuted(&last.meta, [0, 2, 3, 1]);
    let mut last = into_contiguous(last);
    *last.meta = permuted(&last.meta, [0, 3, 1, 2]);
    last
}

#[cfg(test)]
mod tests {
    use super::dense;

    #[test]
    fn axes_of_one_entry_do_not_matter() {
        assert!(dense(&[2, 1, 3, 4], &[12, 99, 4, 1], 0..4));
        assert!(!dense(&[2, 5, 3, 4], &[60, 1, 20, 5], 0..4));
        assert!(dense(&[2, 5, 3, 4], &[60, 1, 20, 5], [0, 2, 3, 1].into_iter()));
        // A slice of something larger is not dense.
        assert!(!dense(&[2, 5, 3, 4], &[120, 12, 4, 1], 0..4));
    }
}
