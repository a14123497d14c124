//! What a table may claim at a scale.

use serde::{Deserialize, Serialize};

/// What the verdicts of a table may claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Judgement {
    /// Compare with the paper's numbers.
    Paper,
    /// Ask whether the paper's qualitative findings are seen; the numbers are not comparable.
    Findings,
    /// Claim nothing.
    None,
}
