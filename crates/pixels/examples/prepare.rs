//! Prepares one radiograph for a model, and writes it in a format that other programs read.
//!
//! ```sh
//! cargo run --release --package herring-pixels --example prepare -- IMAGE OUT [SIZE] [skimage|pillow|raw]
//! ```
//!
//! OUT ending in `.pgm` becomes a grey picture; anything else becomes bare little-endian `f32` values. With
//! `raw` the decoded values are written without any preparation.

use std::{env, error::Error, fs};

use herring_pixels::{Limits, Preparation, Resize, decode, prepare, probe};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [input, output, rest @ ..] = arguments.as_slice() else {
        return Err("usage: prepare IMAGE OUT [SIZE] [skimage|pillow|raw]".into());
    };
    let size = rest.first().map_or(Ok(224), |size| size.parse())?;
    let how = rest.get(1).map_or("skimage", String::as_str);
    let bytes = fs::read(input)?;
    let info = probe(&bytes)?;
    println!("{} x {} pixels, {} bits, {} channel(s)", info.height, info.width, info.bits, info.channels);
    let picture = decode(&bytes, &Limits::default())?;

    let resize = if how == "pillow" { Resize::Pillow } else { Resize::Skimage };
    let preparation = Preparation { resize, ..Preparation::xray(size) };
    println!("{}", preparation.key()?);
    let values = if how == "raw" {
        (0..picture.values().len()).filter_map(|index| picture.values().get(index)).map(|value| value as f32).collect()
    } else {
        prepare(&picture, &preparation)?.values().to_vec()
    };
    let contents = if output.ends_with(".pgm") {
        let grey = values.iter().map(|value| ((value / 1024. + 1.) * 127.5).round() as u8);
        format!("P5 {size} {size} 255\n").into_bytes().into_iter().chain(grey).collect()
    } else {
        values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>()
    };
    fs::write(output, contents)?;
    Ok(())
}
