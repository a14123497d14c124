//! The description of a collection of images: `datasets/*.toml`.
//!
//! The manifests of NIH ChestX-ray14, PadChest and RSNA Pneumonia are part of this crate ([`Manifest::named`]). A
//! collection whose table has the same shape can be read with a manifest of the user's own ([`Manifest::parse`]).

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::{TableError, place};

pub use crate::labels::{EmptyLabel, LabelRule, ListForm, Matching};

/// Names of the collections whose manifests are part of this crate.
pub const COLLECTIONS: [&str; 3] = ["nih", "padchest", "rsna"];

const TEXTS: [&str; 3] = [
    include_str!("../manifests/nih.toml"),
    include_str!("../manifests/padchest.toml"),
    include_str!("../manifests/rsna.toml"),
];

/// A collection: its files, columns, filters and label rule, what is known of it, and where it is from.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Short name, for instance `nih`.
    pub name: String,
    /// One sentence.
    pub what: String,
    /// The collection's folder, relative to the data root.
    pub folder: String,
    /// Names of the negative and the positive class.
    pub classes: [String; 2],
    /// Names of the environments that the records come from.
    pub environments: Vec<String>,
    /// Notes for users of the collection.
    pub quirks: Vec<String>,
    /// Which tables there are and how they are read.
    pub rows: Rows,
    /// The image files of the small edition.
    pub images: Images,
    /// The image files as the owner hands them out, where those can be read as well.
    pub full: Option<FullImages>,
    /// Images that others found missing or broken. They are left out on request only
    /// ([`crate::Exclusions::known`]).
    #[serde(default)]
    pub known_bad: Vec<KnownBad>,
    /// Editions of the table whose counts are known.
    pub known: Vec<Edition>,
    /// Other pathologies than the one of [`classes`](Self::classes), by name; each row is an image then. See
    /// [`Manifest::of_pathology`].
    #[serde(default)]
    pub pathologies: BTreeMap<String, Pathology>,
    /// Where to obtain it, and on which terms.
    pub obtain: Obtain,
    /// Folders of small editions that are not read, so that their files are not read as the owner's.
    #[serde(skip)]
    pub(crate) other_folders: Vec<String>,
}

/// How the rows of the main table become records.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "each", rename_all = "lowercase")]
pub enum Rows {
    /// One row an image; all of them in one environment.
    Image(ImageRows),
    /// One row a box, or one row a patient without boxes; one image a patient; the environment is in a
    /// second table.
    Box(BoxRows),
}

/// A table with one row an image.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImageRows {
    /// Accepted names of the table, without `.gz` and `.zip`; the first one found is read.
    pub files: Vec<String>,
    /// Column of the image's file name, which is also the record's id.
    pub image: String,
    /// Column of the patient, for [`herring_datasets::Record::group`]; a table may lack it.
    pub patient: Option<String>,
    /// Rows that fail it are left out.
    pub filter: Option<Filter>,
    /// The class of a row.
    pub label: LabelRule,
    /// Where the evidence should be.
    pub region: FixedRegion,
}

/// Keeps the rows whose field in `column` contains `contains`, case-sensitively; empty fields do not.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Filter {
    /// The column.
    pub column: String,
    /// The text looked for.
    pub contains: String,
}

/// A region that is the same for each image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FixedRegion {
    /// [`herring_datasets::Region::Circle`].
    Circle,
    /// [`herring_datasets::Region::Everything`].
    Everything,
}

/// A table with one row a box, and the table that knows the views.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BoxRows {
    /// Accepted names of the table.
    pub files: Vec<String>,
    /// Column of the patient's id, which is the record's id and the image file's stem.
    pub patient: String,
    /// Column of the class: 0 or 1.
    pub target: String,
    /// Columns of a box, in pixels: left, top, width, height.
    pub region: [String; 4],
    /// The second table.
    pub views: Views,
}

/// The table that knows each patient's environment.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Views {
    /// Accepted names of the table.
    pub files: Vec<String>,
    /// Column of the patient's id.
    pub patient: String,
    /// Column of the environment's name; rows with other names than the manifest's are left out.
    pub view: String,
}

/// The image files of a collection.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Images {
    /// The flat folder that holds them, relative to the collection's folder.
    pub folder: String,
    /// `png` or `jpg`: how the names end.
    pub format: String,
    /// Rows of pixels of each image.
    pub height: usize,
    /// Columns of pixels of each image.
    pub width: usize,
    /// Bits of a pixel, in one channel.
    pub bits: u32,
    /// Channels; where an image has more, the released code reads the first.
    pub channels: usize,
}

