//! The layouts in which the owners hand the collections out, on stand-ins.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use herring_datasets::Table;
use herring_standins::{Edition, Pathology, RsnaSettings, XraySettings};
use herring_tables::{
    FindingKind, ImageEdition, Manifest, Negatives, PictureInfo, ProblemKind, check, present, rsna, xray, xray_with,
};
use std::path::Path;
use tempfile::TempDir;

fn hospitals(edition: Edition) -> TempDir {
    let root = tempfile::tempdir().unwrap();
    let settings = XraySettings { per_cell: 6, others: 3, side: 64, seed: 7, edition, ..Default::default() };
    herring_standins::xray(root.path(), &settings).unwrap();
    root
}

fn views(edition: Edition) -> TempDir {
    let root = tempfile::tempdir().unwrap();
    let settings = RsnaSettings { per_cell: 4, others: 2, side: 64, seed: 7, edition, ..Default::default() };
    herring_standins::rsna(root.path(), &settings).unwrap();
    root
}

fn probe(path: &Path) -> Result<PictureInfo, String> {
    let info = herring_pixels::probe_file(path).map_err(|error| error.to_string())?;
    Ok(PictureInfo { height: info.height, width: info.width, bits: info.bits, channels: info.channels })
}

/// Everything but where the files lie.
fn rows(table: &Table) -> Vec<String> {
    let row = |record: &herring_datasets::Record| {
        format!("{} {} {} {:?} {:?}", record.id, record.label, record.environment, record.region, record.group)
    };
    table.records().iter().map(row).collect()
}

/// The counts of the stand-ins are no edition's.
fn kinds(report: &herring_tables::CheckReport) -> Vec<FindingKind> {
    report.counts().into_keys().filter(|kind| *kind != FindingKind::Counts).collect()
}

#[test]
fn nih_and_padchest_are_found_in_their_folders() {
    let (small, full) = (hospitals(Edition::Small), hospitals(Edition::Full));
    let expected = xray(small.path()).unwrap();
    assert_eq!(expected.image_editions, [ImageEdition::Small; 2]);
    assert!(expected.notes.is_empty());
    let reading = xray(full.path()).unwrap();
    assert_eq!(rows(&reading.table), rows(&expected.table));
    assert_eq!(reading.left_out, expected.left_out);
    assert_eq!(reading.image_editions, [ImageEdition::Full; 2]);
    assert_eq!(reading.notes.len(), 2);
    for image in reading.table.records().iter().map(|record| &record.image).chain(&reading.unused_images) {
        assert!(full.path().join(image).is_file(), "{}", image.display());
    }
    let first = reading.table.records()[0].image.to_str().unwrap();
    assert!(first.starts_with("nih/images_001/images/0"), "{first}");
    assert!(present("xray", full.path()).unwrap().is_complete());
    // PadChest's may have any size from 224 on, NIH's have 1024: these have neither.
    let report = check(&Manifest::named("padchest").unwrap(), full.path(), &probe);
    assert_eq!(kinds(&report), [FindingKind::ImageSize], "{report}");
    assert!(report.to_string().contains("(height x width), expected at least 224 each"), "{report}");
    let report = check(&Manifest::named("nih").unwrap(), full.path(), &probe);
    assert_eq!((kinds(&report), report.opened), (vec![FindingKind::ImageSize], 12), "{report}");
    assert!(report.to_string().contains("found 64x64 (height x width), expected 1024x1024"), "{report}");
    let large = PictureInfo { height: 2991, width: 2544, bits: 16, channels: 1 };
    let report = check(&Manifest::named("padchest").unwrap(), full.path(), &|_| Ok(large));
    assert_eq!((kinds(&report), report.errors(), report.opened), (vec![], 0, 12), "{report}");
    let report = check(&Manifest::named("padchest").unwrap(), full.path(), &|_| Ok(PictureInfo { bits: 8, ..large }));
    assert_eq!(kinds(&report), [FindingKind::ImageBits]);
    let colour = PictureInfo { height: 1024, width: 1024, bits: 8, channels: 4 };
    let report = check(&Manifest::named("nih").unwrap(), full.path(), &|_| Ok(colour));
    assert_eq!((kinds(&report), report.errors()), (vec![FindingKind::ImageChannels], 0));
}

