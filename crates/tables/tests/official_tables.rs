//! The real tables against what pandas makes of them (`golden/make_orders.py`).
//!
//! The tables are not part of the repository. The variable `RED_HERRING_TABLES` names the folder that has
//! them as torchxrayvision 1.5.7 carries them (`torchxrayvision/data` of its wheel).

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use herring_datasets::{
    Part, Region, Table,
    confounded::{ConfoundedSettings, Rule, split},
    shared_groups,
};
use herring_tables::{
    CheckReport, Exclusions, FindingKind, Manifest, Negatives, Reading, check, nih, padchest, present, rsna, xray,
    xray_with,
};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::{io::Write, path::Path};
use tempfile::TempDir;

const VARIABLE: &str = "RED_HERRING_TABLES";

/// A data root with the tables, as they ship and without images; `None` where they are not at hand.
fn data_root() -> Option<TempDir> {
    let Some(source) = std::env::var_os(VARIABLE) else {
        // Not `eprintln!`, which the test harness keeps to itself while tests pass.
        let text = format!("SKIPPED official tables: {VARIABLE} names no folder; this test has checked nothing\n");
        std::io::stderr().write_all(text.as_bytes()).unwrap();
        return None;
    };
    let root = tempfile::tempdir().unwrap();
    for (folder, name) in [
        ("nih", "Data_Entry_2017_v2020.csv.gz"),
        ("padchest", "PADCHEST_chest_x_ray_images_labels_160K_01.02.19.csv.gz"),
        ("rsna", "kaggle_stage_2_train_labels.csv.zip"),
        ("rsna", "kaggle_stage_2_train_images_dicom_headers.csv.gz"),
    ] {
        std::fs::create_dir_all(root.path().join(folder)).unwrap();
        let source = Path::new(&source).join(name);
        std::fs::copy(&source, root.path().join(folder).join(name))
            .unwrap_or_else(|error| panic!("{}: {error}", source.display()));
    }
    Some(root)
}

fn golden() -> Value {
    serde_json::from_str(include_str!("golden/orders.json")).unwrap()
}

