//! The chests of children of Kermany et al., which tap2024 calls PNEU.
//!
//! Class 1 has several hazy opacities in the lungs. There is no marker: tap2024 plants its own decoys.

use std::path::Path;

use image::ExtendedColorType;
use image::codecs::jpeg::JpegEncoder;
use rand::RngExt;

use crate::canvas::Clouds;
use crate::chest::Anatomy;
use crate::folder::{Draft, on_all_threads};
use crate::opacity;
use crate::stream::{Collection, Purpose, between, normal, stream};
use crate::{PneumoniaSettings, StandinError, Summary};

/// The classes' folders, by label.
pub const CLASSES: [&str; 2] = ["NORMAL", "PNEUMONIA"];

/// The longer side of a picture is at most this share longer than the shorter one.
const LONGEST: f32 = 0.25;

/// How many times one or two opacities are drawn: children's pneumonia is often patchy and in both lungs.
const PATCHES: usize = 3;

/// A picture that is to be written.
#[derive(Debug, Clone, Copy)]
struct Plan {
    test: bool,
    label: usize,
    number: usize,
}

/// Writes ROOT/chest_xray:
///
/// ```text
/// chest_xray/train/NORMAL/IM-0001-0001.jpeg                8-bit grey, in sizes that vary
/// chest_xray/train/PNEUMONIA/person1_bacteria_1.jpeg       or person2_virus_2.jpeg
/// chest_xray/test/NORMAL/NORMAL2-IM-0001-0001.jpeg
/// ```
///
/// Equal settings give equal bytes. In the summary there is one environment.
///
/// # Errors
///
/// [`StandinError::Setting`] for a setting out of range, [`StandinError::NotEmpty`] if the folder holds something,
/// the others if a file cannot be written. In each case nothing is left behind.
pub fn pneumonia(root: &Path, settings: &PneumoniaSettings) -> Result<Summary, StandinError> {
    settings.check()?;
    let draft = Draft::begin(root, &["chest_xray"])?;
    let folders = ["train", "test"].into_iter().flat_map(|part| CLASSES.map(|class| format!("{part}/{class}")));
    let folders = draft.subfolders("chest_xray", folders)?;
    let mut plans = Vec::new();
    for (test, count) in [(false, settings.train), (true, settings.test)] {
        plans.extend((0..2 * count).map(|place| Plan { test, label: place % 2, number: place / 2 }));
    }
    on_all_threads(plans.len(), |place| {
        let plan = plans[place];
        let ([height, width], pixels) = picture(settings, place, plan.label);
        let path = folders[2 * usize::from(plan.test) + plan.label].join(name(plan));
        let mut bytes = Vec::new();
        JpegEncoder::new_with_quality(&mut bytes, settings.quality)
            .encode(&pixels, width, height, ExtendedColorType::L8)
            .map_err(|source| StandinError::picture(&path, source))?;
        std::fs::write(&path, bytes).map_err(|source| StandinError::io(&path, source))
    })?;
    Ok(Summary::new(draft.finish()?, vec![vec![settings.train + settings.test; 2]], 0))
}

fn name(Plan { test, label, number }: Plan) -> String {
    let number = number + 1;
    match (label, test) {
        (0, false) => format!("IM-{number:04}-0001.jpeg"),
        (0, true) => format!("NORMAL2-IM-{number:04}-0001.jpeg"),
        _ => format!("person{number}_{}_{number}.jpeg", if number % 3 == 0 { "virus" } else { "bacteria" }),
    }
}

/// Height and width of a picture, and its values: a chest in the middle square, and its border's grey beside that.
fn picture(settings: &PneumoniaSettings, place: usize, label: usize) -> ([u32; 2], Vec<u8>) {
    let stream = |purpose| stream(settings.seed, Collection::Pneumonia, place, purpose);
    let (side, strengths) = (settings.side as usize, settings.strengths);
    let anatomy = Anatomy::draw(&mut stream(Purpose::Anatomy));
    let rng = &mut stream(Purpose::Clouds);
    let clouds = Clouds::draw(7, rng);
    let haze = Clouds::draw(16, rng);
    let density = between(rng, 0.35, 0.65);
    let mut canvas = anatomy.picture(side, 0.0, &clouds, strengths.noise);
    if label == 1 {
        let rng = &mut stream(Purpose::Pathology);
        for place in (0..PATCHES).flat_map(|_| opacity::annotations(anatomy.pose, settings.side, rng)) {
            opacity::add(&mut canvas, place, strengths.pathology_contrast * density, &haze);
        }
    }
    anatomy.expose(&mut canvas);
    let rng = &mut stream(Purpose::Row);
    // Most are wider than high.
    let wide = rng.random_range(0..4) > 0;
    let margin = (between(rng, 0.0, 0.5 * LONGEST) * side as f32) as usize;
    let (down, across) = if wide { (0, margin) } else { (margin, 0) };
    let (height, width) = (side + 2 * down, side + 2 * across);
    let near = |place: usize, margin: usize| place.saturating_sub(margin).min(side - 1);
    let grain = &mut stream(Purpose::Grain);
    let mut bytes = Vec::with_capacity(height * width);
    for row in 0..height {
        let row = &canvas.values[near(row, down) * side..][..side];
        bytes.extend((0..width).map(|column| {
            let value = row[near(column, across)] + strengths.noise * normal(grain);
            (value.clamp(0.0, 1.0) * 255.0 + 0.5) as u8
        }));
    }
    // Sides are 5120 at most.
    ([height, width].map(|side| u32::try_from(side).unwrap_or(u32::MAX)), bytes)
}
