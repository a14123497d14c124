//! Stand-ins for NIH ChestX-ray14 and PadChest.
//!
//! Class 1 has an enlarged heart. The site is in the tag alone: an L in the upper left corner of NIH's
//! pictures, a ring in the upper right corner of PadChest's, whatever the class. (Beside it, NIH has 8
//! bits a pixel and PadChest 16; the grain hides the difference.)

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
use crate::{StandinError, Summary, XraySettings};

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
/// The folder is called `images-224` whatever the side. Equal settings give equal bytes.
///
/// # Errors
///
/// [`StandinError::Setting`] for a setting out of range, [`StandinError::NotEmpty`] if one of the two
/// folders holds something, the others if a file cannot be written. In each case nothing is left behind.
pub fn xray(root: &Path, settings: &XraySettings) -> Result<Summary, StandinError> {
    settings.check()?;
    let draft = Draft::begin(root, &["nih", "padchest"])?;
    let (per_cell, others) = (settings.per_cell, settings.others);

    let pictures = draft.subfolder("nih", "images-224")?;
    let plan = roles(settings.seed, Collection::Nih, (NIH..NIH + 1, 2), per_cell, others);
    let names = nih::write_table(&draft.folder("nih"), settings.seed, &plan)?;
    on_all_threads(plan.len(), |number| {
        let canvas = picture(settings, Collection::Nih, number, plan[number]);
        let side = settings.side;
        save::<Luma<u8>>(&pictures.join(&names[number]), side, canvas.bytes())
    })?;

    let pictures = draft.subfolder("padchest", "images-224")?;
    let plan = roles(settings.seed, Collection::Padchest, (PADCHEST..PADCHEST + 1, 2), per_cell, others);
    let names = padchest::write_table(&draft.folder("padchest"), settings.seed, &plan)?;
    on_all_threads(plan.len(), |number| {
        let canvas = picture(settings, Collection::Padchest, number, plan[number]);
        save::<Luma<u16>>(&pictures.join(&names[number]), settings.side, canvas.words())
    })?;

    Ok(Summary::new(draft.finish()?, vec![vec![per_cell; 2]; 2], 2 * others))
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
    // A canvas of `side` x `side` always fills its buffer.
    let buffer: ImageBuffer<P, _> = ImageBuffer::from_raw(side, side, pixels)
        .ok_or_else(|| StandinError::setting("side", side, "the side of the canvas"))?;
    buffer.save_with_format(path, image::ImageFormat::Png).map_err(|source| StandinError::picture(path, source))
}
