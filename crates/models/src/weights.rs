//! Weights as safetensors files.
//!
//! Names are the paths of a module's fields, so a [`ResNet`](crate::ResNet) reads and writes torchvision's
//! (`layer1.0.conv1.weight`, `bn1.running_mean`, ...). The variant of an enum is not a part of a name
//! ([`ParameterPath`]), so a [`Network`](crate::Network) has the names of the architecture in it. PyTorch's
//! counters `num_batches_tracked` are passed over: nothing here depends on them, and PyTorch can load weights
//! without them.
//!
//! Loading is all or nothing: a file that is truncated, misses a tensor, holds an unknown one or
//! one of another shape leaves the model as it was.

use burn::{
    module::{Module, ModuleMapper, ModuleVisitor, Param},
    tensor::{Tensor, TensorData, backend::Backend},
};
use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use std::{
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
};

/// Why weights cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum WeightsError {
    /// The file cannot be read.
    #[error("{path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// The bytes are not a safetensors file, for instance because the end is missing.
    #[error("{path}: not a complete safetensors file: {reason}")]
    Format {
        /// The file, or `<memory>`.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A tensor that the model needs is missing.
    #[error("{path}: the tensor '{name}' is missing")]
    Missing {
        /// The file, or `<memory>`.
        path: PathBuf,
        /// The tensor.
        name: String,
    },
    /// A tensor that the model has no place for.
    #[error("{path}: the tensor '{name}' belongs to no parameter of this model")]
    Unexpected {
        /// The file, or `<memory>`.
        path: PathBuf,
        /// The tensor.
        name: String,
    },
    /// A tensor of another shape than the model's.
    #[error("{path}: the tensor '{name}' has shape {found:?}, expected {expected:?}")]
    Shape {
        /// The file, or `<memory>`.
        path: PathBuf,
        /// The tensor.
        name: String,
        /// Its shape in the file.
        found: Vec<usize>,
        /// Its shape in the model.
        expected: Vec<usize>,
    },
    /// A tensor of an element type that is not read.
    #[error("{path}: the tensor '{name}' holds {found}, expected F32 or F64")]
    Element {
        /// The file, or `<memory>`.
        path: PathBuf,
        /// The tensor.
        name: String,
        /// Its element type.
        found: String,
    },
    /// The tensors cannot be serialised.
    #[error("the weights cannot be written: {0}")]
    Write(String),
}

/// The position of a visitor or mapper in a module: the names of the fields that it entered.
///
/// Burn also reports the variant when it enters an enum. The variant is the architecture, not the position of
/// a parameter in it, so it is left out.
#[derive(Debug, Clone, Default)]
pub struct ParameterPath(Vec<String>);

impl ParameterPath {
    /// To be called with the arguments of `enter_module` of Burn's visitors and mappers.
    pub fn enter(&mut self, name: &str, container: &str) {
        if !is_enum(container) {
            self.0.push(name.to_owned());
        }
    }

    /// To be called with the arguments of `exit_module`.
    pub fn exit(&mut self, _name: &str, container: &str) {
        if !is_enum(container) {
            self.0.pop();
        }
    }

    /// The name of the parameter that is being visited, such as `layer1.0.conv1.weight`.
    ///
    /// The elements of a list whose name ends in an underscore are counted from 1 in the name itself, as torchvision
    /// names the parts of a DenseNet: `denselayer_` and 0 are `denselayer1`.
    pub fn name(&self) -> String {
        let mut names: Vec<String> = Vec::with_capacity(self.0.len());
        for part in &self.0 {
            match (names.last_mut().and_then(|last| last.strip_suffix('_').map(str::to_owned)), part.parse::<usize>()) {
                (Some(list), Ok(index)) => {
                    names.pop();
                    names.push(format!("{list}{}", index + 1));
                }
                _ => names.push(part.clone()),
            }
        }
        names.join(".")
    }
}

/// Burn names the containers of a module `Struct:Name`, `Enum:Name`, `Vec`, `Array` or `Tuple`.
fn is_enum(container: &str) -> bool {
    container.starts_with("Enum:")
}

/// Named tensors of single precision, as read from a file or taken from a module.
#[derive(Debug, Clone, Default)]
pub struct NamedTensors {
    path: PathBuf,
    tensors: BTreeMap<String, (Vec<usize>, Vec<f32>)>,
}

impl NamedTensors {
    /// Reads a safetensors file.
    ///
    /// # Errors
    /// The file cannot be read, is damaged, or holds tensors other than of floats and integers.
    pub fn read(path: &Path) -> Result<Self, WeightsError> {
        let bytes = std::fs::read(path).map_err(|source| WeightsError::Read { path: path.to_owned(), source })?;
        Self::parse(&bytes, path)
    }

