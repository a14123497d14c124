//! Images that a user leaves out of a collection: known bad files, or the user's own list.
//!
//! Records are taken out before anything is drawn, so a split with exclusions differs from one without: it draws from
//! fewer images. Nothing is left out unless requested.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use herring_datasets::{Origin, Table};

use crate::{
    Finding, FindingKind, Manifest, Reading, TableError,
    error::{Problem, ProblemKind, Problems, quote},
    manifests,
    sheet::{Column, Sheet},
    unpack,
};

/// A list of images to leave out.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Exclusions {
    entries: Vec<Entry>,
}

#[derive(Debug, Clone, PartialEq)]
struct Entry {
    /// An id, a file's name, or a path relative to the root of the table.
    name: String,
    reason: String,
    origin: Origin,
}

/// A record that was left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excluded {
    /// The record's id.
    pub id: String,
    /// Its image, relative to the root.
    pub image: PathBuf,
    /// Its class.
    pub label: usize,
    /// Its environment.
    pub environment: usize,
    /// The reason in the list; empty if it gives none.
    pub reason: String,
    /// The place in the list.
    pub origin: Origin,
}

impl Exclusions {
    /// The list in a file. Either a CSV with a header that has a column `id`, `image` or `file`, and optionally
    /// `reason`; or a text with an id, a file's name or a path on each line. Lines that begin with `#` are comments.
    ///
    /// # Errors
    /// [`TableError::Problems`] if the file cannot be read, is not UTF-8, lists nothing, or has a row without a name.
    pub fn read(path: &Path) -> Result<Self, TableError> {
        let bytes = unpack::read(path, unpack::UNPACKED_LIMIT).or_else(|problem| refuse(vec![problem]))?;
        Self::parse(path, bytes)
    }

