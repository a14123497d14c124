//! The text of one script.
//!
//! Slurm's defaults are written out where a task depends on them: it may be requeued, its log is appended to that
//! of the previous attempt, and it stays on one node. The last line is `exec`, so that the program takes the place
//! of the shell and gets Slurm's signals itself. No `--signal` asks for an early warning: at the time limit, on
//! `scancel` and on a requeue Slurm sends SIGTERM to the program and waits for the cluster's `KillWait` (usually 30
//! s) before SIGKILL. With a warning, a task that ran out of time would look like one that failed. For a program
//! that needs longer to stop, set `options = ["--signal=B:TERM@300"]`.

use crate::{ClusterError, Resources, quote, ranges};
use std::path::{Path, PathBuf};

/// A script for `sbatch`, not yet written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// Its path.
    pub path: PathBuf,
    /// The number added to Slurm's index of a task to get the plan's.
    pub offset: usize,
    /// The plan's indexes of its tasks, ascending; empty for a job that is not an array.
    pub indexes: Vec<usize>,
    /// Its content.
    pub text: String,
}

/// The checked parts that all scripts of one name share.
pub(crate) struct Frame<'a> {
    name: &'a str,
    folder: &'a str,
    resources: &'a Resources,
    command: String,
}

impl<'a> Frame<'a> {
    pub(crate) fn new(
        name: &'a str,
        folder: &'a Path,
        program: &[String],
        resources: &'a Resources,
    ) -> Result<Self, ClusterError> {
        let plain = |character: char| character.is_ascii_alphanumeric() || "._-".contains(character);
        if name.is_empty() || name.starts_with(['.', '-']) || !name.chars().all(plain) {
            return Err(refuse("name", format!("{name:?}"), "letters, digits, and . _ - after the first letter"));
        }
        // A backslash would disable Slurm's `%A` in the path of the logs.
        let usable = |text: &&str| !text.contains(|character: char| character.is_control() || character == '\\');
        let Some(path) = folder.to_str().filter(usable).filter(|_| folder.is_absolute()) else {
            let expected = "an absolute path in UTF-8 without backslashes and control characters";
            return Err(refuse("folder", format!("{folder:?}"), expected));
        };
        if !program.first().is_some_and(|program| Path::new(program).is_absolute()) {
            let found = program.first().map_or("nothing".into(), |program| format!("{program:?}"));
            return Err(refuse("program", found, "an absolute path, then arguments"));
        }
        if let Some(argument) = program.iter().find(|argument| argument.contains('\0')) {
            return Err(refuse("program", format!("{argument:?}"), "arguments without NUL"));
        }
        resources.check()?;
        let words: Vec<String> = program.iter().map(|argument| quote::shell(argument)).collect();
        Ok(Self { name, folder: path, resources, command: words.join(" ") })
    }

    /// The script with `number` (from 0) for the tasks `indexes`, all of them at least `offset`.
    pub(crate) fn array(&self, number: usize, offset: usize, indexes: Vec<usize>) -> Script {
        let local: Vec<usize> = indexes.iter().map(|index| index - offset).collect();
        let limit = self.resources.at_once.map(|count| format!("%{count}")).unwrap_or_default();
        let array = format!("#SBATCH --array={}{limit}", ranges::compress(&local));
        let index = format!(" \"$(({offset} + SLURM_ARRAY_TASK_ID))\"");
        let path = self.path(&format!("{}-{number}.sh", self.name));
        Script { path, offset, indexes, text: self.text(Some(&array), "%A_%a.log", &index) }
    }

    /// The script of a job that is not an array.
    pub(crate) fn single(&self) -> Script {
        let path = self.path(&format!("{}.sh", self.name));
        Script { path, offset: 0, indexes: Vec::new(), text: self.text(None, "%j.log", "") }
    }

    fn path(&self, file: &str) -> PathBuf {
        Path::new(self.folder).join("scripts").join(file)
    }

    fn text(&self, array: Option<&str>, log: &str, index: &str) -> String {
        let logs = Path::new(self.folder).join("logs").display().to_string().replace('%', "%%");
        let mut lines = vec!["#!/bin/bash".to_owned(), format!("#SBATCH --job-name={}", self.name)];
        lines.extend(array.map(str::to_owned));
        lines.push(format!("#SBATCH --chdir={}", quote::directive(self.folder)));
        lines.push(format!("#SBATCH --output={}", quote::directive(&format!("{logs}/{log}"))));
        lines.push("#SBATCH --open-mode=append".into());
        lines.push("#SBATCH --requeue".into());
        lines.push("#SBATCH --nodes=1".into());
        lines.extend(self.resources.directives());
        lines.push(String::new());
        if !self.resources.setup.is_empty() {
            lines.push("set -e".into());
            lines.extend(self.resources.setup.iter().cloned());
        }
        lines.push(format!("exec {}{index}", self.command));
        lines.push(String::new());
        lines.join("\n")
    }
}

fn refuse(field: &'static str, found: String, expected: &'static str) -> ClusterError {
    ClusterError::Value { field, found, expected }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_says_everything() {
        let resources = Resources {
            time: Some("1:00:00".into()),
            at_once: Some(2),
            setup: vec!["module load cuda".into()],
            ..Resources::default()
        };
        let program = ["/opt/a b/run".to_owned(), "it's".into()];
        let frame = Frame::new("demo", Path::new("/data/100% \"x\""), &program, &resources).unwrap();
        let script = frame.array(1, 10, vec![10, 11, 12, 17]);
        assert_eq!(script.path, Path::new("/data/100% \"x\"/scripts/demo-1.sh"));
        let expected = r#"#!/bin/bash
#SBATCH --job-name=demo
#SBATCH --array=0-2,7%2
#SBATCH --chdir="/data/100% \"x\""
#SBATCH --output="/data/100%% \"x\"/logs/%A_%a.log"
#SBATCH --open-mode=append
#SBATCH --requeue
#SBATCH --nodes=1
#SBATCH --time=1:00:00

set -e
module load cuda
exec '/opt/a b/run' 'it'\''s' "$((10 + SLURM_ARRAY_TASK_ID))"
"#;
        assert_eq!(script.text, expected);

        let single = frame.single();
        assert!(!single.text.contains("--array"));
        assert!(single.text.contains("/logs/%j.log\"\n"));
        assert!(single.text.ends_with("exec '/opt/a b/run' 'it'\\''s'\n"));
    }

    #[test]
    fn what_cannot_stand_in_a_script_is_refused() {
        let resources = Resources::default();
        let program = ["/bin/true".to_owned()];
        let cases: [(&str, &str, &[String], &str); 8] = [
            ("", "/data", &program, "name: found \"\""),
            ("a b", "/data", &program, "name: found \"a b\""),
            ("a/b", "/data", &program, "name: found \"a/b\""),
            ("a", "data", &program, "folder: found \"data\""),
            ("a", "/data\\x", &program, "folder: found \"/data\\\\x\""),
            ("a", "/data\nx", &program, "folder: found \"/data\\nx\""),
            ("a", "/data", &[], "program: found nothing"),
            ("a", "/data", &["true".to_owned()], "program: found \"true\""),
        ];
        for (name, folder, program, expected) in cases {
            let error = Frame::new(name, Path::new(folder), program, &resources).err().unwrap().to_string();
            assert!(error.starts_with(expected), "{error}");
            assert!(!error.contains('\n'));
        }
    }
}
