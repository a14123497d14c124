//! One's own images: both conventions, damage, and tables that come back as they were written.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::put;
use herring_datasets::{Part, PixelBox, Region};
use herring_tables::{ProblemKind, TableError, own};
use proptest::prelude::*;

fn lines(error: &TableError, folder: &std::path::Path) -> Vec<String> {
    let folder = format!("{}/", folder.display());
    error.problems().iter().map(|problem| problem.to_string().replace(&folder, "")).collect()
}

#[test]
fn every_column_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let text = "id, image, label ,environment,mask,boxes,split,site
a,x/1.png,10,b,,,train,s
,x/2.png,9, a b ,everything,,valid,s
c,./3.png,-1,b,nothing,,test,s
d,4.png,9,b,circle,,train,s
e,5.png,9,b,./circle,,train,s
f,6.png,9,b,m/6.png,,train,s
g,7.png,9,b,,1 2 3 4; 5.5 6 7 8;,train,s
";
    let reading = own(&put(folder.path(), "t.csv", text)).unwrap();
    assert_eq!(reading.table.classes(), ["-1", "9", "10"], "numbers by value");
    assert_eq!(reading.table.environments(), ["a b", "b"]);
    let records = reading.table.records();
    let labels: Vec<usize> = records.iter().map(|record| record.label).collect();
    assert_eq!(labels, [2, 1, 0, 1, 1, 1, 1]);
    assert_eq!((records[0].id.as_str(), records[1].id.as_str()), ("a", "x/2.png"));
    assert_eq!(records[2].image.to_str(), Some("3.png"));
    let region = |index: usize| &records[index].region;
    assert_eq!((region(0), region(1)), (&Region::Everything, &Region::Everything));
    assert_eq!((region(2), region(3)), (&Region::Nothing, &Region::Circle));
    assert_eq!((region(4), region(5)), (&Region::File("circle".into()), &Region::File("m/6.png".into())));
    let boxes = vec![
        PixelBox { x: 1.0, y: 2.0, width: 3.0, height: 4.0 },
        PixelBox { x: 5.5, y: 6.0, width: 7.0, height: 8.0 },
    ];
    assert_eq!(region(6), &Region::Boxes(boxes));
    assert_eq!(
        (records[0].part, records[1].part, records[2].part),
        (Some(Part::Train), Some(Part::Valid), Some(Part::Test))
    );
    assert_eq!(reading.notes, ["the column \"site\" is not read"]);
    assert_eq!(reading.root, folder.path());
}

#[test]
fn all_damage_is_collected() {
    let folder = tempfile::tempdir().unwrap();
    let text = "image,label,environment,mask,boxes,split
1.png,cat,a,,,train
1.png,dog,a,,,train
/2.png,,nan,../m.png,,later
3.png,cat,a,circle,1 2 3 4,train
4.png,cat,a,,1 2 3,train
5.png,cat,a,,1 2 -3 4,train
6.png,cat,a,,1 2 3 4;;5 6 7 8,train
7.png,dog,a,,,
8.png
";
    let error = own(&put(folder.path(), "t.csv", text)).unwrap_err();
    assert_eq!(
        lines(&error, folder.path()),
        [
            "t.csv:4: image: found \"/2.png\", expected a path relative to the root, unless --allow-outside is given",
            "t.csv:4: label: found \"\", expected a name",
            "t.csv:4: environment: found \"nan\", expected a name; programs write nan for a missing value, so rename it if it is a name here",
            "t.csv:4: mask: found \"../m.png\", expected a path that does not leave the root with `..`, unless --allow-outside is given",
            "t.csv:4: split: found \"later\", expected train, valid, test or nothing",
            "t.csv:5: mask: found \"circle\", expected a mask or boxes, not both",
            "t.csv:6: boxes: found \"1 2 3\", expected four numbers, x y width height",
            "t.csv:7: boxes: found \"1 2 -3 4\", expected a box whose width is more than 0",
            "t.csv:8: boxes: found \"\", expected four numbers, x y width height",
            "t.csv:10: row: found 1 fields, expected 6 as in the header",
            "t.csv:3: id: found \"1.png\", expected each id once, it is also at t.csv:2",
            "t.csv:9: split: found nothing, expected train, valid or test, as 2 other rows have it",
        ]
    );
    let error = own(&put(folder.path(), "t.csv", "image,label,environment\n1.png,cat,a\n2.png,cat,b\n")).unwrap_err();
    assert_eq!(lines(&error, folder.path()), ["t.csv: label: found 1 class, expected at least two classes"]);
    let error = own(&put(folder.path(), "t.csv", "image,class,site\n1.png,cat,a\n")).unwrap_err();
    assert_eq!(error.problems().iter().map(|problem| problem.kind).collect::<Vec<_>>(), [ProblemKind::Column; 2]);
    assert!(lines(&error, folder.path())[1].contains("did you mean \"site\"?"), "{error}");
    assert_eq!(own(&folder.path().join("no.csv")).unwrap_err().problems()[0].kind, ProblemKind::Unreadable);
}

