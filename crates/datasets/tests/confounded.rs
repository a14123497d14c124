//! Confounded splits against NumPy's, and what holds for any table.
#![allow(clippy::unwrap_used, reason = "a test that fails here says where")]

use herring_datasets::confounded::{ConfoundedSettings, Parts, Rule, split, train_share};
use herring_datasets::{Origin, Part, Record, Region, Table};
use proptest::prelude::*;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

/// A table with `counts[environment][label]` records, interleaved as `make_confounded.py` does.
fn table(counts: &[Vec<usize>]) -> Table {
    let classes = counts[0].len();
    let mut left: Vec<usize> = counts.concat();
    let mut records = Vec::new();
    while left.iter().any(|count| *count > 0) {
        for (cell, count) in left.iter_mut().enumerate() {
            if *count > 0 {
                *count -= 1;
                records.push(Record {
                    id: records.len().to_string(),
                    origin: Origin { file: "made.csv".into(), line: records.len() + 2 },
                    image: "image.png".into(),
                    label: cell % classes,
                    environment: cell / classes,
                    region: Region::Circle,
                    part: None,
                    group: None,
                    maximum: None,
                });
            }
        }
    }
    let names = |count: usize| (0..count).map(|index| index.to_string()).collect();
    Table::new("made", names(classes), names(counts.len()), records).unwrap()
}

#[derive(Deserialize)]
struct Case {
    table: String,
    cells: Vec<usize>,
    rule: Rule,
    ratio: f64,
    seed: u32,
    counts: Vec<Vec<usize>>,
    first: Vec<usize>,
    sha256: Vec<String>,
}

fn sha256(indices: &[usize]) -> String {
    let bytes: Vec<u8> = indices.iter().flat_map(|index| (*index as u32).to_le_bytes()).collect();
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn splits_equal_numpys_index_for_index() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("golden/confounded.json")).unwrap();
    assert_eq!(cases.len(), 24);
    for Case { table: name, cells, rule, ratio, seed, counts, first, sha256: hashes } in cases {
        let table = table(&[cells[..2].to_vec(), cells[2..].to_vec()]);
        let parts = split(&table, &ConfoundedSettings { ratio, rule, seed, cell_limit: None }).unwrap();
        for (index, part) in Part::ALL.into_iter().enumerate() {
            let case = format!("{name}, {rule:?}, ratio {ratio}, seed {seed}, {}", part.name());
            assert_eq!(parts.cells(&table, part).concat(), counts[index], "{case}");
            assert_eq!(parts.of(part)[0], first[index], "{case}");
            assert_eq!(sha256(parts.of(part)), hashes[index], "{case}");
        }
    }
}

/// Section 2.2 and 2.3 of the protocol.
#[test]
fn sizes_are_the_papers() {
    let sizes = |counts: [usize; 4], ratio, rule| {
        let table = table(&[counts[..2].to_vec(), counts[2..].to_vec()]);
        let parts = split(&table, &ConfoundedSettings { ratio, rule, seed: 0, cell_limit: None }).unwrap();
        Part::ALL.map(|part| parts.of(part).len())
    };
    let rsna = [13163, 1348, 7509, 4664];
    assert_eq!(sizes(rsna, 0.9, Rule::Printed), [2694, 1346, 1352]);
    assert_eq!(sizes(rsna, 0.5, Rule::Printed), [2696, 1348, 1348]);
    assert_eq!(sizes(rsna, 0.9, Rule::Later), [1346, 672, 3374]);
    assert_eq!(sizes(rsna, 0.5, Rule::Later), [1348, 672, 3372]);
    let xray = [4000, 2772, 5000, 6000];
    assert_eq!(sizes(xray, 0.9, Rule::Printed), [5542, 2770, 2776]);
    assert_eq!(sizes(xray, 0.5, Rule::Printed), [5544, 2772, 2772]);
    assert_eq!(sizes(xray, 0.9, Rule::Later), [2770, 1384, 6934]);
    assert_eq!(sizes(xray, 0.5, Rule::Later), [2772, 1384, 6932]);
}

