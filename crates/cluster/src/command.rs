//! Finding and running the commands of Slurm.

use crate::ClusterError;
use std::{
    env,
    ffi::{OsStr, OsString},
    path::PathBuf,
    process::{Command, Stdio},
};

/// A command of Slurm, and the variables that it gets in addition to those of this process.
#[derive(Debug, Clone)]
pub(crate) struct SlurmCommand {
    name: &'static str,
    path: PathBuf,
    environment: Vec<(OsString, OsString)>,
}

impl SlurmCommand {
    /// Looks through the folders of PATH.
    pub(crate) fn find(name: &'static str, environment: &[(OsString, OsString)]) -> Result<Self, ClusterError> {
        let given = environment.iter().find(|(key, _)| key == "PATH").map(|(_, value)| value.clone());
        let folders = given.or_else(|| env::var_os("PATH")).unwrap_or_default();
        let mut candidates = env::split_paths(&folders).map(|folder| folder.join(name));
        let path = candidates.find(|path| path.is_file()).ok_or(ClusterError::MissingCommand { command: name })?;
        Ok(Self { name, path, environment: environment.to_vec() })
    }

    /// Runs the command and returns its standard output.
    pub(crate) fn run(&self, arguments: &[impl AsRef<OsStr>]) -> Result<String, ClusterError> {
        let mut command = Command::new(&self.path);
        command.args(arguments).stdin(Stdio::null());
        for (variable, _) in env::vars_os().filter(|(name, _)| changes_meaning(name)) {
            command.env_remove(variable);
        }
        // Otherwise lists of array indexes are cut off with `...`.
        command.env("SLURM_BITSTR_LEN", "0");
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        let shown = || {
            let words = arguments.iter().map(|argument| argument.as_ref().to_string_lossy().into_owned());
            [self.name.to_owned()].into_iter().chain(words).collect::<Vec<_>>().join(" ")
        };
        let output = command.output().map_err(|source| ClusterError::Start { command: shown(), source })?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let errors = String::from_utf8_lossy(&output.stderr);
        let message = errors.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("; ");
        Err(ClusterError::Failed { command: shown(), status: output.status.to_string(), message })
    }
}

/// Variables with which users change the defaults of Slurm's commands and that would change the results
/// here: filters of `squeue` and `sacct`, and options that the scripts set themselves.
fn changes_meaning(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    let of_the_scripts =
        ["ARRAY_INX", "DEPENDENCY", "JOB_NAME", "NO_REQUEUE", "OPEN_MODE", "OUTPUT", "REQUEUE", "WAIT"];
    let in_script = |name: &str| of_the_scripts.contains(&name);
    name.starts_with("SQUEUE_") || name.starts_with("SACCT_") || name.strip_prefix("SBATCH_").is_some_and(in_script)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_path(path: &str) -> Vec<(OsString, OsString)> {
        vec![("PATH".into(), path.into())]
    }

    #[test]
    fn a_missing_command_is_named() {
        let error = SlurmCommand::find("sbatch", &with_path("/nowhere")).unwrap_err();
        assert!(error.to_string().starts_with("sbatch: found in no folder of PATH"), "{error}");
    }

    #[test]
    fn a_failure_is_one_line_with_everything() {
        let shell = SlurmCommand::find("sh", &with_path("/bin")).unwrap();
        assert_eq!(shell.run(&["-c", "echo $SLURM_BITSTR_LEN"]).unwrap(), "0\n");
        let error = shell.run(&["-c", "echo one >&2; echo two >&2; exit 3"]).unwrap_err().to_string();
        assert!(error.ends_with(": exit status: 3: one; two"), "{error}");
    }

    #[test]
    fn only_variables_that_change_the_question_are_dropped() {
        for name in ["SQUEUE_STATES", "SACCT_FORMAT", "SBATCH_ARRAY_INX", "SBATCH_WAIT"] {
            assert!(changes_meaning(OsStr::new(name)), "{name}");
        }
        for name in ["SBATCH_ACCOUNT", "SLURM_CONF", "PATH"] {
            assert!(!changes_meaning(OsStr::new(name)), "{name}");
        }
    }
}
