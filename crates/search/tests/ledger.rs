//! The folder: interrupted anywhere it goes on, and what is damaged is named.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use herring_search::{
    Dimension, Ledger, Origin, Range, SearchError, Strategy, Study, Trial, TrialOutcome, TrialState, best, propose,
};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

fn study() -> Study {
    let dimensions = vec![
        Dimension::new("rate", Range::LogUniform { low: 1e-5, high: 1e-1 }).unwrap(),
        Dimension::new("layers", Range::Integer { low: 1, high: 9 }).unwrap(),
    ];
    Study { dimensions, initial: 3, iterations: 4, seed: 11, strategy: Strategy::Random }
}

/// Decided by the values alone, as a training with a fixed seed is. Some fail.
fn train(trial: &Trial) -> TrialOutcome {
    let rate = trial.value("rate").unwrap().log10();
    let layers = trial.value("layers").unwrap();
    if layers == 9.0 {
        TrialOutcome::Failed("diverged".to_owned())
    } else {
        TrialOutcome::Scored(-(rate + 3.0).abs() - 0.1 * layers)
    }
}

/// Asks, trains and tells until the budget is used.
fn finish(folder: &Path, study: &Study) -> Vec<Trial> {
    let mut ledger = Ledger::open(folder, study).unwrap();
    while let Some(trial) = ledger.ask().unwrap() {
        ledger.tell(trial.number, train(&trial)).unwrap();
    }
    ledger.trials().to_vec()
}

/// All files of a folder but the lock.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    for part in ["", "trials"] {
        for entry in fs::read_dir(folder.join(part)).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() && !path.ends_with(".lock") {
                files.insert(path.strip_prefix(folder).unwrap().to_owned(), fs::read(&path).unwrap());
            }
        }
    }
    files
}

fn interrupted_anywhere_it_goes_on(study: &Study) {
    let whole = tempfile::tempdir().unwrap();
    let trials = finish(whole.path(), study);
    assert_eq!(trials.len(), study.budget());
    let whole = files(whole.path());
    // In the order in which they were written, which is that of their names.
    let written: Vec<_> = whole.iter().collect();
    assert_eq!(written.len(), 1 + 2 * study.budget());
    for kept in 0..=written.len() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("trials")).unwrap();
        for (path, content) in &written[..kept] {
            fs::write(folder.path().join(path), content).unwrap();
        }
        if let Some((path, content)) = written.get(kept) {
            // What the power failure left of the next one.
            let name = format!(".{}.7-0.partial", path.file_name().unwrap().to_str().unwrap());
            fs::write(folder.path().join(path).with_file_name(name), &content[..content.len() / 2]).unwrap();
        }
        assert_eq!(finish(folder.path(), study), trials, "interrupted after {kept} files");
        assert_eq!(files(folder.path()), whole, "interrupted after {kept} files");
    }
}

#[test]
fn interrupted_anywhere_a_random_search_goes_on() {
    interrupted_anywhere_it_goes_on(&study());
}

#[cfg(feature = "bayesian")]
#[test]
fn interrupted_anywhere_a_bayesian_search_goes_on() {
    interrupted_anywhere_it_goes_on(&Study { strategy: Strategy::Bayesian, ..study() });
}

#[test]
fn what_is_asked_is_what_is_proposed() {
    let folder = tempfile::tempdir().unwrap();
    let trials = finish(folder.path(), &study());
    for (index, trial) in trials.iter().enumerate() {
        let proposal = propose(&study(), &trials[..index]).unwrap();
        let values: Vec<f64> = trial.values.iter().map(|&(_, value)| value).collect();
        assert_eq!((proposal.values, proposal.origin), (values, trial.origin.clone()));
        assert_eq!(trial.origin == Origin::Initial, trial.number <= 3);
    }
    assert!(matches!(propose(&study(), &trials), Err(SearchError::Spent { budget: 7 })));
}

#[test]
fn readers_see_what_is_there_without_the_lock() {
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(Ledger::read(folder.path()), Err(SearchError::Nothing { .. })));
    let mut ledger = Ledger::open(folder.path(), &study()).unwrap();
    assert_eq!(Ledger::read(folder.path()).unwrap(), (study(), Vec::new()));
    let first = ledger.ask().unwrap().unwrap();
    ledger.ask().unwrap().unwrap();
    ledger.tell(1, train(&first)).unwrap();
    let (_, trials) = Ledger::read(folder.path()).unwrap();
    assert_eq!(trials, ledger.trials());
    assert!(trials[0].score().is_some());
    assert_eq!(trials[1].state, TrialState::Running);
}

#[test]
fn one_search_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let first = Ledger::open(folder.path(), &study()).unwrap();
    let text = Ledger::open(folder.path(), &study()).unwrap_err().to_string();
    assert!(text.contains("found another search writing here"), "{text}");
    drop(first);
    Ledger::open(folder.path(), &study()).unwrap();
}

