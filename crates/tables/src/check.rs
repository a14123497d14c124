//! Compares a folder with its manifest, all of it at once, before any training starts.
//!
//! The tables are read, their counts compared with the known editions, and the image folder is listed. Each
//! image of a record is opened by a function that the caller passes, on all cores; for images of rows that
//! were left out only their existence is checked. Damaged rows do not prevent the check of the other rows'
//! images.

use std::{
    collections::BTreeSet,
    io,
    num::NonZero,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
};

use herring_datasets::{Record, Region};

use crate::{
    Exclusions, Manifest, Reading, TableError,
    error::one_line,
    layout::Files,
    manifest::{FullImages, ImageEdition, Images},
    official::{self, Negatives},
    report::{CheckReport, Finding, FindingKind},
};

/// What an image file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PictureInfo {
    /// Rows of pixels.
    pub height: usize,
    /// Columns of pixels.
    pub width: usize,
    /// Bits of a pixel in one channel.
    pub bits: u32,
    /// Channels, with transparency as one.
    pub channels: usize,
}

/// Opens an image and returns its size and depth, or in one line why that failed.
///
/// This function decides how thorough the check is: one that decodes all pixels finds truncated files, one
/// that reads headers is faster.
pub type Probe<'a> = dyn Fn(&Path) -> Result<PictureInfo, String> + Sync + 'a;

/// Compares the folder of a collection below the data root with its manifest.
pub fn check(manifest: &Manifest, root: &Path, probe: &Probe<'_>) -> CheckReport {
    check_without(manifest, root, &Exclusions::default(), probe)
}

/// Like [`check`], without the images that `exclusions` names: they are neither opened nor reported as
/// missing.
pub fn check_without(manifest: &Manifest, root: &Path, exclusions: &Exclusions, probe: &Probe<'_>) -> CheckReport {
    let mut gathered = official::gather(std::slice::from_ref(manifest), root, Negatives::default());
    let mut records = gathered.records.clone();
    let (files, edition) = gathered.images.pop().unwrap_or((Files::default(), ImageEdition::Small));
    let problems = gathered.problems.clone();
    let mut findings: Vec<Finding> = problems.iter().map(Finding::of_problem).collect();
    let reading = gathered.finish(&manifest.name, std::slice::from_ref(manifest), root);
    let reading = finish(reading.and_then(|reading| reading.exclude(exclusions)), &mut findings);
    if let Some(reading) = &reading {
        let excluded: BTreeSet<&str> = reading.excluded.iter().map(|out| out.id.as_str()).collect();
        records.retain(|record| !excluded.contains(record.id.as_str()));
    }
    let known = reading.as_ref().and_then(|reading| compare(manifest, reading, &mut findings));
    findings.extend(reading.iter().flat_map(empty_cells));
    let folder = Path::new(&manifest.folder).join(&manifest.images.folder);
    let full = root.join(&folder);
    let mut opened = 0;
    match (edition, &manifest.full) {
        (ImageEdition::Full, Some(images)) => {
            findings.extend(extra_full(&files, &manifest.folder, reading.as_ref(), root));
            opened = examine(&records, root, Some(&images.into()), probe, &mut findings);
        }
        _ => match list(&full) {
            Err(error) => {
                let kind = FindingKind::FolderMissing;
                let or = match &manifest.full {
                    Some(images) => {
                        let collection = root.join(&manifest.folder);
                        format!(
                            ", or the files as they are handed out below {}: {}",
                            collection.display(),
                            images.layout
                        )
                    }
                    None => String::new(),
                };
                let message = format!("{error}, expected a folder with the images of {} records{or}", records.len());
                findings.push(Finding::new(kind, full, message));
            }
            Ok(present) => {
                findings.extend(extra(&folder, &present, reading.as_ref(), root));
                opened = examine(&records, root, Some(&(&manifest.images).into()), probe, &mut findings);
            }
        },
    }
    CheckReport::new(manifest.name.clone(), reading, known, opened, findings)
}

/// The expected size and depth of an edition's images.
#[derive(Debug, Clone, Copy)]
struct Expected {
    /// Height and width, where all images have the same; the shortest side at least, where they do not.
    size: Result<[usize; 2], usize>,
    bits: u32,
    channels: usize,
}

impl From<&Images> for Expected {
    fn from(images: &Images) -> Self {
        Self { size: Ok([images.height, images.width]), bits: images.bits, channels: images.channels }
    }
}

impl From<&FullImages> for Expected {
    fn from(images: &FullImages) -> Self {
        let size = images.height.zip(images.width).map(|(height, width)| [height, width]);
        let size = size.ok_or(images.reduce.unwrap_or(1));
        Self { size, bits: images.bits, channels: images.channels }
    }
}

