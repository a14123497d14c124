//! Real images with a planted shortcut: handwritten 4, 7 and 9, each with a small tag in one of three
//! corners. The corner is the environment; the tag lies outside the mask, which is the digit's strokes,
//! grown by two pixels.
//!
//! `cargo run --release -p herring-images --example mnist_with_tags -- MNIST OUT [N]`
//!
//! MNIST is a folder with the four IDX files of MNIST, plain or `.gz`; OUT is a new folder; N is the number of
//! images of each digit and corner (300). The images are the first that fit, in the order of the files, assigned to
//! the corners in turn: nothing is drawn at random.

use std::{
    fmt::Write,
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
    process::ExitCode,
};

use flate2::read::GzDecoder;

/// Rows and columns of an image of MNIST.
const SIDE: usize = 28;
/// Bytes of an image of MNIST.
const AREA: usize = SIDE * SIDE;
/// The digits: three that are often confused.
const DIGITS: [u8; 3] = [4, 7, 9];
/// The environments: name, first row and first column of the tag. In the order of their names, as a table
/// numbers them: so 4 is at home in `bottom-left`, 7 in `top-left` and 9 in `top-right`.
const CORNERS: [(&str, usize, usize); 3] =
    [("bottom-left", SIDE - 1 - TAG, 1), ("top-left", 1, 1), ("top-right", 1, SIDE - 1 - TAG)];
/// Rows and columns of a tag.
const TAG: usize = 3;
/// By how many pixels the strokes are grown into the mask.
const GROWTH: usize = 2;
/// Longest IDX file that is read, unpacked: all images of MNIST are less.
const LIMIT: u64 = 1 << 26;

/// Why the data set could not be written.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("found {0} arguments, expected MNIST OUT [N]: the folder of the IDX files, a new folder, images a cell")]
    Usage(usize),
    #[error("N: found {0:?}, expected a whole number of at least 1")]
    Number(String),
    #[error("{0}: the folder is not empty, expected a new one")]
    NotEmpty(PathBuf),
    #[error("{folder}: found neither {name} nor {name}.gz, expected the four IDX files of MNIST")]
    Missing { folder: PathBuf, name: String },
    #[error("{file}: {what}: found {found}, expected {expected}")]
    Idx { file: PathBuf, what: &'static str, found: u64, expected: u64 },
    #[error("found {found} images of the digit {digit} whose corners are free, expected {expected}")]
    TooFew { digit: u8, found: usize, expected: usize },
    #[error("{file}: {source}")]
    Io { file: PathBuf, source: io::Error },
    #[error("{file}: {source}")]
    Png { file: PathBuf, source: image::ImageError },
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(manifest) => {
            println!("written: {}", manifest.display());
            ExitCode::SUCCESS
        }
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::from(2)
        }
    }
}

fn run(arguments: &[String]) -> Result<PathBuf, Failure> {
    let (mnist, out, number) = match arguments {
        [mnist, out] => (mnist, out, 300),
        [mnist, out, number] => {
            let parsed = number.parse().ok().filter(|&number: &usize| number > 0);
            (mnist, out, parsed.ok_or_else(|| Failure::Number(number.clone()))?)
        }
        other => return Err(Failure::Usage(other.len())),
    };
    let out = Path::new(out);
    if out.exists() && fs::read_dir(out).map_err(at(out))?.next().is_some() {
        return Err(Failure::NotEmpty(out.to_owned()));
    }
    let digits = Idx::read(Path::new(mnist))?;
    write(out, &digits, number)
}

/// All digits of MNIST: those for training, then those for testing.
struct Idx {
    pixels: Vec<u8>,
    labels: Vec<u8>,
}

impl Idx {
    fn read(folder: &Path) -> Result<Self, Failure> {
        let mut all = Self { pixels: Vec::new(), labels: Vec::new() };
        for part in ["train", "t10k"] {
            let (file, labels) = idx(folder, &format!("{part}-labels-idx1-ubyte"), &[])?;
            let (_, pixels) = idx(folder, &format!("{part}-images-idx3-ubyte"), &[SIDE, SIDE])?;
            expect(&file, "number of labels", labels.len() as u64, (pixels.len() / AREA) as u64)?;
            all.labels.extend(labels);
            all.pixels.extend(pixels);
        }
        Ok(all)
    }

    /// The images of `digit` whose mask leaves the corners free, all three of them, so that the corner of the tag is
    /// independent of the strokes.
    fn fitting(&self, digit: u8) -> impl Iterator<Item = (usize, &[u8], Vec<u8>)> {
        let images = self.pixels.chunks_exact(AREA).zip(&self.labels).enumerate();
        images.filter(move |(_, (_, label))| **label == digit).filter_map(|(number, (pixels, _))| {
            let mask = mask_of(pixels);
            let free = |&(_, row, column): &(_, usize, usize)| tag(row, column).all(|place| mask[place] == 0);
            CORNERS.iter().all(free).then_some((number, pixels, mask))
        })
    }
}

