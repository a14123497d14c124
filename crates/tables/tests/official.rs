//! Rules, order and damage on small tables in the official formats.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::*;
use herring_datasets::{PixelBox, Region};
use herring_tables::{
    Manifest, Negatives, ProblemKind, Reading, TableError, manifests_with, nih, padchest, present, present_with, rsna,
    xray, xray_with,
};
use std::io::Write;

fn rows(reading: &Reading) -> Vec<(String, usize, usize, usize)> {
    let records = reading.table.records().iter();
    records.map(|record| (record.id.clone(), record.environment, record.label, record.origin.line)).collect()
}

fn left_out(reading: &Reading) -> Vec<String> {
    reading.left_out.iter().map(|out| format!("{} {}", out.rows, out.reason)).collect()
}

fn row(id: &str, environment: usize, label: usize, line: usize) -> (String, usize, usize, usize) {
    (id.into(), environment, label, line)
}

#[test]
fn cardiomegaly_by_site() {
    let root = data_root();
    let reading = xray(root.path()).unwrap();
    assert_eq!(
        rows(&reading),
        [
            row("00000001_000.png", 0, 1, 2),
            row("00000001_001.png", 0, 1, 3),
            row("00000002_000.png", 0, 0, 4),
            row("a.png", 1, 0, 2),
            row("b.png", 1, 1, 3),
            row("f.png", 1, 0, 10),
        ]
    );
    assert_eq!(reading.table.records()[3].image.to_str(), Some("padchest/images-224/a.png"));
    assert!(reading.table.records().iter().all(|record| record.region == Region::Circle));
    assert_eq!(
        left_out(&reading),
        [
            "1 nih: Finding Labels has neither \"Cardiomegaly\" nor \"No Finding\"",
            "1 padchest: Labels has neither \"cardiomegaly\" nor \"normal\"",
            "1 padchest: Labels is empty",
            "1 padchest: ViewPosition_DICOM is empty",
            "1 padchest: ViewPosition_DICOM is without \"POSTEROANTERIOR\"",
        ]
    );
    assert_eq!((reading.rows, reading.unused_images.len()), (11, 5));
    assert_eq!(nih(root.path()).unwrap().table.environments(), ["NIH"]);
    assert_eq!(rows(&padchest(root.path()).unwrap())[0], row("a.png", 0, 0, 2));
}

#[test]
fn emphysema_by_site() {
    let root = data_root();
    put(root.path(), PADCHEST, PADCHEST_TEXT.replace("['scoliosis']", "\"['subcutaneous emphysema', 'scoliosis']\""));
    let reading = xray_with(root.path(), "emphysema").unwrap();
    assert_eq!(reading.table.classes(), ["no finding", "emphysema"]);
    assert_eq!(
        rows(&reading),
        [
            row("00000001_001.png", 0, 1, 3),
            row("00000002_000.png", 0, 0, 4),
            row("a.png", 1, 0, 2),
            // It lists cardiomegaly and normal: a negative here.
            row("b.png", 1, 0, 3),
            row("f.png", 1, 0, 10),
            row("g.png", 1, 1, 11),
        ]
    );
    assert_eq!(reading.table.records()[0].image.to_str(), Some("nih/images-128/00000001_001.png"));
    assert!(left_out(&reading).contains(&"2 nih: Finding Labels has neither \"Emphysema\" nor \"No Finding\"".into()));
    assert_eq!(xray_with(root.path(), "cardiomegaly").unwrap(), xray(root.path()).unwrap());

    let error = xray_with(root.path(), "hernia").unwrap_err().to_string();
    assert_eq!(error, "pathology: found \"hernia\", expected one of nih: cardiomegaly, emphysema");
    let error = Manifest::named("rsna").unwrap().of_pathology("emphysema").unwrap_err().to_string();
    assert_eq!(error, "pathology: found \"emphysema\", expected one of rsna: pneumonia");
}

#[test]
fn each_pathology_has_its_small_edition() {
    let root = data_root();
    for folder in ["nih/images-224", "padchest/images-128"] {
        put(root.path(), &format!("{folder}/x.png"), "");
    }
    let missing = |pathology: &str| {
        let folders = present_with("xray", pathology, root.path()).unwrap().missing_folders;
        let below = folders.iter().map(|folder| folder.strip_prefix(root.path()).unwrap().to_str().unwrap().to_owned());
        below.collect::<Vec<_>>()
    };
    // The other small edition is none of the owner's.
    assert_eq!(missing("cardiomegaly"), ["padchest/images-224"]);
    assert_eq!(missing("emphysema"), ["nih/images-128"]);
    for (pathology, side) in [("cardiomegaly", 224), ("emphysema", 128)] {
        for manifest in manifests_with("xray", pathology).unwrap() {
            let (images, full) = (&manifest.images, manifest.full.as_ref().unwrap());
            assert_eq!((images.height, images.width, full.reduce), (side, side, Some(side)));
            // There and back again.
            let back = manifest.clone().of_pathology(pathology).unwrap();
            assert_eq!(back, manifest);
        }
    }
}

