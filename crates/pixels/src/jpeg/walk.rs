//! The walk over a JPEG file's segments, up to its end marker, before anything is decoded.

use std::borrow::Cow;

use crate::{Format, Limits, PictureInfo, PixelError, exif};

/// The most scans of a file: each visits every block, and a progressive file of a few kilobytes with thousands
/// of them takes minutes.
pub(super) const SCANS: usize = 100;

/// The content of a frame header (SOF), and the walk's counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) info: PictureInfo,
    pub(super) kind: Kind,
    pub(super) scans: usize,
    /// The EXIF orientation of the stored pixels.
    pub(super) orientation: u8,
    /// Whether a scan holds more than one component, but not all.
    pub(super) has_partial_scan: bool,
    components: Vec<Component>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Component {
    id: u8,
    // Horizontal and vertical.
    sampling: [u8; 2],
    // Where the sampling factors lie in the file.
    position: usize,
    scanned: bool,
}

/// How the values are coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Discrete cosines, each coefficient in one scan.
    Sequential,
    /// Discrete cosines, refined by scans.
    Progressive,
    /// Predicted from neighbours, exact.
    Lossless,
}

impl Frame {
    /// Whether no component is subsampled.
    pub(super) fn is_plainly_sampled(&self) -> bool {
        self.components.len() == 1 || self.components.iter().all(|component| component.sampling == [1, 1])
    }

    /// Checks the memory of `bytes_per_sample` for every sample of every component at full size, blocks of
    /// eight by eight and what they are grouped to filled up.
    pub(super) fn check(&self, limits: &Limits, bytes_per_sample: u64) -> Result<(), PixelError> {
        let most = |axis: usize| self.components.iter().map(|each| u64::from(each.sampling[axis])).max().unwrap_or(1);
        let filled = |side: usize, factor: u64| (side as u64).next_multiple_of(8 * factor);
        let [across, down] = if self.components.len() == 1 { [1, 1] } else { [most(0), most(1)] };
        let samples = filled(self.info.height, down) * filled(self.info.width, across) * self.info.channels as u64;
        let found = samples * bytes_per_sample;
        if found > limits.bytes {
            return Err(PixelError::TooLarge { what: "bytes to decode the image", found, limit: limits.bytes });
        }
        Ok(())
    }

    /// The file with sampling factors of 1 where it has one component, for which they have no effect.
    pub(super) fn with_plain_sampling<'a>(&self, bytes: &'a [u8]) -> Cow<'a, [u8]> {
        match self.components.as_slice() {
            [Component { sampling, position, .. }] if *sampling != [1, 1] => {
                let mut bytes = bytes.to_vec();
                if let Some(byte) = bytes.get_mut(*position) {
                    *byte = 0x11;
                }
                Cow::Owned(bytes)
            }
            _ => Cow::Borrowed(bytes),
        }
    }
}

/// The frame header and the position behind the end marker; with `header_only` the walk ends at the first scan
/// and the position is meaningless.
pub(super) fn walk(bytes: &[u8], header_only: bool) -> Result<(Frame, usize), PixelError> {
    let truncated = |what: &str| PixelError::truncated(Format::Jpeg, format!("the file ends {what}"));
    let mut position = 2;
    let mut frame: Option<Frame> = None;
    let mut orientation = None;
    loop {
        match bytes.get(position) {
            Some(0xff) => {}
            Some(other) => return Err(damaged(format!("found byte {other:02x} at {position}, expected a marker"))),
            None => return Err(truncated("before its end marker")),
        }
        while bytes.get(position) == Some(&0xff) {
            position += 1;
        }
        let marker = *bytes.get(position).ok_or_else(|| truncated("inside a marker"))?;
        position += 1;
        match marker {
            0xd9 => return finished(frame, position),
            0x00 | 0x01 | 0xd0..=0xd8 => {
                return Err(damaged(format!("found marker {marker:02x} at {position}, expected a segment")));
            }
            _ => {}
        }
        let length = bytes.get(position..position + 2).ok_or_else(|| truncated("inside a segment"))?;
        let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
        if length < 2 {
            return Err(damaged(format!("found a segment of {length} bytes at {position}, expected at least 2")));
        }
        let start = position + 2;
        let segment = bytes.get(start..position + length).ok_or_else(|| truncated("inside a segment"))?;
        position += length;
        match marker {
            0xc4 | 0xc8 | 0xcc => {}
            0xc0..=0xcf => {
                if frame.is_some() {
                    return Err(damaged("found a second frame, expected one".to_owned()));
                }
                frame = Some(frame_header(marker, segment, start)?);
            }
            // The first EXIF block before the pixels counts.
            0xe1 if orientation.is_none() && segment.starts_with(b"Exif\0") => {
                orientation = Some(exif::orientation(segment));
            }
            0xda => {
                let Some(frame) = frame.as_mut().filter(|frame| frame.scans < SCANS) else {
                    let detail = format!("found a scan, expected a frame before it and at most {SCANS} scans");
                    return Err(damaged(detail));
                };
                if frame.scans == 0 {
                    frame.orientation = orientation.unwrap_or(1);
                    orientation = Some(frame.orientation);
                }
                if header_only {
                    return Ok((frame.clone(), position));
                }
                scan_header(frame, segment)?;
                position = behind_scan(bytes, position).ok_or_else(|| truncated("inside its pixels"))?;
            }
            _ => {}
        }
    }
}