#[test]
fn parallel_asks_differ_and_what_was_left_running_comes_back_first() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = Ledger::open(folder.path(), &study()).unwrap();
    let asked: Vec<_> = (0..4).map(|_| ledger.ask().unwrap().unwrap()).collect();
    for (index, one) in asked.iter().enumerate() {
        assert_eq!(one.number, index + 1);
        assert!(asked[..index].iter().all(|two| two.values != one.values));
    }
    ledger.tell(2, train(&asked[1])).unwrap();
    drop(ledger);
    let mut ledger = Ledger::open(folder.path(), &study()).unwrap();
    let again: Vec<_> = (0..4).map(|_| ledger.ask().unwrap().unwrap()).collect();
    assert_eq!(again[..3], [asked[0].clone(), asked[2].clone(), asked[3].clone()]);
    assert_eq!(again[3].number, 5);
    // One that is told before it is handed out again is not handed out.
    drop(ledger);
    let mut ledger = Ledger::open(folder.path(), &study()).unwrap();
    ledger.tell(1, TrialOutcome::Scored(0.5)).unwrap();
    assert_eq!(ledger.ask().unwrap().unwrap().number, 3);
}

#[test]
fn a_result_is_told_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = Ledger::open(folder.path(), &study()).unwrap();
    let told = |ledger: &mut Ledger, number, told| ledger.tell(number, told).unwrap_err().to_string();
    assert_eq!(
        told(&mut ledger, 1, TrialOutcome::Scored(0.5)),
        "result for trial 1: found 0 trials handed out, expected a number from 1 to that"
    );
    assert!(matches!(ledger.tell(0, TrialOutcome::Scored(0.5)), Err(SearchError::UnknownTrial { .. })));
    ledger.ask().unwrap();
    for score in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert!(matches!(ledger.tell(1, TrialOutcome::Scored(score)), Err(SearchError::NotFinite { .. })));
    }
    assert_eq!(ledger.trials()[0].state, TrialState::Running);
    ledger.tell(1, TrialOutcome::Scored(0.5)).unwrap();
    ledger.tell(1, TrialOutcome::Scored(0.5)).unwrap();
    assert_eq!(
        told(&mut ledger, 1, TrialOutcome::Failed("late".to_owned())),
        "result for trial 1: found score 0.5 told before, expected the same instead of failure \"late\""
    );
    drop(ledger);
    let mut ledger = Ledger::open(folder.path(), &study()).unwrap();
    ledger.tell(1, TrialOutcome::Scored(0.5)).unwrap();
    assert!(matches!(ledger.tell(1, TrialOutcome::Scored(0.25)), Err(SearchError::AlreadyTold { .. })));
}

#[test]
fn the_best_is_the_earliest_of_the_highest() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = Ledger::open(folder.path(), &study()).unwrap();
    assert_eq!(ledger.best(), None);
    let results = [
        TrialOutcome::Failed("diverged".to_owned()),
        TrialOutcome::Scored(-0.5),
        TrialOutcome::Scored(0.7),
        TrialOutcome::Scored(0.7),
        TrialOutcome::Failed("diverged".to_owned()),
    ];
    for result in results {
        let number = ledger.ask().unwrap().unwrap().number;
        ledger.tell(number, result).unwrap();
    }
    ledger.ask().unwrap();
    assert_eq!(ledger.best().unwrap().number, 3);
    assert_eq!(best(&ledger.trials()[..2]).unwrap().number, 2);
    assert_eq!(best(&ledger.trials()[..1]), None);
}