#[test]
fn pneumonia_by_view() {
    let root = data_root();
    let reading = rsna(root.path(), Negatives::default()).unwrap();
    assert_eq!(reading.table.environments(), ["PA", "AP"]);
    assert_eq!(rows(&reading), [row("c", 0, 1, 6), row("d", 0, 0, 2), row("a", 1, 0, 5), row("b", 1, 1, 3)]);
    let regions: Vec<&Region> = reading.table.records().iter().map(|record| &record.region).collect();
    let boxes = vec![
        PixelBox { x: 264.0, y: 152.0, width: 213.0, height: 379.0 },
        PixelBox { x: 562.0, y: 152.0, width: 462.0, height: 872.0 },
    ];
    assert_eq!((regions[1], regions[3]), (&Region::Nothing, &Region::Boxes(boxes)));
    assert_eq!(reading.table.records()[0].image.to_str(), Some("rsna/stage_2_train_images_jpg/c.jpg"));
    assert_eq!(
        left_out(&reading),
        [
            "1 rsna: PatientID is not in the table of labels",
            "1 rsna: ViewPosition is empty",
            "1 rsna: ViewPosition is none of PA, AP",
            "1 rsna: patientId is not in the table of views",
        ]
    );
    let sensible = rsna(root.path(), Negatives::NoPenalty).unwrap();
    assert_eq!(sensible.table.records()[1].region, Region::Everything);
    assert_eq!(sensible.table.records()[3].region, *regions[3]);
}

#[test]
fn packed_tables_and_other_names() {
    let root = data_root();
    let expected = (xray(root.path()).unwrap(), rsna(root.path(), Negatives::default()).unwrap());
    for path in [NIH, PADCHEST, LABELS, HEADERS] {
        std::fs::remove_file(root.path().join(path)).unwrap();
    }
    let gzip = |text: &str| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    };
    let zip = |name: &str, text: &str| {
        let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        writer.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(text.as_bytes()).unwrap();
        writer.finish().unwrap().into_inner()
    };
    put(root.path(), "nih/Data_Entry_2017_v2020.csv.gz", gzip(NIH_TEXT));
    put(root.path(), &format!("{PADCHEST}.zip"), zip("p.csv", PADCHEST_TEXT));
    put(root.path(), "rsna/kaggle_stage_2_train_labels.csv.zip", zip("stage_2_train_labels.csv", LABELS_TEXT));
    put(root.path(), &format!("{HEADERS}.gz"), gzip(HEADERS_TEXT));
    assert!(present("rsna", root.path()).unwrap().missing_tables.is_empty());
    let reading = xray(root.path()).unwrap();
    assert_eq!((rows(&reading), reading.notes.len()), (rows(&expected.0), 0));
    assert_eq!(rows(&rsna(root.path(), Negatives::default()).unwrap()), rows(&expected.1));

    // A plain file wins over a packed one, and that is said.
    put(root.path(), PADCHEST, PADCHEST_TEXT.replace("a.png", "plain.png"));
    let reading = padchest(root.path()).unwrap();
    assert_eq!(reading.table.records()[0].id, "plain.png");
    assert_eq!(reading.notes.len(), 1);
    assert!(reading.notes[0].ends_with("01.02.19.csv.zip is not"), "{:?}", reading.notes);
}

/// The problems that a changed table causes, without the folder in front, and their kinds.
fn problems(path: &str, text: impl AsRef<[u8]>) -> (Vec<String>, Vec<ProblemKind>) {
    let root = data_root();
    let file = put(root.path(), path, text);
    let folder = format!("{}/", file.parent().unwrap().display());
    let result = match path {
        LABELS | HEADERS => rsna(root.path(), Negatives::default()),
        _ => xray(root.path()),
    };
    let error = result.unwrap_err();
    let all = error.problems();
    assert!(!all.is_empty(), "{error}");
    let lines = all.iter().map(|problem| problem.to_string().replace(&folder, ""));
    (lines.collect(), all.iter().map(|problem| problem.kind).collect())
}

