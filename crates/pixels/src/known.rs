//! Names of the formats that are not read, so that an error names the file's format.

/// What a file is, by its first bytes, with its article; `None` where they are of no format known here.
pub(crate) fn name(bytes: &[u8]) -> Option<&'static str> {
    starts(bytes).or_else(|| inside(bytes)).or_else(|| text(bytes))
}

fn starts(bytes: &[u8]) -> Option<&'static str> {
    const STARTS: &[(&[u8], &str)] = &[
        (b"GIF87a", "a GIF picture"),
        (b"GIF89a", "a GIF picture"),
        (b"\0\0\0\x0cJXL \r\n\x87\n", "a JPEG XL picture"),
        (b"\xff\x0a", "a JPEG XL picture"),
        (b"\0\0\0\x0cjP  \r\n\x87\n", "a JPEG 2000 picture"),
        (b"\xff\x4f\xff\x51", "a JPEG 2000 picture"),
        (b"\x76\x2f\x31\x01", "an OpenEXR picture"),
        (b"8BPS", "a Photoshop document (PSD)"),
        (b"\0\0\x01\0", "an icon (ICO)"),
        (b"\0\0\x02\0", "a cursor (CUR)"),
        (b"II+\0", "a BigTIFF picture"),
        (b"MM\0+", "a BigTIFF picture"),
        (b"II\xbc\x01", "a JPEG XR picture"),
        (b"DDS ", "a DirectDraw surface (DDS)"),
        (b"qoif", "a QOI picture"),
        (b"farbfeld", "a farbfeld picture"),
        (b"#?RADIANCE", "a Radiance HDR picture"),
        (b"SIMPLE  =", "a FITS file"),
        (b"%PDF-", "a PDF document"),
        (b"%!PS", "a PostScript document"),
        (b"{\\rtf", "an RTF document"),
        (b"\x93NUMPY", "a NumPy array (.npy)"),
        (b"\x89HDF\r\n\x1a\n", "an HDF5 file"),
        (b"MATLAB 5.0 MAT-file", "a MATLAB file"),
        (b"NRRD000", "an NRRD volume"),
        (b"ObjectType = Image", "a MetaImage header (.mha, .mhd)"),
        (b"PK\x03\x04", "a ZIP archive (.zip, .npz, .docx)"),
        (b"PK\x05\x06", "an empty ZIP archive"),
        (b"\x1f\x8b", "a gzip file (.gz)"),
        (b"BZh", "a bzip2 file"),
        (b"\xfd7zXZ\0", "an xz file"),
        (b"\x28\xb5\x2f\xfd", "a Zstandard file"),
        (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
        (b"Rar!\x1a\x07", "a RAR archive"),
        (b"\x1a\x45\xdf\xa3", "a Matroska or WebM video"),
        (b"OggS", "an Ogg file"),
        (b"ID3", "an MP3 file"),
        (b"\x7fELF", "a program (ELF)"),
        (b"MZ", "a Windows program"),
        (b"SQLite format 3\0", "an SQLite database"),
        (b"PAR1", "a Parquet table"),
        (b"\x5c\x01\0\0", "a NIfTI or Analyze volume"),
        (b"\0\0\x01\x5c", "a NIfTI or Analyze volume"),
        (b"version https://git-lfs", "a Git LFS pointer: the file itself was not downloaded"),
    ];
    STARTS.iter().find(|(start, _)| bytes.starts_with(start)).map(|(_, name)| *name)
}

// Formats that name themselves behind the first bytes.
fn inside(bytes: &[u8]) -> Option<&'static str> {
    if bytes.get(4..8) == Some(b"ftyp") {
        return Some(match bytes.get(8..12).unwrap_or_default() {
            b"avif" | b"avis" => "an AVIF picture",
            b"heic" | b"heix" | b"hevc" | b"hevx" | b"heim" | b"heis" | b"mif1" | b"msf1" => "a HEIC (HEIF) picture",
            _ => "an MP4 or QuickTime video",
        });
    }
    if bytes.starts_with(b"RIFF") {
        return Some(match bytes.get(8..12).unwrap_or_default() {
            b"AVI " => "an AVI video",
            b"WAVE" => "a WAV sound",
            _ => "a RIFF file",
        });
    }
    if bytes.get(257..262) == Some(b"ustar") {
        return Some("a tar archive");
    }
    match bytes {
        [b'P', kind @ b'1'..=b'7', space, ..] if space.is_ascii_whitespace() => Some(match kind {
            b'1' | b'4' => "a netpbm picture (PBM)",
            b'2' | b'5' => "a netpbm picture (PGM)",
            b'3' | b'6' => "a netpbm picture (PPM)",
            _ => "a netpbm picture (PAM)",
        }),
        [b'P', b'f' | b'F', b'\n', ..] => Some("a portable float map (PFM)"),
        _ => None,
    }
}

// Text, of which the beginning says more.
fn text(bytes: &[u8]) -> Option<&'static str> {
    let start = &bytes[..bytes.len().min(1024)];
    if start.starts_with(b"\xff\xfe") || start.starts_with(b"\xfe\xff") {
        return Some("a text file (UTF-16)");
    }
    let valid = match std::str::from_utf8(start) {
        Ok(text) => text,
        // A character that the cut divides.
        Err(error) if error.error_len().is_none() => std::str::from_utf8(&start[..error.valid_up_to()]).ok()?,
        Err(_) => return None,
    };
    let printable = |character: char| !character.is_control() || matches!(character, '\n' | '\r' | '\t' | '\x0c');
    if valid.is_empty() || !valid.chars().all(printable) {
        return None;
    }
    let lower = valid.trim_start_matches(['\u{feff}', ' ', '\n', '\r', '\t']).to_ascii_lowercase();
    Some(if lower.starts_with("<!doctype html") || lower.contains("<html") {
        "an HTML page"
    } else if lower.contains("<svg") {
        "an SVG drawing"
    } else if lower.starts_with("<?xml") || lower.starts_with('<') {
        "an XML file"
    } else if lower.starts_with('{') || lower.starts_with('[') {
        "a JSON or text file"
    } else {
        "a text file"
    })
}

#[cfg(test)]
mod tests {
    use super::name;

    #[test]
    fn what_is_not_read_has_a_name() {
        for (bytes, expected) in [
            (b"GIF89a\x01\0".as_slice(), "a GIF picture"),
            (b"\0\0\0\x18ftypheic\0\0\0\0", "a HEIC (HEIF) picture"),
            (b"\0\0\0\x18ftypavif\0\0\0\0", "an AVIF picture"),
            (b"\0\0\0\x18ftypisom\0\0\0\0", "an MP4 or QuickTime video"),
            (b"P5\n3 4\n255\n", "a netpbm picture (PGM)"),
            (b"%PDF-1.7", "a PDF document"),
            (b"<?xml version=\"1.0\"?>\n<svg xmlns=\"x\"/>", "an SVG drawing"),
            (b"<!DOCTYPE html><p>404", "an HTML page"),
            (b"<annotation></annotation>", "an XML file"),
            (
                b"version https://git-lfs.github.com/spec/v1\noid sha256:0",
                "a Git LFS pointer: the file itself was not downloaded",
            ),
            (b"image,label\na.png,1\n", "a text file"),
            (b"\x93NUMPY\x01\0", "a NumPy array (.npy)"),
        ] {
            assert_eq!(name(bytes), Some(expected));
        }
        assert_eq!(name(b"\x01\x02\x03\x80\xff"), None);
        assert_eq!(name(b""), None);
    }
}
