//! From a task's folder to the first batch: draws slices, decodes them into a cache, opens the listing.
//!
//! `cargo run --release -p herring-volumes --example prepare_slices -- ROOT TASK [SLICES]`, where ROOT holds
//! `Task02_Heart` and the like, TASK is heart, liver or pancreas, and SLICES the number of slices of each part
//! (the paper's 128, 256 and 256 without it).

use herring_cache::Cache;
use herring_datasets::{Batches, listed::Listings};
use herring_images::CachedListings;
use herring_volumes::{Task, VolumeSettings, prepare};
use std::{error::Error, path::PathBuf, sync::atomic::AtomicBool, time::Instant};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let root = arguments.next().map(PathBuf::from).ok_or("expected the folder that holds the tasks")?;
    let name = arguments.next().ok_or("expected a task: heart, liver or pancreas")?;
    let task = Task::named(&name).ok_or("expected a task: heart, liver or pancreas")?;
    let mut settings = VolumeSettings::paper(task);
    if let Some(slices) = arguments.next() {
        let slices = slices.parse()?;
        settings = VolumeSettings { train_slices: slices, valid_slices: slices, test_slices: slices, ..settings };
    }
    let folder = std::env::temp_dir().join("herring-volumes");
    let cache = Cache::open(&folder)?;
    let started = Instant::now();
    let prepared = prepare(&cache, &root, &settings, &mut |_| {}, &AtomicBool::new(false))?;
    let seconds = started.elapsed().as_secs_f64();
    println!("{} slices decoded, {} found; {seconds:.2} s", prepared.decoded, prepared.found);
    for (part, facts) in ["train", "valid", "test"].into_iter().zip(&prepared.facts.parts) {
        let [without, with] = facts.slices;
        println!("{part}: {} drawn of {without} without and {with} with the organ", facts.drawn);
    }
    let listed = CachedListings::of(&folder).open(&prepared.name)?;
    let first = Batches::sequential(&listed.splits.train, 16)?.next();
    let batch = first.ok_or("no slices")??;
    println!("listing {}: batches of {:?}, labels {:?}", prepared.name, batch.shape(), batch.labels());
    Ok(())
}
