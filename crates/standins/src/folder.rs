//! Folders that appear complete or not at all, and work on several threads.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::StandinError;

/// The text of the file `README.txt` in every generated folder.
const WARNING: &str = "\
GENERATED PICTURES, NOT PATIENTS.

Every picture or volume in this folder was computed by the program herring-standins. The tables imitate the columns of the
official files so that programs which read those can be tried without them. Names, ages, dates, findings and reports
are invented. Nothing measured on these pictures says anything about radiology, and they are never a substitute for
the real data in a paper.
";

/// An unfinished folder: hidden next to its destination, removed if not finished.
#[derive(Debug)]
pub(crate) struct Draft {
    root: PathBuf,
    names: &'static [&'static str],
    hidden: tempfile::TempDir,
}

impl Draft {
    /// Starts the folders ROOT/NAME for each of `names`, which must be empty or missing.
    pub(crate) fn begin(root: &Path, names: &'static [&'static str]) -> Result<Self, StandinError> {
        names.iter().try_for_each(|name| refuse_unless_empty(&root.join(name)))?;
        std::fs::create_dir_all(root).map_err(|source| StandinError::io(root, source))?;
        let hidden = tempfile::Builder::new()
            .prefix(".standins-")
            .tempdir_in(root)
            .map_err(|source| StandinError::io(root, source))?;
        let draft = Self { root: root.to_owned(), names, hidden };
        for name in names {
            let folder = draft.folder(name);
            std::fs::create_dir(&folder).map_err(|source| StandinError::io(&folder, source))?;
            let warning = folder.join("README.txt");
            std::fs::write(&warning, WARNING).map_err(|source| StandinError::io(&warning, source))?;
        }
        Ok(draft)
    }

    /// Where to write the future ROOT/NAME.
    pub(crate) fn folder(&self, name: &str) -> PathBuf {
        self.hidden.path().join(name)
    }

    /// Makes a folder inside the future ROOT/NAME.
    pub(crate) fn subfolder(&self, name: &str, inner: &str) -> Result<PathBuf, StandinError> {
        let folder = self.folder(name).join(inner);
        std::fs::create_dir(&folder).map_err(|source| StandinError::io(&folder, source))?;
        Ok(folder)
    }

    /// Makes folders inside the future ROOT/NAME, which may be listed several times and be nested.
    pub(crate) fn subfolders(
        &self,
        name: &str,
        inner: impl Iterator<Item = String>,
    ) -> Result<Vec<PathBuf>, StandinError> {
        let make = |inner: String| {
            let folder = self.folder(name).join(inner);
            std::fs::create_dir_all(&folder).map_err(|source| StandinError::io(&folder, source))?;
            Ok(folder)
        };
        inner.map(make).collect()
    }

    /// Moves everything to its destination: all of it, or none if a move fails. Gives the destinations
    /// and the bytes in each.
    pub(crate) fn finish(self) -> Result<Vec<(PathBuf, u64)>, StandinError> {
        let mut moved: Vec<(PathBuf, u64)> = Vec::new();
        for name in self.names {
            let (from, to) = (self.folder(name), self.root.join(name));
            let step = bytes_below(&from).and_then(|bytes| {
                refuse_unless_empty(&to)?;
                if to.exists() {
                    std::fs::remove_dir(&to).map_err(|source| StandinError::io(&to, source))?;
                }
                std::fs::rename(&from, &to).map_err(|source| StandinError::io(&to, source))?;
                Ok(bytes)
            });
            match step {
                Ok(bytes) => moved.push((to, bytes)),
                Err(error) => {
                    for (folder, _) in &moved {
                        std::fs::remove_dir_all(folder).map_err(|source| StandinError::io(folder, source))?;
                    }
                    return Err(error);
                }
            }
        }
        Ok(moved)
    }
}

fn refuse_unless_empty(folder: &Path) -> Result<(), StandinError> {
    let mut entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(source) => return Err(StandinError::io(folder, source)),
    };
    match entries.next() {
        None => Ok(()),
        Some(Ok(entry)) => Err(StandinError::NotEmpty {
            folder: folder.to_owned(),
            found: entry.file_name().to_string_lossy().into_owned(),
        }),
        Some(Err(source)) => Err(StandinError::io(folder, source)),
    }
}

fn bytes_below(folder: &Path) -> Result<u64, StandinError> {
    let failed = |source| StandinError::io(folder, source);
    let mut sum = 0;
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let about = entry.metadata().map_err(failed)?;
        sum += if about.is_dir() { bytes_below(&entry.path())? } else { about.len() };
    }
    Ok(sum)
}

/// Does `work` for every number below `count`, on as many threads as the machine runs at once. Stops at
/// the first failure; of several, the one with the smallest number is given.
pub(crate) fn on_all_threads(
    count: usize,
    work: impl Fn(usize) -> Result<(), StandinError> + Sync,
) -> Result<(), StandinError> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(count.max(1));
    let next = AtomicUsize::new(0);
    let failure: Mutex<Option<(usize, StandinError)>> = Mutex::new(None);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= count {
                        return;
                    }
                    let Err(error) = work(number) else { continue };
                    next.store(count, Ordering::Relaxed);
                    let mut failure = failure.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                    if failure.as_ref().is_none_or(|(first, _)| number < *first) {
                        *failure = Some((number, error));
                    }
                    return;
                }
            });
        }
    });
    match failure.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner) {
        Some((_, error)) => Err(error),
        None => Ok(()),
    }
}
