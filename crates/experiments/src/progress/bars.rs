//! Two bars in a terminal: the current run and the whole.

use super::{Estimate, Progress, RunEnd, sentence};
use crate::{clock::spoken, plan::PlannedRun};
use herring_protocol::{EpochRecord, StepRecord};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use std::time::{Duration, Instant};

/// Bars on standard error; the lines of finished runs scroll by above them.
#[derive(Debug)]
pub struct Bars {
    both: MultiProgress,
    run: ProgressBar,
    whole: ProgressBar,
    estimate: Estimate,
    since: Instant,
    told: String,
    /// When the estimate was made, so that it can run down between two epochs.
    estimated: Option<(f64, Instant)>,
}

const RUN: &str = "{prefix:24} {bar:28} {msg}";
const WHOLE: &str = "{prefix:24} {bar:28.cyan} {pos}/{len} runs, {elapsed} so far, {msg}";

impl Bars {
    /// Bars that are not shown yet.
    pub fn new() -> Self {
        let both = MultiProgress::new();
        Self {
            run: both.add(ProgressBar::new(0)),
            whole: both.add(ProgressBar::new(0)),
            both,
            estimate: Estimate::default(),
            since: Instant::now(),
            told: String::new(),
            estimated: None,
        }
    }

    fn tell_left(&mut self) {
        let text = match self.estimated {
            Some((left, at)) => format!("about {} left", spoken((left - at.elapsed().as_secs_f64()).max(1.0))),
            None => "time left not known yet".to_owned(),
        };
        self.whole.set_message(text);
    }
}

impl Default for Bars {
    fn default() -> Self {
        Self::new()
    }
}

/// A style of this file, which is known to be well formed; the plain bar if it were not.
fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("━╸─")
}

impl Progress for Bars {
    fn planned(&mut self, pending: &[&PlannedRun], whole: usize) {
        self.estimate = Estimate::new(pending);
        self.run.set_style(style(RUN));
        self.whole.set_style(style(WHOLE));
        self.whole.set_prefix("all");
        self.whole.set_length(whole as u64);
        self.whole.set_position((whole - pending.len()) as u64);
        self.whole.enable_steady_tick(Duration::from_millis(500));
        self.tell_left();
    }

    fn run_started(&mut self, run: &PlannedRun) {
        self.run.set_prefix(run.label());
        self.run.set_length(run.spec.training.epochs as u64 * 1000);
        self.run.set_position(0);
        self.run.set_message("starts");
        self.told = String::new();
        self.since = Instant::now();
    }

    fn step(&mut self, record: &StepRecord) {
        let share = record.step * 1000 / record.steps.max(1);
        self.run.set_position(((record.epoch - 1) * 1000 + share) as u64);
        let epochs = self.run.length().unwrap_or_default() / 1000;
        self.run.set_message(format!(
            "epoch {}/{epochs}, step {}/{}{}",
            record.epoch, record.step, record.steps, self.told
        ));
        self.tell_left();
    }

    fn epoch(&mut self, record: &EpochRecord) {
        self.estimate.epoch(self.since.elapsed().as_secs_f64());
        self.since = Instant::now();
        self.estimated = self.estimate.left().map(|left| (left, Instant::now()));
        self.told = format!(", validation AUC {:.3}", record.valid.auc);
        self.tell_left();
    }

    fn run_ended(&mut self, run: &PlannedRun, end: &RunEnd, seconds: f64) {
        self.estimate.run_ended();
        self.estimated = self.estimate.left().map(|left| (left, Instant::now()));
        let _ = self.both.println(sentence(run, end, seconds));
        self.whole.inc(1);
        self.tell_left();
    }

    fn finished(&mut self) {
        self.run.finish_and_clear();
        self.whole.finish_and_clear();
    }
}
