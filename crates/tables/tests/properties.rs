//! No bytes make a reader panic, and every message is one line.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::*;
use herring_tables::{Manifest, Negatives, Reading, TableError, check, nih, own, padchest, rsna};
use proptest::prelude::*;

fn is_clean(result: Result<Reading, TableError>) {
    match result {
        Ok(reading) => assert!(reading.table.records().len() <= reading.rows),
        Err(TableError::Problems(problems)) => {
            assert!(!problems.all().is_empty());
            for problem in problems.all() {
                assert_eq!(problem.to_string().lines().count(), 1);
            }
        }
        Err(other) => panic!("not collected as a problem: {other}"),
    }
}

/// A table with a few of its bytes changed, inserted or cut.
fn damaged(text: &'static str) -> impl Strategy<Value = Vec<u8>> {
    let edit = (
        any::<prop::sample::Index>(),
        prop_oneof![any::<u8>(), prop::sample::select(b"\"\n\r,;/.-N1 ".to_vec())],
        0..3,
    );
    proptest::collection::vec(edit, 0..8).prop_map(move |edits| {
        let mut bytes = text.as_bytes().to_vec();
        for (place, byte, how) in edits {
            if bytes.is_empty() {
                break;
            }
            let place = place.index(bytes.len());
            match how {
                0 => bytes[place] = byte,
                1 => bytes.insert(place, byte),
                _ => drop(bytes.remove(place)),
            }
        }
        bytes
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..400), end in prop::sample::select(vec!["", ".gz", ".zip"])) {
        let root = tempfile::tempdir().unwrap();
        for path in [NIH, PADCHEST, LABELS, HEADERS, "own.csv"] {
            put(root.path(), &format!("{path}{end}"), &bytes);
        }
        is_clean(nih(root.path()));
        is_clean(padchest(root.path()));
        is_clean(rsna(root.path(), Negatives::Released));
        is_clean(own(&root.path().join(format!("own.csv{end}"))));
        check(&Manifest::named("rsna").unwrap(), root.path(), &|_| Err("none".into()));
    }

    #[test]
    fn damaged_tables(
        images in damaged(NIH_TEXT),
        reports in damaged(PADCHEST_TEXT),
        boxes in damaged(LABELS_TEXT),
        views in damaged(HEADERS_TEXT),
        mine in damaged("sep=;\nImage;label;environment;mask;boxes;split;patient;maximum\na\\b.png;1;2;;1 2 3 4;Train;p;4095\n\"b.png\";2;2;circle;;val;;\n"),
    ) {
        let root = tempfile::tempdir().unwrap();
        for (path, bytes) in [(NIH, images), (PADCHEST, reports), (LABELS, boxes), (HEADERS, views), ("own.csv", mine)] {
            put(root.path(), path, bytes);
        }
        is_clean(nih(root.path()));
        is_clean(padchest(root.path()));
        is_clean(rsna(root.path(), Negatives::NoPenalty));
        is_clean(own(&root.path().join("own.csv")));
    }

    #[test]
    fn a_manifest_is_refused_politely(text in damaged(include_str!("../manifests/rsna.toml"))) {
        if let Err(error) = Manifest::parse("m.toml", &String::from_utf8_lossy(&text)) {
            prop_assert_eq!(error.to_string().lines().count(), 1);
        }
    }
}
