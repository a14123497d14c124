//! From a trial's values to the run that tries them.

use herring_protocol::RunSpec;

/// `spec` with hyper-parameters exchanged, by the names of `search.toml`. A name that the method has no
/// place for is given back as the error.
pub(crate) fn with_values(spec: &RunSpec, values: &[(String, f64)]) -> Result<RunSpec, String> {
    let mut spec = spec.clone();
    for (name, value) in values {
        match (name.as_str(), spec.discriminator.as_mut()) {
            ("learning_rate", _) => spec.training.learning_rate = *value,
            ("penalty_weight", _) => spec.training.penalty_weight = *value,
            ("dilation_sigma", _) => spec.data.dilation_sigma = *value,
            ("discriminator.learning_rate", Some(discriminator)) => discriminator.learning_rate = *value,
            // Integer dimensions have whole values.
            ("discriminator.every", Some(discriminator)) => discriminator.every = *value as usize,
            _ => return Err(name.clone()),
        }
    }
    Ok(spec)
}
