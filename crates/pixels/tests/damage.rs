//! No damage makes a decoder panic, take long or take memory beyond its limits; where a format has checksums,
//! none gives other pixels without an error.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
    time::{Duration, Instant},
};

use common::{COLOUR_JPEG, DICOM, GREY_PNG, must};
use herring_pixels::{Limits, Picture, PixelError, PixelNote, decode, probe};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

// Bytes that the thread holds, and the most it held.
thread_local! {
    static HELD: Cell<isize> = const { Cell::new(0) };
    static MOST: Cell<isize> = const { Cell::new(0) };
}

struct Counting;

fn count(bytes: isize) {
    let held = HELD.get() + bytes;
    HELD.set(held);
    MOST.set(MOST.get().max(held));
}

// SAFETY: every call goes to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as isize);
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size() as isize);
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(-(layout.size() as isize));
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const LIMITS: Limits = Limits { side: 8_192, pixels: 1 << 23, bytes: 1 << 25 };
// Tables and rows of a decoder, whatever the picture's size.
const SLACK: isize = 4 << 20;

const PNGS: [&str; 8] = [
    GREY_PNG,
    "grey8.png",
    "grey16.png",
    "grey4.png",
    "interlaced16.png",
    "palette.png",
    "alpha8.png",
    "mask-1bit.png",
];
const JPEGS: [&str; 4] = [COLOUR_JPEG, "grey.jpg", "colour-444.jpg", "progressive-420.jpg"];
const DICOMS: [&str; 13] = [
    DICOM,
    "explicit12.dcm",
    "implicit8.dcm",
    "big12.dcm",
    "deflated16.dcm",
    "signed13.dcm",
    "rle12.dcm",
    "lossless12.dcm",
    "j2k12.dcm",
    "j2k-colour8.dcm",
    "jpegls12.dcm",
    "rle-colour8.dcm",
    "colour8.dcm",
];

fn watched(name: &str, bytes: &[u8]) -> Result<Picture, PixelError> {
    let before = HELD.get();
    MOST.set(before);
    let start = Instant::now();
    let result = decode(bytes, &LIMITS);
    let header = probe(bytes);
    assert!(start.elapsed() < Duration::from_secs(20), "{name} took {:?}", start.elapsed());
    let most = MOST.get() - before;
    assert!(most <= LIMITS.bytes as isize + SLACK, "{name} took {most} bytes");
    match &result {
        Ok(picture) => {
            assert_eq!(header.as_ref(), Ok(&picture.info()), "{name}");
            let info = picture.info();
            assert_eq!(picture.values().len(), info.height * info.width * info.channels, "{name}");
        }
        Err(error) => assert_eq!(error.to_string().lines().count(), 1, "{name}: {error}"),
    }
    result
}

fn flipped(name: &str, flips: usize, mut check: impl FnMut(usize, Result<Picture, PixelError>)) {
    let whole = must(name);
    let seed = name.bytes().fold(17, |seed: u64, byte| seed.wrapping_mul(31).wrapping_add(byte.into()));
    let mut stream = ChaCha8Rng::seed_from_u64(seed);
    for _ in 0..flips {
        let bit = stream.random_range(0..whole.len() * 8);
        let mut bytes = whole.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        check(bit, watched(&format!("{name} with bit {bit} flipped"), &bytes));
    }
}

#[test]
fn a_file_that_ends_early_is_an_error() {
    for name in PNGS.iter().chain(&JPEGS).chain(&DICOMS) {
        let whole = must(name);
        assert!(watched(name, &whole).is_ok(), "{name}");
        // Small files end at every byte; the others at 64 places, the last of them near the last byte.
        let places: Vec<usize> = match whole.len() {
            0..4_000 => (0..whole.len()).collect(),
            // A deflated data set may end with a byte of padding, which nobody misses.
            length => (0..63).map(|place| place * length / 63).chain([length - 2]).collect(),
        };
        // The end marker of a PNG holds nothing: a file without it has all of its pixels.
        let is_png = PNGS.contains(name);
        for place in places {
            if is_png && place + 12 >= whole.len() {
                let picture = watched(&format!("{name} up to {place}"), &whole[..place]).unwrap();
                assert_eq!(picture.notes(), [PixelNote::PngWithoutEnd], "{name} up to {place}");
                assert_eq!(picture.values(), decode(&whole, &LIMITS).unwrap().values(), "{name} up to {place}");
                continue;
            }
            let Err(error) = watched(&format!("{name} up to {place}"), &whole[..place]) else {
                panic!("{name} up to {place} was decoded");
            };
            let sound = matches!(
                error,
                PixelError::Truncated { .. }
                    | PixelError::Damaged { .. }
                    | PixelError::Empty
                    | PixelError::UnknownFormat { .. }
                    | PixelError::OtherFormat { .. }
            );
            assert!(sound, "{name} up to {place}: {error}");
        }
    }
}

