//! The knees of the Osteoarthritis Initiative, which tap2024 calls KNEE.
//!
//! With the grade the gap between the bones becomes narrower, more so on the inner side; spurs grow at the margins of the
//! joint, and the bone beneath it becomes whiter. There is no marker: tap2024 plants its own decoys.

use std::path::Path;

use image::Luma;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use crate::canvas::{Canvas, Clouds, mix, soft};
use crate::folder::{Draft, on_all_threads};
use crate::stream::{Collection, Purpose, between, stream};
use crate::xray::save;
use crate::{KneeSettings, StandinError, Summary};

/// The parts' folders.
pub const PARTS: [&str; 3] = ["train", "val", "test"];

/// Grades are 0 to 4.
pub const GRADES: usize = 5;

/// The first identity; as in the official names, a letter for the side follows.
const FIRST: usize = 9_000_000;

/// Writes ROOT/kneeKL224:
///
/// ```text
/// kneeKL224/train/0/9000000L.png      8-bit grey; folders train, val and test, and in each the grades 0 to 4
/// ```
///
/// Equal settings give equal bytes. In the summary there is one environment.
///
/// # Errors
///
/// [`StandinError::Setting`] for a setting out of range, [`StandinError::NotEmpty`] if the folder holds something,
/// the others if a file cannot be written. In each case nothing is left behind.
pub fn knee(root: &Path, settings: &KneeSettings) -> Result<Summary, StandinError> {
    settings.check()?;
    let draft = Draft::begin(root, &["kneeKL224"])?;
    let names = PARTS.into_iter().flat_map(|part| (0..GRADES).map(move |grade| format!("{part}/{grade}")));
    let folders = draft.subfolders("kneeKL224", names)?;
    let counts = [settings.train, settings.valid, settings.test];
    let plans: Vec<(usize, usize)> =
        (0..PARTS.len()).flat_map(|part| (0..GRADES * counts[part]).map(move |place| (part, place % GRADES))).collect();
    on_all_threads(plans.len(), |place| {
        let (part, grade) = plans[place];
        let (picture, right) = picture(settings, place, grade);
        let name = format!("{}{}.png", FIRST + place, if right { 'R' } else { 'L' });
        save::<Luma<u8>>(&folders[part * GRADES + grade].join(name), settings.side, picture.bytes())
    })?;
    Ok(Summary::new(draft.finish()?, vec![vec![counts.iter().sum(); GRADES]], 0))
}

/// A knee, in shares of the picture's side. Positions are (u, w): u to the inner side of the leg, w downwards, the
/// origin in the middle of the joint.
#[derive(Debug, Clone)]
struct Knee {
    /// Whether it is a right one, whose inner side is on the picture's right.
    right: bool,
    middle: (f32, f32),
    /// Tangent of the tilt of the joint's line.
    tilt: f32,
    scale: f32,
    /// Half the width of the leg.
    leg: f32,
    /// Distance of the bones.
    gap: f32,
    /// How much less it is on the inner side.
    inner_loss: f32,
    /// How much the bones are wider at the joint.
    spur: f32,
    /// How much whiter the bone is next to the joint.
    rim: f32,
    bone: f32,
    tissue: f32,
}

impl Knee {
    /// Draws a patient; `severity` is from 0 to 4.
    fn draw(severity: f32, rng: &mut ChaCha8Rng) -> Self {
        Self {
            right: rng.random_range(0..2) == 1,
            middle: (0.5 + between(rng, -0.025, 0.025), 0.5 + between(rng, -0.03, 0.03)),
            tilt: between(rng, -0.05, 0.05),
            scale: between(rng, 0.93, 1.07),
            leg: between(rng, 0.38, 0.44),
            gap: 0.062 - 0.0095 * severity + between(rng, -0.005, 0.005),
            inner_loss: 0.0035 * severity + between(rng, -0.002, 0.002),
            spur: 0.011 * severity + between(rng, -0.004, 0.004),
            rim: 0.06 + 0.035 * severity + between(rng, -0.02, 0.02),
            bone: between(rng, 0.60, 0.70),
            tissue: between(rng, 0.27, 0.36),
        }
    }

    /// From picture coordinates, 0 to 1.
    fn to_knee(&self, x: f32, y: f32) -> (f32, f32) {
        let (dx, dy) = ((x - self.middle.0) / self.scale, (y - self.middle.1) / self.scale);
        (if self.right { dx } else { -dx }, dy - self.tilt * dx)
    }

    fn at(&self, u: f32, w: f32, texture: f32) -> f32 {
        let away = u.abs();
        let mut value = mix(0.05, self.tissue, soft(self.leg - away + 0.05 * w, 0.03));
        let gap = (self.gap - self.inner_loss * soft(u, 0.08)).max(0.008);
        // The thigh bone ends in two rounded condyles with a notch between them; the shin bone is nearly flat, with a
        // small ridge in the middle. `above` and `below` are depths inside the bones, from the joint.
        let round = away / 0.27;
        let notch = 0.055 * soft(0.045 - away, 0.035);
        let above = -w - 0.5 * gap - notch - 0.022 * round * round * round * round;
        let below = w - 0.5 * gap + 0.022 * soft(0.035 - away, 0.03);
        let thigh = 0.155 + 0.115 * soft(0.15 - above, 0.13) + self.spur * soft(0.025 - above, 0.03);
        let shin = 0.145 + 0.125 * soft(0.11 - below, 0.1) + self.spur * soft(0.025 - below, 0.03);
        // The thin bone beside the shin bone.
        let beside = 0.032 - (u + 0.235 - 0.05 * below).abs();
        value = mix(value, 0.8 * self.bone, soft(beside, 0.012) * soft(below - 0.11, 0.02));
        for (depth, half) in [(above, thigh), (below, shin)] {
            let inside = soft(depth, 0.007) * soft(half - away, 0.01);
            if inside > 0.0 {
                // Whiter along the edges, which the beam passes lengthwise, and next to the joint.
                let edge = soft(0.012 - (half - away - 0.012).abs(), 0.01);
                let joint = soft(0.02 - depth, 0.015);
                let bone = self.bone + texture + 0.10 * edge + self.rim * joint;
                value = mix(value, bone, inside);
            }
        }
        value
    }
}

fn picture(settings: &KneeSettings, place: usize, grade: usize) -> (Canvas, bool) {
    let stream = |purpose| stream(settings.seed, Collection::Knee, place, purpose);
    let strengths = settings.strengths;
    let severity = strengths.pathology_contrast * grade as f32;
    let knee = Knee::draw(severity, &mut stream(Purpose::Anatomy));
    let clouds = Clouds::draw(9, &mut stream(Purpose::Clouds));
    let mut canvas = Canvas::of(settings.side as usize, |x, y| {
        let (u, w) = knee.to_knee(x, y);
        knee.at(u, w, 1.5 * strengths.noise * clouds.at(x, y))
    });
    canvas.add_grain(strengths.noise, &mut stream(Purpose::Grain));
    (canvas, knee.right)
}
