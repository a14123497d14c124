//! The manifest `datasets/crosses.toml` says what the code does.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use herring_datasets::crosses::{
    CrossesSettings, Difficulty, GROUP_SIZE, Group, SIDE, drawings, generate_group, splits,
};
use herring_datasets::{Image, Sample};
use sha2::{Digest, Sha256};
use toml::{Table, Value};

fn manifest() -> Table {
    include_str!("crosses.toml").parse().unwrap()
}

fn list(values: impl IntoIterator<Item = impl Into<Value>>) -> Value {
    Value::Array(values.into_iter().map(Into::into).collect())
}

fn checksum(samples: &[Sample], part: fn(&Sample) -> &Image) -> Value {
    let mut hash = Sha256::new();
    for sample in samples {
        let bytes: Vec<u8> = part(sample).values().iter().map(|&v| v as u8).collect();
        hash.update(&bytes);
    }
    let hex: String = hash.finalize().iter().map(|b| format!("{b:02x}")).collect();
    hex.into()
}

#[test]
fn groups_agree() {
    let manifest = manifest();
    let groups = manifest["groups"].as_array().unwrap();
    assert_eq!(groups.len(), Group::ALL.len());
    for (group, entry) in Group::ALL.into_iter().zip(groups) {
        let samples = generate_group(group, Difficulty::Hard).unwrap();
        let of_class = |label| samples.iter().filter(move |s| s.label == label);
        let counts = [0, 1].map(|label| of_class(label).count() as i64);
        let means = [0, 1].map(|label| {
            let pixels: f64 = of_class(label).flat_map(|s| s.mask.values()).map(|&v| f64::from(v)).sum();
            pixels / counts[label] as f64
        });
        assert_eq!(entry["name"], group.name().into());
        assert_eq!(entry["seed"], i64::from(group.seed()).into());
        assert_eq!(entry["samples"], (GROUP_SIZE as i64).into());
        assert_eq!(entry["samples_per_class"], list(counts));
        assert_eq!(entry["mean_mask_pixels"], list(means));
        assert_eq!(entry["images_sha256"], checksum(&samples, |s| &s.image));
        assert_eq!(entry["masks_sha256"], checksum(&samples, |s| &s.mask));
    }
}

#[test]
fn geometry_agrees() {
    let manifest = manifest();
    let geometry = &manifest["geometry"];
    let (shortest, longest) = Difficulty::Hard.arms();
    assert_eq!(geometry["arm_half_length"], list([i64::from(shortest), i64::from(longest)]));
    let margin = Difficulty::Hard.box_margin() as i64;
    assert_eq!(geometry["box_margin"], margin.into());
    let side = SIDE as i64;
    assert_eq!(manifest["images"]["height"], side.into());
    assert_eq!(manifest["images"]["width"], side.into());
    assert_eq!(manifest["images"]["channels"], 1.into());
    assert_eq!(manifest["images"]["values"], list([0, 1]));

    // The box is what image and mask differ in, over all images of a class.
    for (label, drawings) in drawings(Group::Train, Difficulty::Hard).unwrap().chunks_exact(GROUP_SIZE / 2).enumerate()
    {
        let mut rows = Vec::new();
        let mut columns = Vec::new();
        for drawing in drawings {
            let (image, mask) = drawing.render();
            for place in 0..SIDE * SIDE {
                if image.values()[place] != mask.values()[place] {
                    rows.push((place / SIDE) as i64);
                    columns.push((place % SIDE) as i64);
                }
            }
        }
        let ends = |v: &[i64]| list([*v.iter().min().unwrap(), *v.iter().max().unwrap()]);
        assert_eq!(geometry["box_rows"], ends(&rows));
        assert_eq!(geometry[format!("box_columns_class_{label}")], ends(&columns));
    }
}

#[test]
fn splits_agree() {
    let manifest = manifest();
    let entry = &manifest["splits"];
    let defaults = CrossesSettings::default();
    for (name, count) in [("train", defaults.train), ("valid", defaults.valid), ("test", defaults.test)] {
        assert_eq!(entry[name], (count as i64).into());
    }

    let run_seeds = entry["run_seeds"].as_array().unwrap();
    assert_eq!(run_seeds.len(), 10);
    for seed in run_seeds {
        let splits = splits(&defaults, seed.as_integer().unwrap() as u32).unwrap();
        let parts = [("train", &splits.train), ("valid", &splits.valid), ("test", &splits.tests[0].1)];
        let named = |condition: &dyn Fn(&Sample) -> bool| {
            list(
                parts
                    .iter()
                    .filter(|(_, dataset)| dataset.samples().unwrap().iter().all(condition))
                    .map(|&(name, _)| name),
            )
        };
        assert_eq!(entry["mirrored"], named(&|s| s.environment != s.label));
        // Two undilated crosses have at most 18 pixels, one dilated by 3 pixels at least 40.
        let pixels = |s: &Sample| s.mask.values().iter().sum::<f32>();
        assert_eq!(entry["dilated"], named(&|s| pixels(s) > 18.0));
    }
}
