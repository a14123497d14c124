//! From a user's manifest to the first batch, through a cache.
//!
//! `cargo run --release -p herring-images --example from_files -- MANIFEST`

use herring_cache::Cache;
use herring_datasets::{
    Batches,
    confounded::{self, ConfoundedSettings, Rule},
    listed::Listings,
};
use herring_images::{CachedListings, Colour, ImageSettings, prepare};
use herring_pixels::{MaskSettings, Preparation};
use std::{error::Error, path::PathBuf, sync::atomic::AtomicBool};

fn main() -> Result<(), Box<dyn Error>> {
    let manifest = std::env::args().nth(1).map(PathBuf::from).ok_or("expected the path of a manifest")?;
    let reading = herring_tables::own(&manifest)?;
    println!("{}", reading.summary());
    let settings = ConfoundedSettings { ratio: 0.9, rule: Rule::Printed, seed: 1234, cell_limit: None };
    let parts = confounded::split(&reading.table, &settings)?;
    let folder = std::env::temp_dir().join("herring-from-files");
    let cache = Cache::open(&folder)?;
    let settings = ImageSettings {
        preparations: vec![Preparation::xray(64)],
        colour: Colour::Refused,
        original: None,
        reductions: Vec::new(),
        saliency_size: 64,
        saliency_limit: Some(10),
        mask: MaskSettings::default(),
        facts: false,
        reading: None,
        excluded: Vec::new(),
    };
    let stop = AtomicBool::new(false);
    let prepared = prepare(&cache, (&reading.root, &reading.table), &[parts], &settings, &mut |_| {}, &stop)?;
    println!("{} images decoded, {} found", prepared.decoded, prepared.found);
    let listed = CachedListings::of(&folder).open(&prepared.names[0])?;
    let first = Batches::sequential(&listed.splits.train, 16)?.next();
    let batch = first.ok_or("no images")??;
    println!("listing {}: batches of {:?}, labels {:?}", prepared.names[0], batch.shape(), batch.labels());
    Ok(())
}
