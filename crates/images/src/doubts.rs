//! Warnings about a set of images of which each can be used, from their facts.
//!
//! A check and a run use the same functions, so that they give the same warnings.

use crate::Facts;
use herring_datasets::{Part, Record, Table, confounded::Parts};
use herring_tables::{Finding, FindingKind};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

/// An environment that uses a smaller share of its range than this is dark compared with others.
const LEAST_SHARE: f64 = 0.25;

/// Shares of images in colour that differ by this much between environments tell them apart.
const COLOUR_SHARES_DIFFER: f64 = 0.5;

/// Scores on fewer images of a class than this are unreliable.
const LEAST_IMAGES: usize = 10;

/// The reasons why the splits `parts` of a table cannot be used: classes that a part lacks. Each is listed
/// once, even if several splits lack it.
pub fn incomplete(table: &Table, parts: &[Parts]) -> Vec<String> {
    let lines: BTreeSet<String> = parts.iter().flat_map(|parts| parts.incomplete(table)).collect();
    lines.into_iter().collect()
}

/// How many of a table's images the splits use, if not all, and why: `12 of 183 images are used, since snow,
/// wolf has 3`.
pub fn usage(table: &Table, parts: &Parts, cell_limit: Option<usize>) -> Option<String> {
    let (all, used) = (table.records().len(), parts.used());
    if used >= all {
        return None;
    }
    let mut smallest: Option<(usize, String)> = None;
    for (environment, counts) in table.environments().iter().zip(table.cells()) {
        for (class, count) in table.classes().iter().zip(counts) {
            if smallest.as_ref().is_none_or(|(least, _)| count < *least) {
                smallest = Some((count, format!("{environment}, {class}")));
            }
        }
    }
    let (least, cell) = smallest?;
    let why = match cell_limit {
        Some(limit) if limit < least => format!("at most {limit} of each environment and class at this scale"),
        Some(limit) if used_is_limited(table) => format!("at most {limit} of each environment and class in each part"),
        _ if least * table.cells().concat().len() > used => {
            format!("since {cell} has {least} and groups are kept whole")
        }
        _ => format!("since {cell} has {least}"),
    };
    Some(format!("{used} of {all} images are used, {why}"))
}

/// Whether the parts are given, so that only a limit excludes images.
fn used_is_limited(table: &Table) -> bool {
    table.records().iter().any(|record| record.part.is_some())
}

/// The warnings about the splits `parts` of a table whose images have these facts, by id.
pub fn doubts(root: &Path, table: &Table, parts: &[Parts], facts: &BTreeMap<String, Facts>) -> Vec<Finding> {
    let mut found = BTreeSet::new();
    for parts in parts {
        found.extend(few(table, parts));
        found.extend(groups(table, parts));
        found.extend(equal_images(root, table, parts, facts));
    }
    found.extend(ranges(table, facts));
    found.extend(colours(table, facts));
    for record in table.records() {
        if let Some(facts) = facts.get(&record.id) {
            found.extend(of_files(root, record, facts));
        }
    }
    found.into_iter().collect()
}

/// Parts with few images of a class.
fn few(table: &Table, parts: &Parts) -> Vec<Finding> {
    let finding = |(part, class, images): (Part, &str, usize)| {
        let message = format!(
            "{} has {images} of class {class:?}, expected at least {LEAST_IMAGES} for reliable scores",
            part.name()
        );
        Finding::new(FindingKind::FewImages, PathBuf::new(), message)
    };
    parts.few(table, LEAST_IMAGES).into_iter().map(finding).collect()
}

/// How many groups have images in each part, where the table has groups: `groups: 12 in train, 4 in valid, 5 in
/// test`.
pub fn groups_per_part(table: &Table, parts: &Parts) -> Option<String> {
    let counts = Part::ALL.map(|part| {
        let records = parts.of(part).iter().map(|&index| &table.records()[index]);
        let named = records.filter_map(|record| record.group.as_deref()).collect::<BTreeSet<_>>().len();
        (part, named)
    });
    let any = table.whole_groups() && counts.iter().any(|(_, named)| *named > 0);
    let each = counts.map(|(part, named)| format!("{named} in {}", part.name()));
    any.then(|| format!("groups: {}", each.join(", ")))
}

