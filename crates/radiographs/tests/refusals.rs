//! What is wrong with a folder, an image or a setting is said in a line, and no listing is written.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use herring_cache::Cache;
use herring_radiographs::{
    Collection, DecoyKind, Fault, Folder, Prepared, RadiographSettings, RadiographsError, prepare,
};
use herring_standins::{KneeSettings, PneumoniaSettings};
use std::{fs, path::Path, sync::atomic::AtomicBool};
use tempfile::TempDir;

fn chests() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let settings = PneumoniaSettings { train: 10, test: 2, side: 32, ..Default::default() };
    herring_standins::pneumonia(folder.path(), &settings).unwrap();
    folder
}

fn knees() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let settings = KneeSettings { train: 2, valid: 1, test: 1, side: 32, ..Default::default() };
    herring_standins::knee(folder.path(), &settings).unwrap();
    folder
}

fn small(collection: Collection) -> RadiographSettings {
    RadiographSettings { side: 32, ..RadiographSettings::paper(collection) }
}

fn try_prepare(root: &Path, settings: &RadiographSettings) -> Result<Prepared, RadiographsError> {
    let cache = Cache::open(root.join("cache")).unwrap();
    prepare(&cache, root, settings, &mut |_| {}, &AtomicBool::new(false))
}

#[track_caller]
fn refused(root: &Path, collection: Collection, expected: &str) -> RadiographsError {
    let error = try_prepare(root, &small(collection)).unwrap_err();
    let message = error.to_string().replace(&format!("{}/", root.display()), "");
    assert_eq!(message, expected);
    assert!(!root.join("cache/listings").exists(), "a listing was written");
    error
}

fn first(root: &Path, folder: &str) -> std::path::PathBuf {
    let mut paths: Vec<_> = fs::read_dir(root.join(folder)).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.swap_remove(0)
}

#[test]
fn folders_that_are_missing() {
    let empty = tempfile::tempdir().unwrap();
    let error = try_prepare(empty.path(), &small(Collection::Knee)).unwrap_err().to_string();
    let root = empty.path().display();
    assert_eq!(
        error,
        format!("{root}: found neither kneeKL224/train nor train, expected the folder that holds kneeKL224")
    );

    let folder = chests();
    let root = folder.path();
    fs::remove_dir_all(root.join("chest_xray/test/NORMAL")).unwrap();
    let expected = "chest_xray/test/NORMAL: found no such folder, expected the images of class normal";
    let error = refused(root, Collection::Pneumonia, expected);
    let RadiographsError::Layout { faults } = error else { panic!("{error:?}") };
    assert!(matches!(faults.as_slice(), [Fault::MissingFolder { .. }]));
    fs::remove_dir_all(root.join("chest_xray/test")).unwrap();
    refused(
        root,
        Collection::Pneumonia,
        "chest_xray/test: found no such folder, expected the folders NORMAL, PNEUMONIA",
    );

    let folder = knees();
    fs::remove_dir_all(folder.path().join("kneeKL224/val")).unwrap();
    let expected = "kneeKL224/val: found no such folder, expected the folders 0, 1, 2, 3, 4";
    refused(folder.path(), Collection::Knee, expected);
}

#[test]
fn files_that_do_not_belong_there() {
    let folder = chests();
    let root = folder.path();
    let stray = root.join("chest_xray/train/NORMAL/notes.txt");
    fs::write(&stray, "mine").unwrap();
    let expected = "chest_xray/train/NORMAL/notes.txt: found a file that is no image, expected images only (.jpeg, .jpg): \
                    move it elsewhere";
    refused(root, Collection::Pneumonia, expected);
    fs::create_dir(root.join("chest_xray/test/PNEUMONIA/more.jpeg")).unwrap();
    let both = try_prepare(root, &small(Collection::Pneumonia)).unwrap_err().to_string();
    assert_eq!(both.lines().count(), 3, "{both}");
    assert!(both.starts_with("2 files and folders cannot be used, expected none:\n"), "{both}");
    assert!(both.contains("more.jpeg: found a folder, expected images only"), "{both}");
    fs::remove_file(stray).unwrap();
    fs::remove_dir(root.join("chest_xray/test/PNEUMONIA/more.jpeg")).unwrap();
    fs::create_dir(root.join("chest_xray/test/UNKNOWN")).unwrap();
    let expected =
        "chest_xray/test/UNKNOWN: found a folder, expected the folders NORMAL, PNEUMONIA only: move it elsewhere";
    refused(root, Collection::Pneumonia, expected);
}

#[test]
fn hidden_files_are_passed_over_with_a_note() {
    let folder = knees();
    let root = folder.path();
    fs::write(root.join("kneeKL224/.DS_Store"), "").unwrap();
    fs::write(root.join("kneeKL224/train/.DS_Store"), "").unwrap();
    for name in [".DS_Store", "._9000000L.png", "._9000001L.png"] {
        fs::write(root.join("kneeKL224/train/3").join(name), "").unwrap();
    }
    let found = try_prepare(root, &small(Collection::Knee)).unwrap();
    assert_eq!(
        found.facts.notes,
        [
            "train: passed over .DS_Store: hidden, no image",
            "train/3: passed over .DS_Store and 2 more: hidden, no image"
        ]
    );
    assert_eq!(found.facts.parts[0].images, [2; 5]);
}

