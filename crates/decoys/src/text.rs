//! Three white letters in one of the corners.
//!
//! The released code draws them with matplotlib's monospace bold font at a size of a tenth of the image's side. The
//! letters are kept here as Pillow renders them, so that no font is needed.

use crate::Region;
use rand::{Rng, RngExt};
use serde::{Deserialize, Serialize};

/// Rows and columns of the rendered letters: those of an image of 224 x 224 pixels.
const DRAWN: [usize; 2] = [22, 44];

/// The letters that tell a class. Each has a rendering of 22 x 44 pixels: 0 outside the glyphs, 255 inside, values
/// between on their edges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Letters {
    /// "ABC".
    Abc,
    /// "DEF".
    Def,
    /// "GHI".
    Ghi,
    /// "JKL".
    Jkl,
    /// "MNO".
    Mno,
    /// "XYZ".
    Xyz,
}

impl Letters {
    /// The letters of `class`, one of `classes`: ABC and XYZ of two classes (tap2024's PNEU), else ABC, DEF, GHI, JKL
    /// and MNO (KNEE). The paper has no more than five classes; further ones would begin again with ABC.
    pub fn of(class: usize, classes: usize) -> Self {
        match (classes, class % 5) {
            (2, 1) => Self::Xyz,
            (_, 0) => Self::Abc,
            (_, 1) => Self::Def,
            (_, 2) => Self::Ghi,
            (_, 3) => Self::Jkl,
            _ => Self::Mno,
        }
    }

    /// As they are read.
    pub fn text(self) -> &'static str {
        match self {
            Self::Abc => "ABC",
            Self::Def => "DEF",
            Self::Ghi => "GHI",
            Self::Jkl => "JKL",
            Self::Mno => "MNO",
            Self::Xyz => "XYZ",
        }
    }

    /// Their rendering, row by row: DejaVu Sans Mono Bold at 22 pixels by Pillow 13, its top-left corner at the text's.
    fn rendering(self) -> &'static [u8; DRAWN[0] * DRAWN[1]] {
        match self {
            Self::Abc => include_bytes!("glyphs/ABC.u8"),
            Self::Def => include_bytes!("glyphs/DEF.u8"),
            Self::Ghi => include_bytes!("glyphs/GHI.u8"),
            Self::Jkl => include_bytes!("glyphs/JKL.u8"),
            Self::Mno => include_bytes!("glyphs/MNO.u8"),
            Self::Xyz => include_bytes!("glyphs/XYZ.u8"),
        }
    }
}

/// White letters in a corner of the image; their box has a tenth of its rows, rounded down, and twice as many columns:
/// 22 x 44 of 224 pixels (tap2024, section 5.1). In an image of another side the rendering is reduced, or enlarged, to
/// the box by the mean of the area that each pixel covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Text {
    /// The first row of the box.
    pub top: usize,
    /// The first column of the box.
    pub left: usize,
    /// Rows of the box, half as many as it has columns.
    pub rows: usize,
    /// What is written.
    pub letters: Letters,
}

impl Text {
    /// The text of `class`, one of `classes`, in an image of `side` rows and columns: the corner is drawn, first left or
    /// right, then top or bottom.
    pub(crate) fn place<R: Rng + ?Sized>(class: usize, classes: usize, side: usize, random: &mut R) -> Self {
        let rows = (side / 10).max(1);
        let mut end = |length: usize| if random.random_bool(0.5) { side.saturating_sub(length) } else { 0 };
        let (left, top) = (end(2 * rows), end(rows));
        Self { top, left, rows, letters: Letters::of(class, classes) }
    }

    pub(crate) fn telling(self, class: usize, classes: usize) -> Self {
        Self { letters: Letters::of(class, classes), ..self }
    }

    pub(crate) fn region(&self) -> Region {
        Region { rows: self.top..self.top + self.rows, columns: self.left..self.left + 2 * self.rows }
    }

