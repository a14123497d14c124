//! How large a reproduction is.

use super::{ConfigError, text::Text};
use herring_protocol::{AttributionSpec, Variant};
use serde::{Deserialize, Serialize};
use std::{fmt, ops::Range, str::FromStr};
use toml::Spanned;

/// How much of the paper's setting a reproduction spends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scale {
    /// Everything runs once, in under a minute; the numbers mean nothing.
    Smoke,
    /// The qualitative findings, in minutes on two processor cores.
    Quick,
    /// The paper's own setting.
    Paper,
}

/// The name of no scale.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown scale '{found}': expected one of smoke, quick, paper")]
pub struct UnknownScale {
    /// The name that was given.
    pub found: String,
}

impl Scale {
    /// Every scale, from small to large.
    pub const ALL: [Self; 3] = [Self::Smoke, Self::Quick, Self::Paper];

    /// The name on the command line, in files and in folders.
    pub fn name(self) -> &'static str {
        match self {
            Self::Smoke => "smoke",
            Self::Quick => "quick",
            Self::Paper => "paper",
        }
    }
}

impl fmt::Display for Scale {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

impl FromStr for Scale {
    type Err = UnknownScale;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|scale| scale.name() == text).ok_or_else(|| UnknownScale { found: text.to_owned() })
    }
}

/// What the verdicts of a table may claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Judgement {
    /// Compare with the paper's numbers.
    Paper,
    /// Ask whether the paper's qualitative findings are seen; the numbers are not comparable.
    Findings,
    /// Claim nothing.
    None,
}

/// One scale in full: what all rows share.
#[derive(Debug, Clone, PartialEq)]
pub struct Setting {
    /// Seeds, all different.
    pub seeds: Vec<u32>,
    /// Which images.
    pub data: DataSetting,
    /// Fraction of training masks that are kept, in `[0, 1]`.
    pub mask_fraction: f64,
    /// Depth of the ResNet: 18 or 34.
    pub depth: usize,
    /// Channels of its first stage.
    pub width: usize,
    /// Passes over the training images.
    pub epochs: usize,
    /// Images a step.
    pub batch_size: usize,
    /// The first epoch that may be selected, at most `epochs`.
    pub burn_in: usize,
    /// Epochs without improvement after which a run ends.
    pub patience: usize,
    /// Standard deviation of the Gaussian that smooths a saliency map, in pixels.
    pub smoothing_sigma: f64,
    /// That Gaussian's radius in standard deviations.
    pub smoothing_truncate: f64,
    /// Positive test images a run in the mean saliency map.
    pub picture_samples: usize,
    /// Attributions that are scored beside the input gradient.
    pub attributions: Vec<AttributionSpec>,
    /// At most so many images of each environment and class are scored by those.
    pub attribution_limit: Option<usize>,
    /// Units of the discriminator's hidden layers.
    pub discriminator_hidden: usize,
    /// What verdicts may claim.
    pub judgement: Judgement,
}

/// The images of a scale.
#[derive(Debug, Clone, PartialEq)]
pub enum DataSetting {
    /// Numbers of generated images, all even.
    Crosses {
        /// Training images.
        train: usize,
        /// Validation images.
        valid: usize,
        /// Test images.
        test: usize,
    },
    /// Sizes of images that were files.
    Images {
        /// Rows and columns in training and scoring, in the variant `released`.
        size: usize,
        /// The same in the variant `paper`.
        paper_size: usize,
        /// Rows and columns where saliency is computed.
        look_size: usize,
        /// At most so many images of each environment and class.
        cell_limit: Option<usize>,
        /// At most so many test images of each environment and class are looked at.
        look_limit: Option<usize>,
    },
}

/// Whether an experiment's images are generated or files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Crosses,
    Images,
}

/// A scale as written: only what differs from the paper's setting. The paper's setting as written:
/// everything but the judgement.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawSetting {
    seeds: Option<Spanned<Vec<Spanned<u32>>>>,
    train: Option<Spanned<usize>>,
    valid: Option<Spanned<usize>>,
    test: Option<Spanned<usize>>,
    size: Option<Spanned<usize>>,
    paper_size: Option<Spanned<usize>>,
    look_size: Option<Spanned<usize>>,
    cell_limit: Option<Spanned<usize>>,
    look_limit: Option<Spanned<usize>>,
    mask_fraction: Option<Spanned<f64>>,
    depth: Option<Spanned<usize>>,
    width: Option<Spanned<usize>>,
    epochs: Option<Spanned<usize>>,
    batch_size: Option<Spanned<usize>>,
    burn_in: Option<Spanned<usize>>,
    patience: Option<Spanned<usize>>,
    smoothing_sigma: Option<Spanned<f64>>,
    smoothing_truncate: Option<Spanned<f64>>,
    picture_samples: Option<Spanned<usize>>,
    integrated_gradients_steps: Option<Spanned<usize>>,
    occlusion_window: Option<Spanned<usize>>,
    attribution_limit: Option<Spanned<usize>>,
    discriminator_hidden: Option<Spanned<usize>>,
    judgement: Option<Judgement>,
}

