//! Reads the tables of an official collection, an experiment or the user's own images, without decoding
//! images.
//!
//! ```text
//! cargo run --release --package herring-tables --example look -- rsna DATA_ROOT
//! cargo run --release --package herring-tables --example look -- own images.csv
//! ```
//!
//! Without arguments it makes a small table and reads that.

use herring_tables::{Negatives, Reading, TableError, own, present, rsna, xray};
use std::path::Path;

fn read(name: &str, path: &Path) -> Result<Reading, TableError> {
    match name {
        "own" => own(path),
        "xray" => xray(path),
        "rsna" => rsna(path, Negatives::default()),
        collection => herring_tables::Manifest::named(collection)?.read(path, Negatives::default()),
    }
}

fn look(name: &str, path: &Path) -> Result<(), TableError> {
    if name != "own" {
        for missing in present(name, path)?.missing() {
            println!("missing: {missing}");
        }
    }
    println!("{}", read(name, path)?.summary());
    Ok(())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [name, path] = arguments.as_slice() {
        look(name, Path::new(path))?;
        return Ok(());
    }
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("images.csv");
    std::fs::write(
        &file,
        "image,label,environment,mask,boxes\n\
         1.png,cat,indoors,,10 12 30 40;50 50 8 8\n\
         2.png,cat,outdoors,masks/2.png,\n\
         3.png,dog,outdoors,circle,\n",
    )?;
    look("own", &file)?;
    std::fs::write(&file, "image,label,environment\n../1.png,cat,indoors\n2.png,,outdoors\n")?;
    if let Err(error) = look("own", &file) {
        println!("\nand with two mistakes:\n{error}");
    }
    Ok(())
}
