//! Ctrl-C and other signals.

use crate::failure::Failure;
use herring_experiments::Exit;
use signal_hook::consts::{SIGINT, SIGTERM};
use std::sync::{Arc, atomic::AtomicBool};

/// A flag that the first interrupting signal sets; a second signal ends the process. Signals that are already ignored,
/// for instance with `nohup`, stay ignored.
pub(crate) fn stop() -> Result<Arc<AtomicBool>, Failure> {
    let stop = Arc::new(AtomicBool::new(false));
    system::watch(Arc::clone(&stop)).map_err(Failure::device)?;
    Ok(stop)
}

#[cfg(unix)]
mod system {
    use super::{Exit, SIGINT, SIGTERM};
    use signal_hook::{consts::SIGHUP, iterator::Signals};
    use std::{
        io,
        sync::{
            Arc,
            atomic::{AtomicBool, Ordering},
        },
        time::{Duration, Instant},
    };

    /// A second signal within this time is ignored: some senders signal both the process and its group.
    const ECHO: Duration = Duration::from_secs(1);

    pub(super) fn watch(stop: Arc<AtomicBool>) -> io::Result<()> {
        let wanted = [SIGINT, SIGTERM, SIGHUP].into_iter().filter(|signal| !ignored(*signal));
        let mut signals = Signals::new(wanted)?;
        std::thread::spawn(move || {
            let mut first: Option<Instant> = None;
            for _ in signals.forever() {
                stop.store(true, Ordering::Relaxed);
                if first.get_or_insert_with(Instant::now).elapsed() >= ECHO {
                    std::process::exit(Exit::Interrupted.code().into());
                }
            }
        });
        Ok(())
    }

    /// Whether the parent process had this signal ignored.
    fn ignored(signal: i32) -> bool {
        // SAFETY: all zeros is a `sigaction`, and a call without a new action only writes the old one.
        let (answer, action) = unsafe {
            let mut action: libc::sigaction = std::mem::zeroed();
            (libc::sigaction(signal, std::ptr::null(), &mut action), action)
        };
        answer == 0 && action.sa_sigaction == libc::SIG_IGN
    }
}

#[cfg(not(unix))]
mod system {
    use super::{Exit, SIGINT, SIGTERM};
    use signal_hook::flag;
    use std::{
        io,
        sync::{Arc, atomic::AtomicBool},
    };

    pub(super) fn watch(stop: Arc<AtomicBool>) -> io::Result<()> {
        for signal in [SIGINT, SIGTERM] {
            // The order matters: at the first signal the flag is not set yet.
            flag::register_conditional_shutdown(signal, Exit::Interrupted.code().into(), Arc::clone(&stop))?;
            flag::register(signal, Arc::clone(&stop))?;
        }
        Ok(())
    }
}
