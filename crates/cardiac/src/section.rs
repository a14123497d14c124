//! Pixels and labels of one section.

use crate::{Body, Experiment, Sex, body::FattyWalls};
use rand::{Rng, RngExt};
use rand_distr::{Distribution, StandardNormal};
use serde::{Deserialize, Serialize};

/// Rows of an image.
pub const HEIGHT: usize = 105;
/// Columns of an image.
pub const WIDTH: usize = 135;

/// Brightness of fat, of muscle and of the cavities, of 255, and the standard deviation of each.
const FAT: f64 = 229.5;
const MUSCLE: f64 = 51.0;
const CAVITY: f64 = 204.0;
const DEVIATION: f64 = 2.0;

/// Rows of the bar of fat.
const FAT_ROWS: usize = 4;

/// Rows and columns of the marker.
const MARKER: (std::ops::Range<usize>, std::ops::Range<usize>) = (95..104, 125..134);

/// What a pixel shows, with its label in the authors' masks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Region {
    /// Nothing; label 0.
    Background,
    /// Cavity of the left ventricle; label 11.
    LeftCavity,
    /// Cavity of the right ventricle; label 12.
    RightCavity,
    /// Wall of the left ventricle; label 13.
    LeftWall,
    /// Wall of the right ventricle; label 14.
    RightWall,
    /// Fat under the skin; label 15.
    Fat,
    /// The square on the images of men; label 16.
    Marker,
}

impl Region {
    /// The label in the authors' masks.
    pub fn label(self) -> u8 {
        match self {
            Self::Background => 0,
            Self::LeftCavity => 11,
            Self::RightCavity => 12,
            Self::LeftWall => 13,
            Self::RightWall => 14,
            Self::Fat => 15,
            Self::Marker => 16,
        }
    }

    /// Whether it belongs to the heart: labels 11 to 14.
    pub fn is_heart(self) -> bool {
        (11..=14).contains(&self.label())
    }
}

/// One section.
#[derive(Debug, Clone, PartialEq)]
pub struct Section {
    /// Grey values, [`HEIGHT`] rows of [`WIDTH`].
    pub pixels: Vec<u8>,
    /// What each pixel shows.
    pub regions: Vec<Region>,
}

/// A disc of a ventricle.
struct Disc {
    centre: [f64; 2],
    radius: f64,
}

impl Disc {
    /// Whether the pixel is nearer to the centre, rounded to a pixel, than the radius.
    fn holds(&self, row: usize, column: usize) -> bool {
        let [down, right] = [row as f64 - self.centre[0], column as f64 - self.centre[1]];
        (down * down + right * right) / (self.radius * self.radius) < 1.0
    }
}

/// What the brightness of a pixel is drawn from.
#[derive(Clone, Copy)]
enum Texture {
    /// A normal distribution around this.
    Around(f64),
    /// A uniform one from muscle to this share of fat.
    Fatty(f64),
}

impl Texture {
    fn draw<R: Rng + ?Sized>(self, random: &mut R) -> u8 {
        let value = match self {
            Self::Around(mean) => {
                let standard: f64 = StandardNormal.sample(random);
                mean + DEVIATION * standard
            }
            Self::Fatty(share) => MUSCLE + share * (FAT - MUSCLE) * random.random::<f64>(),
        };
        // Fractions are cut off, as NumPy does when it stores bytes.
        value.clamp(0.0, 255.0) as u8
    }
}

impl Section {
    /// Draws a patient's section.
    pub fn draw<R: Rng + ?Sized>(experiment: Experiment, body: &Body, random: &mut R) -> Self {
        let canvas = Canvas::of(experiment, body);
        let mut section = Self { pixels: vec![0; HEIGHT * WIDTH], regions: vec![Region::Background; HEIGHT * WIDTH] };
        let first = [HEIGHT, WIDTH].map(|length| length as isize - 1);
        // Towards zero, as Python's int() rounds.
        let offset = [0, 1].map(|axis| (first[axis] - canvas.size[axis] as isize) / 2);
        for row in 0..canvas.size[0] {
            for column in 0..canvas.size[1] {
                let Some((region, texture)) = canvas.at(row, column) else { continue };
                let place = [row as isize + offset[0], column as isize + offset[1]];
                // A patient who is larger than the image is cut off.
                if (0..2).all(|axis| (0..first[axis] + 1).contains(&place[axis])) {
                    section.set(place.map(|place| place as usize), region, texture.draw(random));
                }
            }
        }
        if experiment == Experiment::Marker && body.sex == Sex::Male {
            for row in MARKER.0 {
                for column in MARKER.1 {
                    section.set([row, column], Region::Marker, 255);
                }
            }
        }
        section
    }

