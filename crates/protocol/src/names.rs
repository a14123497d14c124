//! Names: rows of tables, the two readings of a protocol, kinds of devices.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// A name that does not exist or is malformed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown {what} '{found}': expected {expected}")]
pub struct UnknownName {
    /// What was to be named: "method", "variant", "backend" and so on.
    pub what: &'static str,
    /// The name that was given.
    pub found: String,
    /// What is accepted: "one of" the names that exist, separated by commas, or a rule.
    pub expected: String,
}

/// Gives an enum of unit variants its names: one table serves printing, parsing and listing.
macro_rules! named {
    ($type:ident, $what:literal, $($variant:ident => $name:literal),+ $(,)?) => {
        impl $type {
            /// Every value, in the order of the tables.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name on the command line, in files and in folders.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }
        }
        impl fmt::Display for $type {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.pad(self.name())
            }
        }
        impl FromStr for $type {
            type Err = crate::UnknownName;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::ALL.iter().copied().find(|value| value.name() == text).ok_or_else(|| {
                    crate::UnknownName {
                        what: $what,
                        found: text.to_owned(),
                        expected: format!(
                            "one of {}",
                            Self::ALL.iter().map(|value| value.name()).collect::<Vec<_>>().join(", ")
                        ),
                    }
                })
            }
        }
        impl TryFrom<String> for $type {
            type Error = crate::UnknownName;
            fn try_from(text: String) -> Result<Self, Self::Error> {
                text.parse()
            }
        }
        impl From<$type> for String {
            fn from(value: $type) -> Self {
                value.name().to_owned()
            }
        }
    };
}
pub(crate) use named;

/// The name of a row of an experiment's table, for instance `actdiff` or `unet-classify`: lower-case letters,
/// digits and single hyphens. What the row does is in its [`RunSpec`](crate::RunSpec), never in its name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MethodName(String);

impl MethodName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MethodName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}

impl FromStr for MethodName {
    type Err = UnknownName;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let letter = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit();
        let words = text.split('-').all(|word| !word.is_empty() && word.chars().all(letter));
        if words {
            return Ok(Self(text.to_owned()));
        }
        let expected = "lower-case letters and digits, words joined by single hyphens".to_owned();
        Err(UnknownName { what: "method", found: text.to_owned(), expected })
    }
}

impl TryFrom<String> for MethodName {
    type Error = UnknownName;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<MethodName> for String {
    fn from(name: MethodName) -> Self {
        name.0
    }
}

/// Which reading of a protocol is followed where the paper's text and its released code differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Variant {
    /// What the paper's text says.
    Paper,
    /// What the released code did. It produced the printed numbers, so it is the default.
    #[default]
    Released,
}

named!(Variant, "variant", Paper => "paper", Released => "released");

/// The kind of device a run computes on. It decides rounding, so it is part of the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum BackendKind {
    /// The processor. Always available.
    Cpu,
    /// An NVIDIA GPU through CUDA (feature `cuda`).
    Cuda,
    /// Any GPU through WGPU (feature `wgpu`, or `vulkan` for its faster SPIR-V path).
    Wgpu,
}

named!(BackendKind, "backend", Cpu => "cpu", Cuda => "cuda", Wgpu => "wgpu");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        for backend in BackendKind::ALL {
            assert_eq!(backend.name().parse::<BackendKind>().unwrap(), *backend);
            let json = serde_json::to_string(backend).unwrap();
            assert_eq!(serde_json::from_str::<BackendKind>(&json).unwrap(), *backend);
        }
        let method: MethodName = "unet-actdiff-2".parse().unwrap();
        assert_eq!(serde_json::to_string(&method).unwrap(), "\"unet-actdiff-2\"");
    }

    #[test]
    fn an_unknown_name_lists_the_known_ones() {
        let error = "papers".parse::<Variant>().unwrap_err().to_string();
        assert_eq!(error, "unknown variant 'papers': expected one of paper, released");
        for wrong in ["", "ActDiff", "act--diff", "-a", "a/b", "a b"] {
            let error = wrong.parse::<MethodName>().unwrap_err().to_string();
            assert!(error.starts_with(&format!("unknown method '{wrong}': expected lower-case letters")), "{error}");
        }
    }
}
