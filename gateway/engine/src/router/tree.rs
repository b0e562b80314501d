//! A persistent radix tree: cloning it is cloning one [`Edge`], and a change copies only the nodes on its own path that an
//! older version still shares.
//!
//! A key holds up to two values: one for the key itself (*exact*) and one for everything that begins with it (*prefix*).
//! [`Edge::walk`] visits what fits a key in the router's precedence: the exact value, then prefixes from the longest.
//!
//! Nothing recurses, so neither a long key nor dropping a deep tree can exhaust a stack.

use std::sync::Arc;

use smallvec::SmallVec;

use crate::scan;

/// A piece of a key and what hangs below it. A whole tree is one too, so a tree with one key is one edge.
///
/// The leaf lies inside its parent's edge and an edge is one cache line: big tables cost cache lines, not instructions.
#[derive(Debug)]
#[repr(align(64))]
pub struct Edge<V> {
    label: SmallVec<[u8; 16]>,
    exact: Option<V>,
    prefix: Option<V>,
    sub: Option<Arc<Node<V>>>,
}

/// A branching point: the edges below an [`Edge`], told apart by the first byte of their labels.
#[derive(Debug)]
pub struct Node<V> {
    keys: SmallVec<[u8; 16]>,
    edges: Vec<Edge<V>>,
}

impl<V> Edge<V> {
    /// Whether the tree holds no value.
    pub fn is_empty(&self) -> bool {
        self.is_vacant() && self.sub.is_none()
    }

    /// Calls `f` with every value that fits `key`, the exact one first, then prefixes from the longest, until it gives a result.
    #[inline]
    pub fn walk<'a, T>(&'a self, key: &[u8], mut f: impl FnMut(&'a V) -> Option<T>) -> Option<T> {
        let mut prefixes: SmallVec<[&'a V; 16]> = SmallVec::new();
        let mut edge = self;
        let mut rest = key;
        while let Some(tail) = rest.strip_prefix(edge.label.as_slice()) {
            rest = tail;
            if let Some(value) = &edge.prefix {
                prefixes.push(value);
            }
            let Some(&first) = rest.first() else {
                if let Some(found) = edge.exact.as_ref().and_then(&mut f) {
                    return Some(found);
                }
                break;
            };
            let Some(below) = edge.child(first) else { break };
            edge = below;
        }
        prefixes.iter().rev().find_map(|value| f(value))
    }

    /// The value stored under exactly this key.
    pub fn get(&self, key: &[u8], prefix: bool) -> Option<&V> {
        let (edge, _) = self.at(key)?;
        if prefix { edge.prefix.as_ref() } else { edge.exact.as_ref() }
    }

    /// Every value, in no particular order.
    pub fn values(&self) -> impl Iterator<Item = &V> {
        let mut waiting = vec![self];
        std::iter::from_fn(move || {
            let edge = waiting.pop()?;
            waiting.extend(edge.sub.iter().flat_map(|node| &node.edges));
            Some(edge.exact.iter().chain(&edge.prefix))
        })
        .flatten()
    }

    #[inline]
    fn child(&self, first: u8) -> Option<&Edge<V>> {
        let node = self.sub.as_deref()?;
        node.edges.get(node.position(first)?)
    }

    /// The number of edges directly below.
    fn below(&self) -> usize {
        self.sub.as_ref().map_or(0, |node| node.edges.len())
    }

    fn is_vacant(&self) -> bool {
        self.exact.is_none() && self.prefix.is_none()
    }

    /// The edge that ends exactly where `key` does, and how many steps it lies below this one.
    fn at(&self, key: &[u8]) -> Option<(&Edge<V>, usize)> {
        let mut edge = self;
        let mut rest = key.strip_prefix(self.label.as_slice())?;
        let mut depth = 0;
        while let Some(&first) = rest.first() {
            edge = edge.child(first)?;
            rest = rest.strip_prefix(edge.label.as_slice())?;
            depth += 1;
        }
        Some((edge, depth))
    }

    fn slot(&mut self, prefix: bool) -> &mut Option<V> {
        if prefix { &mut self.prefix } else { &mut self.exact }
    }
}

impl<V: Clone> Edge<V> {
    /// Lets `f` change the value under `key`: set it, replace it, or remove it by leaving `None`.
    ///
    /// What another version of the tree shares is copied along this one path, the rest is changed in place, so filling a
    /// new tree and changing a published one are the same code.
    pub fn update(&mut self, key: &[u8], prefix: bool, f: &mut dyn FnMut(&mut Option<V>)) {
        let Some((_, depth)) = self.at(key) else {
            let mut value = None;
            f(&mut value);
            if value.is_some() {
                *self.make(key).slot(prefix) = value;
            }
            return;
        };
        let Some((edge, _)) = self.descend(key, depth) else { return };
        f(edge.slot(prefix));
        if edge.is_vacant() {
            self.prune(key, depth);
        }
    }

