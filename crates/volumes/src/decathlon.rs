//! The layout of the Medical Segmentation Decathlon: a folder a task, with a `dataset.json`.
//!
//! ```text
//! Task03_Liver/dataset.json              names of labels, and a list `training` of image and label files
//! Task03_Liver/imagesTr/liver_0.nii.gz   a CT
//! Task03_Liver/labelsTr/liver_0.nii.gz   of the same shape: 0 background, 1 liver, 2 cancer
//! Task03_Liver/imagesTs/...              without labels; not used
//! ```

use crate::VolumesError;
use serde::Deserialize;
use std::{
    collections::BTreeMap,
    fmt, fs,
    path::{Component, Path, PathBuf},
};

/// A task of the Decathlon that activmask2020 uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Task {
    /// `Task02_Heart`: the left atrium in 20 magnetic resonance images.
    Heart,
    /// `Task03_Liver`: liver and tumours in 131 CTs.
    Liver,
    /// `Task07_Pancreas`: pancreas and tumours in 281 CTs.
    Pancreas,
}

impl Task {
    /// All three, in order.
    pub const ALL: [Self; 3] = [Self::Heart, Self::Liver, Self::Pancreas];

    /// The name of its folder.
    pub fn folder(self) -> &'static str {
        match self {
            Self::Heart => "Task02_Heart",
            Self::Liver => "Task03_Liver",
            Self::Pancreas => "Task07_Pancreas",
        }
    }

    /// Its name on the command line: `heart`, `liver` or `pancreas`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Heart => "heart",
            Self::Liver => "liver",
            Self::Pancreas => "pancreas",
        }
    }

    /// Volumes with labels in the published collection.
    pub fn published_volumes(self) -> usize {
        match self {
            Self::Heart => 20,
            Self::Liver => 131,
            Self::Pancreas => 281,
        }
    }

    /// The task of that name, if there is one.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|task| task.name() == name)
    }
}

impl fmt::Display for Task {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.folder())
    }
}

/// The files of one volume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VolumeFiles {
    /// The name of the image's file, which is the volume's identity: `liver_0.nii.gz`.
    pub name: String,
    /// The image.
    pub image: PathBuf,
    /// Its label: a whole number a voxel, 0 for the background.
    pub label: PathBuf,
}

/// The content of a task's `dataset.json`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Collection {
    /// The task.
    pub task: Task,
    /// Its `dataset.json`.
    pub source: PathBuf,
    /// Names of the labels, by their values.
    pub labels: BTreeMap<u32, String>,
    /// The volumes with labels, sorted by name.
    pub volumes: Vec<VolumeFiles>,
    /// The number of volumes that the file gives, if it does; official files may be wrong.
    pub announced: Option<usize>,
    /// The file's description of the volumes.
    pub description: String,
}

#[derive(Deserialize)]
struct DatasetFile {
    #[serde(default)]
    description: String,
    labels: BTreeMap<String, String>,
    training: Vec<Pair>,
    #[serde(rename = "numTraining")]
    announced: Option<usize>,
}

#[derive(Deserialize)]
struct Pair {
    image: String,
    label: String,
}

impl Collection {
    /// Reads the `dataset.json` of a task below `root`, the folder that holds the tasks. No volume is opened.
    ///
    /// # Errors
    /// [`VolumesError::DatasetFile`] if the file cannot be read, lists no volume or one twice, or names a file
    /// outside of the task's folder.
    pub fn read(root: &Path, task: Task) -> Result<Self, VolumesError> {
        let folder = root.join(task.folder());
        let source = folder.join("dataset.json");
        let refused = |field: &str, found: String, expected| VolumesError::DatasetFile {
            path: source.clone(),
            field: field.to_owned(),
            found,
            expected,
        };
        let text = fs::read_to_string(&source)
            .map_err(|error| refused("file", error.to_string(), "a readable file that lists the volumes"))?;
        let file: DatasetFile = serde_json::from_str(text.trim_start_matches('\u{feff}'))
            .map_err(|error| refused("file", error.to_string(), "JSON with `labels` and `training`"))?;
        let mut labels = BTreeMap::new();
        for (value, name) in file.labels {
            let value =
                value.parse().map_err(|_| refused("labels", format!("the value {value:?}"), "whole numbers from 0"))?;
            labels.insert(value, name);
        }
        let mut volumes = Vec::with_capacity(file.training.len());
        for pair in file.training {
            let path = |field: &str, text: &str| {
                let relative = Path::new(text.trim_start_matches("./"));
                let inside = relative.components().all(|component| matches!(component, Component::Normal(_)));
                let name = relative.file_name().and_then(|name| name.to_str()).filter(|_| inside);
                match name {
                    Some(name) => Ok((name.to_owned(), folder.join(relative))),
                    None => Err(refused(field, format!("{text:?}"), "a file within the task's folder")),
                }
            };
            let (name, image) = path("training.image", &pair.image)?;
            let (_, label) = path("training.label", &pair.label)?;
            volumes.push(VolumeFiles { name, image, label });
        }
        // Python sorts text by code points, which is the order of UTF-8.
        volumes.sort_by(|one, other| one.name.cmp(&other.name));
        if volumes.is_empty() {
            return Err(refused("training", "no volumes".to_owned(), "at least one"));
        }
        if let Some(twice) = volumes.windows(2).find(|pair| pair[0].name == pair[1].name) {
            return Err(refused("training", format!("{} twice", twice[0].name), "each volume once"));
        }
        Ok(Self { task, source, labels, volumes, announced: file.announced, description: file.description })
    }

    /// Whether it is one of this project's stand-ins, by its description.
    pub fn is_generated(&self) -> bool {
        self.description.starts_with("generated")
    }

    /// Whether it has as many volumes as the published collection, and they are not generated.
    pub fn looks_published(&self) -> bool {
        self.volumes.len() == self.task.published_volumes() && !self.is_generated()
    }
}
