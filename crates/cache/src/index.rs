//! The index of a pack: where each block is.
//!
//! All numbers are little-endian. A file holds the word `HRNGINDX`, the format (4 bytes), the number of
//! blocks (4), the bytes of the pack (8); for each block its key (32), where it begins in the pack (8),
//! channels, height and width (4 each) and its CRC-32 (4); and last the CRC-32 of all that.

use crate::{FORMAT, Key};

const MAGIC: &[u8; 8] = b"HRNGINDX";
const HEAD: usize = 24;
const ENTRY: usize = 56;
const SUM: usize = 4;

/// Where a block lies in its pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) key: Key,
    /// In bytes from the start of the pack; a multiple of four.
    pub(crate) offset: u64,
    /// Channels, height, width; none is zero.
    pub(crate) shape: [u32; 3],
    pub(crate) crc: u32,
}

impl Entry {
    /// Bytes of the block; none where that cannot be counted.
    pub(crate) fn bytes(&self) -> Option<u64> {
        self.shape.iter().try_fold(4u64, |product, &side| product.checked_mul(u64::from(side)))
    }
}

/// An index, as it is in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Index {
    pub(crate) pack_bytes: u64,
    pub(crate) entries: Vec<Entry>,
}

impl Index {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(HEAD + self.entries.len() * ENTRY + SUM);
        out.extend_from_slice(MAGIC);
        out.extend_from_slice(&FORMAT.to_le_bytes());
        // Enough for 2^32 blocks a pack: a pack is closed long before.
        out.extend_from_slice(&(self.entries.len() as u32).to_le_bytes());
        out.extend_from_slice(&self.pack_bytes.to_le_bytes());
        for entry in &self.entries {
            out.extend_from_slice(&entry.key.0);
            out.extend_from_slice(&entry.offset.to_le_bytes());
            for side in entry.shape {
                out.extend_from_slice(&side.to_le_bytes());
            }
            out.extend_from_slice(&entry.crc.to_le_bytes());
        }
        let sum = crc32fast::hash(&out);
        out.extend_from_slice(&sum.to_le_bytes());
        out
    }

    /// Reads what [`Index::encode`] wrote; otherwise the error says what was found and expected.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, String> {
        if !bytes.starts_with(MAGIC) {
            return Err("found other bytes at its start, expected HRNGINDX".to_owned());
        }
        let short = || format!("found {} bytes, expected at least {}", bytes.len(), HEAD + SUM);
        let mut head = Fields(&bytes[MAGIC.len()..]);
        let (format, count) = (head.u32().ok_or_else(short)?, head.u32().ok_or_else(short)?);
        let pack_bytes = head.u64().ok_or_else(short)?;
        if format != FORMAT {
            return Err(format!("found format {format}, expected {FORMAT}"));
        }
        let expected = (HEAD + SUM) as u64 + u64::from(count) * ENTRY as u64;
        if bytes.len() as u64 != expected {
            return Err(format!("found {} bytes, expected {expected} for its {count} blocks", bytes.len()));
        }
        let (body, sum) = bytes.split_at(bytes.len() - SUM);
        let (found, expected) = (crc32fast::hash(body), Fields(sum).u32().ok_or_else(short)?);
        if found != expected {
            return Err(format!("found CRC-32 {found:08x}, expected {expected:08x}"));
        }
        let entries = body[HEAD..].chunks_exact(ENTRY).enumerate().map(|(place, bytes)| {
            let entry = Fields(bytes).entry().ok_or_else(short)?;
            let end = entry.bytes().filter(|&bytes| bytes > 0).and_then(|bytes| bytes.checked_add(entry.offset));
            let fits = end.is_some_and(|end| end <= pack_bytes);
            // Places are kept in words of four bytes, in 32 bits.
            if fits && entry.offset % 4 == 0 && entry.offset / 4 <= u64::from(u32::MAX) {
                return Ok(entry);
            }
            let Entry { offset, shape: [channels, height, width], .. } = entry;
            Err(format!(
                "found block {place} of {channels} x {height} x {width} values at byte {offset}, expected one within \
                 the pack's {pack_bytes} bytes"
            ))
        });
        Ok(Self { pack_bytes, entries: entries.collect::<Result<_, _>>()? })
    }
}

/// Takes numbers from the front.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (field, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*field)
    }

    fn u32(&mut self) -> Option<u32> {
        self.take().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Option<u64> {
        self.take().map(u64::from_le_bytes)
    }

    fn entry(&mut self) -> Option<Entry> {
        Some(Entry {
            key: Key(self.take()?),
            offset: self.u64()?,
            shape: [self.u32()?, self.u32()?, self.u32()?],
            crc: self.u32()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn index() -> impl Strategy<Value = Index> {
        let entry = (any::<[u8; 32]>(), 0u32..1 << 20, [1u32..300, 1u32..300, 1u32..300], any::<u32>());
        let entry = entry.prop_map(|(key, words, shape, crc)| Entry {
            key: Key(key),
            offset: u64::from(words) * 4,
            shape,
            crc,
        });
        prop::collection::vec(entry, 0..40).prop_map(|entries| Index { pack_bytes: 1 << 40, entries })
    }

    proptest! {
        #[test]
        fn an_index_comes_back_as_it_was(index in index()) {
            prop_assert_eq!(Index::decode(&index.encode()), Ok(index));
        }

        #[test]
        fn one_wrong_bit_or_a_cut_is_noticed(index in index(), bit in any::<prop::sample::Index>()) {
            let bytes = index.encode();
            let bit = bit.index(bytes.len() * 8);
            let mut wrong = bytes.clone();
            wrong[bit / 8] ^= 1 << (bit % 8);
            prop_assert!(!Index::decode(&wrong).unwrap_err().contains('\n'));
            prop_assert!(!Index::decode(&bytes[..bit / 8]).unwrap_err().contains('\n'));
        }

        #[test]
        fn any_bytes_are_an_error_or_an_index(mut bytes in prop::collection::vec(any::<u8>(), 0..300), entries in 0u32..5) {
            // Past the first checks, up to those of single blocks.
            bytes.resize(HEAD + entries as usize * ENTRY, 0);
            bytes[..8].copy_from_slice(MAGIC);
            bytes[8..12].copy_from_slice(&FORMAT.to_le_bytes());
            bytes[12..16].copy_from_slice(&entries.to_le_bytes());
            bytes.extend_from_slice(&crc32fast::hash(&bytes).to_le_bytes());
            if let Ok(index) = Index::decode(&bytes) {
                prop_assert_eq!(index.encode(), bytes);
            }
        }
    }

    #[test]
    fn a_block_of_no_or_too_many_values_is_refused() {
        for shape in [[0, 1, 1], [u32::MAX; 3], [1, 1, 65]] {
            let entry = Entry { key: Key([7; 32]), offset: 16, shape, crc: 0 };
            let message = Index::decode(&Index { pack_bytes: 272, entries: vec![entry] }.encode()).unwrap_err();
            assert!(message.contains("found block 0 of"), "{message}");
        }
    }
}
