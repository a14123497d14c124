//! What people read in a report, word for word, next to the files in `snapshots`: the text of each section, with
//! charts and images by their titles.
//!
//! `HERRING_SNAPSHOTS=write cargo test -p herring-report --test snapshots` takes over what is seen now.
#![allow(clippy::unwrap_used, reason = "a test that fails here says where")]

#[path = "../examples/rehearsal/mock_trainer.rs"]
mod mock_trainer;

#[path = "../../experiments/tests/common/mod.rs"]
mod common;

#[path = "../../../tests/support/snapshot.rs"]
mod support;

use herring_experiments::{config::Scale, event::NoEvents, plan::plan_runs, reproduce, store::Store};
use herring_papers::CATALOGUE;
use mock_trainer::MockTrainer;
use std::{fs, sync::atomic::AtomicBool};
use support::snapshot;

/// The value of an attribute of a tag.
fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    Some(tag.split_once(&format!("{name}=\""))?.1.split_once('"')?.0)
}

/// The words of a page, a line for each piece of text; of a chart its title, of an image its description.
fn words(page: &str) -> String {
    let body = page.split_once("<main").unwrap().1.split_once("</main>").unwrap().0;
    let (mut text, mut chart) = (String::new(), false);
    for piece in body.split('<').skip(1) {
        let (tag, after) = piece.split_once('>').unwrap();
        match tag.split([' ', '/']).find(|part| !part.is_empty()).unwrap() {
            "svg" => chart = !tag.starts_with('/'),
            "title" if chart && !tag.starts_with('/') => text.push_str(&format!("[chart: {}]\n", after.trim())),
            "img" => {
                if let Some(description) = attribute(tag, "alt").filter(|description| !description.is_empty()) {
                    text.push_str(&format!("[image: {description}]\n"));
                }
            }
            "section" if !tag.starts_with('/') => {
                text.push_str(&format!("\n=== {}\n", attribute(tag, "id").unwrap_or_default()));
            }
            _ => {}
        }
        let line = timeless(&after.split_whitespace().collect::<Vec<_>>().join(" "));
        if !chart && !line.is_empty() {
            text.push_str(&line);
            text.push('\n');
        }
    }
    text
}

/// A line without the time at which a run began and the seconds that runs took.
fn timeless(line: &str) -> String {
    let seconds = |word: &str| word.parse::<f64>().is_ok_and(|_| word.contains('.'));
    match line.split_once(" s") {
        _ if line.ends_with(" UTC") => "[time]".to_owned(),
        Some((number, rest)) if seconds(number) && (rest.is_empty() || rest.starts_with(' ')) => {
            format!("[duration]{rest}")
        }
        _ => line.to_owned(),
    }
}

/// The report of an experiment after the mock trainer has done it at `smoke`, all but one run.
fn report(paper: &str, experiment: &str, methods: &[&str]) -> String {
    let paper = CATALOGUE.paper(paper).unwrap();
    let experiment = paper.experiment(experiment).unwrap();
    let configuration = CATALOGUE.configuration(experiment).unwrap();
    let plan = plan_runs(&configuration, &common::request(Scale::Smoke, Some(methods), Some(&[1, 2]))).unwrap();
    let out = tempfile::tempdir().unwrap();
    let store = Store::open(out.path()).unwrap();
    let targets = CATALOGUE.targets(experiment).unwrap();
    let origin = herring_experiments::Origin { configuration: &configuration, targets: &targets, searches: &[] };
    herring_experiments::add_plan(&store, &plan, &origin, false).unwrap();
    let places: Vec<usize> = (1..plan.runs.len()).collect();
    let done = herring_experiments::plan::Plan {
        runs: places.iter().map(|place| plan.runs[*place].clone()).collect(),
        ..plan.clone()
    };
    reproduce(&done, &store, &MockTrainer::default(), &mut NoEvents, &AtomicBool::new(false)).unwrap();
    words(&fs::read_to_string(common::write_outputs(out.path()).report).unwrap())
}

#[test]
fn the_report_of_the_crosses() {
    snapshot("iclr2021-crosses.txt", &report("iclr2021", "crosses", &["baseline", "masked", "actdiff"]));
}

#[test]
fn the_report_of_four_networks() {
    let methods = ["cnn-classify", "resnet-actdiff", "unet-reconstruct-masked"];
    snapshot("activmask2020-crosses.txt", &report("activmask2020", "crosses", &methods));
}
