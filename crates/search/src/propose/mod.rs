//! The next point of a search, from the study and the trials so far.
//!
//! [`propose`] is a pure function: it reads no clock, no file and no global random state, so the
//! trials alone determine what comes next, and an interrupted search continues as if it had not been
//! interrupted.
//!
//! *Initial points and random search.* Trial `n` is drawn uniformly on the scales of the dimensions
//! from a ChaCha8 stream of its own, selected by the study's seed and `n`. It does not depend on
//! scores, so the initial points of a study are the same for every strategy. A draw that repeats an
//! earlier point, which only small sets of integers make likely, is drawn again from the same stream,
//! a hundred times at most.
//!
//! *Bayesian search.* A Gaussian process with a Matérn 5/2 kernel is fitted to the scores, on the
//! positions within the dimensions' ranges, and the proposal maximises the expected improvement. Three
//! kinds of trials need a decision:
//!
//! | Trial | What the process is told | Why |
//! |---|---|---|
//! | scored | the score | |
//! | failed | nothing | any invented score would count as a measurement |
//! | running | the mean of the scores so far (the "constant liar") | the process is certain there, so that a parallel proposal goes elsewhere; the mean neither becomes the best score so far nor lowers the prediction for neighbouring points |
//!
//! *When there is no model.* A failed point is not in the process, which may therefore propose it
//! again. So a proposal within [`NEAR_FAILED`] of a failed point, or within [`NEAR_TRIED`] of another,
//! in every dimension, is replaced by the random draw of that trial. The same happens with fewer than
//! two scores, with scores that are all equal, and whenever the process cannot be computed.
//! [`Origin::Random`] gives the reason. Where a region always fails and its surroundings score well,
//! half of the points can be random for that reason: exclude such a region from the range.
//!
//! *Reproducibility.* One build on one kind of processor gives the same points, bit for bit, for draws
//! and model alike. Elsewhere a draw on a logarithmic scale may differ in its last bit, and the
//! process, whose sums are rounded differently, by more: a search that is moved to another machine may
//! propose different points from there on. The trials already in the folder do not change.

mod draw;
#[cfg(feature = "bayesian")]
mod model;
#[cfg(feature = "bayesian")]
mod quiet;

#[cfg(feature = "bayesian")]
use model::propose as modelled;

use crate::{SearchError, Strategy, Study, Trial};
use serde::{Deserialize, Serialize};

/// Share of every dimension's range within which a model's proposal counts as repeating a failed
/// trial. Wide, since whole regions fail rather than single points.
pub const NEAR_FAILED: f64 = 0.02;

/// Share of every dimension's range within which a model's proposal counts as repeating a scored or
/// running trial.
pub const NEAR_TRIED: f64 = 1e-4;

/// A point to try.
#[derive(Debug, Clone, PartialEq)]
pub struct Proposal {
    /// A value for each dimension, in their order.
    pub values: Vec<f64>,
    /// How it was found.
    pub origin: Origin,
}

/// How a point was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Origin {
    /// Drawn, as one of the study's initial points.
    Initial,
    /// By the Gaussian process.
    Model,
    /// Drawn, although it is not an initial point.
    Random {
        /// Why.
        reason: String,
    },
}

/// The point for the trial after `trials`, whose numbers are 1, 2, 3, ... The same arguments give
/// the same point, bit for bit, in one build on one kind of processor. A point of the model takes some tens of milliseconds.
///
/// # Errors
/// If the study cannot be searched ([`Study::check`]), a trial is not of the study
/// ([`SearchError::Trial`], [`SearchError::NotFinite`]), the budget is used up
/// ([`SearchError::Spent`]), or the strategy is not in this build ([`SearchError::Feature`]).
pub fn propose(study: &Study, trials: &[Trial]) -> Result<Proposal, SearchError> {
    study.check()?;
    if study.strategy == Strategy::Bayesian && cfg!(not(feature = "bayesian")) {
        return Err(SearchError::Feature { strategy: "bayesian", feature: "bayesian" });
    }
    for (index, trial) in trials.iter().enumerate() {
        trial.check(study, index + 1)?;
    }
    if trials.len() >= study.budget() {
        return Err(SearchError::Spent { budget: study.budget() });
    }
    let reason = if trials.len() < study.initial {
        None
    } else {
        Some(match study.strategy {
            Strategy::Random => "the strategy is random".to_owned(),
            Strategy::Bayesian => match modelled(study, trials) {
                Ok(values) => return Ok(Proposal { values, origin: Origin::Model }),
                Err(reason) => reason,
            },
        })
    };
    let origin = reason.map_or(Origin::Initial, |reason| Origin::Random { reason });
    Ok(Proposal { values: draw::point(study, trials), origin })
}

/// Placeholder for the model, which [`propose`] never calls in such a build.
#[cfg(not(feature = "bayesian"))]
fn modelled(_: &Study, _: &[Trial]) -> Result<Vec<f64>, String> {
    Err("this build has no model".to_owned())
}
