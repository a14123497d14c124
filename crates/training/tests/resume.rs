//! From every place that a run has come to, it goes on to the same bytes: for each objective, each
//! architecture and each rule of selection.
#![allow(clippy::unwrap_used, reason = "a test that fails here says where")]

mod common;

use common::*;
use herring_protocol::*;

#[test]
fn every_objective_goes_on_from_every_place() {
    for (name, objective) in objectives() {
        let spec = RunSpec {
            training: TrainingSpec { epochs: 2, batch_size: 8, trained: TrainedPart::All },
            selection: SelectionSpec::LowestLoss { burn_in: 1, patience: None },
            ..spec(objective)
        };
        resumes_everywhere(name, &spec, &NoWeights);
    }
}

#[test]
fn every_architecture_trains_with_all_of_activmask2020_s_penalties() {
    let resnet = ModelSpec::Resnet {
        depth: 18,
        stem: StemName::Small,
        width: 2,
        pooling: PoolingName::Window,
        initialisation: InitialisationName::PytorchDefault,
        layers: ResnetLayersName::PreActivation,
    };
    let network = |kind, sigmoid| ModelSpec::ConvNet { kind, width: 2, sigmoid };
    let mut ends = Vec::new();
    for (name, model, loss) in [
        ("residual network", resnet, None),
        ("cnn", network(ConvNetKindName::Cnn, false), None),
        ("auto-encoder", network(ConvNetKindName::AutoEncoder, true), Some(ReconstructionLoss::BinaryCrossEntropy)),
        ("unet", network(ConvNetKindName::Unet, false), Some(ReconstructionLoss::SquaredError)),
    ] {
        let mut penalties =
            vec![actdiff(ActDiffLayers::All, ActDiffDistance::Position), gradmask(GradientNorm::Absolute)];
        let target = ReconstructionTarget::Image;
        penalties.extend(loss.map(|loss| PenaltySpec::Reconstruction { weight: 0.1, loss, target }));
        let spec = RunSpec {
            model,
            training: TrainingSpec { epochs: 2, batch_size: 8, trained: TrainedPart::All },
            selection: SelectionSpec::HighestAccuracy { patience: None },
            ..spec(with(penalties))
        };
        let outcome = resumes_everywhere(name, &spec, &NoWeights);
        let [first, last] = [&outcome.history[0], &outcome.history[1]];
        assert!(first.train_penalty > 0.0 && last.train_penalty != first.train_penalty, "{name}: {first:?}");
        ends.push(outcome.weights);
    }
    ends.sort();
    ends.dedup();
    assert_eq!(ends.len(), 4);
}

#[test]
fn tap2024_s_architectures_train_with_its_penalties() {
    let resnet = ModelSpec::Resnet {
        depth: 18,
        stem: StemName::Imagenet,
        width: 2,
        pooling: PoolingName::Global,
        initialisation: InitialisationName::KaimingNormal,
        layers: ResnetLayersName::Normalised,
    };
    for (name, model) in [("residual network", resnet), ("two layers", ModelSpec::TwoLayer { width: 2 })] {
        let penalties = vec![
            PenaltySpec::Rbr { weight: 0.1, influence: RbrInfluence::Partial },
            PenaltySpec::Rrr { weight: 0.1, offset: 0.0, reading: RrrReading::Area },
            PenaltySpec::Tap { weight: 0.1, reading: TapReading::Released },
        ];
        let spec = RunSpec {
            model,
            training: TrainingSpec { epochs: 2, batch_size: 8, trained: TrainedPart::All },
            selection: SelectionSpec::LastEpoch,
            ..spec(with(penalties))
        };
        let outcome = resumes_everywhere(name, &spec, &NoWeights);
        assert!(outcome.history[0].train_penalty > 0.0, "{name}");
    }
}

#[test]
fn a_reconstruction_of_the_permuted_images_is_another_one() {
    let last = |target| {
        let loss = ReconstructionLoss::BinaryCrossEntropy;
        let model = ModelSpec::ConvNet { kind: ConvNetKindName::Unet, width: 2, sigmoid: true };
        let spec = RunSpec { model, ..spec(with(vec![PenaltySpec::Reconstruction { weight: 1.0, loss, target }])) };
        resumes_everywhere("reconstruction", &spec, &NoWeights)
    };
    let (image, permuted) = (last(ReconstructionTarget::Image), last(ReconstructionTarget::Permuted));
    assert_ne!(image.weights, permuted.weights);
    assert!(image.history[0].train_penalty > 0.0);
}

#[test]
fn every_rule_of_selection_goes_on_from_every_place() {
    for rule in [
        SelectionSpec::LowestLoss { burn_in: 1, patience: None },
        SelectionSpec::HighestAccuracy { patience: None },
        SelectionSpec::WorstEnvironment { burn_in: 1, patience: None },
        SelectionSpec::WorstGroup { burn_in: 2, patience: Some(1) },
        SelectionSpec::LastEpoch,
    ] {
        let mut spec = RunSpec { selection: rule.clone(), ..spec(plain()) };
        spec.evaluation.train_scores = TrainScores::Last;
        resumes_everywhere(&format!("{rule:?}"), &spec, &NoWeights);
    }
}

