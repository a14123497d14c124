//! The file of a checkpoint.
//!
//! ```text
//! red-herring checkpoint <format> <SHA-256 of all that follows>\n
//! {"run": ..., "position": ..., the state of the records' files}\n
//! the trainer's snapshot
//! ```
//!
//! The file is written under another name and renamed, without `fsync`. If a power failure damages it, the checksum
//! shows that, and the previous checkpoint is used.

use crate::{StoreError, files::entries};
use herring_protocol::Position;
use herring_protocol::{RunId, hexadecimal};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

/// The format of the file; readers refuse others.
const FORMAT: &str = "2";
const MAGIC: &str = "red-herring checkpoint";
const NAME: &str = "checkpoint-";
const DRAFT: &str = ".checkpoint";

/// The second line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Head {
    pub(crate) run: RunId,
    pub(crate) position: Position,
    /// Start time of the run's first attempt.
    pub(crate) started: String,
    /// Wall time of the run so far.
    pub(crate) seconds: f64,
    pub(crate) steps: Extent,
    pub(crate) epochs: Extent,
}

/// Length and SHA-256 of a file of records at the time of the checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Extent {
    pub(crate) bytes: u64,
    pub(crate) sha256: String,
}

impl Extent {
    /// Reads that part of the file; an error if its content has changed.
    pub(crate) fn read(&self, path: &Path) -> Result<Vec<u8>, String> {
        let mut bytes = fs::read(path).map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
        let length = usize::try_from(self.bytes).unwrap_or(usize::MAX);
        if bytes.len() < length {
            return Err(format!("{} has {} bytes, expected at least {length}", path.display(), bytes.len()));
        }
        bytes.truncate(length);
        if hexadecimal(&Sha256::digest(&bytes)) != self.sha256 {
            return Err(format!("the content of {} has changed since the checkpoint", path.display()));
        }
        Ok(bytes)
    }
}

/// Why a checkpoint cannot be used.
#[derive(Debug)]
pub(crate) enum Unusable {
    /// The checkpoint or a file that it refers to is damaged; use the previous one.
    Damaged(String),
    /// It cannot be read.
    System(io::Error),
    /// Another version of the program wrote it.
    Version(String),
}

/// Writes a checkpoint into an attempt's folder; returns its size in bytes.
pub(crate) fn write(folder: &Path, head: &Head, snapshot: &[u8]) -> Result<u64, StoreError> {
    let path = folder.join(format!("{NAME}{:06}-{:07}", head.position.epochs, head.position.steps));
    let draft = folder.join(DRAFT);
    let put = || -> io::Result<u64> {
        let mut line = serde_json::to_vec(head)?;
        line.push(b'\n');
        let sum = Sha256::new().chain_update(&line).chain_update(snapshot).finalize();
        let first = format!("{MAGIC} {FORMAT} {}\n", hexadecimal(&sum));
        let mut file = File::create(&draft)?;
        file.write_all(first.as_bytes())?;
        file.write_all(&line)?;
        file.write_all(snapshot)?;
        // Some file systems report write errors only on close.
        drop(file);
        fs::rename(&draft, &path)?;
        Ok((first.len() + line.len() + snapshot.len()) as u64)
    };
    put().map_err(|error| {
        // Report the first error.
        let _ = fs::remove_file(&draft);
        StoreError::system("write", &path)(error)
    })
}

/// Reads a checkpoint of `run`.
pub(crate) fn read(path: &Path, run: &RunId) -> Result<(Head, Vec<u8>), Unusable> {
    let damaged = |message: &str| Unusable::Damaged(message.to_owned());
    let mut bytes = fs::read(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::IsADirectory => {
            Unusable::Damaged(format!("it cannot be read: {error}"))
        }
        // It may be readable next time, so do not start the run from the beginning.
        _ => Unusable::System(error),
    })?;
    let end = bytes.iter().position(|byte| *byte == b'\n').ok_or_else(|| damaged("it has no first line"))?;
    let first = std::str::from_utf8(&bytes[..end]).map_err(|_| damaged("its first line is not text"))?;
    let fields = first.strip_prefix(MAGIC).and_then(|rest| rest.trim_start().split_once(' '));
    let Some((format, sum)) = fields else {
        return Err(damaged("its first line is not that of a checkpoint"));
    };
    if format != FORMAT {
        return Err(Unusable::Version(format.to_owned()));
    }
    let rest = &bytes[end + 1..];
    if hexadecimal(&Sha256::digest(rest)) != sum {
        return Err(damaged("its content does not match the checksum in its first line"));
    }
    let second = rest.iter().position(|byte| *byte == b'\n').ok_or_else(|| damaged("it has no second line"))?;
    let head: Head = serde_json::from_slice(&rest[..second]).map_err(|error| Unusable::Damaged(error.to_string()))?;
    if head.run != *run {
        return Err(Unusable::Damaged(format!("it is of run {}, expected {run}", head.run)));
    }
    bytes.drain(..end + 1 + second + 1);
    Ok((head, bytes))
}

/// The checkpoints of all attempts in a run's working folder, the furthest first, and among equals that of the
/// latest attempt first.
pub(crate) fn list(folder: &Path) -> Result<Vec<(Position, PathBuf)>, StoreError> {
    let mut found = Vec::new();
    for attempt in entries(folder)? {
        if attempt.is_dir() {
            let names = entries(&attempt)?.into_iter().filter_map(|path| Some((position(&path)?, path)));
            found.extend(names);
        }
    }
    found.sort();
    found.reverse();
    Ok(found)
}

fn position(path: &Path) -> Option<Position> {
    let (epochs, steps) = path.file_name()?.to_str()?.strip_prefix(NAME)?.split_once('-')?;
    Some(Position { epochs: epochs.parse().ok()?, steps: steps.parse().ok()? })
}