    /// Reads a safetensors file's bytes.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, WeightsError> {
        Self::parse(bytes, Path::new("<memory>"))
    }

    /// No tensors yet, of a file that errors will name; for readers of other formats.
    pub fn at(path: &Path) -> Self {
        Self { path: path.to_owned(), tensors: BTreeMap::new() }
    }

    /// The file that they were read from, or `<memory>`.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Every float parameter and buffer of a module by its path; integer and boolean ones are passed
    /// over.
    pub fn of<B: Backend, M: Module<B>>(module: &M) -> Self {
        let mut collected = Collect { path: ParameterPath::default(), tensors: BTreeMap::new() };
        module.visit(&mut collected);
        Self { path: PathBuf::from("<memory>"), tensors: collected.tensors }
    }

    /// The bytes of a safetensors file with these tensors and, where it is given, a text under
    /// `metadata`'s name in its header.
    ///
    /// # Errors
    /// If serialisation fails, which does not happen for tensors of this type.
    pub fn to_bytes(&self, metadata: Option<(&str, String)>) -> Result<Vec<u8>, WeightsError> {
        let refused = |error: safetensors::SafeTensorError| WeightsError::Write(error.to_string());
        let bytes = |values: &[f32]| values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>();
        let tensors: Vec<_> = self.tensors.iter().map(|(name, (shape, values))| (name, shape, bytes(values))).collect();
        let views = tensors
            .iter()
            .map(|(name, shape, bytes)| {
                let view = TensorView::new(Dtype::F32, (*shape).clone(), bytes).map_err(refused)?;
                Ok((name.as_str(), view))
            })
            .collect::<Result<Vec<_>, _>>()?;
        let metadata = metadata.map(|(name, text)| HashMap::from([(name.to_owned(), text)]));
        safetensors::serialize(views, metadata).map_err(refused)
    }

    /// Adds a tensor; replaces one of the same name.
    ///
    /// # Panics
    /// Where the number of values does not match the shape.
    pub fn insert(&mut self, name: String, shape: Vec<usize>, values: Vec<f32>) {
        assert_eq!(values.len(), shape.iter().product::<usize>(), "values of '{name}'");
        self.tensors.insert(name, (shape, values));
    }

    /// Adds the tensors of `others`, each under `prefix` and its name there.
    pub fn insert_below(&mut self, prefix: &str, others: Self) {
        self.tensors.extend(others.tensors.into_iter().map(|(name, tensor)| (format!("{prefix}{name}"), tensor)));
    }

    fn parse(bytes: &[u8], path: &Path) -> Result<Self, WeightsError> {
        let file = SafeTensors::deserialize(bytes)
            .map_err(|error| WeightsError::Format { path: path.to_owned(), reason: error.to_string() })?;
        let mut tensors = BTreeMap::new();
        for (name, view) in file.iter() {
            let values = floats(&view).ok_or_else(|| WeightsError::Element {
                path: path.to_owned(),
                name: name.to_owned(),
                found: format!("{:?}", view.dtype()),
            })?;
            tensors.insert(name.to_owned(), (view.shape().to_vec(), values));
        }
        Ok(Self { path: path.to_owned(), tensors })
    }

    /// The names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tensors.keys().map(String::as_str)
    }

    /// Shape and values of one tensor.
    ///
    /// # Errors
    /// It is not there.
    pub fn get(&self, name: &str) -> Result<(&[usize], &[f32]), WeightsError> {
        self.tensors
            .get(name)
            .map(|(shape, values)| (shape.as_slice(), values.as_slice()))
            .ok_or_else(|| WeightsError::Missing { path: self.path.clone(), name: name.to_owned() })
    }

    /// The tensors whose names begin with `prefix`, without it.
    pub fn below(&self, prefix: &str) -> Self {
        let tensors = self
            .tensors
            .iter()
            .filter_map(|(name, tensor)| Some((name.strip_prefix(prefix)?.to_owned(), tensor.clone())))
            .collect();
        Self { path: self.path.clone(), tensors }
    }

    /// The same names and shapes with other values.
    ///
    /// # Panics
    /// Where the number of values that `values` returns does not match the shape.
    pub fn with_values(&self, values: impl Fn(&str) -> Vec<f32>) -> Self {
        let replace = |(name, (shape, _)): (&String, &(Vec<usize>, Vec<f32>))| {
            let values = values(name);
            assert_eq!(values.len(), shape.iter().product::<usize>(), "values of '{name}'");
            (name.clone(), (shape.clone(), values))
        };
        Self { path: self.path.clone(), tensors: self.tensors.iter().map(replace).collect() }
    }

    /// The same tensors under other names.
    pub fn renamed(&self, rename: impl Fn(&str) -> String) -> Self {
        let tensors = self.tensors.iter().map(|(name, tensor)| (rename(name), tensor.clone())).collect();
        Self { path: self.path.clone(), tensors }
    }
}

