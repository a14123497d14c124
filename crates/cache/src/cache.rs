//! A cache: a folder, and this process's list of its blocks.

use crate::{
    CacheError, Damage, Key,
    blocks::{Blocks, News},
    files::{self, INDEX, Locked, PACK, remove},
    index::Index,
    pack::write_index,
};
use herring_datasets::Image;
use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

/// Decoded images in a folder that many processes and threads may use at once.
///
/// Reading takes no lock and copies straight into the caller's buffer. What another process has
/// published since is seen after [`Cache::refresh`], which [`Cache::fill`] and a read of an unknown key
/// do themselves.
#[derive(Debug)]
pub struct Cache {
    folder: PathBuf,
    /// Packs of another format lie in another folder, so that two versions of the program can share.
    packs: PathBuf,
    blocks: RwLock<Blocks>,
    refreshing: Mutex<()>,
}

/// How much a cache holds, and the space it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// Blocks that can be read.
    pub blocks: usize,
    /// Bytes of these blocks.
    pub block_bytes: u64,
    /// Packs, also damaged ones.
    pub packs: usize,
    /// Bytes of all files of the cache, also of those being written.
    pub file_bytes: u64,
}

/// What [`Cache::verify`] found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verified {
    /// Blocks that are intact.
    pub whole: usize,
    /// Bytes that were read.
    pub bytes: u64,
    /// Everything that is damaged.
    pub damage: Vec<Damage>,
}

impl Cache {
    /// Opens the cache in `folder`, or an empty one if there is none, and removes partial files of killed
    /// processes. A cache with damaged packs still opens: see [`Cache::damage`].
    ///
    /// # Errors
    /// [`CacheError::System`] if the folder cannot be read, [`CacheError::NotWritable`] if there is none and
    /// it cannot be created.
    pub fn open(folder: impl Into<PathBuf>) -> Result<Self, CacheError> {
        let folder = folder.into();
        let packs = folder.join(format!("packs-v{}", crate::FORMAT));
        fs::create_dir_all(&packs).map_err(CacheError::creating(&folder, &packs))?;
        // A read-only cache is not tidied up.
        let _ = files::tidy(&packs);
        Self::of(folder, packs)
    }

    /// Opens the cache in `folder` to read from it: nothing is created, locked or removed, so that it also
    /// works for another user's cache and a read-only disk.
    ///
    /// # Errors
    /// [`CacheError::System`] if there is no cache, or it cannot be read.
    pub fn open_to_read(folder: impl Into<PathBuf>) -> Result<Self, CacheError> {
        let folder = folder.into();
        let packs = folder.join(format!("packs-v{}", crate::FORMAT));
        Self::of(folder, packs)
    }

    fn of(folder: PathBuf, packs: PathBuf) -> Result<Self, CacheError> {
        let cache = Self { folder, packs, blocks: RwLock::default(), refreshing: Mutex::default() };
        cache.refresh()?;
        Ok(cache)
    }

    /// The cache's folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where the packs are.
    pub(crate) fn packs(&self) -> &Path {
        &self.packs
    }

    /// Adds blocks that other processes have published since, and drops those that they have removed.
    ///
    /// # Errors
    /// [`CacheError::System`] if the folder cannot be read.
    pub fn refresh(&self) -> Result<(), CacheError> {
        let _one = self.refreshing.lock().unwrap_or_else(PoisonError::into_inner);
        // Files are read while other threads can still find blocks.
        let news = self.blocks().news(&self.packs)?;
        match news {
            News::More(paths) => Blocks::load(paths, |read| self.blocks_mut().take(read)),
            News::Changed => self.reload(),
        }
    }

    /// Reads everything anew.
    fn reload(&self) -> Result<(), CacheError> {
        let mut fresh = Blocks::default();
        if let News::More(paths) = fresh.news(&self.packs)? {
            Blocks::load(paths, |read| fresh.take(read))?;
        }
        *self.blocks_mut() = fresh;
        Ok(())
    }

