//! Progress displays: bars in a terminal, plain lines otherwise.

mod bars;
mod estimate;
mod lines;

pub use bars::Bars;
pub use estimate::Estimate;
pub use lines::Lines;

use crate::{
    clock,
    event::{Events, RunEnd, RunName},
    store::Holder,
};
use herring_protocol::Position;
use std::{
    ffi::OsStr,
    io::{IsTerminal, stderr},
};

/// Bars if standard error is a terminal that supports them, plain lines otherwise.
pub fn for_standard_error() -> Box<dyn Events> {
    let bars = stderr().is_terminal() && supports_bars(std::env::var_os("TERM").as_deref());
    if bars { Box::new(Bars::new()) } else { Box::new(Lines::new(stderr())) }
}

/// Whether a terminal of this kind can move its cursor, which bars need.
fn supports_bars(kind: Option<&OsStr>) -> bool {
    // Windows does not set TERM.
    kind.map_or(cfg!(windows), |kind| !kind.is_empty() && kind != "dumb")
}

/// The line that reports the end of a run.
fn run_end_line(run: &RunName, end: &RunEnd, seconds: f64) -> String {
    let (label, time) = (run.label(), clock::format_duration(seconds));
    match end {
        RunEnd::Finished { scores, best_epoch } => {
            let scores: String = scores.iter().map(|(name, value)| format!("{name} {value:.3}, ")).collect();
            format!("{label}: {scores}best epoch {best_epoch}, in {time}")
        }
        RunEnd::Failed { failure } => format!("{label}: FAILED after {time}: {}", failure.message),
        RunEnd::Interrupted => format!("{label}: interrupted after {time}, resumes from its checkpoint next time"),
        RunEnd::Superseded => format!("{label}: stopped after {time}, another process has taken it over"),
    }
}

/// The process that does a run.
fn holder_name(holder: Option<&Holder>) -> String {
    holder.map_or_else(|| "another process".to_owned(), Holder::to_string)
}

/// Where a run resumes, as text; empty at its beginning.
fn resume_note(from: Position) -> String {
    match from {
        Position { epochs: 0, steps: 0 } => String::new(),
        Position { epochs, steps: 0 } => format!(", resumes after epoch {epochs}"),
        Position { epochs, steps } => format!(", resumes after epoch {epochs} and {steps} steps"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_for_terminals_that_draw() {
        assert!(supports_bars(Some("xterm-256color".as_ref())));
        assert!(!supports_bars(Some("dumb".as_ref())) && !supports_bars(Some("".as_ref())));
        assert_eq!(supports_bars(None), cfg!(windows));
    }
}
