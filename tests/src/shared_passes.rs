//! Penalties that share their forward passes.
//!
//! A model that counts its passes is trained with three penalties at once and with each alone. Together
//! they must make two passes, one over the permuted images and one over the images, and amount to the sum
//! of the three, in value and in every gradient.

use crate::golden::{Gradients, Report, gradients_by_path, values};
use burn::{
    module::Module,
    tensor::{Distribution, Int, Tensor, backend::Backend},
};
use herring_backend::{Autodiff, Job, Kernels};
use herring_losses::{ActDiff, Batch, GradMask, Penalty, Reconstruction, Task, TrainingLoss};
use herring_models::{
    BatchStatistics, Classifier, ConvNetConfig, ConvNetKind, Mode, Network, NetworkConfig, Stackable, TapHook, Trace,
};
use herring_protocol::{ActDiffDistance, ActDiffLayers, GradientNorm, ReconstructionLoss, ReconstructionTarget};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::cell::Cell;

thread_local! {
    /// Forward passes that this thread made, on whichever level of autodiff.
    static PASSES: Cell<usize> = const { Cell::new(0) };
}

/// A network that counts its forward passes.
#[derive(Module, Debug)]
struct Counting<B: Backend> {
    network: Network<B>,
}

impl<B: Kernels> Classifier<B> for Counting<B> {
    fn trace_hooked(&self, images: Tensor<B, 4>, mode: Mode, hook: TapHook<'_, B>) -> Trace<B> {
        PASSES.set(PASSES.get() + 1);
        self.network.trace_hooked(images, mode, hook)
    }

    fn absorb(self, statistics: Vec<BatchStatistics<B>>) -> Self {
        Self { network: self.network.absorb(statistics) }
    }
}

impl<B: Kernels> Stackable<B> for Counting<B> {
    type Lifted = Counting<Autodiff<B>>;
}

/// What three penalties do together.
#[derive(Debug)]
pub struct Together {
    /// Forward passes of one evaluation of the loss.
    pub passes: usize,
    /// Their sum against the sum of the three alone: the values and every gradient.
    pub report: Report,
}

/// Evaluates ActDiff, GradMask and a reconstruction together and alone.
#[derive(Debug)]
pub struct SharedPasses;

impl Job for SharedPasses {
    type Output = Together;

    fn run<B: Kernels>(self, device: &B::Device) -> Together {
        let config = ConvNetConfig {
            kind: ConvNetKind::AutoEncoder,
            channels: 1,
            width: 4,
            side: 16,
            classes: 2,
            sigmoid: true,
        };
        let network = Network::new(&NetworkConfig::ConvNet(config), &mut ChaCha8Rng::seed_from_u64(3), device);
        let model = Counting::<Autodiff<B>> { network };
        let batch = batch::<B>(device);
        let evaluate = |penalties: Vec<Boxed<B>>| -> (Vec<f32>, Gradients, usize) {
            let mut loss = penalties.into_iter().fold(TrainingLoss::new(Task::default()), TrainingLoss::with_boxed);
            PASSES.set(0);
            let total = loss.objective(&model, &batch).total();
            let passes = PASSES.get();
            (values(total.clone()), gradients_by_path::<Autodiff<B>, _>(&model, &total.backward()), passes)
        };
        let (value, gradients, passes) = evaluate(penalties::<B>());
        let (task, of_task, _) = evaluate(Vec::new());
        let alone: Vec<_> = penalties::<B>().into_iter().map(|penalty| evaluate(vec![penalty])).collect();

        // Each of the three has the task's loss with it, which must be counted once.
        let sum = |whole: &[f32], parts: &[&[f32]]| -> Vec<f32> {
            let more = |place: usize| parts.iter().map(|part| part[place] - whole[place]).sum::<f32>();
            (0..whole.len()).map(|place| whole[place] + more(place)).collect()
        };
        let mut report = Report::default();
        let parts: Vec<&[f32]> = alone.iter().map(|(value, _, _)| value.as_slice()).collect();
        report.compare("value", &value, &sum(&task, &parts));
        let zeros = |name: &str| vec![0.0; gradients[name].len()];
        for (name, gradient) in &gradients {
            // The loss of the task does not reach the decoder.
            let of = |found: &Gradients| found.get(name).cloned().unwrap_or_else(|| zeros(name));
            let parts: Vec<Vec<f32>> = alone.iter().map(|(_, found, _)| of(found)).collect();
            let parts: Vec<&[f32]> = parts.iter().map(Vec::as_slice).collect();
            report.compare(name, gradient, &sum(&of(&of_task), &parts));
        }
        Together { passes, report }
    }
}

/// A penalty on the level of autodiff that is trained on.
type Boxed<B> = Box<dyn Penalty<Autodiff<B>, Counting<Autodiff<B>>>>;

/// With weights that make the three about equally large.
fn penalties<B: Kernels>() -> Vec<Boxed<B>> {
    vec![
        Box::new(ActDiff {
            weight: 2.0,
            weighted: true,
            layers: ActDiffLayers::All,
            distance: ActDiffDistance::Position,
            offset: 1e-6,
        }),
        Box::new(GradMask { weight: 3.0, norm: GradientNorm::Absolute }),
        Box::new(Reconstruction {
            weight: 0.5,
            loss: ReconstructionLoss::BinaryCrossEntropy,
            target: ReconstructionTarget::Permuted,
        }),
    ]
}

fn batch<B: Kernels>(device: &B::Device) -> Batch<Autodiff<B>> {
    let noise = || Tensor::random([4, 1, 16, 16], Distribution::Uniform(0.0, 1.0), device);
    let inside = Tensor::zeros([4, 1, 16, 16], device)
        .slice_assign([0..4, 0..1, 4..12, 4..12], Tensor::ones([4, 1, 8, 8], device));
    Batch {
        images: noise(),
        masked: noise(),
        inside,
        labels: Tensor::<Autodiff<B>, 1, Int>::from_ints([0, 1, 0, 1], device),
        groups: vec![],
        teacher: None,
    }
}
