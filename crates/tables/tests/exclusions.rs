//! Images that are left out on request, patients, whole labels, and tables of which nothing is used.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::*;
use herring_tables::{
    Exclusions, FindingKind, Manifest, Negatives, ProblemKind, Reading, TableError, check, nih, padchest, rsna, xray,
};
use std::path::Path;

fn parse(text: &str) -> Result<Exclusions, TableError> {
    Exclusions::parse(Path::new("out.csv"), text.as_bytes().to_vec())
}

fn ids(reading: &Reading) -> Vec<&str> {
    reading.table.records().iter().map(|record| record.id.as_str()).collect()
}

#[test]
fn records_are_left_out_by_id_path_or_name_and_reported() {
    let root = data_root();
    let all = xray(root.path()).unwrap();
    assert_eq!(ids(&all), ["00000001_000.png", "00000001_001.png", "00000002_000.png", "a.png", "b.png", "f.png"]);
    let list = "# mine\nid,reason\n00000001_001.png,truncated\n\npadchest/images-224/f.png,a hand\n# c\na.png,\n";
    let reading = all.clone().exclude(&parse(list).unwrap()).unwrap();
    assert_eq!(ids(&reading), ["00000001_000.png", "00000002_000.png", "b.png"]);
    let out: Vec<(&str, &str, usize)> =
        reading.excluded.iter().map(|out| (out.id.as_str(), out.reason.as_str(), out.origin.line)).collect();
    assert_eq!(out, [("00000001_001.png", "truncated", 3), ("a.png", "", 7), ("f.png", "a hand", 5)]);
    let reasons: Vec<String> = reading
        .left_out
        .iter()
        .map(|out| format!("{} {}", out.rows, out.reason))
        .filter(|out| out.contains("excl"))
        .collect();
    assert_eq!(
        reasons,
        ["1 excluded by out.csv: a hand", "1 excluded by out.csv: no reason given", "1 excluded by out.csv: truncated"]
    );
    assert!(reading.warnings.is_empty());
    assert_eq!(reading.unused_images.len(), all.unused_images.len() + 3);
    assert_eq!(reading.cells_before_exclusions(), all.table.cells());
    assert_ne!(reading.table.text(), all.table.text());
    // Nothing by default, and an empty list changes nothing.
    assert_eq!(all.clone().exclude(&Exclusions::default()).unwrap(), all);
}

#[test]
fn names_that_match_nothing_are_counted() {
    let root = data_root();
    let all = xray(root.path()).unwrap();
    // g.png is of a row that is left out anyway, which is no mistake.
    let list = parse("a.png\ng.png\nA.png\nz1\nz2\n").unwrap();
    assert_eq!(list.len(), 5);
    let reading = all.clone().exclude(&list).unwrap();
    assert_eq!(reading.excluded.len(), 1);
    assert_eq!(reading.warnings.len(), 1);
    assert_eq!(reading.warnings[0].kind, FindingKind::ExclusionUnmatched);
    assert!(!reading.warnings[0].kind.is_error());
    assert_eq!(
        reading.warnings[0].to_string(),
        "out.csv: 3 of 5 images to leave out are in no row of the table: \"A.png\", \"z1\", \"z2\""
    );
    // In RSNA the id has no end, and the file has one.
    let reading = rsna(root.path(), Negatives::Released).unwrap();
    let reading = reading.exclude(&parse("file\nc.jpg\na\n").unwrap()).unwrap();
    assert_eq!(ids(&reading), ["d", "b"]);
    // All of them.
    let error =
        nih(root.path()).unwrap().exclude(&parse("00000001_000.png\n00000001_001.png\n00000002_000.png").unwrap());
    assert_eq!(error.unwrap_err().problems()[0].kind, ProblemKind::Empty);
}

#[test]
fn a_name_of_several_images_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let text = "image,label,environment\nx/1.png,a,e\ny/1.png,b,e\ny/2.png,b,f\n";
    let reading = herring_tables::own(&put(folder.path(), "t.csv", text)).unwrap();
    let error = reading.clone().exclude(&parse("1.png").unwrap()).unwrap_err().to_string();
    assert!(error.contains("out.csv:1: image: found \"1.png\", the name of 2 images (x/1.png, y/1.png)"), "{error}");
    assert_eq!(ids(&reading.clone().exclude(&parse("image\ny/1.png").unwrap()).unwrap()), ["x/1.png", "y/2.png"]);
    assert_eq!(ids(&reading.exclude(&parse("2.png").unwrap()).unwrap()), ["x/1.png", "y/1.png"]);
}

