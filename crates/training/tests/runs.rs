//! Whole runs of tiny settings on the processor.
#![allow(clippy::unwrap_used, reason = "a test that fails here says where")]

mod common;

use common::*;
use herring_protocol::*;

#[test]
fn every_objective_gives_the_same_bytes_twice() {
    for (name, objective) in objectives() {
        let penalised = !objective.penalties.is_empty();
        let spec = spec(objective);
        let (outcome, watch) = run(&spec).unwrap();
        let (again, _) = run(&spec).unwrap();
        assert_eq!(outcome, again, "{name}");
        assert_eq!((watch.epochs, watch.steps.len()), (3, 9), "{name}");
        assert_eq!(watch.steps.iter().filter(|step| step.step == 3).count(), 3, "the last, smaller batch is kept");
        assert!((2..=3).contains(&outcome.scores.best_epoch), "nothing is selected before the burn-in");
        assert_eq!(outcome.scores.gradient().unwrap().images, 4, "{name}");
        assert_eq!(outcome.pictures.images, 2, "{name}");
        assert_eq!(watch.steps[0].penalty != 0.0, penalised, "{name}");
    }
}

#[test]
fn objectives_and_their_readings_end_in_different_weights() {
    let outcomes = objectives().into_iter().map(|(name, objective)| (name, run(&spec(objective)).unwrap().0));
    let outcomes: Vec<_> = outcomes.collect();
    for (place, (name, outcome)) in outcomes.iter().enumerate() {
        for (other, another) in &outcomes[..place] {
            assert_ne!(outcome.weights, another.weights, "{name} and {other}");
        }
    }
}

#[test]
fn groups_are_the_classes_in_each_environment_of_the_training_images() {
    // A step on all 24 sections, whose groups (class and sex) are of different sizes: the re-weighted loss, and GroupDRO's
    // before its weights move, are both the mean over the groups of their mean losses.
    let first = |groups| {
        let train = 24;
        let (depends, split_seed) = (CardiacName::Marker, 0);
        let data = CardiacSpec { depends, train, valid: 4, test: 4, split_seed, saliency_limit: None };
        let spec = RunSpec {
            data: DataSpec::Cardiac(data),
            training: TrainingSpec { epochs: 1, batch_size: train, trained: TrainedPart::All },
            selection: SelectionSpec::LastEpoch,
            ..spec(ObjectiveSpec { groups, ..plain() })
        };
        run(&spec).unwrap().1.steps[0].cross_entropy
    };
    let still = GroupsSpec::Robust { step: 1e-9, adjustment: 0.0, draw: GroupDraw::Shuffled };
    let [plain, reweighted, robust] = [None, Some(GroupsSpec::Reweighted), Some(still)].map(first);
    assert!((reweighted - robust).abs() < 1e-5, "{reweighted} and {robust}");
    assert!((reweighted - plain).abs() > 1e-4, "{reweighted} and {plain}");
    // Drawn with replacement, the images are others.
    let resampled = first(Some(GroupsSpec::Resampled));
    assert!([plain, reweighted].iter().all(|other| (resampled - other).abs() > 1e-4), "{resampled}");
}

#[test]
fn penalties_of_one_step_add_up() {
    let parts = [actdiff(ActDiffLayers::Pooled, ActDiffDistance::Image), gradmask(GradientNorm::Absolute)];
    let first = |penalties: Vec<PenaltySpec>| run(&spec(with(penalties))).unwrap().1.steps[0].clone();
    let [one, other] = parts.clone().map(|part| first(vec![part]));
    let both = first(parts.to_vec());
    assert_eq!(both.cross_entropy, one.cross_entropy);
    assert!((both.penalty - one.penalty - other.penalty).abs() < 1e-5 * both.penalty, "{both:?}");
}

#[test]
fn the_result_does_not_depend_on_the_number_of_threads() {
    let spec = spec(with(vec![gradmask(GradientNorm::Absolute)]));
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| run(&spec).unwrap().0)
    };
    assert_eq!(with(1), with(3));
}

#[test]
fn another_seed_gives_another_result() {
    let first = spec(plain());
    let second = RunSpec { seed: 3232, ..first.clone() };
    assert_ne!(run(&first).unwrap().0.weights, run(&second).unwrap().0.weights);
}

