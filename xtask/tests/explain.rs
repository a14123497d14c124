//! `explain` on a run's weights: what it writes, what it says of images that cannot be read, and what it refuses.
#![allow(clippy::unwrap_used, reason = "a test that fails here says where")]

mod common;

use common::{Place, json, refused, runs, text, xtask};
use image::{GrayImage, Luma, RgbImage};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::OnceLock,
};

/// The folder of a run of 28 x 28 grey images and two classes, trained once for all tests.
fn run() -> &'static Path {
    static RUN: OnceLock<(Place, PathBuf)> = OnceLock::new();
    let (_, run) = RUN.get_or_init(|| {
        let place = Place::new();
        let output = place.repro("crosses", "out", &["--methods", "baseline", "--seeds", "0"]);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output));
        let run = runs(&place.path("out")).remove(0);
        (place, run)
    });
    run
}

/// Three images, a damaged one and a text; masks of two of them.
fn images(place: &Place) {
    for folder in ["images/sub", "masks/sub"] {
        fs::create_dir_all(place.path(folder)).unwrap();
    }
    let inside = |x: u32, y: u32| (8..16).contains(&x) && (10..20).contains(&y);
    let grey = |x, y| Luma([if inside(x, y) { 220 } else { ((x * 7 + y * 13) % 60) as u8 }]);
    GrayImage::from_fn(28, 28, grey).save(place.path("images/a.png")).unwrap();
    let colour = |x: u32, y: u32| image::Rgb([(x * 4) as u8, (y * 4) as u8, 90]);
    RgbImage::from_fn(60, 40, colour).save(place.path("images/sub/b <&>.png")).unwrap();
    fs::write(place.path("images/c.jpg"), include_bytes!("../../crates/pixels/tests/samples/grey.jpg")).unwrap();
    let whole = fs::read(place.path("images/a.png")).unwrap();
    fs::write(place.path("images/damaged.png"), &whole[..whole.len() / 2]).unwrap();
    fs::write(place.path("images/notes.txt"), "no image").unwrap();
    let mask = |x, y| Luma([if inside(x, y) { 255 } else { 0 }]);
    GrayImage::from_fn(28, 28, mask).save(place.path("masks/a.png")).unwrap();
    GrayImage::from_fn(60, 40, |x, _| Luma([if x < 30 { 255 } else { 0 }]))
        .save(place.path("masks/sub/b <&>.png"))
        .unwrap();
}

fn explain<'a>(place: &'a Place, out: &'a str, more: &[&'a str]) -> Vec<String> {
    let mut arguments: Vec<String> = ["explain", "--model"].map(str::to_owned).to_vec();
    arguments.push(run().to_str().unwrap().to_owned());
    arguments.extend(["--out".to_owned(), place.name(out)]);
    arguments.extend(more.iter().map(|argument| (*argument).to_owned()));
    arguments
}

fn borrowed(arguments: &[String]) -> Vec<&str> {
    arguments.iter().map(String::as_str).collect()
}

/// Shape and values of a `.npy` file.
fn npy(path: &Path) -> (String, Vec<f32>) {
    let bytes = fs::read(path).unwrap();
    let header = 10 + usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    let shape = String::from_utf8(bytes[10..header].to_vec()).unwrap();
    let shape = shape.split_once("'shape': (").unwrap().1.split_once(')').unwrap().0.to_owned();
    (shape, bytes[header..].as_chunks().0.iter().map(|value| f32::from_le_bytes(*value)).collect())
}

