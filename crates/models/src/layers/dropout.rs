//! Dropout (Srivastava et al. 2014) and stochastic depth (Huang et al. 2016).
//!
//! Both set a share of what they are given to zero in training, and divide the rest by what is left of 1. Burn's own draws
//! from a global generator, and does so anew in each pass; here a forward pass draws nothing. The model carries a *key*,
//! which the trainer changes with each step ([`Classifier::with_noise`](crate::Classifier::with_noise)), and what is
//! dropped follows from the key and the layer's place alone: all passes of a step drop the same, on every level of
//! autodiff, and a run that is resumed drops what it would have dropped. A model without a key drops nothing.

use crate::trace::Mode;
use burn::{
    module::Module,
    tensor::{Tensor, TensorData, backend::Backend},
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A layer that drops values in training.
#[derive(Module, Clone, Debug)]
pub struct Dropout {
    rate: f64,
    place: u64,
    key: Option<u64>,
}

impl Dropout {
    /// A layer that drops a share `rate`, in `[0, 1)`; layers of one model have different places.
    pub fn new(rate: f64, place: u64) -> Self {
        Self { rate, place, key: None }
    }

    /// Share of the values that it drops, in `[0, 1)`.
    pub fn rate(&self) -> f64 {
        self.rate
    }

    /// The layer with the key of a step.
    #[must_use]
    pub fn with_noise(self, key: u64) -> Self {
        Self { key: Some(key), ..self }
    }

    /// Drops single values (dropout).
    pub fn forward<B: Backend, const D: usize>(&self, input: Tensor<B, D>, mode: Mode) -> Tensor<B, D> {
        let shape = input.dims();
        self.dropped(input, shape, mode)
    }

    /// Drops whole images of a batch (stochastic depth in torchvision's mode "row").
    pub fn forward_images<B: Backend, const D: usize>(&self, input: Tensor<B, D>, mode: Mode) -> Tensor<B, D> {
        let mut shape = [1; D];
        shape[0] = input.dims()[0];
        self.dropped(input, shape, mode)
    }

    fn dropped<B: Backend, const D: usize>(&self, input: Tensor<B, D>, shape: [usize; D], mode: Mode) -> Tensor<B, D> {
        let Some(key) = self.key.filter(|_| mode == Mode::Train && self.rate > 0.0) else {
            return input;
        };
        let mut random = ChaCha8Rng::seed_from_u64(key);
        random.set_stream(self.place);
        let left = 1.0 - self.rate;
        let kept: Vec<f32> = (0..shape.iter().product())
            .map(|_| if random.random_bool(left) { (1.0 / left) as f32 } else { 0.0 })
            .collect();
        let data = TensorData::new(kept, shape).convert_dtype(input.dtype());
        let kept = Tensor::from_data(data, (&input.device(), input.dtype()));
        input * kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use herring_backend::Cpu;

    fn ones() -> Tensor<Cpu, 2> {
        Tensor::ones([40, 50], &Default::default())
    }

    fn values(tensor: Tensor<Cpu, 2>) -> Vec<f32> {
        tensor.into_data().iter().collect()
    }

    #[test]
    fn a_share_is_dropped_in_training_with_a_key_and_the_rest_makes_up_for_it() {
        let layer = Dropout::new(0.2, 0).with_noise(7);
        let found = values(layer.forward(ones(), Mode::Train));
        let dropped = found.iter().filter(|value| **value == 0.0).count();
        assert!((300..500).contains(&dropped), "{dropped}");
        assert!(found.iter().all(|value| *value == 0.0 || *value == 1.25));
        assert_eq!(found, values(layer.forward(ones(), Mode::Train)), "the same in each pass of a step");
        assert_eq!(values(layer.forward(ones(), Mode::Evaluate)), values(ones()));
        assert_eq!(values(Dropout::new(0.2, 0).forward(ones(), Mode::Train)), values(ones()));
    }

    #[test]
    fn keys_and_places_decide_what_is_dropped() {
        let found = |place, key| values(Dropout::new(0.5, place).with_noise(key).forward(ones(), Mode::Train));
        assert_ne!(found(0, 1), found(0, 2));
        assert_ne!(found(0, 1), found(1, 1));
    }

    #[test]
    fn stochastic_depth_drops_whole_images() {
        let found = values(Dropout::new(0.5, 0).with_noise(3).forward_images(ones(), Mode::Train));
        let images: Vec<f32> = found.chunks(50).map(|image| image.iter().sum::<f32>() / 50.0).collect();
        assert!(images.iter().all(|mean| *mean == 0.0 || *mean == 2.0), "{images:?}");
        assert!(images.contains(&0.0) && images.contains(&2.0));
    }
}
