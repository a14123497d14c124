//! The results of a forward pass that penalties use.

use burn::{
    module::{AutodiffModule, Module, ModuleVisitor, Param},
    tensor::{Tensor, backend::Backend},
};
use herring_backend::{Autodiff, Kernels};

/// Whether batch normalisation uses the batch's own statistics or the running ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// The batch's own statistics, reported in [`Trace::statistics`].
    Train,
    /// The running statistics.
    Evaluate,
}

/// The statistics of one batch in one normalisation layer.
#[derive(Debug, Clone)]
pub struct BatchStatistics<B: Backend> {
    /// Mean, `[channels]`.
    pub mean: Tensor<B, 1>,
    /// Biased variance, `[channels]`.
    pub variance: Tensor<B, 1>,
    /// Values a channel: batch times height times width.
    pub count: usize,
}

impl<B: Backend> BatchStatistics<Autodiff<B>> {
    /// The same on the backend below.
    pub fn inner(self) -> BatchStatistics<B> {
        BatchStatistics { mean: self.mean.inner(), variance: self.variance.inner(), count: self.count }
    }
}

/// One forward pass, with everything that a penalty may use.
#[derive(Debug, Clone)]
pub struct Trace<B: Backend> {
    /// Raw scores, `[batch, classes]`.
    pub logits: Tensor<B, 2>,
    /// Features before the last layer, `[batch, features]`: iclr2021's tap 5.
    pub pooled: Tensor<B, 2>,
    /// What a penalty on activations (TAP) acts on, from the first to the last, `[batch, channels, height, width]`
    /// each: of a ResNet the outputs of its four stages, of a [`ConvNet`](crate::ConvNet) those of the encoder's four
    /// blocks. The module of each other architecture says what its taps are. Class activation maps are made of them.
    pub taps: Vec<Tensor<B, 4>>,
    /// What a penalty on every layer compares, in the order of the forward pass,
    /// `[batch, channels, height, width]` each. The module of each architecture says which layers
    /// these are; a decoder's are never among them.
    pub layers: Vec<Tensor<B, 4>>,
    /// The decoder's reconstruction of the images, `[batch, channels, height, width]`; `None` without a
    /// decoder.
    pub reconstruction: Option<Tensor<B, 4>>,
    /// The statistics of the normalisation layers, in the order of the forward pass; empty in
    /// [`Mode::Evaluate`].
    pub statistics: Vec<BatchStatistics<B>>,
}

impl<B: Backend> Trace<B> {
    /// A trace with logits and features only.
    pub fn new(logits: Tensor<B, 2>, pooled: Tensor<B, 2>) -> Self {
        Self { logits, pooled, taps: Vec::new(), layers: Vec::new(), reconstruction: None, statistics: Vec::new() }
    }

    /// A trace of a network whose taps are also the layers that penalties compare.
    pub(crate) fn with_taps(logits: Tensor<B, 2>, pooled: Tensor<B, 2>, taps: Vec<Tensor<B, 4>>) -> Self {
        Self { layers: taps.clone(), taps, ..Self::new(logits, pooled) }
    }
}

impl<B: Backend> Trace<Autodiff<B>> {
    /// The same pass on the backend below, where tensors tracked on this level are constants.
    pub fn inner(self) -> Trace<B> {
        let inner = |tensors: Vec<Tensor<Autodiff<B>, 4>>| tensors.into_iter().map(Tensor::inner).collect();
        Trace {
            logits: self.logits.inner(),
            pooled: self.pooled.inner(),
            taps: inner(self.taps),
            layers: inner(self.layers),
            reconstruction: self.reconstruction.map(Tensor::inner),
            statistics: self.statistics.into_iter().map(BatchStatistics::inner).collect(),
        }
    }
}

/// What a pass does with each tap: it is given the tap's place and its activations `[batch, channels, height, width]`, and
/// the pass goes on with what it returns, as with a forward hook of PyTorch.
pub type TapHook<'a, B> = &'a mut dyn FnMut(usize, Tensor<B, 4>) -> Tensor<B, 4>;

/// The taps of a pass under way.
pub(crate) struct Taps<'a, B: Backend> {
    hook: TapHook<'a, B>,
    found: Vec<Tensor<B, 4>>,
}

