//! The bins of a histogram: of one width as in the paper's figures, or powers of ten for values so small that they would
//! all lie in the first bin.

use crate::sections::figure::Axis;

/// Width of a bin of shares, which reach from 0 to 1 (heatmap-loss, Figures 6 and 7).
const WIDTH: f64 = 0.02;
/// Bins of values that have no fixed range, about.
const BINS: f64 = 25.0;
/// Most bins of an axis of powers of ten.
const MOST: f64 = 32.0;
/// Keeps a value that is an edge in its upper bin, whatever the rounding.
const ROUNDING: f64 = 1e-9;

/// The bins of a histogram.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Bins {
    /// Of one width.
    Even {
        /// Where the first one starts.
        from: f64,
        /// Of each bin.
        width: f64,
        /// How many.
        count: usize,
    },
    /// Of one width in powers of ten, and before them a bin of the exact zeros.
    Powers {
        /// The least power.
        least: i32,
        /// The greatest power.
        greatest: i32,
        /// Powers a bin.
        width: f64,
        /// Whether there is a bin of zeros.
        zero: bool,
    },
}

impl Bins {
    /// For the values of several groups of a score with this range.
    pub(super) fn of(groups: &[&[f64]], range: (f64, f64)) -> Self {
        let values = || groups.iter().flat_map(|values| values.iter().copied());
        if range != (0.0, 1.0) {
            return Self::even(values());
        }
        let small = |values: &[f64]| 2 * values.iter().filter(|value| (0.0..WIDTH).contains(*value)).count();
        let positive = || values().filter(|value| *value > 0.0);
        // Most of each group lies in the first of the even bins, which would then hide it.
        let hidden = groups.iter().all(|values| small(values) > values.len() || values.is_empty());
        match hidden && positive().next().is_some() {
            true => Self::powers(positive(), values().any(|value| value == 0.0)),
            false => Self::Even { from: 0.0, width: WIDTH, count: (1.0 / WIDTH).round() as usize },
        }
    }

    fn even(values: impl Iterator<Item = f64>) -> Self {
        let (low, high) = ends(values);
        let span = if high > low { high - low } else { 1.0 };
        let width = Axis::new(0.0, span, BINS as usize, "").step;
        let from = (low / width + ROUNDING).floor() * width;
        let count = ((high - from) / width + ROUNDING).floor() as usize + 1;
        Self::Even { from, width, count }
    }

    fn powers(positive: impl Iterator<Item = f64>, zero: bool) -> Self {
        let (low, high) = ends(positive.map(f64::log10));
        let least = (low + ROUNDING).floor() as i32;
        let greatest = ((high - ROUNDING).ceil() as i32).max(least + 1);
        let width = match f64::from(greatest - least) {
            decades if 2.0 * decades <= MOST => 0.5,
            decades => (decades / MOST).ceil(),
        };
        Self::Powers { least, greatest, width, zero }
    }

    /// How many bins.
    pub(super) fn count(&self) -> usize {
        match *self {
            Self::Even { count, .. } => count,
            Self::Powers { zero, .. } => self.of_powers() + usize::from(zero),
        }
    }

    /// The bins that are not the one of zeros, where the axis is one of powers.
    fn of_powers(&self) -> usize {
        match *self {
            Self::Even { .. } => 0,
            Self::Powers { least, greatest, width, .. } => (f64::from(greatest - least) / width).ceil() as usize,
        }
    }

    /// The bin of a value; that nearest to it for one outside.
    fn bin(&self, value: f64) -> usize {
        let place = |position: f64| (position + ROUNDING).floor().max(0.0) as usize;
        match *self {
            Self::Even { from, width, count } => place((value - from) / width).min(count - 1),
            Self::Powers { zero: true, .. } if value == 0.0 => 0,
            Self::Powers { least, width, zero, .. } => {
                let position = (value.log10() - f64::from(least)) / width;
                usize::from(zero) + place(position).min(self.of_powers() - 1)
            }
        }
    }

    /// How many of the values each bin holds.
    pub(super) fn counts(&self, values: &[f64]) -> Vec<usize> {
        let mut counts = vec![0; self.count()];
        for value in values {
            counts[self.bin(*value)] += 1;
        }
        counts
    }

    /// Space of the axis for the bin of zeros and the gap behind it, in powers of ten.
    fn room(&self) -> f64 {
        match *self {
            // Enough for its label, however many powers there are.
            Self::Powers { least, greatest, zero: true, .. } => 0.1 * f64::from(greatest - least),
            _ => 0.0,
        }
    }

    /// The horizontal axis with about `ticks` ticks.
    pub(super) fn axis(&self, ticks: usize, label: &str) -> Axis {
        match *self {
            Self::Even { from, width, count } => Axis::new(from, from + width * count as f64, ticks, label),
            Self::Powers { least, greatest, .. } => Axis::powers(least, greatest, self.room(), ticks, label),
        }
    }

