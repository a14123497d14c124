//! Hazy opacities in the lungs, each inside a box.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use crate::canvas::{Canvas, Clouds, soft};
use crate::chest::Pose;
use crate::stream::between;

/// A box, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Annotation {
    pub(crate) x: u32,
    pub(crate) y: u32,
    pub(crate) width: u32,
    pub(crate) height: u32,
}

/// One or two boxes, from the left lung of the picture to the right one.
pub(crate) fn annotations(pose: Pose, side: u32, rng: &mut ChaCha8Rng) -> Vec<Annotation> {
    let both = rng.random_range(0..2) == 0;
    let one = rng.random_range(0..2);
    (0..2)
        .map(|lung| (lung, annotation(pose, lung, side, rng)))
        .filter(|(lung, _)| both || *lung == one)
        .map(|(_, place)| place)
        .collect()
}

fn annotation(pose: Pose, lung: usize, side: u32, rng: &mut ChaCha8Rng) -> Annotation {
    let away = between(rng, 0.16, 0.23);
    let (u, w) = (if lung == 0 { -away } else { away }, between(rng, -0.17, 0.07));
    let (half_width, half_height) = (between(rng, 0.065, 0.095), between(rng, 0.075, 0.125));
    let (x, y) = pose.to_picture(u, w);
    let pixels = |share: f32| (share * side as f32) as u32;
    let (half_width, half_height) = (half_width * pose.scale(), half_height * pose.scale());
    let (left, top) = (pixels(x - half_width), pixels(y - half_height));
    Annotation { x: left, y: top, width: pixels(x + half_width) + 1 - left, height: pixels(y + half_height) + 1 - top }
}

/// A haze that fills the ellipse in the box unevenly and fades towards its edge.
pub(crate) fn add(canvas: &mut Canvas, place: Annotation, density: f32, haze: &Clouds) {
    let side = canvas.side;
    let (half_width, half_height) = (0.5 * place.width as f32, 0.5 * place.height as f32);
    for row in 0..place.height as usize {
        for column in 0..place.width as usize {
            let across = (column as f32 + 0.5 - half_width) / half_width;
            let down = (row as f32 + 0.5 - half_height) / half_height;
            let (x, y) = (place.x as usize + column, place.y as usize + row);
            let cloud = haze.at(x as f32 / side as f32, y as f32 / side as f32);
            let rim = 1.0 - across * across - down * down;
            if rim > 0.0 {
                let value = &mut canvas.values[y * side + x];
                let cover = rim.min(1.0) * soft(rim + 0.6 * cloud, 0.6);
                *value += density * cover * (0.9 - *value).max(0.0);
            }
        }
    }
}
