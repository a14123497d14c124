//! Whether two equal reproductions leave equal files.

use crate::{
    bench::child::{self, Ended},
    bench::{sample::Reason, turns::Here},
    say,
};
use serde::Serialize;
use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    process::Command,
    time::Instant,
};

/// The only file of a run with clocks.
const CLOCKS: &str = "provenance.json";

/// What two reproductions left.
#[derive(Debug, Serialize)]
pub(super) struct Determinism {
    /// Files of the first.
    pub(super) files: usize,
    /// Those that the second has otherwise or not at all, and those that it has alone.
    pub(super) different: Vec<String>,
    /// Why nothing was compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ended: Option<Reason>,
}

type Files = BTreeMap<PathBuf, Vec<u8>>;

/// Makes the smallest reproduction twice and compares every file of its runs, byte for byte, but those with clocks.
pub(super) fn twice(here: &Here, deadline: Instant) -> Determinism {
    let found = match compared(here, deadline) {
        Ok((files, different)) => Determinism { files, different, ended: None },
        Err(reason) => Determinism { files: 0, different: Vec::new(), ended: Some(reason) },
    };
    say(&found.text());
    found
}

fn compared(here: &Here, deadline: Instant) -> Result<(usize, Vec<String>), Reason> {
    let failed = |error: io::Error| Reason::Failed(error.to_string());
    let folder = tempfile::tempdir().map_err(failed)?;
    let mut left = Vec::new();
    for name in ["first", "second"] {
        let out = folder.path().join(name);
        let mut command = Command::new(&here.program);
        command.args(["repro-iclr2021", "--scale", "smoke", "--backend", here.backend.name()]);
        // In one process, which ends as a whole at the deadline.
        command.args(["--device", &here.device.to_string(), "--jobs", "1", "--deterministic"]);
        command.arg("--out").arg(&out).arg("--cache").arg(folder.path().join("cache"));
        match child::run(&mut command, "", Some(deadline)) {
            Ended::Done(_) => {}
            Ended::Failed(said, _) => return Err(Reason::Failed(said)),
            Ended::TooLate => return Err(Reason::NoTime),
        }
        left.push(read(&out.join("runs")).map_err(failed)?);
    }
    let [first, second] = [left.remove(0), left.remove(0)];
    Ok((first.len(), different(&first, &second)))
}

/// Every file below a folder, by its path there.
fn read(folder: &Path) -> io::Result<Files> {
    let mut found = Files::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if !path.ends_with(CLOCKS) {
                let content = fs::read(&path)?;
                found.insert(path.strip_prefix(folder).unwrap_or(&path).to_owned(), content);
            }
        }
    }
    Ok(found)
}

fn different(first: &Files, second: &Files) -> Vec<String> {
    let here = first.iter().filter(|(path, content)| second.get(*path) != Some(content)).map(|(path, _)| path);
    let there = second.keys().filter(|path| !first.contains_key(*path));
    here.chain(there).map(|path| path.display().to_string()).collect()
}

impl Determinism {
    /// One line.
    pub(super) fn text(&self) -> String {
        let Self { files, different, ended } = self;
        match ended {
            Some(Reason::NoTime) => "determinism: not known, there was not enough time".to_owned(),
            Some(Reason::Failed(said) | Reason::Cannot(said)) => format!("determinism: failed: {said}"),
            None if different.is_empty() => {
                format!("determinism: the same bytes twice in {files} files of six methods at the scale smoke")
            }
            None => format!("determinism: {} of {files} files DIFFER: {}", different.len(), different.join(", ")),
        }
    }

    pub(super) fn problem(&self) -> Option<String> {
        let bad = !self.different.is_empty() || matches!(self.ended, Some(Reason::Failed(_)));
        bad.then(|| self.text())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_are_other_missing_or_new_are_different() {
        let files = |named: &[(&str, &str)]| -> Files {
            named.iter().map(|(name, content)| (PathBuf::from(name), content.as_bytes().to_vec())).collect()
        };
        let first = files(&[("a", "1"), ("b", "2"), ("c", "3")]);
        assert_eq!(different(&first, &files(&[("a", "1"), ("b", "0"), ("d", "4")])), ["b", "c", "d"]);
        assert_eq!(different(&first, &first), Vec::<String>::new());
    }

    #[test]
    fn clocks_are_not_compared() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("run")).unwrap();
        fs::write(folder.path().join("run/provenance.json"), "now").unwrap();
        fs::write(folder.path().join("run/result.json"), "1").unwrap();
        assert_eq!(read(folder.path()).unwrap().into_keys().collect::<Vec<_>>(), [PathBuf::from("run/result.json")]);
    }
}
