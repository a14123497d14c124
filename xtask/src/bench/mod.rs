//! `bench`: how fast this program is, alone and beside PyTorch.

mod busy;
mod child;
mod compare;
mod gpu;
mod machine;
mod networks;
mod page;
mod rows;
mod sample;
mod size;
mod step;
mod torch;
mod turns;
mod work;

pub(crate) use networks::model;
pub(crate) use rows::beginning as row;
pub(crate) use size::{Size, count, minutes};
pub(crate) use torch::Variant;
pub(crate) use work::method;

use crate::{arguments::BenchCommand, failure::Failure};
use herring_experiments::Exit;

pub(crate) fn run(command: &BenchCommand) -> Result<Exit, Failure> {
    match command {
        BenchCommand::Step(arguments) => step::run(arguments),
        BenchCommand::Compare(arguments) => compare::run(arguments),
        BenchCommand::Gpu(arguments) => gpu::run(arguments),
    }
}
