//! The blocks of a cache that one process knows, and where they are.

use crate::{
    CacheError, Damage, Key,
    files::{INDEX, PACK, entries},
    index::{Entry, Index},
    pack::Pack,
};
use std::{
    collections::BTreeMap,
    ffi::OsStr,
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
    sync::Arc,
};

/// This many packs stay open after a first read; others are opened for every block.
const KEPT_OPEN: usize = 256;

/// Where a block lies: 56 bytes, in a list that is sorted by key.
#[derive(Debug, Clone, Copy)]
struct Place {
    key: Key,
    /// Position in the list of packs.
    pack: u32,
    /// In words of four bytes.
    offset: u32,
    shape: [u32; 3],
    crc: u32,
}

impl Place {
    fn entry(&self) -> Entry {
        Entry { key: self.key, offset: u64::from(self.offset) * 4, shape: self.shape, crc: self.crc }
    }
}

/// All blocks that were published when it was made or last refreshed.
#[derive(Debug, Default)]
pub(crate) struct Blocks {
    /// The index files that were read, with their bytes: an index only ever loses blocks.
    read: BTreeMap<PathBuf, u64>,
    packs: Vec<Arc<Pack>>,
    places: Vec<Place>,
    pub(crate) damage: Vec<Damage>,
}

/// This many indexes are read before their blocks are added, so that all blocks are never in memory twice.
const AT_ONCE: usize = 64;

/// What differs between the disk and [`Blocks`].
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum News {
    /// New index files.
    More(Vec<PathBuf>),
    /// Some index files have changed or are gone.
    Changed,
}

/// An index that was read.
#[derive(Debug)]
pub(crate) struct Read {
    path: PathBuf,
    bytes: u64,
    index: Index,
    damage: Option<Damage>,
}

impl Blocks {
    /// Compares `folder` with what is known.
    pub(crate) fn news(&self, folder: &Path) -> Result<News, CacheError> {
        let mut listed = BTreeMap::new();
        for path in entries(folder)? {
            let hidden = path.file_name().and_then(OsStr::to_str).is_none_or(|name| name.starts_with('.'));
            if hidden || path.extension() != Some(OsStr::new(INDEX)) {
                continue;
            }
            match fs::metadata(&path) {
                Ok(metadata) => listed.insert(path, metadata.len()),
                // Removed at this moment.
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                Err(error) => return Err(CacheError::system("read", path)(error)),
            };
        }
        if self.read.iter().any(|(path, bytes)| listed.get(path) != Some(bytes)) {
            return Ok(News::Changed);
        }
        Ok(News::More(listed.into_keys().filter(|path| !self.read.contains_key(path)).collect()))
    }

    /// Reads index files, some at once, and passes each group to `take`.
    pub(crate) fn load(paths: Vec<PathBuf>, mut take: impl FnMut(Vec<Read>)) -> Result<(), CacheError> {
        for paths in paths.chunks(AT_ONCE) {
            let mut read = Vec::with_capacity(paths.len());
            for path in paths {
                read.extend(Read::from(path)?);
            }
            take(read);
        }
        Ok(())
    }

    pub(crate) fn take(&mut self, read: Vec<Read>) {
        let before = self.places.len();
        self.places.reserve_exact(read.iter().map(|read| read.index.entries.len()).sum());
        for Read { path, bytes, index, damage } in read {
            self.damage.extend(damage);
            let pack = self.packs.len();
            self.packs.push(Arc::new(Pack::new(path.with_extension(PACK), pack < KEPT_OPEN)));
            self.places.extend(index.entries.iter().map(|&Entry { key, offset, shape, crc }| {
                // Both fit: an index with a larger offset is refused, and a pack takes a file.
                Place { key, pack: pack as u32, offset: (offset / 4) as u32, shape, crc }
            }));
            self.read.insert(path, bytes);
        }
        if self.places.len() == before {
            return;
        }
        self.places[before..].sort_unstable_by_key(|place| (place.key, place.pack));
        if before > 0 {
            // Two sorted runs, which a stable sort only has to merge.
            self.places.sort_by_key(|place| (place.key, place.pack));
        }
        // Two processes may have made the same block.
        self.places.dedup_by_key(|place| place.key);
    }

    pub(crate) fn find(&self, key: &Key) -> Option<(Arc<Pack>, Entry)> {
        let place = self.places.binary_search_by_key(key, |place| place.key).ok()?;
        self.at(&self.places[place])
    }

