//! Writes small stand-ins and a contact sheet: one row each for NIH, PadChest, RSNA and the grey shapes, two classes of
//! children's chests and of knees, and shapes in colour with a row of their masks.
//!
//! ```text
//! cargo run --release --package herring-standins --example contact_sheet -- FOLDER
//! ```
//!
//! FOLDER must not hold stand-ins yet. The sheet is FOLDER/contact-sheet.png.

use std::error::Error;
use std::path::{Path, PathBuf};

use herring_standins::{
    KneeSettings, OwnSettings, PneumoniaSettings, RsnaSettings, ShapesSettings, XraySettings, knee, own, pneumonia,
    rsna, shapes, xray,
};
use image::RgbImage;
use image::imageops::{FilterType, overlay, resize};

const COLUMNS: usize = 6;
const TILE: u32 = 224;

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(std::env::args().nth(1).ok_or("expected a folder as the only argument")?);
    for summary in [
        xray(&root, &XraySettings { per_cell: 8, others: 6, ..Default::default() })?,
        rsna(&root, &RsnaSettings { per_cell: 4, side: 512, ..Default::default() })?,
        own(&root, &OwnSettings { per_cell: 2, ..Default::default() })?,
        pneumonia(&root, &PneumoniaSettings { train: COLUMNS, test: 1, ..Default::default() })?,
        knee(&root, &KneeSettings { train: COLUMNS, valid: 1, test: 1, ..Default::default() })?,
        shapes(&root, &ShapesSettings { classes: 3, per_cell: COLUMNS, ..Default::default() })?,
    ] {
        println!("{} images, {} bytes in {:?}", summary.images(), summary.bytes, summary.folders);
    }

    let rows = [
        "nih/images-224",
        "padchest/images-224",
        "rsna/stage_2_train_images_jpg",
        "own/images",
        "chest_xray/train/NORMAL",
        "chest_xray/train/PNEUMONIA",
        "kneeKL224/train/0",
        "kneeKL224/train/4",
        "shapes/images/grass/circle",
        "shapes/images/grass/square",
        "shapes/images/sand/circle",
        "shapes/images/sand/square",
        "shapes/images/water/triangle",
        "shapes/masks/water/triangle",
    ];
    let mut sheet = RgbImage::new(TILE * COLUMNS as u32, TILE * rows.len() as u32);
    for (row, folder) in (0..).zip(rows) {
        for (column, path) in (0..).zip(first_files(&root.join(folder))?) {
            let picture = image::open(path)?.into_rgb8();
            let tile = resize(&picture, TILE, TILE, FilterType::Triangle);
            overlay(&mut sheet, &tile, column * i64::from(TILE), row * i64::from(TILE));
        }
    }
    let path = root.join("contact-sheet.png");
    sheet.save(&path)?;
    println!("look at {}", path.display());
    Ok(())
}

fn first_files(folder: &Path) -> Result<Vec<PathBuf>, std::io::Error> {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<Result<_, std::io::Error>>()?;
    files.sort();
    files.truncate(COLUMNS);
    Ok(files)
}
