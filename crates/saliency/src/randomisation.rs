//! The parameter-randomisation sanity check (Adebayo et al. 2018): a map that shows what the model has learnt changes as its
//! layers are set back to fresh weights, from the last one on. One that stays shows the image alone.

use crate::{
    attribution::{Attribution, attribute},
    error::SaliencyError,
    target::Target,
};
use burn::{
    module::{Module, ModuleVisitor, Param},
    tensor::{Tensor, backend::Backend},
};
use herring_backend::{Kernels, ops};
use herring_models::{
    Stackable,
    weights::{self, NamedTensors, ParameterPath},
};
use herring_stats::correlation::spearman;

/// How alike the maps of the trained model and of one with some fresh layers are.
#[derive(Debug, Clone, PartialEq)]
pub struct RandomisedStage {
    /// Layers from the last one on that are fresh.
    pub layers: usize,
    /// The first of them in the order of the model, such as `layer4.1.conv2`.
    pub name: String,
    /// For each image Spearman's correlation of the two maps over the pixels, signed, in `[-1, 1]`; `None` where a map is the same
    /// at every pixel. Channels are summed.
    pub signed: Vec<Option<f64>>,
    /// The same of the maps' absolute values.
    pub absolute: Vec<Option<f64>>,
}

/// Compares each image's map with those of the model whose last layers have the values of `fresh`, a model of the same kind as
/// it is before training, in a cascade of at most `stages` stages: the last layer alone, then evenly more of them, in the end all.
///
/// A layer is what shares a name up to its last point, and layers are in the order of the model's fields. Adebayo et al. see a
/// map as wanting if the correlation stays far from 0 although all layers are fresh.
///
/// # Errors
/// `fresh` has other tensors, there are no stages, or as [`attribute`].
pub fn randomised<'a, B: Kernels, M: Stackable<B>>(
    (model, fresh): (&M, &M),
    images: &Tensor<B, 4>,
    target: impl Into<Target<'a>>,
    attribution: &Attribution,
    stages: usize,
    batch: usize,
) -> Result<Vec<RandomisedStage>, SaliencyError> {
    if stages == 0 {
        return Err(SaliencyError::Setting { field: "stages", found: 0, expected: "at least 1" });
    }
    let target = target.into();
    let [count, ..] = images.dims();
    let maps_of = |model: &M| -> Result<Vec<Vec<f64>>, SaliencyError> {
        let maps = ops::sum_over_channels(attribute(model, images.clone(), target, attribution, batch)?);
        let values: Vec<f64> = maps.into_data().iter().collect();
        Ok(values.chunks((values.len() / count.max(1)).max(1)).map(<[f64]>::to_vec).collect())
    };
    let (names, layers) = layers_of::<B, M>(model);
    let (own, new) = (NamedTensors::of::<B, M>(model), NamedTensors::of::<B, M>(fresh));
    let original = maps_of(model)?;
    let mut found = Vec::with_capacity(stages);
    for fresh_layers in cascade(layers.len(), stages) {
        let first = layers.len() - fresh_layers;
        let mut mixed = NamedTensors::default();
        for (name, layer) in &names {
            let source = if *layer < first { &own } else { &new };
            let (shape, values) =
                source.get(name).map_err(|error| SaliencyError::Fresh { found: error.to_string() })?;
            mixed.insert(name.clone(), shape.to_vec(), values.to_vec());
        }
        let partly = weights::load::<B, M>(model.clone(), &mixed)
            .map_err(|error| SaliencyError::Fresh { found: error.to_string() })?;
        let maps = maps_of(&partly)?;
        let compare = |change: fn(f64) -> f64| {
            original.iter().zip(&maps).map(|(one, other)| rank_correlation(one, other, change)).collect()
        };
        let (signed, absolute) = (compare(|value| value), compare(f64::abs));
        found.push(RandomisedStage { layers: fresh_layers, name: layers[first].clone(), signed, absolute });
    }
    Ok(found)
}

