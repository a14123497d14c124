//! Whole runs of tiny settings on the processor.
#![allow(clippy::unwrap_used, reason = "a test that fails here says where")]

use herring_protocol::*;

struct Watch {
    steps: Vec<StepRecord>,
    epochs: usize,
    stop_at: usize,
}

impl Watch {
    fn new() -> Self {
        Self { steps: Vec::new(), epochs: 0, stop_at: usize::MAX }
    }
}

impl Observer for Watch {
    fn step(&mut self, record: &StepRecord) -> Control {
        self.steps.push(record.clone());
        if self.steps.len() == self.stop_at { Control::Stop } else { Control::Continue }
    }

    fn epoch(&mut self, _: &EpochRecord) -> Control {
        self.epochs += 1;
        Control::Continue
    }
}

fn spec(method: Method, variant: Variant) -> RunSpec {
    RunSpec {
        experiment: "test".to_owned(),
        method,
        variant,
        seed: 1234,
        backend: BackendKind::Cpu,
        data: DataSpec::Crosses(CrossesSpec { train: 20, valid: 8, test: 8, dilation_sigma: 0.8, mask_fraction: 1.0 }),
        model: ModelSpec { depth: 18, width: 2 },
        training: TrainingSpec {
            epochs: 3,
            batch_size: 8,
            learning_rate: 1e-3,
            penalty_weight: 0.1,
            burn_in: 2,
            patience: 3,
        },
        discriminator: (method == Method::Adversarial).then_some(DiscriminatorSpec {
            learning_rate: 1e-3,
            every: 4,
            hidden: 8,
        }),
        evaluation: EvaluationSpec {
            smoothing_sigma: 1.0,
            smoothing_truncate: 3.5,
            picture_samples: 2,
            attributions: Vec::new(),
            attribution_limit: None,
            auc: AucKind::Authors,
        },
    }
}

fn run(spec: &RunSpec) -> Result<(RunOutcome, Watch), RunFailure> {
    let mut watch = Watch::new();
    let outcome = herring_training::trainer(BackendKind::Cpu, 0).unwrap().run(spec, None, &mut watch)?;
    Ok((outcome, watch))
}

#[test]
fn every_method_in_both_readings_gives_the_same_bytes_twice() {
    for method in Method::ALL {
        for variant in Variant::ALL {
            let spec = spec(*method, *variant);
            let (outcome, watch) = run(&spec).unwrap();
            let (again, _) = run(&spec).unwrap();
            assert_eq!(outcome, again, "{method}, {variant}");
            assert_eq!((watch.epochs, watch.steps.len()), (3, 9));
            assert_eq!(watch.steps.iter().filter(|step| step.step == 3).count(), 3, "the last, smaller batch is kept");
            assert!((2..=3).contains(&outcome.best_epoch), "nothing is selected before the burn-in");
            assert_eq!(outcome.localisation.images, 4);
            assert_eq!(outcome.pictures.images, 2);
            let penalised = matches!(method, Method::ActDiff | Method::Adversarial | Method::GradMask | Method::Rrr);
            assert_eq!(watch.steps[0].penalty != 0.0, penalised, "{method}");
        }
    }
}

#[test]
fn further_attributions_are_scored_on_as_many_images_as_asked() {
    let mut spec = spec(Method::Baseline, Variant::Released);
    let (plain, _) = run(&spec).unwrap();
    spec.evaluation.attributions =
        vec![AttributionSpec::IntegratedGradients { steps: 3 }, AttributionSpec::Occlusion { window: 7 }];
    let images = |limit| {
        let mut spec = spec.clone();
        spec.evaluation.attribution_limit = limit;
        let (outcome, _) = run(&spec).unwrap();
        assert_eq!(outcome.localisation, plain.localisation, "the input gradient is scored on all");
        let found = outcome.attributions.into_iter();
        found.map(|(name, localisation)| (name, localisation.images, localisation.iop)).collect::<Vec<_>>()
    };
    let all = images(None);
    let names: Vec<_> = all.iter().map(|(name, images, _)| (name.as_str(), *images)).collect();
    assert_eq!(names, [("integrated-gradients", 4), ("occlusion", 4)]);
    assert!(all[0].2 != all[1].2 && all[0].2 != plain.localisation.iop, "{all:?}");
    // The positive test images of the crosses are all of one environment.
    assert!(images(Some(1)).iter().all(|(_, images, _)| *images == 1));
    let mut wide = spec.clone();
    wide.evaluation.attributions = vec![AttributionSpec::Occlusion { window: 40 }];
    let error = run(&wide).err().unwrap().to_string();
    assert!(error.contains("evaluation") && error.contains("40"), "{error}");
}

#[test]
fn all_masked_sees_what_its_variant_says() {
    let outcome = |method, variant| run(&spec(method, variant)).unwrap().0;
    let [base, released, paper] = [
        outcome(Method::Baseline, Variant::Released),
        outcome(Method::MaskAll, Variant::Released),
        outcome(Method::MaskAll, Variant::Paper),
    ];
    // The released settings mask the test images only.
    assert_eq!(base.weights, released.weights);
    assert_eq!(base.valid, released.valid);
    assert_ne!(base.test, released.test);
    assert_ne!(base.weights, paper.weights);
}

#[test]
fn the_result_does_not_depend_on_the_number_of_threads() {
    let spec = spec(Method::GradMask, Variant::Released);
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| run(&spec).unwrap().0)
    };
    assert_eq!(with(1), with(3));
}

#[test]
fn another_seed_gives_another_result() {
    let first = spec(Method::Baseline, Variant::Released);
    let second = RunSpec { seed: 3232, ..first.clone() };
    assert_ne!(run(&first).unwrap().0.weights, run(&second).unwrap().0.weights);
}

