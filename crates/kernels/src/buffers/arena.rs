//! Large buffers as parts of few large allocations.
//!
//! A request gets the smallest free part that is large enough, at its start; the rest stays free. A part that comes back
//! joins its free neighbours. Where no part is large enough, there is a new chunk.

use std::collections::{BTreeMap, BTreeSet};
use std::ptr::NonNull;

/// Floats of a cache line. Blocks begin at one.
const LINE: usize = 16;
/// Floats of a chunk, at least: 32 MiB. The system provides a page of it when it is used for the first time.
const CHUNK: usize = 8 << 20;
/// A new chunk has this share of all chunks before it at least, so that large networks have few of them.
const SHARE: usize = 4;
/// Fewer floats than this are not worth being a free part of their own.
const REST: usize = 1 << 10;

/// A part of a chunk that is in use.
pub(super) struct Block {
    pub(super) start: NonNull<f32>,
    place: Place,
    length: usize,
}

// SAFETY: a block is memory that nobody else has, until it is taken back.
unsafe impl Send for Block {}
// SAFETY: a shared block can only be read.
unsafe impl Sync for Block {}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    chunk: usize,
    /// Floats of the chunk before it.
    offset: usize,
}

/// All of it is initialised: it is cleared when it is allocated, and holds floats from then on.
pub(super) struct Chunk {
    floats: NonNull<[f32]>,
}

// SAFETY: the chunk owns its memory.
unsafe impl Send for Chunk {}

/// Lengths are in floats.
pub(super) struct Arena {
    /// None in the place of those that were released.
    chunks: Vec<Option<Chunk>>,
    /// Lengths of the free parts, no two of them neighbours in a chunk.
    free: BTreeMap<Place, usize>,
    by_length: BTreeSet<(usize, Place)>,
}

impl Arena {
    pub(super) const fn new() -> Self {
        Self { chunks: Vec::new(), free: BTreeMap::new(), by_length: BTreeSet::new() }
    }

    pub(super) fn take(&mut self, length: usize) -> Block {
        // One line more, so that buffers of whole pages do not begin at the same place of theirs: the processor takes a read
        // of one for a read of what was just written to the other.
        let length = length.next_multiple_of(LINE) + LINE;
        let least = (length, Place { chunk: 0, offset: 0 });
        let found = self.by_length.range(least..).next().map(|(_, place)| *place);
        let place = found.unwrap_or_else(|| self.grow(length));
        let Some(whole) = self.remove(place) else {
            unreachable!("a part by its length that is not free");
        };
        let mut taken = whole;
        if whole - length >= REST {
            taken = length;
            self.add(Place { offset: place.offset + length, ..place }, whole - length);
        }
        Block { start: self.start(place), place, length: taken }
    }

    pub(super) fn take_back(&mut self, block: Block) {
        let Block { mut place, mut length, .. } = block;
        let behind = Place { offset: place.offset + length, ..place };
        length += self.remove(behind).unwrap_or(0);
        let before = self.free.range(..place).next_back().map(|(place, length)| (*place, *length));
        if let Some((before, more)) =
            before.filter(|(before, more)| before.chunk == place.chunk && before.offset + more == place.offset)
        {
            self.remove(before);
            place = before;
            length += more;
        }
        self.add(place, length);
    }

    /// Takes out the chunks of which nothing is in use.
    pub(super) fn release(&mut self) -> Vec<Chunk> {
        let mut released = Vec::new();
        for index in 0..self.chunks.len() {
            let (place, usable) = (Place { chunk: index, offset: 0 }, self.chunks[index].as_ref().map(Chunk::usable));
            if usable.is_some() && self.free.get(&place).copied() == usable {
                self.remove(place);
                released.extend(self.chunks[index].take());
            }
        }
        released
    }

    /// Adds a chunk of at least `length` floats, all of it free.
    fn grow(&mut self, length: usize) -> Place {
        let chunk = Chunk::new(length.max(CHUNK).max(self.total() / SHARE));
        let usable = chunk.usable();
        let index = self.chunks.iter().position(Option::is_none).unwrap_or(self.chunks.len());
        match self.chunks.get_mut(index) {
            Some(place) => *place = Some(chunk),
            None => self.chunks.push(Some(chunk)),
        }
        let place = Place { chunk: index, offset: 0 };
        self.add(place, usable);
        place
    }

    /// Floats of all chunks.
    fn total(&self) -> usize {
        self.chunks.iter().flatten().map(Chunk::usable).sum()
    }

