//! Splits a `[batch, channels, positions]` slice by channels.
//!
//! Statistics are per channel while memory is per image, so a piece of work
//! that owns some channels owns one slice in every image.

use rayon::prelude::*;

/// Fewer floats than this are not worth a second thread.
pub(crate) const PARALLEL_FROM: usize = 1 << 15;

/// Whether a tensor of this shape is worth several threads.
pub(crate) fn parallel(shape: [usize; 3]) -> bool {
    shape.iter().product::<usize>() >= PARALLEL_FROM
}

/// Channels in one piece of work: enough for about 16 pieces, and for each piece to be worth a task.
pub(crate) fn channels_in_item(shape: [usize; 3]) -> usize {
    let [batch, channels, positions] = shape;
    let worthwhile = (PARALLEL_FROM / 4).div_ceil((batch * positions).max(1));
    channels.div_ceil(16).max(worthwhile).clamp(1, channels.max(1))
}

/// Runs `work` on each piece of `output`, of `lengths[0]` floats, and its piece of `input`, of `lengths[1]`; both are not 0.
/// On several threads where there is enough to do.
pub(crate) fn each_piece(
    lengths: [usize; 2],
    output: &mut [f32],
    input: &[f32],
    work: impl Fn((&mut [f32], &[f32])) + Sync + Send,
) {
    let [longest, total] = [lengths[0].max(lengths[1]), output.len().max(input.len())];
    if total < PARALLEL_FROM {
        output.chunks_mut(lengths[0]).zip(input.chunks(lengths[1])).for_each(work);
    } else {
        let least = (PARALLEL_FROM / 4).div_ceil(longest);
        output.par_chunks_mut(lengths[0]).zip(input.par_chunks(lengths[1])).with_min_len(least).for_each(work);
    }
}

/// For every group of `group` channels, its part of each image.
pub(crate) fn split_mut(values: &mut [f32], shape: [usize; 3], group: usize) -> Vec<Vec<&mut [f32]>> {
    let [batch, channels, positions] = shape;
    let mut items: Vec<Vec<&mut [f32]>> = (0..channels.div_ceil(group)).map(|_| Vec::with_capacity(batch)).collect();
    for image in values.chunks_mut((channels * positions).max(1)) {
        for (item, part) in items.iter_mut().zip(image.chunks_mut((group * positions).max(1))) {
            item.push(part);
        }
    }
    items
}

/// Sets `target` to every `stride`th value of `source`, from the first on, as far as there are some.
#[inline(always)]
pub(crate) fn deal(stride: usize, source: &[f32], target: &mut [f32]) {
    match stride {
        1 => target.copy_from_slice(&source[..target.len()]),
        2 => deal_by::<2>(source, target),
        4 => deal_by::<4>(source, target),
        stride => {
            for (target, source) in target.iter_mut().zip(source.chunks(stride)) {
                *target = source[0];
            }
        }
    }
}

/// [`deal`] for a stride that the compiler knows, which makes shuffles of it.
#[inline(always)]
fn deal_by<const STRIDE: usize>(source: &[f32], target: &mut [f32]) {
    let (whole, rest) = source.as_chunks::<STRIDE>();
    for (target, source) in target.iter_mut().zip(whole) {
        *target = source[0];
    }
    if let (Some(target), Some(source)) = (target.get_mut(whole.len()), rest.first()) {
        *target = *source;
    }
}
