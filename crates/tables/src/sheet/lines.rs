//! Line numbers as an editor counts them.

/// Line numbers of byte positions that only grow.
///
/// Counted here because the `csv` crate counts line feeds only, and puts a row that follows empty lines,
/// or a line feed after a carriage return, on the line before.
pub(super) struct Lines<'a> {
    data: &'a [u8],
    at: usize,
    line: usize,
}

impl<'a> Lines<'a> {
    pub(super) fn new(data: &'a [u8]) -> Self {
        Self { data, at: 0, line: 1 }
    }

    /// The line of the first byte at or behind position `byte` that ends no line, counted from 1.
    pub(super) fn of(&mut self, byte: usize) -> usize {
        let mut begin = byte.min(self.data.len());
        while matches!(self.data.get(begin), Some(b'\r' | b'\n')) {
            begin += 1;
        }
        for place in self.at..begin {
            self.line += usize::from(ends_line(self.data, place));
        }
        self.at = self.at.max(begin);
        self.line
    }
}

/// Whether a line ends with the byte at `place`: a line feed, or a carriage return without one behind it.
pub(super) fn ends_line(data: &[u8], place: usize) -> bool {
    match data.get(place) {
        Some(b'\n') => true,
        Some(b'\r') => data.get(place + 1) != Some(&b'\n'),
        _ => false,
    }
}
