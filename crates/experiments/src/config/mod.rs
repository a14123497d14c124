//! What can be run: the files under `experiments/`, read and checked.
//!
//! A configuration is text that a person wrote, so every complaint names file, line and column, what
//! was found and what was expected. The files of the papers are part of the program
//! ([`Catalogue`](crate::Catalogue)); the user's own can be given instead ([`Configuration::read`]).
//!
//! *Invariant:* a [`Configuration`] that exists is free of contradictions; nothing after it checks
//! again.

mod differences;
pub(crate) mod experiment;
mod judgement;
mod layers;
mod maximum;
mod targets;
mod template;
pub(crate) mod text;

pub use differences::{Difference, Differences};
pub use experiment::{Arrow, Bases, Configuration, MethodRow, ScaleSetting};
pub use herring_store::{Scale, UnknownScale};
pub use judgement::Judgement;
pub use maximum::Maximum;
pub use targets::{Finding, Requirement, Target, TargetValue, Targets};
pub use template::{
    ChoiceSetting, DataSetting, ImagesSetting, RunTemplate, SeedImages, VolumesSetting, WeightsSetting,
};
pub use text::ConfigError;
