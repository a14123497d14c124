//! Tables as spreadsheets, other systems and people save them.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::put;
use herring_datasets::{Part, Region};
use herring_tables::{Finding, FindingKind, LabelNames, OwnOptions, ProblemKind, Reading, TableError, own, own_with};

const OUTSIDE: OwnOptions = OwnOptions { labels: LabelNames::Exact, allow_outside: true };
const MERGE: OwnOptions = OwnOptions { labels: LabelNames::Merge, allow_outside: false };

fn read(text: impl AsRef<[u8]>) -> Result<Reading, TableError> {
    let folder = tempfile::tempdir().unwrap();
    own(&put(folder.path(), "t.csv", text.as_ref()))
}

fn lines(result: Result<Reading, TableError>) -> Vec<String> {
    let short = |text: String| text.split_once("t.csv").map_or(text.clone(), |(_, rest)| rest.to_owned());
    result.unwrap_err().problems().iter().map(|problem| short(problem.to_string())).collect()
}

fn warnings(reading: &Reading) -> Vec<(FindingKind, usize, String)> {
    let tell = |finding: &Finding| (finding.kind, finding.line, finding.message.clone());
    reading.warnings.iter().map(tell).collect()
}

fn images(reading: &Reading) -> Vec<String> {
    reading.table.records().iter().map(|record| record.image.display().to_string()).collect()
}

#[test]
fn delimiters_and_encodings_are_found() {
    let text = "image,label,environment\n1.png,ä,x\n2.png,b,y\n";
    let expected = read(text).unwrap().table;
    for (delimiter, name) in [(";", "semicolons"), ("\t", "tabs"), ("|", "vertical bars")] {
        let reading = read(text.replace(',', delimiter)).unwrap();
        assert_eq!(reading.table.classes(), expected.classes());
        assert_eq!(images(&reading), ["1.png", "2.png"]);
        assert_eq!(reading.notes, [format!("the fields of the table have {name} between them")]);
    }
    let sep = read(format!("sep=;\r\n{}", text.replace(',', ";"))).unwrap();
    assert_eq!(sep.table.records()[0].origin.line, 3);
    let utf16: Vec<u8> =
        format!("\u{feff}{}", text.replace(',', "\t")).encode_utf16().flat_map(u16::to_le_bytes).collect();
    let reading = read(utf16).unwrap();
    assert_eq!(reading.table.classes(), ["b", "ä"]);
    assert_eq!(reading.notes, ["the table is written in UTF-16", "the fields of the table have tabs between them"]);
    let latin = [b"image,label,environment\n1.png,caf\xe9,x\n2.png,b,y\n".as_slice()].concat();
    assert_eq!(
        lines(read(latin)),
        [
            ":2: label: found \"caf\u{fffd}\" with the byte E9, expected UTF-8; save the table as UTF-8 (Excel calls it \"CSV UTF-8\")"
        ]
    );
    assert_eq!(
        lines(read("PK\u{3}\u{4}rest")),
        [
            ": table: found a zip archive or an Excel workbook (.xlsx), expected a CSV file in UTF-8; save the table as UTF-8 (Excel calls it \"CSV UTF-8\")"
        ]
    );
    assert_eq!(
        lines(read("sep=x\nimage,label,environment\n")),
        [":1: sep: found \"x\", expected a comma, semicolon, tab or vertical bar between fields"]
    );
    let boxes = "image;label;environment;boxes\n1.png;a;x;1,5 2 3 4\n2.png;b;x;\n";
    assert_eq!(
        lines(read(boxes)),
        [
            ":2: boxes: found \"1,5 2 3 4\", expected a box whose x is a finite number; spaces between them, and a point as the decimal mark"
        ]
    );
}

