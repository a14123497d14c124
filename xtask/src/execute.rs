//! `run` and `worker`: execute planned runs, in this process or in several.

use crate::{
    arguments::{Executor, RunArguments, Running, WorkerArguments},
    cache_folder, cluster,
    failure::Failure,
    images, print, signals,
};
use herring_cluster::Attempt;
use herring_experiments::{
    Agenda, Exit, Summary,
    event::{Event, EventFile, Events},
    indexes, jobs,
    plan::Plan,
    pool::{self, ExitCodes, PoolEnd},
    progress,
    store::{Holder, Store},
    work::{WorkEnd, Worker},
};
use herring_protocol::BackendKind;
use std::{
    path::Path,
    process::{Command, ExitStatus},
    sync::{Arc, atomic::AtomicBool},
};

pub(crate) fn run(arguments: &RunArguments) -> Result<Exit, Failure> {
    let RunArguments { out, ids, indexes, cache, weights, running, cluster } = arguments;
    let plan = Store::read_plan(out)?;
    crate::weights::places(out, weights)?.write(out)?;
    let asked = match (ids, indexes) {
        (Some(ids), _) => Some(indexes::by_id(&plan, ids)?),
        (None, Some(text)) => Some(indexes::parse(text, plan.runs.len())?),
        (None, None) => None,
    };
    let store = Store::open_for(out, &plan, asked.as_deref())?;
    if cluster.executor != Executor::Local {
        return cluster::submit(&store, &plan, asked.as_deref(), (running, cluster), cache.as_deref());
    }
    check_device(plan.backend, running.device)?;
    let summary = execute(&store, &plan, asked.as_deref(), running, cache.as_deref())?;
    if summary.interrupted {
        return Err(interrupted(&summary, out, "start it again to resume"));
    }
    let Summary { done, reused, failed, missing, .. } = &summary;
    print(&format!("{done} runs done, {reused} done before, {} failed, {missing} missing", failed.len()))?;
    print(&format!("runs: {}", out.join("runs").display()))?;
    Ok(Exit::from(&summary))
}

/// Checks the device before any run starts.
pub(crate) fn check_device(backend: BackendKind, device: usize) -> Result<(), Failure> {
    herring_training::trainer(backend, device).map(|_| ()).map_err(Failure::device)
}

/// Executes the runs of `plan` at the indexes `asked`, or all, with the images in `cache`, or in the cache that the
/// folder names.
pub(crate) fn execute(
    store: &Store,
    plan: &Plan,
    asked: Option<&[usize]>,
    running: &Running,
    cache: Option<&Path>,
) -> Result<Summary, Failure> {
    let stop = signals::stop()?;
    let agenda = Agenda::new(store, plan, asked)?;
    let cache = cache_folder::find(store.folder(), plan, &agenda.pending, cache)?;
    agenda.begin(store, plan)?;
    let workers = running.jobs.unwrap_or_else(|| jobs::default_workers(plan)).min(agenda.pending.len()).max(1);
    let ended = with_displays(running, |events| {
        events.event(0, &agenda.planned(plan, workers));
        let ended = if workers == 1 {
            alone(store, plan, &agenda, (running, cache.as_deref()), &stop, events)
        } else {
            together(store, plan, &agenda, (running, cache.as_deref()), workers, &stop, events)
        };
        events.event(0, &Event::Finished);
        ended
    });
    let interrupted = matches!(ended, Ok(true));
    let summary = agenda.summary(store, plan, interrupted);
    // A worker that died is not a failure once others have done its runs.
    match summary {
        Ok(summary) if summary.missing == 0 => Ok(Summary { interrupted: false, ..summary }),
        summary => ended.and(summary.map_err(Failure::from)),
    }
}

/// Calls `work`; its events go to standard error and to the requested file.
pub(crate) fn with_displays<T>(
    running: &Running,
    work: impl FnOnce(&mut dyn Events) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let mut file = running.events.as_deref().map(EventFile::open).transpose()?;
    let mut display = progress::for_standard_error();
    let done = work(&mut Both { display: display.as_mut(), file: file.as_mut() })?;
    if let Some(file) = file {
        file.finish()?;
    }
    Ok(done)
}