#[test]
fn without_a_column_of_environments_there_is_one() {
    let folder = tempfile::tempdir().unwrap();
    let reading = own(&put(folder.path(), "t.csv", "image,label\n1.png,cat\n2.png,dog\n")).unwrap();
    assert_eq!(reading.table.environments(), ["all"]);
    assert_eq!(reading.table.cells(), [[1, 1]]);
    assert!(reading.notes.iter().any(|note| note.contains("all images are of one")), "{:?}", reading.notes);
}

#[test]
fn folders_are_a_table() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    for path in [
        "images/10/sick/b.png",
        "images/10/sick/a.b.JPG",
        "images/9/well/c.dcm",
        "images/9/well/notes.txt",
        "images/9/well/.hidden.png",
        "images/.DS_Store",
        "masks/10/sick/a.b.png",
    ] {
        put(root, path, "");
    }
    let reading = own(root).unwrap();
    assert_eq!(reading.table.environments(), ["9", "10"]);
    assert_eq!(reading.table.classes(), ["sick", "well"]);
    let seen: Vec<(&str, &Region)> =
        reading.table.records().iter().map(|record| (record.id.as_str(), &record.region)).collect();
    let mask = Region::File("masks/10/sick/a.b.png".into());
    assert_eq!(
        seen,
        [("9/well/c.dcm", &Region::Everything), ("10/sick/a.b.JPG", &mask), ("10/sick/b.png", &Region::Everything)]
    );
    assert_eq!(reading.left_out.iter().map(|out| out.rows).sum::<usize>(), 3);

    for path in ["images/loose.png", "images/9/loose.png", "images/9/well/deep/d.png", "masks/9/well/lost.png"] {
        put(root, path, "");
    }
    let error = own(root).unwrap_err();
    assert_eq!(
        lines(&error, root),
        [
            "images/loose.png: entry: found a file, expected a folder, as in images/<environment>/<label>/<file>",
            "images/9/loose.png: entry: found a file, expected a folder, as in images/<environment>/<label>/<file>",
            "images/9/well/deep: entry: found a folder, expected a file",
            "masks/9/well/lost.png: mask: found no image for it, expected an image of the same environment, label and stem; masks end in png, bmp, tif, tiff, webp, jpg, jpeg",
        ]
    );
    let empty = tempfile::tempdir().unwrap();
    assert_eq!(own(empty.path()).unwrap_err().problems()[0].kind, ProblemKind::Missing);
    std::fs::create_dir(empty.path().join("images")).unwrap();
    assert_eq!(own(empty.path()).unwrap_err().problems()[0].kind, ProblemKind::Empty);
}

#[test]
fn folders_of_labels_alone_are_of_one_environment() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    for path in ["images/cat/1.png", "images/cat/2.png", "images/dog/1.png", "masks/dog/1.png"] {
        put(root, path, "");
    }
    let reading = own(root).unwrap();
    assert_eq!((reading.table.environments(), reading.table.cells()), (&["all".to_owned()][..], vec![vec![2, 1]]));
    let seen: Vec<(&str, &Region)> =
        reading.table.records().iter().map(|record| (record.id.as_str(), &record.region)).collect();
    let mask = Region::File("masks/dog/1.png".into());
    assert_eq!(seen, [("cat/1.png", &Region::Everything), ("cat/2.png", &Region::Everything), ("dog/1.png", &mask)]);
    // A folder within a label makes environments of all.
    put(root, "images/dog/well/3.png", "");
    assert!(own(root).is_err());
}

