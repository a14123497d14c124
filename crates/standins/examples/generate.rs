//! Writes stand-ins with the default settings, of another count and side if wanted.
//!
//! ```text
//! cargo run --release --package herring-standins --example generate -- FOLDER [PER_CELL [SIDE]]
//! ```

use std::error::Error;
use std::path::PathBuf;

use herring_standins::{OwnSettings, RsnaSettings, XraySettings, own, rsna, xray};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let root = PathBuf::from(arguments.first().ok_or("expected a folder as the first argument")?);
    let mut settings = (XraySettings::default(), RsnaSettings::default(), OwnSettings::default());
    if let Some(per_cell) = arguments.get(1) {
        let per_cell = per_cell.parse()?;
        (settings.0.per_cell, settings.1.per_cell, settings.2.per_cell) = (per_cell, per_cell, per_cell);
    }
    if let Some(side) = arguments.get(2) {
        let side = side.parse()?;
        (settings.0.side, settings.1.side, settings.2.side) = (side, side, side);
    }
    let started = std::time::Instant::now();
    for summary in [xray(&root, &settings.0)?, rsna(&root, &settings.1)?, own(&root, &settings.2)?] {
        println!("{} images, {} bytes in {:?}", summary.images(), summary.bytes, summary.folders);
    }
    println!("{:.1} s", started.elapsed().as_secs_f64());
    Ok(())
}
