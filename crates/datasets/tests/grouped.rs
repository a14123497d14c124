//! Splits that keep patients whole, and what keeps a split from being used.
#![allow(clippy::unwrap_used, reason = "a test that fails here says where")]

use herring_datasets::{
    Origin, Part, Record, Region, Table,
    confounded::{ConfoundedSettings, Parts, Rule, split},
};
use std::collections::{BTreeMap, BTreeSet};

/// `(environment, class, group)` of each record.
fn table(rows: &[(usize, usize, Option<&str>)]) -> Table {
    let record = |(index, (environment, label, group)): (usize, &(usize, usize, Option<&str>))| Record {
        id: index.to_string(),
        origin: Origin { file: "list.csv".into(), line: index + 2 },
        image: format!("{index}.png").into(),
        label: *label,
        environment: *environment,
        region: Region::Everything,
        part: None,
        group: group.map(str::to_owned),
        maximum: None,
    };
    let names = |names: [&str; 2]| names.map(str::to_owned).to_vec();
    let records = rows.iter().enumerate().map(record).collect();
    Table::new("own", names(["dog", "wolf"]), names(["grass", "snow"]), records).unwrap()
}

fn settings(seed: u32) -> ConfoundedSettings {
    ConfoundedSettings { ratio: 0.75, rule: Rule::Printed, seed, cell_limit: None }
}

/// `images` of each patient, `patients` of each cell.
fn patients(patients: usize, images: usize) -> Table {
    let names: Vec<String> = (0..4 * patients).map(|patient| format!("patient {patient}")).collect();
    let mut rows = Vec::new();
    for (patient, name) in names.iter().enumerate() {
        rows.extend((0..images).map(|_| (patient % 2, patient / 2 % 2, Some(name.as_str()))));
    }
    table(&rows).with_whole_groups()
}

fn parts_of_groups(table: &Table, parts: &Parts) -> BTreeMap<String, BTreeSet<Part>> {
    let mut found: BTreeMap<String, BTreeSet<Part>> = BTreeMap::new();
    for part in Part::ALL {
        for &index in parts.of(part) {
            let record = &table.records()[index];
            found.entry(record.group.clone().unwrap_or(record.id.clone())).or_default().insert(part);
        }
    }
    found
}

#[test]
fn every_patient_is_in_one_part_and_the_sizes_are_those_of_the_split_by_images() {
    for images in [2, 3, 5] {
        let table = patients(24, images);
        for seed in 0..10 {
            let parts = split(&table, &settings(seed)).unwrap();
            let of_groups = parts_of_groups(&table, &parts);
            assert!(of_groups.values().all(|parts| parts.len() == 1), "{images} images, seed {seed}");
            let by_images = split(
                &Table::new("own", table.classes().to_vec(), table.environments().to_vec(), table.records().to_vec())
                    .unwrap(),
                &settings(seed),
            )
            .unwrap();
            for part in Part::ALL {
                for (found, expected) in
                    parts.cells(&table, part).concat().iter().zip(by_images.cells(&table, part).concat())
                {
                    assert!(*found <= expected && expected - found < images, "{part:?}: {found} of {expected}");
                }
            }
            assert!(parts.incomplete(&table).is_empty());
        }
        let (one, other) = (split(&table, &settings(1)).unwrap(), split(&table, &settings(2)).unwrap());
        assert_ne!(one, other, "the seed decides");
        assert_eq!(one, split(&table, &settings(1)).unwrap());
    }
}

#[test]
fn groups_of_one_image_change_nothing() {
    let whole = patients(12, 1);
    let without: Vec<_> = whole.records().iter().map(|record| (record.environment, record.label, None)).collect();
    for seed in 0..5 {
        assert_eq!(split(&whole, &settings(seed)).unwrap(), split(&table(&without), &settings(seed)).unwrap());
        // Nor does a column of which nothing is filled in.
        let empty = table(&without).with_whole_groups();
        assert_eq!(split(&empty, &settings(seed)).unwrap(), split(&table(&without), &settings(seed)).unwrap());
    }
}

#[test]
fn a_patient_seen_in_both_environments_stays_together_and_a_large_one_is_cut_to_size() {
    let mut rows = Vec::new();
    let names: Vec<String> = (0..40).map(|patient| patient.to_string()).collect();
    for (patient, name) in names.iter().enumerate() {
        rows.push((0, patient % 2, Some(name.as_str())));
        rows.push((1, patient % 2, Some(name.as_str())));
    }
    // One with more images of a cell than training may have of it.
    rows.extend((0..60).map(|_| (0, 0, Some("often"))));
    let table = table(&rows).with_whole_groups();
    let parts = split(&table, &settings(3)).unwrap();
    assert!(parts_of_groups(&table, &parts).values().all(|parts| parts.len() == 1));
    assert!(parts.cells(&table, Part::Train)[0][0] <= 15, "20 images of the smallest cell, three quarters in training");
    assert!(parts.incomplete(&table).is_empty(), "{:?}", parts.incomplete(&table));
}

#[test]
fn images_of_the_same_patient_are_not_kept_together_unless_the_table_asks() {
    let rows: Vec<_> = (0..80).map(|index| (index % 2, index / 2 % 2, Some("everybody"))).collect();
    let parts = split(&table(&rows), &settings(0)).unwrap();
    assert_eq!(parts_of_groups(&table(&rows), &parts)["everybody"].len(), 3);
    let error = split(&table(&rows).with_whole_groups(), &settings(0)).unwrap_err().to_string();
    assert!(error.contains("is empty with groups kept whole"), "{error}");
}

#[test]
fn a_class_that_a_part_lacks_is_named_with_the_part() {
    let table = table(&[(0, 0, None), (0, 1, None), (1, 0, None), (1, 1, None), (0, 0, None)]);
    let parts = Parts { train: vec![0, 2, 4], valid: vec![0, 1], test: vec![3] };
    assert_eq!(
        parts.incomplete(&table),
        [
            "train: found no image of class \"wolf\", expected images of every class in every part",
            "test: found no image of class \"dog\", expected images of every class in every part",
        ]
    );
    let few = [(Part::Valid, "dog", 1), (Part::Valid, "wolf", 1), (Part::Test, "wolf", 1)];
    assert_eq!(parts.few(&table, 2), few);
    assert_eq!(parts.few(&table, 1), []);
    assert_eq!(parts.used(), 6);
}
