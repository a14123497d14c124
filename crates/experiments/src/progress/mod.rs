//! What a person sees while runs go on: bars in a terminal, plain lines elsewhere.

mod bars;
mod estimate;
mod lines;

pub use bars::Bars;
pub use estimate::Estimate;
pub use lines::Lines;

use crate::{plan::PlannedRun, store::RunFailed};
use herring_protocol::{EpochRecord, StepRecord};
use std::{
    ffi::OsStr,
    io::{IsTerminal, stderr},
};

/// How one run ended.
#[derive(Debug, Clone, PartialEq)]
pub enum RunEnd {
    /// With a result.
    Finished {
        /// Test AUC of the selected model.
        auc: f64,
        /// Its intersection over prediction.
        iop: f64,
        /// The selected epoch, 1-based.
        best_epoch: usize,
    },
    /// Without.
    Failed(RunFailed),
    /// It was asked to stop; nothing is kept of it.
    Interrupted,
}

/// Watches a reproduction. Its methods are called in the order in which they stand here, those of a
/// run again for each.
pub trait Progress {
    /// These runs are to be done now, of `whole` in the plan.
    fn planned(&mut self, pending: &[&PlannedRun], whole: usize);
    /// A run starts.
    fn run_started(&mut self, run: &PlannedRun);
    /// A training step of it is done.
    fn step(&mut self, record: &StepRecord);
    /// An epoch of it is done.
    fn epoch(&mut self, record: &EpochRecord);
    /// It ended, after `seconds`.
    fn run_ended(&mut self, run: &PlannedRun, end: &RunEnd, seconds: f64);
    /// Nothing follows.
    fn finished(&mut self);
}

/// Bars if standard error is a terminal that can draw them, plain lines on it if not.
pub fn for_standard_error() -> Box<dyn Progress> {
    if stderr().is_terminal() && draws(std::env::var_os("TERM").as_deref()) {
        Box::new(Bars::new())
    } else {
        Box::new(Lines::new(stderr()))
    }
}

/// Whether a terminal of this kind moves its cursor: bars on another one would show nothing at all.
fn draws(kind: Option<&OsStr>) -> bool {
    // Windows names no kind.
    kind.map_or(cfg!(windows), |kind| !kind.is_empty() && kind != "dumb")
}

/// Shows nothing.
#[derive(Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn planned(&mut self, _pending: &[&PlannedRun], _whole: usize) {}
    fn run_started(&mut self, _run: &PlannedRun) {}
    fn step(&mut self, _record: &StepRecord) {}
    fn epoch(&mut self, _record: &EpochRecord) {}
    fn run_ended(&mut self, _run: &PlannedRun, _end: &RunEnd, _seconds: f64) {}
    fn finished(&mut self) {}
}

/// One line on how a run ended.
fn sentence(run: &PlannedRun, end: &RunEnd, seconds: f64) -> String {
    let time = crate::clock::spoken(seconds);
    match end {
        RunEnd::Finished { auc, iop, best_epoch } => {
            format!("{}: test AUC {auc:.3}, IoP {iop:.3}, best epoch {best_epoch}, in {time}", run.label())
        }
        RunEnd::Failed(failed) => format!("{}: FAILED after {time}: {}", run.label(), failed.message),
        RunEnd::Interrupted => format!("{}: interrupted after {time}, nothing kept", run.label()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_for_terminals_that_draw() {
        assert!(draws(Some("xterm-256color".as_ref())));
        assert!(!draws(Some("dumb".as_ref())) && !draws(Some("".as_ref())));
        assert_eq!(draws(None), cfg!(windows));
    }
}
