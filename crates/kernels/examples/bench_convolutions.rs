//! Times the convolutions of a network, layer by layer, for 16 images:
//! `cargo run --release -p herring-kernels --example bench_convolutions -- [NETWORK]`, where the network is
//! `resnet18-small` (1x28x28, widths 64 and 16; the default), or `resnet18`, `vgg16` or `densenet121` (3x224x224).
//! `RAYON_NUM_THREADS` sets the number of threads. The rates count the operations
//! of a direct convolution.

use std::time::Instant;

use herring_kernels::convolution::{self, Geometry};

/// Name, geometry, and how often the network has it.
type Layer = (String, Geometry, usize);

fn layer(channels: [usize; 2], size: usize, kernel: usize, stride: usize, count: usize, name: &str) -> Layer {
    let [in_channels, out_channels] = channels;
    let geometry = Geometry {
        batch: 16,
        in_channels,
        height: size,
        width: size,
        out_channels,
        kernel: [kernel; 2],
        stride: [stride; 2],
        padding: [kernel / 2; 2],
    };
    (name.to_owned(), geometry, count)
}

/// The stages of a ResNet-18 whose first one has images of `size`.
fn stages(width: usize, size: usize) -> Vec<Layer> {
    let mut all = vec![layer([width; 2], size, 3, 1, 4, "layer1")];
    for stage in 1..4 {
        let (before, after, size) = (width << (stage - 1), width << stage, size.div_ceil(1 << (stage - 1)));
        all.push(layer([before, after], size, 3, 2, 1, &format!("layer{} down", stage + 1)));
        all.push(layer([before, after], size, 1, 2, 1, &format!("layer{} short", stage + 1)));
        all.push(layer([after; 2], size.div_ceil(2), 3, 1, 3, &format!("layer{}", stage + 1)));
    }
    all
}

fn small_resnet(width: usize) -> Vec<Layer> {
    [vec![layer([1, width], 28, 3, 1, 1, "stem")], stages(width, 28)].concat()
}

fn resnet() -> Vec<Layer> {
    [vec![layer([3, 64], 224, 7, 2, 1, "stem")], stages(64, 56)].concat()
}

fn vgg() -> Vec<Layer> {
    let shapes = [(3, 64, 224, 1), (64, 64, 224, 1), (64, 128, 112, 1), (128, 128, 112, 1), (128, 256, 56, 1)];
    let deep = [(256, 256, 56, 2), (256, 512, 28, 1), (512, 512, 28, 2), (512, 512, 14, 3)];
    let name = |inputs: usize, size: usize| format!("{inputs} at {size}");
    let layers = shapes.into_iter().chain(deep);
    layers
        .map(|(inputs, outputs, size, count)| layer([inputs, outputs], size, 3, 1, count, &name(inputs, size)))
        .collect()
}

fn dense_net() -> Vec<Layer> {
    let mut all = vec![layer([3, 64], 224, 7, 2, 1, "stem")];
    for (block, (inputs, layers, size)) in
        [(64, 6, 56), (128, 12, 28), (256, 24, 14), (512, 16, 7)].into_iter().enumerate()
    {
        // The layers of a block differ in their inputs; their mean stands for each of them.
        let mean = inputs + 32 * (layers - 1) / 2;
        all.push(layer([mean, 128], size, 1, 1, layers, &format!("block{} 1x1", block + 1)));
        all.push(layer([128, 32], size, 3, 1, layers, &format!("block{} 3x3", block + 1)));
        let outputs = inputs + 32 * layers;
        if block < 3 {
            all.push(layer([outputs, outputs / 2], size, 1, 1, 1, &format!("transition{}", block + 1)));
        }
    }
    all
}

/// Median and fastest milliseconds of a call.
fn milliseconds(mut call: impl FnMut()) -> [f64; 2] {
    call();
    let mut times: Vec<f64> = (0..9)
        .map(|_| {
            let start = Instant::now();
            call();
            start.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    times.sort_by(f64::total_cmp);
    [times[times.len() / 2], times[0]]
}

fn main() {
    let name = std::env::args().nth(1).unwrap_or_else(|| "resnet18-small".to_owned());
    let networks = match name.as_str() {
        "resnet18-small" => vec![("width 64", small_resnet(64)), ("width 16", small_resnet(16))],
        "resnet18" => vec![("resnet18", resnet())],
        "vgg16" => vec![("vgg16", vgg())],
        "densenet121" => vec![("densenet121", dense_net())],
        other => panic!("unknown network '{other}': expected resnet18-small, resnet18, vgg16 or densenet121"),
    };
    for (network, layers) in networks {
        println!("{network}: median milliseconds (GFLOP/s) of one call");
        let mut totals = [0.0; 3];
        let mut fastest = 0.0;
        let mut operations = 0;
        for (name, geometry, count) in layers {
            let fill =
                |length: usize| -> Vec<f32> { (0..length).map(|index| (index % 17) as f32 / 8.0 - 1.0).collect() };
            let input = fill(geometry.input_len());
            let weight = fill(geometry.weight_len());
            let output_gradient = fill(geometry.output_len());
            let mut output = output_gradient.clone();
            let mut input_gradient = input.clone();
            let mut weight_gradient = weight.clone();
            let times = [
                milliseconds(|| convolution::forward(&geometry, &input, &weight, &mut output)),
                milliseconds(|| {
                    convolution::input_gradient(&geometry, &weight, &output_gradient, &mut input_gradient);
                }),
                milliseconds(|| {
                    convolution::weight_gradient(&geometry, &input, &output_gradient, &mut weight_gradient);
                }),
            ];
            print!("{name:14} x{count}");
            for (part, (time, total)) in ["output", "input", "weight"].iter().zip(times.iter().zip(&mut totals)) {
                let [time, best] = *time;
                let rate = geometry.operations() as f64 / time / 1e6;
                fastest += best * count as f64;
                print!("  {part} {time:7.3} ({rate:4.0})");
                *total += time * count as f64;
            }
            println!();
            operations += 3 * geometry.operations() * count;
        }
        let sum: f64 = totals.iter().sum();
        println!(
            "all: output {:.1}, input {:.1}, weight {:.1}; together {sum:.1} ms, {:.0} GFLOP/s; fastest calls {fastest:.1} ms",
            totals[0],
            totals[1],
            totals[2],
            operations as f64 / sum / 1e6
        );
    }
}
