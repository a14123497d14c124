//! `bench`: how fast this program is.

mod networks;
mod size;
mod step;
mod work;

pub(crate) use networks::model;
pub(crate) use size::{Size, count};
pub(crate) use work::method;

use crate::{arguments::BenchCommand, failure::Failure};
use herring_experiments::Exit;

pub(crate) fn run(command: &BenchCommand) -> Result<Exit, Failure> {
    match command {
        BenchCommand::Step(arguments) => step::run(arguments),
    }
}
