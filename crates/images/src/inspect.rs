//! Inspects the files of records as preparing would read them, and collects all errors.
//!
//! *Invariant:* the pixels go through the same functions as those of a run ([`crate::prepare()`]), so that
//! everything that a run refuses is found here, with the same message.

use crate::{Facts, ImageSettings, ImagesError, block};
use herring_datasets::{Record, Region};
use herring_pixels::{Limits, PixelError, Preparation, probe_file};
use herring_tables::{Finding, FindingKind};
use rayon::prelude::*;
use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
};

/// How much of each file is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// The headers: whether the files exist, their kinds and sizes.
    Headers,
    /// Every pixel, as a run would read it.
    Pixels,
}

/// The result of inspecting a record.
#[derive(Debug, Clone, PartialEq)]
pub struct Inspected {
    /// The facts of its files; `None` if they cannot be used, only headers were read, or the settings do not ask
    /// for facts.
    pub facts: Option<Facts>,
    /// What is wrong with them.
    pub findings: Vec<Finding>,
    /// Files that were opened.
    pub opened: usize,
}

/// Inspects each record's image, mask file and boxes, on all cores; the results are in the order of the records.
///
/// # Errors
/// [`ImagesError::Unprepared`] if an environment has no preparation.
pub fn inspect(
    root: &Path,
    records: &[&Record],
    settings: &ImageSettings,
    depth: Depth,
) -> Result<Vec<Inspected>, ImagesError> {
    let each = |record: &&Record| {
        let environment = record.environment;
        let preparation = settings.prepared(record, None).ok_or(ImagesError::Unprepared(environment))?;
        let mut looking = Looking { root, record, findings: Vec::new(), opened: 0 };
        // A decoder that panics costs one image, not the report.
        let facts = catch_unwind(AssertUnwindSafe(|| match depth {
            Depth::Headers => {
                looking.headers();
                None
            }
            Depth::Pixels => looking.pixels(&preparation, settings),
        }));
        let facts = facts.unwrap_or_else(|_| {
            looking.found(FindingKind::ImageUnreadable, &looking.record.image, "the decoder panicked");
            None
        });
        Ok(Inspected { facts, findings: looking.findings, opened: looking.opened })
    };
    records.par_iter().map(each).collect()
}

struct Looking<'a> {
    root: &'a Path,
    record: &'a Record,
    findings: Vec<Finding>,
    opened: usize,
}

impl<'a> Looking<'a> {
    fn found(&mut self, kind: FindingKind, file: &Path, message: impl std::fmt::Display) {
        let message = format!("{message}, named by {}", self.record.origin);
        self.findings.push(Finding::new(kind, self.root.join(file), message));
    }

    /// The mask file, where there is one.
    fn mask(&self) -> Option<&'a Path> {
        match &self.record.region {
            Region::File(file) => Some(file),
            _ => None,
        }
    }

    /// Whether a file exists; otherwise adds a finding.
    fn there(&mut self, file: &Path, missing: FindingKind, unreadable: FindingKind) -> bool {
        match std::fs::metadata(self.root.join(file)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let message = format!("named by {}", self.record.origin);
                self.findings.push(Finding::new(missing, self.root.join(file), message));
                false
            }
            Err(error) => {
                self.found(unreadable, file, error);
                false
            }
            Ok(metadata) if !metadata.is_file() => {
                self.found(unreadable, file, "found a folder, expected a file");
                false
            }
            Ok(_) => {
                self.opened += 1;
                true
            }
        }
    }

    fn read(&mut self, file: &Path, missing: FindingKind, unreadable: FindingKind) -> Option<Vec<u8>> {
        if !self.there(file, missing, unreadable) {
            return None;
        }
        match std::fs::read(self.root.join(file)) {
            Ok(bytes) => Some(bytes),
            Err(error) => {
                self.found(unreadable, file, error);
                None
            }
        }
    }

    fn pixels(&mut self, preparation: &Preparation, settings: &ImageSettings) -> Option<Facts> {
        let record = self.record;
        let image = self.read(&record.image, FindingKind::ImageMissing, FindingKind::ImageUnreadable);
        let mask_file = self.mask();
        let mask = mask_file.and_then(|file| self.read(file, FindingKind::MaskMissing, FindingKind::MaskUnreadable));
        let Some(image) = image else {
            // The mask is inspected nevertheless, as far as possible without its image.
            if let (Some(file), Some(Err(error))) =
                (mask_file, mask.map(|bytes| herring_pixels::decode(&bytes, &Limits::default())))
            {
                self.found(FindingKind::MaskUnreadable, file, error);
            }
            return None;
        };
        // Without its mask file the image is inspected alone.
        let region = if mask_file.is_some() && mask.is_none() { &Region::Everything } else { &record.region };
        let sources: Vec<Vec<u8>> = std::iter::once(image).chain(mask).collect();
        match block::block((region, record.environment), preparation, settings, &sources) {
            Ok((_, facts)) => facts,
            Err(error) => {
                let file = match (error.kind(), mask_file) {
                    (FindingKind::MaskSize | FindingKind::MaskUnreadable, Some(file)) => file,
                    _ => &record.image,
                };
                self.found(error.kind(), file, error);
                None
            }
        }
    }

    fn headers(&mut self) {
        let (record, mask_file) = (self.record, self.mask());
        let mut probe = |file: &Path, missing, unreadable| {
            if !self.there(file, missing, unreadable) {
                return None;
            }
            probe_file(&self.root.join(file)).map_err(|error| self.found(unreadable, file, error)).ok()
        };
        let image = probe(&record.image, FindingKind::ImageMissing, FindingKind::ImageUnreadable);
        let mask = mask_file
            .and_then(|file| Some((file, probe(file, FindingKind::MaskMissing, FindingKind::MaskUnreadable)?)));
        let Some(image) = image else { return };
        let size = [image.height, image.width];
        if let Some((file, mask)) = mask
            && ![size, image.stored()].contains(&[mask.height, mask.width])
        {
            let error = PixelError::Size { what: "mask", found: [mask.height, mask.width], expected: size };
            self.found(FindingKind::MaskSize, file, error);
        }
        if let Region::Boxes(boxes) = &record.region
            && let Err(error) = herring_pixels::check_boxes(boxes, size)
        {
            self.found(FindingKind::BoxOutside, &record.image, error);
        }
    }
}
