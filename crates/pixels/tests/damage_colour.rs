//! Damaged files in colour: whatever their bytes say, decoding, luminance and preparing end in a picture in its range or in
//! one line, never in a panic.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::io::Cursor;

use common::{
    dicom_file::{BIG, EXPLICIT, File, IMPLICIT, painted},
    must,
};
use herring_pixels::{Channels, Limits, Preparation, decode, prepare, probe};
use image::{DynamicImage, ImageBuffer, ImageFormat, Rgb, Rgba};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const LIMITS: Limits = Limits { side: 8_192, pixels: 1 << 22, bytes: 1 << 25 };
const ROUNDS: usize = 1_000;

/// Decodes and prepares; whether it is a picture.
fn tried(name: &str, bytes: &[u8]) -> bool {
    let one_line = |error: herring_pixels::PixelError| {
        assert_eq!(error.to_string().lines().count(), 1, "{name}: {error}");
        false
    };
    if let Err(error) = probe(bytes) {
        one_line(error);
    }
    let picture = match decode(bytes, &LIMITS) {
        Ok(picture) => picture,
        Err(error) => return one_line(error),
    };
    assert_eq!(picture.luminance().channels(), 1, "{name}");
    assert_eq!(picture.without_opacity().channels(), if picture.has_colours() { 3 } else { 1 }, "{name}");
    let colours = Preparation::photograph(16);
    for preparation in [Preparation { channels: Channels::Luminance, ..colours.clone() }, colours] {
        match prepare(&picture, &preparation) {
            Ok(image) => {
                let channels = if preparation.channels == Channels::Colour { 3 } else { 1 };
                assert_eq!(image.shape(), [channels, 16, 16], "{name}");
                // Bilinear resizing stays within the range, up to rounding.
                let within = image.values().iter().all(|value| (-1e-5..=1.0 + 1e-5).contains(value));
                assert!(within, "{name}: {:?}", image.values());
            }
            Err(error) => return one_line(error),
        }
    }
    true
}

/// One to four bytes of a copy are replaced, again and again; `mended` puts a copy's checksums right.
fn replaced(name: &str, whole: &[u8], reach: usize, mended: impl Fn(&mut Vec<u8>)) -> usize {
    assert!(tried(name, whole), "{name} is a picture before it is damaged");
    let seed = name.bytes().fold(29, |seed: u64, byte| seed.wrapping_mul(31).wrapping_add(byte.into()));
    let mut stream = ChaCha8Rng::seed_from_u64(seed);
    let mut read = 0;
    for round in 0..ROUNDS {
        let mut bytes = whole.to_vec();
        for _ in 0..1 + round % 4 {
            let place = stream.random_range(0..whole.len().min(reach));
            bytes[place] = stream.random();
        }
        mended(&mut bytes);
        read += usize::from(tried(&format!("{name}, round {round}"), &bytes));
    }
    read
}

/// Anywhere, and in the first bytes, which decide the most.
fn damaged(name: &str, whole: &[u8]) {
    replaced(name, whole, whole.len(), |_| {});
    replaced(name, whole, 256, |_| {});
}

const SIDES: [u32; 2] = [19, 13];

fn colour(x: u32, y: u32) -> [u8; 3] {
    [x * 13, y * 19, (x * y * 7) % 256].map(|value| value as u8)
}

fn rgb() -> DynamicImage {
    ImageBuffer::from_fn(SIDES[0], SIDES[1], |x, y| Rgb(colour(x, y))).into()
}

fn rgba() -> DynamicImage {
    let pixel = |x, y| {
        let [red, green, blue] = colour(x, y);
        Rgba([red, green, blue, (200 + x) as u8])
    };
    ImageBuffer::from_fn(SIDES[0], SIDES[1], pixel).into()
}

/// The same with 16 bits a channel.
fn deep(picture: &DynamicImage) -> DynamicImage {
    if picture.color().has_alpha() { picture.to_rgba16().into() } else { picture.to_rgb16().into() }
}

fn written(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    picture.write_to(&mut file, format).unwrap();
    file.into_inner()
}

/// A palette of `depth` bits with transparency, by the encoder of `png`.
fn with_palette(depth: png::BitDepth) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, 16, 8);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_depth(depth);
    let colours = 1_u32 << (depth as u32).min(5);
    encoder.set_palette((0..colours).flat_map(|index| colour(index + 3, index)).collect::<Vec<u8>>());
    encoder.set_trns(vec![0, 255, 128]);
    let row = 16 * depth as usize / 8;
    let mask = if depth == png::BitDepth::Eight { 31 } else { 255 };
    let values: Vec<u8> = (0..8 * row).map(|index| (index * 37) as u8 & mask).collect();
    encoder.write_header().unwrap().write_image_data(&values).unwrap();
    file
}