#[test]
fn a_snapshot_of_something_else_is_refused() {
    let trainer = trainer();
    let mut keeper = Keeper::default();
    let own = spec(with(vec![adversarial(true)]));
    trainer.run(&own, RunStart::fresh(), &mut keeper).unwrap();
    let (_, bytes) = &keeper.snapshots[4];
    let taken_up = |spec: &RunSpec, bytes: &[u8]| {
        let start = RunStart { snapshot: Some(bytes), finished: &NoWeights };
        trainer.run(spec, start, &mut Keeper::default())
    };
    let refused = |spec: &RunSpec, bytes: &[u8]| match taken_up(spec, bytes) {
        Err(RunFailure::Checkpoint(message)) => message,
        other => panic!("{other:?}"),
    };
    let other = RunSpec { seed: 1, ..own.clone() };
    assert_eq!(refused(&other, bytes), "found a snapshot of another run, expected one of this run");
    assert!(refused(&own, &bytes[..bytes.len() - 1]).contains("not a complete safetensors file"));
    let text = b"\\\"format\\\":2";
    let at = bytes.windows(text.len()).position(|window| window == text).unwrap();
    let mut newer = bytes.clone();
    newer[at + text.len() - 1] = b'3';
    let failure = taken_up(&own, &newer).unwrap_err();
    assert_eq!(failure, RunFailure::CheckpointFormat { found: "3".to_owned() });
}

#[test]
fn heatmap_loss_s_networks_train_whole_or_by_their_head_on_cardiac_sections() {
    let model = ModelSpec::Vgg { width: 1, hidden: 5, taps: VggTapsName::Convolutions, head: VggHeadName::Keras };
    let data =
        CardiacSpec { depends: CardiacName::Marker, train: 24, valid: 8, test: 8, split_seed: 0, saliency_limit: None };
    let trained = |trained| {
        let penalties = vec![heatmap(CamName::Hirescam, HeatOutside::Mean)];
        let objective = ObjectiveSpec { task: TaskSpec::SquaredError, ..with(penalties) };
        let plain = spec(objective);
        let spec = RunSpec {
            model: model.clone(),
            data: DataSpec::Cardiac(data.clone()),
            optimiser: OptimiserSpec::Adam { learning_rate: 1e-3, epsilon: 1e-7 },
            training: TrainingSpec { epochs: 2, batch_size: 8, trained },
            selection: SelectionSpec::LowestLoss { burn_in: 1, patience: None },
            evaluation: EvaluationSpec { heat: Some(HeatSpec::default()), explained_images: 1, ..plain.evaluation },
            ..plain
        };
        resumes_everywhere(&trained.to_string(), &spec, &NoWeights)
    };
    let [whole, head] = [trained(TrainedPart::All), trained(TrainedPart::Head)];
    let weight = |outcome: &RunOutcome, name: &str| {
        let tensors = herring_models::weights::NamedTensors::from_bytes(&outcome.weights).unwrap();
        tensors.get(name).unwrap().1.to_vec()
    };
    // Both began with the same weights: the one moved all of them, the other its head alone.
    for (name, frozen) in [("features.0.weight", true), ("features.28.weight", true), ("classifier.0.weight", false)] {
        let start = initial(&model, name);
        assert_eq!(weight(&head, name) == start, frozen, "{name}");
        assert_ne!(weight(&whole, name), start, "{name}");
    }
    for (map, regions) in &head.scores.heat {
        assert_eq!(regions.keys().collect::<Vec<_>>(), ["fat", "marker", "mask"], "{map}");
        for (region, heat) in regions {
            assert_eq!((heat.classes.len(), heat.without_heat.len()), (4, 4), "{map} {region}");
            assert!(heat.classes.iter().flatten().all(|share| (0.0..=1.0).contains(share)), "{map} {region}");
        }
    }
    assert_eq!(whole.scores.heat.keys().collect::<Vec<_>>(), ["grad-cam", "hirescam"]);
    let [first, ..] = &whole.pictures.explained[..] else { panic!("no image was explained") };
    for (map, plane) in &first.heat {
        assert!(plane.values.iter().all(|value| (0.0..=1.0).contains(value)), "{map}");
    }
}

/// The weights that a run of the common seed starts from.
fn initial(model: &ModelSpec, name: &str) -> Vec<f32> {
    let still = RunSpec {
        model: model.clone(),
        data: DataSpec::Cardiac(CardiacSpec {
            depends: CardiacName::Marker,
            train: 4,
            valid: 4,
            test: 4,
            split_seed: 0,
            saliency_limit: None,
        }),
        optimiser: OptimiserSpec::Sgd { learning_rate: 1e-30, momentum: 0.0 },
        training: TrainingSpec { epochs: 1, batch_size: 8, trained: TrainedPart::All },
        selection: SelectionSpec::LastEpoch,
        ..spec(plain())
    };
    let outcome = run(&still).unwrap().0;
    let tensors = herring_models::weights::NamedTensors::from_bytes(&outcome.weights).unwrap();
    tensors.get(name).unwrap().1.to_vec()
}