/// The image files of a collection as its owner hands them out: found below the collection's folder by their names,
/// at any depth.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FullImages {
    /// Where they lie once unpacked, for messages, for instance `images_001/images/*.png`.
    pub layout: String,
    /// `png` or `dcm`: how the names end.
    pub format: String,
    /// Rows of pixels, where all images have the same.
    pub height: Option<usize>,
    /// Columns of pixels, where all images have the same.
    pub width: Option<usize>,
    /// Bits of a pixel, in one channel.
    pub bits: u32,
    /// Channels; where an image has more, the first is read.
    pub channels: usize,
    /// The side in pixels to which they are reduced before anything else, so that they are like the small edition;
    /// `None` if that has the same size.
    pub reduce: Option<usize>,
    /// Whether each file's header holds the view, so that no second table is needed.
    #[serde(default)]
    pub views: bool,
}

/// What another pathology changes in a manifest. Its name is that of the positive class.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pathology {
    /// What a positive row contains.
    pub positive: String,
    /// The small edition that is read for it. The owner's files are reduced to its height.
    pub images: Images,
    /// Editions of the table whose counts of this pathology are known.
    #[serde(default)]
    pub known: Vec<Edition>,
}

/// Images that others found missing or broken.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownBad {
    /// What is wrong with them, and the source.
    pub reason: String,
    /// Their names, as the table has them.
    pub files: Vec<String>,
}

/// In which edition the images of a collection lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ImageEdition {
    /// The small one: [`Manifest::images`].
    Small,
    /// The owner's: [`Manifest::full`].
    Full,
}

/// The counts of one edition of a table.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Edition {
    /// Its name.
    pub name: String,
    /// Rows of the main table, without the header, where known.
    pub rows: Option<usize>,
    /// Records of each class and environment: `[environment][class]`.
    pub cells: Vec<[usize; 2]>,
}

/// Where to obtain a collection. Nothing is downloaded by this project.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Obtain {
    /// Addresses, each with what it offers.
    pub from: Vec<String>,
    /// The terms of use, in short.
    pub terms: String,
    /// What to cite.
    pub citation: String,
}

impl Manifest {
    /// The manifest of one of [`COLLECTIONS`].
    ///
    /// # Errors
    /// [`TableError::Unknown`] for another name.
    ///
    /// # Examples
    /// ```
    /// let nih = herring_tables::Manifest::named("nih")?;
    /// assert_eq!((nih.images.height, nih.images.bits), (224, 8));
    /// # Ok::<(), herring_tables::TableError>(())
    /// ```
    pub fn named(name: &str) -> Result<Self, TableError> {
        match COLLECTIONS.iter().position(|known| *known == name) {
            Some(place) => Self::parse(&format!("datasets/{name}.toml"), TEXTS[place]),
            None => Err(TableError::Unknown { found: name.into(), expected: COLLECTIONS.join(", ") }),
        }
    }

    /// Reads a manifest; `file` is its name in messages.
    ///
    /// # Errors
    /// [`TableError::Manifest`] if it is not TOML, a field is missing, unknown or of the wrong type, a
    /// folder or file name leaves its place, or counts and environments disagree.
    pub fn parse(file: &str, text: &str) -> Result<Self, TableError> {
        let mut manifest: Self = toml::from_str(text).map_err(|error| TableError::Manifest {
            file: file.into(),
            line: error.span().map_or(0, |span| herring_files::line_and_column(text, span.start).0),
            message: crate::error::one_line(error.message()),
        })?;
        manifest.validate().map_err(|message| TableError::Manifest { file: file.into(), line: 0, message })?;
        let folders = manifest.pathologies.values().map(|pathology| &pathology.images.folder);
        manifest.other_folders = folders.filter(|folder| **folder != manifest.images.folder).cloned().collect();
        Ok(manifest)
    }

    /// The manifest for another pathology, by the name of its class: its label, its counts, and the small edition
    /// that is read for it.
    ///
    /// # Errors
    /// [`TableError::UnknownPathology`] if it is neither the manifest's own nor one of
    /// [`pathologies`](Self::pathologies).
    ///
    /// # Examples
    /// ```
    /// let nih = herring_tables::Manifest::named("nih")?.of_pathology("emphysema")?;
    /// assert_eq!((nih.classes[1].as_str(), nih.images.folder.as_str()), ("emphysema", "images-128"));
    /// # Ok::<(), herring_tables::TableError>(())
    /// ```
    pub fn of_pathology(self, name: &str) -> Result<Self, TableError> {
        let own = &self.classes[1];
        if own == name {
            return Ok(self);
        }
        let (Rows::Image(rows), Some(pathology)) = (&self.rows, self.pathologies.get(name)) else {
            let known: Vec<&str> = std::iter::once(own).chain(self.pathologies.keys()).map(String::as_str).collect();
            let (collection, found) = (self.name.clone(), name.to_owned());
            return Err(TableError::UnknownPathology { collection, found, expected: known.join(", ") });
        };
        let Pathology { positive, images, known } = pathology.clone();
        let label = LabelRule { positive, ..rows.label.clone() };
        let rows = Rows::Image(ImageRows { label, ..rows.clone() });
        let reduced = |full: FullImages| FullImages { reduce: full.reduce.map(|_| images.height), ..full };
        let full = self.full.map(reduced);
        let mut other_folders = self.other_folders;
        other_folders.retain(|folder| *folder != images.folder);
        if self.images.folder != images.folder {
            other_folders.push(self.images.folder);
        }
        let [negative, _] = self.classes;
        Ok(Self { classes: [negative, name.to_owned()], rows, full, images, known, other_folders, ..self })
    }

