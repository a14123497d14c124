//! Experiments on files, with generated stand-ins in the official formats: from the folder to the report, and
//! what is said of folders in which something is wrong.
#![allow(clippy::unwrap_used, reason = "a test that fails here says where")]

mod common;

use common::{Place, contents, text, xtask};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// A stand-in of a collection, few images a cell.
fn stand_in(name: &str, root: &Path) {
    let output = xtask(&["data", "stand-in", name, "--per-cell", "12", "--root", root.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
}

#[test]
fn both_tables_of_radiographs_from_folder_to_overview() {
    let place = Place::new();
    let data = place.path("data");
    stand_in("xray", &data);
    stand_in("rsna", &data);
    let root = ["--data-root", data.to_str().unwrap()];
    let few = [&root[..], &["--methods", "baseline,actdiff,mask-all"]].concat();

    for experiment in ["xray", "rsna"] {
        let output = place.repro(experiment, experiment, &few);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output));
        let overview = fs::read_to_string(place.path(experiment).join("overview.html")).unwrap();
        assert!(overview.contains("Pearson") && overview.matches("<table").count() >= 2);
        assert!(overview.contains("Test AUC against IoP") && overview.contains("(Paper: Figure 8.)"));
    }
    let report = fs::read_to_string(place.path("rsna/rsna-vpc/report.html")).unwrap();
    assert!(report.contains("no known issue"), "a stand-in is not taken for the real thing");
    assert!(report.contains("Mean image") && report.contains("pneumonia less no pneumonia"));
    assert!(report.contains("Worst AUC"));
    let table = fs::read_to_string(place.path("rsna/rsna-vpc/table.txt")).unwrap();
    assert!(table.contains("The images are NOT the paper's") && !table.contains("finding"), "{table}");
    let report = fs::read_to_string(place.path("xray/xray-spc/report.html")).unwrap();
    assert!(report.contains("nih: no known issue; padchest: no known issue"));

    // Elsewhere, from a new cache, in two processes: the same bytes.
    let other = Place::new();
    let moved = other.path("moved");
    fs::rename(&data, &moved).unwrap();
    let again = ["--data-root", moved.to_str().unwrap(), "--methods", "baseline,actdiff,mask-all", "--jobs", "2"];
    assert_eq!(other.repro("rsna-vpc", "out", &again).status.code(), Some(0));
    assert_eq!(contents(&place.path("rsna/rsna-vpc")), contents(&other.path("out")));
}

#[test]
fn emphysema_from_folder_to_overview() {
    let place = Place::new();
    let data = place.path("data");
    stand_in("emphysema", &data);
    let root = ["--data-root", data.to_str().unwrap()];
    let output = xtask(&["data", "check", "xray", "--pathology", "emphysema", root[0], root[1]]);
    let told = text(&output);
    assert_eq!(output.status.code(), Some(0), "{told}");
    assert!(told.contains("12 PadChest, emphysema") && told.contains("24 files of images opened"), "{told}");
    // The same folder holds no images for cardiomegaly.
    assert_eq!(xtask(&["data", "check", "xray", root[0], root[1]]).status.code(), Some(1));
    let output = place.repro("xray", "none", &root);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output));
    assert!(text(&output).contains("nih/images-224: a folder of images"), "{}", text(&output));

    let output = xtask(&["data", "split", "xray", "--pathology", "emphysema", root[0], root[1]]);
    let told = text(&output);
    assert!(told.contains("PadChest, emphysema") && told.contains("ratio 0.9, rule printed, seed 1234"), "{told}");
    let refused = xtask(&["data", "check", "rsna", "--pathology", "emphysema", root[0], root[1]]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(text(&refused).contains("expected one of rsna: pneumonia"), "{}", text(&refused));

    let output = place.repro_of("activmask2020", "emphysema", "out", &root);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    let table = fs::read_to_string(place.path("out/emphysema-spc/table.txt")).unwrap();
    for row in ["resnet-classify", "resnet-actdiff", "resnet-gradmask", "resnet-all-masked"] {
        assert!(table.contains(row), "{table}");
    }
    assert!(table.contains("The images are NOT the paper's"), "{table}");
    let report = fs::read_to_string(place.path("out/emphysema-spc/report.html")).unwrap();
    assert!(report.contains("Figure 5a") && report.contains("Figure 8") && !report.contains("Figure 1.)"));
    assert!(report.contains("All Masked") && report.contains("no finding"));
    assert!(fs::read_to_string(place.path("out/overview.html")).unwrap().contains("emphysema-no-spc"));
    let plan: Value = serde_json::from_slice(&fs::read(place.path("out/emphysema-spc/plan.json")).unwrap()).unwrap();
    let data = &plan["plan"]["runs"][0]["spec"]["data"];
    assert_eq!((&data["pathology"], &data["split_seed"]), (&Value::from("emphysema"), &Value::from(1234)));

    // As the owners hand the files out: reduced to the edition that is read for it.
    let full = place.path("full");
    let small = ["data", "stand-in", "emphysema", "--per-cell", "6", "--edition", "full", "--root"];
    assert_eq!(xtask(&[&small[..], &[full.to_str().unwrap()]].concat()).status.code(), Some(0));
    let root = ["--data-root", full.to_str().unwrap(), "--methods", "resnet-classify"];
    let output = place.repro_of("activmask2020", "emphysema-no-spc", "of-full", &root);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    assert!(text(&output).contains("the images are read in full size"), "{}", text(&output));
}

