//! Images of one's own that are drawn here: what a check and a run say of them.
#![allow(clippy::unwrap_used, reason = "a test that fails here says where")]

mod common;

use common::{Place, text, xtask};
use image::{GrayImage, ImageBuffer, Luma};
use std::{collections::BTreeMap, fs, path::PathBuf};

/// Two classes, two environments, `per` grey images of 16 x 16 pixels of each in each part, with masks; the
/// columns of each row by name.
fn own(place: &Place, per: usize) -> Vec<BTreeMap<&'static str, String>> {
    let mut rows = Vec::new();
    for part in ["train", "valid", "test"] {
        for environment in ["grass", "snow"] {
            for label in ["dog", "wolf"] {
                for _ in 0..per {
                    let number = rows.len();
                    let top = if label == "dog" { 3 } else { 10 };
                    let inside = move |x: u32, y: u32| (4..8).contains(&x) && (top..top + 4).contains(&y);
                    let noise = move |x: u32, y: u32| {
                        if (x, y) == (0, 0) { number as u8 } else { ((x * 7 + y * 13) % 40) as u8 }
                    };
                    let pixel = move |x, y| Luma([if inside(x, y) { 230 } else { noise(x, y) }]);
                    let mask = move |x, y| Luma([if inside(x, y) { 255 } else { 0 }]);
                    GrayImage::from_fn(16, 16, pixel).save(place.path(&format!("{number}.png"))).unwrap();
                    GrayImage::from_fn(16, 16, mask).save(place.path(&format!("m{number}.png"))).unwrap();
                    rows.push(BTreeMap::from([
                        ("image", format!("{number}.png")),
                        ("mask", format!("m{number}.png")),
                        ("label", label.to_owned()),
                        ("environment", environment.to_owned()),
                        ("split", part.to_owned()),
                    ]));
                }
            }
        }
    }
    rows
}

