//! Made-up results on sections of hearts: drawings of the true size, and heat that lies inside the heart for methods with a
//! penalty on heat and mostly outside for the others.

use super::Noise;
use herring_protocol::{
    CamName, CardiacName, CardiacSpec, DataSpec, ExplainedImage, Heat, MASK, PenaltySpec, Pictures, Plane, RunSpec,
};
use std::collections::BTreeMap;

const HEIGHT: usize = CardiacSpec::SIZE[0];
const WIDTH: usize = CardiacSpec::SIZE[1];

/// Radii of the ventricles' walls and cavities, left and right, for each class.
const RADII: [[f32; 4]; CardiacSpec::CLASSES] =
    [[15.0, 10.0, 9.0, 6.5], [15.0, 4.0, 9.0, 6.5], [21.0, 18.0, 10.0, 8.0], [15.0, 10.0, 13.0, 10.0]];

/// Whether this model looks at the heart.
fn looks_at_hearts(spec: &RunSpec) -> bool {
    spec.method.as_str().starts_with("heatmap")
}

/// The accuracy that a run ends with: a few do not learn.
pub(super) fn accuracy(spec: &RunSpec) -> f64 {
    if spec.seed % 9 == 4 { 0.5 } else { 1.0 }
}

/// Training images of the first epoch on which the penalty is not defined.
pub(super) fn left_out(spec: &RunSpec) -> usize {
    let penalised = spec.objective.penalties.iter().any(|penalty| matches!(penalty, PenaltySpec::Heatmap { .. }));
    if penalised { spec.seed as usize % 4 } else { 0 }
}

/// Where the heat lies, by map and region; nothing where it is not measured.
pub(super) fn heat(spec: &RunSpec, noise: &mut Noise) -> BTreeMap<String, BTreeMap<String, Heat>> {
    let (DataSpec::Cardiac(cardiac), Some(_)) = (&spec.data, spec.evaluation.heat) else { return BTreeMap::new() };
    let mut regions = |of_map: [f64; CardiacSpec::CLASSES]| -> BTreeMap<String, Heat> {
        let own = 0.04 * noise.symmetric();
        let in_heart = of_map.map(|share| Some((share + own + 0.01 * noise.symmetric()).clamp(0.0, 1.0)));
        // Maps of a run that is left out have no heat in one class.
        let broken = spec.seed % 13 == 7;
        let mut found = BTreeMap::from([(MASK.to_owned(), heat_of(in_heart, broken))]);
        found.insert("fat".to_owned(), heat_of([Some(0.02 + 0.01 * noise.symmetric()); 4], broken));
        if cardiac.depends == CardiacName::Marker {
            let power =
                if looks_at_hearts(spec) { -9.5 + 3.5 * noise.symmetric() } else { -4.1 + 0.7 * noise.symmetric() };
            let nothing = looks_at_hearts(spec) && spec.seed % 8 == 1;
            let share = if nothing { 0.0 } else { 10f64.powf(power) };
            found.insert("marker".to_owned(), heat_of([Some(share); 4], broken));
        }
        found
    };
    let (hirescam, grad_cam) = match looks_at_hearts(spec) {
        true => ([0.71, 0.76, 0.93, 0.79], [0.35, 0.38, 0.52, 0.40]),
        false => ([0.08, 0.20, 0.56, 0.20], [0.30, 0.34, 0.48, 0.36]),
    };
    [(CamName::Hirescam, hirescam), (CamName::GradCam, grad_cam)]
        .map(|(map, shares)| (map.name().to_owned(), regions(shares)))
        .into()
}

fn heat_of(mut classes: [Option<f64>; CardiacSpec::CLASSES], broken: bool) -> Heat {
    if broken {
        classes[0] = None;
    }
    let sum: Option<f64> = classes.iter().copied().sum();
    Heat {
        mean: sum.map(|sum| sum / classes.len() as f64),
        classes: classes.to_vec(),
        without_heat: vec![if broken { 12 } else { 0 }, 0, 1, 0],
    }
}