    /// The edge that ends where `key` does, made if it is missing. The caller puts a value there, which keeps the tree's
    /// rule: an edge without a value has at least two edges below, unless the tree is empty.
    fn make(&mut self, key: &[u8]) -> &mut Edge<V> {
        if self.is_empty() {
            self.label = SmallVec::from_slice(key);
        }
        let mut edge = self;
        let mut rest = key;
        loop {
            let common = edge.label.iter().zip(rest).take_while(|(a, b)| a == b).count();
            if common < edge.label.len() {
                edge.split(common);
            }
            rest = rest.get(common..).unwrap_or_default();
            let Some(&first) = rest.first() else { return edge };
            let node = Arc::make_mut(edge.sub.get_or_insert_default());
            let at = node.position(first).unwrap_or_else(|| node.push(first, rest));
            // `position` and `push` give indices of existing edges.
            edge = &mut node.edges[at];
        }
    }

    /// The edge `depth` steps down the way of `key`, everything on the way made ours, and the part of `key` that begins with
    /// its label.
    fn descend<'k>(&mut self, key: &'k [u8], depth: usize) -> Option<(&mut Edge<V>, &'k [u8])> {
        let mut edge = self;
        let mut rest = key;
        for _ in 0..depth {
            rest = rest.get(edge.label.len()..)?;
            let node = Arc::make_mut(edge.sub.as_mut()?);
            let at = node.position(*rest.first()?)?;
            edge = node.edges.get_mut(at)?;
        }
        Some((edge, rest))
    }

    /// Takes the vacated edge at `key` out, or joins it with its only child. By the rule of [`Edge::make`] that can leave
    /// only its parent with too few edges, never anything higher up.
    fn prune(&mut self, key: &[u8], depth: usize) {
        let Some((vacated, _)) = self.descend(key, depth) else { return };
        match vacated.below() {
            0 if depth == 0 => self.label = SmallVec::new(),
            0 => self.remove_leaf(key, depth - 1),
            1 => vacated.join(),
            _ => {}
        }
    }

    /// Takes the leaf on the way of `key` out of its parent, `depth` steps down.
    fn remove_leaf(&mut self, key: &[u8], depth: usize) {
        let Some((parent, rest)) = self.descend(key, depth) else { return };
        let Some(node) = parent.sub.as_mut().map(Arc::make_mut) else { return };
        let Some(at) = rest.get(parent.label.len()).and_then(|&first| node.position(first)) else { return };
        node.keys.swap_remove(at);
        node.edges.swap_remove(at);
        match node.edges.len() {
            0 => parent.sub = None,
            1 if parent.is_vacant() => parent.join(),
            _ => {}
        }
    }

