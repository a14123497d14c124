//! What people see of a folder, word for word, beside the files in `snapshots`.
//!
//! `HERRING_SNAPSHOTS=write cargo test -p herring-experiments --test snapshots` takes over what is seen now.
#![allow(clippy::unwrap_used, reason = "a test that fails here says where")]

#[path = "../../report/examples/rehearsal/mock_trainer.rs"]
mod mock_trainer;

mod common;

#[path = "../../../tests/support/snapshot.rs"]
mod support;

use herring_experiments::{event::NoEvents, plan::Plan, reproduce, status::Status, store::Store};
use mock_trainer::MockTrainer;
use std::{fs, path::PathBuf, sync::atomic::AtomicBool};
use support::snapshot;

/// What the mock trainer leaves of `plan`.
fn trained(plan: &Plan, done: &Plan, trainer: &MockTrainer) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().to_owned();
    let store = Store::open(&out).unwrap();
    common::add_plan(&store, plan, &common::crosses(), &[], false).unwrap();
    reproduce(done, &store, trainer, &mut NoEvents, &AtomicBool::new(false)).unwrap();
    (folder, out)
}

#[test]
fn the_table_of_a_finished_folder() {
    let all = ["baseline", "masked", "actdiff", "adversarial", "gradmask", "rrr"];
    let plan = common::smoke(&all, &[1, 2, 3]);
    let (_folder, out) = trained(&plan, &plan, &MockTrainer::default());
    common::write_outputs(&out);
    snapshot("table.txt", &fs::read_to_string(out.join("table.txt")).unwrap());
}

#[test]
fn the_table_and_the_status_of_a_folder_with_a_failure_and_runs_to_do() {
    let plan = common::smoke(&["baseline", "gradmask", "rrr"], &[1, 2]);
    let done = Plan { runs: plan.runs[..5].to_vec(), ..plan.clone() };
    let (_folder, out) =
        trained(&plan, &done, &MockTrainer { diverges: Some(("gradmask", 1)), ..MockTrainer::default() });
    common::write_outputs(&out);
    snapshot("unfinished-table.txt", &fs::read_to_string(out.join("table.txt")).unwrap());
    snapshot("status.txt", &format!("{}\n", Status::read(&out).unwrap().table()));
}
