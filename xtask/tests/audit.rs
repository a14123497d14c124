//! `audit` from one command to its findings: on images in colour, where cells are empty, with one environment, without masks.
#![allow(clippy::unwrap_used, reason = "a test that fails here says where")]

mod common;

use common::{Place, contents, done, json, text, xtask};
use std::{collections::BTreeSet, fs};

/// Generated shapes in colour, `per` of each environment and class; gives their manifest.
fn shapes(place: &Place, per: usize) -> String {
    let (root, per) = (place.name("data"), per.to_string());
    done(&["data", "stand-in", "shapes", "--root", &root, "--per-cell", &per, "--scale", "smoke"]);
    place.name("data/shapes/manifest.csv")
}

/// The manifest's rows for which `keep` holds, in a file of its own beside it.
fn only(place: &Place, keep: impl Fn(&str) -> bool) -> String {
    let text = fs::read_to_string(place.path("data/shapes/manifest.csv")).unwrap();
    let mut lines = text.lines();
    let head = lines.next().unwrap();
    let rows: Vec<&str> = lines.filter(|line| keep(line)).collect();
    place.file("data/shapes/some.csv", &format!("{head}\n{}\n", rows.join("\n")))
}

#[test]
fn images_in_colour_are_understood_trained_on_and_judged_in_words() {
    let place = Place::new();
    let manifest = shapes(&place, 40);
    let methods = ["--manifest", &manifest, "--methods", "baseline,masked,group-dro,rrr"];
    let output = place.audit("out", &methods);
    let said = text(&output);
    assert_eq!(output.status.code(), Some(0), "{said}");
    for line in [
        "understood: 160 images",
        "  classes: circle, square",
        "    grass: 40 circle, 40 square",
        "  masks: 160 from files",
        "  pixels: 3 channels (red, green, blue), cut to the square in the middle, 16 x 16",
        "  methods: baseline, group-dro, masked, rrr",
        "note: channels: 3 (red, green, blue)",
        "estimated time: at most about ",
        "The scale smoke is too small to mean anything",
        "on the environment",
        "This rests on ",
    ] {
        assert!(said.contains(line), "{line}: {said}");
    }
    assert!(!said.contains("no published numbers to compare with\n"), "there is nothing to judge: {said}");
    let report = fs::read_to_string(place.path("out/report.html")).unwrap();
    assert!(report.contains("Audit report") && report.contains("What was found") && !report.contains("not judged"));

    let images = json(&place.path("out/images.json"));
    let mean = &images["environment_means"][0];
    let [values, height, width] = [
        mean["values"].as_array().unwrap().len() as u64,
        mean["height"].as_u64().unwrap(),
        mean["width"].as_u64().unwrap(),
    ];
    assert_eq!(values, 3 * height * width);
    let run =
        common::runs(&place.path("out")).into_iter().find(|run| run.to_string_lossy().contains("baseline")).unwrap();
    let config = json(&run.join("config.json"));
    assert_eq!(config["data"]["channels"], "colour");
    let pictures = json(&run.join("pictures.json"));
    assert_eq!(pictures["image_sum"]["values"].as_array().unwrap().len(), 3 * 16 * 16);
    assert_eq!(pictures["saliency_sum"]["values"].as_array().unwrap().len(), 16 * 16);
    let result = json(&run.join("result.json"));
    let environments = result["scores"]["selected"]["test"]["environments"].as_array().unwrap();
    assert!(environments.iter().all(|of| of["class_accuracies"].as_array().unwrap().len() == 2), "{result}");

    // Done is done, and the same again elsewhere is the same, byte for byte.
    let before = contents(&place.path("out"));
    assert_eq!(place.audit("out", &[&methods[..], &["--resume"]].concat()).status.code(), Some(0));
    assert_eq!(place.audit("again", &methods).status.code(), Some(0));
    assert!(contents(&place.path("out")) == before && contents(&place.path("again")) == before);

    // Reduced to luminance it is another experiment.
    let grey = [&methods[..], &["--grey"]].concat();
    let refused = place.audit("out", &[&grey[..], &["--resume"]].concat());
    assert_eq!(refused.status.code(), Some(2), "{}", text(&refused));
    let output = place.audit("grey", &grey);
    assert!(text(&output).contains("1 channel, luminance"), "{}", text(&output));
    let run = common::runs(&place.path("grey")).remove(0);
    assert_eq!(json(&run.join("config.json"))["data"]["channels"], "luminance");
    assert_eq!(json(&run.join("pictures.json"))["image_sum"]["values"].as_array().unwrap().len(), 16 * 16);
}

#[test]
fn the_control_says_that_it_is_one_and_a_ratio_is_checked() {
    let place = Place::new();
    let manifest = shapes(&place, 40);
    let baseline = ["--manifest", &manifest, "--methods", "baseline"];
    let output = place.audit("control", &[&baseline[..], &["--ratio", "0.5"]].concat());
    assert!(text(&output).contains("This is the control"), "{}", text(&output));
    let output = place.audit("wrong", &[&baseline[..], &["--ratio", "1.5"]].concat());
    let said = text(&output);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert_eq!(said, "error: invalid value '1.5' for '--ratio <SHARE>': expected a share from 0 to 1\n");
    assert!(!place.path("wrong").exists());
}

#[test]
fn what_cannot_be_reversed_is_tested_as_it_came() {
    let place = Place::new();
    shapes(&place, 40);
    // No circle lies on sand.
    let some = only(&place, |line| !line.starts_with("sand-circle"));
    let output = place.audit("out", &["--manifest", &some, "--methods", "baseline"]);
    let said = text(&output);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("a class lacks images of an environment, so that nothing can be reversed"), "{said}");
    assert!(said.contains("Training, validation and test images are alike"), "{said}");
    let run = common::runs(&place.path("out")).remove(0);
    let config = json(&run.join("config.json"));
    assert_eq!((&config["data"]["rule"], config["data"].get("ratio")), (&"observed".into(), None));
}

#[test]
fn one_environment_and_no_masks_leave_what_can_be_said() {
    let place = Place::new();
    shapes(&place, 40);
    let text_of = fs::read_to_string(place.path("data/shapes/manifest.csv")).unwrap();
    let rows = text_of.lines().skip(1).map(|line| {
        let fields: Vec<&str> = line.split(',').collect();
        format!("{},{}\n", fields[1], fields[2])
    });
    let bare = place.file("data/shapes/bare.csv", &format!("image,label\n{}", rows.collect::<String>()));
    let output = place.audit("out", &["--manifest", &bare]);
    let said = text(&output);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("environments: one (all), so that reliance on it cannot be tested"), "{said}");
    assert!(
        said.contains("left out, since no image has a mask: masked, actdiff, adversarial, gradmask, rrr"),
        "{said}"
    );
    assert!(said.contains("left out, since all images are of one environment: reweighted, group-dro"), "{said}");
    assert!(said.contains("All images are of one environment, so that reliance on it cannot be tested;"), "{said}");
    assert!(said.contains("Where the models look was not scored"), "{said}");
    let methods: BTreeSet<String> = common::runs(&place.path("out"))
        .iter()
        .map(|run| json(&run.join("config.json"))["method"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(methods, BTreeSet::from(["baseline".to_owned()]));
    let status = text(&xtask(&["status", "--out", &place.name("out")]));
    assert!(status.contains("1 runs: 1 finished"), "{status}");
}
