//! Compares the pixels of many image files with Pillow's, as `tests/golden/walk_expected.py` writes them down:
//! each file must be equal or refused with a message; any other result ends the program with an error.
//!
//! ```sh
//! python3 -m pip install pillow scikit-image
//! python3 crates/pixels/tests/golden/walk_expected.py expected.tsv FOLDER...
//! cargo run --release --package herring-pixels --example walk -- expected.tsv
//! ```
//!
//! A line of the table holds path, height, width, channels, bits and the SHA-256 of the values as little-endian
//! 32-bit integers; a file that Pillow does not read has its path and `-`, and may be refused or read here.

use std::{env, error::Error, fmt::Write, fs, process::ExitCode};

use herring_pixels::{Limits, Picture, decode, probe};
use sha2::{Digest, Sha256};

/// Pictures of which Pillow makes other values by a rule of its own: colours of five and six bits are widened with
/// another rounding (by one level), and pixels that a run-length coded BMP leaves out have no value.
const OTHERWISE: [&str; 5] = ["rgb16-565.bmp", "rgb16-565pal.bmp", "rgb16.bmp", "pal4rletrns.bmp", "pal8rletrns.bmp"];

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let table = env::args().nth(1).ok_or("usage: walk EXPECTED.tsv")?;
    let (mut equal, mut refused, mut different, mut alone) = (0, 0, 0, 0);
    for line in fs::read_to_string(table)?.lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        let [path, expected @ ..] = fields.as_slice() else { continue };
        let bytes = fs::read(path)?;
        match decode(&bytes, &Limits::default()) {
            Err(error) => {
                refused += 1;
                println!("refused\t{path}\t{error}");
            }
            Ok(_) if expected == ["-"] => {
                alone += 1;
                println!("read here alone\t{path}");
            }
            Ok(picture) => {
                let found = [picture.height(), picture.width(), picture.channels(), picture.bits() as usize];
                let mut found: Vec<String> = found.iter().map(ToString::to_string).collect();
                found.push(hash(&picture)?);
                if OTHERWISE.iter().any(|name| path.ends_with(name)) {
                    println!("by another rule\t{path}");
                } else if found == expected && probe(&bytes)? == picture.info() {
                    equal += 1;
                } else {
                    different += 1;
                    println!("DIFFERENT\t{path}\t{}\t{}", found.join(" "), expected.join(" "));
                }
            }
        }
    }
    println!("{equal} equal, {refused} refused, {alone} read here alone, {different} different");
    Ok(if different == 0 && equal > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn hash(picture: &Picture) -> Result<String, std::fmt::Error> {
    let mut digest = Sha256::new();
    for index in 0..picture.values().len() {
        digest.update(picture.values().get(index).unwrap_or_default().to_le_bytes());
    }
    let mut text = String::new();
    for byte in digest.finalize().iter() {
        write!(text, "{byte:02x}")?;
    }
    Ok(text)
}
