//! Against a real Slurm of two nodes on this machine; skipped, and said so, where there is none.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use herring_cluster::testing::{Settings, TestCluster, skipped};
use herring_cluster::{Array, Attempt, Resources, Slurm, Submissions, Submitted, Task, TaskState};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

const LIMIT: Duration = Duration::from_secs(120);

/// A cluster, and the folder of one submission on it.
struct Bench {
    cluster: TestCluster,
    slurm: Slurm,
    folder: PathBuf,
}

impl Bench {
    fn start(settings: &Settings, folder: &str) -> Option<Self> {
        let cluster = TestCluster::start_with(settings).unwrap()?;
        let folder = cluster.folder().join(folder);
        fs::create_dir(&folder).unwrap();
        Some(Self { slurm: cluster.slurm().unwrap(), folder, cluster })
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.folder.join(name), text).unwrap();
    }

    fn read(&self, name: &str) -> Option<String> {
        fs::read_to_string(self.folder.join(name)).ok()
    }

    /// `/bin/sh` with the script `name` of the folder.
    fn shell(&self, name: &str) -> Vec<String> {
        vec!["/bin/sh".into(), self.folder.join(name).to_str().unwrap().into()]
    }

    /// Waits until `probe` has an answer.
    fn wait<T>(&self, what: &str, probe: impl Fn() -> Option<T>) -> T {
        let deadline = Instant::now() + LIMIT;
        loop {
            if let Some(answer) = probe() {
                return answer;
            }
            let queue = || self.cluster.run("squeue", &["--array", "--states=all"]);
            assert!(Instant::now() < deadline, "{what}: not within {LIMIT:?}\n{:?}\n{}", queue(), self.cluster.logs());
            thread::sleep(Duration::from_millis(200));
        }
    }

    fn wait_for_all(&self, submitted: &[Submitted]) -> Vec<Task> {
        self.wait("all tasks are over", || {
            let tasks = self.slurm.states(submitted).unwrap();
            tasks.iter().all(|task| task.state.is_over()).then_some(tasks)
        })
    }
}

/// Notes every start under `started-INDEX-RESTART`. Task 5 fails, task 2 runs until it is requeued, and tasks
/// from 8 on wait until the test lets them go.
const TASK: &str = r#"
index=$1
restart=${SLURM_RESTART_COUNT:-0}
trap 'touch "terminated-$index"; exit 130' TERM
printf '%s\n' "SLURM_JOB_ID=$SLURM_JOB_ID" "SLURM_ARRAY_JOB_ID=$SLURM_ARRAY_JOB_ID" \
    "SLURM_ARRAY_TASK_ID=$SLURM_ARRAY_TASK_ID" "SLURM_RESTART_COUNT=$SLURM_RESTART_COUNT" > "draft-$index"
mv "draft-$index" "started-$index-$restart"
[ "$index" != 5 ] || exit 3
while [ "$index" = 2 ] && [ "$restart" = 0 ]; do sleep 0.1; done
while [ "$index" -ge 8 ] && [ ! -e go ]; do sleep 0.1; done
echo "index $index restart $restart"
touch "done-$index"
"#;

fn attempt(text: &str) -> Attempt {
    let variables: BTreeMap<&str, &str> = text.lines().filter_map(|line| line.split_once('=')).collect();
    Attempt::from_variables(|name| variables.get(name).map(|value| (*value).to_owned())).unwrap()
}

