//! The experiments that come with the program.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// An experiment whose files are part of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Known {
    /// iclr2021: the synthetic crosses.
    Crosses,
    /// iclr2021, Table 1: cardiomegaly, with a site-pathology correlation.
    XraySpc,
    /// iclr2021, Table 1: cardiomegaly, without.
    XrayNoSpc,
    /// iclr2021, Table 2: pneumonia, with a view-pathology correlation.
    RsnaVpc,
    /// iclr2021, Table 2: pneumonia, without.
    RsnaNoVpc,
    /// The same methods on images of one's own.
    Own,
}

/// The texts of an experiment, each with the name it has in errors.
pub(crate) struct Texts {
    pub(crate) configuration: (&'static str, &'static str),
    pub(crate) targets: (&'static str, &'static str),
    pub(crate) search: (&'static str, &'static str),
}

/// The texts of `$name`, whose search is shared by several experiments.
macro_rules! texts {
    ($name:literal, $search:literal) => {
        Texts {
            configuration: (
                concat!("experiments/iclr2021/", $name, ".toml"),
                include_str!(concat!("../../../../experiments/iclr2021/", $name, ".toml")),
            ),
            targets: (
                concat!("experiments/iclr2021/targets/", $name, ".toml"),
                include_str!(concat!("../../../../experiments/iclr2021/targets/", $name, ".toml")),
            ),
            search: (
                concat!("experiments/iclr2021/search/", $search, ".toml"),
                include_str!(concat!("../../../../experiments/iclr2021/search/", $search, ".toml")),
            ),
        }
    };
}

/// How an issue is called that no manifest knows.
pub const UNKNOWN_ISSUE: &str = "no known issue";

/// The name of no experiment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown experiment '{found}': expected one of {}", Known::ALL.map(Known::name).join(", "))]
pub struct UnknownExperiment {
    /// The name that was given.
    pub found: String,
}

impl Known {
    /// Every experiment, in the order of the paper.
    pub const ALL: [Self; 6] =
        [Self::Crosses, Self::XraySpc, Self::XrayNoSpc, Self::RsnaVpc, Self::RsnaNoVpc, Self::Own];

    /// The name in folders and files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Crosses => "crosses",
            Self::XraySpc => "xray-spc",
            Self::XrayNoSpc => "xray-no-spc",
            Self::RsnaVpc => "rsna-vpc",
            Self::RsnaNoVpc => "rsna-no-vpc",
            Self::Own => "own",
        }
    }

    /// The name in run specifications, for instance `iclr2021-crosses`.
    pub fn experiment(self) -> String {
        format!("iclr2021-{}", self.name())
    }

    /// The experiment of that name in run specifications.
    pub fn of(experiment: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.experiment() == experiment)
    }

    /// The issue of the tables that the paper had, where there are tables.
    pub fn issue(self) -> Option<&'static str> {
        match self {
            Self::XraySpc | Self::XrayNoSpc => Some("nih 2017, the original; padchest 2019-02-01"),
            Self::RsnaVpc | Self::RsnaNoVpc => Some("rsna stage 2"),
            Self::Crosses | Self::Own => None,
        }
    }

    /// Whether an issue of the tables, in the words of [`Self::issue`], holds a collection of no known issue:
    /// generated pictures, for instance.
    pub fn is_unknown(issue: &str) -> bool {
        issue.contains(UNKNOWN_ISSUE)
    }

    pub(crate) fn texts(self) -> Texts {
        match self {
            Self::Crosses => texts!("crosses", "crosses"),
            Self::XraySpc => texts!("xray-spc", "xray"),
            Self::XrayNoSpc => texts!("xray-no-spc", "xray"),
            Self::RsnaVpc => texts!("rsna-vpc", "rsna"),
            Self::RsnaNoVpc => texts!("rsna-no-vpc", "rsna"),
            Self::Own => texts!("own", "own"),
        }
    }
}

impl fmt::Display for Known {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

impl FromStr for Known {
    type Err = UnknownExperiment;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|known| known.name() == text);
        found.ok_or_else(|| UnknownExperiment { found: text.to_owned() })
    }
}