#[test]
fn classes_without_images_or_with_too_few() {
    let folder = chests();
    let root = folder.path();
    fs::remove_file(first(root, "chest_xray/train/NORMAL")).unwrap();
    let expected = "chest_xray/train/NORMAL: found 9 images, expected at least 10: a tenth is drawn for validation";
    refused(root, Collection::Pneumonia, expected);
    let folder = knees();
    let root = folder.path();
    fs::remove_file(first(root, "kneeKL224/val/4")).unwrap();
    refused(root, Collection::Knee, "kneeKL224/val/4: found no images, expected at least one (.png)");
}

#[test]
fn images_that_cannot_be_read() {
    let folder = chests();
    let root = folder.path();
    let path = first(root, "chest_xray/test/NORMAL");
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    let error = try_prepare(root, &small(Collection::Pneumonia)).unwrap_err();
    let message = error.to_string();
    assert!(message.starts_with(&format!("{}: truncated JPEG: ", path.display())), "{message}");
    assert_eq!(message.lines().count(), 1);
    assert!(matches!(&error, RadiographsError::Damaged { failures } if failures.len() == 1));
    assert!(!root.join("cache/listings").exists());
    fs::write(&path, "not an image").unwrap();
    let message = try_prepare(root, &small(Collection::Pneumonia)).unwrap_err().to_string();
    assert!(message.contains("found a text file, expected a PNG, JPEG"), "{message}");
    fs::write(&path, "").unwrap();
    let message = try_prepare(root, &small(Collection::Pneumonia)).unwrap_err().to_string();
    assert!(message.contains("found an empty file"), "{message}");
    fs::write(&path, bytes).unwrap();
    assert!(try_prepare(root, &small(Collection::Pneumonia)).is_ok(), "the same command goes on");
}

#[test]
fn knees_of_other_sizes_than_the_others() {
    let folder = knees();
    let root = folder.path();
    let other = tempfile::tempdir().unwrap();
    let larger = KneeSettings { train: 1, valid: 1, test: 1, side: 40, ..Default::default() };
    herring_standins::knee(other.path(), &larger).unwrap();
    let path = first(root, "kneeKL224/train/0");
    let right = fs::read(&path).unwrap();
    fs::copy(first(other.path(), "kneeKL224/train/0"), &path).unwrap();
    let name = path.file_name().unwrap().to_str().unwrap();
    let expected = format!("kneeKL224/train/0/{name}: found 40 x 40 pixels, expected 32 x 32 as the others have");
    refused(root, Collection::Knee, &expected);
    // A rectangle.
    let rectangle = image_of(20, 32);
    fs::write(&path, rectangle).unwrap();
    let expected = format!("kneeKL224/train/0/{name}: found 20 x 32 pixels, expected 32 x 32 as the others have");
    refused(root, Collection::Knee, &expected);
    fs::write(&path, &right[..20]).unwrap();
    let message = try_prepare(root, &small(Collection::Knee)).unwrap_err().to_string();
    assert!(message.contains(": truncated PNG") || message.contains(": damaged PNG"), "{message}");
    assert_eq!(message.lines().count(), 1);
}

/// A JPEG file: the ending does not decide the format.
fn image_of(height: usize, width: usize) -> Vec<u8> {
    herring_pixels::encode_jpeg(&vec![9; height * width], [height, width], 75).unwrap()
}

#[test]
fn settings_that_cannot_be_used() {
    let folder = knees();
    let plain = small(Collection::Knee);
    for (settings, expected) in [
        (RadiographSettings { side: 8, ..plain.clone() }, "side is 8, expected 20 to 2048 pixels"),
        (RadiographSettings { decoy: DecoyKind::Patch, ..plain.clone() }, "decoy is patch, expected text or stripe"),
        (RadiographSettings { class_limit: Some(0), ..plain.clone() }, "class_limit is 0, expected at least 1"),
        (RadiographSettings { saliency_limit: Some(0), ..plain }, "saliency_limit is 0, expected at least 1"),
    ] {
        assert_eq!(try_prepare(folder.path(), &settings).unwrap_err().to_string(), expected);
    }
}

#[test]
fn the_wish_to_stop_is_heard() {
    let folder = knees();
    let cache = Cache::open(folder.path().join("cache")).unwrap();
    let stop = AtomicBool::new(true);
    let error = prepare(&cache, folder.path(), &small(Collection::Knee), &mut |_| {}, &stop).unwrap_err();
    assert!(matches!(error, RadiographsError::Interrupted { done: 0, .. }), "{error}");
    assert!(Folder::read(folder.path(), Collection::Knee).is_ok());
}