/// Spearman's correlation; `None` where it has no value.
fn rank_correlation(one: &[f64], other: &[f64], change: fn(f64) -> f64) -> Option<f64> {
    let changed = |values: &[f64]| values.iter().map(|value| change(*value)).collect::<Vec<f64>>();
    spearman(&changed(one), &changed(other)).ok().map(|found| found.coefficient)
}

/// How many layers are fresh in each stage: 1 first, all last, evenly between.
fn cascade(layers: usize, stages: usize) -> Vec<usize> {
    let of = |stage: usize| match stages {
        1 => layers,
        _ => 1 + (layers.saturating_sub(1) * stage + (stages - 1) / 2) / (stages - 1),
    };
    let mut found: Vec<usize> = (0..stages).map(|stage| of(stage).min(layers)).filter(|fresh| *fresh > 0).collect();
    found.dedup();
    found
}

/// The model's tensors, each with the number of its layer, and the names of the layers.
fn layers_of<B: Backend, M: Module<B>>(model: &M) -> (Vec<(String, usize)>, Vec<String>) {
    let mut visitor = Names { path: ParameterPath::default(), names: Vec::new() };
    model.visit(&mut visitor);
    let mut layers: Vec<String> = Vec::new();
    let mut names = Vec::with_capacity(visitor.names.len());
    for name in visitor.names {
        let layer = name.rsplit_once('.').map_or(name.as_str(), |(layer, _)| layer);
        if layers.last().is_none_or(|last| last != layer) {
            layers.push(layer.to_owned());
        }
        names.push((name, layers.len() - 1));
    }
    (names, layers)
}

struct Names {
    path: ParameterPath,
    names: Vec<String>,
}

impl<B: Backend> ModuleVisitor<B> for Names {
    fn enter_module(&mut self, name: &str, container: &str) {
        self.path.enter(name, container);
    }

    fn exit_module(&mut self, name: &str, container: &str) {
        self.path.exit(name, container);
    }

    fn visit_float<const D: usize>(&mut self, _: &Param<Tensor<B, D>>) {
        self.names.push(self.path.name());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use herring_backend::Cpu;
    use herring_models::{Depth, ResNet, ResNetConfig};
    use rand::SeedableRng;

    #[test]
    fn a_cascade_begins_with_the_last_layer_and_ends_with_all() {
        assert_eq!(cascade(41, 5), [1, 11, 21, 31, 41]);
        assert_eq!(cascade(3, 5), [1, 2, 3]);
        assert_eq!(cascade(7, 1), [7]);
        assert_eq!(cascade(1, 4), [1]);
        assert!(cascade(0, 3).is_empty());
    }

    #[test]
    fn layers_are_in_the_order_of_the_pass() {
        let config = ResNetConfig { depth: Depth::ResNet18, width: 2, ..ResNetConfig::default() };
        let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(1);
        let model = ResNet::<Cpu>::new(&config, &mut random, &Default::default());
        let (names, layers) = layers_of::<Cpu, _>(&model);
        assert_eq!(layers[..3], ["conv1", "bn1", "layer1.0.conv1"]);
        assert_eq!(layers.last().map(String::as_str), Some("fc"));
        assert_eq!(names.len(), NamedTensors::of::<Cpu, _>(&model).names().count());
    }

    #[test]
    fn correlations_see_order_alone_and_know_constant_maps() {
        let same = |value| value;
        assert_eq!(rank_correlation(&[1.0, 2.0, 3.0], &[10.0, 20.0, 400.0], same), Some(1.0));
        assert_eq!(rank_correlation(&[1.0, 2.0, -3.0], &[-1.0, -2.0, 3.0], f64::abs), Some(1.0));
        assert_eq!(rank_correlation(&[1.0; 3], &[1.0, 2.0, 3.0], same), None);
    }
}