#[test]
fn every_task_is_accounted_for_though_one_fails_one_is_requeued_and_a_node_dies() {
    let settings = Settings { max_array_size: 8, ..Settings::default() };
    let Some(mut bench) = Bench::start(&settings, "plan") else {
        return skipped("every_task_is_accounted_for_though_one_fails_one_is_requeued_and_a_node_dies");
    };
    bench.write("task.sh", TASK);
    bench.write("after.sh", "ls done-* | wc -l > after.draft; mv after.draft after");
    assert_eq!(bench.slurm.max_array_size().unwrap(), 8);

    let resources = Resources { cpus: Some(1), time: Some("10".into()), ..Resources::default() };
    let array = Array {
        name: "twenty".into(),
        folder: bench.folder.clone(),
        program: bench.shell("task.sh"),
        indexes: (0..20).collect(),
        after: Vec::new(),
        first_script: 0,
    };
    let submitted = bench.slurm.submit(&array, &resources).unwrap();
    assert_eq!(submitted.iter().map(|array| array.offset).collect::<Vec<_>>(), [0, 8, 16]);
    let jobs: Vec<u64> = submitted.iter().map(|array| array.job).collect();
    let program = bench.shell("after.sh");
    let after = bench.slurm.submit_after(&jobs, "after", &bench.folder, &program, &resources).unwrap();

    // Task 2 is requeued while it runs, and hears of it. By then the tasks that wait have taken its place.
    bench.wait("task 2 runs", || bench.read("started-2-0"));
    bench.cluster.requeue(submitted[0].job, 2).unwrap();
    bench.wait("SIGTERM reaches the program of task 2", || bench.read("terminated-2"));

    // Node 2 dies while tasks run there, and only then may they go on.
    let lost = bench.wait("tasks run on node 2", || {
        let tasks = bench.slurm.states(&submitted).unwrap();
        let there = |task: &Task| {
            let started = bench.read(&format!("started-{}-0", task.index)).is_some();
            let waits = task.index >= 8 && started;
            waits && task.state == TaskState::Running && task.node.as_deref() == Some("n2")
        };
        let indexes: Vec<usize> = tasks.into_iter().filter(there).map(|task| task.index).collect();
        (indexes.len() >= 2).then_some(indexes)
    });
    assert_eq!(bench.slurm.state(after).unwrap(), TaskState::Pending);
    bench.cluster.stop_node(2).unwrap();
    bench.write("go", "");

    let tasks = bench.wait_for_all(&submitted);
    assert_eq!(tasks.iter().map(|task| task.index).collect::<Vec<_>>(), Vec::from_iter(0..20));
    for task in &tasks {
        let expected = if task.index == 5 { TaskState::Failed { exit_code: Some(3) } } else { TaskState::Completed };
        assert_eq!(task.state, expected, "{task:?}");
    }
    // What was requeued started again under the same numbers.
    for index in lost.into_iter().chain([2]) {
        let first = attempt(&bench.read(&format!("started-{index}-0")).unwrap());
        let second = attempt(&bench.read(&format!("started-{index}-1")).expect("a lost task starts again"));
        let array = &submitted[index / 8];
        assert_eq!(first, Attempt { job: array.job, task: Some((index % 8) as u64), restart: 0 });
        assert_eq!(second, Attempt { restart: 1, ..first });
        assert!(second.supersedes(&first) && !first.supersedes(&second));
    }

    // The dependent job came after all of them, though one failed.
    bench.wait("the dependent job is over", || {
        (bench.slurm.state(after).unwrap() == TaskState::Completed).then_some(())
    });
    assert_eq!(bench.read("after").unwrap().trim(), "19");

    // The ledger alone is enough to ask again.
    let ledger = Submissions::read(&bench.folder).unwrap();
    assert_eq!(ledger.arrays(), submitted);
    assert_eq!(bench.slurm.states(&ledger.arrays()).unwrap(), tasks);
    let last = ledger.entries().last().unwrap();
    assert_eq!((last.job, last.after.as_deref(), last.indexes.len()), (after, Some(jobs.as_slice()), 0));
    let logs = log_texts(&bench.folder);
    assert!(logs.contains("index 2 restart 1\n"), "{logs}");

    // A node that comes back takes tasks again.
    bench.cluster.start_node(2).unwrap();
    let never = Submitted { job: 4_000_000, offset: 0, indexes: vec![0] };
    assert_eq!(bench.slurm.states(&[never]).unwrap()[0].state, TaskState::Gone);
    assert_eq!(bench.slurm.state(4_000_000).unwrap(), TaskState::Gone);
}

