//! What the tests of the whole workspace share.
//!
//! - [`golden`]: architectures, training losses and their parameter gradients against stored values from
//!   PyTorch;
//! - [`shared_passes`]: penalties together against the same penalties alone;
//! - [`conformance`]: the operations of `herring-backend` against plain references and finite
//!   differences, for any backend;
//! - [`backends`]: the backends of this build, so that each test runs on all of them.

pub mod backends;
pub mod conformance;
pub mod golden;
pub mod shared_passes;