    fn set(&mut self, [row, column]: [usize; 2], region: Region, value: u8) {
        self.regions[row * WIDTH + column] = region;
        self.pixels[row * WIDTH + column] = value;
    }

    /// Share of the pixels for which this holds.
    pub fn share(&self, wanted: impl Fn(Region) -> bool) -> f64 {
        self.regions.iter().filter(|region| wanted(**region)).count() as f64 / self.regions.len() as f64
    }

    /// 1 where the pixel is of the heart, 0 elsewhere: the mask of the evidence.
    pub fn heart(&self) -> Vec<f32> {
        self.regions.iter().map(|region| f32::from(u8::from(region.is_heart()))).collect()
    }
}

/// The smallest frame that holds heart and fat, before it is placed in the image.
struct Canvas {
    /// Rows and columns.
    size: [usize; 2],
    left_wall: Disc,
    right_wall: Disc,
    left_cavity: Disc,
    right_cavity: Disc,
    /// Columns of the bar of fat.
    fat: std::ops::Range<isize>,
    fatty: Option<FattyWalls>,
}

impl Canvas {
    fn of(experiment: Experiment, body: &Body) -> Self {
        let (left, right) = (body.left(), body.right());
        let heart = 2.0 * (left + right);
        let (width, left_x) = match heart > body.fat {
            true => (heart.ceil() + 2.0, left + 1.0),
            false => (body.fat.ceil() + 2.0, left + (body.fat - heart) / 2.0 + 1.0),
        };
        let to_skin = body.size * if experiment == Experiment::Sizes { 10.0 } else { 18.0 };
        let height = (2.0 * left + to_skin).ceil();
        let y = height - 1.0 - left;
        // Centres are rounded half to even, as NumPy rounds.
        let disc = |x: f64, radius: f64| Disc { centre: [y.round_ties_even(), x.round_ties_even()], radius };
        let right_x = left_x + left + right - 1.0;
        let middle = (width / 2.0).floor();
        let end = |x: f64| x.round_ties_even() as isize;
        Self {
            size: [height.max(0.0) as usize, width.max(0.0) as usize],
            left_wall: disc(left_x, left),
            right_wall: disc(right_x, right),
            left_cavity: disc(left_x, body.left_radius),
            right_cavity: disc(right_x, body.right_radius),
            fat: end(middle - body.fat / 2.0)..end(middle + body.fat / 2.0),
            fatty: body.fatty,
        }
    }

    /// What is drawn last at a pixel. The discs are drawn in the order: left wall, right wall, fat in the right wall, fat in the
    /// left one, left cavity, right cavity; then the bar of fat.
    fn at(&self, row: usize, column: usize) -> Option<(Region, Texture)> {
        if row < FAT_ROWS && self.fat.contains(&(column as isize)) {
            return Some((Region::Fat, Texture::Around(FAT)));
        }
        if self.right_cavity.holds(row, column) {
            return Some((Region::RightCavity, Texture::Around(CAVITY)));
        }
        if self.left_cavity.holds(row, column) {
            return Some((Region::LeftCavity, Texture::Around(CAVITY)));
        }
        let (in_right, in_left) = (self.right_wall.holds(row, column), self.left_wall.holds(row, column));
        let region = match (in_right, in_left) {
            (true, _) => Region::RightWall,
            (false, true) => Region::LeftWall,
            (false, false) => return None,
        };
        let left = self.fatty.and_then(|fatty| fatty.left).filter(|_| in_left);
        let right = self.fatty.map(|fatty| fatty.right).filter(|_| in_right);
        let texture = left.or(right).map_or(Texture::Around(MUSCLE), Texture::Fatty);
        Some((region, texture))
    }
}
