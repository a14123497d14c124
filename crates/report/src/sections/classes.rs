//! Names of classes.

use herring_experiments::collect::Collection;

/// The name of a class where the images have names for them, else `class 2`.
pub(super) fn class_name(collection: &Collection, class: usize) -> String {
    named_class(collection, class).map_or_else(|| format!("class {class}"), str::to_owned)
}

/// The name of a class, where the images have names for them.
pub(super) fn named_class(collection: &Collection, class: usize) -> Option<&str> {
    collection.images.as_ref()?.classes.get(class).map(String::as_str)
}
