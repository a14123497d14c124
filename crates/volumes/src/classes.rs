//! The class of every slice, from the label volume.

use crate::{NiftiError, Volume};
use std::io::BufRead;

/// Why a label gives no classes. Its text is one line, without the file.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum LabelError {
    /// The volume cannot be read.
    #[error(transparent)]
    Volume(#[from] NiftiError),
    /// A voxel has a value that is not a label.
    #[error("slice {slice}: found the label {found}, expected one of {} as dataset.json names them", spell(expected))]
    Unknown {
        /// The slice, counted from 0 along the third axis.
        slice: usize,
        /// The value.
        found: f64,
        /// The values of the labels.
        expected: Vec<u32>,
    },
}

fn spell(labels: &[u32]) -> String {
    labels.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// For each slice whether it is of class 1: whether the sum of its label values is greater than 1, so that a single
/// voxel of label 1 does not count, and one of label 2 does. Only `labels` may occur.
///
/// # Errors
/// [`LabelError::Volume`] if the volume cannot be read, [`LabelError::Unknown`] for the first other value.
pub fn slice_classes<R: BufRead>(mut label: Volume<R>, labels: &[u32]) -> Result<Vec<bool>, LabelError> {
    let [width, height, depth] = label.header().shape;
    let mut slice = vec![0.0; width * height];
    let mut classes = Vec::with_capacity(depth);
    while let Some(number) = label.next_slice(&mut slice)? {
        // Almost all voxels are 0, which stands for the background whether it is named or not.
        let known = |value: f64| value == 0.0 || labels.iter().any(|label| f64::from(*label) == value);
        if let Some(&found) = slice.iter().find(|value| !known(**value)) {
            return Err(LabelError::Unknown { slice: number, found, expected: labels.to_vec() });
        }
        classes.push(slice.iter().sum::<f64>() > 1.0);
    }
    Ok(classes)
}
