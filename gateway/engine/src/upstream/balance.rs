//! What every balancer has in common: the trait, the nodes a request has tried, and what is known of a node's health.

/// Chooses a node of one priority level for a request.
///
/// A balancer belongs to one worker, so `&mut self` costs nothing; what workers share (the hash ring) is behind an `Arc`.
pub trait Balance {
    /// The index (in [`Nodes::list`](super::Nodes::list)) of the node to use; `None` when `tried` covers all that may be
    /// picked. `key` is what the upstream hashes on, for those balancers that hash.
    fn pick(&mut self, key: Option<&[u8]>, tried: &Tried) -> Option<usize>;
}

/// Says which nodes may be used. Implemented by health checks.
pub trait Health {
    /// Whether the node at this index of [`Nodes::list`](super::Nodes::list) is up. One never heard of is.
    fn up(&self, at: usize) -> bool;

    /// Grows whenever an answer of [`Health::up`] may have changed, so that pickers ask only then.
    fn version(&self) -> u64;

    /// Whether there are nodes that do not take their whole share yet.
    fn warming(&self) -> bool {
        false
    }

    /// Whether the node at this index takes the present request: one whose share still grows takes some of them.
    fn takes(&self, _at: usize) -> bool {
        true
    }
}

/// A set of node indexes: those a request has tried. No allocation up to 64 nodes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tried {
    low: u64,
    high: Vec<u64>,
}

impl Tried {
    /// The empty set.
    pub const fn new() -> Self {
        Self { low: 0, high: Vec::new() }
    }

    /// Adds `node`.
    pub fn insert(&mut self, node: usize) {
        let bit = 1u64 << (node % 64);
        match (node / 64).checked_sub(1) {
            None => self.low |= bit,
            Some(word) => {
                if self.high.len() <= word {
                    self.high.resize(word + 1, 0);
                }
                if let Some(w) = self.high.get_mut(word) {
                    *w |= bit;
                }
            }
        }
    }

    /// Whether `node` is in the set.
    pub fn contains(&self, node: usize) -> bool {
        let word = match (node / 64).checked_sub(1) {
            None => self.low,
            Some(word) => self.high.get(word).copied().unwrap_or(0),
        };
        word & (1u64 << (node % 64)) != 0
    }

    /// Adds all of `other`.
    pub fn extend(&mut self, other: &Tried) {
        self.low |= other.low;
        if self.high.len() < other.high.len() {
            self.high.resize(other.high.len(), 0);
        }
        for (mine, theirs) in self.high.iter_mut().zip(&other.high) {
            *mine |= theirs;
        }
    }

    /// Empties the set, for the next request; keeps its memory.
    pub fn clear(&mut self) {
        self.low = 0;
        self.high.clear();
    }

    /// How many nodes are in the set.
    pub fn len(&self) -> usize {
        let high: u32 = self.high.iter().map(|w| w.count_ones()).sum();
        (self.low.count_ones() + high) as usize
    }

    /// Whether no node was tried.
    pub fn is_empty(&self) -> bool {
        self.low == 0 && self.high.iter().all(|w| *w == 0)
    }
}

impl FromIterator<usize> for Tried {
    fn from_iter<I: IntoIterator<Item = usize>>(nodes: I) -> Self {
        let mut set = Self::new();
        nodes.into_iter().for_each(|n| set.insert(n));
        set
    }
}

/// The greatest common divisor; `gcd(0, n)` is `n`.
pub(super) fn gcd(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn no_allocation_up_to_64_nodes() {
        let set: Tried = (0..64).collect();
        assert_eq!(set.high.capacity(), 0);
        assert_eq!(set.len(), 64);
    }

    proptest! {
        #[test]
        fn tried_is_a_set(nodes in prop::collection::vec(0usize..400, 0..40), more in prop::collection::vec(0usize..400, 0..40)) {
            let mut set: Tried = nodes.iter().copied().collect();
            let mut model: BTreeSet<usize> = nodes.into_iter().collect();
            prop_assert_eq!(set.len(), model.len());
            set.extend(&more.iter().copied().collect());
            model.extend(more);
            for n in 0..400 {
                prop_assert_eq!(set.contains(n), model.contains(&n));
            }
            prop_assert_eq!(set.is_empty(), model.is_empty());
            set.clear();
            prop_assert!(set.is_empty());
        }
    }
}
