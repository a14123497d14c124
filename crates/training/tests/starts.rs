//! Runs that start from the weights of another run.
#![allow(clippy::unwrap_used, reason = "a test that fails here says where")]

mod common;

use common::*;
use herring_protocol::*;
use herring_training::{ConvolutionKernels, trainer_from};

/// A network without normalisation, whose selected model stays what it was at the start when it hardly learns.
fn cnn(width: usize) -> RunSpec {
    let model = ModelSpec::ConvNet { kind: ConvNetKindName::Cnn, width, sigmoid: false };
    RunSpec { model, selection: SelectionSpec::LastEpoch, ..spec(plain()) }
}

fn finished(spec: &RunSpec) -> One {
    One { run: RunId::of(spec), weights: run(spec).unwrap().0.weights }
}

/// The same run from the weights of `from`.
fn started(spec: &RunSpec, from: &One) -> RunSpec {
    RunSpec { weights: WeightsSpec::Run { run: from.run.clone() }, ..spec.clone() }
}

#[test]
fn a_run_begins_with_the_weights_of_the_other_s_selected_model() {
    let first = finished(&cnn(2));
    let still = OptimiserSpec::adam(1e-12);
    let spec = RunSpec { seed: 99, optimiser: still.clone(), ..started(&cnn(2), &first) };
    let start = || RunStart { snapshot: None, finished: &first };
    let (outcome, watch) = run_from(&spec, start()).unwrap();
    assert_eq!(outcome.weights, first.weights);
    let random = RunSpec { weights: WeightsSpec::Random, ..spec };
    assert_ne!(run(&random).unwrap().1.steps[0].cross_entropy, watch.steps[0].cross_entropy);

    let learning = started(&cnn(2), &first);
    let outcome = resumes_everywhere("started from another run", &learning, &first);
    assert_eq!(run_from(&learning, start()).unwrap().0, outcome, "the same bytes twice");
    assert_ne!(outcome.weights, first.weights);
}

#[test]
fn running_statistics_and_penalties_go_with_other_weights_too() {
    let resnet = spec(plain());
    let first = finished(&resnet);
    let fine_tuned = RunSpec { objective: with(vec![adversarial(true)]), ..started(&resnet, &first) };
    resumes_everywhere("fine-tuned", &fine_tuned, &first);
}

#[test]
fn weights_that_are_not_there_or_do_not_fit_are_refused_in_one_line() {
    let narrow = finished(&cnn(2));
    let refused = |spec: &RunSpec, finished: &dyn FinishedWeights| {
        let error = run_from(spec, RunStart { snapshot: None, finished }).map(|_| ()).unwrap_err();
        assert!(matches!(error, RunFailure::Need { .. }), "{error:?}");
        line(&error)
    };
    let id = &narrow.run;
    let missing = format!("it needs the run {id}, whose weights are not available");
    assert_eq!(refused(&started(&cnn(2), &narrow), &NoWeights), missing);

    let unfit = format!("it needs the run {id}, whose weights do not fit: ");
    let wide = refused(&started(&cnn(4), &narrow), &narrow);
    assert!(wide.starts_with(&unfit) && wide.contains("has shape"), "{wide}");
    let resnet = refused(&started(&spec(plain()), &narrow), &narrow);
    assert!(resnet.starts_with(&unfit) && resnet.contains("tensor"), "{resnet}");
    let cut = One { run: id.clone(), weights: narrow.weights[..narrow.weights.len() - 1].to_vec() };
    let cut = refused(&started(&cnn(2), &narrow), &cut);
    assert!(cut.starts_with(&unfit) && cut.contains("not a complete safetensors file"), "{cut}");
}

#[test]
fn a_cross_entropy_that_is_not_finite_ends_the_run_with_epoch_and_step() {
    let mut broken = finished(&cnn(2));
    // The values of a safetensors file come last: the end of the last bias is not a number.
    let end = broken.weights.len() - 4;
    broken.weights[end..].copy_from_slice(&f32::NAN.to_le_bytes());
    let spec = started(&cnn(2), &broken);
    let error = run_from(&spec, RunStart { snapshot: None, finished: &broken }).map(|_| ()).unwrap_err();
    assert_eq!(line(&error), "cross-entropy is not finite at epoch 1, step 1");
}

/// The trainer of runs that start from the tensors of `first` as the file `mine`, and its SHA-256.
fn with_file(name: &str, bytes: &[u8]) -> (Box<dyn Trainer>, String) {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, bytes).unwrap();
    let (sha256, _) = herring_weights::hash(&path).unwrap();
    let files = herring_weights::WeightPaths([("mine".to_owned(), path)].into());
    let listings = Box::new(herring_datasets::listed::NoListings);
    (trainer_from(BackendKind::Cpu, 0, listings, Box::new(files), ConvolutionKernels::Fixed).unwrap(), sha256)
}

#[test]
fn a_run_begins_with_the_weights_of_a_file() {
    let first = finished(&cnn(2));
    let (trainer, sha256) = with_file("mine.safetensors", &first.weights);
    let weights = WeightsSpec::File { name: "mine".to_owned(), sha256 };
    let still = OptimiserSpec::adam(1e-12);
    let spec = RunSpec { seed: 99, optimiser: still, weights, ..cnn(2) };
    let outcome = trainer.run(&spec, RunStart::fresh(), &mut Watch::new()).unwrap();
    assert_eq!(outcome.weights, first.weights);
}

#[test]
fn a_file_that_is_another_or_does_not_fit_is_refused_in_one_line() {
    let first = finished(&cnn(2));
    let (trainer, sha256) = with_file("unfit.safetensors", &first.weights);
    let refused = |sha256: &str, spec: RunSpec, trainer: &dyn Trainer| {
        let weights = WeightsSpec::File { name: "mine".to_owned(), sha256: sha256.to_owned() };
        let error = trainer.run(&RunSpec { weights, ..spec }, RunStart::fresh(), &mut Watch::new()).map(|_| ());
        let error = error.unwrap_err();
        assert!(matches!(error, RunFailure::Weights(_)), "{error:?}");
        line(&error)
    };
    let other = refused(&"0".repeat(64), cnn(2), trainer.as_ref());
    assert!(other.contains(&format!("SHA-256 found {sha256}, expected 000")), "{other}");
    let wide = refused(&sha256, cnn(4), trainer.as_ref());
    assert!(wide.contains("unfit.safetensors: the tensor") && wide.contains("has shape"), "{wide}");
    let none = refused(&sha256, cnn(2), common::trainer().as_ref());
    assert_eq!(
        none,
        "the weights cannot be used: no file was given for the weights 'mine': expected --weights mine=FILE"
    );
}
