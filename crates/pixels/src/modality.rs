//! DICOM's modality transformation: what stored values mean, before any photometric interpretation.
//!
//! A file gives slope and intercept, or a table (modality LUT), or nothing. Whether high values mean much or
//! little depends on the vendor, that is, on the site: a falling transformation turns the polarity of the
//! stored values, and MONOCHROME1 turns it once more.

/// A table that gives each stored value its meaning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModalityLut {
    first: i32,
    bits: u32,
    values: Vec<u16>,
}

/// Which way a transformation goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Higher values mean more.
    Rising,
    /// Higher values mean less.
    Falling,
    /// Neither throughout: the polarity is not certain.
    Neither,
}

impl ModalityLut {
    /// A table of at least one value, of which the first belongs to the stored value `first`.
    pub(crate) fn new(first: i32, bits: u32, values: Vec<u16>) -> Option<Self> {
        (!values.is_empty() && (1..=16).contains(&bits)).then_some(Self { first, bits, values })
    }

    /// What a stored value means: values before the first and behind the last mean what these do.
    pub fn get(&self, stored: i32) -> u16 {
        let place = (i64::from(stored) - i64::from(self.first)).clamp(0, self.values.len() as i64 - 1);
        self.values[place as usize]
    }

    /// The greatest value in the table.
    pub(crate) fn largest(&self) -> u16 {
        self.values.iter().copied().max().unwrap_or_default()
    }

    /// The greatest value that the table's depth holds.
    pub fn maximum(&self) -> u16 {
        u16::try_from((1u32 << self.bits) - 1).unwrap_or(u16::MAX)
    }

    /// Which way it goes; a table whose values are all equal goes neither way.
    pub fn direction(&self) -> Direction {
        let (mut rises, mut falls) = (false, false);
        for pair in self.values.windows(2) {
            rises |= pair[1] > pair[0];
            falls |= pair[1] < pair[0];
        }
        match (rises, falls) {
            (true, false) => Direction::Rising,
            (false, true) => Direction::Falling,
            _ => Direction::Neither,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_beyond_the_table_mean_what_its_ends_do() {
        let lut = ModalityLut::new(-2, 12, vec![10, 20, 40]).unwrap();
        assert_eq!([-9, -2, -1, 0, 99].map(|stored| lut.get(stored)), [10, 10, 20, 40, 40]);
        assert_eq!((lut.maximum(), lut.direction()), (4095, Direction::Rising));
        let direction = |values: &[u16]| ModalityLut::new(0, 16, values.to_vec()).unwrap().direction();
        assert_eq!(direction(&[9, 9, 3, 3]), Direction::Falling);
        assert_eq!(direction(&[1, 3, 2]), Direction::Neither);
        assert_eq!(direction(&[7, 7]), Direction::Neither);
        assert!(ModalityLut::new(0, 16, vec![]).is_none() && ModalityLut::new(0, 17, vec![1]).is_none());
    }
}
