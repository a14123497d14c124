//! What several tests need.

use std::collections::BTreeMap;
use std::path::Path;

/// Every file below a folder, by its path there.
#[allow(dead_code)]
pub(crate) fn files(root: &Path) -> BTreeMap<String, Vec<u8>> {
    fn walk(root: &Path, folder: &Path, found: &mut BTreeMap<String, Vec<u8>>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(root, &path, found);
            } else {
                let name = path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
                found.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    let mut found = BTreeMap::new();
    walk(root, root, &mut found);
    found
}

/// A table as rows of cells by column, every row checked to be as long as the header.
#[allow(dead_code)]
pub(crate) fn rows(path: &Path) -> (Vec<String>, Vec<BTreeMap<String, String>>) {
    let mut reader = csv::Reader::from_path(path).unwrap();
    let header: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let rows = reader
        .records()
        .map(|row| header.iter().cloned().zip(row.unwrap().iter().map(str::to_owned)).collect())
        .collect();
    (header, rows)
}

/// Grey values from 0 to 1, row by row.
#[allow(dead_code)]
pub(crate) fn grey(path: &Path) -> Vec<f32> {
    image::open(path).unwrap().into_luma16().into_raw().into_iter().map(|value| f32::from(value) / 65535.0).collect()
}

/// The mean over a rectangle given in shares of the side: left, right, top, bottom.
#[allow(dead_code)]
pub(crate) fn mean(values: &[f32], side: usize, [left, right, top, bottom]: [f32; 4]) -> f32 {
    let pixel = |share: f32| (share * side as f32) as usize;
    let (mut sum, mut count) = (0.0, 0.0);
    for y in pixel(top)..pixel(bottom) {
        for x in pixel(left)..pixel(right) {
            sum += values[y * side + x];
            count += 1.0;
        }
    }
    sum / count
}

/// The probability that a positive scores above a negative.
#[allow(dead_code)]
pub(crate) fn auc(scored: &[(f32, bool)]) -> f64 {
    let (mut wins, mut pairs) = (0.0, 0.0);
    for positive in scored.iter().filter(|pair| pair.1) {
        for negative in scored.iter().filter(|pair| !pair.1) {
            pairs += 1.0;
            wins += match positive.0.total_cmp(&negative.0) {
                std::cmp::Ordering::Greater => 1.0,
                std::cmp::Ordering::Equal => 0.5,
                std::cmp::Ordering::Less => 0.0,
            };
        }
    }
    wins / pairs
}

/// How much brighter the upper right corner is than the upper left one: the tag of environment 1.
#[allow(dead_code)]
pub(crate) fn tag(values: &[f32], side: usize) -> f32 {
    mean(values, side, [0.86, 0.98, 0.02, 0.14]) - mean(values, side, [0.02, 0.14, 0.02, 0.14])
}
