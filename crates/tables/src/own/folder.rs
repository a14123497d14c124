//! The user's own images, in folders by environment and label.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    path::{Path, PathBuf},
};

use herring_datasets::{Origin, Region};
use herring_pixels::{IMAGE_ENDINGS, has_image_ending};

use unicode_normalization::UnicodeNormalization;

use super::{Gathered, ONE_ENVIRONMENT, Raw, name_expected};
use crate::{
    error::{Problem, ProblemKind, quote},
    sheet::is_nothing,
};

/// How those of masks end: DICOM is for images.
const MASK_ENDS: [&str; 7] = ["png", "bmp", "tif", "tiff", "webp", "jpg", "jpeg"];

pub(super) fn read(root: &Path) -> Gathered {
    let mut gathered = Gathered { root: root.to_owned(), source: root.to_owned(), ..Gathered::default() };
    let mut masks: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
    let mut lost = Vec::new();
    let flat = is_flat(root);
    if flat {
        gathered.notes.push("there are no folders of environments: all images are of one".to_owned());
    }
    if root.join("masks").symlink_metadata().is_ok() {
        walk(root, ("masks", flat), &mut gathered, |_, path, environment, label| {
            if MASK_ENDS.contains(&end_of(&path).as_str()) {
                masks.entry(key(environment, label, &path)).or_default().push(path);
            } else {
                lost.push(path);
            }
        });
    }
    let mut used = BTreeSet::new();
    let mut raws = Vec::new();
    walk(root, ("images", flat), &mut gathered, |origin, path, environment, label| {
        let key = key(environment, label, &path);
        let region = match masks.get(&key).and_then(|masks| masks.first()) {
            Some(mask) => Region::File(mask.clone()),
            None => Region::Everything,
        };
        used.insert(key);
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        raws.push(Raw {
            id: if flat { format!("{label}/{name}") } else { format!("{environment}/{label}/{name}") },
            origin,
            image: path,
            label: label.to_owned(),
            environment: environment.to_owned(),
            region,
            part: None,
            group: None,
            maximum: None,
        });
    });
    for (key, masks) in masks {
        if !used.contains(&key) {
            lost.extend(masks);
        } else if let [first, second, ..] = masks.as_slice() {
            let origin = Origin { file: root.join(second), line: 0 };
            let found = format!("a second mask in addition to {}", quote(&first.display().to_string()));
            gathered.problems.push(Problem::new(ProblemKind::Region, origin, "mask", found, "one mask an image"));
        }
    }
    lost.sort();
    for mask in lost {
        let origin = Origin { file: root.join(mask), line: 0 };
        let expected =
            format!("an image of the same environment, label and stem; masks end in {}", MASK_ENDS.join(", "));
        gathered.problems.push(Problem::new(ProblemKind::Region, origin, "mask", "no image for it", expected));
    }
    gathered.rows = raws.len();
    gathered.raws = raws;
    if gathered.rows == 0 && gathered.problems.is_empty() {
        let origin = Origin { file: root.join("images"), line: 0 };
        let expected = "images/<environment>/<label>/<file>";
        gathered.problems.push(Problem::new(ProblemKind::Empty, origin, "images", "none", expected));
    }
    gathered
}

fn end_of(path: &Path) -> String {
    path.extension().and_then(|end| end.to_str()).unwrap_or_default().to_ascii_lowercase()
}

/// The key that an image and its mask share. Composed, since the two folders may come from different systems.
fn key(environment: &str, label: &str, path: &Path) -> String {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    format!("{environment}/{label}/{stem}").nfc().collect()
}

/// Whether `images` holds labels and no environments: folders that hold files and no folders. The first folder within one
/// decides, so that a table by environments is not listed twice.
fn is_flat(root: &Path) -> bool {
    // A folder that cannot be read is told when it is walked.
    let within = |path: &Path| -> Vec<PathBuf> {
        let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).collect()
    };
    let is_label = |path: &PathBuf| {
        let hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        !hidden && path.is_dir()
    };
    let labels: Vec<PathBuf> = within(&root.join("images")).into_iter().filter(is_label).collect();
    let holds_files = |label: &PathBuf| {
        let entries = within(label);
        !entries.is_empty() && !entries.iter().any(|path| path.is_dir())
    };
    !labels.is_empty() && labels.iter().all(holds_files)
}