#[test]
fn the_encoder_s_turn_comes_every_so_many_evaluations_validation_included() {
    let (_, watch) = run(&spec(Method::Adversarial, Variant::Released)).unwrap();
    // Three training steps and one validation batch an epoch, and one test batch where the model is
    // selected: evaluation 4 is the first validation batch, so no step of the first epoch updates.
    let updated: Vec<bool> = watch.steps.iter().map(|step| step.updated).collect();
    assert_eq!(updated[..6], [false; 6]);
    assert!(watch.steps.iter().all(|step| step.discriminator.is_some()));
}

#[test]
fn a_loss_that_is_not_finite_ends_the_run_with_epoch_and_step() {
    let mut spec = spec(Method::Baseline, Variant::Released);
    spec.training.learning_rate = 1e38;
    match run(&spec).map(|_| ()).unwrap_err() {
        RunFailure::NotFinite { epoch, step, .. } => assert!(epoch == 1 && step <= 3, "{epoch} {step}"),
        other => panic!("{other}"),
    }
}

#[test]
fn an_observer_can_stop_a_run() {
    let mut watch = Watch { stop_at: 2, ..Watch::new() };
    let failure = herring_training::trainer(BackendKind::Cpu, 0)
        .unwrap()
        .run(&spec(Method::Baseline, Variant::Released), None, &mut watch)
        .unwrap_err();
    assert_eq!(failure, RunFailure::Interrupted);
    assert_eq!(watch.steps.len(), 2);
}

#[test]
fn what_cannot_be_carried_out_is_named() {
    let base = spec(Method::Baseline, Variant::Released);
    let mut deep = base.clone();
    deep.model.depth = 50;
    let mut late = base.clone();
    late.training.burn_in = 9;
    let mut odd = base.clone();
    let DataSpec::Crosses(data) = &mut odd.data else { unreachable!() };
    data.train = 7;
    let mut empty = base.clone();
    empty.training.batch_size = 0;
    let mut stray = base.clone();
    stray.discriminator = Some(DiscriminatorSpec { learning_rate: 1.0, every: 1, hidden: 1 });
    for (spec, field) in [
        (deep, "model.depth"),
        (late, "training.burn_in"),
        (odd, "data"),
        (empty, "training.batch_size"),
        (stray, "discriminator"),
    ] {
        match run(&spec).map(|_| ()).unwrap_err() {
            RunFailure::Specification { field: found, .. } => assert_eq!(found, field),
            other => panic!("{field}: {other}"),
        }
    }
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

/// Keeps every snapshot, and stops after one of them.
#[derive(Default)]
struct Keeper {
    snapshots: Vec<(Position, Vec<u8>)>,
    steps: Vec<StepRecord>,
}

impl Observer for Keeper {
    fn step(&mut self, record: &StepRecord) -> Control {
        self.steps.push(record.clone());
        Control::Continue
    }

    fn epoch(&mut self, _: &EpochRecord) -> Control {
        Control::Continue
    }

    fn checkpoint(&mut self, position: Position, snapshot: &mut Snapshot<'_>) -> Result<(), RunFailure> {
        self.snapshots.push((position, snapshot()?));
        Ok(())
    }
}

#[test]
fn from_every_place_a_run_goes_on_to_the_same_bytes() {
    let trainer = herring_training::trainer(BackendKind::Cpu, 0).unwrap();
    for method in Method::ALL {
        for variant in Variant::ALL {
            let spec = spec(*method, *variant);
            let mut whole = Keeper::default();
            let outcome = trainer.run(&spec, None, &mut whole).unwrap();
            assert_eq!(whole.snapshots.len(), 3 * (3 + 1));
            for (index, (position, bytes)) in whole.snapshots.iter().enumerate() {
                let mut rest = Keeper::default();
                let resumed = trainer.run(&spec, Some(bytes), &mut rest).unwrap();
                assert_eq!(resumed, outcome, "{method}, {variant}, {position:?}");
                assert_eq!(rest.snapshots, whole.snapshots[index + 1..], "{method}, {variant}, {position:?}");
                let steps = position.epochs * 3 + position.steps;
                assert_eq!(rest.steps, whole.steps[steps..], "{method}, {variant}, {position:?}");
            }
        }
    }
}

#[test]
fn a_snapshot_of_something_else_is_refused() {
    let trainer = herring_training::trainer(BackendKind::Cpu, 0).unwrap();
    let mut keeper = Keeper::default();
    let own = spec(Method::Adversarial, Variant::Released);
    trainer.run(&own, None, &mut keeper).unwrap();
    let (_, bytes) = &keeper.snapshots[4];
    let refused = |spec: &RunSpec, bytes: &[u8]| match trainer.run(spec, Some(bytes), &mut Keeper::default()) {
        Err(RunFailure::Checkpoint(message)) => message,
        other => panic!("{other:?}"),
    };
    let other = RunSpec { seed: 1, ..own.clone() };
    assert_eq!(refused(&other, bytes), "found a snapshot of another run, expected one of this run");
    assert!(refused(&own, &bytes[..bytes.len() - 1]).contains("not a complete safetensors file"));
    let newer = String::from_utf8_lossy(&bytes[8..3000]).contains("format");
    assert!(newer, "the header comes first");
    let text = b"\\\"format\\\":1";
    let at = bytes.windows(text.len()).position(|window| window == text).unwrap();
    let mut newer = bytes.clone();
    newer[at + text.len() - 1] = b'2';
    let failure = trainer.run(&own, Some(&newer), &mut Keeper::default()).unwrap_err();
    assert_eq!(failure, RunFailure::CheckpointFormat { found: "2".to_owned() });
}
