//! Small pictures in colour with a manifest, for the tutorial on images of one's own.
//!
//! The class is a shape, the environment is what it lies on: circles and squares on grass and on sand, or with three
//! classes also triangles, and water. A shape's place, size, turn and colour are drawn from the same distribution for every
//! class and environment, so that nothing but the outline tells the class, and nothing but the background the
//! environment. A network learns the background's colour sooner than the outline.
//!
//! Every cell has as many images as every other: **nothing is correlated in the collection**. It is the split that makes
//! the background predict the class (`ratio` in docs/own-images.md).

use std::path::Path;

use image::{Luma, Rgb};
use rand_chacha::ChaCha8Rng;

use crate::canvas::{Canvas, Clouds, mix, soft};
use crate::folder::{Draft, on_all_threads};
use crate::stream::{Collection, Purpose, between, stream};
use crate::table::Writer;
use crate::xray::save;
use crate::{ShapesSettings, StandinError, Summary};

/// The classes' names, in the order of [`Summary::cells`]; the first [`ShapesSettings::classes`] of them are written.
pub const CLASSES: [&str; 3] = ["circle", "square", "triangle"];
/// The environments' names, in the order of [`Summary::cells`]; as many as classes are written.
pub const ENVIRONMENTS: [&str; 3] = ["grass", "sand", "water"];

/// The mask reaches this many pixels beyond the pixels that the shape touches.
pub const MARGIN: f32 = 2.0;

/// More than any setting allows of a cell, so that the pictures of a smaller collection are the first of a larger one.
const LARGEST_CELL: usize = 1 << 20;

/// The middle colour of each environment: red, green, blue.
const BACKGROUNDS: [[f32; 3]; 3] = [[0.32, 0.53, 0.22], [0.79, 0.69, 0.45], [0.24, 0.45, 0.66]];
/// How much of the texture each channel of an environment takes.
const TEXTURES: [[f32; 3]; 3] = [[0.9, 1.3, 0.6], [1.0, 1.0, 0.9], [0.6, 0.9, 1.2]];
/// The background of every environment at a marker's contrast of 0: the mean of the three.
const NEUTRAL: [f32; 3] = [0.45, 0.557, 0.443];
/// A shape's colour is drawn again until it is this far from every background, so that it stands out on any.
const LEAST_DISTANCE: f32 = 0.4;

/// Writes ROOT/shapes:
///
/// ```text
/// shapes/manifest.csv                     id,image,label,environment,mask; paths relative to the folder
/// shapes/images/grass/circle/0000.png     8-bit RGB, numbered within each environment and class
/// shapes/masks/grass/circle/0000.png      8-bit grey: 255 where the shape grown by 2 pixels is, 0 elsewhere
/// ```
///
/// Labels and environments are names: [`CLASSES`] and [`ENVIRONMENTS`]. The folder can be read by its manifest or, in the
/// same order, without it. Equal settings give equal bytes, and more images of a cell do not change the first ones.
///
/// # Errors
///
/// [`StandinError::Setting`] for a setting out of range, [`StandinError::NotEmpty`] if the folder holds
/// something, the others if a file cannot be written. In each case nothing is left behind.
pub fn shapes(root: &Path, settings: &ShapesSettings) -> Result<Summary, StandinError> {
    settings.check()?;
    let (classes, per_cell) = (settings.classes, settings.per_cell);
    let draft = Draft::begin(root, &["shapes"])?;
    let cells: Vec<(usize, usize)> =
        (0..classes).flat_map(|environment| (0..classes).map(move |class| (environment, class))).collect();
    let inner = |&(environment, class): &(usize, usize)| format!("{}/{}", ENVIRONMENTS[environment], CLASSES[class]);
    let path = draft.folder("shapes").join("manifest.csv");
    let mut table = Writer::create(&path, &["id", "image", "label", "environment", "mask"])?;
    for cell in &cells {
        let (inner, (environment, class)) = (inner(cell), (ENVIRONMENTS[cell.0], CLASSES[cell.1]));
        for number in 0..per_cell {
            let id = format!("{environment}-{class}-{number:04}");
            let [image, mask] = ["images", "masks"].map(|kind| format!("{kind}/{inner}/{}", name(number)));
            table.row(&[&id, &image, class, environment, &mask])?;
        }
    }
    table.finish()?;
    let folders = |kind: &str| draft.subfolders("shapes", cells.iter().map(|cell| format!("{kind}/{}", inner(cell))));
    let (images, masks) = (folders("images")?, folders("masks")?);
    on_all_threads(cells.len() * per_cell, |place| {
        let (cell, number) = (place / per_cell, place % per_cell);
        let (environment, class) = cells[cell];
        let (picture, mask) = picture(settings, (environment, class), number);
        save::<Rgb<u8>>(&images[cell].join(name(number)), settings.side, interleaved(&picture))?;
        save::<Luma<u8>>(&masks[cell].join(name(number)), settings.side, mask.bytes())
    })?;
    Ok(Summary::new(draft.finish()?, vec![vec![per_cell; classes]; classes], 0))
}

