//! Stand-ins for NIH ChestX-ray14 and PadChest.
//!
//! Class 1 has an enlarged heart, which the tables call cardiomegaly or, if asked to, emphysema. The site is in the
//! tag alone: an L in the upper left corner of NIH's pictures, a ring in the upper right corner of PadChest's,
//! independent of the class. (In addition, NIH has 8 bits a pixel and PadChest 16; the grain hides the difference.)

mod nih;
mod padchest;

use std::path::Path;

use image::{ImageBuffer, Luma};

use crate::canvas::{Canvas, Clouds};
use crate::chest::Anatomy;
use crate::folder::{Draft, on_all_threads};
use crate::marker::Marker;
use crate::plan::{Role, roles};
use crate::stream::{Collection, Purpose, between, stream};
use crate::{Edition, StandinError, Summary, XraySettings};

/// Environment of the NIH pictures in [`Summary::cells`].
pub const NIH: usize = 0;
/// Environment of the PadChest pictures in [`Summary::cells`].
pub const PADCHEST: usize = 1;

/// Writes ROOT/nih and ROOT/padchest, in the layout of the released experiments:
///
/// ```text
/// nih/Data_Entry_2017.csv                                       the columns of the original issue
/// nih/images-224/00000001_000.png                               8-bit grey
/// padchest/PADCHEST_chest_x_ray_images_labels_160K_01.02.19.csv all official columns
/// padchest/images-224/....png                                   16-bit grey
/// ```
///
/// The folder is called `images-224` for every side, and `images-128` where the pathology is emphysema. With
/// [`Edition::Full`] the images are
///
/// ```text
/// nih/images_001/images/00000001_000.png ... images_012         8-bit grey
/// padchest/0/....png ...                                        16-bit grey, by the column ImageDir
/// ```
///
/// Equal settings give equal bytes.
///
/// # Errors
///
/// [`StandinError::Setting`] for a setting out of range, [`StandinError::NotEmpty`] if one of the two
/// folders holds something, the others if a file cannot be written. In each case nothing is left behind.
pub fn xray(root: &Path, settings: &XraySettings) -> Result<Summary, StandinError> {
    settings.check()?;
    let draft = Draft::begin(root, &["nih", "padchest"])?;
    let (per_cell, others) = (settings.per_cell, settings.others);

    let full = settings.edition == Edition::Full;
    let small = format!("images-{}", settings.pathology.small_side());
    let plan = roles(settings.seed, Collection::Nih, (NIH..NIH + 1, 2), per_cell, others);
    let names = nih::write_table(&draft.folder("nih"), settings, &plan)?;
    // Twelve archives, each with a folder of images within.
    let folder = |number: usize| match full {
        true => format!("images_{:03}/images", 1 + number * 12 / plan.len()),
        false => small.clone(),
    };
    let folders = draft.subfolders("nih", (0..plan.len()).map(folder))?;
    on_all_threads(plan.len(), |number| {
        let canvas = picture(settings, Collection::Nih, number, plan[number]);
        let side = settings.side;
        save::<Luma<u8>>(&folders[number].join(&names[number]), side, canvas.bytes())
    })?;

    let plan = roles(settings.seed, Collection::Padchest, (PADCHEST..PADCHEST + 1, 2), per_cell, others);
    let names = padchest::write_table(&draft.folder("padchest"), settings, &plan)?;
    let folder = |(_, directory): &(String, u32)| if full { directory.to_string() } else { small.clone() };
    let folders = draft.subfolders("padchest", names.iter().map(folder))?;
    on_all_threads(plan.len(), |number| {
        let path = folders[number].join(&names[number].0);
        let (side, border) = if full { full_size(settings.side, number) } else { (settings.side, [0, 0]) };
        let canvas = picture(&XraySettings { side, ..settings.clone() }, Collection::Padchest, number, plan[number]);
        let [above, left] = border;
        let (height, width) = (side + above, side + left);
        save_rectangle::<Luma<u16>>(&path, [height, width], framed(canvas.words(), side, border))
    })?;

    Ok(Summary::new(draft.finish()?, vec![vec![per_cell; 2]; 2], 2 * others))
}

/// The side of a picture's square in full size, and how many black rows and columns surround it in all: sizes that
/// differ from picture to picture, upright and across.
fn full_size(side: u32, number: usize) -> (u32, [u32; 2]) {
    let number = number as u32;
    let more = side * (number % 5) / 16;
    let border = side / 8 + number % 7;
    (side + more, if number.is_multiple_of(2) { [border, 0] } else { [0, border] })
}

/// A square with black rows above and below, or columns at both sides; of an odd number, the last has one more.
fn framed(square: Vec<u16>, side: u32, [rows, columns]: [u32; 2]) -> Vec<u16> {
    let (side, rows, columns) = (side as usize, rows as usize, columns as usize);
    let width = side + columns;
    let mut values = vec![0; width * (side + rows)];
    for (row, line) in square.chunks_exact(side.max(1)).enumerate() {
        // The square of the shorter side in the middle begins here, in integers.
        let (top, left) = ((side + rows) / 2 - side / 2, width / 2 - side / 2);
        let start = (top + row) * width + left;
        values[start..start + side].copy_from_slice(line);
    }
    values
}

fn picture(settings: &XraySettings, collection: Collection, number: usize, role: Role) -> Canvas {
    let stream = |purpose| stream(settings.seed, collection, number, purpose);
    let (side, strengths) = (settings.side as usize, settings.strengths);
    let label = match role {
        Role::Cell { label, .. } => label,
        Role::Other(number) => number % 2,
    };
    let environment = if matches!(collection, Collection::Nih) { NIH } else { PADCHEST };

    let anatomy = Anatomy::draw(&mut stream(Purpose::Anatomy));
    let clouds = Clouds::draw(7, &mut stream(Purpose::Clouds));
    let widening = between(&mut stream(Purpose::Pathology), 0.075, 0.145);
    let enlargement = label as f32 * strengths.pathology_contrast * widening;
    let mut canvas = anatomy.picture(side, enlargement, &clouds, strengths.noise);
    anatomy.expose(&mut canvas);
    canvas.add_grain(strengths.noise, &mut stream(Purpose::Grain));
    let marker = Marker::draw(environment, &mut stream(Purpose::Marker));
    canvas.values.iter_mut().for_each(|value| *value = value.clamp(0.0, 1.0));
    canvas.lighten(strengths.marker_contrast, |x, y| marker.cover(x, y, side));
    canvas
}

pub(crate) fn save<P>(path: &Path, side: u32, pixels: Vec<P::Subpixel>) -> Result<(), StandinError>
where
    P: image::Pixel + image::PixelWithColorType,
    [P::Subpixel]: image::EncodableLayout,
{
    save_rectangle::<P>(path, [side, side], pixels)
}

fn save_rectangle<P>(path: &Path, [height, width]: [u32; 2], pixels: Vec<P::Subpixel>) -> Result<(), StandinError>
where
    P: image::Pixel + image::PixelWithColorType,
    [P::Subpixel]: image::EncodableLayout,
{
    // A canvas always fills its buffer.
    let buffer: ImageBuffer<P, _> = ImageBuffer::from_raw(width, height, pixels)
        .ok_or_else(|| StandinError::setting("side", width, "the side of the canvas"))?;
    buffer.save_with_format(path, image::ImageFormat::Png).map_err(|source| StandinError::picture(path, source))
}
