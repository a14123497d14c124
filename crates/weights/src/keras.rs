//! Keras' VGG-16 without its classifier, as HDF5: `vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5`.
//!
//! Each layer is a group, `block1_conv1` to `block5_conv3`, that holds a kernel and a bias. Kernels are stored as rows,
//! columns, inputs, outputs, and become PyTorch's outputs, inputs, rows, columns. The names become torchvision's places
//! in `features`, so that the body of a VGG-16 is the same whatever file it is from.
//!
//! The numbers are the same network's as in Caffe: its first convolution takes blue, green, red, of values from 0 to 255
//! less the mean of each channel, where torchvision's takes red, green, blue in units of their deviation. They are
//! read as they are; grey images that fill all channels alike do not show the order.

use crate::{error::Problem, tensors::Tensors};
use hdf5_pure::{DType, Dataset, File, Group};

/// The convolutions, and their places among torchvision's `features`.
const LAYERS: [(&str, usize); 13] = [
    ("block1_conv1", 0),
    ("block1_conv2", 2),
    ("block2_conv1", 5),
    ("block2_conv2", 7),
    ("block3_conv1", 10),
    ("block3_conv2", 12),
    ("block3_conv3", 14),
    ("block4_conv1", 17),
    ("block4_conv2", 19),
    ("block4_conv3", 21),
    ("block5_conv1", 24),
    ("block5_conv2", 26),
    ("block5_conv3", 28),
];

/// The group of the layers in the file of a whole model.
const MODEL: &str = "model_weights";

/// Groups within groups that are followed: Keras writes `block1_conv1/block1_conv1/kernel:0`.
const DEEPEST: usize = 3;

/// The tensors of a file's bytes, under torchvision's names.
pub(crate) fn read(bytes: Vec<u8>) -> Result<Tensors, Problem> {
    let mut left = bytes.len() as u64;
    let file = File::from_bytes(bytes).map_err(Problem::of)?;
    let mut layers = file.root();
    let mut names = layers.groups().map_err(Problem::of)?;
    if names.iter().any(|name| name == MODEL) {
        layers = layers.group(MODEL).map_err(Problem::of)?;
        names = layers.groups().map_err(Problem::of)?;
    }
    let mut tensors = Tensors::new();
    for (layer, place) in LAYERS {
        if !names.iter().any(|name| name == layer) {
            return Err(Problem::Format(format!("the layer '{layer}' is missing")));
        }
        let datasets = datasets(&layers, layer, DEEPEST)?;
        let (mut kernel, mut bias) = (None, None);
        for dataset in &datasets {
            let shape = shape(dataset, layer, &mut left)?;
            let values = dataset.read_f32().map_err(Problem::of)?;
            if values.len() != shape.iter().product::<usize>() {
                return Err(Problem::Format(format!(
                    "the layer '{layer}' holds {} values for {shape:?}",
                    values.len()
                )));
            }
            match shape.as_slice() {
                [_, _, _, _] if kernel.is_none() => kernel = Some((shape, values)),
                [_] if bias.is_none() => bias = Some((shape, values)),
                _ => return Err(odd(layer, &format!("a tensor of shape {shape:?}"))),
            }
        }
        let (Some((shape, values)), Some(bias)) = (kernel, bias) else {
            return Err(odd(layer, &format!("{} tensors", datasets.len())));
        };
        let (shape, values) = outputs_first(&shape, &values);
        tensors.push((format!("features.{place}.weight"), shape, values));
        tensors.push((format!("features.{place}.bias"), bias.0, bias.1));
    }
    // Layers without weights, such as the input and the pools, are there as empty groups.
    for name in names.iter().filter(|name| !LAYERS.iter().any(|(layer, _)| layer == name)) {
        if !datasets(&layers, name, DEEPEST)?.is_empty() {
            return Err(Problem::of(format!(
                "the layer '{name}' is none of VGG-16's convolutions, expected the file without the classifier (notop)"
            )));
        }
    }
    Ok(tensors)
}

fn odd(layer: &str, found: &str) -> Problem {
    Problem::Format(format!("the layer '{layer}' holds {found}, expected a kernel of 4 dimensions and a bias of 1"))
}

/// The data sets of a group and of those in it; a layer has two.
fn datasets(parent: &Group, name: &str, depth: usize) -> Result<Vec<Dataset>, Problem> {
    let group = parent.group(name).map_err(Problem::of)?;
    let mut found = Vec::new();
    for dataset in group.datasets().map_err(Problem::of)?.iter().take(3) {
        found.push(group.dataset(dataset).map_err(Problem::of)?);
    }
    for inner in group.groups().map_err(Problem::of)?.iter().take(3) {
        if depth == 0 {
            return Err(Problem::of(format!("the group '{name}' holds groups within groups")));
        }
        found.extend(datasets(&group, inner, depth - 1)?);
    }
    Ok(found)
}

/// The shape of a data set that fits into what is `left` of the file's length: a header may claim any.
fn shape(dataset: &Dataset, layer: &str, left: &mut u64) -> Result<Vec<usize>, Problem> {
    let element = dataset.dtype().map_err(Problem::of)?;
    if !matches!(element, DType::F32 | DType::F64) {
        return Err(Problem::Element { name: layer.to_owned(), found: element.to_string() });
    }
    let claimed = dataset.shape().map_err(Problem::of)?;
    let size = dataset.element_size().map_err(Problem::of)?;
    let bytes = claimed.iter().try_fold(size, |bytes, side| bytes.checked_mul(*side));
    let rest = bytes.and_then(|bytes| left.checked_sub(bytes));
    *left =
        rest.ok_or_else(|| Problem::Format(format!("the layer '{layer}' claims {claimed:?}, more than the file")))?;
    // Each side is at most the number of elements, which fits into memory.
    Ok(claimed.into_iter().map(|side| side as usize).collect())
}

/// Rows, columns, inputs, outputs to outputs, inputs, rows, columns.
fn outputs_first(shape: &[usize], values: &[f32]) -> (Vec<usize>, Vec<f32>) {
    let &[rows, columns, inputs, outputs] = shape else {
        return (shape.to_vec(), values.to_vec());
    };
    let mut turned = Vec::with_capacity(values.len());
    for output in 0..outputs {
        for input in 0..inputs {
            for position in 0..rows * columns {
                turned.push(values[(position * inputs + input) * outputs + output]);
            }
        }
    }
    (vec![outputs, inputs, rows, columns], turned)
}