/// Section 2.3 of the protocol of activmask2020: NIH's and PadChest's emphysema, of which PadChest has 500.
#[test]
fn cells_of_emphysema_are_the_papers() {
    let table = table(&[vec![700, 2516], vec![600, 500]]);
    let cells = |ratio| {
        let settings = ConfoundedSettings { ratio, rule: Rule::Printed, seed: 1234, cell_limit: None };
        let parts = split(&table, &settings).unwrap();
        Part::ALL.map(|part| (parts.of(part).len(), parts.cells(&table, part).concat()))
    };
    let expected = [(998, vec![450, 49, 49, 450]), (498, vec![24, 225, 225, 24]), (504, vec![26, 226, 226, 26])];
    assert_eq!(cells(0.9), expected);
    assert_eq!(cells(0.5), [(1000, vec![250; 4]), (500, vec![125; 4]), (500, vec![125; 4])]);
}

#[test]
fn what_cannot_be_split_is_refused_by_name() {
    let settings = ConfoundedSettings { ratio: 0.9, rule: Rule::Printed, seed: 0, cell_limit: None };
    let refused = |counts: &[Vec<usize>], settings| split(&table(counts), &settings).unwrap_err().to_string();
    let whole = [vec![40, 40], vec![40, 40]];
    assert_eq!(
        refused(&[vec![40, 40], vec![0, 40]], settings),
        "cell is empty for environment '1' and class '0', expected at least one record of each class in each environment"
    );
    assert_eq!(refused(&whole, ConfoundedSettings { ratio: 1.5, ..settings }), "ratio is 1.5, expected within [0, 1]");
    assert_eq!(
        refused(&whole, ConfoundedSettings { cell_limit: Some(0), ..settings }),
        "cell_limit is 0, expected at least 1"
    );
    assert_eq!(refused(&[vec![40, 40]], settings), "environments is 1, expected at least 2 for a confounded split");
    assert_eq!(
        refused(&[vec![1, 1], vec![1, 1]], settings),
        "train is empty with 1 records a cell, expected enough records for every part"
    );
    assert!(Parts::given(&table(&whole)).unwrap_err().to_string().contains("part is missing"));
}

proptest! {
    #[test]
    fn parts_are_disjoint_and_their_cells_exact(
        environments in 2_usize..5,
        classes in 2_usize..5,
        sizes in prop::collection::vec(30_usize..90, 16),
        ratio in 0.0_f64..=1.0,
        seed: u32,
        later: bool,
        limit in prop::option::of(20_usize..40),
    ) {
        let counts: Vec<Vec<usize>> =
            (0..environments).map(|e| (0..classes).map(|c| sizes[e * 4 + c]).collect()).collect();
        let table = table(&counts);
        let rule = if later { Rule::Later } else { Rule::Printed };
        let settings = ConfoundedSettings { ratio, rule, seed, cell_limit: limit };
        let Ok(parts) = split(&table, &settings) else {
            // Only where a part is empty.
            prop_assert!(!(0.1..=0.9).contains(&ratio));
            return Ok(());
        };
        let all: Vec<usize> = [&parts.train, &parts.valid, &parts.test].into_iter().flatten().copied().collect();
        prop_assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
        let smallest = *counts.concat().iter().min().unwrap();
        let size = limit.map_or(smallest, |limit| limit.min(smallest));
        prop_assert_eq!(all.len(), size * environments * classes);
        for (environment, row) in parts.cells(&table, Part::Train).into_iter().enumerate() {
            for (label, found) in row.into_iter().enumerate() {
                let share = train_share(&settings, environments, environment, label);
                let exact = size as f64 * share * if later { 0.5 } else { 1.0 };
                prop_assert!((found as f64 - exact).abs() <= 1.0, "{} of {}", found, exact);
            }
        }
    }
}
