//! Properties of proposals that hold for all studies.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use herring_search::{Dimension, Origin, Range, SearchError, Strategy, Study, Trial, TrialState, propose};
use proptest::prelude::*;

fn study(seed: u64, high: i64) -> Study {
    let dimensions = vec![
        Dimension::new("rate", Range::LogUniform { low: 1e-5, high: 1e-1 }).unwrap(),
        Dimension::new("smoothing", Range::Uniform { low: -1.0, high: 1.0 }).unwrap(),
        Dimension::new("layers", Range::Integer { low: 1, high }).unwrap(),
    ];
    Study { dimensions, initial: 5, iterations: 20, seed, strategy: Strategy::Random }
}

/// All trials of a study, in the states that `state` gives to their numbers.
fn trials(study: &Study, state: impl Fn(usize) -> TrialState) -> Vec<Trial> {
    let mut trials = Vec::new();
    while trials.len() < study.budget() {
        let number = trials.len() + 1;
        let proposal = propose(study, &trials).unwrap();
        let names = study.dimensions.iter().map(|dimension| dimension.name.clone());
        let values = names.zip(proposal.values).collect();
        trials.push(Trial { number, values, origin: proposal.origin, state: state(number) });
    }
    trials
}

fn values(trials: &[Trial]) -> Vec<&Vec<(String, f64)>> {
    trials.iter().map(|trial| &trial.values).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn points_lie_within_the_ranges_and_differ(seed: u64, high in 2..20_i64) {
        let study = study(seed, high);
        let trials = trials(&study, |_| TrialState::Running);
        for (index, trial) in trials.iter().enumerate() {
            for (dimension, (_, value)) in study.dimensions.iter().zip(&trial.values) {
                prop_assert!(dimension.range.contains(*value));
            }
            prop_assert!(trials[..index].iter().all(|other| other.values != trial.values));
            let initial = trial.origin == Origin::Initial;
            prop_assert_eq!(initial, index < 5);
        }
    }

    #[test]
    fn random_search_does_not_look_at_scores(seed: u64, scores in prop::collection::vec(-1.0..1.0_f64, 25)) {
        let study = study(seed, 4);
        let scored = trials(&study, |number| TrialState::Scored(scores[number - 1]));
        let failed = trials(&study, |_| TrialState::Failed("diverged".to_owned()));
        prop_assert_eq!(values(&scored), values(&failed));
    }

    #[test]
    fn seeds_matter(seed: u64) {
        let one = trials(&study(seed, 4), |_| TrialState::Running);
        let two = trials(&study(seed.wrapping_add(1), 4), |_| TrialState::Running);
        prop_assert_ne!(values(&one), values(&two));
    }
}

#[test]
fn the_draws_stay_what_they_are() {
    // A change here makes every folder that exists go on differently.
    let first = propose(&study(1234, 4), &[]).unwrap();
    let expected = [0.003598737856553901, 0.6866798888063825, 3.0];
    for (value, expected) in first.values.iter().zip(expected) {
        // Systems differ in the last bit of a power.
        assert!((value - expected).abs() < 1e-12 * expected, "{:?}", first.values);
    }
}

#[test]
fn all_of_a_small_space_is_tried_before_anything_twice() {
    let dimensions = vec![Dimension::new("layers", Range::Integer { low: 1, high: 5 }).unwrap()];
    let study = Study { dimensions, initial: 5, iterations: 3, seed: 3, strategy: Strategy::Random };
    let trials = trials(&study, |_| TrialState::Running);
    let mut layers: Vec<f64> = trials[..5].iter().map(|trial| trial.value("layers").unwrap()).collect();
    layers.sort_by(f64::total_cmp);
    assert_eq!(layers, [1.0, 2.0, 3.0, 4.0, 5.0]);
    assert_eq!(trials.len(), 8);
}

#[test]
fn trials_of_another_study_are_refused() {
    let study = study(0, 4);
    let whole = trials(&study, |_| TrialState::Scored(0.5));
    let refused = |change: fn(&mut Trial)| {
        let mut trials = whole[..3].to_vec();
        change(&mut trials[1]);
        propose(&study, &trials).unwrap_err().to_string()
    };
    assert_eq!(refused(|trial| trial.number = 7), "trial 2: number: found 7, expected 2");
    assert_eq!(refused(|trial| trial.values.truncate(1)), "trial 2: values: found 1, expected 3");
    assert_eq!(refused(|trial| trial.values.swap(0, 1)), "trial 2: values: found smoothing, expected rate");
    assert!(
        refused(|trial| trial.values[2].1 = 1.5).starts_with("trial 2: values: found layers 1.5, expected a value of")
    );
    assert!(refused(|trial| trial.values[0].1 = f64::NAN).starts_with("trial 2: values: found rate NaN"));
    assert_eq!(
        refused(|trial| trial.state = TrialState::Scored(f64::NAN)),
        "result for trial 2: found score NaN, expected a finite number: tell it as failed"
    );
    assert!(matches!(propose(&study, &whole), Err(SearchError::Spent { budget: 25 })));
}
