//! Tables with one row an image: NIH ChestX-ray14 and PadChest.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use herring_datasets::{Origin, Record, Region};

use super::{Gathered, Values};
use crate::{
    Manifest,
    error::{Problem, ProblemKind},
    manifest::{EmptyLabel, FixedRegion, ImageRows},
    place,
    sheet::{Column, is_null},
};

pub(super) fn read(manifest: &Manifest, rows: &ImageRows, root: &Path, environment: usize, gathered: &mut Gathered) {
    let Some(sheet) = gathered.open(manifest, root, &rows.files) else { return };
    let source = gathered.sources.last().cloned().unwrap_or_default();
    let mut columns = vec![Column::required(&rows.image), Column::required(&rows.label.column)];
    columns.extend(rows.filter.as_ref().map(|filter| Column::required(&filter.column)));
    let patients = columns.len();
    columns.extend(rows.patient.as_ref().map(|patient| Column::optional(patient)));
    let images = PathBuf::from(&manifest.folder).join(&manifest.images.folder);
    let region = match rows.region {
        FixedRegion::Circle => Region::Circle,
        FixedRegion::Everything => Region::Everything,
    };
    let name = &manifest.name;
    let mut lines: BTreeMap<String, usize> = BTreeMap::new();
    let before = gathered.records.len();
    let mut seen = Seen::default();
    let Gathered { records, reasons, unused_images, problems, .. } = gathered;
    gathered.rows += sheet.visit(&columns, problems, |row, problems| {
        let (id, labels) = (row.value(0), row.value(1));
        if is_null(id) {
            problems.push(row.problem(ProblemKind::Id, &rows.image, id, "the name of an image"));
            return;
        }
        let file = match place::file_name(id) {
            Ok(file) => images.join(file),
            Err(expected) => {
                problems.push(row.problem(ProblemKind::Path, &rows.image, id, expected));
                return;
            }
        };
        if let Some(first) = lines.get(id) {
            let expected = format!("each image once, it is also on line {first}");
            problems.push(row.problem(ProblemKind::Id, &rows.image, id, expected));
            return;
        }
        lines.insert(id.to_owned(), row.line());
        let mut leave_out = |reason: String| {
            reasons.count(&reason, 1);
            unused_images.push(file.clone());
        };
        if let Some(filter) = &rows.filter {
            let field = row.value(2);
            if is_null(field) {
                return leave_out(format!("{name}: {} is empty", filter.column));
            }
            if !field.contains(&filter.contains) {
                seen.filtered.add(field);
                return leave_out(format!("{name}: {} is without {:?}", filter.column, filter.contains));
            }
        }
        let rule = &rows.label;
        if is_null(labels) {
            match rule.empty {
                EmptyLabel::LeaveOut => leave_out(format!("{name}: {} is empty", rule.column)),
                EmptyLabel::Refuse => {
                    problems.push(row.problem(ProblemKind::Label, &rule.column, labels, "at least one label"));
                }
            }
            return;
        }
        let label = match rule.class(labels) {
            Ok(Some(label)) => label,
            Ok(None) => {
                seen.labelled.add(labels);
                return leave_out(format!("{name}: {}", rule.neither()));
            }
            Err(expected) => {
                problems.push(row.problem(ProblemKind::Label, &rule.column, labels, expected));
                return;
            }
        };
        let patient = row.value(patients);
        records.push(Record {
            id: id.to_owned(),
            origin: row.origin(),
            image: file,
            label,
            environment,
            region: region.clone(),
            part: None,
            // Patient numbers are unique within a collection only.
            group: (!is_null(patient)).then(|| format!("{name} {patient}")),
            maximum: None,
        });
    });
    let empty = |field: &str, found: String, expected: String| {
        let origin = Origin { file: source.clone(), line: 0 };
        Problem::new(ProblemKind::Empty, origin, field, found, expected)
    };
    if gathered.records.len() == before && gathered.problems.is_empty() {
        let problem = match &rows.filter {
            Some(filter) if seen.labelled.is_empty() => {
                let expected = format!("at least one row that contains {:?}", filter.contains);
                empty(&filter.column, seen.filtered.most_frequent(), expected)
            }
            _ => empty(&rows.label.column, seen.labelled.most_frequent(), rows.label.wanted()),
        };
        gathered.problems.push(problem);
    }
}

/// The values of the rows that were left out, for the message of a table without a record.
#[derive(Default)]
struct Seen {
    filtered: Values,
    labelled: Values,
}
