//! Convolution against a plain reference in double precision.

use herring_kernels::{
    channels,
    convolution::{self, Epilogue, Geometry, depthwise},
    elementwise,
};
use proptest::prelude::*;

mod common;

use common::numbers;

/// Calls `visit(output index, input index, weight index)` for every product.
fn each_product(g: &Geometry, mut visit: impl FnMut(usize, usize, usize)) {
    let [rows, columns] = g.output_size();
    for n in 0..g.batch {
        for o in 0..g.out_channels {
            for row in 0..rows {
                for column in 0..columns {
                    for i in 0..g.in_channels {
                        for kr in 0..g.kernel[0] {
                            for kc in 0..g.kernel[1] {
                                let r = (row * g.stride[0] + kr).wrapping_sub(g.padding[0]);
                                let c = (column * g.stride[1] + kc).wrapping_sub(g.padding[1]);
                                if r < g.height && c < g.width {
                                    visit(
                                        ((n * g.out_channels + o) * rows + row) * columns + column,
                                        ((n * g.in_channels + i) * g.height + r) * g.width + c,
                                        ((o * g.in_channels + i) * g.kernel[0] + kr) * g.kernel[1] + kc,
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

/// Compares with the largest sum of absolute products: the fast algorithm's
/// rounding errors spread over a tile, also to pixels that only see padding.
fn assert_close(name: &str, geometry: &Geometry, actual: &[f32], expected: &[f64], scale: &[f64]) {
    let scale = scale.iter().copied().fold(0.0, f64::max);
    for (index, (&actual, &expected)) in actual.iter().zip(expected).enumerate() {
        assert!(
            (f64::from(actual) - expected).abs() <= 2e-6 * scale,
            "{name} of {geometry:?} at {index}: {actual} instead of {expected}, scale {scale}"
        );
    }
}

fn check(g: &Geometry) {
    let x = numbers(g.input_len(), 1);
    let w = numbers(g.weight_len(), 2);
    let dy = numbers(g.output_len(), 3);
    let mut y = vec![f32::NAN; dy.len()];
    let mut dx = vec![f32::NAN; x.len()];
    let mut dw = vec![f32::NAN; w.len()];
    convolution::forward(g, &x, &w, &mut y);
    convolution::input_gradient(g, &w, &dy, &mut dx);
    convolution::weight_gradient(g, &x, &dy, &mut dw);

    let mut expected = [vec![0.0; y.len()], vec![0.0; x.len()], vec![0.0; w.len()]];
    let mut scale = expected.clone();
    each_product(g, |o, i, k| {
        let (x, w, dy) = (f64::from(x[i]), f64::from(w[k]), f64::from(dy[o]));
        for (part, index, product) in [(0, o, x * w), (1, i, w * dy), (2, k, x * dy)] {
            expected[part][index] += product;
            scale[part][index] += product.abs();
        }
    });
    assert_close("output", g, &y, &expected[0], &scale[0]);
    assert_close("input gradient", g, &dx, &expected[1], &scale[1]);
    assert_close("weight gradient", g, &dw, &expected[2], &scale[2]);
}

/// Each channel alone is a convolution of one channel.
fn check_depthwise(g: &Geometry) {
    let (channels, taps) = (g.in_channels, g.kernel[0] * g.kernel[1]);
    let [rows, columns] = g.output_size();
    let x = numbers(g.input_len(), 1);
    let w = numbers(channels * taps, 2);
    let dy = numbers(g.output_len(), 3);
    let mut y = vec![f32::NAN; dy.len()];
    let mut dx = vec![f32::NAN; x.len()];
    let mut dw = vec![f32::NAN; w.len()];
    depthwise::forward(g, &x, &w, &mut y);
    depthwise::input_gradient(g, &w, &dy, &mut dx);
    depthwise::weight_gradient(g, &x, &dy, &mut dw);

    let mut expected = [vec![0.0; y.len()], vec![0.0; x.len()], vec![0.0; w.len()]];
    let mut scale = expected.clone();
    let planes = Geometry { batch: g.batch * channels, in_channels: 1, out_channels: 1, ..*g };
    each_product(&planes, |o, i, k| {
        let k = o / (rows * columns) % channels * taps + k;
        let (x, w, dy) = (f64::from(x[i]), f64::from(w[k]), f64::from(dy[o]));
        for (part, index, product) in [(0, o, x * w), (1, i, w * dy), (2, k, x * dy)] {
            expected[part][index] += product;
            scale[part][index] += product.abs();
        }
    });
    assert_close("output", g, &y, &expected[0], &scale[0]);
    assert_close("input gradient", g, &dx, &expected[1], &scale[1]);
    assert_close("weight gradient", g, &dw, &expected[2], &scale[2]);
}

fn geometry() -> impl Strategy<Value = Geometry> {
    (
        0usize..5,
        1usize..40,
        1usize..40,
        [1usize..20, 1usize..20],
        [1usize..8, 1usize..8],
        [1usize..4, 1usize..4],
        [0usize..4, 0usize..4],
    )
        .prop_filter_map(
            "the kernel must fit",
            |(batch, in_channels, out_channels, [height, width], kernel, stride, padding)| {
                (kernel[0] <= height + 2 * padding[0] && kernel[1] <= width + 2 * padding[1]).then_some(Geometry {
                    batch,
                    in_channels,
                    height,
                    width,
                    out_channels,
                    kernel,
                    stride,
                    padding,
                })
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn three_by_three_agrees_with_the_reference(
        batch in 1usize..9,
        in_channels in 8usize..150,
        out_channels in 8usize..50,
        size in [3usize..18, 3usize..18],
        padding in [0usize..4, 0usize..4],
    ) {
        check(&Geometry {
            batch,
            in_channels,
            height: size[0],
            width: size[1],
            out_channels,
            kernel: [3, 3],
            stride: [1, 1],
            padding,
        });
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn agrees_with_the_reference(geometry in geometry()) {
        check(&geometry);
    }

    #[test]
    fn a_first_layer_of_few_channels_agrees_with_the_reference(geometry in geometry(), out_channels in 16usize..40) {
        check(&Geometry { in_channels: geometry.in_channels.clamp(1, 4), out_channels, ..geometry });
    }

    #[test]
    fn single_pixels_agree_with_the_reference(
        batch in 1usize..4,
        channels in [1usize..600, 1usize..40],
        size in [1usize..30, 1usize..30],
    ) {
        let [in_channels, out_channels] = channels;
        let [height, width] = size;
        let (kernel, stride, padding) = ([1; 2], [1; 2], [0; 2]);
        check(&Geometry { batch, in_channels, height, width, out_channels, kernel, stride, padding });
    }

    #[test]
    fn channel_by_channel_agrees_with_the_reference(geometry in geometry()) {
        check_depthwise(&Geometry { out_channels: geometry.in_channels, ..geometry });
    }
}

#[test]
fn a_kernel_smaller_than_the_stride_reaches_every_input_it_read() {
    let g = Geometry {
        batch: 1,
        in_channels: 1,
        height: 4,
        width: 4,
        out_channels: 1,
        kernel: [1, 1],
        stride: [2, 2],
        padding: [0, 0],
    };
    let mut dx = [f32::NAN; 16];
    convolution::input_gradient(&g, &[1.0], &[1.0, 2.0, 3.0, 4.0], &mut dx);
    let expected = [1.0, 0.0, 2.0, 0.0, 0.0, 0.0, 0.0, 0.0, 3.0, 0.0, 4.0, 0.0, 0.0, 0.0, 0.0, 0.0];
    assert_eq!(dx, expected);
}

#[test]
fn many_tiles_many_blocks_and_several_chunks_agree_with_the_reference() {
    let square = |batch, channels: [usize; 2], size, kernel: usize, stride| Geometry {
        batch,
        in_channels: channels[0],
        height: size,
        width: size,
        out_channels: channels[1],
        kernel: [kernel; 2],
        stride: [stride; 2],
        padding: [kernel / 2; 2],
    };
    check(&square(6, [70, 40], 28, 3, 1));
    check(&square(2, [300, 30], 7, 3, 1));
    check(&square(16, [24, 20], 7, 3, 2));
    check(&square(9, [96, 96], 24, 3, 1));
    check(&square(2, [3, 20], 64, 7, 2));
    check(&square(2, [300, 50], 40, 1, 1));
}

#[test]
fn the_trio_is_adjoint() {
    let dot = |a: &[f32], b: &[f32]| -> f64 { a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum() };
    for (kernel, stride, padding) in [([3, 3], [1, 1], [1, 1]), ([3, 2], [2, 1], [0, 1])] {
        let g =
            Geometry { batch: 4, in_channels: 32, height: 12, width: 13, out_channels: 24, kernel, stride, padding };
        let (x, w, dy) = (numbers(g.input_len(), 4), numbers(g.weight_len(), 5), numbers(g.output_len(), 6));
        let (mut y, mut dx, mut dw) = (dy.clone(), x.clone(), w.clone());
        convolution::forward(&g, &x, &w, &mut y);
        convolution::input_gradient(&g, &w, &dy, &mut dx);
        convolution::weight_gradient(&g, &x, &dy, &mut dw);
        let expected = dot(&y, &dy);
        assert!((dot(&dx, &x) - expected).abs() < 1e-4 * expected.abs().max(1.0));
        assert!((dot(&dw, &w) - expected).abs() < 1e-4 * expected.abs().max(1.0));
    }
}

#[test]
fn an_empty_batch_gives_zero_weight_gradients() {
    let g = Geometry {
        batch: 0,
        in_channels: 8,
        height: 6,
        width: 6,
        out_channels: 8,
        kernel: [3, 3],
        stride: [1, 1],
        padding: [1, 1],
    };
    let mut dw = vec![f32::NAN; g.weight_len()];
    convolution::weight_gradient(&g, &[], &[], &mut dw);
    assert!(dw.iter().all(|&value| value == 0.0));
}

#[test]
#[should_panic(expected = "length of the input")]
fn a_short_input_is_refused() {
    let g = Geometry {
        batch: 1,
        in_channels: 1,
        height: 3,
        width: 3,
        out_channels: 1,
        kernel: [1, 1],
        stride: [1, 1],
        padding: [0, 0],
    };
    convolution::forward(&g, &[0.0; 8], &[1.0], &mut [0.0; 9]);
}

/// A convolution with an epilogue has the bits of one operation after the other.
#[test]
fn an_epilogue_is_what_follows_one_by_one() {
    let geometry =
        |batch, [in_channels, out_channels]: [usize; 2], [height, width]: [usize; 2], size, stride| Geometry {
            batch,
            in_channels,
            height,
            width,
            out_channels,
            kernel: [size; 2],
            stride: [stride; 2],
            padding: [size / 2; 2],
        };
    // Winograd's with many tiles, with few and with several blocks of channels; direct ones of one block and of several, of cut
    // channels, and of single pixels.
    let geometries = [
        geometry(3, [8, 13], [28, 27], 3, 1),
        geometry(2, [16, 160], [4, 7], 3, 1),
        geometry(4, [144, 20], [12, 12], 3, 1),
        geometry(2, [3, 20], [9, 11], 3, 2),
        geometry(1, [70, 90], [6, 5], 3, 2),
        geometry(2, [40, 30], [5, 5], 1, 1),
    ];
    for geometry in &geometries {
        let input = numbers(geometry.input_len(), 1);
        let weight = numbers(geometry.weight_len(), 2);
        let [height, width] = geometry.output_size();
        let shape = [geometry.batch, geometry.out_channels, height * width];
        let (factors, added) = (numbers(shape[1], 3), numbers(shape[1], 4));
        let summand = numbers(geometry.output_len(), 5);
        for parts in 0..16_u32 {
            let part = |bit: u32| parts & (1 << bit) != 0;
            let mut expected = vec![f32::NAN; summand.len()];
            convolution::forward(geometry, &input, &weight, &mut expected);
            let mut next = |step: &dyn Fn(&[f32], &mut [f32])| {
                let before = expected.clone();
                step(&before, &mut expected);
            };
            match (part(0), part(1)) {
                (true, true) => next(&|from, to| channels::affine(shape, from, &factors, &added, to)),
                (true, false) => next(&|from, to| channels::scale(shape, from, &factors, to)),
                (false, true) => next(&|from, to| channels::add(shape, from, &added, to)),
                (false, false) => {}
            }
            match (part(2), part(3)) {
                (true, true) => next(&|from, to| elementwise::add_relu(from, &summand, to)),
                (true, false) => next(&|from, to| elementwise::add(from, &summand, to)),
                (false, true) => next(&|from, to| elementwise::relu(from, to)),
                (false, false) => {}
            }
            let epilogue = Epilogue {
                factors: part(0).then_some(&factors),
                numbers: part(1).then_some(&added),
                summand: part(2).then_some(&summand),
                rectified: part(3),
            };
            let mut found = vec![f32::NAN; summand.len()];
            convolution::forward_with(geometry, &input, &weight, epilogue, &mut found);
            let bits = |values: &[f32]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
            assert_eq!(bits(&found), bits(&expected), "{geometry:?}, {epilogue:?}");
        }
    }
}
