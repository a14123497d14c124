//! Plain lines, for logs and pipes.

use super::{Estimate, Progress, RunEnd, sentence};
use crate::{clock::spoken, plan::PlannedRun};
use herring_protocol::{EpochRecord, StepRecord};
use std::{
    io::Write,
    time::{Duration, Instant},
};

/// A line at the start and end of each run and every few epochs between.
#[derive(Debug)]
pub struct Lines<W: Write> {
    to: W,
    estimate: Estimate,
    index: usize,
    pending: usize,
    epochs: usize,
    since: Instant,
    last_line: Instant,
}

/// Between two lines on the same run there are at least this much time and this share of its epochs.
const QUIET: Duration = Duration::from_secs(5);
const LINES_A_RUN: usize = 5;

impl<W: Write> Lines<W> {
    /// Lines to `to`.
    pub fn new(to: W) -> Self {
        Self {
            to,
            estimate: Estimate::default(),
            index: 0,
            pending: 0,
            epochs: 0,
            since: Instant::now(),
            last_line: Instant::now(),
        }
    }

    fn line(&mut self, text: &str) {
        // Whoever closed the other end does not want to hear it; the runs go on.
        let _ = writeln!(self.to, "{text}");
        let _ = self.to.flush();
        self.last_line = Instant::now();
    }
}

impl<W: Write> Progress for Lines<W> {
    fn planned(&mut self, pending: &[&PlannedRun], whole: usize) {
        self.estimate = Estimate::new(pending);
        self.pending = pending.len();
        let done = whole - pending.len();
        self.line(&match (done, pending.len()) {
            (_, 0) => format!("all {whole} runs were done before"),
            (0, _) => format!("{whole} runs to do"),
            (_, left) => format!("{left} runs to do, {done} of {whole} were done before"),
        });
    }

    fn run_started(&mut self, run: &PlannedRun) {
        self.index += 1;
        self.epochs = run.spec.training.epochs;
        self.since = Instant::now();
        self.line(&format!("[{}/{}] {}: {} epochs", self.index, self.pending, run.label(), self.epochs));
    }

    fn step(&mut self, _record: &StepRecord) {}

    fn epoch(&mut self, record: &EpochRecord) {
        self.estimate.epoch(self.since.elapsed().as_secs_f64());
        self.since = Instant::now();
        let every = self.epochs.div_ceil(LINES_A_RUN);
        if record.epoch.is_multiple_of(every) && self.last_line.elapsed() >= QUIET {
            let left = self.estimate.left().unwrap_or_default();
            self.line(&format!(
                "[{}/{}]   epoch {}/{}: training loss {:.4}, validation AUC {:.3}; about {} left",
                self.index,
                self.pending,
                record.epoch,
                self.epochs,
                record.train_cross_entropy + record.train_penalty,
                record.valid.auc,
                spoken(left),
            ));
        }
    }

    fn run_ended(&mut self, run: &PlannedRun, end: &RunEnd, seconds: f64) {
        self.estimate.run_ended();
        self.line(&format!("[{}/{}] {}", self.index, self.pending, sentence(run, end, seconds)));
    }

    fn finished(&mut self) {}
}