/// The folder of the other small edition holds files of the same names, which are not the owner's.
#[test]
fn the_small_edition_of_another_pathology_is_not_taken_for_the_full_size() {
    let both = tempfile::tempdir().unwrap();
    let settings =
        XraySettings { per_cell: 4, others: 2, side: 64, pathology: Pathology::Emphysema, ..Default::default() };
    herring_standins::xray(both.path(), &settings).unwrap();
    let reading = xray_with(both.path(), "emphysema").unwrap();
    assert_eq!((reading.table.cells(), reading.notes.len()), (vec![vec![4, 4], vec![4, 4]], 0));
    assert_eq!(reading.image_editions, [ImageEdition::Small; 2]);
    let nih = both.path().join("nih");
    std::fs::rename(nih.join("images-128"), nih.join("images-224")).unwrap();
    let manifest = Manifest::named("nih").unwrap().of_pathology("emphysema").unwrap();
    let report = check(&manifest, both.path(), &probe);
    assert_eq!(kinds(&report), [FindingKind::FolderMissing], "{report}");
    assert!(report.to_string().contains("nih/images-128: "), "{report}");
}

#[test]
fn rsna_needs_no_table_of_headers_beside_dicom_files() {
    let (small, full) = (views(Edition::Small), views(Edition::Full));
    let expected = rsna(small.path(), Negatives::Released).unwrap();
    let reading = rsna(full.path(), Negatives::Released).unwrap();
    assert_eq!(rows(&reading.table), rows(&expected.table));
    assert_eq!(reading.table.cells(), [[4, 4], [4, 4]]);
    assert_eq!(reading.image_editions, [ImageEdition::Full; 2]);
    assert_eq!(reading.left_out[0].reason, "rsna: ViewPosition (0018,5101) is empty");
    assert_eq!(reading.left_out[0].rows, 2);
    assert!(reading.table.records().iter().all(|record| full.path().join(&record.image).is_file()));
    let presence = present("rsna", full.path()).unwrap();
    assert!(presence.is_complete(), "{presence:?}");
    let frame = PictureInfo { height: 1024, width: 1024, bits: 8, channels: 1 };
    let report = check(&Manifest::named("rsna").unwrap(), full.path(), &|_| Ok(frame));
    assert_eq!((kinds(&report), report.opened), (vec![], 16), "{report}");

    // A table of headers is believed where it is there.
    let headers = "rsna/kaggle_stage_2_train_images_dicom_headers.csv";
    std::fs::copy(small.path().join(headers), full.path().join(headers)).unwrap();
    let reading = rsna(full.path(), Negatives::Released).unwrap();
    assert_eq!(rows(&reading.table), rows(&expected.table));
    assert_eq!(reading.left_out[0].reason, "rsna: ViewPosition is empty");
    std::fs::remove_file(full.path().join(headers)).unwrap();

    // Without its file, nobody knows a patient's view; neither with a damaged one.
    let [one, other] = [0, 1].map(|index| reading.table.records()[index].clone());
    std::fs::remove_file(full.path().join(&one.image)).unwrap();
    std::fs::write(full.path().join(&other.image), b"no DICOM").unwrap();
    let error = rsna(full.path(), Negatives::Released).unwrap_err();
    let mut found: Vec<ProblemKind> = error.problems().iter().map(|problem| problem.kind).collect();
    found.sort();
    assert_eq!(found, [ProblemKind::Missing, ProblemKind::Image], "{error}");
    assert!(error.to_string().contains(&format!("{}.dcm", one.id)), "{error}");
}

