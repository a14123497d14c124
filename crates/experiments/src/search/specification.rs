//! From a trial's values to the run that tries them.

use herring_protocol::{DataSpec, RunSpec};

/// `spec` with hyper-parameters exchanged, by the names of a search's file. A name that the method has no
/// place for is given back as the error.
pub(crate) fn with_values(spec: &RunSpec, values: &[(String, f64)]) -> Result<RunSpec, String> {
    let mut spec = spec.clone();
    for (name, value) in values {
        match (name.as_str(), spec.discriminator.as_mut()) {
            ("learning_rate", _) => spec.training.learning_rate = *value,
            ("penalty_weight", _) => spec.training.penalty_weight = *value,
            ("dilation_sigma", _) => match &mut spec.data {
                DataSpec::Crosses(crosses) => crosses.dilation_sigma = *value,
                DataSpec::Images(_) => return Err(name.clone()),
            },
            ("discriminator.learning_rate", Some(discriminator)) => discriminator.learning_rate = *value,
            // Integer dimensions have whole values.
            ("discriminator.every", Some(discriminator)) => discriminator.every = *value as usize,
            _ => return Err(name.clone()),
        }
    }
    Ok(spec)
}