#[test]
fn columns_and_parts_under_other_names() {
    let reading = read("File,Label,ENVIRONMENT,Split,ID,ward\n1.png,a,x,Train,7,\n2.png,b,x,val,7,\n3.png,b,x,validation,7,\n4.png,b,x,TEST,7,\n,,,,,\n").unwrap();
    let parts: Vec<_> = reading.table.records().iter().map(|record| record.part.unwrap()).collect();
    assert_eq!(parts, [Part::Train, Part::Valid, Part::Valid, Part::Test]);
    assert_eq!(
        reading.notes,
        [
            "the column \"File\" is read as \"image\"",
            "the column \"Label\" is read as \"label\"",
            "the column \"ENVIRONMENT\" is read as \"environment\"",
            "the column \"Split\" is read as \"split\"",
            "the column \"ID\" is not read; is it \"id\"? rename it then",
            "the column \"ward\" is not read",
            "the split \"TEST\" is read as test (1 row)",
            "the split \"Train\" is read as train (1 row)",
            "the split \"val\" is read as valid (1 row)",
            "the split \"validation\" is read as valid (1 row)",
        ]
    );
    assert_eq!((reading.left_out[0].reason.as_str(), reading.left_out[0].rows), ("rows without any text", 1));
    // The exact name wins, so that a table that was read before is read as before.
    let reading = read("image,Image,path,label,environment\n1.png,z,z,a,x\n2.png,z,z,b,x\n").unwrap();
    assert_eq!(images(&reading), ["1.png", "2.png"]);
    assert_eq!(
        lines(read("file,path,labels,site\n1.png,a,x,y\n")),
        [
            ":1: image: found the columns \"file\", \"path\", expected one of them",
            ":1: label: found the columns \"file\", \"path\", \"labels\", \"site\", expected a column of this name; did you mean \"labels\"? rename it then",
            ":1: environment: found the columns \"file\", \"path\", \"labels\", \"site\", expected a column of this name; did you mean \"site\"? rename it then",
        ]
    );
    assert_eq!(
        lines(read("image,label,environment,split\n1.png,a,x,dev\n")),
        [":2: split: found \"dev\", expected train, valid, test or nothing"]
    );
}

#[test]
fn paths_of_other_systems() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    for name in ["a/1.png", "odd\\name.png", "cafe\u{301}/caf\u{e9}.png", "\u{e9}.png", "e\u{301}.png"] {
        put(root, name, "");
    }
    let text = "image,label,environment,mask
a\\1.png,a,x,m\\1.png
odd\\name.png,b,x,
.\\a\\2.png,b,x,
caf\u{e9}/cafe\u{301}.png,b,x,
\u{e9}.png,b,x,
e\u{301}.png,b,x,
\u{e8}.png,b,x,
";
    let reading = own(&put(root, "t.csv", text)).unwrap();
    let expected = [
        "a/1.png",
        "odd\\name.png",
        "a/2.png",
        "cafe\u{301}/caf\u{e9}.png",
        "\u{e9}.png",
        "e\u{301}.png",
        "\u{e8}.png",
    ];
    assert_eq!(images(&reading), expected);
    assert_eq!(reading.table.records()[0].region, Region::File("m/1.png".into()));
    assert_eq!(
        reading.notes,
        [
            "3 paths are written with backslashes and read with slashes: a\\1.png, m\\1.png, .\\a\\2.png",
            "1 path is written in another Unicode form than on the disk and read in that of the disk: caf\u{e9}/cafe\u{301}.png",
        ]
    );
}

