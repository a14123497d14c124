//! The suites of the crate `herring-tests` on one device: golden values and conformance.

use crate::{
    bench::child::{self, Ended},
    bench::sample::Reason,
    checks, say,
};
use herring_training::Device;
use serde::Serialize;
use serde_json::Value;
use std::{
    path::PathBuf,
    process::{Command, Stdio},
    time::Instant,
};

/// The shorter one first.
const NAMES: [&str; 2] = ["conformance", "golden"];

/// The suites that cargo built, or why it could not.
#[derive(Debug)]
pub(super) struct Built {
    programs: Result<Vec<(String, PathBuf)>, String>,
    seconds: f64,
}

/// What the suites say.
#[derive(Debug, Serialize)]
pub(super) struct Suites {
    /// How long cargo built them.
    pub(super) compiling_seconds: f64,
    /// Why there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) missing: Option<String>,
    pub(super) suites: Vec<Suite>,
}

/// What one of them says.
#[derive(Debug, Serialize)]
pub(super) struct Suite {
    pub(super) name: String,
    pub(super) seconds: f64,
    pub(super) passed: usize,
    pub(super) failed: Vec<String>,
    /// Why it did not end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ended: Option<Reason>,
    /// Everything that it printed.
    pub(super) output: String,
}

/// The features of this build that the suites need for its devices.
fn features() -> Vec<&'static str> {
    let all =
        [("cuda", cfg!(feature = "cuda")), ("wgpu", cfg!(feature = "wgpu")), ("vulkan", cfg!(feature = "vulkan"))];
    all.into_iter().filter(|(_, compiled)| *compiled).map(|(name, _)| name).collect()
}

/// Builds the suites.
pub(super) fn build() -> Built {
    let clock = Instant::now();
    say("building the suites with cargo; this does not count");
    let mut command = checks::cargo();
    // The whole workspace is what `cargo xtask test` builds, so that nothing is built twice.
    command.args(["test", "--release", "--workspace", "--no-run", "--message-format", "json"]);
    command.args(NAMES.iter().flat_map(|name| ["--test", name]));
    let features = features();
    if !features.is_empty() {
        command.args(["--features", &features.join(",")]);
    }
    let programs = match command.stderr(Stdio::inherit()).output() {
        Ok(output) if output.status.success() => programs(&String::from_utf8_lossy(&output.stdout)),
        Ok(output) => Err(format!("cargo ended with {}; expected a checkout of the workspace", output.status)),
        Err(error) => Err(format!("cannot start cargo: {error}")),
    };
    Built { programs, seconds: clock.elapsed().as_secs_f64() }
}

/// The suites among the messages of cargo.
fn programs(messages: &str) -> Result<Vec<(String, PathBuf)>, String> {
    let messages = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut found: Vec<(String, PathBuf)> = messages
        .filter(|message| message["package_id"].as_str().is_some_and(|id| id.contains("herring-tests")))
        .filter_map(|message| {
            let name = message["target"]["name"].as_str().filter(|name| NAMES.contains(name))?.to_owned();
            Some((name, PathBuf::from(message["executable"].as_str()?)))
        })
        .collect();
    found.sort();
    match found.is_empty() {
        true => Err("cargo built no suite, expected those of herring-tests".to_owned()),
        false => Ok(found),
    }
}

/// Runs the suites on one device, each to its own deadline.
pub(super) fn run(built: Built, device: &Device, deadlines: [Instant; 2]) -> Suites {
    let Built { programs, seconds } = built;
    let (programs, missing) = match programs {
        Ok(programs) => (programs, None),
        Err(said) => (Vec::new(), Some(said)),
    };
    let suites = programs.into_iter().zip(deadlines);
    let suites = suites.map(|((name, program), deadline)| suite(name, program, device, deadline)).collect();
    Suites { compiling_seconds: seconds, missing, suites }
}

fn suite(name: String, program: PathBuf, device: &Device, deadline: Instant) -> Suite {
    let clock = Instant::now();
    let mut command = Command::new(program);
    command.args(["--show-output", "--test-threads", "1"]);
    command.env("HERRING_DEVICE", format!("{}:{}", device.backend, device.index));
    let (output, ended) = match child::run(&mut command, "", Some(deadline)) {
        Ended::Done(output) => (output, None),
        Ended::Failed(said, output) => {
            // A suite that counts its failures ended as suites do.
            let ended = if output.contains("test result: FAILED") { None } else { Some(Reason::Failed(said)) };
            (output, ended)
        }
        Ended::TooLate => (String::new(), Some(Reason::NoTime)),
    };
    let seconds = clock.elapsed().as_secs_f64();
    let verdict = |word: &str| -> Vec<String> {
        let lines = output.lines().filter_map(|line| line.strip_prefix("test ")?.strip_suffix(word));
        lines.map(str::to_owned).collect()
    };
    let (passed, failed) = (verdict(" ... ok").len(), verdict(" ... FAILED"));
    let suite = Suite { name, seconds, passed, failed, ended, output };
    say(&suite.text());
    suite
}

impl Suite {
    /// One line.
    pub(super) fn text(&self) -> String {
        let Self { name, seconds, passed, failed, ended, .. } = self;
        match ended {
            Some(Reason::NoTime) => format!("{name}: not finished after {seconds:.0} s"),
            Some(Reason::Failed(said) | Reason::Cannot(said)) => format!("{name}: failed: {said}"),
            None if failed.is_empty() => format!("{name}: {passed} passed in {seconds:.0} s"),
            None => format!("{name}: {passed} passed, {} FAILED: {}", failed.len(), failed.join(", ")),
        }
    }

    /// What it compared, in its own words.
    pub(super) fn details(&self) -> impl Iterator<Item = &str> {
        self.output.lines().map(str::trim).filter(|line| line.starts_with("compared "))
    }
}

impl Suites {
    pub(super) fn problems(&self) -> Vec<String> {
        let bad = |suite: &&Suite| !suite.failed.is_empty() || matches!(suite.ended, Some(Reason::Failed(_)));
        let missing = self.missing.iter().map(|said| format!("suites: {said}"));
        missing.chain(self.suites.iter().filter(bad).map(Suite::text)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_suites_of_the_tests_are_found_among_the_messages() {
        let message = |package: &str, name: &str| {
            format!(
                r#"{{"reason":"compiler-artifact","package_id":"path+file:///x/{package}#0.1.0","target":{{"name":"{name}"}},"executable":"/x/{name}-1"}}"#
            )
        };
        let messages = [
            message("stats#herring-stats@", "golden"),
            message("tests#herring-tests@", "golden"),
            "not JSON".to_owned(),
            message("tests#herring-tests@", "other"),
        ];
        assert_eq!(programs(&messages.join("\n")).unwrap(), [("golden".to_owned(), PathBuf::from("/x/golden-1"))]);
        assert!(programs("").is_err());
    }
}
