//! The hashes of source files when they were last read, cached, so that a later filling need not read every
//! source.
//!
//! One text file. Its first line is `herring-cache sources` with the CRC-32 of the rest; each further line is
//! a hash, the file's length, when it was modified and when its entry was changed (nanoseconds since 1970),
//! and its absolute path. Losing the file costs time only, and so does a wrong line: sources that are decoded
//! are hashed again.

use crate::{
    CacheError, SourceHash,
    files::{Locked, Scratch},
};
use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs::{self, Metadata},
    io::Write as _,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::{Duration, SystemTime},
};

const HEAD: &str = "herring-cache sources ";

/// A file that was changed this recently may change again without a change of its times.
const SETTLED: Duration = Duration::from_secs(2);

/// The properties that show whether a file has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    bytes: u64,
    modified: i128,
    /// Changes also when somebody sets the time of modification; 0 where the system has none.
    changed: i128,
}

impl Stamp {
    pub(crate) fn of(metadata: &Metadata) -> Self {
        let modified = metadata.modified().map_or(0, |time| match time.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(after) => after.as_nanos() as i128,
            Err(before) => -(before.duration().as_nanos() as i128),
        });
        #[cfg(unix)]
        let changed = {
            use std::os::unix::fs::MetadataExt;
            i128::from(metadata.ctime()) * 1_000_000_000 + i128::from(metadata.ctime_nsec())
        };
        #[cfg(not(unix))]
        let changed = 0;
        Self { bytes: metadata.len(), modified, changed }
    }

    fn is_settled(&self) -> bool {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        self.modified.max(self.changed) + SETTLED.as_nanos() as i128 <= now.as_nanos() as i128
    }
}

type Known = BTreeMap<PathBuf, (Stamp, SourceHash)>;

/// The hashes known from before, and those added since.
#[derive(Debug, Default)]
pub(crate) struct Memo {
    known: Known,
    learnt: Mutex<Known>,
}

impl Memo {
    /// The content of the file; empty if it is missing or damaged.
    pub(crate) fn load(path: &Path) -> Self {
        let known = fs::read_to_string(path).ok().and_then(|text| parse(&text)).unwrap_or_default();
        Self { known, learnt: Mutex::default() }
    }

    pub(crate) fn find(&self, path: &Path, stamp: Stamp) -> Option<SourceHash> {
        let (known, hash) = self.known.get(&std::path::absolute(path).ok()?)?;
        (*known == stamp).then_some(*hash)
    }

    pub(crate) fn learn(&self, path: &Path, stamp: Stamp, hash: SourceHash) {
        // A line cannot say other paths.
        let sayable = |path: &PathBuf| path.to_str().is_some_and(|path| !path.contains(['\n', '\r']));
        if let Some(path) = std::path::absolute(path).ok().filter(sayable)
            && stamp.is_settled()
        {
            self.learnt.lock().unwrap_or_else(PoisonError::into_inner).insert(path, (stamp, hash));
        }
    }

    /// Adds the new hashes to the current content of the file.
    pub(crate) fn save(self, folder: &Path, path: &Path) -> Result<(), CacheError> {
        let learnt = self.learnt.into_inner().unwrap_or_else(PoisonError::into_inner);
        if learnt.is_empty() {
            return Ok(());
        }
        let locked = Locked::of(folder)?;
        let mut known = Self::load(path).known;
        known.extend(learnt);
        let mut lines = String::new();
        for (source, (stamp, hash)) in &known {
            // Writing to a string does not fail.
            let _ = writeln!(
                lines,
                "{hash} {} {} {} {}",
                stamp.bytes,
                stamp.modified,
                stamp.changed,
                source.to_string_lossy()
            );
        }
        let mut scratch = Scratch::create(&locked, folder)?;
        let text = format!("{HEAD}{:08x}\n{lines}", crc32fast::hash(lines.as_bytes()));
        scratch.file.write_all(text.as_bytes()).map_err(CacheError::system("write", &scratch.path))?;
        scratch.rename(path)
    }
}

fn parse(text: &str) -> Option<Known> {
    let (head, lines) = text.split_once('\n')?;
    let sum = u32::from_str_radix(head.strip_prefix(HEAD)?, 16).ok()?;
    if crc32fast::hash(lines.as_bytes()) != sum {
        return None;
    }
    let line = |line: &str| {
        let mut fields = line.splitn(5, ' ');
        let hash = fields.next()?.parse().ok()?;
        let bytes = fields.next()?.parse().ok()?;
        let modified = fields.next()?.parse().ok()?;
        let changed = fields.next()?.parse().ok()?;
        Some((PathBuf::from(fields.next()?), (Stamp { bytes, modified, changed }, hash)))
    };
    lines.lines().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stamp(modified: i128) -> Stamp {
        Stamp { bytes: 3, modified, changed: 5 }
    }

    #[test]
    fn what_was_learnt_is_known_later_also_from_two_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sources");
        let (one, two) = (Memo::load(&path), Memo::load(&path));
        one.learn(Path::new("/a b/ c.png"), stamp(-7), SourceHash::of(b"c"));
        two.learn(Path::new("d.png"), stamp(8), SourceHash::of(b"d"));
        two.learn(Path::new("/a\nb.png"), stamp(8), SourceHash::of(b"e"));
        one.save(folder.path(), &path).unwrap();
        two.save(folder.path(), &path).unwrap();
        let memo = Memo::load(&path);
        assert_eq!(memo.known.len(), 2);
        assert_eq!(memo.find(Path::new("/a b/ c.png"), stamp(-7)), Some(SourceHash::of(b"c")));
        assert_eq!(memo.find(Path::new("d.png"), stamp(8)), Some(SourceHash::of(b"d")));
        assert_eq!(memo.find(Path::new("d.png"), stamp(9)), None);
    }

    #[test]
    fn a_damaged_file_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sources");
        let memo = Memo::default();
        memo.learn(Path::new("/c.png"), stamp(1), SourceHash::of(b"c"));
        memo.save(folder.path(), &path).unwrap();
        let whole = fs::read(&path).unwrap();
        for place in 0..whole.len() {
            let mut wrong = whole.clone();
            wrong[place] ^= 1;
            fs::write(&path, &wrong).unwrap();
            // The case of a hexadecimal digit of the sum does not matter, and no other bit does not.
            assert!(Memo::load(&path).known.is_empty(), "{place}");
        }
        fs::write(&path, &whole[..whole.len() / 2]).unwrap();
        assert!(Memo::load(&path).known.is_empty());
        fs::write(&path, &whole).unwrap();
        assert_eq!(Memo::load(&path).known.len(), 1);
    }

    #[test]
    fn a_file_of_this_moment_is_not_taken_for_settled() {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_nanos() as i128;
        assert!(!stamp(now).is_settled());
        assert!(stamp(now - 2_000_000_000).is_settled());
        assert!(!Stamp { changed: now + 1, ..stamp(0) }.is_settled());
    }
}
