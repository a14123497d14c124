//! Hyper-parameter search as in the paper: every trial is a run like any other.
//!
//! ```text
//! OUT/
//!   search.json      which method, at which scale, from which specification the trials depart
//!   search/          the ledger of `herring-search`: study, trials, what came of them
//!   runs/, work/     the trials' runs, as in a reproduction's folder
//!   search.html      the trials and the density of their scores
//! ```
//!
//! A trial that fails is told as failed and has no score. Asking and telling are on disk, and so are
//! the checkpoints of trials, so a search goes on after any interruption; one trial at a time, it ends
//! as an undisturbed one. With several at once the order in which they end decides what is proposed.

mod conduct;
mod found;
mod space;
mod specification;

pub use conduct::{Conduct, Conducted, SearchRunError, TrainerOf};
pub use found::{Found, FoundError, FoundTrial};
pub use space::SearchSpace;

use crate::{
    report,
    store::{Locked, StoreError, replace},
};
use std::path::{Path, PathBuf};

pub(crate) use found::FOUND;
pub(crate) use specification::with_values;

/// Writes `search.html` into a search's folder and says where it is.
///
/// # Errors
/// If the system refuses.
pub fn write_page(found: &Found, out: &Path) -> Result<PathBuf, StoreError> {
    let _locked = Locked::of(out)?;
    let path = out.join("search.html");
    replace(&path, report::render_search(found).as_bytes())?;
    Ok(path)
}
