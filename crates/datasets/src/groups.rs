//! Groups (patients, subjects) of a table whose images a split puts into several parts.
//!
//! Two radiographs of one patient resemble each other more than those of two patients, so a model trained on
//! one of them has an advantage when it is tested on the other. The papers' splits are drawn by images and
//! share patients between the parts; the numbers here say how many.

use std::collections::BTreeSet;

use crate::{Part, Table, confounded::Parts};

/// How many evaluation images belong to a group with training images.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SharedGroups {
    /// Test images.
    pub test_images: usize,
    /// Test images whose group has at least one training image.
    pub test_of_training_groups: usize,
    /// Validation images.
    pub valid_images: usize,
    /// Validation images whose group has at least one training image.
    pub valid_of_training_groups: usize,
    /// Images of the three parts without a known group; they count as not shared.
    pub without_group: usize,
}

impl SharedGroups {
    /// The share of the test images that are of a training group, in `[0, 1]`; 0 without test images.
    pub fn test_share(&self) -> f64 {
        self.test_of_training_groups as f64 / self.test_images.max(1) as f64
    }
}

/// Counts the images that share their [`group`](crate::Record::group) with training. `None` if no record of the
/// table has a group.
///
/// Positions in `parts` beyond the table are passed over.
pub fn shared_groups(table: &Table, parts: &Parts) -> Option<SharedGroups> {
    let records = table.records();
    if records.iter().all(|record| record.group.is_none()) {
        return None;
    }
    let groups = |part: Part| parts.of(part).iter().filter_map(|&index| records.get(index)).map(|record| &record.group);
    let trained: BTreeSet<&str> = groups(Part::Train).flatten().map(String::as_str).collect();
    let shared = |part: Part| groups(part).flatten().filter(|group| trained.contains(group.as_str())).count();
    Some(SharedGroups {
        test_images: parts.test.len(),
        test_of_training_groups: shared(Part::Test),
        valid_images: parts.valid.len(),
        valid_of_training_groups: shared(Part::Valid),
        without_group: Part::ALL.into_iter().flat_map(groups).filter(|group| group.is_none()).count(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Origin, Record, Region};

    fn table(groups: &[Option<&str>]) -> Table {
        let record = |(index, group): (usize, &Option<&str>)| Record {
            id: index.to_string(),
            origin: Origin { file: "t.csv".into(), line: index + 2 },
            image: format!("{index}.png").into(),
            label: index % 2,
            environment: 0,
            region: Region::Everything,
            part: None,
            group: group.map(str::to_owned),
            maximum: None,
        };
        let records = groups.iter().enumerate().map(record).collect();
        Table::new("t", vec!["a".into(), "b".into()], vec!["e".into()], records).unwrap()
    }

    #[test]
    fn images_of_training_groups_are_counted_once_each() {
        let table = table(&[Some("p"), Some("q"), Some("p"), Some("p"), Some("r"), None, Some("q"), None]);
        // Twice of p, once of r and once of nobody in test; q is in training and validation.
        let parts = Parts { train: vec![0, 1, 7], valid: vec![6], test: vec![2, 3, 4, 5] };
        let shared = shared_groups(&table, &parts).unwrap();
        assert_eq!(
            shared,
            SharedGroups {
                test_images: 4,
                test_of_training_groups: 2,
                valid_images: 1,
                valid_of_training_groups: 1,
                without_group: 2,
            }
        );
        assert_eq!(shared.test_share(), 0.5);
        // What only validation and test share is not of training.
        let parts = Parts { train: vec![4], valid: vec![0], test: vec![2, 3] };
        let shared = shared_groups(&table, &parts).unwrap();
        assert_eq!((shared.test_of_training_groups, shared.valid_of_training_groups, shared.without_group), (0, 0, 0));
        let none = shared_groups(&table, &Parts { train: vec![0], valid: vec![], test: vec![] }).unwrap();
        assert_eq!(none.test_share(), 0.0);
    }

    #[test]
    fn a_table_without_groups_has_no_count() {
        let table = table(&[None, None]);
        assert_eq!(shared_groups(&table, &Parts { train: vec![0], valid: vec![], test: vec![1] }), None);
    }
}