    /// Cuts the label at `at`; everything the edge held moves below the cut.
    fn split(&mut self, at: usize) {
        let tail: SmallVec<[u8; 16]> = SmallVec::from_slice(self.label.get(at..).unwrap_or_default());
        let Some(&first) = tail.first() else { return };
        self.label.truncate(at);
        self.label.shrink_to_fit();
        let lower = Edge { label: tail, exact: self.exact.take(), prefix: self.prefix.take(), sub: self.sub.take() };
        self.sub = Some(Arc::new(Node { keys: SmallVec::from_slice(&[first]), edges: vec![lower] }));
    }

    /// Becomes one edge with the only edge below.
    fn join(&mut self) {
        let Some(lower) = self.sub.as_mut().and_then(|sub| Arc::make_mut(sub).edges.pop()) else { return };
        self.label.extend_from_slice(&lower.label);
        self.exact = lower.exact;
        self.prefix = lower.prefix;
        self.sub = lower.sub;
    }
}

impl<V> Default for Edge<V> {
    fn default() -> Self {
        Edge { label: SmallVec::new(), exact: None, prefix: None, sub: None }
    }
}

impl<V: Clone> Clone for Edge<V> {
    fn clone(&self) -> Self {
        Edge {
            label: self.label.clone(),
            exact: self.exact.clone(),
            prefix: self.prefix.clone(),
            sub: self.sub.clone(),
        }
    }
}

impl<V> Node<V> {
    #[inline]
    fn position(&self, first: u8) -> Option<usize> {
        scan::find(first, &self.keys)
    }

    fn push(&mut self, first: u8, label: &[u8]) -> usize {
        // Doubling would leave a third of a big table empty.
        if self.edges.len() == self.edges.capacity() {
            self.edges.reserve_exact(1 + self.edges.len() / 4);
        }
        self.keys.push(first);
        self.edges.push(Edge { label: SmallVec::from_slice(label), ..Edge::default() });
        self.edges.len() - 1
    }
}

impl<V> Default for Node<V> {
    fn default() -> Self {
        Node { keys: SmallVec::new(), edges: Vec::new() }
    }
}

impl<V: Clone> Clone for Node<V> {
    fn clone(&self) -> Self {
        Node { keys: self.keys.clone(), edges: self.edges.clone() }
    }
}