    /// Names of each of its tables, main table first: each list holds the accepted names of one table.
    pub fn tables(&self) -> Vec<&[String]> {
        match &self.rows {
            Rows::Image(rows) => vec![&rows.files],
            Rows::Box(rows) => vec![&rows.files, &rows.views.files],
        }
    }

    fn validate(&self) -> Result<(), String> {
        let wrong =
            |field: &str, found: String, expected: &str| Err(format!("{field}: found {found}, expected {expected}"));
        if let Err(expected) = place::below(&self.folder) {
            return wrong("folder", format!("{:?}", self.folder), expected);
        }
        if self.environments.is_empty() || (matches!(self.rows, Rows::Image(_)) && self.environments.len() != 1) {
            return wrong(
                "environments",
                self.environments.len().to_string(),
                "one (at least one where each row is a box)",
            );
        }
        for files in self.tables() {
            if files.is_empty() {
                return wrong("files", "none".into(), "at least one name");
            }
            if let Some(name) = files.iter().find(|name| place::file_name(name).is_err()) {
                return wrong("files", format!("{name:?}"), "the name of a file, without folders");
            }
        }
        if !self.pathologies.is_empty() && matches!(self.rows, Rows::Box(_)) {
            return wrong("pathologies", "some".into(), "none, since each row is a box");
        }
        let others = self.pathologies.iter().map(|(name, of)| (format!("pathologies.{name}."), &of.images, &of.known));
        for (of, images, known) in std::iter::once((String::new(), &self.images, &self.known)).chain(others) {
            if let Err(expected) = place::below(&images.folder) {
                return wrong(&format!("{of}images.folder"), format!("{:?}", images.folder), expected);
            }
            if let Some(edition) = known.iter().find(|edition| edition.cells.len() != self.environments.len()) {
                let expected = "a pair of counts for each environment";
                return wrong(&format!("{of}known.cells"), edition.cells.len().to_string(), expected);
            }
            let Images { height, width, bits, channels, .. } = *images;
            if height == 0 || width == 0 || bits == 0 || channels == 0 {
                let found = format!("{height}x{width}, {bits} bits, {channels} channels");
                return wrong(&format!("{of}images"), found, "no zeros");
            }
        }
        if let Rows::Image(rows) = &self.rows
            && let Err((field, found, expected)) = rows.label.validate()
        {
            return wrong(field, found, expected);
        }
        if let Some(full) = &self.full {
            let FullImages { height, width, bits, channels, reduce, .. } = full;
            if [*height, *width, *reduce, Some(*bits as usize), Some(*channels)].contains(&Some(0)) {
                return wrong("full", "a zero".into(), "no zeros");
            }
            if full.format.is_empty() || full.format.contains(['.', '/', '\\']) {
                return wrong("full.format", format!("{:?}", full.format), "how names end, without the dot");
            }
            if full.views && matches!(self.rows, Rows::Image(_)) {
                return wrong("full.views", "true".into(), "false, since each row is an image");
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_are_named_with_their_line() {
        let text = TEXTS[0];
        let broken = text.replace("height = 224", "height = \"tall\"");
        let message = Manifest::parse("m.toml", &broken).unwrap_err().to_string();
        let line = 1 + text.lines().position(|line| line == "height = 224").unwrap();
        assert!(message.starts_with(&format!("m.toml:{line}: ")), "{message}");
        let message = Manifest::parse("m.toml", &text.replace("folder = \"nih\"", "folder = \"..\"")).unwrap_err();
        assert!(message.to_string().starts_with("m.toml:0: folder: found \"..\""), "{message}");
        assert!(Manifest::parse("m.toml", &text.replace("height =", "heigth =")).is_err());
        assert!(matches!(Manifest::named("mnist"), Err(TableError::Unknown { .. })));
    }
}
