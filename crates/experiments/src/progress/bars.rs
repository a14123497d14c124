//! Progress bars in a terminal: one for each worker and one for all runs.

use super::{Estimate, holder_name, resume_note, run_end_line};
use crate::{
    clock::format_duration,
    event::{Event, Events, RunEnd},
};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

/// Bars on standard error; lines of finished runs scroll above them.
#[derive(Debug)]
pub struct Bars {
    all: MultiProgress,
    whole: ProgressBar,
    workers: BTreeMap<usize, Worker>,
    estimate: Estimate,
    /// The estimate and its time, so that it counts down between two epochs.
    estimated: Option<(f64, Instant)>,
}

#[derive(Debug)]
struct Worker {
    bar: ProgressBar,
    /// The result of the last epoch.
    last_epoch: String,
}

const RUN: &str = "{prefix:24} {bar:28} {msg}";
const WHOLE: &str = "{prefix:24} {bar:28.cyan} {pos}/{len} runs, {elapsed} so far, {msg}";
/// Positions of a bar for each epoch.
const FINE: usize = 1000;

impl Bars {
    /// Bars that are not shown yet.
    pub fn new() -> Self {
        let all = MultiProgress::new();
        Self {
            whole: all.add(ProgressBar::new(0)),
            all,
            workers: BTreeMap::new(),
            estimate: Estimate::default(),
            estimated: None,
        }
    }

    fn worker(&mut self, number: usize) -> &mut Worker {
        let (all, whole) = (&self.all, &self.whole);
        self.workers.entry(number).or_insert_with(|| {
            let bar = all.insert_before(whole, ProgressBar::new(0));
            bar.set_style(style(RUN));
            Worker { bar, last_epoch: String::new() }
        })
    }

    fn update_time_left(&mut self) {
        let text = match self.estimated {
            Some((left, at)) => format!("about {} left", format_duration((left - at.elapsed().as_secs_f64()).max(1.0))),
            None => "time left not known yet".to_owned(),
        };
        self.whole.set_message(text);
    }

    fn print_line(&self, line: &str) {
        // Ignore a closed standard error; the runs continue.
        let _ = self.all.println(line);
    }
}

impl Default for Bars {
    fn default() -> Self {
        Self::new()
    }
}

/// A style from a template of this file; the default bar if it were malformed.
fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("━╸─")
}

impl Events for Bars {
    fn event(&mut self, number: usize, event: &Event) {
        self.estimate.event(number, event);
        if !matches!(event, Event::Step { .. } | Event::Checkpoint { .. }) {
            self.estimated = self.estimate.left().map(|left| (left, Instant::now()));
        }
        match event {
            Event::Planned { pending, whole, .. } => {
                self.whole.set_style(style(WHOLE));
                self.whole.set_prefix("all");
                self.whole.set_length(*whole as u64);
                self.whole.set_position((whole - pending.len()) as u64);
                self.whole.enable_steady_tick(Duration::from_millis(500));
            }
            Event::RunStarted { run, epochs, from } => {
                let worker = self.worker(number);
                worker.last_epoch = String::new();
                worker.bar.set_prefix(run.label());
                worker.bar.set_length((epochs * FINE) as u64);
                worker.bar.set_position((from.epochs * FINE) as u64);
                worker.bar.set_message(format!("starts{}", resume_note(*from)));
            }
            Event::Step { epoch, step, steps } => {
                let worker = self.worker(number);
                worker.bar.set_position(((epoch - 1) * FINE + step * FINE / (*steps).max(1)) as u64);
                let epochs = worker.bar.length().unwrap_or_default() / FINE as u64;
                let text = format!("epoch {epoch}/{epochs}, step {step}/{steps}{}", worker.last_epoch);
                worker.bar.set_message(text);
            }
            Event::Epoch { record, auc, .. } => {
                self.worker(number).last_epoch = format!(", validation AUC {:.3}", auc.of(&record.valid));
            }
            Event::RunElsewhere { run, holder } => {
                let text = format!("waiting for {}", holder_name(holder.as_ref()));
                let worker = self.worker(number);
                worker.bar.set_prefix(run.label());
                worker.bar.set_message(text);
            }
            Event::Waiting { run } => {
                let worker = self.worker(number);
                worker.bar.set_prefix(run.label());
                worker.bar.set_message("waiting for the runs that it needs");
            }
            Event::Note { run, text } => self.print_line(&format!("{}: {text}", run.label())),
            Event::CheckpointRefused { run, message } => self.print_line(&format!("{}: {message}", run.label())),
            Event::RunEnded { run, end, seconds, .. } => {
                self.print_line(&run_end_line(run, end, *seconds));
                if matches!(end, RunEnd::Finished { .. } | RunEnd::Failed { .. }) {
                    self.whole.inc(1);
                }
                self.worker(number).bar.set_message("done");
            }
            Event::RunDoneElsewhere { .. } => self.whole.inc(1),
            Event::WorkerLost { message } => {
                self.print_line(&format!("worker {number}: {message}"));
                self.worker(number).bar.finish_and_clear();
            }
            Event::Checkpoint { .. } => {}
            Event::Finished => {
                for worker in self.workers.values() {
                    worker.bar.finish_and_clear();
                }
                self.whole.finish_and_clear();
                return;
            }
        }
        self.update_time_left();
    }
}
