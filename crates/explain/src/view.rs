//! From a map's values to one number a pixel, and from these to colours over the image.

use herring_report::colormap;
use herring_saliency::{Cut, SaliencyError, evidence};
use image::{ExtendedColorType, ImageEncoder, ImageError, codecs::png::PngEncoder};
use std::{fmt, str::FromStr};

/// What of a map's signed values is shown and scored; channels are summed first, as Captum's `visualize_image_attr` does it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// The absolute value.
    Absolute,
    /// The positive part, evidence for the class.
    Positive,
    /// Both signs: shown in two colours. Overlaps take the absolute value, orders of pixels the signed one.
    Signed,
}

impl Sign {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Absolute, Self::Positive, Self::Signed];

    /// Its name: what [`FromStr`] reads.
    pub fn name(self) -> &'static str {
        match self {
            Self::Absolute => "absolute",
            Self::Positive => "positive",
            Self::Signed => "signed",
        }
    }

    /// One number a pixel from a map `[channels, pixels]`.
    pub(crate) fn of(self, map: &[f32], pixels: usize) -> Vec<f32> {
        let sum = |pixel: usize| map.iter().skip(pixel).step_by(pixels).sum::<f32>();
        let change = |value: f32| match self {
            Self::Absolute => value.abs(),
            Self::Positive => value.max(0.0),
            Self::Signed => value,
        };
        (0..pixels).map(|pixel| change(sum(pixel))).collect()
    }
}

impl fmt::Display for Sign {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for Sign {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let names = Self::ALL.map(Self::name).join(", ");
        Self::ALL.into_iter().find(|sign| sign.name() == name).ok_or_else(|| format!("expected one of {names}"))
    }
}

/// Share of the pixels of a map of gradients whose values are beyond the end of the colours; few very large ones would leave all
/// others dark.
const OUTLIERS: f64 = 0.01;

/// The colours of an image under its map: `top` leaves all but that share of the pixels as they are.
///
/// # Errors
/// A value is not finite.
pub(crate) fn overlay(
    shown: &[[u8; 3]],
    values: &[f32],
    sign: Sign,
    top: Option<f64>,
    clipped: bool,
) -> Result<Vec<[u8; 3]>, SaliencyError> {
    let sizes: Vec<f32> = values.iter().map(|value| value.abs()).collect();
    let kept = match top {
        Some(share) => evidence(&sizes, Cut::Quantile(1.0 - share))?,
        None => vec![true; sizes.len()],
    };
    let end = end(&sizes, clipped);
    let colour = |((below, value), kept): ((&[u8; 3], &f32), &bool)| {
        let share = (f64::from(value.abs()) / end).min(1.0);
        if !kept || share <= 0.0 {
            return *below;
        }
        let above = match sign {
            Sign::Signed => colormap::diverging(share.copysign(f64::from(*value))),
            Sign::Absolute | Sign::Positive => colormap::colour(share),
        };
        // The image remains visible under faint values.
        let cover = 0.85 * share.powf(0.7);
        let mix = |part: usize| cover * f64::from(above[part]) + (1.0 - cover) * f64::from(below[part]);
        [0, 1, 2].map(|part| mix(part).round() as u8)
    };
    Ok(shown.iter().zip(values).zip(&kept).map(colour).collect())
}

/// The value at the end of the colours.
fn end(sizes: &[f32], clipped: bool) -> f64 {
    let most = sizes.iter().copied().fold(0.0, f32::max);
    let end = if clipped {
        let mut sorted = sizes.to_vec();
        let place = ((sorted.len() as f64 * (1.0 - OUTLIERS)) as usize).min(sorted.len().saturating_sub(1));
        if sorted.is_empty() { 0.0 } else { *sorted.select_nth_unstable_by(place, f32::total_cmp).1 }
    } else {
        most
    };
    // Where nearly all values are 0, so is that of the outliers.
    f64::from(if end > 0.0 { end } else { most }).max(f64::MIN_POSITIVE)
}

/// A PNG of the colours, `[height, width]`.
///
/// # Errors
/// The size is none that PNG knows.
pub(crate) fn png(colours: &[[u8; 3]], [height, width]: [usize; 2]) -> Result<Vec<u8>, ImageError> {
    let mut bytes = Vec::new();
    let encoder = PngEncoder::new(&mut bytes);
    encoder.write_image(colours.as_flattened(), width as u32, height as u32, ExtendedColorType::Rgb8)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_are_summed_before_the_sign_is_taken() {
        let map = [1.0, -3.0, 2.0, 1.0];
        assert_eq!(Sign::Signed.of(&map, 2), [3.0, -2.0]);
        assert_eq!(Sign::Absolute.of(&map, 2), [3.0, 2.0]);
        assert_eq!(Sign::Positive.of(&map, 2), [3.0, 0.0]);
        assert!(Sign::ALL.iter().all(|sign| sign.name().parse() == Ok(*sign)));
    }

    #[test]
    fn only_the_top_share_is_covered() {
        let shown = [[10, 20, 30]; 4];
        let colours = overlay(&shown, &[4.0, 3.0, 2.0, 1.0], Sign::Absolute, Some(0.5), false).unwrap();
        assert!(colours[0] != shown[0] && colours[1] != shown[1] && colours[2..] == shown[2..]);
        assert_eq!(overlay(&shown, &[0.0; 4], Sign::Absolute, None, true).unwrap(), shown);
        assert!(overlay(&shown, &[f32::NAN; 4], Sign::Absolute, Some(0.5), true).is_err());
    }

    #[test]
    fn signs_have_colours_of_their_own() {
        let colours = overlay(&[[128; 3]; 2], &[1.0, -1.0], Sign::Signed, None, false).unwrap();
        assert!(colours[0][0] > colours[0][2] && colours[1][2] > colours[1][0], "{colours:?}");
    }

    #[test]
    fn outliers_do_not_darken_the_rest() {
        let mut sizes = vec![1.0; 1000];
        sizes[7] = 500.0;
        assert_eq!((end(&sizes, true), end(&sizes, false)), (1.0, 500.0));
        sizes.fill(0.0);
        sizes[7] = 5.0;
        assert_eq!(end(&sizes, true), 5.0);
    }
}
