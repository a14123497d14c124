//! What AUC means in an experiment, wherever a person or a program reads it.

// Lints take the functions that tests share for functions of the program.
#![allow(clippy::unwrap_used)]

#[path = "../examples/rehearsal/mock_trainer.rs"]
mod mock_trainer;

#[path = "../../experiments/tests/common/mod.rs"]
mod common;

use common::{catalogue, configuration_of, crosses, method, write_outputs};
use herring_experiments::{
    config::Configuration,
    event::NoEvents,
    plan::{Plan, plan_runs},
    progress::Lines,
    reproduce,
    search::SearchDriver,
    store::{Holder, Store},
};
use herring_protocol::*;
use herring_report::{
    export::{self, Table},
    mlflow,
};
use herring_search::Strategy;
use mock_trainer::MockTrainer;
use std::{fs, path::Path, sync::atomic::AtomicBool};

/// Scores in which the two AUCs and the environments' are all told apart.
struct Apart;

fn apart(scores: &mut Scores, authors: f64, roc: f64) {
    (scores.authors_auc, scores.roc_auc) = (authors, roc);
    scores.environments = [(0, 0.375, 0.875), (1, 0.625, 0.125)]
        .map(|(environment, authors, roc)| EnvironmentScores {
            environment,
            images: 4,
            accuracy: 0.5,
            authors_auc: Some(authors),
            roc_auc: Some(roc),
            class_accuracies: vec![Some(0.75), None],
        })
        .to_vec();
}

impl Trainer for Apart {
    fn run(&self, spec: &RunSpec, start: RunStart<'_>, observer: &mut dyn Observer) -> Result<RunOutcome, RunFailure> {
        let mut outcome = MockTrainer::default().run(spec, start, observer)?;
        apart(outcome.scores.selected.get_mut(VALID).unwrap(), 0.3125, 0.9375);
        apart(outcome.scores.selected.get_mut(TEST).unwrap(), 0.4375, 0.1875);
        for record in &mut outcome.history {
            apart(&mut record.valid, 0.3125, 0.9375);
        }
        Ok(outcome)
    }

    fn provenance(&self) -> Provenance {
        MockTrainer::default().provenance()
    }
}

fn configuration(auc: &str) -> Configuration {
    let text = crosses().text().replacen("[run.evaluation]\n", &format!("[run.evaluation]\n{auc}\n"), 1);
    common::parse(&text).unwrap()
}

fn plan(configuration: &Configuration) -> Plan {
    let request = common::request(herring_experiments::config::Scale::Smoke, Some(&["actdiff"]), Some(&[1, 2]));
    plan_runs(configuration, &request).unwrap()
}

/// Trains and writes; gives the lines of progress and the table.
fn done(configuration: &Configuration, out: &Path) -> (String, String) {
    let plan = plan(configuration);
    let store = Store::open(out).unwrap();
    common::add_plan(&store, &plan, configuration, &[], false).unwrap();
    let mut said = Vec::new();
    reproduce(&plan, &store, &Apart, &mut Lines::new(&mut said), &AtomicBool::new(false)).unwrap();
    (String::from_utf8(said).unwrap(), write_outputs(out).table)
}

/// A column of a CSV.
fn column(csv: &str, name: &str) -> Vec<String> {
    let place = csv.lines().next().unwrap().split(',').position(|column| column == name).unwrap();
    csv.lines().skip(1).map(|line| line.split(',').nth(place).unwrap().to_owned()).collect()
}

