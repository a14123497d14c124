//! What is known of the images: as JSON, as rows of CSV, and summed up.

use crate::input::Input;
use herring_saliency::{Attribution, Baseline};
use herring_stats::summary::mean;
use serde::Serialize;

/// The format of `scores.json`; raised when a field changes its meaning.
pub const FORMAT: u32 = 2;

/// `scores.json`.
#[derive(Debug, Serialize)]
pub(crate) struct Scores<'a> {
    pub(crate) format: u32,
    pub(crate) network: NetworkRecord<'a>,
    pub(crate) settings: SettingsRecord<'a>,
    pub(crate) summary: &'a [MethodSummary],
    pub(crate) images: &'a [ImageRecord],
    pub(crate) failures: &'a [Failed],
}

/// The network.
#[derive(Debug, Serialize)]
pub(crate) struct NetworkRecord<'a> {
    pub(crate) name: &'a str,
    pub(crate) weights: String,
    pub(crate) sha256: &'a str,
    pub(crate) classes: usize,
    pub(crate) device: &'a str,
}

/// What the maps and scores depend on.
#[derive(Debug, Serialize)]
pub(crate) struct SettingsRecord<'a> {
    pub(crate) methods: Vec<MethodSettings<'a>>,
    pub(crate) target: String,
    pub(crate) sign: &'static str,
    pub(crate) top_share: Option<f64>,
    pub(crate) curve_steps: Option<usize>,
    pub(crate) deleted: Baseline,
    pub(crate) tolerance: usize,
    pub(crate) seed: u64,
    pub(crate) input: &'a Input,
}

/// A method with its settings, none for some.
#[derive(Debug, Serialize)]
pub(crate) struct MethodSettings<'a> {
    pub(crate) name: &'static str,
    pub(crate) settings: &'a Attribution,
}

/// An image that could not be explained.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Failed {
    /// The file.
    pub path: String,
    /// Why, in one line.
    pub error: String,
}

/// A class with its score.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Prediction {
    pub(crate) class: usize,
    pub(crate) label: String,
    pub(crate) probability: f64,
}

/// An image.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct ImageRecord {
    /// Place among all images, from 0.
    pub(crate) number: usize,
    pub(crate) path: String,
    pub(crate) target: Prediction,
    pub(crate) logit: f64,
    /// The three most probable classes.
    pub(crate) predicted: Vec<Prediction>,
    pub(crate) maps: Vec<MapRecord>,
}

/// A map of an image.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct MapRecord {
    pub(crate) method: &'static str,
    /// Places in the folder.
    pub(crate) map: String,
    pub(crate) overlay: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) completeness: Option<Completeness>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) deletion: Option<CurveRecord>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) insertion: Option<CurveRecord>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) overlap: Option<OverlapRecord>,
}

/// How far a map's sum is from the difference of the logits that it should be.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Completeness {
    /// The map's sum less the difference.
    pub(crate) residual: f64,
    /// The logit of the image less that of its baseline.
    pub(crate) difference: f64,
}

impl Completeness {
    /// The residual as a share of the difference.
    pub(crate) fn relative(&self) -> f64 {
        self.residual.abs() / self.difference.abs().max(f64::MIN_POSITIVE)
    }
}

/// A deletion or insertion curve.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct CurveRecord {
    pub(crate) area: f64,
    pub(crate) probabilities: Vec<f64>,
}

/// A map and a mask.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct OverlapRecord {
    pub(crate) iou: f64,
    pub(crate) iop: f64,
    pub(crate) iot: f64,
    /// Whether the largest value is on the mask.
    pub(crate) pointing: bool,
}

/// How alike maps are to those of a network with so many fresh layers.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct StageRecord {
    pub(crate) layers: usize,
    pub(crate) from: String,
    /// Mean over the images of Spearman's correlation of the signed maps.
    pub(crate) signed: Option<f64>,
    /// The same of their absolute values.
    pub(crate) absolute: Option<f64>,
}

/// Means over the images of a method.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct MethodSummary {
    pub(crate) method: &'static str,
    pub(crate) images: usize,
    /// Median over the images of the residual as a share of the difference.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) completeness: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) deletion: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) insertion: Option<f64>,
    /// Images with a mask.
    pub(crate) masked: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) iou: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) iop: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) iot: Option<f64>,
    /// Share of the images with a mask whose largest value is on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) pointing: Option<f64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) randomisation: Vec<StageRecord>,
}

impl MethodSummary {
    /// Of the images' maps of a method.
    pub(crate) fn of(method: &'static str, images: &[ImageRecord], randomisation: Vec<StageRecord>) -> Self {
        let maps = || images.iter().flat_map(|image| &image.maps).filter(|map| map.method == method);
        let mean_of =
            |value: &dyn Fn(&MapRecord) -> Option<f64>| mean(&maps().filter_map(value).collect::<Vec<_>>()).ok();
        let mut shares: Vec<f64> = maps().filter_map(|map| Some(map.completeness.as_ref()?.relative())).collect();
        shares.sort_by(f64::total_cmp);
        let overlap = |value: fn(&OverlapRecord) -> f64| mean_of(&|map| map.overlap.as_ref().map(value));
        Self {
            method,
            images: maps().count(),
            completeness: shares.get(shares.len() / 2).copied(),
            deletion: mean_of(&|map| Some(map.deletion.as_ref()?.area)),
            insertion: mean_of(&|map| Some(map.insertion.as_ref()?.area)),
            masked: maps().filter(|map| map.overlap.is_some()).count(),
            iou: overlap(|overlap| overlap.iou),
            iop: overlap(|overlap| overlap.iop),
            iot: overlap(|overlap| overlap.iot),
            pointing: overlap(|overlap| f64::from(u8::from(overlap.pointing))),
            randomisation,
        }
    }
}

/// `scores.csv`: a row for each image and method, numbers that were not measured empty.
///
/// # Errors
/// What the writer says, which does not happen in memory.
pub(crate) fn csv(images: &[ImageRecord]) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record([
        "number",
        "path",
        "method",
        "target",
        "label",
        "probability",
        "logit",
        "predicted",
        "predicted_label",
        "predicted_probability",
        "completeness_residual",
        "completeness_difference",
        "deletion",
        "insertion",
        "iou",
        "iop",
        "iot",
        "pointing",
        "map",
        "overlay",
    ])?;
    for image in images {
        let (target, first) = (&image.target, image.predicted.first());
        for map in &image.maps {
            let number = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
            let overlap = |value: fn(&OverlapRecord) -> f64| number(map.overlap.as_ref().map(value));
            let text = |value: Option<String>| value.unwrap_or_default();
            writer.write_record([
                image.number.to_string(),
                image.path.clone(),
                map.method.to_owned(),
                target.class.to_string(),
                target.label.clone(),
                target.probability.to_string(),
                image.logit.to_string(),
                text(first.map(|first| first.class.to_string())),
                text(first.map(|first| first.label.clone())),
                number(first.map(|first| first.probability)),
                number(map.completeness.map(|found| found.residual)),
                number(map.completeness.map(|found| found.difference)),
                number(map.deletion.as_ref().map(|curve| curve.area)),
                number(map.insertion.as_ref().map(|curve| curve.area)),
                overlap(|overlap| overlap.iou),
                overlap(|overlap| overlap.iop),
                overlap(|overlap| overlap.iot),
                text(map.overlap.map(|overlap| u8::from(overlap.pointing).to_string())),
                map.map.clone(),
                map.overlay.clone(),
            ])?;
        }
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}