#[test]
fn images_of_ones_own_with_three_classes_and_environments() {
    let place = Place::new();
    stand_in("own", &place.path("mine"));
    let manifest = place.path("mine/own/manifest.csv");
    let own = ["--manifest", manifest.to_str().unwrap()];
    let output = xtask(&["data", "check", "own", own[0], own[1]]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    let output = place.audit("out", &own);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    let output = xtask(&["collect", "--out", place.path("out").to_str().unwrap()]);
    let cells = text(&output);
    for method in ["baseline", "reweighted", "group-dro", "masked", "actdiff", "adversarial", "gradmask", "rrr"] {
        for score in ["worst_accuracy", "worst_group_accuracy", "valid_worst_group_accuracy"] {
            assert!(cells.contains(&format!("{method},{score},")), "{cells}");
        }
    }
    let again = place.audit("out", &[&own[..], &["--resume"]].concat());
    assert_eq!(again.status.code(), Some(0), "{}", text(&again));
}

#[test]
fn on_images_of_ones_own_auc_is_the_roc_auc_and_beside_a_paper_it_is_not() {
    let place = Place::new();
    stand_in("own", &place.path("mine"));
    stand_in("rsna", &place.path("data"));
    let (manifest, data) = (place.path("mine/own/manifest.csv"), place.path("data"));
    let methods = ["--methods", "baseline,gradmask"];
    let own = [&["--manifest", manifest.to_str().unwrap()][..], &methods].concat();
    assert_eq!(place.audit("own", &own).status.code(), Some(0));
    let paper = [&["--data-root", data.to_str().unwrap()][..], &methods].concat();
    assert_eq!(place.repro("rsna-vpc", "rsna", &paper).status.code(), Some(0));
    for (name, means) in [("own", "roc_auc"), ("rsna", "authors_auc")] {
        let out = place.path(name);
        let csv = text(&xtask(&["collect", "--out", out.to_str().unwrap(), "--rows", "runs"]));
        let names: Vec<&str> = csv.lines().next().unwrap().split(',').collect();
        for line in csv.lines().skip(1) {
            let cells: BTreeMap<&str, &str> = names.iter().copied().zip(line.split(',')).collect();
            let cell = |name: &str| cells[name].parse::<f64>().unwrap();
            let folder = format!("runs/{}-{}-{}", cells["method"], cells["seed"], cells["id"]);
            let result = fs::read_to_string(out.join(folder).join("result.json")).unwrap();
            let result: serde_json::Value = serde_json::from_str(&result).unwrap();
            assert_eq!(result["format"], 2);
            let selected = &result["scores"]["selected"];
            let of = |set: &str, score: &str| selected[set][score].as_f64().unwrap();
            assert_eq!(cell("auc"), of("test", means));
            assert_eq!((cell("roc_auc"), cell("authors_auc")), (of("test", "roc_auc"), of("test", "authors_auc")));
            assert_eq!((cell("valid_auc"), cell("valid_roc_auc")), (of("valid", means), of("valid", "roc_auc")));
            let environments = selected["test"]["environments"].as_array().unwrap();
            assert!(environments.iter().all(|of| of.get("roc_auc").is_some() == (name == "own")), "{result}");
            let within = environments.iter().map(|of| of[means].as_f64().unwrap());
            assert_eq!(cell("worst_auc"), within.fold(1.0, f64::min));
        }
        let table = fs::read_to_string(out.join("table.txt")).unwrap();
        assert_eq!(table.contains("AUC is the ROC AUC"), name == "own", "{table}");
        assert_eq!(table.contains("AUC is the authors' score"), name == "rsna", "{table}");
    }
}

#[test]
fn a_search_tries_hyper_parameters_on_images_of_ones_own() {
    let place = Place::new();
    stand_in("own", &place.path("mine"));
    let (manifest, cache, out) = (place.path("mine/own/manifest.csv"), place.path("cache"), place.path("out"));
    let [manifest, cache, out] = [&manifest, &cache, &out].map(|path| path.to_str().unwrap());
    let mut arguments = vec!["search", "audit", "--manifest", manifest, "--cache", cache];
    arguments.extend(["--method", "gradmask", "--strategy", "random", "--scale", "smoke", "--initial", "2"]);
    arguments.extend(["--iterations", "1", "--out", out]);
    let output = xtask(&arguments);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    assert!(text(&output).contains("<- best"), "{}", text(&output));
    let output = place.audit("seeds", &["--manifest", manifest, "--methods", "gradmask", "--from-search", out]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
}

#[test]
fn what_is_missing_is_named_and_the_rest_goes_on() {
    let place = Place::new();
    let data = place.path("data");
    stand_in("rsna", &data);
    let root = ["--data-root", data.to_str().unwrap(), "--methods", "baseline"];
    let output = place.repro("all", "out", &root);
    let said = text(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("xray-spc cannot be run; missing:") && said.contains("Data_Entry_2017"), "{said}");
    for name in ["crosses", "rsna-vpc", "rsna-no-vpc"] {
        assert!(place.path("out").join(name).join("report.html").is_file(), "{name}");
    }
    assert!(place.path("out/overview.html").is_file());

    let output = place.repro("xray", "none", &root);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output));
    assert!(!place.path("none").exists(), "nothing is made where nothing can be run");
}

