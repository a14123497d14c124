//! Parses the output of `squeue`, `scontrol` and `sacct` into one kind of list.

use crate::{ClusterError, TaskState, ranges};
use std::collections::BTreeMap;

/// What Slurm reports about one task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) state: TaskState,
    pub(crate) node: Option<String>,
    pub(crate) reason: Option<String>,
}

/// By job and Slurm's index of the task; the index is `None` for a job that is not an array.
pub(crate) type Listing = BTreeMap<(u64, Option<usize>), Known>;

/// The `--format` that [`squeue`] reads: array job, index, state, node, reason.
pub(crate) const SQUEUE_FORMAT: &str = "%F|%K|%T|%N|%r";

/// The `--format` that [`sacct`] reads.
pub(crate) const SACCT_FORMAT: &str = "JobID,State,ExitCode,NodeList";

/// Reads `squeue --noheader --array --format` [`SQUEUE_FORMAT`]. It has no exit codes.
pub(crate) fn squeue(output: &str) -> Result<Listing, ClusterError> {
    let mut listing = Listing::new();
    for line in lines(output) {
        let fields: Vec<&str> = line.splitn(5, '|').map(str::trim).collect();
        let parsed = match fields[..] {
            [job, index, state, node, reason] => job.parse().ok().zip(indexes(index)).map(|(job, indexes)| {
                let known = Known { state: TaskState::from_slurm(state, None), node: word(node), reason: word(reason) };
                insert(&mut listing, job, indexes, &known);
            }),
            _ => None,
        };
        parsed.ok_or_else(|| unexpected("squeue", line, "job|index|state|node|reason"))?;
    }
    Ok(listing)
}

/// Reads `scontrol show job --oneliner`.
pub(crate) fn scontrol(output: &str) -> Result<Listing, ClusterError> {
    let mut listing = Listing::new();
    for line in lines(output) {
        let field = |name: &str| {
            let value = |word: &'_ str| word.strip_prefix(name)?.strip_prefix('=').map(str::to_owned);
            line.split(' ').find_map(value)
        };
        let parsed = || {
            let indexes = indexes(field("ArrayTaskId").as_deref().unwrap_or("N/A"))?;
            let job = field("ArrayJobId").or_else(|| field("JobId"))?.parse().ok()?;
            let state = TaskState::from_slurm(&field("JobState")?, exit_code(&field("ExitCode")?));
            let node = field("NodeList").and_then(|node| word(&node));
            let reason = field("Reason").and_then(|reason| word(&reason));
            Some((job, indexes, Known { state, node, reason }))
        };
        let (job, indexes, known) =
            parsed().ok_or_else(|| unexpected("scontrol", line, "JobId, JobState and ExitCode of a job"))?;
        insert(&mut listing, job, indexes, &known);
    }
    Ok(listing)
}

/// Reads `sacct --noheader --parsable2 --allocations --format` [`SACCT_FORMAT`].
pub(crate) fn sacct(output: &str) -> Result<Listing, ClusterError> {
    let mut listing = Listing::new();
    for line in lines(output) {
        let fields: Vec<&str> = line.splitn(4, '|').collect();
        let parsed = match fields[..] {
            [id, state, exit, node] => {
                let (job, index) = id.split_once('_').unwrap_or((id, "N/A"));
                job.parse().ok().zip(indexes(index)).map(|(job, indexes)| {
                    let state = TaskState::from_slurm(state, exit_code(exit));
                    insert(&mut listing, job, indexes, &Known { state, node: word(node), reason: None });
                })
            }
            _ => None,
        };
        parsed.ok_or_else(|| unexpected("sacct", line, "id|state|exit code|node"))?;
    }
    Ok(listing)
}

/// Reads `MaxArraySize` from `scontrol show config`.
pub(crate) fn max_array_size(output: &str) -> Result<usize, ClusterError> {
    let value = output.lines().find_map(|line| {
        let (name, value) = line.split_once('=')?;
        (name.trim() == "MaxArraySize").then_some(value.trim())
    });
    let expected = "MaxArraySize = a number";
    let value = value.ok_or_else(|| unexpected("scontrol", "no MaxArraySize", expected))?;
    value.parse().map_err(|_| unexpected("scontrol", value, expected))
}

/// Reads what `sbatch --parsable` prints: the job, and after a semicolon the cluster if there are several.
pub(crate) fn sbatch(output: &str) -> Result<u64, ClusterError> {
    // A cluster's own submit plugin may print lines before it.
    let line = lines(output).last().unwrap_or_default();
    let job = line.split_once(';').map_or(line, |(job, _)| job);
    job.trim().parse().map_err(|_| unexpected("sbatch", line, "the number of the job"))
}

fn insert(listing: &mut Listing, job: u64, indexes: Option<Vec<usize>>, known: &Known) {
    match indexes {
        None => drop(listing.insert((job, None), known.clone())),
        Some(indexes) => listing.extend(indexes.into_iter().map(|index| ((job, Some(index)), known.clone()))),
    }
}

/// The indexes of an array, `Some(None)` for a job that is not an array, `None` if the text is neither.
fn indexes(text: &str) -> Option<Option<Vec<usize>>> {
    if text == "N/A" { Some(None) } else { ranges::expand(text).map(Some) }
}

/// `3:0` is exit code 3, `0:9` signal 9.
fn exit_code(text: &str) -> Option<i32> {
    let (code, signal) = text.split_once(':')?;
    let (code, signal): (i32, i32) = (code.parse().ok()?, signal.parse().ok()?);
    Some(if signal == 0 { code } else { 128 + signal })
}

fn word(text: &str) -> Option<String> {
    let absent = matches!(text, "" | "None" | "(null)" | "N/A" | "None assigned");
    (!absent).then(|| text.to_owned())
}