#[test]
fn awkward_names_arguments_and_ends_arrive_as_they_are() {
    let settings = Settings { nodes: 1, max_array_size: 10_000, ..Settings::default() };
    let Some(bench) = Bench::start(&settings, "a b#c'\"d%A$x") else {
        return skipped("awkward_names_arguments_and_ends_arrive_as_they_are");
    };
    bench.write(
        "it's $1.sh",
        r#"[ "$2" != 3 ] || exec sleep 100
[ "$2" != 4 ] || kill -9 $$
printf '%s|' "$@" "$PWD" "$SET_UP""#,
    );
    let awkward = "two words, it's \"$HOME\" `id` \\ % * #";
    let mut program = bench.shell("it's $1.sh");
    program.push(awkward.into());
    let resources = Resources { setup: vec!["export SET_UP='set up'".into()], ..Resources::default() };
    let array = Array {
        name: "awkward".into(),
        folder: bench.folder.clone(),
        program,
        indexes: vec![2, 3, 4],
        after: Vec::new(),
        first_script: 0,
    };
    let submitted = bench.slurm.submit(&array, &resources).unwrap();
    bench
        .wait("task 3 runs", || (bench.slurm.states(&submitted).unwrap()[1].state == TaskState::Running).then_some(()));
    bench.cluster.run("scancel", &[&format!("{}_3", submitted[0].job)]).unwrap();

    let states: Vec<TaskState> = bench.wait_for_all(&submitted).into_iter().map(|task| task.state).collect();
    assert_eq!(states, [TaskState::Completed, TaskState::Cancelled, TaskState::Failed { exit_code: Some(137) }]);
    let log = bench.read(&format!("logs/{}_2.log", submitted[0].job)).unwrap();
    assert_eq!(log, format!("{awkward}|2|{}|set up|", bench.folder.display()));

    // A set-up that fails ends the task before the program starts.
    let resources = Resources { setup: vec!["false".into()], ..Resources::default() };
    let submitted = bench.slurm.submit(&array, &resources).unwrap();
    let tasks = bench.wait_for_all(&submitted);
    assert!(tasks.iter().all(|task| task.state == TaskState::Failed { exit_code: Some(1) }), "{tasks:?}");

    // What Slurm refuses is an error that says why, and leaves the ledger as it was.
    let resources = Resources { partition: Some("nowhere".into()), ..Resources::default() };
    let error = bench.slurm.submit(&array, &resources).unwrap_err().to_string();
    assert!(error.contains("invalid partition specified: nowhere") && !error.contains('\n'), "{error}");
    assert_eq!(Submissions::read(&bench.folder).unwrap().entries().len(), 2);

    // Slurm takes the longest lists that are written, and tells all of their tasks.
    let resources = Resources { options: vec!["--hold".into()], at_once: Some(100), ..Resources::default() };
    let array = Array { indexes: (0..4000).step_by(2).collect(), ..array };
    let submitted = bench.slurm.submit(&array, &resources).unwrap();
    assert!(submitted.len() > 1 && submitted.iter().all(|part| part.offset == 0));
    let tasks = bench.slurm.states(&submitted).unwrap();
    assert_eq!(tasks.iter().map(|task| task.index).collect::<Vec<_>>(), array.indexes);
    assert!(tasks.iter().all(|task| task.state == TaskState::Pending));
    assert!(tasks.iter().all(|task| task.reason.as_deref() == Some("JobHeldUser")));
}

/// All logs, one after the other.
fn log_texts(folder: &Path) -> String {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder.join("logs")).unwrap().map(|log| log.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| fs::read_to_string(path).unwrap()).collect()
}