fn pngs() -> Vec<(&'static str, Vec<u8>)> {
    let png = |picture: &DynamicImage| written(picture, ImageFormat::Png);
    vec![
        ("colour8.png", must("colour8.png")),
        ("alpha8.png", must("alpha8.png")),
        ("palette.png", must("palette.png")),
        ("RGB PNG", png(&rgb())),
        ("RGBA PNG", png(&rgba())),
        ("RGB PNG of 16 bits", png(&deep(&rgb()))),
        ("RGBA PNG of 16 bits", png(&deep(&rgba()))),
        ("palette of 8 bits", with_palette(png::BitDepth::Eight)),
        ("palette of 2 bits", with_palette(png::BitDepth::Two)),
    ]
}

#[test]
fn png() {
    for (name, whole) in pngs() {
        damaged(name, &whole);
    }
}

/// Makes every chunk's checksum fit what the chunk holds, so that the damage comes through to what is behind it.
fn mend(bytes: &mut [u8]) {
    let mut place = 8;
    while let Some(head) = bytes.get(place..place + 8) {
        let length = u32::from_be_bytes(head[..4].try_into().unwrap()) as usize;
        let end = place + 8 + length;
        if end + 4 > bytes.len() {
            return;
        }
        let mut sum = flate2::Crc::new();
        sum.update(&bytes[place + 4..end]);
        let sum = sum.sum().to_be_bytes();
        bytes[end..end + 4].copy_from_slice(&sum);
        place = end + 4;
    }
}

#[test]
fn png_whose_checksums_fit_the_damage() {
    for (name, whole) in pngs() {
        let read = replaced(name, &whole, whole.len(), |bytes| mend(bytes));
        let heads = replaced(name, &whole, 64, |bytes| mend(bytes));
        assert!(read + heads > 0, "{name}: no damage came through");
    }
}

#[test]
fn jpeg() {
    for name in ["colour-444.jpg", "progressive-420.jpg", "jpeg/420_33x17.jpg", "jpeg/420-restart_33x17.jpg"] {
        damaged(name, &must(name));
    }
}

#[test]
fn bmp() {
    for name in ["forms/colour.bmp", "forms/palette.bmp"] {
        damaged(name, &must(name));
    }
    damaged("BMP with opacity", &written(&rgba(), ImageFormat::Bmp));
}

#[test]
fn tiff() {
    for name in ["forms/colour.tif", "forms/colour_deflate.tif", "forms/colour_packbits.tif", "forms/turned6.tif"] {
        let whole = must(name);
        damaged(name, &whole);
        // The directory lies at the end.
        let tail = whole.len() - 256;
        let turned: Vec<u8> = whole.clone();
        let mut stream = ChaCha8Rng::seed_from_u64(7);
        for round in 0..ROUNDS {
            let mut bytes = turned.clone();
            for _ in 0..1 + round % 3 {
                bytes[stream.random_range(tail..whole.len())] = stream.random();
            }
            tried(&format!("{name}, end, round {round}"), &bytes);
        }
    }
    for (name, picture) in
        [("RGB TIFF of 16 bits", deep(&rgb())), ("RGBA TIFF", rgba()), ("RGBA TIFF of 16 bits", deep(&rgba()))]
    {
        damaged(name, &written(&picture, ImageFormat::Tiff));
    }
}

#[test]
fn webp() {
    for name in ["forms/colour_lossless.webp", "forms/colour_lossy.webp", "forms/turned6.webp"] {
        damaged(name, &must(name));
    }
    damaged("WebP with opacity", &written(&rgba(), ImageFormat::WebP));
}

#[test]
fn dicom() {
    for name in ["colour8.dcm", "rle-colour8.dcm", "j2k-colour8.dcm"] {
        let whole = must(name);
        damaged(name, &whole);
        replaced(name, &whole, 1_400, |_| {});
    }
    let pixels: Vec<u8> = (0..6 * 4 * 3).map(|index| (index * 53) as u8).collect();
    for kind in ["RGB", "YBR_FULL"] {
        let file = File::colour(kind, [4, 6], pixels.clone());
        damaged(kind, &file.bytes());
        damaged(&format!("{kind}, plane after plane"), &file.number(6, 1).bytes());
    }
    damaged("YBR_FULL_422", &File::colour("YBR_FULL_422", [4, 6], pixels[..4 * 6 * 2].to_vec()).bytes());
    for syntax in [IMPLICIT, EXPLICIT, BIG] {
        for bits in [8, 16] {
            let file = painted(syntax, bits, [vec![10, 20, 30], vec![40, 50, 60], vec![70, 80, 255]]);
            damaged(&format!("PALETTE COLOR of {bits} bits, {syntax}"), &file.bytes());
        }
    }
}
