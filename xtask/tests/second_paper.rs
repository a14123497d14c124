//! activmask2020 with the real command, from the list of papers to table, report and overview.
#![allow(clippy::unwrap_used, reason = "a test that fails here says where")]

mod common;

use common::{Place, clocks, contents, done, json, refused, runs, xtask};
use std::{collections::BTreeMap, fs, path::Path};

/// The rows of the paper's Table 1, in order, as `network-method`.
const CLASSIFIERS: [&str; 5] = ["classify", "actdiff", "gradmask", "actdiff-gradmask", "classify-masked"];

fn rows() -> Vec<String> {
    let of = |network: &str, reconstructs: bool| {
        let more = reconstructs.then_some("reconstruct-masked");
        CLASSIFIERS.into_iter().chain(more).map(|row| format!("{network}-{row}")).collect::<Vec<_>>()
    };
    [of("autoencoder", true), of("cnn", false), of("resnet", false), of("unet", true)].concat()
}

fn smoke(place: &Place, out: &str, more: &[&str]) -> String {
    let out = place.name(out);
    let fixed = ["repro-activmask2020", "--scale", "smoke", "--out", &out];
    done(&[&fixed[..], more].concat())
}

/// The lines of a table: of each method its numbers and the paper's below.
fn lines(table: &str) -> BTreeMap<String, (Vec<String>, Vec<String>)> {
    let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let mut found = BTreeMap::new();
    let mut above: Vec<String> = Vec::new();
    for line in table.lines() {
        let here = words(line);
        if here.first().is_some_and(|word| word == "paper") {
            found.insert(above[0].clone(), (above[1..].to_vec(), here[1..].to_vec()));
        }
        above = here;
    }
    found
}

fn page(out: &Path) -> String {
    fs::read_to_string(out.join("report.html")).unwrap()
}

/// The part of a page that is a section; it must be there once.
#[track_caller]
fn section<'a>(page: &'a str, id: &str) -> &'a str {
    let start = format!("<section id=\"{id}\">");
    assert_eq!(page.matches(&start).count(), 1, "section {id}");
    page.split_once(&start).unwrap().1.split_once("</section>").unwrap().0
}

#[test]
fn twenty_two_rows_from_one_command_to_table_and_report() {
    let place = Place::new();
    let printed = smoke(&place, "out", &["--jobs", "2"]);
    let (out, rows) = (place.path("out"), rows());
    assert_eq!((rows.len(), runs(&out).len()), (22, 22));

    let table = fs::read_to_string(out.join("table.txt")).unwrap();
    let numbers = lines(&table);
    let mut sorted = rows.clone();
    sorted.sort();
    assert_eq!(numbers.keys().cloned().collect::<Vec<_>>(), sorted);
    assert!(rows.iter().all(|row| printed.contains(row)), "{printed}");
    let heads = ["Train accuracy, last epoch", "Valid accuracy, last epoch", "Test accuracy", "ROC AUC", "Best epoch"];
    let head = table.lines().find(|line| line.contains("method")).unwrap();
    let places: Vec<usize> =
        heads.iter().map(|name| head.find(name).unwrap_or_else(|| panic!("{name}: {head}"))).collect();
    assert!(places.is_sorted(), "{head}");
    // Table 1 and Table 2; the paper counts epochs from 0, and so its first is 1 here.
    let paper = |row: &str| numbers[row].1.join(" ");
    assert_eq!(paper("autoencoder-classify"), "1.000±0.000 0.060±0.030 0.500±0.000 – 1.0±0.0 10");
    assert_eq!(paper("autoencoder-actdiff"), "0.800±0.260 0.800±0.260 0.780±0.240 – 141.1±156.8 10");
    for (row, (ours, _)) in &numbers {
        let epoch: f64 = ours[4].parse().unwrap();
        assert!(epoch == 1.0 || epoch == 2.0, "{row}: the epochs of two are 1 and 2: {epoch}");
        assert!(ours[..4].iter().all(|value| (0.0..=1.0).contains(&value.parse::<f64>().unwrap())), "{row}: {ours:?}");
    }
    assert!(table.contains("too small to mean anything"), "{table}");

    let cells = done(&["collect", "--out", &place.name("out")]);
    assert!(cells.starts_with("method,score,mean,sd,"), "{cells}");
    for score in ["last_train_accuracy", "last_valid_accuracy", "accuracy", "roc_auc", "best_epoch", "iop"] {
        assert!(cells.contains(&format!("\nunet-actdiff-gradmask,{score},")), "{score}");
    }
    // The last epoch's scores are measured on the training images after training.
    let cnn = runs(&out).into_iter().find(|run| run.display().to_string().contains("cnn-classify-0-")).unwrap();
    let result = json(&cnn.join("result.json"));
    assert_eq!(result["format"], 2);
    for (model, sets) in [("selected", ["test", "valid"]), ("last", ["train", "valid"])] {
        let scores = result["scores"][model].as_object().unwrap();
        assert!(sets.iter().all(|set| scores[*set]["accuracy"].is_f64()), "{model}: {scores:?}");
    }

    let report = page(&out);
    assert!(!report.contains("<script") && !report.contains("src=\"http"), "the report stands alone");
    let results = section(&report, "results");
    assert!(results.contains("paper 141.1 ± 156.8") && results.matches("<tr>").count() == 1 + 22, "{results}");
    let curves = section(&report, "curves");
    let groups = ["Conv AE", "CNN", "ResNet", "UNet"];
    assert!(groups.iter().all(|group| curves.contains(&format!("<h3>{group}</h3>"))), "{curves}");
    assert_eq!(curves.matches("<figure>").count(), groups.len());
    let explained = section(&report, "explained");
    // An image of each class; a reconstruction beside it where there is a decoder.
    assert_eq!(explained.matches("<span>map, class ").count(), 2 * 22);
    let decoders = rows.iter().filter(|row| row.starts_with("autoencoder") || row.starts_with("unet")).count();
    assert_eq!(explained.matches("<span>reconstruction, class ").count(), 2 * decoders);
    assert_eq!(section(&report, "examples").matches("data:image/png").count(), 4);
    assert!(section(&report, "saliency").matches("data:image/png").count() > 22);
    let readings = section(&report, "readings");
    assert!(readings.contains("Classify Masked") && readings.contains("Both are measured"), "{readings}");
    section(&report, "setting");
    section(&report, "runs");
    assert!(!report.contains("id=\"fractions\""), "all methods keep all masks");
}

