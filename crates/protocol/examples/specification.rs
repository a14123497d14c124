//! Prints the specification of one run: all that decides its result.
//!
//! `cargo run --release -p herring-protocol --example specification`

use herring_protocol::*;

fn main() -> Result<(), serde_json::Error> {
    let spec = RunSpec {
        experiment: "iclr2021-crosses".to_owned(),
        method: Method::GradMask,
        variant: Variant::Released,
        seed: 1234,
        backend: BackendKind::Cpu,
        data: DataSpec::Crosses(CrossesSpec {
            train: 500,
            valid: 128,
            test: 128,
            dilation_sigma: 1.0,
            mask_fraction: 1.0,
        }),
        model: ModelSpec { depth: 18, width: 64 },
        training: TrainingSpec {
            epochs: 100,
            batch_size: 16,
            learning_rate: 0.01,
            penalty_weight: 0.203439,
            burn_in: 5,
            patience: 100,
        },
        discriminator: None,
        evaluation: EvaluationSpec {
            smoothing_sigma: 1.0,
            smoothing_truncate: 3.5,
            picture_samples: 1,
            attributions: Vec::new(),
            attribution_limit: None,
            auc: AucKind::Authors,
        },
    };
    println!("{}", serde_json::to_string_pretty(&spec)?);
    Ok(())
}
