//! A private Slurm for tests: a controller and some nodes, all on this machine.
//!
//! Debian's `slurm-wlm` is enough; munge, systemd, cgroups, accounting and users are not needed. The daemons run
//! as root (Slurm insists on it), in the foreground, on ports that were free a moment ago, with all their files
//! in a temporary folder. All of Slurm's delays are as short as it allows:
//!
//! | Setting | Why |
//! |---|---|
//! | `AuthInfo=cred_expire=5` | a requeued job waits until its credential has expired, 2 minutes by default; 5 s is the least |
//! | `SlurmdTimeout`, `MessageTimeout`, `TCPTimeout` | a dead node is declared down after about 10 s |
//! | `SchedulerParameters` | jobs start within a second or two |
//! | `SlurmdParameters=config_overrides` | nodes may have more cores than this machine |
//!
//! A test without a cluster says so and passes:
//!
//! ```no_run
//! use herring_cluster::testing::{TestCluster, skipped};
//!
//! let Some(mut cluster) = TestCluster::start(2)? else {
//!     skipped("my_test");
//!     return Ok(());
//! };
//! let slurm = cluster.slurm()?;
//! cluster.stop_node(2)?;
//! # Ok::<(), String>(())
//! ```

mod configuration;
mod processes;

use crate::Slurm;
use configuration::Configuration;
use processes::Daemon;
use std::{
    ffi::OsString,
    io::{Write, stderr},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// Settings of a test cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Nodes, named `n1`, `n2` and so on.
    pub nodes: usize,
    /// Cores of each as configured in Slurm; this many tasks that ask for one core run at a time.
    pub cpus: usize,
    /// `MaxArraySize`.
    pub max_array_size: usize,
    /// `MinJobAge`: seconds after which Slurm may forget a job that is over.
    pub minimum_job_age: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self { nodes: 2, cpus: 4, max_array_size: 1001, minimum_job_age: 300 }
    }
}

/// A running Slurm. Everything it started ends when this is dropped.
#[derive(Debug)]
pub struct TestCluster {
    // Dropped by hand before the folder, which dead daemons no longer write to.
    daemons: Vec<Daemon>,
    slurmd: PathBuf,
    configuration: Configuration,
    folder: TempDir,
}

/// How many times starting is tried: another process may take a port between the search and the start.
const TRIALS: usize = 3;
const START_LIMIT: Duration = Duration::from_secs(30);

impl TestCluster {
    /// Starts a controller and `nodes` nodes of 4 cores; `None` if Slurm is not installed or the user is not
    /// root.
    pub fn start(nodes: usize) -> Result<Option<Self>, String> {
        Self::start_with(&Settings { nodes, ..Settings::default() })
    }

    /// The same with all settings given.
    pub fn start_with(settings: &Settings) -> Result<Option<Self>, String> {
        let found = (find("slurmctld"), find("slurmd"), find("sinfo"));
        let (Some(slurmctld), Some(slurmd), Some(_)) = found else { return Ok(None) };
        if !processes::is_root() {
            return Ok(None);
        }
        let mut trial = Err(String::new());
        for _ in 0..TRIALS {
            trial = Self::try_start(settings, &slurmctld, &slurmd);
            if trial.is_ok() {
                break;
            }
        }
        trial.map(Some)
    }

    fn try_start(settings: &Settings, slurmctld: &Path, slurmd: &Path) -> Result<Self, String> {
        let folder = tempfile::tempdir().map_err(|error| format!("temporary folder: {error}"))?;
        let configuration = Configuration::write(folder.path(), settings)?;
        let mut cluster = Self { daemons: Vec::new(), slurmd: slurmd.to_owned(), configuration, folder };
        let controller = Daemon::start("slurmctld", slurmctld, &["-D"], &cluster.configuration.controller())?;
        cluster.daemons.push(controller);
        for node in 1..=settings.nodes {
            cluster.start_node(node)?;
        }
        Ok(cluster)
    }

    /// The variables that Slurm's commands need to find this cluster.
    pub fn environment(&self) -> Vec<(OsString, OsString)> {
        vec![("SLURM_CONF".into(), self.configuration.controller().into())]
    }

    /// The commands of Slurm, configured for this cluster.
    pub fn slurm(&self) -> Result<Slurm, String> {
        Slurm::find_with(&self.environment()).map_err(|error| error.to_string())
    }

