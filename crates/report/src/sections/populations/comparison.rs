//! What the tests say of two groups of models.

use herring_stats::{
    StatsError,
    groups::{self, MannWhitney},
};

/// How far from the quartiles, in interquartile ranges, a value may lie before it is left out of Cohen's d (heatmap-loss's
/// analysis tries both).
pub(super) const REACHES: [f64; 2] = [1.5, 5.0];

/// Fewest models of a group that is tested.
pub(super) const LEAST: usize = 3;

/// Cohen's d of what is left of two groups.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Effect {
    /// Its value.
    pub(super) d: Result<f64, StatsError>,
    /// Models left of each group.
    pub(super) left: [usize; 2],
}

/// Two groups of at least [`LEAST`] models each, compared.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Comparison {
    /// The test, with the first group as the first sample.
    pub(super) test: Result<MannWhitney, StatsError>,
    /// With all models.
    pub(super) effect: Effect,
    /// Without those beyond each of [`REACHES`].
    pub(super) without_outliers: [Effect; 2],
    /// Pairs of a model of each group.
    pub(super) pairs: usize,
}

impl Comparison {
    /// Of the first group with the second.
    pub(super) fn of(first: &[f64], second: &[f64]) -> Self {
        let effect = |first: &[f64], second: &[f64]| Effect {
            d: groups::cohens_d(first, second),
            left: [first.len(), second.len()],
        };
        let without_outliers = REACHES.map(|reach| {
            let within = |values| groups::without_outliers(values, reach);
            match (within(first), within(second)) {
                (Ok(first), Ok(second)) => effect(&first, &second),
                (Err(error), _) | (_, Err(error)) => Effect { d: Err(error), left: [0, 0] },
            }
        });
        Self {
            test: groups::mann_whitney(first, second),
            effect: effect(first, second),
            without_outliers,
            pairs: first.len() * second.len(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outliers_are_left_out_of_the_effect_and_not_of_the_test() {
        let first = [1.0, 1.1, 1.2, 1.3, 1.4];
        let second = [2.0, 2.1, 2.2, 2.3, 90.0];
        let found = Comparison::of(&first, &second);
        assert_eq!((found.test.unwrap().u, found.pairs), (0.0, 25));
        let [near, far] = found.without_outliers;
        assert_eq!((near.left, far.left), ([5, 4], [5, 4]));
        assert!(near.d.unwrap() < found.effect.d.unwrap());
    }

    #[test]
    fn equal_models_have_no_test() {
        let found = Comparison::of(&[0.0; 3], &[0.0; 4]);
        assert!(matches!(found.test, Err(StatsError::Constant { .. })));
        assert!(matches!(found.effect.d, Err(StatsError::Constant { .. })));
    }
}
