//! Whether any image of a table has colours.

use herring_datasets::Record;
use herring_pixels::{Limits, decode, probe_file};
use rayon::prelude::*;
use std::path::Path;

/// Whether any record's image has a pixel whose red, green and blue differ. Files whose header says that they have no
/// colours are not decoded, and the search ends with the first image in colour. A file that cannot be read has none: it is
/// reported when it is prepared.
pub fn has_colours(root: &Path, records: &[Record]) -> bool {
    records.par_iter().any(|record| {
        let path = root.join(&record.image);
        let possible = probe_file(&path).is_ok_and(|info| info.channels > 2);
        let read = || decode(&std::fs::read(&path).ok()?, &Limits::default()).ok();
        possible && read().is_some_and(|picture| picture.grey().is_err())
    })
}
