//! Which epoch's model is kept (iclr2021, section 5): the lowest validation cross-entropy after the
//! burn-in.

/// The state of the selection.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Selection {
    burn_in: usize,
    patience: usize,
    lowest: f64,
    waited: usize,
}

impl Selection {
    /// `burn_in` is the first epoch, from 1, that may be selected; it always is.
    pub(crate) fn new(burn_in: usize, patience: usize) -> Self {
        Self { burn_in, patience, lowest: f64::INFINITY, waited: 0 }
    }

    /// Whether the model of this epoch is the best so far.
    pub(crate) fn accept(&mut self, epoch: usize, cross_entropy: f64) -> bool {
        if epoch < self.burn_in {
            return false;
        }
        let better = cross_entropy < self.lowest;
        if better {
            self.lowest = cross_entropy;
            self.waited = 0;
        } else {
            self.waited += 1;
        }
        better
    }

    /// The lowest cross-entropy so far, if any, and the epochs since: all that it goes on from.
    pub(crate) fn state(&self) -> (Option<f64>, usize) {
        (self.lowest.is_finite().then_some(self.lowest), self.waited)
    }

    /// As it was when [`state`](Self::state) was asked.
    pub(crate) fn restore(&mut self, (lowest, waited): (Option<f64>, usize)) {
        self.lowest = lowest.unwrap_or(f64::INFINITY);
        self.waited = waited;
    }

    /// Whether the patience is at its end.
    pub(crate) fn exhausted(&self) -> bool {
        self.lowest.is_finite() && self.waited >= self.patience
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_selected_before_the_burn_in_and_its_epoch_always_is() {
        let mut selection = Selection::new(3, 2);
        let accepted: Vec<bool> = [0.1, 0.2, 9.0, 9.5, 8.0, 8.0, 8.5]
            .iter()
            .enumerate()
            .map(|(index, value)| selection.accept(index + 1, *value))
            .collect();
        assert_eq!(accepted, [false, false, true, false, true, false, false]);
        assert!(selection.exhausted());
    }
}