#[test]
fn each_kind_is_one_score_everywhere() {
    for (setting, test, valid, worst) in [("", 0.4375, 0.3125, 0.375), ("auc = \"roc\"", 0.1875, 0.9375, 0.125)] {
        let out = tempfile::tempdir().unwrap();
        let (said, table) = done(&configuration(setting), out.path());
        assert!(said.contains(&format!("test AUC {test:.3}")), "{said}");
        let actdiff = table.lines().find(|line| line.contains("actdiff")).unwrap();
        assert!(actdiff.contains(&format!("{test:.3}±0.000")), "{table}");
        let roc = !setting.is_empty();
        assert_eq!(table.contains("AUC is the ROC AUC"), roc, "{table}");
        assert_eq!(table.contains("AUC is the authors' score"), !roc, "{table}");

        let runs = export::csv(&Table::runs(out.path(), catalogue()).unwrap());
        assert_eq!(column(&runs, "auc"), [test.to_string(), test.to_string()]);
        assert_eq!(column(&runs, "roc_auc"), ["0.1875", "0.1875"]);
        assert_eq!(column(&runs, "authors_auc"), ["0.4375", "0.4375"]);
        assert_eq!(column(&runs, "valid_auc")[0], valid.to_string());
        assert_eq!(column(&runs, "valid_roc_auc")[0], "0.9375");
        assert_eq!(column(&runs, "worst_auc")[0], worst.to_string());
        let cells = export::csv(&Table::cells(out.path(), catalogue()).unwrap());
        for line in [format!("auc,{test}"), "roc_auc,0.1875".into(), "authors_auc,0.4375".into()] {
            assert!(cells.contains(&format!("actdiff,{line},")), "{cells}");
        }
        assert!(cells.contains(&format!("worst_auc,{worst},")), "{cells}");

        let page = fs::read_to_string(out.path().join("report.html")).unwrap();
        assert!(page.contains(&format!("seed 1: AUC {test:.3}, IoP")), "the figure has the same score");
        assert!(page.contains(&format!("At the end: ActDiff {valid:.2}")), "and so have the curves");
        assert_eq!(page.contains("AUC is the ROC AUC"), roc);
        assert_eq!(page.contains(">ROC AUC<"), !roc, "the ROC AUC is next to the authors' score");

        let tracked = tempfile::tempdir().unwrap();
        assert_eq!(mlflow::write(out.path(), tracked.path(), catalogue()).unwrap(), 2);
    }
}

#[test]
fn a_search_optimises_the_auc_of_its_experiment() {
    for (setting, score) in [("", 0.3125), ("auc = \"roc\"", 0.9375)] {
        let out = tempfile::tempdir().unwrap();
        let configuration = configuration(setting);
        let mut plan = plan(&configuration);
        plan.runs.truncate(1);
        let mut space = common::space();
        (space.initial, space.iterations) = (1, 1);
        let study = space.study(&method("actdiff"), Variant::Released, Strategy::Random);
        let trainer = || -> Result<Box<dyn Trainer>, String> { Ok(Box::new(Apart)) };
        let conduct = SearchDriver {
            out: out.path(),
            study: &study,
            plan: &plan,
            slices: &[],
            patience: space.patience,
            trainer: &trainer,
            holder: Holder::current(None),
            jobs: 1,
            checkpoint_steps: None,
            stop: &AtomicBool::new(false),
        };
        let found = conduct.run(&mut NoEvents).unwrap().found.unwrap();
        assert_eq!(found.auc, configuration.auc());
        assert!(found.trials.iter().all(|trial| trial.score == Some(score)), "{found:?}");
    }
}

#[test]
fn images_of_your_own_have_the_roc_auc_and_the_papers_experiments_the_authors() {
    let own = catalogue().configuration(&herring_papers::audit::PAPER.experiments[0]).unwrap();
    assert_eq!(own.auc(), AucKind::Roc);
    for experiment in herring_papers::iclr2021::PAPER.experiments.iter().filter(|experiment| experiment.published) {
        assert_eq!(configuration_of(experiment.name).auc(), AucKind::Authors, "{}", experiment.name);
    }
    let wrong = own.text().replace("auc = \"roc\"", "auc = \"area\"");
    let error = common::parse(&wrong).unwrap_err().to_string();
    assert!(error.contains("unknown AUC 'area': expected one of authors, roc"), "{error}");
}

#[test]
fn which_score_is_the_auc_is_part_of_a_run() {
    let (plain, said) = (plan(&configuration("")), plan(&configuration("auc = \"authors\"")));
    assert_eq!(plain, said);
    let roc = plan(&configuration("auc = \"roc\""));
    assert_ne!(roc.runs[0].id, plain.runs[0].id, "its environments hold other numbers");
}
