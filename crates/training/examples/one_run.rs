//! Trains one small run on the processor and prints what it says on the way.
//!
//! `cargo run --release -p herring-training --example one_run`

use herring_protocol::*;

struct Print;

impl Observer for Print {
    fn step(&mut self, _: &StepRecord) -> Control {
        Control::Continue
    }

    fn epoch(&mut self, record: &EpochRecord) -> Control {
        let EpochRecord { epoch, train_cross_entropy, train_penalty, valid, .. } = record;
        let accuracy = valid.accuracy;
        println!(
            "epoch {epoch}: cross-entropy {train_cross_entropy:.3}, penalty {train_penalty:.3}, validation accuracy \
             {accuracy:.3}"
        );
        Control::Continue
    }
}

/// activmask2020's auto-encoder, small, with two of its penalties.
fn spec() -> Result<RunSpec, UnknownName> {
    Ok(RunSpec {
        experiment: "example".to_owned(),
        method: "actdiff".parse()?,
        variant: Variant::Released,
        seed: 1234,
        backend: BackendKind::Cpu,
        data: DataSpec::Crosses(CrossesSpec {
            train: 64,
            valid: 32,
            test: 32,
            dilation_sigma: 0.5,
            split_seed: Some(0),
        }),
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
                    weight: 10.0,
                    weighted: true,
                    layers: ActDiffLayers::All,
                    distance: ActDiffDistance::Position,
                    offset: 1e-6,
                },
                PenaltySpec::Reconstruction {
                    weight: 10.0,
                    loss: ReconstructionLoss::BinaryCrossEntropy,
                    target: ReconstructionTarget::Image,
                },
            ],
        },
        optimiser: OptimiserSpec::adam(1e-3),
        training: TrainingSpec { epochs: 4, batch_size: 16, trained: TrainedPart::All },
        selection: SelectionSpec::HighestAccuracy { patience: None },
        evaluation: EvaluationSpec {
            auc: AucKind::Roc,
            zeroed_sets: Vec::new(),
            train_scores: TrainScores::Last,
            explained_model: ExplainedModel::Selected,
            explained_images: 0,
            smoothing_sigma: 1.0,
            smoothing_truncate: 3.5,
            picture_samples: 2,
            attributions: Vec::new(),
            attribution_limit: None,
            decoy_quantile: None,
            heat: None,
        },
        needs: Vec::new(),
    })
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let trainer = herring_training::trainer(BackendKind::Cpu, 0)?;
    let outcome = trainer.run(&spec()?, RunStart::fresh(), &mut Print)?;
    for name in ["best_epoch", "last_train_accuracy", "accuracy", "auc", "iop"] {
        let score: ScoreName = name.parse()?;
        let value = score.of(&outcome.scores, AucKind::Roc).map_or("none".to_owned(), |value| format!("{value:.3}"));
        println!("{}: {value}", score.label());
    }
    Ok(())
}