/// Cells of environment and class without a record: no split can be drawn then.
fn empty_cells(reading: &Reading) -> Vec<Finding> {
    let file = reading.sources.first().cloned().unwrap_or_default();
    let mut findings = Vec::new();
    for (environment, counts) in reading.table.environments().iter().zip(reading.table.cells()) {
        for (class, count) in reading.table.classes().iter().zip(counts) {
            if count == 0 {
                let message = format!("found no record of {environment}, {class}, expected at least one");
                findings.push(Finding::new(FindingKind::PartIncomplete, file.clone(), message));
            }
        }
    }
    findings
}

/// Problems are findings already; any other error becomes one.
fn finish(result: Result<Reading, TableError>, findings: &mut Vec<Finding>) -> Option<Reading> {
    match result {
        Ok(reading) => Some(reading),
        // Problems of a list of exclusions are not the table's own.
        Err(TableError::Problems(problems)) => {
            let known: BTreeSet<Finding> = findings.iter().cloned().collect();
            let more = problems.all().iter().map(Finding::of_problem).filter(|finding| !known.contains(finding));
            findings.extend(more.collect::<Vec<_>>());
            None
        }
        Err(error) => {
            findings.push(Finding::new(FindingKind::Table, PathBuf::new(), error.to_string()));
            None
        }
    }
}

/// The edition whose counts the table has, or a finding.
fn compare(manifest: &Manifest, reading: &Reading, findings: &mut Vec<Finding>) -> Option<String> {
    let cells = reading.cells_before_exclusions();
    let fits = |edition: &&crate::manifest::Edition| {
        edition.cells.iter().map(|cell| cell.to_vec()).eq(cells.iter().cloned())
            && edition.rows.is_none_or(|rows| rows == reading.rows)
    };
    if let Some(edition) = manifest.known.iter().find(fits) {
        return Some(edition.name.clone());
    }
    let known = manifest.known.iter().map(|edition| {
        let rows = edition.rows.map(|rows| format!("{rows} rows with ")).unwrap_or_default();
        format!("{rows}{:?} ({})", edition.cells, edition.name)
    });
    let known = known.collect::<Vec<_>>().join(" or ");
    let message = format!("counts: found {} rows with {cells:?}, expected {known}", reading.rows);
    let file = reading.sources.first().cloned().unwrap_or_default();
    findings.push(Finding::new(FindingKind::Counts, file, message));
    None
}

fn list(folder: &Path) -> io::Result<BTreeSet<PathBuf>> {
    std::fs::read_dir(folder)?.map(|entry| entry.map(|entry| PathBuf::from(entry.file_name()))).collect()
}

/// Files that no row names, and missing images that only rows name which were left out.
fn extra(folder: &Path, present: &BTreeSet<PathBuf>, reading: Option<&Reading>, root: &Path) -> Vec<Finding> {
    let Some(reading) = reading else {
        let message = "files that no row names are not looked for, since the table is damaged";
        return vec![Finding::new(FindingKind::NotChecked, root.join(folder), message.into())];
    };
    let records = reading.table.records().iter().map(|record| &record.image);
    let named: BTreeSet<&Path> =
        records.chain(&reading.unused_images).filter_map(|image| image.strip_prefix(folder).ok()).collect();
    let extra = present.iter().filter(|name| !named.contains(name.as_path())).map(|name| {
        Finding::new(FindingKind::ImageExtra, root.join(folder).join(name), "no row of the table names it".into())
    });
    let unused = reading
        .unused_images
        .iter()
        .filter(|image| image.strip_prefix(folder).is_ok_and(|name| !present.contains(name)));
    let unused = unused.map(|image| {
        Finding::new(FindingKind::UnusedMissing, root.join(image), "only a row that is left out names it".into())
    });
    extra.chain(unused).collect()
}

/// Files of the owner's edition that no row names, in the folders where named ones lie.
fn extra_full(files: &Files, folder: &str, reading: Option<&Reading>, root: &Path) -> Vec<Finding> {
    let Some(reading) = reading else {
        let message = "files that no row names are not looked for, since the table is damaged";
        return vec![Finding::new(FindingKind::NotChecked, root.join(folder), message.into())];
    };
    let records = reading.table.records().iter().map(|record| record.image.as_path());
    let unused = reading.unused_images.iter().map(PathBuf::as_path);
    // A second copy of a named image lies elsewhere under the same name.
    let named: BTreeSet<&Path> = records.chain(unused).collect();
    let names: BTreeSet<_> = named.iter().filter_map(|path| path.file_name()).collect();
    let extra = files.in_folders_of(&named).filter(|path| path.file_name().is_some_and(|name| !names.contains(name)));
    let extra =
        extra.map(|path| Finding::new(FindingKind::ImageExtra, root.join(path), "no row of the table names it".into()));
    let missing = reading.unused_images.iter().filter(|image| {
        image.file_name().and_then(|name| name.to_str()).is_some_and(|name| files.full(name).is_none())
    });
    let missing = missing.map(|image| {
        Finding::new(FindingKind::UnusedMissing, root.join(image), "only a row that is left out names it".into())
    });
    extra.chain(missing).collect()
}