    /// Adds a free part.
    fn add(&mut self, place: Place, length: usize) {
        self.free.insert(place, length);
        self.by_length.insert((length, place));
    }

    /// Takes out the free part at this place, if there is one, and says its length.
    fn remove(&mut self, place: Place) -> Option<usize> {
        let length = self.free.remove(&place)?;
        self.by_length.remove(&(length, place));
        Some(length)
    }

    fn start(&self, place: Place) -> NonNull<f32> {
        let Some(Some(chunk)) = self.chunks.get(place.chunk) else {
            unreachable!("a place of a chunk that was released");
        };
        // SAFETY: places are within their chunk.
        unsafe { chunk.start().add(place.offset) }
    }
}

impl Chunk {
    fn new(length: usize) -> Self {
        let floats = vec![0.0; length + LINE].into_boxed_slice();
        let chunk = Self { floats: NonNull::from(Box::leak(floats)) };
        chunk.ask_for_large_pages();
        chunk
    }

    /// The first float at the beginning of a cache line.
    fn start(&self) -> NonNull<f32> {
        let first = self.floats.cast::<f32>();
        let skipped = first.as_ptr().align_offset(LINE * size_of::<f32>());
        // SAFETY: fewer floats than a line are skipped, and the chunk has a line more than is usable.
        unsafe { first.add(skipped.min(LINE)) }
    }

    /// Floats from the first line on, in whole lines.
    fn usable(&self) -> usize {
        (self.floats.len() - LINE) / LINE * LINE
    }

    /// Linux clears a page of 2 MiB in less time than its 512 small ones, and finds it again sooner.
    fn ask_for_large_pages(&self) {
        #[cfg(target_os = "linux")]
        {
            const PAGE: usize = 2 << 20;
            let start = self.floats.cast::<u8>();
            let skipped = start.as_ptr().align_offset(PAGE);
            let whole = (self.floats.len() * size_of::<f32>()).saturating_sub(skipped) / PAGE * PAGE;
            if whole > 0 {
                // SAFETY: the pages lie within the chunk, and this is advice, whose refusal is of no consequence.
                unsafe { libc::madvise(start.add(skipped).as_ptr().cast(), whole, libc::MADV_HUGEPAGE) };
            }
        }
    }
}

impl Drop for Chunk {
    fn drop(&mut self) {
        // SAFETY: the memory came from a box of as many floats, and no block of it is in use.
        drop(unsafe { Box::from_raw(self.floats.as_ptr()) });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_disjoint_join_their_neighbours_and_chunks_are_released() {
        let mut arena = Arena::new();
        let mut blocks: Vec<Block> = Vec::new();
        for step in 1..400_usize {
            let length = step * 7919 % (CHUNK / 3) + 1;
            let block = arena.take(length);
            assert!(block.length >= length && block.start.as_ptr().align_offset(LINE * size_of::<f32>()) == 0);
            for other in &blocks {
                let [(a, b), (c, d)] =
                    [&block, other].map(|block| (block.place.offset, block.place.offset + block.length));
                assert!(block.place.chunk != other.place.chunk || b <= c || d <= a);
            }
            blocks.push(block);
            if step % 2 == 0 {
                arena.take_back(blocks.swap_remove(step * 31 % blocks.len()));
            }
        }
        let used: usize = blocks.iter().map(|block| block.length).sum();
        assert_eq!(used + arena.free.values().sum::<usize>(), arena.total());
        assert!(arena.total() < 2 * used, "{} floats for {used}", arena.total());
        assert!(arena.release().len() <= 1);
        for block in blocks {
            arena.take_back(block);
        }
        assert_eq!(arena.free.len(), arena.chunks.iter().flatten().count());
        assert!(!arena.release().is_empty());
        assert_eq!((arena.total(), arena.free.len(), arena.by_length.len()), (0, 0, 0));
    }

    #[test]
    fn a_part_of_the_right_length_is_preferred() {
        let mut arena = Arena::new();
        let lengths = [5 * REST, 90 * REST, 5 * REST, 20 * REST, 5 * REST];
        let mut blocks: Vec<Block> = lengths.into_iter().map(|length| arena.take(length)).collect();
        let smaller = blocks.remove(3);
        let larger = blocks.remove(1);
        let place = smaller.place;
        arena.take_back(smaller);
        arena.take_back(larger);
        assert_eq!(arena.take(19 * REST).place, place);
    }
}
