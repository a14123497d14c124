//! Tables with one row a box, and the views in a second table: RSNA Pneumonia.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use herring_datasets::{Origin, PixelBox, Record, Region};

use super::{Gathered, Negatives, Values, views};
use crate::{
    Manifest,
    error::{Problem, ProblemKind},
    layout::Files,
    manifest::BoxRows,
    place,
    sheet::{Column, Row, is_null},
    unpack,
};

/// A patient, from one or several rows. Patients sorted by id as strings are in the order of pandas'
/// `groupby(...).first()`: bytes of UTF-8 and code points sort alike.
struct Patient {
    origin: Origin,
    positive: bool,
    boxes: Vec<PixelBox>,
}

pub(super) fn read(
    manifest: &Manifest,
    rows: &BoxRows,
    (root, files): (&Path, &Files),
    (first, negatives): (usize, Negatives),
    gathered: &mut Gathered,
) {
    // Both are opened before returning an error, so that both are reported.
    let main = gathered.open(manifest, root, &rows.files);
    let source = gathered.sources.last().cloned().unwrap_or_default();
    let headers = manifest.full.as_ref().filter(|full| full.views);
    let from_files = headers
        .filter(|_| files.has_full() && unpack::locate(&root.join(&manifest.folder), &rows.views.files).is_none());
    let or = headers.map(|full| format!("; or {}, whose headers hold the views", full.layout)).unwrap_or_default();
    let views = match from_files {
        Some(_) => None,
        None => {
            let located = gathered.locate(manifest, root, &rows.views.files, &or);
            located.and_then(|located| gathered.open_at(located))
        }
    };
    let mut patients: BTreeMap<String, Patient> = BTreeMap::new();
    if let Some(sheet) = &main {
        let mut columns = vec![Column::required(&rows.patient), Column::required(&rows.target)];
        columns.extend(rows.region.iter().map(|column| Column::required(column)));
        let size = Some([manifest.images.height, manifest.images.width]);
        gathered.rows += sheet.visit(&columns, &mut gathered.problems, |row, problems| {
            if let Err(problem) = add(&mut patients, rows, row, size) {
                problems.push(problem);
            }
        });
    }
    let mut known: BTreeMap<String, (usize, String)> = BTreeMap::new();
    if let Some(sheet) = &views {
        let columns = [Column::required(&rows.views.patient), Column::required(&rows.views.view)];
        sheet.visit(&columns, &mut gathered.problems, |row, problems| {
            let id = row.value(0);
            if is_null(id) {
                problems.push(row.problem(ProblemKind::Id, &rows.views.patient, id, "the id of a patient"));
            } else if let Some((line, _)) = known.get(id) {
                let expected = format!("each patient once, it is also on line {line}");
                problems.push(row.problem(ProblemKind::Id, &rows.views.patient, id, expected));
            } else {
                known.insert(id.to_owned(), (row.line(), row.value(1).to_owned()));
            }
        });
    }
    if main.is_none() || (views.is_none() && from_files.is_none()) {
        return;
    }
    let name = &manifest.name;
    let (before, sound) = (gathered.records.len(), gathered.problems.is_empty());
    let view_column = if from_files.is_some() { "ViewPosition (0018,5101)" } else { rows.views.view.as_str() };
    if let Some(full) = from_files {
        let ids: Vec<&str> = patients.keys().map(String::as_str).collect();
        views::read(full, &ids, (root, files), &mut known, &mut gathered.problems);
        gathered.notes.push(format!("{name}: the views are those of the headers of {} files", known.len()));
    }
    let mut seen = Values::default();
    let images = PathBuf::from(&manifest.folder).join(&manifest.images.folder);
    let strangers = known.keys().filter(|id| !patients.contains_key(*id)).count();
    gathered.reasons.count(&format!("{name}: {} is not in the table of labels", rows.views.patient), strangers);
    let mut by_view: Vec<Vec<Record>> = vec![Vec::new(); manifest.environments.len()];
    for (id, patient) in patients {
        let image = images.join(format!("{id}.{}", manifest.images.format));
        let view = known.get(&id).map(|(_, view)| view.as_str());
        let place = manifest.environments.iter().position(|environment| Some(environment.as_str()) == view);
        let Some(place) = place else {
            if let Some(view) = view {
                seen.add(view);
            }
            let reason = match view {
                None => format!("{name}: {} is not in the table of views", rows.patient),
                Some(view) if is_null(view) => format!("{name}: {view_column} is empty"),
                Some(_) => format!("{name}: {view_column} is none of {}", manifest.environments.join(", ")),
            };
            gathered.reasons.count(&reason, 1);
            gathered.unused_images.push(image);
            continue;
        };
        by_view[place].push(Record {
            origin: patient.origin,
            image,
            label: usize::from(patient.positive),
            environment: first + place,
            region: if patient.positive { Region::Boxes(patient.boxes) } else { negatives.region() },
            part: None,
            group: Some(format!("{name} {id}")),
            maximum: None,
            id,
        });
    }
    gathered.records.extend(by_view.into_iter().flatten());
    if gathered.records.len() == before && sound && gathered.problems.is_empty() {
        let expected = format!("at least one patient with one of {}", manifest.environments.join(", "));
        let origin = Origin { file: source, line: 0 };
        gathered.problems.push(Problem::new(ProblemKind::Empty, origin, view_column, seen.most_frequent(), expected));
    }
}

