//! The pointing game (Zhang et al. 2018): is the largest value of a map on the object?

use crate::error::{self, SaliencyError};

/// Whether the largest value of `map`, `[height, width]`, lies within `tolerance` pixels of the mask, whose pixels are those
/// that are not zero. Of several largest values the first counts. The paper has a tolerance of 15 pixels.
///
/// # Errors
/// Map or mask are not of `size`, or hold invalid values.
pub fn points_at(map: &[f32], mask: &[f32], size: [usize; 2], tolerance: usize) -> Result<bool, SaliencyError> {
    let [height, width] = size;
    error::check("map", map, height * width)?;
    error::check_mask(mask, height * width)?;
    let largest = map.iter().enumerate().fold(None, |largest: Option<(usize, f32)>, (place, value)| match largest {
        Some((_, most)) if most >= *value => largest,
        _ => Some((place, *value)),
    });
    let Some((place, _)) = largest else { return Ok(false) };
    let (row, column) = (place / width, place % width);
    let within = |one: usize, other: usize| one.abs_diff(other).pow(2);
    Ok(mask
        .iter()
        .enumerate()
        .any(|(at, value)| *value != 0.0 && within(at / width, row) + within(at % width, column) <= tolerance.pow(2)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_value_is_on_the_mask_or_near_it() {
        let mut map = [0.0; 12];
        map[5] = 2.0;
        let mask = |place: usize| {
            let mut mask = [0.0; 12];
            mask[place] = 1.0;
            mask
        };
        let at = |place, tolerance| points_at(&map, &mask(place), [3, 4], tolerance).unwrap();
        assert!(at(5, 0) && !at(6, 0) && at(6, 1));
        // Diagonal neighbours are more than a pixel away.
        assert!(!at(0, 1) && at(0, 2));
        assert!(!points_at(&map, &[0.0; 12], [3, 4], 15).unwrap());
    }

    #[test]
    fn of_several_largest_values_the_first_counts() {
        assert!(points_at(&[1.0, 1.0], &[1.0, 0.0], [1, 2], 0).unwrap());
        assert!(!points_at(&[1.0, 1.0], &[0.0, 1.0], [1, 2], 0).unwrap());
        assert!(points_at(&[f32::NAN], &[1.0], [1, 1], 0).is_err());
    }
}
