//! A folder against its manifest: everything that is wrong with it, all at once.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::*;
use herring_tables::{FindingKind, Manifest, PictureInfo, check};
use std::path::Path;

const NIH_INFO: PictureInfo = PictureInfo { height: 224, width: 224, bits: 8, channels: 1 };

/// A file that says what it holds: `height width bits channels`.
fn probe(path: &Path) -> Result<PictureInfo, String> {
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    assert!(text != "panic", "a reader that panics");
    let numbers: Option<Vec<usize>> = text.split(' ').map(|number| number.parse().ok()).collect();
    match numbers.as_deref() {
        Some([height, width, bits, channels]) => {
            Ok(PictureInfo { height: *height, width: *width, bits: u32::try_from(*bits).unwrap(), channels: *channels })
        }
        _ => Err("no picture,\nnot at all".into()),
    }
}

fn found(report: &herring_tables::CheckReport, root: &Path) -> Vec<(FindingKind, String)> {
    let root = format!("{}/", root.display());
    report.findings.iter().map(|finding| (finding.kind, finding.to_string().replace(&root, ""))).collect()
}

#[test]
fn a_folder_that_is_as_it_should_be() {
    let root = data_root();
    for name in ["00000001_000", "00000001_001", "00000002_000", "00000003_000"] {
        put(root.path(), &format!("nih/images-224/{name}.png"), "224 224 8 1");
    }
    let mut manifest = Manifest::named("nih").unwrap();
    manifest.known[0].rows = Some(4);
    manifest.known[0].cells = vec![[1, 2]];
    let report = check(&manifest, root.path(), &|path| {
        assert_eq!(probe(path), Ok(NIH_INFO));
        probe(path)
    });
    assert_eq!((report.findings.len(), report.opened, report.errors()), (0, 3, 0), "{report}");
    assert_eq!(report.edition.as_deref(), Some("2017, the original"));
    assert!(report.to_string().starts_with("nih: 0 errors, 0 warnings\n  read "), "{report}");
}

#[test]
fn everything_wrong_is_found_at_once() {
    let root = data_root();
    let images = |name: &str, text: &str| put(root.path(), &format!("rsna/stage_2_train_images_jpg/{name}"), text);
    images("c.jpg", "512 1024 8 1");
    images("d.jpg", "1024 1024 16 3");
    images("a.jpg", "?");
    images("e.jpg", "never opened, since no record has it");
    images("extra.jpg", "");
    put(root.path(), HEADERS, HEADERS_TEXT.replace("6,stranger,F,PA", "6,g,F,PA"));
    images("g.jpg", "panic");
    let report = check(&Manifest::named("rsna").unwrap(), root.path(), &probe);
    let labels = "rsna/stage_2_train_labels.csv";
    let images = "rsna/stage_2_train_images_jpg";
    use FindingKind::*;
    let expected = [
        (ImageMissing, format!("{images}/b.jpg: named by {labels}:3")),
        (ImageUnreadable, format!("{images}/a.jpg: no picture,\\nnot at all, named by {labels}:5")),
        (ImageUnreadable, format!("{images}/g.jpg: the reader panicked, named by {labels}:9")),
        (ImageSize, format!("{images}/c.jpg: found 512x1024 (height x width), expected 1024x1024")),
        (ImageBits, format!("{images}/d.jpg: found 16 bits, expected 8")),
        (
            Counts,
            format!(
                "{labels}: counts: found 8 rows with [[2, 1], [1, 1]], \
                 expected 30227 rows with [[13163, 1348], [7509, 4664]] (stage 2)"
            ),
        ),
        (ImageChannels, format!("{images}/d.jpg: found 3 channels, expected 1; the first is read")),
        (ImageExtra, format!("{images}/extra.jpg: no row of the table names it")),
        (UnusedMissing, format!("{images}/f.jpg: only a row that is left out names it")),
    ];
    assert_eq!(found(&report, root.path()), expected);
    assert_eq!((report.errors(), report.opened), (5, 4));
    assert_eq!(report.counts()[&ImageUnreadable], 2);
    let text = report.render(Some(1));
    assert!(text.contains("error: unreadable images: 2\n") && text.contains("\n  and 1 more\n"), "{text}");
    assert!(!report.render(None).contains(" more"));
}

#[test]
fn damaged_rows_do_not_hide_the_images_of_the_others() {
    let root = data_root();
    put(root.path(), NIH, NIH_TEXT.to_owned() + "00000001_000.png,No Finding,,,,,,,,,\n");
    put(root.path(), "nih/images-224/00000001_000.png", "224 224 8 1");
    let report = check(&Manifest::named("nih").unwrap(), root.path(), &probe);
    use FindingKind::*;
    let kinds: Vec<FindingKind> = report.findings.iter().map(|finding| finding.kind).collect();
    assert_eq!(kinds, [Table, ImageMissing, ImageMissing, NotChecked]);
    assert!(report.findings[0].to_string().contains("Data_Entry_2017.csv:6: Image Index: found"), "{report}");

    let empty = tempfile::tempdir().unwrap();
    let report = check(&Manifest::named("rsna").unwrap(), empty.path(), &probe);
    let kinds: Vec<FindingKind> = report.findings.iter().map(|finding| finding.kind).collect();
    assert_eq!(kinds, [Table, Table, FolderMissing]);
}
