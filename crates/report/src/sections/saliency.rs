//! Mean saliency maps (paper, Figure 5).

use super::{colormap, escape, picture, section};
use crate::Page;
use herring_experiments::collect::{Collection, FinishedRun};
use herring_protocol::{CardiacSpec, DataSpec, MethodName, OverlapKind, Plane, ScoreName};

/// Sums over the finished runs of a method.
struct Sums {
    saliency: Plane,
    image: Plane,
    mask: Plane,
    images: usize,
}

/// Opacity of the saliency colours over the mean image.
const COVER: f64 = 0.88;

/// The section; empty before a run has finished.
pub fn render(page: &Page<'_>) -> String {
    let Page { collection, results, .. } = page;
    let sums: Vec<(MethodName, Sums)> = results
        .rows
        .iter()
        .filter_map(|row| {
            let runs = collection.finished(&row.method).map(|(_, run)| run);
            sum(runs).map(|sums| (row.method.clone(), sums))
        })
        .collect();
    let Some((_, most)) = sums.iter().max_by_key(|(_, sums)| sums.images) else {
        return String::new();
    };
    let mut panels = first_panel(most);
    for (index, (method, sums)) in sums.iter().enumerate() {
        let letter = char::from(b'A' + (index % 26) as u8);
        let row = results.rows.iter().find(|row| row.method == *method);
        let iop = row.and_then(|row| row.value(&ScoreName::gradient(OverlapKind::Iop))).map(|spread| spread.mean);
        panels.push_str(&map_panel(letter, collection.label(method), sums, iop));
    }
    let body = format!(
        "<p>Mean over {} test images{} of the {}absolute input gradient of the selected \
         models, summed over seeds; values below the 50th percentile are left out. Below it lies the \
         mean image. {} Each map has its own greatest value.</p>\n\
         <div class=\"panels\">\n{panels}</div>\n{}",
        most.images,
        explained_images(collection),
        if smoothed(collection) { "smoothed " } else { "" },
        escape(collection.configuration.caption("saliency")),
        picture::scale_bar("greatest value of the map"),
    );
    section("saliency", "Where the models look", &body)
}

/// Which images the maps are computed for, in words.
fn explained_images(collection: &Collection) -> String {
    // Of more than two classes none is the positive one.
    let several = |data: &DataSpec| match data {
        DataSpec::Decoys(decoys) => decoys.collection.classes() > 2,
        DataSpec::Cardiac(_) => CardiacSpec::CLASSES > 2,
        DataSpec::Crosses(_) | DataSpec::Images(_) | DataSpec::Volumes(_) => false,
    };
    match &collection.images {
        None if collection.plan.runs.iter().any(|run| several(&run.spec.data)) => " of all classes".to_owned(),
        None => " of class 1".to_owned(),
        Some(images) if images.classes.len() == 2 => format!(" of class “{}”", escape(&images.classes[1])),
        Some(_) => " of all classes".to_owned(),
    }
}

/// Whether the runs smooth their maps; in a plan they all do or none does.
fn smoothed(collection: &Collection) -> bool {
    collection.plan.runs.iter().any(|run| run.spec.evaluation.smoothing_sigma > 0.0)
}

fn sum<'a>(runs: impl Iterator<Item = &'a FinishedRun>) -> Option<Sums> {
    let mut total: Option<Sums> = None;
    for run in runs {
        let pictures = &run.pictures;
        match &mut total {
            None => {
                total = Some(Sums {
                    saliency: pictures.saliency_sum.clone(),
                    image: pictures.image_sum.clone(),
                    mask: pictures.mask_sum.clone(),
                    images: pictures.images,
                });
            }
            Some(total) => {
                add(&mut total.saliency, &pictures.saliency_sum);
                add(&mut total.image, &pictures.image_sum);
                add(&mut total.mask, &pictures.mask_sum);
                total.images += pictures.images;
            }
        }
    }
    total.filter(|sums| sums.images > 0)
}

fn add(total: &mut Plane, more: &Plane) {
    for (value, more) in total.values.iter_mut().zip(&more.values) {
        *value += more;
    }
}

fn size(sums: &Sums) -> (usize, usize) {
    (sums.image.height, sums.image.width)
}

fn mask_outline(sums: &Sums) -> String {
    let (height, width) = size(sums);
    let inside = |row, column| picture::at(&sums.mask, row, column) > 0.0;
    format!("<path class=\"outline\" d=\"{}\"/>", picture::outline(height, width, inside))
}

/// The mean image, with the masks in colour; where they cover most of it, with what is outside.
fn first_panel(sums: &Sums) -> String {
    let (height, width) = size(sums);
    let images = sums.images as f64;
    let covered: f64 = sums.mask.values.iter().map(|value| f64::from(*value)).sum();
    let outside = covered > 0.5 * images * sums.mask.values.len() as f64;
    let range = picture::Range::of(&sums.image, sums.images);
    let address = picture::address(height, width, |row, column| {
        let below = picture::shade(&sums.image, (row, column), |sum| range.lifted(range.share(sum / images)));
        let mask = (picture::at(&sums.mask, row, column) / images).clamp(0.0, 1.0);
        let mask = if outside { 1.0 - mask } else { mask };
        if mask > 0.0 {
            // Vermilion, stronger where more masks overlap.
            let strength = 0.55 + 0.45 * mask.sqrt();
            [213.0, 94.0, 0.0].map(|part| (part * strength) as u8)
        } else {
            below
        }
    });
    let coloured = if outside { "what is outside the masks" } else { "masks" };
    let title = format!("Mean of {} images, {coloured} in colour", sums.images);
    picture::panel((height, width), &title, &address, "", &format!("Mean image, {coloured} in colour"))
}

fn map_panel(letter: char, label: &str, sums: &Sums, iop: Option<f64>) -> String {
    let (height, width) = size(sums);
    let images = sums.images as f64;
    let range = picture::Range::of(&sums.image, sums.images);
    let threshold = median(&sums.saliency.values);
    let greatest = sums.saliency.values.iter().copied().fold(0.0f32, f32::max);
    let span = f64::from(greatest).max(f64::MIN_POSITIVE);
    let address = picture::address(height, width, |row, column| {
        let saliency = picture::at(&sums.saliency, row, column);
        let below = picture::shade(&sums.image, (row, column), |sum| range.lifted(range.share(sum / images)));
        if saliency < threshold {
            return below;
        }
        let colour = colormap::colour(saliency / span);
        [0, 1, 2].map(|part| (COVER * f64::from(colour[part]) + (1.0 - COVER) * f64::from(below[part])).round() as u8)
    });
    let title = format!("Mean saliency of {label}");
    let caption = match iop {
        Some(iop) => format!("<b>{letter}</b> {}<br><span>IoP {iop:.3}</span>", escape(label)),
        None => format!("<b>{letter}</b> {}", escape(label)),
    };
    picture::panel((height, width), &title, &address, &mask_outline(sums), &caption)
}

/// The median.
fn median(values: &[f32]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f32::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() % 2 {
        0 if middle > 0 => (f64::from(sorted[middle - 1]) + f64::from(sorted[middle])) / 2.0,
        _ => sorted.get(middle).copied().map_or(0.0, f64::from),
    }
}
