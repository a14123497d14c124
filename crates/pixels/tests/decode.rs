//! Decoded values against pydicom and Pillow (tests/golden/make_golden.py).

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::{DICOM, all, must, places, rows, sample};
use herring_pixels::{Limits, PixelError, decode, probe, probe_file};
use sha2::{Digest, Sha256};

#[test]
fn values_are_those_of_pydicom_and_pillow() {
    let golden = rows("decoded.tsv");
    assert_eq!(golden.len(), 23);
    for row in golden {
        let Some(bytes) = sample(&row[0]) else { continue };
        let picture = decode(&bytes, &Limits::default()).unwrap_or_else(|error| panic!("{}: {error}", row[0]));
        let shape = [picture.height(), picture.width(), picture.channels(), picture.bits() as usize];
        assert_eq!(shape.map(|side| side.to_string()), row[1..5], "{}", row[0]);
        assert_eq!(probe(&bytes).unwrap(), picture.info(), "{}", row[0]);

        let mut reference = row[9..].iter();
        for line in places(picture.height(), 24) {
            for column in places(picture.width(), 24) {
                let expected: i32 = reference.next().unwrap().parse().unwrap();
                assert_eq!(picture.get(line, column, 0), Some(expected), "{} at {line}, {column}", row[0]);
            }
        }
        let bytes: Vec<u8> = all(&picture).iter().flat_map(|value| value.to_le_bytes()).collect();
        let hash: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hash, row[8], "{}", row[0]);
    }
}

fn error(bytes: &[u8]) -> PixelError {
    decode(bytes, &Limits::default()).unwrap_err()
}

#[test]
fn lossless_jpeg_gives_back_what_was_coded() {
    let coded = decode(&must("lossless12.dcm"), &Limits::default()).unwrap();
    let plain = decode(&must("explicit12.dcm"), &Limits::default()).unwrap();
    assert_eq!(coded.values(), plain.values());
    assert_eq!((coded.maximum(), coded.minimum()), (4095, 0));
}

#[test]
fn further_codecs_give_back_what_was_coded() {
    for (coded, plain) in [
        ("j2k12.dcm", "explicit12.dcm"),
        ("jpegls12.dcm", "explicit12.dcm"),
        ("j2k-colour8.dcm", "colour8.dcm"),
        ("rle-colour8.dcm", "colour8.dcm"),
    ] {
        let [coded, plain] = [coded, plain].map(|name| decode(&must(name), &Limits::default()).unwrap());
        assert_eq!((coded.values(), coded.info()), (plain.values(), plain.info()));
    }
}

#[test]
fn what_a_dicom_file_says_of_its_values_is_kept_but_not_applied() {
    let plain = decode(&must("explicit12.dcm"), &Limits::default()).unwrap();
    let inverse = decode(&must("big12.dcm"), &Limits::default()).unwrap();
    assert_eq!(plain.values(), inverse.values());
    assert_eq!((plain.dark_is_high(), inverse.dark_is_high()), (false, true));
    assert_eq!((plain.rescale(), inverse.rescale()), (Some([2., -100.]), None));
    let signed = decode(&must("signed13.dcm"), &Limits::default()).unwrap();
    assert_eq!((signed.minimum(), signed.maximum()), (-4096, 4095));
}

