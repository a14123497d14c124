//! Hyper-parameter search by ask and tell, on disk.
//!
//! A program *asks* for a point, trains there, and *tells* the score, or that there is none. This crate contains
//! the search only, no training. What was asked and told is kept in a folder, one file each, so that a search
//! survives interruption at any moment, several trials can run at once, and other processes can read the folder
//! meanwhile.
//!
//! | Module | What it is |
//! |---|---|
//! | [`space`] | dimensions, their ranges and scales |
//! | [`study`] | space, budget, seed and strategy: what decides a search |
//! | [`trial`] | a point and its outcome |
//! | [`mod@propose`] | the next point, as a pure function of the study and the trials |
//! | [`ledger`] | the folder |
//!
//! Scores are maximised. Nothing is decided by a clock, by the order of a hash map or by a global random state:
//! equal studies that are told equal scores propose equal points, bit for bit. [`mod@propose`] describes the
//! limits of this.
//!
//! The cargo feature `bayesian` enables the Gaussian process of [`Strategy::Bayesian`]. It is off by default,
//! since it takes longer to compile than the rest of this crate; folders of Bayesian searches can be read
//! without it.
//!
//! ```
//! use herring_search::{Dimension, Ledger, Range, Strategy, Study, TrialOutcome};
//!
//! let rate = Dimension::new("learning_rate", Range::LogUniform { low: 1e-5, high: 1e-1 })?;
//! let study = Study { dimensions: vec![rate], initial: 3, iterations: 5, seed: 0, strategy: Strategy::Random };
//! let folder = tempfile::tempdir()?;
//! let mut ledger = Ledger::open(folder.path(), &study)?;
//! while let Some(trial) = ledger.ask()? {
//!     let distance = (trial.values[0].1.log10() + 3.0).abs();
//!     ledger.tell(trial.number, TrialOutcome::Scored(-distance))?;
//! }
//! assert_eq!(ledger.trials().len(), 8);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod error;
pub mod ledger;
pub mod propose;
pub mod space;
pub mod study;
pub mod trial;

pub use error::SearchError;
pub use ledger::{Ledger, TrialOutcome};
pub use propose::{Origin, Proposal, propose};
pub use space::{Dimension, Range};
pub use study::{Strategy, Study};
pub use trial::{Trial, TrialState, best};

// Compiles and runs the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadmeExample;
