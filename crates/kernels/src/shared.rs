//! A result that several threads fill, each with its own elements.

use std::marker::PhantomData;

/// A mutable slice whose elements are written from several threads.
///
/// Rayon hands out contiguous pieces, but a piece of work here owns, for
/// example, a patch of every channel.
pub(crate) struct Shared<'a> {
    start: *mut f32,
    length: usize,
    lifetime: PhantomData<&'a mut [f32]>,
}

// SAFETY: the only access is `slice`, whose contract excludes data races.
unsafe impl Sync for Shared<'_> {}

impl<'a> Shared<'a> {
    pub(crate) fn new(values: &'a mut [f32]) -> Self {
        Self { start: values.as_mut_ptr(), length: values.len(), lifetime: PhantomData }
    }

    /// The elements from `start` on.
    ///
    /// # Safety
    /// While the result lives, no other call may return any of its elements.
    ///
    /// # Panics
    /// If the elements do not exist.
    #[inline(always)]
    #[allow(clippy::mut_from_ref)]
    pub(crate) unsafe fn slice(&self, start: usize, length: usize) -> &mut [f32] {
        assert!(start <= self.length && length <= self.length - start);
        // SAFETY: the elements exist (checked above) and live as long as `self`; the caller makes sure that
        // no other reference to them exists.
        unsafe { std::slice::from_raw_parts_mut(self.start.add(start), length) }
    }
}
