//! Median milliseconds on one thread to decode a picture and to prepare it, for comparison with
//! `docs/bench/pixels.py`, which runs this program and the same work by Pillow and scikit-image in turns.
//!
//! ```sh
//! cargo run --release --package herring-pixels --example bench -- REPEATS FILE...
//! ```

use std::{env, error::Error, fs, hint::black_box, time::Instant};

use herring_pixels::{Limits, PixelError, Preparation, Resize, decode, prepare};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [repeats, files @ ..] = arguments.as_slice() else { return Err("usage: bench REPEATS FILE...".into()) };
    let repeats: usize = repeats.parse()?;
    for file in files {
        let bytes = fs::read(file)?;
        let picture = decode(&bytes, &Limits::default())?;
        report(file, "decode", repeats, || decode(&bytes, &Limits::default()).map(drop))?;
        for (name, resize) in [("skimage", Resize::Skimage), ("pillow", Resize::Pillow)] {
            let preparation = Preparation { resize, ..Preparation::xray(224) };
            report(file, name, repeats, || prepare(&picture, &preparation).map(|image| drop(black_box(image))))?;
        }
    }
    Ok(())
}

fn report(
    file: &str,
    work: &str,
    repeats: usize,
    mut run: impl FnMut() -> Result<(), PixelError>,
) -> Result<(), PixelError> {
    let mut times = Vec::with_capacity(repeats);
    for _ in 0..repeats.max(1) {
        let start = Instant::now();
        run()?;
        times.push(start.elapsed().as_secs_f64() * 1e3);
    }
    times.sort_by(f64::total_cmp);
    println!("{file}\t{work}\t{:.3}", times[times.len() / 2]);
    Ok(())
}
