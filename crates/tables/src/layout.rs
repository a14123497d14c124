//! Where the images of a collection lie: in the flat folder of the small edition, or anywhere below the collection's
//! folder as its owner hands them out.
//!
//! The owners pack images into many folders (`images_001/images`, `0`, `stage_2_train_images`), and users unpack
//! them in different ways. File names are unique in each collection, so only the names are used.

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsStr,
    fs, io,
    path::{Path, PathBuf},
};

use herring_datasets::{Origin, Record};

use crate::{
    Manifest,
    error::{Problem, ProblemKind},
    manifest::{FullImages, ImageEdition},
};

/// The image files of a collection that exist.
#[derive(Debug, Default)]
pub(crate) struct Files {
    /// Names in the folder of the small edition, if it is there.
    small: Option<BTreeSet<String>>,
    /// Files of the owner's edition by name, relative to the data root, each list sorted.
    full: BTreeMap<String, Vec<PathBuf>>,
    /// Folders that cannot be listed, with the reason.
    unreadable: Vec<(PathBuf, String)>,
}

impl Files {
    /// Looks below the data root.
    pub(crate) fn find(manifest: &Manifest, root: &Path) -> Self {
        let small = PathBuf::from(&manifest.folder).join(&manifest.images.folder);
        let listed = fs::read_dir(root.join(&small)).ok().map(|entries| {
            let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
            names.collect()
        });
        let mut files = Self { small: listed, ..Self::default() };
        if let Some(full) = &manifest.full {
            let small = small_folders(manifest);
            let mut walk = Walk { root, small: &small, full, seen: BTreeSet::new(), files: &mut files, first: false };
            walk.visit(Path::new(&manifest.folder));
        }
        files
    }

    /// Whether there is at least one file of the owner's edition; looks no further than the first.
    pub(crate) fn any_full(manifest: &Manifest, root: &Path) -> bool {
        let Some(full) = &manifest.full else { return false };
        let small = small_folders(manifest);
        let mut files = Self::default();
        let mut walk = Walk { root, small: &small, full, seen: BTreeSet::new(), files: &mut files, first: true };
        walk.visit(Path::new(&manifest.folder));
        !files.full.is_empty()
    }

    /// The file of the owner's edition that has this name; the first where there are several.
    pub(crate) fn full(&self, name: &str) -> Option<&Path> {
        self.full.get(name)?.first().map(PathBuf::as_path)
    }

    /// Whether there is any file of the owner's edition.
    pub(crate) fn has_full(&self) -> bool {
        !self.full.is_empty()
    }