/// The drop glue would recurse once a level.
impl<V> Drop for Node<V> {
    fn drop(&mut self) {
        let mut waiting: Vec<Arc<Node<V>>> = self.edges.iter_mut().filter_map(|edge| edge.sub.take()).collect();
        while let Some(node) = waiting.pop() {
            if let Some(mut last) = Arc::into_inner(node) {
                waiting.extend(last.edges.iter_mut().filter_map(|edge| edge.sub.take()));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    type Model = BTreeMap<(Vec<u8>, bool), u32>;

    fn set(tree: &mut Edge<u32>, key: &[u8], prefix: bool, value: Option<u32>) {
        tree.update(key, prefix, &mut |slot| *slot = value);
    }

    fn found(tree: &Edge<u32>, key: &[u8]) -> Vec<u32> {
        let mut found = Vec::new();
        tree.walk(key, |&value| {
            found.push(value);
            None::<()>
        });
        found
    }

    /// The exact value, then prefixes from the longest.
    fn scan(model: &Model, key: &[u8]) -> Vec<u32> {
        let exact = model.get(&(key.to_vec(), false));
        let prefixes = (0..=key.len()).rev().filter_map(|end| model.get(&(key[..end].to_vec(), true)));
        exact.into_iter().chain(prefixes).copied().collect()
    }

    /// No edge without a value but with fewer than two below; labels and keys agree.
    fn check_shape<V>(root: &Edge<V>) {
        let mut waiting = vec![root];
        while let Some(edge) = waiting.pop() {
            assert!(!edge.is_vacant() || edge.below() >= 2 || (root.is_empty() && root.label.is_empty()));
            assert!(edge.sub.is_none() || edge.below() > 0);
            if let Some(node) = &edge.sub {
                let firsts: Vec<u8> = node.edges.iter().map(|edge| edge.label[0]).collect();
                assert_eq!(firsts, node.keys.to_vec());
                waiting.extend(&node.edges);
            }
        }
    }

    #[test]
    fn an_edge_is_one_cache_line() {
        assert_eq!(size_of::<Edge<[u64; 1]>>(), 64);
        assert_eq!(size_of::<Edge<Arc<Edge<u32>>>>(), 64);
        assert_eq!(align_of::<Edge<u32>>(), 64);
    }

    #[test]
    fn a_walk_stops_at_the_first_result() {
        let mut tree = Edge::default();
        for (value, (key, prefix)) in [("/", true), ("/a", true), ("/a", false)].into_iter().enumerate() {
            set(&mut tree, key.as_bytes(), prefix, u32::try_from(value).ok());
        }
        let mut asked = 0;
        let result = tree.walk(b"/a", |&value| {
            asked += 1;
            (value == 1).then_some("found")
        });
        assert_eq!((result, asked), (Some("found"), 2));
        assert_eq!(tree.get(b"/a", true), Some(&1));
        assert_eq!(tree.get(b"/b", true), None);
    }

    #[test]
    fn a_key_of_any_depth_neither_recurses_nor_leaks() {
        // Every prefix of a long key: one edge a byte, so a recursive drop would need 200,000 frames.
        let long = vec![b'x'; 200_000];
        let mut tree = Edge::default();
        let mut edge = &mut tree;
        for _ in 0..long.len() {
            edge.prefix = Some(1);
            let node = Arc::make_mut(edge.sub.get_or_insert_default());
            let at = node.push(b'x', b"x");
            edge = &mut node.edges[at];
        }
        edge.exact = Some(1);
        assert_eq!(found(&tree, &long).len(), long.len() + 1);
        let old = tree.clone();
        set(&mut tree, &long, false, None);
        set(&mut tree, &long, true, Some(2));
        assert_eq!(found(&tree, &long)[0], 2);
        assert_eq!(found(&old, &long)[0], 1);
        drop(tree);
        drop(old);
    }

    fn key() -> impl Strategy<Value = Vec<u8>> {
        // Few letters, so that keys share beginnings; sometimes longer than an inline label.
        prop_oneof![
            4 => prop::collection::vec(prop::sample::select(b"ab/".to_vec()), 0..8),
            1 => prop::collection::vec(prop::sample::select(b"a/".to_vec()), 14..40),
            1 => prop::collection::vec(any::<u8>(), 0..4),
        ]
    }

    proptest! {
        #[test]
        fn it_answers_as_a_scan_does_and_old_versions_stay(
            changes in prop::collection::vec((key(), any::<bool>(), prop::option::weighted(0.6, 0..1000u32)), 1..50),
            asked in prop::collection::vec(key(), 1..20),
        ) {
            let (mut tree, mut model) = (Edge::default(), Model::new());
            let mut versions = Vec::new();
            for (key, prefix, value) in &changes {
                versions.push((tree.clone(), model.clone()));
                set(&mut tree, key, *prefix, *value);
                match value {
                    Some(value) => model.insert((key.clone(), *prefix), *value),
                    None => model.remove(&(key.clone(), *prefix)),
                };
                check_shape(&tree);
            }
            versions.push((tree.clone(), model.clone()));
            for (tree, model) in &versions {
                for key in asked.iter().chain(changes.iter().map(|(key, ..)| key)) {
                    prop_assert_eq!(found(tree, key), scan(model, key));
                }
                let mut values: Vec<u32> = tree.values().copied().collect();
                let mut expected: Vec<u32> = model.values().copied().collect();
                values.sort_unstable();
                expected.sort_unstable();
                prop_assert_eq!(values, expected);
            }
            for (key, prefix) in model.keys() {
                set(&mut tree, key, *prefix, None);
                check_shape(&tree);
            }
            prop_assert!(tree.is_empty());
        }
    }
}
