//! Checks that a model's weights are finite.
//!
//! A ReLU may turn NaN into zero (on a GPU it may), so a model can have NaN weights and still give finite logits.

use burn::{
    module::{Module, ModuleVisitor, Param},
    tensor::{ElementConversion, Tensor},
};
use herring_backend::{Kernels, ops};

/// Whether every float parameter and buffer of `module` is finite.
pub(crate) fn weights_are_finite<B: Kernels, M: Module<B>>(module: &M) -> bool {
    let mut check = Check { finite: true };
    module.visit(&mut check);
    check.finite
}

struct Check {
    finite: bool,
}

impl<B: Kernels> ModuleVisitor<B> for Check {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<B, D>>) {
        // A sum of absolute values is finite if and only if each is, except for sums above 1e38.
        let magnitude: f64 = ops::total(param.val().abs()).into_scalar().elem();
        self.finite &= magnitude.is_finite();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use herring_backend::Cpu;
    use herring_models::{
        Classifier, Depth, Mode, ResNet, ResNetConfig,
        weights::{self, NamedTensors},
    };
    use rand::SeedableRng;

    #[test]
    fn one_broken_weight_is_seen_in_the_weights_and_in_the_logits() {
        let config = ResNetConfig { depth: Depth::ResNet18, width: 8, ..ResNetConfig::default() };
        let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(1);
        let sound = ResNet::<Cpu>::new(&config, &mut random, &Default::default());
        let logits = |model: &ResNet<Cpu>| -> Vec<f32> {
            let images = Tensor::ones([2, 1, 16, 16], &Default::default());
            model.outputs(images, Mode::Evaluate).logits.into_data().iter().collect()
        };
        assert!(weights_are_finite(&sound));
        assert!(logits(&sound).iter().all(|value| value.is_finite()));

        let saved = NamedTensors::from_bytes(&weights::to_bytes(&sound).unwrap()).unwrap();
        let broken = saved.with_values(|name| {
            let mut values = saved.get(name).unwrap().1.to_vec();
            if name == "layer2.0.conv1.weight" {
                values[3] = f32::NAN;
            }
            values
        });
        let broken = weights::load(sound, &broken).unwrap();
        assert!(!weights_are_finite(&broken));
        assert!(logits(&broken).iter().all(|value| value.is_nan()));
    }
}