    /// Files of the owner's edition that lie in a folder in which at least one of `named` lies: `named` and the
    /// result are relative to the data root. Other folders hold other things, for instance the images of a
    /// challenge's test.
    pub(crate) fn in_folders_of<'a>(&'a self, named: &BTreeSet<&Path>) -> impl Iterator<Item = &'a Path> {
        let folders: BTreeSet<PathBuf> = named.iter().filter_map(|path| Some(path.parent()?.to_owned())).collect();
        let all = self.full.values().flatten().map(PathBuf::as_path);
        all.filter(move |path| path.parent().is_some_and(|folder| folders.contains(folder)))
    }

    /// Which edition is read: the small one where it holds every record or misses no more of them than the other.
    pub(crate) fn edition(&self, manifest: &Manifest, records: &[Record]) -> (ImageEdition, Option<String>) {
        let names = || records.iter().filter_map(|record| name_of(&record.image));
        let small = self.small.as_ref().map(|small| names().filter(|name| small.contains(*name)).count());
        let full = names().filter(|name| self.full.contains_key(&full_name(manifest, name))).count();
        let folder = &manifest.images.folder;
        let all = records.len();
        let full_layout = || manifest.full.as_ref().map(|full| full.layout.as_str()).unwrap_or_default();
        match small {
            Some(found) if found == all || full <= found => {
                let both = full > 0;
                let note = || {
                    format!(
                        "{}: {folder} has {found} of the {all} images and is read; the files of the full size ({}) \
                         are not",
                        manifest.name,
                        full_layout()
                    )
                };
                (ImageEdition::Small, both.then(note))
            }
            Some(found) => {
                let note = format!(
                    "{}: {folder} has {found} of the {all} images and is not read; the files of the full size ({}) \
                     are, {full} of them",
                    manifest.name,
                    full_layout()
                );
                (ImageEdition::Full, Some(note))
            }
            None if self.has_full() => {
                let note = format!("{}: the images are read in full size ({})", manifest.name, full_layout());
                (ImageEdition::Full, Some(note))
            }
            None => (ImageEdition::Small, None),
        }
    }

    /// Writes into `records` and `unused` where their images lie in the owner's edition. Names that lie at several
    /// places with different contents are problems, and so are folders that cannot be listed.
    pub(crate) fn place(
        &self,
        manifest: &Manifest,
        root: &Path,
        records: &mut [Record],
        unused: &mut [PathBuf],
        problems: &mut Vec<Problem>,
    ) {
        for (folder, reason) in &self.unreadable {
            let origin = Origin { file: root.join(folder), line: 0 };
            problems.push(Problem::new(
                ProblemKind::Unreadable,
                origin,
                "folder",
                reason,
                "a folder that can be listed",
            ));
        }
        let found = |image: &Path| {
            let name = full_name(manifest, name_of(image)?);
            // A name without a file keeps a path at which one would be found.
            Some(self.full(&name).map_or_else(|| Path::new(&manifest.folder).join(&name), Path::to_owned))
        };
        for record in records {
            let name = name_of(&record.image).map(|name| full_name(manifest, name));
            if let Some([first, others @ ..]) = name.as_ref().and_then(|name| self.full.get(name)).map(Vec::as_slice) {
                let differs = others.iter().find(|other| !same(&root.join(first), &root.join(other)));
                if let Some(other) = differs {
                    let found = format!("another file in {}", root.join(other).display());
                    let origin = Origin { file: root.join(first), line: 0 };
                    problems.push(Problem::new(ProblemKind::Image, origin, "image", found, "one file of each name"));
                }
            }
            if let Some(image) = found(&record.image) {
                record.image = image;
            }
        }
        for image in unused {
            if let Some(found) = found(image) {
                *image = found;
            }
        }
    }
}

/// The folders of all small editions, relative to the data root.
fn small_folders(manifest: &Manifest) -> Vec<PathBuf> {
    let folders = std::iter::once(&manifest.images.folder).chain(&manifest.other_folders);
    folders.map(|folder| PathBuf::from(&manifest.folder).join(folder)).collect()
}

/// The name of an image in the owner's edition, by its name in the small one.
fn full_name(manifest: &Manifest, small: &str) -> String {
    let end = manifest.full.as_ref().map_or("", |full| full.format.as_str());
    match small.strip_suffix(&format!(".{}", manifest.images.format)) {
        Some(stem) if end != manifest.images.format => format!("{stem}.{end}"),
        _ => small.to_owned(),
    }
}

fn name_of(path: &Path) -> Option<&str> {
    path.file_name().and_then(OsStr::to_str)
}

/// Whether two files hold the same bytes. Files that cannot be read are not the same.
fn same(one: &Path, other: &Path) -> bool {
    let canonical = |path: &Path| fs::canonicalize(path).ok();
    if canonical(one).is_some_and(|path| Some(path) == canonical(other)) {
        return true;
    }
    let size = |path: &Path| fs::metadata(path).ok().map(|found| found.len());
    match (size(one), size(other)) {
        (Some(left), Some(right)) if left == right => equal_bytes(one, other).unwrap_or(false),
        _ => false,
    }
}

fn equal_bytes(one: &Path, other: &Path) -> io::Result<bool> {
    use io::BufRead;
    let mut readers = [io::BufReader::new(fs::File::open(one)?), io::BufReader::new(fs::File::open(other)?)];
    loop {
        let [left, right] = &mut readers;
        let (one, other) = (left.fill_buf()?, right.fill_buf()?);
        let length = one.len().min(other.len());
        if length == 0 {
            return Ok(one.len() == other.len());
        }
        if one[..length] != other[..length] {
            return Ok(false);
        }
        left.consume(length);
        right.consume(length);
    }
}

/// A walk below a collection's folder, in the order of names.
struct Walk<'a> {
    root: &'a Path,
    /// The folders of all small editions, read or not.
    small: &'a [PathBuf],
    full: &'a FullImages,
    /// Folders that were listed, without links, so that none is listed twice and a circle of links ends.
    seen: BTreeSet<PathBuf>,
    files: &'a mut Files,
    /// Whether the first file is enough.
    first: bool,
}

