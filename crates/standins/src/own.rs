//! A small collection with a manifest, as users write it for their own images.
//!
//! Three classes (disc, triangle, square) somewhere near the middle of a cloudy picture; three
//! environments, each with stripes along one side (left, top, right). The mask is the shape.

use std::path::Path;

use image::Luma;

use crate::canvas::{Canvas, Clouds, mix, soft};
use crate::folder::{Draft, on_all_threads};
use crate::plan::{Role, roles};
use crate::stream::{Collection, Purpose, between, stream};
use crate::table::Writer;
use crate::xray::save;
use crate::{OwnSettings, StandinError, Summary};

/// The classes' names in the manifest, in the order of [`Summary::cells`].
pub const CLASSES: [&str; 3] = ["disc", "triangle", "square"];
/// The environments' names in the manifest, in the order of [`Summary::cells`].
pub const ENVIRONMENTS: [&str; 3] = ["left", "top", "right"];

/// Stripes reach this far into the picture, in shares of its side. Shapes stay further in.
const BORDER: f32 = 0.11;

/// Writes ROOT/own:
///
/// ```text
/// own/manifest.csv           id,image,label,environment,mask; paths relative to the folder
/// own/images/000000.png      8-bit grey
/// own/masks/000000.png       8-bit grey: 255 where the shape touches a pixel, 0 elsewhere
/// ```
///
/// Labels and environments are names: [`CLASSES`] and [`ENVIRONMENTS`]. Equal settings give equal bytes.
///
/// # Errors
///
/// [`StandinError::Setting`] for a setting out of range, [`StandinError::NotEmpty`] if the folder holds
/// something, the others if a file cannot be written. In each case nothing is left behind.
pub fn own(root: &Path, settings: &OwnSettings) -> Result<Summary, StandinError> {
    settings.check()?;
    let draft = Draft::begin(root, &["own"])?;
    let plan = roles(settings.seed, Collection::Own, (0..3, 3), settings.per_cell, 0);
    let path = draft.folder("own").join("manifest.csv");
    let mut table = Writer::create(&path, &["id", "image", "label", "environment", "mask"])?;
    for (number, role) in plan.iter().enumerate() {
        if let Role::Cell { environment, label } = *role {
            let id = format!("{number:06}");
            let (image, mask) = (format!("images/{id}.png"), format!("masks/{id}.png"));
            table.row(&[&id, &image, CLASSES[label], ENVIRONMENTS[environment], &mask])?;
        }
    }
    table.finish()?;
    let (images, masks) = (draft.subfolder("own", "images")?, draft.subfolder("own", "masks")?);
    on_all_threads(plan.len(), |number| {
        let Role::Cell { environment, label } = plan[number] else { return Ok(()) };
        let (picture, mask) = picture(settings, number, environment, label);
        let name = format!("{number:06}.png");
        save::<Luma<u8>>(&images.join(&name), settings.side, picture.bytes())?;
        save::<Luma<u8>>(&masks.join(&name), settings.side, mask.bytes())
    })?;
    Ok(Summary::new(draft.finish()?, vec![vec![settings.per_cell; 3]; 3], 0))
}

/// A shape, placed.
#[derive(Debug, Clone, Copy)]
struct Shape {
    class: usize,
    middle: (f32, f32),
    radius: f32,
    turn: (f32, f32),
}

impl Shape {
    /// Distance from the edge, positive inside, in shares of the picture's side.
    fn depth(self, x: f32, y: f32) -> f32 {
        let (dx, dy) = (x - self.middle.0, y - self.middle.1);
        let (u, v) = (dx * self.turn.0 + dy * self.turn.1, dy * self.turn.0 - dx * self.turn.1);
        match self.class {
            // Radii are such that the three areas are about the same.
            0 => 0.80 * self.radius - (u * u + v * v).sqrt(),
            1 => {
                let slanted = 0.5 * self.radius - 0.866_025_4 * u.abs() + 0.5 * v;
                slanted.min(0.5 * self.radius - v) + 0.06 * self.radius
            }
            _ => 0.70 * self.radius - u.abs().max(v.abs()),
        }
    }
}

fn picture(settings: &OwnSettings, number: usize, environment: usize, label: usize) -> (Canvas, Canvas) {
    let stream = |purpose| stream(settings.seed, Collection::Own, number, purpose);
    let (side, strengths) = (settings.side as usize, settings.strengths);
    let rng = &mut stream(Purpose::Pathology);
    let middle = (between(rng, 0.36, 0.64), between(rng, 0.36, 0.64));
    let (radius, tangent) = (between(rng, 0.15, 0.22), between(rng, -0.35, 0.35));
    let cosine = 1.0 / (1.0 + tangent * tangent).sqrt();
    let shape = Shape { class: label, middle, radius, turn: (cosine, tangent * cosine) };
    let edge = 0.5 / side as f32;

    let rng = &mut stream(Purpose::Clouds);
    let (level, clouds) = (between(rng, 0.25, 0.45), Clouds::draw(5, rng));
    let mut canvas = Canvas::of(side, |x, y| level + (0.05 + 2.0 * strengths.noise) * clouds.at(x, y));
    canvas.apply(|x, y, value| {
        let cover = soft(shape.depth(x, y), edge);
        if cover > 0.0 { mix(value, 0.95, strengths.pathology_contrast * cover) } else { value }
    });
    canvas.add_grain(strengths.noise, &mut stream(Purpose::Grain));
    canvas.values.iter_mut().for_each(|value| *value = value.clamp(0.0, 1.0));

    let phase = between(&mut stream(Purpose::Marker), 0.0, 1.0);
    canvas.lighten(strengths.marker_contrast, |x, y| {
        let (depth, along) = [(x, y), (y, x), (1.0 - x, y)][environment];
        let on = (8.0 * along + phase).fract() < 0.5;
        if depth < BORDER && on { 1.0 } else { 0.0 }
    });
    let mask = Canvas::of(side, |x, y| if soft(shape.depth(x, y), edge) > 0.0 { 1.0 } else { 0.0 });
    (canvas, mask)
}
