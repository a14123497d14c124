//! The images of runs on files: those of tables and volumes, and digits, each by the name of its listing.

use herring_datasets::{
    DatasetError,
    listed::{Listed, Listings},
};
use herring_digits::DigitListings;
use herring_images::CachedListings;
use std::path::Path;

/// All listings of a cache's folder.
pub(crate) struct AllListings {
    digits: DigitListings,
    images: CachedListings,
}

impl AllListings {
    pub(crate) fn of(cache: &Path) -> Self {
        Self { digits: DigitListings::of(cache), images: CachedListings::of(cache) }
    }

    /// Checks that the cache has every image of these listings.
    pub(crate) fn check<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> Result<(), String> {
        let (digits, images): (Vec<&str>, Vec<&str>) = names.into_iter().partition(|name| self.digits.has(name));
        for name in digits {
            self.digits.listed(name).map_err(|error| error.to_string())?;
        }
        self.images.check(images).map_err(|error| error.to_string())
    }
}

impl Listings for AllListings {
    fn open(&self, listing: &str) -> Result<Listed, DatasetError> {
        match self.digits.has(listing) {
            true => self.digits.open(listing),
            false => self.images.open(listing),
        }
    }
}
