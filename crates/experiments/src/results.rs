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
    /// Which score is its AUC.
    pub auc: AucKind,
    /// What the verdicts may claim.
    pub judgement: Judgement,
    /// What the images are called, where they are of no known issue of the paper's tables.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unknown_images: Option<String>,
    /// The columns of the table.
    pub columns: Vec<ScoreName>,
    /// A row a method, in the order of the paper's tables.
    pub rows: Vec<Row>,
}

/// One method over its seeds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// Which method.
    pub method: MethodName,
    /// Its name for people.
    pub label: String,
    /// The family that it belongs to.
    pub group: String,
    /// How it is drawn in figures.
    #[serde(skip)]
    pub style: String,
    /// Every score that the runs have; empty where no run finished.
    #[serde(serialize_with = "crate::json::as_map")]
    pub values: Vec<(ScoreName, Spread)>,
    /// Runs with a result.
    pub finished: usize,
    /// Runs without.
    pub failed: usize,
    /// Runs that were not done yet.
    pub missing: usize,
    /// The paper's numbers.
    pub target: Option<Target>,
    /// How the two compare, as far as the scale allows.
    pub verdict: Verdict,
}

impl Row {
    /// A score, if any run has it.
    pub fn value(&self, score: &ScoreName) -> Option<&Spread> {
        let found = self.values.iter().find(|(other, _)| other == score);
        found.map(|(_, spread)| spread)
    }
}

impl Results {
    /// Runs without a result.
    pub fn failed(&self) -> usize {
        self.rows.iter().map(|row| row.failed).sum()
    }
}

/// How a row stands to the paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// The paper's numbers are within what the seeds allow.
    Agrees,
    /// They are not.
    Differs,
    /// The paper's qualitative finding is seen: the 95 % interval over seeds bears it out.
    Seen,
    /// The mean over seeds shows it, and the interval does not exclude the contrary.
    SeenInMean,
    /// It is not seen.
    NotSeen,
    /// Nothing can be said.
    Unjudged,
}

impl Standing {
    /// In words; empty where nothing can be said.
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
    /// In a word.
    pub standing: Standing,
    /// Why, in a line.
    pub reason: String,
}

impl Verdict {
    /// Nothing can be said, for this reason.
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
