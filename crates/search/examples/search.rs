//! A small search: Branin's function stands in for a training.
//!
//! ```text
//! cargo run --release --package herring-search --example search
//! cargo run --release --package herring-search --example search --features bayesian -- FOLDER
//! ```
//!
//! With a folder the search can be interrupted and resumed; without one it uses a temporary folder.

use herring_search::{Dimension, Ledger, Origin, Range, Strategy, Study, Trial, TrialOutcome};
use std::{error::Error, f64::consts::PI, path::PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    let study = Study {
        dimensions: vec![
            Dimension::new("x", Range::Uniform { low: -5.0, high: 10.0 })?,
            Dimension::new("y", Range::Uniform { low: 0.0, high: 15.0 })?,
        ],
        initial: Study::INITIAL,
        iterations: Study::ITERATIONS,
        seed: 0,
        strategy: if cfg!(feature = "bayesian") { Strategy::Bayesian } else { Strategy::Random },
    };
    let temporary = tempfile::tempdir()?;
    let folder = std::env::args().nth(1).map_or_else(|| temporary.path().to_owned(), PathBuf::from);

    let mut ledger = Ledger::open(&folder, &study)?;
    while let Some(trial) = ledger.ask()? {
        let told = train(&trial);
        let origin = match &trial.origin {
            Origin::Initial => "initial".to_owned(),
            Origin::Model => "model".to_owned(),
            Origin::Random { reason } => format!("random: {reason}"),
        };
        let values: Vec<String> = trial.values.iter().map(|(name, value)| format!("{name} {value:8.4}")).collect();
        println!("{:4}  {}  {told:?}  ({origin})", trial.number, values.join("  "));
        ledger.tell(trial.number, told)?;
    }
    if let Some(best) = ledger.best() {
        println!("best is trial {} with {:?}; the maximum is -0.397887", best.number, best.score());
    }
    Ok(())
}

/// Fails where x and y are both large, as trainings do at the edges of a range.
fn train(trial: &Trial) -> TrialOutcome {
    match trial.value("x").zip(trial.value("y")) {
        Some((x, y)) if x + y < 20.0 => {
            let valley = y - 5.1 / (4.0 * PI * PI) * x * x + 5.0 / PI * x - 6.0;
            TrialOutcome::Scored(-(valley * valley + 10.0 * (1.0 - 1.0 / (8.0 * PI)) * x.cos() + 10.0))
        }
        _ => TrialOutcome::Failed("diverged".to_owned()),
    }
}