#[test]
fn a_run_is_explained_and_a_damaged_image_is_left_out() {
    let place = Place::new();
    images(&place);
    let (images, masks) = (place.name("images"), place.name("masks"));
    let arguments = explain(
        &place,
        "out",
        &[
            "--images",
            &images,
            "--masks",
            &masks,
            "--method",
            "grad-cam,gradient,integrated-gradients,occlusion,smoothgrad",
            "--window",
            "7",
            "--steps",
            "64",
            "--samples",
            "3",
            "--curves",
            "4",
            "--randomise",
            "2",
            "--stages",
            "3",
            "--batch",
            "2",
            "--page-images",
            "2",
        ],
    );
    let output = xtask(&borrowed(&arguments));
    let said = text(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("left out: ") && said.contains("damaged.png: "), "{said}");
    assert!(said.contains("3 of 4 images explained"), "{said}");
    assert!(said.contains("note: 2 of 4 images have no mask"), "{said}");

    let scores = json(&place.path("out/scores.json"));
    assert_eq!(scores["images"].as_array().unwrap().len(), 3);
    assert_eq!(scores["failures"].as_array().unwrap().len(), 1);
    assert_eq!(scores["network"]["name"], "baseline");
    let settings = |method: usize| &scores["settings"]["methods"][method]["settings"];
    assert_eq!((settings(0)["tap"].is_null(), settings(1).is_null()), (true, true));
    assert!(settings(2)["steps"].is_u64() && settings(3)["window"].is_u64() && settings(4)["samples"].is_u64());
    assert_eq!(scores["settings"]["input"]["size"].as_array().map(Vec::len), Some(2));
    let first = &scores["images"][0];
    assert!(first["path"].as_str().unwrap().ends_with("a.png"));
    let predicted = first["predicted"].as_array().unwrap();
    assert_eq!((predicted.len(), &predicted[0]["class"]), (2, &first["target"]["class"]));
    let total: f64 = predicted.iter().map(|class| class["probability"].as_f64().unwrap()).sum();
    assert!((total - 1.0).abs() < 1e-9);
    let methods = ["grad-cam", "gradient", "integrated-gradients", "occlusion", "smoothgrad"];
    for (map, method) in first["maps"].as_array().unwrap().iter().zip(methods) {
        assert_eq!(map["method"], method);
        let (shape, values) = npy(&place.path("out").join(map["map"].as_str().unwrap()));
        assert_eq!((shape.as_str(), values.len()), ("1, 28, 28", 784));
        assert!(values.iter().all(|value| value.is_finite()) && values.iter().any(|value| *value != 0.0), "{method}");
        let overlay = image::open(place.path("out").join(map["overlay"].as_str().unwrap())).unwrap();
        assert_eq!((overlay.width(), overlay.height()), (28, 28));
        for share in ["iou", "iop", "iot"] {
            assert!((0.0..=1.0).contains(&map["overlap"][share].as_f64().unwrap()), "{method} {share}");
        }
        let deletion = map["deletion"]["probabilities"].as_array().unwrap();
        let insertion = map["insertion"]["probabilities"].as_array().unwrap();
        let target = first["target"]["probability"].as_f64().unwrap();
        assert_eq!((deletion.len(), insertion.len()), (5, 5));
        // The whole image is where deletion begins and insertion ends.
        assert!((deletion[0].as_f64().unwrap() - target).abs() < 1e-5, "{method}");
        assert!((insertion[4].as_f64().unwrap() - target).abs() < 1e-5, "{method}");
    }
    let completeness = &first["maps"][2]["completeness"];
    let (residual, difference) =
        (completeness["residual"].as_f64().unwrap(), completeness["difference"].as_f64().unwrap());
    assert!(residual.abs() < 0.05 * difference.abs().max(0.1), "{residual} of {difference}");
    let stages = scores["summary"][1]["randomisation"].as_array().unwrap();
    assert_eq!((stages.len(), &stages[0]["from"]), (3, &serde_json::json!("fc")));
    assert_eq!(scores["summary"][1]["masked"], 2);

    let page = fs::read_to_string(place.path("out/index.html")).unwrap();
    assert!(!page.contains("<script") && !page.contains("src=\"http"), "the page stands alone");
    assert_eq!(page.matches("<article").count(), 2);
    assert!(page.contains("1 more image is in the folder") && page.contains("damaged.png"));
    assert!(!page.contains("b <&>"), "names are escaped");
    let rows = fs::read_to_string(place.path("out/scores.csv")).unwrap();
    assert_eq!(rows.lines().count(), 1 + 3 * 5);
}

#[test]
fn weights_and_folder_are_one_model_and_batches_change_nothing() {
    let place = Place::new();
    images(&place);
    let image = place.name("images/a.png");
    let images = [image.as_str(), &place.name("images/c.jpg")].map(str::to_owned);
    let weights = run().join("weights.safetensors");
    for (out, batch, model) in [("one", "1", run()), ("many", "16", weights.as_path())] {
        let arguments = [
            "explain",
            "--model",
            model.to_str().unwrap(),
            "--images",
            &images[0],
            &images[1],
            "--target",
            "1",
            "--method",
            "hirescam,input-x-gradient",
            "--sign",
            "signed",
            "--top-share",
            "0.3",
            "--batch",
            batch,
            "--out",
            &place.name(out),
        ];
        let output = xtask(&arguments);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    }
    for file in fs::read_dir(place.path("one/maps")).unwrap() {
        let name = file.unwrap().file_name();
        let (one, many) = (npy(&place.path("one/maps").join(&name)), npy(&place.path("many/maps").join(&name)));
        let largest = one.1.iter().fold(0.0f32, |largest, value| largest.max(value.abs()));
        assert_eq!(one.0, many.0);
        assert!(one.1.iter().zip(&many.1).all(|(one, many)| (one - many).abs() <= 1e-5 * largest), "{name:?}");
    }
    let scores = json(&place.path("many/scores.json"));
    assert!(scores["images"].as_array().unwrap().iter().all(|image| image["target"]["class"] == 1));
}