/// The contents of an IDX file of bytes: a magic number that says how many axes there are, their lengths, the
/// values. The first length is read from the file.
fn idx(folder: &Path, name: &str, other_axes: &[usize]) -> Result<(PathBuf, Vec<u8>), Failure> {
    let plain = folder.join(name);
    let packed = folder.join(format!("{name}.gz"));
    let mut bytes = Vec::new();
    let file = if plain.exists() {
        File::open(&plain).and_then(|file| file.take(LIMIT).read_to_end(&mut bytes)).map_err(at(&plain))?;
        plain
    } else if packed.exists() {
        let unpack = |file| GzDecoder::new(file).take(LIMIT).read_to_end(&mut bytes);
        File::open(&packed).and_then(unpack).map_err(at(&packed))?;
        packed
    } else {
        return Err(Failure::Missing { folder: folder.to_owned(), name: name.to_owned() });
    };
    let axes = 1 + other_axes.len();
    let header = 4 + 4 * axes;
    if bytes.len() < header {
        return Err(Failure::Idx {
            file,
            what: "bytes of the header",
            found: bytes.len() as u64,
            expected: header as u64,
        });
    }
    let values = bytes.split_off(header);
    let numbers: Vec<u64> =
        bytes.chunks_exact(4).map(|word| word.iter().fold(0, |sum, &byte| sum << 8 | u64::from(byte))).collect();
    expect(&file, "magic number", numbers[0], 0x800 + axes as u64)?;
    for (&found, &expected) in numbers[2..].iter().zip(other_axes) {
        expect(&file, "rows or columns of an image", found, expected as u64)?;
    }
    let size = other_axes.iter().product::<usize>() as u64;
    expect(&file, "bytes after the header", values.len() as u64, numbers[1] * size)?;
    Ok((file, values))
}

fn expect(file: &Path, what: &'static str, found: u64, expected: u64) -> Result<(), Failure> {
    if found == expected { Ok(()) } else { Err(Failure::Idx { file: file.to_owned(), what, found, expected }) }
}

/// 255 within `GROWTH` pixels of a stroke, 0 elsewhere.
fn mask_of(pixels: &[u8]) -> Vec<u8> {
    let near = |place: usize| place.saturating_sub(GROWTH)..(place + GROWTH + 1).min(SIDE);
    let stroke = |row, column| near(row).any(|row| near(column).any(|column| pixels[row * SIDE + column] > 0));
    (0..AREA).map(|place| if stroke(place / SIDE, place % SIDE) { 255 } else { 0 }).collect()
}

/// Places of the pixels of a tag.
fn tag(row: usize, column: usize) -> impl Iterator<Item = usize> {
    (row..row + TAG).flat_map(move |row| (column..column + TAG).map(move |column| row * SIDE + column))
}

/// Writes `images/CORNER/DIGIT/`, `masks/CORNER/DIGIT/` and `manifest.csv`.
fn write(out: &Path, digits: &Idx, number: usize) -> Result<PathBuf, Failure> {
    let mut chosen = Vec::new();
    for digit in DIGITS {
        let expected = number.saturating_mul(CORNERS.len());
        let fitting: Vec<_> = digits.fitting(digit).take(expected).collect();
        if fitting.len() < expected {
            return Err(Failure::TooFew { digit, found: fitting.len(), expected });
        }
        chosen.push((digit, fitting));
    }
    let mut manifest = "id,image,label,environment,mask\n".to_owned();
    for (digit, fitting) in chosen {
        for (corner, _, _) in CORNERS {
            for folder in ["images", "masks"] {
                let folder = out.join(format!("{folder}/{corner}/{digit}"));
                fs::create_dir_all(&folder).map_err(at(&folder))?;
            }
        }
        for ((place, pixels, mask), &(corner, row, column)) in fitting.iter().zip(CORNERS.iter().cycle()) {
            let mut tagged = pixels.to_vec();
            tag(row, column).for_each(|place| tagged[place] = 255);
            let image = format!("images/{corner}/{digit}/{place:05}.png");
            let mask_file = format!("masks/{corner}/{digit}/{place:05}.png");
            png(&out.join(&image), &tagged)?;
            png(&out.join(&mask_file), mask)?;
            let _ = writeln!(manifest, "mnist-{place:05},{image},{digit},{corner},{mask_file}");
        }
    }
    let file = out.join("manifest.csv");
    fs::write(&file, manifest).map_err(at(&file))?;
    Ok(file)
}

fn png(file: &Path, pixels: &[u8]) -> Result<(), Failure> {
    image::save_buffer(file, pixels, SIDE as u32, SIDE as u32, image::ExtendedColorType::L8)
        .map_err(|source| Failure::Png { file: file.to_owned(), source })
}

fn at(file: &Path) -> impl FnOnce(io::Error) -> Failure {
    let file = file.to_owned();
    move |source| Failure::Io { file, source }
}
