//! Checksums that show damage to a run: the SHA-256 of each of its files.
//!
//! The list has the format of `sha256sum`, so `sha256sum -c SHA256SUMS` within a run's folder checks
//! it too. `provenance.json` is left out, because it contains times; all other files of a run are the same bytes
//! whenever the run is repeated.

use crate::plan::PlannedRun;
use crate::{
    STORE_FORMAT, StoreError,
    error::Damage,
    files::{read_json, write_through},
    record::{FAILED, RunFailed, RunProvenance, RunResult},
};
use herring_protocol::{MethodName, RunId, hexadecimal};
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Read},
    path::Path,
};

/// File name of the list.
const SUMS: &str = "SHA256SUMS";
/// The only file that is not in the list.
const PROVENANCE: &str = "provenance.json";

/// The files of a finished run, without list and provenance.
const OF_A_RESULT: [&str; 6] =
    ["config.json", "epochs.jsonl", "pictures.json", "result.json", "steps.jsonl", "weights.safetensors"];
/// The files of a failed run, without list and provenance.
const OF_A_FAILURE: [&str; 4] = ["config.json", "epochs.jsonl", "failure.json", "steps.jsonl"];

/// Writes the list of a run's folder, which must be complete.
pub(crate) fn seal(folder: &Path) -> Result<(), StoreError> {
    let mut names = Vec::new();
    let refused = |error| StoreError::system("read", folder)(error);
    for entry in fs::read_dir(folder).map_err(refused)? {
        let name = entry.map_err(refused)?.file_name().to_string_lossy().into_owned();
        if name != PROVENANCE {
            names.push(name);
        }
    }
    names.sort();
    let mut text = String::new();
    for name in names {
        let path = folder.join(&name);
        let sum = sum_of(&path).map_err(StoreError::system("read", &path))?;
        text.push_str(&format!("{sum}  {name}\n"));
    }
    write_through(&folder.join(SUMS), text.as_bytes())
}

/// Checks runs; the error names all that are damaged.
pub fn check_runs<'a>(out: &Path, runs: impl Iterator<Item = &'a PlannedRun>) -> Result<(), StoreError> {
    let damages: Vec<_> = runs.filter_map(|run| damage(&out.join("runs"), run)).collect();
    if damages.is_empty() { Ok(()) } else { Err(StoreError::DamagedRuns { damages }) }
}

/// The first damage to the folder of `run`; `None` also if it has no folder.
fn damage(runs: &Path, run: &PlannedRun) -> Option<Damage> {
    let finished = runs.join(run.folder());
    let failed = runs.join(format!("{FAILED}{}", run.folder()));
    let (folder, files) = if fs::symlink_metadata(&finished).is_ok() {
        (finished, OF_A_RESULT.as_slice())
    } else if fs::symlink_metadata(&failed).is_ok() {
        (failed, OF_A_FAILURE.as_slice())
    } else {
        return None;
    };
    if !folder.is_dir() {
        return Some(Damage { path: folder, message: "found no folder, expected one of a run".to_owned() });
    }
    let path = folder.join(SUMS);
    let list = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) => return Some(Damage { path, message: unreadable(&error) }),
    };
    let sums: BTreeMap<&str, &str> = list.lines().filter_map(|line| line.split_once("  ")).map(swap).collect();
    for name in files {
        let path = folder.join(name);
        let Some(expected) = sums.get(name) else {
            return Some(Damage { path: folder.join(SUMS), message: format!("it lacks {name}") });
        };
        match sum_of(&path) {
            Ok(sum) if sum == *expected => {}
            Ok(_) => return Some(Damage { path, message: format!("its content does not match {SUMS}") }),
            Err(error) => return Some(Damage { path, message: unreadable(&error) }),
        }
    }
    check_identity(&folder, run, files == OF_A_FAILURE.as_slice())
}

/// The damage if the records in `folder` belong to another run than `run`.
fn check_identity(folder: &Path, run: &PlannedRun, failed: bool) -> Option<Damage> {
    let (path, record) = if failed {
        let path = folder.join("failure.json");
        let record = read_json::<RunFailed>(&path).map(|of| (of.format, of.id, of.method, of.seed));
        (path, record)
    } else {
        let path = folder.join("result.json");
        let record = read_json::<RunResult>(&path).map(|of| (of.format, of.id, of.method, of.seed));
        (path, record)
    };
    let message = match record {
        Ok((format, ..)) if format != STORE_FORMAT => format!("found format {format}, expected {STORE_FORMAT}"),
        Ok((_, id, method, seed)) if (&id, &method, seed) != (&run.id, &run.spec.method, run.spec.seed) => {
            let spec = &run.spec;
            format!("found {}, expected {}", named(&method, seed, &id), named(&spec.method, spec.seed, &run.id))
        }
        Ok(_) => {
            let path = folder.join(PROVENANCE);
            let error = read_json::<RunProvenance>(&path).err()?;
            return Some(Damage { path, message: without_path(error) });
        }
        Err(error) => without_path(error),
    };
    Some(Damage { path, message })
}

fn named(method: &MethodName, seed: u32, id: &RunId) -> String {
    format!("{method}, seed {seed}, id {id}")
}

/// The error's message without the path, which the caller adds.
fn without_path(error: StoreError) -> String {
    match error {
        StoreError::System { source, .. } => unreadable(&source),
        StoreError::Damaged { line, message, .. } if line > 0 => format!("line {line}: {message}"),
        StoreError::Damaged { message, .. } => message,
        other => other.to_string(),
    }
}

fn unreadable(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "it is missing".to_owned(),
        _ => format!("it cannot be read: {error}"),
    }
}

fn swap<T, U>((one, other): (T, U)) -> (U, T) {
    (other, one)
}

/// The SHA-256 of a file in hexadecimal digits.
fn sum_of(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut digest = Sha256::new();
    let mut block = vec![0; 1 << 16];
    loop {
        match file.read(&mut block)? {
            0 => return Ok(hexadecimal(&digest.finalize())),
            read => digest.update(&block[..read]),
        }
    }
}
