//! The head of a network, the linear layers at its end, and its body, all the rest: what is learnt on other images is the body,
//! and it may be kept as it is while the head is trained.

use crate::weights::ParameterPath;
use burn::{
    module::{Module, ModuleMapper, Param},
    tensor::{Tensor, backend::Backend},
};

/// The names of heads: torchvision's `fc` of ResNets and `classifier` of VGG, DenseNet, MobileNet and EfficientNet, with or
/// without places of its layers.
const HEADS: [&str; 2] = ["fc", "classifier"];

/// Whether a parameter of that name, such as `classifier.0.weight`, belongs to the head.
pub fn is_head(name: &str) -> bool {
    name.split_once('.').is_some_and(|(first, _)| HEADS.contains(&first))
}

/// The network with a body that has no gradients, so that an optimiser leaves it as it is and a backward pass ends at the
/// head ("frozen").
pub fn freeze_body<B: Backend, M: Module<B>>(network: M) -> M {
    network.map(&mut Freeze(ParameterPath::default()))
}

struct Freeze(ParameterPath);

impl<B: Backend> ModuleMapper<B> for Freeze {
    fn enter_module(&mut self, name: &str, container: &str) {
        self.0.enter(name, container);
    }

    fn exit_module(&mut self, name: &str, container: &str) {
        self.0.exit(name, container);
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<B, D>>) -> Param<Tensor<B, D>> {
        if is_head(&self.0.name()) { param } else { param.map(|tensor| tensor.detach().set_require_grad(false)) }
    }
}
