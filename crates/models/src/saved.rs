//! State that outlives a process: tensors and counts by name.
//!
//! A checkpoint holds more than weights: an optimiser's moments, a penalty's own network, counters. All of it
//! is stored as a [`Saved`], which nests by prefixes, so that a component that has state need not know where
//! it is stored.

use crate::weights::{NamedTensors, ParameterPath, WeightsError, load};
use burn::{
    module::{AutodiffModule, Module, ModuleVisitor, Param},
    tensor::{Tensor, TensorData, backend::AutodiffBackend},
};
use herring_backend::{Kernels, Optimiser};
use std::collections::BTreeMap;

/// Tensors and counts by name.
#[derive(Debug, Clone, Default)]
pub struct Saved {
    /// Values of single precision.
    pub tensors: NamedTensors,
    /// Counters: whole numbers.
    pub counts: BTreeMap<String, u64>,
}

impl Saved {
    /// Every parameter and buffer of a module.
    pub fn module<B: burn::tensor::backend::Backend, M: Module<B>>(module: &M) -> Self {
        Self { tensors: NamedTensors::of(module), counts: BTreeMap::new() }
    }

    /// What `optimiser` keeps for every parameter of `module` that it has moved: `<path>.<name>` by its
    /// [`names`](Optimiser::names), with the number of its steps as the count `<path>`.
    pub fn optimiser<A, M>(optimiser: &impl Optimiser<A::InnerBackend>, module: &M) -> Self
    where
        A: AutodiffBackend,
        A::InnerBackend: Kernels,
        M: AutodiffModule<A>,
    {
        let mut collect = CollectKept { path: ParameterPath::default(), optimiser, saved: Self::default() };
        module.visit(&mut collect);
        collect.saved
    }

    /// Gives `optimiser`, which has made no step, what was saved for `module`.
    ///
    /// # Errors
    /// A tensor is missing, has another shape than its parameter, or belongs to no parameter.
    pub fn restore_optimiser<A, M>(
        &self,
        optimiser: &mut impl Optimiser<A::InnerBackend>,
        module: &M,
    ) -> Result<(), WeightsError>
    where
        A: AutodiffBackend,
        A::InnerBackend: Kernels,
        M: AutodiffModule<A>,
    {
        let mut restore =
            RestoreKept { path: ParameterPath::default(), saved: self, optimiser, restored: 0, refused: None };
        module.visit(&mut restore);
        let RestoreKept { restored, refused, .. } = restore;
        match (refused, self.counts.len() == restored) {
            (Some(error), _) => Err(error),
            (None, true) => Ok(()),
            (None, false) => Err(WeightsError::Format {
                path: "<memory>".into(),
                reason: format!("found an optimiser's state of {} parameters, expected {restored}", self.counts.len()),
            }),
        }
    }

    /// The module with its saved values.
    ///
    /// # Errors
    /// As [`load`].
    pub fn restore_module<B: burn::tensor::backend::Backend, M: Module<B>>(
        &self,
        module: M,
    ) -> Result<M, WeightsError> {
        load(module, &self.tensors)
    }

    /// One count.
    ///
    /// # Errors
    /// It is not there.
    pub fn count(&self, name: &str) -> Result<u64, WeightsError> {
        self.counts
            .get(name)
            .copied()
            .ok_or_else(|| WeightsError::Missing { path: "<memory>".into(), name: name.to_owned() })
    }

    /// Adds all of `other`, each under `prefix` and its name there.
    pub fn insert_below(&mut self, prefix: &str, other: Self) {
        self.tensors.insert_below(prefix, other.tensors);
        self.counts.extend(other.counts.into_iter().map(|(name, count)| (format!("{prefix}{name}"), count)));
    }

    /// The entries below `prefix`, named without it.
    pub fn below(&self, prefix: &str) -> Self {
        let counts = self.counts.iter();
        let counts = counts.filter_map(|(name, count)| Some((name.strip_prefix(prefix)?.to_owned(), *count)));
        Self { tensors: self.tensors.below(prefix), counts: counts.collect() }
    }
}

struct CollectKept<'a, O> {
    path: ParameterPath,
    optimiser: &'a O,
    saved: Saved,
}

impl<A, O> ModuleVisitor<A> for CollectKept<'_, O>
where
    A: AutodiffBackend,
    A::InnerBackend: Kernels,
    O: Optimiser<A::InnerBackend>,
{
    fn enter_module(&mut self, name: &str, container: &str) {
        self.path.enter(name, container);
    }

    fn exit_module(&mut self, name: &str, container: &str) {
        self.path.exit(name, container);
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<A, D>>) {
        let Some((time, kept)) = self.optimiser.kept::<D>(param.id) else {
            return;
        };
        let name = self.path.name();
        for (tensor, kind) in kept.into_iter().zip(self.optimiser.names()) {
            let shape = tensor.dims().to_vec();
            let values = tensor.into_data().iter::<f32>().collect();
            self.saved.tensors.insert(format!("{name}.{kind}"), shape, values);
        }
        self.saved.counts.insert(name, time);
    }
}

struct RestoreKept<'a, O> {
    path: ParameterPath,
    saved: &'a Saved,
    optimiser: &'a mut O,
    restored: usize,
    refused: Option<WeightsError>,
}

impl<A, O> ModuleVisitor<A> for RestoreKept<'_, O>
where
    A: AutodiffBackend,
    A::InnerBackend: Kernels,
    O: Optimiser<A::InnerBackend>,
{
    fn enter_module(&mut self, name: &str, container: &str) {
        self.path.enter(name, container);
    }

    fn exit_module(&mut self, name: &str, container: &str) {
        self.path.exit(name, container);
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<A, D>>) {
        let name = self.path.name();
        let Some(&time) = self.saved.counts.get(&name) else {
            return;
        };
        let parameter = param.val().inner();
        let tensor = |kind: &&str| {
            let name = format!("{name}.{kind}");
            let (shape, values) = self.saved.tensors.get(&name)?;
            if shape != parameter.dims() {
                let (found, expected) = (shape.to_vec(), parameter.dims().to_vec());
                return Err(WeightsError::Shape { path: "<memory>".into(), name, found, expected });
            }
            let data = TensorData::new(values.to_vec(), shape.to_vec()).convert_dtype(parameter.dtype());
            Ok(Tensor::from_data(data, (&parameter.device(), parameter.dtype())))
        };
        match self.optimiser.names().iter().map(tensor).collect::<Result<Vec<_>, WeightsError>>() {
            Ok(kept) => {
                self.optimiser.restore::<D>(param.id, time, kept);
                self.restored += 1;
            }
            Err(error) => self.refused = Some(error),
        }
    }
}
