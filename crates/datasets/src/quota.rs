//! A limit on the number of images of each environment and class.

use std::collections::BTreeMap;

/// Admits the first `limit` of each environment and class, or all.
#[derive(Debug, Clone, Default)]
pub struct CellQuota {
    limit: Option<usize>,
    admitted: BTreeMap<(usize, usize), usize>,
}

impl CellQuota {
    /// At most `limit` of each environment and class; without one, all.
    pub fn new(limit: Option<usize>) -> Self {
        Self { limit, admitted: BTreeMap::new() }
    }

    /// Whether one more of this environment and class is within the limit; if so, it is counted.
    pub fn admit(&mut self, environment: usize, label: usize) -> bool {
        let admitted = self.admitted.entry((environment, label)).or_default();
        let within = self.limit.is_none_or(|limit| *admitted < limit);
        *admitted += usize::from(within);
        within
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_environment_and_class_has_its_own_count() {
        let mut quota = CellQuota::new(Some(1));
        let asked = [(0, 0), (0, 0), (0, 1), (1, 0), (0, 1)];
        assert_eq!(asked.map(|(environment, label)| quota.admit(environment, label)), [true, false, true, true, false]);
        let mut all = CellQuota::new(None);
        assert!((0..9).all(|_| all.admit(0, 0)));
        assert!(!CellQuota::new(Some(0)).admit(0, 0));
    }
}
