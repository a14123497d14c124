//! Errors of computing and scoring maps.

/// Why a map cannot be made or scored.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SaliencyError {
    /// A map or mask with another number of pixels than height times width.
    #[error("{what} has {found} pixels, expected {expected}")]
    Size {
        /// `map`, `mask` or `noise`.
        what: &'static str,
        /// Its pixels.
        found: usize,
        /// Height times width.
        expected: usize,
    },
    /// An invalid smoothing.
    #[error("smoothing.{field}: found {found}, expected {expected}")]
    Smoothing {
        /// `sigma` or `truncate`.
        field: &'static str,
        /// Its value.
        found: f64,
        /// What it may be.
        expected: &'static str,
    },
    /// A value that is not a number, or a mask outside `[0, 1]`.
    #[error("{what} holds {found} at pixel {pixel}, expected {expected}")]
    Value {
        /// `map` or `mask`.
        what: &'static str,
        /// The value.
        found: f64,
        /// Its index, row by row.
        pixel: usize,
        /// What it may be.
        expected: &'static str,
    },
    /// An invalid setting of an attribution.
    #[error("{field}: found {found}, expected {expected}")]
    Setting {
        /// `integrated_gradients.steps`, `occlusion.window`, `smoothgrad.samples`, `batch`, ...
        field: &'static str,
        /// Its value.
        found: usize,
        /// What it may be.
        expected: &'static str,
    },
    /// An invalid setting that is a number of any kind.
    #[error("{field}: found {found}, expected {expected}")]
    Number {
        /// `baseline`, `baseline.sigma`, `smoothgrad.deviation`, ...
        field: &'static str,
        /// Its value.
        found: f64,
        /// What it may be.
        expected: &'static str,
    },
    /// A freshly initialised model that is not of the kind of the trained one.
    #[error("the fresh model: found {found}, expected the tensors of the trained one")]
    Fresh {
        /// What does not fit.
        found: String,
    },
    /// A name of no attribution.
    #[error("found '{found}', expected one of {}", crate::Attribution::NAMES.join(", "))]
    Unknown {
        /// The name.
        found: String,
    },
    /// A window larger than the images.
    #[error("occlusion.window: found {window}, expected at most the images' {height} rows and {width} columns")]
    Window {
        /// Rows and columns of the window.
        window: usize,
        /// Rows of the images.
        height: usize,
        /// Columns of the images.
        width: usize,
    },
    /// Another number of classes to attribute to than of images.
    #[error("target: found classes for {found} images, expected {expected}")]
    Targets {
        /// Classes that are given.
        found: usize,
        /// Images.
        expected: usize,
    },
    /// A class that the model does not have.
    #[error("target of image {image}: found class {class}, expected less than the model's {classes} classes")]
    Class {
        /// Index of the image in the batch.
        image: usize,
        /// The class that is asked for.
        class: usize,
        /// Classes of the model.
        classes: usize,
    },
    /// A tap that the model does not show.
    #[error("tap: found {}, expected {}", place(*.tap), those(*.taps))]
    Tap {
        /// The place that is asked for, from 0; `None` is the last one.
        tap: Option<usize>,
        /// How many taps the model shows.
        taps: usize,
    },
    /// An attribution of another shape than the images.
    #[error("attribution: found the shape {found:?}, expected the images' {expected:?}")]
    Shape {
        /// Its shape.
        found: [usize; 4],
        /// `[batch, channels, height, width]` of the images.
        expected: [usize; 4],
    },
}

fn place(tap: Option<usize>) -> String {
    tap.map_or_else(|| "the last one".to_owned(), |tap| tap.to_string())
}

fn those(taps: usize) -> String {
    match taps {
        0 => "a model that shows its activations: this one has no taps".to_owned(),
        taps => format!("one of the model's {taps} taps, from 0"),
    }
}

pub(crate) fn check(what: &'static str, values: &[f32], expected: usize) -> Result<(), SaliencyError> {
    if values.len() != expected {
        return Err(SaliencyError::Size { what, found: values.len(), expected });
    }
    match values.iter().position(|value| !value.is_finite()) {
        Some(pixel) => {
            Err(SaliencyError::Value { what, found: f64::from(values[pixel]), pixel, expected: "a finite number" })
        }
        None => Ok(()),
    }
}

pub(crate) fn check_mask(mask: &[f32], expected: usize) -> Result<(), SaliencyError> {
    check("mask", mask, expected)?;
    match mask.iter().position(|value| !(0.0..=1.0).contains(value)) {
        Some(pixel) => Err(SaliencyError::Value {
            what: "mask",
            found: f64::from(mask[pixel]),
            pixel,
            expected: "a value within [0, 1]",
        }),
        None => Ok(()),
    }
}
