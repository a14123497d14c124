//! The allocator of this program.
//!
//! A training step frees and takes the same large blocks again and again. The system's allocator gives each back to the
//! system, which clears its pages before they can be used anew: a third of the time of a step of DenseNet-121 at 224
//! pixels. mimalloc keeps blocks for 10 ms by default, which is less than such a step.

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// mimalloc's `mi_option_purge_delay`, for which its bindings have no name.
const PURGE_DELAY: libmimalloc_sys::mi_option_t = 15;

/// Keeps freed memory for this process until it ends, unless the environment says otherwise
/// (`MIMALLOC_PURGE_DELAY=MILLISECONDS`). The peak is higher then, where blocks of many sizes follow each other: by half for
/// VGG-16 at 224 pixels.
pub(crate) fn keep_freed_memory() {
    // SAFETY: the function sets a number within the allocator; there is no other thread yet.
    unsafe { libmimalloc_sys::mi_option_set_default(PURGE_DELAY, -1) };
}
