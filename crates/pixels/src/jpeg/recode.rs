//! Scans of some but not all of the components, as scans of one component each.
//!
//! A sequential file may send its components in any grouping (T.81, A.2); the decoder knows all of them together
//! and one at a time. The coefficients of a group are read and written anew, unchanged, a component after the
//! other, with a Huffman table that has a code for every symbol. Nothing is decoded to pixels here.

use std::collections::BTreeMap;

use crate::{Format, PixelError};

// In the order in which they are sent.
type Block = [i16; 64];

fn damaged(detail: impl std::fmt::Display) -> PixelError {
    PixelError::damaged(Format::Jpeg, detail)
}

/// The same file with scans of one component where `bytes` has some of several; `bytes` ends with its end marker
/// and its segments are whole.
pub(super) fn with_single_scans(bytes: &[u8]) -> Result<Vec<u8>, PixelError> {
    let cut = || PixelError::truncated(Format::Jpeg, "the file ends inside a segment");
    let mut out = bytes.get(..2).ok_or_else(cut)?.to_vec();
    let mut file = Tables::default();
    let mut position = 2;
    while let Some([0xff, marker]) = bytes.get(position..position + 2) {
        let marker = *marker;
        if marker == 0xff {
            position += 1;
            continue;
        }
        if marker == 0xd9 {
            break;
        }
        let length = bytes.get(position + 2..position + 4).ok_or_else(cut)?;
        let end = position + 2 + usize::from(u16::from_be_bytes([length[0], length[1]]));
        let segment = bytes.get(position + 4..end).ok_or_else(cut)?;
        let whole = &bytes[position..end];
        match marker {
            0xc0 | 0xc1 => file.frame(segment)?,
            0xc4 => file.huffman(segment, whole)?,
            0xdd => file.interval = segment.get(..2).map_or(0, |two| usize::from(u16::from_be_bytes([two[0], two[1]]))),
            _ => {}
        }
        position = end;
        if marker != 0xda {
            out.extend(whole);
            continue;
        }
        let scan_end = scan_end(bytes, position).ok_or_else(cut)?;
        let listed = usize::from(segment.first().copied().unwrap_or_default());
        if (2..file.components.len()).contains(&listed) {
            file.regroup(segment, &bytes[position..scan_end], &mut out)?;
        } else {
            out.extend(whole);
            out.extend(&bytes[position..scan_end]);
        }
        position = scan_end;
    }
    out.extend([0xff, 0xd9]);
    Ok(out)
}

// The place of the marker behind a scan: 0xff, but neither stuffed nor a restart.
fn scan_end(bytes: &[u8], start: usize) -> Option<usize> {
    (start..bytes.len().checked_sub(1)?)
        .find(|&place| bytes[place] == 0xff && !matches!(bytes[place + 1], 0 | 0xd0..=0xd7 | 0xff))
}

#[derive(Debug, Clone, Copy)]
struct Component {
    id: u8,
    across: usize,
    down: usize,
}

/// What the segments before a scan have set.
#[derive(Default)]
struct Tables {
    height: usize,
    width: usize,
    components: Vec<Component>,
    // By class (0 for means, 1 for the rest) and number.
    codes: BTreeMap<(u8, u8), Codes>,
    // The segments that set them, to be set again.
    segments: Vec<u8>,
    interval: usize,
}

impl Tables {
    fn frame(&mut self, segment: &[u8]) -> Result<(), PixelError> {
        let [_, h1, h0, w1, w0, _, components @ ..] = segment else { return Err(damaged("a short frame header")) };
        self.height = usize::from(u16::from_be_bytes([*h1, *h0]));
        self.width = usize::from(u16::from_be_bytes([*w1, *w0]));
        let component = |each: &[u8]| Component {
            id: each[0],
            across: usize::from(each[1] >> 4).clamp(1, 4),
            down: usize::from(each[1] & 15).clamp(1, 4),
        };
        self.components = components.chunks_exact(3).map(component).collect();
        Ok(())
    }

    fn huffman(&mut self, mut segment: &[u8], whole: &[u8]) -> Result<(), PixelError> {
        self.segments.extend(whole);
        while let Some((&place, rest)) = segment.split_first() {
            let short = || damaged("a Huffman table ends early");
            let (counts, rest) = rest.split_at_checked(16).ok_or_else(short)?;
            let symbols = counts.iter().map(|&count| usize::from(count)).sum();
            let (symbols, rest) = rest.split_at_checked(symbols).ok_or_else(short)?;
            self.codes.insert((place >> 4, place & 15), Codes::new(counts, symbols));
            segment = rest;
        }
        Ok(())
    }

