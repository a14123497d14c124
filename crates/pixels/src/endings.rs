//! How the names of images end.

use std::path::Path;

/// How the names of files in the formats that are read end, without regard to case. The content decides what a file is; its
/// name, whether it is taken from a folder.
pub const IMAGE_ENDINGS: [&str; 9] = ["png", "jpg", "jpeg", "dcm", "dicom", "bmp", "tif", "tiff", "webp"];

/// Whether a name ends like that of an image.
///
/// ```
/// use herring_pixels::has_image_ending;
///
/// assert!(has_image_ending("wolf.JPG".as_ref()) && !has_image_ending("notes.txt".as_ref()));
/// ```
pub fn has_image_ending(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_ascii_lowercase();
    IMAGE_ENDINGS.contains(&ending.as_str())
}