/// For each record that is in a part, that part.
fn placed<'a>(table: &'a Table, parts: &'a Parts) -> impl Iterator<Item = (Part, &'a Record)> {
    Part::ALL.into_iter().flat_map(move |part| parts.of(part).iter().map(move |&index| (part, &table.records()[index])))
}

fn groups(table: &Table, parts: &Parts) -> Vec<Finding> {
    // The official protocols split patients, and their reports say how many.
    if !table.whole_groups() {
        return Vec::new();
    }
    let mut seen: BTreeMap<&str, BTreeMap<Part, (&Record, usize)>> = BTreeMap::new();
    for (part, record) in placed(table, parts) {
        if let Some(group) = &record.group {
            seen.entry(group).or_default().entry(part).or_insert((record, 0)).1 += 1;
        }
    }
    let across = seen.into_iter().filter(|(_, parts)| parts.len() > 1);
    let finding = |(group, parts): (&str, BTreeMap<Part, (&Record, usize)>)| {
        let counts: Vec<String> =
            parts.iter().map(|(part, (_, count))| format!("{count} in {}", part.name())).collect();
        let file = parts.values().next().map_or_else(PathBuf::new, |(record, _)| record.origin.file.clone());
        Finding::new(FindingKind::GroupAcrossParts, file, format!("group {group:?} has {}", counts.join(", ")))
    };
    across.map(finding).collect()
}

/// Images of a later part that are, by their bytes or pixels, images of an earlier one.
fn equal_images(root: &Path, table: &Table, parts: &Parts, facts: &BTreeMap<String, Facts>) -> Vec<Finding> {
    let mut first: BTreeMap<&str, (Part, &Record)> = BTreeMap::new();
    let mut found = Vec::new();
    for (part, record) in placed(table, parts) {
        let Some(own) = facts.get(&record.id) else { continue };
        match first.get(own.pixels.as_str()) {
            // Duplicate paths are found by the table.
            Some((other, earlier)) if *other != part && earlier.image != record.image => {
                let what = match facts.get(&earlier.id) {
                    Some(facts) if facts.bytes == own.bytes => "the same bytes",
                    _ => "the same pixels",
                };
                let message =
                    format!("in {}, has {what} as {} in {}", part.name(), earlier.image.display(), other.name());
                found.push(Finding::new(FindingKind::DuplicateAcrossParts, root.join(&record.image), message));
            }
            Some(_) => {}
            None => {
                first.insert(&own.pixels, (part, record));
            }
        }
    }
    found
}

/// The part of its files' range that each environment uses.
#[derive(Debug, Clone, PartialEq)]
pub struct RangeUsed {
    /// Name of the environment.
    pub environment: String,
    /// Bits per stored value: all that occur.
    pub bits: BTreeSet<u32>,
    /// The values that count as white: all that occur.
    pub white: BTreeSet<i32>,
    /// The greatest value.
    pub largest: i32,
    /// The greatest share of its white that an image reaches.
    pub share: f64,
}

impl std::fmt::Display for RangeUsed {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let list = |numbers: Vec<String>| numbers.join(" and ");
        let is = if self.white.len() > 1 { "are" } else { "is" };
        let bits = list(self.bits.iter().map(ToString::to_string).collect());
        let white = list(self.white.iter().map(ToString::to_string).collect());
        let Self { environment, largest, share, .. } = self;
        write!(
            formatter,
            "{environment}: {bits} bits, values up to {largest} where {white} {is} white ({:.0} %)",
            share * 100.0
        )
    }
}

