//! Values that other runs decide.
#![allow(clippy::unwrap_used, reason = "a test that fails here says where")]

mod common;

use common::spec;
use herring_protocol::*;
use std::collections::BTreeMap;

/// The run of another seed.
fn run(seed: u32) -> RunId {
    RunId::of(&RunSpec { seed, ..spec() })
}

fn need(field: &str, score: &str) -> NeedSpec {
    let alternatives = [0.1, 1.0, 10.0].into_iter().zip([1, 2, 3]);
    NeedSpec {
        field: field.to_owned(),
        score: score.parse().unwrap(),
        alternatives: alternatives.map(|(value, seed)| Alternative { value, run: run(seed) }).collect(),
    }
}

/// Scores with this accuracy, cross-entropy and selected epoch on the validation images.
fn scores(value: f64) -> RunScores {
    let valid = Scores {
        authors_auc: value / 2.0,
        roc_auc: 1.0 - value,
        cross_entropy: value,
        loss: None,
        accuracy: value,
        average_precision: value,
        f1: None,
        released_f1: None,
        absolute_error: None,
        environments: Vec::new(),
    };
    RunScores {
        best_epoch: (value * 10.0) as usize,
        selected: BTreeMap::from([(VALID.to_owned(), valid)]),
        last: BTreeMap::new(),
        localisation: BTreeMap::new(),
        decoys: BTreeMap::new(),
        heat: BTreeMap::new(),
    }
}

#[test]
fn the_best_alternative_is_the_highest_or_the_lowest_by_the_score_s_own_sense() {
    let tried = [scores(0.2), scores(0.8), scores(0.5)];
    let tried: Vec<_> = tried.iter().map(Some).collect();
    let best = |score: &str, auc| need("seed", score).best(auc, &tried);
    assert_eq!(best("valid_accuracy", AucKind::Authors), Some(1));
    assert_eq!(best("valid_cross_entropy", AucKind::Authors), Some(0), "the lowest");
    assert_eq!(best("valid_auc", AucKind::Authors), Some(1));
    assert_eq!(best("valid_auc", AucKind::Roc), Some(0), "which AUC is meant decides");
    assert_eq!(best("best_epoch", AucKind::Authors), Some(1), "the highest of what is neither good nor bad");
}

#[test]
fn of_equal_ones_the_first_is_taken_and_missing_ones_are_passed_over() {
    let (low, high) = (scores(0.2), scores(0.8));
    let need = need("seed", "valid_accuracy");
    let best = |tried: &[Option<&RunScores>]| need.best(AucKind::Authors, tried);
    assert_eq!(best(&[Some(&low), Some(&high), Some(&high)]), Some(1));
    assert_eq!(best(&[None, Some(&low), Some(&high)]), Some(2));
    assert_eq!(best(&[None, Some(&low), None]), Some(1));
    assert_eq!(best(&[None, None, None]), None);
    assert_eq!(best(&[]), None);
    let unscored = RunScores { selected: BTreeMap::new(), ..scores(0.9) };
    assert_eq!(best(&[Some(&unscored), Some(&low)]), Some(1), "a run without that score");
}

#[test]
fn chosen_values_are_put_in_their_fields_and_no_need_is_left() {
    let (weight, rate) = ("objective.penalties.gradmask.weight", "optimiser.learning_rate");
    let open = RunSpec { needs: vec![need(weight, "valid_auc"), need(rate, "valid_auc")], ..spec() };
    let closed = open.resolved(&[2, 0]).unwrap();
    assert!(closed.needs.is_empty());
    let by_hand = spec().with_value(weight, 10.0).unwrap().with_value(rate, 0.1).unwrap();
    assert_eq!(closed, by_hand);
    assert_ne!(RunId::of(&open), RunId::of(&closed));
    let text = serde_json::to_string(&open).unwrap();
    assert_eq!(serde_json::from_str::<RunSpec>(&text).unwrap(), open);

    let wrong = RunSpec { needs: vec![need("training.speed", "valid_auc")], ..spec() };
    let error = wrong.resolved(&[0]).unwrap_err().to_string();
    assert_eq!(error, "training.speed: the run has no such field");
    let halves = RunSpec { needs: vec![need("training.epochs", "valid_auc")], ..spec() };
    let error = halves.resolved(&[0]).unwrap_err().to_string();
    assert!(error.starts_with("training.epochs: invalid type: floating point `0.1`"), "{error}");
}

#[test]
fn the_runs_that_are_needed_are_listed_once_and_in_order() {
    assert!(spec().needed_runs().is_empty());
    let needs = vec![need("seed", "valid_auc"), need("model.width", "valid_auc")];
    let spec = RunSpec { weights: WeightsSpec::Run { run: run(2) }, needs, ..spec() };
    assert_eq!(spec.needed_runs(), [&run(2), &run(1), &run(3)]);
}