/// Calls `visit` with each image of `root/top/<environment>/<label>/`, or of `root/top/<label>/` if that is `flat`, sorted by
/// path.
fn walk(
    root: &Path,
    (top, flat): (&str, bool),
    gathered: &mut Gathered,
    mut visit: impl FnMut(Origin, PathBuf, &str, &str),
) {
    let environments = if flat { vec![String::new()] } else { folders(root, Path::new(top), gathered) };
    for environment in environments {
        // Joining nothing leaves a path as it is.
        let folder = Path::new(top).join(&environment);
        let environment = if flat { ONE_ENVIRONMENT } else { environment.as_str() };
        if !flat {
            name_is_fit(root, top, ProblemKind::Environment, environment, environment, gathered);
        }
        for label in folders(root, &folder, gathered) {
            let folder = folder.join(&label);
            let place = folder.strip_prefix(top).unwrap_or(&folder).display().to_string();
            name_is_fit(root, top, ProblemKind::Label, &label, &place, gathered);
            for (name, is_folder) in entries(root, &folder, gathered) {
                let path = folder.join(&name);
                let origin = Origin { file: root.join(&path), line: 0 };
                if is_folder {
                    gathered.problems.push(Problem::new(ProblemKind::Stray, origin, "entry", "a folder", "a file"));
                } else if name.starts_with('.') {
                    gathered.reasons.count(&format!("{top}: hidden files"), 1);
                } else if !has_image_ending(&path) {
                    gathered
                        .reasons
                        .count(&format!("{top}: files that end in none of {}", IMAGE_ENDINGS.join(", ")), 1);
                } else {
                    visit(origin, path, environment, &label);
                }
            }
        }
    }
}

fn name_is_fit(root: &Path, top: &str, kind: ProblemKind, name: &str, path: &str, gathered: &mut Gathered) {
    if is_nothing(name) {
        let origin = Origin { file: root.join(top).join(path), line: 0 };
        gathered.problems.push(Problem::new(kind, origin, "folder", quote(name), name_expected(name)));
    }
}

fn folders(root: &Path, folder: &Path, gathered: &mut Gathered) -> Vec<String> {
    let mut names = Vec::new();
    for (name, is_folder) in entries(root, folder, gathered) {
        if is_folder {
            names.push(name);
        } else if name.starts_with('.') {
            gathered.reasons.count("hidden files among folders", 1);
        } else {
            let origin = Origin { file: root.join(folder).join(name), line: 0 };
            let expected = "a folder, as in images/<environment>/<label>/<file>";
            gathered.problems.push(Problem::new(ProblemKind::Stray, origin, "entry", "a file", expected));
        }
    }
    names
}

/// Names in `root/folder` and whether each is a folder, sorted.
fn entries(root: &Path, folder: &Path, gathered: &mut Gathered) -> Vec<(String, bool)> {
    let full = root.join(folder);
    let list = || -> io::Result<Vec<(std::ffi::OsString, bool)>> {
        // Follows links, as reading does; one that leads nowhere is a file that the check finds missing.
        std::fs::read_dir(&full)?.map(|entry| entry.map(|entry| (entry.file_name(), entry.path().is_dir()))).collect()
    };
    let mut names = Vec::new();
    match list() {
        Ok(found) => {
            for (name, is_folder) in found {
                match name.into_string() {
                    Ok(name) => names.push((name, is_folder)),
                    Err(name) => {
                        let origin = Origin { file: full.clone(), line: 0 };
                        let found = quote(&name.to_string_lossy());
                        gathered.problems.push(Problem::new(ProblemKind::Encoding, origin, "entry", found, "UTF-8"));
                    }
                }
            }
        }
        Err(error) => {
            let kind =
                if error.kind() == io::ErrorKind::NotFound { ProblemKind::Missing } else { ProblemKind::Unreadable };
            let origin = Origin { file: full, line: 0 };
            gathered.problems.push(Problem::new(kind, origin, "folder", error.to_string(), "a folder"));
        }
    }
    names.sort();
    names
}