impl Walk<'_> {
    fn visit(&mut self, top: &Path) {
        // No recursion: folders may be nested as deep as a path is long. The last is next.
        let mut open = vec![top.to_owned()];
        while let Some(folder) = open.pop() {
            if self.small.contains(&folder) || (self.first && !self.files.full.is_empty()) {
                continue;
            }
            let full = self.root.join(&folder);
            match fs::canonicalize(&full) {
                Ok(place) => {
                    if !self.seen.insert(place) {
                        continue;
                    }
                }
                Err(_) => continue,
            }
            let mut entries: Vec<(String, bool)> = match self.list(&full) {
                Ok(entries) => entries,
                Err(error) => {
                    self.files.unreadable.push((folder, error.to_string()));
                    continue;
                }
            };
            entries.sort();
            let mut below = Vec::new();
            for (name, is_folder) in entries {
                let path = folder.join(&name);
                let end = Path::new(&name).extension().and_then(OsStr::to_str);
                if is_folder {
                    below.push(path);
                } else if end == Some(self.full.format.as_str()) {
                    self.files.full.entry(name).or_default().push(path);
                }
            }
            open.extend(below.into_iter().rev());
        }
    }

    /// Names in a folder and whether each is a folder; hidden ones, and the extra files of macOS archives, are left
    /// out.
    fn list(&self, folder: &Path) -> io::Result<Vec<(String, bool)>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            if name.starts_with('.') || name == "__MACOSX" {
                continue;
            }
            let kind = entry.file_type()?;
            let is_folder = kind.is_dir() || (kind.is_symlink() && entry.path().is_dir());
            names.push((name, is_folder));
        }
        Ok(names)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(root: &Path, path: &str, text: &str) {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    #[test]
    fn files_are_found_at_any_depth_but_not_hidden_ones_and_not_in_the_small_edition() {
        let root = tempfile::tempdir().unwrap();
        for path in [
            "nih/images_002/images/b.png",
            "nih/images_001/images/a.png",
            "nih/images_001/images/._a.png",
            "nih/.Trash/c.png",
            "nih/__MACOSX/d.png",
            "nih/images-224/e.png",
            "nih/f.png",
            "nih/g.PNG",
            "nih/h.jpg",
            "other/i.png",
        ] {
            put(root.path(), path, path);
        }
        let manifest = Manifest::named("nih").unwrap();
        let files = Files::find(&manifest, root.path());
        let found: Vec<&Path> = files.full.values().flatten().map(PathBuf::as_path).collect();
        assert_eq!(
            found,
            ["nih/images_001/images/a.png", "nih/images_002/images/b.png", "nih/f.png"].map(Path::new),
            "{files:?}"
        );
        assert_eq!(files.small, Some(BTreeSet::from(["e.png".to_owned()])));
        assert!(Files::any_full(&manifest, root.path()));
        let bare = tempfile::tempdir().unwrap();
        put(bare.path(), "nih/images-224/e.png", "");
        assert!(!Files::any_full(&manifest, bare.path()));
        assert!(!Files::any_full(&manifest, &bare.path().join("none")));
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_once() {
        let root = tempfile::tempdir().unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        put(elsewhere.path(), "images/a.png", "a");
        fs::create_dir(root.path().join("nih")).unwrap();
        std::os::unix::fs::symlink(elsewhere.path(), root.path().join("nih/one")).unwrap();
        std::os::unix::fs::symlink(elsewhere.path(), root.path().join("nih/two")).unwrap();
        std::os::unix::fs::symlink(root.path().join("nih"), elsewhere.path().join("circle")).unwrap();
        let files = Files::find(&Manifest::named("nih").unwrap(), root.path());
        assert_eq!(files.full["a.png"], [PathBuf::from("nih/one/images/a.png")]);
    }

    #[test]
    fn equal_files_are_the_same() {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in [("a", "one"), ("b", "one"), ("c", "two"), ("d", "three"), ("e", ""), ("f", "")] {
            put(root.path(), path, text);
        }
        let same = |one: &str, other: &str| same(&root.path().join(one), &root.path().join(other));
        assert!(same("a", "b") && same("a", "a") && same("e", "f"));
        assert!(!same("a", "c") && !same("a", "d") && !same("a", "none") && !same("none", "missing"));
    }
}
