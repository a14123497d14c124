//! `run --executor slurm`, and the cluster states in `status`.

use crate::{
    arguments::{Cluster, Executor, Running},
    cache_folder,
    failure::Failure,
    print,
};
use herring_cluster::{Array, ClusterError, Resources, Slurm, Submissions, Submitted, Task, dry_run};
use herring_experiments::{
    Agenda, Exit,
    plan::Plan,
    status::{State, Status},
    store::Store,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

/// Slurm's default `MaxArraySize`; only a dry run uses it.
const USUAL_ARRAY_SIZE: usize = 1001;

/// Submits the runs that are neither finished nor in Slurm's queue.
pub(crate) fn submit(
    store: &Store,
    plan: &Plan,
    asked: Option<&[usize]>,
    (running, cluster): (&Running, &Cluster),
    cache: Option<&Path>,
) -> Result<Exit, Failure> {
    if running.jobs.is_some() || running.events.is_some() {
        let text = "--jobs and --events are for runs on this machine: a cluster's tasks do one run each".to_owned();
        return Err(Failure { text, exit: Exit::BadInput });
    }
    let out = std::path::absolute(store.folder()).map_err(Failure::device)?;
    let resources = resources(cluster)?;
    let agenda = Agenda::new(store, plan, asked)?;
    let mut indexes = agenda.pending.clone();
    let mut array = Array {
        name: format!("red-herring-{}", plan.experiment),
        folder: folder(&out),
        program: program(&out, running, cache)?,
        indexes: Vec::new(),
        after: Vec::new(),
        first_script: 0,
    };
    if cluster.executor == Executor::DryRun {
        for (depth, indexes) in levels(plan, &indexes) {
            array.indexes = indexes;
            if depth > 0 {
                print("# The following array starts once all jobs of the arrays before it are over.")?;
            }
            let scripts = dry_run(&array, &resources, USUAL_ARRAY_SIZE).map_err(cluster_failure)?;
            array.first_script += scripts.len();
            for script in scripts {
                print(&format!("# {}\n{}", script.path.display(), script.text))?;
            }
        }
        return Ok(Exit::Done);
    }
    let slurm = Slurm::find().map_err(Failure::device)?;
    let queued = queued(&slurm, &array.folder)?;
    let before = indexes.len();
    indexes.retain(|index| !queued.contains(index));
    if before > indexes.len() {
        print(&format!("{} runs are already in the queue", before - indexes.len()))?;
    }
    if indexes.is_empty() {
        print("nothing to submit")?;
        return Ok(Exit::Done);
    }
    // The cache may exist on the nodes only; a task without its images fails with a message.
    if let Err(failure) = cache_folder::find(store.folder(), plan, &indexes, cache) {
        crate::say(&format!("note: on this machine, {}", failure.text));
    }
    agenda.begin(store, plan)?;
    for (_, indexes) in levels(plan, &indexes) {
        array.indexes = indexes;
        let submitted = slurm.submit(&array, &resources).map_err(cluster_failure)?;
        array.first_script += submitted.len();
        for Submitted { job, indexes, .. } in &submitted {
            let waits = if array.after.is_empty() { "" } else { ", after the runs that they need" };
            print(&format!("job array {job}: {} runs{waits}", indexes.len()))?;
        }
        array.after.extend(submitted.iter().map(|submitted| submitted.job));
    }
    // Includes arrays of earlier submissions, which may still be running.
    let jobs: Vec<u64> =
        Submissions::read(&array.folder).map_err(cluster_failure)?.arrays().iter().map(|array| array.job).collect();
    let report = [executable()?, "report".to_owned(), "--out".to_owned(), out.display().to_string()];
    let name = format!("{}-report", array.name);
    let collector = slurm.submit_after(&jobs, &name, &array.folder, &report, &resources).map_err(cluster_failure)?;
    print(&format!("job {collector}: table and report once all have ended"))?;
    print(&format!("logs:   {}", array.folder.join("logs").display()))?;
    print(&format!("follow: cargo xtask status --out {}", store.folder().display()))?;
    Ok(Exit::Done)
}

/// Adds Slurm's state of the submitted runs. If Slurm cannot be asked, prints a note; that is not an error, because the
/// folder shows which runs are finished.
pub(crate) fn add_states(status: &mut Status, out: &Path) -> Result<(), Failure> {
    let folder = folder(out);
    let submissions = Submissions::read(&folder).map_err(Failure::device)?;
    if submissions.entries().is_empty() {
        return Ok(());
    }
    let asked = Slurm::find().and_then(|slurm| slurm.states(&submissions.arrays()));
    match asked {
        Ok(tasks) => {
            // For a run that was submitted twice, the later task counts.
            for Task { index, job, state, node, reason } in tasks {
                let Some(run) = status.runs.get_mut(index) else { continue };
                let mut text = format!("{state}, job {job}");
                if let Some(node) = node {
                    text.push_str(&format!(" on {node}"));
                }
                if let Some(reason) = reason.filter(|_| !state.is_over()) {
                    text.push_str(&format!(" ({reason})"));
                }
                // The folder cannot see a process die on another machine; Slurm can.
                let task = index - offset(&submissions, job);
                if state.is_over() && run.state == State::Running && run.task == Some((job, Some(task as u64))) {
                    run.state = State::Interrupted;
                }
                let lost = state.is_over() && !matches!(run.state, State::Finished | State::Running);
                if lost {
                    text.push_str(&format!(", log {}", folder.join(format!("logs/{job}_{task}.log")).display()));
                }
                run.cluster = Some(text);
            }
        }
        Err(error) => eprintln!("Slurm cannot be asked: {error}"),
    }
    Ok(())
}

/// The indexes of runs by their depth in the graph of needs; each level becomes an array.
fn levels(plan: &Plan, indexes: &[usize]) -> BTreeMap<usize, Vec<usize>> {
    let mut levels: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for &index in indexes {
        levels.entry(plan.depth(index)).or_default().push(index);
    }
    levels
}

/// The difference between a run's index in the plan and its task number in the job array.
fn offset(submissions: &Submissions, job: u64) -> usize {
    submissions.entries().iter().find(|entry| entry.job == job).map_or(0, |entry| entry.offset)
}

/// Where scripts, logs and the list of submissions are.
fn folder(out: &Path) -> PathBuf {
    out.join("slurm")
}

/// The runs that are pending or running in Slurm.
fn queued(slurm: &Slurm, folder: &Path) -> Result<BTreeSet<usize>, Failure> {
    let submissions = Submissions::read(folder).map_err(Failure::device)?;
    let tasks = slurm.states(&submissions.arrays()).map_err(Failure::device)?;
    Ok(tasks.into_iter().filter(|task| !task.state.is_over()).map(|task| task.index).collect())
}

/// The file's fields, overridden by those of the command line.
fn resources(cluster: &Cluster) -> Result<Resources, Failure> {
    let file =
        cluster.cluster.as_deref().map(Resources::read).transpose().map_err(cluster_failure)?.unwrap_or_default();
    let given = Resources {
        partition: cluster.partition.clone(),
        account: cluster.account.clone(),
        time: cluster.time.clone(),
        memory: cluster.memory.clone(),
        cpus: cluster.cpus,
        gpus: cluster.gpus,
        at_once: cluster.at_once,
        ..Resources::default()
    };
    let resources = file.replaced_by(given);
    resources.check().map_err(cluster_failure)?;
    Ok(resources)
}

/// The command of a task; the index of its run is appended.
fn program(out: &Path, running: &Running, cache: Option<&Path>) -> Result<Vec<String>, Failure> {
    let mut program = vec![executable()?, "run".to_owned(), "--out".to_owned(), out.display().to_string()];
    program.extend(["--device".to_owned(), running.device.to_string(), "--jobs".to_owned(), "1".to_owned()]);
    if running.deterministic {
        program.push("--deterministic".to_owned());
    }
    if let Some(steps) = running.checkpoint_steps {
        program.extend(["--checkpoint-steps".to_owned(), steps.to_string()]);
    }
    if let Some(cache) = cache {
        let cache = std::path::absolute(cache).map_err(Failure::device)?;
        program.extend(["--cache".to_owned(), cache.display().to_string()]);
    }
    program.push("--indexes".to_owned());
    Ok(program)
}

fn executable() -> Result<String, Failure> {
    Ok(std::env::current_exe().map_err(Failure::device)?.display().to_string())
}

fn cluster_failure(error: ClusterError) -> Failure {
    let exit = match error {
        ClusterError::Malformed { .. } | ClusterError::Value { .. } | ClusterError::Invalid { .. } => Exit::BadInput,
        _ => Exit::Environment,
    };
    Failure { text: error.to_string(), exit }
}