#[test]
fn what_is_not_decoded_is_named() {
    let text = |name| error(&must(name)).to_string();
    assert_eq!(text("frames2.dcm"), "DICOM: found 2 frames, expected 1 frame");
    assert_eq!(text("jpeg2000.dcm"), "damaged DICOM: JPEG 2000: no codestream at the beginning");
    let (syntax, other) = (b"1.2.840.10008.1.2.4.90", b"1.2.840.10008.1.2.4.94");
    let mut bytes = must("jpeg2000.dcm");
    let place = bytes.windows(syntax.len()).position(|part| part == syntax).unwrap();
    bytes[place..place + other.len()].copy_from_slice(other);
    let said = error(&bytes).to_string();
    assert!(said.starts_with("DICOM: found transfer syntax 1.2.840.10008.1.2.4.94 (JPIP"), "{said}");
    let expected = "expected a PNG, JPEG, BMP, TIFF, WebP or DICOM file";
    assert_eq!(error(&[]).to_string(), format!("found an empty file, {expected}"));
    assert_eq!(error(b"GIF89a").to_string(), format!("found a GIF picture, {expected}"));
    let bytes = [0xde, 0xad, 0xbe, 0xef];
    assert_eq!(error(&bytes).to_string(), format!("found a file that starts with de ad be ef, {expected}"));
}

#[test]
fn a_bomb_is_refused_by_its_header() {
    let bomb = must("bomb.png");
    assert_eq!(error(&bomb), PixelError::TooLarge { what: "image height", found: 60_000, limit: 16_384 });
    assert_eq!(probe(&bomb).unwrap().height, 60_000);
    // The same claim by a JPEG's frame header and by a DICOM file's rows.
    let mut jpeg = must("grey.jpg");
    let frame = jpeg.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
    jpeg[frame + 5..frame + 9].copy_from_slice(&[0xea, 0x60, 0xea, 0x60]);
    assert_eq!(error(&jpeg), PixelError::TooLarge { what: "image height", found: 60_000, limit: 16_384 });
    for name in ["explicit12.dcm", "rle12.dcm", "lossless12.dcm"] {
        let mut dicom = must(name);
        let rows = dicom.windows(8).position(|head| head == b"\x28\0\x10\0US\x02\0").unwrap();
        dicom[rows + 8..rows + 10].copy_from_slice(&60_000_u16.to_le_bytes());
        assert_eq!(
            error(&dicom),
            PixelError::TooLarge { what: "image height", found: 60_000, limit: 16_384 },
            "{name}"
        );
    }
    let limits = Limits { pixels: 1_000, ..Limits::default() };
    for name in ["grey8.png", "grey.jpg", "progressive-420.jpg", "explicit12.dcm", "rle12.dcm", "lossless12.dcm"] {
        let refused = decode(&must(name), &limits).unwrap_err();
        assert_eq!(
            refused,
            PixelError::TooLarge { what: "pixels of the image", found: 61 * 47, limit: 1_000 },
            "{name}"
        );
        let bytes = Limits { bytes: 2_000, ..Limits::default() };
        let refused = decode(&must(name), &bytes).unwrap_err();
        assert!(matches!(refused, PixelError::TooLarge { .. }), "{name}: {refused}");
    }
    let deflated = decode(&must("deflated16.dcm"), &Limits { bytes: 2_000, ..Limits::default() }).unwrap_err();
    assert_eq!(deflated.to_string(), "bytes of the data set: found 501, expected at most 500");
}

#[test]
fn a_file_is_probed_without_its_pixels() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("image");
    // Comments push the header of the JPEG behind the part that is read first.
    let jpeg = must("grey.jpg");
    let mut long = jpeg[..2].to_vec();
    for _ in 0..3 {
        long.extend([0xff, 0xfe, 0x80, 0x00]);
        long.resize(long.len() + 0x7ffe, b'x');
    }
    long.extend(&jpeg[2..]);
    for (bytes, size) in [(must("grey16.png"), [61, 47]), (must(DICOM), [1024, 1024]), (long.clone(), [61, 47])] {
        std::fs::write(&path, bytes).unwrap();
        let info = probe_file(&path).unwrap();
        assert_eq!([info.height, info.width], size);
    }
    assert_eq!(decode(&long, &Limits::default()).unwrap(), decode(&jpeg, &Limits::default()).unwrap());
    assert_eq!(probe(&must(DICOM)[..2_000]).unwrap().height, 1024);
    assert!(matches!(probe_file(&folder.path().join("none")), Err(PixelError::Read { .. })));
}
