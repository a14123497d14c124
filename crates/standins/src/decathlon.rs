//! Three tasks of the Medical Segmentation Decathlon: an organ in a body, volume by volume.
//!
//! A body is an ellipse of soft tissue, the same in every slice; in its middle third lies an ellipsoid, the organ, a
//! little brighter, and in it, except for the heart, a smaller one, the tumour. The slices above and below the organ
//! are without it.

use std::path::Path;

use crate::canvas::{Clouds, mix, soft};
use crate::folder::{Draft, on_all_threads};
use crate::nifti::{self, Voxels};
use crate::stream::{Collection, Purpose, between, normal, stream};
use crate::{DecathlonSettings, StandinError, Summary};

/// The folders, in the order of [`Summary::cells`].
pub const TASKS: [&str; 3] = ["Task02_Heart", "Task03_Liver", "Task07_Pancreas"];

/// What differs between the tasks.
struct Task {
    folder: &'static str,
    name: &'static str,
    modality: &'static str,
    labels: &'static [&'static str],
    /// Digits of a volume's number.
    digits: usize,
    /// The number of the first volume.
    first: usize,
    /// Intensities of air, soft tissue, organ and tumour, and the deviation of the noise.
    intensities: [f32; 5],
    /// Size of a voxel in millimetres.
    spacing: [f32; 3],
    /// The organ's radius in shares of the side.
    radius: (f32, f32),
}

/// As in the official files: an MR in arbitrary units with fractions, two CTs in Hounsfield units.
const ALL: [Task; 3] = [
    Task {
        folder: TASKS[0],
        name: "LeftAtrium",
        modality: "MRI",
        labels: &["background", "left atrium"],
        digits: 3,
        first: 2,
        intensities: [10.0, 260.0, 620.0, 620.0, 30.0],
        spacing: [1.25, 1.25, 1.37],
        radius: (0.10, 0.16),
    },
    Task {
        folder: TASKS[1],
        name: "Liver",
        modality: "CT",
        labels: &["background", "liver", "cancer"],
        digits: 1,
        first: 0,
        intensities: [-1000.0, 40.0, 110.0, 70.0, 20.0],
        spacing: [0.75, 0.75, 1.5],
        radius: (0.13, 0.18),
    },
    Task {
        folder: TASKS[2],
        name: "Pancreas",
        modality: "CT",
        labels: &["background", "pancreas", "cancer"],
        digits: 3,
        first: 1,
        intensities: [-1000.0, 40.0, 90.0, 60.0, 20.0],
        spacing: [0.8, 0.8, 2.5],
        radius: (0.08, 0.12),
    },
];

/// Writes ROOT/Task02_Heart, ROOT/Task03_Liver and ROOT/Task07_Pancreas:
///
/// ```text
/// Task03_Liver/dataset.json              labels, and the volumes with labels
/// Task03_Liver/imagesTr/liver_0.nii.gz   16-bit CT; the heart's are MR in single precision
/// Task03_Liver/labelsTr/liver_0.nii.gz   8 bits: 0 background, 1 organ, 2 tumour
/// ```
///
/// Equal settings give equal bytes. In the summary the environments are [`TASKS`], each with one class: its volumes.
///
/// # Errors
///
/// [`StandinError::Setting`] for a setting out of range, [`StandinError::NotEmpty`] if a folder holds something,
/// the others if a file cannot be written. In each case nothing is left behind.
pub fn decathlon(root: &Path, settings: &DecathlonSettings) -> Result<Summary, StandinError> {
    settings.check()?;
    let draft = Draft::begin(root, &TASKS)?;
    for task in &ALL {
        for folder in ["imagesTr", "labelsTr"] {
            draft.subfolder(task.folder, folder)?;
        }
        let path = draft.folder(task.folder).join("dataset.json");
        std::fs::write(&path, dataset_file(task, settings)).map_err(|source| StandinError::io(&path, source))?;
    }
    on_all_threads(ALL.len() * settings.volumes, |number| {
        let (place, volume) = (number / settings.volumes, number % settings.volumes);
        let task = &ALL[place];
        let (image, label) = volume_of(task, settings, (place << 24) + volume);
        let folder = draft.folder(task.folder);
        let shape = [settings.side, settings.side, settings.slices];
        for (kind, voxels) in [("imagesTr", &image), ("labelsTr", &label)] {
            nifti::write(&folder.join(kind).join(file(task, volume)), shape, task.spacing, voxels)?;
        }
        Ok(())
    })?;
    Ok(Summary::new(draft.finish()?, vec![vec![settings.volumes]; 3], 0))
}

fn file(task: &Task, volume: usize) -> String {
    let short = if task.name == "LeftAtrium" { "la".to_owned() } else { task.name.to_lowercase() };
    format!("{short}_{:0digits$}.nii.gz", task.first + volume, digits = task.digits)
}

