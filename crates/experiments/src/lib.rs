//! From an experiment's configuration to its table and report.
//!
//! ```text
//! experiments/*.toml -> Configuration -> Plan -> Work -> Store -> Collection -> Results -> table, report
//!                                               |  ^                                       \-> export
//!                                            Trainer (herring-protocol)
//! ```
//!
//! A [`config::Configuration`] is read and checked; a [`plan::Plan`] is what it and a
//! [`plan::Request`] come to, run by run; [`work::Work`] has a trainer do the runs that a
//! [`store::Store`] does not hold yet, alone ([`reproduce`]) or beside others ([`pool`]);
//! [`write_outputs`] makes table and report from the store's folder and nothing else.
//!
//! *Invariants.* This crate knows nothing of tensors or devices: whoever implements
//! `herring_protocol::Trainer` can be driven by it. No clock, path or hash-map order decides a result;
//! clocks are read for `provenance.json` and progress alone. What is shown in a folder is whole.

pub mod aggregate;
mod auc;
mod clock;
pub mod collect;
pub mod config;
mod deviation;
pub mod event;
mod exit;
pub mod export;
pub mod images;
pub mod indexes;
pub mod jobs;
mod json;
pub mod mlflow;
mod needs;
mod outputs;
mod overview;
mod paper;
pub mod plan;
pub mod pool;
pub mod progress;
pub mod report;
mod reproduce;
pub mod search;
pub mod statistics;
pub mod status;
pub mod store;
pub mod table;
pub mod verdict;
pub mod work;

pub use exit::Exit;
pub use outputs::{Outputs, write_file, write_outputs};
pub use overview::write_overview;
pub use paper::{Catalogue, Experiment, Group, Page, Paper, Section, Source};
pub use reproduce::{Agenda, Summary, reproduce};

// Compiles and runs the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadmeExample;