    fn blocks_mut(&self) -> RwLockWriteGuard<'_, Blocks> {
        self.blocks.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn blocks(&self) -> RwLockReadGuard<'_, Blocks> {
        self.blocks.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether this process knows a block of that key.
    pub fn contains(&self, key: &Key) -> bool {
        self.blocks().contains(key)
    }

    /// Channels, height and width of a block that this process knows.
    pub fn shape(&self, key: &Key) -> Option<[usize; 3]> {
        self.blocks().find(key).map(|(_, entry)| entry.shape.map(|side| side as usize))
    }

    /// How many blocks this process knows.
    pub fn len(&self) -> usize {
        self.blocks().len()
    }

    /// Whether this process knows no block.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many blocks there are of each shape: channels, height, width.
    pub fn sizes(&self) -> BTreeMap<[usize; 3], usize> {
        let mut sizes = BTreeMap::new();
        for entry in self.blocks().entries() {
            *sizes.entry(entry.shape.map(|side| side as usize)).or_default() += 1;
        }
        sizes
    }

    /// What is known to be damaged: indexes that cannot be read, packs that are missing or truncated. Their
    /// blocks count as missing, and [`Cache::fill`] makes them again. Single wrong bytes show when a block is
    /// read, or by [`Cache::verify`].
    pub fn damage(&self) -> Vec<Damage> {
        self.blocks().damage.clone()
    }

    /// Copies a block's values, row-major `[channels, height, width]`, and returns that shape.
    ///
    /// # Errors
    /// [`CacheError::Missing`] if there is no such block, [`CacheError::Length`] if `out` has another number
    /// of values, [`CacheError::Damaged`] if the checksum does not match (`out` must not be used then),
    /// [`CacheError::System`] if they cannot be read.
    pub fn read(&self, key: &Key, out: &mut [f32]) -> Result<[usize; 3], CacheError> {
        self.read_with(key, |values| {
            if out.len() == values {
                Ok(&mut *out)
            } else {
                Err(CacheError::Length { key: *key, found: out.len(), expected: values })
            }
        })
    }

    /// A block as an image.
    ///
    /// # Errors
    /// As [`Cache::read`], except for the length.
    pub fn get(&self, key: &Key) -> Result<Image, CacheError> {
        let mut values = Vec::new();
        let [channels, height, width] = self.read_with(key, |count| {
            values = vec![0.0; count];
            Ok(&mut values)
        })?;
        let found = values.len();
        // An index with sides of zero was refused when it was read.
        Image::new(channels, height, width, values).map_err(|_| CacheError::Length {
            key: *key,
            found,
            expected: channels * height * width,
        })
    }

