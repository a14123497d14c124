//! `test`: runs every check of the workspace as a stage; the others run even if one fails.

use crate::{arguments::TestArguments, failure::Failure, print};
use herring_experiments::Exit;
use std::{
    io::{BufRead, BufReader, IsTerminal, Write, stderr},
    process::{Command, Stdio},
    time::Instant,
};

/// A call of cargo.
struct Stage {
    name: &'static str,
    arguments: &'static [&'static str],
    /// The arguments after the features.
    after: &'static [&'static str],
    environment: &'static [(&'static str, &'static str)],
    featured: bool,
}

// All in the release profile, so that dependencies, build scripts and macros are built once.
const STAGES: [Stage; 4] = [
    Stage { name: "format", arguments: &["fmt", "--all", "--check"], after: &[], environment: &[], featured: false },
    Stage {
        name: "lints",
        arguments: &["clippy", "--release", "--workspace", "--all-targets"],
        after: &["--", "-D", "warnings"],
        environment: &[],
        featured: true,
    },
    Stage {
        name: "documentation",
        arguments: &["doc", "--release", "--workspace", "--no-deps"],
        after: &[],
        environment: &[("RUSTDOCFLAGS", "-D warnings")],
        featured: true,
    },
    Stage {
        name: "tests",
        arguments: &["test", "--release", "--workspace", "--no-fail-fast"],
        after: &[],
        environment: &[],
        featured: true,
    },
];

pub(crate) fn run(arguments: &TestArguments) -> Result<Exit, Failure> {
    let mut failed = Vec::new();
    let mut skipped = Vec::new();
    for stage in STAGES {
        print(&format!("==> {}", stage.name))?;
        let clock = Instant::now();
        let passed = stage.run(arguments.features.as_deref(), &mut skipped);
        let word = if passed { "ok" } else { "FAILED" };
        print(&format!("==> {}: {word} in {:.1} s", stage.name, clock.elapsed().as_secs_f64()))?;
        if !passed {
            failed.push(stage.name);
        }
    }
    for line in &skipped {
        print(line)?;
    }
    if failed.is_empty() {
        print(&format!("all checks passed, {} skipped", skipped.len()))?;
        Ok(Exit::Done)
    } else {
        print(&format!("failed: {}; {} skipped", failed.join(", "), skipped.len()))?;
        Ok(Exit::SomeFailed)
    }
}

/// A call of the cargo that runs this program, or of the one that is installed.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // What `cargo run` sets for this program would make the build scripts of others run again.
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("CARGO_PKG_") || name == "CARGO_MANIFEST_DIR" {
            command.env_remove(name);
        }
    }
    command
}

impl Stage {
    /// Runs the stage; collects the lines in which tests report that they skip something.
    fn run(&self, features: Option<&str>, skipped: &mut Vec<String>) -> bool {
        let mut command = cargo();
        command.args(self.arguments);
        if let Some(features) = features.filter(|_| self.featured) {
            command.args(["--features", features]);
        }
        command.args(self.after).envs(self.environment.iter().copied());
        if stderr().is_terminal() {
            command.env("CARGO_TERM_COLOR", "always");
        }
        match command.stderr(Stdio::piped()).spawn() {
            Ok(mut child) => {
                if let Some(lines) = child.stderr.take() {
                    for line in BufReader::new(lines).lines().map_while(Result::ok) {
                        let _ = writeln!(stderr(), "{line}");
                        if line.starts_with("SKIPPED") {
                            skipped.push(line);
                        }
                    }
                }
                child.wait().is_ok_and(|status| status.success())
            }
            Err(error) => {
                let _ = writeln!(stderr(), "cannot start cargo: {error}");
                false
            }
        }
    }
}
