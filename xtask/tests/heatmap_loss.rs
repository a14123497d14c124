//! heatmap-loss with the real command: groups of models on drawn sections, from one command to table and report, and bad input.
#![allow(clippy::unwrap_used, reason = "a test that fails here says where")]

mod common;

use common::{Place, changed, done, json, refused, runs};
use std::fs;

const SECOND: &str = include_str!("../../experiments/heatmap-loss/experiment-2.toml");

#[test]
fn groups_are_trained_and_compared_with_nothing_at_hand() {
    let place = Place::new();
    let out = place.name("out");
    let command = ["repro-heatmap-loss", "--experiment", "2", "--scale", "smoke", "--out", &out, "--jobs", "2"];
    let printed = done(&command);
    assert_eq!(runs(&place.path("out")).len(), 6, "two groups of three models");
    for column in ["Test accuracy", "Heat in mask, HiResCAM", "Heat in mask, Grad-CAM", "Heat in marker, HiResCAM"] {
        assert!(printed.contains(column), "{column}: {printed}");
    }
    // The authors' groups, from their released scores.
    assert!(printed.contains("0.255±0.006") && printed.contains("0.796±0.065"), "{printed}");
    for run in runs(&place.path("out")) {
        let heat = &json(&run.join("result.json"))["scores"]["heat"];
        for map in ["grad-cam", "hirescam"] {
            for region in ["fat", "marker", "mask"] {
                assert_eq!(heat[map][region]["classes"].as_array().unwrap().len(), 4, "{map} {region}: {heat}");
            }
        }
    }
    let cells = done(&["collect", "--out", &out]);
    assert!(cells.contains("\nheatmap,heat_mask_hirescam,"), "{cells}");
    let report = fs::read_to_string(place.path("out").join("report.html")).unwrap();
    for part in [
        "Can this comparison be trusted?",
        "Groups of models compared",
        // No model of one epoch is good enough, and the paper's are tested.
        "no model left: at least 3 are needed",
        "483 of 506",
        "Where the heat lies",
        "ARV",
    ] {
        assert!(report.contains(part), "{part}");
    }
    let before = common::contents(&place.path("out"));
    done(&command);
    assert_eq!(common::contents(&place.path("out")), before, "the same command has nothing to do");
}

#[test]
fn rows_that_change_one_thing_at_a_time_draw_what_their_partners_draw() {
    let place = Place::new();
    let out = place.name("out");
    let draws = "\n[scales.smoke]\nmethods.cce-trained.draws = [{ field = \"optimiser.learning_rate\", from = 1e-5, to = 1e-3 }]\n\
                 methods.mse-trained.draws = [{ field = \"optimiser.learning_rate\", from = 1e-5, to = 1e-3 }]\n";
    let config = place.file("drawn.toml", &format!("{SECOND}{draws}"));
    let rows = "cce-trained,mse-trained,heatmap-frozen";
    let fixed = ["plan", "heatmap-loss", "--experiment", "2", "--scale", "smoke", "--config", &config, "--out", &out];
    done(&[&fixed[..], &["--methods", rows]].concat());
    let plan = json(&place.path("out").join("plan.json"));
    let of = |method: &str| -> Vec<(f64, Option<String>)> {
        let runs = plan["plan"]["runs"].as_array().unwrap().iter().map(|run| &run["spec"]);
        let runs = runs.filter(|spec| spec["method"] == method);
        let trained = |spec: &serde_json::Value| spec["training"]["trained"].as_str().map(str::to_owned);
        runs.map(|spec| (spec["optimiser"]["learning_rate"].as_f64().unwrap(), trained(spec))).collect()
    };
    let [cce, mse] = ["cce-trained", "mse-trained"].map(of);
    assert_eq!(cce, mse);
    assert_eq!(cce.len(), 3);
    assert!(cce[0].0 != cce[1].0 && cce.iter().all(|(rate, _)| (1e-5..1e-3).contains(rate)), "{cce:?}");
    assert!(of("heatmap-frozen").iter().all(|(_, trained)| trained.as_deref() == Some("head")));
}

#[test]
fn bad_settings_end_in_one_line_and_leave_nothing() {
    let place = Place::new();
    let out = place.name("out");
    let refuse = |config: String| {
        let config = place.file("wrong.toml", &config);
        let fixed = ["repro-heatmap-loss", "--experiment", "2", "--scale", "smoke", "--out", &out];
        let said = refused(&[&fixed[..], &["--config", &config]].concat(), 2);
        assert!(!place.path("out").exists(), "{said}");
        said
    };
    let tap = refuse(format!("{SECOND}\n[penalties.heatmap]\ntap = 5\n"));
    assert!(tap.contains("found 5, expected one of this network's 5 taps, from 0"), "{tap}");
    let size = refuse(format!("{SECOND}\n[scales.smoke]\nrun.data.train = 10\n"));
    assert!(size.contains("found 10, expected a multiple of 4 from 4 to 1000000 images"), "{size}");
    let group = refuse(changed(SECOND, "[populations]", "[populations]\npairs = [[\"cce\", \"heat\"]]"));
    assert!(group.contains("populations.pairs: found 'heat', expected a method of this file"), "{group}");
    let network = "\n[models.vgg]\narchitecture = \"two-layer\"\nwidth = 4\n";
    let square = refuse(format!("{SECOND}{network}"));
    assert!(square.contains("found images of 105 x 135 pixels, expected as many rows as columns"), "{square}");
    let said = refused(&["repro-heatmap-loss", "--scale", "paper", "--out", &out], 2);
    assert!(said.contains("the weights 'vgg16' are missing: expected --weights vgg16=FILE"), "{said}");
}
