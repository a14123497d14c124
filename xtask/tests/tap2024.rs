//! tap2024 with the real command: digits and generated radiographs, from one command to table and report, and bad input.
#![allow(clippy::unwrap_used, reason = "a test that fails here says where")]

mod common;

use common::{Place, changed, done, json, refused, runs};
use std::fs;

const MNIST: &str = include_str!("../../experiments/tap2024/mnist.toml");

fn smoke(place: &Place, out: &str, more: &[&str]) -> String {
    let (out, cache) = (place.name(out), place.name("cache"));
    let fixed = ["repro-tap2024", "--scale", "smoke", "--out", &out, "--cache", &cache, "--jobs", "2"];
    done(&[&fixed[..], more].concat())
}

#[test]
fn decoy_mnist_needs_nothing_and_a_teacher_is_trained_first() {
    let place = Place::new();
    let printed = smoke(&place, "out", &[]);
    let out = place.path("out");
    assert_eq!(runs(&out).len(), 7);
    for row in ["base", "no-xs", "rrr", "rbr", "tap", "tap-10-tau-1", "teacher-10"] {
        assert!(printed.contains(&format!("\n {row} ")), "{row}: {printed}");
    }
    // Table 9, and the first row of Table 12.
    assert!(printed.contains("0.995±0.001") && printed.contains("0.627±0.017"), "{printed}");
    assert!(printed.contains("Contaminated accuracy") && printed.contains("Permuted minus contaminated accuracy"));
    assert!(!printed.contains("prints as AUC"), "accuracy is what this paper prints");
    let taught = runs(&out).into_iter().find(|run| run.display().to_string().contains("tap-10-tau-1")).unwrap();
    let scores = &json(&taught.join("result.json"))["scores"];
    for set in ["contaminated", "permuted", "clean", "valid"] {
        assert!(scores["selected"][set]["accuracy"].is_f64(), "{set}: {scores}");
    }
    for map in ["annotations", "gradient", "tap-1", "tap-2"] {
        assert!(scores["decoys"][map]["iot"].is_f64(), "{map}: {scores}");
    }
    let cells = done(&["collect", "--out", &place.name("out")]);
    for score in ["permuted_minus_contaminated_accuracy", "decoy_recall_annotations", "decoy_precision_tap_1"] {
        assert!(cells.contains(&format!("\ntap-10-tau-1,{score},")), "{score}: {cells}");
    }
    let report = fs::read_to_string(out.join("report.html")).unwrap();
    assert!(
        report.contains("Targeted Activation Penalties") && report.contains("mnist-sample"),
        "the deviation is named"
    );
    // The same command again has nothing to do.
    let before = common::contents(&out);
    smoke(&place, "out", &[]);
    assert_eq!(common::contents(&out), before);
}

#[test]
fn every_experiment_on_digits_and_generated_radiographs_runs() {
    let place = Place::new();
    done(&["data", "stand-in", "pneumonia", "--root", &place.name("data"), "--scale", "smoke"]);
    done(&["data", "stand-in", "knee", "--root", &place.name("data"), "--scale", "smoke"]);
    for name in ["pneumonia", "knee"] {
        let report = done(&["data", "check", name, "--root", &place.name("data")]);
        assert!(report.contains("0 errors"), "{report}");
    }
    let data = place.name("data");
    let pneu =
        smoke(&place, "pneu", &["--experiment", "pneu", "--data-root", &data, "--methods", "resnet-tap,vgg-base"]);
    assert!(pneu.contains("Contaminated released F1"), "{pneu}");
    let rows = "teacher-10,resnet-at-10,resnet-jt-10,resnet-kd-10";
    let knee = smoke(&place, "knee", &["--experiment", "knee-distillation", "--data-root", &data, "--methods", rows]);
    assert!(knee.contains("Contaminated absolute error"), "{knee}");
    let stripes =
        smoke(&place, "stripes", &["--experiment", "knee-stripes", "--data-root", &data, "--methods", "dense-tap"]);
    assert!(stripes.contains("dense-tap"), "{stripes}");
    let plan = json(&place.path("pneu").join("plan.json"));
    let sizes: Vec<_> =
        plan["plan"]["runs"].as_array().unwrap().iter().map(|run| run["spec"]["data"]["size"].clone()).collect();
    assert_eq!(sizes, [64, 64]);
}

