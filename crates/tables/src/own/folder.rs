//! One's own images, filed by environment and label.

use std::{
    collections::BTreeSet,
    io,
    path::{Path, PathBuf},
};

use herring_datasets::{Origin, Region};

use super::{Gathered, Raw, is_nothing};
use crate::error::{Problem, ProblemKind, quote};

/// How names of images end, without regard to case.
const ENDS: [&str; 4] = ["png", "jpg", "jpeg", "dcm"];

pub(super) fn read(root: &Path) -> Gathered {
    let mut gathered = Gathered { root: root.to_owned(), source: root.to_owned(), ..Gathered::default() };
    let mut masks: BTreeSet<PathBuf> = BTreeSet::new();
    if root.join("masks").symlink_metadata().is_ok() {
        walk(root, "masks", &mut gathered, |_, path, _, _| {
            masks.insert(path);
        });
    }
    let mut used = BTreeSet::new();
    let mut raws = Vec::new();
    walk(root, "images", &mut gathered, |origin, path, environment, label| {
        let mask = Path::new("masks").join(environment).join(label).join(path.file_stem().unwrap_or_default());
        // Not `with_extension`, which would cut a stem that has a dot of its own.
        let mask = PathBuf::from(format!("{}.png", mask.display()));
        let region = if masks.contains(&mask) {
            used.insert(mask.clone());
            Region::File(mask)
        } else {
            Region::Everything
        };
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        raws.push(Raw {
            id: format!("{environment}/{label}/{name}"),
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
    for mask in masks.difference(&used) {
        let origin = Origin { file: root.join(mask), line: 0 };
        let expected = "an image of the same environment, label and stem; masks end in .png";
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

/// Calls `visit` with each image of `root/top/<environment>/<label>/`, sorted by path.
fn walk(root: &Path, top: &str, gathered: &mut Gathered, mut visit: impl FnMut(Origin, PathBuf, &str, &str)) {
    for environment in folders(root, Path::new(top), gathered) {
        name_is_fit(root, top, ProblemKind::Environment, &environment, &environment, gathered);
        let folder = Path::new(top).join(&environment);
        for label in folders(root, &folder, gathered) {
            name_is_fit(root, top, ProblemKind::Label, &label, &format!("{environment}/{label}"), gathered);
            let folder = folder.join(&label);
            for (name, is_folder) in entries(root, &folder, gathered) {
                let path = folder.join(&name);
                let origin = Origin { file: root.join(&path), line: 0 };
                let end = path.extension().and_then(|end| end.to_str()).unwrap_or_default().to_ascii_lowercase();
                if is_folder {
                    gathered.problems.push(Problem::new(ProblemKind::Stray, origin, "entry", "a folder", "a file"));
                } else if name.starts_with('.') {
                    gathered.reasons.count(&format!("{top}: hidden files"), 1);
                } else if !ENDS.contains(&end.as_str()) {
                    gathered.reasons.count(&format!("{top}: files that end in none of {}", ENDS.join(", ")), 1);
                } else {
                    visit(origin, path, &environment, &label);
                }
            }
        }
    }
}

fn name_is_fit(root: &Path, top: &str, kind: ProblemKind, name: &str, path: &str, gathered: &mut Gathered) {
    if is_nothing(name) {
        let origin = Origin { file: root.join(top).join(path), line: 0 };
        gathered.problems.push(Problem::new(kind, origin, "folder", quote(name), "a name"));
    }
}

fn folders(root: &Path, folder: &Path, gathered: &mut Gathered) -> Vec<String> {
    let mut names = Vec::new();
    for (name, is_folder) in entries(root, folder, gathered) {
        if is_folder {
            names.push(name);
        } else if name.starts_with('.') {
            gathered.reasons.count("hidden files beside folders", 1);
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