    /// Blends white over the image by the rendering's values `m`: `(v (255 - m) + 255 m) / 255`, rounded, as Pillow's
    /// `ImageDraw.text` does with a grey picture and `fill=255`.
    pub(crate) fn draw(&self, image: &mut [u8], side: usize) {
        let Region { rows, columns } = self.region();
        let cover = reduced(self.letters.rendering(), [self.rows, 2 * self.rows]);
        for (row, cover) in rows.zip(cover.chunks_exact(columns.len())) {
            let line = image[row * side..][..side].iter_mut().skip(columns.start);
            line.zip(cover).for_each(|(value, cover)| *value = blended(*value, *cover));
        }
    }
}

/// White over `value` by `cover` of 255, rounded as Pillow rounds: with shifts, exact for every pair of bytes.
fn blended(value: u8, cover: u8) -> u8 {
    let (value, cover) = (u32::from(value), u32::from(cover));
    let sum = value * (255 - cover) + 255 * cover + 128;
    // At most 255.
    (((sum >> 8) + sum) >> 8) as u8
}

/// The rendering at another size: of each new pixel the mean of the area that it covers, halves rounded up.
fn reduced(drawn: &[u8; DRAWN[0] * DRAWN[1]], size: [usize; 2]) -> Vec<u8> {
    if size == DRAWN {
        return drawn.to_vec();
    }
    let rows: Vec<Vec<(usize, usize)>> = (0..size[0]).map(|place| shares(place, DRAWN[0], size[0])).collect();
    let columns: Vec<Vec<(usize, usize)>> = (0..size[1]).map(|place| shares(place, DRAWN[1], size[1])).collect();
    // The shares of a row, and of a column, add up to the length of the rendering.
    let area = DRAWN[0] * DRAWN[1];
    let mean = |rows: &[(usize, usize)], columns: &[(usize, usize)]| {
        let line = |row: usize| -> usize {
            columns.iter().map(|(column, share)| share * usize::from(drawn[row * DRAWN[1] + column])).sum()
        };
        let sum: usize = rows.iter().map(|(row, share)| share * line(*row)).sum();
        // At most 255.
        ((2 * sum + area) / (2 * area)) as u8
    };
    rows.iter().flat_map(|rows| columns.iter().map(|columns| mean(rows, columns)).collect::<Vec<_>>()).collect()
}

