//! Checks whether a task's folder can be used for training: every volume is read as a run would read it, and all
//! errors and warnings are in one report.

use crate::{
    Collection, LabelError, NiftiError, Task, Volume, VolumeFiles, VolumeSettings, VolumesError,
    classes::slice_classes,
    prepare::CLASSES,
    split::{LEAST_VOLUMES, split_volumes},
};
use herring_datasets::Part;
use herring_tables::{CheckReport, Finding, FindingKind};
use rayon::prelude::*;
use std::{
    collections::BTreeSet,
    ffi::OsStr,
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
};

/// Compares the folder of a task below `root` with its `dataset.json`. Volumes are unpacked to their end, on all
/// cores and each with the memory of a slice; with `headers`, only their headers are read.
pub fn check(root: &Path, task: Task, headers: bool) -> CheckReport {
    let folder = root.join(task.folder());
    let report = |opened, findings| CheckReport::new(task.to_string(), None, None, opened, findings);
    if !folder.is_dir() {
        let message = "found no such folder, expected the task's, with dataset.json, imagesTr and labelsTr".to_owned();
        return report(0, vec![Finding::new(FindingKind::FolderMissing, folder, message)]);
    }
    let collection = match Collection::read(root, task) {
        Ok(collection) => collection,
        Err(error) => {
            let (path, message) = match error {
                VolumesError::DatasetFile { path, field, found, expected } => {
                    (path, format!("{field}: found {found}, expected {expected}"))
                }
                other => (folder, other.to_string()),
            };
            return report(0, vec![Finding::new(FindingKind::Table, path, message)]);
        }
    };
    let labels: Vec<u32> = collection.labels.keys().copied().collect();
    let looked: Vec<Looked> = collection.volumes.par_iter().map(|files| look(files, &labels, headers)).collect();
    let mut findings: Vec<Finding> = looked.iter().flat_map(|looked| looked.findings.iter().cloned()).collect();
    findings.extend(announced(&collection));
    findings.extend(strays(&folder, &collection));
    let mut details = vec![format!("{} volumes with labels {}", collection.volumes.len(), spell(&collection))];
    details.extend(parts(&collection, &looked, &mut findings));
    report(looked.iter().map(|looked| looked.opened).sum(), findings).with_details(details)
}

fn spell(collection: &Collection) -> String {
    let each = collection.labels.iter().map(|(value, name)| format!("{value} {name}"));
    each.collect::<Vec<_>>().join(", ")
}

/// The outcome of checking a volume.
struct Looked {
    opened: usize,
    findings: Vec<Finding>,
    /// Slices of class 0 and of class 1, where they are known.
    slices: Option<[usize; 2]>,
}

fn look(files: &VolumeFiles, labels: &[u32], headers: bool) -> Looked {
    let mut looked = Looked { opened: 0, findings: Vec::new(), slices: None };
    let mut found = |kind, path: &Path, message: String| {
        looked.findings.push(Finding::new(kind, path.to_owned(), message));
    };
    let mut opened = 0;
    let mut open = |path: &Path, missing, unreadable| {
        // Before it is opened: a missing file is another finding than a damaged one.
        if let Err(error) = fs::metadata(path)
            && error.kind() == ErrorKind::NotFound
        {
            found(missing, path, "found no such file, expected a volume that dataset.json names".to_owned());
            return None;
        }
        opened += 1;
        Volume::open(path).map_err(|error| found(unreadable, path, error.to_string())).ok()
    };
    let image = open(&files.image, FindingKind::ImageMissing, FindingKind::ImageUnreadable);
    let label = open(&files.label, FindingKind::MaskMissing, FindingKind::MaskUnreadable);
    let shapes = [image.as_ref().map(|image| image.header().shape), label.as_ref().map(|label| label.header().shape)];
    if let [Some(expected), Some(shape)] = shapes
        && expected != shape
    {
        let (shape, expected) = (voxels(shape), voxels(expected));
        let message = format!("found {shape}, expected {expected} as in {}", files.image.display());
        found(FindingKind::MaskSize, &files.label, message);
    }
    if !headers {
        if let Some(Err(message)) = image.map(to_the_end) {
            found(FindingKind::ImageUnreadable, &files.image, message);
        }
        match label.map(|label| slice_classes(label, labels)) {
            None => {}
            Some(Ok(classes)) => {
                let positive = classes.iter().filter(|class| **class).count();
                if positive == 0 {
                    let message = format!("none of its {} slices is {}", classes.len(), CLASSES[1]);
                    found(FindingKind::MaskEmpty, &files.label, message);
                }
                looked.slices = Some([classes.len() - positive, positive]);
            }
            Some(Err(error @ LabelError::Unknown { .. })) => {
                found(FindingKind::MaskLabel, &files.label, error.to_string());
            }
            Some(Err(error)) => found(FindingKind::MaskUnreadable, &files.label, error.to_string()),
        }
    }
    looked.opened = opened;
    looked
}

