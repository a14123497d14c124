//! A CSV of one's own images.

use std::path::{Path, PathBuf};

use herring_datasets::{Part, PixelBox, Region};

use super::{Gathered, Raw, is_nothing};
use crate::{
    error::{Problem, ProblemKind},
    place,
    sheet::{Column, Row, Sheet},
    unpack::UNPACKED_LIMIT,
};

pub(super) fn read(file: &Path) -> Gathered {
    let root = match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    };
    let mut gathered = Gathered { root, source: file.to_owned(), ..Gathered::default() };
    let sheet = match Sheet::read(file, UNPACKED_LIMIT) {
        Ok(sheet) => sheet,
        Err(problem) => {
            gathered.problems.push(problem);
            return gathered;
        }
    };
    let columns = [
        Column::required("image"),
        Column::required("label"),
        Column::required("environment"),
        Column::optional("id"),
        Column::optional("mask"),
        Column::optional("boxes"),
        Column::optional("split"),
    ];
    gathered.notes.extend(sheet.unread(&columns).into_iter().map(|name| format!("the column {name:?} is not read")));
    let raws = &mut gathered.raws;
    gathered.rows = sheet.visit(&columns, &mut gathered.problems, |row, problems| {
        let before = problems.len();
        let raw = parse(row, problems);
        if problems.len() == before {
            raws.extend(raw);
        }
    });
    gathered
}

/// All problems of the row are reported, not only the first.
fn parse(row: &Row<'_>, problems: &mut Vec<Problem>) -> Option<Raw> {
    let field = |column| row.value(column).trim();
    let image = below(row, "image", field(0), problems);
    for (kind, name, value) in
        [(ProblemKind::Label, "label", field(1)), (ProblemKind::Environment, "environment", field(2))]
    {
        if is_nothing(value) {
            problems.push(row.problem(kind, name, value, "a name"));
        }
    }
    let region = region(row, field(4), field(5), problems);
    let part = match field(6) {
        "" => None,
        name => {
            let part = Part::ALL.into_iter().find(|part| part.name() == name);
            if part.is_none() {
                problems.push(row.problem(ProblemKind::Part, "split", name, "train, valid, test or nothing"));
            }
            part
        }
    };
    let id = if field(3).is_empty() { field(0) } else { field(3) };
    Some(Raw {
        id: id.to_owned(),
        origin: row.origin(),
        image: image?,
        label: field(1).to_owned(),
        environment: field(2).to_owned(),
        region: region?,
        part,
        group: None,
        maximum: None,
    })
}

fn region(row: &Row<'_>, mask: &str, boxes: &str, problems: &mut Vec<Problem>) -> Option<Region> {
    if !mask.is_empty() && !boxes.is_empty() {
        problems.push(row.problem(ProblemKind::Region, "mask", mask, "a mask or boxes, not both"));
        return None;
    }
    match mask {
        "" if boxes.is_empty() => Some(Region::Everything),
        "" => parse_boxes(row, boxes, problems).map(Region::Boxes),
        "everything" => Some(Region::Everything),
        "nothing" => Some(Region::Nothing),
        "circle" => Some(Region::Circle),
        file => below(row, "mask", file, problems).map(Region::File),
    }
}

fn parse_boxes(row: &Row<'_>, text: &str, problems: &mut Vec<Problem>) -> Option<Vec<PixelBox>> {
    const NAMES: [&str; 4] = ["x", "y", "width", "height"];
    let mut boxes = Vec::new();
    // A `;` at the end is what joining with it often leaves.
    for group in text.trim_end_matches(';').split(';') {
        let numbers: Vec<&str> = group.split_whitespace().collect();
        let parsed = match <[&str; 4]>::try_from(numbers.as_slice()) {
            Ok(numbers) => place::pixel_box(numbers, None)
                .map_err(|(place, expected)| format!("a box whose {} is {expected}", NAMES[place])),
            Err(_) => Err("four numbers, x y width height".to_owned()),
        };
        match parsed {
            Ok(pixel_box) => boxes.push(pixel_box),
            Err(expected) => {
                problems.push(row.problem(ProblemKind::Box, "boxes", group, expected));
                return None;
            }
        }
    }
    Some(boxes)
}

fn below(row: &Row<'_>, name: &str, text: &str, problems: &mut Vec<Problem>) -> Option<PathBuf> {
    place::below(text).map_err(|expected| problems.push(row.problem(ProblemKind::Path, name, text, expected))).ok()
}
