//! Lists of indexes as Slurm writes them: `0-4,7,9-12`.

use std::collections::BTreeSet;

/// Writes ascending indexes as ranges. `[0, 1, 2, 7]` is `0-2,7`; two neighbours are `3,4`, not `3-4`.
pub fn compress(indexes: &[usize]) -> String {
    let words: Vec<String> = runs(indexes).map(word).collect();
    words.join(",")
}

/// The indexes that `text` lists, ascending; `None` if it is not such a list.
///
/// Also understands Slurm's notation for arrays: brackets (`[5-7]`), the limit of tasks at once
/// (`0-9%2`), steps (`0-8:4`).
///
/// ```
/// use herring_cluster::ranges::expand;
///
/// assert_eq!(expand("0-2,7"), Some(vec![0, 1, 2, 7]));
/// assert_eq!(expand("[0-8:4%2]"), Some(vec![0, 4, 8]));
/// assert_eq!(expand("0-2,"), None);
/// ```
pub fn expand(text: &str) -> Option<Vec<usize>> {
    let text = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let text = text.split_once('%').map_or(text, |(list, _)| list);
    let mut indexes = BTreeSet::new();
    for word in text.split(',') {
        let (range, step) = match word.split_once(':') {
            Some((range, step)) => (range, step.parse().ok().filter(|&step| step > 0)?),
            None => (word, 1),
        };
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let (first, last): (usize, usize) = (first.parse().ok()?, last.parse().ok()?);
        if first > last {
            return None;
        }
        indexes.extend((first..=last).step_by(step));
    }
    Some(indexes.into_iter().collect())
}

/// Splits ascending indexes into groups whose text is at most `longest` bytes each.
pub(crate) fn groups(indexes: &[usize], longest: usize) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    let mut length = 0;
    for run in runs(indexes) {
        let added = word(run).len() + 1;
        match groups.last_mut() {
            Some(group) if length + added <= longest => group.extend(run),
            _ => {
                length = 0;
                groups.push(run.to_vec());
            }
        }
        length += added;
    }
    groups
}

fn runs(indexes: &[usize]) -> impl Iterator<Item = &[usize]> {
    indexes.chunk_by(|before, after| before + 1 == *after)
}

fn word(run: &[usize]) -> String {
    match run {
        [one] => one.to_string(),
        [one, two] => format!("{one},{two}"),
        [first, .., last] => format!("{first}-{last}"),
        [] => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_written_and_read_back() {
        let indexes = [0, 1, 2, 3, 4, 7, 9, 10, 11, 12, 20, 21];
        assert_eq!(compress(&indexes), "0-4,7,9-12,20,21");
        assert_eq!(expand("0-4,7,9-12,20,21").unwrap(), indexes);
        assert_eq!(compress(&[]), "");
        assert_eq!(compress(&[3]), "3");
    }

    #[test]
    fn what_is_no_list_is_nothing() {
        for text in ["", "a", "1-", "-1", "1,,2", "1-2-3", "3-2", "0-8:0", "N/A"] {
            assert_eq!(expand(text), None, "{text}");
        }
    }

    #[test]
    fn long_lists_are_cut_and_lose_nothing() {
        let indexes: Vec<usize> = (0..1000).step_by(2).chain(2000..3000).collect();
        let groups = groups(&indexes, 100);
        assert!(groups.len() > 10);
        assert!(groups.iter().all(|group| compress(group).len() <= 100));
        assert_eq!(groups.concat(), indexes);
        assert_eq!(super::groups(&[0, 1, 2], 100), [[0, 1, 2]]);
        assert!(super::groups(&[], 100).is_empty());
    }
}
