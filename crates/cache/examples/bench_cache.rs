//! Measures a cache: makes images, fills from them, reads all blocks in shuffled order.
//!
//! ```sh
//! E="cargo run --release --package herring-cache --example bench_cache --"
//! $E make /data/bench/images 10000        # 1024x1024 grey PNGs of a few hundred kB each
//! $E fill /data/bench/images /data/bench/cache 224 skimage
//! $E read /data/bench/images /data/bench/cache 224 skimage
//! $E tiny /data/bench/tiny 1000000 && $E open /data/bench/tiny
//! python3 docs/bench/dataloader_torch.py /data/bench/images
//! ```
//!
//! Every step is a process of its own, so that its peak memory is its own.

use herring_cache::{Cache, FillSettings, Request};
use herring_datasets::Image;
use herring_pixels::{Limits, Preparation, Resize};
use image::GrayImage;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::{
    error::Error,
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    thread,
    time::Instant,
};

const USAGE: &str = "usage: bench_cache make IMAGES COUNT | fill|read IMAGES CACHE SIZE skimage|pillow | tiny CACHE \
                     COUNT | open CACHE";

/// Bytes of a file to an image of `size` x `size` in [-1024, 1024], resized `way`.
fn decode(bytes: &[u8], size: usize, way: Resize) -> Result<Image, String> {
    let picture = herring_pixels::decode(bytes, &Limits::default()).map_err(|error| error.to_string())?;
    let preparation = Preparation { resize: way, ..Preparation::xray(size) };
    herring_pixels::prepare(&picture.first_channel(), &preparation).map_err(|error| error.to_string())
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let start = Instant::now();
    match arguments.as_slice() {
        ["make", images, count] => make(Path::new(images), count.parse()?)?,
        [what @ ("fill" | "read"), images, cache, size, way] => {
            let way = if *way == "pillow" { Resize::Pillow } else { Resize::Skimage };
            fill((Path::new(images), Path::new(cache)), size.parse()?, way, *what == "read")?;
        }
        ["tiny", cache, count] => tiny(Path::new(cache), count.parse()?)?,
        ["open", cache] => println!("{} blocks", Cache::open(*cache)?.len()),
        _ => return Err(USAGE.into()),
    }
    let seconds = start.elapsed().as_secs_f64();
    println!("{seconds:.2} s from start to end, {}", resources(seconds));
    Ok(())
}

