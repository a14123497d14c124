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
        let EpochRecord { epoch, train_cross_entropy, valid, .. } = record;
        println!("epoch {epoch}: cross-entropy {train_cross_entropy:.3}, validation AUC {:.3}", valid.auc);
        Control::Continue
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let spec = RunSpec {
        experiment: "example".to_owned(),
        method: Method::ActDiff,
        variant: Variant::Released,
        seed: 1234,
        backend: BackendKind::Cpu,
        data: DataSpec::Crosses(CrossesSpec {
            train: 64,
            valid: 32,
            test: 32,
            dilation_sigma: 0.8,
            mask_fraction: 1.0,
        }),
        model: ModelSpec { depth: 18, width: 4 },
        training: TrainingSpec {
            epochs: 4,
            batch_size: 16,
            learning_rate: 1e-3,
            penalty_weight: 1.0,
            burn_in: 1,
            patience: 4,
        },
        discriminator: None,
        evaluation: EvaluationSpec {
            smoothing_sigma: 1.0,
            smoothing_truncate: 3.5,
            picture_samples: 2,
            attributions: Vec::new(),
            attribution_limit: None,
            auc: AucKind::Authors,
        },
    };
    let trainer = herring_training::trainer(BackendKind::Cpu, 0)?;
    let outcome = trainer.run(&spec, None, &mut Print)?;
    println!(
        "epoch {} was selected: test AUC {:.3}, IoP {:.3}",
        outcome.best_epoch, outcome.test.auc, outcome.localisation.iop
    );
    Ok(())
}
