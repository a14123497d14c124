//! The logit that an attribution explains.

use crate::error::SaliencyError;
use burn::tensor::{Int, Tensor, TensorData, backend::Backend};
use herring_backend::ops;
use herring_models::{Classifier, Mode};

/// Which class's raw logit is explained: one class for all images, or a class for each of them.
///
/// Functions that take `impl Into<Target>` take a class (`1`) or classes (`&labels`) as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target<'a> {
    /// The same class for every image. The paper has class 1.
    All(usize),
    /// One class for each image, in their order.
    Each(&'a [usize]),
}

impl From<usize> for Target<'_> {
    fn from(class: usize) -> Self {
        Self::All(class)
    }
}

impl<'a> From<&'a [usize]> for Target<'a> {
    fn from(classes: &'a [usize]) -> Self {
        Self::Each(classes)
    }
}

impl<'a> From<&'a Vec<usize>> for Target<'a> {
    fn from(classes: &'a Vec<usize>) -> Self {
        Self::Each(classes)
    }
}

impl<'a, const N: usize> From<&'a [usize; N]> for Target<'a> {
    fn from(classes: &'a [usize; N]) -> Self {
        Self::Each(classes)
    }
}

impl Target<'_> {
    /// A class for each of `count` images.
    pub(crate) fn classes(self, count: usize) -> Result<Vec<usize>, SaliencyError> {
        match self {
            Self::All(class) => Ok(vec![class; count]),
            Self::Each(classes) if classes.len() == count => Ok(classes.to_vec()),
            Self::Each(classes) => Err(SaliencyError::Targets { found: classes.len(), expected: count }),
        }
    }
}

/// Images that go through the model at once.
pub(crate) fn check_batch(batch: usize) -> Result<(), SaliencyError> {
    match batch {
        0 => Err(SaliencyError::Setting { field: "batch", found: 0, expected: "at least 1 image" }),
        _ => Ok(()),
    }
}

/// Raw logits of one forward pass.
pub(crate) struct Logits {
    values: Vec<f64>,
    classes: usize,
}

impl Logits {
    /// Runs `inputs` through the model.
    pub(crate) fn of<B: Backend, M: Classifier<B>>(model: &M, inputs: Tensor<B, 4>) -> Self {
        let logits = model.outputs(inputs, Mode::Evaluate).logits;
        let [_, classes] = logits.dims();
        Self { values: logits.into_data().iter().collect(), classes }
    }

    /// Classes of the model.
    pub(crate) fn classes(&self) -> usize {
        self.classes
    }

    /// That of a class that the model has.
    pub(crate) fn at(&self, row: usize, class: usize) -> f64 {
        self.values[row * self.classes + class]
    }

    /// The softmax of a row at a class that the model has.
    pub(crate) fn probability(&self, row: usize, class: usize) -> f64 {
        let logits = &self.values[row * self.classes..][..self.classes];
        let most = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let total: f64 = logits.iter().map(|logit| (logit - most).exp()).sum();
        (logits[class] - most).exp() / total
    }
}

/// The rows of one pass: which image each is made of, and its class.
pub(crate) struct Rows {
    /// Index of the image in the caller's batch.
    pub(crate) images: Vec<usize>,
    /// The class whose logit is asked for.
    pub(crate) classes: Vec<usize>,
}

impl Rows {
    /// The rows of these images.
    pub(crate) fn of(images: Vec<usize>, classes: &[usize]) -> Self {
        let classes = images.iter().map(|image| classes[*image]).collect();
        Self { images, classes }
    }

    /// Every row's class is one of the model's.
    pub(crate) fn check(&self, classes: usize) -> Result<(), SaliencyError> {
        match self.images.iter().zip(&self.classes).find(|(_, class)| **class >= classes) {
            Some((image, class)) => Err(SaliencyError::Class { image: *image, class: *class, classes }),
            None => Ok(()),
        }
    }

    /// The sum of each row's logit among `logits [batch, classes]`, `[1]`. A class that the model lacks adds nothing.
    pub(crate) fn score<B: Backend>(&self, logits: &Tensor<B, 2>) -> Tensor<B, 1> {
        let classes: Vec<i64> = self.classes.iter().map(|class| *class as i64).collect();
        let count = classes.len();
        let classes = Tensor::from_data(TensorData::new(classes, [count]), &logits.device());
        ops::total(logits.clone() * ops::one_hot(classes, logits))
    }

    /// The image of each row.
    pub(crate) fn select<B: Backend>(&self, images: &Tensor<B, 4>) -> Tensor<B, 4> {
        let indices: Vec<i64> = self.images.iter().map(|image| *image as i64).collect();
        let count = indices.len();
        let indices = Tensor::<B, 1, Int>::from_data(TensorData::new(indices, [count]), &images.device());
        images.clone().select(0, indices)
    }

    /// The raw logits of `inputs`, one for each row.
    pub(crate) fn logits<B: Backend, M: Classifier<B>>(
        &self,
        model: &M,
        inputs: Tensor<B, 4>,
    ) -> Result<Vec<f64>, SaliencyError> {
        let logits = Logits::of(model, inputs);
        self.check(logits.classes)?;
        Ok(self.classes.iter().enumerate().map(|(row, class)| logits.at(row, *class)).collect())
    }
}

/// The raw logit of each image, `batch` images at a time.
pub(crate) fn logits<B: Backend, M: Classifier<B>>(
    model: &M,
    images: &Tensor<B, 4>,
    classes: &[usize],
    batch: usize,
) -> Result<Vec<f64>, SaliencyError> {
    let mut logits = Vec::with_capacity(classes.len());
    for start in (0..classes.len()).step_by(batch) {
        let count = batch.min(classes.len() - start);
        let rows = Rows::of((start..start + count).collect(), classes);
        logits.extend(rows.logits(model, images.clone().narrow(0, start, count))?);
    }
    Ok(logits)
}