#[test]
fn paths_outside_are_taken_where_that_is_allowed() {
    let folder = tempfile::tempdir().unwrap();
    let text = "image,label,environment\n/data/1.png,a,x\n../2.png,b,x\n..\\3.png,b,x\n4.png,b,x\n";
    let file = put(folder.path(), "t.csv", text);
    let reading = own_with(&file, &OUTSIDE).unwrap();
    assert_eq!(images(&reading), ["/data/1.png", "../2.png", "../3.png", "4.png"]);
    assert!(reading.notes.contains(
        &"3 paths lead out of the folder of the table, as was allowed: /data/1.png, ../2.png, ..\\3.png".to_owned()
    ));
    assert_eq!(
        lines(own(&file)),
        [
            ":2: image: found \"/data/1.png\", expected a path relative to the root, unless --allow-outside is given",
            ":3: image: found \"../2.png\", expected a path that does not leave the root with `..`, unless --allow-outside is given",
            ":4: image: found \"..\\\\3.png\", expected a path that does not leave the root with `..`, unless --allow-outside is given",
        ]
    );
    for bad in ["C:\\1.png", "", "..", "/", "a\0b"] {
        let file = put(folder.path(), "t.csv", format!("image,label,environment\n{bad},a,x\n2.png,b,x\n"));
        assert_eq!(own_with(&file, &OUTSIDE).unwrap_err().problems()[0].kind, ProblemKind::Path, "{bad:?}");
    }
}

#[test]
fn groups_and_maxima() {
    let text = "image,label,environment,Patient,maximum\n1.png,a,x, p1 ,4095\n2.png,b,x,,\n3.png,b,x,p1,65535.0\n";
    let reading = read(text).unwrap();
    assert!(reading.table.whole_groups());
    let seen: Vec<_> = reading.table.records().iter().map(|record| (record.group.as_deref(), record.maximum)).collect();
    assert_eq!(seen, [(Some("p1"), Some(4095)), (None, None), (Some("p1"), Some(65535))]);
    assert!(!read(text.replace("Patient", "person")).unwrap().table.whole_groups());
    assert_eq!(
        lines(read("image,label,environment,group,subject\n1.png,a,x,1,1\n")),
        [":1: group: found the columns \"group\", \"subject\", expected one of them"]
    );
    for bad in ["0", "65536", "-1", "4095.5", "4095,0", "white", "nan", "+-1", "99999999999999999999"] {
        let text = format!("image;label;environment;maximum\n1.png;a;x;{bad}\n2.png;b;x;\n");
        let expected = format!(":2: maximum: found {bad:?}, expected a whole number from 1 to 65535, or nothing");
        assert_eq!(lines(read(text)), [expected]);
    }
    let text = "image,label,environment,group\n1.png,a,x,nan\n2.png,b,x,1\n3.png,b,x,1.0\n";
    assert_eq!(lines(read(text)), [":2: group: found \"nan\", expected a name, or nothing where it has none"]);
    assert_eq!(
        warnings(&read(text.replace("nan", "")).unwrap()),
        [(
            FindingKind::NamesAlike,
            0,
            "group: \"1\" (1 row) and \"1.0\" (1 row) differ only in the way the number is written and are 2 groups"
                .to_owned()
        )]
    );
}

#[test]
fn names_that_are_alike() {
    let folder = tempfile::tempdir().unwrap();
    let text = "image,label,environment\n1,0,Snow\n2,0.0,snow\n3,0.0,grass\n4,1,snow\n5,1.0,snow\n";
    let file = put(folder.path(), "t.csv", text);
    let exact = own(&file).unwrap();
    assert_eq!(exact.table.classes(), ["0", "0.0", "1", "1.0"]);
    let alike = |text: &str| (FindingKind::NamesAlike, 0, text.to_owned());
    assert_eq!(
        warnings(&exact),
        [
            alike(
                "environment: \"Snow\" (1 row) and \"snow\" (3 rows) differ only in case or spaces and are 2 environments; --labels merge makes one of them"
            ),
            alike(
                "label: \"0\" (1 row) and \"0.0\" (2 rows) differ only in the way the number is written and are 2 classes; --labels merge makes one of them"
            ),
            alike(
                "label: \"1\" (1 row) and \"1.0\" (1 row) differ only in the way the number is written and are 2 classes; --labels merge makes one of them"
            ),
        ]
    );
    let merged = own_with(&file, &MERGE).unwrap();
    assert!(merged.warnings.is_empty());
    assert_eq!(
        (merged.table.classes(), merged.table.environments()),
        (&["0.0".to_owned(), "1".to_owned()][..], &["grass".to_owned(), "snow".to_owned()][..])
    );
    assert_eq!(merged.table.cells(), [[1, 0], [2, 2]]);
    assert_eq!(merged.notes[0], "label: \"0\" (1 row) and \"0.0\" (2 rows) are read as one, \"0.0\"");
    // Two spellings of one class are no two classes once they are merged.
    let file = put(folder.path(), "t.csv", "image,label,environment\n1,a,x\n2,A,x\n");
    assert_eq!(own(&file).unwrap().warnings.len(), 1);
    assert_eq!(lines(own_with(&file, &MERGE)), [": label: found 1 class, expected at least two classes"]);
    for word in ["None", "NA", "null", "NaN"] {
        let text = format!("image,label,environment\n1,{word},x\n2,b,x\n3,c,x\n");
        let expected = format!("a name; programs write {word} for a missing value, so rename it if it is a name here");
        assert_eq!(lines(read(text)), [format!(":2: label: found {word:?}, expected {expected}")]);
    }
    assert_eq!(read("image,label,environment\n1,none,x\n2,b,x\n").unwrap().table.classes(), ["b", "none"]);
}

