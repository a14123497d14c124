//! `images.json`: where the prepared images of a reproduction are cached, and what they are.

use crate::store::{StoreError, pretty_json, read_json, replace};
use herring_protocol::Plane;
use serde::{Deserialize, Serialize};
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

const FILE: &str = "images.json";

/// `images.json` of a reproduction's folder. It affects no result: the runs themselves identify their images.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImagesFile {
    /// [`Self::FORMAT`].
    pub format: u32,
    /// The folder that holds the prepared images, as an absolute path.
    pub cache: PathBuf,
    /// The same folder relative to the reproduction's folder, so that both can be moved together; set by
    /// [`Self::write`] if the two have a common parent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_from_here: Option<PathBuf>,
    /// What was read, one line each: sources, counts, what was left out and why.
    pub reading: Vec<String>,
    /// Warnings about the images, one line for each kind.
    #[serde(default)]
    pub warnings: Vec<String>,
    /// Names of the classes, by label.
    pub classes: Vec<String>,
    /// Names of the environments.
    pub environments: Vec<String>,
    /// The seed whose split the rest describes.
    pub seed: u32,
    /// Images of each part: `(name, [environment][class])`.
    pub parts: Vec<(String, Vec<Vec<usize>>)>,
    /// Seeds without runs, because images of their splits cannot be used.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<LeftOut>,
    /// The mean training image of each environment.
    pub environment_means: Vec<Plane>,
    /// The mean training image of each class.
    pub class_means: Vec<Plane>,
    /// The mean training image of each class within each environment: `[environment][class]`.
    pub cell_means: Vec<Vec<Plane>>,
    /// A training image with its mask of each environment and class that has one.
    #[serde(default)]
    pub masked: Vec<MaskedImage>,
}

/// An image with its mask.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MaskedImage {
    /// Identity within its table.
    pub id: String,
    /// Class.
    pub label: usize,
    /// Environment.
    pub environment: usize,
    /// The image as used in training.
    pub image: Plane,
    /// 1 inside, 0 outside, fractional at resized edges.
    pub mask: Plane,
}

/// A seed without runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeftOut {
    /// The seed.
    pub seed: u32,
    /// The images of its split that cannot be used, one line each: row, file and error.
    pub images: Vec<String>,
}

impl ImagesFile {
    /// The format that this version writes.
    pub const FORMAT: u32 = 1;

    /// Writes it into the folder `out`.
    ///
    /// # Errors
    /// If an I/O operation fails.
    pub fn write(&self, out: &Path) -> Result<(), StoreError> {
        let path = out.join(FILE);
        let file = Self { cache_from_here: from_here(out, &self.cache), ..self.clone() };
        replace(&path, &pretty_json(&path, &file)?)
    }

    /// Folders in which the prepared images may be: the stored path, then the path relative to `out`, in case both
    /// were moved together.
    pub fn cache_candidates(&self, out: &Path) -> Vec<PathBuf> {
        let moved = self.cache_from_here.as_ref().and_then(|path| Some(plain(&out.canonicalize().ok()?.join(path))));
        let mut caches = vec![self.cache.clone()];
        caches.extend(moved.filter(|moved| *moved != self.cache));
        caches
    }

    /// Stores another folder of the prepared images, atomically. This affects no result: a run identifies its images
    /// by their content.
    ///
    /// # Errors
    /// If an I/O operation fails.
    pub fn write_cache(self, cache: PathBuf, out: &Path) -> Result<(), StoreError> {
        if self.cache == cache {
            return Ok(());
        }
        Self { cache, ..self }.write(out)
    }

    /// Adds the seeds that `before` left out and that were not prepared now.
    #[must_use]
    pub fn with_left_out_of(mut self, before: Option<&Self>, prepared: &[u32]) -> Self {
        let known: Vec<u32> = self.left_out.iter().map(|left| left.seed).chain(prepared.iter().copied()).collect();
        let still = before.into_iter().flat_map(|before| &before.left_out).filter(|left| !known.contains(&left.seed));
        self.left_out.extend(still.cloned());
        self.left_out.sort_by_key(|left| left.seed);
        self
    }

