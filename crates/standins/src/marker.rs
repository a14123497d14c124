//! The confounder: a tag in the corner, one for each environment.
//!
//! Tags lie in the upper corners, within 0.145 of the picture's side from both edges, hence at least
//! 0.5 of it from the middle. The expert's circle ends at 0.4.

use rand_chacha::ChaCha8Rng;

use crate::canvas::soft;
use crate::stream::between;

/// A tag, placed.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Marker {
    /// A letter L in the upper left corner.
    Letter {
        /// How far it is moved to the right and down.
        shift: (f32, f32),
    },
    /// A ring with a dot in the upper right corner.
    Ring {
        /// How far it is moved to the right and down.
        shift: (f32, f32),
    },
}

impl Marker {
    /// The tag of environment 0 (the letter) or of another (the ring).
    pub(crate) fn draw(environment: usize, rng: &mut ChaCha8Rng) -> Self {
        let shift = (between(rng, -0.01, 0.01), between(rng, -0.01, 0.01));
        if environment == 0 { Self::Letter { shift } } else { Self::Ring { shift } }
    }

    /// How much of a pixel at (x, y) it covers, 0 to 1. `side` is the picture's, in pixels.
    pub(crate) fn cover(self, x: f32, y: f32, side: usize) -> f32 {
        let edge = 0.5 / side as f32;
        match self {
            Self::Letter { shift } => {
                let (x, y) = (x - shift.0, y - shift.1);
                let bar = |left: f32, right: f32, top: f32, bottom: f32| {
                    let inside = (x - left).min(right - x).min(y - top).min(bottom - y);
                    if inside > -edge { soft(inside, edge) } else { 0.0 }
                };
                bar(0.035, 0.062, 0.03, 0.13).max(bar(0.035, 0.10, 0.105, 0.13))
            }
            Self::Ring { shift } => {
                let (dx, dy) = (x - shift.0 - 0.92, y - shift.1 - 0.08);
                let distance = (dx * dx + dy * dy).sqrt();
                soft(0.048 - distance, edge) * (1.0 - soft(0.034 - distance, edge) * soft(distance - 0.016, edge))
            }
        }
    }
}