/// The images that the authors' generator makes of each group.
const IMAGES_A_GROUP: usize = 512;

impl Setting {
    /// The setting `base` with what `scale` changes; both spans are those of the tables.
    pub(super) fn resolve(
        text: &Text,
        kind: Kind,
        base: &Spanned<RawSetting>,
        scale: &Spanned<RawSetting>,
    ) -> Result<Self, ConfigError> {
        let (over, under) = (scale.get_ref(), base.get_ref());
        /// The value of the scale or else of the setting; an error where neither has it.
        macro_rules! take {
            ($field:ident) => {
                over.$field
                    .as_ref()
                    .or(under.$field.as_ref())
                    .ok_or_else(|| missing(text, base.span(), stringify!($field)))?
            };
        }
        let size = |name: &str, value: &Spanned<usize>| {
            text.check(name, value, "an even number of images from 2 to 512", |size| {
                size % 2 == 0 && (2..=IMAGES_A_GROUP).contains(&size)
            })
        };
        let count = |name: &str, value: &Spanned<usize>| {
            text.check(name, value, "a number from 1 to 100000", |count| (1..=100_000).contains(&count))
        };
        /// The value of the scale or else of the setting, if either has it.
        macro_rules! maybe {
            ($field:ident) => {
                over.$field.as_ref().or(under.$field.as_ref())
            };
        }
        /// Refuses a value that the other kind of experiment has.
        macro_rules! foreign {
            ($expected:literal, $($field:ident),+) => {
                $(if let Some(value) = maybe!($field) {
                    return Err(text.invalid(value.span(), stringify!($field), value.get_ref(), $expected));
                })+
            };
        }
        let side = |name: &str, value: &Spanned<usize>| {
            text.check(name, value, "a number of pixels from 8 to 1024", |side| (8..=1024).contains(&side))
        };
        let limit = |name: &str, value: Option<&Spanned<usize>>| value.map(|value| count(name, value)).transpose();
        let (epochs, burn_in) = (take!(epochs), take!(burn_in));
        let picture_samples = take!(picture_samples);
        let data = match kind {
            Kind::Crosses => {
                foreign!("none: the crosses are generated", size, paper_size, look_size, cell_limit, look_limit);
                let (train, valid) = (size("train", take!(train))?, size("valid", take!(valid))?);
                DataSetting::Crosses { train, valid, test: size("test", take!(test))? }
            }
            Kind::Images => {
                foreign!("none: the table decides how many images there are", train, valid, test);
                let size = side("size", take!(size))?;
                DataSetting::Images {
                    size,
                    paper_size: maybe!(paper_size).map_or(Ok(size), |value| side("paper_size", value))?,
                    look_size: side("look_size", take!(look_size))?,
                    cell_limit: limit("cell_limit", maybe!(cell_limit))?,
                    look_limit: limit("look_limit", maybe!(look_limit))?,
                }
            }
        };
        let mut attributions = Vec::new();
        if let Some(steps) = maybe!(integrated_gradients_steps) {
            let steps =
                text.check("integrated_gradients_steps", steps, "a number of points from 1 to 1000", |steps| {
                    (1..=1000).contains(&steps)
                })?;
            attributions.push(AttributionSpec::IntegratedGradients { steps });
        }
        if let Some(window) = maybe!(occlusion_window) {
            let window = text.check("occlusion_window", window, "a number of pixels from 1 to 1024", |window| {
                (1..=1024).contains(&window)
            })?;
            attributions.push(AttributionSpec::Occlusion { window });
        }
        let resolved = Self {
            seeds: seeds(text, take!(seeds))?,
            data,
            attributions,
            attribution_limit: limit("attribution_limit", maybe!(attribution_limit))?,
            mask_fraction: text.check("mask_fraction", take!(mask_fraction), "a fraction from 0 to 1", |fraction| {
                (0.0..=1.0).contains(&fraction)
            })?,
            depth: text.check("depth", take!(depth), "18 or 34", |depth| depth == 18 || depth == 34)?,
            width: text.check("width", take!(width), "a number of channels from 1 to 1024", |width| {
                (1..=1024).contains(&width)
            })?,
            epochs: count("epochs", epochs)?,
            batch_size: count("batch_size", take!(batch_size))?,
            burn_in: count("burn_in", burn_in)?,
            patience: count("patience", take!(patience))?,
            smoothing_sigma: text.check(
                "smoothing_sigma",
                take!(smoothing_sigma),
                "a number of pixels from 0 to 28",
                |sigma| (0.0..=28.0).contains(&sigma),
            )?,
            smoothing_truncate: text.check(
                "smoothing_truncate",
                take!(smoothing_truncate),
                "a number of standard deviations above 0, at most 10",
                |truncate| truncate > 0.0 && truncate <= 10.0,
            )?,
            picture_samples: count("picture_samples", picture_samples)?,
            discriminator_hidden: count("discriminator_hidden", take!(discriminator_hidden))?,
            judgement: over.judgement.or(under.judgement).ok_or_else(|| {
                text.invalid(scale.span(), "judgement", "nothing", "\"paper\", \"findings\" or \"none\"")
            })?,
        };
        if resolved.burn_in > resolved.epochs {
            // Complain where the scale was written, if it wrote one of the two.
            let place = over.burn_in.as_ref().or(over.epochs.as_ref()).unwrap_or(burn_in);
            return Err(text.invalid(
                place.span(),
                "burn_in",
                format!("{} with {} epochs", resolved.burn_in, resolved.epochs),
                "an epoch that is reached",
            ));
        }
        let test = match resolved.data {
            DataSetting::Crosses { test, .. } => test,
            // How many there will be is not known yet; fewer are no contradiction.
            DataSetting::Images { .. } => usize::MAX,
        };
        if resolved.picture_samples > test / 2 {
            let place = over.picture_samples.as_ref().or(over.test.as_ref()).unwrap_or(picture_samples);
            return Err(text.invalid(
                place.span(),
                "picture_samples",
                format!("{} with {test} test images", resolved.picture_samples),
                "no more than the positive half of the test images",
            ));
        }
        Ok(resolved)
    }
}