#[test]
fn a_flipped_bit_of_a_png_never_gives_other_pixels() {
    for name in PNGS {
        let original = decode(&must(name), &LIMITS).unwrap();
        let mut refused = 0;
        flipped(name, 1_000, |bit, result| match result {
            Ok(picture) => assert_eq!(picture, original, "{name}, bit {bit}"),
            Err(_) => refused += 1,
        });
        assert!(refused >= 990, "{name}: {refused} of 1000 found");
    }
}

#[test]
fn a_flipped_bit_of_a_jpeg_never_panics() {
    for name in JPEGS {
        flipped(name, 1_000, |_, _| {});
    }
}

#[test]
fn a_flipped_bit_of_a_dicom_file_never_panics() {
    for name in DICOMS {
        flipped(name, 1_000, |_, _| {});
    }
}

// Headers are a small part of a file and decide the most.
#[test]
fn flipped_bits_of_headers_never_panic() {
    for name in PNGS.iter().chain(&JPEGS).chain(&DICOMS) {
        let whole = must(name);
        let mut stream = ChaCha8Rng::seed_from_u64(3);
        for round in 0..1_000 {
            let mut bytes = whole.clone();
            for _ in 0..1 + round % 4 {
                let bit = stream.random_range(0..whole.len().min(1_400) * 8);
                bytes[bit / 8] ^= 1 << (bit % 8);
            }
            let _ = watched(&format!("{name}, round {round}"), &bytes);
        }
    }
}

fn dicom(elements: &[u8]) -> Vec<u8> {
    let whole = must("explicit12.dcm");
    let group = u32::from_le_bytes(whole[140..144].try_into().unwrap()) as usize;
    let mut bytes = whole[..144 + group].to_vec();
    bytes.extend(elements);
    bytes
}

#[test]
fn a_flipped_bit_of_the_other_formats_never_panics() {
    for name in [
        "colour.bmp",
        "palette.bmp",
        "colour_deflate.tif",
        "turned6.tif",
        "grey16.tif",
        "grey_packbits.tif",
        "colour_lossless.webp",
        "colour_lossy.webp",
        "turned6.webp",
        "turned6.jpg",
    ] {
        flipped(&format!("forms/{name}"), 1_000, |_, _| {});
    }
}

#[test]
fn a_flipped_bit_of_a_jpeg_of_any_kind_never_panics() {
    for name in [
        "420_33x17",
        "422-progressive_33x17",
        "420-restart_33x17",
        "grey-restart_33x17",
        "ramp_three_2x2",
        "ramp_two_2x2",
        "ramp_two_1x2",
    ] {
        flipped(&format!("jpeg/{name}.jpg"), 2_000, |_, _| {});
    }
}

#[test]
fn lies_of_a_dicom_file_are_found() {
    // (0008,1032), a sequence of undefined length, and an item of undefined length, again and again.
    let nested =
        [0x08, 0x00, 0x32, 0x10, b'S', b'Q', 0, 0, 255, 255, 255, 255, 0xfe, 0xff, 0x00, 0xe0, 255, 255, 255, 255];
    assert!(watched("deep", &dicom(&nested.repeat(100_000))).is_err());
    // An item ends that was not begun, then one begins.
    let stray = [0xfe, 0xff, 0x0d, 0xe0, 0, 0, 0, 0, 0xfe, 0xff, 0x00, 0xe0, 4, 0, 0, 0, 1, 2, 3, 4];
    let error = watched("stray", &dicom(&stray)).unwrap_err();
    assert_eq!(error.to_string(), "damaged DICOM: a sequence or an item ends that was not begun");
    // Pixels of 4 GiB that are not there.
    let long = [0xe0, 0x7f, 0x10, 0x00, b'O', b'W', 0, 0, 0xfe, 255, 255, 255, 1, 2];
    let error = watched("long", &dicom(&long)).unwrap_err();
    assert_eq!(error.to_string(), "truncated DICOM: an element of 4294967294 bytes, of which 2 are there");
    assert_eq!(
        watched("nothing", &dicom(&[])).unwrap_err().to_string(),
        "truncated DICOM: neither rows nor columns nor pixels: it was cut before them, or holds no image"
    );
}

#[test]
fn a_progressive_jpeg_of_many_scans_is_refused() {
    let whole = must("progressive-420.jpg");
    let scan = whole.windows(2).position(|pair| pair == [0xff, 0xda]).unwrap();
    let mut bytes = whole[..scan].to_vec();
    for _ in 0..200 {
        bytes.extend([0xff, 0xda, 0, 8, 1, 1, 0, 0, 0, 0]);
    }
    bytes.extend([0xff, 0xd9]);
    assert!(watched("scans", &bytes).unwrap_err().to_string().contains("at most 100 scans"));
}