fn name(number: usize) -> String {
    format!("{number:04}.png")
}

/// Red, green and blue of each pixel in turn.
fn interleaved(planes: &[Canvas; 3]) -> Vec<u8> {
    let [red, green, blue] = planes.each_ref().map(Canvas::bytes);
    red.into_iter().zip(green).zip(blue).flat_map(|((red, green), blue)| [red, green, blue]).collect()
}

/// A shape, placed. All but the class is drawn alike for every class.
#[derive(Debug, Clone, Copy)]
struct Shape {
    class: usize,
    middle: (f32, f32),
    /// The radius of the circle of its area.
    radius: f32,
    /// Cosine and sine of its turn.
    turn: (f32, f32),
    colour: [f32; 3],
}

impl Shape {
    fn draw(class: usize, rng: &mut ChaCha8Rng) -> Self {
        let radius = between(rng, 0.16, 0.20);
        // A triangle's corners are 1.56 radii from its middle.
        let reach = 1.6 * radius;
        let middle = (between(rng, reach, 1.0 - reach), between(rng, reach, 1.0 - reach));
        let tangent = between(rng, -0.2, 0.2);
        let cosine = 1.0 / (1.0 + tangent * tangent).sqrt();
        Self { class, middle, radius, turn: (cosine, tangent * cosine), colour: saturated(rng) }
    }

    /// Distance from the edge, positive inside, in shares of the picture's side.
    fn depth(self, x: f32, y: f32) -> f32 {
        let (dx, dy) = (x - self.middle.0, y - self.middle.1);
        let (u, v) = (dx * self.turn.0 + dy * self.turn.1, dy * self.turn.0 - dx * self.turn.1);
        match self.class {
            0 => self.radius - (u * u + v * v).sqrt(),
            // Half the side of the square, and the radius inside the triangle, of the circle's area.
            1 => 0.886_227 * self.radius - u.abs().max(v.abs()),
            _ => 0.777_557 * self.radius - v.max(0.866_025_4 * u.abs() - 0.5 * v),
        }
    }
}

/// A colour of any hue that is far from every background, whichever the picture has: the colour tells nothing of it.
fn saturated(rng: &mut ChaCha8Rng) -> [f32; 3] {
    loop {
        let (hue, saturation, value) = (between(rng, 0.0, 6.0), between(rng, 0.8, 1.0), between(rng, 0.6, 1.0));
        let pure = [(hue - 3.0).abs() - 1.0, 2.0 - (hue - 2.0).abs(), 2.0 - (hue - 4.0).abs()];
        let colour = pure.map(|channel| value * (1.0 - saturation * (1.0 - channel.clamp(0.0, 1.0))));
        let far = |background: &[f32; 3]| {
            let squares = colour.iter().zip(background).map(|(one, other)| (one - other) * (one - other));
            squares.sum::<f32>() > LEAST_DISTANCE * LEAST_DISTANCE
        };
        if BACKGROUNDS.iter().all(far) {
            return colour;
        }
    }
}

fn picture(settings: &ShapesSettings, (environment, class): (usize, usize), number: usize) -> ([Canvas; 3], Canvas) {
    let place = (environment * CLASSES.len() + class) * LARGEST_CELL + number;
    let stream = |purpose| stream(settings.seed, Collection::Shapes, place, purpose);
    let (side, strengths) = (settings.side as usize, settings.strengths);
    let shape = Shape::draw(class, &mut stream(Purpose::Pathology));
    let edge = 0.5 / side as f32;

    let rng = &mut stream(Purpose::Clouds);
    let (light, clouds) = (between(rng, -0.06, 0.06), Clouds::draw(7, rng));
    let grain = &mut stream(Purpose::Grain);
    let planes = [0, 1, 2].map(|channel| {
        let middle = mix(NEUTRAL[channel], BACKGROUNDS[environment][channel], strengths.marker_contrast);
        let texture = mix(1.0, TEXTURES[environment][channel], strengths.marker_contrast);
        let mut plane = Canvas::of(side, |x, y| middle + light + 2.0 * strengths.noise * texture * clouds.at(x, y));
        plane.apply(|x, y, value| {
            let cover = soft(shape.depth(x, y), edge);
            if cover > 0.0 { mix(value, shape.colour[channel], strengths.pathology_contrast * cover) } else { value }
        });
        plane.add_grain(strengths.noise, grain);
        plane
    });
    let margin = MARGIN / side as f32;
    let mask = Canvas::of(side, |x, y| if soft(shape.depth(x, y) + margin, edge) > 0.0 { 1.0 } else { 0.0 });
    (planes, mask)
}
