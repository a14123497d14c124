//! Plain loops in double precision: slow, and easy to believe.

use super::Plain;
use herring_backend::ConvOptions;

/// Calls `visit(input index, weight index, output index)` for every product of a convolution.
fn products(
    image: &Plain,
    weight: &Plain,
    output: &Plain,
    options: ConvOptions,
    mut visit: impl FnMut(usize, usize, usize),
) {
    let [batch, outputs, rows, columns] = output.shape;
    let [_, inputs, tall, wide] = weight.shape;
    for n in 0..batch {
        for o in 0..outputs {
            for r in 0..rows {
                for c in 0..columns {
                    // The weight's inputs are those of the output's group.
                    let first = o / (outputs / options.groups) * inputs;
                    for i in 0..inputs {
                        for y in 0..tall {
                            for x in 0..wide {
                                let row = (r * options.stride[0] + y).checked_sub(options.padding[0]);
                                let column = (c * options.stride[1] + x).checked_sub(options.padding[1]);
                                let (Some(row), Some(column)) = (row, column) else {
                                    continue;
                                };
                                if row < image.shape[2] && column < image.shape[3] {
                                    visit(
                                        image.at([n, first + i, row, column]),
                                        weight.at([o, i, y, x]),
                                        output.at([n, o, r, c]),
                                    );
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The shape of a convolution's output.
pub fn output_shape(image: [usize; 4], weight: [usize; 4], options: ConvOptions) -> [usize; 4] {
    let size =
        |axis: usize| (image[2 + axis] + 2 * options.padding[axis] - weight[2 + axis]) / options.stride[axis] + 1;
    [image[0], weight[0], size(0), size(1)]
}

/// Cross-correlation.
pub fn convolution(image: &Plain, weight: &Plain, options: ConvOptions) -> Plain {
    let mut output = Plain::zeros(output_shape(image.shape, weight.shape, options));
    let shape = output.clone();
    products(image, weight, &shape, options, |i, w, o| output.values[o] += image.values[i] * weight.values[w]);
    output
}

/// Its gradient with respect to the image.
pub fn input_gradient(image: [usize; 4], weight: &Plain, gradient: &Plain, options: ConvOptions) -> Plain {
    let mut found = Plain::zeros(image);
    let shape = found.clone();
    products(&shape, weight, gradient, options, |i, w, o| found.values[i] += gradient.values[o] * weight.values[w]);
    found
}

/// Its gradient with respect to the weight.
pub fn weight_gradient(image: &Plain, weight: [usize; 4], gradient: &Plain, options: ConvOptions) -> Plain {
    let mut found = Plain::zeros(weight);
    let shape = found.clone();
    products(image, &shape, gradient, options, |i, w, o| found.values[w] += gradient.values[o] * image.values[i]);
    found
}

/// Training-mode batch normalisation; `scale` and `shift` hold a value a channel.
pub fn batch_norm(image: &Plain, scale: &[f64], shift: &[f64], epsilon: f64) -> Plain {
    let [batch, channels, height, width] = image.shape;
    let mut output = image.clone();
    for channel in 0..channels {
        let places: Vec<usize> = (0..batch)
            .flat_map(|n| {
                let first = image.at([n, channel, 0, 0]);
                first..first + height * width
            })
            .collect();
        let count = places.len() as f64;
        let mean = places.iter().map(|place| image.values[*place]).sum::<f64>() / count;
        let variance = places.iter().map(|place| (image.values[*place] - mean).powi(2)).sum::<f64>() / count;
        for place in places {
            let normalised = (image.values[place] - mean) / (variance + epsilon).sqrt();
            output.values[place] = normalised * scale[channel] + shift[channel];
        }
    }
    output
}

/// For each output pixel, `weigh` of the input pixels `(row, column, value)` of its channel.
pub fn resample(
    image: &Plain,
    size: [usize; 2],
    weigh: impl Fn(usize, usize, &dyn Fn(usize, usize) -> f64) -> f64,
) -> Plain {
    let [batch, channels, _, _] = image.shape;
    let mut output = Plain::zeros([batch, channels, size[0], size[1]]);
    for n in 0..batch {
        for c in 0..channels {
            for row in 0..size[0] {
                for column in 0..size[1] {
                    let place = output.at([n, c, row, column]);
                    let pixel = |row: usize, column: usize| image.values[image.at([n, c, row, column])];
                    output.values[place] = weigh(row, column, &pixel);
                }
            }
        }
    }
    output
}
