//! Damaged files of every kind: cut short at every length, and with bytes changed at random.
#![allow(clippy::unwrap_used, reason = "a test that fails here says where")]

mod common;

use common::fixture;
use herring_weights::{WeightsError, read};
use proptest::prelude::*;
use std::{
    fs,
    path::PathBuf,
    sync::{Mutex, Once, PoisonError},
};

const FILES: [&str; 6] = [
    "two-layer.pth",
    "two-layer-legacy.pth",
    "two-layer-tar.pth",
    "two-layer.safetensors",
    "keras.h5",
    "keras-model.h5",
];

/// Panics that the libraries raised; they would be caught, and none should be needed.
static PANICS: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// What reading these bytes gives, in a folder of its own.
struct Reader {
    _folder: tempfile::TempDir,
    path: PathBuf,
}

impl Reader {
    fn new() -> Self {
        static HOOK: Once = Once::new();
        HOOK.call_once(|| {
            let before = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |panic| {
                if panic.location().is_some_and(|place| place.file().contains("registry")) {
                    PANICS.lock().unwrap_or_else(PoisonError::into_inner).push(panic.to_string());
                }
                before(panic);
            }));
        });
        let folder = tempfile::tempdir().unwrap();
        Self { path: folder.path().join("damaged"), _folder: folder }
    }

    fn read(&self, bytes: &[u8]) -> Result<herring_weights::WeightsFile, WeightsError> {
        fs::write(&self.path, bytes).unwrap();
        let result = read(&self.path);
        if let Err(error) = &result {
            let text = error.to_string();
            assert!(text.lines().count() == 1 && text.len() < 700, "{text}");
        }
        let panics = std::mem::take(&mut *PANICS.lock().unwrap_or_else(PoisonError::into_inner));
        assert!(panics.is_empty(), "{panics:?}");
        result
    }
}

#[test]
fn a_file_that_is_cut_short_is_an_error_wherever_it_ends() {
    let reader = Reader::new();
    for name in FILES {
        let bytes = fs::read(fixture(name)).unwrap();
        // A tar archive ends in blocks of zeros, and a legacy file has nothing after its last tensor.
        let content = bytes.len() - bytes.iter().rev().take_while(|byte| **byte == 0).count();
        let step = if bytes.len() > 12_000 { 37 } else { 1 };
        for end in (0..content).step_by(step) {
            let result = reader.read(&bytes[..end]);
            assert!(result.is_err(), "{name} cut at {end} of {}", bytes.len());
        }
        assert!(reader.read(&bytes).is_ok(), "{name}");
    }
}

/// Files of each property; `PROPTEST_CASES` asks for more.
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(1000)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    /// Values may change without a sign; whatever is read has as many values as its shape says.
    #[test]
    fn changed_bytes_give_an_error_or_tensors(
        file in 0..FILES.len(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let reader = Reader::new();
        let mut bytes = fs::read(fixture(FILES[file])).unwrap();
        for (place, value) in changes {
            let place = place.index(bytes.len());
            bytes[place] = value;
        }
        if let Ok(file) = reader.read(&bytes) {
            for name in file.tensors.names() {
                let (shape, values) = file.tensors.get(name).unwrap();
                prop_assert_eq!(shape.iter().product::<usize>(), values.len());
            }
        }
    }

    /// Files that begin as one kind and go on with anything.
    #[test]
    fn a_beginning_alone_is_not_a_file(file in 0..FILES.len(), rest in prop::collection::vec(any::<u8>(), 0..600)) {
        let reader = Reader::new();
        let mut bytes = fs::read(fixture(FILES[file])).unwrap();
        bytes.truncate(if FILES[file].contains("tar") { 512 } else { 16 });
        bytes.extend(rest);
        prop_assert!(reader.read(&bytes).is_err());
    }
}
