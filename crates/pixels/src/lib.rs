//! Radiographs and photographs from files: decoding that is exact, preparation as the papers' code does it, and masks.
//!
//! A file's bytes become a [`Picture`] of the stored values; a [`Preparation`] says how a picture becomes an
//! [`Image`](herring_datasets::Image) for a model: scaled, cropped, resized. The same preparation turns a
//! [`Region`](herring_datasets::Region) into the mask that lies over that image. Nothing here reads a table,
//! keeps a cache or starts a thread; every function is a pure function of its arguments, and no input, however
//! damaged, makes one panic or ask for more memory than its [`Limits`].
//!
//! The modules, in the order in which data flows through them:
//!
//! | Module | What it holds |
//! |---|---|
//! | `decode` | [`format()`], [`decode()`], [`probe`]: the format from the first bytes |
//! | `png`, `jpeg`, `raster`, `dicom` | the formats, each on a library of pure Rust (`raster`: BMP, TIFF, WebP) |
//! | `exif` | orientation, and turning by it |
//! | `endings` | [`IMAGE_ENDINGS`]: how the names of images end |
//! | `known` | names of the formats that are refused |
//! | `limits` | [`Limits`], checked before anything is allocated |
//! | `note` | [`PixelNote`]: what is unusual about a file |
//! | `modality` | [`ModalityLut`]: what the stored values of a DICOM file mean |
//! | `picture` | [`Picture`]: stored values and what the file says of their meaning |
//! | `preparation` | [`Preparation`]: settings as JSON, and their part of a cache's key |
//! | `prepare` | [`prepare()`]: scaling, crop and resizing |
//! | `reduce` | [`reduce()`]: a picture in full size as a small edition holds it |
//! | `resample` | scikit-image's and Pillow's resizing as weights of one axis |
//! | `pillow` | [`resize_pillow`]: Pillow's resizing of whole numbers and single precision, bit for bit |
//! | `bytes` | Pillow's square and bicubic resizing of pictures of 8 bits, bit for bit |
//! | `mask` | [`mask()`]: discs, boxes and mask files |
//! | `mask_file` | [`MaskSettings`], [`inspect_mask`]: what a mask file marks |
//!
//! "The released code" is that of *Saliency is a Possible Red Herring When Diagnosing Poor Generalization*
//! (ICLR 2021), which reads its X-rays through torchxrayvision.
//!
//! ```
//! use herring_datasets::Region;
//! use herring_pixels::{Limits, MaskSettings, Preparation, decode, mask, prepare};
//!
//! # let bytes = include_bytes!("../tests/samples/mask-1bit.png").as_slice();
//! let picture = decode(bytes, &Limits::default())?;
//! let preparation = Preparation::xray(224);
//! let image = prepare(&picture, &preparation)?;
//! let mask = mask(&Region::Circle, &picture.info(), &preparation, None, &MaskSettings::default())?;
//! assert_eq!(image.shape(), [1, 224, 224]);
//! assert_eq!(mask.shape(), image.shape());
//! # Ok::<(), herring_pixels::PixelError>(())
//! ```

mod bytes;
mod decode;
mod dicom;
mod endings;
mod error;
mod exif;
mod jpeg;
mod known;
mod limits;
mod mask;
mod mask_file;
mod modality;
mod note;
mod picture;
mod pillow;
mod png;
mod preparation;
mod prepare;
mod raster;
mod reduce;
mod resample;

pub use decode::{decode, decoding, format, probe, probe_file};
pub use dicom::{dicom_text, view_position};
pub use endings::{IMAGE_ENDINGS, has_image_ending};
pub use error::{Format, PixelError};
pub use jpeg::encode_jpeg;
pub use limits::Limits;
pub use mask::{check_boxes, mask, mask_and_facts};
pub use mask_file::{MaskFacts, MaskSettings, inspect_mask};
pub use modality::{Direction, ModalityLut};
pub use note::PixelNote;
pub use picture::{Picture, PictureInfo, Values};
pub use pillow::{PillowMode, resize_pillow};
pub use preparation::{Channels, Crop, FORMAT, Monochrome1, Preparation, Range, Resize};
pub use prepare::prepare;
pub use reduce::reduce;

// Compiles and runs the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadmeExample;
