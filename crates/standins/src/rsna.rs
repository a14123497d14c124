//! A stand-in for the RSNA Pneumonia Detection Challenge (stage 2).
//!
//! Class 1 has one or two hazy opacities, each inside an annotated box in a lung. The view is in the tag
//! alone: an L in the upper left corner of PA pictures, a ring in the upper right corner of AP ones,
//! beyond every box.

use std::path::Path;

use image::ExtendedColorType;
use image::codecs::jpeg::JpegEncoder;
use rand::RngExt;

use crate::canvas::{Canvas, Clouds};
use crate::chest::Anatomy;
use crate::dicom::{self, Header};
use crate::folder::{Draft, on_all_threads};
use crate::marker::Marker;
use crate::opacity::{self, Annotation};
use crate::plan::{Role, roles};
use crate::stream::{Collection, Purpose, between, stream};
use crate::table::Writer;
use crate::{Edition, RsnaSettings, StandinError, Summary};

/// Environment of the PA pictures in [`Summary::cells`].
pub const PA: usize = 0;
/// Environment of the AP pictures in [`Summary::cells`].
pub const AP: usize = 1;

const HEADERS: [&str; 14] = [
    "",
    "BodyPartExamined",
    "ConversionType",
    "Filename",
    "InstanceNumber",
    "Modality",
    "PatientAge",
    "PatientID",
    "PatientOrientation",
    "PatientSex",
    "PixelSpacing",
    "SamplesPerPixel",
    "SeriesNumber",
    "ViewPosition",
];

/// Writes ROOT/rsna:
///
/// ```text
/// rsna/stage_2_train_labels.csv                        one row a box, one without a box for negatives
/// rsna/kaggle_stage_2_train_images_dicom_headers.csv   the official columns, ViewPosition among them
/// rsna/stage_2_train_images_jpg/<patientId>.jpg        8-bit grey
/// ```
///
/// With [`Edition::Full`] the images are `stage_2_train_images/<patientId>.dcm`, with the view in the header, and there
/// is no table of headers.
///
/// Boxes are in pixels of the image, for every side; the official side is 1024. Equal settings give equal bytes.
///
/// # Errors
///
/// [`StandinError::Setting`] for a setting out of range, [`StandinError::NotEmpty`] if the folder holds
/// something, the others if a file cannot be written. In each case nothing is left behind.
pub fn rsna(root: &Path, settings: &RsnaSettings) -> Result<Summary, StandinError> {
    settings.check()?;
    let draft = Draft::begin(root, &["rsna"])?;
    let folder = draft.folder("rsna");
    let plan = roles(settings.seed, Collection::Rsna, (0..2, 2), settings.per_cell, settings.others);
    let patients: Vec<String> = (0..plan.len()).map(|number| patient(settings.seed, number)).collect();
    write_labels(&folder.join("stage_2_train_labels.csv"), settings, &plan, &patients)?;
    let full = settings.edition == Edition::Full;
    if !full {
        write_headers(&folder.join("kaggle_stage_2_train_images_dicom_headers.csv"), settings.seed, &plan, &patients)?;
    }
    let (name, end) = if full { ("stage_2_train_images", "dcm") } else { ("stage_2_train_images_jpg", "jpg") };
    let pictures = draft.subfolder("rsna", name)?;
    on_all_threads(plan.len(), |number| {
        let canvas = picture(settings, number, plan[number]);
        let path = pictures.join(format!("{}.{end}", patients[number]));
        let mut bytes = jpeg(&path, settings, &canvas.bytes())?;
        if full {
            // A side is 4096 at most.
            let header = Header {
                patient: &patients[number],
                view: view(plan[number]),
                side: settings.side.try_into().unwrap_or(0),
            };
            bytes = dicom::file(&header, &bytes);
        }
        std::fs::write(&path, bytes).map_err(|source| StandinError::io(&path, source))
    })?;
    Ok(Summary::new(draft.finish()?, vec![vec![settings.per_cell; 2]; 2], settings.others))
}

/// A random identity in the official form. Its last group is the number, so that no two are alike.
fn patient(seed: u32, number: usize) -> String {
    let mut rng = stream(seed, Collection::Rsna, number, Purpose::Row);
    let (a, b, c, d): (u32, u16, u16, u16) = (rng.random(), rng.random(), rng.random(), rng.random());
    format!("{a:08x}-{b:04x}-4{:03x}-{:04x}-{number:012x}", c & 0xfff, d & 0x3fff | 0x8000)
}