/// MNIST's four files with a few digits, in the form of their owners.
fn digits(place: &Place, count: usize) {
    let folder = place.path("data").join("mnist");
    fs::create_dir_all(&folder).unwrap();
    let head = |magic: u32, sizes: &[u32]| {
        std::iter::once(magic).chain(sizes.iter().copied()).flat_map(u32::to_be_bytes).collect::<Vec<u8>>()
    };
    for part in ["train", "t10k"] {
        let mut images = head(2051, &[count as u32, 28, 28]);
        images.extend((0..count * 784).map(|index| (index % 251) as u8));
        let mut labels = head(2049, &[count as u32]);
        labels.extend((0..count).map(|index| (index % 10) as u8));
        fs::write(folder.join(format!("{part}-images-idx3-ubyte")), images).unwrap();
        fs::write(folder.join(format!("{part}-labels-idx1-ubyte")), labels).unwrap();
    }
}

/// The experiment on files instead of the sample.
fn on_files(place: &Place) -> String {
    let text = changed(
        MNIST,
        "\n# The weights are those of Table 2",
        "\n[scales.smoke]\nrun.data = { collection = \"mnist\" }\n\n# The weights are those of Table 2",
    );
    place.file("files.toml", &text)
}

#[test]
fn digits_come_from_files_too() {
    let place = Place::new();
    digits(&place, 400);
    let (config, data) = (on_files(&place), place.name("data"));
    let checked = done(&["data", "check", "mnist", "--root", &data]);
    assert!(checked.contains("400 training and 400 test images"), "{checked}");
    smoke(&place, "out", &["--config", &config, "--data-root", &data, "--methods", "tap,tap-10-tau-1"]);
    let plan = json(&place.path("out").join("plan.json"));
    let files = &plan["plan"]["runs"][0]["spec"]["data"]["files"];
    assert_eq!(files["issue"], "mnist: 400 training and 400 test images");
    assert_eq!(files["listing"].as_str().unwrap().len(), 64);
}

#[test]
fn bad_input_ends_in_one_line_before_anything_is_written() {
    let place = Place::new();
    digits(&place, 200);
    let (config, data, out) = (on_files(&place), place.name("data"), place.name("out"));
    let cache = place.name("cache");
    let repro = |config: &str, code| {
        let fixed = ["repro-tap2024", "--scale", "smoke", "--data-root", &data, "--out", &out, "--cache", &cache];
        let said = refused(&[&fixed[..], &["--config", config]].concat(), code);
        assert!(!place.path("out").exists(), "{said}");
        said
    };
    let images = place.path("data").join("mnist/train-images-idx3-ubyte");
    let whole = fs::read(&images).unwrap();
    fs::write(&images, &whole[..whole.len() - 1]).unwrap();
    let cut = repro(&config, 2);
    assert!(cut.contains("train-images-idx3-ubyte: found 156799 elements after the header, expected 156800"), "{cut}");
    fs::write(&images, [&[0, 0, 9, 3], &whole[4..]].concat()).unwrap();
    let other = repro(&config, 2);
    assert!(other.contains("found the magic number 2307, expected 2051"), "{other}");
    fs::write(&images, &whole).unwrap();

    let with =
        |from: &str, to: &str| place.file("changed.toml", &changed(&fs::read_to_string(&config).unwrap(), from, to));
    let tau = repro(&with("tau = 0.01", "tau = 1.5"), 2);
    assert!(tau.contains("annotations.tau") && tau.contains("found 1.5, expected a number from 0 to 1"), "{tau}");
    let weight = repro(&with("tap = { weight = 1e-3 }", "tap = { weight = nan }"), 2);
    assert!(weight.contains("found NaN, expected a finite number from 0 up"), "{weight}");
    let nobody = repro(&with("teacher.method = \"teacher-10\"", "teacher.method = \"nobody\""), 2);
    assert!(nobody.contains("nobody"), "{nobody}");
    let without = repro(&with("teacher.method = \"teacher-10\"\n", ""), 2);
    assert!(without.contains("teacher"), "{without}");
}

#[test]
fn folders_of_radiographs_that_are_not_whole_end_in_lines() {
    let place = Place::new();
    done(&["data", "stand-in", "knee", "--root", &place.name("data"), "--scale", "smoke"]);
    let stray = place.path("data").join("kneeKL224/train/2/notes.txt");
    fs::write(&stray, "x").unwrap();
    let (data, out) = (place.name("data"), place.name("out"));
    let said =
        refused(&["repro-tap2024", "--experiment", "knee", "--scale", "smoke", "--data-root", &data, "--out", &out], 2);
    assert!(said.contains("notes.txt: found a file"), "{said}");
    assert!(!place.path("out").exists());
}
