//! DICOM files that are built element by element.

pub const IMPLICIT: &str = "1.2.840.10008.1.2";
pub const EXPLICIT: &str = "1.2.840.10008.1.2.1";
pub const BIG: &str = "1.2.840.10008.1.2.2";
pub const RLE: &str = "1.2.840.10008.1.2.5";

/// A file of one frame.
#[derive(Clone)]
pub struct File {
    pub syntax: &'static str,
    pub elements: Vec<(u16, u16, [u8; 2], Vec<u8>)>,
}

impl File {
    pub fn word(&self, value: u16) -> Vec<u8> {
        if self.syntax == BIG { value.to_be_bytes().to_vec() } else { value.to_le_bytes().to_vec() }
    }

    pub fn set(mut self, group: u16, element: u16, kind: &[u8; 2], value: Vec<u8>) -> Self {
        self.elements.retain(|(one, other, ..)| (*one, *other) != (group, element));
        self.elements.push((group, element, *kind, value));
        self.elements.sort_by_key(|(group, element, ..)| (*group, *element));
        self
    }

    pub fn number(self, element: u16, value: u16) -> Self {
        let word = self.word(value);
        self.set(0x28, element, b"US", word)
    }

    pub fn text(self, group: u16, element: u16, kind: &[u8; 2], text: &str) -> Self {
        let mut bytes = text.as_bytes().to_vec();
        bytes.resize(bytes.len().next_multiple_of(2), b' ');
        self.set(group, element, kind, bytes)
    }

    /// Grey, MONOCHROME2, the bits all stored.
    pub fn grey(syntax: &'static str, [height, width]: [u16; 2], bits: u16, pixels: (&[u8; 2], Vec<u8>)) -> Self {
        let file = Self { syntax, elements: Vec::new() }
            .text(8, 0x60, b"CS", "CR")
            .number(2, 1)
            .text(0x28, 4, b"CS", "MONOCHROME2")
            .number(0x10, height)
            .number(0x11, width)
            .number(0x100, bits.next_multiple_of(8))
            .number(0x101, bits)
            .number(0x102, bits - 1)
            .number(0x103, 0);
        file.set(0x7fe0, 0x10, pixels.0, pixels.1)
    }

    /// 2 x 2 values of 12 bits: 0, 1000, 2000, 4095.
    pub fn twelve(syntax: &'static str) -> Self {
        let file = Self { syntax, elements: Vec::new() };
        let pixels = [0, 1000, 2000, 4095].map(|value| file.word(value)).concat();
        Self::grey(syntax, [2, 2], 12, (b"OW", pixels)).number(0x100, 16)
    }

    /// RGB or another kind of colour, 8 bits, pixel after pixel.
    pub fn colour(kind: &str, [height, width]: [u16; 2], pixels: Vec<u8>) -> Self {
        let file = Self::grey(EXPLICIT, [height, width], 8, (b"OB", pixels));
        file.number(2, 3).text(0x28, 4, b"CS", kind).number(6, 0)
    }

    fn element(&self, (group, element, kind, value): &(u16, u16, [u8; 2], Vec<u8>)) -> Vec<u8> {
        let mut bytes = [self.word(*group), self.word(*element)].concat();
        let count = value.len() as u32;
        let long = if self.syntax == BIG { count.to_be_bytes() } else { count.to_le_bytes() };
        if self.syntax == IMPLICIT {
            bytes.extend(long);
        } else if [*b"OB", *b"OW", *b"OF", *b"SQ"].contains(kind) {
            bytes.extend(*kind);
            bytes.extend([0, 0]);
            bytes.extend(long);
        } else {
            bytes.extend(*kind);
            bytes.extend(self.word(count as u16));
        }
        [bytes, value.clone()].concat()
    }

    pub fn body(&self) -> Vec<u8> {
        self.elements.iter().flat_map(|element| self.element(element)).collect()
    }

    /// A sequence of one item with these elements.
    pub fn sequence(&self, elements: &[(u16, u16, [u8; 2], Vec<u8>)]) -> Vec<u8> {
        let inside: Vec<u8> = elements.iter().flat_map(|element| self.element(element)).collect();
        let count = inside.len() as u32;
        let long = if self.syntax == BIG { count.to_be_bytes() } else { count.to_le_bytes() };
        [self.word(0xfffe), self.word(0xe000), long.to_vec(), inside].concat()
    }

    pub fn lut(self, first: u16, values: &[u16]) -> Self {
        let descriptor = [values.len() as u16, first, 16].map(|value| self.word(value)).concat();
        let data: Vec<u8> = values.iter().flat_map(|value| self.word(*value)).collect();
        let items = [(0x28, 0x3002, *b"US", descriptor), (0x28, 0x3006, *b"OW", data)];
        let sequence = self.sequence(&items);
        self.set(0x28, 0x3000, b"SQ", sequence)
    }

    pub fn bytes(&self) -> Vec<u8> {
        [vec![0; 128], b"DICM".to_vec(), meta(self.syntax, 0), self.body()].concat()
    }
}

/// A meta group whose length is wrong by `off`.
pub fn meta(syntax: &str, off: i32) -> Vec<u8> {
    let mut uid = syntax.as_bytes().to_vec();
    uid.resize(uid.len().next_multiple_of(2), 0);
    let uid = [&[2, 0, 0x10, 0, b'U', b'I', uid.len() as u8, 0][..], &uid].concat();
    let length = (uid.len() as i32 + off) as u32;
    [&[2, 0, 0, 0, b'U', b'L', 4, 0][..], &length.to_le_bytes(), &uid].concat()
}

/// A file whose 2 x 2 bytes are places in a palette of three colours, the first of which belongs to the value 1.
pub fn painted(syntax: &'static str, bits: u16, data: [Vec<u16>; 3]) -> File {
    let mut file = File::grey(syntax, [2, 2], 8, (b"OB", vec![0, 1, 2, 200])).text(0x28, 4, b"CS", "PALETTE COLOR");
    for (colour, values) in (0..).zip(data) {
        let words = |values: &[u16]| values.iter().flat_map(|value| file.word(*value)).collect::<Vec<u8>>();
        let (descriptor, table) = (words(&[3, 1, bits]), words(&values));
        file = file.set(0x28, 0x1101 + colour, b"US", descriptor).set(0x28, 0x1201 + colour, b"OW", table);
    }
    file
}
