//! The Gaussian process: it repeats to the bit, fails politely and is worth its time.
//!
//! ```text
//! cargo test --release --package herring-search --features bayesian --test bayesian -- --nocapture
//! ```

#![cfg(feature = "bayesian")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use herring_search::{Dimension, Origin, Range, Strategy, Study, Trial, TrialState, propose};
use std::{
    f64::consts::PI,
    sync::Mutex,
    sync::atomic::{AtomicU64, Ordering},
};

/// Something to maximise.
struct Problem {
    name: &'static str,
    dimensions: Vec<Dimension>,
    score: fn(&[f64]) -> f64,
}

fn dimension(name: &str, range: Range) -> Dimension {
    Dimension::new(name, range).unwrap()
}

/// Branin's function, negated: three maxima of -0.397887.
fn branin() -> Problem {
    Problem {
        name: "Branin",
        dimensions: vec![
            dimension("x", Range::Uniform { low: -5.0, high: 10.0 }),
            dimension("y", Range::Uniform { low: 0.0, high: 15.0 }),
        ],
        score: |point| {
            let (x, y) = (point[0], point[1]);
            let valley = y - 5.1 / (4.0 * PI * PI) * x * x + 5.0 / PI * x - 6.0;
            -(valley * valley + 10.0 * (1.0 - 1.0 / (8.0 * PI)) * x.cos() + 10.0)
        },
    }
}

/// What a search of a learning rate, a penalty weight and a number of layers looks like: a ridge in
/// two logarithms whose place moves with an integer. One maximum of 0.
fn mixed() -> Problem {
    Problem {
        name: "mixed",
        dimensions: vec![
            dimension("rate", Range::LogUniform { low: 1e-6, high: 1e-1 }),
            dimension("weight", Range::LogUniform { low: 1e-3, high: 1e3 }),
            dimension("layers", Range::Integer { low: 1, high: 8 }),
        ],
        score: |point| {
            let (rate, weight, layers) = (point[0].log10(), point[1].log10(), point[2]);
            let along = rate + 3.0 + 0.2 * (layers - 3.0);
            let across = weight - 0.5 + 0.5 * along;
            -(along * along + 0.7 * across * across + 0.1 * (layers - 3.0).powi(2))
        },
    }
}

fn study(problem: &Problem, seed: u64, strategy: Strategy) -> Study {
    let dimensions = problem.dimensions.clone();
    Study { dimensions, initial: Study::INITIAL, iterations: Study::ITERATIONS, seed, strategy }
}

fn trial(study: &Study, number: usize, values: &[f64], state: TrialState) -> Trial {
    let names = study.dimensions.iter().map(|dimension| dimension.name.clone());
    Trial { number, values: names.zip(values.iter().copied()).collect(), origin: Origin::Initial, state }
}

/// Runs a search to its end.
fn search(study: &Study, state: impl Fn(&[f64]) -> TrialState) -> Vec<Trial> {
    let mut trials = Vec::new();
    while trials.len() < study.budget() {
        let proposal = propose(study, &trials).unwrap();
        let state = state(&proposal.values);
        let mut next = trial(study, trials.len() + 1, &proposal.values, state);
        next.origin = proposal.origin;
        trials.push(next);
    }
    trials
}

/// The best score of each of `seeds` searches, lowest first.
fn bests(problem: &Problem, strategy: Strategy, seeds: u64) -> Vec<f64> {
    let next = AtomicU64::new(0);
    let bests = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds {
                        break;
                    }
                    let trials =
                        search(&study(problem, seed, strategy), |values| TrialState::Scored((problem.score)(values)));
                    let models = trials.iter().filter(|trial| trial.origin == Origin::Model).count();
                    assert!(strategy == Strategy::Random || models > 15, "{}: {models} of 20", problem.name);
                    bests.lock().unwrap().push(herring_search::best(&trials).unwrap().score().unwrap());
                }
            });
        }
    });
    let mut bests = bests.into_inner().unwrap();
    bests.sort_by(f64::total_cmp);
    bests
}

fn median(sorted: &[f64]) -> f64 {
    let half = sorted.len() / 2;
    (sorted[(sorted.len() - 1) / 2] + sorted[half]) / 2.0
}

