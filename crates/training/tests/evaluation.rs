//! What a run measures, which epoch it keeps, and which images it sees.
#![allow(clippy::unwrap_used, reason = "a test that fails here says where")]

mod common;

use common::*;
use herring_datasets::{
    Dataset, DatasetError,
    crosses::{self, CrossesSettings},
    listed::{Listed, Listings},
};
use herring_protocol::*;
use herring_training::{ConvolutionKernels, trainer_from};
use herring_weights::NoWeightFiles;
use std::collections::BTreeMap;

#[test]
fn further_attributions_are_scored_on_as_many_images_as_asked() {
    let mut spec = spec(plain());
    let (plain, _) = run(&spec).unwrap();
    spec.evaluation.attributions =
        vec![AttributionSpec::IntegratedGradients { steps: 3 }, AttributionSpec::Occlusion { window: 7 }];
    let found = |limit| {
        let mut spec = spec.clone();
        spec.evaluation.attribution_limit = limit;
        let mut found = run(&spec).unwrap().0.scores.localisation;
        let gradient = found.remove(GRADIENT);
        assert_eq!(gradient.as_ref(), plain.scores.gradient(), "the input gradient is scored on all");
        found
    };
    let all = found(None);
    let names: Vec<_> = all.iter().map(|(name, found)| (name.as_str(), found.images)).collect();
    assert_eq!(names, [("integrated-gradients", 4), ("occlusion", 4)]);
    let iop = |found: &BTreeMap<String, Localisation>, name: &str| found[name].iop;
    assert_ne!(iop(&all, "integrated-gradients"), iop(&all, "occlusion"));
    assert_ne!(iop(&all, "integrated-gradients"), plain.scores.gradient().unwrap().iop);
    // The positive test images of the crosses are all of one environment.
    assert!(found(Some(1)).values().all(|found| found.images == 1));
    let mut wide = spec.clone();
    wide.evaluation.attributions = vec![AttributionSpec::Occlusion { window: 40 }];
    let message = failure(&wide);
    assert!(message.starts_with("evaluation: found ") && message.contains("40"), "{message}");
}

#[test]
fn sets_are_zeroed_where_the_specification_says_so() {
    let outcome = |images, zeroed: &[&str]| {
        let mut spec = spec(on(images, Vec::new()));
        spec.evaluation.zeroed_sets = zeroed.iter().map(|set| (*set).to_owned()).collect();
        spec.evaluation.train_scores = TrainScores::Last;
        run(&spec).unwrap().0
    };
    let whole = outcome(TrainingImages::Whole, &[]);
    let test = outcome(TrainingImages::Whole, &[TEST]);
    assert_eq!((&test.weights, test.scores.on(VALID)), (&whole.weights, whole.scores.on(VALID)));
    assert_ne!(test.scores.on(TEST), whole.scores.on(TEST));
    assert_eq!(test.scores.last, whole.scores.last);
    let train = outcome(TrainingImages::Whole, &[TRAIN]);
    assert_eq!((&train.weights, train.scores.on(TEST)), (&whole.weights, whole.scores.on(TEST)));
    assert_ne!(train.scores.last[TRAIN], whole.scores.last[TRAIN]);
    // What is trained on is another choice than what is scored.
    let trained = outcome(TrainingImages::Zeroed, &[]);
    assert_ne!(trained.weights, whole.weights);
    let valid = outcome(TrainingImages::Zeroed, &[VALID, TEST]);
    assert_ne!(valid.history[0].valid, trained.history[0].valid);
}

#[test]
fn training_images_are_scored_never_last_or_after_each_epoch() {
    let of = |train_scores| {
        let mut spec = spec(with(vec![adversarial(true)]));
        spec.evaluation.train_scores = train_scores;
        run(&spec).unwrap().0
    };
    let [never, last, each] = [TrainScores::Never, TrainScores::Last, TrainScores::Each].map(of);
    let scored = |outcome: &RunOutcome| outcome.history.iter().map(|record| record.train.is_some()).collect::<Vec<_>>();
    assert_eq!(scored(&never), [false, false, false]);
    assert_eq!(scored(&last), [false, false, true]);
    assert_eq!(scored(&each), [true, true, true]);
    assert_eq!(last.history[2].train, each.history[2].train);
    assert_eq!(last.scores.last.get(TRAIN), last.history[2].train.as_ref());
    assert_eq!(never.scores.last.keys().collect::<Vec<_>>(), [VALID]);
    assert_eq!((&last.weights, &each.weights), (&never.weights, &never.weights), "it changes nothing");
}

