//! A crude chest: the parts that the pictures of both experiments share.
//!
//! Chest coordinates are (u, w): u to the right of the picture, w downwards, the origin in the middle
//! of the chest, both in shares of the picture's side before pose. The patient's left is on the
//! picture's right, as in every frontal radiograph.

use rand_chacha::ChaCha8Rng;

use crate::canvas::{Canvas, Clouds, mix, soft, to_segment};
use crate::stream::between;

/// Above this side the anatomy, which has soft edges only, is drawn at this side and enlarged.
const DRAWN_SIDE: usize = 256;

/// Where the chest lies in the picture.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pose {
    shift: (f32, f32),
    /// Tangent of the rotation.
    turn: f32,
    scale: f32,
}

impl Pose {
    /// From picture coordinates, 0 to 1, to chest coordinates.
    fn to_chest(self, x: f32, y: f32) -> (f32, f32) {
        let (dx, dy) = (x - 0.5 - self.shift.0, y - 0.5 - self.shift.1);
        ((dx + self.turn * dy) / self.scale, (dy - self.turn * dx) / self.scale)
    }

    /// From chest coordinates to picture coordinates.
    pub(crate) fn to_picture(self, u: f32, w: f32) -> (f32, f32) {
        let shrink = self.scale / (1.0 + self.turn * self.turn);
        (0.5 + self.shift.0 + shrink * (u - self.turn * w), 0.5 + self.shift.1 + shrink * (w + self.turn * u))
    }

    /// How much larger than life.
    pub(crate) fn scale(self) -> f32 {
        self.scale
    }
}

/// A vessel that leaves the hilum.
#[derive(Debug, Clone, Copy)]
struct Vessel {
    from: (f32, f32),
    to: (f32, f32),
    strength: f32,
}

/// One side of the chest, in coordinates whose first component grows away from the spine.
#[derive(Debug, Clone)]
struct Side {
    /// Distance of the lung's outer edge from the spine where it is widest.
    outer: f32,
    /// Distance of the lung's inner edge from the spine.
    inner: f32,
    apex: f32,
    /// Height of the diaphragm's dome.
    dome: f32,
    /// Brightness of the lung.
    lung: f32,
    clavicle: (f32, f32),
    vessels: Vec<Vessel>,
}

/// Everything that differs from patient to patient, apart from the pathology.
#[derive(Debug, Clone)]
pub(crate) struct Anatomy {
    pub(crate) pose: Pose,
    /// The picture's left (the patient's right), then the picture's right.
    sides: [Side; 2],
    /// Half-width of the heart without enlargement.
    heart: f32,
    heart_height: f32,
    heart_middle: (f32, f32),
    heart_tilt: f32,
    knob: f32,
    shoulder: f32,
    rib_spacing: f32,
    rib_offset: f32,
    rib_strength: f32,
    bubble: (f32, f32, f32),
    gain: f32,
    lift: f32,
}

impl Anatomy {
    /// Draws a patient.
    pub(crate) fn draw(rng: &mut ChaCha8Rng) -> Self {
        let pose = Pose {
            shift: (between(rng, -0.02, 0.02), between(rng, -0.02, 0.02)),
            turn: between(rng, -0.045, 0.045),
            scale: between(rng, 0.93, 1.05),
        };
        let outer = between(rng, 0.335, 0.375);
        let apex = between(rng, -0.40, -0.36);
        let dome = between(rng, 0.17, 0.23);
        let lung = between(rng, 0.17, 0.25);
        let sides = [0.0, 0.022].map(|lower| Side {
            outer: outer + between(rng, -0.01, 0.01),
            inner: between(rng, 0.048, 0.062),
            apex: apex + between(rng, -0.012, 0.012),
            dome: dome + lower + between(rng, -0.01, 0.01),
            lung: lung + between(rng, -0.015, 0.015),
            clavicle: (between(rng, -0.30, -0.26), between(rng, -0.39, -0.34)),
            vessels: (0..9).map(|number| vessel(number, rng)).collect(),
        });
        Self {
            pose,
            sides,
            heart: between(rng, 0.110, 0.142),
            heart_height: between(rng, 0.150, 0.180),
            heart_middle: (between(rng, 0.026, 0.046), between(rng, 0.085, 0.115)),
            heart_tilt: between(rng, 0.25, 0.5),
            knob: between(rng, 0.036, 0.050),
            shoulder: between(rng, -0.37, -0.32),
            rib_spacing: between(rng, 0.074, 0.088),
            rib_offset: between(rng, 0.0, 0.08),
            rib_strength: between(rng, 0.05, 0.085),
            bubble: (between(rng, 0.12, 0.2), between(rng, 0.33, 0.38), between(rng, 0.0, 0.2)),
            gain: between(rng, 0.90, 1.06),
            lift: between(rng, -0.02, 0.04),
        }
    }

