//! NumPy's file format, version 1.0: arrays of single precision in C order.

/// The bytes of a `.npy` file with `values` in the shape `shape`.
pub fn npy(shape: &[usize], values: &[f32]) -> Vec<u8> {
    let sides: Vec<String> = shape.iter().map(usize::to_string).collect();
    let sides = if let [only] = &sides[..] { format!("{only},") } else { sides.join(", ") };
    let mut header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({sides}), }}");
    // Magic, version and length take 10 bytes; all of the header is a multiple of 64 and ends in a new line.
    let padding = (10 + header.len() + 1).next_multiple_of(64) - (10 + header.len() + 1);
    header.push_str(&" ".repeat(padding));
    header.push('\n');
    let mut bytes = Vec::with_capacity(10 + header.len() + 4 * values.len());
    bytes.extend(b"\x93NUMPY\x01\x00");
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_is_numpy_s() {
        let bytes = npy(&[2, 3], &[0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
        assert_eq!(bytes.len(), 128 + 24);
        assert_eq!(&bytes[..8], b"\x93NUMPY\x01\x00");
        let header = std::str::from_utf8(&bytes[10..128]).unwrap();
        assert!(header.starts_with("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }"));
        assert!(header.ends_with('\n') && bytes[8..10] == 118u16.to_le_bytes());
        assert_eq!(bytes[128 + 20..], 5.0f32.to_le_bytes());
        assert!(std::str::from_utf8(&npy(&[4], &[0.0; 4])[10..]).unwrap().contains("'shape': (4,), }"));
    }
}