#[test]
fn images_of_several_rows() {
    let mut text = "id,image,label,environment,split\n".to_owned();
    for (index, part) in [
        (0, "train"),
        (0, "test"),
        (1, "train"),
        (1, "train"),
        (2, "valid"),
        (2, "test"),
        (3, "train"),
        (3, "train"),
        (4, "test"),
    ] {
        let label = if index == 0 { "a" } else { "b" };
        let id = text.len();
        text += &format!("{id},{index}.png,{label},x,{part}\n");
    }
    let folder = tempfile::tempdir().unwrap();
    let reading = own(&put(folder.path(), "t.csv", &text)).unwrap();
    assert_eq!(reading.notes, ["4 images are named by more than one row: 0.png, 1.png, 2.png and 1 more"]);
    let root = format!("{}/", folder.path().display());
    let found: Vec<String> = reading.warnings.iter().map(|finding| finding.to_string().replace(&root, "")).collect();
    assert_eq!(
        found,
        [
            "0.png: one image is in train (t.csv:2) and in test (t.csv:3)",
            "2.png: one image is in valid (t.csv:6) and in test (t.csv:7)"
        ]
    );
    assert!(reading.warnings.iter().all(|finding| finding.kind == FindingKind::DuplicateAcrossParts));
}

#[test]
fn quotes_that_nothing_closes() {
    let quote = "expected a closing one; a quotation mark within a field is written twice, in quotes";
    for (delimiter, end) in [(",", "\n"), (";", "\r\n"), ("\t", "\r")] {
        let text = "image,label,environment,comment\n1,a,x,\n2,b,x,\"5 inch\n3,b,x,\n4,b,x,5\n";
        let text = text.replace(',', delimiter).replace('\n', end);
        let expected =
            format!(":3: comment: found a quotation mark that nothing closes up to line 5: \"\\\"5 inch\", {quote}");
        assert_eq!(lines(read(&text)), [expected], "{text:?}");
    }
    let head = "image,label,environment,comment\n1,a,x,\n2,b,x,";
    // On the last row, with and without a line break; three quotes; in the header; escaped to the end.
    for open in ["\"", "\"\n", "\"\"\"", "\"\"\"\"\"", "\"a\"\"\n3,b,x,\n"] {
        let problems = lines(read(format!("{head}{open}")));
        assert!(
            problems.len() == 1 && problems[0].starts_with(":3: comment: found a quotation mark that nothing"),
            "{problems:?}"
        );
    }
    let problems = lines(read("image,label,\"environment\n1,a,x\n2,b,x\n"));
    assert!(
        problems[0].starts_with(":1: row: found a quotation mark that nothing closes up to line 3"),
        "{problems:?}"
    );
    // Problems of the rows before it are told as well.
    assert_eq!(lines(read(format!("{head}\n,c,x,\n3,\"d"))).len(), 2);
    let fine = [
        "5\" lesion",
        "\"\"",
        "\"5\"\" lesion\"",
        "\"\"\"\"",
        "\"a\"\"\"",
        "\"a\r\nb, c\"",
        " \"a",
        "\"a\" ",
        "\"a\nb\n\nc\"",
    ];
    for field in fine {
        let reading =
            read(format!("{head}{field}\n3,b,x,{field}")).unwrap_or_else(|error| panic!("{field:?}: {error}"));
        assert_eq!((reading.rows, reading.warnings.len()), (3, 0), "{field:?}: {:?}", reading.warnings);
    }
}

