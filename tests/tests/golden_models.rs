//! Architectures against the stored values of PyTorch, on every backend of this build.

#![allow(clippy::unwrap_used, reason = "a test that fails here says where")]

use herring_models::weights::NamedTensors;
use herring_tests::{
    backends,
    golden_models::{GoldenModel, MODELS},
};
use std::path::Path;

#[test]
fn architectures_and_their_derivatives_agree_with_pytorch() {
    backends::on_each(|device| {
        for (file, config) in &MODELS {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden").join(file);
            let fixture = NamedTensors::read(&path).unwrap_or_else(|error| panic!("{error}"));
            let report = device.run(GoldenModel { config, fixture: &fixture });
            let worst = report.compared.iter().max_by(|left, right| left.1.total_cmp(&right.1)).unwrap();
            let count = report.compared.len();
            println!("{file}: {count} comparisons, furthest off {} by {:.1e}", worst.0, worst.1);
            assert_eq!(report.failures(), Vec::<String>::new(), "{file} on {}", device.info().name);
        }
    });
}
