//! Two readings of "AUC" on the same logits, and a mean over seeds with its intervals.
//!
//! ```text
//! cargo run --release --package herring-stats --example auc
//! ```

use herring_stats::StatsError;
use herring_stats::auc::{macro_logit_auc, roc_auc};
use herring_stats::interval::{bootstrap_mean_interval, student_mean_interval};
use herring_stats::summary::{mean, standard_deviation};

fn main() -> Result<(), StatsError> {
    let labels = [0, 0, 0, 1, 1, 1];
    let logits = [[2.0, 0.5], [0.4, 0.1], [3.0, 2.5], [0.2, 1.0], [1.1, 1.4], [2.2, 2.9]];
    let margins = logits.map(|[zero, one]: [f64; 2]| one - zero);
    let positive = labels.map(|label| label == 1);
    println!("AUC of the difference of the logits  {:.3}", roc_auc(&margins, &positive)?);
    println!("macro AUC of the raw logits          {:.3}", macro_logit_auc(&logits, &labels)?);

    // Test AUC of GradMask on the synthetic crosses, ten seeds of the ICLR 2021 paper.
    let seeds = [0.762, 0.774, 0.808, 0.733, 0.698, 0.817, 0.729, 0.800, 0.711, 0.739];
    let student = student_mean_interval(&seeds, 0.95)?;
    let bootstrap = bootstrap_mean_interval(&seeds, 0.95, 1000, 0)?;
    println!("\nmean over seeds  {:.3} ± {:.3}", mean(&seeds)?, standard_deviation(&seeds)?);
    println!("95 % Student     {:.3} to {:.3}", student.low, student.high);
    println!("95 % bootstrap   {:.3} to {:.3}", bootstrap.low, bootstrap.high);
    Ok(())
}
