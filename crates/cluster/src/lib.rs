//! Runs tasks of a plan as Slurm job arrays.
//!
//! A plan is a list of tasks with indexes from 0, and a program that runs the task whose index is its last
//! argument. This crate knows nothing else about them. It writes the scripts, submits them with `sbatch`,
//! keeps a ledger of what it submitted, and asks Slurm for the state of each task.
//!
//! | Module | What it is |
//! |---|---|
//! | [`resources`] | what a task may use: a small TOML file, and overrides of its values |
//! | [`mod@array`] | the scripts for a list of tasks: arrays no larger than the cluster allows |
//! | [`ranges`] | lists of indexes in Slurm's notation, such as `0-4,7,9-12` |
//! | [`slurm`] | the commands `sbatch`, `squeue`, `scontrol` and `sacct` |
//! | [`state`] | the state of a task: Slurm's many names reduced to a few |
//! | [`submission`] | the ledger of what was submitted, next to the scripts |
//! | [`attempt`] | which task a process is, and whether it was started before |
//!
//! # One task, from the plan to its end
//!
//! Slurm gives every array an id and every task of it an index below the cluster's `MaxArraySize`. A plan may
//! be longer than that, so it is split, and each script adds its own offset to the index it is given. On a
//! requeue (a node died, a more urgent job came) Slurm sends SIGTERM, then runs the same task again under the
//! same numbers with a higher restart count; the program is the direct child of Slurm's step, so that it gets
//! the signal itself. A few minutes after a task has ended Slurm forgets it, unless accounting keeps it; a
//! task that no command knows any longer is [`TaskState::Gone`], and only the plan's own results show how it
//! ended.
//!
//! ```
//! use herring_cluster::{Array, Resources, dry_run};
//!
//! let array = Array {
//!     name: "crosses".into(),
//!     folder: "/data/crosses".into(),
//!     program: vec!["/opt/red-herring".into(), "task".into()],
//!     indexes: vec![0, 1, 2, 5, 12],
//!     after: Vec::new(),
//!     first_script: 0,
//! };
//! let scripts = dry_run(&array, &Resources::default(), 10)?;
//! assert_eq!(scripts.len(), 2);
//! assert!(scripts[0].text.contains("#SBATCH --array=0-2,5\n"));
//! assert!(scripts[1].text.ends_with("exec /opt/red-herring task \"$((10 + SLURM_ARRAY_TASK_ID))\"\n"));
//! # Ok::<(), herring_cluster::ClusterError>(())
//! ```

pub mod array;
pub mod attempt;
mod command;
mod error;
mod listing;
mod quote;
pub mod ranges;
pub mod resources;
mod script;
pub mod slurm;
pub mod state;
pub mod submission;
#[cfg(feature = "testing")]
pub mod testing;
mod text;

pub use array::{Array, dry_run};
pub use attempt::Attempt;
pub use error::ClusterError;
pub use resources::Resources;
pub use script::Script;
pub use slurm::{Slurm, Task};
pub use state::TaskState;
pub use submission::{Submission, Submissions, Submitted};

// Compiles and runs the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadmeExample;
