//! Estimates the remaining time from measured times.
//!
//! Methods differ in cost: a penalty on gradients doubles the work of a step. So the time of an epoch is measured for
//! each method; for a method without measurements it is scaled from the others by the relative cost of a step. Measured
//! times include how much parallel workers slow each other down. The estimate assumes that each idle worker takes the
//! next run, and ends with the last worker.

use crate::event::Event;
use herring_protocol::MethodName;
use std::collections::BTreeMap;

/// Estimates the remaining time of a reproduction, in seconds.
#[derive(Debug, Clone, Default)]
pub struct Estimate {
    workers: usize,
    /// Runs that have not started: index in the plan, method, epochs.
    waiting: Vec<(usize, MethodName, usize)>,
    /// By worker: index in the plan, method, epochs left.
    current: BTreeMap<usize, (usize, MethodName, usize)>,
    /// Measured: method, epochs, seconds.
    measured: Vec<(MethodName, f64, f64)>,
    /// The cost of a step of each method relative to one without penalties.
    costs: BTreeMap<MethodName, f64>,
}

impl Estimate {
    /// Updates the estimate.
    pub fn event(&mut self, worker: usize, event: &Event) {
        match event {
            Event::Planned { pending, workers, .. } => {
                let waiting = pending.iter().map(|one| (one.run.index, one.run.method.clone(), one.epochs));
                let costs = pending.iter().map(|one| (one.run.method.clone(), one.cost));
                *self =
                    Self { workers: *workers, waiting: waiting.collect(), costs: costs.collect(), ..Self::default() };
            }
            Event::RunStarted { run, epochs, from } => {
                self.waiting.retain(|(index, ..)| *index != run.index);
                self.current.insert(worker, (run.index, run.method.clone(), epochs.saturating_sub(from.epochs)));
            }
            Event::Epoch { run, seconds, .. } => {
                if let Some((_, _, left)) = self.current.get_mut(&worker) {
                    *left = left.saturating_sub(1);
                }
                match self.measured.iter_mut().find(|(method, ..)| *method == run.method) {
                    Some((_, epochs, total)) => {
                        *epochs += 1.0;
                        *total += seconds;
                    }
                    None => self.measured.push((run.method.clone(), 1.0, *seconds)),
                }
            }
            Event::RunEnded { .. } => {
                self.current.remove(&worker);
            }
            Event::RunElsewhere { run, .. } | Event::RunDoneElsewhere { run } => {
                self.waiting.retain(|(index, ..)| *index != run.index);
            }
            Event::WorkerLost { .. } => {
                // Another worker continues its run.
                self.waiting.extend(self.current.remove(&worker));
                self.workers = self.workers.saturating_sub(1).max(1);
            }
            Event::Step { .. }
            | Event::Note { .. }
            | Event::Checkpoint { .. }
            | Event::CheckpointRefused { .. }
            | Event::Waiting { .. }
            | Event::Finished => {}
        }
    }

    /// The remaining time; `None` before the first measurement.
    pub fn left(&self) -> Option<f64> {
        let mut free = vec![0.0; self.workers.max(self.current.len()).max(1)];
        for (at, (_, method, epochs)) in free.iter_mut().zip(self.current.values()) {
            *at = *epochs as f64 * self.epoch_seconds(method)?;
        }
        for (_, method, epochs) in &self.waiting {
            free.sort_by(f64::total_cmp);
            free[0] += *epochs as f64 * self.epoch_seconds(method)?;
        }
        free.into_iter().reduce(f64::max)
    }

    fn epoch_seconds(&self, method: &MethodName) -> Option<f64> {
        let own = self.measured.iter().find(|(other, ..)| other == method);
        if let Some((_, epochs, seconds)) = own {
            return Some(seconds / epochs);
        }
        let (work, seconds) = self.measured.iter().fold((0.0, 0.0), |(work, seconds), (method, epochs, took)| {
            (work + epochs * self.cost(method), seconds + took)
        });
        (work > 0.0).then(|| seconds / work * self.cost(method))
    }