#[test]
fn it_beats_random_search_at_equal_budget() {
    for problem in [branin(), mixed()] {
        let random = median(&bests(&problem, Strategy::Random, 20));
        let bayesian = median(&bests(&problem, Strategy::Bayesian, 20));
        println!(
            "{}: median best of 25 trials over 20 seeds: random {random:.4}, bayesian {bayesian:.4}",
            problem.name
        );
        assert!(bayesian > random, "{}: {bayesian} against {random}", problem.name);
    }
}

#[test]
fn the_same_trials_give_the_same_bits() {
    for problem in [branin(), mixed()] {
        let mut study = study(&problem, 7, Strategy::Bayesian);
        study.iterations = 4;
        let score = |values: &[f64]| TrialState::Scored((problem.score)(values));
        let once = search(&study, score);
        assert_eq!(once.last().unwrap().origin, Origin::Model);
        // Elsewhere, with company.
        let again: Vec<_> = std::thread::scope(|scope| {
            let searches = [(); 2].map(|()| scope.spawn(|| search(&study, score)));
            searches.into_iter().map(|search| search.join().unwrap()).collect()
        });
        assert_eq!(again, [once.clone(), once.clone()]);
        study.seed = 8;
        assert_ne!(search(&study, score), once);
    }
}

/// The initial points of Branin, scored.
fn initial(study: &Study) -> Vec<Trial> {
    let mut study = study.clone();
    study.iterations = 0;
    search(&study, |values| TrialState::Scored((branin().score)(values)))
}

#[test]
fn the_initial_points_are_those_of_random_search() {
    let values = |strategy| -> Vec<_> {
        initial(&study(&branin(), 3, strategy)).into_iter().map(|trial| (trial.values, trial.origin)).collect()
    };
    assert_eq!(values(Strategy::Bayesian), values(Strategy::Random));
}

#[test]
fn parallel_proposals_differ() {
    let study = study(&branin(), 1, Strategy::Bayesian);
    let mut trials = initial(&study);
    for _ in 0..4 {
        let proposal = propose(&study, &trials).unwrap();
        let next = trial(&study, trials.len() + 1, &proposal.values, TrialState::Running);
        trials.push(next);
    }
    for (index, one) in trials.iter().enumerate() {
        for two in &trials[..index] {
            let apart = one.values.iter().zip(&two.values).any(|(one, two)| (one.1 - two.1).abs() > 15.0 * 1e-4);
            assert!(apart, "{one:?} {two:?}");
        }
    }
}

#[test]
fn a_failed_point_is_not_proposed_over_and_over() {
    // A search whose best region fails always.
    let study = study(&branin(), 2, Strategy::Bayesian);
    let fails = |values: &[f64]| values[0] > 2.0;
    let trials = search(&study, |values| {
        if fails(values) {
            TrialState::Failed("diverged".to_owned())
        } else {
            TrialState::Scored((branin().score)(values))
        }
    });
    let failed: Vec<_> =
        trials.iter().filter(|trial| trial.score().is_none() && trial.origin == Origin::Model).collect();
    for (index, one) in failed.iter().enumerate() {
        for two in &failed[..index] {
            let apart = one.values.iter().zip(&two.values).any(|(one, two)| (one.1 - two.1).abs() > 15.0 * 0.02 - 1e-9);
            assert!(apart, "{one:?} {two:?}");
        }
    }
    assert!(trials.iter().skip(5).filter(|trial| trial.score().is_some()).count() >= 5, "{trials:#?}");
}

#[test]
fn failed_trials_are_not_in_the_model() {
    let study = study(&branin(), 5, Strategy::Bayesian);
    let mut trials = initial(&study);
    trials[2].state = TrialState::Failed("diverged".to_owned());
    let one = propose(&study, &trials).unwrap();
    // Where exactly it failed and why teaches nothing.
    trials[2].state = TrialState::Failed("out of memory".to_owned());
    for (name, shift) in [("x", 0.5), ("y", -0.5)] {
        let value = trials[2].values.iter_mut().find(|(other, _)| other == name).unwrap();
        value.1 = (value.1 + shift).clamp(0.0, 10.0);
    }
    assert_eq!(propose(&study, &trials).unwrap(), one);
    assert_eq!(one.origin, Origin::Model);
}