fn lines(output: &str) -> impl Iterator<Item = &str> {
    output.lines().filter(|line| !line.trim().is_empty())
}

fn unexpected(command: &'static str, found: &str, expected: &'static str) -> ClusterError {
    ClusterError::Output { command, found: found.to_owned(), expected }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(exit_code: Option<i32>) -> TaskState {
        TaskState::Failed { exit_code }
    }

    // Written by Slurm 22.05.
    const SQUEUE: &str = "\
1|7|PENDING||Dependency
1|6|COMPLETED|n1|None
1|1|FAILED|n1|NonZeroExitCode
1|4|PENDING||BeginTime
2|N/A|RUNNING|n2|None
";

    #[test]
    fn squeue_tells_tasks_from_jobs() {
        let listing = squeue(SQUEUE).unwrap();
        assert_eq!(listing.len(), 5);
        let waiting = Known { state: TaskState::Pending, node: None, reason: Some("Dependency".into()) };
        assert_eq!(listing[&(1, Some(7))], waiting);
        assert_eq!(listing[&(1, Some(1))].state, failed(None));
        assert_eq!(listing[&(1, Some(6))].node.as_deref(), Some("n1"));
        let running = Known { state: TaskState::Running, node: Some("n2".into()), reason: None };
        assert_eq!(listing[&(2, None)], running);
        assert!(squeue("").unwrap().is_empty());
    }

    // Written by Slurm 22.05, shortened in the middle.
    const SCONTROL: &str = "\
JobId=2 ArrayJobId=2 ArrayTaskId=5-7%4 ArrayTaskThrottle=4 JobName=probe UserId=root(0) JobState=PENDING \
Reason=Resources Dependency=(null) Requeue=1 Restarts=0 BatchFlag=1 Reboot=0 ExitCode=0:0 ReqNodeList=(null) \
ExcNodeList=(null) NodeList= NumNodes=1 Command=/tmp/NodeList=no Power= 
JobId=4 ArrayJobId=2 ArrayTaskId=1 JobName=probe UserId=root(0) JobState=FAILED Reason=NonZeroExitCode \
Dependency=(null) Requeue=1 Restarts=0 BatchFlag=1 Reboot=0 ExitCode=3:0 ReqNodeList=(null) \
ExcNodeList=(null) NodeList=n1 BatchHost=n1 Command=/tmp/st/j.sh Power= 
JobId=5 ArrayJobId=2 ArrayTaskId=2 JobName=probe UserId=root(0) JobState=FAILED Reason=JobLaunchFailure \
Dependency=(null) Requeue=1 Restarts=0 BatchFlag=1 Reboot=0 ExitCode=0:9 ReqNodeList=(null) \
ExcNodeList=(null) NodeList=n2 BatchHost=n2 Command=/tmp/st/j.sh Power= 

JobId=1 JobName=t.sh UserId=root(0) JobState=TIMEOUT Reason=TimeLimit Dependency=(null) Requeue=1 Restarts=0 \
BatchFlag=1 Reboot=0 ExitCode=130:0 ReqNodeList=(null) ExcNodeList=(null) NodeList=n1 BatchHost=n1 Power= 
";

    #[test]
    fn scontrol_tells_exit_codes() {
        let listing = scontrol(SCONTROL).unwrap();
        assert_eq!(listing.len(), 6);
        let waiting = Known { state: TaskState::Pending, node: None, reason: Some("Resources".into()) };
        assert_eq!(listing[&(2, Some(6))], waiting);
        assert_eq!(listing[&(2, Some(1))].state, failed(Some(3)));
        assert_eq!(listing[&(2, Some(2))].state, failed(Some(137)));
        assert_eq!(listing[&(1, None)].state, TaskState::Timeout);
        assert_eq!(listing[&(1, None)].node.as_deref(), Some("n1"));
    }

    // As the manual of sacct describes it.
    const SACCT: &str = "\
9_0|COMPLETED|0:0|n1
9_1|FAILED|3:0|n2
9_2|CANCELLED by 1000|0:15|n1
9_[3-5%2]|PENDING|0:0|None assigned
12|OUT_OF_MEMORY|0:125|n1
";

    #[test]
    fn sacct_is_understood() {
        let listing = sacct(SACCT).unwrap();
        assert_eq!(listing.len(), 7);
        assert_eq!(listing[&(9, Some(1))].state, failed(Some(3)));
        assert_eq!(listing[&(9, Some(2))].state, TaskState::Cancelled);
        assert_eq!(listing[&(9, Some(4))], Known { state: TaskState::Pending, node: None, reason: None });
        assert_eq!(listing[&(12, None)].state, TaskState::OutOfMemory);
    }

    #[test]
    fn settings_and_receipts_are_understood() {
        let config = "MaxArraySize            = 1001\nMaxBatchRequeue         = 5\n";
        assert_eq!(max_array_size(config).unwrap(), 1001);
        assert_eq!(sbatch("17\n").unwrap(), 17);
        assert_eq!(sbatch("You have 20 hours left.\n18;east\n").unwrap(), 18);
    }

    #[test]
    fn other_text_is_refused_with_what_was_found() {
        let errors = [
            squeue("1|2|RUNNING").unwrap_err(),
            squeue("x|2|RUNNING|n1|None").unwrap_err(),
            scontrol("No jobs in the system").unwrap_err(),
            sacct("1_x|COMPLETED|0:0|n1").unwrap_err(),
            max_array_size("MaxJobCount = 10").unwrap_err(),
            sbatch("Submitted batch job 17").unwrap_err(),
            sbatch("").unwrap_err(),
        ];
        for error in errors {
            assert!(matches!(error, ClusterError::Output { .. }));
            assert!(error.to_string().contains("expected"), "{error}");
        }
    }
}
