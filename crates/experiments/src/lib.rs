//! From an experiment's configuration to its results.
//!
//! ```text
//! experiments/*.toml -> Configuration -> Plan -> Worker -> Store -> Collection -> Results
//!                                                 |  ^
//!                                              Trainer (herring-protocol)
//! ```
//!
//! A [`config::Configuration`] is read and checked. With a [`plan::Request`] it gives a [`plan::Plan`], a list of
//! runs. A [`work::Worker`] has a trainer do the runs that a [`store::Store`] does not hold yet, alone
//! ([`reproduce()`]) or together with others ([`pool`]). A [`collect::Collection`] reads the store's folder, and
//! [`results::Results`] are its rows. The crate `herring-report` makes tables and reports from these.
//!
//! *Invariants.* This crate does not depend on tensors or devices: it drives any implementation of
//! `herring_protocol::Trainer`. Results do not depend on clocks, paths or the order of hash maps; clocks are
//! read for `provenance.json` and progress only. Published runs in a folder are complete.

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
pub mod weights;
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
