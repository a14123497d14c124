//! How tables look in JSON.

use serde::{Serialize, Serializer};

/// Pairs as one object, in their order, instead of a list of lists.
pub fn as_map<K: Serialize, V: Serialize, S: Serializer>(pairs: &[(K, V)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(pairs.iter().map(|(key, value)| (key, value)))
}