/// Why the proposal after `trials` is random.
fn reason(study: &Study, trials: &[Trial]) -> String {
    match propose(study, trials).unwrap().origin {
        Origin::Random { reason } => reason,
        origin => panic!("{origin:?}"),
    }
}

#[test]
fn without_a_model_the_point_is_drawn() {
    let study = study(&branin(), 1, Strategy::Bayesian);
    let mut trials = initial(&study);
    for trial in &mut trials {
        trial.state = TrialState::Scored(0.5);
    }
    assert_eq!(reason(&study, &trials), "all scores are equal");
    for trial in &mut trials[1..] {
        trial.state = TrialState::Running;
    }
    assert_eq!(reason(&study, &trials), "1 scores so far, a model needs 2");
    for trial in &mut trials {
        trial.state = TrialState::Failed("diverged".to_owned());
    }
    assert_eq!(reason(&study, &trials), "0 scores so far, a model needs 2");
    let random = propose(&Study { strategy: Strategy::Random, ..study.clone() }, &trials).unwrap();
    assert_eq!(propose(&study, &trials).unwrap().values, random.values);
    for (trial, score) in trials.iter_mut().zip([1e308, -1e308, 0.0, 0.0, 0.0]) {
        trial.state = TrialState::Scored(score);
    }
    assert_eq!(reason(&study, &trials), "the scores' deviation is inf");
}

#[test]
fn awkward_trials_never_panic() {
    let study = study(&branin(), 1, Strategy::Bayesian);
    let awkward: [&[([f64; 2], f64)]; 4] = [
        // One point five times, with scores that contradict each other.
        &[([1.0, 1.0], 0.0), ([1.0, 1.0], 1.0), ([1.0, 1.0], 2.0), ([1.0, 1.0], -1.0), ([1.0, 1.0], 0.5)],
        // Points too near to tell apart.
        &[
            ([1.0, 1.0], 0.0),
            ([1.0 + 1e-15, 1.0], 1.0),
            ([1.0 + 2e-15, 1.0], 0.0),
            ([1.0, 1.0], 1.0),
            ([1.0, 1.0], 0.0),
        ],
        // No spread in one dimension.
        &[([1.0, 1.0], 0.0), ([2.0, 1.0], 1.0), ([3.0, 1.0], 0.0), ([4.0, 1.0], 1.0), ([5.0, 1.0], 0.0)],
        // Scores of very different size.
        &[([1.0, 1.0], 1e-300), ([2.0, 5.0], 1e150), ([3.0, 2.0], 0.0), ([4.0, 7.0], -1e150), ([5.0, 1.0], 1.0)],
    ];
    for points in awkward {
        let scored = points.iter().enumerate();
        let trials: Vec<_> = scored
            .map(|(index, (values, score))| trial(&study, index + 1, values, TrialState::Scored(*score)))
            .collect();
        let proposal = propose(&study, &trials).unwrap();
        println!("{proposal:?}");
        assert_eq!(propose(&study, &trials).unwrap(), proposal);
        for (dimension, value) in study.dimensions.iter().zip(&proposal.values) {
            assert!(dimension.range.contains(*value), "{proposal:?}");
        }
    }
}

#[test]
fn a_space_smaller_than_the_budget_is_searched_to_the_end() {
    let problem = Problem {
        name: "small",
        dimensions: vec![dimension("layers", Range::Integer { low: 1, high: 3 })],
        score: |point| -(point[0] - 2.0).powi(2),
    };
    let trials = search(&study(&problem, 0, Strategy::Bayesian), |values| TrialState::Scored((problem.score)(values)));
    assert_eq!(trials.len(), 25);
    assert_eq!(herring_search::best(&trials).unwrap().score(), Some(0.0));
    let repeated =
        trials.iter().filter(|trial| matches!(&trial.origin, Origin::Random { reason } if reason.contains("again")));
    assert!(repeated.count() > 0);
}
