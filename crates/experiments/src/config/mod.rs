//! What can be run: the files under `experiments/`, read and checked.
//!
//! A configuration is text that a person wrote, so every complaint names file, line and column, what
//! was found and what was expected. The files of the papers are part of the program
//! ([`Configuration::embedded`]); one's own can be given instead ([`Configuration::read`]).
//!
//! *Invariant:* a [`Configuration`] that exists is free of contradictions; nothing after it checks
//! again.

mod differences;
pub(crate) mod experiment;
mod images;
mod known;
mod scale;
mod targets;
pub(crate) mod text;

pub use differences::{Difference, Differences};
pub use experiment::{Arrow, Captions, Configuration, Discriminator, MethodRow};
pub use images::{ImagesTable, Maximum, ResizeName, TableName};
pub use known::{Known, UNKNOWN_ISSUE, UnknownExperiment};
pub use scale::{DataSetting, ImageSizes, Judgement, Scale, Setting, UnknownScale};
pub use targets::{Finding, Metric, Requirement, Target, TargetValue, Targets};
pub use text::ConfigError;
