//! Finding a table among its names, and reading it as it ships: plain, gzip or zip.

use std::{
    fs::File,
    io::{Cursor, Read},
    path::{Path, PathBuf},
};

use herring_datasets::Origin;

use crate::error::{Problem, ProblemKind, quote};

/// The most bytes that a table may unpack to: 512 MiB. The largest official one, PadChest's, has 95 MiB.
/// Reading stops there, so that a small archive cannot fill the memory.
pub const UNPACKED_LIMIT: u64 = 512 << 20;

/// How names of packed tables end.
const PACKED: [&str; 2] = [".gz", ".zip"];

/// A table that was found.
#[derive(Debug)]
pub(crate) struct Located {
    /// Where it lies.
    pub(crate) path: PathBuf,
    /// Other files that would be read without this one.
    pub(crate) passed_over: Vec<PathBuf>,
}

/// Looks in `folder` for a table with any of `names`.
///
/// The first name takes precedence, and for one name the plain file, then `.gz`, then `.zip`.
pub(crate) fn locate(folder: &Path, names: &[String]) -> Option<Located> {
    let candidates = names.iter().flat_map(|name| {
        let packed = PACKED.iter().map(move |end| format!("{name}{end}"));
        std::iter::once(name.clone()).chain(packed)
    });
    // A dangling link counts as existing: reading it gives the real error instead of "missing".
    let mut found = candidates.map(|name| folder.join(name)).filter(|path| path.symlink_metadata().is_ok());
    let path = found.next()?;
    Some(Located { path, passed_over: found.collect() })
}

/// The names of a table for messages.
pub(crate) fn spell(names: &[String]) -> String {
    format!("{}, plain or as .gz or .zip", names.join(" or "))
}

/// Reads and unpacks the table at `path`, by the end of its name.
///
/// # Errors
/// One problem if it cannot be read or unpacked, or holds more than `limit` bytes.
pub(crate) fn read(path: &Path, limit: u64) -> Result<Vec<u8>, Problem> {
    let fail = |found: String, expected: &str| {
        let origin = Origin { file: path.to_owned(), line: 0 };
        Problem::new(ProblemKind::Unreadable, origin, "table", found, expected)
    };
    let file = File::open(path).map_err(|error| fail(error.to_string(), "a readable file"))?;
    let end = path.extension().and_then(|end| end.to_str()).unwrap_or_default().to_ascii_lowercase();
    match end.as_str() {
        "gz" => {
            bounded(flate2::read::MultiGzDecoder::new(file), limit).map_err(|found| fail(found, "an intact gzip file"))
        }
        "zip" => {
            // The directory of an archive lies at its end, so that the whole of it is needed; bounded as well.
            let packed = bounded(file, limit).map_err(|found| fail(found, "an intact zip archive"))?;
            unzip(packed, limit).map_err(|found| fail(found, "an intact zip archive that holds one CSV file"))
        }
        _ => bounded(file, limit).map_err(|found| fail(found, "a readable file")),
    }
}

fn unzip(packed: Vec<u8>, limit: u64) -> Result<Vec<u8>, String> {
    let mut archive = zip::ZipArchive::new(Cursor::new(packed)).map_err(|error| error.to_string())?;
    // macOS adds a folder of this name to archives.
    let is_table = |name: &&str| name.to_ascii_lowercase().ends_with(".csv") && !name.starts_with("__MACOSX/");
    let tables: Vec<String> = archive.file_names().filter(is_table).map(str::to_owned).collect();
    let [name] = tables.as_slice() else {
        return Err(format!("{} CSV files among {} entries", tables.len(), archive.len()));
    };
    let entry = archive.by_name(name).map_err(|error| format!("{}: {error}", quote(name)))?;
    bounded(entry, limit).map_err(|error| format!("{}: {error}", quote(name)))
}

fn bounded(reader: impl Read, limit: u64) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    reader.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    if bytes.len() as u64 > limit {
        return Err(format!("more than {limit} bytes"));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write;
    use zip::{ZipWriter, write::SimpleFileOptions};

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in entries {
            writer.start_file(*name, SimpleFileOptions::default()).unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    fn read_as(name: &str, bytes: &[u8], limit: u64) -> Result<Vec<u8>, Problem> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        read(&path, limit)
    }

    #[test]
    fn unpacks_what_ships() {
        let text = b"a,b\n1,2\n";
        assert_eq!(read_as("t.csv", text, 99).unwrap(), text);
        assert_eq!(read_as("t.csv.gz", &gzip(text), 99).unwrap(), text);
        // Two gzip members after one another are one file.
        assert_eq!(read_as("t.csv.gz", &[gzip(b"a,b\n"), gzip(b"1,2\n")].concat(), 99).unwrap(), text);
        let entries: [(&str, &[u8]); 3] = [("__MACOSX/._t.csv", b"?"), ("read me.txt", b"?"), ("t.csv", text)];
        assert_eq!(read_as("t.csv.zip", &zip(&entries), 999).unwrap(), text);
    }

    #[test]
    fn broken_archives_are_named() {
        let text = b"a,b\n1,2\n".repeat(99);
        let packed = gzip(&text);
        for cut in 0..packed.len() {
            let problem = read_as("t.csv.gz", &packed[..cut], 9999).unwrap_err();
            assert_eq!(problem.kind, ProblemKind::Unreadable, "cut at {cut}");
        }
        let mut flipped = gzip(&text);
        let last = flipped.len() - 6;
        flipped[last] ^= 1;
        assert_eq!(read_as("t.csv.gz", &flipped, 9999).unwrap_err().kind, ProblemKind::Unreadable);
        let packed = zip(&[("t.csv", &text)]);
        assert!(read_as("t.csv.zip", &packed[..packed.len() / 2], 9999).is_err());
        assert!(read_as("t.csv.zip", &text, 9999).is_err());
        let mut flipped = packed;
        flipped[40] ^= 0x10;
        assert!(read_as("t.csv.zip", &flipped, 9999).is_err());
        let two = zip(&[("t.csv", b"a\n"), ("u.csv", b"a\n")]);
        let message = read_as("t.csv.zip", &two, 9999).unwrap_err().to_string();
        assert!(
            message.contains("table: found 2 CSV files among 2 entries, expected an intact zip archive"),
            "{message}"
        );
    }

    #[test]
    fn bombs_stop_at_the_limit() {
        let zeros = vec![b'0'; 1 << 20];
        let packed = gzip(&zeros);
        assert!(packed.len() < 10_000);
        let message = read_as("t.csv.gz", &packed, 1 << 16).unwrap_err().to_string();
        assert!(message.contains("found more than 65536 bytes, expected an intact gzip file"), "{message}");
        assert!(read_as("t.csv.zip", &zip(&[("t.csv", &zeros)]), 1 << 16).is_err());
        assert!(read_as("t.csv", &zeros, 1 << 16).is_err());
        assert!(read_as("t.csv", &zeros, 1 << 20).is_ok());
    }

    #[test]
    fn a_plain_file_wins_and_the_rest_is_known() {
        let folder = tempfile::tempdir().unwrap();
        let names = ["t.csv".to_owned(), "u.csv".to_owned()];
        assert!(locate(folder.path(), &names).is_none());
        for name in ["u.csv", "t.csv.zip", "t.csv.gz", "t.csv"] {
            std::fs::write(folder.path().join(name), "").unwrap();
            assert_eq!(locate(folder.path(), &names).unwrap().path, folder.path().join(name));
        }
        assert_eq!(locate(folder.path(), &names).unwrap().passed_over.len(), 3);
    }
}
