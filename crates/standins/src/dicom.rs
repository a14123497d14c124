//! A DICOM file with one grey frame of 8 bits in JPEG, as the RSNA Pneumonia Detection Challenge hands them out.
//!
//! Elements of explicit representation in little endian, the frame as one fragment (transfer syntax
//! 1.2.840.10008.1.2.4.50). Only the elements that readers use are written.

/// JPEG Baseline.
const SYNTAX: &str = "1.2.840.10008.1.2.4.50";
/// Secondary Capture Image Storage.
const STORAGE: &str = "1.2.840.10008.5.1.4.1.1.7";

/// What the header says of a picture.
pub(crate) struct Header<'a> {
    /// The patient's id, and the instance's.
    pub(crate) patient: &'a str,
    /// The view; may be empty.
    pub(crate) view: &'a str,
    /// Rows and columns.
    pub(crate) side: u16,
}

/// The file's bytes around a frame that is a JPEG file.
pub(crate) fn file(header: &Header<'_>, frame: &[u8]) -> Vec<u8> {
    let Header { patient, view, side } = header;
    // A UID has digits and dots only; the numbers of the id make one.
    let digits: String = patient.chars().filter(char::is_ascii_digit).take(30).collect();
    let uid = format!("1.2.826.0.1.3680043.8.498.1{digits}");
    let mut meta = Vec::new();
    element(&mut meta, (2, 2), b"UI", STORAGE.as_bytes());
    element(&mut meta, (2, 3), b"UI", uid.as_bytes());
    element(&mut meta, (2, 0x10), b"UI", SYNTAX.as_bytes());
    let mut bytes = vec![0; 128];
    bytes.extend(b"DICM");
    element(&mut bytes, (2, 0), b"UL", &(meta.len() as u32).to_le_bytes());
    bytes.extend(meta);
    let number = |number: u16| number.to_le_bytes();
    element(&mut bytes, (8, 0x16), b"UI", STORAGE.as_bytes());
    element(&mut bytes, (8, 0x18), b"UI", uid.as_bytes());
    element(&mut bytes, (8, 0x60), b"CS", b"CR");
    element(&mut bytes, (0x10, 0x10), b"PN", patient.as_bytes());
    element(&mut bytes, (0x10, 0x20), b"LO", patient.as_bytes());
    element(&mut bytes, (0x18, 0x15), b"CS", b"CHEST");
    element(&mut bytes, (0x18, 0x5101), b"CS", view.as_bytes());
    element(&mut bytes, (0x28, 2), b"US", &number(1));
    element(&mut bytes, (0x28, 4), b"CS", b"MONOCHROME2");
    element(&mut bytes, (0x28, 0x10), b"US", &number(*side));
    element(&mut bytes, (0x28, 0x11), b"US", &number(*side));
    element(&mut bytes, (0x28, 0x100), b"US", &number(8));
    element(&mut bytes, (0x28, 0x101), b"US", &number(8));
    element(&mut bytes, (0x28, 0x102), b"US", &number(7));
    element(&mut bytes, (0x28, 0x103), b"US", &number(0));
    // Pixels of undefined length: an empty table of offsets, the frame, the end.
    bytes.extend([0xe0, 0x7f, 0x10, 0x00, b'O', b'B', 0, 0, 0xff, 0xff, 0xff, 0xff]);
    bytes.extend([0xfe, 0xff, 0x00, 0xe0, 0, 0, 0, 0]);
    bytes.extend([0xfe, 0xff, 0x00, 0xe0]);
    bytes.extend((frame.len().next_multiple_of(2) as u32).to_le_bytes());
    bytes.extend(frame);
    bytes.extend(&[0][..frame.len() % 2]);
    bytes.extend([0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0]);
    bytes
}

/// Adds an element with a short length. Values are of even length: texts end in a space, UIDs in a zero.
fn element(bytes: &mut Vec<u8>, (group, number): (u16, u16), representation: &[u8; 2], value: &[u8]) {
    bytes.extend(group.to_le_bytes());
    bytes.extend(number.to_le_bytes());
    bytes.extend(representation);
    bytes.extend((value.len().next_multiple_of(2) as u16).to_le_bytes());
    bytes.extend(value);
    if value.len() % 2 == 1 {
        bytes.push(if representation == b"UI" { 0 } else { b' ' });
    }
}