fn hex(lines: impl Iterator<Item = String>) -> String {
    let mut hash = Sha256::new();
    lines.for_each(|line| hash.update(line + "\n"));
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn records(table: &Table) -> String {
    hex(table.records().iter().map(|record| format!("{},{},{}", record.id, record.environment, record.label)))
}

fn boxes(table: &Table) -> String {
    let lines = table.records().iter().flat_map(|record| match &record.region {
        Region::Boxes(boxes) => {
            let line = |place: &herring_datasets::PixelBox| {
                let thousandths = [place.x, place.y, place.width, place.height].map(|number| (number * 1000.0).round());
                let [x, y, width, height] = thousandths;
                format!("{},{x},{y},{width},{height}", record.id)
            };
            boxes.iter().map(line).collect()
        }
        _ => Vec::new(),
    });
    hex(lines)
}

fn agrees(name: &str, reading: &Reading) {
    let expected = &golden()[name];
    assert_eq!(serde_json::to_value(reading.table.cells()).unwrap(), expected["cells"], "{name}");
    assert_eq!(Value::from(reading.rows), expected["rows"], "{name}");
    assert_eq!(records(&reading.table), expected["records"].as_str().unwrap(), "{name}: the order of the records");
    let editions = Manifest::named(name).unwrap().known;
    let cells: Vec<Vec<Vec<usize>>> =
        editions.iter().map(|edition| edition.cells.iter().map(|cell| cell.to_vec()).collect()).collect();
    assert!(cells.contains(&reading.table.cells()), "{name}: the manifest knows {cells:?}");
    let left_out: usize = reading.left_out.iter().map(|out| out.rows).sum();
    let of_rows = if name == "rsna" { 26_684 } else { reading.rows };
    assert_eq!(reading.table.records().len() + left_out, of_rows, "{name}: every row is accounted for");
}

#[derive(serde::Deserialize)]
struct Case {
    table: String,
    rule: Rule,
    ratio: f64,
    seed: u32,
    sizes: Vec<usize>,
    first: Vec<String>,
    ids: Vec<String>,
}

/// `golden/make_splits.py` says how NumPy, and torchxrayvision, draw them.
#[test]
fn splits_hold_the_same_patients_in_the_same_order_as_numpys() {
    let Some(root) = data_root() else { return };
    let tables = [("xray", xray(root.path()).unwrap()), ("rsna", rsna(root.path(), Negatives::Released).unwrap())];
    let cases: Vec<Case> = serde_json::from_str(include_str!("golden/splits.json")).unwrap();
    assert_eq!(cases.len(), 32);
    for Case { table: name, rule, ratio, seed, sizes, first, ids } in cases {
        let (_, reading) = tables.iter().find(|(known, _)| *known == name).unwrap();
        let parts = split(&reading.table, &ConfoundedSettings { ratio, rule, seed, cell_limit: None }).unwrap();
        for (index, part) in Part::ALL.into_iter().enumerate() {
            let case = format!("{name}, {rule:?}, ratio {ratio}, seed {seed}, {}", part.name());
            let names: Vec<&str> =
                parts.of(part).iter().map(|&record| reading.table.records()[record].id.as_str()).collect();
            assert_eq!(names.len(), sizes[index], "{case}");
            assert_eq!(names[0], first[index], "{case}");
            assert_eq!(hex(names.into_iter().map(str::to_owned)), ids[index], "{case}");
        }
    }
}

/// Section 2.3 of the protocol of activmask2020: what pandas counts, and the numbers of the paper's split.
#[test]
fn emphysema_and_the_sizes_of_its_split() {
    let Some(root) = data_root() else { return };
    let reading = xray_with(root.path(), "emphysema").unwrap();
    assert_eq!(reading.table.cells(), [[60_361, 2_516], [22_091, 500]]);
    for (name, edition) in [("nih", "2020"), ("padchest", "2019-02-01")] {
        let manifest = Manifest::named(name).unwrap().of_pathology("emphysema").unwrap();
        let report = check(&manifest, root.path(), &|_| panic!("there is no image to open"));
        assert_eq!(report.edition.as_deref(), Some(edition));
    }
    let settings = ConfoundedSettings { ratio: 0.9, rule: Rule::Printed, seed: 1234, cell_limit: None };
    let parts = split(&reading.table, &settings).unwrap();
    assert_eq!(Part::ALL.map(|part| parts.of(part).len()), [998, 498, 504]);
    let cells = Part::ALL.map(|part| parts.cells(&reading.table, part).concat());
    assert_eq!(cells, [[450, 49, 49, 450], [24, 225, 225, 24], [26, 226, 226, 26]]);
}

fn left_out(reading: &Reading, text: &str) -> usize {
    reading.left_out.iter().filter(|out| out.reason.contains(text)).map(|out| out.rows).sum()
}

#[test]
fn tables_are_read_as_pandas_reads_them() {
    let Some(root) = data_root() else { return };
    let root = root.path();

    agrees("nih", &nih(root).unwrap());

    let reading = padchest(root).unwrap();
    agrees("padchest", &reading);
    let expected = &golden()["padchest"]["left_out"];
    assert_eq!(Value::from(left_out(&reading, "ViewPosition_DICOM is empty")), expected["empty view"]);
    assert_eq!(Value::from(left_out(&reading, "ViewPosition_DICOM is without")), expected["other view"]);
    assert_eq!(Value::from(left_out(&reading, "Labels is empty")), expected["empty labels"]);
    assert_eq!(left_out(&reading, "Labels has neither"), 28_023);

    let reading = xray(root).unwrap();
    assert_eq!(reading.table.environments(), ["NIH", "PadChest"]);
    assert_eq!(reading.table.cells(), [[60_361, 2_776], [22_070, 4_728]]);
    assert_eq!(records(&reading.table), golden()["xray"]["records"].as_str().unwrap());
    assert!(reading.table.records().iter().all(|record| record.region == Region::Circle));

    let reading = rsna(root, Negatives::Released).unwrap();
    agrees("rsna", &reading);
    assert_eq!(boxes(&reading.table), golden()["rsna"]["boxes"].as_str().unwrap());
    for record in reading.table.records() {
        assert_eq!(matches!(&record.region, Region::Boxes(boxes) if !boxes.is_empty()), record.label == 1);
        assert_eq!(record.region == Region::Nothing, record.label == 0);
    }
}

#[test]
fn a_folder_without_images_is_reported_once_a_collection() {
    let Some(root) = data_root() else { return };
    let root = root.path();
    let presence = present("xray", root).unwrap();
    assert!(presence.missing_tables.is_empty());
    assert_eq!((presence.tables.len(), presence.missing_folders.len()), (2, 2));
    for (name, edition) in [("nih", "2020"), ("padchest", "2019-02-01"), ("rsna", "stage 2")] {
        let report: CheckReport =
            check(&Manifest::named(name).unwrap(), root, &|_| panic!("there is no image to open"));
        assert_eq!(report.edition.as_deref(), Some(edition));
        let kinds: Vec<FindingKind> = report.findings.iter().map(|finding| finding.kind).collect();
        assert_eq!(kinds, [FindingKind::FolderMissing], "{report}");
    }
}

/// What pandas counts of the same lists (SPC, ratio 0.9, the paper's ten seeds).
#[test]
fn test_images_of_training_patients() {
    let Some(root) = data_root() else { return };
    let reading = xray(root.path()).unwrap();
    assert!(reading.table.records().iter().all(|record| record.group.is_some()));
    let expected = [
        (1111, 495, "17.8"),
        (1234, 510, "18.3"),
        (1290, 516, "18.6"),
        (1987, 507, "18.2"),
        (3221, 533, "19.2"),
        (3232, 504, "18.1"),
        (451, 520, "18.7"),
        (6400, 521, "18.7"),
        (8888, 486, "17.5"),
        (9856, 517, "18.6"),
    ];
    let settings = |seed| ConfoundedSettings { ratio: 0.9, rule: Rule::Printed, seed, cell_limit: None };
    for (seed, shared, percent) in expected {
        let parts = split(&reading.table, &settings(seed)).unwrap();
        let found = shared_groups(&reading.table, &parts).unwrap();
        assert_eq!(
            (found.test_images, found.test_of_training_groups, found.without_group),
            (2780, shared, 0),
            "{seed}"
        );
        assert_eq!(format!("{:.1}", 100.0 * found.test_share()), percent, "{seed}");
    }
    // RSNA has one image a patient.
    let reading = rsna(root.path(), Negatives::Released).unwrap();
    let parts = split(&reading.table, &settings(0)).unwrap();
    let found = shared_groups(&reading.table, &parts).unwrap();
    assert_eq!((found.test_of_training_groups, found.valid_of_training_groups), (0, 0));
}

/// Two of the 21 files pass the paper's filter, and one of them is drawn by the seeds 3232 and 6400.
#[test]
fn known_bad_images_of_padchest() {
    let Some(root) = data_root() else { return };
    let all = xray(root.path()).unwrap();
    let reading = all.clone().exclude(&Exclusions::known("xray").unwrap()).unwrap();
    assert_eq!(reading.excluded.len(), 2);
    assert!(reading.excluded.iter().all(|out| out.label == 0 && out.environment == 1));
    assert!(reading.warnings.is_empty(), "all 21 are in the table: {:?}", reading.warnings);
    assert_eq!(reading.table.cells(), [[60_361, 2_776], [22_068, 4_728]]);
    assert_eq!(reading.cells_before_exclusions(), all.table.cells());
    let drawn = |reading: &Reading, seed: u32| {
        let settings = ConfoundedSettings { ratio: 0.9, rule: Rule::Printed, seed, cell_limit: None };
        let parts = split(&reading.table, &settings).unwrap();
        let id = "216840111366964012819207061112010307142602253_04-014-084.png";
        Part::ALL.into_iter().flat_map(|part| parts.of(part)).any(|&index| reading.table.records()[index].id == id)
    };
    for seed in [3232, 6400] {
        assert!(drawn(&all, seed) && !drawn(&reading, seed), "{seed}");
    }
    assert!(!drawn(&all, 1234));
}

#[test]
fn whole_labels_of_the_real_table() {
    let Some(root) = data_root() else { return };
    let text = include_str!("../manifests/padchest.toml");
    let cells = |text: &str| {
        let reading = Manifest::parse("m.toml", text).unwrap().read(root.path(), Negatives::Released).unwrap();
        reading.table.cells()[0].clone()
    };
    let exact = |text: &str| text.replace("list = \"python\"", "list = \"python\"\nmatch = \"exact\"");
    // Of the paper's labels, 24 negatives are negative for "abnormal foreign body" alone.
    assert_eq!((cells(text), cells(&exact(text))), (vec![22_070, 4_728], vec![22_070 - 24, 4_728]));
    let pleural = text.replace("positive = \"cardiomegaly\"", "positive = \"pleural thickening\"");
    assert_eq!((cells(&pleural)[1], cells(&exact(&pleural))[1]), (1979, 436));
    // In the curated projection.
    let projection = |text: &str| {
        let text = text.replace("column = \"ViewPosition_DICOM\"", "column = \"Projection\"");
        text.replace("contains = \"POSTEROANTERIOR\"", "contains = \"PA\"")
    };
    assert_eq!((cells(&projection(&pleural))[1], cells(&exact(&projection(&pleural)))[1]), (3196, 611));
    // In all views.
    let filter = "[rows.filter]\ncolumn = \"ViewPosition_DICOM\"\ncontains = \"POSTEROANTERIOR\"\n";
    assert!(pleural.contains(filter));
    let all = pleural.replace(filter, "");
    assert_eq!((cells(&all)[1], cells(&exact(&all))[1]), (5156, 1055));
}