impl<'a, B: Backend> Taps<'a, B> {
    pub(crate) fn new(hook: TapHook<'a, B>) -> Self {
        Self { hook, found: Vec::new() }
    }

    /// The next tap: gives it to the hook, keeps what comes back and returns it, for the pass to go on with.
    pub(crate) fn show(&mut self, activations: Tensor<B, 4>) -> Tensor<B, 4> {
        let replaced = (self.hook)(self.found.len(), activations);
        self.found.push(replaced.clone());
        replaced
    }

    /// All of them, from the first to the last.
    pub(crate) fn into_vec(self) -> Vec<Tensor<B, 4>> {
        self.found
    }
}

/// An image classifier.
///
/// # Pitfalls
/// A model must honour [`Mode`]. Burn's own `BatchNorm` and `Dropout` cannot: they depend on the backend
/// instead, are always in training mode under autodiff, and change their running statistics on the way. Use
/// [`layers::BatchNorm`](crate::layers::BatchNorm) and [`layers::Dropout`](crate::layers::Dropout); a model without such layers may ignore the mode.
pub trait Classifier<B: Backend>: Module<B> {
    /// Runs `images [batch, channels, height, width]` through the model.
    fn trace(&self, images: Tensor<B, 4>, mode: Mode) -> Trace<B> {
        self.trace_hooked(images, mode, &mut |_, activations| activations)
    }

    /// As [`trace`](Self::trace), with each tap replaced by what `hook` returns for it; the trace shows what the pass went
    /// on with. A model without taps ignores the hook.
    fn trace_hooked(&self, images: Tensor<B, 4>, mode: Mode, hook: TapHook<'_, B>) -> Trace<B>;

    /// [`trace`](Self::trace) without layers and reconstruction, for a pass that needs neither: it takes fewer operations and
    /// less memory. The rest is the same, to the last bit. Models keep the default where there is nothing to leave out.
    fn outputs(&self, images: Tensor<B, 4>, mode: Mode) -> Trace<B> {
        self.trace(images, mode)
    }

    /// Whether the two modes can give different results; then a pass in one cannot serve for the other. Models without
    /// normalisation and dropout say no.
    fn depends_on_mode(&self) -> bool {
        true
    }

    /// Whether, in [`Mode::Evaluate`], images and biases multiplied with the same positive number have logits multiplied with
    /// it: true of a network of convolutions, linear layers, normalisations, rectifiers and pooling, all of them
    /// [this crate's](crate::layers), which take a bias for each image
    /// ([`gradient_with_biases`](crate::gradient_with_biases)). A penalty may then need fewer passes. Models keep the default
    /// where anything else is in them.
    fn is_homogeneous(&self) -> bool {
        false
    }

    /// The model with the key of a training step, which decides what its layers drop
    /// ([`layers::Dropout`](crate::layers::Dropout)). Models that drop nothing keep the default.
    #[must_use]
    fn with_noise(self, key: u64) -> Self {
        let _ = key;
        self
    }

    /// Updates running statistics with those of a training pass. Models without them keep the default.
    fn absorb(self, statistics: Vec<BatchStatistics<B>>) -> Self {
        let _ = statistics;
        self
    }
}

/// A classifier that can be put on one more level of autodiff.
///
/// On `Autodiff<B>`, the gradient of a score with respect to the image is a tensor of `B`. Where
/// `B` is itself an autodiff backend, that gradient depends on the parameters and can be penalised.
/// Implementing it for a module is one line: `type Lifted = MyModel<Autodiff<B>>;`.
pub trait Stackable<B: Kernels>: Classifier<B> {
    /// The same model on one more level.
    type Lifted: Classifier<Autodiff<B>> + AutodiffModule<Autodiff<B>, InnerModule = Self>;

    /// The model on one more level, its parameters constants to that level and unchanged to this.
    fn lift(&self) -> Self::Lifted {
        // Burn initialises parameters lazily, and cloning an untouched one clones its initialiser:
        // the copy would get weights of its own.
        self.visit(&mut Touch);
        Self::Lifted::from_inner(self.clone()).no_grad()
    }
}

struct Touch;

impl<B: Backend> ModuleVisitor<B> for Touch {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<B, D>>) {
        param.val();
    }
}
