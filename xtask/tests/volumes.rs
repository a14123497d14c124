//! Volumes on the command line: a stand-in, and what a check says of it and of damage.
#![allow(clippy::unwrap_used, reason = "a test that fails here says where")]

mod common;

use common::{Place, text, xtask};
use std::fs;

#[test]
fn a_stand_in_of_the_decathlon_and_its_check() {
    let place = Place::new();
    let data = place.path("data");
    let root = data.to_str().unwrap();
    let output = xtask(&["data", "stand-in", "decathlon", "--out", root]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    assert!(text(&output).contains("Task07_Pancreas") && text(&output).contains("These volumes are generated"));
    let output = xtask(&["data", "check", "decathlon", "--root", root]);
    let told = text(&output);
    assert_eq!(output.status.code(), Some(0), "{told}");
    assert!(
        told.contains("Task03_Liver: 0 errors") && told.contains("8 volumes with labels 0 background, 1 liver"),
        "{told}"
    );

    let image = data.join("Task03_Liver/imagesTr/liver_3.nii.gz");
    let bytes = fs::read(&image).unwrap();
    fs::write(&image, &bytes[..1000]).unwrap();
    fs::write(data.join("Task03_Liver/labelsTr/._liver_3.nii.gz"), "Mac OS X").unwrap();
    let output = xtask(&["data", "check", "liver", "--root", root]);
    let told = text(&output);
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(
        told.contains("error: unreadable images: 1") && told.contains("liver_3.nii.gz: the file is cut off: found "),
        "{told}"
    );
    assert!(told.contains("._liver_3.nii.gz: a file of macOS, no volume; it is not read"), "{told}");
    assert_eq!(xtask(&["data", "check", "heart", "--root", root]).status.code(), Some(0));
    // Only headers: the image is cut off behind its own.
    assert_eq!(xtask(&["data", "check", "liver", "--headers", "--root", root]).status.code(), Some(0));
}

#[test]
fn a_folder_that_is_not_there_or_not_empty() {
    let place = Place::new();
    let nowhere = place.path("nowhere");
    let output = xtask(&["data", "check", "decathlon", "--root", nowhere.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        text(&output).contains("nowhere: this folder does not exist, expected one with Task02_Heart"),
        "{}",
        text(&output)
    );
    let output = xtask(&["data", "check", "decathlon"]);
    assert_eq!((output.status.code(), text(&output).lines().count()), (Some(2), 1), "{}", text(&output));
    let root = place.folder.path();
    fs::create_dir(root.join("Task02_Heart")).unwrap();
    fs::write(root.join("Task02_Heart/mine"), "").unwrap();
    let output = xtask(&["data", "stand-in", "decathlon", "--root", root.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(3));
    assert!(text(&output).contains("Task02_Heart: holds mine, expected an empty folder or none"), "{}", text(&output));
    assert!(!root.join("Task03_Liver").exists());
    let output = xtask(&["data", "check", "decathlon", "--root", root.to_str().unwrap()]);
    let told = text(&output);
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains("Task02_Heart/dataset.json: file: found No such file"), "{told}");
    assert!(told.contains("Task07_Pancreas: found no such folder, expected the task's"), "{told}");
}
