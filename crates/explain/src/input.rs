//! From the file of an image to the input of a network, to the picture that is shown, and to the mask that lies over it.

use herring_datasets::Region;
use herring_pixels::{
    Channels, Crop, Limits, MaskSettings, Monochrome1, Picture, PixelError, Preparation, Range, Resize, decode, mask,
    prepare,
};
use herring_saliency::Baseline;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// How images are prepared, as torchvision's presets do it: the square in the middle is resized, its middle is cut out, and the
/// channels are normalised as `(value - mean) / deviation`.
///
/// torchvision resizes the whole image and cuts the square out then, which gives the same pixels but for those at the borders of
/// images that are not square.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Input {
    /// Channels of the network's images: 1 or 3.
    pub channels: usize,
    /// What is cut out of the image before it is resized.
    pub crop: Crop,
    /// How it is resized.
    pub resampling: Resize,
    /// Rows and columns that the cut is resized to, in pixels; at least those of `size`. With `None`, images have the size already
    /// and nothing is cut or resized.
    pub resize: Option<usize>,
    /// Rows and columns of the network's images, in pixels.
    pub size: [usize; 2],
    /// The range of the values before they are normalised.
    pub range: Range,
    /// The stored value that is white, at least 1; with `None`, the greatest that the depth of a file holds.
    pub maximum: Option<u32>,
    /// What is subtracted, a number for each channel.
    pub mean: Vec<f32>,
    /// What that is divided by, a number for each channel.
    pub deviation: Vec<f32>,
}

/// A prepared image.
#[derive(Debug, Clone)]
pub(crate) struct Ready {
    /// `[channels, height, width]`, normalised.
    pub(crate) values: Vec<f32>,
    /// Colours of the same pixels, `[height, width]`.
    pub(crate) shown: Vec<[u8; 3]>,
    /// The mask, `[height, width]`, values in `[0, 1]`.
    pub(crate) mask: Option<Vec<f32>>,
}

impl Input {
    /// For networks that torchvision has trained on ImageNet.
    pub fn imagenet() -> Self {
        Self {
            channels: 3,
            crop: Crop::Center,
            resampling: Resize::Pillow,
            resize: Some(256),
            size: [224; 2],
            range: Range::Unit,
            maximum: None,
            mean: vec![0.485, 0.456, 0.406],
            deviation: vec![0.229, 0.224, 0.225],
        }
    }

    /// Images of one channel, from 0 to 1: resized to a square, or of rows and columns that they have already.
    pub fn grey(size: [usize; 2]) -> Self {
        let (mean, deviation) = (vec![0.0], vec![1.0]);
        let resize = (size[0] == size[1]).then_some(size[0]);
        Self { channels: 1, resize, size, mean, deviation, ..Self::imagenet() }
    }

    /// The value of a black pixel in each channel, for baselines.
    pub fn black(&self) -> Vec<f32> {
        let black = match self.range {
            Range::Unit => 0.0,
            Range::Xray => -1024.0,
        };
        self.mean.iter().zip(&self.deviation).map(|(mean, deviation)| (black - mean) / deviation).collect()
    }

    /// The baseline of black pixels.
    pub fn black_baseline(&self) -> Baseline {
        match self.black()[..] {
            [red, green, blue] => Baseline::Colour([red, green, blue]),
            [grey] => Baseline::Value(grey),
            _ => Baseline::Zero,
        }
    }

    /// Checks the numbers.
    ///
    /// # Errors
    /// The first one that cannot be, as a line.
    pub fn check(&self) -> Result<(), String> {
        if ![1, 3].contains(&self.channels) {
            return Err(format!("found a network for images of {} channels, expected 1 or 3", self.channels));
        }
        for (field, values) in [("mean", &self.mean), ("std", &self.deviation)] {
            if values.len() != self.channels {
                return Err(format!(
                    "{field}: found {} numbers, expected {}, one a channel",
                    values.len(),
                    self.channels
                ));
            }
        }
        if !self.mean.iter().chain(&self.deviation).all(|value| value.is_finite()) || self.deviation.contains(&0.0) {
            return Err("mean and std: found a number that is not finite or a std of 0, expected other ones".to_owned());
        }
        if self.maximum == Some(0) {
            return Err("maximum: found 0, expected the stored value that is white, at least 1".to_owned());
        }
        let [height, width] = self.size;
        match self.resize {
            _ if height == 0 || width == 0 => Err(format!("size: found {height} x {width}, expected at least 1 pixel")),
            Some(resize) if resize < height.max(width) => Err(format!(
                "size: found {height} x {width}, expected at most {resize} pixels, to which images are resized"
            )),
            _ => Ok(()),
        }
    }