#[test]
fn lists_that_cannot_be_understood_are_refused() {
    for (text, expected) in [
        ("", "out.csv: list: found nothing, expected at least one id"),
        ("# only a comment\n", "out.csv: list: found nothing, expected at least one id"),
        ("id,reason\n", "out.csv: table: found no rows, expected at least one"),
        ("id,reason\n,broken\n", "out.csv:2: id: found \"\", expected the id or file of an image"),
        ("name,reason\na.png,x\n", "out.csv:1: line: found \"name,reason\", expected one id a line"),
        ("a.png\nb.png,broken\n", "out.csv:2: line: found \"b.png,broken\", expected one id a line"),
        ("id,id\na,b\n", "out.csv:1: id: found the column twice"),
    ] {
        let error = parse(text).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{text:?}: {error}");
    }
    let error = Exclusions::parse(Path::new("out.csv"), b"a\nb\xff\n".to_vec()).unwrap_err().to_string();
    assert_eq!(error, "out.csv:2: text: found other bytes, expected UTF-8");
    assert!(Exclusions::read(Path::new("no such file")).is_err());
    let folder = tempfile::tempdir().unwrap();
    let file = put(folder.path(), "bad.txt", "\u{feff}a.png\r\n  b.png \r\n");
    assert_eq!(Exclusions::read(&file).unwrap().len(), 2);
}

#[test]
fn known_bad_images_are_those_of_torchxrayvision() {
    assert_eq!(Exclusions::known("padchest").unwrap().len(), 21);
    assert_eq!(Exclusions::known("xray").unwrap(), Exclusions::known("padchest").unwrap());
    assert!(Exclusions::known("rsna").unwrap().is_empty());
    assert!(matches!(Exclusions::known("mnist"), Err(TableError::Unknown { .. })));
    let name = "216840111366964012819207061112010307142602253_04-014-084.png";
    let root = data_root();
    put(root.path(), PADCHEST, PADCHEST_TEXT.replace("a.png", name));
    let reading = padchest(root.path()).unwrap().exclude(&Exclusions::known("padchest").unwrap()).unwrap();
    assert_eq!(ids(&reading), ["b.png", "f.png"]);
    assert_eq!(reading.excluded[0].reason, "missing, by torchxrayvision 1.5.7");
    let warning = reading.warnings[0].to_string();
    assert!(warning.starts_with("datasets/padchest.toml: 20 of 21 images to leave out are in no row"), "{warning}");
    // Both lists; the first one's reason counts.
    let both =
        parse(&format!("id,reason\n{name},mine\nb.png,broken\n")).unwrap().and(Exclusions::known("padchest").unwrap());
    let reading = padchest(root.path()).unwrap().exclude(&both).unwrap();
    let reasons: Vec<&str> = reading.excluded.iter().map(|out| out.reason.as_str()).collect();
    assert_eq!(reasons, ["mine", "broken"]);
}

#[test]
fn patients_are_known_where_the_table_has_them() {
    let root = data_root();
    let groups = |reading: &Reading| -> Vec<Option<String>> {
        reading.table.records().iter().map(|record| record.group.clone()).collect()
    };
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(groups(&xray(root.path()).unwrap()), [some("nih 1"), some("nih 1"), some("nih 2"), None, None, None]);
    let expected = ["rsna c", "rsna d", "rsna a", "rsna b"].map(some);
    assert_eq!(groups(&rsna(root.path(), Negatives::Released).unwrap()), expected);
    let text = PADCHEST_TEXT.replace("Projection", "PatientID").replace(",PA,", ",1,");
    put(root.path(), PADCHEST, &text);
    assert_eq!(groups(&padchest(root.path()).unwrap()), ["padchest 1", "padchest 1", "padchest 1"].map(some));
    assert!(!xray(root.path()).unwrap().table.whole_groups());
}

