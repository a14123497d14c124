//! Which task a process is, and whether it was started before.
//!
//! Slurm starts a requeued task under the numbers it had, with a higher restart count. A program that
//! records its [`Attempt`] next to its output can distinguish the output of its own earlier start, which it
//! may take over, from that of another task, which it must not touch.

use serde::{Deserialize, Serialize};

/// One start of one task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attempt {
    /// The job, as in [`crate::Submitted::job`]; for a task of an array the job of the whole array.
    pub job: u64,
    /// Slurm's index in the array, without the script's offset.
    pub task: Option<u64>,
    /// How many times it was started before.
    pub restart: u32,
}

impl Attempt {
    /// The attempt that this process belongs to; `None` outside of Slurm.
    pub fn from_environment() -> Option<Self> {
        Self::from_variables(|name| std::env::var(name).ok())
    }

    /// The same with `variable` in place of the environment. Values that are not numbers count as absent.
    ///
    /// ```
    /// use herring_cluster::Attempt;
    ///
    /// let variables = [("SLURM_JOB_ID", "12"), ("SLURM_ARRAY_JOB_ID", "9"), ("SLURM_ARRAY_TASK_ID", "3")];
    /// let find = |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| value.to_string());
    /// assert_eq!(Attempt::from_variables(find), Some(Attempt { job: 9, task: Some(3), restart: 0 }));
    /// assert_eq!(Attempt::from_variables(|_| None), None);
    /// ```
    pub fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let number = |name| variable(name).and_then(|text| text.parse::<u64>().ok());
        let own = number("SLURM_JOB_ID")?;
        let restart = number("SLURM_RESTART_COUNT").and_then(|count| count.try_into().ok()).unwrap_or(0);
        // Every task of an array has its own job number; the array's is the one that was submitted.
        match (number("SLURM_ARRAY_JOB_ID"), number("SLURM_ARRAY_TASK_ID")) {
            (Some(job), Some(task)) => Some(Self { job, task: Some(task), restart }),
            _ => Some(Self { job: own, task: None, restart }),
        }
    }

    /// Whether this is a later start of the same task as `other`, which then no longer runs.
    pub fn supersedes(&self, other: &Self) -> bool {
        (self.job, self.task) == (other.job, other.task) && self.restart > other.restart
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(variables: &[(&str, &str)]) -> Option<Attempt> {
        Attempt::from_variables(|name| {
            variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn arrays_and_single_jobs_are_told_apart() {
        let single = from(&[("SLURM_JOB_ID", "12"), ("SLURM_RESTART_COUNT", "2")]);
        assert_eq!(single, Some(Attempt { job: 12, task: None, restart: 2 }));
        assert_eq!(from(&[("SLURM_JOB_ID", "twelve")]), None);
        assert_eq!(from(&[]), None);
    }

    #[test]
    fn only_a_later_start_of_the_same_task_supersedes() {
        let first = Attempt { job: 9, task: Some(3), restart: 0 };
        let second = Attempt { restart: 1, ..first };
        assert!(second.supersedes(&first));
        assert!(!first.supersedes(&second) && !first.supersedes(&first));
        assert!(!Attempt { task: Some(4), ..second }.supersedes(&first));
        assert!(!Attempt { job: 10, ..second }.supersedes(&first));
    }
}
