//! Files that appear complete, and the locks that show whether their writer is alive.
//!
//! A file that is being written is a *scratch* file with a unique name, `.<machine>-<unique>.partial`, and
//! locked by its writer until the writer ends for any reason. No process reads scratch files. [`tidy`]
//! removes those whose writer has ended.

use crate::CacheError;
use sha2::{Digest, Sha256};
use std::{
    ffi::OsStr,
    fs::{self, File, TryLockError},
    io::{self, ErrorKind},
    path::{Path, PathBuf},
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime},
};

pub(crate) const PACK: &str = "pack";
pub(crate) const INDEX: &str = "index";
const PARTIAL: &str = ".partial";
const LOCK: &str = ".lock";

/// A lock may not work across machines: files of other machines must not have changed for this long.
const SILENCE: Duration = Duration::from_secs(24 * 60 * 60);

/// Held briefly by a process that creates or removes files of a folder. The system releases it when the
/// process ends for any reason.
#[derive(Debug)]
pub(crate) struct Locked(File);

impl Locked {
    fn open(folder: &Path) -> Result<(PathBuf, File), CacheError> {
        let path = folder.join(LOCK);
        let file = File::options().write(true).create(true).truncate(false).open(&path);
        let file = file.map_err(CacheError::creating(folder, &path))?;
        Ok((path, file))
    }

    /// Waits for it.
    pub(crate) fn of(folder: &Path) -> Result<Self, CacheError> {
        let (path, file) = Self::open(folder)?;
        file.lock().map_err(CacheError::system("lock", &path))?;
        Ok(Self(file))
    }

    /// `None` if another process holds it.
    fn now(folder: &Path) -> Result<Option<Self>, CacheError> {
        let (path, file) = Self::open(folder)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(CacheError::system("lock", &path)(error)),
        }
    }
}

impl Drop for Locked {
    fn drop(&mut self) {
        // Closing the file does it as well.
        let _ = self.0.unlock();
    }
}

/// Identifies this machine since its last start; empty if the system does not provide it.
fn machine() -> &'static str {
    static MACHINE: OnceLock<String> = OnceLock::new();
    MACHINE.get_or_init(|| match fs::read("/proc/sys/kernel/random/boot_id") {
        Ok(boot) => short_hash(&boot),
        Err(_) => String::new(),
    })
}

fn short_hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// A name that no other process uses, on this machine or another.
fn unique_name() -> String {
    static SERIAL: AtomicU64 = AtomicU64::new(0);
    // Only a name: no result depends on the clock.
    let moment = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_nanos();
    let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
    let text = format!("{} {} {serial} {moment}", machine(), std::process::id());
    format!("{}-{}", machine(), short_hash(text.as_bytes()))
}

/// A file that is being written. It is removed unless it is given its final name.
#[derive(Debug)]
pub(crate) struct Scratch {
    pub(crate) file: File,
    pub(crate) path: PathBuf,
    /// Without the dot and the ending.
    pub(crate) stem: String,
    named: bool,
}

impl Scratch {
    /// Creates and locks one. Under the folder's lock, so that no other process tidies in between.
    pub(crate) fn create(_locked: &Locked, folder: &Path) -> Result<Self, CacheError> {
        let stem = unique_name();
        let path = folder.join(format!(".{stem}{PARTIAL}"));
        let file = File::options().read(true).write(true).create_new(true).open(&path);
        let file = file.map_err(CacheError::creating(folder, &path))?;
        let scratch = Self { file, path, stem, named: false };
        match scratch.file.try_lock() {
            Ok(()) => Ok(scratch),
            Err(TryLockError::WouldBlock) => {
                Err(CacheError::system("lock", &scratch.path)(ErrorKind::WouldBlock.into()))
            }
            Err(TryLockError::Error(error)) => Err(CacheError::system("lock", &scratch.path)(error)),
        }
    }

    /// Waits until the content is on the disk.
    pub(crate) fn sync(&self) -> Result<(), CacheError> {
        self.file.sync_all().map_err(CacheError::system("write", &self.path))
    }

