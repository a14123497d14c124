//! Paths as other systems write them.
//!
//! A table that comes from Windows has backslashes, and one from a Mac may have names in another Unicode form
//! than the disk: é as one character or as e with an accent behind it. Both are read if the files on the disk
//! make it unambiguous, counted, and reported once.

use std::path::{Component, Path, PathBuf};

use unicode_normalization::UnicodeNormalization;

use super::OwnOptions;
use crate::place;

/// The number of items, and the first three.
#[derive(Debug, Default)]
pub(super) struct Some3 {
    count: usize,
    first: Vec<String>,
}

impl Some3 {
    const SHOWN: usize = 3;

    pub(super) fn add(&mut self, name: impl FnOnce() -> String) {
        if self.count < Self::SHOWN {
            self.first.push(name());
        }
        self.count += 1;
    }

    /// `what` follows the count: `2 paths ...: a, b`; nothing if there are none.
    pub(super) fn note(&self, one: &str, many: &str, what: [&str; 2]) -> Option<String> {
        let more = match self.count.checked_sub(Self::SHOWN) {
            None | Some(0) => String::new(),
            Some(more) => format!(" and {more} more"),
        };
        let (unit, what) = if self.count == 1 { (one, what[0]) } else { (many, what[1]) };
        (self.count > 0).then(|| format!("{} {unit} {what}: {}{more}", self.count, self.first.join(", ")))
    }
}

/// Paths that are written in another form than on the disk.
#[derive(Debug, Default)]
pub(super) struct Paths {
    backslashes: Some3,
    composed: Some3,
    outside: Some3,
}

impl Paths {
    /// The file that `text` names, relative to `root` or, where that is allowed, anywhere.
    ///
    /// # Errors
    /// What was expected instead.
    pub(super) fn resolve(&mut self, root: &Path, text: &str, options: &OwnOptions) -> Result<PathBuf, String> {
        let mut slashes = None;
        if text.contains('\\') && !exists(&root.join(text)) {
            slashes = Some(text.replace('\\', "/"));
        }
        let path = match place::below(slashes.as_deref().unwrap_or(text)) {
            // The text itself as well: `C:\a` is absolute with backslashes only.
            Ok(path) if slashes.is_none() || place::below(text).is_ok() => path,
            result => {
                let expected = result.err().or(place::below(text).err()).unwrap_or("a path relative to the root");
                if options.allow_outside
                    && let Some(path) = anywhere(slashes.as_deref().unwrap_or(text))
                {
                    self.outside.add(|| text.to_owned());
                    path
                } else if leads_outside(text) {
                    return Err(format!("{expected}, unless --allow-outside is given"));
                } else {
                    return Err(expected.to_owned());
                }
            }
        };
        if slashes.is_some() {
            self.backslashes.add(|| text.to_owned());
        }
        match other_form(root, &path) {
            Some(found) => {
                self.composed.add(|| text.to_owned());
                Ok(found)
            }
            None => Ok(path),
        }
    }

    pub(super) fn notes(&self) -> impl Iterator<Item = String> {
        let notes = [
            self.backslashes.note(
                "path",
                "paths",
                [
                    "is written with backslashes and read with slashes",
                    "are written with backslashes and read with slashes",
                ],
            ),
            self.composed.note(
                "path",
                "paths",
                [
                    "is written in another Unicode form than on the disk and read in that of the disk",
                    "are written in another Unicode form than on the disk and read in that of the disk",
                ],
            ),
            self.outside.note(
                "path",
                "paths",
                [
                    "leads out of the folder of the table, as was allowed",
                    "lead out of the folder of the table, as was allowed",
                ],
            ),
        ];
        notes.into_iter().flatten()
    }
}

fn exists(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

/// Whether a path would be accepted with `allow_outside`.
fn leads_outside(text: &str) -> bool {
    anywhere(&text.replace('\\', "/")).is_some()
}

/// A path that may lead anywhere, as it stands; none if it is empty, holds a NUL, or has a drive letter that
/// this system does not know.
fn anywhere(text: &str) -> Option<PathBuf> {
    let drive = text.get(1..3) == Some(":/") && !Path::new(text).has_root();
    let names_a_file = matches!(Path::new(text).components().next_back(), Some(Component::Normal(_)));
    (names_a_file && !drive && !text.contains('\0')).then(|| PathBuf::from(text))
}

/// The path on the disk that `path` is another Unicode form of, if `path` itself is not there.
///
/// Each name is looked for by itself, since a folder and the file in it may be of different forms.
fn other_form(root: &Path, path: &Path) -> Option<PathBuf> {
    if path.to_str().is_none_or(str::is_ascii) || exists(&root.join(path)) {
        return None;
    }
    let mut found = PathBuf::new();
    for component in path.components() {
        let name = component.as_os_str().to_str()?;
        let forms = [name.to_owned(), name.nfc().collect(), name.nfd().collect()];
        let form = forms.into_iter().find(|form| exists(&root.join(&found).join(form)))?;
        found.push(form);
    }
    Some(found)
}
