//! Reads a volume slice by slice and prints its range, to measure the memory it takes.
//!
//! `cargo run --release -p herring-volumes --example volume_memory -- write FILE.nii.gz [SIDE DEPTH]` writes a
//! volume of SIDE x SIDE x DEPTH 16-bit voxels (512 x 512 x 1000), and `... -- read FILE.nii.gz` reads one:
//! `/usr/bin/time -v target/release/examples/volume_memory read FILE.nii.gz` shows its peak memory.

use flate2::{Compression, write::GzEncoder};
use herring_volumes::Volume;
use std::{
    error::Error,
    fs::File,
    io::{BufWriter, Write},
    path::Path,
    time::Instant,
};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["read", path] => read(Path::new(path)),
        ["write", path] => write(Path::new(path), 512, 1000),
        ["write", path, side, depth] => write(Path::new(path), side.parse()?, depth.parse()?),
        _ => Err("expected: read FILE, or write FILE [SIDE DEPTH]".into()),
    }
}

fn read(path: &Path) -> Result<(), Box<dyn Error>> {
    let started = Instant::now();
    let mut volume = Volume::open(path)?;
    let [width, height, depth] = volume.header().shape;
    let mut slice = vec![0.0; width * height];
    let (mut least, mut most) = (f64::INFINITY, f64::NEG_INFINITY);
    while volume.next_slice(&mut slice)?.is_some() {
        least = slice.iter().copied().fold(least, f64::min);
        most = slice.iter().copied().fold(most, f64::max);
    }
    let seconds = started.elapsed().as_secs_f64();
    let megabytes = volume.header().file_bytes() as f64 / 1e6;
    println!(
        "{width} x {height} x {depth}: {least} to {most}; {seconds:.2} s, {:.0} MB/s unpacked",
        megabytes / seconds
    );
    Ok(())
}

/// Values between -1024 and 1023 that change from voxel to voxel, so that they do not compress too well.
fn write(path: &Path, side: u16, depth: u16) -> Result<(), Box<dyn Error>> {
    let mut header = [0; 352];
    header[..4].copy_from_slice(&348_i32.to_le_bytes());
    for (place, value) in [(40, 3), (42, side), (44, side), (46, depth), (70, 4), (72, 16)] {
        header[place..place + 2].copy_from_slice(&value.to_le_bytes());
    }
    header[108..112].copy_from_slice(&352_f32.to_le_bytes());
    header[344..348].copy_from_slice(b"n+1\0");
    let file = BufWriter::new(File::create(path)?);
    let packed = path.extension().is_some_and(|ending| ending == "gz");
    let mut out: Box<dyn Write> =
        if packed { Box::new(GzEncoder::new(file, Compression::fast())) } else { Box::new(file) };
    out.write_all(&header)?;
    let mut state = 1_u32;
    let mut slice = Vec::new();
    for _ in 0..depth {
        slice.clear();
        for _ in 0..u32::from(side) * u32::from(side) {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let value = ((state >> 21) as i16) - 1024;
            slice.extend_from_slice(&value.to_le_bytes());
        }
        out.write_all(&slice)?;
    }
    out.flush()?;
    Ok(())
}