    fn preparation(&self, resize: usize) -> Preparation {
        Preparation {
            range: self.range,
            maximum: self.maximum,
            crop: self.crop,
            resize: self.resampling,
            monochrome1: Monochrome1::Inverted,
            ..Preparation::xray(resize)
        }
    }

    /// Reads and prepares an image and its mask.
    pub(crate) fn read(&self, path: &Path, mask_path: Option<&Path>) -> Result<Ready, String> {
        let bytes = std::fs::read(path).map_err(|error| error.to_string())?;
        let picture = decode(&bytes, &Limits::default()).map_err(|error| error.to_string())?;
        let planes = match self.resize {
            Some(resize) => {
                let planes = self.planes(&picture, resize).map_err(|error| error.to_string())?;
                planes.iter().map(|plane| self.middle(plane, resize)).collect()
            }
            None => self.unchanged(&picture)?,
        };
        let mask = match mask_path {
            None => None,
            Some(path) => {
                Some(self.mask(path, &picture).map_err(|error| format!("its mask {}: {error}", path.display()))?)
            }
        };
        let [low, span] = self.span();
        let byte = |value: f32| ((f64::from(value) - low) / span * 255.0).round().clamp(0.0, 255.0) as u8;
        let colour = |pixel: usize| [0, 1, 2].map(|channel: usize| byte(planes[channel.min(planes.len() - 1)][pixel]));
        let shown = (0..self.size[0] * self.size[1]).map(colour).collect();
        let normalised = planes
            .iter()
            .zip(self.mean.iter().zip(&self.deviation))
            .flat_map(|(plane, (mean, deviation))| plane.iter().map(move |value| (value - mean) / deviation));
        Ok(Ready { values: normalised.collect(), shown, mask })
    }

    /// The planes of an image, `[resize, resize]` each, not yet normalised: its luminance, or red, green and blue, of which a
    /// grey image has equal ones.
    fn planes(&self, picture: &Picture, resize: usize) -> Result<Vec<Vec<f32>>, PixelError> {
        let channels = if self.channels == 1 { Channels::Luminance } else { Channels::Colour };
        let image = prepare(picture, &Preparation { channels, ..self.preparation(resize) })?;
        Ok(image.values().chunks_exact(resize * resize).map(<[f32]>::to_vec).collect())
    }

    /// The planes of an image that has the size already, not yet normalised.
    fn unchanged(&self, picture: &Picture) -> Result<Vec<Vec<f32>>, String> {
        let [height, width] = self.size;
        if [picture.height(), picture.width()] != self.size {
            return Err(format!(
                "found {} x {} pixels (height x width), expected {height} x {width} as the network has it",
                picture.height(),
                picture.width()
            ));
        }
        let [low, span] = self.span();
        let white = self.maximum.map_or(f64::from(picture.maximum()), f64::from);
        let value = |place: usize, channel: usize| {
            let channel = if picture.channels() < 3 { 0 } else { channel };
            let stored = picture.get(place / width, place % width, channel).unwrap_or(0);
            (low + span * f64::from(stored) / white) as f32
        };
        Ok((0..self.channels).map(|channel| (0..height * width).map(|place| value(place, channel)).collect()).collect())
    }

    /// The least value of the range, and the range's length.
    fn span(&self) -> [f64; 2] {
        match self.range {
            Range::Unit => [0.0, 1.0],
            Range::Xray => [-1024.0, 2048.0],
        }
    }

