//! The scale of a reproduction.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// The scale of a reproduction: how much of the paper's setting it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scale {
    /// Everything runs once, in under a minute; the numbers mean nothing.
    Smoke,
    /// The qualitative findings, in minutes on two processor cores.
    Quick,
    /// The paper's own setting.
    Paper,
}

/// A name that is not a scale.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown scale '{found}': expected one of smoke, quick, paper")]
pub struct UnknownScale {
    /// The name that was given.
    pub found: String,
}

impl Scale {
    /// Every scale, from small to large.
    pub const ALL: [Self; 3] = [Self::Smoke, Self::Quick, Self::Paper];

    /// The name on the command line, in files and in folders.
    pub fn name(self) -> &'static str {
        match self {
            Self::Smoke => "smoke",
            Self::Quick => "quick",
            Self::Paper => "paper",
        }
    }
}

impl fmt::Display for Scale {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

impl FromStr for Scale {
    type Err = UnknownScale;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|scale| scale.name() == text).ok_or_else(|| UnknownScale { found: text.to_owned() })
    }
}
