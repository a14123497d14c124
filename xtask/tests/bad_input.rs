//! Configurations and folders that cannot be used: one clear line, the documented exit code, and nothing is lost.
#![allow(clippy::unwrap_used, reason = "a test that fails here says where")]

mod common;

use common::{CROSSES, Place, changed, clocks, contents, done, refused};
use std::{collections::BTreeMap, fs, path::Path};

/// Every file under a folder but its lock.
fn everything(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if !path.ends_with(".lock") {
                found.insert(path.display().to_string(), fs::read(&path).unwrap());
            }
        }
    }
    found
}

/// What is said of a configuration that cannot be used.
#[track_caller]
fn said_of(configuration: &str) -> String {
    let place = Place::new();
    let (config, out) = (place.file("my.toml", configuration), place.name("out"));
    let said = refused(&["repro-iclr2021", "--scale", "smoke", "--config", &config, "--out", &out], 2);
    assert!(!place.path("out").exists(), "nothing is made for it: {said}");
    assert!(said.starts_with(&format!("error: {config}:")), "file, line and column come first: {said}");
    said.replace(&config, "my.toml")
}

#[test]
fn parts_that_there_are_not() {
    let network = "[run.model]\narchitecture = \"vit\"\nwidth = 4\n\n[run.data]\nkind";
    let said = said_of(&changed(CROSSES, "[run.data]\nkind", network));
    assert!(said.contains("vit") && said.contains("resnet") && said.contains("conv-net"), "{said}");

    let penalty = changed(CROSSES, "penalties.rrr.weight = 10.0", "penalties.rrrr.weight = 10.0");
    let said = said_of(&penalty);
    assert!(said.contains("rrrr") && said.contains("gradmask"), "{said}");

    let said = said_of(&changed(CROSSES, "base = \"iclr2021\"", "base = \"iclr2022\""));
    assert!(said.contains("base: found 'iclr2022', expected one of iclr2021, activmask2020"), "{said}");

    let said = said_of(&changed(CROSSES, "kind = \"crosses\"", "kind = \"circles\""));
    assert!(said.contains("circles"), "{said}");

    let said =
        said_of(&changed(CROSSES, "experiment = \"iclr2021-crosses\"", "columns = [\"auk\"]\nexperiment = \"mine\""));
    assert!(said.contains("auk"), "{said}");
}

#[test]
fn parts_that_do_not_fit_together() {
    let reconstruction = "objective.penalties.rrr.weight = 10.0\n\
         objective.penalties.reconstruction = { weight = 1.0, loss = \"squared-error\", target = \"image\" }";
    let said = said_of(&changed(CROSSES, "objective.penalties.rrr.weight = 10.0", reconstruction));
    let expected = "objective.penalties.reconstruction of rrr at scale smoke: found it, expected no such penalty: the \
                    network has no decoder";
    assert!(said.contains(expected), "{said}");

    let permuted = "objective.penalties.actdiff.weight = 0.114963\nobjective.images = \"permuted\"";
    let said = said_of(&changed(CROSSES, "objective.penalties.actdiff.weight = 0.114963", permuted));
    assert!(said.contains("objective.images of actdiff at scale smoke: found permuted, expected whole"), "{said}");

    let depth = "[scales.smoke]\nrun.model.depth = 50\n";
    let said = said_of(&changed(CROSSES, "[scales.smoke]\n", depth));
    assert!(said.contains("model.depth of baseline at scale smoke: found 50, expected 18 or 34"), "{said}");
}

#[test]
fn configurations_of_another_version() {
    let said = said_of(&changed(CROSSES, "format = 2", "format = 1"));
    assert!(said.starts_with("error: my.toml:") && said.contains("format"), "{said}");
    let said = said_of("format = 1\nexperiment = \"old\"\n[training]\npenalty_weight = 1.0\n");
    assert!(said.contains("found 1, expected 2"), "before anything else: {said}");
}

#[test]
fn a_file_of_weights_that_is_not_there_is_refused_whether_it_is_used_or_not() {
    let place = Place::new();
    let out = place.name("out");
    let said = refused(&["repro-heatmap-loss", "--scale", "smoke", "--weights", "vgg16=nowhere.h5", "--out", &out], 2);
    assert_eq!(said, "error: --weights vgg16: nowhere.h5: found no file");
    assert!(!place.path("out").exists());
}

#[test]
fn experiments_and_methods_that_there_are_not() {
    let place = Place::new();
    let out = place.name("out");
    // A command for one paper knows its experiments before it begins; the others ask the paper.
    let said = refused(&["repro-activmask2020", "--experiment", "rsna-vpc", "--out", &out], 2);
    let expected = "error: invalid value 'rsna-vpc' for '--experiment <NAME>' [possible values: crosses, maxmasks, ";
    assert!(said.starts_with(expected), "{said}");
    let said = refused(&["plan", "iclr2021", "--experiment", "cros", "--out", &out], 2);
    let expected = "error: --experiment: found 'cros', expected one of crosses, xray-spc, xray-no-spc, rsna-vpc, \
                    rsna-no-vpc, xray, rsna, all";
    assert_eq!(said, expected);
    for command in [["repro-activmask2020"].as_slice(), &["plan", "activmask2020"]] {
        let said = refused(&[command, &["--methods", "cnn-classify,actdiff", "--out", &out]].concat(), 2);
        assert!(
            said.starts_with("error: the experiment has no method 'actdiff': expected one of autoencoder-"),
            "{said}"
        );
    }
    let search = ["search", "iclr2021", "--strategy", "random", "--method", "cnn-classify", "--out", &out];
    let said = refused(&search, 2);
    assert!(said.contains("the experiment has no method 'cnn-classify'"), "{said}");
    assert!(!place.path("out").exists());
}