fn damaged(detail: String) -> PixelError {
    PixelError::damaged(Format::Jpeg, detail)
}

fn finished(frame: Option<Frame>, position: usize) -> Result<(Frame, usize), PixelError> {
    let Some(frame) = frame.filter(|frame| frame.scans > 0) else {
        return Err(damaged("found the end marker before any pixel".to_owned()));
    };
    if let Some(missing) = frame.components.iter().position(|component| !component.scanned) {
        let detail = format!("no scan holds component {} of {}", missing + 1, frame.components.len());
        return Err(damaged(detail));
    }
    Ok((frame, position))
}

fn scan_header(frame: &mut Frame, segment: &[u8]) -> Result<(), PixelError> {
    frame.scans += 1;
    let listed = usize::from(segment.first().copied().unwrap_or(0));
    if listed == 0 || segment.len() != 4 + 2 * listed {
        return Err(damaged(format!("the header of scan {} has {} bytes", frame.scans, segment.len())));
    }
    frame.has_partial_scan |= (2..frame.components.len()).contains(&listed);
    // A progressive file that never sends a component's means has no picture of it either.
    let begins = frame.kind != Kind::Progressive || segment.get(1 + 2 * listed) == Some(&0);
    for pair in segment[1..=2 * listed].chunks_exact(2) {
        match frame.components.iter_mut().find(|component| component.id == pair[0]) {
            Some(component) => component.scanned |= begins,
            None => {
                return Err(damaged(format!("scan {} names component {}, which no frame has", frame.scans, pair[0])));
            }
        }
    }
    Ok(())
}

// The position of the marker that ends the entropy-coded bytes: 0xff, but neither stuffed nor a restart.
fn behind_scan(bytes: &[u8], start: usize) -> Option<usize> {
    let mut position = start;
    loop {
        position += bytes.get(position..)?.iter().position(|&byte| byte == 0xff)?;
        match bytes.get(position + 1)? {
            0x00 | 0xd0..=0xd7 => position += 2,
            0xff => position += 1,
            _ => return Some(position),
        }
    }
}

fn frame_header(marker: u8, segment: &[u8], start: usize) -> Result<Frame, PixelError> {
    let kind = match marker {
        0xc0 | 0xc1 => Kind::Sequential,
        0xc2 => Kind::Progressive,
        0xc3 => Kind::Lossless,
        other => {
            let found = format!("coding process SOF{}", other - 0xc0);
            let expected = "a baseline, extended, progressive or lossless process (SOF0 to SOF3)";
            return Err(PixelError::unsupported(Format::Jpeg, found, expected));
        }
    };
    let [bits, h1, h0, w1, w0, channels, components @ ..] = segment else {
        return Err(PixelError::damaged(Format::Jpeg, "the frame header is too short"));
    };
    let (height, width) = (u16::from_be_bytes([*h1, *h0]), u16::from_be_bytes([*w1, *w0]));
    if height == 0 || width == 0 || components.is_empty() || components.len() != 3 * usize::from(*channels) {
        let detail = format!("the frame header gives {height} x {width} pixels and {channels} components");
        return Err(PixelError::damaged(Format::Jpeg, detail));
    }
    if !(2..=16).contains(bits) {
        return Err(PixelError::damaged(Format::Jpeg, format!("the frame header gives {bits} bits")));
    }
    let component = |(index, triple): (usize, &[u8])| Component {
        id: triple[0],
        sampling: [triple[1] >> 4, triple[1] & 0x0f],
        position: start + 6 + 3 * index + 1,
        scanned: false,
    };
    let components: Vec<Component> = components.chunks_exact(3).enumerate().map(component).collect();
    if components.iter().any(|component| component.sampling.iter().any(|factor| !(1..=4).contains(factor))) {
        return Err(PixelError::damaged(Format::Jpeg, "the frame header gives a sampling factor outside 1 to 4"));
    }
    let info = PictureInfo::upright([height.into(), width.into()], u32::from(*bits), usize::from(*channels));
    Ok(Frame { info, kind, scans: 0, orientation: 1, has_partial_scan: false, components })
}
