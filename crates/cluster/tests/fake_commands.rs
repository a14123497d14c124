//! What a healthy cluster does not show: commands that fail half-way, and accounting. Small shell scripts
//! stand in for Slurm's commands.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use herring_cluster::{Array, ClusterError, Resources, Slurm, Submissions, Submitted, TaskState};
use std::{
    fs,
    os::unix::fs::PermissionsExt,
    sync::{Mutex, MutexGuard, PoisonError},
};
use tempfile::TempDir;

/// A folder with `commands`, each the body of a shell script, and `plan`, which gets the submissions.
struct Bench {
    folder: TempDir,
    _turn: MutexGuard<'static, ()>,
}

/// A child that another test forks while a script is being written would keep it open, and no script that is
/// open for writing can be run.
static TURN: Mutex<()> = Mutex::new(());

impl Bench {
    fn new(commands: &[(&str, &str)]) -> Self {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("plan")).unwrap();
        for (name, body) in commands {
            let path = folder.path().join(name);
            let variables = format!("here={}", folder.path().display());
            fs::write(&path, format!("#!/bin/sh\n{variables}\n{body}\n")).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        Self { folder, _turn: turn }
    }

    fn slurm(&self) -> Result<Slurm, ClusterError> {
        Slurm::find_with(&[("PATH".into(), self.folder.path().into())])
    }

    fn array(&self, count: usize) -> Array {
        let folder = self.folder.path().join("plan");
        Array {
            name: "fake".into(),
            folder,
            program: vec!["/bin/true".into()],
            indexes: (0..count).collect(),
            after: Vec::new(),
            first_script: 0,
        }
    }
}

const CONFIG: (&str, &str) = ("scontrol", "echo 'MaxArraySize = 4'");

/// Accepts two jobs, then no more.
const FULL: &str = r#"
[ -e "$here/second" ] && { echo 'sbatch: error: QOSMaxSubmitJobPerUserLimit' >&2; exit 1; }
[ -e "$here/first" ] && { : > "$here/second"; echo 12; exit; }
: > "$here/first"; echo 11
"#;

#[test]
fn an_interrupted_submission_is_not_forgotten() {
    let bench = Bench::new(&[("sbatch", FULL), CONFIG, ("squeue", "")]);
    let array = bench.array(10);
    let error = bench.slurm().unwrap().submit(&array, &Resources::default()).unwrap_err();
    let text = error.to_string();
    assert!(text.ends_with("exit status: 1: sbatch: error: QOSMaxSubmitJobPerUserLimit"), "{text}");

    let known = Submissions::read(&array.folder).unwrap().arrays();
    let expected = [
        Submitted { job: 11, offset: 0, indexes: vec![0, 1, 2, 3] },
        Submitted { job: 12, offset: 4, indexes: vec![4, 5, 6, 7] },
    ];
    assert_eq!(known, expected);
}

#[test]
fn a_job_that_cannot_be_noted_down_is_named() {
    // The ledger cannot replace a folder, which is there by the time the job is accepted.
    let sbatch = ("sbatch", "/bin/mkdir \"$here/plan/submissions.json\"; echo 11");
    let bench = Bench::new(&[sbatch, CONFIG, ("squeue", "")]);
    let array = bench.array(1);
    let error = bench.slurm().unwrap().submit(&array, &Resources::default()).unwrap_err();
    assert!(matches!(error, ClusterError::NotRecorded { job: 11, .. }));
    assert!(error.to_string().ends_with("cancel it with `scancel 11`"), "{error}");
}

const SQUEUE: &str = r#"
case "$*" in *--jobs=11,12*) printf '11|0|COMPLETED|n1|None\n11|1|FAILED|n1|NonZeroExitCode\n' ;; *) exit 1 ;; esac
"#;

const SCONTROL: &str = r#"
case "$*" in
*11) echo 'JobId=14 ArrayJobId=11 ArrayTaskId=1 JobName=fake JobState=FAILED Reason=NonZeroExitCode ExitCode=3:0 NodeList=n1' ;;
*) echo 'slurm_load_jobs error: Invalid job id specified' >&2; exit 1 ;;
esac
"#;

const SACCT: &str = r#"
case "$*" in *--jobs=11,12) printf '11_2|TIMEOUT|0:0|n2\n11_3|RUNNING|0:0|n2\n12_0|FAILED|7:0|n2\n' ;; *) exit 1 ;; esac
"#;

#[test]
fn each_command_tells_what_the_one_before_does_not_know() {
    let bench = Bench::new(&[("sbatch", ""), ("squeue", SQUEUE), ("scontrol", SCONTROL), ("sacct", SACCT)]);
    let submitted = [
        Submitted { job: 11, offset: 0, indexes: vec![0, 1, 2, 3] },
        Submitted { job: 12, offset: 4, indexes: vec![4, 5] },
    ];
    let tasks = bench.slurm().unwrap().states(&submitted).unwrap();
    let states: Vec<(usize, TaskState)> = tasks.into_iter().map(|task| (task.index, task.state)).collect();
    let expected = [
        (0, TaskState::Completed),
        (1, TaskState::Failed { exit_code: Some(3) }),
        (2, TaskState::Timeout),
        // Accounting believes that it runs, but the queue would know.
        (3, TaskState::Gone),
        (4, TaskState::Failed { exit_code: Some(7) }),
        (5, TaskState::Gone),
    ];
    assert_eq!(states, expected);
}

#[test]
fn trouble_is_not_taken_for_ignorance() {
    let broken = "echo 'slurm_load_jobs error: Unable to contact slurm controller' >&2; exit 1";
    let bench = Bench::new(&[("sbatch", ""), ("squeue", broken), CONFIG]);
    let submitted = [Submitted { job: 11, offset: 0, indexes: vec![0] }];
    let error = bench.slurm().unwrap().states(&submitted).unwrap_err().to_string();
    assert!(error.ends_with("Unable to contact slurm controller"), "{error}");
    assert!(bench.slurm().unwrap().states(&[]).unwrap().is_empty());
}

#[test]
fn a_machine_without_slurm_is_told_so() {
    let bench = Bench::new(&[("sbatch", ""), ("squeue", "")]);
    let error = bench.slurm().unwrap_err().to_string();
    assert!(error.starts_with("scontrol: found in no folder of PATH"), "{error}");
}
