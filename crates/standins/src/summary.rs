//! What was written.

use std::path::PathBuf;

/// What a generator wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// The folders, complete.
    pub folders: Vec<PathBuf>,
    /// The number of images of each environment and class: `cells[environment][class]`.
    pub cells: Vec<Vec<usize>>,
    /// The number of further images, whose rows a reader must leave out.
    pub others: usize,
    /// Bytes of all files together, masks, tables and texts included.
    pub bytes: u64,
}

impl Summary {
    /// The number of images: all cells and the others. Masks are not counted.
    pub fn images(&self) -> usize {
        self.cells.iter().flatten().sum::<usize>() + self.others
    }

    pub(crate) fn new(written: Vec<(PathBuf, u64)>, cells: Vec<Vec<usize>>, others: usize) -> Self {
        let bytes = written.iter().map(|(_, bytes)| bytes).sum();
        Self { folders: written.into_iter().map(|(folder, _)| folder).collect(), cells, others, bytes }
    }
}
