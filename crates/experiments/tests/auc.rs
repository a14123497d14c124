//! What AUC means in an experiment, wherever a person or a program reads it.

// Lints take the functions that tests share for functions of the program.
#![allow(clippy::unwrap_used)]

#[path = "../examples/rehearsal/pretender.rs"]
mod pretender;

use herring_experiments::{
    config::{Configuration, Known, Metric, Scale, Targets},
    event::Silent,
    export::{self, Table},
    mlflow,
    plan::{Plan, Request},
    progress::Lines,
    reproduce,
    search::{Conduct, SearchSpace},
    store::{Holder, Store},
    write_outputs,
};
use herring_protocol::*;
use herring_search::Strategy;
use pretender::Pretender;
use std::{fs, path::Path, sync::atomic::AtomicBool};

/// Scores in which the two AUCs and the environments' are all told apart.
struct Apart;

fn apart(scores: &mut Scores, authors: f64, roc: f64) {
    (scores.auc, scores.auc_textbook) = (authors, roc);
    scores.environments = [(0, 0.375, 0.875), (1, 0.625, 0.125)]
        .map(|(environment, auc, auc_textbook)| EnvironmentScores {
            environment,
            images: 4,
            accuracy: 0.5,
            auc: Some(auc),
            auc_textbook: Some(auc_textbook),
        })
        .to_vec();
}

impl Trainer for Apart {
    fn run(
        &self,
        spec: &RunSpec,
        snapshot: Option<&[u8]>,
        observer: &mut dyn Observer,
    ) -> Result<RunOutcome, RunFailure> {
        let mut outcome = Pretender::default().run(spec, snapshot, observer)?;
        apart(&mut outcome.valid, 0.3125, 0.9375);
        apart(&mut outcome.test, 0.4375, 0.1875);
        for record in &mut outcome.history {
            apart(&mut record.valid, 0.3125, 0.9375);
        }
        Ok(outcome)
    }

    fn provenance(&self) -> Provenance {
        Pretender::default().provenance()
    }
}

fn configuration(auc: &str) -> Configuration {
    let text = Configuration::embedded(Known::Crosses).unwrap().text().replacen("\n[", &format!("\n{auc}\n["), 1);
    Configuration::parse("my.toml", &text).unwrap()
}

fn plan(configuration: &Configuration) -> Plan {
    let request = Request {
        scale: Scale::Smoke,
        variant: Variant::Released,
        backend: BackendKind::Cpu,
        methods: Some(vec![Method::ActDiff]),
        seeds: Some(vec![1, 2]),
        images: Default::default(),
    };
    Plan::new(configuration, &request).unwrap()
}

/// Trains and writes; gives the lines of progress and the table.
fn done(configuration: &Configuration, out: &Path) -> (String, String) {
    let plan = plan(configuration);
    let store = Store::open(out).unwrap();
    store.take_up(&plan, configuration, &Targets::embedded(Known::Crosses).unwrap(), &[], false).unwrap();
    let mut said = Vec::new();
    reproduce(&plan, &store, &Apart, &mut Lines::new(&mut said), &AtomicBool::new(false)).unwrap();
    (String::from_utf8(said).unwrap(), write_outputs(out).unwrap().table)
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

        let runs = export::csv(&Table::runs(out.path()).unwrap());
        assert_eq!(column(&runs, "auc"), [test.to_string(), test.to_string()]);
        assert_eq!(column(&runs, "roc_auc"), ["0.1875", "0.1875"]);
        assert_eq!(column(&runs, "authors_auc"), ["0.4375", "0.4375"]);
        assert_eq!(column(&runs, "valid_auc")[0], valid.to_string());
        assert_eq!(column(&runs, "valid_roc_auc")[0], "0.9375");
        assert_eq!(column(&runs, "worst_auc")[0], worst.to_string());
        let cells = export::csv(&Table::cells(out.path()).unwrap());
        for line in [format!("auc,{test}"), "roc_auc,0.1875".into(), "authors_auc,0.4375".into()] {
            assert!(cells.contains(&format!("actdiff,{line},")), "{cells}");
        }
        assert!(cells.contains(&format!("worst_auc,{worst},")), "{cells}");

        let page = fs::read_to_string(out.path().join("report.html")).unwrap();
        assert!(page.contains(&format!("seed 1: AUC {test:.3}, IoP")), "the figure has the same score");
        assert!(page.contains(&format!("At the end: ActDiff {valid:.2}")), "and so have the curves");
        assert_eq!(page.contains("AUC is the ROC AUC"), roc);
        assert_eq!(page.contains(">Test ROC AUC<"), !roc, "beside the authors' score stands the ROC AUC");
        assert_eq!(page.contains(">ROC AUC<"), !roc);

        let tracked = tempfile::tempdir().unwrap();
        assert_eq!(mlflow::write(out.path(), tracked.path()).unwrap(), 2);
    }
}

#[test]
fn a_search_optimises_the_auc_of_its_experiment() {
    for (setting, score) in [("", 0.3125), ("auc = \"roc\"", 0.9375)] {
        let out = tempfile::tempdir().unwrap();
        let configuration = configuration(setting);
        let mut plan = plan(&configuration);
        plan.runs.truncate(1);
        let mut space = SearchSpace::embedded(Known::Crosses).unwrap();
        (space.initial, space.iterations) = (1, 1);
        let study = space.study(Method::ActDiff, Variant::Released, Strategy::Random);
        let trainer = || -> Result<Box<dyn Trainer>, String> { Ok(Box::new(Apart)) };
        let conduct = Conduct {
            out: out.path(),
            study: &study,
            plan: &plan,
            patience: space.patience,
            trainer: &trainer,
            holder: Holder::this(None),
            jobs: 1,
            checkpoint_steps: None,
            stop: &AtomicBool::new(false),
        };
        let found = conduct.run(&mut Silent).unwrap().found.unwrap();
        assert_eq!(found.auc, configuration.auc);
        assert!(found.trials.iter().all(|trial| trial.score == Some(score)), "{found:?}");
    }
}

#[test]
fn images_of_ones_own_have_the_roc_auc_also_where_an_older_file_does_not_say() {
    let own = Configuration::embedded(Known::Own).unwrap();
    assert_eq!(own.auc, AucKind::Roc);
    let silent = own.text().replace("auc = \"roc\"\n", "");
    assert_eq!(Configuration::parse("old.toml", &silent).unwrap().auc, AucKind::Roc);
    let authors = own.text().replace("auc = \"roc\"", "auc = \"authors\"");
    assert_eq!(Configuration::parse("my.toml", &authors).unwrap().auc, AucKind::Authors);
    for known in Known::ALL.into_iter().filter(|known| *known != Known::Own) {
        assert_eq!(Configuration::embedded(known).unwrap().auc, AucKind::Authors, "{known}");
    }
    let wrong = own.text().replace("auc = \"roc\"", "auc = \"area\"");
    let error = Configuration::parse("my.toml", &wrong).unwrap_err().to_string();
    assert!(error.contains("auc: found 'area', expected one of authors, roc"), "{error}");
}

#[test]
fn the_authors_score_leaves_the_identity_of_a_run_as_it_was() {
    let (plain, said) = (plan(&configuration("")), plan(&configuration("auc = \"authors\"")));
    assert_eq!(plain, said);
    assert!(!serde_json::to_string(&plain.runs[0].spec).unwrap().contains("\"auc\""));
    let roc = plan(&configuration("auc = \"roc\""));
    assert_ne!(roc.runs[0].id, plain.runs[0].id, "its environments hold other numbers");
    assert_eq!(Metric::all().count(), 15);
}
