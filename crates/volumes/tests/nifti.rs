//! NIfTI files against what nibabel reads, and files that are damaged.
//!
//! `golden/*.nii*` were written with nibabel 5.4; the file of the same name with `.f64` holds what it reads from
//! them: `numpy.asanyarray(image.dataobj)` as little-endian `float64` in Fortran order.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use herring_volumes::{NiftiError, Volume};
use proptest::prelude::*;
use std::{
    fs,
    io::{BufRead, Read, Write},
    path::{Path, PathBuf},
};

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

fn expected(name: &str) -> Vec<f64> {
    let bytes = fs::read(golden(&format!("{name}.f64"))).unwrap();
    bytes.as_chunks().0.iter().map(|value| f64::from_le_bytes(*value)).collect()
}

fn values<R: BufRead>(mut volume: Volume<R>) -> Result<Vec<f64>, NiftiError> {
    let [width, height, _] = volume.header().shape;
    let (mut all, mut slice) = (Vec::new(), vec![0.0; width * height]);
    while volume.next_slice(&mut slice)?.is_some() {
        all.extend_from_slice(&slice);
    }
    Ok(all)
}

fn of_bytes(bytes: &[u8]) -> Result<Vec<f64>, NiftiError> {
    values(Volume::new(bytes)?)
}

#[track_caller]
fn refused(bytes: &[u8], expected: &str) {
    let message = of_bytes(bytes).unwrap_err().to_string();
    assert_eq!(message, expected);
    assert!(!message.contains('\n'), "{message}");
}

