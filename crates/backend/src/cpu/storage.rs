//! Memory of tensors that comes from the buffers of `herring-kernels`, and goes back there with the tensor.

use super::CALLS;
use burn::tensor::{DType, Shape, TensorData};
use burn_flex::FlexTensor;
use burn_std::{AllocationController, AllocationProperty, Bytes};
use herring_kernels::buffers::{self, Buffer};
use std::{
    mem::{MaybeUninit, align_of, size_of},
    slice,
    sync::atomic::Ordering,
};

/// A tensor whose values a kernel, `fill`, writes, all of them: before, they are unspecified.
pub(super) fn fresh(shape: impl Into<Shape>, fill: impl FnOnce(&mut [f32])) -> FlexTensor {
    CALLS.fetch_add(1, Ordering::Relaxed);
    let shape = shape.into();
    let mut buffer = buffers::take(shape.num_elements());
    fill(&mut buffer);
    let bytes = size_of::<f32>() * buffer.len();
    // SAFETY: the controller owns as many bytes, and all of them are initialised, because a buffer is a slice of floats.
    let bytes = unsafe { Bytes::from_controller(Box::new(Lent(buffer)), bytes) };
    FlexTensor::from_data(TensorData::from_bytes(bytes, shape, DType::F32))
}

/// A buffer as the memory of a tensor.
struct Lent(Buffer);

impl AllocationController for Lent {
    fn alloc_align(&self) -> usize {
        align_of::<f32>()
    }

    fn property(&self) -> AllocationProperty {
        AllocationProperty::Other
    }

    unsafe fn memory_mut(&mut self) -> &mut [MaybeUninit<u8>] {
        let bytes = size_of::<f32>() * self.0.len();
        // SAFETY: the bytes are those of the floats, borrowed as they are; every value of them is a float, and the caller
        // writes initialised bytes only.
        unsafe { slice::from_raw_parts_mut(self.0.as_mut_ptr().cast(), bytes) }
    }

    fn memory(&self) -> &[MaybeUninit<u8>] {
        let bytes = size_of::<f32>() * self.0.len();
        // SAFETY: the bytes are those of the floats, borrowed as they are.
        unsafe { slice::from_raw_parts(self.0.as_ptr().cast(), bytes) }
    }
}
