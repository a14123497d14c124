//! The image files of a collection.
//!
//! ```text
//! chest_xray/{train,test}/{NORMAL,PNEUMONIA}/*.jpeg    and val, where it is there
//! kneeKL224/{train,val,test}/{0,1,2,3,4}/*.png
//! ```
//!
//! Files whose names begin with a point are passed over with a note: systems leave some behind. Anything else that is no
//! image among the images is refused, since nobody can say what it was to be.

use crate::{Collection, Fault, RadiographsError};
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// An image file with its class.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ImageFile {
    /// Its class.
    pub label: usize,
    /// Its place in the collection: `train/NORMAL/IM-0115-0001.jpeg`.
    pub id: String,
    /// The file.
    pub path: PathBuf,
}

/// The image files of a collection; those of a part are in the order of the classes, then of the names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    /// The collection.
    pub collection: Collection,
    /// Where it lies.
    pub path: PathBuf,
    /// The training part.
    pub train: Vec<ImageFile>,
    /// The validation part, if there is a folder for it.
    pub valid: Option<Vec<ImageFile>>,
    /// The test part.
    pub test: Vec<ImageFile>,
    /// What was passed over, a line for each folder.
    pub notes: Vec<String>,
}

impl Folder {
    /// Lists the files of a collection in `root`: in the owners' folder there, or in `root` itself if it holds `train`.
    /// No image is opened.
    ///
    /// # Errors
    /// [`RadiographsError::Layout`] with everything that is missing or does not belong there, all at once.
    pub fn read(root: &Path, collection: Collection) -> Result<Self, RadiographsError> {
        let (folder, faults) = Self::survey(root, collection);
        if faults.is_empty() { Ok(folder) } else { Err(RadiographsError::Layout { faults }) }
    }

    /// The files that are there, and what is wrong.
    pub(crate) fn survey(root: &Path, collection: Collection) -> (Self, Vec<Fault>) {
        let inner = root.join(collection.folder());
        let path = match (inner.join("train").is_dir(), root.join("train").is_dir()) {
            (true, _) => inner,
            (false, true) => root.to_owned(),
            (false, false) => {
                let faults = vec![Fault::NoCollection { root: root.to_owned(), folder: collection.folder() }];
                let (train, valid, test, notes) = (Vec::new(), None, Vec::new(), Vec::new());
                return (Self { collection, path: root.to_owned(), train, valid, test, notes }, faults);
            }
        };
        let mut reader = Reader { collection, path: &path, faults: Vec::new(), notes: Vec::new() };
        let train = reader.part("train");
        let has_validation = collection.has_own_validation() || path.join("val").exists();
        let valid = has_validation.then(|| reader.part("val"));
        let test = reader.part("test");
        if valid.is_none() {
            reader.check_tenths(&train);
        }
        let Reader { faults, notes, .. } = reader;
        (Self { collection, path, train, valid, test, notes }, faults)
    }

    /// Images of each class: training, validation if there is a folder for it, test.
    pub(crate) fn counts(&self) -> (Vec<usize>, Option<Vec<usize>>, Vec<usize>) {
        let counts = |files: &[ImageFile]| {
            let mut counts = vec![0; self.collection.classes().len()];
            files.iter().for_each(|file| counts[file.label] += 1);
            counts
        };
        (counts(&self.train), self.valid.as_deref().map(counts), counts(&self.test))
    }

    /// Whether there are as many images of each class as the owners hand out.
    pub fn is_official(&self) -> bool {
        let (train, valid, test) = self.counts();
        (train.as_slice(), valid.as_deref(), test.as_slice()) == self.collection.official()
    }

    /// The files of all parts.
    pub fn files(&self) -> impl Iterator<Item = &ImageFile> {
        self.train.iter().chain(self.valid.iter().flatten()).chain(&self.test)
    }
}

struct Reader<'a> {
    collection: Collection,
    path: &'a Path,
    faults: Vec<Fault>,
    notes: Vec<String>,
}

impl Reader<'_> {
    /// The images of a part. What is wrong is added to the faults.
    fn part(&mut self, part: &str) -> Vec<ImageFile> {
        let folder = self.path.join(part);
        let classes = self.collection.class_folders();
        let Some(entries) = self.entries(&folder, part, || format!("the folders {}", classes.join(", "))) else {
            return Vec::new();
        };
        for (name, path) in entries {
            if !classes.contains(&name.as_str()) || !path.is_dir() {
                self.stray(path, format!("the folders {} only", classes.join(", ")));
            }
        }
        let mut files = Vec::new();
        for (label, class) in classes.iter().enumerate() {
            self.class(&format!("{part}/{class}"), label, &mut files);
        }
        files
    }

    /// Adds the images of a class in a part, in the order of their names.
    fn class(&mut self, place: &str, label: usize, files: &mut Vec<ImageFile>) {
        let folder = self.path.join(place);
        let (name, endings) = (self.collection.classes()[label], self.collection.endings());
        let endings = endings.iter().map(|ending| format!(".{ending}")).collect::<Vec<_>>().join(", ");
        let Some(entries) = self.entries(&folder, place, || format!("the images of class {name}")) else { return };
        let before = files.len();
        for (name, path) in entries {
            let ending = Path::new(&name).extension().map(|ending| ending.to_string_lossy().to_lowercase());
            let is_image = ending.is_some_and(|ending| self.collection.endings().contains(&ending.as_str()));
            if is_image && !path.is_dir() {
                files.push(ImageFile { label, id: format!("{place}/{name}"), path });
            } else {
                self.stray(path, format!("images only ({endings})"));
            }
        }
        if files.len() == before {
            self.faults.push(Fault::NoImages { path: folder, endings });
        }
    }

    /// Names and paths of what a folder holds, sorted by name, without hidden files; `None` if it cannot be read.
    fn entries(
        &mut self,
        folder: &Path,
        place: &str,
        expected: impl FnOnce() -> String,
    ) -> Option<Vec<(String, PathBuf)>> {
        let listed = fs::read_dir(folder).and_then(|entries| entries.collect::<io::Result<Vec<_>>>());
        let entries = match listed {
            Ok(entries) => entries,
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                self.faults.push(Fault::MissingFolder { path: folder.to_owned(), expected: expected() });
                return None;
            }
            Err(error) => {
                self.faults.push(Fault::Unreadable { path: folder.to_owned(), message: error.to_string() });
                return None;
            }
        };
        let named = entries.into_iter().map(|entry| (entry.file_name().to_string_lossy().into_owned(), entry.path()));
        let (mut hidden, mut seen): (Vec<_>, Vec<_>) = named.partition(|(name, _)| name.starts_with('.'));
        hidden.sort();
        seen.sort();
        if let [(first, _), others @ ..] = hidden.as_slice() {
            let more = if others.is_empty() { String::new() } else { format!(" and {} more", others.len()) };
            self.notes.push(format!("{place}: passed over {first}{more}: hidden, no image"));
        }
        Some(seen)
    }

    fn stray(&mut self, path: PathBuf, expected: String) {
        let found = if path.is_dir() { "a folder" } else { "a file that is no image" };
        self.faults.push(Fault::Stray { path, found, expected });
    }

    /// Each class needs ten training images where a tenth of them is drawn.
    fn check_tenths(&mut self, train: &[ImageFile]) {
        for (label, class) in self.collection.class_folders().iter().enumerate() {
            let found = train.iter().filter(|file| file.label == label).count();
            if (1..10).contains(&found) {
                self.faults.push(Fault::TooFewToSplit { path: self.path.join("train").join(class), found });
            }
        }
    }
}
