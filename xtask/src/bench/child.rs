//! Processes that are waited for, with an end in time.

use std::{
    io::{Read, Write},
    process::{Child, Command, ExitStatus, Stdio},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

/// How often a process with a deadline is looked at.
const GLANCE: Duration = Duration::from_millis(20);

/// A deadline for one of several measurements that have to end by `deadline`: a quarter of the time that is left, so that one that
/// takes too long does not leave all others without time.
pub(crate) fn own(deadline: Instant) -> Instant {
    let now = Instant::now();
    now + deadline.saturating_duration_since(now) / 4
}

/// How a process ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ended {
    /// Well, with this standard output.
    Done(String),
    /// Otherwise, with the last line that it said about it and its standard output.
    Failed(String, String),
    /// It was stopped at the deadline.
    TooLate,
}

/// Runs a process to its end, or to the deadline, with `input` on its standard input.
pub(crate) fn run(command: &mut Command, input: &str, deadline: Option<Instant>) -> Ended {
    let name = command.get_program().to_string_lossy().into_owned();
    let spawned = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = match spawned {
        Ok(child) => child,
        Err(error) => return Ended::Failed(format!("cannot start '{name}': {error}"), String::new()),
    };
    let (output, errors) = (collected(child.stdout.take()), collected(child.stderr.take()));
    if let Some(mut stdin) = child.stdin.take() {
        // A process that ends without reading its input says why by itself.
        let _ = stdin.write_all(input.as_bytes());
    }
    let status = match until(&mut child, deadline) {
        Some(status) => status,
        None => return Ended::TooLate,
    };
    let (output, errors) = (joined(output), joined(errors));
    match status {
        Ok(status) if status.success() => Ended::Done(output),
        Ok(status) => {
            let last = errors.lines().rev().map(str::trim).find(|line| !line.is_empty());
            Ended::Failed(last.map_or_else(|| format!("{name} ended with {status}"), str::to_owned), output)
        }
        Err(error) => Ended::Failed(format!("cannot wait for '{name}': {error}"), output),
    }
}

/// Waits for a process; at the deadline it is killed, and there is no status.
fn until(child: &mut Child, deadline: Option<Instant>) -> Option<std::io::Result<ExitStatus>> {
    let Some(deadline) = deadline else {
        return Some(child.wait());
    };
    loop {
        match child.try_wait() {
            Ok(None) if Instant::now() >= deadline => {
                // It may have ended in the meantime.
                let _ = child.kill();
                let _ = child.wait();
                return None;
            }
            Ok(None) => thread::sleep(GLANCE),
            Ok(Some(status)) => return Some(Ok(status)),
            Err(error) => return Some(Err(error)),
        }
    }
}

/// Reads a pipe while the process runs, so that it never waits for a reader.
pub(crate) fn collected(pipe: Option<impl Read + Send + 'static>) -> JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            // What was read before an error is still of use.
            let _ = pipe.read_to_end(&mut bytes);
        }
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

fn joined(reader: JoinHandle<String>) -> String {
    reader.join().unwrap_or_default()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn shell(text: &str, deadline: Option<Instant>) -> Ended {
        run(Command::new("sh").args(["-c", text]), "word\n", deadline)
    }

    #[test]
    fn what_a_process_prints_and_why_it_failed() {
        assert_eq!(shell("cat", None), Ended::Done("word\n".to_owned()));
        let failed = shell("echo some; echo first >&2; echo last >&2; exit 3", None);
        assert_eq!(failed, Ended::Failed("last".to_owned(), "some\n".to_owned()));
        let Ended::Failed(said, _) = run(&mut Command::new("no-such-program"), "", None) else { panic!("it started") };
        assert!(said.starts_with("cannot start 'no-such-program': "), "{said}");
    }

    #[test]
    fn a_measurement_has_a_quarter_of_the_time_that_is_left() {
        let hour = Duration::from_secs(3600);
        let left = own(Instant::now() + hour).saturating_duration_since(Instant::now());
        assert!(left > hour / 5 && left <= hour / 4, "{left:?}");
        assert!(own(Instant::now()) <= Instant::now());
    }

    #[test]
    fn a_process_is_stopped_at_its_deadline() {
        let clock = Instant::now();
        assert_eq!(shell("exec sleep 60", Some(clock + Duration::from_millis(100))), Ended::TooLate);
        assert!(clock.elapsed() < Duration::from_secs(30));
    }
}
