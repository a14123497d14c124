//! Model selection: which epoch's model is kept.

use herring_protocol::{Scores, SelectionSpec};
use serde::{Deserialize, Serialize};

/// The state of the selection.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Selection {
    rule: SelectionSpec,
    epochs: usize,
    state: SelectionState,
}

/// The state needed to resume a selection.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SelectionState {
    /// The best value so far: the lowest loss or the highest accuracy.
    pub(crate) best: Option<f64>,
    /// Epochs since the best value.
    pub(crate) waited: usize,
}

impl Selection {
    /// The selection of a run of at most `epochs` epochs.
    pub(crate) fn new(rule: &SelectionSpec, epochs: usize) -> Self {
        Self { rule: rule.clone(), epochs, state: SelectionState::default() }
    }

    /// Whether the model of this epoch, from 1, is the best so far by its scores on the validation images.
    pub(crate) fn accept(&mut self, epoch: usize, valid: &Scores) -> bool {
        if epoch < self.rule.burn_in(self.epochs) {
            return false;
        }
        // Every set has an image, so one environment and one group.
        let worst = |accuracy: Option<f64>| accuracy.unwrap_or(valid.accuracy);
        let (value, better): (f64, fn(f64, f64) -> bool) = match self.rule {
            SelectionSpec::LowestLoss { .. } => (valid.task_loss(), |value, best| value < best),
            SelectionSpec::HighestAccuracy { .. } => (valid.accuracy, |value, best| value > best),
            SelectionSpec::WorstEnvironment { .. } => (worst(valid.worst_accuracy()), |value, best| value > best),
            SelectionSpec::WorstGroup { .. } => (worst(valid.worst_group_accuracy()), |value, best| value > best),
            SelectionSpec::LastEpoch => (0.0, |_, _| true),
        };
        let better = self.state.best.is_none_or(|best| better(value, best));
        self.state = match better {
            true => SelectionState { best: Some(value), waited: 0 },
            false => SelectionState { waited: self.state.waited + 1, ..self.state },
        };
        better
    }

    /// The state needed to resume.
    pub(crate) fn state(&self) -> SelectionState {
        self.state
    }

    /// Restores a state from [`state`](Self::state).
    pub(crate) fn restore(&mut self, state: SelectionState) {
        self.state = state;
    }

    /// Whether to stop early because the patience is exhausted.
    pub(crate) fn exhausted(&self) -> bool {
        self.state.best.is_some() && self.rule.patience().is_some_and(|patience| self.state.waited >= patience)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use herring_protocol::EnvironmentScores;

    fn accepted(rule: &SelectionSpec, values: &[f64]) -> (Vec<bool>, bool) {
        let mut selection = Selection::new(rule, values.len());
        let environment = |accuracy, of_class| EnvironmentScores {
            environment: 0,
            images: 4,
            accuracy,
            authors_auc: None,
            roc_auc: None,
            class_accuracies: vec![of_class, Some(0.9)],
        };
        // The worst environment follows the value, and the worst group goes against it.
        let scores = |value: f64| Scores {
            authors_auc: 0.5,
            roc_auc: 0.5,
            cross_entropy: value,
            loss: None,
            accuracy: value,
            average_precision: 0.5,
            f1: None,
            released_f1: None,
            absolute_error: None,
            environments: vec![environment(0.95, Some(1.0 - value)), environment(value / 2.0, None)],
        };
        let accepted = values.iter().enumerate().map(|(index, value)| selection.accept(index + 1, &scores(*value)));
        (accepted.collect(), selection.exhausted())
    }

    #[test]
    fn nothing_is_selected_before_the_burn_in_and_its_epoch_always_is() {
        let rule = SelectionSpec::LowestLoss { burn_in: 3, patience: Some(2) };
        let (found, exhausted) = accepted(&rule, &[0.1, 0.2, 9.0, 9.5, 8.0, 8.0, 8.5]);
        assert_eq!(found, [false, false, true, false, true, false, false]);
        assert!(exhausted);
    }

    #[test]
    fn the_worst_environment_and_the_worst_group_select_by_their_own_accuracy() {
        let values = [0.9, 0.5, 0.5, 0.6, 0.4, 0.3];
        let environment = SelectionSpec::WorstEnvironment { burn_in: 2, patience: Some(2) };
        let (found, exhausted) = accepted(&environment, &values);
        assert_eq!((found, exhausted), (vec![false, true, false, true, false, false], true));
        let group = SelectionSpec::WorstGroup { burn_in: 2, patience: None };
        let (found, exhausted) = accepted(&group, &values);
        assert_eq!((found, exhausted), (vec![false, true, false, false, true, true], false));
    }

    #[test]
    fn the_first_of_the_highest_accuracies_and_the_last_epoch_are_selected() {
        let highest = SelectionSpec::HighestAccuracy { patience: None };
        let (found, exhausted) = accepted(&highest, &[0.5, 0.5, 0.6, 0.4, 0.6]);
        assert_eq!((found, exhausted), (vec![true, false, true, false, false], false));
        let (found, _) = accepted(&SelectionSpec::LastEpoch, &[0.5, 0.9, 0.1]);
        assert_eq!(found, [false, false, true]);
    }
}