#[test]
fn doubtful_quotes() {
    let text = "image,label,environment,comment\n1,a,x,\"5 inch\n2,b,x,\n3,b,x,\n4,b,x,\"other\"\n5,b,x,\"a\"b\n";
    let reading = read(text).unwrap();
    assert_eq!(reading.rows, 2);
    let rows = "comment: a quoted field that ends on line 5 holds 3 lines that look like rows; a quotation mark within a field is written twice";
    let text = "comment: text follows the closing quotation mark and is read as part of the field";
    let quotes = |line, text: &str| (FindingKind::Quotes, line, text.to_owned());
    assert_eq!(warnings(&reading), [quotes(2, rows), quotes(2, text), quotes(6, text)]);
    // A report with a comma fewer or more than a row.
    for report in ["one, two\nthree, four\n", "a,b,c,d,e\na,b,c,d,e\n", "\n\n\n", "x\n"] {
        let reading = read(format!("image,label,environment,comment\n1,a,x,\"{report}\"\n2,b,x,\n")).unwrap();
        assert_eq!(warnings(&reading), [], "{report:?}");
    }
}

#[test]
fn folders_with_other_formats() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    for path in [
        "images/x/a/1.bmp",
        "images/x/a/2.TIF",
        "images/x/a/3.tiff",
        "images/x/b/4.webp",
        "images/x/b/5.dicom",
        "images/x/b/caf\u{e9}.png",
        "images/x/b/notes.txt",
        "masks/x/a/1.PNG",
        "masks/x/a/2.bmp",
        "masks/x/b/cafe\u{301}.png",
    ] {
        put(root, path, "");
    }
    let reading = own(root).unwrap();
    assert_eq!((reading.rows, reading.left_out.len()), (6, 1));
    let region = |index: usize| reading.table.records()[index].region.clone();
    assert_eq!(region(0), Region::File("masks/x/a/1.PNG".into()));
    assert_eq!(region(1), Region::File("masks/x/a/2.bmp".into()));
    assert_eq!(region(2), Region::Everything);
    assert_eq!(region(5), Region::File("masks/x/b/cafe\u{301}.png".into()));
    put(root, "masks/x/a/1.png", "");
    put(root, "masks/x/a/3.dcm", "");
    let problems: Vec<String> = own(root)
        .unwrap_err()
        .problems()
        .iter()
        .map(|problem| problem.to_string().replace(&format!("{}/", root.display()), ""))
        .collect();
    assert_eq!(
        problems,
        [
            "masks/x/a/1.png: mask: found a second mask in addition to \"masks/x/a/1.PNG\", expected one mask an image",
            "masks/x/a/3.dcm: mask: found no image for it, expected an image of the same environment, label and stem; masks end in png, bmp, tif, tiff, webp, jpg, jpeg",
        ]
    );
}

#[test]
fn official_tables_name_an_open_quote() {
    let root = tempfile::tempdir().unwrap();
    put(
        root.path(),
        common::PADCHEST,
        common::PADCHEST_TEXT.replace("4,e.png,POSTEROANTERIOR,PA,x", "4,e.png,POSTEROANTERIOR,PA,\"x"),
    );
    let error = herring_tables::padchest(root.path()).unwrap_err().to_string();
    assert!(error.contains(".csv:9: Report: found a quotation mark that nothing closes up to line 11"), "{error}");
}