/// Opens the images (and mask files) of all records on all cores. Returns how many files were opened.
fn examine(
    records: &[Record],
    root: &Path,
    expected: Option<&Expected>,
    probe: &Probe<'_>,
    findings: &mut Vec<Finding>,
) -> usize {
    let next = AtomicUsize::new(0);
    let opened = AtomicUsize::new(0);
    let workers = std::thread::available_parallelism().map_or(1, NonZero::get).min(records.len());
    let open = |path: &Path| {
        opened.fetch_add(1, Ordering::Relaxed);
        // If a reader panics, only its image is affected, not the report.
        let result = catch_unwind(AssertUnwindSafe(|| probe(path)));
        result.unwrap_or_else(|_| Err("the reader panicked".into())).map_err(|message| one_line(&message))
    };
    let work = || {
        let mut found = Vec::new();
        while let Some(record) = records.get(next.fetch_add(1, Ordering::Relaxed)) {
            one(record, root, expected, &open, &mut found);
        }
        found
    };
    // The order in which threads end has no effect: the report sorts.
    let parts = std::thread::scope(|scope| {
        let handles: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        handles.into_iter().map(std::thread::ScopedJoinHandle::join).collect::<Vec<_>>()
    });
    for part in parts {
        match part {
            Ok(found) => findings.extend(found),
            Err(_) => {
                let message = "a thread ended early, so that some images were not checked".to_owned();
                findings.push(Finding::new(FindingKind::NotChecked, root.to_owned(), message));
            }
        }
    }
    opened.into_inner()
}

type Open<'a> = dyn Fn(&Path) -> Result<PictureInfo, String> + Sync + 'a;

fn one(record: &Record, root: &Path, expected: Option<&Expected>, open: &Open<'_>, found: &mut Vec<Finding>) {
    let path = root.join(&record.image);
    let mut look = |path: &Path, missing: FindingKind, unreadable: FindingKind| {
        let named = format!("named by {}", record.origin);
        match std::fs::metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                found.push(Finding::new(missing, path.to_owned(), named));
                None
            }
            Err(error) => {
                found.push(Finding::new(unreadable, path.to_owned(), format!("{error}, {named}")));
                None
            }
            Ok(metadata) if !metadata.is_file() => {
                found.push(Finding::new(unreadable, path.to_owned(), format!("it is no file, {named}")));
                None
            }
            Ok(_) => open(path)
                .map_err(|error| found.push(Finding::new(unreadable, path.to_owned(), format!("{error}, {named}"))))
                .ok(),
        }
    };
    let picture = look(&path, FindingKind::ImageMissing, FindingKind::ImageUnreadable);
    let mask = match &record.region {
        Region::File(mask) => {
            let path = root.join(mask);
            look(&path, FindingKind::MaskMissing, FindingKind::MaskUnreadable).map(|info| (path, info))
        }
        _ => None,
    };
    let Some(picture) = picture else { return };
    let PictureInfo { height, width, bits, channels } = picture;
    let mut wrong = |kind, path: &Path, message: String| found.push(Finding::new(kind, path.to_owned(), message));
    if let Some(images) = expected {
        let found = format!("found {height}x{width} (height x width), expected");
        match images.size {
            Ok([rows, columns]) if [rows, columns] != [height, width] => {
                wrong(FindingKind::ImageSize, &path, format!("{found} {rows}x{columns}"));
            }
            Err(least) if least > height.min(width) => {
                wrong(FindingKind::ImageSize, &path, format!("{found} at least {least} each"));
            }
            _ => {}
        }
        if bits != images.bits {
            wrong(FindingKind::ImageBits, &path, format!("found {bits} bits, expected {}", images.bits));
        }
        if channels != images.channels {
            let message = format!("found {channels} channels, expected {}; the first is read", images.channels);
            wrong(FindingKind::ImageChannels, &path, message);
        }
    }
    if let Some((mask, info)) = mask
        && (info.height, info.width) != (height, width)
    {
        let message =
            format!("found {}x{} (height x width), expected {height}x{width} as its image", info.height, info.width);
        wrong(FindingKind::MaskSize, &mask, message);
    }
    if let Region::Boxes(boxes) = &record.region {
        for pixel_box in boxes {
            let (right, bottom) = (pixel_box.x + pixel_box.width, pixel_box.y + pixel_box.height);
            if right > width as f64 || bottom > height as f64 {
                let message = format!(
                    "a box ends at column {right} and row {bottom}, expected within {width} and {height}, from {}",
                    record.origin
                );
                wrong(FindingKind::BoxOutside, &path, message);
            }
        }
    }
}
