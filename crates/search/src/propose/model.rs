//! The Gaussian process and its expected improvement, by the crate `egobox-ego`.
//!
//! By default two of its settings use a generator seeded by the system: the solver's seed, and a
//! likelihood search from exactly one random start. Both are set here, and the solver runs on one
//! thread of its own, so that the result does not depend on the number of threads.

use super::{NEAR_FAILED, NEAR_TRIED, draw, quiet::quietly};
use crate::{Study, Trial, TrialState};
use egobox_ego::{CorrelationSpec, EgorServiceBuilder, InfillStrategy, RegressionSpec, RuntimeFlags};
use ndarray::Array2;

/// Random starts of the likelihood's search. Not 1: that start is not seeded.
const LIKELIHOOD_STARTS: usize = 10;

/// Starts of the search for the largest expected improvement.
const IMPROVEMENT_STARTS: usize = 20;

/// The point with the largest expected improvement, or why there is none.
pub(super) fn propose(study: &Study, trials: &[Trial]) -> Result<Vec<f64>, String> {
    let scores: Vec<f64> = trials.iter().filter_map(Trial::score).collect();
    if scores.len() < 2 {
        return Err(format!("{} scores so far, a model needs 2", scores.len()));
    }
    let (mean, deviation) = spread(&scores)?;
    let mut positions = Vec::new();
    let mut costs = Vec::new();
    for trial in trials {
        let cost = match trial.state {
            // The solver minimises.
            TrialState::Scored(score) => (mean - score) / deviation,
            // The mean of the scores.
            TrialState::Running => 0.0,
            TrialState::Failed(_) => continue,
        };
        positions.extend(position(study, trial));
        costs.push(cost);
    }
    let seed = draw::model_seed(study.seed, trials.len() + 1);
    let suggested = quietly(|| suggest(positions, costs, study.dimensions.len(), seed))
        .and_then(|outcome| outcome)
        .map_err(|reason| format!("the model failed: {reason}"))?;
    let values: Vec<f64> =
        study.dimensions.iter().zip(suggested).map(|(dimension, position)| dimension.range.value(position)).collect();
    match trials.iter().find(|trial| repeats(study, trial, &values)) {
        Some(trial) => Err(format!("the model proposed trial {} again", trial.number)),
        None => Ok(values),
    }
}

/// Mean and standard deviation of scores, or why they cannot be modelled.
fn spread(scores: &[f64]) -> Result<(f64, f64), String> {
    if scores.iter().all(|&score| score == scores[0]) {
        return Err("all scores are equal".to_owned());
    }
    let count = scores.len() as f64;
    let mean = scores.iter().sum::<f64>() / count;
    let deviation = (scores.iter().map(|score| (score - mean).powi(2)).sum::<f64>() / count).sqrt();
    if deviation.is_normal() { Ok((mean, deviation)) } else { Err(format!("the scores' deviation is {deviation}")) }
}

/// Where a trial lies in the unit cube.
fn position<'a>(study: &'a Study, trial: &'a Trial) -> impl Iterator<Item = f64> + 'a {
    study.dimensions.iter().zip(&trial.values).map(|(dimension, (_, value))| dimension.range.position(*value))
}

/// Whether a point is too close to a trial's.
fn repeats(study: &Study, trial: &Trial, values: &[f64]) -> bool {
    let near = if matches!(trial.state, TrialState::Failed(_)) { NEAR_FAILED } else { NEAR_TRIED };
    let proposed = study.dimensions.iter().zip(values).map(|(dimension, &value)| dimension.range.position(value));
    position(study, trial).zip(proposed).all(|(tried, proposed)| (tried - proposed).abs() <= near)
}

/// Asks the solver for the position of the next point.
fn suggest(positions: Vec<f64>, costs: Vec<f64>, dimensions: usize, seed: u64) -> Result<Vec<f64>, String> {
    let count = costs.len();
    let shaped = |shape, values| Array2::from_shape_vec(shape, values).map_err(|error| error.to_string());
    let positions = shaped((count, dimensions), positions)?;
    let costs = shaped((count, 1), costs)?;
    let cube = shaped((dimensions, 2), [0.0, 1.0].repeat(dimensions))?;
    let solver = EgorServiceBuilder::optimize()
        .configure(|solver| {
            solver
                .configure_gp(|process| {
                    process
                        .regression_spec(RegressionSpec::CONSTANT)
                        .correlation_spec(CorrelationSpec::MATERN52)
                        .n_start(LIKELIHOOD_STARTS)
                })
                // The default configuration would read environment variables.
                .configure_runtime_flags(|_| RuntimeFlags::none())
                .infill_strategy(InfillStrategy::LogEI)
                .n_start(IMPROVEMENT_STARTS)
                .seed(seed)
        })
        .min_within(&cube)
        .map_err(|error| error.to_string())?;
    let suggested = solver.suggest(&positions, &costs);
    let point: Vec<f64> = suggested.iter().copied().take(dimensions).collect();
    if point.len() == dimensions && point.iter().all(|coordinate| coordinate.is_finite()) {
        Ok(point)
    } else {
        Err(format!("found {point:?}, expected {dimensions} finite coordinates"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_without_spread_teach_nothing() {
        assert_eq!(spread(&[0.5, 0.5]), Err("all scores are equal".to_owned()));
        assert_eq!(spread(&[1e308, -1e308]), Err("the scores' deviation is inf".to_owned()));
        assert_eq!(spread(&[1.0, 3.0]), Ok((2.0, 1.0)));
    }

    #[test]
    fn what_the_solver_cannot_do_is_a_reason() {
        let nothing = quietly(|| suggest(Vec::new(), Vec::new(), 1, 0));
        assert!(nothing.is_err(), "{nothing:?}");
        let not_a_number = quietly(|| suggest(vec![0.1, 0.9], vec![0.0, f64::NAN], 1, 0));
        assert!(matches!(&not_a_number, Err(reason) if reason.starts_with("GP training failure")), "{not_a_number:?}");
    }
}
