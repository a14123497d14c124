//! Volumes on the command line: a stand-in, and what a check says of it and of damage.
#![allow(clippy::unwrap_used, reason = "a test that fails here says where")]

mod common;

use common::{Place, text, xtask};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

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
        told.contains("Task03_Liver: 0 errors") && told.contains("16 volumes with labels 0 background, 1 liver"),
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

/// The dilation of the masks is part of the prepared slices, so that each value has a listing of its own.
#[test]
fn a_search_prepares_slices_for_each_dilation() {
    let place = Place::new();
    let [data, cache, out] = ["data", "cache", "out"].map(|name| place.path(name).to_str().unwrap().to_owned());
    assert_eq!(xtask(&["data", "stand-in", "decathlon", "--root", &data]).status.code(), Some(0));
    let search = |more: &[&str]| {
        let fixed = ["search", "activmask2020", "--experiment", "heart", "--data-root", &data, "--cache", &cache];
        let few = ["--strategy", "random", "--scale", "smoke", "--initial", "4", "--iterations", "1", "--out", &out];
        xtask(&[&fixed[..], &few, more].concat())
    };
    let output = search(&["--method", "resnet-actdiff"]);
    let told = text(&output);
    assert_eq!(output.status.code(), Some(0), "{told}");
    let mut listings = BTreeMap::new();
    for run in fs::read_dir(place.path("out/runs")).unwrap() {
        let spec = fs::read(run.unwrap().path().join("config.json")).unwrap();
        let spec: Value = serde_json::from_slice(&spec).unwrap();
        let data = &spec["data"];
        let sigma = data["dilation_sigma"].as_f64().unwrap();
        assert!([4.0, 8.0, 16.0, 32.0].contains(&sigma), "{sigma}");
        listings.insert(sigma.to_string(), data["listing"].as_str().unwrap().to_owned());
    }
    let different: BTreeSet<&String> = listings.values().collect();
    assert!(listings.len() > 1 && different.len() == listings.len(), "{listings:?}");

    // What was found is for a configuration: the images of a reproduction are the same for all rows.
    let best: f64 = {
        let line = told.lines().find(|line| line.contains("<- best")).unwrap();
        let value = line.split("data.dilation_sigma ").nth(1).unwrap().split(':').next().unwrap();
        value.parse().unwrap()
    };
    let root = ["--data-root", &data, "--methods", "resnet-actdiff", "--from-search", &out];
    let output = place.repro_of("activmask2020", "heart", "seeds", &root);
    let told = text(&output);
    assert_eq!(output.status.code(), Some(if best == 8.0 { 0 } else { 2 }), "{told}");
    if best != 8.0 {
        let said =
            format!("data.dilation_sigma {best}, expected data.dilation_sigma 8, for which the slices are prepared");
        assert!(told.contains(&said), "{told}");
    }

    let space = place.path("space.toml");
    let text_of =
        fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../experiments/activmask2020/search/volumes.toml"));
    let other =
        text_of.unwrap().replace("power_of_two = { low = 4, high = 32 }", "uniform = { low = 4.0, high = 32.0 }");
    fs::write(&space, other).unwrap();
    let more = ["--method", "resnet-gradmask", "--space", space.to_str().unwrap()];
    let output = search(&more);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output));
    assert!(text(&output).contains("expected power_of_two or integer"), "{}", text(&output));
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