#[derive(Debug, Clone)]
struct Written {
    label: String,
    environment: String,
    region: Region,
    part: Part,
}

fn written() -> impl Strategy<Value = Written> {
    let number = || (1_u32..1_000_000).prop_map(|thousandths| f64::from(thousandths) / 1000.0);
    let pixel_box =
        (number(), number(), number(), number()).prop_map(|(x, y, width, height)| PixelBox { x, y, width, height });
    let region = prop_oneof![
        Just(Region::Everything),
        Just(Region::Nothing),
        Just(Region::Circle),
        proptest::collection::vec(pixel_box, 1..4).prop_map(Region::Boxes),
        "[a-z]{1,8}/[a-z\"', ]{0,8}m".prop_map(|path| Region::File(path.into())),
    ];
    // Names that need quoting, with line breaks within.
    let name = || {
        "[a-z0-9;,\"'é]{1,4}([ \n][a-z,\"]{1,3})?"
            .prop_filter("a name", |name| !["nan", "null", "nat"].contains(&name.as_str()))
    };
    let part = prop_oneof![Just(Part::Train), Just(Part::Valid), Just(Part::Test)];
    (name(), name(), region, part).prop_map(|(label, environment, region, part)| Written {
        label,
        environment,
        region,
        part,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_comes_back(
        rows in proptest::collection::vec(written(), 2..30),
        delimiter in prop::sample::select(b",;\t|".to_vec()),
        always in any::<bool>(),
        crlf in any::<bool>(),
        encoding in 0..4,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let mut writer = csv::WriterBuilder::new()
            .delimiter(delimiter)
            .quote_style(if always { csv::QuoteStyle::Always } else { csv::QuoteStyle::Necessary })
            .terminator(if crlf { csv::Terminator::CRLF } else { csv::Terminator::Any(b'\n') })
            .from_writer(Vec::new());
        writer.write_record(["split", "label", "boxes", "mask", "environment", "image"]).unwrap();
        for (index, row) in rows.iter().enumerate() {
            let (mask, boxes) = match &row.region {
                Region::Everything => (String::new(), String::new()),
                Region::Nothing => ("nothing".into(), String::new()),
                Region::Circle => ("circle".into(), String::new()),
                Region::File(path) => (path.display().to_string(), String::new()),
                Region::Boxes(boxes) => {
                    let group = |b: &PixelBox| format!("{} {} {} {}", b.x, b.y, b.width, b.height);
                    (String::new(), boxes.iter().map(group).collect::<Vec<_>>().join(";"))
                }
            };
            let image = format!("{index}.png");
            writer.write_record([row.part.name(), &row.label, &boxes, &mask, &row.environment, &image]).unwrap();
        }
        let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
        let marked = || format!("\u{feff}{text}");
        let bytes: Vec<u8> = match encoding {
            0 => text.into_bytes(),
            1 => marked().into_bytes(),
            2 => marked().encode_utf16().flat_map(u16::to_le_bytes).collect(),
            _ => marked().encode_utf16().flat_map(u16::to_be_bytes).collect(),
        };
        put(folder.path(), "t.csv", bytes);
        let one_class = rows.iter().all(|row| row.label == rows[0].label);
        let result = own(&folder.path().join("t.csv"));
        prop_assert_eq!(result.is_err(), one_class, "{:?}", result);
        if let Ok(reading) = result {
            let (classes, environments) = (reading.table.classes(), reading.table.environments());
            prop_assert_eq!(reading.table.records().len(), rows.len());
            for (index, (record, row)) in reading.table.records().iter().zip(&rows).enumerate() {
                prop_assert_eq!(&record.id, &format!("{index}.png"));
                prop_assert_eq!(&classes[record.label], &row.label);
                prop_assert_eq!(&environments[record.environment], &row.environment);
                prop_assert_eq!(&record.region, &row.region);
                prop_assert_eq!(record.part, Some(row.part));
            }
        }
    }
}