#[test]
fn fractions_of_masks() {
    let place = Place::new();
    smoke(&place, "maxmasks", &["--experiment", "maxmasks", "--jobs", "2"]);
    let report = page(&place.path("maxmasks"));
    let fractions = section(&report, "fractions");
    assert_eq!(fractions.matches("<figure>").count(), 2, "accuracy and best epoch");
    for (group, percent) in [("UNet", 20), ("UNet", 100), ("ResNet", 60)] {
        assert!(fractions.contains(&format!("<title>{group}, {percent} % of the masks: ")), "{group} {percent}");
    }
    let table = fs::read_to_string(place.path("maxmasks/table.txt")).unwrap();
    let rows = table.lines().filter(|line| line.starts_with(" unet-actdiff-") || line.starts_with(" resnet-actdiff-"));
    assert_eq!(rows.count(), 10, "{table}");
}

#[test]
fn all_experiments_come_to_an_overview() {
    let place = Place::new();
    done(&["data", "stand-in", "decathlon", "--root", &place.name("data")]);
    done(&["data", "stand-in", "emphysema", "--root", &place.name("data")]);
    let (data, cache) = (place.name("data"), place.name("cache"));
    smoke(&place, "all", &["--experiment", "all", "--jobs", "2", "--data-root", &data, "--cache", &cache]);
    for name in ["crosses", "maxmasks", "heart", "liver", "pancreas", "emphysema-spc", "maxmasks-liver"] {
        assert!(place.path("all").join(name).join("report.html").is_file(), "{name}");
    }
    let overview = fs::read_to_string(place.path("all/overview.html")).unwrap();
    assert!(overview.contains("Underwhelming Generalization") && overview.contains("href=\"crosses/report.html\""));
    assert!(overview.contains("Test accuracy") && overview.contains("ROC AUC"), "the paper's scores");
    assert!(overview.contains("maxmasks/report.html") && overview.contains("unet-actdiff-20"));
    assert!(overview.contains("Test accuracy against ROC AUC") && !overview.contains("Figure 8"), "its own axes");
    for group in ["Conv AE", "CNN", "ResNet", "UNet"] {
        assert!(overview.contains(&format!("</svg>{group}</li>")), "{group} has a mark");
    }
}

#[test]
fn the_list_of_papers_names_what_there_is() {
    let all = done(&["papers"]);
    for name in [
        "iclr2021  ",
        "activmask2020  ",
        "    crosses ",
        "    maxmasks ",
        "    rsna-vpc ",
        "cargo xtask repro-activmask2020",
    ] {
        assert!(all.contains(name), "{name}: {all}");
    }
    let one = done(&["papers", "activmask2020"]);
    assert!(!one.contains("iclr2021"), "{one}");
    for told in
        ["Table 1 ", "Figure 6, ", "Figure 7 ", "methods of crosses:", "methods of maxmasks:", "resnet-actdiff-40"]
    {
        assert!(one.contains(told), "{told}: {one}");
    }
    assert!(rows().iter().all(|row| one.contains(&format!("    {row} "))), "{one}");
    assert!(refused(&["papers", "activmask"], 2).contains("expected one of iclr2021, activmask2020"));
}