fn floats(view: &TensorView<'_>) -> Option<Vec<f32>> {
    let bytes = view.data();
    Some(match view.dtype() {
        Dtype::F32 => bytes.as_chunks().0.iter().map(|chunk| f32::from_le_bytes(*chunk)).collect(),
        Dtype::F64 => bytes.as_chunks().0.iter().map(|chunk| f64::from_le_bytes(*chunk) as f32).collect(),
        Dtype::I32 => bytes.as_chunks().0.iter().map(|chunk| i32::from_le_bytes(*chunk) as f32).collect(),
        Dtype::I64 => bytes.as_chunks().0.iter().map(|chunk| i64::from_le_bytes(*chunk) as f32).collect(),
        _ => return None,
    })
}

/// Every float parameter and buffer of a module by its path, as a safetensors file of single
/// precision; integer and boolean ones are passed over.
///
/// # Errors
/// If serialisation fails, which does not happen for modules of this crate.
pub fn to_bytes<B: Backend, M: Module<B>>(module: &M) -> Result<Vec<u8>, WeightsError> {
    NamedTensors::of(module).to_bytes(None)
}

/// The text under `name` in the header of a safetensors file's bytes, if it is there.
///
/// # Errors
/// The bytes are not a safetensors file.
pub fn metadata(bytes: &[u8], name: &str) -> Result<Option<String>, WeightsError> {
    let (_, header) = SafeTensors::read_metadata(bytes)
        .map_err(|error| WeightsError::Format { path: PathBuf::from("<memory>"), reason: error.to_string() })?;
    Ok(header.metadata().as_ref().and_then(|texts| texts.get(name).cloned()))
}

/// The module with the values of `tensors`, whose names must be exactly the module's.
///
/// # Errors
/// A tensor is missing, unknown or of another shape; the module is not changed then.
pub fn load<B: Backend, M: Module<B>>(module: M, tensors: &NamedTensors) -> Result<M, WeightsError> {
    let expected = NamedTensors::of(&module);
    for (name, (shape, _)) in &expected.tensors {
        let (found, _) = tensors.get(name)?;
        if found != shape.as_slice() {
            return Err(WeightsError::Shape {
                path: tensors.path.clone(),
                name: name.clone(),
                found: found.to_vec(),
                expected: shape.clone(),
            });
        }
    }
    let unknown =
        tensors.names().find(|name| !expected.tensors.contains_key(*name) && !name.ends_with("num_batches_tracked"));
    if let Some(name) = unknown {
        return Err(WeightsError::Unexpected { path: tensors.path.clone(), name: name.to_owned() });
    }
    Ok(module.map(&mut Replace { path: ParameterPath::default(), tensors }))
}

struct Collect {
    path: ParameterPath,
    tensors: BTreeMap<String, (Vec<usize>, Vec<f32>)>,
}

impl<B: Backend> ModuleVisitor<B> for Collect {
    fn enter_module(&mut self, name: &str, container: &str) {
        self.path.enter(name, container);
    }

    fn exit_module(&mut self, name: &str, container: &str) {
        self.path.exit(name, container);
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<B, D>>) {
        let tensor = param.val();
        let shape = tensor.dims().to_vec();
        let data = tensor.into_data();
        self.tensors.insert(self.path.name(), (shape, data.iter::<f32>().collect()));
    }
}

struct Replace<'a> {
    path: ParameterPath,
    tensors: &'a NamedTensors,
}

impl<B: Backend> ModuleMapper<B> for Replace<'_> {
    fn enter_module(&mut self, name: &str, container: &str) {
        self.path.enter(name, container);
    }

    fn exit_module(&mut self, name: &str, container: &str) {
        self.path.exit(name, container);
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<B, D>>) -> Param<Tensor<B, D>> {
        let Ok((shape, values)) = self.tensors.get(&self.path.name()) else {
            return param;
        };
        param.map(|tensor| {
            let tracked = tensor.is_require_grad();
            let data = TensorData::new(values.to_vec(), shape.to_vec()).convert_dtype(tensor.dtype());
            let loaded = Tensor::from_data(data, (&tensor.device(), tensor.dtype()));
            if tracked { loaded.require_grad() } else { loaded }
        })
    }
}