#[test]
fn damage_to_rows_is_collected() {
    let text = NIH_TEXT.to_owned()
        + "00000001_000.png,No Finding,,,,,,,,,,\n"
        + "../../etc/passwd,No Finding,,,,,,,,,,\n"
        + "/etc/passwd,No Finding,,,,,,,,,,\n"
        + "x.png,NaN,,,,,,,,,,\n"
        + ",No Finding,,,,,,,,,,\n"
        + "y.png,No Finding\n";
    let (lines, kinds) = problems(NIH, text);
    assert_eq!(
        lines,
        [
            "Data_Entry_2017.csv:6: Image Index: found \"00000001_000.png\", expected each image once, it is also on line 2",
            "Data_Entry_2017.csv:7: Image Index: found \"../../etc/passwd\", expected a path that does not leave the root with `..`",
            "Data_Entry_2017.csv:8: Image Index: found \"/etc/passwd\", expected a path relative to the root",
            "Data_Entry_2017.csv:9: Finding Labels: found \"NaN\", expected at least one label",
            "Data_Entry_2017.csv:10: Image Index: found \"\", expected the name of an image",
            "Data_Entry_2017.csv:11: row: found 2 fields, expected 11 as in the header",
        ]
    );
    use ProblemKind::{Fields, Id, Label, Path};
    assert_eq!(kinds, [Id, Path, Path, Label, Id, Fields]);
}

#[test]
fn damage_to_boxes_is_collected() {
    let text = LABELS_TEXT.to_owned()
        + "h,1,1,1,1,2\n"
        + "i,,,,,\n"
        + "j,1,1,0,1,1\n"
        + "k,1,1,1,NaN,1\n"
        + "l,1000,1,25,1,1\n"
        + "m,1,-1,1,1,1\n"
        + "n,x,1,1,1,1\n"
        + "o,,,,,1\n"
        + "p,1,1,1,1,0\n"
        + "a,,,,,0\n"
        + "a,1,1,1,1,1\n"
        + "c,10.5,20.0,30.0,40.0,1\n"
        + "../q,,,,,0\n";
    let (lines, kinds) = problems(LABELS, text);
    assert_eq!(
        lines,
        [
            "stage_2_train_labels.csv:10: Target: found \"2\", expected 0 or 1",
            "stage_2_train_labels.csv:11: Target: found \"\", expected 0 or 1",
            "stage_2_train_labels.csv:12: width: found \"0\", expected more than 0",
            "stage_2_train_labels.csv:13: height: found \"NaN\", expected a finite number",
            "stage_2_train_labels.csv:14: width: found \"25\", expected a box that ends at 1024 at most, as the image does; it ends at 1025",
            "stage_2_train_labels.csv:15: y: found \"-1\", expected at least 0, since the box lies outside the image otherwise",
            "stage_2_train_labels.csv:16: x: found \"x\", expected a finite number",
            "stage_2_train_labels.csv:17: x: found \"\", expected a box, since the target is 1",
            "stage_2_train_labels.csv:18: x: found \"1\", expected no box, since the target is 0",
            "stage_2_train_labels.csv:19: patientId: found \"a\", expected each patient and box once, the patient is also on line 5",
            "stage_2_train_labels.csv:20: Target: found \"1\", expected the target of line 5, which is of the same patient",
            "stage_2_train_labels.csv:21: patientId: found \"c\", expected each patient and box once, the patient is also on line 6",
            "stage_2_train_labels.csv:22: patientId: found \"../q\", expected a path that does not leave the root with `..`",
        ]
    );
    use ProblemKind::{Box, Id, Label, Path};
    assert_eq!(kinds, [Label, Label, Box, Box, Box, Box, Box, Box, Box, Id, Label, Id, Path]);
    let (lines, _) = problems(HEADERS, HEADERS_TEXT.to_owned() + "7,a,F,PA\n8,,F,PA\n");
    assert_eq!(
        lines,
        [
            "kaggle_stage_2_train_images_dicom_headers.csv:9: PatientID: found \"a\", expected each patient once, it is also on line 5",
            "kaggle_stage_2_train_images_dicom_headers.csv:10: PatientID: found \"\", expected the id of a patient",
        ]
    );
}

#[test]
fn damage_to_files_is_one_line_each() {
    let (lines, _) = problems(PADCHEST, PADCHEST_TEXT.replace("ViewPosition_DICOM", "View").replace("ImageID", "Id"));
    let found = "found the columns \"\", \"Id\", \"View\", \"Projection\", \"Report\", \"Labels\", expected a column of this name";
    let name = "PADCHEST_chest_x_ray_images_labels_160K_01.02.19.csv";
    assert_eq!(lines, [format!("{name}:1: ImageID: {found}"), format!("{name}:1: ViewPosition_DICOM: {found}")]);
    let latin = [PADCHEST_TEXT.as_bytes(), b"7,h.png,POSTEROANTERIOR,PA,a\xf1o,['normal']\n"].concat();
    let (lines, kinds) = problems(PADCHEST, latin);
    assert_eq!(
        lines,
        [format!(
            "{name}:12: Report: found \"a\u{fffd}o\" with the byte F1, expected UTF-8; save the table as UTF-8 (Excel calls it \"CSV UTF-8\")"
        )]
    );
    assert_eq!(kinds, [ProblemKind::Encoding]);
    assert_eq!(problems(NIH, "").1, [ProblemKind::Empty]);
    assert_eq!(problems(NIH, NIH_TEXT.lines().next().unwrap()).1, [ProblemKind::Empty]);
    // A quote that is never closed swallows the rest; it is named by where it was opened.
    let open = "7,h.png,POSTEROANTERIOR,PA,\"never closed,['normal']\n8,i.png,POSTEROANTERIOR,PA,x,['normal']\n";
    let (lines, kinds) = problems(PADCHEST, PADCHEST_TEXT.to_owned() + open);
    let found = r#"a quotation mark that nothing closes up to line 13: "\"never closed,['normal']""#;
    let expected = "a closing one; a quotation mark within a field is written twice, in quotes";
    assert_eq!(lines, [format!("{name}:12: Report: found {found}, expected {expected}")]);
    assert_eq!(kinds, [ProblemKind::Quote]);
}

