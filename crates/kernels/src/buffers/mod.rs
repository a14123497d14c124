//! Buffers that are used again.
//!
//! A training step needs the same tensors and the same scratch memory as the step before it. From the system, a fresh
//! megabyte costs a page fault for every four kilobytes, and from an allocator, memory must be cleared before safe code may
//! see it; either takes as long as many kernels here. Freed buffers therefore wait here for the next request of their
//! length.
//!
//! The lengths that are in use change in the course of a step, so that the buffers of a whole step are some more than those
//! in use at one time. Waiting buffers and those in use therefore hold at most a quarter, or 64 MiB, more than the most
//! that was in use at one time; beyond that, the buffer that has waited longest is freed.

use std::collections::BTreeMap;
use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, PoisonError};

/// Floats that may wait however few are in use: 64 MiB.
const SLACK: usize = 16 << 20;

static POOL: Mutex<Pool> = Mutex::new(Pool { waiting: BTreeMap::new(), kept: 0, used: 0, most_used: 0, returned: 0 });

/// Lengths and sums are in floats.
struct Pool {
    /// By length; the one that was returned last is last.
    waiting: BTreeMap<usize, Vec<Waiting>>,
    kept: usize,
    used: usize,
    most_used: usize,
    /// Buffers that were ever returned.
    returned: u64,
}

struct Waiting {
    values: Vec<f32>,
    /// Buffers that had been returned before it.
    since: u64,
}

impl Pool {
    /// A buffer of this length, if one waits, and buffers to free.
    fn lend(&mut self, length: usize) -> (Option<Vec<f32>>, Vec<Vec<f32>>) {
        self.used += length;
        self.most_used = self.most_used.max(self.used);
        let found = self.waiting.get_mut(&length).and_then(Vec::pop);
        if found.is_some() {
            self.kept -= length;
        }
        let mut freed = Vec::new();
        while self.kept + self.used > self.most_used + SLACK.max(self.most_used / 4) {
            let Some(values) = self.oldest() else { break };
            freed.push(values);
        }
        (found.map(|waiting| waiting.values), freed)
    }

    /// Takes out the buffer that has waited longest.
    fn oldest(&mut self) -> Option<Vec<f32>> {
        self.waiting.retain(|_, list| !list.is_empty());
        let list = self.waiting.values_mut().min_by_key(|list| list.first().map(|waiting| waiting.since))?;
        let oldest = list.remove(0).values;
        self.kept -= oldest.len();
        Some(oldest)
    }

    fn take_back(&mut self, values: Vec<f32>) {
        self.used -= values.len();
        self.kept += values.len();
        self.returned += 1;
        let since = self.returned;
        self.waiting.entry(values.len()).or_default().push(Waiting { values, since });
    }
}

/// Floats that are used again once this is dropped.
#[derive(Debug)]
pub struct Buffer(Vec<f32>);

/// Lends `length` floats. Their values are unspecified: those of the previous use.
pub fn take(length: usize) -> Buffer {
    if length == 0 {
        return Buffer(Vec::new());
    }
    // Memory is freed and cleared while others may use the pool.
    let (found, freed) = POOL.lock().unwrap_or_else(PoisonError::into_inner).lend(length);
    drop(freed);
    Buffer(found.unwrap_or_else(|| vec![0.0; length]))
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let values = std::mem::take(&mut self.0);
        if !values.is_empty() {
            POOL.lock().unwrap_or_else(PoisonError::into_inner).take_back(values);
        }
    }
}

impl Deref for Buffer {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        &self.0
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lengths(pool: &mut Pool, length: usize) -> (bool, Vec<usize>) {
        let (found, freed) = pool.lend(length);
        (found.is_some(), freed.iter().map(Vec::len).collect())
    }

    #[test]
    fn a_buffer_is_lent_again_and_the_oldest_goes_when_there_are_too_many() {
        let mut pool = Pool { waiting: BTreeMap::new(), kept: 0, used: 0, most_used: 0, returned: 0 };
        let half = SLACK / 2;
        for length in [half, half + 1, half + 2] {
            assert_eq!(lengths(&mut pool, length), (false, vec![]));
        }
        for length in [half, half + 1, half + 2] {
            pool.take_back(vec![0.0; length]);
        }
        assert_eq!(lengths(&mut pool, half), (true, vec![]));
        // Three halves and three floats were in use at one time: there is room for five halves and three floats.
        assert_eq!(lengths(&mut pool, 2 * half), (false, vec![]));
        assert_eq!(lengths(&mut pool, 1), (false, vec![half + 1]));
        assert_eq!((pool.used, pool.kept, pool.most_used), (3 * half + 1, half + 2, 3 * half + 3));
    }
}