/// The source positions that the new position `place` of `size` covers, and how much of each, in units of one
/// `size`th: whole numbers, which add up to `length`.
fn shares(place: usize, length: usize, size: usize) -> Vec<(usize, usize)> {
    let (from, to) = (place * length, (place + 1) * length);
    let share = |index: usize| (index, to.min((index + 1) * size) - from.max(index * size));
    (from / size..to.div_ceil(size)).map(share).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Decoy, DecoyKind};
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    const ALL: [Letters; 6] = [Letters::Abc, Letters::Def, Letters::Ghi, Letters::Jkl, Letters::Mno, Letters::Xyz];

    fn placed(side: usize, seed: u64) -> Text {
        let decoy = DecoyKind::Text.place(1, 2, side, &mut ChaCha8Rng::seed_from_u64(seed));
        let Decoy::Text(text) = decoy else { panic!("{decoy:?}") };
        text
    }

    #[test]
    fn the_letters_are_those_of_the_paper() {
        let told = |classes: usize| (0..classes).map(|class| Letters::of(class, classes).text()).collect::<Vec<_>>();
        assert_eq!(told(2), ["ABC", "XYZ"]);
        assert_eq!(told(5), ["ABC", "DEF", "GHI", "JKL", "MNO"]);
    }

    /// Pixels that are not 0, and the sum of all, as NumPy counts them in Pillow's rendering.
    #[test]
    fn renderings_are_those_of_pillow() {
        let found = ALL.map(|letters| letters.rendering().iter().filter(|value| **value > 0).count());
        assert_eq!(found, [388, 358, 353, 311, 458, 353]);
        for letters in ALL {
            let inside = |place: usize| letters.rendering()[place] > 0;
            let rows: Vec<usize> = (0..22).filter(|row| (0..44).any(|column| inside(row * 44 + column))).collect();
            assert!(*rows.first().unwrap() >= 5 && *rows.last().unwrap() <= 20, "{letters:?}: {rows:?}");
        }
    }

    #[test]
    fn blending_is_rounded_to_the_nearest() {
        for value in 0..=255_u8 {
            for cover in 0..=255_u8 {
                let (exact, weight) = (f64::from(value), f64::from(cover) / 255.0);
                let expected = (exact + (255.0 - exact) * weight).round();
                assert_eq!(f64::from(blended(value, cover)), expected, "{value} {cover}");
            }
        }
    }

    #[test]
    fn a_text_lies_in_each_corner_and_within_its_box() {
        let mut corners = std::collections::BTreeMap::new();
        for seed in 0..400 {
            let text = placed(224, seed);
            *corners.entry((text.left, text.top)).or_insert(0) += 1;
            assert_eq!(text.region().area(), 968);
            let mut image = vec![7; 224 * 224];
            text.draw(&mut image, 224);
            let changed = (0..image.len()).filter(|&place| image[place] != 7);
            let places: Vec<usize> = changed.collect();
            assert!(places.iter().all(|place| text.region().contains(place / 224, place % 224)), "{text:?}");
            assert!(places.len() > 300 && places.iter().any(|&place| image[place] == 255));
        }
        assert_eq!(corners.keys().copied().collect::<Vec<_>>(), [(0, 0), (0, 202), (180, 0), (180, 202)]);
        assert!(corners.values().all(|count| *count > 60), "{corners:?}");
    }

    #[test]
    fn a_smaller_image_gets_a_smaller_text() {
        for (side, rows) in [(64, 6), (28, 2), (112, 11), (448, 44), (9, 1)] {
            let text = placed(side, 5);
            assert_eq!((text.rows, text.region().area()), (rows, 2 * rows * rows));
            let mut image = vec![0; side * side];
            text.draw(&mut image, side);
            let drawn: Vec<u8> =
                text.region().rows.flat_map(|row| image[row * side..][text.region().columns].to_vec()).collect();
            let mean = |values: &[u8]| values.iter().map(|&value| f64::from(value)).sum::<f64>() / values.len() as f64;
            let (found, expected) = (mean(&drawn), mean(text.letters.rendering()));
            assert!((found - expected).abs() < 0.6, "side {side}: {found} {expected}");
            assert!(side < 20 || drawn.iter().max() > Some(&100));
        }
    }

    #[test]
    fn means_of_areas() {
        assert_eq!(shares(0, 22, 11), [(0, 11), (1, 11)]);
        assert_eq!(shares(1, 3, 2), [(1, 1), (2, 2)]);
        assert_eq!(shares(2, 2, 4), [(1, 2)], "an enlarged one repeats its pixels");
        let drawn = Letters::Mno.rendering();
        let quarter = reduced(drawn, [11, 22]);
        let expected = [0, 1, 44, 45].map(|place| u32::from(drawn[place + 8 * 44 + 4])).iter().sum::<u32>();
        assert_eq!(u32::from(quarter[4 * 22 + 2]), (expected + 2) / 4);
    }

    #[test]
    fn another_class_is_told_at_the_same_place() {
        let decoy = DecoyKind::Text.place(0, 5, 64, &mut ChaCha8Rng::seed_from_u64(3));
        let other = decoy.telling(4, 5);
        assert_eq!(decoy.region(), other.region());
        let Decoy::Text(text) = other else { panic!("{other:?}") };
        assert_eq!(text.letters, Letters::Mno);
        assert_eq!(other.telling(0, 5), decoy);
    }
}