fn unpacked(name: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(fs::File::open(golden(name)).unwrap()).read_to_end(&mut bytes).unwrap();
    bytes
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn values_are_those_of_nibabel_bit_for_bit() {
    let mut seen = 0;
    for entry in fs::read_dir(golden("")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name.ends_with(".f64") || name == "four.nii.gz" || !name.contains(".nii") {
            continue;
        }
        let found = values(Volume::open(&golden(&name)).unwrap()).unwrap();
        let expected = expected(&name);
        assert_eq!(found.len(), expected.len(), "{name}");
        let same = found.iter().zip(&expected).all(|(found, expected)| found.to_bits() == expected.to_bits());
        assert!(same, "{name}: {:?} instead of {:?}", &found[..4], &expected[..4]);
        seen += 1;
    }
    assert_eq!(seen, 15);
}

#[test]
fn headers_say_what_nibabel_says() {
    let header = |name: &str| *Volume::open(&golden(name)).unwrap().header();
    let plain = header("plain.nii");
    assert_eq!((plain.shape, plain.voxels.to_string(), plain.offset), ([7, 5, 4], "int16".to_owned(), 352));
    assert!(plain.is_whole() && !plain.big_endian);
    assert!(header("n2big.nii.gz").big_endian);
    assert_eq!(header("n2.nii.gz").offset, 544);
    assert_eq!(header("slope.nii.gz").scaling, Some([1.0, -1024.0]));
    assert_eq!(header("slopefrac.nii.gz").scaling, Some([0.10000000149011612, -3.299999952316284]));
    for name in ["slope0.nii.gz", "slopenan.nii.gz"] {
        assert_eq!(header(name).scaling, None, "{name}");
    }
    assert!(!header("f32.nii.gz").is_whole() && !header("slope.nii.gz").is_whole());
}

#[test]
fn four_axes_are_refused_unless_the_fourth_is_of_length_one() {
    let mut four = unpacked("four.nii.gz");
    refused(&four, "this kind of NIfTI file is not read: found 4 axes (4 x 3 x 2 x 2), expected one volume of 3 axes");
    four[48..50].copy_from_slice(&1_i16.to_le_bytes());
    assert_eq!(of_bytes(&four).unwrap(), expected("four.nii.gz")[..24]);
    four[40..42].copy_from_slice(&2_i16.to_le_bytes());
    refused(&four, "this kind of NIfTI file is not read: found 2 axes (4 x 3), expected one volume of 3 axes");
}

#[test]
fn what_is_cut_off_is_told_with_bytes() {
    let plain = unpacked("plain.nii.gz");
    refused(&plain[..631], "the file is cut off: found 631 bytes, expected 632 (7 x 5 x 4 voxels of int16)");
    refused(&plain[..350], "the file is cut off: found 350 bytes, expected 632 (7 x 5 x 4 voxels of int16)");
    refused(&plain[..200], "the file is cut off: found 200 bytes, expected 348 (a NIfTI header)");
    refused(&plain[..3], "the file is cut off: found 3 bytes, expected 4 (the size of a NIfTI header)");
    refused(b"", "the file is cut off: found 0 bytes, expected 4 (the size of a NIfTI header)");
    refused(
        &packed(&plain[..600]),
        "the file is cut off: found 600 bytes after unpacking, expected 632 (7 x 5 x 4 voxels of int16)",
    );
    let whole = packed(&plain);
    refused(
        &whole[..whole.len() - 3],
        "the file is cut off: found no gzip checksum behind its 632 unpacked bytes, expected one",
    );
    for length in 2..whole.len() {
        let message = of_bytes(&whole[..length]).unwrap_err().to_string();
        assert!(message.starts_with("the file is cut off: found "), "{length}: {message}");
    }
}

#[test]
fn damage_is_found_by_the_checksum() {
    let mut whole = packed(&unpacked("plain.nii.gz"));
    let place = whole.len() - 6;
    whole[place] ^= 1;
    let message = of_bytes(&whole).unwrap_err().to_string();
    assert!(message.starts_with("the gzip data are damaged after 632 unpacked bytes: "), "{message}");
}

#[test]
fn headers_that_make_no_sense_are_refused_by_field() {
    let changed = |place: usize, bytes: &[u8]| {
        let mut plain = unpacked("plain.nii.gz");
        plain[place..place + bytes.len()].copy_from_slice(bytes);
        plain
    };
    refused(
        &changed(0, &[1, 0, 0, 0]),
        "this is no NIfTI file: found 1 (sizeof_hdr) in the first four bytes, expected 348 for NIfTI-1 or 540 for NIfTI-2",
    );
    refused(
        &changed(344, b"abc\0"),
        "this is no NIfTI file: found the magic \"abc\\x00\", expected \"n+1\" or \"n+2\"",
    );
    refused(
        &changed(344, b"ni1\0"),
        "this kind of NIfTI file is not read: found a header whose voxels lie in another file (.hdr and .img), expected one file with header and voxels (.nii or .nii.gz)",
    );
    refused(
        &changed(70, &32_i16.to_le_bytes()),
        "this kind of NIfTI file is not read: found complex voxels (datatype 32), expected whole numbers of 8 to 64 bits, or floating point of 32 or 64 bits",
    );
    refused(
        &changed(40, &9_i16.to_le_bytes()),
        "the NIfTI header is damaged: dim[0]: found 9, expected 1 to 7, the number of axes",
    );
    refused(
        &changed(44, &(-5_i16).to_le_bytes()),
        "the NIfTI header is damaged: dim: found -5, expected axes of at least 1 voxel",
    );
    refused(
        &changed(108, &100_f32.to_le_bytes()),
        "the NIfTI header is damaged: vox_offset: found 100, expected at least 352 for NIfTI-1, 544 for NIfTI-2",
    );
    let mut scaled = changed(112, &2_f32.to_le_bytes());
    scaled[116..120].copy_from_slice(&f32::NAN.to_le_bytes());
    refused(&scaled, "the NIfTI header is damaged: scl_inter: found NaN, expected a finite number with a slope");
    let mut huge = unpacked("n2.nii.gz");
    huge[24..32].copy_from_slice(&i64::MAX.to_le_bytes());
    refused(
        &huge,
        "this kind of NIfTI file is not read: found 9223372036854775807 x 5 x 4 voxels, expected at most 2^26 voxels a slice and 2^20 slices",
    );
    assert!(of_bytes(&changed(108, &0_f32.to_le_bytes())).is_ok(), "an offset of 0 is the usual one");
}

#[test]
fn what_is_no_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let message = |path: &Path| Volume::open(path).unwrap_err().to_string();
    assert_eq!(message(folder.path()), "cannot read: found a folder, pipe or device, expected a file");
    assert!(message(&folder.path().join("none.nii")).starts_with("cannot read: No such file"));
}

proptest! {
    #[test]
    fn no_header_makes_it_panic(start in 0_usize..2, changes in prop::collection::vec((4_usize..544, any::<u8>()), 0..12)) {
        let mut bytes = unpacked(["plain.nii.gz", "n2.nii.gz"][start]);
        for (place, value) in changes {
            bytes[place] = value;
        }
        let _ = of_bytes(&bytes);
    }
}
