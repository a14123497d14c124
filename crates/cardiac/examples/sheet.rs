//! Draws six images of each class, experiment 1 above experiment 2:
//! `cargo run --release -p herring-cardiac --example sheet -- OUT.png`.

use herring_cardiac::{Class, Experiment, Generator, HEIGHT, WIDTH};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("usage: sheet OUT.png")?;
    let columns = 6;
    let rows = 2 * Class::ALL.len();
    let mut sheet = image::GrayImage::new((columns * (WIDTH + 4)) as u32, (rows * (HEIGHT + 4)) as u32);
    for (place, experiment) in [Experiment::Sizes, Experiment::Marker].into_iter().enumerate() {
        for (number, class) in Class::ALL.into_iter().enumerate() {
            for column in 0..columns {
                let section = Generator { experiment, seed: 0 }.section(class, column as u64);
                let top = (place * Class::ALL.len() + number) * (HEIGHT + 4);
                for (index, value) in section.pixels.iter().enumerate() {
                    let (x, y) = (column * (WIDTH + 4) + index % WIDTH, top + index / WIDTH);
                    sheet.put_pixel(x as u32, y as u32, image::Luma([*value]));
                }
            }
        }
    }
    sheet.save(path)?;
    Ok(())
}
