//! Scores a map from any tool, without a model or tensors.
//!
//! `cargo run --release -p herring-saliency --example look`

use herring_saliency::{SaliencyError, Smoothing, localise};

fn main() -> Result<(), SaliencyError> {
    let size = [9, 9];
    let inside = |row: usize, column: usize| (3..6).contains(&row) && (3..6).contains(&column);
    let mask: Vec<f32> = (0..81).map(|pixel| f32::from(inside(pixel / 9, pixel % 9))).collect();
    for (name, row, column) in [("on the mask", 4, 4), ("next to it", 4, 7), ("in a corner", 0, 0)] {
        let map: Vec<f32> = (0..81).map(|pixel| f32::from(pixel == row * 9 + column)).collect();
        let found = localise(&map, &mask, size, Smoothing::default())?;
        println!("{name:12} IoU {:.2}  IoP {:.2}  IoT {:.2}", found.iou, found.iop, found.iot);
    }
    Ok(())
}
