//! What is asked of a network: methods, target, checks, and what is written.

use crate::{error::ExplainError, view::Sign};
use herring_saliency::{Attribution, Baseline};

/// The class that is explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TargetClass {
    /// The one that the network predicts for the image.
    Predicted,
    /// The same for all images.
    Class(usize),
}

/// All that decides what is made of the images, beside the network and its input.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// The methods, each at most once.
    pub methods: Vec<Attribution>,
    /// The class whose logit is explained.
    pub target: TargetClass,
    /// What of the signed values is shown and scored.
    pub sign: Sign,
    /// The share of the pixels, those of the largest values, that overlays show, in `(0, 1]`; `None` shows all.
    pub top_share: Option<f64>,
    /// Images that go through the network at once, at least 1.
    pub batch: usize,
    /// Steps of the deletion and insertion curves; `None` for no curves. Pixels are deleted to `deleted`, and inserted into the
    /// blurred image.
    pub curve_steps: Option<usize>,
    /// What deleted pixels become.
    pub deleted: Baseline,
    /// The number of images, the first ones, whose maps are compared with those of a network with fresh weights; 0 for none.
    pub randomised_images: usize,
    /// Stages in which the layers become fresh, from the last layer to all, at least 1.
    pub randomised_stages: usize,
    /// Seed of the fresh weights.
    pub seed: u64,
    /// Distance in pixels to the mask at which the largest value still counts as on it (pointing game).
    pub tolerance: usize,
    /// Images on the page, the first ones; the others are in the folder and in the tables.
    pub page_images: usize,
}

impl Settings {
    /// The settings for these methods: the predicted class, absolute values, 16 images at once, no checks beside completeness.
    pub fn new(methods: Vec<Attribution>) -> Self {
        Self {
            methods,
            target: TargetClass::Predicted,
            sign: Sign::Absolute,
            top_share: None,
            batch: 16,
            curve_steps: None,
            deleted: Baseline::Zero,
            randomised_images: 0,
            randomised_stages: 5,
            seed: 0,
            tolerance: 15,
            page_images: 50,
        }
    }

    /// Checks what can be checked without a network.
    ///
    /// # Errors
    /// The first setting that is out of range.
    pub fn check(&self) -> Result<(), ExplainError> {
        let wrong = |field, found: String, expected: &str| {
            Err(ExplainError::Setting { field, found, expected: expected.to_owned() })
        };
        if self.methods.is_empty() {
            return wrong("method", "none".to_owned(), "at least one");
        }
        for (place, method) in self.methods.iter().enumerate() {
            method.check()?;
            if self.methods[..place].iter().any(|other| other.name() == method.name()) {
                return wrong("method", format!("{method} twice"), "each at most once");
            }
        }
        if let Some(share) = self.top_share
            && !(share > 0.0 && share <= 1.0)
        {
            return wrong("top-share", share.to_string(), "a share above 0 and at most 1");
        }
        if self.batch == 0 {
            return wrong("batch", "0".to_owned(), "at least 1 image");
        }
        if self.curve_steps.is_some_and(|steps| !(1..=10_000).contains(&steps)) {
            return wrong("curves", self.curve_steps.unwrap_or(0).to_string(), "a number of steps from 1 to 10000");
        }
        if self.randomised_images > 0 && self.randomised_stages == 0 {
            return wrong("stages", "0".to_owned(), "at least 1");
        }
        self.deleted.check()?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_cannot_be_are_named() {
        let settings = Settings::new(vec![Attribution::Gradient]);
        assert!(settings.check().is_ok());
        let text = |settings: Settings| settings.check().unwrap_err().to_string();
        let twice = vec![Attribution::Gradient, Attribution::Gradient];
        assert_eq!(text(Settings::new(twice)), "method: found gradient twice, expected each at most once");
        assert_eq!(text(Settings::new(vec![])), "method: found none, expected at least one");
        let share = Settings { top_share: Some(1.5), ..settings.clone() };
        assert_eq!(text(share), "top-share: found 1.5, expected a share above 0 and at most 1");
        assert!(text(Settings { batch: 0, ..settings.clone() }).starts_with("batch: found 0"));
        assert!(text(Settings { curve_steps: Some(0), ..settings }).starts_with("curves: found 0"));
    }
}
