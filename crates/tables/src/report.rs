//! What a check found: sorted, counted, and rendered in full or in part.

use std::{
    collections::BTreeMap,
    fmt::{self, Display},
    path::PathBuf,
};

use crate::{Reading, error::one_line};

/// What sort of thing was found, in the order of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum FindingKind {
    /// A table is missing, unreadable or damaged at a row.
    Table,
    /// The folder of images is missing or unreadable.
    FolderMissing,
    /// An image of a record is missing.
    ImageMissing,
    /// An image of a record cannot be read.
    ImageUnreadable,
    /// An image has another height or width than the manifest says.
    ImageSize,
    /// An image has another bit depth than the manifest says.
    ImageBits,
    /// An image has colours where grey ones are trained on.
    ImageColour,
    /// A box lies outside its image, or covers no pixel of it.
    BoxOutside,
    /// A mask file is missing.
    MaskMissing,
    /// A mask file cannot be read.
    MaskUnreadable,
    /// A mask has another size than its image.
    MaskSize,
    /// A part, or a cell of environment and class, without what a run needs.
    PartIncomplete,
    /// Something could not be looked at because of something else.
    NotChecked,
    /// The counts are those of no known edition.
    Counts,
    /// Names of classes or environments that are the same but for case, spaces or the way a number is written.
    NamesAlike,
    /// Text behind the closing quote of a field, or a quoted field that holds what looks like rows.
    Quotes,
    /// Images with equal bytes or equal pixels in more than one part.
    DuplicateAcrossParts,
    /// A group (patient, subject) with images in more than one part.
    GroupAcrossParts,
    /// A part has few images of a class.
    FewImages,
    /// Most of the images are left out by the split.
    MostLeftOut,
    /// Environments whose images have different bit depths.
    DepthsDiffer,
    /// An environment whose images use a small share of the range of their depth.
    RangeUnused,
    /// Masks with values between outside and inside.
    MaskIntermediate,
    /// Masks in a lossy format.
    MaskLossy,
    /// Masks with nothing inside.
    MaskEmpty,
    /// Masks with everything inside.
    MaskFull,
    /// Images that were turned as their EXIF orientation says.
    ImageTurned,
    /// Files that break a rule of their format and are read as other programs read them.
    FileTolerated,
    /// An image has more channels than the manifest says.
    ImageChannels,
    /// A file that no row names.
    ImageExtra,
    /// An image is missing that only rows name which are left out.
    UnusedMissing,
    /// Images to leave out that no row names.
    ExclusionUnmatched,
}

impl FindingKind {
    /// Whether a training can go wrong on it; the others are warnings.
    pub fn is_error(self) -> bool {
        self < Self::Counts
    }

    /// What it is called in the report.
    pub fn title(self) -> &'static str {
        match self {
            Self::Table => "problems of tables",
            Self::FolderMissing => "missing folders",
            Self::ImageMissing => "missing images",
            Self::ImageUnreadable => "unreadable images",
            Self::ImageSize => "images of the wrong size",
            Self::ImageBits => "images of the wrong bit depth",
            Self::ImageColour => "images in colour",
            Self::BoxOutside => "boxes that do not fit their images",
            Self::MaskMissing => "missing masks",
            Self::MaskUnreadable => "unreadable masks",
            Self::MaskSize => "masks of another size than their images",
            Self::PartIncomplete => "parts that cannot be used",
            Self::NotChecked => "things not looked at",
            Self::Counts => "counts of no known edition",
            Self::NamesAlike => "names that differ only in case, spaces or the way a number is written",
            Self::Quotes => "doubtful quotes in tables",
            Self::DuplicateAcrossParts => "equal images in more than one part",
            Self::GroupAcrossParts => "groups with images in more than one part",
            Self::FewImages => "parts with few images of a class",
            Self::MostLeftOut => "splits that leave most images out",
            Self::DepthsDiffer => "bit depths that differ between environments",
            Self::RangeUnused => "environments that use little of their range",
            Self::MaskIntermediate => "masks with values between outside and inside",
            Self::MaskLossy => "masks in a lossy format",
            Self::MaskEmpty => "masks with nothing inside",
            Self::MaskFull => "masks with everything inside",
            Self::ImageTurned => "images turned by their EXIF orientation",
            Self::FileTolerated => "files that break a rule of their format and are read",
            Self::ImageChannels => "images with another number of channels",
            Self::ImageExtra => "files that no row names",
            Self::UnusedMissing => "missing images that are not used",
            Self::ExclusionUnmatched => "images to leave out that are in no table",
        }
    }
}

