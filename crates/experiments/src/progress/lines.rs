//! Progress as plain lines, for logs and pipes.

use super::{Estimate, holder_name, resume_note, run_end_line};
use crate::{
    clock::format_duration,
    event::{Event, Events},
};
use std::{
    collections::BTreeMap,
    io::Write,
    time::{Duration, Instant},
};

/// Prints a line at the start and end of each run and every few epochs in between.
#[derive(Debug)]
pub struct Lines<W: Write> {
    to: W,
    estimate: Estimate,
    begun: usize,
    pending: usize,
    /// By worker: number of its run among the pending ones, epochs, and time of the last line.
    current: BTreeMap<usize, (usize, usize, Instant)>,
}

/// Minimum time between two lines on the same run; and lines are at least a fifth of its epochs apart.
const QUIET: Duration = Duration::from_secs(5);
const LINES_A_RUN: usize = 5;

impl<W: Write> Lines<W> {
    /// Lines to `to`.
    pub fn new(to: W) -> Self {
        Self { to, estimate: Estimate::default(), begun: 0, pending: 0, current: BTreeMap::new() }
    }

    fn line(&mut self, text: &str) {
        // Ignore a closed output; the runs continue.
        let _ = writeln!(self.to, "{text}");
        let _ = self.to.flush();
    }

    /// Prints a line on a worker's run.
    fn of_run(&mut self, worker: usize, text: &str) {
        let number = self.current.get(&worker).map_or(0, |(number, ..)| *number);
        self.line(&format!("[{number}/{}] {text}", self.pending));
        if let Some((.., last)) = self.current.get_mut(&worker) {
            *last = Instant::now();
        }
    }
}

impl<W: Write + Send> Events for Lines<W> {
    fn event(&mut self, worker: usize, event: &Event) {
        self.estimate.event(worker, event);
        match event {
            Event::Planned { pending, whole, workers } => {
                self.pending = pending.len();
                let done = whole - pending.len();
                let at_once = if *workers > 1 { format!(", {workers} at once") } else { String::new() };
                self.line(&match (done, pending.len()) {
                    (_, 0) => "all runs were done before".to_owned(),
                    (0, _) => format!("{whole} runs to do{at_once}"),
                    (_, left) => format!("{left} of {whole} runs to do{at_once}"),
                });
            }
            Event::RunStarted { run, epochs, from } => {
                self.begun += 1;
                self.current.insert(worker, (self.begun, *epochs, Instant::now()));
                self.of_run(worker, &format!("{}: {epochs} epochs{}", run.label(), resume_note(*from)));
            }
            Event::Epoch { run, record, auc, .. } => {
                let Some(&(_, epochs, last)) = self.current.get(&worker) else {
                    return;
                };
                let every = epochs.div_ceil(LINES_A_RUN);
                if record.epoch.is_multiple_of(every) && last.elapsed() >= QUIET {
                    let left = self
                        .estimate
                        .left()
                        .map_or_else(String::new, |left| format!("; about {} left", format_duration(left)));
                    self.of_run(
                        worker,
                        &format!(
                            "{}: epoch {}/{epochs}: training loss {:.4}, validation AUC {:.3}{left}",
                            run.label(),
                            record.epoch,
                            record.train_cross_entropy + record.train_penalty,
                            auc.of(&record.valid),
                        ),
                    );
                }
            }
            Event::RunEnded { run, end, seconds, .. } => self.of_run(worker, &run_end_line(run, end, *seconds)),
            Event::Note { run, text } => self.line(&format!("{}: {text}", run.label())),
            Event::CheckpointRefused { run, message } => self.line(&format!("{}: {message}", run.label())),
            Event::RunElsewhere { run, holder } => {
                self.line(&format!("{}: waiting for {}, which does it", run.label(), holder_name(holder.as_ref())));
            }
            Event::Waiting { run } => {
                self.line(&format!("{}: waiting for the runs that it needs", run.label()));
            }
            Event::RunDoneElsewhere { run } => self.line(&format!("{}: done by another process", run.label())),
            Event::WorkerLost { message } => self.line(&format!("worker {worker}: {message}")),
            Event::Step { .. } | Event::Checkpoint { .. } | Event::Finished => {}
        }
    }
}
