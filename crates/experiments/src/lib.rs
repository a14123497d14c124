//! From an experiment's configuration to its results.
//!
//! ```text
//! experiments/*.toml -> Configuration -> Plan -> Worker -> Store -> Collection -> Results
//!                                                 |  ^
//!                                              Trainer (herring-protocol)
//! ```
//!
//! A [`config::Configuration`] is read and checked; a [`plan::Plan`] is what it and a
//! [`plan::Request`] come to, run by run; a [`work::Worker`] has a trainer do the runs that a
//! [`store::Store`] does not hold yet, alone ([`reproduce()`]) or beside others ([`pool`]);
//! a [`collect::Collection`] reads the store's folder, and [`results::Results`] are its rows. Tables and
//! reports are made of these by the crate `herring-report`.
//!
//! *Invariants.* This crate knows nothing of tensors or devices: whoever implements
//! `herring_protocol::Trainer` can be driven by it. No clock, path or hash-map order decides a result;
//! clocks are read for `provenance.json` and progress alone. What is shown in a folder is whole.

mod add_plan;
pub mod aggregate;
pub mod collect;
pub mod config;
pub mod deviation;
pub mod event;
mod exit;
pub mod images;
pub mod indexes;
pub mod jobs;
pub mod json;
mod needs;
mod paper;
pub mod plan;
pub mod pool;
pub mod progress;
mod reproduce;
pub mod results;
pub mod search;
pub mod statistics;
pub mod status;
mod verdict;
pub mod work;

pub use add_plan::{Origin, add_plan};
pub use exit::Exit;
pub use herring_store as store;
pub use paper::{Catalogue, Experiment, Group, Paper, Source};
pub use reproduce::{Agenda, Summary, reproduce};

pub(crate) use herring_store::clock;

// Compiles and runs the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadmeExample;
