//! Splits that keep the table's own distribution: half of each cell (environment and class) for training, a quarter for
//! validation, a quarter for the test.
//!
//! [`crate::confounded`] plants a correlation of environment and class and needs images of every cell. Where cells are empty,
//! or there is one environment, nothing can be reversed; then this split lets every part look as the images came.

use crate::{DatasetError, confounded::Parts, grouped, numpy::LegacyRandom, record::Table};

/// Splits `table` within each cell, of which at most `cell_limit` records are used. Of a cell of `n` records validation gets
/// `floor(n / 4)`, the test `floor((n + 1) / 4)`, and training the rest. Groups are kept whole where the table asks for it, as
/// [`crate::confounded::split`] keeps them.
///
/// # Errors
/// [`DatasetError::OutOfRange`] if the limit is 0 or a part would be empty.
pub fn split(table: &Table, cell_limit: Option<usize>, seed: u32) -> Result<Parts, DatasetError> {
    if cell_limit == Some(0) {
        return Err(DatasetError::out_of_range("cell_limit", 0, "at least 1"));
    }
    let classes = table.classes().len();
    let cells = (0..table.environments().len() * classes).map(|cell| table.cell(cell / classes, cell % classes));
    let cells: Vec<Vec<usize>> = cells.collect();
    let sizes = cells.iter().map(|cell| {
        let used = cell_limit.map_or(cell.len(), |limit| limit.min(cell.len()));
        let (valid, test) = (used / 4, (used + 1) / 4);
        [used - valid - test, valid, test]
    });
    let sizes: Vec<[usize; 3]> = sizes.collect();
    let parts = if grouped::applies(table) {
        let of = |part: usize| sizes.iter().map(|sizes| sizes[part]).collect::<Vec<usize>>();
        grouped::split(table, &[of(0), of(1), of(2)], seed)?
    } else {
        let mut random = LegacyRandom::new(seed);
        let mut parts: [Vec<usize>; 3] = Default::default();
        for (cell, sizes) in cells.iter().zip(&sizes) {
            let places = random.choice_without_replacement(cell.len(), sizes.iter().sum())?;
            let mut drawn = places.into_iter().map(|place| cell[place]);
            for (part, size) in parts.iter_mut().zip(sizes) {
                part.extend(drawn.by_ref().take(*size));
            }
        }
        parts
    };
    let [train, valid, test] = parts;
    Parts { train, valid, test }.none_empty(|| "empty: the table has too few images".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Origin, Part, Record, Region};

    /// Environment 0 has 8 images of class 0 and none of class 1; environment 1 has 3 and 17.
    fn table(grouped: bool) -> Table {
        let counts = [(0, 0, 8), (1, 0, 3), (1, 1, 17)];
        let cells = counts.into_iter().flat_map(|(environment, label, count)| {
            (0..count).map(move |number| Record {
                id: format!("{environment}/{label}/{number}"),
                origin: Origin { file: "list.csv".into(), line: 0 },
                image: format!("{environment}-{label}-{number}.png").into(),
                label,
                environment,
                region: Region::Everything,
                part: None,
                group: grouped.then(|| format!("{environment}-{label}-{}", number / 2)),
                maximum: None,
            })
        });
        let names = || vec!["a".to_owned(), "b".to_owned()];
        let table = Table::new("own", names(), names(), cells.collect()).unwrap();
        if grouped { table.with_whole_groups() } else { table }
    }

    #[test]
    fn every_cell_gives_half_a_quarter_and_a_quarter() {
        let table = table(false);
        let parts = split(&table, None, 7).unwrap();
        assert_eq!(parts.cells(&table, Part::Train), [[4, 0], [2, 9]]);
        assert_eq!(parts.cells(&table, Part::Valid), [[2, 0], [0, 4]]);
        assert_eq!(parts.cells(&table, Part::Test), [[2, 0], [1, 4]]);
        let mut all: Vec<usize> = [parts.train.clone(), parts.valid.clone(), parts.test.clone()].concat();
        all.sort_unstable();
        assert_eq!(all, (0..28).collect::<Vec<_>>());
        assert_eq!(split(&table, None, 7).unwrap(), parts);
        assert_ne!(split(&table, None, 8).unwrap(), parts);
        assert_eq!(split(&table, Some(4), 7).unwrap().cells(&table, Part::Train), [[2, 0], [2, 2]]);
        assert!(split(&table, Some(0), 7).is_err());
        let message = split(&table, Some(1), 7).unwrap_err().to_string();
        assert!(message.starts_with("valid is empty: the table has too few images"), "{message}");
    }

    #[test]
    fn groups_stay_whole() {
        let table = table(true);
        let parts = split(&table, None, 7).unwrap();
        let part_of = |index: usize| Part::ALL.into_iter().position(|part| parts.of(part).contains(&index));
        for (one, first) in table.records().iter().enumerate() {
            for (other, second) in table.records().iter().enumerate() {
                if first.group == second.group
                    && let (Some(one), Some(other)) = (part_of(one), part_of(other))
                {
                    assert_eq!(one, other, "{:?}", first.group);
                }
            }
        }
        assert!(parts.used() >= 20, "{}", parts.used());
    }
}
