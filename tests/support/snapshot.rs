//! Texts that people see, held word for word by the files in a crate's `tests/snapshots`.
//!
//! `HERRING_SNAPSHOTS=write cargo test -p CRATE --test snapshots` takes over what is seen now.

use std::{fs, path::Path};

/// Compares `found` with the file `name` in the crate's `tests/snapshots`.
#[track_caller]
pub(crate) fn snapshot(name: &str, found: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots").join(name);
    if std::env::var_os("HERRING_SNAPSHOTS").is_some_and(|value| value == "write") {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, found).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    let path = path.display();
    assert!(
        found == kept,
        "{path} differs; if that is meant, HERRING_SNAPSHOTS=write\n--- kept\n{kept}\n+++ seen\n{found}"
    );
}