/// Drawings, with maps of one image of each class.
pub(super) fn pictures(spec: &RunSpec, noise: &mut Noise) -> Pictures {
    let mut sections = Vec::new();
    // The images are those of all methods.
    let mut places = Noise(7);
    for class in 0..CardiacSpec::CLASSES {
        sections.push(section(class, &mut places));
    }
    let sum = |plane: fn(&(Plane, Plane)) -> &Plane| {
        let mut total = empty();
        for section in &sections {
            total.values.iter_mut().zip(&plane(section).values).for_each(|(sum, value)| *sum += value);
        }
        total
    };
    let saliency = |mask: &Plane| map(mask, 0.5, spec, &mut Noise(3));
    let mut saliency_sum = empty();
    for (_, mask) in &sections {
        saliency_sum.values.iter_mut().zip(&saliency(mask).values).for_each(|(sum, value)| *sum += value);
    }
    let examples = ["train", "valid"].iter().flat_map(|part| {
        let name = move |class| format!("{part}, class {class}");
        sections.iter().enumerate().map(move |(class, (image, _))| (name(class), Pictures::shrink(image.clone())))
    });
    let explained = sections.iter().enumerate().map(|(class, (image, mask))| {
        let inside = if looks_at_hearts(spec) { 0.95 } else { 0.15 };
        let mut heat = BTreeMap::new();
        // One image has no heat.
        if class != 1 || looks_at_hearts(spec) {
            for (name, inside) in [(CamName::Hirescam, inside), (CamName::GradCam, 0.5)] {
                heat.insert(name.name().to_owned(), Pictures::shrink(map(mask, inside, spec, noise)));
            }
        }
        ExplainedImage {
            label: class,
            image: Pictures::shrink(image.clone()),
            mask: Pictures::shrink(mask.clone()),
            saliency: Pictures::shrink(saliency(mask)),
            reconstruction: None,
            activations: Vec::new(),
            heat,
        }
    });
    let explained = explained.collect();
    let examples = examples.collect();
    Pictures {
        saliency_sum: Pictures::shrink(saliency_sum),
        image_sum: Pictures::shrink(sum(|(image, _)| image)),
        mask_sum: Pictures::shrink(sum(|(_, mask)| mask)),
        images: sections.len(),
        examples,
        explained,
    }
}

fn empty() -> Plane {
    Plane { height: HEIGHT, width: WIDTH, values: vec![0.0; HEIGHT * WIDTH] }
}

/// Two ventricles under a bar of fat, in `[-1, 1]`, and the mask of the ventricles.
fn section(class: usize, noise: &mut Noise) -> (Plane, Plane) {
    let (mut image, mut mask) = (empty(), empty());
    let [left_wall, left, right_wall, right] = RADII[class];
    let centre = 62.0 + 4.0 * noise.symmetric() as f32;
    for row in 0..HEIGHT {
        for column in 0..WIDTH {
            let (y, x) = (row as f32 - centre, column as f32 - 58.0);
            let far = (x * x + y * y).sqrt();
            let far_right = ((x - left_wall - right_wall + 1.0).powi(2) + y * y).sqrt();
            let index = row * WIDTH + column;
            let heart = far < left_wall || far_right < right_wall;
            mask.values[index] = f32::from(u8::from(heart));
            let grey = match (row, heart) {
                _ if far < left || far_right < right => 204.0,
                (_, true) => 51.0,
                (18..22, _) if (30..105).contains(&column) => 229.5,
                (95..104, _) if class.is_multiple_of(2) && (125..134).contains(&column) => 255.0,
                _ => 0.0,
            };
            image.values[index] = grey / 127.5 - 1.0;
        }
    }
    (image, mask)
}

/// A map over its greatest value: blobs, mostly in the heart or mostly at the fat.
fn map(mask: &Plane, inside: f32, spec: &RunSpec, noise: &mut Noise) -> Plane {
    let mut found = empty();
    let shift = 3.0 * noise.symmetric() as f32 + (spec.seed % 3) as f32;
    for row in 0..HEIGHT {
        for column in 0..WIDTH {
            let at = |y: f32, x: f32, width: f32| {
                (-((row as f32 - y).powi(2) + (column as f32 - x).powi(2)) / (2.0 * width * width)).exp()
            };
            let index = row * WIDTH + column;
            let heart = at(60.0, 58.0 + shift, 9.0) * (0.4 + 0.6 * mask.values[index]);
            let elsewhere = at(20.0, 40.0 + shift, 10.0) + 0.7 * at(88.0, 100.0, 12.0);
            found.values[index] = inside * heart + (1.0 - inside) * elsewhere;
        }
    }
    let greatest = found.values.iter().copied().fold(f32::MIN_POSITIVE, f32::max);
    found.values.iter_mut().for_each(|value| *value /= greatest);
    found
}