    /// Reads a scan of several components and writes one of each.
    fn regroup(&self, header: &[u8], data: &[u8], out: &mut Vec<u8>) -> Result<(), PixelError> {
        let most = |of: fn(&Component) -> usize| self.components.iter().map(of).max().unwrap_or(1);
        let (across, down) = (most(|each| each.across), most(|each| each.down));
        let (columns, rows) = (self.width.div_ceil(8 * across), self.height.div_ceil(8 * down));
        let mut members = Vec::new();
        for pair in header.get(1..header.len().saturating_sub(3)).unwrap_or_default().chunks_exact(2) {
            let component = self.components.iter().find(|each| each.id == pair[0]);
            let component = *component.ok_or_else(|| damaged("a scan of a component that the frame has not"))?;
            let codes = |class: u8, number: u8| {
                self.codes.get(&(class, number)).ok_or_else(|| damaged("a scan without its Huffman table"))
            };
            let blocks = columns * component.across * rows * component.down;
            members.push(Member {
                component,
                means: codes(0, pair[1] >> 4)?,
                rest: codes(1, pair[1] & 15)?,
                blocks: vec![[0; 64]; blocks],
                last: 0,
            });
        }
        let mut bits = Bits::new(data);
        for unit in 0..columns * rows {
            if self.interval > 0 && unit > 0 && unit % self.interval == 0 {
                bits.restart()?;
                members.iter_mut().for_each(|member| member.last = 0);
            }
            for member in &mut members {
                member.read(&mut bits, [unit / columns, unit % columns], columns)?;
            }
        }
        // No restarts, and codes for everything, until the scans are written.
        out.extend([0xff, 0xdd, 0, 4, 0, 0]);
        out.extend(every_code());
        for member in &members {
            let Component { id, across: own_across, down: own_down } = member.component;
            let shown = |side: usize, own: usize, most: usize| (side * own).div_ceil(most).div_ceil(8);
            let size = [shown(self.height, own_down, down), shown(self.width, own_across, across)];
            out.extend([0xff, 0xda, 0, 8, 1, id, 0, 0, 63, 0]);
            member.write(size, columns * own_across, out)?;
        }
        out.extend(&self.segments);
        let [high, low] = (self.interval as u16).to_be_bytes();
        out.extend([0xff, 0xdd, 0, 4, high, low]);
        Ok(())
    }
}

/// A component of a scan, and its coefficients row by row of blocks.
struct Member<'a> {
    component: Component,
    means: &'a Codes,
    rest: &'a Codes,
    blocks: Vec<Block>,
    last: i32,
}

impl Member<'_> {
    /// The blocks of one unit of the scan.
    fn read(&mut self, bits: &mut Bits<'_>, [row, column]: [usize; 2], columns: usize) -> Result<(), PixelError> {
        let Component { across, down, .. } = self.component;
        for line in 0..down {
            for place in 0..across {
                let mut block = [0; 64];
                let size = self.means.symbol(bits)?;
                self.last += bits.number(size)?;
                block[0] = i16::try_from(self.last).map_err(|_| damaged("a mean beyond its range"))?;
                let mut at = 1;
                while at < 64 {
                    let symbol = self.rest.symbol(bits)?;
                    let (zeros, size) = (usize::from(symbol >> 4), symbol & 15);
                    if size == 0 && zeros < 15 {
                        break;
                    }
                    at += zeros;
                    if size > 0 {
                        let number = bits.number(size)?;
                        let coefficient = block.get_mut(at).ok_or_else(|| damaged("a block of more than 64 values"))?;
                        *coefficient = i16::try_from(number).map_err(|_| damaged("a coefficient beyond its range"))?;
                    }
                    at += 1;
                }
                self.blocks[(row * down + line) * columns * across + column * across + place] = block;
            }
        }
        Ok(())
    }

    /// The blocks that the picture has, `[rows, columns]` of rows of `stride` blocks.
    fn write(&self, [rows, columns]: [usize; 2], stride: usize, out: &mut Vec<u8>) -> Result<(), PixelError> {
        let mut bits = Written { out, held: 0, count: 0 };
        let mut last = 0;
        for block in (0..rows).flat_map(|row| &self.blocks[row * stride..row * stride + columns]) {
            let mean = i32::from(block[0]);
            let size = bits_of(mean - last);
            if size > 11 {
                return Err(damaged("a mean beyond its range"));
            }
            // A code of four bits for each size.
            bits.put(size, 4);
            bits.number(mean - last, size);
            last = mean;
            let mut zeros = 0;
            for &coefficient in &block[1..] {
                if coefficient == 0 {
                    zeros += 1;
                    continue;
                }
                while zeros > 15 {
                    bits.symbol(0xf0);
                    zeros -= 16;
                }
                let size = bits_of(coefficient.into());
                bits.symbol((zeros << 4 | size) as u8);
                bits.number(coefficient.into(), size);
                zeros = 0;
            }
            if zeros > 0 {
                bits.symbol(0);
            }
        }
        bits.end();
        Ok(())
    }
}

