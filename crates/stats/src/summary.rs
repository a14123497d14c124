//! Mean, sample standard deviation and percentiles.

use crate::{StatsError, check, scale::Scaled};

/// Arithmetic mean.
///
/// # Errors
/// [`StatsError::TooFew`] for no values, [`StatsError::NotFinite`].
pub fn mean(values: &[f64]) -> Result<f64, StatsError> {
    check::at_least(1, "values", values)?;
    let scaled = Scaled::of(values);
    Ok(scaled.restored(scaled.mean()))
}

/// The mean of `values` weighted by the classes of their samples: `Σ w[label] value / Σ w[label]`, as a cross-entropy with
/// class weights is averaged (tap2024, PNEU; PyTorch's weighted mean). Without `class_weights` it is the [`mean`]. Weights count
/// only relative to each other.
///
/// # Errors
/// Those of [`mean`]; [`StatsError::Length`] if values and labels differ in length, [`StatsError::UnknownClass`] for a label
/// without a weight, [`StatsError::OutOfRange`] for a weight that is not a finite number above 0.
pub fn class_weighted_mean(values: &[f64], labels: &[usize], class_weights: &[f64]) -> Result<f64, StatsError> {
    if class_weights.is_empty() {
        return mean(values);
    }
    check::same_length("labels", labels.len(), values.len())?;
    check::at_least(1, "values", values)?;
    if let Some(weight) = class_weights.iter().find(|weight| !(weight.is_finite() && **weight > 0.0)) {
        return Err(StatsError::OutOfRange { field: "class weight", found: *weight, expected: "finite and above 0" });
    }
    let (mut total, mut weight_of_all) = (0.0, 0.0);
    for (index, (value, &label)) in values.iter().zip(labels).enumerate() {
        let classes = class_weights.len();
        let weight = class_weights.get(label).ok_or(StatsError::UnknownClass { index, label, classes })?;
        total += weight * value;
        weight_of_all += weight;
    }
    check::fits("weighted mean", total / weight_of_all)
}

/// Sample standard deviation, with `n - 1` in the denominator: the spread over seeds that the ICLR
/// 2021 paper prints behind its means.
///
/// # Errors
/// [`StatsError::TooFew`] for fewer than 2 values, [`StatsError::NotFinite`], [`StatsError::Overflow`].
pub fn standard_deviation(values: &[f64]) -> Result<f64, StatsError> {
    check::at_least(2, "values", values)?;
    let scaled = Scaled::of(values);
    check::fits("standard deviation", scaled.restored(scaled_deviation(&scaled)))
}

/// The value below which `percent` per cent of the values lie, with linear interpolation between the
/// two nearest: position `percent / 100 * (n - 1)` in ascending order, counted from 0. This is NumPy's
/// default, which the released code uses to threshold saliency maps.
///
/// # Errors
/// [`StatsError::OutOfRange`] unless `percent` lies in `[0, 100]`, [`StatsError::TooFew`] for no
/// values, [`StatsError::NotFinite`].
pub fn percentile(values: &[f64], percent: f64) -> Result<f64, StatsError> {
    if !(0.0..=100.0).contains(&percent) {
        return Err(StatsError::OutOfRange { field: "percent", found: percent, expected: "within [0, 100]" });
    }
    check::at_least(1, "values", values)?;
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    Ok(sorted_percentile(&sorted, percent))
}

pub(crate) fn sorted_percentile(sorted: &[f64], percent: f64) -> f64 {
    let position = percent / 100.0 * (sorted.len() as f64 - 1.0);
    let low = sorted[position.floor() as usize];
    let high = sorted[position.ceil() as usize];
    let share = position.fract();
    if !(high - low).is_finite() {
        // The two lie so far apart that their distance is beyond the range.
        return low * (1.0 - share) + high * share;
    }
    // Starting from the nearer end keeps the result between the two in floating point.
    if share < 0.5 { low + (high - low) * share } else { high - (high - low) * (1.0 - share) }
}

/// The sample standard deviation of scaled values, in their scale.
pub(crate) fn scaled_deviation(scaled: &Scaled) -> f64 {
    (scaled.squared_deviations() / (scaled.values().len() as f64 - 1.0)).sqrt()
}