    /// Gives the file its name, replacing what has it. It stays locked as long as `self` lives.
    pub(crate) fn rename(&mut self, path: &Path) -> Result<(), CacheError> {
        fs::rename(&self.path, path).map_err(CacheError::system("write", path))?;
        self.named = true;
        Ok(())
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if !self.named {
            // If it stays, it is tidied up later.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Removes the files of writers that have ended: scratch files, and packs without an index.
pub(crate) fn tidy(folder: &Path) -> Result<(), CacheError> {
    let Some(_locked) = Locked::now(folder)? else {
        // Another process is tidying up.
        return Ok(());
    };
    for path in entries(folder)? {
        let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
        let scratch = name.starts_with('.') && name.ends_with(PARTIAL);
        let unpublished = || path.extension() == Some(OsStr::new(PACK)) && !path.with_extension(INDEX).exists();
        if !(scratch || unpublished()) {
            continue;
        }
        // Some file systems only lock files that are open for writing.
        let Ok(file) = File::options().read(true).write(true).open(&path) else {
            continue;
        };
        if file.try_lock().is_err() || !(is_of_this_machine(name) || is_silent(&file)) {
            continue;
        }
        // It may have got its index, or its name, before its writer released it.
        if scratch || unpublished() {
            // A file that cannot be removed now may be removable later; no process reads it.
            let _ = fs::remove_file(&path);
        }
    }
    Ok(())
}

fn is_of_this_machine(name: &str) -> bool {
    let owner = name.trim_start_matches('.').split('-').next();
    !machine().is_empty() && owner == Some(machine())
}

fn is_silent(file: &File) -> bool {
    let modified = file.metadata().and_then(|metadata| metadata.modified());
    modified.is_ok_and(|modified| modified.elapsed().is_ok_and(|age| age >= SILENCE))
}

/// The entries of a folder, in the order of their names.
pub(crate) fn entries(folder: &Path) -> Result<Vec<PathBuf>, CacheError> {
    let refused = |error| CacheError::system("read", folder)(error);
    let listed = fs::read_dir(folder).map_err(refused)?;
    let paths = listed.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<Vec<_>>>();
    let mut paths = paths.map_err(refused)?;
    paths.sort();
    Ok(paths)
}

/// Waits until a folder's entries are on the disk.
pub(crate) fn sync_folder(path: &Path) -> Result<(), CacheError> {
    herring_files::sync(path).map_err(CacheError::system("write", path))
}

/// Removes a file, if it is there.
pub(crate) fn remove(path: &Path) -> Result<(), CacheError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(CacheError::system("remove", path)(error)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let paths = entries(folder).unwrap();
        paths.iter().map(|path| path.file_name().unwrap().to_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn leftovers_go_and_what_is_being_written_stays() {
        let folder = tempfile::tempdir().unwrap();
        let living = Scratch::create(&Locked::of(folder.path()).unwrap(), folder.path()).unwrap();
        let mut publishing = Scratch::create(&Locked::of(folder.path()).unwrap(), folder.path()).unwrap();
        let between = folder.path().join(format!("{}.pack", publishing.stem));
        publishing.rename(&between).unwrap();
        for name in [format!(".{}.partial", unique_name()), format!("{}.pack", unique_name())] {
            fs::write(folder.path().join(name), "left").unwrap();
        }
        // Of another machine, and of one that was silent for a day.
        for name in [".elsewhere-1.partial", "elsewhere-2.pack", ".elsewhere-old.partial", "elsewhere-whole.pack"] {
            fs::write(folder.path().join(name), "left").unwrap();
        }
        fs::write(folder.path().join("elsewhere-whole.index"), "").unwrap();
        let old = File::options().write(true).open(folder.path().join(".elsewhere-old.partial")).unwrap();
        old.set_modified(SystemTime::now() - SILENCE).unwrap();
        drop(old);

        tidy(folder.path()).unwrap();
        let mut expected = vec![
            ".elsewhere-1.partial".to_owned(),
            ".lock".to_owned(),
            "elsewhere-2.pack".to_owned(),
            "elsewhere-whole.index".to_owned(),
            "elsewhere-whole.pack".to_owned(),
            format!(".{}.partial", living.stem),
            format!("{}.pack", publishing.stem),
        ];
        expected.sort();
        assert_eq!(names(folder.path()), expected);

        drop((living, publishing));
        tidy(folder.path()).unwrap();
        assert!(!between.exists(), "its writer is gone and it has no index");
    }
}