fn bits_of(number: i32) -> u32 {
    32 - number.unsigned_abs().leading_zeros()
}

/// The Huffman tables of what is written: means have a code of four bits for each of 12 sizes; the rest has codes
/// of eight bits for the symbols below 254, and of nine bits for the last two. No code has ones only.
fn every_code() -> Vec<u8> {
    let mut segment = vec![0x00];
    segment.extend((1..=16).map(|length| if length == 4 { 12 } else { 0 }));
    segment.extend(0..12);
    segment.push(0x10);
    segment.extend((1..=16).map(|length| match length {
        8 => 254,
        9 => 2,
        _ => 0,
    }));
    segment.extend(0..=255);
    let [high, low] = (segment.len() as u16 + 2).to_be_bytes();
    [vec![0xff, 0xc4, high, low], segment].concat()
}

/// A Huffman table: for each length the first code, how many there are, and the place of its first symbol.
struct Codes {
    lengths: [(u32, u32, usize); 16],
    symbols: Vec<u8>,
}

impl Codes {
    fn new(counts: &[u8], symbols: &[u8]) -> Self {
        let mut lengths = [(0, 0, 0); 16];
        let (mut code, mut place) = (0, 0);
        for (length, &count) in lengths.iter_mut().zip(counts) {
            *length = (code, u32::from(count), place);
            code = (code + u32::from(count)) << 1;
            place += usize::from(count);
        }
        Self { lengths, symbols: symbols.to_vec() }
    }

    fn symbol(&self, bits: &mut Bits<'_>) -> Result<u8, PixelError> {
        let mut code = 0;
        for (first, count, place) in self.lengths {
            code = code << 1 | bits.bit()?;
            if code >= first && code - first < count {
                let symbol = self.symbols.get(place + (code - first) as usize);
                return symbol.copied().ok_or_else(|| damaged("a Huffman code without a symbol"));
            }
        }
        Err(damaged("a Huffman code that there is not"))
    }
}

/// The bits of a scan.
struct Bits<'a> {
    data: &'a [u8],
    position: usize,
    held: u8,
    left: u32,
}

impl<'a> Bits<'a> {
    fn new(data: &'a [u8]) -> Self {
        Self { data, position: 0, held: 0, left: 0 }
    }

    fn bit(&mut self) -> Result<u32, PixelError> {
        if self.left == 0 {
            let ends = || PixelError::truncated(Format::Jpeg, "a scan ends before its last block");
            self.held = *self.data.get(self.position).ok_or_else(ends)?;
            self.position += 1;
            if self.held == 0xff {
                // A zero is stuffed behind it; anything else is a marker.
                if self.data.get(self.position) != Some(&0) {
                    return Err(ends());
                }
                self.position += 1;
            }
            self.left = 8;
        }
        self.left -= 1;
        Ok(u32::from(self.held >> self.left & 1))
    }

    /// A number of `size` bits; those that begin with 0 are negative.
    fn number(&mut self, size: u8) -> Result<i32, PixelError> {
        let mut value = 0;
        for _ in 0..size.min(16) {
            value = value << 1 | self.bit()? as i32;
        }
        let half = if size == 0 { 0 } else { 1 << (size.min(16) - 1) };
        Ok(if value < half { value - 2 * half + 1 } else { value })
    }

    /// Goes behind the restart marker that must come next.
    fn restart(&mut self) -> Result<(), PixelError> {
        self.left = 0;
        match self.data.get(self.position..self.position + 2) {
            Some([0xff, 0xd0..=0xd7]) => {
                self.position += 2;
                Ok(())
            }
            _ => Err(damaged("no restart marker where one is due")),
        }
    }
}

/// Bits that are written.
struct Written<'a> {
    out: &'a mut Vec<u8>,
    held: u64,
    count: u32,
}

impl Written<'_> {
    fn put(&mut self, bits: u32, count: u32) {
        self.held = self.held << count | u64::from(bits);
        self.count += count;
        while self.count >= 8 {
            self.count -= 8;
            let byte = (self.held >> self.count) as u8;
            self.out.push(byte);
            if byte == 0xff {
                self.out.push(0);
            }
        }
    }

    fn symbol(&mut self, symbol: u8) {
        match symbol {
            0..=253 => self.put(symbol.into(), 8),
            _ => self.put(0x1fc + u32::from(symbol - 254), 9),
        }
    }

    fn number(&mut self, number: i32, size: u32) {
        let bits = if number < 0 { number + (1 << size) - 1 } else { number };
        self.put(bits as u32, size);
    }

    /// Fills the last byte with ones.
    fn end(&mut self) {
        if self.count > 0 {
            self.put(0x7f >> (self.count - 1), 8 - self.count);
        }
    }
}