    /// Where a bin starts and ends, in values of the axis.
    pub(super) fn edges(&self, bin: usize) -> (f64, f64) {
        match *self {
            Self::Even { from, width, .. } => (from + width * bin as f64, from + width * (bin + 1) as f64),
            Self::Powers { least, zero: true, .. } if bin == 0 => {
                let start = f64::from(least) - self.room();
                (start + 0.2 * self.room(), start + 0.6 * self.room())
            }
            Self::Powers { least, greatest, width, zero } => {
                let start = f64::from(least) + width * (bin - usize::from(zero)) as f64;
                (start, (start + width).min(f64::from(greatest)))
            }
        }
    }

    /// Where a value lies, in values of the axis.
    pub(super) fn place(&self, value: f64) -> f64 {
        match *self {
            Self::Even { .. } => value,
            Self::Powers { zero: true, .. } if value == 0.0 => {
                let (start, end) = self.edges(0);
                (start + end) / 2.0
            }
            Self::Powers { least, .. } => value.log10().max(f64::from(least)),
        }
    }

    /// The bin of zeros and the gap behind it: where its label stands and where the axis is interrupted, in values of the
    /// axis.
    pub(super) fn zero(&self) -> Option<(f64, f64)> {
        match *self {
            Self::Powers { least, zero: true, .. } => {
                let (start, end) = self.edges(0);
                Some(((start + end) / 2.0, (end + f64::from(least)) / 2.0))
            }
            _ => None,
        }
    }

    /// What a bin holds, in words.
    pub(super) fn words(&self, bin: usize) -> String {
        let (start, end) = self.edges(bin);
        match *self {
            Self::Even { width, .. } => {
                let digits = (-width.log10().floor()).max(0.0) as usize;
                format!("{start:.digits$} to {end:.digits$}")
            }
            Self::Powers { zero: true, .. } if bin == 0 => "exactly 0".to_owned(),
            Self::Powers { .. } => format!("{:.1e} to {:.1e}", 10f64.powf(start), 10f64.powf(end)),
        }
    }
}

/// The least and the greatest value; 0 and 1 if there is none.
fn ends(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let found = values.fold(None, |ends: Option<(f64, f64)>, value| {
        let (low, high) = ends.unwrap_or((value, value));
        Some((low.min(value), high.max(value)))
    });
    found.unwrap_or((0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHARES: (f64, f64) = (0.0, 1.0);

    #[test]
    fn shares_have_the_bins_of_the_paper() {
        let bins = Bins::of(&[&[0.58, 0.5999, 0.6], &[1.0, 0.0]], SHARES);
        assert_eq!(bins.count(), 50);
        let counts = bins.counts(&[0.58, 0.5999, 0.6, 1.0, 0.0, 0.02]);
        for (bin, expected) in [(29, 2), (30, 1), (49, 1), (0, 1), (1, 1)] {
            assert_eq!(counts[bin], expected, "bin {bin}");
        }
        assert_eq!(counts.iter().sum::<usize>(), 6);
        assert_eq!(bins.words(29), "0.58 to 0.60");
    }

    #[test]
    fn an_outlier_does_not_hide_small_values() {
        let (first, second) = ([2.98e-5, 1.3e-4, 1.56e-3], [0.0, 0.0, 1.51e-13, 8.4e-7, 0.0187]);
        let bins = Bins::of(&[&first, &second], SHARES);
        assert_eq!(bins, Bins::Powers { least: -13, greatest: -1, width: 0.5, zero: true });
        let counts = bins.counts(&second);
        assert_eq!((bins.count(), counts[0], counts[1]), (25, 2, 1));
        assert_eq!(counts.iter().sum::<usize>(), 5);
        assert_eq!(bins.words(0), "exactly 0");
        assert!(bins.edges(0).1 < bins.edges(1).0, "the bin of zeros stands apart");
        assert!(bins.place(0.0) < bins.place(1e-13));
        let far = Bins::of(&[&first, &[0.0, 1e-9, 0.9]], SHARES);
        assert!(matches!(far, Bins::Powers { greatest: 0, .. }), "{far:?}");
    }

    #[test]
    fn a_range_of_many_powers_has_wider_bins() {
        let bins = Bins::of(&[&[1e-300, 1e-3]], SHARES);
        assert!(bins.count() <= 32, "{bins:?}");
        assert_eq!(bins.counts(&[1e-300, 1e-3]).iter().sum::<usize>(), 2);
    }

    #[test]
    fn other_scores_have_bins_of_their_own_range() {
        for values in [[1.0, 7.0, 30.0], [-2.0, 0.0, 4.5], [3.0, 3.0, 3.0]] {
            let bins = Bins::of(&[&values], (f64::NEG_INFINITY, f64::INFINITY));
            let counts = bins.counts(&values);
            assert_eq!(counts.iter().sum::<usize>(), 3);
            assert!(counts.len() <= 60, "{bins:?}");
            let (first, last) = (bins.edges(0), bins.edges(counts.len() - 1));
            assert!(values.iter().all(|value| (first.0..last.1).contains(value)), "{bins:?}");
        }
        assert_eq!(Bins::of(&[], SHARES).counts(&[]).len(), 50);
    }
}