/// A folder as format 1 left it: with the lock, which a copy may have left out.
#[test]
fn a_folder_of_an_earlier_format_is_told_as_such_and_left_alone() {
    for locked in [true, false] {
        let place = Place::new();
        let (old, out) = (place.path("old"), place.name("old"));
        fs::create_dir_all(old.join("runs/baseline-1234-66bd645a1092af45")).unwrap();
        let plan = r#"{ "format": 1, "plan": { "experiment": "iclr2021-crosses", "scale": "smoke", "runs": [
            { "id": "66bd645a1092af45", "spec": { "method": "baseline", "penalty_weight": 0.0 } } ] } }"#;
        fs::write(old.join("plan.json"), plan).unwrap();
        fs::write(old.join("experiment.toml"), "format = 1\nexperiment = \"iclr2021-crosses\"\n").unwrap();
        fs::write(old.join("runs/baseline-1234-66bd645a1092af45/result.json"), "{ \"format\": 1 }").unwrap();
        if locked {
            fs::write(old.join(".lock"), "").unwrap();
        }
        let before = everything(&old);
        let repro = ["repro-iclr2021", "--scale", "smoke"];
        for command in [
            ["report"].as_slice(),
            &["status"],
            &["collect"],
            &["collect", "--rows", "runs"],
            &["run"],
            &["run", "--executor", "dry-run"],
            &["plan", "iclr2021", "--scale", "smoke"],
            &repro,
            &[&repro[..], &["--resume"]].concat(),
        ] {
            let said = refused(&[command, &["--out", &out]].concat(), 2);
            let expected =
                format!("error: {out}: this folder has format 1, expected 2: its runs are from another version");
            assert!(said.starts_with(&expected), "{command:?}: {said}");
            assert_eq!(everything(&old), before, "{command:?}");
        }
    }
}

#[test]
fn a_search_of_an_earlier_format_is_told_as_such() {
    let place = Place::new();
    let (old, out) = (place.name("old"), place.name("out"));
    let search =
        ["search", "iclr2021", "--scale", "smoke", "--strategy", "random", "--method", "rrr", "--initial", "1"];
    done(&[&search[..], &["--iterations", "0", "--out", &old]].concat());
    let path = place.path("old/search.json");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, changed(&text, "\"format\": 2,\n  \"experiment\"", "\"format\": 1,\n  \"experiment\"")).unwrap();
    let before = everything(&place.path("old"));
    let repro = ["repro-iclr2021", "--scale", "smoke", "--methods", "rrr", "--from-search", &old, "--out", &out];
    let said = refused(&repro, 2);
    assert!(said.contains("format 1, expected 2"), "{said}");
    assert_eq!(everything(&place.path("old")), before);
    assert!(!place.path("out").exists());
}

#[test]
fn a_folder_of_another_paper_is_kept_as_it_is() {
    let place = Place::new();
    let out = place.name("out");
    let other = ["repro-activmask2020", "--scale", "smoke", "--methods", "cnn-classify", "--out", &out];
    done(&other);
    let before = everything(&place.path("out"));
    let here = ["repro-iclr2021", "--scale", "smoke", "--methods", "baseline", "--out", &out];
    let resumed = ["repro-iclr2021", "--scale", "smoke", "--resume", "--out", &out];
    let planned = ["plan", "iclr2021", "--scale", "smoke", "--out", &out];
    let another = ["repro-activmask2020", "--experiment", "maxmasks", "--scale", "smoke", "--out", &out];
    for command in [here.as_slice(), &resumed, &planned, &another, &[&another[..], &["--resume"]].concat()] {
        let said = refused(command, 2);
        assert!(
            said.contains("this folder holds another reproduction: found experiment activmask2020-crosses"),
            "{said}"
        );
        assert_eq!(everything(&place.path("out")), before, "{command:?}");
    }
    let (shown, clocks_before) = (contents(&place.path("out")), clocks(&place.path("out")));
    done(&other);
    assert_eq!((contents(&place.path("out")), clocks(&place.path("out"))), (shown, clocks_before));
}

#[test]
fn a_configuration_of_another_experiment_names_the_command_for_it() {
    let place = Place::new();
    let (config, out) = (place.file("my.toml", CROSSES), place.name("out"));
    let said = refused(&["repro-activmask2020", "--scale", "smoke", "--config", &config, "--out", &out], 2);
    let expected =
        "found experiment iclr2021-crosses, expected activmask2020-crosses: give `repro-iclr2021 --experiment crosses`";
    assert!(said.ends_with(expected), "{said}");
    let several = ["repro-activmask2020", "--experiment", "all", "--config", &config, "--out", &out];
    assert!(refused(&several, 2).contains("--config is for one experiment"));
}