#[test]
fn the_parts_of_a_reproduction_one_by_one() {
    let place = Place::new();
    let out = place.name("out");
    let methods = ["--methods", "cnn-classify,resnet-actdiff"];
    let plan = ["plan", "activmask2020", "--scale", "smoke", "--out", &out];
    let planned = done(&[&plan[..], &methods].concat());
    assert!(planned.trim_end().ends_with("2 runs: 2 missing"), "{planned}");
    assert!(done(&["run", "--out", &out, "--indexes", "1"]).starts_with("1 runs done, 0 done before"));
    let status = done(&["status", "--out", &out]);
    assert!(status.contains("2 runs: 1 finished, 1 missing"), "{status}");
    assert_eq!(xtask(&["report", "--out", &out]).status.code(), Some(1), "one is missing");
    assert!(done(&["run", "--out", &out]).starts_with("1 runs done, 1 done before, 0 failed, 0 missing"));
    done(&["report", "--out", &out]);
    let cells = done(&["collect", "--out", &out]);
    assert_eq!(cells, fs::read_to_string(place.path("out/results.csv")).unwrap());
    assert!(done(&["collect", "--out", &out, "--mlflow", &place.name("mlruns")]).starts_with("2 runs: "));

    // The same with the command that does it all, and again: the same bytes, and nothing is repeated.
    smoke(&place, "other", &methods);
    assert_eq!(contents(&place.path("out")), contents(&place.path("other")));
    let before = clocks(&place.path("other"));
    smoke(&place, "other", &["--resume"]);
    assert_eq!(clocks(&place.path("other")), before);
}

#[test]
fn readings_differ_where_the_paper_and_its_code_do() {
    let place = Place::new();
    let methods = ["--methods", "unet-classify,resnet-actdiff"];
    smoke(&place, "released", &methods);
    smoke(&place, "paper", &[&methods[..], &["--variant", "paper"]].concat());
    let field = |out: &str, method: &str, path: &[&str]| {
        let of = |run: &&std::path::PathBuf| run.file_name().unwrap().to_str().unwrap().starts_with(method);
        let all = runs(&place.path(out));
        let config = json(&all.iter().find(of).unwrap().join("config.json"));
        let spec = config.get("spec").unwrap_or(&config);
        path.iter().fold(spec.clone(), |value, name| value[*name].clone())
    };
    // The released settings of this row name a network without skip connections.
    assert_eq!(field("released", "unet-classify", &["model", "kind"]), "auto-encoder");
    assert_eq!(field("paper", "unet-classify", &["model", "kind"]), "unet");
    assert_eq!(field("released", "resnet-actdiff", &["data", "split_seed"]), 0);
    assert!(field("paper", "resnet-actdiff", &["data", "split_seed"]).is_null());
}

#[test]
fn there_is_nothing_to_search_without_a_space() {
    let place = Place::new();
    let out = place.name("out");
    let search = ["search", "activmask2020", "--scale", "smoke", "--strategy", "random", "--out", &out];
    let said = refused(&[&search[..], &["--experiment", "maxmasks", "--method", "unet-actdiff-20"]].concat(), 2);
    assert_eq!(said, "error: the paper searched nothing on maxmasks: expected --space with a file");
    assert!(!place.path("out").exists());
    let search = [&search[..], &["--method", "cnn-gradmask"]].concat();
    let space = "format = 2\nexperiments = [\"activmask2020-crosses\"]\nseed = 0\ninitial = 2\niterations = 1\n\
                 patience = 5\n\n[[dimensions]]\nname = \"objective.penalties.gradmask.weight\"\n\
                 log_uniform = { low = 1e-2, high = 10.0 }\n";
    let space = place.file("space.toml", space);
    let found = done(&[&search[..], &["--space", &space]].concat());
    assert!(found.contains("objective.penalties.gradmask.weight ") && found.contains("<- best"), "{found}");
    smoke(&place, "seeds", &["--methods", "cnn-gradmask", "--from-search", &out]);
    let tried = json(&place.path("seeds/found.json"))[0].clone();
    let weight = |value: &serde_json::Value| value.as_f64().unwrap();
    let best = &tried["trials"][tried["best"].as_u64().unwrap() as usize - 1]["values"][0][1];
    let config = json(&runs(&place.path("seeds"))[0].join("config.json"));
    let spec = config.get("spec").unwrap_or(&config);
    assert_eq!(weight(&spec["objective"]["penalties"][0]["weight"]), weight(best), "the seeds have what was found");
}
