//! What verdicts may state at a scale.

use serde::{Deserialize, Serialize};

/// What the verdicts of a table may state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Judgement {
    /// How the numbers compare with the paper's.
    Paper,
    /// Whether the paper's qualitative findings are reproduced; the numbers are not comparable.
    Findings,
    /// Nothing.
    None,
}