#[test]
fn damaged_images_are_named_with_their_rows_before_anything_is_trained() {
    let place = Place::new();
    let data = place.path("data");
    stand_in("rsna", &data);
    let images = data.join("rsna/stage_2_train_images_jpg");
    let mut files: Vec<PathBuf> = fs::read_dir(&images).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let whole = fs::read(&files[0]).unwrap();
    fs::write(&files[0], &whole[..whole.len() / 2]).unwrap();
    fs::remove_file(&files[1]).unwrap();
    let names: Vec<&str> = files[..2].iter().map(|path| path.file_name().unwrap().to_str().unwrap()).collect();

    let root = ["--data-root", data.to_str().unwrap()];
    let output = xtask(&["data", "check", "rsna", root[0], root[1]]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    assert!(names.iter().all(|name| text(&output).contains(name)), "{}", text(&output));

    let output = place.repro("rsna-vpc", "out", &root);
    let said = text(&output);
    assert_eq!(output.status.code(), Some(2), "{said}");
    for name in names {
        let line = said.lines().find(|line| line.contains(name));
        assert!(line.is_some_and(|line| line.contains("stage_2_train_labels.csv:")), "{name}: {said}");
    }
    assert!(said.contains("2 images cannot be used"), "{said}");
    assert!(!place.path("out").exists());
}

#[test]
fn a_cache_that_is_gone_ends_the_command_and_is_made_again() {
    let place = Place::new();
    stand_in("own", &place.path("mine"));
    let manifest = place.path("mine/own/manifest.csv");
    let (cache, out) = (place.path("cache"), place.path("out"));
    let [manifest, cache_path, out] = [&manifest, &cache, &out].map(|path| path.to_str().unwrap());
    let selection = ["--manifest", manifest, "--cache", cache_path, "--scale", "smoke"];
    let plan = [&["plan", "audit", "--methods", "baseline", "--out", out][..], &selection].concat();
    assert_eq!(xtask(&plan).status.code(), Some(0));
    // Gone; emptied but for its listings; emptied but for its blocks.
    for part in ["", "packs-v1", "listings"] {
        fs::remove_dir_all(cache.join(part)).unwrap();
        for jobs in ["1", "2"] {
            let output = xtask(&["run", "--out", out, "--jobs", jobs]);
            assert_eq!(output.status.code(), Some(3), "{}", text(&output));
            let said = text(&output);
            assert!(said.contains("--cache DIR") && said.contains("--resume` with --manifest FILE"), "{said}");
            assert!(!text(&xtask(&["status", "--out", out])).contains("failed"));
        }
        assert_eq!(xtask(&plan).status.code(), Some(0), "planning prepares them");
    }
    let output = xtask(&["run", "--out", out]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
}

#[test]
fn a_damaged_cache_is_mended_and_says_so() {
    let place = Place::new();
    stand_in("own", &place.path("mine"));
    let manifest = place.path("mine/own/manifest.csv");
    let own = ["--manifest", manifest.to_str().unwrap(), "--methods", "baseline"];
    assert_eq!(place.audit("out", &own).status.code(), Some(0));
    for entry in fs::read_dir(place.path("cache/packs-v1")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "pack") {
            let mut bytes = fs::read(&path).unwrap();
            for byte in bytes.iter_mut().step_by(1000) {
                *byte ^= 0x40;
            }
            fs::write(&path, bytes).unwrap();
        }
    }
    let output = place.audit("again", &own);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    assert!(text(&output).contains("prepared again"), "{}", text(&output));
    assert_eq!(contents(&place.path("out")), contents(&place.path("again")));
}

#[test]
fn without_masks_nothing_is_said_of_localisation() {
    let place = Place::new();
    stand_in("own", &place.path("mine"));
    let manifest = place.path("mine/own/manifest.csv");
    let table = fs::read_to_string(&manifest).unwrap();
    let bare: Vec<&str> = table.lines().map(|line| line.rsplit_once(',').unwrap().0).collect();
    fs::write(&manifest, bare.join("\n")).unwrap();
    let output = place.audit("out", &["--manifest", manifest.to_str().unwrap(), "--methods", "baseline"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    let cells = text(&xtask(&["collect", "--out", place.path("out").to_str().unwrap()]));
    assert!(cells.lines().any(|line| line.starts_with("baseline,iop,,,")), "{cells}");
    assert!(text(&output).contains("no mask"), "{}", text(&output));
}

#[test]
fn two_tables_do_not_make_one_row() {
    let place = Place::new();
    stand_in("own", &place.path("mine"));
    let manifest = place.path("mine/own/manifest.csv");
    let own = |seed| ["--manifest", manifest.to_str().unwrap(), "--methods", "baseline", "--seeds", seed];
    assert_eq!(place.audit("out", &own("1")).status.code(), Some(0));
    assert_eq!(place.audit("out", &own("2")).status.code(), Some(0), "another seed of the same table");
    let table = fs::read_to_string(&manifest).unwrap();
    let shorter: Vec<&str> = table.lines().take(table.lines().count() - 1).collect();
    fs::write(&manifest, shorter.join("\n")).unwrap();
    let output = place.audit("out", &own("3"));
    assert_eq!(output.status.code(), Some(2), "{}", text(&output));
    assert!(text(&output).contains("data.table_sha256"), "{}", text(&output));
}

#[test]
fn a_split_is_printed_and_listed() {
    let place = Place::new();
    let (data, list) = (place.path("data"), place.path("list.csv"));
    stand_in("rsna", &data);
    let root = data.to_str().unwrap();
    let arguments = ["data", "split", "rsna", "--data-root", root, "--ratio", "0.75", "--seed", "7", "--to"];
    let output = xtask(&[&arguments[..], &[list.to_str().unwrap()]].concat());
    let said = text(&output);
    assert_eq!(output.status.code(), Some(0), "{said}");
    // Twelve of each cell: nine and three, and half of what is left.
    let numbers = |part: &str| -> Vec<usize> {
        let line = said.lines().find(|line| line.starts_with(part)).unwrap();
        line.split_whitespace().skip(1).map(|number| number.parse().unwrap()).collect()
    };
    assert_eq!(numbers("train"), [24, 9, 3, 3, 9]);
    assert_eq!(numbers("valid"), [10, 1, 4, 4, 1]);
    assert_eq!(numbers("test"), [14, 2, 5, 5, 2]);
    assert_eq!(fs::read_to_string(&list).unwrap().lines().count(), 1 + 48);
}

/// A reproduction that was interrupted by the command's death once a checkpoint was there.
fn interrupted(place: &Place, config: &Path) -> PathBuf {
    let manifest = place.path("mine/own/manifest.csv");
    stand_in("own", &place.path("mine"));
    let (out, cache) = (place.path("out"), place.path("cache"));
    let [manifest, config, out_path, cache] = [&manifest, config, &out, &cache].map(|path| path.to_str().unwrap());
    let arguments = ["audit", "--manifest", manifest, "--config", config];
    let more = ["--scale", "smoke", "--methods", "baseline", "--seeds", "1", "--out", out_path, "--cache", cache];
    let mut child = Command::new(env!("CARGO_BIN_EXE_xtask")).args(arguments).args(more).spawn().unwrap();
    let clock = std::time::Instant::now();
    let kept = |status: &str| status.contains(" epochs kept") && !status.contains(" 0 of ");
    while !kept(&text(&xtask(&["status", "--out", out_path]))) {
        assert!(clock.elapsed().as_secs() < 120 && child.try_wait().unwrap().is_none());
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let status = text(&xtask(&["status", "--out", out_path]));
    assert!(status.contains("interrupted"), "{status}");
    out
}

/// A configuration for images of one's own at the smallest scale, with this many epochs.
fn longer(folder: &Path, epochs: usize) -> PathBuf {
    let path = folder.join("longer.toml");
    fs::write(&path, common::with_epochs(common::OWN, epochs)).unwrap();
    path
}

#[test]
fn a_moved_reproduction_goes_on_to_the_same_bytes() {
    let (place, undisturbed) = (Place::new(), Place::new());
    let config = longer(place.folder.path(), 60);
    interrupted(&place, &config);
    stand_in("own", &undisturbed.path("mine"));
    let own = |place: &Place| place.path("mine/own/manifest.csv").to_str().unwrap().to_owned();
    let config = longer(undisturbed.folder.path(), 60);
    let methods = ["--methods", "baseline", "--seeds", "1", "--config", config.to_str().unwrap()];
    let whole = undisturbed.audit("out", &[&["--manifest", &own(&undisturbed)][..], &methods].concat());
    assert_eq!(whole.status.code(), Some(0), "{}", text(&whole));

    // All of it together: nothing has to be said.
    let there = place.path("there");
    fs::create_dir(&there).unwrap();
    for name in ["mine", "out", "cache"] {
        fs::rename(place.path(name), there.join(name)).unwrap();
    }
    let copied = place.path("copied");
    let copy = Command::new("cp").arg("-a").arg(&there).arg(&copied).status().unwrap();
    assert!(copy.success());
    let (out, cache) = (there.join("out"), there.join("cache"));
    let output = xtask(&["run", "--out", out.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    assert!(text(&output).contains("resumes after epoch"), "{}", text(&output));
    assert_eq!(contents(&out), contents(&undisturbed.path("out")));
    let images = fs::read_to_string(out.join("images.json")).unwrap();
    assert!(images.contains(cache.to_str().unwrap()), "the folder remembers it");

    // The cache alone, in another place and under another name, while the rest stays.
    let (out, elsewhere) = (copied.join("out"), place.path("elsewhere"));
    fs::rename(copied.join("cache"), &elsewhere).unwrap();
    fs::remove_dir_all(&there).unwrap();
    let out_path = out.to_str().unwrap();
    let output = xtask(&["run", "--out", out_path]);
    assert_eq!(output.status.code(), Some(3), "{}", text(&output));
    assert!(text(&output).contains("--cache DIR"), "{}", text(&output));
    let status = text(&xtask(&["status", "--out", out_path]));
    assert!(status.contains("1 runs: 1 interrupted"), "{status}");
    let output = xtask(&["run", "--out", out_path, "--cache", elsewhere.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    assert_eq!(contents(&out), contents(&undisturbed.path("out")));
    assert_eq!(xtask(&["report", "--out", out_path]).status.code(), Some(0));
}

#[test]
fn a_reproduction_goes_on_with_a_new_cache() {
    let place = Place::new();
    stand_in("own", &place.path("mine"));
    let manifest = place.path("mine/own/manifest.csv");
    let own = ["--manifest", manifest.to_str().unwrap(), "--methods", "baseline", "--seeds"];
    let out = place.path("out");
    let plan = |more: &[&str]| {
        let fixed = ["plan", "audit", "--scale", "smoke", "--out", out.to_str().unwrap()];
        xtask(&[&fixed[..], &own, more].concat())
    };
    let [old, new] = ["cache", "new"].map(|name| place.path(name).to_str().unwrap().to_owned());
    assert_eq!(plan(&["1,2", "--cache", &old]).status.code(), Some(0));
    // The images of seed 2 are in the old one only.
    let output = plan(&["1", "--cache", &new]);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output));
    assert!(text(&output).contains("runs of other seeds"), "{}", text(&output));
    fs::remove_dir_all(&old).unwrap();
    let again = [&["audit", "--scale", "smoke"][..], &own[..2]].concat();
    let output = xtask(&[&again[..], &["--out", out.to_str().unwrap(), "--cache", &new, "--resume"]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    assert!(text(&output).contains(&format!("the prepared images are now in {new}")), "{}", text(&output));
    assert!(!Path::new(&old).exists());
}

#[test]
fn seeds_that_do_not_need_a_bad_image_go_on() {
    let place = Place::new();
    let data = place.path("data");
    // More of each cell than a seed draws at this scale.
    let many = ["data", "stand-in", "xray", "--per-cell", "60", "--root", data.to_str().unwrap()];
    assert_eq!(xtask(&many).status.code(), Some(0));
    let root = data.to_str().unwrap();
    // An image that the one seed draws and the other does not.
    let (bad, good) = ("1234", "3232");
    let before = place.path("before");
    let plan = ["plan", "iclr2021", "--experiment", "xray-spc", "--scale", "smoke", "--methods", "baseline"];
    let seeds = format!("{bad},{good}");
    let more = ["--data-root", root, "--seeds", &seeds, "--out", before.to_str().unwrap(), "--cache"];
    let output = xtask(&[&plan[..], &more, &[place.path("other").to_str().unwrap()]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    let read = |path: PathBuf| serde_json::from_slice::<Value>(&fs::read(path).unwrap()).unwrap();
    let plan = read(before.join("plan.json"));
    let drawn = |seed: &str| -> BTreeSet<String> {
        let seed: u64 = seed.parse().unwrap();
        let of = |run: &&Value| run["spec"]["seed"].as_u64() == Some(seed);
        let run = plan["plan"]["runs"].as_array().unwrap().iter().find(of).unwrap();
        let data = &run["spec"]["data"];
        let listing = data["listing"].as_str().or_else(|| data["images"]["listing"].as_str()).unwrap();
        let listing = read(place.path("other/listings").join(format!("{listing}.json")));
        let entries = ["train", "valid", "test"].into_iter().flat_map(|part| listing[part].as_array().unwrap());
        entries.map(|entry| entry["id"].as_str().unwrap().to_owned()).collect()
    };
    let id = drawn(bad).difference(&drawn(good)).next().unwrap().clone();
    let places = ["nih", "padchest"].map(|collection| data.join(collection).join("images-224").join(&id));
    let path = places.into_iter().find(|path| path.is_file()).unwrap();
    let file = path.file_name().unwrap().to_str().unwrap().to_owned();
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() / 2]).unwrap();

    let asked = ["--data-root", root, "--methods", "baseline", "--seeds", &seeds];
    let output = place.repro("xray-spc", "out", &asked);
    let said = text(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("1 image cannot be used:") && said.contains(&file), "{said}");
    let line = format!("seed {bad} is left out: 1 image of its split cannot be used");
    assert_eq!(said.matches(&line).count(), 2, "before the runs and at the end: {said}");
    let out = place.path("out");
    let status = text(&xtask(&["status", "--out", out.to_str().unwrap()]));
    assert!(status.contains("1 runs: 1 finished") && status.contains(good), "{status}");
    assert!(fs::read_to_string(out.join("report.html")).unwrap().contains(&format!("Seed {bad} is left out")));
    let alone = place.repro("xray-spc", "alone", &["--data-root", root, "--methods", "baseline", "--seeds", bad]);
    assert_eq!(alone.status.code(), Some(2), "every seed needs it: {}", text(&alone));

    // Repaired, the same command or a bare --resume does what is left.
    fs::write(&path, whole).unwrap();
    let output = place.repro("xray-spc", "out", &["--data-root", root, "--resume"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    let status = text(&xtask(&["status", "--out", out.to_str().unwrap()]));
    assert!(status.contains("2 runs: 2 finished"), "{status}");
    assert!(!fs::read_to_string(out.join("report.html")).unwrap().contains("is left out"));
    let undisturbed = place.repro("xray-spc", "undisturbed", &asked);
    assert_eq!(undisturbed.status.code(), Some(0), "{}", text(&undisturbed));
    assert_eq!(contents(&out), contents(&place.path("undisturbed")));
}
