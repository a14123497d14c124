//! From the bytes of a table to UTF-8.
//!
//! A byte order mark determines the encoding of a file. UTF-16 without one is certain where the first line is
//! plain ASCII in one byte order, which it cannot be in the other. An eight-bit encoding is never certain
//! (the byte E9 is é in Windows-1252 and щ in Windows-1251), so such a file is refused row by row, with
//! advice.

use crate::error::quote;

/// The advice for a table in another encoding.
pub(super) const SAVE_AS: &str = "UTF-8; save the table as UTF-8 (Excel calls it \"CSV UTF-8\")";

/// The table as UTF-8 without a byte order mark, and a note if it was written otherwise.
///
/// UTF-8 is not verified here: rows with other bytes are refused one by one.
///
/// # Errors
/// What was found instead of text.
pub(super) fn decode(mut data: Vec<u8>) -> Result<(Vec<u8>, Option<String>), String> {
    let refuse = |what: &str| Err(what.to_owned());
    match data.as_slice() {
        [0xef, 0xbb, 0xbf, ..] => {
            data.drain(..3);
            Ok((data, None))
        }
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => refuse("text in UTF-32"),
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [b'P', b'K', 3, 4, ..] => refuse("a zip archive or an Excel workbook (.xlsx)"),
        [0xd0, 0xcf, 0x11, 0xe0, ..] => refuse("an old Excel workbook (.xls)"),
        // A line of ASCII has a zero in each pair.
        _ if data.iter().take(2).any(|&byte| byte == 0) && first_line_is_ascii(&data, u16::from_le_bytes) => {
            utf16(&data, u16::from_le_bytes)
        }
        _ if data.iter().take(2).any(|&byte| byte == 0) && first_line_is_ascii(&data, u16::from_be_bytes) => {
            utf16(&data, u16::from_be_bytes)
        }
        _ => Ok((data, None)),
    }
}

fn units(data: &[u8], unit: fn([u8; 2]) -> u16) -> impl Iterator<Item = u16> {
    data.as_chunks::<2>().0.iter().map(move |&pair| unit(pair))
}

fn first_line_is_ascii(data: &[u8], unit: fn([u8; 2]) -> u16) -> bool {
    let mut line = units(data, unit).take_while(|&unit| unit != u16::from(b'\n') && unit != u16::from(b'\r'));
    data.len().is_multiple_of(2) && line.all(|unit| unit == u16::from(b'\t') || (0x20..0x7f).contains(&unit))
}

fn utf16(data: &[u8], unit: fn([u8; 2]) -> u16) -> Result<(Vec<u8>, Option<String>), String> {
    if !data.len().is_multiple_of(2) {
        return Err("text in UTF-16 that ends in the middle of a character".into());
    }
    let mut text = String::with_capacity(data.len() / 2);
    for character in char::decode_utf16(units(data, unit)) {
        match character {
            Ok(character) => text.push(character),
            Err(_) => {
                let line = text.split('\n').count();
                let last = text.rsplit('\n').next().unwrap_or_default();
                return Err(format!("half of a character of UTF-16 in line {line}, behind {}", quote(last)));
            }
        }
    }
    Ok((text.into_bytes(), Some("the table is written in UTF-16".into())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(text: &str, unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(unit).collect()
    }

    #[test]
    fn what_is_certain_is_decoded() {
        let text = "image;label\r\nä𝄞.png;ü\r\n";
        let note = Some("the table is written in UTF-16".to_owned());
        for unit in [u16::to_le_bytes, u16::to_be_bytes] {
            let expected = Ok((text.as_bytes().to_vec(), note.clone()));
            assert_eq!(decode(encoded(&format!("\u{feff}{text}"), unit)), expected, "with a byte order mark");
            assert_eq!(decode(encoded(text, unit)), expected, "without");
        }
        let marked = [b"\xef\xbb\xbf", text.as_bytes()].concat();
        assert_eq!(decode(marked), Ok((text.as_bytes().to_vec(), None)));
        // Chinese in UTF-8, Latin-1 and ASCII are left as they are.
        for bytes in ["图像,标签\n".as_bytes(), b"caf\xe9,b\n", b"a\n", b"", b"\xff", b"\0", b"ab\0\n"] {
            assert_eq!(decode(bytes.to_vec()), Ok((bytes.to_vec(), None)));
        }
    }

    #[test]
    fn what_is_no_text_is_named() {
        let odd = [encoded("\u{feff}ab\n", u16::to_le_bytes), vec![b'c']].concat();
        assert_eq!(decode(odd), Err("text in UTF-16 that ends in the middle of a character".into()));
        let mut half = encoded("\u{feff}ab\ncd", u16::to_le_bytes);
        half.extend([0, 0xd8, b'e', 0]);
        assert_eq!(decode(half), Err("half of a character of UTF-16 in line 2, behind \"cd\"".into()));
        for (bytes, found) in [
            (b"\xff\xfe\0\0a\0\0\0".as_slice(), "text in UTF-32"),
            (b"PK\x03\x04....", "a zip archive or an Excel workbook (.xlsx)"),
            (b"\xd0\xcf\x11\xe0....", "an old Excel workbook (.xls)"),
        ] {
            assert_eq!(decode(bytes.to_vec()), Err(found.into()));
        }
    }
}