/// The images of a scale in one variant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImageSizes {
    /// Rows and columns in training and scoring.
    pub size: usize,
    /// Rows and columns where saliency is computed.
    pub look_size: usize,
    /// At most so many images of each environment and class.
    pub cell_limit: Option<usize>,
    /// At most so many test images of each environment and class are looked at.
    pub look_limit: Option<usize>,
}

impl Setting {
    /// The images in a variant, if they are files.
    pub fn images_in(&self, variant: Variant) -> Option<ImageSizes> {
        match self.data {
            DataSetting::Images { look_size, cell_limit, look_limit, .. } => {
                let size = self.size_in(variant);
                // One size for both, as the paper's text has it.
                let look_size = if variant == Variant::Paper { size } else { look_size };
                Some(ImageSizes { size, look_size, cell_limit, look_limit })
            }
            DataSetting::Crosses { .. } => None,
        }
    }

    /// Rows and columns of the images in training and scoring, in a variant; 28 for the crosses.
    pub fn size_in(&self, variant: Variant) -> usize {
        match (&self.data, variant) {
            (DataSetting::Images { size, .. }, Variant::Released) => *size,
            (DataSetting::Images { paper_size, .. }, Variant::Paper) => *paper_size,
            (DataSetting::Crosses { .. }, _) => 28,
        }
    }
}

fn seeds(text: &Text, seeds: &Spanned<Vec<Spanned<u32>>>) -> Result<Vec<u32>, ConfigError> {
    let mut seen = Vec::new();
    for seed in seeds.get_ref() {
        if seen.contains(seed.get_ref()) {
            return Err(text.invalid(
                seed.span(),
                "seeds",
                format!("{} twice", seed.get_ref()),
                "seeds that are all different",
            ));
        }
        seen.push(*seed.get_ref());
    }
    if seen.is_empty() {
        return Err(text.invalid(seeds.span(), "seeds", "none", "at least one seed"));
    }
    Ok(seen)
}

fn missing(text: &Text, span: Range<usize>, field: &str) -> ConfigError {
    text.invalid(span, field, "nothing", "a value here or in every scale")
}
