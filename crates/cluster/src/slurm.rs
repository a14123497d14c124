//! The commands of Slurm: submits arrays and queries the state of their tasks.
//!
//! Nothing here waits for a job. `squeue` runs first, once for all jobs. It reports no exit codes, so
//! `scontrol` is asked for jobs with failed tasks; and it drops jobs some time after their end, so `sacct`
//! is asked for the rest if the cluster has accounting.

use crate::{
    Array, ClusterError, Resources, Script, Submission, Submissions, Submitted, TaskState, array,
    command::SlurmCommand,
    listing::{self, Known, Listing},
    script::Frame,
};
use std::{collections::BTreeSet, ffi::OsString, fs, path::Path};

/// The commands of Slurm, with their paths.
#[derive(Debug, Clone)]
pub struct Slurm {
    sbatch: SlurmCommand,
    squeue: SlurmCommand,
    scontrol: SlurmCommand,
    sacct: Option<SlurmCommand>,
}

/// The state of one task of an array.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// The plan's index.
    pub index: usize,
    /// The array.
    pub job: u64,
    /// Its state.
    pub state: TaskState,
    /// Where it runs or ran last.
    pub node: Option<String>,
    /// Why it waits, or why it ended, in Slurm's term.
    pub reason: Option<String>,
}

impl Slurm {
    /// Looks for `sbatch`, `squeue` and `scontrol` on PATH, and for `sacct`, which may be absent.
    pub fn find() -> Result<Self, ClusterError> {
        Self::find_with(&[])
    }

    /// The same with variables that the commands get in addition to those of this process; if `PATH` is
    /// among them, the commands are searched for there.
    pub fn find_with(environment: &[(OsString, OsString)]) -> Result<Self, ClusterError> {
        Ok(Self {
            sbatch: SlurmCommand::find("sbatch", environment)?,
            squeue: SlurmCommand::find("squeue", environment)?,
            scontrol: SlurmCommand::find("scontrol", environment)?,
            sacct: SlurmCommand::find("sacct", environment).ok(),
        })
    }

    /// The cluster's `MaxArraySize`: indexes of arrays lie below it.
    pub fn max_array_size(&self) -> Result<usize, ClusterError> {
        listing::max_array_size(&self.scontrol.run(&["show", "config"])?)
    }

    /// Submits the tasks as one or more arrays, and writes each to the ledger of `array.folder`
    /// immediately.
    ///
    /// If Slurm refuses one of several arrays, the earlier ones stay submitted and are in the ledger.
    pub fn submit(&self, array: &Array, resources: &Resources) -> Result<Vec<Submitted>, ClusterError> {
        let scripts = array::dry_run(array, resources, self.max_array_size()?)?;
        let mut ledger = self.prepare(&array.folder)?;
        let mut submitted = Vec::new();
        for script in scripts {
            let job =
                self.submit_script(&mut ledger, &script, &array.name, &array.program, Some(array.after.as_slice()))?;
            submitted.push(Submitted { job, offset: script.offset, indexes: script.indexes });
        }
        Ok(submitted)
    }

    /// Submits one job that starts when all the jobs in `after` have ended, successfully or not, and
    /// writes it to the ledger of `folder`. `program` runs with its own arguments only.
    pub fn submit_after(
        &self,
        after: &[u64],
        name: &str,
        folder: &Path,
        program: &[String],
        resources: &Resources,
    ) -> Result<u64, ClusterError> {
        let script = Frame::new(name, folder, program, resources)?.single();
        let mut ledger = self.prepare(folder)?;
        self.submit_script(&mut ledger, &script, name, program, Some(after))
    }

    /// The state of every task, in the order of `submitted`. A task that was submitted twice is listed
    /// twice.
    pub fn states(&self, submitted: &[Submitted]) -> Result<Vec<Task>, ClusterError> {
        let wanted = submitted.iter().flat_map(|array| {
            array.indexes.iter().map(|index| (array.job, Some(index.wrapping_sub(array.offset)), *index))
        });
        let wanted: Vec<(u64, Option<usize>, usize)> = wanted.collect();
        let keys: Vec<_> = wanted.iter().map(|&(job, task, _)| (job, task)).collect();
        let listing = self.ask(&keys)?;
        let task = |(job, task, index)| {
            let known = listing.get(&(job, task)).cloned().unwrap_or_else(gone);
            Task { index, job, state: known.state, node: known.node, reason: known.reason }
        };
        Ok(wanted.into_iter().map(task).collect())
    }

    /// The state of a job that is not an array.
    pub fn state(&self, job: u64) -> Result<TaskState, ClusterError> {
        let key = (job, None);
        Ok(self.ask(&[key])?.remove(&key).unwrap_or_else(gone).state)
    }

