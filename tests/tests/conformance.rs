//! The conformance suite, on every backend of this build.

use burn::tensor::DType;
use herring_backend::{BackendName, convolution_kernels};
use herring_tests::{
    backends,
    conformance::{
        derivatives::Derivatives, recomputed::Recomputed, stock::SmallKernel, third::ThirdDerivatives, values::Values,
    },
};

use std::collections::BTreeMap;

const NOTHING: Vec<String> = Vec::new();

#[test]
fn operations_have_the_values_of_plain_loops() {
    backends::on_each(|device| assert_eq!(device.run(Values { dtype: DType::F32 }), NOTHING));
}

#[test]
fn whichever_kernel_is_fastest_convolutions_have_the_same_values() {
    backends::on_each(|device| {
        convolution_kernels::measure(&BTreeMap::new()).unwrap();
        let found = device.run(Values { dtype: DType::F32 });
        let choices = convolution_kernels::choices();
        convolution_kernels::fix();
        assert_eq!(found, NOTHING);
        println!("{choices:#?}");
        // Other tests of this process may have added to it from a GPU.
        assert!(device.info().backend == BackendName::Cpu || !choices.is_empty());
    });
}

#[test]
fn what_is_computed_again_for_the_gradient_is_the_same_to_the_last_bit() {
    backends::on_each(|device| assert_eq!(device.run(Recomputed), NOTHING));
}

#[test]
fn derivatives_of_both_orders_agree_with_finite_differences() {
    backends::on_each(|device| {
        let single = Derivatives { dtype: DType::F32, tolerances: [1e-4, 2e-4] };
        assert_eq!(device.run(single), NOTHING);
    });
}

#[test]
fn double_precision_agrees_closely() {
    backends::on_each(|device| {
        if device.info().backend == BackendName::Cpu {
            assert_eq!(device.run(Values { dtype: DType::F64 }), NOTHING);
            let double = Derivatives { dtype: DType::F64, tolerances: [1e-8, 1e-4] };
            assert_eq!(device.run(double), NOTHING);
        }
    });
}

#[test]
fn third_derivatives_agree_with_differences_of_second_ones() {
    backends::on_each(|device| {
        if device.info().backend == BackendName::Cpu {
            assert_eq!(device.run(ThirdDerivatives { dtype: DType::F64, tolerance: 1e-6 }), NOTHING);
        }
    });
}

#[test]
fn a_kernel_smaller_than_the_stride_is_transposed_rightly_although_stock_burn_fails_on_a_gpu() {
    backends::on_each(|device| {
        let (stock, ours) = device.run(SmallKernel);
        assert!(ours < 1e-6, "ours is off by {ours}");
        let on_a_gpu = device.info().backend != BackendName::Cpu;
        assert_eq!(stock > 0.1, on_a_gpu, "stock Burn is off by {stock}: see the module `stock`");
    });
}