    /// Reads the file of the folder `out`; `None` if its images are generated.
    ///
    /// # Errors
    /// If it cannot be read or is damaged.
    pub fn of(out: &Path) -> Result<Option<Self>, StoreError> {
        let path = out.join(FILE);
        match std::fs::metadata(&path) {
            Ok(_) => {}
            // An invalid folder is reported when it is created.
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(None),
            Err(error) => return Err(StoreError::system("read", &path)(error)),
        }
        let file: Self = read_json(&path)?;
        let means = file.environment_means.iter().chain(&file.class_means).chain(file.cell_means.iter().flatten());
        let means = means.chain(file.masked.iter().flat_map(|masked| [&masked.image, &masked.mask]));
        let wrong = { means }.any(|plane| !plane.is_whole());
        if file.format != Self::FORMAT || wrong {
            let message =
                format!("found format {} or a plane of the wrong size, expected format {}", file.format, Self::FORMAT);
            return Err(StoreError::Damaged { path, line: 0, column: 0, message });
        }
        Ok(Some(file))
    }
}

/// The relative path from `out` to `cache`, if they have more in common than the root.
fn from_here(out: &Path, cache: &Path) -> Option<PathBuf> {
    let (out, cache) = (out.canonicalize().ok()?, cache.canonicalize().ok()?);
    let common = out.components().zip(cache.components()).take_while(|(one, other)| one == other).count();
    if common < 2 {
        return None;
    }
    let up = out.components().skip(common).map(|_| Component::ParentDir);
    Some(up.chain(cache.components().skip(common)).collect())
}

/// The path with every `..` resolved.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => {
                plain.pop();
            }
            component => plain.push(component),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn file(cache: PathBuf) -> ImagesFile {
        ImagesFile {
            warnings: Vec::new(),
            masked: Vec::new(),
            format: ImagesFile::FORMAT,
            cache,
            cache_from_here: None,
            reading: Vec::new(),
            classes: Vec::new(),
            environments: Vec::new(),
            seed: 1,
            parts: Vec::new(),
            left_out: Vec::new(),
            environment_means: Vec::new(),
            class_means: Vec::new(),
            cell_means: Vec::new(),
        }
    }

    #[test]
    fn a_tree_that_was_moved_knows_its_cache() {
        let place = tempfile::tempdir().unwrap();
        let root = place.path().canonicalize().unwrap();
        for (out, cache) in [("runs/out", "images/cache"), ("out", "out/cache"), ("cache/out", "cache")] {
            let (old, new) = (root.join("old"), root.join("new"));
            fs::create_dir_all(old.join(out)).unwrap();
            fs::create_dir_all(old.join(cache)).unwrap();
            file(old.join(cache)).write(&old.join(out)).unwrap();
            fs::rename(&old, &new).unwrap();
            let there = ImagesFile::of(&new.join(out)).unwrap().unwrap();
            assert_eq!(there.cache_candidates(&new.join(out)), [old.join(cache), new.join(cache)], "{out} {cache}");
            there.write_cache(new.join(cache), &new.join(out)).unwrap();
            let there = ImagesFile::of(&new.join(out)).unwrap().unwrap();
            assert_eq!(there.cache_candidates(&new.join(out)), [new.join(cache)]);
            fs::remove_dir_all(&new).unwrap();
        }
    }

    #[test]
    fn a_file_of_before_is_read() {
        let out = tempfile::tempdir().unwrap();
        let text = r#"{"format":1,"cache":"/images","reading":[],"classes":[],"environments":[],"seed":1,"parts":[],"environment_means":[],"class_means":[],"cell_means":[]}"#;
        fs::write(out.path().join(FILE), text).unwrap();
        let there = ImagesFile::of(out.path()).unwrap().unwrap();
        assert_eq!(there.cache_candidates(out.path()), [PathBuf::from("/images")]);
        assert!(there.left_out.is_empty());
    }

    #[test]
    fn a_seed_stays_left_out_until_its_images_are_prepared() {
        let left = |seed| LeftOut { seed, images: vec!["a.csv:2: a.png: damaged".to_owned()] };
        let before = ImagesFile { left_out: vec![left(3), left(5)], ..file("/c".into()) };
        let seeds = |file: ImagesFile| file.left_out.iter().map(|left| left.seed).collect::<Vec<_>>();
        assert_eq!(seeds(file("/c".into()).with_left_out_of(Some(&before), &[1])), [3, 5]);
        assert_eq!(seeds(file("/c".into()).with_left_out_of(Some(&before), &[3])), [5]);
        let now = ImagesFile { left_out: vec![left(4), left(3)], ..file("/c".into()) };
        assert_eq!(seeds(now.with_left_out_of(Some(&before), &[1])), [3, 4, 5]);
    }
}
