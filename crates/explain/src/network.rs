//! A trained network as data: configuration, weights, labels.

use crate::{
    architecture::{Architecture, classes},
    error::ExplainError,
    settings::TargetClass,
};
use herring_backend::Cpu;
use herring_models::{Network, NetworkConfig, weights::NamedTensors};
use herring_weights::{WeightsFile, fit};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::path::Path;

/// A network and the file of its weights.
#[derive(Debug, Clone)]
pub struct TrainedNetwork {
    /// Its name for people, such as `resnet18`.
    pub name: String,
    /// The network.
    pub config: NetworkConfig,
    /// Its weights.
    pub tensors: NamedTensors,
    /// SHA-256 of the file of weights, in hexadecimal digits.
    pub sha256: String,
    /// Its classes.
    pub classes: usize,
    /// The classes' names, all or none.
    pub labels: Vec<String>,
}

impl TrainedNetwork {
    /// The network of a file of weights that was read, for images of `size` pixels a side: of the given architecture, or of the
    /// one whose tensors have such names.
    ///
    /// # Errors
    /// No architecture is known by these names.
    pub fn of_file(file: WeightsFile, architecture: Option<Architecture>, size: usize) -> Result<Self, ExplainError> {
        let architecture = architecture.or_else(|| Architecture::of(&file.tensors)).ok_or_else(|| {
            ExplainError::Architecture { path: file.tensors.path().to_owned(), known: Architecture::names() }
        })?;
        let config = architecture.config(&file.tensors, size);
        Ok(Self::new(architecture.name().to_owned(), config, file))
    }

    /// The first of these configurations that the tensors of a file fit.
    ///
    /// # Errors
    /// None fits; the error is the last one's.
    pub fn of_configs(name: &str, configs: &[NetworkConfig], file: WeightsFile) -> Result<Self, ExplainError> {
        let mut refused = None;
        for config in configs {
            match fit::<Cpu, _>(fresh(config), &file.tensors) {
                Ok(fitted) if fitted.random.is_empty() => return Ok(Self::new(name.to_owned(), *config, file)),
                Ok(fitted) => {
                    refused = Some(ExplainError::Head { path: file.tensors.path().to_owned(), lacking: fitted.random });
                }
                Err(error) => refused = Some(error.into()),
            }
        }
        Err(refused.unwrap_or_else(|| ExplainError::Architecture {
            path: file.tensors.path().to_owned(),
            known: Architecture::names(),
        }))
    }

    fn new(name: String, config: NetworkConfig, file: WeightsFile) -> Self {
        let classes = classes(&file.tensors).unwrap_or(0);
        Self { name, config, sha256: file.sha256, classes, labels: Vec::new(), tensors: file.tensors }
    }

    /// With the labels of a text file, a line for each class.
    ///
    /// # Errors
    /// The file cannot be read or has another number of lines than the network has classes.
    pub fn with_labels(self, path: &Path) -> Result<Self, ExplainError> {
        let text =
            std::fs::read_to_string(path).map_err(|source| ExplainError::File { path: path.to_owned(), source })?;
        let labels: Vec<String> = text.lines().map(|line| line.trim().to_owned()).collect();
        if labels.len() != self.classes {
            let (found, expected) = (labels.len(), self.classes);
            return Err(ExplainError::Labels { path: path.to_owned(), found, expected });
        }
        Ok(Self { labels, ..self })
    }

    /// The name of a class: its label, or `class 3`.
    pub fn label(&self, class: usize) -> String {
        self.labels.get(class).cloned().unwrap_or_else(|| format!("class {class}"))
    }

    /// The target that a text names: `predicted`, the number of a class from 0, or a label.
    ///
    /// # Errors
    /// It is none of these.
    pub fn target(&self, text: &str) -> Result<TargetClass, ExplainError> {
        let labelled = self.labels.iter().position(|label| label.eq_ignore_ascii_case(text));
        let class = labelled.or_else(|| text.parse().ok().filter(|class| *class < self.classes));
        match (text, class) {
            ("predicted", None) => Ok(TargetClass::Predicted),
            (_, Some(class)) => Ok(TargetClass::Class(class)),
            _ => {
                let last = self.classes.saturating_sub(1);
                Err(ExplainError::Target { found: text.to_owned(), last })
            }
        }
    }
}

/// A network before training, to find out whether weights fit.
fn fresh(config: &NetworkConfig) -> Network<Cpu> {
    Network::new(config, &mut ChaCha8Rng::seed_from_u64(0), &Default::default())
}