#[test]
fn another_study_is_refused_with_the_field() {
    let folder = tempfile::tempdir().unwrap();
    drop(Ledger::open(folder.path(), &study()).unwrap());
    let refused = |change: fn(&mut Study)| {
        let mut asked = study();
        change(&mut asked);
        match Ledger::open(folder.path(), &asked) {
            Err(SearchError::Conflict { field, found, expected, .. }) => format!("{field}: {found}, {expected}"),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(refused(|study| study.seed = 12), "seed: 11, 12");
    assert_eq!(refused(|study| study.iterations = 40), "iterations: 4, 40");
    assert_eq!(refused(|study| study.strategy = Strategy::Bayesian), "strategy: \"random\", \"bayesian\"");
    assert_eq!(
        refused(|study| study.dimensions[1].name = "depth".to_owned()),
        "dimensions[1].name: \"layers\", \"depth\""
    );
    assert_eq!(
        refused(|study| study.dimensions[1].range = Range::Integer { low: 1, high: 8 }),
        "dimensions[1].range.integer.high: 9, 8"
    );
    assert!(refused(|study| study.dimensions.truncate(1)).starts_with("dimensions: ["));
    // The first of two.
    assert_eq!(refused(|study| (study.seed, study.initial) = (12, 4)), "initial: 3, 4");
}

#[test]
fn damaged_files_are_named() {
    let whole = tempfile::tempdir().unwrap();
    finish(whole.path(), &study());
    let whole = files(whole.path());
    let damage = |file: &str, change: &dyn Fn(&str) -> Option<String>| {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("trials")).unwrap();
        for (path, content) in &whole {
            let mut content = Some(String::from_utf8(content.clone()).unwrap());
            if path == Path::new(file) {
                content = change(content.as_deref().unwrap());
            }
            if let Some(content) = content {
                fs::write(folder.path().join(path), content).unwrap();
            }
        }
        let opened = Ledger::open(folder.path(), &study()).unwrap_err();
        assert!(matches!(opened, SearchError::Damaged { .. }), "{opened:?}");
        if file != "study.json" {
            assert_eq!(Ledger::read(folder.path()).unwrap_err().to_string(), opened.to_string());
        }
        let text = opened.to_string();
        assert!(!text.contains('\n'), "{text}");
        text.strip_prefix(folder.path().to_str().unwrap()).unwrap().trim_start_matches('/').to_owned()
    };
    let replaced = |file: &str, from: &str, to: &str| {
        damage(file, &|text| {
            assert!(text.contains(from), "{text}");
            Some(text.replacen(from, to, 1))
        })
    };

    assert_eq!(
        damage("trials/0003.json", &|text| Some(text[..20].to_owned())),
        "trials/0003.json:3:3: the file is damaged: EOF while parsing a string"
    );
    assert_eq!(
        replaced("trials/0003.told.json", "\"format\"", "\"shape\""),
        "trials/0003.told.json:2:9: the file is damaged: unknown field `shape`, expected one of `format`, `number`, `told`"
    );
    assert_eq!(
        replaced("trials/0002.json", "\"format\": 1", "\"format\": 2"),
        "trials/0002.json: the file is damaged: found format 2, expected 1"
    );
    assert_eq!(
        replaced("trials/0002.json", "\"number\": 2", "\"number\": 3"),
        "trials/0002.json: the file is damaged: trial 2: number: found 3, expected 2"
    );
    assert_eq!(
        replaced("trials/0002.told.json", "\"number\": 2", "\"number\": 3"),
        "trials/0002.told.json: the file is damaged: found trial 3, expected 2"
    );
    assert_eq!(
        replaced("trials/0002.json", "\"rate\"", "\"speed\""),
        "trials/0002.json: the file is damaged: trial 2: values: found speed, expected rate"
    );
    assert!(
        replaced("trials/0002.json", "\"rate\",\n      0.", "\"rate\",\n      7.")
            .contains("expected a value of LogUniform")
    );
    assert_eq!(
        damage("trials/0004.json", &|_| None),
        "trials/0004.json: the file is damaged: found a later trial, expected this one before it"
    );
    assert_eq!(damage("study.json", &|_| None), "study.json: the file is damaged: found 7 trials but not this file");
    assert_eq!(
        replaced("study.json", "\"seed\": 11", "\"seed\": -11"),
        "study.json:26:15: the file is damaged: invalid value: integer `-11`, expected u64"
    );
}

#[test]
fn more_trials_than_the_budget_are_damage() {
    let folder = tempfile::tempdir().unwrap();
    finish(folder.path(), &study());
    let text = fs::read_to_string(folder.path().join("trials/0007.json")).unwrap();
    let path = folder.path().join("trials/0008.json");
    fs::write(&path, text.replace("\"number\": 7", "\"number\": 8")).unwrap();
    let error = Ledger::open(folder.path(), &study()).unwrap_err().to_string();
    assert_eq!(error, format!("{}: the file is damaged: found trial 8, expected at most 7", path.display()));
}

#[test]
fn other_files_are_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("trials")).unwrap();
    for name in ["notes.txt", "trials/0001.json~", "trials/1.json", "trials/.hidden"] {
        fs::write(folder.path().join(name), "mine").unwrap();
    }
    finish(folder.path(), &study());
    for name in ["notes.txt", "trials/0001.json~", "trials/1.json", "trials/.hidden"] {
        assert_eq!(fs::read_to_string(folder.path().join(name)).unwrap(), "mine");
    }
}

#[cfg(not(feature = "bayesian"))]
#[test]
fn a_build_without_the_model_says_so_and_still_reads() {
    let folder = tempfile::tempdir().unwrap();
    let study = Study { strategy: Strategy::Bayesian, ..study() };
    let mut ledger = Ledger::open(folder.path(), &study).unwrap();
    let text = ledger.ask().unwrap_err().to_string();
    assert_eq!(text, "found strategy bayesian in a build without it, expected a build with --features bayesian");
    assert_eq!(Ledger::read(folder.path()).unwrap(), (study, Vec::new()));
}
