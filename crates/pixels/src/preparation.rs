//! How a picture is prepared, as plain settings.

use serde::{Deserialize, Serialize};

use crate::PixelError;

/// The version of decoding and preparation. It is a part of [`Preparation::key`] and is raised with every
/// change that alters a pixel.
pub const FORMAT: u32 = 1;

const LARGEST_SIZE: usize = 1 << 14;

/// How a picture becomes an image for a model: its values are scaled, a square is cut out, and that is
/// resized, in this order, which is that of the released code (ICLR 2021, appendix on data; protocol of the
/// chest X-rays). Nothing else is done: no window, no equalisation, no other normalisation.
///
/// As JSON it holds every field, in the order below. See [`Preparation::key`] for use in a cache.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preparation {
    /// The range of the result.
    pub range: Range,
    /// The value that becomes the upper end of the range: 255 for NIH and RSNA, 65535 for PadChest. With
    /// `null` it is the picture's own ([`crate::Picture::maximum`]). A picture with a larger value is refused,
    /// as torchxrayvision refuses it.
    pub maximum: Option<u32>,
    /// Bits a value must have; another picture is refused. `null` takes any.
    pub bits: Option<u32>,
    /// How a DICOM picture is handled in which high values are dark.
    pub monochrome1: Monochrome1,
    /// Whether slope and intercept of a DICOM file are applied. torchxrayvision does not.
    pub rescale: bool,
    /// What is cut out.
    pub crop: Crop,
    /// How the size is changed.
    pub resize: Resize,
    /// Height and width of the result, in pixels.
    pub size: usize,
    /// Which channels the result has. Left out of the JSON at its default, so that older keys stay what they are.
    #[serde(default, skip_serializing_if = "Channels::is_default")]
    pub channels: Channels,
}

impl Preparation {
    /// As the released code prepares chest X-rays: [-1024, 1024], a square, scikit-image's resizing. Pictures
    /// of any depth are scaled by their own maximum.
    pub fn xray(size: usize) -> Self {
        Self {
            range: Range::Xray,
            maximum: None,
            bits: None,
            monochrome1: Monochrome1::Inverted,
            rescale: false,
            crop: Crop::Center,
            resize: Resize::Skimage,
            size,
            channels: Channels::First,
        }
    }

    /// As torchvision prepares photographs before it normalises them, but for the rounding to bytes: colours in [0, 1], the
    /// square in the middle, Pillow's bilinear resizing.
    pub fn photograph(size: usize) -> Self {
        Self { range: Range::Unit, resize: Resize::Pillow, channels: Channels::Colour, ..Self::xray(size) }
    }

    /// Checks that the types do not express.
    ///
    /// # Errors
    /// [`PixelError::Setting`] names the first field that cannot be used: a size of 0 or above 16384, a
    /// maximum of 0 or above 65535, bits outside 1 to 16, rescaling without a given maximum.
    pub fn check(&self) -> Result<(), PixelError> {
        if self.size == 0 || self.size > LARGEST_SIZE {
            return Err(PixelError::setting("size", self.size, format!("1 to {LARGEST_SIZE}")));
        }
        if let Some(maximum) = self.maximum
            && !(1..=65_535).contains(&maximum)
        {
            return Err(PixelError::setting("maximum", maximum, "1 to 65535"));
        }
        if let Some(bits) = self.bits
            && !(1..=16).contains(&bits)
        {
            return Err(PixelError::setting("bits", bits, "1 to 16"));
        }
        // Rescaled values have no maximum of their own: slope and intercept may be anything.
        if self.rescale && self.maximum.is_none() {
            return Err(PixelError::setting("maximum", "none, with rescale", "a number"));
        }
        Ok(())
    }

    /// A line of JSON in which two preparations are equal exactly if they give the same pixels by the same
    /// version of this crate: [`FORMAT`] and every field. It is this crate's part of a cache's key.
    ///
    /// ```
    /// use herring_pixels::Preparation;
    ///
    /// assert_eq!(
    ///     Preparation::xray(224).key()?,
    ///     r#"{"format":1,"preparation":{"range":"xray","maximum":null,"bits":null,"monochrome1":"inverted","rescale":false,"crop":"center","resize":"skimage","size":224}}"#,
    /// );
    /// # Ok::<(), herring_pixels::PixelError>(())
    /// ```
    ///
    /// # Errors
    /// [`PixelError::Setting`] as [`Self::check`], so that settings that prepare nothing get no key.
    pub fn key(&self) -> Result<String, PixelError> {
        // A structure, unlike a map, keeps its fields in order with any features of serde_json.
        #[derive(Serialize)]
        struct Key<'a> {
            format: u32,
            preparation: &'a Preparation,
        }
        self.check()?;
        let key = Key { format: FORMAT, preparation: self };
        serde_json::to_string(&key)
            .map_err(|error| PixelError::setting("preparation", error, "settings that have a JSON"))
    }
}

/// Which channels a prepared image has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Channels {
    /// One: the picture's first, whatever the others hold. What torchxrayvision takes of a colour picture.
    #[default]
    First,
    /// One: the luminance of a colour picture, as Pillow's `convert("L")` ([`crate::Picture::luminance`]).
    Luminance,
    /// Three: red, green and blue; of a grey picture three equal ones. Opacity is dropped.
    Colour,
}

impl Channels {
    /// How many there are.
    pub const fn count(self) -> usize {
        match self {
            Self::First | Self::Luminance => 1,
            Self::Colour => 3,
        }
    }

    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// The range of a prepared image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Range {
    /// `(2 value / maximum - 1) * 1024`: [-1024, 1024], torchxrayvision's.
    Xray,
    /// `value / maximum`: [0, 1].
    Unit,
}

/// How a picture is handled in which high values are dark (DICOM's MONOCHROME1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Monochrome1 {
    /// It is inverted, so that bones are bright in all pictures. The sensible default: a collection that mixes
    /// both kinds would hand a model the scanner as a shortcut.
    Inverted,
    /// It stays as stored, which is what pydicom's `pixel_array` gives and torchxrayvision uses.
    AsStored,
}

/// What is cut out before resizing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Crop {
    /// The square of the shorter side in the middle: the first row is `height / 2 - side / 2` in integers, the
    /// first column likewise, as in torchxrayvision's `XRayCenterCrop`.
    Center,
    /// Nothing; a picture that is not a square is stretched.
    Whole,
}

impl Crop {
    /// First row, first column, height and width of what is kept of `height` x `width` pixels.
    pub(crate) fn window(self, [height, width]: [usize; 2]) -> [usize; 4] {
        match self {
            Self::Whole => [0, 0, height, width],
            Self::Center => {
                let side = height.min(width);
                [height / 2 - side / 2, width / 2 - side / 2, side, side]
            }
        }
    }
}

/// How the size is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Resize {
    /// As `skimage.transform.resize(image, (1, size, size), mode="constant", preserve_range=True)`: a Gaussian
    /// against aliasing when the size shrinks, zeros beyond the border, linear interpolation, clipped to the
    /// range of what is resized. RSNA's images in the released code.
    Skimage,
    /// As Pillow's `resize` with `BILINEAR` in mode `F`: a triangle as wide as the reduction. NIH's and
    /// PadChest's images in the released code.
    Pillow,
    /// Not at all: the picture must have the size already.
    None,
}
