//! The findings of a check: sorted, counted, and rendered in full or in part.

use std::{
    collections::BTreeMap,
    fmt::{self, Display},
    path::PathBuf,
};

use crate::{Problem, Reading, error::one_line};

/// The kind of a finding, in the order of the report.
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
    /// A mask holds an unknown label.
    MaskLabel,
    /// A part, or a cell of environment and class, without what a run needs.
    PartIncomplete,
    /// Something could not be checked because of another finding.
    NotChecked,
    /// The counts match no known edition.
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
    /// Environments whose images have different bit depths.
    DepthsDiffer,
    /// Environments of which one is in colour and another is grey.
    ColoursDiffer,
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
    /// Whether training can fail because of it; the others are warnings.
    pub fn is_error(self) -> bool {
        self < Self::Counts
    }

    /// Its title in the report.
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
            Self::MaskLabel => "masks with labels that nothing names",
            Self::PartIncomplete => "parts that cannot be used",
            Self::NotChecked => "things not checked",
            Self::Counts => "counts of no known edition",
            Self::NamesAlike => "names that differ only in case, spaces or the way a number is written",
            Self::Quotes => "doubtful quotes in tables",
            Self::DuplicateAcrossParts => "equal images in more than one part",
            Self::GroupAcrossParts => "groups with images in more than one part",
            Self::FewImages => "parts with few images of a class",
            Self::DepthsDiffer => "bit depths that differ between environments",
            Self::ColoursDiffer => "environments of which one is in colour and another is grey",
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
    /// Its kind.
    pub kind: FindingKind,
    /// The file or folder; empty if the finding concerns all images.
    pub file: PathBuf,
    /// The line of the file, counted from 1; 0 where it is about the whole file.
    pub line: usize,
    /// What was found and, unless it is obvious, what was expected.
    pub message: String,
}

impl Finding {
    /// A finding about a whole file or folder.
    pub fn new(kind: FindingKind, file: PathBuf, message: String) -> Self {
        Self { kind, file, line: 0, message }
    }

    /// A problem of a table as a finding.
    pub(crate) fn of_problem(problem: &Problem) -> Self {
        let text = format!("{}: found {}, expected {}", problem.field, problem.found, problem.expected);
        Self { line: problem.origin.line, ..Self::new(FindingKind::Table, problem.origin.file.clone(), text) }
    }
}

impl Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, message, .. } = self;
        let text = match (file.as_os_str().is_empty(), line) {
            (true, _) => message.clone(),
            (false, 0) => format!("{}: {message}", file.display()),
            (false, line) => format!("{}:{line}: {message}", file.display()),
        };
        formatter.write_str(&one_line(&text))
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
    /// Further information, a line each, for instance the range that images use.
    pub details: Vec<String>,
    /// How many image and mask files were opened.
    pub opened: usize,
    /// What was found, sorted by kind, file and line.
    pub findings: Vec<Finding>,
}

impl CheckReport {
    /// How many errors [`Display`] lists of each kind.
    pub const SHOWN: usize = 10;
    /// How many warnings it lists of each kind.
    pub const WARNINGS_SHOWN: usize = 3;

    /// A report with its findings sorted; the warnings of the table itself join them.
    pub fn new(
        name: String,
        reading: Option<Reading>,
        edition: Option<String>,
        opened: usize,
        mut findings: Vec<Finding>,
    ) -> Self {
        findings.extend(reading.iter().flat_map(|reading| reading.warnings.iter().cloned()));
        findings.sort();
        findings.dedup();
        Self { name, reading, edition, details: Vec::new(), opened, findings }
    }

    /// The same with further lines of information.
    pub fn with_details(self, details: Vec<String>) -> Self {
        Self { details, ..self }
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

    /// How many findings are warnings.
    pub fn warnings(&self) -> usize {
        self.findings.len() - self.errors()
    }

    /// The report as text: what was read, then the findings by kind, each with its count, at most
    /// `limit` errors of a kind and [`Self::WARNINGS_SHOWN`] warnings (all with `None`).
    pub fn render(&self, limit: Option<usize>) -> String {
        let mut lines = vec![format!("{}: {} errors, {} warnings", self.name, self.errors(), self.warnings())];
        if let Some(reading) = &self.reading {
            lines.extend(reading.summary().lines().map(|line| format!("  {line}")));
        }
        lines.extend(self.edition.iter().map(|edition| format!("  the counts are those of the edition {edition:?}")));
        lines.extend(self.details.iter().map(|line| format!("  {line}")));
        lines.push(format!("  {} files of images opened", self.opened));
        for (kind, count) in self.counts() {
            let level = if kind.is_error() { "error" } else { "warning" };
            lines.push(format!("{level}: {}: {count}", kind.title()));
            let most = if kind.is_error() { usize::MAX } else { Self::WARNINGS_SHOWN };
            let limit = limit.map_or(usize::MAX, |limit| limit.min(most));
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

/// The warnings among `findings` as a run prints them before it trains: a line for each kind, with its count
/// and the names of the first three files.
pub fn warning_lines(findings: &[Finding]) -> Vec<String> {
    let mut by_kind: BTreeMap<FindingKind, Vec<&Finding>> = BTreeMap::new();
    for finding in findings.iter().filter(|finding| !finding.kind.is_error()) {
        by_kind.entry(finding.kind).or_default().push(finding);
    }
    let line = |(kind, findings): (FindingKind, Vec<&Finding>)| {
        let shown: Vec<String> =
            findings.iter().take(CheckReport::WARNINGS_SHOWN).map(|finding| finding.to_string()).collect();
        let more = findings.len() - shown.len();
        let rest = if more > 0 { format!("; and {more} more") } else { String::new() };
        format!("{}: {}: {}{rest}", kind.title(), findings.len(), shown.join("; "))
    };
    by_kind.into_iter().map(line).collect()
}