/// One thing that a check found. Its text is one line.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// What sort of thing.
    pub kind: FindingKind,
    /// The file or folder.
    pub file: PathBuf,
    /// The line of the file, counted from 1; 0 where it is about the whole file.
    pub line: usize,
    /// What was found there and, where it is not plain, what was expected.
    pub message: String,
}

impl Finding {
    /// A finding about a whole file or folder.
    pub fn new(kind: FindingKind, file: PathBuf, message: String) -> Self {
        Self { kind, file, line: 0, message }
    }
}

impl Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, message, .. } = self;
        let place = if *line == 0 { file.display().to_string() } else { format!("{}:{line}", file.display()) };
        formatter.write_str(&one_line(&format!("{place}: {message}")))
    }
}

/// Everything that a check found.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckReport {
    /// The collection.
    pub name: String,
    /// The table, if it has no problems.
    pub reading: Option<Reading>,
    /// The known edition of the table whose counts it has.
    pub edition: Option<String>,
    /// How many image and mask files were opened.
    pub opened: usize,
    /// What was found, sorted by kind, file and line.
    pub findings: Vec<Finding>,
}

impl CheckReport {
    /// How many findings [`Display`] lists of each kind.
    pub const SHOWN: usize = 10;

    pub(crate) fn new(
        name: String,
        reading: Option<Reading>,
        edition: Option<String>,
        opened: usize,
        mut findings: Vec<Finding>,
    ) -> Self {
        findings.sort();
        Self { name, reading, edition, opened, findings }
    }

    /// How many findings there are of each kind that there is.
    pub fn counts(&self) -> BTreeMap<FindingKind, usize> {
        let mut counts = BTreeMap::new();
        for finding in &self.findings {
            *counts.entry(finding.kind).or_insert(0) += 1;
        }
        counts
    }

    /// How many findings are errors.
    pub fn errors(&self) -> usize {
        self.findings.iter().filter(|finding| finding.kind.is_error()).count()
    }

    /// The report as text: what was read, then the findings by kind, each with its count, at most
    /// `limit` of a kind (all with `None`).
    pub fn render(&self, limit: Option<usize>) -> String {
        let errors = self.errors();
        let warnings = self.findings.len() - errors;
        let mut lines = vec![format!("{}: {errors} errors, {warnings} warnings", self.name)];
        if let Some(reading) = &self.reading {
            lines.extend(reading.summary().lines().map(|line| format!("  {line}")));
        }
        lines.extend(self.edition.iter().map(|edition| format!("  the counts are those of the edition {edition:?}")));
        lines.push(format!("  {} files of images opened", self.opened));
        for (kind, count) in self.counts() {
            let level = if kind.is_error() { "error" } else { "warning" };
            lines.push(format!("{level}: {}: {count}", kind.title()));
            let limit = limit.unwrap_or(usize::MAX);
            let of_kind = self.findings.iter().filter(|finding| finding.kind == kind);
            lines.extend(of_kind.take(limit).map(|finding| format!("  {finding}")));
            if count > limit {
                lines.push(format!("  and {} more", count - limit));
            }
        }
        lines.join("\n")
    }
}

impl Display for CheckReport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.render(Some(Self::SHOWN)))
    }
}
