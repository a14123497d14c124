//! The rows of the tables: training methods, and the two readings of each.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// A name that stands for nothing here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown {what} '{found}': expected one of {expected}")]
pub struct UnknownName {
    /// What was to be named: "method", "variant" or "backend".
    pub what: &'static str,
    /// The name that was given.
    pub found: String,
    /// The names that exist, separated by commas.
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
                        expected: Self::ALL.iter().map(|value| value.name()).collect::<Vec<_>>().join(", "),
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

/// A way to train under an attribution prior (iclr2021, section 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Method {
    /// Cross-entropy alone ("Classification" in the paper's tables).
    Baseline,
    /// Trained on images whose pixels outside the mask are permuted, evaluated on whole images
    /// ("Masked" in Tables 1 and 2; `clfshuffle` in the released code).
    Masked,
    /// Trained on images whose pixels outside the mask are zero (`clfmasked` in the released code;
    /// the "Masked" row of the later tables only).
    MaskedZero,
    /// Pixels outside the mask are zero in the test images: the upper bound "mask-all". The paper's
    /// text has them zero in training and validation too; the released settings repeat a key, so that only
    /// the test images were masked.
    MaskAll,
    /// Activation difference: features of the image and of its masked version are drawn together
    /// (equation 1).
    ActDiff,
    /// A discriminator on the features tells whole from masked images; the encoder hides which it
    /// was (equations 2 and 3).
    Adversarial,
    /// Penalised input gradient of the contrast between the two logits (equation 5).
    GradMask,
    /// Right for the right reasons: penalised input gradient of the log-probabilities (equation 4).
    Rrr,
}

named!(Method, "method",
    Baseline => "baseline",
    Masked => "masked",
    MaskedZero => "masked-zero",
    MaskAll => "mask-all",
    ActDiff => "actdiff",
    Adversarial => "adversarial",
    GradMask => "gradmask",
    Rrr => "rrr",
);

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        for method in Method::ALL {
            assert_eq!(method.name().parse::<Method>().unwrap(), *method);
            let json = serde_json::to_string(method).unwrap();
            assert_eq!(serde_json::from_str::<Method>(&json).unwrap(), *method);
        }
    }

    #[test]
    fn an_unknown_name_lists_the_known_ones() {
        let error = "gradmsk".parse::<Method>().unwrap_err().to_string();
        assert!(error.contains("unknown method 'gradmsk'"), "{error}");
        assert!(error.contains("gradmask"), "{error}");
    }
}
