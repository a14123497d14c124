//! JPEG values against Pillow's, that is libjpeg-turbo's (tests/golden/make_jpegs.py): equal, all of them.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::{must, rows};
use herring_pixels::{Limits, Values, decode, probe};
use sha2::{Digest, Sha256};

#[test]
fn every_value_is_that_of_libjpeg() {
    let golden = rows("jpeg.tsv");
    assert_eq!(golden.len(), 81);
    for row in golden {
        let bytes = must(&format!("jpeg/{}", row[0]));
        let picture = decode(&bytes, &Limits::default()).unwrap_or_else(|error| panic!("{}: {error}", row[0]));
        let shape = [picture.height(), picture.width(), picture.channels()];
        assert_eq!(shape.map(|side| side.to_string()), row[1..4], "{}", row[0]);
        assert_eq!(probe(&bytes).unwrap(), picture.info(), "{}", row[0]);
        let Values::U8(values) = picture.values() else { panic!("{}: not of 8 bits", row[0]) };
        let hash: String = Sha256::digest(values).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hash, row[4], "{}", row[0]);
    }
}
