//! Several workers on this machine, each in its own process. If one is killed or its device fails, the others continue
//! its run.
//!
//! A worker is this same program, started with arguments of the caller. It writes its [`Event`]s to standard output, one
//! JSON object on each line, and ends when its standard input is closed, so that no worker outlives the pool.

use crate::{
    event::{Event, Events},
    store::Holder,
};
use std::{
    collections::BTreeSet,
    io::{self, BufRead, BufReader, Read, Write},
    process::{Child, ChildStdin, Command, ExitStatus, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{self, Receiver, RecvTimeoutError, Sender},
    },
    thread::JoinHandle,
    time::Duration,
};

/// How often the pool checks whether to stop.
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// How the workers ended.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PoolEnd {
    /// Whether one or more were stopped, or the pool was asked to stop.
    pub interrupted: bool,
    /// The last error message of each failed worker, without duplicates.
    pub errors: Vec<String>,
}

/// Interprets the exit status of workers.
pub trait ExitCodes {
    /// Whether this status means success.
    fn done(&self, status: ExitStatus) -> bool;
    /// Whether this status means an interruption.
    fn interrupted(&self, status: ExitStatus) -> bool;
}

enum Message {
    Event(usize, Box<Event>),
    /// A worker's error message and exit status.
    Ended(usize, Option<String>, io::Result<ExitStatus>),
}

/// Starts each of `commands` as a worker, numbered from 1, and forwards their events until all have ended. Once `stop` is
/// set, asks the workers to end; they write a checkpoint first.
///
/// # Errors
/// If a worker cannot be started; those that were started are ended.
pub fn run(
    commands: Vec<Command>,
    codes: &dyn ExitCodes,
    events: &mut dyn Events,
    stop: &AtomicBool,
) -> io::Result<PoolEnd> {
    let (sender, receiver) = mpsc::channel();
    let mut inputs = Vec::new();
    let mut processes = Vec::new();
    let mut watchers = Vec::new();
    for (index, mut command) in commands.into_iter().enumerate() {
        let child = match command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn() {
            Ok(child) => child,
            Err(error) => {
                // Closing their input ends the workers that were started.
                drop(inputs);
                watchers.into_iter().for_each(|watcher: JoinHandle<()>| drop(watcher.join()));
                let program = command.get_program().to_string_lossy();
                return Err(io::Error::new(error.kind(), format!("{program}: cannot be started: {error}")));
            }
        };
        processes.push(child.id());
        let (input, watcher) = watch_worker(index + 1, child, sender.clone());
        inputs.extend(input);
        watchers.push(watcher);
    }
    drop(sender);
    let mut own = PoolProcesses { processes, here: Holder::current(None), outside: BTreeSet::new() };
    let end = forward_events(&receiver, codes, events, stop, &mut inputs, &mut own);
    for watcher in watchers {
        let _ = watcher.join();
    }
    Ok(end)
}

fn forward_events(
    receiver: &Receiver<Message>,
    codes: &dyn ExitCodes,
    events: &mut dyn Events,
    stop: &AtomicBool,
    inputs: &mut Vec<ChildStdin>,
    processes: &mut PoolProcesses,
) -> PoolEnd {
    let mut end = PoolEnd::default();
    loop {
        if stop.load(Ordering::Relaxed) {
            end.interrupted = true;
            inputs.clear();
        }
        match receiver.recv_timeout(POLL_INTERVAL) {
            Ok(Message::Event(worker, event)) => {
                if !processes.is_redundant(&event) {
                    events.event(worker, &event);
                }
            }
            Ok(Message::Ended(worker, said, status)) => {
                let message = match status {
                    Ok(status) if codes.done(status) => continue,
                    Ok(status) if codes.interrupted(status) => {
                        end.interrupted = true;
                        continue;
                    }
                    Ok(status) => said.unwrap_or_else(|| format!("a worker ended unexpectedly: {status}")),
                    Err(error) => format!("cannot be waited for: {error}"),
                };
                events.event(worker, &Event::WorkerLost { message: message.clone() });
                if !end.errors.contains(&message) {
                    end.errors.push(message);
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return end,
        }
    }
}

/// Distinguishes waiting for a worker of this pool from waiting for another process.
struct PoolProcesses {
    processes: Vec<u32>,
    here: Holder,
    /// Indexes of the runs that other processes do.
    outside: BTreeSet<usize>,
}

impl PoolProcesses {
    /// Whether an event repeats what another worker of the pool reports itself.
    fn is_redundant(&mut self, event: &Event) -> bool {
        match event {
            Event::RunElsewhere { run, holder } => {
                let own = |holder: &Holder| holder.same_machine(&self.here) && self.processes.contains(&holder.process);
                let sibling = holder.as_ref().is_some_and(own);
                // Only the first report is forwarded.
                sibling || !self.outside.insert(run.index)
            }
            Event::RunDoneElsewhere { run } => !self.outside.remove(&run.index),
            _ => false,
        }
    }
}

fn watch_worker(number: usize, mut child: Child, sender: Sender<Message>) -> (Option<ChildStdin>, JoinHandle<()>) {
    let (input, output, errors) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let watcher = std::thread::spawn(move || {
        // Read in a thread, so that a worker with much output is not blocked.
        let errors = std::thread::spawn(move || {
            let mut said = Vec::new();
            // Keep what was read before an error.
            let _ = errors.map(|mut errors| errors.read_to_end(&mut said));
            String::from_utf8_lossy(&said).into_owned()
        });
        for line in output.into_iter().flat_map(|output| BufReader::new(output).split(b'\n').map_while(Result::ok)) {
            // Other output, for instance of libraries, is not an event and is ignored.
            if let Ok(event) = serde_json::from_slice(&line) {
                let _ = sender.send(Message::Event(number, Box::new(event)));
            }
        }
        let said = errors.join().unwrap_or_default();
        let complaint = said.lines().filter_map(|line| line.strip_prefix("error: ")).next_back();
        let _ = sender.send(Message::Ended(number, complaint.map(str::to_owned), child.wait()));
    });
    (input, watcher)
}

/// In a worker: writes an event for the pool.
pub fn emit(event: &Event) {
    let Ok(line) = serde_json::to_string(event) else {
        return;
    };
    let mut output = io::stdout().lock();
    // If the pool has ended, this process ends with its standard input.
    let _ = writeln!(output, "{line}").and_then(|()| output.flush());
}

/// In a worker: sets `stop` once the pool has ended or asks the worker to end.
pub fn stop_at_end_of_input(stop: &Arc<AtomicBool>) {
    let stop = Arc::clone(stop);
    std::thread::spawn(move || {
        let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
        stop.store(true, Ordering::Relaxed);
    });
}
