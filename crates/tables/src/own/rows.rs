//! A CSV of the user's own images.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use herring_datasets::{Origin, Part, PixelBox, Region};

use super::{Gathered, ONE_ENVIRONMENT, OwnOptions, Raw, name_expected, paths::Paths};
use crate::{
    error::{Problem, ProblemKind, quote},
    place,
    sheet::{Column, Row, Sheet, is_nothing},
    unpack::UNPACKED_LIMIT,
};

/// An `id` is read under its exact name only: a column `ID` holds the patient's as often as the image's.
const COLUMNS: [Column<'static>; 9] = [
    Column::required("image").or(&["filename", "file", "path"]).near(&["image index", "image id", "img", "picture"]),
    Column::required("label").or(&[]).near(&["class", "target", "diagnosis", "category", "finding"]),
    Column::optional("environment")
        .or(&[])
        .near(&["env", "site", "hospital", "domain", "source", "confounder"])
        .certain(),
    Column::optional("id"),
    Column::optional("mask").or(&[]),
    Column::optional("boxes").or(&[]),
    Column::optional("split").or(&[]),
    Column::optional("group").or(&["patient", "subject"]).alone().near(&["patient id", "subject id"]),
    Column::optional("maximum").or(&[]),
];
const ENVIRONMENT: usize = 2;
const GROUP: usize = 7;

pub(super) fn read(file: &Path, options: &OwnOptions) -> Gathered {
    let root = match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    };
    let mut gathered = Gathered { root, source: file.to_owned(), ..Gathered::default() };
    let sheet = Sheet::read(file, UNPACKED_LIMIT).and_then(|mut sheet| {
        sheet.find_delimiter(&COLUMNS)?;
        Ok(sheet)
    });
    let sheet = match sheet {
        Ok(sheet) => sheet,
        Err(problem) => {
            gathered.problems.push(problem);
            return gathered;
        }
    };
    gathered.notes.extend(sheet.notes(&COLUMNS));
    gathered.warnings.extend(sheet.doubts());
    gathered.grouped = sheet.has(&COLUMNS, GROUP);
    let environments = sheet.has(&COLUMNS, ENVIRONMENT);
    if !environments {
        gathered.notes.push("there is no column \"environment\": all images are of one".to_owned());
    }
    let mut reader =
        Reader { root: &gathered.root, options, paths: Paths::default(), parts: BTreeMap::new(), environments };
    let (raws, reasons) = (&mut gathered.raws, &mut gathered.reasons);
    gathered.rows = sheet.visit(&COLUMNS, &mut gathered.problems, |row, problems| {
        if row.is_blank() {
            reasons.count("rows without any text", 1);
            return;
        }
        let before = problems.len();
        let raw = reader.parse(row, problems);
        if problems.len() == before {
            raws.extend(raw);
        }
    });
    gathered.notes.extend(reader.notes());
    if gathered.raws.is_empty() && gathered.problems.is_empty() {
        let origin = Origin { file: file.to_owned(), line: 0 };
        gathered.problems.push(Problem::new(ProblemKind::Empty, origin, "table", "no rows", "at least one"));
    }
    gathered
}

/// Reads rows, and counts the values that it reads in another form than written.
struct Reader<'a> {
    root: &'a Path,
    options: &'a OwnOptions,
    paths: Paths,
    /// Names of parts other than the usual ones, with their rows.
    parts: BTreeMap<(String, &'static str), usize>,
    /// Whether the table names environments.
    environments: bool,
}

impl Reader<'_> {
    /// All problems of the row are reported, not only the first.
    fn parse(&mut self, row: &Row<'_>, problems: &mut Vec<Problem>) -> Option<Raw> {
        let named = self.environments;
        let field = |column| match column {
            ENVIRONMENT if !named => ONE_ENVIRONMENT,
            column => row.value(column).trim(),
        };
        let image = self.path(row, "image", field(0), problems);
        for (kind, name, value) in
            [(ProblemKind::Label, "label", field(1)), (ProblemKind::Environment, "environment", field(2))]
        {
            if is_nothing(value) {
                problems.push(row.problem(kind, name, value, name_expected(value)));
            }
        }
        let region = self.region(row, field(4), field(5), problems);
        let part = self.part(row, field(6), problems);
        if !field(GROUP).is_empty() && is_nothing(field(GROUP)) {
            problems.push(row.problem(
                ProblemKind::Group,
                "group",
                field(GROUP),
                "a name, or nothing where it has none",
            ));
        }
        let maximum = maximum(row, field(8), problems);
        let id = if field(3).is_empty() { field(0) } else { field(3) };
        Some(Raw {
            id: id.to_owned(),
            origin: row.origin(),
            image: image?,
            label: field(1).to_owned(),
            environment: field(2).to_owned(),
            region: region?,
            part,
            group: Some(field(GROUP)).filter(|group| !group.is_empty()).map(str::to_owned),
            maximum,
        })
    }

    fn part(&mut self, row: &Row<'_>, text: &str, problems: &mut Vec<Problem>) -> Option<Part> {
        if text.is_empty() {
            return None;
        }
        let part = match text.to_ascii_lowercase().as_str() {
            "train" | "training" => Part::Train,
            "valid" | "val" | "validation" => Part::Valid,
            "test" | "testing" => Part::Test,
            _ => {
                problems.push(row.problem(ProblemKind::Part, "split", text, "train, valid, test or nothing"));
                return None;
            }
        };
        if text != part.name() {
            *self.parts.entry((text.to_owned(), part.name())).or_default() += 1;
        }
        Some(part)
    }

    fn region(&mut self, row: &Row<'_>, mask: &str, boxes: &str, problems: &mut Vec<Problem>) -> Option<Region> {
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
            file => self.path(row, "mask", file, problems).map(Region::File),
        }
    }

    fn path(&mut self, row: &Row<'_>, name: &str, text: &str, problems: &mut Vec<Problem>) -> Option<PathBuf> {
        let path = self.paths.resolve(self.root, text, self.options);
        path.map_err(|expected| problems.push(row.problem(ProblemKind::Path, name, text, expected))).ok()
    }

    fn notes(&self) -> Vec<String> {
        let parts = self.parts.iter().map(|((text, part), rows)| {
            format!("the split {} is read as {part} ({rows} {})", quote(text), if *rows == 1 { "row" } else { "rows" })
        });
        self.paths.notes().chain(parts).collect()
    }
}

/// Whole numbers of a column with gaps are written as `4095.0` by pandas.
fn maximum(row: &Row<'_>, text: &str, problems: &mut Vec<Problem>) -> Option<u32> {
    if text.is_empty() {
        return None;
    }
    let whole =
        text.split_once('.').filter(|(_, rest)| rest.bytes().all(|byte| byte == b'0')).map_or(text, |(whole, _)| whole);
    match whole.parse::<u32>() {
        Ok(number @ 1..=65535) => Some(number),
        _ => {
            let expected = "a whole number from 1 to 65535, or nothing";
            problems.push(row.problem(ProblemKind::Maximum, "maximum", text, expected));
            None
        }
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
        let parsed = parsed.map_err(|expected| {
            // 1,5 may be one number or two.
            let hint = if group.contains(',') { "; spaces between them, and a point as the decimal mark" } else { "" };
            expected + hint
        });
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
