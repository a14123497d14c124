//! IDX files: what is read, and what is refused in one line.
#![allow(clippy::unwrap_used, reason = "a test that fails here says where")]

use flate2::{Compression, write::GzEncoder};
use herring_digits::{Digits, idx::Idx};
use proptest::prelude::*;
use std::{fs, io::Write, path::Path};

fn parsed(bytes: &[u8], dimensions: usize) -> Result<Idx, String> {
    Idx::parse(bytes, dimensions, Path::new("file")).map_err(|error| error.to_string())
}

fn compressed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn images() -> Idx {
    Idx { shape: vec![2, 2, 3], values: (0..12).collect() }
}

#[test]
fn plain_and_compressed_files_are_the_same() {
    let bytes = images().to_bytes();
    assert_eq!(bytes[..16], [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 3]);
    assert_eq!(parsed(&bytes, 3).unwrap(), images());
    assert_eq!(parsed(&compressed(&bytes), 3).unwrap(), images());
}

#[test]
fn each_fault_is_one_line() {
    let bytes = images().to_bytes();
    let refused = |bytes: &[u8], dimensions| parsed(bytes, dimensions).unwrap_err();
    assert_eq!(refused(&[], 3), "file: found 0 bytes, expected an IDX file");
    assert_eq!(
        refused(&bytes, 1),
        "file: found the magic number 2051, expected 2049, of an IDX file of bytes with 1 dimensions"
    );
    assert_eq!(refused(&bytes[..10], 3), "file: found 10 bytes, expected at least 16");
    assert_eq!(
        refused(&bytes[..20], 3),
        "file: found 4 elements after the header, expected 12, by its shape [2, 2, 3]"
    );
    let long = [bytes.as_slice(), &[1]].concat();
    assert_eq!(refused(&long, 3), "file: found 13 elements after the header, expected 12, by its shape [2, 2, 3]");
    let mut vast = bytes.clone();
    vast[4..16].fill(255);
    assert!(refused(&vast, 3).contains("expected at most"), "{}", refused(&vast, 3));
    let packed = compressed(&bytes);
    let short = refused(&packed[..packed.len() - 9], 3);
    assert!(short.starts_with("file: found ") && short.ends_with("expected a whole gzip file"), "{short}");
}

fn write(folder: &Path, name: &str, idx: &Idx) {
    fs::write(folder.join(name), idx.to_bytes()).unwrap();
}

/// The four files with `count` digits each; the image files lie compressed or under the other spelling.
fn folder(count: usize) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let images = Idx { shape: vec![count, 28, 28], values: vec![7; count * 784] };
    let labels = Idx { shape: vec![count], values: (0..count).map(|index| (index % 10) as u8).collect() };
    fs::write(folder.path().join("train-images-idx3-ubyte.gz"), compressed(&images.to_bytes())).unwrap();
    write(folder.path(), "train-labels-idx1-ubyte", &labels);
    write(folder.path(), "t10k-images.idx3-ubyte", &images);
    write(folder.path(), "t10k-labels-idx1-ubyte", &labels);
    folder
}

#[test]
fn a_folder_is_read_under_either_spelling() {
    let folder = folder(20);
    let digits = Digits::read(folder.path()).unwrap();
    assert_eq!((digits.train.len(), digits.test.len(), digits.looks_published()), (20, 20, false));
    assert_eq!(digits.test.labels[13], 3);
}

#[test]
fn files_that_do_not_belong_together_are_named() {
    let refused = |change: &dyn Fn(&Path)| {
        let folder = folder(20);
        change(folder.path());
        let error = Digits::read(folder.path()).unwrap_err().to_string();
        assert!(!error.contains('\n'), "{error}");
        error.replace(folder.path().to_str().unwrap(), "DIR")
    };
    assert_eq!(
        refused(&|folder| fs::remove_file(folder.join("t10k-labels-idx1-ubyte")).unwrap()),
        "DIR: found no t10k-labels-idx1-ubyte, expected it or t10k-labels-idx1-ubyte.gz"
    );
    let labels = |values: Vec<u8>| Idx { shape: vec![values.len()], values };
    assert_eq!(
        refused(&|folder| write(folder, "train-labels-idx1-ubyte", &labels(vec![1; 19]))),
        "DIR/train-labels-idx1-ubyte: found 19 labels, expected 20, one for each image"
    );
    assert_eq!(
        refused(&|folder| write(folder, "train-labels-idx1-ubyte", &labels([[0; 19].as_slice(), &[10]].concat()))),
        "DIR/train-labels-idx1-ubyte: found 10 as label 19, counted from 0, expected a digit from 0 to 9"
    );
    let small = Idx { shape: vec![1, 8, 8], values: vec![0; 64] };
    assert_eq!(
        refused(&|folder| write(folder, "t10k-images.idx3-ubyte", &small)),
        "DIR/t10k-images.idx3-ubyte: found images of 8 x 8 pixels, expected 28 x 28"
    );
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..64), dimensions in 1_usize..4) {
        if let Ok(found) = parsed(&bytes, dimensions) {
            prop_assert_eq!(found.shape.iter().product::<usize>(), found.values.len());
        }
    }

    #[test]
    fn a_file_cut_anywhere_is_refused(cut in 0_usize..28) {
        prop_assert!(parsed(&images().to_bytes()[..cut], 3).is_err());
    }
}
