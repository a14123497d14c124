//! A bounded pool of scratch buffers.
//!
//! A fresh megabyte from the system costs a page fault for every four
//! kilobytes, which is more than many kernels here take. Buffers therefore go
//! back to a process-wide pool, which keeps at most [`KEPT_FLOATS`].

use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, PoisonError};

/// The pool keeps at most this many floats (48 MiB).
const KEPT_FLOATS: usize = 12 << 20;

static POOL: Mutex<Vec<Vec<f32>>> = Mutex::new(Vec::new());

/// A scratch buffer that returns to the pool when dropped.
pub(crate) struct Scratch {
    values: Vec<f32>,
    length: usize,
}

/// Borrows a buffer of `length` floats from the pool.
///
/// The contents are unspecified: those of the previous user.
pub(crate) fn take(length: usize) -> Scratch {
    let mut pool = POOL.lock().unwrap_or_else(PoisonError::into_inner);
    let best = (0..pool.len())
        .filter(|&index| pool[index].len() >= length)
        .min_by_key(|&index| pool[index].len())
        // A small request must not tie up a large buffer.
        .filter(|&index| pool[index].len() <= 2 * length + 4096);
    let values = best.map(|index| pool.swap_remove(index));
    drop(pool);
    let values = values.unwrap_or_else(|| vec![0.0; length]);
    Scratch { values, length }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let values = std::mem::take(&mut self.values);
        let mut pool = POOL.lock().unwrap_or_else(PoisonError::into_inner);
        pool.push(values);
        let mut kept: usize = pool.iter().map(Vec::len).sum();
        // The oldest are removed first: a new geometry replaces one that is no longer used.
        while kept > KEPT_FLOATS {
            kept -= pool.remove(0).len();
        }
    }
}

impl Deref for Scratch {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        &self.values[..self.length]
    }
}

impl DerefMut for Scratch {
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut self.values[..self.length]
    }
}
