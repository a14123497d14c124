//! The class of each picture: the same counts for every seed, in an order that the seed decides.

use rand::seq::SliceRandom;

use crate::stream::{Collection, Purpose, stream};

/// The role of a row of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// An image that readers take.
    Cell {
        /// Its environment.
        environment: usize,
        /// Its class.
        label: usize,
    },
    /// An image that readers leave out, with its number among those.
    Other(usize),
}

/// Every cell of `environments` x classes `per_cell` times, and the others, shuffled.
pub(crate) fn roles(
    seed: u32,
    collection: Collection,
    (environments, classes): (std::ops::Range<usize>, usize),
    per_cell: usize,
    others: usize,
) -> Vec<Role> {
    let cells = environments.flat_map(|environment| (0..classes).map(move |label| Role::Cell { environment, label }));
    let mut roles: Vec<Role> = cells.flat_map(|role| std::iter::repeat_n(role, per_cell)).collect();
    roles.extend((0..others).map(Role::Other));
    roles.shuffle(&mut stream(seed, collection, 0, Purpose::Order));
    roles
}
