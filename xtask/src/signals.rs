//! Ctrl-C and its kin.

use crate::failure::Failure;
use herring_experiments::Exit;
use signal_hook::{
    consts::{SIGINT, SIGTERM},
    flag,
};
use std::sync::{Arc, atomic::AtomicBool};

/// The signals that ask to end.
#[cfg(unix)]
const ENDING: [i32; 3] = [SIGINT, SIGTERM, signal_hook::consts::SIGHUP];
#[cfg(not(unix))]
const ENDING: [i32; 2] = [SIGINT, SIGTERM];

/// Set by the first signal that asks to end; the second ends the process. A signal that is ignored
/// stays so: who started this program with `nohup` means it.
pub(crate) fn stop() -> Result<Arc<AtomicBool>, Failure> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in ENDING.into_iter().filter(|signal| !ignored(*signal)) {
        // In this order: the first signal finds the flag not set yet.
        flag::register_conditional_shutdown(signal, i32::from(Exit::Interrupted.code()), Arc::clone(&stop))
            .and_then(|_| flag::register(signal, Arc::clone(&stop)))
            .map_err(Failure::device)?;
    }
    Ok(stop)
}

/// Whether a signal is ignored by what started this program.
#[cfg(unix)]
fn ignored(signal: i32) -> bool {
    // SAFETY: all zeros is a `sigaction`, and a call without a new action only writes the old one.
    let (answer, action) = unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        (libc::sigaction(signal, std::ptr::null(), &mut action), action)
    };
    answer == 0 && action.sa_sigaction == libc::SIG_IGN
}

#[cfg(not(unix))]
fn ignored(_signal: i32) -> bool {
    false
}