fn voxels([width, height, depth]: [usize; 3]) -> String {
    format!("{width} x {height} x {depth} voxels")
}

/// Reads a volume to its end.
fn to_the_end<R: std::io::BufRead>(mut image: Volume<R>) -> Result<(), String> {
    let mut slice = vec![0.0; image.header().shape[0] * image.header().shape[1]];
    let whole = image.header().is_whole();
    let said = |error: NiftiError| error.to_string();
    loop {
        let number = if whole { image.skip_slice() } else { image.next_slice(&mut slice) }.map_err(said)?;
        let Some(number) = number else { return Ok(()) };
        if let Some(&found) = slice.iter().find(|value| !(**value as f32).is_finite()) {
            return Err(crate::SliceError::NotFinite { slice: number, found }.to_string());
        }
    }
}

/// A number of volumes that is not that of the list.
fn announced(collection: &Collection) -> Option<Finding> {
    let (found, announced) = (collection.volumes.len(), collection.announced?);
    let message = format!("numTraining: found {announced}, expected {found}, the volumes of `training`");
    (found != announced).then(|| Finding::new(FindingKind::Counts, collection.source.clone(), message))
}

/// Files next to the volumes that `dataset.json` does not list, such as the `._*` files of macOS, which look
/// like volumes.
fn strays(folder: &Path, collection: &Collection) -> Vec<Finding> {
    let named: BTreeSet<&Path> =
        collection.volumes.iter().flat_map(|files| [files.image.as_path(), files.label.as_path()]).collect();
    let mut strays: Vec<PathBuf> = Vec::new();
    let mut folders: BTreeSet<PathBuf> = named.iter().filter_map(|path| Some(path.parent()?.to_owned())).collect();
    folders.remove(folder);
    for inner in folders {
        let entries = fs::read_dir(&inner).into_iter().flatten().flatten().map(|entry| entry.path());
        strays.extend(entries.filter(|path| !named.contains(path.as_path())));
    }
    strays.sort();
    let finding = |path: PathBuf| {
        let hidden = path.file_name().and_then(OsStr::to_str).is_some_and(|name| name.starts_with("._"));
        let what = if hidden { "a file of macOS, no volume" } else { "dataset.json does not name it" };
        Finding::new(FindingKind::ImageExtra, path, format!("{what}; it is not read"))
    };
    strays.into_iter().map(finding).collect()
}

/// A line for each part of the split with the paper's seed; too few volumes or slices are findings.
fn parts(collection: &Collection, looked: &[Looked], findings: &mut Vec<Finding>) -> Vec<String> {
    let settings = VolumeSettings::paper(collection.task);
    let found = looked.len();
    if found < LEAST_VOLUMES {
        let error = VolumesError::TooFewVolumes { task: collection.task, found, expected: LEAST_VOLUMES };
        findings.push(Finding::new(FindingKind::PartIncomplete, collection.source.clone(), error.to_string()));
        return Vec::new();
    }
    let Ok(split) = split_volumes(found, settings.seed) else { return Vec::new() };
    let counts = [settings.train_slices, settings.valid_slices, settings.test_slices];
    let mut lines = Vec::new();
    for (part, count) in Part::ALL.into_iter().zip(counts) {
        let (volumes, asked) = (split.of(part), count / 2);
        let Some(slices) = volumes.iter().map(|place| looked[*place].slices).collect::<Option<Vec<_>>>() else {
            lines.push(format!("{}: {} volumes", part.name(), volumes.len()));
            continue;
        };
        let sum = |class: usize| slices.iter().map(|slices| slices[class]).sum::<usize>();
        let [negative, positive] = [sum(0), sum(1)];
        let (name, volumes) = (part.name(), volumes.len());
        lines.push(format!("{name}: {volumes} volumes, slices {negative} {}, {positive} {}", CLASSES[0], CLASSES[1]));
        for (class, available) in CLASSES.into_iter().zip([negative, positive]) {
            if available < asked {
                let message = format!(
                    "part {name}: found {available} slices {class}, expected at least {asked}, which the paper draws"
                );
                findings.push(Finding::new(FindingKind::FewImages, collection.source.clone(), message));
            }
        }
    }
    lines
}
