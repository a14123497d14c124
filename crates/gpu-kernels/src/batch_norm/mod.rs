//! Training-mode batch normalisation and two orders of its derivatives (Ioffe and Szegedy 2015 give the first), each in two launches.
//!
//! With `m` the mean over batch, rows and columns, `r` the reciprocal deviation and `n = (x - m(x)) r`, the projection
//! `P(u) = u - m(u) - n m(u n)` removes from `u` what normalisation removes. The input gradient is `scale r P(dy)`; its own
//! derivative follows from `dr = -r n r / count` and from `P` being symmetric.

mod first;
mod forward;
mod second;

pub use first::{Gradients, gradients};
pub use forward::{Forward, forward};
pub use second::{Second, second};
