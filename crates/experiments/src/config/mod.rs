//! Reads and checks the configuration files under `experiments/`.
//!
//! Every error names file, line and column, what was found and what was expected. The papers' files are compiled into
//! the program ([`Catalogue`](crate::Catalogue)); users can supply their own ([`Configuration::read`]).
//!
//! *Invariant:* a [`Configuration`] has been checked; later code does not check again.

mod differences;
mod draw;
pub(crate) mod experiment;
mod judgement;
mod layers;
mod maximum;
mod populations;
mod targets;
mod template;
pub(crate) mod text;

pub use differences::{Difference, Differences};
pub use draw::{DrawScale, DrawSetting};
pub use experiment::{Arrow, Bases, Configuration, MethodRow, ScaleSetting};
pub use herring_store::{Scale, UnknownScale};
pub use judgement::Judgement;
pub use maximum::Maximum;
pub use populations::{Keep, PopulationTarget, Populations};
pub use targets::{Finding, Requirement, Target, TargetValue, Targets};
pub use template::{
    ChoiceSetting, DataSetting, DecoysSetting, ImagesSetting, PartsFound, RunTemplate, SeedImages, TeacherSetting,
    VolumesSetting, WeightsSetting,
};
pub use text::ConfigError;