    fn cost(&self, method: &MethodName) -> f64 {
        self.costs.get(method).copied().unwrap_or(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Pending, RunEnd, RunName};
    use herring_protocol::{AucKind, EpochRecord, Position, RunId, Scores};

    fn name(index: usize, method: &str) -> RunName {
        let id: RunId = serde_json::from_str("\"0123456789abcdef\"").unwrap();
        RunName { index, id, method: method.parse().unwrap(), seed: 1 }
    }

    fn estimate(pending: &[(&str, usize)], workers: usize) -> Estimate {
        let pending = pending.iter().enumerate();
        let pending = pending.map(|(index, (method, epochs))| Pending {
            run: name(index, method),
            epochs: *epochs,
            cost: if *method == "rrr" { 2.2 } else { 1.0 },
        });
        let mut estimate = Estimate::default();
        estimate.event(0, &Event::Planned { whole: 9, pending: pending.collect(), workers });
        estimate
    }

    fn start(estimate: &mut Estimate, worker: usize, index: usize, method: &str, done: usize) {
        let from = Position { epochs: done, steps: 0 };
        estimate.event(worker, &Event::RunStarted { run: name(index, method), epochs: 2, from });
    }

    fn epoch(estimate: &mut Estimate, worker: usize, index: usize, method: &str, seconds: f64) {
        let valid = Scores {
            authors_auc: 0.5,
            roc_auc: 0.5,
            cross_entropy: 0.7,
            loss: None,
            accuracy: 0.5,
            average_precision: 0.5,
            f1: None,
            released_f1: None,
            absolute_error: None,
            environments: Vec::new(),
        };
        let record = EpochRecord {
            epoch: 1,
            train_cross_entropy: 0.7,
            train_penalty: 0.0,
            left_out: 0,
            train: None,
            valid,
            tests: BTreeMap::new(),
            selected: false,
        };
        estimate.event(worker, &Event::Epoch { run: name(index, method), record, auc: AucKind::Roc, seconds });
    }

    fn end(estimate: &mut Estimate, worker: usize, index: usize, method: &str) {
        let (end, seconds) = (RunEnd::Interrupted, 1.0);
        estimate.event(worker, &Event::RunEnded { run: name(index, method), end, seconds, kept_seconds: 0.0 });
    }

    #[test]
    fn nothing_is_claimed_before_the_first_epoch() {
        assert_eq!(estimate(&[("baseline", 2)], 1).left(), None);
    }

    #[test]
    fn a_dearer_method_is_foreseen_and_then_measured() {
        let mut estimate = estimate(&[("baseline", 2), ("rrr", 2)], 1);
        start(&mut estimate, 1, 0, "baseline", 0);
        epoch(&mut estimate, 1, 0, "baseline", 1.0);
        assert!((estimate.left().unwrap() - (1.0 + 4.4)).abs() < 1e-9);
        end(&mut estimate, 1, 0, "baseline");
        start(&mut estimate, 1, 1, "rrr", 0);
        epoch(&mut estimate, 1, 1, "rrr", 10.0);
        assert!((estimate.left().unwrap() - 10.0).abs() < 1e-9);
        end(&mut estimate, 1, 1, "rrr");
        assert_eq!(estimate.left(), Some(0.0));
    }

    #[test]
    fn the_end_is_that_of_the_last_worker() {
        let mut estimate = estimate(&[("baseline", 2); 3], 2);
        start(&mut estimate, 1, 0, "baseline", 0);
        start(&mut estimate, 2, 1, "baseline", 1);
        epoch(&mut estimate, 1, 0, "baseline", 3.0);
        // One epoch on each, and two more on whichever is first.
        assert!((estimate.left().unwrap() - 9.0).abs() < 1e-9);
        epoch(&mut estimate, 2, 1, "baseline", 3.0);
        assert!((estimate.left().unwrap() - 6.0).abs() < 1e-9, "worker 2 has resumed half-way");
        estimate.event(2, &Event::WorkerLost { message: String::new() });
        assert!((estimate.left().unwrap() - 9.0).abs() < 1e-9, "worker 1 does all");
    }
}
