//! Names of classes.

use herring_experiments::collect::Collection;

/// The name of a class, of the images or the configuration; without one `class 2`.
pub(super) fn class_name(collection: &Collection, class: usize) -> String {
    named_class(collection, class).map_or_else(|| format!("class {class}"), str::to_owned)
}

/// The name of a class, where the images or the configuration have names for them.
pub(super) fn named_class(collection: &Collection, class: usize) -> Option<&str> {
    let names = collection.images.as_ref().map_or(&collection.configuration.classes, |images| &images.classes);
    names.get(class).map(String::as_str)
}