    fn read_with<'a>(
        &self,
        key: &Key,
        room: impl FnOnce(usize) -> Result<&'a mut [f32], CacheError>,
    ) -> Result<[usize; 3], CacheError> {
        let found = self.blocks().find(key);
        let (pack, entry) = match found {
            Some(found) => found,
            None => {
                // Another process may have made it since.
                self.refresh()?;
                let missing = || CacheError::Missing { folder: self.folder.clone(), key: *key };
                self.blocks().find(key).ok_or_else(missing)?
            }
        };
        let shape = entry.shape.map(|side| side as usize);
        pack.read(&entry, room(shape.iter().product())?)?;
        Ok(shape)
    }

    /// Reads every block and compares its checksum.
    ///
    /// # Errors
    /// [`CacheError::System`] if a file cannot be read for another reason than damage.
    pub fn verify(&self) -> Result<Verified, CacheError> {
        self.refresh()?;
        let (blocks, damage) = {
            let blocks = self.blocks();
            (blocks.by_place(), blocks.damage.clone())
        };
        let mut verified = Verified { damage, ..Verified::default() };
        for (pack, entry) in blocks {
            match pack.check(&entry, |bytes| verified.bytes += bytes.len() as u64) {
                Ok(()) => verified.whole += 1,
                Err(CacheError::Damaged(damage)) => verified.damage.push(damage),
                Err(error) => return Err(error),
            }
        }
        Ok(verified)
    }

    /// Verifies all blocks and drops those that are damaged, so that [`Cache::fill`] makes them again; files
    /// without any usable block are removed. Returns what was damaged.
    ///
    /// Other processes see this when they next refresh.
    ///
    /// # Errors
    /// [`CacheError::System`] if a file cannot be read, written or removed.
    pub fn forget_damaged(&self) -> Result<Vec<Damage>, CacheError> {
        let damage = self.verify()?.damage;
        let mut wrong: BTreeMap<PathBuf, BTreeSet<Key>> = BTreeMap::new();
        for damage in &damage {
            let (path, key) = match damage {
                Damage::Index { path, .. } | Damage::NoPack { path, .. } | Damage::PackLength { path, .. } => {
                    (path, None)
                }
                Damage::Block { path, key, .. } | Damage::CutOff { path, key, .. } | Damage::Vanished { path, key } => {
                    (path, Some(*key))
                }
            };
            wrong.entry(path.with_extension(PACK)).or_default().extend(key);
        }
        self.drop_blocks(&wrong)?;
        Ok(damage)
    }

    /// Drops blocks, so that [`Cache::fill`] makes them again. Their space is freed once their packs have no
    /// other blocks.
    ///
    /// # Errors
    /// [`CacheError::System`] if an index cannot be read, written or removed.
    pub fn forget(&self, keys: &[Key]) -> Result<(), CacheError> {
        let keys: BTreeSet<Key> = keys.iter().copied().collect();
        let mut wrong = BTreeMap::new();
        // Also the copies that another process made: they are not in the list of blocks.
        for path in files::entries(&self.packs)? {
            if path.extension() == Some(OsStr::new(INDEX))
                && let Some(Ok(index)) = fs::read(&path).ok().map(|content| Index::decode(&content))
            {
                let here: BTreeSet<Key> = index.entries.iter().map(|entry| entry.key).collect();
                let dropped: BTreeSet<Key> = here.intersection(&keys).copied().collect();
                if !dropped.is_empty() {
                    wrong.insert(path.with_extension(PACK), dropped);
                }
            }
        }
        self.drop_blocks(&wrong)
    }

    /// Rewrites the indexes of these packs: without these keys, and without blocks that are not in the pack.
    fn drop_blocks(&self, wrong: &BTreeMap<PathBuf, BTreeSet<Key>>) -> Result<(), CacheError> {
        if wrong.is_empty() {
            return Ok(());
        }
        let locked = Locked::of(&self.packs)?;
        for (pack, keys) in wrong {
            let path = pack.with_extension(INDEX);
            let found = fs::metadata(pack).map_or(0, |metadata| metadata.len());
            let index = fs::read(&path).ok().and_then(|content| Index::decode(&content).ok());
            let entries = index.map(|index| index.entries).unwrap_or_default().into_iter().filter(|entry| {
                let fits = entry.bytes().is_some_and(|bytes| entry.offset + bytes <= found);
                fits && !keys.contains(&entry.key)
            });
            let index = Index { pack_bytes: found, entries: entries.collect() };
            if index.entries.is_empty() {
                // In this order: any process removes a pack without an index.
                remove(&path)?;
                remove(pack)?;
            } else {
                write_index(&locked, &path, &index)?;
            }
        }
        drop(locked);
        // An index may have changed without getting shorter.
        let _one = self.refreshing.lock().unwrap_or_else(PoisonError::into_inner);
        self.reload()
    }

    /// How much the cache holds, and the space it takes on disk. To free it, remove the folder.
    ///
    /// # Errors
    /// [`CacheError::System`] if the folder cannot be read.
    pub fn usage(&self) -> Result<Usage, CacheError> {
        let mut usage = Usage::default();
        for path in files::entries(&self.packs)? {
            usage.packs += usize::from(path.extension() == Some(OsStr::new(PACK)));
            // Files come and go while others write.
            usage.file_bytes += fs::metadata(&path).map_or(0, |metadata| metadata.len());
        }
        let blocks = self.blocks();
        usage.blocks = blocks.len();
        usage.block_bytes = blocks.entries().filter_map(|entry| entry.bytes()).sum();
        Ok(usage)
    }
}