/// The range that each environment uses, for the environments that have images with facts.
pub fn ranges_used(table: &Table, facts: &BTreeMap<String, Facts>) -> Vec<RangeUsed> {
    let names = table.environments().iter().enumerate();
    let used = names.filter_map(|(environment, name)| {
        let records = table.records().iter().filter(|record| record.environment == environment);
        let of = records.filter_map(|record| facts.get(&record.id)).collect::<Vec<_>>();
        let largest = of.iter().map(|facts| facts.largest).max()?;
        Some(RangeUsed {
            environment: name.clone(),
            bits: of.iter().map(|facts| facts.bits).collect(),
            white: of.iter().map(|facts| facts.white).collect(),
            largest,
            share: of.iter().map(|facts| facts.share()).fold(0.0, f64::max),
        })
    });
    used.collect()
}

fn ranges(table: &Table, facts: &BTreeMap<String, Facts>) -> Vec<Finding> {
    let used = ranges_used(table, facts);
    let mut found = Vec::new();
    let dark = used.iter().filter(|range| range.share < LEAST_SHARE);
    found.extend(dark.map(|range| {
        let message = format!(
            "{range}: these images are dark compared with others; set `maximum` for the \
             environment to the value that is white"
        );
        Finding::new(FindingKind::RangeUnused, PathBuf::new(), message)
    }));
    // A given maximum says what the depths mean.
    let own_range = |range: &RangeUsed| {
        range.white.iter().all(|white| range.bits.iter().any(|bits| (1i64 << bits) - 1 == i64::from(*white)))
    };
    if used.iter().any(|range| range.bits != used[0].bits) && used.iter().all(own_range) {
        let each: Vec<String> = used.iter().map(ToString::to_string).collect();
        found.push(Finding::new(FindingKind::DepthsDiffer, PathBuf::new(), each.join("; ")));
    }
    found
}

/// Environments of which one is in colour and another is grey.
fn colours(table: &Table, facts: &BTreeMap<String, Facts>) -> Option<Finding> {
    let mut shares = Vec::new();
    for (environment, name) in table.environments().iter().enumerate() {
        let records = table.records().iter().filter(|record| record.environment == environment);
        let of: Vec<bool> = records.filter_map(|record| Some(facts.get(&record.id)?.colours)).collect();
        let coloured = of.iter().filter(|colours| **colours).count();
        if !of.is_empty() {
            shares.push((coloured as f64 / of.len() as f64, format!("{name}: {coloured} of {} in colour", of.len())));
        }
    }
    let [least, most] = [f64::min, f64::max].map(|better| shares.iter().map(|(share, _)| *share).reduce(better));
    let differ = most? - least? >= COLOUR_SHARES_DIFFER;
    let each: Vec<String> = shares.into_iter().map(|(_, text)| text).collect();
    differ.then(|| Finding::new(FindingKind::ColoursDiffer, PathBuf::new(), each.join("; ")))
}

fn of_files(root: &Path, record: &Record, facts: &Facts) -> Vec<Finding> {
    let image = || root.join(&record.image);
    let mut found = Vec::new();
    if facts.turned {
        found.push(Finding::new(FindingKind::ImageTurned, image(), "turned as its EXIF orientation says".into()));
    }
    found.extend(facts.tolerated.iter().map(|text| Finding::new(FindingKind::FileTolerated, image(), text.clone())));
    let (Some(mask), herring_datasets::Region::File(file)) = (&facts.mask, &record.region) else { return found };
    let share = format!("{} of {} pixels are inside", mask.inside, mask.pixels);
    let mut doubt = |kind: FindingKind, is: bool| {
        if is {
            found.push(Finding::new(kind, root.join(file), share.clone()));
        }
    };
    doubt(FindingKind::MaskLossy, mask.lossy);
    doubt(FindingKind::MaskIntermediate, mask.intermediate && !mask.lossy);
    doubt(FindingKind::MaskEmpty, mask.inside == 0);
    doubt(FindingKind::MaskFull, mask.inside == mask.pixels);
    found
}