    /// The middle of a plane of `[resize, resize]`; its first row is torchvision's, `round((resize - height) / 2)`.
    fn middle(&self, plane: &[f32], resize: usize) -> Vec<f32> {
        let [top, left] = self.size.map(|length| ((resize - length) as f64 / 2.0).round_ties_even() as usize);
        let rows = plane.chunks_exact(resize).skip(top).take(self.size[0]);
        rows.flat_map(|row| row[left..left + self.size[1]].iter().copied()).collect()
    }

    fn mask(&self, path: &Path, picture: &Picture) -> Result<Vec<f32>, String> {
        let bytes = std::fs::read(path).map_err(|error| error.to_string())?;
        let region = Region::File(PathBuf::from(path));
        let settings = MaskSettings::default();
        let of = |preparation: &Preparation| {
            mask(&region, &picture.info(), preparation, Some(&bytes), &settings).map_err(|error| error.to_string())
        };
        match self.resize {
            Some(resize) => Ok(self.middle(of(&self.preparation(resize))?.values(), resize)),
            None => mask_of_size(&bytes, self.size),
        }
    }
}

/// The pixels of a mask file of that size: half of its range or more is inside.
fn mask_of_size(bytes: &[u8], size: [usize; 2]) -> Result<Vec<f32>, String> {
    let picture = decode(bytes, &Limits::default()).map_err(|error| error.to_string())?;
    let found = [picture.height(), picture.width()];
    if found != size {
        return Err(format!("found {} x {} pixels, expected {} x {}", found[0], found[1], size[0], size[1]));
    }
    let inside =
        |row: usize, column: usize| picture.get(row, column, 0).is_some_and(|value| 2 * value >= picture.maximum());
    Ok((0..size[0] * size[1]).map(|place| f32::from(inside(place / size[1], place % size[1]))).collect())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that fails here says where")]

    use super::*;

    #[test]
    fn numbers_that_cannot_be_are_named() {
        assert_eq!(Input::imagenet().check(), Ok(()));
        let wrong = |input: Input| input.check().unwrap_err();
        assert!(wrong(Input { mean: vec![0.5], ..Input::imagenet() }).starts_with("mean: found 1 numbers, expected 3"));
        assert!(
            wrong(Input { size: [300, 9], ..Input::imagenet() })
                .starts_with("size: found 300 x 9, expected at most 256")
        );
        assert!(wrong(Input { deviation: vec![0.0], ..Input::grey([8; 2]) }).contains("a std of 0"));
        assert!(wrong(Input { channels: 2, ..Input::imagenet() }).contains("2 channels"));
    }

    #[test]
    fn black_is_what_a_black_pixel_becomes() {
        assert_eq!(Input::grey([8; 2]).black(), [0.0]);
        let black = Input::imagenet().black();
        assert!((black[0] + 0.485 / 0.229).abs() < 1e-6 && black.len() == 3);
        assert_eq!(Input { range: Range::Xray, ..Input::grey([8; 2]) }.black(), [-1024.0]);
    }

    /// Twelve bits in files of sixteen: whether images are resized or have their size already.
    #[test]
    fn a_given_maximum_is_white() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("twelve-bits.png");
        image::ImageBuffer::from_pixel(4, 4, image::Luma([4095u16])).save(&path).unwrap();
        for (resize, size) in [(Some(4), [4, 4]), (Some(4), [2, 2]), (None, [4, 4])] {
            let input = |maximum| Input { resize, size, maximum, ..Input::grey([4; 2]) };
            let values = |maximum| input(maximum).read(&path, None).unwrap().values;
            assert_eq!(values(Some(4095)), vec![1.0; size[0] * size[1]]);
            assert!(values(None).iter().all(|value| (value - 4095.0 / 65535.0).abs() < 1e-6));
        }
        assert!(Input { maximum: Some(0), ..Input::grey([4; 2]) }.check().unwrap_err().starts_with("maximum: found 0"));
    }

    #[test]
    fn the_middle_is_cut_out_as_torchvision_does() {
        let plane: Vec<f32> = (0..25).map(|value| value as f32).collect();
        let input = Input { size: [2, 2], ..Input::grey([5; 2]) };
        // center_crop begins at int(round(1.5)) = 2.
        assert_eq!(input.middle(&plane, 5), [12.0, 13.0, 17.0, 18.0]);
    }
}
