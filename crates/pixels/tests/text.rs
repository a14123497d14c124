//! Elements of text from the beginning of a DICOM file.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::must;
use herring_pixels::{PixelError, dicom_text, view_position};

// (0018,5101) CS, put before the first element of group 0028.
fn with_view(view: &[u8], before: usize) -> Vec<u8> {
    let whole = must("explicit12.dcm");
    let place = whole.windows(6).position(|head| head == b"\x28\0\x02\0US").unwrap();
    let mut bytes = whole[..place].to_vec();
    // (0018,1000) of many bytes, so that the view lies behind what is read first.
    if before > 0 {
        bytes.extend(b"\x18\0\0\x10UT\0\0");
        bytes.extend((before as u32).to_le_bytes());
        bytes.resize(bytes.len() + before, b'x');
    }
    bytes.extend(b"\x18\0\x01\x51CS");
    bytes.extend((view.len() as u16).to_le_bytes());
    bytes.extend(view);
    bytes.extend(&whole[place..]);
    bytes
}

#[test]
fn the_view_is_read_wherever_it_lies() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("view.dcm");
    let kinds = [(&b"PA"[..], 0, Some("PA")), (b"AP ", 0, Some("AP")), (b"LL", 100_000, Some("LL")), (b"  ", 0, None)];
    for (view, before, expected) in kinds {
        std::fs::write(&path, with_view(view, before)).unwrap();
        assert_eq!(view_position(&path).unwrap().as_deref(), expected);
    }
    std::fs::write(&path, must("explicit12.dcm")).unwrap();
    assert_eq!(view_position(&path), Ok(None));
    assert_eq!(dicom_text(&path, (0x0028, 0x0004)).unwrap().as_deref(), Some("MONOCHROME2"));
    std::fs::write(&path, must("grey8.png")).unwrap();
    assert_eq!(view_position(&path), Err(PixelError::NotDicom));
}
