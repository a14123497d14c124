//! Says what files of weights are, and what is in them.
//!
//! `cargo run --release -p herring-weights --example weights -- FILE_OR_FOLDER ...`

use herring_weights::{WeightsError, inspect, read};
use std::path::PathBuf;

fn main() -> Result<(), WeightsError> {
    for path in std::env::args_os().skip(1).map(PathBuf::from) {
        if path.is_dir() {
            inspect(&path)?.lines().iter().for_each(|line| println!("{line}"));
            continue;
        }
        match read(&path) {
            Ok(file) => {
                println!("{}: {}, SHA-256 {}", path.display(), file.kind, file.sha256);
                for name in file.tensors.names() {
                    let (shape, values) = file.tensors.get(name).unwrap_or_default();
                    println!("  {name} {shape:?}, first value {:?}", values.first());
                }
            }
            Err(error) => println!("{error}"),
        }
    }
    Ok(())
}
