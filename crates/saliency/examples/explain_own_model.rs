//! Maps of a model of one's own, in plain Burn, and how far each can be trusted.
//!
//! The image shows a bright square on black. The weights are made up, so that nothing here is random or trained: some maps point
//! at the square, and those that are multiplied by the image stay the same with other weights.
//! `cargo run --release -p herring-saliency --example explain_own_model`
use burn::{
    module::{Module, Param},
    nn::conv::{Conv2d, Conv2dConfig},
    tensor::{Tensor, backend::Backend},
};
use herring_backend::{Autodiff, Cpu, Kernels, ops, pooling};
use herring_models::{Classifier, Mode, Stackable, TapHook, Trace};
use herring_saliency::{
    Attribution, Baseline, CurveSettings, Perturbation, SaliencyError, attribute, completeness_residual,
    perturbation_curves, points_at, randomised,
};

#[derive(Module, Debug)]
struct Small<B: Backend> {
    features: Conv2d<B>,
    classes: Conv2d<B>,
}

impl<B: Kernels> Classifier<B> for Small<B> {
    fn trace_hooked(&self, images: Tensor<B, 4>, _: Mode, hook: TapHook<'_, B>) -> Trace<B> {
        // A tap that is passed through the hook is all that class activation maps need.
        let features = hook(0, ops::rectify(self.features.forward(images)));
        let logits = pooling::global_average(self.classes.forward(features.clone()));
        Trace { taps: vec![features.clone()], ..Trace::new(logits, pooling::global_average(features)) }
    }
}

impl<B: Kernels> Stackable<B> for Small<B> {
    type Lifted = Small<Autodiff<B>>;
}

/// Weights that increase with the number of the channel, so that nothing here is random.
fn model(sign: f32) -> Small<Cpu> {
    let device = Default::default();
    let (features, classes): (Conv2d<Cpu>, Conv2d<Cpu>) =
        (Conv2dConfig::new([1, 4], [3, 3]).init(&device), Conv2dConfig::new([4, 2], [1, 1]).init(&device));
    let numbers = |shape: [usize; 4]| {
        let count = shape.iter().product::<usize>() as i64;
        let values = Tensor::<Cpu, 1, burn::tensor::Int>::arange(0..count, &device).float().reshape(shape);
        (values * 0.7).sin() * sign + 0.2
    };
    Small {
        features: Conv2d { weight: Param::from_tensor(numbers([4, 1, 3, 3])), ..features },
        classes: Conv2d { weight: Param::from_tensor(numbers([2, 4, 1, 1])), ..classes },
    }
}

fn main() -> Result<(), SaliencyError> {
    let (model, fresh) = (model(1.0), model(-1.0));
    let dark = Tensor::<Cpu, 4>::zeros([1, 1, 16, 16], &Default::default());
    let bright = Tensor::<Cpu, 4>::ones([1, 1, 6, 5], &Default::default());
    let image = dark.slice_assign([0..1, 0..1, 5..11, 9..14], bright);
    let inside = |pixel: usize| (5..11).contains(&(pixel / 16)) && (9..14).contains(&(pixel % 16));
    let mask: Vec<f32> = (0..256).map(|pixel| f32::from(inside(pixel))).collect();
    println!("{:22} {:>8} {:>10} {:>9} {:>13}", "", "deletion", "insertion", "points at", "fresh weights");
    for name in Attribution::NAMES {
        let attribution: Attribution = name.parse()?;
        // A window of 15 does not suit so small an image.
        let attribution = match attribution {
            Attribution::Occlusion(_) => Attribution::Occlusion(herring_saliency::Occlusion::tiles(2)),
            other => other,
        };
        let maps = attribute(&model, image.clone(), 1, &attribution, 32)?;
        let area = |perturbation| {
            let settings = CurveSettings { steps: 16, baseline: Baseline::Zero };
            let curves = perturbation_curves(&model, &image, 1, &maps, perturbation, settings, 32)?;
            Ok::<f64, SaliencyError>(curves[0].area())
        };
        let values: Vec<f32> = maps.clone().into_data().iter().collect();
        let stages = randomised((&model, &fresh), &image, 1, &attribution, 2, 32)?;
        let alike = stages.last().and_then(|stage| stage.absolute[0]);
        println!(
            "{name:22} {:8.3} {:10.3} {:>9} {:>13}",
            area(Perturbation::Deletion)?,
            area(Perturbation::Insertion)?,
            points_at(&values, &mask, [16, 16], 1)?,
            alike.map_or("constant".to_owned(), |alike| format!("{alike:.2}")),
        );
        if let Some(baseline) = attribution.completes() {
            let residual = completeness_residual(&model, &image, 1, &maps, baseline, 32)?[0];
            println!("{:22} sums to the difference of the logits but for {residual:.1e}", "");
        }
    }
    Ok(())
}