#[test]
fn the_first_epoch_of_the_highest_accuracy_is_selected() {
    let mut spec = spec(plain());
    spec.selection = SelectionSpec::HighestAccuracy { patience: None };
    spec.training.epochs = 5;
    spec.optimiser = OptimiserSpec::adam(1e-2);
    let outcome = run(&spec).unwrap().0;
    let accuracies: Vec<f64> = outcome.history.iter().map(|record| record.valid.accuracy).collect();
    let highest = accuracies.iter().copied().fold(0.0, f64::max);
    let first = accuracies.iter().position(|accuracy| *accuracy == highest).unwrap();
    assert_eq!(outcome.scores.best_epoch, first + 1, "{accuracies:?}");
    assert_eq!(outcome.scores.on(VALID), Some(&outcome.history[first].valid));
    assert_eq!(outcome.scores.last[VALID], outcome.history[4].valid);
}

#[test]
fn the_last_epoch_is_selected_and_tested_alone() {
    let mut spec = spec(plain());
    spec.selection = SelectionSpec::LastEpoch;
    let outcome = run(&spec).unwrap().0;
    assert_eq!(outcome.scores.best_epoch, 3);
    assert_eq!(outcome.scores.on(VALID), Some(&outcome.scores.last[VALID]));
    let tested: Vec<bool> = outcome.history.iter().map(|record| !record.tests.is_empty()).collect();
    assert_eq!(tested, [false, false, true]);
}

#[test]
fn patience_ends_a_run_whose_last_epoch_is_scored_in_full() {
    let mut spec = spec(plain());
    // Without normalisation and with next to no learning, every epoch ends in the same accuracy.
    spec.model = ModelSpec::ConvNet { kind: ConvNetKindName::Cnn, width: 2, sigmoid: false };
    spec.optimiser = OptimiserSpec::adam(1e-12);
    spec.selection = SelectionSpec::HighestAccuracy { patience: Some(2) };
    spec.training.epochs = 9;
    spec.evaluation.train_scores = TrainScores::Last;
    let outcome = run(&spec).unwrap().0;
    assert_eq!((outcome.history.len(), outcome.scores.best_epoch), (3, 1));
    assert!(outcome.history[2].train.is_some());
}

#[test]
fn the_crosses_are_drawn_by_the_split_s_seed_where_it_has_one() {
    let of = |seed, split_seed| {
        let mut spec = RunSpec { seed, ..spec(plain()) };
        if let DataSpec::Crosses(crosses) = &mut spec.data {
            crosses.split_seed = split_seed;
        }
        run(&spec).unwrap().0
    };
    let (one, other) = (of(1, Some(0)), of(2, Some(0)));
    assert_eq!(one.pictures.examples, other.pictures.examples, "the same images");
    assert_ne!(one.weights, other.weights, "other weights and another order");
    assert_ne!(of(1, None).pictures.examples, of(2, None).pictures.examples);
    assert_eq!(of(1, Some(1)), of(1, None));
}

/// Has crosses under any name.
struct Some28;

impl Listings for Some28 {
    fn open(&self, _: &str) -> Result<Listed, DatasetError> {
        let settings = CrossesSettings { train: 20, valid: 8, test: 8, ..CrossesSettings::default() };
        let splits = crosses::splits(&settings, 1)?;
        let saliency: Dataset = splits.valid.clone();
        Ok(Listed { splits, saliency, clean: None, regions: Vec::new() })
    }
}

#[test]
fn images_from_files_must_have_the_size_that_the_specification_says() {
    let of = |size| {
        let images = ImagesSpec {
            listing: "0".repeat(64),
            table: TableName::Own,
            pathology: PathologyName::Cardiomegaly,
            issue: "test".to_owned(),
            issue_known: false,
            table_sha256: "1".repeat(64),
            resize: ResizeName::Pillow,
            channels: ChannelsName::Grey,
            normalisation: None,
            empty_negatives: false,
            split_seed: None,
            ratio: None,
            rule: SplitRuleName::Given,
            size,
            saliency_size: size,
            cell_limit: None,
            saliency_limit: None,
        };
        let spec = RunSpec { data: DataSpec::Images(images), ..spec(plain()) };
        let trainer =
            trainer_from(BackendKind::Cpu, 0, Box::new(Some28), Box::new(NoWeightFiles), ConvolutionKernels::Fixed)
                .unwrap();
        trainer.run(&spec, RunStart::fresh(), &mut Watch::new())
    };
    assert_eq!(of(28).unwrap().scores.gradient().unwrap().images, 4);
    assert_eq!(
        line(&of(32).unwrap_err()),
        "data.listing: found images of 28 and 28 pixels, expected 32 and 32, as the specification has it"
    );
}
