//! Fills a cache from small PGM files, reads it, damages it and repairs it.
//!
//! ```sh
//! cargo run --release --package herring-cache --example cache
//! ```

use herring_cache::{Cache, FillSettings, Request};
use herring_datasets::Image;
use std::{error::Error, fs, path::Path, sync::atomic::AtomicBool};

/// Binary PGM of 8 bits, as this example writes it, to values in [0, 1].
fn decode(_: &Request, sources: &[Vec<u8>]) -> Result<Image, String> {
    let pixels = sources.first().and_then(|bytes| bytes.strip_prefix(b"P5\n16 16\n255\n"));
    let pixels = pixels.ok_or("found another start, expected a PGM file of 16 x 16")?;
    Image::new(1, 16, 16, pixels.iter().map(|&value| f32::from(value) / 255.0).collect())
        .map_err(|error| error.to_string())
}

fn requests(folder: &Path) -> Vec<Request> {
    let request = |number: usize| Request {
        id: format!("{number}"),
        origin: format!("images.csv:{}", number + 2),
        sources: vec![folder.join(format!("{number}.pgm"))],
        recipe: "pgm 8 bit, [0, 1]".to_owned(),
    };
    (0..100).map(request).collect()
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    for number in 0..100u8 {
        let pixels: Vec<u8> = (0..=255u8).map(|pixel| pixel.wrapping_mul(number)).collect();
        fs::write(folder.path().join(format!("{number}.pgm")), [b"P5\n16 16\n255\n", pixels.as_slice()].concat())?;
    }
    // One image is truncated.
    fs::write(folder.path().join("41.pgm"), "P5\n16 16\n255\n...")?;

    let requests = requests(folder.path());
    let (settings, stop) = (FillSettings::default(), AtomicBool::new(false));
    let cache = Cache::open(folder.path().join("cache"))?;
    for pass in ["first", "second"] {
        let filled = cache.fill(&requests, decode, &settings, &mut |_| {}, &stop)?;
        println!("{pass} filling: {} decoded, {} found, {} failed", filled.decoded, filled.found, filled.failed);
        for failure in filled.keys.iter().filter_map(|key| key.as_ref().err()) {
            println!("  {failure}");
        }
    }
    println!("{:?}", cache.usage()?);

    // One byte changes on the disk.
    for entry in fs::read_dir(cache.folder().join("packs-v1"))? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "pack") {
            let mut bytes = fs::read(&path)?;
            bytes[5000] ^= 1;
            fs::write(&path, bytes)?;
        }
    }
    for damage in cache.forget_damaged()? {
        println!("dropped: {damage}");
    }
    let filled = cache.fill(&requests, decode, &settings, &mut |_| {}, &stop)?;
    println!("third filling: {} decoded, {} found", filled.decoded, filled.found);
    Ok(())
}