fn manifest(place: &Place, columns: &[&str], rows: &[BTreeMap<&'static str, String>]) -> PathBuf {
    let mut text = format!("{}\n", columns.join(","));
    for row in rows {
        let fields: Vec<&str> = columns.iter().map(|column| row.get(column).map_or("", String::as_str)).collect();
        text.push_str(&format!("{}\n", fields.join(",")));
    }
    let file = place.path("m.csv");
    fs::write(&file, text).unwrap();
    file
}

const COLUMNS: [&str; 5] = ["image", "mask", "label", "environment", "split"];

#[test]
fn a_check_and_a_run_say_the_same_of_doubtful_images() {
    let place = Place::new();
    let rows = own(&place, 5);
    // One environment is saved as 12 bits in 16, one test image is a training image, one mask is empty.
    for row in rows.iter().filter(|row| row["environment"] == "snow") {
        let path = place.path(&row["image"]);
        let grey = image::open(&path).unwrap().to_luma8();
        let deep: ImageBuffer<Luma<u16>, Vec<u16>> =
            ImageBuffer::from_fn(16, 16, |x, y| Luma([u16::from(grey.get_pixel(x, y)[0]) * 16]));
        deep.save(&path).unwrap();
    }
    fs::copy(place.path("0.png"), place.path("40.png")).unwrap();
    GrayImage::new(16, 16).save(place.path("m1.png")).unwrap();
    let file = manifest(&place, &COLUMNS, &rows);
    let file = file.to_str().unwrap();

    let checked = text(&xtask(&["data", "check", "own", "--manifest", file]));
    assert!(checked.contains("snow: 16 bits, values up to 3680 where 65535 is white (6 %)"), "{checked}");
    assert!(checked.trim_end().ends_with("0 errors, 4 warnings"), "{checked}");
    let output = place.audit("out", &["--manifest", file, "--methods", "baseline"]);
    let said = text(&output);
    assert_eq!(output.status.code(), Some(0), "{said}");
    for kind in [
        "equal images in more than one part: 1",
        "bit depths that differ between environments: 1",
        "environments that use little of their range: 1",
        "masks with nothing inside: 1",
    ] {
        assert!(checked.contains(&format!("warning: {kind}")), "{kind}\n{checked}");
        assert!(said.contains(&format!("warning: {kind}: ")), "{kind}\n{said}");
    }
    let report = fs::read_to_string(place.path("out/report.html")).unwrap();
    let (evidence, results) = (report.find("id=\"evidence\"").unwrap(), report.find("<h2>Results").unwrap());
    assert!(evidence < results, "masks and doubts come before the numbers");
    assert!(report.contains("masks with nothing inside: 1") && report.contains("class=\"outline\""));

    // A maximum for the environment is an answer to two of them.
    let told = common::changed(common::OWN, "resize = \"pillow\"", "maximum = { snow = 4095 }\nresize = \"pillow\"");
    fs::write(place.path("told.toml"), &told).unwrap();
    let config = place.path("told.toml");
    let config = config.to_str().unwrap();
    let checked = text(&xtask(&["data", "check", "own", "--manifest", file, "--config", config]));
    assert!(checked.contains("snow: 16 bits, values up to 3680 where 4095 is white (90 %)"), "{checked}");
    assert!(checked.trim_end().ends_with("0 errors, 2 warnings"), "{checked}");
    fs::write(place.path("wrong.toml"), told.replace("snow =", "snwo =")).unwrap();
    let wrong = place.path("wrong.toml");
    let output = place.audit("wrong", &["--manifest", file, "--config", wrong.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    let expected = "data.maximum: found the environment \"snwo\", expected one of \"grass\", \"snow\"";
    assert!(text(&output).contains(expected), "{}", text(&output));
}

#[test]
fn a_part_without_a_class_is_refused_before_anything_is_prepared() {
    for part in ["train", "valid", "test"] {
        let place = Place::new();
        let mut rows = own(&place, 3);
        rows.retain(|row| (row["split"].as_str(), row["label"].as_str()) != (part, "wolf"));
        let file = manifest(&place, &COLUMNS, &rows);
        let words = format!("{part}: found no image of class \"wolf\", expected images of every class in every part");
        let checked = xtask(&["data", "check", "own", "--manifest", file.to_str().unwrap()]);
        assert_eq!(checked.status.code(), Some(1));
        assert!(text(&checked).contains(&words), "{}", text(&checked));
        let output = place.audit("out", &["--manifest", file.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(2));
        assert!(text(&output).contains(&words), "{}", text(&output));
        assert!(!place.path("out").exists() && !place.path("cache").exists());
    }
}

#[test]
fn what_is_excluded_is_neither_missed_nor_trained_on_and_stands_in_the_report() {
    let place = Place::new();
    let rows = own(&place, 10);
    fs::write(place.path("3.png"), "no picture").unwrap();
    let file = manifest(&place, &COLUMNS, &rows);
    fs::write(place.path("bad.csv"), "id,reason\n3.png,saved by a program that broke it\nnobody,\n").unwrap();
    let (file, bad) = (file.to_str().unwrap().to_owned(), place.path("bad.csv").to_str().unwrap().to_owned());
    let check = ["data", "check", "own", "--manifest", &file];
    let refused = text(&xtask(&check));
    assert!(refused.contains("found a text file") && refused.trim_end().ends_with("1 errors, 0 warnings"), "{refused}");
    let checked = text(&xtask(&[&check[..], &["--exclude", &bad]].concat()));
    assert!(checked.contains("nobody"), "a name that fits nothing is a warning: {checked}");
    assert!(checked.contains(" 0 errors, "), "{checked}");
    let run = ["--manifest", &file, "--methods", "baseline"];
    assert_eq!(place.audit("refused", &run).status.code(), Some(2));
    let output = place.audit("out", &[&run[..], &["--exclude", &bad]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    let report = fs::read_to_string(place.path("out/report.html")).unwrap();
    assert!(report.contains("saved by a program that broke it"));
}

#[test]
fn names_that_are_alike_are_kept_apart_with_a_warning_or_made_one() {
    let place = Place::new();
    let mut rows = own(&place, 10);
    for (index, row) in rows.iter_mut().enumerate() {
        if row["label"] == "wolf" && index % 2 == 0 {
            row.insert("label", "Wolf".to_owned());
        }
    }
    let file = manifest(&place, &COLUMNS, &rows);
    let check = ["data", "check", "own", "--manifest", file.to_str().unwrap()];
    let apart = text(&xtask(&check));
    assert!(apart.contains("names that differ only in case, spaces or the way a number is written: 1"), "{apart}");
    let merged = text(&xtask(&[&check[..], &["--labels", "merge"]].concat()));
    assert!(merged.trim_end().ends_with("0 errors, 0 warnings") && merged.contains("are read as one"), "{merged}");
}
