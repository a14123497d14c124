//! How the values of a frame are stored, as the header says it.

use super::{
    elements::{Header, PixelData},
    palette::Palette,
    table,
};
use crate::{Format, PictureInfo, PixelError, PixelNote, modality::ModalityLut, picture::Values};

/// What the samples of a pixel are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Photometric {
    /// Grey.
    Grey {
        /// Whether high values are dark (MONOCHROME1).
        inverted: bool,
    },
    /// Red, green and blue.
    Rgb,
    /// Luminance and two colour differences of the full range.
    Ybr {
        /// Whether two pixels of a row share their differences where they are not compressed (YBR_FULL_422).
        halved: bool,
    },
    /// Colour differences of JPEG 2000, whose decoder gives red, green and blue.
    Transformed,
    /// The place in a palette of colours.
    Palette,
}

/// How the values of a frame are stored.
pub(super) struct Layout {
    /// Of the stored values; [`Layout::shown`] is that of the picture.
    pub(super) info: PictureInfo,
    pub(super) photometric: Photometric,
    /// 1 bit, or 8 or 16.
    pub(super) allocated: usize,
    pub(super) signed: bool,
    planes: bool,
    pub(super) rescale: Option<[f64; 2]>,
    pub(super) lut: Option<ModalityLut>,
    pub(super) palette: Option<Palette>,
    pub(super) notes: Vec<PixelNote>,
}

impl Layout {
    pub(super) fn of(header: &Header<'_>) -> Result<Self, PixelError> {
        let unsupported = |found: String, expected| Err(PixelError::unsupported(Format::Dicom, found, expected));
        let missing = |name| PixelError::damaged(Format::Dicom, format!("the element {name} is missing"));
        let number = |value: Option<u16>, name| value.map(usize::from).ok_or_else(|| missing(name));
        if header.floats {
            return unsupported("pixels that are floating-point numbers".into(), "whole numbers");
        }
        if header.rows.is_none() && header.columns.is_none() && matches!(header.pixels, PixelData::Missing) {
            return Err(without_image(header.modality.as_deref()));
        }
        let height = number(header.rows, "Rows (0028,0010)")?;
        let width = number(header.columns, "Columns (0028,0011)")?;
        let allocated = number(header.bits_allocated, "BitsAllocated (0028,0100)")?;
        let stored = header.bits_stored.map_or(allocated, usize::from);
        let channels = header.samples_per_pixel.map_or(1, usize::from);
        let photometric =
            header.photometric.as_deref().ok_or_else(|| missing("PhotometricInterpretation (0028,0004)"))?;

        if height == 0 || width == 0 {
            return Err(PixelError::damaged(Format::Dicom, format!("the header gives {height} x {width} pixels")));
        }
        if let Some(frames) = header.frames.as_deref()
            && frames.parse() != Ok(1_u32)
        {
            return unsupported(format!("{frames} frames"), "1 frame");
        }
        let photometric = match (photometric, channels) {
            ("MONOCHROME1", 1) => Photometric::Grey { inverted: true },
            ("MONOCHROME2", 1) => Photometric::Grey { inverted: false },
            ("RGB", 3) => Photometric::Rgb,
            ("YBR_FULL", 3) => Photometric::Ybr { halved: false },
            ("YBR_FULL_422", 3) => Photometric::Ybr { halved: true },
            ("YBR_RCT" | "YBR_ICT", 3) => Photometric::Transformed,
            ("PALETTE COLOR", 1) => Photometric::Palette,
            _ => {
                let found = format!("photometric interpretation {photometric} of {channels} samples a pixel");
                return unsupported(found, "MONOCHROME1, MONOCHROME2 or PALETTE COLOR of 1, RGB or YBR_FULL of 3");
            }
        };
        if !matches!(allocated, 1 | 8 | 16) || stored == 0 || stored > allocated {
            let found = format!("{stored} bits stored in {allocated}");
            return unsupported(found, "1 to 16 bits stored in 1, 8 or 16");
        }
        if allocated != 8 && matches!(photometric, Photometric::Ybr { .. } | Photometric::Transformed) {
            return unsupported(format!("colour differences of {allocated} bits"), "8 bits");
        }
        let high_bit = header.high_bit.map_or(stored - 1, usize::from);
        if high_bit + 1 != stored {
            return unsupported(format!("high bit {high_bit} of {stored} stored"), "the bit below the number stored");
        }
        let signed = header.signed.unwrap_or(0) == 1;
        let mut notes = Vec::new();
        let is_palette = photometric == Photometric::Palette;
        // Values that are places in a palette measure nothing.
        let rescale = if is_palette { None } else { rescale(header, &mut notes)? };
        let lut = if is_palette { None } else { lut(header, signed)? };
        Ok(Self {
            info: PictureInfo::upright([height, width], stored as u32, channels),
            photometric,
            allocated,
            signed,
            planes: channels > 1 && header.planes.unwrap_or(0) == 1,
            rescale,
            lut,
            palette: if is_palette { Some(Palette::of(header, signed)?) } else { None },
            notes,
        })
    }

