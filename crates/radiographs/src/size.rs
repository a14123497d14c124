//! The size that all pictures of a collection share, which the images themselves say: the owners hand KNEE out at 224,
//! smaller copies are about.

use std::collections::BTreeMap;

/// The commonest side of the squares among heights and widths; the largest of several. `None` if there is no square.
pub(crate) fn common_side<'a>(sizes: impl Iterator<Item = &'a [usize; 2]>) -> Option<usize> {
    let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
    for [height, _] in sizes.filter(|[height, width]| height == width) {
        *counts.entry(*height).or_default() += 1;
    }
    counts.into_iter().max_by_key(|(_, count)| *count).map(|(side, _)| side)
}

/// What is wrong with a height and width among pictures of that side, if anything is.
pub(crate) fn wrong_size([height, width]: [usize; 2], common: Option<usize>) -> Option<String> {
    match common {
        Some(side) if [height, width] == [side, side] => None,
        Some(side) => Some(format!("found {height} x {width} pixels, expected {side} x {side} as the others have")),
        None => Some(format!("found {height} x {width} pixels, expected a square")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn most_pictures_decide() {
        assert_eq!(common_side([[3, 3], [4, 4], [3, 3], [5, 4], [5, 4], [5, 4]].iter()), Some(3));
        assert_eq!(common_side([[3, 3], [4, 4]].iter()), Some(4));
        assert_eq!(common_side([[3, 4]].iter()), None);
        assert_eq!(wrong_size([3, 3], Some(3)), None);
        assert_eq!(wrong_size([3, 4], None).as_deref(), Some("found 3 x 4 pixels, expected a square"));
    }
}