    pub(crate) fn contains(&self, key: &Key) -> bool {
        self.places.binary_search_by_key(key, |place| place.key).is_ok()
    }

    pub(crate) fn len(&self) -> usize {
        self.places.len()
    }

    pub(crate) fn entries(&self) -> impl Iterator<Item = Entry> {
        self.places.iter().map(Place::entry)
    }

    /// Every block, in the order in which a disk reads them best.
    pub(crate) fn by_place(&self) -> Vec<(Arc<Pack>, Entry)> {
        let mut places: Vec<&Place> = self.places.iter().collect();
        places.sort_unstable_by_key(|place| (place.pack, place.offset));
        places.into_iter().filter_map(|place| self.at(place)).collect()
    }

    fn at(&self, place: &Place) -> Option<(Arc<Pack>, Entry)> {
        Some((Arc::clone(self.packs.get(place.pack as usize)?), place.entry()))
    }
}

impl Read {
    /// Reads an index and compares it with its pack; none if it is gone.
    fn from(path: &Path) -> Result<Option<Self>, CacheError> {
        let content = match fs::read(path) {
            Ok(content) => content,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(CacheError::system("read", path)(error)),
        };
        let (path, bytes) = (path.to_owned(), content.len() as u64);
        let mut index = match Index::decode(&content) {
            Ok(index) => index,
            Err(message) => {
                let damage = Some(Damage::Index { path: path.clone(), message });
                return Ok(Some(Self { path, bytes, index: Index { pack_bytes: 0, entries: Vec::new() }, damage }));
            }
        };
        let pack = path.with_extension(PACK);
        let (blocks, expected) = (index.entries.len(), index.pack_bytes);
        let damage = match fs::metadata(&pack) {
            Ok(metadata) if metadata.len() == expected => None,
            Ok(metadata) => {
                let found = metadata.len();
                index.entries.retain(|entry| entry.bytes().is_some_and(|bytes| entry.offset + bytes <= found));
                let lost = blocks - index.entries.len();
                Some(Damage::PackLength { path: pack, found, expected, lost, blocks })
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {
                index.entries.clear();
                Some(Damage::NoPack { path: pack, expected, blocks })
            }
            Err(error) => return Err(CacheError::system("read", pack)(error)),
        };
        Ok(Some(Self { path, bytes, index, damage }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_takes_56_bytes_of_memory() {
        assert_eq!(size_of::<Place>(), 56);
        let mut blocks = Blocks::default();
        for pack in 0..20u32 {
            let entries = (0..1000u32).map(|number| {
                let key = Key::new(&[], &format!("{pack} {number}"));
                Entry { key, offset: 16 + 4 * u64::from(number), shape: [1; 3], crc: 0 }
            });
            let index = Index { pack_bytes: 1 << 20, entries: entries.collect() };
            let path = PathBuf::from(format!("{pack}.index"));
            blocks.take(vec![Read { path, bytes: 1, index, damage: None }]);
        }
        assert_eq!(blocks.len(), 20_000);
        assert!(blocks.places.capacity() * size_of::<Place>() <= 20_000 * 60, "{}", blocks.places.capacity());
        assert!(blocks.places.is_sorted_by_key(|place| place.key));
        let (pack, entry) = blocks.find(&Key::new(&[], "17 999")).unwrap();
        assert_eq!((pack.path.as_path(), entry.offset), (Path::new("17.pack"), 16 + 4 * 999));
        assert!(blocks.find(&Key::new(&[], "20 0")).is_none());
    }

    #[test]
    fn a_key_that_is_there_twice_is_one_block() {
        let entry = |offset| Entry { key: Key::new(&[], "twice"), offset, shape: [1; 3], crc: 0 };
        let read = |name: &str, offset| Read {
            path: PathBuf::from(name),
            bytes: 1,
            index: Index { pack_bytes: 1 << 20, entries: vec![entry(offset)] },
            damage: None,
        };
        let mut blocks = Blocks::default();
        blocks.take(vec![read("a.index", 16), read("b.index", 20)]);
        blocks.take(vec![read("c.index", 24)]);
        assert_eq!(blocks.len(), 1);
        assert_eq!(blocks.find(&entry(0).key).unwrap().1, entry(16));
    }
}
