//! `status`, and the output of `plan`.

use crate::{cluster, failure::Failure, print};
use herring_experiments::{Exit, status::Status};
use std::path::Path;

pub(crate) fn show(out: &Path, json: bool) -> Result<Exit, Failure> {
    let mut status = Status::read(out)?;
    cluster::add_states(&mut status, out)?;
    print(&if json { status.json() } else { status.table() })?;
    Ok(Exit::Done)
}
