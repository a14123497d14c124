//! A network with the weights of a file.
//!
//! What is learnt on ImageNet is the body. The head, the linear layers at the end, tells ImageNet's 1000 classes apart;
//! for other classes it is replaced (tap2024 replaces the last layer of ResNet-18 and DenseNet-121, and the whole
//! classifier of VGG-16). So the body must fit to the last tensor, and the head fits as a whole or stays as the network
//! was made, with random weights.

use crate::{WeightsError, error::printable, names::is_counter};
use burn::{module::Module, tensor::backend::Backend};
use herring_models::{
    is_head,
    weights::{self, NamedTensors},
};

/// A network that starts from a file.
#[derive(Debug, Clone)]
pub struct Fitted<M> {
    /// The network with the file's weights.
    pub network: M,
    /// The parameters that kept their random weights, sorted: all of the head, or none.
    pub random: Vec<String>,
    /// The file's tensors that have no place in the network, sorted: those of its own head, where that does not fit.
    pub unused: Vec<String>,
}

impl<M> Fitted<M> {
    /// What was replaced, for a log; nothing where the file has all weights.
    pub fn note(&self) -> Option<String> {
        (!self.random.is_empty())
            .then(|| format!("random weights, since the file's do not fit: {}", self.random.join(", ")))
    }
}

/// The network with the values of `tensors`: all of them, or all but the head.
///
/// A file may hold counters of batches, which are passed over, and may lack the head.
///
/// # Errors
/// A tensor of the body is missing or of another shape, or the file has one that the network has no place for.
pub fn fit<B: Backend, M: Module<B>>(network: M, tensors: &NamedTensors) -> Result<Fitted<M>, WeightsError> {
    let path = || tensors.path().to_owned();
    let own = NamedTensors::of::<B, M>(&network);
    let shape = |tensors: &NamedTensors, name: &str| tensors.get(name).ok().map(|(shape, _)| shape.to_vec());
    let mut merged = NamedTensors::at(tensors.path());
    let mut take = |from: &NamedTensors, name: &str| {
        if let Ok((shape, values)) = from.get(name) {
            merged.insert(name.to_owned(), shape.to_vec(), values.to_vec());
        }
    };
    for name in own.names().filter(|name| !is_head(name)) {
        let expected = shape(&own, name).unwrap_or_default();
        match shape(tensors, name) {
            None => return Err(WeightsError::Missing { path: path(), name: name.to_owned(), expected }),
            Some(found) if found == expected => take(tensors, name),
            Some(found) => return Err(other_shape(path(), name, found, expected)),
        }
    }
    let fits = |name: &str| shape(&own, name) == shape(tensors, name);
    let own_head: Vec<&str> = own.names().filter(|name| is_head(name)).collect();
    let file_head: Vec<&str> = tensors.names().filter(|name| is_head(name) && !is_counter(name)).collect();
    let replaced = own_head != file_head || !own_head.iter().all(|name| fits(name));
    for name in &own_head {
        take(if replaced { &own } else { tensors }, name);
    }
    let unknown = tensors.names().find(|name| !is_head(name) && !is_counter(name) && own.get(name).is_err());
    if let Some(name) = unknown {
        let found = shape(tensors, name).unwrap_or_default();
        return Err(WeightsError::Unknown { path: path(), name: printable(name), found });
    }
    let listed = |names: &[&str]| match replaced {
        true => names.iter().map(|name| (*name).to_owned()).collect(),
        false => Vec::new(),
    };
    let (random, unused) = (listed(&own_head), listed(&file_head));
    // Every name and shape is the network's own, so this does not fail.
    let network = weights::load(network, &merged)
        .map_err(|error| WeightsError::Read { path: path(), source: std::io::Error::other(error) })?;
    Ok(Fitted { network, random, unused })
}

fn other_shape(path: std::path::PathBuf, name: &str, found: Vec<usize>, expected: Vec<usize>) -> WeightsError {
    // The first convolution is the one of one input channel whose outputs and kernel are the file's.
    if let ([outputs, channels, kernel @ ..], [own_outputs, 1, own_kernel @ ..]) =
        (found.as_slice(), expected.as_slice())
        && (outputs, kernel) == (own_outputs, own_kernel)
        && found.len() == 4
        && *channels > 1
    {
        return WeightsError::Channels { path, name: name.to_owned(), found: *channels };
    }
    WeightsError::Shape { path, name: name.to_owned(), found, expected }
}
