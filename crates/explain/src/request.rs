//! What is asked of the work, and what it tells.

use crate::{images::ImageFile, input::Input, network::TrainedNetwork, record::Failed, settings::Settings};
use std::path::Path;

/// What is explained, how, and where the results go.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The network.
    pub network: &'a TrainedNetwork,
    /// How its images are prepared.
    pub input: &'a Input,
    /// Methods and checks.
    pub settings: &'a Settings,
    /// The images.
    pub images: &'a [ImageFile],
    /// The folder of the results, new or empty.
    pub out: &'a Path,
}

/// How far the work is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// So many more images are done.
    Done(usize),
    /// An image was left out.
    Failed(Failed),
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// Images that were explained.
    pub explained: usize,
    /// Those that were left out.
    pub failures: Vec<Failed>,
    /// Whether it was stopped before the last image; what was done until then is in the folder.
    pub stopped: bool,
}
