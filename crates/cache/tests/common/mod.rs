//! Sources of six bytes, and a decoder that makes a pixel of each.

use herring_cache::Request;
use herring_datasets::Image;
use std::{
    fs::{self, File},
    path::PathBuf,
    time::{Duration, SystemTime},
};

/// A folder with sources, removed at the end.
#[allow(dead_code, reason = "not every test file needs all of it")]
pub(crate) struct Files {
    folder: tempfile::TempDir,
    count: usize,
}

#[allow(dead_code, reason = "not every test file needs all of it")]
impl Files {
    pub(crate) fn new(count: usize) -> Self {
        let files = Self { folder: tempfile::tempdir().unwrap(), count };
        for number in 0..count {
            fs::write(files.path(number), files.bytes(number)).unwrap();
        }
        files
    }

    pub(crate) fn folder(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn path(&self, number: usize) -> PathBuf {
        self.folder(&format!("{number:05}.raw"))
    }

    /// Of each file as it is made; different for every file.
    pub(crate) fn bytes(&self, number: usize) -> Vec<u8> {
        vec![number as u8, (number >> 8) as u8, 2, 3, 4, 255]
    }

    pub(crate) fn requests(&self, recipe: &str) -> Vec<Request> {
        (0..self.count).map(|number| self.request(number, recipe)).collect()
    }

    fn request(&self, number: usize, recipe: &str) -> Request {
        let origin = format!("table.csv:{}", number + 2);
        Request { origin, ..request(&format!("image {number}"), vec![self.path(number)], recipe) }
    }

    /// Waits until the files count as settled: their times are old enough.
    pub(crate) fn settle(&self) {
        for number in 0..self.count {
            let file = File::options().write(true).open(self.path(number)).unwrap();
            file.set_modified(SystemTime::now() - Duration::from_secs(60)).unwrap();
        }
        // The time of change cannot be set.
        std::thread::sleep(Duration::from_millis(2100));
    }
}

pub(crate) fn request(id: &str, sources: Vec<PathBuf>, recipe: &str) -> Request {
    Request { id: id.to_owned(), origin: String::new(), sources, recipe: recipe.to_owned() }
}

/// The recipes are `2x3` and `3x2`, and two that fail.
pub(crate) fn decode(request: &Request, sources: &[Vec<u8>]) -> Result<Image, String> {
    let bytes = &sources[0];
    let (height, width) = match request.recipe.as_str() {
        "2x3" => (2, 3),
        "3x2" => (3, 2),
        "panic" => panic!("found a surprise"),
        _ => return Err("two\nlines".to_owned()),
    };
    if bytes.len() != 6 {
        return Err(format!("found {} bytes, expected 6", bytes.len()));
    }
    Image::new(1, height, width, bytes.iter().map(|&byte| f32::from(byte)).collect()).map_err(|error| error.to_string())
}
