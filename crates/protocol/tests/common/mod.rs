//! Specifications to change.
#![allow(dead_code, reason = "each test file uses its own part")]

use herring_protocol::*;

/// A specification that can be carried out.
pub(crate) fn spec() -> RunSpec {
    RunSpec {
        experiment: "test".to_owned(),
        method: "all-of-them".parse().unwrap(),
        variant: Variant::Released,
        seed: 1234,
        backend: BackendKind::Cpu,
        data: DataSpec::Crosses(crosses()),
        annotations: AnnotationSpec::Given { fraction: 1.0 },
        teacher: None,
        model: ModelSpec::ConvNet { kind: ConvNetKindName::AutoEncoder, width: 4, sigmoid: true },
        weights: WeightsSpec::Random,
        objective: ObjectiveSpec {
            images: TrainingImages::Whole,
            task: TaskSpec::cross_entropy(),
            groups: None,
            penalties: vec![
                PenaltySpec::Actdiff {
                    weight: 1.0,
                    weighted: true,
                    layers: ActDiffLayers::All,
                    distance: ActDiffDistance::Position,
                    offset: 1e-6,
                },
                adversarial(),
                PenaltySpec::Gradmask { weight: 0.25, norm: GradientNorm::Absolute },
                PenaltySpec::Reconstruction {
                    weight: 2.0,
                    loss: ReconstructionLoss::BinaryCrossEntropy,
                    target: ReconstructionTarget::Image,
                },
                PenaltySpec::Rrr { weight: 0.5, offset: 1e-11, reading: RrrReading::Pixels },
            ],
        },
        optimiser: OptimiserSpec::adam(1e-3),
        training: TrainingSpec { epochs: 10, batch_size: 16, trained: TrainedPart::All },
        selection: SelectionSpec::LowestLoss { burn_in: 2, patience: Some(5) },
        evaluation: EvaluationSpec {
            auc: AucKind::Authors,
            zeroed_sets: vec!["valid".to_owned(), "test".to_owned()],
            train_scores: TrainScores::Last,
            smoothing_sigma: 1.0,
            smoothing_truncate: 3.5,
            picture_samples: 4,
            attributions: vec![
                AttributionSpec::IntegratedGradients { steps: 20 },
                AttributionSpec::Occlusion { window: 2 },
            ],
            attribution_limit: Some(25),
            decoy_quantile: None,
            heat: None,
            explained_model: ExplainedModel::default(),
            explained_images: 0,
        },
        needs: Vec::new(),
    }
}

pub(crate) fn crosses() -> CrossesSpec {
    CrossesSpec { train: 500, valid: 128, test: 128, dilation_sigma: 0.8, split_seed: Some(0) }
}

pub(crate) fn adversarial() -> PenaltySpec {
    PenaltySpec::Adversarial { weight: 1.0, released: true, learning_rate: 1e-3, every: 4, hidden: 8, layers: 3 }
}

/// Images that were files.
pub(crate) fn images() -> ImagesSpec {
    ImagesSpec {
        listing: "0".repeat(64),
        table: TableName::Xray,
        pathology: PathologyName::Cardiomegaly,
        issue: "stand-in".to_owned(),
        issue_known: false,
        table_sha256: "1".repeat(64),
        resize: ResizeName::Skimage,
        channels: ChannelsName::Grey,
        normalisation: None,
        empty_negatives: false,
        split_seed: None,
        ratio: Some(0.9),
        rule: SplitRuleName::Printed,
        size: 64,
        saliency_size: 64,
        cell_limit: Some(10),
        saliency_limit: None,
    }
}

pub(crate) fn resnet(pooling: PoolingName) -> ModelSpec {
    ModelSpec::Resnet {
        depth: 18,
        stem: StemName::Small,
        width: 4,
        pooling,
        initialisation: InitialisationName::PytorchDefault,
        layers: ResnetLayersName::PreActivation,
    }
}