fn dataset_file(task: &Task, settings: &DecathlonSettings) -> String {
    let labels = task.labels.iter().enumerate().map(|(value, name)| format!("   \"{value}\": \"{name}\""));
    let volumes = (0..settings.volumes).map(|volume| {
        let file = file(task, volume);
        format!("  {{\"image\": \"./imagesTr/{file}\", \"label\": \"./labelsTr/{file}\"}}")
    });
    let (labels, volumes) = (labels.collect::<Vec<_>>().join(",\n"), volumes.collect::<Vec<_>>().join(",\n"));
    let Task { name, modality, .. } = task;
    format!(
        "{{\n \"name\": \"{name}\",\n \"description\": \"generated volumes, not patients\",\n \"reference\": \
         \"herring-standins\",\n \"licence\": \"as the program\",\n \"release\": \"generated\",\n \
         \"tensorImageSize\": \"3D\",\n \"modality\": {{\n   \"0\": \"{modality}\"\n }},\n \"labels\": \
         {{\n{labels}\n }},\n \"numTraining\": {count},\n \"numTest\": 0,\n \"training\": [\n{volumes}\n ],\n \
         \"test\": []\n}}\n",
        count = settings.volumes
    )
}

/// An ellipsoid: its middle and its radii, in shares of the volume's sides.
#[derive(Clone, Copy)]
struct Ellipsoid {
    middle: [f32; 3],
    radii: [f32; 3],
}

impl Ellipsoid {
    /// 1 in the middle, 0 on the surface, negative outside.
    fn depth(self, point: [f32; 3]) -> f32 {
        let square = |axis: usize| {
            let distance = (point[axis] - self.middle[axis]) / self.radii[axis];
            distance * distance
        };
        1.0 - (square(0) + square(1) + square(2)).sqrt()
    }
}

/// The image and the label of a volume, whose number is its own among all tasks.
fn volume_of(task: &Task, settings: &DecathlonSettings, number: usize) -> (Voxels, Voxels) {
    let stream = |purpose| stream(settings.seed, Collection::Decathlon, number, purpose);
    let [air, tissue, organ_value, tumour_value, noise] = task.intensities;
    let rng = &mut stream(Purpose::Anatomy);
    // Reaches beyond the volume along the third axis: the body is in every slice.
    let body = Ellipsoid {
        middle: [between(rng, 0.48, 0.52), between(rng, 0.48, 0.52), 0.5],
        radii: [between(rng, 0.36, 0.42), between(rng, 0.40, 0.46), 1000.0],
    };
    let rng = &mut stream(Purpose::Pathology);
    let radius = between(rng, task.radius.0, task.radius.1);
    let organ = Ellipsoid {
        middle: [between(rng, 0.42, 0.58), between(rng, 0.42, 0.58), between(rng, 0.45, 0.55)],
        radii: [radius, radius * between(rng, 0.8, 1.2), between(rng, 0.24, 0.32)],
    };
    let tumour = Ellipsoid {
        middle: [0, 1, 2].map(|axis| organ.middle[axis] + 0.4 * organ.radii[axis] * between(rng, -1.0, 1.0)),
        radii: organ.radii.map(|radius| 0.35 * radius),
    };
    let has_tumour = task.labels.len() > 2;
    let clouds = Clouds::draw(5, &mut stream(Purpose::Clouds));
    let grain = &mut stream(Purpose::Grain);
    let (side, slices) = (usize::from(settings.side), usize::from(settings.slices));
    let mut values = Vec::with_capacity(side * side * slices);
    let mut labels = Vec::with_capacity(side * side * slices);
    let share = |place: usize, length: usize| (place as f32 + 0.5) / length as f32;
    for slice in 0..slices {
        for second in 0..side {
            for first in 0..side {
                let point = [share(first, side), share(second, side), share(slice, slices)];
                let inside = organ.depth(point);
                let label = match (inside > 0.0, has_tumour && tumour.depth(point) > 0.0) {
                    (true, true) => 2,
                    (true, false) => 1,
                    (false, _) => 0,
                };
                let texture = 2.0 * noise * clouds.at(point[0], point[1]);
                let mut value = mix(air, tissue + texture, soft(body.depth(point), 0.04));
                value = mix(value, if label == 2 { tumour_value } else { organ_value }, soft(inside, 0.1));
                values.push(value + noise * normal(grain));
                labels.push(label);
            }
        }
    }
    let image = match task.modality {
        // Magnitudes are not negative.
        "MRI" => Voxels::F32(values.into_iter().map(|value| value.max(0.0)).collect()),
        _ => Voxels::I16(values.into_iter().map(|value| (value + 0.5).floor() as i16).collect()),
    };
    (image, Voxels::U8(labels))
}
