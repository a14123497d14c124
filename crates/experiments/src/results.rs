//! The table of a reproduction, as data.

use crate::{
    config::{Judgement, Scale, Target},
    statistics::Spread,
};
use herring_protocol::{AucKind, MethodName, ScoreName, Variant};
use serde::Serialize;

/// The table of a reproduction.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Results {
    /// Which experiment.
    pub experiment: String,
    /// How large.
    pub scale: Scale,
    /// Which reading of the protocol.
    pub variant: Variant,
    /// Which AUC it uses.
    pub auc: AucKind,
    /// What verdicts may state.
    pub judgement: Judgement,
    /// The name of the images, if they are not the paper's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unknown_images: Option<String>,
    /// The columns of the table.
    pub columns: Vec<ScoreName>,
    /// What the configuration says of the columns (caption `columns`); empty if it says nothing.
    #[serde(skip)]
    pub note: String,
    /// One row for each method, in the order of the paper's tables.
    pub rows: Vec<Row>,
}

/// One method over its seeds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// Which method.
    pub method: MethodName,
    /// Its label in tables and figures.
    pub label: String,
    /// Its group of methods.
    pub group: String,
    /// Its style in figures.
    #[serde(skip)]
    pub style: String,
    /// Every score of the runs; empty if no run has finished.
    #[serde(serialize_with = "crate::json::as_map")]
    pub values: Vec<(ScoreName, Spread)>,
    /// Runs with a result.
    pub finished: usize,
    /// Runs that failed.
    pub failed: usize,
    /// Those among them that did not converge: a number became infinite or undefined.
    pub diverged: usize,
    /// Runs not done yet.
    pub missing: usize,
    /// The paper's numbers.
    pub target: Option<Target>,
    /// The comparison with the paper, as far as the scale allows.
    pub verdict: Verdict,
}

impl Row {
    /// The value of a score, if any run has it.
    pub fn value(&self, score: &ScoreName) -> Option<&Spread> {
        let found = self.values.iter().find(|(other, _)| other == score);
        found.map(|(_, spread)| spread)
    }

    /// How many of its runs converged. Runs that failed otherwise do not count.
    pub fn convergence(&self) -> Convergence {
        match (self.finished, self.diverged) {
            (_, 0) => Convergence::All,
            (finished, diverged) if 5 * finished < 3 * (finished + diverged) => Convergence::Few,
            (_, diverged) => Convergence::Most(diverged),
        }
    }
}

/// How many runs of a row did not converge, as tap2024's tables mark it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Convergence {
    /// All that have ended did.
    All,
    /// So many did not, and at least three of five did.
    Most(usize),
    /// Fewer than three of five did.
    Few,
}

impl Convergence {
    /// What stands behind a number; `None` where a table has [`Self::DNC`] in its place.
    pub fn mark(self) -> Option<String> {
        match self {
            Self::All => Some(String::new()),
            Self::Most(1) => Some("†".to_owned()),
            Self::Most(2) => Some("‡".to_owned()),
            Self::Most(more) => Some(format!("†×{more}")),
            Self::Few => None,
        }
    }

    /// In the place of a number: did not converge.
    pub const DNC: &'static str = "DNC";

    /// The explanation of the marks.
    pub const NOTE: &'static str = "† one run did not converge, ‡ two; DNC: fewer than three of five did.";
}

impl Results {
    /// Whether a paper published numbers for any row. There are none for the user's own images, and so no verdicts.
    pub fn has_targets(&self) -> bool {
        self.rows.iter().any(|row| row.target.is_some())
    }

    /// Whether a run of any row did not converge.
    pub fn any_diverged(&self) -> bool {
        self.rows.iter().any(|row| row.diverged > 0)
    }

    /// Runs without a result.
    pub fn failed(&self) -> usize {
        self.rows.iter().map(|row| row.failed).sum()
    }
}

/// How a row compares with the paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// The numbers agree within the spread over seeds.
    Agrees,
    /// The numbers differ.
    Differs,
    /// The paper's qualitative finding is seen, supported by the 95 % interval over seeds.
    Seen,
    /// The mean over seeds shows it, but the interval does not exclude the opposite.
    SeenInMean,
    /// It is not seen.
    NotSeen,
    /// No statement is possible.
    Unjudged,
}

impl Standing {
    /// In words; empty for [`Self::Unjudged`].
    pub fn words(self) -> &'static str {
        match self {
            Self::Agrees => "agrees",
            Self::Differs => "differs",
            Self::Seen => "finding seen",
            Self::SeenInMean => "finding seen in the mean only",
            Self::NotSeen => "finding not seen",
            Self::Unjudged => "",
        }
    }
}

/// A standing and the reason for it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Verdict {
    /// The verdict.
    pub standing: Standing,
    /// The reason, in one line.
    pub reason: String,
}

impl Verdict {
    /// No statement is possible, for this reason.
    pub(crate) fn unjudged(reason: &str) -> Self {
        Self { standing: Standing::Unjudged, reason: reason.to_owned() }
    }

    /// Standing and reason in one line.
    pub fn text(&self) -> String {
        match self.standing {
            Standing::Unjudged => self.reason.clone(),
            standing => format!("{}: {}", standing.words(), self.reason),
        }
    }
}
