//! Every file that pydicom ships for its own tests, against the values that pydicom reads of it: equal, or refused
//! in words.
//!
//! `tests/golden/pydicom_expected.py` says how to write the folder of values that `RED_HERRING_PYDICOM_FILES`
//! names; without it nothing is compared, and the test says so.
#![allow(clippy::unwrap_used, reason = "a test that fails here says where")]

use herring_pixels::{Limits, Picture, decode, probe};
use std::{fs, path::PathBuf};

/// Lossy JPEG, of which pydicom's plugin (pylibjpeg-libjpeg) and libjpeg-turbo round the transform otherwise, and by
/// how much at most.
const LOSSY: [(&str, i32); 9] = [
    ("JPGExtended.dcm", 1),
    ("SC_jpeg_no_color_transform.dcm", 1),
    ("SC_jpeg_no_color_transform_2.dcm", 1),
    ("SC_rgb_dcmtk_+eb+cr.dcm", 1),
    ("SC_rgb_dcmtk_+eb+cy+n1.dcm", 2),
    ("SC_rgb_dcmtk_+eb+cy+np.dcm", 2),
    ("SC_rgb_jpeg.dcm", 1),
    ("SC_rgb_jpeg_app14_dcmd.dcm", 1),
    ("SC_rgb_jpeg_lossy_gdcm.dcm", 2),
];

/// As many were equal when this was written; a reader that refuses everything does not pass.
const EQUAL: usize = 88;

fn values(picture: &Picture) -> Vec<i32> {
    (0..picture.values().len()).filter_map(|index| picture.values().get(index)).collect()
}

#[test]
fn every_file_is_read_as_pydicom_reads_it_or_refused() {
    let Some(folder) = std::env::var_os("RED_HERRING_PYDICOM_FILES").map(PathBuf::from) else {
        println!("not compared: RED_HERRING_PYDICOM_FILES is not set");
        return;
    };
    let list = fs::read_to_string(folder.join("expected.tsv")).unwrap();
    let (mut equal, mut refused, mut only_here, mut different) = (0, 0, Vec::new(), Vec::new());
    for line in list.lines() {
        let [path, pixels, rest] = line.split('\t').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let bytes = fs::read(path).unwrap();
        let name = path.rsplit('/').next().unwrap();
        match (decode(&bytes, &Limits::default()), pixels) {
            (Err(error), _) => {
                refused += 1;
                println!("refused: {name}: {error} | {rest}");
            }
            (Ok(_), "-") => only_here.push(format!("{name}: {rest}")),
            (Ok(picture), file) => {
                let expected: Vec<i32> = fs::read(folder.join(file))
                    .unwrap()
                    .chunks_exact(4)
                    .map(|four| i32::from_le_bytes(four.try_into().unwrap()))
                    .collect();
                let found = values(&picture);
                let info = probe(&bytes).unwrap();
                assert_eq!(info, picture.info(), "{name}: probe and decode");
                let most = found.iter().zip(&expected).map(|(one, other)| (one - other).abs()).max().unwrap_or(0);
                let allowed = LOSSY.iter().find(|(lossy, _)| *lossy == name).map_or(0, |(_, allowed)| *allowed);
                if found.len() == expected.len() && most <= allowed {
                    equal += 1;
                } else {
                    let shape = format!("{:?}", picture.info());
                    different.push(format!(
                        "{name}: {} of {} values, by up to {most} ({rest}) {shape}",
                        found.len(),
                        expected.len()
                    ));
                }
            }
        }
    }
    println!("{equal} equal, {refused} refused, {} read here only", only_here.len());
    for line in &only_here {
        println!("read here only: {line}");
    }
    assert!(different.is_empty(), "{} different:\n{}", different.len(), different.join("\n"));
    assert!(equal >= EQUAL, "{equal} equal");
}
