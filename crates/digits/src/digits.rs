//! MNIST: 60,000 training and 10,000 test images of handwritten digits, 28 x 28 grey values of 8 bits (LeCun et al.
//! 1998).

use crate::{DigitsError, idx::Idx};
use sha2::{Digest, Sha256};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

/// Rows and columns of an image.
pub const SIDE: usize = 28;
/// Classes: the digits 0 to 9.
pub const CLASSES: usize = 10;

/// Images of digits with their labels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// `[images, 28, 28]`, row by row.
    pub images: Vec<u8>,
    /// A digit from 0 to 9 for each image.
    pub labels: Vec<u8>,
}

/// Training and test images.
#[derive(Debug, Clone)]
pub struct Digits {
    /// Training images; validation images are taken from them.
    pub train: Arc<Part>,
    /// Test images.
    pub test: Arc<Part>,
}

/// Files of the collection.
pub const FILES_OF_MNIST: usize = 4;

/// The four files, as their owners name them: images and labels for training, then for test.
const FILES: [[&str; 2]; 2] =
    [["train-images-idx3-ubyte", "train-labels-idx1-ubyte"], ["t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"]];

macro_rules! sample {
    ($file:literal) => {
        include_bytes!(concat!("../mnist-sample/", $file))
    };
}

/// The first 3,300 training and 1,000 test images.
const SAMPLE: [[&[u8]; 2]; 2] = [
    [sample!("train-images-idx3-ubyte.gz"), sample!("train-labels-idx1-ubyte.gz")],
    [sample!("t10k-images-idx3-ubyte.gz"), sample!("t10k-labels-idx1-ubyte.gz")],
];

impl Part {
    /// A part from the contents of its two files.
    fn of([images, labels]: [(PathBuf, Idx); 2]) -> Result<Self, DigitsError> {
        let (path, images) = images;
        let [count, height, width] = images.shape[..] else {
            return Err(DigitsError::content(path, format!("the shape {:?}", images.shape), "three dimensions"));
        };
        if [height, width] != [SIDE; 2] {
            return Err(DigitsError::content(path, format!("images of {height} x {width} pixels"), "28 x 28"));
        }
        if count == 0 {
            return Err(DigitsError::content(path, "no images", "at least 1"));
        }
        let (path, labels) = labels;
        if labels.values.len() != count {
            let expected = format!("{count}, one for each image");
            return Err(DigitsError::content(path, format!("{} labels", labels.values.len()), expected));
        }
        if let Some(place) = labels.values.iter().position(|label| usize::from(*label) >= CLASSES) {
            let found = format!("{} as label {place}, counted from 0", labels.values[place]);
            return Err(DigitsError::content(path, found, "a digit from 0 to 9"));
        }
        Ok(Self { images: images.values, labels: labels.values })
    }

    /// How many images it has, at least 1.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Always false: a part has images.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The pixels of an image, row by row; empty past the end.
    pub fn image(&self, index: usize) -> &[u8] {
        self.images.get(index * SIDE * SIDE..(index + 1) * SIDE * SIDE).unwrap_or_default()
    }
}

impl Digits {
    /// The sample that this crate carries: the first 3,300 training and the first 1,000 test images.
    ///
    /// # Errors
    /// None that a user can cause: the files are part of the program.
    pub fn sample() -> Result<Self, DigitsError> {
        Self::from_parts(|part, file, dimensions| {
            let path = PathBuf::from(format!("datasets/mnist-sample/{}.gz", FILES[part][file]));
            let idx = Idx::parse(SAMPLE[part][file], dimensions, &path)?;
            Ok((path, idx))
        })
    }

    /// Reads the four files of a folder, each plain or compressed by gzip (`.gz`).
    ///
    /// # Errors
    /// A file is missing, cannot be read, or is not what its name says.
    pub fn read(folder: &Path) -> Result<Self, DigitsError> {
        Self::from_parts(|part, file, dimensions| {
            let path = find(folder, FILES[part][file])?;
            let idx = Idx::read(&path, dimensions)?;
            Ok((path, idx))
        })
    }

    fn from_parts(
        read: impl Fn(usize, usize, usize) -> Result<(PathBuf, Idx), DigitsError>,
    ) -> Result<Self, DigitsError> {
        let part = |part: usize| Ok::<_, DigitsError>(Arc::new(Part::of([read(part, 0, 3)?, read(part, 1, 1)?])?));
        Ok(Self { train: part(0)?, test: part(1)? })
    }

    /// Whether it has as many images as the published collection.
    pub fn looks_published(&self) -> bool {
        (self.train.len(), self.test.len()) == (60_000, 10_000)
    }

    /// The SHA-256 of all images and labels, in hexadecimal digits; the same for plain and compressed files.
    pub fn sha256(&self) -> String {
        let mut digest = Sha256::new();
        for part in [&self.train, &self.test] {
            digest.update((part.len() as u64).to_le_bytes());
            digest.update(&part.images);
            digest.update(&part.labels);
        }
        hexadecimal(&digest.finalize())
    }

    /// Names and contents of the four plain files.
    pub(crate) fn files(&self) -> Vec<(&'static str, Vec<u8>)> {
        let of = |part: &Part, [images, labels]: [&'static str; 2]| {
            let shape = vec![part.len(), SIDE, SIDE];
            [
                (images, Idx { shape, values: part.images.clone() }.to_bytes()),
                (labels, Idx { shape: vec![part.len()], values: part.labels.clone() }.to_bytes()),
            ]
        };
        [&self.train, &self.test].into_iter().zip(FILES).flat_map(|(part, names)| of(part, names)).collect()
    }
}

pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The file of that name, plain or compressed. Some copies have a dot where the owners have a hyphen.
fn find(folder: &Path, name: &str) -> Result<PathBuf, DigitsError> {
    let dotted = name.replace("-idx", ".idx");
    let names = [name.to_owned(), format!("{name}.gz"), dotted.clone(), format!("{dotted}.gz")];
    names
        .iter()
        .map(|name| folder.join(name))
        .find(|path| path.is_file())
        .ok_or_else(|| DigitsError::Missing { folder: folder.to_owned(), name: name.to_owned() })
}

/// Lines for what a folder lacks of MNIST's four files; none if it is whole.
pub fn missing(folder: &Path) -> Vec<String> {
    let names = FILES.iter().flatten();
    names.filter_map(|name| find(folder, name).err()).map(|error| error.to_string()).collect()
}