fn alone(
    store: &Store,
    plan: &Plan,
    agenda: &Agenda,
    (running, cache): (&Running, Option<&Path>),
    stop: &AtomicBool,
    events: &mut dyn Events,
) -> Result<bool, Failure> {
    let trainer = images::trainer((store.folder(), cache), plan.backend, running.device, running.deterministic)?;
    let worker = Worker {
        store,
        plan,
        indexes: &agenda.pending,
        trainer: trainer.as_ref(),
        holder: Holder::current(Attempt::from_environment()),
        checkpoint_steps: running.checkpoint_steps,
        stop,
    };
    Ok(worker.run(&mut |event| events.event(1, &event))? == WorkEnd::Interrupted)
}

fn together(
    store: &Store,
    plan: &Plan,
    agenda: &Agenda,
    (running, cache): (&Running, Option<&Path>),
    workers: usize,
    stop: &AtomicBool,
    events: &mut dyn Events,
) -> Result<bool, Failure> {
    let program = std::env::current_exe().map_err(Failure::device)?;
    let commands = (0..workers).map(|_| {
        let mut command = Command::new(&program);
        command.arg("worker").arg("--out").arg(store.folder());
        command.args(["--indexes", &indexes::write(&agenda.pending)]);
        command.args(["--device", &running.device.to_string()]);
        if running.deterministic {
            command.arg("--deterministic");
        }
        if let Some(cache) = cache {
            command.arg("--cache").arg(cache);
        }
        if let Some(steps) = running.checkpoint_steps {
            command.args(["--checkpoint-steps", &steps.to_string()]);
        }
        if plan.backend == BackendKind::Cpu && std::env::var_os(THREADS).is_none() {
            command.env(THREADS, jobs::threads_per_worker(workers).to_string());
        }
        command
    });
    let PoolEnd { interrupted, errors } =
        pool::run(commands.collect(), &ByExit, events, stop).map_err(Failure::device)?;
    if errors.is_empty() {
        return Ok(interrupted);
    }
    Err(Failure { text: errors.join("; "), exit: Exit::Environment })
}

/// The variable that sets the number of threads of the CPU backend.
const THREADS: &str = "RAYON_NUM_THREADS";

/// A process of [`together`].
pub(crate) fn worker(arguments: &WorkerArguments) -> Result<Exit, Failure> {
    let WorkerArguments { out, indexes, device, deterministic, cache, checkpoint_steps } = arguments;
    let stop: Arc<AtomicBool> = signals::stop()?;
    pool::stop_at_end_of_input(&stop);
    let plan = Store::read_plan(out)?;
    let store = Store::open(out)?;
    let asked = indexes::parse(indexes, plan.runs.len())?;
    let trainer = images::trainer((out, cache.as_deref()), plan.backend, *device, *deterministic)?;
    let worker = Worker {
        store: &store,
        plan: &plan,
        indexes: &asked,
        trainer: trainer.as_ref(),
        holder: Holder::current(Attempt::from_environment()),
        checkpoint_steps: *checkpoint_steps,
        stop: &stop,
    };
    Ok(match worker.run(&mut |event| pool::emit(&event))? {
        WorkEnd::Done => Exit::Done,
        WorkEnd::Interrupted => Exit::Interrupted,
    })
}

struct ByExit;

impl ExitCodes for ByExit {
    fn done(&self, status: ExitStatus) -> bool {
        status.success()
    }

    fn interrupted(&self, status: ExitStatus) -> bool {
        status.code() == Some(i32::from(Exit::Interrupted.code()))
    }
}

/// A progress display and an event file.
struct Both<'a> {
    display: &'a mut dyn Events,
    file: Option<&'a mut EventFile>,
}

impl Events for Both<'_> {
    fn event(&mut self, worker: usize, event: &Event) {
        self.display.event(worker, event);
        if let Some(file) = &mut self.file {
            file.event(worker, event);
        }
    }
}

pub(crate) fn interrupted(summary: &Summary, out: &Path, go_on: &str) -> Failure {
    let finished = summary.done + summary.reused;
    Failure {
        text: format!(
            "interrupted: {finished} of {} runs are finished and kept in {out}; {go_on}, or see `cargo xtask report --out {out}`",
            finished + summary.failed.len() + summary.missing,
            out = out.display()
        ),
        exit: Exit::Interrupted,
    }
}