#[test]
fn all_that_is_missing_is_named_at_once() {
    let root = tempfile::tempdir().unwrap();
    let folder = |name: &str| root.path().join(name).display().to_string();
    let error = xray(root.path()).unwrap_err().to_string();
    let nih = "Data_Entry_2017.csv or Data_Entry_2017_v2020.csv, plain or as .gz or .zip";
    let lines: Vec<&str> = error.lines().collect();
    assert_eq!(lines[0], format!("{}: table: found none, expected {nih}", folder("nih")));
    assert_eq!(lines.len(), 2);
    let presence = present("xray", root.path()).unwrap();
    assert_eq!(presence.missing_tables[0], format!("{}: {nih}", folder("nih")));
    assert_eq!(presence.missing().len(), 4);
    assert!(!presence.is_complete());
    assert!(matches!(present("knees", root.path()), Err(TableError::Unknown { .. })));

    // A table that is there and cannot be read is not called missing.
    std::fs::create_dir_all(root.path().join(NIH)).unwrap();
    let error = nih_error(&root);
    assert!(error.starts_with(&folder(NIH)) && error.contains(": table: found "), "{error}");
}

fn nih_error(root: &tempfile::TempDir) -> String {
    let error = nih(root.path()).unwrap_err();
    assert_eq!(error.problems()[0].kind, ProblemKind::Unreadable);
    error.to_string()
}

#[test]
fn two_tables_with_one_id_are_refused() {
    let root = data_root();
    put(root.path(), PADCHEST, PADCHEST_TEXT.replace("a.png", "00000001_000.png"));
    let error = xray(root.path()).unwrap_err();
    assert_eq!(error.problems().len(), 1);
    assert!(error.to_string().contains(".csv:2: id: found \"00000001_000.png\", expected each id once"), "{error}");
}

#[test]
fn manifests_hold_the_counts_of_the_protocol() {
    let cells =
        |name: &str| Manifest::named(name).unwrap().known.into_iter().map(|edition| edition.cells).collect::<Vec<_>>();
    assert_eq!(cells("nih"), [[[60_412, 2_772]], [[60_361, 2_776]]]);
    assert_eq!(cells("padchest"), [[[22_070, 4_728]]]);
    let emphysema = |name: &str| {
        let known = Manifest::named(name).unwrap().of_pathology("emphysema").unwrap().known;
        known.into_iter().map(|edition| edition.cells).collect::<Vec<_>>()
    };
    assert_eq!(emphysema("nih"), [[[60_412, 2_516]], [[60_361, 2_516]]]);
    assert_eq!(emphysema("padchest"), [[[22_091, 500]]]);
    assert_eq!(cells("rsna"), [[[13_163, 1_348], [7_509, 4_664]]]);
    for (name, bits) in [("nih", 8), ("padchest", 16), ("rsna", 8)] {
        let manifest = Manifest::named(name).unwrap();
        assert_eq!((manifest.name.as_str(), manifest.folder.as_str(), manifest.images.bits), (name, name, bits));
        assert!(!manifest.quirks.is_empty() && !manifest.obtain.from.is_empty());
    }
}

#[test]
fn doubtful_quotes_of_an_official_table_are_warnings() {
    let root = data_root();
    let clean = padchest(root.path()).unwrap();
    assert_eq!(clean.warnings, []);
    let doubtful = PADCHEST_TEXT.replacen("POSTEROANTERIOR", "\"POSTEROANTERIOR\"x", 1);
    assert_ne!(doubtful, PADCHEST_TEXT);
    put(root.path(), PADCHEST, &doubtful);
    let reading = padchest(root.path()).unwrap();
    assert_eq!(reading.warnings.len(), 1, "{:?}", reading.warnings);
    assert_eq!(reading.warnings[0].kind, herring_tables::FindingKind::Quotes);
}
