//! Rectification and Adam.

use herring_kernels::adam::{self, Settings};
use herring_kernels::elementwise;

mod common;

use common::numbers;

#[test]
fn rectification_agrees_with_its_definition() {
    for length in [0, 1, 100, 100_000] {
        let (a, b) = (numbers(length, 1), numbers(length, 2));
        let mut out = vec![f32::NAN; length];
        elementwise::relu(&a, &mut out);
        assert!(out.iter().zip(&a).all(|(out, a)| *out == a.max(0.0)));
        let mut gradient = vec![f32::NAN; length];
        elementwise::relu_backward(&out, &b, &mut gradient);
        for ((gradient, a), b) in gradient.iter().zip(&a).zip(&b) {
            assert_eq!(*gradient, if *a > 0.0 { *b } else { 0.0 });
        }
        elementwise::add_relu(&a, &b, &mut out);
        assert!(out.iter().zip(a.iter().zip(&b)).all(|(out, (a, b))| *out == (a + b).max(0.0)));
        elementwise::add(&a, &b, &mut out);
        assert!(out.iter().zip(a.iter().zip(&b)).all(|(out, (a, b))| *out == a + b));
    }
}

/// Values of `torch.optim.Adam` (PyTorch 2.15), three steps.
#[test]
fn adam_repeats_what_torch_does() {
    let settings = Settings { learning_rate: 3e-2, beta1: 0.8, beta2: 0.95, epsilon: 1e-6 };
    let mut parameter = [0.5, -1.0, 2.0, 1e-3];
    let mut first = [0.0; 4];
    let mut second = [0.0; 4];
    let expected: [[f32; 4]; 3] = [
        [0.470_000_3, -0.97, 1.970_297, -0.028_999_99],
        [0.440_710_34, -0.940_000_06, 1.940_594, -0.048_102_662],
        [0.411_315_32, -0.910_000_1, 1.910_891, -0.062_092_103],
    ];
    for (step, expected) in expected.iter().enumerate() {
        let last = if step == 0 { 3.0 } else { 0.0 };
        let gradient = [0.1 * (step + 1) as f32, -2.0, 1e-4, last];
        let before = parameter;
        adam::step(&settings, step as u64 + 1, &before, &gradient, &mut first, &mut second, &mut parameter);
        for (actual, expected) in parameter.iter().zip(expected) {
            assert!((actual - expected).abs() < 3e-7, "{actual} instead of {expected}");
        }
    }
}

#[test]
fn adam_treats_large_tensors_like_small_ones() {
    let settings = Settings::default();
    let gradient = numbers(100_003, 3);
    let start = numbers(gradient.len(), 4);
    let [mut whole, mut pieces, mut m, mut v, mut m_pieces, mut v_pieces] =
        std::array::from_fn(|_| vec![0.0; start.len()]);
    adam::step(&settings, 7, &start, &gradient, &mut m, &mut v, &mut whole);
    let inputs = start.chunks(1000).zip(gradient.chunks(1000));
    let moments = m_pieces.chunks_mut(1000).zip(v_pieces.chunks_mut(1000));
    for ((moved, (p, g)), (m, v)) in pieces.chunks_mut(1000).zip(inputs).zip(moments) {
        adam::step(&settings, 7, p, g, m, v, moved);
    }
    assert_eq!(whole, pieces);
    assert_eq!((m, v), (m_pieces, v_pieces));
}
