//! Selecting runs of a plan by index or by id.

use crate::plan::Plan;
use herring_cluster::ranges;

/// Why runs cannot be selected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IndexError {
    /// Not a list of indexes.
    #[error("indexes: found '{found}', expected indexes of the plan from 0, for instance 0-5,12")]
    Malformed {
        /// What was given.
        found: String,
    },
    /// An index past the end.
    #[error("indexes: found {found}, expected 0 to {last}")]
    OutOfRange {
        /// The first such index.
        found: usize,
        /// The plan's last index.
        last: usize,
    },
    /// No id, or more than one, begins like this.
    #[error("ids: found '{found}', with which {count} ids of the plan begin, expected exactly one")]
    Id {
        /// What was given.
        found: String,
        /// How many ids begin with it.
        count: usize,
    },
}

/// Parses indexes such as `0-5,12` into a plan of `runs` runs.
///
/// # Errors
/// The text is malformed or has an index that is out of range.
pub fn parse(text: &str, runs: usize) -> Result<Vec<usize>, IndexError> {
    let malformed = || IndexError::Malformed { found: text.to_owned() };
    let mut places = ranges::expand(text).filter(|places| !places.is_empty()).ok_or_else(malformed)?;
    places.sort_unstable();
    places.dedup();
    match places.last() {
        Some(&found) if found >= runs => Err(IndexError::OutOfRange { found, last: runs.saturating_sub(1) }),
        _ => Ok(places),
    }
}

/// Formats indexes for [`parse`].
pub fn write(places: &[usize]) -> String {
    ranges::compress(places)
}

/// The indexes of the runs whose ids begin with `ids`, in the order of the plan.
///
/// # Errors
/// One of them does not match exactly one id.
pub fn by_id(plan: &Plan, ids: &[String]) -> Result<Vec<usize>, IndexError> {
    let mut places = Vec::new();
    for id in ids {
        let found = plan.runs.iter().enumerate().filter(|(_, run)| run.id.as_str().starts_with(id.trim()));
        let found: Vec<usize> = found.map(|(place, _)| place).collect();
        match found.as_slice() {
            [place] => places.push(*place),
            others => return Err(IndexError::Id { found: id.clone(), count: others.len() }),
        }
    }
    places.sort_unstable();
    places.dedup();
    Ok(places)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_checked() {
        assert_eq!(parse("0-2,7,1", 8).unwrap(), [0, 1, 2, 7]);
        assert_eq!(parse(&write(&[0, 1, 2, 7]), 8).unwrap(), [0, 1, 2, 7]);
        for text in ["", "a", "3-1", "1,,2", "-1"] {
            assert!(matches!(parse(text, 8), Err(IndexError::Malformed { .. })), "{text}");
        }
        let error = parse("3,8", 8).unwrap_err().to_string();
        assert_eq!(error, "indexes: found 8, expected 0 to 7");
    }
}
