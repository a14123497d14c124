//! Buffers that are used again.
//!
//! A training step needs the same tensors and the same scratch memory as the step before it. From the system, a fresh
//! megabyte costs a page fault for every four kilobytes, and from an allocator, memory must be cleared before safe code may
//! see it; either takes as long as many kernels here. Memory that was cleared once is therefore kept and lent again: large
//! buffers are cut out of few large chunks (`arena.rs`), so that a freed buffer of any length serves later ones of other
//! lengths, and small ones wait for the next request of their length.
//!
//! The lengths that are in use change in the course of a step. Lists of freed buffers by length missed 480 MB in each step of a
//! ResNet-18 at 224 pixels although the process had grown to 1,096 MiB; with chunks nothing is missed, and it needs 714 MiB.

mod arena;

use std::collections::BTreeMap;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::slice;
use std::sync::{Mutex, MutexGuard, PoisonError};

use arena::{Arena, Block};

/// Floats of the largest buffers that are not cut out of a chunk: 64 KiB.
const SMALL: usize = 1 << 14;

static POOL: Mutex<Pool> = Mutex::new(Pool { small: BTreeMap::new(), arena: Arena::new() });

struct Pool {
    /// Small buffers that wait, by length.
    small: BTreeMap<usize, Vec<Box<[f32]>>>,
    arena: Arena,
}

fn pool() -> MutexGuard<'static, Pool> {
    POOL.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Floats that are used again once this is dropped.
pub struct Buffer(Memory);

enum Memory {
    Small(Box<[f32]>),
    /// A part of a chunk, and the floats of it that were asked for.
    Block(Block, usize),
}

/// Lends `length` floats. Their values are unspecified: those of the previous use.
pub fn take(length: usize) -> Buffer {
    if length == 0 {
        return Buffer(Memory::Small(Box::default()));
    }
    if length > SMALL {
        return Buffer(Memory::Block(pool().arena.take(length), length));
    }
    let found = pool().small.get_mut(&length).and_then(Vec::pop);
    Buffer(Memory::Small(found.unwrap_or_else(|| vec![0.0; length].into_boxed_slice())))
}

/// Gives memory that nothing uses back to the allocator: waiting small buffers, and chunks of which no buffer is in use.
///
/// Worth it when much less will be needed from now on; [`in_own_pool`](crate::in_own_pool) does it at its end.
pub fn release() {
    // Memory is freed while others may use the pool.
    let (small, chunks) = {
        let mut pool = pool();
        (std::mem::take(&mut pool.small), pool.arena.release())
    };
    drop((small, chunks));
}

impl Drop for Buffer {
    fn drop(&mut self) {
        match std::mem::replace(&mut self.0, Memory::Small(Box::default())) {
            Memory::Small(values) if values.is_empty() => {}
            Memory::Small(values) => pool().small.entry(values.len()).or_default().push(values),
            Memory::Block(block, _) => pool().arena.take_back(block),
        }
    }
}

impl Deref for Buffer {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        match &self.0 {
            Memory::Small(values) => values,
            // SAFETY: the block has at least as many floats, all initialised, and is nobody else's until it is taken back.
            Memory::Block(block, length) => unsafe { slice::from_raw_parts(block.start.as_ptr(), *length) },
        }
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [f32] {
        match &mut self.0 {
            Memory::Small(values) => values,
            // SAFETY: as above, and this is the only reference to the buffer.
            Memory::Block(block, length) => unsafe { slice::from_raw_parts_mut(block.start.as_ptr(), *length) },
        }
    }
}

impl fmt::Debug for Buffer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Buffer").field(&&**self).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_keeps_what_is_written_while_others_come_and_go() {
        let lengths = [1, 100, SMALL, SMALL + 1, 3 * SMALL + 5, 9 * SMALL];
        let mut held: Vec<(f32, Buffer)> = Vec::new();
        for step in 0..200 {
            let mut buffer = take(lengths[step * 7 % lengths.len()]);
            buffer.fill(step as f32);
            held.push((step as f32, buffer));
            if step % 3 > 0 {
                let (value, buffer) = held.remove(step * 5 % held.len());
                assert!(buffer.iter().all(|found| *found == value));
            }
        }
        for (value, buffer) in held {
            assert!(buffer.iter().all(|found| *found == value));
        }
        assert!(take(0).is_empty());
        release();
    }
}