    /// The chest without noise, marker or opacities. `enlargement` widens the heart, in shares of the
    /// picture's side: a quarter of it towards the patient's right, the rest towards the left.
    pub(crate) fn picture(&self, side: usize, enlargement: f32, clouds: &Clouds, cloudiness: f32) -> Canvas {
        let heart = Heart::new(self, enlargement);
        Canvas::of(side.min(DRAWN_SIDE), |x, y| {
            let (u, w) = self.pose.to_chest(x, y);
            let density = self.at(u, w, &heart) * (1.0 + 2.0 * cloudiness * clouds.at(x, y));
            density + cloudiness * clouds.at(1.0 - y, x)
        })
        .enlarged(side)
    }

    /// Applies the exposure, which is the last thing before the grain.
    pub(crate) fn expose(&self, canvas: &mut Canvas) {
        canvas.values.iter_mut().for_each(|value| *value = *value * self.gain + self.lift);
    }

    fn at(&self, u: f32, w: f32, heart: &Heart) -> f32 {
        let side = &self.sides[usize::from(u > 0.0)];
        let away = u.abs();

        // Air, then soft tissue: the neck, the shoulders, the trunk and, next to it, the arms.
        let slope = (away - 0.09).max(0.0);
        let shoulder = self.shoulder - 0.09 + 0.16 * slope + 0.55 * slope * slope;
        let trunk = 0.425 + 0.02 * w + 0.30 * soft(-0.06 - w, 0.14);
        let neck = soft(0.105 - away, 0.02) * soft(self.shoulder + 0.1 - w, 0.05);
        let body = (soft(w - shoulder, 0.02) * soft(trunk - away, 0.018)).max(neck);
        let arm = soft(away - 0.47, 0.02) * soft(w + 0.05, 0.05);
        let tissue = 0.56 + 0.10 * soft(w - 0.05, 0.3) - 0.10 * soft(away - 0.44, 0.08);
        let mut value = mix(0.05, tissue, body.max(0.6 * arm));

        // The lung: an arch above, the outer wall, the diaphragm's dome and its angle below.
        let widest = 0.16;
        let (across, up) = (away / side.outer, ((widest - w) / (widest - side.apex)).max(0.0));
        let arch = (1.0 - across * across - up * up * (0.45 + 0.55 * up * up)) * 0.5 * side.outer;
        let fall = (away - 0.16) / 0.2;
        let floor = side.dome + 0.10 * fall * fall * fall.abs().max(0.35);
        let inner = side.inner + 0.03 * soft(w + 0.02, 0.1);
        let lung = soft(arch, 0.016) * soft(away - inner, 0.022) * soft(floor - w, 0.014);
        let aerated = side.lung + 0.07 * soft(w - 0.02, 0.25) + 0.05 * soft(-0.22 - w, 0.1);
        value = mix(value, aerated, lung);

        // The chest wall is brightest where the beam runs along it.
        value += 0.10 * (1.0 - (arch + 0.012).abs() / 0.022).max(0.0) * soft(floor + 0.03 - w, 0.03);

        // Below the diaphragm, with a bubble of gas in the stomach.
        let abdomen = soft(w - floor, 0.014) * body;
        value = mix(value, 0.84 - 0.06 * soft(away - 0.3, 0.15), abdomen);
        let (bx, by) = ((u - self.bubble.0) / 0.06, (w - self.bubble.1) / 0.035);
        value -= self.bubble.2 * soft(1.0 - bx * bx - by * by, 0.8) * abdomen;

        if body > 0.0 && abdomen < 1.0 {
            value += self.ribs(away, w) * body * mix(0.35, 1.0, lung) * (1.0 - abdomen);
        }
        if lung > 0.0 {
            value += self.vessels(side, away, w) * lung;
        }

        let clavicle = to_segment((away, w), (0.035, side.clavicle.0), (0.40, side.clavicle.1)).0;
        value +=
            0.10 * soft(0.014 - clavicle, 0.007) * body + 0.04 * soft(0.006 - (clavicle - 0.013).abs(), 0.005) * body;

        // The spine and what lies before it, the trachea, the heart with the great vessels.
        let middle = soft(0.058 + 0.03 * soft(w + 0.05, 0.12) - away, 0.03) * body;
        value = mix(value, 0.74, 0.85 * middle);
        let vertebra = (w * 15.0 + 20.0).fract();
        value += 0.035 * soft(0.045 - away, 0.01) * soft((vertebra - 0.5).abs() - 0.32, 0.1) * body;
        value -= 0.13 * soft(0.019 - (u + 0.004).abs(), 0.012) * soft(-0.17 - w, 0.03) * body;
        let (kx, ky) = ((u - 0.045) / self.knob, (w + 0.185) / self.knob);
        value = mix(value, 0.72, 0.8 * soft(1.0 - kx * kx - ky * ky, 0.5));
        mix(value, 0.78, 0.9 * heart.cover(u, w))
    }