/// Makes images of smooth structure with a little noise, which compress about as radiographs do.
fn make(folder: &Path, count: usize) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(folder)?;
    let next = AtomicUsize::new(0);
    let failed = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= count || failed.load(Ordering::Relaxed) {
                        return;
                    }
                    if let Err(error) = synthetic(number as u64).save(folder.join(format!("{number:05}.png"))) {
                        eprintln!("image {number}: {error}");
                        failed.store(true, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    if failed.into_inner() { Err("not all images could be written".into()) } else { Ok(()) }
}

fn synthetic(seed: u64) -> GrayImage {
    const SIDE: u32 = 1024;
    const CELLS: usize = 17;
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let grid: Vec<f32> = (0..CELLS * CELLS).map(|_| random.random_range(30.0..220.0)).collect();
    let noise: Vec<u8> = (0..1 << 16).map(|_| random.random_range(0..4u8)).collect();
    let mut shift = 0usize;
    GrayImage::from_fn(SIDE, SIDE, |x, y| {
        if x == 0 {
            shift = random.random_range(0..noise.len());
        }
        let at = |value: u32| (value as usize / 64, (value % 64) as f32 / 64.0);
        let ((column, right), (row, down)) = (at(x), at(y));
        let cell = |row: usize, column: usize| grid[row * CELLS + column];
        let upper = cell(row, column) * (1.0 - right) + cell(row, column + 1) * right;
        let lower = cell(row + 1, column) * (1.0 - right) + cell(row + 1, column + 1) * right;
        let smooth = upper * (1.0 - down) + lower * down;
        image::Luma([smooth as u8 + noise[(shift + x as usize) % noise.len()]])
    })
}

fn fill((images, folder): (&Path, &Path), size: usize, way: Resize, read: bool) -> Result<(), Box<dyn Error>> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(images)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?;
    files.sort();
    let request = |path: &PathBuf| Request {
        id: path.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
        origin: String::new(),
        sources: vec![path.clone()],
        recipe: format!("{way:?} {size}x{size}, [-1024, 1024]"),
    };
    let requests: Vec<Request> = files.iter().map(request).collect();

    let cache = Cache::open(folder)?;
    let (start, stop) = (Instant::now(), AtomicBool::new(false));
    let mut progress = |progress: &herring_cache::Progress| {
        if progress.done.is_multiple_of(1000) {
            println!("{} of {}, {}", progress.done, progress.requests, resources(start.elapsed().as_secs_f64()));
        }
    };
    let filled = cache.fill(
        &requests,
        |_, bytes| decode(&bytes[0], size, way),
        &FillSettings::default(),
        &mut progress,
        &stop,
    )?;
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "fill: {} decoded, {} found, {} failed, {} MB in {seconds:.2} s: {:.1} images/s",
        filled.decoded,
        filled.found,
        filled.failed,
        filled.bytes / 1_000_000,
        requests.len() as f64 / seconds
    );
    for failure in filled.keys.iter().filter_map(|key| key.as_ref().err()).take(5) {
        println!("  {failure}");
    }
    println!("{:?}", cache.usage()?);
    if !read {
        return Ok(());
    }

    let mut keys: Vec<_> = filled.keys.into_iter().flatten().collect();
    let mut random = ChaCha8Rng::seed_from_u64(1234);
    let mut pixels = vec![0.0; size * size];
    for threads in [1, thread::available_parallelism().map_or(1, usize::from)] {
        for last in (1..keys.len()).rev() {
            keys.swap(last, random.random_range(0..=last));
        }
        let start = Instant::now();
        let mut sum = 0.0;
        if threads == 1 {
            for key in &keys {
                cache.read(key, &mut pixels)?;
                sum += f64::from(pixels[size / 2]);
            }
        } else {
            let shares = keys.chunks(keys.len().div_ceil(threads).max(1));
            let one = |share: &[_]| -> Result<f64, herring_cache::CacheError> {
                let mut pixels = vec![0.0; size * size];
                let mut sum = 0.0;
                for key in share {
                    cache.read(key, &mut pixels)?;
                    sum += f64::from(pixels[size / 2]);
                }
                Ok(sum)
            };
            let sums = thread::scope(|scope| {
                let running: Vec<_> = shares.map(|share| scope.spawn(move || one(share))).collect();
                running.into_iter().map(|thread| thread.join()).collect::<Vec<_>>()
            });
            for share in sums {
                sum += share.map_err(|_| "a reader panicked")??;
            }
        }
        let seconds = start.elapsed().as_secs_f64();
        println!(
            "read: {} blocks in shuffled order by {threads} threads in {seconds:.2} s: {:.0} images/s (sum {sum:.0})",
            keys.len(),
            keys.len() as f64 / seconds
        );
    }
    Ok(())
}

/// Fills with blocks of one value, to see how much memory the list of blocks takes when it is opened.
fn tiny(folder: &Path, count: usize) -> Result<(), Box<dyn Error>> {
    let request = |number: usize| Request {
        id: String::new(),
        origin: String::new(),
        sources: Vec::new(),
        recipe: number.to_string(),
    };
    let requests: Vec<Request> = (0..count).map(request).collect();
    let decode = |_: &Request, _: &[Vec<u8>]| Image::new(1, 1, 1, vec![0.5]).map_err(|error| error.to_string());
    let settings = FillSettings { pack_bytes: 8_000, ..FillSettings::default() };
    Cache::open(folder)?.fill(&requests, decode, &settings, &mut |_| {}, &AtomicBool::new(false))?;
    Ok(())
}

/// Peak memory and processor time of this process, where the system tells.
fn resources(seconds: f64) -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or(" unknown").trim().to_owned();
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // Fields 14 and 15, counted behind the name in brackets; the kernel's unit is a hundredth of a second.
    let ticks = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
    let cpu = ticks.filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0;
    format!("peak memory {peak}, {cpu:.1} s of processors ({:.2} at a time)", cpu / seconds)
}
