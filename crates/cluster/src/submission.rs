//! The ledger of what was submitted: `submissions.json` next to the scripts.
//!
//! A submission that is interrupted has jobs on the cluster already, so every job is recorded as soon as
//! `sbatch` has answered. The file is replaced atomically (draft, fsync, rename): a reader sees it either
//! without a job or with it. One process at a time may submit from a folder.
//!
//! ```json
//! {
//!   "format": 1,
//!   "submissions": [
//!     {
//!       "job": 17,
//!       "name": "crosses",
//!       "offset": 1000,
//!       "indexes": "1000-1004,1007",
//!       "program": ["/opt/red-herring", "task"],
//!       "arguments": ["--parsable", "/data/crosses/scripts/crosses-1.sh"]
//!     }
//!   ]
//! }
//! ```

use crate::{ClusterError, ranges};
use serde::{Deserialize, Serialize};
use std::{
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
};

/// An array that Slurm has accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submitted {
    /// Its number.
    pub job: u64,
    /// What its script adds to Slurm's index of a task to get the plan's.
    pub offset: usize,
    /// The plan's indexes of its tasks, ascending.
    pub indexes: Vec<usize>,
}

/// A job as recorded in the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Submission {
    /// Its number.
    pub job: u64,
    /// Its name.
    pub name: String,
    /// What its script adds to Slurm's index of a task to get the plan's.
    pub offset: usize,
    /// The plan's indexes of its tasks, ascending; empty where it is not an array.
    #[serde(with = "as_ranges")]
    pub indexes: Vec<usize>,
    /// The jobs whose end it waits for; `None` for an array.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Vec<u64>>,
    /// What it runs.
    pub program: Vec<String>,
    /// The arguments of `sbatch`.
    pub arguments: Vec<String>,
}

/// The ledger of one folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submissions {
    path: PathBuf,
    entries: Vec<Submission>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    format: u32,
    submissions: Vec<Submission>,
}

/// The part of the file that every version has.
#[derive(Deserialize)]
struct Format {
    format: u32,
}

const FORMAT: u32 = 1;

impl Submissions {
    /// Reads the ledger in `folder`; a missing file is an empty ledger.
    pub fn read(folder: &Path) -> Result<Self, ClusterError> {
        let path = folder.join("submissions.json");
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Self { path, entries: Vec::new() }),
            Err(error) => return Err(ClusterError::system("read", &path)(error)),
        };
        let malformed =
            |line, column, message| ClusterError::Malformed { path: path.display().to_string(), line, column, message };
        let not_json = |error: serde_json::Error| {
            // The error already begins with the position.
            let text = error.to_string();
            let message = text.rsplit_once(" at line ").map_or(text.as_str(), |(message, _)| message);
            let own = message.starts_with("found");
            let message = if own { message.to_owned() } else { message.replacen(", expected", ": expected", 1) };
            malformed(error.line(), error.column(), message)
        };
        let Format { format } = serde_json::from_str(&text).map_err(not_json)?;
        if format != FORMAT {
            return Err(malformed(1, 1, format!("found format {format}, expected {FORMAT}")));
        }
        let content: Content = serde_json::from_str(&text).map_err(not_json)?;
        Ok(Self { path, entries: content.submissions })
    }

    /// Every job, in the order of submission.
    pub fn entries(&self) -> &[Submission] {
        &self.entries
    }

    /// The arrays among them, as [`crate::Slurm::states`] takes them.
    pub fn arrays(&self) -> Vec<Submitted> {
        let arrays = self.entries.iter().filter(|entry| !entry.indexes.is_empty());
        arrays.map(|entry| Submitted { job: entry.job, offset: entry.offset, indexes: entry.indexes.clone() }).collect()
    }

    /// Adds a job; it is on the disk before this returns.
    pub fn record(&mut self, submission: Submission) -> Result<(), ClusterError> {
        let mut content = Content { format: FORMAT, submissions: self.entries.clone() };
        content.submissions.push(submission);
        self.write(&content).map_err(ClusterError::system("write", &self.path))?;
        self.entries = content.submissions;
        Ok(())
    }

    fn write(&self, content: &Content) -> std::io::Result<()> {
        let mut text = serde_json::to_vec_pretty(content)?;
        text.push(b'\n');
        herring_files::replace(&self.path, &text)?;
        self.path.parent().map_or(Ok(()), herring_files::sync)
    }
}

mod as_ranges {
    use super::ranges;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(indexes: &[usize], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&ranges::compress(indexes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<usize>, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.is_empty() {
            return Ok(Vec::new());
        }
        let expected = || D::Error::custom(format_args!("found indexes {text:?}, expected a list such as \"0-4,7\""));
        ranges::expand(&text).ok_or_else(expected)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(job: u64, indexes: &[usize], after: Option<Vec<u64>>) -> Submission {
        Submission {
            job,
            name: "demo".into(),
            offset: 8,
            indexes: indexes.to_vec(),
            after,
            program: vec!["/bin/true".into()],
            arguments: vec!["--parsable".into(), "/data/x.sh".into()],
        }
    }

    #[test]
    fn what_is_recorded_is_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let mut ledger = Submissions::read(folder.path()).unwrap();
        assert!(ledger.entries().is_empty());
        ledger.record(entry(17, &[8, 9, 10, 12], None)).unwrap();
        ledger.record(entry(18, &[], Some(vec![17]))).unwrap();
        let read = Submissions::read(folder.path()).unwrap();
        assert_eq!(read, ledger);
        assert_eq!(read.arrays(), [Submitted { job: 17, offset: 8, indexes: vec![8, 9, 10, 12] }]);
        let files: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
        assert_eq!(files, ["submissions.json"]);
        let text = fs::read_to_string(folder.path().join("submissions.json")).unwrap();
        assert!(text.contains("\"indexes\": \"8-10,12\""), "{text}");
    }

    #[test]
    fn a_ledger_that_cannot_be_used_is_refused_with_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("submissions.json");
        let cases = [
            ("{", "1:1: EOF while parsing an object"),
            ("{\"format\": 2, \"new\": 1}", "1:1: found format 2, expected 1"),
            ("{\"submissions\": []}", "1:19: missing field `format`"),
            ("{\"format\": 1,\n\"submission\": []}", "2:12: unknown field `submission`: expected"),
            (
                "{\"format\": 1, \"submissions\": [\n{\"job\": 1, \"name\": \"a\", \"offset\": 0, \"indexes\": \"4-\"}]}",
                "2:53: found indexes \"4-\", expected a list",
            ),
        ];
        for (text, expected) in cases {
            fs::write(&path, text).unwrap();
            let error = Submissions::read(folder.path()).unwrap_err().to_string();
            let expected = format!("{}:{expected}", path.display());
            assert!(error.starts_with(&expected), "{error}\n{expected}");
            assert!(!error.contains('\n'));
        }
    }

    #[test]
    fn a_folder_that_cannot_be_written_keeps_the_entries_as_they_were() {
        let mut ledger = Submissions::read(Path::new("/nowhere")).unwrap();
        let error = ledger.record(entry(1, &[0], None)).unwrap_err().to_string();
        assert!(error.starts_with("/nowhere/submissions.json: cannot write: "), "{error}");
        assert!(ledger.entries().is_empty());
    }
}