#[test]
fn the_encoder_s_turn_comes_every_so_many_evaluations_as_each_reading_counts_them() {
    let updated = |released| {
        let (_, watch) = run(&spec(with(vec![adversarial(released)]))).unwrap();
        assert!(watch.steps.iter().all(|step| step.discriminator.is_some()));
        watch.steps.iter().map(|step| step.updated).collect::<Vec<_>>()
    };
    // Three training steps and one validation batch an epoch, and one test batch where the model is
    // selected: evaluation 4 is the first validation batch, so no step of the first epoch updates.
    assert_eq!(updated(true)[..6], [false; 6]);
    // Of the paper's training batches every fourth.
    assert_eq!(updated(false), [1, 2, 3, 4, 5, 6, 7, 8, 9].map(|step| step % 4 == 0));
}

#[test]
fn a_penalty_that_is_not_finite_ends_the_run_with_epoch_and_step() {
    let spec = spec(with(vec![PenaltySpec::Rrr { weight: 1e300, offset: 0.0, reading: RrrReading::Pixels }]));
    match run(&spec).map(|_| ()).unwrap_err() {
        RunFailure::NotFinite { epoch, step, quantity } => {
            assert_eq!((epoch, step, quantity.as_str()), (1, 1, "penalty"))
        }
        other => panic!("{other}"),
    }
    assert_eq!(failure(&spec), "penalty is not finite at epoch 1, step 1");
}

#[test]
fn an_observer_can_stop_a_run() {
    let mut watch = Watch { stop_at: 2, ..Watch::new() };
    let failure = trainer().run(&spec(plain()), RunStart::fresh(), &mut watch).unwrap_err();
    assert_eq!(failure, RunFailure::Interrupted);
    assert_eq!(watch.steps.len(), 2);
}

#[test]
fn what_cannot_be_carried_out_is_named_in_one_line() {
    let refused = |change: fn(&mut RunSpec)| {
        let mut spec = spec(plain());
        change(&mut spec);
        failure(&spec)
    };
    assert_eq!(
        refused(|spec| {
            if let ModelSpec::Resnet { depth, .. } = &mut spec.model {
                *depth = 50;
            }
        }),
        "model.depth: found 50, expected 18 or 34"
    );
    assert_eq!(
        refused(|spec| spec.selection = SelectionSpec::LowestLoss { burn_in: 9, patience: None }),
        "selection.burn_in: found 9 with 3 epochs, expected an epoch that is reached"
    );
    assert_eq!(
        refused(|spec| {
            if let DataSpec::Crosses(crosses) = &mut spec.data {
                crosses.train = 7;
            }
        }),
        "data.train: found 7, expected an even number of images from 2 to 512"
    );
    assert_eq!(
        refused(|spec| spec.training.batch_size = 0),
        "training.batch_size: found 0, expected a number from 1 to 100000"
    );
    let reconstruction = |spec: &mut RunSpec| {
        spec.objective.penalties = vec![PenaltySpec::Reconstruction {
            weight: 1.0,
            loss: ReconstructionLoss::SquaredError,
            target: ReconstructionTarget::Image,
        }];
    };
    assert_eq!(
        refused(reconstruction),
        "objective.penalties.reconstruction: found it, expected no such penalty: the network has no decoder, so it \
         reconstructs nothing"
    );
    assert_eq!(refused(|spec| spec.backend = BackendKind::Cuda), "backend: found cuda, expected cpu");
    assert_eq!(
        refused(|spec| spec.evaluation.zeroed_sets = vec!["valid".to_owned(), "tset".to_owned()]),
        "evaluation.zeroed_sets: found tset, expected sets among train, valid, test"
    );
    assert_eq!(
        refused(|spec| spec.objective.task = TaskSpec::CrossEntropy { class_weights: vec![1.0; 3] }),
        "objective.task.class_weights: found 3 numbers, expected 2, one for each class of the images"
    );
    let undecided = |spec: &mut RunSpec| {
        let alternatives = vec![Alternative { value: 0.1, run: RunId::of(spec) }];
        let (field, score) = ("optimiser.learning_rate".to_owned(), "valid_auc".parse().unwrap());
        spec.needs = vec![NeedSpec { field, score, alternatives }];
    };
    assert_eq!(
        refused(undecided),
        "optimiser.learning_rate: found a value that other runs decide, expected the value that they decided"
    );
}

#[test]
fn a_backend_or_device_that_is_not_there_is_named() {
    let error = herring_training::trainer(BackendKind::Cpu, 7).map(|_| ()).unwrap_err();
    assert!(error.to_string().contains("no device 7"), "{error}");
    if cfg!(not(feature = "cuda")) {
        let error = herring_training::trainer(BackendKind::Cuda, 0).map(|_| ()).unwrap_err();
        assert!(error.to_string().contains("--features cuda"), "{error}");
    }
}
