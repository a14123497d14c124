//! How busy the machine is while nothing of this program runs: a measurement beside other work is not one.

use std::{fs, thread, time::Duration};

/// How long the machine is looked at.
const GLANCE: Duration = Duration::from_millis(200);

/// From which share on other work is worth a word.
pub(crate) const NOTICED: f64 = 0.1;

/// The share of the processors' time that others take now, with what a virtual machine's host takes from it, where the system
/// tells.
pub(crate) fn busy() -> Option<f64> {
    let before = times()?;
    thread::sleep(GLANCE);
    let after = times()?;
    share(before, after)
}

/// Ticks of all processors since the start, and those of them in which there was nothing to do.
fn times() -> Option<[u64; 2]> {
    parse(&fs::read_to_string("/proc/stat").ok()?)
}

fn parse(text: &str) -> Option<[u64; 2]> {
    let fields = text.lines().next()?.strip_prefix("cpu ")?.split_whitespace();
    // The eight from user to steal; what guests take is among them.
    let ticks: Vec<u64> = fields.take(8).map_while(|field| field.parse().ok()).collect();
    let (idle, waiting) = (ticks.get(3)?, ticks.get(4)?);
    Some([ticks.iter().sum(), idle + waiting])
}

fn share([total, idle]: [u64; 2], [later, later_idle]: [u64; 2]) -> Option<f64> {
    let (ticks, idle) = (later.checked_sub(total)?, later_idle.saturating_sub(idle));
    (ticks > 0).then(|| 1.0 - idle.min(ticks) as f64 / ticks as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_idle_is_busy() {
        let (before, after) = (parse("cpu  10 0 10 70 10 0 0 0 0 0\ncpu0"), parse("cpu  30 0 20 130 10 0 0 10 5 0\n"));
        assert_eq!((before, after), (Some([100, 80]), Some([200, 140])));
        assert_eq!(share(before.unwrap(), after.unwrap()), Some(0.4));
        assert_eq!(share([5, 1], [5, 1]), None);
        assert_eq!(parse("intr 1 2"), None);
    }
}