    /// Size and depth of the picture, in colours where the stored values are places in a palette.
    pub(super) fn shown(&self) -> PictureInfo {
        match &self.palette {
            Some(palette) => PictureInfo { bits: palette.bits(), channels: 3, ..self.info },
            None => self.info,
        }
    }

    pub(super) fn values(&self) -> usize {
        self.info.height * self.info.width * self.info.channels
    }

    /// Bytes of a frame that is not compressed.
    pub(super) fn bytes(&self) -> usize {
        match (self.allocated, self.photometric) {
            (1, _) => self.values().div_ceil(8),
            (_, Photometric::Ybr { halved: true }) => self.info.height * self.info.width * 2,
            (bits, _) => self.values() * (bits / 8),
        }
    }

    /// Native values of 1, 8 or 16 bits. Pairs of bytes are exchanged where values of 8 bits lie as big-endian
    /// words.
    pub(super) fn stored(&self, bytes: &[u8], big: bool, words: bool) -> Vec<u16> {
        if self.allocated == 1 {
            let bit = |index: usize| u16::from(bytes[index / 8] >> (index % 8) & 1);
            return (0..self.values()).map(bit).collect();
        }
        if self.allocated == 8 {
            let exchanged = big && words;
            let place = |index: usize| if exchanged { index ^ 1 } else { index };
            // The last byte of an odd number has its partner among the padding.
            let value = |index: usize| u16::from(bytes.get(place(index)).copied().unwrap_or_default());
            return (0..self.bytes()).map(value).collect();
        }
        let word = if big { u16::from_be_bytes } else { u16::from_le_bytes };
        bytes.chunks_exact(2).take(self.values()).map(|pair| word([pair[0], pair[1]])).collect()
    }

    /// Native values with the samples of a pixel next to each other.
    pub(super) fn pixels(&self, stored: Vec<u16>) -> Vec<u16> {
        match self.photometric {
            Photometric::Ybr { halved: true } => {
                // Two luminances, then the two differences that they share.
                let pixel = |pair: &[u16]| [pair[0], pair[2], pair[3], pair[1], pair[2], pair[3]];
                stored.chunks_exact(4).flat_map(pixel).collect()
            }
            _ if self.planes => {
                let plane = self.info.height * self.info.width;
                let channels = self.info.channels;
                let value = |index: usize| stored.get(index % channels * plane + index / channels).copied();
                (0..self.values()).map_while(value).collect()
            }
            _ => stored,
        }
    }

    // Bits above the stored ones may hold overlays: they are no part of a value.
    pub(super) fn meaning(&self, stored: Vec<u16>) -> Values {
        let unused = 16 - self.info.bits;
        if self.signed {
            Values::I16(stored.into_iter().map(|word| (word << unused) as i16 >> unused).collect())
        } else if self.info.bits <= 8 {
            Values::U8(stored.into_iter().map(|word| (word << unused >> unused) as u8).collect())
        } else {
            Values::U16(stored.into_iter().map(|word| word << unused >> unused).collect())
        }
    }
}

// Objects of some modalities never hold an image; of others a file may have been cut before it.
fn without_image(modality: Option<&str>) -> PixelError {
    let found = match modality {
        Some("SR") => "a structured report without an image",
        Some("RTSTRUCT" | "RTPLAN" | "RTRECORD") => "a treatment plan without an image",
        Some("ECG" | "EPS" | "HD" | "RESP" | "EEG" | "EMG" | "EOG" | "AU") => "waveforms without an image",
        Some("PR" | "KO" | "REG" | "DOC" | "FID" | "PLAN" | "SMR" | "SRF") => "an object without an image",
        _ => {
            let detail = "neither rows nor columns nor pixels: it was cut before them, or holds no image";
            return PixelError::truncated(Format::Dicom, detail);
        }
    };
    PixelError::unsupported(Format::Dicom, found, "an image")
}

fn rescale(header: &Header<'_>, notes: &mut Vec<PixelNote>) -> Result<Option<[f64; 2]>, PixelError> {
    let (None, None) = (&header.slope, &header.intercept) else {
        let mut number = |text: &Option<String>, name: &str, default: f64| {
            let Some(text) = text else { return Ok(default) };
            // Some programs write the comma of their language.
            let comma = text.contains(',') && !text.contains('.');
            let plain = if comma { text.replace(',', ".") } else { text.clone() };
            match plain.parse::<f64>() {
                Ok(value) if value.is_finite() => {
                    if comma {
                        notes.push(PixelNote::DicomDecimalComma);
                    }
                    Ok(value)
                }
                _ => {
                    let detail = format!("element {name} holds {text:?}, expected a number");
                    Err(PixelError::damaged(Format::Dicom, detail))
                }
            }
        };
        let slope = number(&header.slope, "RescaleSlope (0028,1053)", 1.)?;
        let intercept = number(&header.intercept, "RescaleIntercept (0028,1052)", 0.)?;
        return Ok(Some([slope, intercept]));
    };
    Ok(None)
}

fn lut(header: &Header<'_>, signed: bool) -> Result<Option<ModalityLut>, PixelError> {
    let [Some(descriptor), Some(data)] = header.lut else { return Ok(None) };
    table::read("the modality LUT", [descriptor, data], header.big, signed).map(Some)
}
