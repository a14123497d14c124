//! Which files are explained, and their masks.

use crate::error::ExplainError;
use herring_pixels::{IMAGE_ENDINGS, has_image_ending};
use std::path::{Path, PathBuf};

/// A file to explain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageFile {
    /// The image.
    pub path: PathBuf,
    /// Its mask, if there is one.
    pub mask: Option<PathBuf>,
}

/// The images among `paths`, files as they are and folders with all that is below them in the order of names. An image's mask
/// is the file of the same name without ending in the folder `masks`, at the same place below it, or right in it.
///
/// # Errors
/// A path does not exist, or a folder has no image.
pub fn find_images(paths: &[PathBuf], masks: Option<&Path>) -> Result<Vec<ImageFile>, ExplainError> {
    let failed = |path: &Path, source| ExplainError::File { path: path.to_owned(), source };
    if let Some(masks) = masks {
        std::fs::read_dir(masks).map_err(|source| failed(masks, source))?;
    }
    let mut found = Vec::new();
    for path in paths {
        let metadata = std::fs::metadata(path).map_err(|source| failed(path, source))?;
        let files = if metadata.is_dir() { below(path)? } else { vec![path.clone()] };
        if files.is_empty() {
            return Err(ExplainError::NoImages { path: path.clone() });
        }
        for file in files {
            let place = file.strip_prefix(path).ok().filter(|place| !place.as_os_str().is_empty());
            let mask = masks.and_then(|masks| mask_of(&file, place, masks));
            found.push(ImageFile { path: file, mask });
        }
    }
    Ok(found)
}

fn below(folder: &Path) -> Result<Vec<PathBuf>, ExplainError> {
    let failed = |source| ExplainError::File { path: folder.to_owned(), source };
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        entries.push(entry.map_err(failed)?.path());
    }
    entries.sort();
    let mut found = Vec::new();
    for path in entries {
        if path.is_dir() {
            found.extend(below(&path)?);
        } else if has_image_ending(&path) {
            found.push(path);
        }
    }
    Ok(found)
}

fn mask_of(image: &Path, place: Option<&Path>, masks: &Path) -> Option<PathBuf> {
    let places = [place.map(|place| masks.join(place)), image.file_name().map(|name| masks.join(name))];
    places.into_iter().flatten().find_map(|path| {
        let endings = IMAGE_ENDINGS.iter().map(|ending| path.with_extension(ending));
        std::iter::once(path.clone()).chain(endings).find(|mask| mask.is_file())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn folders_are_walked_in_order_and_masks_found_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        for name in ["images/b.png", "images/a/c.JPG", "images/notes.txt", "masks/a/c.png", "masks/b.bmp"] {
            fs::create_dir_all(path(name).parent().unwrap()).unwrap();
            fs::write(path(name), "").unwrap();
        }
        let found = find_images(&[path("images")], Some(&path("masks"))).unwrap();
        let image = |image: &str, mask: &str| ImageFile { path: path(image), mask: Some(path(mask)) };
        assert_eq!(found, [image("images/a/c.JPG", "masks/a/c.png"), image("images/b.png", "masks/b.bmp")]);
        let given = find_images(&[path("images/notes.txt")], None).unwrap();
        assert_eq!(given, [ImageFile { path: path("images/notes.txt"), mask: None }]);
        fs::create_dir(path("empty")).unwrap();
        let text = |paths: &[PathBuf], masks: Option<&Path>| find_images(paths, masks).unwrap_err().to_string();
        assert!(text(&[path("empty")], None).contains("found no image"));
        assert!(text(&[path("none")], None).contains("none: "));
        assert!(text(&[path("images")], Some(&path("none"))).contains("none: "));
    }
}
