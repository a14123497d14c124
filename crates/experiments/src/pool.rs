//! Several workers on this machine, each a process of its own: one that is killed, or that takes its
//! device down with it, leaves the others to go on with its run.
//!
//! A worker is this same program, started with arguments that its caller gives. It writes its
//! [`Event`]s to standard output, a JSON object a line, and ends when its standard input ends, so that
//! none outlives the pool, however that dies.

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

/// How often the pool checks whether it is to stop.
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// How the workers ended.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PoolEnd {
    /// Whether one or more were stopped, or the pool was asked to stop.
    pub interrupted: bool,
    /// What the workers that failed said last, each once.
    pub errors: Vec<String>,
}

/// How a worker's process says why it ended.
pub trait ExitCodes {
    /// Whether a process with this status did what it should.
    fn done(&self, status: ExitStatus) -> bool;
    /// Whether a process with this status was interrupted.
    fn interrupted(&self, status: ExitStatus) -> bool;
}

enum Message {
    Event(usize, Box<Event>),
    /// What a worker gave as its error, and its end.
    Ended(usize, Option<String>, io::Result<ExitStatus>),
}

/// Starts each of `commands` as a worker, numbered from 1, and passes their events on until all have
/// ended. Once `stop` is set the workers are asked to end, which they do with a checkpoint.
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
                // Those that were started end with their input; none is left behind.
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

/// Tells waiting for another worker of the pool from waiting for a stranger.
struct PoolProcesses {
    processes: Vec<u32>,
    here: Holder,
    /// Places of the runs that strangers do.
    outside: BTreeSet<usize>,
}

impl PoolProcesses {
    /// Whether an event says of a run that it is another worker's, who tells of it itself.
    fn is_redundant(&mut self, event: &Event) -> bool {
        match event {
            Event::RunElsewhere { run, holder } => {
                let own = |holder: &Holder| holder.same_machine(&self.here) && self.processes.contains(&holder.process);
                let sibling = holder.as_ref().is_some_and(own);
                // The first worker that says it is enough.
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
        // Read aside, so that a worker that says much is not held up.
        let errors = std::thread::spawn(move || {
            let mut said = Vec::new();
            // What can be read before an error is better than nothing.
            let _ = errors.map(|mut errors| errors.read_to_end(&mut said));
            String::from_utf8_lossy(&said).into_owned()
        });
        for line in output.into_iter().flat_map(|output| BufReader::new(output).split(b'\n').map_while(Result::ok)) {
            // A worker's libraries may print as well; that is no event.
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

/// For a worker: writes an event for its pool.
pub fn emit(event: &Event) {
    let Ok(line) = serde_json::to_string(event) else {
        return;
    };
    let mut output = io::stdout().lock();
    // A pool that is gone ends this process by its standard input.
    let _ = writeln!(output, "{line}").and_then(|()| output.flush());
}

/// For a worker: sets `stop` once its pool is gone or wants it to end.
pub fn stop_at_end_of_input(stop: &Arc<AtomicBool>) {
    let stop = Arc::clone(stop);
    std::thread::spawn(move || {
        let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
        stop.store(true, Ordering::Relaxed);
    });
}
