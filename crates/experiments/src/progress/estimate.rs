//! How long it will still take, from what was measured.
//!
//! Methods cost differently: a penalty on gradients doubles the work of a step. So the time of an
//! epoch is kept for each method, and a method that was not measured yet is taken to stand to the
//! measured ones as its passes do.

use crate::plan::PlannedRun;
use herring_protocol::Method;

/// Foresees the time left of a reproduction. All times are in seconds.
#[derive(Debug, Clone, Default)]
pub struct Estimate {
    /// Runs that are not done, the current one first: method and epochs.
    pending: Vec<(Method, usize)>,
    /// Measured: method, epochs, seconds.
    measured: Vec<(Method, f64, f64)>,
    epochs_done: usize,
}

impl Estimate {
    /// Nothing is measured yet of these runs.
    pub fn new(pending: &[&PlannedRun]) -> Self {
        let pending = pending.iter().map(|run| (run.spec.method, run.spec.training.epochs));
        Self { pending: pending.collect(), ..Self::default() }
    }

    /// An epoch of the current run took so long.
    pub fn epoch(&mut self, seconds: f64) {
        let Some(&(method, _)) = self.pending.first() else {
            return;
        };
        self.epochs_done += 1;
        match self.measured.iter_mut().find(|(other, ..)| *other == method) {
            Some((_, epochs, total)) => {
                *epochs += 1.0;
                *total += seconds;
            }
            None => self.measured.push((method, 1.0, seconds)),
        }
    }

    /// The current run has ended, early or not.
    pub fn run_ended(&mut self) {
        self.epochs_done = 0;
        if !self.pending.is_empty() {
            self.pending.remove(0);
        }
    }

    /// The time left, once there is something to tell it from.
    pub fn left(&self) -> Option<f64> {
        let mut total = 0.0;
        for (index, (method, epochs)) in self.pending.iter().enumerate() {
            let done = if index == 0 { self.epochs_done } else { 0 };
            total += epochs.saturating_sub(done) as f64 * self.epoch_seconds(*method)?;
        }
        Some(total)
    }

    fn epoch_seconds(&self, method: Method) -> Option<f64> {
        let own = self.measured.iter().find(|(other, ..)| *other == method);
        if let Some((_, epochs, seconds)) = own {
            return Some(seconds / epochs);
        }
        let (work, seconds) = self.measured.iter().fold((0.0, 0.0), |(work, seconds), (method, epochs, took)| {
            (work + epochs * relative_cost(*method), seconds + took)
        });
        (work > 0.0).then(|| seconds / work * relative_cost(method))
    }
}

/// The work of a step against a plain one, as measured on a processor: a second forward pass, or
/// differentiating twice, about doubles it; most steps of the adversarial game leave the encoder alone.
fn relative_cost(method: Method) -> f64 {
    match method {
        Method::Baseline | Method::Masked | Method::MaskedZero => 1.0,
        Method::Adversarial => 1.3,
        Method::ActDiff => 2.0,
        Method::GradMask | Method::Rrr => 2.2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn estimate(pending: &[(Method, usize)]) -> Estimate {
        Estimate { pending: pending.to_vec(), ..Estimate::default() }
    }

    #[test]
    fn nothing_is_claimed_before_the_first_epoch() {
        assert_eq!(estimate(&[(Method::Baseline, 10)]).left(), None);
    }

    #[test]
    fn a_dearer_method_is_foreseen_and_then_measured() {
        let mut estimate = estimate(&[(Method::Baseline, 2), (Method::Rrr, 2)]);
        estimate.epoch(1.0);
        assert!((estimate.left().unwrap() - (1.0 + 4.4)).abs() < 1e-9);
        estimate.run_ended();
        estimate.epoch(10.0);
        assert!((estimate.left().unwrap() - 10.0).abs() < 1e-9);
        estimate.run_ended();
        assert_eq!(estimate.left(), Some(0.0));
    }
}
