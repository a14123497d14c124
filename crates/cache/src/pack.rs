//! A pack: many blocks in one file, one after the other, each as little-endian `f32`.
//!
//! A pack begins with 16 bytes that identify it. It is written as a scratch file; its blocks are visible to
//! readers once its index has its final name.

use crate::{
    CacheError, Damage, Key,
    files::{INDEX, Locked, PACK, Scratch, remove, sync_folder},
    index::{Entry, Index},
};
use std::{
    fs::File,
    io::{self, ErrorKind, Write},
    path::{Path, PathBuf},
    sync::OnceLock,
};

const MAGIC: &[u8; 16] = b"HRNGPACK f32 le\n";

/// A block that is ready to be written.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) key: Key,
    pub(crate) shape: [u32; 3],
    pub(crate) crc: u32,
    pub(crate) bytes: Vec<u8>,
}

/// A pack that is being filled. It is removed unless it is published.
#[derive(Debug)]
pub(crate) struct Draft {
    folder: PathBuf,
    scratch: Scratch,
    index: Index,
}

impl Draft {
    pub(crate) fn create(folder: &Path) -> Result<Self, CacheError> {
        let mut scratch = Scratch::create(&Locked::of(folder)?, folder)?;
        scratch.file.write_all(MAGIC).map_err(CacheError::system("write", &scratch.path))?;
        let index = Index { pack_bytes: MAGIC.len() as u64, entries: Vec::new() };
        Ok(Self { folder: folder.to_owned(), scratch, index })
    }

    /// Bytes so far.
    pub(crate) fn bytes(&self) -> u64 {
        self.index.pack_bytes
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = Key> {
        self.index.entries.iter().map(|entry| entry.key)
    }

    pub(crate) fn append(&mut self, block: &Block) -> Result<(), CacheError> {
        self.scratch.file.write_all(&block.bytes).map_err(CacheError::system("write", &self.scratch.path))?;
        let offset = self.index.pack_bytes;
        self.index.entries.push(Entry { key: block.key, offset, shape: block.shape, crc: block.crc });
        self.index.pack_bytes += block.bytes.len() as u64;
        Ok(())
    }

    /// Makes the blocks visible, all at once; in that order, so that an index never lists blocks that are not
    /// on the disk.
    pub(crate) fn publish(mut self) -> Result<(), CacheError> {
        self.scratch.sync()?;
        let pack = self.folder.join(format!("{}.{PACK}", self.scratch.stem));
        self.scratch.rename(&pack)?;
        let index = pack.with_extension(INDEX);
        let named =
            sync_folder(&self.folder).and_then(|()| write_index(&Locked::of(&self.folder)?, &index, &self.index));
        if named.is_err() {
            // Report the first error.
            let _ = remove(&index).and_then(|()| remove(&pack));
        }
        named
    }
}

/// Writes an index, in one step.
pub(crate) fn write_index(locked: &Locked, path: &Path, index: &Index) -> Result<(), CacheError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut scratch = Scratch::create(locked, folder)?;
    scratch.file.write_all(&index.encode()).map_err(CacheError::system("write", &scratch.path))?;
    scratch.sync()?;
    scratch.rename(path)?;
    sync_folder(folder)
}

/// A pack that is published.
#[derive(Debug)]
pub(crate) struct Pack {
    pub(crate) path: PathBuf,
    /// `None` where it is opened for every block: the number of open files of a process is limited.
    file: Option<OnceLock<File>>,
}

impl Pack {
    pub(crate) fn new(path: PathBuf, keep_open: bool) -> Self {
        Self { path, file: keep_open.then(OnceLock::new) }
    }

    /// The values of a block, whose number must be that of `out`. The checksum is verified; if it is wrong,
    /// the values in `out` are invalid.
    pub(crate) fn read(&self, entry: &Entry, out: &mut [f32]) -> Result<(), CacheError> {
        let mut rest = out;
        self.check(entry, |bytes| {
            let taken = std::mem::take(&mut rest);
            let (now, later) = taken.split_at_mut((bytes.len() / 4).min(taken.len()));
            for (value, bytes) in now.iter_mut().zip(bytes.as_chunks().0) {
                *value = f32::from_le_bytes(*bytes);
            }
            rest = later;
        })
    }

    /// Reads a block piece by piece, each a multiple of four bytes, and verifies the checksum at the end.
    pub(crate) fn check(&self, entry: &Entry, mut each: impl FnMut(&[u8])) -> Result<(), CacheError> {
        let opened;
        let file = match &self.file {
            Some(kept) => match kept.get() {
                Some(file) => file,
                None => {
                    let file = self.open(entry)?;
                    // Another thread may have been faster; then its file is kept.
                    kept.get_or_init(|| file)
                }
            },
            None => {
                opened = self.open(entry)?;
                &opened
            }
        };
        let expected = entry.bytes().unwrap_or(0);
        let mut sum = crc32fast::Hasher::new();
        let mut piece = [0u8; 1 << 15];
        let mut done = 0;
        while done < expected {
            let length = usize::try_from(expected - done).unwrap_or(usize::MAX).min(piece.len());
            let piece = &mut piece[..length];
            read_exact_at(file, &self.path, piece, entry.offset + done).map_err(|error| match error.kind() {
                ErrorKind::UnexpectedEof => {
                    let Entry { key, offset, .. } = *entry;
                    Damage::CutOff { path: self.path.clone(), key, offset, expected }.into()
                }
                _ => CacheError::system("read", &self.path)(error),
            })?;
            sum.update(piece);
            each(piece);
            done += length as u64;
        }
        let found = sum.finalize();
        if found != entry.crc {
            let Entry { key, crc, .. } = *entry;
            return Err(Damage::Block { path: self.path.clone(), key, found, expected: crc }.into());
        }
        Ok(())
    }

    fn open(&self, entry: &Entry) -> Result<File, CacheError> {
        File::open(&self.path).map_err(|error| match error.kind() {
            ErrorKind::NotFound => Damage::Vanished { path: self.path.clone(), key: entry.key }.into(),
            _ => CacheError::system("open", &self.path)(error),
        })
    }
}

/// Threads share the file without sharing a position in it.
#[cfg(unix)]
fn read_exact_at(file: &File, _path: &Path, out: &mut [u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, out, offset)
}

/// Where files cannot be read at a position, each piece has a file of its own.
#[cfg(not(unix))]
fn read_exact_at(_file: &File, path: &Path, out: &mut [u8], offset: u64) -> io::Result<()> {
    use std::io::{Read, Seek, SeekFrom};
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(offset))?;
    file.read_exact(out)
}
