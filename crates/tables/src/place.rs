//! Paths that stay below their root, and boxes that stay within their image.

use std::path::{Component, Path, PathBuf};

use herring_datasets::PixelBox;

/// `text` as a path below a root, without `.` in it.
///
/// The check is on the text alone: a link below the root may lead anywhere.
///
/// # Errors
/// What was expected instead, if the text is empty, absolute, climbs with `..` or holds a NUL.
pub(crate) fn below(text: &str) -> Result<PathBuf, &'static str> {
    let mut path = PathBuf::new();
    for component in Path::new(text).components() {
        match component {
            Component::Normal(name) => path.push(name),
            Component::CurDir => {}
            Component::ParentDir => return Err("a path that does not leave the root with `..`"),
            Component::RootDir | Component::Prefix(_) => return Err("a path relative to the root"),
        }
    }
    match () {
        () if path.as_os_str().is_empty() => Err("a path relative to the root"),
        () if text.contains('\0') => Err("a path without NUL characters"),
        // Absolute where the files may have been listed, if not here.
        () if text.starts_with('\\') || text.get(1..3) == Some(":\\") => Err("a path relative to the root"),
        () if text.split('\\').any(|part| part == "..") => Err("a path that does not leave the root with `..`"),
        () => Ok(path),
    }
}

/// `text` as the name of a file in a flat folder.
///
/// # Errors
/// What was expected instead.
pub(crate) fn file_name(text: &str) -> Result<PathBuf, &'static str> {
    let path = below(text)?;
    if path.as_os_str() == text && path.components().count() == 1 && !text.contains('\\') {
        Ok(path)
    } else {
        Err("the name of a file, without folders")
    }
}

/// A box from the text of its four numbers: `[x, y, width, height]`.
///
/// # Errors
/// Which number (0 to 3) is wrong and what was expected, if one is no finite number, the extent is not
/// positive, or the box lies outside an image of `size` (`[height, width]`, where known).
pub(crate) fn pixel_box(texts: [&str; 4], size: Option<[usize; 2]>) -> Result<PixelBox, (usize, String)> {
    let mut numbers = [0.0; 4];
    for (place, text) in texts.iter().enumerate() {
        numbers[place] = match text.trim().parse::<f64>() {
            Ok(number) if number.is_finite() => number,
            _ => return Err((place, "a finite number".into())),
        };
    }
    let [x, y, width, height] = numbers;
    for (place, start) in [(0, x), (1, y)] {
        if start < 0.0 {
            return Err((place, "at least 0, since the box lies outside the image otherwise".into()));
        }
    }
    for (place, extent) in [(2, width), (3, height)] {
        if extent <= 0.0 {
            return Err((place, "more than 0".into()));
        }
    }
    if let Some([rows, columns]) = size {
        for (place, end, length) in [(2, x + width, columns), (3, y + height, rows)] {
            if end > length as f64 {
                return Err((
                    place,
                    format!("a box that ends at {length} at most, as the image does; it ends at {end}"),
                ));
            }
        }
    }
    Ok(PixelBox { x, y, width, height })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_below() {
        assert_eq!(below("./a/./b.png"), Ok("a/b.png".into()));
        for bad in ["", ".", "/a", "../a", "a/../../b", "a/..", "a\0b", "\\\\host\\a", "C:\\a", "a\\..\\b"] {
            assert!(below(bad).is_err(), "{bad:?}");
        }
        assert_eq!(file_name("a b.png"), Ok("a b.png".into()));
        for bad in ["a/b.png", "./a.png", "a.png/", "..", "a\\b", ""] {
            assert!(file_name(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn boxes_stay_within() {
        let size = Some([100, 200]);
        assert!(pixel_box(["0", "0.0", "200", "1e2"], size).is_ok());
        for (texts, place) in [
            (["a", "0", "1", "1"], 0),
            (["0", "NaN", "1", "1"], 1),
            (["0", "0", "inf", "1"], 2),
            (["0", "0", "0", "1"], 2),
            (["0", "0", "1", "-1"], 3),
            (["-1", "0", "1", "1"], 0),
            (["0", "0", "1", ""], 3),
            (["199.5", "0", "1", "1"], 2),
            (["0", "90", "1", "11"], 3),
        ] {
            assert_eq!(pixel_box(texts, size).map_err(|(place, _)| place), Err(place), "{texts:?}");
        }
        assert!(pixel_box(["1e9", "0", "1", "1"], None).is_ok());
    }
}
