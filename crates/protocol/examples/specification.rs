//! Prints the specification of one run, all that decides its result, and its identity.
//!
//! `cargo run --release -p herring-protocol --example specification`

use herring_protocol::*;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let spec = RunSpec {
        experiment: "iclr2021-crosses".to_owned(),
        method: "gradmask".parse()?,
        variant: Variant::Released,
        seed: 1234,
        backend: BackendKind::Cpu,
        data: DataSpec::Crosses(CrossesSpec {
            train: 500,
            valid: 128,
            test: 128,
            dilation_sigma: 1.0,
            split_seed: None,
        }),
        annotations: AnnotationSpec::Given { fraction: 1.0 },
        teacher: None,
        model: ModelSpec::Resnet {
            depth: 18,
            stem: StemName::Small,
            width: 64,
            pooling: PoolingName::Global,
            initialisation: InitialisationName::KaimingNormal,
            layers: ResnetLayersName::Normalised,
        },
        weights: WeightsSpec::Random,
        objective: ObjectiveSpec {
            images: TrainingImages::Whole,
            task: TaskSpec::cross_entropy(),
            groups: None,
            penalties: vec![PenaltySpec::Gradmask { weight: 0.203439, norm: GradientNorm::Absolute }],
        },
        optimiser: OptimiserSpec::adam(0.01),
        training: TrainingSpec { epochs: 100, batch_size: 16, trained: TrainedPart::All },
        selection: SelectionSpec::LowestLoss { burn_in: 5, patience: Some(100) },
        evaluation: EvaluationSpec {
            auc: AucKind::Authors,
            zeroed_sets: Vec::new(),
            train_scores: TrainScores::Never,
            explained_model: ExplainedModel::Selected,
            explained_images: 0,
            smoothing_sigma: 1.0,
            smoothing_truncate: 3.5,
            picture_samples: 1,
            attributions: Vec::new(),
            attribution_limit: None,
            decoy_quantile: None,
            heat: None,
        },
        needs: Vec::new(),
    };
    spec.check()?;
    println!("{}", serde_json::to_string_pretty(&spec)?);
    println!("id {}", RunId::of(&spec));
    Ok(())
}