    /// The temporary folder. It is deleted with the cluster.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Kills node `node` (from 1) with everything that runs on it, as a power cut would. Slurm notices after
    /// about 10 s, and requeues the tasks.
    pub fn stop_node(&mut self, node: usize) -> Result<(), String> {
        let name = self.name(node)?;
        let configuration = self.configuration.node(node);
        processes::kill_all(|variable| {
            variable("SLURM_CONF").is_some_and(|path| Path::new(&path) == configuration)
                || self.is_mine(variable) && variable("SLURMD_NODENAME").as_ref() == Some(&name)
        })?;
        self.daemons.retain(|daemon| daemon.name() != name);
        Ok(())
    }

    /// Starts node `node` (from 1), for the first time or again, and waits until Slurm reports it as idle.
    pub fn start_node(&mut self, node: usize) -> Result<(), String> {
        let name = self.name(node)?;
        if self.daemons.iter().any(|daemon| daemon.name() == name) {
            return Err(format!("node {name}: found it running, expected it stopped"));
        }
        let daemon = Daemon::start(&name, &self.slurmd, &["-D", "-N", &name], &self.configuration.node(node))?;
        self.daemons.push(daemon);
        let deadline = Instant::now() + START_LIMIT;
        loop {
            let state = self.run("sinfo", &["--noheader", "--nodes", &name, "--format", "%T"]);
            // A star after the state means that the node does not answer.
            if state.as_deref().is_ok_and(|state| matches!(state.trim(), "idle" | "mixed" | "allocated")) {
                return Ok(());
            }
            if let Some(ended) = self.daemons.iter_mut().find_map(Daemon::ended) {
                return Err(ended);
            }
            if Instant::now() > deadline {
                return Err(format!("node {name}: found {state:?} after {START_LIMIT:?}, expected idle"));
            }
            thread::sleep(Duration::from_millis(100));
        }
    }

    /// Sends a running task back to the queue, as a more urgent job would. It starts again after about 6 s.
    pub fn requeue(&self, job: u64, task: usize) -> Result<(), String> {
        self.run("scontrol", &["requeue", &format!("{job}_{task}")]).map(drop)
    }

    /// Runs a command of Slurm and returns its output.
    pub fn run(&self, command: &str, arguments: &[&str]) -> Result<String, String> {
        let output = Command::new(command)
            .args(arguments)
            .envs(self.environment())
            .stdin(Stdio::null())
            .output()
            .map_err(|error| format!("{command}: {error}"))?;
        if !output.status.success() {
            return Err(format!("{command} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr).trim()));
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// The last lines that every daemon wrote, to print where a test fails.
    pub fn logs(&self) -> String {
        self.daemons.iter().map(|daemon| format!("== {}\n{}\n", daemon.name(), daemon.log())).collect()
    }

    fn name(&self, node: usize) -> Result<String, String> {
        let nodes = self.configuration.nodes();
        if (1..=nodes).contains(&node) {
            Ok(configuration::node_name(node))
        } else {
            Err(format!("node: found {node}, expected 1 to {nodes}"))
        }
    }

    /// Daemons, their steps and the tasks all have the path of this cluster's configuration in their
    /// environment.
    fn is_mine(&self, variable: &dyn Fn(&str) -> Option<String>) -> bool {
        variable("SLURM_CONF").is_some_and(|path| Path::new(&path).starts_with(self.folder.path()))
    }
}

impl Drop for TestCluster {
    fn drop(&mut self) {
        if let Err(error) = processes::kill_all(|variable| self.is_mine(variable)) {
            let _ = writeln!(stderr(), "a test cluster did not end: {error}");
        }
        self.daemons.clear();
    }
}

/// Prints that a test was skipped because Slurm is missing, in the form that the workspace's test command
/// collects.
pub fn skipped(test: &str) {
    // Not through `eprintln`, which the test runner captures.
    let _ = writeln!(stderr(), "SKIPPED slurm: {test} needs root and Slurm's daemons (apt-get install slurm-wlm)");
}

/// A command on PATH, or where distributions keep daemons.
fn find(command: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let usual = ["/usr/sbin", "/usr/local/sbin"].map(PathBuf::from);
    let mut candidates = std::env::split_paths(&path).chain(usual).map(|folder| folder.join(command));
    candidates.find(|path| path.is_file())
}
