//! Architectures, losses and gradients against the stored values of PyTorch, on every backend of this
//! build.
//!
//! `HERRING_FIXTURES` names further fixture files, or folders of them, separated by colons. What a fixture
//! holds and this workspace lacks, an architecture or a loss, is passed over by name.

#![allow(clippy::unwrap_used, reason = "a test that fails here says where")]

use herring_backend::BackendName;
use herring_tests::{
    backends,
    golden::{Comparison, Fixture},
    shared_passes::SharedPasses,
};
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

/// The files of stored values. A file that was given twice, also as a copy, is read once.
fn fixtures() -> Vec<Fixture> {
    let mut places = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("golden")];
    if let Some(more) = std::env::var_os("HERRING_FIXTURES") {
        places.extend(std::env::split_paths(&more));
    }
    let mut files: Vec<PathBuf> = Vec::new();
    for place in places {
        if place.is_dir() {
            let listed = std::fs::read_dir(&place).unwrap().map(|entry| entry.unwrap().path());
            let mut listed: Vec<_> = listed.filter(|path| Fixture::architecture_of(path).is_some()).collect();
            listed.sort();
            assert!(!listed.is_empty(), "{}: no fixture in this folder", place.display());
            files.extend(listed);
        } else {
            files.push(place);
        }
    }
    let mut contents = BTreeSet::new();
    files.retain(|path| {
        contents.insert(std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
    });
    files.iter().map(|path| Fixture::read(path).unwrap_or_else(|error| panic!("{error}"))).collect()
}

#[test]
fn architectures_losses_and_gradients_agree_with_pytorch() {
    let fixtures = fixtures();
    backends::on_each(|device| {
        let (mut losses, mut architectures, mut furthest, mut failures) = (0, BTreeSet::new(), 0.0f64, Vec::new());
        for fixture in &fixtures {
            let name = fixture.path.file_name().unwrap_or_default().to_string_lossy();
            let Some(network) = fixture.network() else {
                println!("{name}: passed over, there is no architecture {}", fixture.architecture);
                continue;
            };
            let double = device.info().backend == BackendName::Cpu;
            let report = device.run(Comparison { fixture, network, double });
            let (place, off) = report.worst();
            println!("{name}: {} tensors, furthest off {place} by {off:.1e}", report.compared.len());
            if !report.passed_over.is_empty() {
                println!("{name}: passed over, there are no losses {}", report.passed_over.join(", "));
            }
            if !report.values_only.is_empty() {
                println!("{name}: values only, the stored gradients are not theirs: {}", report.values_only.join(", "));
            }
            losses += report.losses.len();
            architectures.insert(&fixture.architecture);
            furthest = furthest.max(off);
            failures.extend(report.failures().into_iter().map(|failure| format!("{name}: {failure}")));
        }
        println!("compared {losses} losses of {} architectures, worst {furthest:.1e}", architectures.len());
        assert_eq!(failures, Vec::<String>::new(), "on {}", device.info().name);
    });
}

#[test]
fn penalties_together_make_two_passes_and_amount_to_the_sum_of_each_alone() {
    backends::on_each(|device| {
        let together = device.run(SharedPasses);
        let (place, off) = together.report.worst();
        println!("{} tensors, furthest off {place} by {off:.1e}", together.report.compared.len());
        assert_eq!(together.passes, 2, "one over the permuted images and one over the images");
        assert!(off < 1e-5, "{place} is off by {off:.1e} on {}", device.info().name);
    });
}
