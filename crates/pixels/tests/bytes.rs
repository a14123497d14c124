//! Pillow's operations on pictures of 8 bits, bit for bit; `golden/make_bytes.py` made the values.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::{must, rows};
use herring_pixels::{Limits, Picture, PixelError, decode, encode_jpeg};
use sha2::{Digest, Sha256};

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn opened(name: &str) -> Picture {
    decode(&must(name), &Limits::default()).unwrap()
}

#[test]
fn squares_sizes_greys_and_files_are_those_of_pillow() {
    let golden = rows("bytes.tsv");
    assert_eq!(golden.len(), 48);
    for row in golden {
        let (size, quality): (usize, u8) = (row[1].parse().unwrap(), row[2].parse().unwrap());
        let square = opened(&row[0]).square().unwrap();
        let resized = square.resized_bicubic(size).unwrap();
        let grey = resized.luminance();
        let file = encode_jpeg(grey.bytes().unwrap(), [size, size], quality).unwrap();
        let again = decode(&file, &Limits::default()).unwrap();
        let found =
            [square.bytes().unwrap(), resized.bytes().unwrap(), grey.bytes().unwrap(), &file, again.bytes().unwrap()];
        assert_eq!(found.map(sha256), row[3..], "{} at {size}, quality {quality}", row[0]);
        assert_eq!((grey.height(), grey.width(), grey.channels()), (size, size, 1));
    }
}

#[test]
fn opacity_is_no_colour() {
    let grey = opened("alpha8.png").luminance();
    assert_eq!((grey.channels(), grey.values().len()), (1, grey.height() * grey.width()));
}

#[test]
fn deep_pictures_and_bad_settings_are_refused() {
    let deep = opened("grey16.png");
    let depth = PixelError::Depth { found: 16, expected: 8 };
    assert_eq!(deep.square(), Err(depth.clone()));
    assert_eq!(deep.resized_bicubic(8), Err(depth.clone()));
    assert_eq!(deep.bytes(), Err(depth));
    let message = |result: Result<_, PixelError>| result.map(|_: Vec<u8>| ()).unwrap_err().to_string();
    let zero = opened("grey8.png").resized_bicubic(0).unwrap_err();
    assert_eq!(zero.to_string(), "preparation: size: found 0, expected at least 1");
    assert_eq!(message(encode_jpeg(&[0; 4], [2, 2], 0)), "preparation: quality: found 0, expected 1 to 100");
    assert_eq!(message(encode_jpeg(&[0; 4], [2, 2], 101)), "preparation: quality: found 101, expected 1 to 100");
    assert_eq!(message(encode_jpeg(&[0; 4], [2, 3], 75)), "preparation: values: found 4, expected 2 x 3 of them");
    assert_eq!(message(encode_jpeg(&[], [0, 3], 75)), "preparation: side: found 0, expected 1 to 65535");
    assert_eq!(
        message(encode_jpeg(&[0; 70_000], [1, 70_000], 75)),
        "preparation: side: found 70000, expected 1 to 65535"
    );
}