    /// Posterior ribs, which arch outwards and down, and anterior ones, which are fainter.
    fn ribs(&self, away: f32, w: f32) -> f32 {
        let near = |place: f32, spacing: f32, half: f32| {
            let phase = (place / spacing + 20.0).fract() * spacing - 0.5 * spacing;
            let shell = soft(half - phase.abs(), 0.006);
            shell + 0.5 * soft(0.004 - (phase.abs() - half).abs(), 0.004)
        };
        let within = soft(0.385 - away, 0.02) * soft(away - 0.05, 0.02) * soft(w + 0.42, 0.03);
        let behind = w + self.rib_offset + 0.22 * away - 1.15 * away * away;
        let before = w - self.rib_offset + 0.42 * away - 0.2 * away * away;
        let spacing = self.rib_spacing;
        within
            * self.rib_strength
            * (near(behind, spacing, 0.2 * spacing)
                + 0.45 * near(before, 1.15 * spacing, 0.22 * spacing) * soft(away - 0.15, 0.06))
    }

    fn vessels(&self, side: &Side, away: f32, w: f32) -> f32 {
        let mut sum = 0.0;
        for vessel in &side.vessels {
            let (distance, along) = to_segment((away, w), vessel.from, vessel.to);
            let half = 0.012 - 0.007 * along;
            if distance < 2.0 * half {
                sum += vessel.strength * soft(half - distance, half) * (1.0 - along);
            }
        }
        let (hx, hy) = ((away - 0.085) / 0.04, (w + 0.01) / 0.07);
        sum.min(0.12) + 0.10 * soft(1.0 - hx * hx - hy * hy, 1.0)
    }
}

fn vessel(number: usize, rng: &mut ChaCha8Rng) -> Vessel {
    // Directions fan out from upwards to downwards.
    let part = number as f32 / 8.0;
    let (reach, down) = (between(rng, 0.16, 0.3), mix(-0.26, 0.2, part) + between(rng, -0.04, 0.04));
    let from = (between(rng, 0.07, 0.09), -0.02 + 0.3 * down);
    let bend = 1.0 - 2.2 * down.abs();
    Vessel { from, to: (from.0 + reach * bend.max(0.25), down), strength: between(rng, 0.04, 0.11) }
}

/// The heart's shadow, with its enlargement.
#[derive(Debug, Clone, Copy)]
struct Heart {
    middle: (f32, f32),
    half_width: f32,
    half_height: f32,
    tilt: f32,
}

impl Heart {
    fn new(anatomy: &Anatomy, enlargement: f32) -> Self {
        Self {
            middle: (anatomy.heart_middle.0 + 0.25 * enlargement, anatomy.heart_middle.1),
            half_width: anatomy.heart + 0.5 * enlargement,
            half_height: anatomy.heart_height,
            tilt: anatomy.heart_tilt,
        }
    }

    fn cover(&self, u: f32, w: f32) -> f32 {
        let down = (w - self.middle.1) / self.half_height;
        let across = (u - self.middle.0) / self.half_width - self.tilt * down;
        // Flat below, pointed above.
        let down = if down > 0.0 { 0.85 * down } else { down };
        soft((1.0 - across * across - down * down) * self.half_width, 0.022)
    }
}
