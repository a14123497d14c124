//! What of an image and of its map is scored and shown, by the channels that the image has.
//!
//! Images in colour are shown in colour, before they were normalised, and a map has the sum of its channels' magnitudes at
//! each pixel. Of images whose channels are equal but for their normalisation (grey images for networks that want three) the
//! first channel is taken, which is what tap2024's released code scores.

use crate::annotations::magnitudes;
use herring_protocol::{ChannelsName, DataSpec, ImagesSpec, Statistics};

/// How images are shown and maps are reduced to a value a pixel.
#[derive(Debug, Clone)]
pub(crate) struct Pictured {
    /// Channels that are shown: 3 of images in colour, else 1.
    channels: usize,
    normalisation: Option<Statistics>,
}

impl Pictured {
    /// For the images of a specification.
    pub(crate) fn of(data: &DataSpec) -> Self {
        let DataSpec::Images(ImagesSpec { channels, normalisation, .. }) = data else {
            return Self { channels: 1, normalisation: None };
        };
        let normalisation = normalisation.as_ref().map(|normalisation| normalisation.statistics());
        Self { channels: if *channels == ChannelsName::Colour { 3 } else { 1 }, normalisation }
    }

    /// Channels that are shown.
    pub(crate) fn channels(&self) -> usize {
        self.channels
    }

    /// Of the values of an image, `[channels, height, width]`, those that are shown.
    pub(crate) fn image(&self, values: &[f32], pixels: usize) -> Vec<f32> {
        let mut shown = values[..self.channels * pixels].to_vec();
        if let Some(Statistics { mean, deviation }) = &self.normalisation {
            for ((values, mean), deviation) in shown.chunks_exact_mut(pixels).zip(mean).zip(deviation) {
                values.iter_mut().for_each(|value| *value = (f64::from(*value) * deviation + mean) as f32);
            }
        }
        shown
    }

    /// The value of each pixel in a map, `[channels, height, width]`.
    pub(crate) fn map(&self, values: &[f32], pixels: usize) -> Vec<f32> {
        if self.channels == 1 || values.len() == pixels {
            return values[..pixels].to_vec();
        }
        magnitudes(values, pixels)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_shown_as_they_were_and_maps_are_sums_of_magnitudes() {
        let normalisation = Statistics { mean: vec![0.5, 0.25, 0.0], deviation: vec![0.5, 0.25, 2.0] };
        let colours = Pictured { channels: 3, normalisation: Some(normalisation) };
        let normalised = [0.0, 1.0, -1.0, 1.0, 0.25, 0.5];
        assert_eq!(colours.image(&normalised, 2), [0.5, 1.0, 0.0, 0.5, 0.5, 1.0]);
        assert_eq!(colours.map(&[1.0, -2.0, -3.0, 0.5, 0.0, 1.0], 2), [4.0, 3.5]);
        assert_eq!(colours.map(&[-1.0, 2.0], 2), [-1.0, 2.0], "a map of one channel keeps its signs");
        let grey = Pictured { channels: 1, normalisation: None };
        assert_eq!(grey.image(&normalised, 2), [0.0, 1.0]);
        assert_eq!(grey.map(&[1.0, -2.0, -3.0, 0.5], 2), [1.0, -2.0]);
    }
}