    /// Creates the folders that the scripts need, and opens the ledger.
    fn prepare(&self, folder: &Path) -> Result<Submissions, ClusterError> {
        for folder in [folder.join("scripts"), folder.join("logs")] {
            fs::create_dir_all(&folder).map_err(ClusterError::system("write", &folder))?;
        }
        Submissions::read(folder)
    }

    fn submit_script(
        &self,
        ledger: &mut Submissions,
        script: &Script,
        name: &str,
        program: &[String],
        after: Option<&[u64]>,
    ) -> Result<u64, ClusterError> {
        fs::write(&script.path, &script.text).map_err(ClusterError::system("write", &script.path))?;
        let mut arguments = vec!["--parsable".to_owned()];
        if let Some(after) = after.filter(|after| !after.is_empty()) {
            arguments.push(format!("--dependency=afterany:{}", joined(after, ":")));
        }
        arguments.push(script.path.display().to_string());
        let job = listing::sbatch(&self.sbatch.run(&arguments)?)?;
        let submission = Submission {
            job,
            name: name.to_owned(),
            offset: script.offset,
            indexes: script.indexes.clone(),
            after: after.map(<[u64]>::to_vec),
            program: program.to_vec(),
            arguments,
        };
        let forgotten = |source| ClusterError::NotRecorded { job, source: Box::new(source) };
        ledger.record(submission).map_err(forgotten)?;
        Ok(job)
    }

    /// What Slurm knows about `keys`; unknown keys are absent.
    fn ask(&self, keys: &[(u64, Option<usize>)]) -> Result<Listing, ClusterError> {
        let jobs = |listing: &mut dyn Iterator<Item = &(u64, Option<usize>)>| -> Vec<u64> {
            listing.map(|&(job, _)| job).collect::<BTreeSet<_>>().into_iter().collect()
        };
        let all = jobs(&mut keys.iter());
        if all.is_empty() {
            return Ok(Listing::new());
        }
        let arguments = ["--noheader", "--array", "--states=all", "--format", listing::SQUEUE_FORMAT];
        let mut arguments = arguments.map(str::to_owned).to_vec();
        arguments.push(format!("--jobs={}", joined(&all, ",")));
        let mut listing = listing::squeue(&none_if_unknown(self.squeue.run(&arguments))?)?;

        let vague = |known: Option<&Known>| {
            known.is_none_or(|known| matches!(known.state, TaskState::Failed { exit_code: None }))
        };
        for job in jobs(&mut keys.iter().filter(|key| vague(listing.get(key)))) {
            let arguments = ["show", "job", "--oneliner", &job.to_string()];
            let details = listing::scontrol(&none_if_unknown(self.scontrol.run(&arguments))?)?;
            listing.extend(details.into_iter().filter(|(key, _)| vague(listing.get(key))).collect::<Vec<_>>());
        }

        let missing = jobs(&mut keys.iter().filter(|key| !listing.contains_key(key)));
        if let Some(sacct) = self.sacct.as_ref().filter(|_| !missing.is_empty()) {
            let jobs = format!("--jobs={}", joined(&missing, ","));
            let format = format!("--format={}", listing::SACCT_FORMAT);
            let arguments = ["--noheader", "--parsable2", "--allocations", &format, &jobs];
            let kept = listing::sacct(&none_without_accounting(sacct.run(&arguments))?)?;
            // The queue knows every job that is still running; for other jobs accounting has missed the
            // end.
            let ended = kept.into_iter().filter(|(key, known)| known.state.is_over() && !listing.contains_key(key));
            listing.extend(ended.collect::<Vec<_>>());
        }
        Ok(listing)
    }
}

fn gone() -> Known {
    Known { state: TaskState::Gone, node: None, reason: None }
}

fn joined(jobs: &[u64], separator: &str) -> String {
    jobs.iter().map(u64::to_string).collect::<Vec<_>>().join(separator)
}

/// `squeue` and `scontrol` fail when asked for a single job that they do not know.
fn none_if_unknown(output: Result<String, ClusterError>) -> Result<String, ClusterError> {
    none_if(output, "Invalid job id specified")
}

fn none_without_accounting(output: Result<String, ClusterError>) -> Result<String, ClusterError> {
    none_if(output, "accounting storage is disabled")
}

fn none_if(output: Result<String, ClusterError>, says: &str) -> Result<String, ClusterError> {
    match output {
        Err(ClusterError::Failed { message, .. }) if message.contains(says) => Ok(String::new()),
        other => other,
    }
}