#[test]
fn what_cannot_be_used_is_one_line() {
    let place = Place::new();
    images(&place);
    let image = place.name("images/a.png");
    let refuse = |out: &str, more: &[&str]| {
        let mut given = vec!["--images", image.as_str()];
        given.extend(more);
        refused(&borrowed(&explain(&place, out, &given)), 2)
    };
    assert!(refuse("x", &["--method", "grad-cam,gradcam"]).contains("found 'gradcam', expected one of gradient,"));
    assert!(refuse("x", &["--method", "gradient,gradient"]).contains("gradient twice"));
    assert!(refuse("x", &["--target", "2"]).contains("target: found '2', expected 'predicted', a class from 0 to 1"));
    assert!(refuse("x", &["--target", "cat"]).contains("found 'cat'"));
    let labels = place.file("labels.txt", "cat\ndog\nbird\n");
    assert!(refuse("x", &["--labels", &labels]).contains("found 3 labels, expected 2"));
    assert!(refuse("x", &["--tap", "9"]).contains("tap: found 9, expected one of the model's"));
    assert!(refuse("x", &["--method", "occlusion", "--window", "99"]).contains("occlusion.window: found 99"));
    assert!(
        refuse("x", &["--method", "occlusion", "--window", "4", "--stride", "5"]).contains("occlusion.stride: found 5")
    );
    assert!(refuse("x", &["--baseline", "grey"]).contains("expected zero, black, mean, blurred"));
    assert!(refuse("x", &["--mean", "0.1,0.2,0.3"]).contains("mean: found 3 numbers, expected 1"));
    assert!(refuse("x", &["--top-share", "0"]).contains("top-share: found 0"));
    assert!(refuse("x", &["--masks", &place.name("none")]).contains("none: "));
    assert!(refuse("x", &["--model", &image]).contains("cannot be used multiple times"));
    assert!(!place.path("x").exists(), "nothing is written before everything is checked");
    let missing = explain(&place, "x", &["--images", &place.name("none.png")]);
    assert!(refused(&borrowed(&missing), 2).contains("none.png: "));
    let empty = place.name("empty");
    fs::create_dir(&empty).unwrap();
    let none = explain(&place, "x", &["--images", &empty]);
    assert!(refused(&borrowed(&none), 2).contains("found no image"));
    fs::write(place.path("empty/precious"), "mine").unwrap();
    assert!(refuse("empty", &[]).contains("found a folder that is not empty, expected a new or an empty one"));
    assert_eq!(fs::read_dir(&empty).unwrap().count(), 1);
    let model = place.file("model.pth", "<html>");
    let text = refused(&["explain", "--model", &model, "--images", &image, "--out", &place.name("x")], 2);
    assert!(text.contains("--model: ") && text.contains("expected weights: torch.save's .pth"), "{text}");
    let other = place.name("other.safetensors");
    fs::copy(run().join("weights.safetensors"), &other).unwrap();
    let text = refused(
        &["explain", "--model", &other, "--architecture", "vgg16", "--images", &image, "--out", &place.name("x")],
        2,
    );
    assert!(text.contains("the tensor 'features.0.bias' is missing") || text.contains("features"), "{text}");
}

#[test]
fn labels_name_classes_and_targets() {
    let place = Place::new();
    images(&place);
    let labels = place.file("labels.txt", "plus\ncross & dot\n");
    let image = place.name("images/a.png");
    let arguments = explain(
        &place,
        "out",
        &["--images", &image, "--labels", &labels, "--target", "Cross & Dot", "--baseline", "black"],
    );
    let output = xtask(&borrowed(&arguments));
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    let scores = json(&place.path("out/scores.json"));
    assert_eq!(scores["images"][0]["target"]["label"], "cross & dot");
    assert!(fs::read_to_string(place.path("out/index.html")).unwrap().contains("cross &amp; dot"));
}