    /// [`Self::read`] of these bytes; the file's name is for messages.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn parse(file: &Path, bytes: Vec<u8>) -> Result<Self, TableError> {
        let origin = |line: usize| Origin { file: file.to_owned(), line };
        let text = match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => {
                let line = 1 + error.as_bytes()[..error.utf8_error().valid_up_to()]
                    .iter()
                    .filter(|byte| **byte == b'\n')
                    .count();
                let found = "other bytes";
                return refuse(vec![Problem::new(ProblemKind::Encoding, origin(line), "text", found, "UTF-8")]);
            }
        };
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        // Comments become empty lines, so that the others keep their numbers.
        let bare = |line: &str| line.trim_start().starts_with('#');
        let lines: Vec<&str> = text.lines().map(|line| if bare(line) { "" } else { line }).collect();
        let header = lines.iter().find(|line| !line.trim().is_empty()).copied().unwrap_or_default();
        let columns: Vec<&str> = header.split(',').map(|name| name.trim().trim_matches('"')).collect();
        let key = ["id", "image", "file"].into_iter().find(|key| columns.contains(key));
        let mut problems = Vec::new();
        let mut entries = Vec::new();
        match key {
            Some(key) => {
                let sheet = match Sheet::new(file, lines.join("\n").into_bytes()) {
                    Ok(sheet) => sheet,
                    Err(problem) => return refuse(vec![problem]),
                };
                sheet.visit(&[Column::required(key), Column::optional("reason")], &mut problems, |row, problems| {
                    let name = row.value(0).trim();
                    if name.is_empty() {
                        problems.push(row.problem(ProblemKind::Id, key, name, "the id or file of an image"));
                        return;
                    }
                    entries.push(Entry {
                        name: name.to_owned(),
                        reason: row.value(1).trim().to_owned(),
                        origin: row.origin(),
                    });
                });
            }
            None => {
                let named = lines.iter().enumerate().filter(|(_, line)| !line.trim().is_empty());
                for (index, line) in named {
                    let name = line.trim();
                    // A comma means a table whose header has no column of ids.
                    if name.contains(',') {
                        let expected = "one id a line, or a header with a column id, image or file";
                        let found = quote(name);
                        problems.push(Problem::new(ProblemKind::Column, origin(index + 1), "line", found, expected));
                        break;
                    }
                    let entry = Entry { name: name.to_owned(), reason: String::new(), origin: origin(index + 1) };
                    entries.push(entry);
                }
            }
        }
        if entries.is_empty() && problems.is_empty() {
            let expected = "at least one id";
            problems.push(Problem::new(ProblemKind::Empty, origin(0), "list", "nothing", expected));
        }
        Problems::check(problems)?;
        Ok(Self { entries })
    }

    /// The images of an experiment (`xray`, `rsna`) or a collection that others found missing or broken:
    /// [`Manifest::known_bad`]. It may be empty.
    ///
    /// # Errors
    /// [`TableError::Unknown`] for another name.
    pub fn known(name: &str) -> Result<Self, TableError> {
        let mut entries = Vec::new();
        for manifest in manifests(name)? {
            let file = format!("datasets/{}.toml", manifest.name);
            entries.extend(Self::of(&manifest, Path::new(&file)).entries);
        }
        Ok(Self { entries })
    }

    /// The known bad images of a manifest; `file` is its name in messages.
    pub fn of(manifest: &Manifest, file: &Path) -> Self {
        let entries = manifest.known_bad.iter().flat_map(|bad| {
            bad.files.iter().map(|name| Entry {
                name: name.clone(),
                reason: bad.reason.clone(),
                origin: Origin { file: file.to_owned(), line: 0 },
            })
        });
        Self { entries: entries.collect() }
    }

    /// This list and another. For an image in both, the reason of this list is used.
    pub fn and(mut self, other: Self) -> Self {
        self.entries.extend(other.entries);
        self
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

fn refuse<T>(problems: Vec<Problem>) -> Result<T, TableError> {
    match Problems::check(problems) {
        Err(error) => Err(error),
        Ok(()) => Err(TableError::Unknown { found: "no problem".into(), expected: "at least one".into() }),
    }
}

impl Reading {
    /// The same without the records that `exclusions` name, each by its id, by the path of its image relative to
    /// the root, or by the name of its image file.
    ///
    /// What was left out is in [`Reading::excluded`], counted by reason in [`Reading::left_out`], and its images are
    /// among [`Reading::unused_images`]. Names that match nothing are a warning; a name that matches only an image of
    /// a row that is left out anyway is not.
    ///
    /// # Errors
    /// [`TableError::Problems`] if a name fits several records and none by its id or path, or if no record is left.
    pub fn exclude(mut self, exclusions: &Exclusions) -> Result<Self, TableError> {
        if exclusions.is_empty() {
            return Ok(self);
        }
        let records = self.table.records();
        let name_of = |image: &Path| image.file_name().map(|name| name.to_string_lossy().into_owned());
        let by_id: BTreeMap<&str, usize> =
            records.iter().enumerate().map(|(index, record)| (record.id.as_str(), index)).collect();
        let by_path: BTreeMap<String, usize> =
            records.iter().enumerate().map(|(index, record)| (record.image.to_string_lossy().into(), index)).collect();
        let mut by_name: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (index, record) in records.iter().enumerate() {
            if let Some(name) = name_of(&record.image) {
                by_name.entry(name).or_default().push(index);
            }
        }
        let unused: BTreeSet<String> = self
            .unused_images
            .iter()
            .flat_map(|image| {
                let stem = image.file_stem().map(|stem| stem.to_string_lossy().into_owned());
                [name_of(image), stem, Some(image.to_string_lossy().into_owned())]
            })
            .flatten()
            .collect();
        let mut chosen: BTreeMap<usize, &Entry> = BTreeMap::new();
        let mut unmatched: BTreeMap<&Path, Vec<&str>> = BTreeMap::new();
        let mut listed: BTreeMap<&Path, usize> = BTreeMap::new();
        let mut problems = Vec::new();
        for entry in &exclusions.entries {
            *listed.entry(&entry.origin.file).or_insert(0) += 1;
            let name = entry.name.as_str();
            let known = by_id.get(name).or_else(|| by_path.get(name)).copied();
            match known.map(|index| vec![index]).or_else(|| by_name.get(name).cloned()).as_deref() {
                Some([index]) => {
                    chosen.entry(*index).or_insert(entry);
                }
                Some(several) => {
                    let ids: Vec<&str> = several.iter().take(3).map(|&index| records[index].id.as_str()).collect();
                    let found = format!("{}, the name of {} images ({})", quote(name), several.len(), ids.join(", "));
                    let expected = "an id or a path, which one image has";
                    problems.push(Problem::new(ProblemKind::Id, entry.origin.clone(), "image", found, expected));
                }
                None if unused.contains(name) => {}
                None => unmatched.entry(&entry.origin.file).or_default().push(name),
            }
        }
        if chosen.len() == records.len() && !records.is_empty() {
            let origin = Origin { file: self.sources.first().cloned().unwrap_or_default(), line: 0 };
            let found = format!("an exclusion of each of {}", records.len());
            problems.push(Problem::new(ProblemKind::Empty, origin, "records", found, "at least one that is left"));
        }
        Problems::check(problems)?;
        for (file, names) in unmatched {
            const SHOWN: usize = 5;
            let all = listed.get(file).copied().unwrap_or_default();
            let mut shown: Vec<String> = names.iter().take(SHOWN).map(|name| quote(name)).collect();
            if names.len() > SHOWN {
                shown.push(format!("and {} more", names.len() - SHOWN));
            }
            let message = format!(
                "{} of {all} images to leave out are in no row of the table: {}",
                names.len(),
                shown.join(", ")
            );
            self.warnings.push(Finding::new(FindingKind::ExclusionUnmatched, file.to_owned(), message));
        }
        let mut kept = Vec::with_capacity(records.len() - chosen.len());
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for (index, record) in records.iter().enumerate() {
            let Some(entry) = chosen.get(&index) else {
                kept.push(record.clone());
                continue;
            };
            let why = if entry.reason.is_empty() { "no reason given" } else { &entry.reason };
            *counts.entry(format!("excluded by {}: {why}", entry.origin.file.display())).or_insert(0) += 1;
            self.unused_images.push(record.image.clone());
            self.excluded.push(Excluded {
                id: record.id.clone(),
                image: record.image.clone(),
                label: record.label,
                environment: record.environment,
                reason: entry.reason.clone(),
                origin: entry.origin.clone(),
            });
        }
        let whole = self.table.whole_groups();
        let (classes, environments) = (self.table.classes().to_vec(), self.table.environments().to_vec());
        let table = Table::new(self.table.name(), classes, environments, kept)?;
        self.table = if whole { table.with_whole_groups() } else { table };
        self.left_out.extend(counts.into_iter().map(|(reason, rows)| crate::LeftOut { reason, rows }));
        self.left_out.sort_by(|left, right| left.reason.cmp(&right.reason));
        self.warnings.sort();
        Ok(self)
    }

    /// How many records each environment had of each class before any was excluded: `[environment][label]`. These
    /// are the counts by which an edition of a table is known.
    pub fn cells_before_exclusions(&self) -> Vec<Vec<usize>> {
        let mut cells = self.table.cells();
        for out in &self.excluded {
            if let Some(count) = cells.get_mut(out.environment).and_then(|row| row.get_mut(out.label)) {
                *count += 1;
            }
        }
        cells
    }
}
