//! The processes of a test cluster: how they start, and how all of them end.
//!
//! A node's daemon starts a step for every task, which leaves its parent and its process group, and the step
//! starts the task. They keep the environment, which `/proc` shows.

use std::{
    fs::{self, File},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

#[derive(Debug)]
pub(super) struct Daemon {
    name: String,
    log: PathBuf,
    child: Child,
}

impl Daemon {
    pub(super) fn start(name: &str, program: &Path, arguments: &[&str], configuration: &Path) -> Result<Self, String> {
        let log = configuration.with_file_name(format!("{name}.out"));
        let start = || {
            let output = File::create(&log)?;
            let errors = output.try_clone()?;
            let mut command = Command::new(program);
            command.args(arguments).env("SLURM_CONF", configuration);
            command.stdin(Stdio::null()).stdout(output).stderr(errors).spawn()
        };
        let child = start().map_err(|error| format!("{}: {error}", program.display()))?;
        Ok(Self { name: name.to_owned(), log, child })
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The last lines of its log.
    pub(super) fn log(&self) -> String {
        let text = fs::read(&self.log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }

    /// A message if it has ended by itself.
    pub(super) fn ended(&mut self) -> Option<String> {
        let status = self.child.try_wait().ok()??;
        Some(format!("{} ended by itself ({status}): {}", self.name, self.log()))
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // All processes were killed before; waiting removes the zombie.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(super) fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

/// Kills all processes whose environment satisfies `chosen`, until there are none: they may start others
/// meanwhile.
pub(super) fn kill_all(chosen: impl Fn(&dyn Fn(&str) -> Option<String>) -> bool) -> Result<(), String> {
    for _ in 0..50 {
        let found = list(&chosen).map_err(|error| format!("/proc: {error}"))?;
        if found.is_empty() {
            return Ok(());
        }
        // Some may have ended by now, so the command's own exit status is ignored.
        let kill = Command::new("/bin/sh").args(["-c", "kill -KILL \"$@\" 2>/dev/null", "sh"]).args(&found).status();
        kill.map_err(|error| format!("kill: {error}"))?;
        thread::sleep(Duration::from_millis(20));
    }
    Err("processes are still there after being killed 50 times".into())
}

fn list(chosen: &impl Fn(&dyn Fn(&str) -> Option<String>) -> bool) -> std::io::Result<Vec<String>> {
    let mut found = Vec::new();
    let own = std::process::id().to_string();
    for entry in fs::read_dir("/proc")? {
        let entry = entry?;
        let id = entry.file_name().to_string_lossy().into_owned();
        if !id.bytes().all(|byte| byte.is_ascii_digit()) || id == own {
            continue;
        }
        // A process that has ended meanwhile has no environment; neither has a zombie.
        let Ok(environment) = fs::read(entry.path().join("environ")) else { continue };
        let environment = String::from_utf8_lossy(&environment);
        let variable = |name: &str| {
            let value = |line: &str| line.strip_prefix(name)?.strip_prefix('=').map(str::to_owned);
            environment.split('\0').find_map(value)
        };
        if chosen(&variable) {
            found.push(id);
        }
    }
    Ok(found)
}
