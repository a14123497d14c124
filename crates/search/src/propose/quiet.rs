//! Runs code of another crate without output, panics or shared threads.
//!
//! `egobox-ego` panics on errors, installs itself as the program's logger if there is none, and uses
//! all threads available. Here it gets one thread of its own; a panic is returned as an error text
//! and its message is not printed; and the log level is kept, so that nothing is logged if the
//! program has no logger. A program that wants a logger installs it before its first search.

use egobox_ego::EgorServiceBuilder;
use std::{
    any::Any,
    cell::Cell,
    panic::{self, AssertUnwindSafe},
    sync::Once,
};

thread_local! {
    /// Whether panics of this thread are expected.
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

/// Runs `work` on a thread of its own; if it fails, returns the reason in one line.
pub(super) fn quietly<T: Send>(work: impl FnOnce() -> T + Send) -> Result<T, String> {
    static PREPARED: Once = Once::new();
    PREPARED.call_once(|| {
        silence_panics();
        keep_log_level();
    });
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build();
    let pool = pool.map_err(|error| format!("cannot start a thread: {error}"))?;
    let outcome = pool.install(|| {
        QUIET.set(true);
        panic::catch_unwind(AssertUnwindSafe(work))
    });
    outcome.map_err(|payload| reason(payload.as_ref()))
}

/// Installs a panic hook that calls the program's own except on quiet threads.
fn silence_panics() {
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        if !QUIET.get() {
            before(panic);
        }
    }));
}

/// Lets the solver install its logger, which happens once, and restores the log level.
fn keep_log_level() {
    let level = log::max_level();
    let cube = ndarray::array![[0.0, 1.0]];
    // Only its effect on the logger matters.
    let _ = EgorServiceBuilder::optimize().min_within(&cube);
    log::set_max_level(level);
}

/// What a panic said, in one line.
fn reason(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    text.and_then(|text| text.lines().next()).unwrap_or("a panic without a message").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_its_first_line() {
        assert_eq!(quietly(|| 4), Ok(4));
        let outcome: Result<(), String> = quietly(|| panic!("no {}\nsecond line", "luck"));
        assert_eq!(outcome, Err("no luck".to_owned()));
        let outcome: Result<(), String> = quietly(|| panic::panic_any(4));
        assert_eq!(outcome, Err("a panic without a message".to_owned()));
    }

    #[test]
    fn the_guest_sees_one_thread() {
        assert_eq!(quietly(rayon::current_num_threads), Ok(1));
    }

    #[test]
    fn the_log_level_stays() {
        let _ = quietly(|| ());
        assert_eq!(log::max_level(), log::LevelFilter::Off);
    }
}