/// The three rows of a table with each rule.
#[test]
fn whole_labels_on_request() {
    let root = tempfile::tempdir().unwrap();
    let text = "ImageID,Labels,ViewPosition_DICOM\n\
        a.png,\"['pleural thickening']\",POSTEROANTERIOR\n\
        b.png,\"['apical pleural thickening']\",POSTEROANTERIOR\n\
        c.png,\"['abnormal foreign body']\",POSTEROANTERIOR\n\
        d.png,\"['normal', ' unchanged']\",POSTEROANTERIOR\n";
    put(root.path(), PADCHEST, text);
    let manifest = include_str!("../manifests/padchest.toml");
    let substring = manifest.replace("positive = \"cardiomegaly\"", "positive = \"pleural thickening\"");
    let exact = substring.replace("list = \"python\"", "list = \"python\"\nmatch = \"exact\"");
    let read = |text: &str| {
        let reading = Manifest::parse("m.toml", text).unwrap().read(root.path(), Negatives::Released).unwrap();
        reading.table.records().iter().map(|record| format!("{} {}", record.id, record.label)).collect::<Vec<_>>()
    };
    assert_eq!(read(&substring), ["a.png 1", "b.png 1", "c.png 0", "d.png 0"]);
    assert_eq!(read(&exact), ["a.png 1", "d.png 0"]);
    put(root.path(), PADCHEST, text.replace("['apical pleural thickening']", "apical pleural thickening"));
    assert_eq!(read(&substring).len(), 4);
    let error = Manifest::parse("m.toml", &exact).unwrap().read(root.path(), Negatives::Released).unwrap_err();
    assert_eq!(error.problems()[0].kind, ProblemKind::Label);
    assert!(error.to_string().contains(".csv:3: Labels: found \"apical pleural"), "{error}");
    let error = Manifest::parse("m.toml", &exact.replace("list = \"python\"\n", "")).unwrap_err().to_string();
    assert!(error.contains("label.list: found none, expected \"python\" or a separator"), "{error}");
    assert!(Manifest::parse("m.toml", &exact.replace("\"exact\"", "\"close\"")).is_err());
    assert!(Manifest::parse("m.toml", &exact.replace("\"python\"", "\"\"")).is_err());
}

#[test]
fn a_table_of_which_no_row_is_used_is_refused_with_its_values() {
    let root = data_root();
    let one = |path: &str, text: String, expected: &str| {
        let original = std::fs::read(root.path().join(path)).unwrap();
        put(root.path(), path, text);
        let (name, error) = match path {
            HEADERS => ("rsna", rsna(root.path(), Negatives::Released).unwrap_err()),
            NIH => ("nih", nih(root.path()).unwrap_err()),
            _ => ("padchest", padchest(root.path()).unwrap_err()),
        };
        assert_eq!(error.problems().len(), 1, "{error}");
        assert_eq!(error.problems()[0].kind, ProblemKind::Empty);
        assert!(error.to_string().ends_with(expected), "{error}");
        let report = check(&Manifest::named(name).unwrap(), root.path(), &|_| Err("no image".into()));
        assert!(report.counts().contains_key(&FindingKind::Table) && report.errors() > 0, "{report}");
        std::fs::write(root.path().join(path), original).unwrap();
    };
    let views = "expected at least one patient with one of PA, AP";
    let lower = HEADERS_TEXT.replace(",PA", ",pa").replace(",AP", ",ap");
    one(
        HEADERS,
        lower,
        &format!("ViewPosition: found \"ap\" (2 times), \"pa\" (2 times), \"\" (1 times), \"LL\" (1 times), {views}"),
    );
    let spaced = HEADERS_TEXT.replace(",PA", ",PA ").replace(",AP", ",AP ");
    one(
        HEADERS,
        spaced,
        &format!("ViewPosition: found \"AP \" (2 times), \"PA \" (2 times), \"\" (1 times), \"LL\" (1 times), {views}"),
    );
    one(
        PADCHEST,
        PADCHEST_TEXT.replace("POSTEROANTERIOR", "posteroanterior"),
        "ViewPosition_DICOM: found \"posteroanterior\" (5 times), \"LATERAL\" (1 times), \
         expected at least one row that contains \"POSTEROANTERIOR\"",
    );
    one(
        NIH,
        NIH_TEXT.to_uppercase().replacen(
            &NIH_TEXT.lines().next().unwrap().to_uppercase(),
            NIH_TEXT.lines().next().unwrap(),
            1,
        ),
        "Finding Labels: found \"CARDIOMEGALY\" (1 times), \"CARDIOMEGALY|EMPHYSEMA\" (1 times), \"HERNIA\" (1 times), \
         \"NO FINDING\" (1 times), expected at least one row that contains \"Cardiomegaly\" or \"No Finding\"",
    );
}

#[test]
fn a_view_or_a_class_without_records_is_an_error_of_the_check() {
    let root = data_root();
    put(root.path(), HEADERS, HEADERS_TEXT.replace(",AP", ",ap"));
    let report = check(&Manifest::named("rsna").unwrap(), root.path(), &|_| Err("no image".into()));
    assert_eq!(report.counts()[&FindingKind::PartIncomplete], 2);
    assert!(report.to_string().contains("found no record of AP, no pneumonia, expected at least one"), "{report}");
    // The reading goes on, as it did: which of its records a run needs is up to the split.
    assert_eq!(rsna(root.path(), Negatives::Released).unwrap().table.cells(), [[1, 1], [0, 0]]);
}