fn view(role: Role) -> &'static str {
    match role {
        Role::Cell { environment: PA, .. } => "PA",
        Role::Cell { .. } => "AP",
        Role::Other(_) => "",
    }
}

fn label(role: Role) -> usize {
    match role {
        Role::Cell { label, .. } => label,
        Role::Other(number) => number % 2,
    }
}

fn write_labels(path: &Path, settings: &RsnaSettings, plan: &[Role], patients: &[String]) -> Result<(), StandinError> {
    let mut table = Writer::create(path, &["patientId", "x", "y", "width", "height", "Target"])?;
    let mut order: Vec<usize> = (0..plan.len()).collect();
    order.sort_by(|&left, &right| patients[left].cmp(&patients[right]));
    for number in order {
        let id = patients[number].as_str();
        if label(plan[number]) == 0 {
            table.row(&[id, "", "", "", "", "0"])?;
            continue;
        }
        for place in annotations(settings, number) {
            let cells = [place.x, place.y, place.width, place.height].map(|pixels| format!("{pixels}.0"));
            table.row(&[id, &cells[0], &cells[1], &cells[2], &cells[3], "1"])?;
        }
    }
    table.finish()
}

fn write_headers(path: &Path, seed: u32, plan: &[Role], patients: &[String]) -> Result<(), StandinError> {
    let mut table = Writer::create(path, &HEADERS)?;
    for (number, (role, id)) in plan.iter().zip(patients).enumerate() {
        // After the identity's draws come the row's.
        let mut rng = stream(seed, Collection::Rsna, number, Purpose::Row);
        rng.set_word_pos(64);
        let view = view(*role);
        table.row(&[
            &number.to_string(),
            "CHEST",
            "WSD",
            &format!("{id}.dcm"),
            "1.0",
            "CR",
            &rng.random_range(18..85).to_string(),
            id,
            "",
            ["M", "F"][rng.random_range(0..2)],
            ["0.14300000000000002", "0.139", "0.168"][rng.random_range(0..3)],
            "1.0",
            "1.0",
            view,
        ])?;
    }
    table.finish()
}

/// The boxes of a patient of class 1. They do not depend on the strengths.
fn annotations(settings: &RsnaSettings, number: usize) -> Vec<Annotation> {
    let anatomy = Anatomy::draw(&mut stream(settings.seed, Collection::Rsna, number, Purpose::Anatomy));
    opacity::annotations(
        anatomy.pose,
        settings.side,
        &mut stream(settings.seed, Collection::Rsna, number, Purpose::Pathology),
    )
}

fn picture(settings: &RsnaSettings, number: usize, role: Role) -> Canvas {
    let stream = |purpose| stream(settings.seed, Collection::Rsna, number, purpose);
    let (side, strengths) = (settings.side as usize, settings.strengths);
    let environment = match role {
        Role::Cell { environment, .. } => environment,
        Role::Other(number) => number / 2 % 2,
    };
    let anatomy = Anatomy::draw(&mut stream(Purpose::Anatomy));
    let mut rng = stream(Purpose::Clouds);
    let clouds = Clouds::draw(7, &mut rng);
    let haze = Clouds::draw(16, &mut rng);
    let density = between(&mut rng, 0.28, 0.60);
    let mut canvas = anatomy.picture(side, 0.0, &clouds, strengths.noise);
    if label(role) == 1 {
        for place in annotations(settings, number) {
            opacity::add(&mut canvas, place, strengths.pathology_contrast * density, &haze);
        }
    }
    anatomy.expose(&mut canvas);
    canvas.add_grain(strengths.noise, &mut stream(Purpose::Grain));
    let marker = Marker::draw(environment, &mut stream(Purpose::Marker));
    canvas.values.iter_mut().for_each(|value| *value = value.clamp(0.0, 1.0));
    canvas.lighten(strengths.marker_contrast, |x, y| marker.cover(x, y, side));
    canvas
}

fn jpeg(path: &Path, settings: &RsnaSettings, pixels: &[u8]) -> Result<Vec<u8>, StandinError> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, settings.quality)
        .encode(pixels, settings.side, settings.side, ExtendedColorType::L8)
        .map_err(|source| StandinError::picture(path, source))?;
    Ok(bytes)
}
