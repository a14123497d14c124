//! The page of each paper shows the differences between text and released code as its settings state them.
//!
//! `HERRING_SNAPSHOTS=write cargo test -p herring-papers --test docs` writes the tables anew.
#![allow(clippy::unwrap_used, reason = "a test that fails here says where")]

use herring_experiments::{Paper, config::Difference};
use herring_papers::CATALOGUE;
use std::{fmt::Write, fs, path::Path};

const BEGIN: &str = "<!-- differences -->\n";
const END: &str = "<!-- end of differences -->";

/// What runs do: of which reading, or a text of their own.
fn here(difference: &Difference) -> String {
    match (&difference.ours, &difference.reading) {
        (Some(ours), _) => ours.clone(),
        (None, Some(reading)) => format!("Both, by `--variant`. `paper`: {reading}"),
        (None, None) => "Both, by `--variant`.".to_owned(),
    }
}

fn table(paper: &Paper) -> String {
    let mut table = String::from("| topic | experiments | paper | released code | here |\n|---|---|---|---|---|\n");
    for difference in paper.all_differences().unwrap().differences {
        let experiments: Vec<String> = difference.experiments.iter().map(|name| format!("`{name}`")).collect();
        let experiments = if experiments.is_empty() { "all".to_owned() } else { experiments.join(", ") };
        let Difference { topic, paper, released, .. } = &difference;
        writeln!(table, "| {topic} | {experiments} | {paper} | {released} | {} |", here(&difference)).unwrap();
    }
    table
}

#[test]
fn each_page_has_the_differences_of_its_paper() {
    for paper in CATALOGUE.papers.iter().filter(|paper| paper.is_published()) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../docs/{}.md", paper.name));
        let page = fs::read_to_string(&path).unwrap();
        let (before, rest) = page.split_once(BEGIN).unwrap();
        let (found, after) = rest.split_once(END).unwrap();
        let expected = table(paper);
        if std::env::var_os("HERRING_SNAPSHOTS").is_some_and(|value| value == "write") {
            fs::write(&path, format!("{before}{BEGIN}{expected}{END}{after}")).unwrap();
        } else {
            assert!(found == expected, "{} differs; HERRING_SNAPSHOTS=write mends it", path.display());
        }
    }
}

/// A difference that names an experiment which the paper does not have would be shown nowhere.
#[test]
fn differences_name_experiments_of_their_paper() {
    for paper in CATALOGUE.papers {
        for difference in paper.all_differences().unwrap().differences {
            for name in &difference.experiments {
                assert!(paper.experiment(name).is_some(), "{}: {}: {name}", paper.name, difference.topic);
            }
        }
    }
}
