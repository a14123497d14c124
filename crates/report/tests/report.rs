//! What a person sees: the table and the report.

// Lints take the functions that tests share for functions of the program.
#![allow(clippy::unwrap_used)]

#[path = "../examples/rehearsal/mock_trainer.rs"]
mod mock_trainer;

#[path = "../../experiments/tests/common/mod.rs"]
mod common;

mod tags;

use common::{crosses, method, write_outputs};
use herring_experiments::{
    config::{Configuration, Judgement, Scale},
    event::NoEvents,
    plan::plan_runs,
    reproduce,
    results::Standing,
    store::Store,
};
use mock_trainer::MockTrainer;
use std::{fs, path::Path, sync::atomic::AtomicBool};

fn reproduction(out: &Path, scale: Scale) -> herring_report::Outputs {
    reproduction_of(&crosses(), out, scale)
}

fn reproduction_of(configuration: &Configuration, out: &Path, scale: Scale) -> herring_report::Outputs {
    let plan = plan_runs(configuration, &common::request(scale, None, None)).unwrap();
    let store = Store::open(out).unwrap();
    common::add_plan(&store, &plan, configuration, &[], false).unwrap();
    reproduce(&plan, &store, &MockTrainer::default(), &mut NoEvents, &AtomicBool::new(false)).unwrap();
    write_outputs(out)
}

#[test]
fn the_report_needs_nothing_else() {
    let out = tempfile::tempdir().unwrap();
    let outputs = reproduction(out.path(), Scale::Quick);
    let page = fs::read_to_string(&outputs.report).unwrap();
    for banned in ["<script", "http:", "https:", "@import", "url(", "<link"] {
        assert!(!page.contains(banned), "the page holds {banned}");
    }
    for source in page.split("href=\"").skip(1).chain(page.split("src=\"").skip(1)) {
        assert!(source.starts_with("data:image/png;base64,"), "{}", &source[..40]);
    }
    for id in ["results", "setting", "curves", "examples", "saliency", "scatter", "readings", "runs"] {
        assert!(page.contains(&format!("<section id=\"{id}\">")), "no section {id}");
    }
    // Text from outside is text.
    assert!(page.contains("a pretender &lt;&amp;&quot;&#39;&gt;") && !page.contains("<&"));
    assert_eq!(page.matches("class=\"arrowhead\"").count(), 4);
    assert!(page.contains("Channels of the first stage</th><td>16</td><td>64</td>"));
    assert!(page.contains("Seeds</th><td>2</td><td>10</td>"));
}

#[test]
fn tags_are_closed_in_order() {
    let out = tempfile::tempdir().unwrap();
    let outputs = reproduction(out.path(), Scale::Smoke);
    tags::assert_closed(&fs::read_to_string(&outputs.report).unwrap());
}

#[test]
fn a_report_can_be_made_again_from_the_folder_alone() {
    let out = tempfile::tempdir().unwrap();
    let first = fs::read(reproduction(out.path(), Scale::Smoke).report).unwrap();
    let again = fs::read(write_outputs(out.path()).report).unwrap();
    assert!(first == again);
}

#[test]
fn verdicts_claim_no_more_than_the_scale_allows() {
    let smoke = tempfile::tempdir().unwrap();
    for row in reproduction(smoke.path(), Scale::Smoke).results.rows {
        assert_eq!(row.verdict.standing, Standing::Unjudged);
    }
    let quick = tempfile::tempdir().unwrap();
    let outputs = reproduction(quick.path(), Scale::Quick);
    for row in &outputs.results.rows {
        assert!(matches!(row.verdict.standing, Standing::Seen | Standing::SeenInMean | Standing::NotSeen));
        assert!(row.verdict.reason.ends_with("not the paper's setting"), "{}", row.verdict.reason);
    }
    assert!(outputs.table.contains("Not the paper's setting"));
    let paper = tempfile::tempdir().unwrap();
    let outputs = reproduction(paper.path(), Scale::Paper);
    let standing = |name| {
        let rows = &outputs.results.rows;
        rows.iter().find(|row| row.method == method(name)).unwrap().verdict.standing
    };
    assert_eq!(standing("baseline"), Standing::Agrees);
    assert_eq!(standing("rrr"), Standing::Differs);
}

#[test]
fn a_scale_called_paper_that_is_not_the_papers_is_not_compared() {
    let text = crosses().text().to_owned();
    let shorter = format!("{text}\n[scales.paper]\nrun.training.epochs = 20\nseeds = [1, 2]\n");
    let configuration = common::parse(&shorter).unwrap();
    let out = tempfile::tempdir().unwrap();
    let outputs = reproduction_of(&configuration, out.path(), Scale::Paper);
    assert_eq!(outputs.results.judgement, Judgement::Findings);
    let page = fs::read_to_string(&outputs.report).unwrap();
    assert!(page.contains("Epochs</th><td>20</td><td>100</td>"));
    assert!(page.contains("paper, not the paper’s setting"));
}

/// Rows of one's own stand in the table, and the others are no closer to the paper's setting for it.
#[test]
fn rows_of_ones_own_hide_no_deviation() {
    let text = format!("{}\n[scales.paper]\nrun.training.epochs = 6\nseeds = [1, 2]\n", common::with_needs());
    let configuration = common::parse(&text).unwrap();
    let out = tempfile::tempdir().unwrap();
    let outputs = reproduction_of(&configuration, out.path(), Scale::Paper);
    assert!(outputs.results.rows.iter().any(|row| row.method == method("tuned")), "{}", outputs.table);
    assert_eq!(outputs.results.judgement, Judgement::Findings);
}

#[test]
fn the_table_has_the_papers_numbers_below_ours() {
    let out = tempfile::tempdir().unwrap();
    let table = reproduction(out.path(), Scale::Quick).table;
    let lines: Vec<_> = table.lines().collect();
    assert!(lines[1].contains("method") && lines[1].contains("Test AUC") && lines[1].contains("Best epoch"));
    let baseline = lines.iter().position(|line| line.starts_with(" baseline")).unwrap();
    assert!(lines[baseline].contains("0.000±0.000"));
    assert!(lines[baseline + 1].contains("paper") && lines[baseline + 1].contains("0.113±0.120"));
    assert!(lines.iter().all(|line| line.chars().count() <= 200));

    let csv = fs::read_to_string(out.path().join("results.csv")).unwrap();
    for row in ["baseline", "masked", "actdiff", "adversarial", "gradmask", "rrr"] {
        let lines = csv.lines().filter_map(|line| line.strip_prefix(row)?.strip_prefix(','));
        let scores: Vec<&str> = lines.map(|line| line.split(',').next().unwrap()).collect();
        assert_eq!(scores[..5], ["auc", "iou", "iop", "iot", "best_epoch"], "the columns of the table come first");
        for score in ["roc_auc", "authors_auc", "valid_accuracy", "last_valid_auc"] {
            assert_eq!(scores.iter().filter(|other| **other == score).count(), 1, "{row}, {score}");
        }
    }
    let columns = csv.lines().next().unwrap().split(',').count();
    assert!(csv.lines().all(|line| line.split(',').count() == columns));
    let json: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(out.path().join("results.json")).unwrap()).unwrap();
    assert_eq!(json["rows"][0]["values"]["auc"]["mean"], 0.0);
    assert_eq!(json["runs"].as_array().unwrap().len(), 12);
}
