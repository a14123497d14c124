//! Losses and gradients against the stored values of PyTorch, on every backend of this build.
//!
//! `HERRING_FIXTURES` names further fixture files, or folders of them, separated by colons. Of a folder
//! the files `losses_*.safetensors` are taken.

#![allow(clippy::unwrap_used, reason = "a test that fails here says where")]

use herring_models::weights::NamedTensors;
use herring_tests::{backends, golden::GoldenLosses};
use std::path::{Path, PathBuf};

fn fixtures() -> Vec<PathBuf> {
    let mut places = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("golden")];
    if let Some(more) = std::env::var_os("HERRING_FIXTURES") {
        places.extend(std::env::split_paths(&more));
    }
    let mut files = Vec::new();
    for place in places {
        if place.is_dir() {
            let listed = std::fs::read_dir(&place).unwrap().map(|entry| entry.unwrap().path());
            let of_losses = |path: &PathBuf| {
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                name.starts_with("losses_") && name.ends_with(".safetensors")
            };
            let mut listed: Vec<_> = listed.filter(of_losses).collect();
            listed.sort();
            assert!(!listed.is_empty(), "{}: no fixture in this folder", place.display());
            files.extend(listed);
        } else {
            files.push(place);
        }
    }
    files
}

#[test]
fn losses_and_gradients_agree_with_pytorch() {
    backends::on_each(|device| {
        for path in fixtures() {
            let fixture = NamedTensors::read(&path).unwrap_or_else(|error| panic!("{error}"));
            let report = device.run(GoldenLosses(&fixture));
            let worst = report.compared.iter().max_by(|left, right| left.1.total_cmp(&right.1)).unwrap();
            println!(
                "{}: {} comparisons, furthest off {} by {:.1e}; not built here: {}",
                path.display(),
                report.compared.len(),
                worst.0,
                worst.1,
                report.passed_over.join(", ")
            );
            assert_eq!(report.failures(), Vec::<String>::new(), "{} on {}", path.display(), device.info().name);
        }
    });
}