/// Adds a row to its patient. Stricter than pandas, which takes the first target and drops rows without an
/// id: where rows of a patient contradict each other, the user has to decide which is right.
fn add(
    patients: &mut BTreeMap<String, Patient>,
    rows: &BoxRows,
    row: &Row<'_>,
    size: Option<[usize; 2]>,
) -> Result<(), Problem> {
    let (id, target) = (row.value(0), row.value(1));
    if is_null(id) {
        return Err(row.problem(ProblemKind::Id, &rows.patient, id, "the id of a patient"));
    }
    place::file_name(id).map_err(|expected| row.problem(ProblemKind::Path, &rows.patient, id, expected))?;
    let positive = match target.trim().parse::<f64>() {
        Ok(0.0) => false,
        Ok(1.0) => true,
        _ => return Err(row.problem(ProblemKind::Label, &rows.target, target, "0 or 1")),
    };
    let texts = [row.value(2), row.value(3), row.value(4), row.value(5)];
    let pixel_box = if texts.iter().all(|text| is_null(text)) {
        None
    } else {
        let wrong = |(place, expected): (usize, String)| {
            row.problem(ProblemKind::Box, &rows.region[place], texts[place], expected)
        };
        Some(place::pixel_box(texts, size).map_err(wrong)?)
    };
    match (positive, pixel_box) {
        (true, None) => {
            return Err(row.problem(ProblemKind::Box, &rows.region[0], texts[0], "a box, since the target is 1"));
        }
        (false, Some(_)) => {
            return Err(row.problem(ProblemKind::Box, &rows.region[0], texts[0], "no box, since the target is 0"));
        }
        _ => {}
    }
    if let Some(patient) = patients.get_mut(id) {
        let line = patient.origin.line;
        if patient.positive != positive {
            let expected = format!("the target of line {line}, which is of the same patient");
            return Err(row.problem(ProblemKind::Label, &rows.target, target, expected));
        }
        if pixel_box.is_none_or(|pixel_box| patient.boxes.contains(&pixel_box)) {
            let expected = format!("each patient and box once, the patient is also on line {line}");
            return Err(row.problem(ProblemKind::Id, &rows.patient, id, expected));
        }
        patient.boxes.extend(pixel_box);
    } else {
        let boxes = pixel_box.into_iter().collect();
        patients.insert(id.to_owned(), Patient { origin: row.origin(), positive, boxes });
    }
    Ok(())
}
