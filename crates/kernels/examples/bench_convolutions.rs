//! Times the convolutions of a ResNet-18 (1x28x28 images, batch 16), layer by
//! layer: `cargo run --release -p herring-kernels --example bench_convolutions`.
//! `RAYON_NUM_THREADS` sets the number of threads. The rates count the operations
//! of a direct convolution.

use std::time::Instant;

use herring_kernels::convolution::{self, Geometry};

/// Name, geometry, and how often the network has it.
fn layers(width: usize) -> Vec<(String, Geometry, usize)> {
    let layer = |in_channels, out_channels, size, kernel: usize, stride, count, name: &str| {
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
    };
    let mut all = vec![layer(1, width, 28, 3, 1, 1, "stem"), layer(width, width, 28, 3, 1, 4, "layer1")];
    for (stage, size) in [(1, 28), (2, 14), (3, 7)] {
        let (before, after) = (width << (stage - 1), width << stage);
        let half = usize::div_ceil(size, 2);
        all.push(layer(before, after, size, 3, 2, 1, &format!("layer{} down", stage + 1)));
        all.push(layer(before, after, size, 1, 2, 1, &format!("layer{} short", stage + 1)));
        all.push(layer(after, after, half, 3, 1, 3, &format!("layer{}", stage + 1)));
    }
    all
}

/// Median and fastest milliseconds of a call.
fn milliseconds(mut call: impl FnMut()) -> [f64; 2] {
    call();
    let mut times: Vec<f64> = (0..25)
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
    for width in [64, 16] {
        println!("width {width}: median milliseconds (GFLOP/s) of one call");
        let mut totals = [0.0; 3];
        let mut fastest = 0.0;
        let mut operations = 0;
        for (name, geometry, count) in layers(width) {
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
            "all 20: output {:.1}, input {:.1}, weight {:.1}; together {sum:.1} ms, {:.0} GFLOP/s; fastest calls {fastest:.1} ms",
            totals[0],
            totals[1],
            totals[2],
            operations as f64 / sum / 1e6
        );
    }
}