#[test]
fn the_small_edition_is_read_where_it_is_complete() {
    let (root, full) = (hospitals(Edition::Small), hospitals(Edition::Full));
    for folder in ["images_001", "images_002"] {
        std::fs::rename(full.path().join("nih").join(folder), root.path().join("nih").join(folder)).unwrap();
    }
    let reading = xray(root.path()).unwrap();
    assert_eq!(reading.image_editions, [ImageEdition::Small; 2]);
    assert_eq!(reading.notes.len(), 1);
    assert!(reading.notes[0].starts_with("nih: images-224 has 12 of the 12 images and is read"), "{:?}", reading.notes);

    // Where it misses one and the full size misses more, it is still read, and the image is missing.
    let image = root.path().join(&reading.table.records()[0].image);
    std::fs::remove_file(&image).unwrap();
    let reading = xray(root.path()).unwrap();
    assert_eq!(reading.image_editions[0], ImageEdition::Small);
    for number in 3..=12 {
        let folder = format!("nih/images_{number:03}");
        std::fs::rename(full.path().join(&folder), root.path().join(&folder)).unwrap();
    }
    let reading = xray(root.path()).unwrap();
    assert_eq!(reading.image_editions, [ImageEdition::Full, ImageEdition::Small]);
    assert!(
        reading.notes[0].starts_with("nih: images-224 has 11 of the 12 images and is not read"),
        "{:?}",
        reading.notes
    );
}

#[test]
fn one_name_at_two_places_is_fine_if_the_bytes_are_equal() {
    let full = hospitals(Edition::Full);
    let record = xray(full.path()).unwrap().table.records()[0].clone();
    let first = full.path().join(&record.image);
    let again = full.path().join("nih/z").join(&record.id);
    std::fs::create_dir(full.path().join("nih/z")).unwrap();
    std::fs::copy(&first, &again).unwrap();
    assert_eq!(xray(full.path()).unwrap().table.records()[0], record);
    let other = full.path().join(&xray(full.path()).unwrap().table.records()[1].image);
    std::fs::copy(other, &again).unwrap();
    let error = xray(full.path()).unwrap_err();
    assert_eq!(error.problems().len(), 1, "{error}");
    assert_eq!(error.problems()[0].kind, ProblemKind::Image);
    let text = error.to_string();
    assert!(text.contains(&first.display().to_string()) && text.contains(&again.display().to_string()), "{text}");
    let report = check(&Manifest::named("nih").unwrap(), full.path(), &probe);
    assert!(report.counts().contains_key(&FindingKind::Table), "{report}");
}

#[test]
fn what_is_extra_or_missing_in_full_size() {
    let full = hospitals(Edition::Full);
    let reading = xray(full.path()).unwrap();
    let image = |name: &str| full.path().join("nih/images_001/images").join(name);
    std::fs::write(image("99999999_000.png"), "").unwrap();
    std::fs::write(image("._00000001_000.png"), "").unwrap();
    // A folder in which no named image lies holds something else.
    std::fs::create_dir(full.path().join("nih/masks")).unwrap();
    std::fs::write(full.path().join("nih/masks/1.png"), "").unwrap();
    std::fs::remove_file(full.path().join(&reading.table.records()[3].image)).unwrap();
    std::fs::remove_file(full.path().join(&reading.unused_images[0])).unwrap();
    let size = PictureInfo { height: 1024, width: 1024, bits: 8, channels: 1 };
    let report = check(&Manifest::named("nih").unwrap(), full.path(), &|_| Ok(size));
    use FindingKind::{ImageExtra, ImageMissing, UnusedMissing};
    assert_eq!(kinds(&report), [ImageMissing, ImageExtra, UnusedMissing], "{report}");
    assert!(report.counts().values().all(|count| *count == 1), "{report}");
    assert!(report.to_string().contains("99999999_000.png: no row of the table names it"), "{report}");
}

#[test]
fn where_nothing_is_found_both_layouts_are_named() {
    let root = hospitals(Edition::Small);
    std::fs::remove_dir_all(root.path().join("padchest/images-224")).unwrap();
    let presence = present("xray", root.path()).unwrap();
    assert_eq!(presence.missing_folders, [root.path().join("padchest/images-224")]);
    let missing = presence.missing().remove(0);
    assert!(missing.contains("images-224: a folder of images, or 0/*.png, 1/*.png"), "{missing}");
    let report = check(&Manifest::named("padchest").unwrap(), root.path(), &probe);
    assert_eq!(kinds(&report), [FindingKind::FolderMissing]);
    assert!(report.to_string().contains("or the files as they are handed out below"), "{report}");
    assert!(report.to_string().contains("0/*.png, 1/*.png"), "{report}");
    let empty = tempfile::tempdir().unwrap();
    let error = rsna(empty.path(), Negatives::Released).unwrap_err().to_string();
    assert!(error.contains("or stage_2_train_images/*.dcm, whose headers hold the views"), "{error}");
}
