//! Draws the three versions of a few images, a column each: contaminated, permuted, clean (tap2024, Figures 4 and 13).
//!
//! ```text
//! cargo run --release -p herring-radiographs --example versions -- ROOT pneumonia|knee text|stripe SIDE OUT.jpeg
//! ```

use herring_pixels::encode_jpeg;
use herring_radiographs::{Collection, DecoyKind, Folder, RadiographSettings, clean, draw::draw, with_decoy};
use std::error::Error;

const USAGE: &str = "expected ROOT pneumonia|knee text|stripe SIDE OUT.jpeg";

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [root, collection, decoy, side, out] = arguments.as_slice() else { return Err(USAGE.into()) };
    let collection = Collection::ALL.into_iter().find(|each| each.name() == collection).ok_or(USAGE)?;
    let decoy = match decoy.as_str() {
        "text" => DecoyKind::Text,
        "stripe" => DecoyKind::Stripe,
        _ => return Err(USAGE.into()),
    };
    let side: usize = side.parse()?;
    let settings = RadiographSettings { decoy, side, class_limit: Some(2), ..RadiographSettings::paper(collection) };
    settings.check()?;
    let samples = draw(&Folder::read(root.as_ref(), collection)?, &settings).test;
    let width = samples.len() * side;
    let mut sheet = vec![0; 3 * side * width];
    for (column, sample) in samples.iter().enumerate() {
        println!("{} class {}: {:?}", sample.file.id, sample.file.label, sample.permuted);
        let plain = clean(collection, &std::fs::read(&sample.file.path)?, side)?;
        let contaminated = with_decoy(collection, &plain, side, &sample.contaminated)?;
        let permuted = with_decoy(collection, &plain, side, &sample.permuted)?;
        for (row, line) in [contaminated, permuted, plain].concat().chunks_exact(side).enumerate() {
            sheet[row * width + column * side..][..side].copy_from_slice(line);
        }
    }
    std::fs::write(out, encode_jpeg(&sheet, [3 * side, width], 90)?)?;
    Ok(())
}
