//! Checks whether a collection can be used: every image is decoded as a run would decode it, and all errors and warnings
//! are in one report.

use crate::{
    Collection, Fault, Folder, ImageFile,
    size::{common_side, wrong_size},
};
use herring_pixels::{Limits, PixelError, decode, probe_file};
use herring_tables::{CheckReport, Finding, FindingKind};
use rayon::prelude::*;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Compares the folder of a collection in `root` with the owners' layout, and decodes its images on all cores; with
/// `headers`, only their headers are read.
pub fn check(root: &Path, collection: Collection, headers: bool) -> CheckReport {
    let (folder, faults) = Folder::survey(root, collection);
    let files: Vec<&ImageFile> = folder.files().collect();
    let sizes: Vec<Result<[usize; 2], PixelError>> = files.par_iter().map(|file| size(&file.path, headers)).collect();
    let mut findings: Vec<Finding> = faults.iter().map(finding).collect();
    let common = match collection {
        Collection::Pneumonia => None,
        Collection::Knee => common_side(sizes.iter().flatten()),
    };
    for (file, size) in files.iter().zip(&sizes) {
        let wrong = match size {
            Err(error) => Some((FindingKind::ImageUnreadable, error.to_string())),
            Ok(_) if collection == Collection::Pneumonia => None,
            Ok(size) => wrong_size(*size, common).map(|message| (FindingKind::ImageSize, message)),
        };
        findings.extend(wrong.map(|(kind, message)| Finding::new(kind, file.path.clone(), message)));
    }
    let hidden = folder.notes.iter().map(|note| Finding::new(FindingKind::ImageExtra, PathBuf::new(), note.clone()));
    findings.extend(hidden);
    let (train, valid, test) = folder.counts();
    let is_official = folder.is_official();
    let part = |name: &str, counts: &[usize]| {
        let each = counts.iter().zip(collection.classes()).map(|(count, class)| format!("{count} {class}"));
        format!("{name}: {}", each.collect::<Vec<_>>().join(", "))
    };
    let mut details = vec![part("train", &train)];
    details.extend(valid.as_ref().map(|valid| part("val", valid)));
    details.push(part("test", &test));
    details.extend(common.map(|side| format!("{side} x {side} pixels")));
    if !is_official && faults.is_empty() {
        let (train, valid, test) = collection.official();
        let total = |counts: &[usize]| counts.iter().sum::<usize>();
        let expected = [Some(train), valid, Some(test)].into_iter().flatten().map(|part| total(part).to_string());
        let expected = expected.collect::<Vec<_>>().join(" + ");
        let message = format!("found {} images, expected {expected} as the paper has them", files.len());
        findings.push(Finding::new(FindingKind::Counts, folder.path.clone(), message));
    }
    let edition = is_official.then(|| "the owners'".to_owned());
    CheckReport::new(collection.to_string(), None, edition, files.len(), findings).with_details(details)
}

/// Height and width of a picture of 8 bits.
fn size(path: &Path, headers: bool) -> Result<[usize; 2], PixelError> {
    let info = if headers {
        probe_file(path)?
    } else {
        let file = fs::read(path).map_err(|error| PixelError::Read { detail: error.to_string() })?;
        decode(&file, &Limits::default())?.info()
    };
    match info.bits {
        8 => Ok([info.height, info.width]),
        found => Err(PixelError::Depth { found, expected: 8 }),
    }
}

/// A fault of the folders as a finding, whose kind says that a run would refuse it.
fn finding(fault: &Fault) -> Finding {
    let kind = match fault {
        Fault::NoCollection { .. } | Fault::MissingFolder { .. } | Fault::Unreadable { .. } => {
            FindingKind::FolderMissing
        }
        Fault::Stray { .. } | Fault::NoImages { .. } | Fault::TooFewToSplit { .. } => FindingKind::PartIncomplete,
    };
    // The text of a fault names its file.
    Finding::new(kind, PathBuf::new(), fault.to_string())
}
