//! The candidates of one literal prefix (or one exact path) in the order in which they are tried.

use std::sync::Arc;

use super::key::{Order, Routed};

/// A route under one of its patterns: enough to match without touching the route.
pub struct Cand<R> {
    /// The route.
    pub route: Arc<R>,
    /// The route's dense number.
    pub slot: u32,
    /// Bits of [`super::method_bit`]; 0 means any.
    pub methods: u16,
    /// Whether the trees and the method decide alone.
    pub plain: bool,
    /// Which of the route's patterns; 255 stands for all from that one on.
    pub(super) which: u8,
}

impl<R: Routed> Cand<R> {
    pub(super) fn order(&self) -> Order {
        self.route.key().order(self.which)
    }
}

impl<R> Clone for Cand<R> {
    fn clone(&self) -> Self {
        Cand { route: self.route.clone(), slot: self.slot, methods: self.methods, plain: self.plain, which: self.which }
    }
}

/// All candidates of one key in a tree of paths; 16 bytes, so that an [`super::Edge`] of buckets is one cache line.
pub(super) enum Bucket<R> {
    One(Cand<R>),
    Many(Arc<Vec<Cand<R>>>),
}

impl<R: Routed> Bucket<R> {
    /// Puts `cand` in its place.
    pub(super) fn add(entry: &mut Option<Self>, cand: Cand<R>) {
        *entry = Some(match entry.take() {
            None => Bucket::One(cand),
            Some(Bucket::One(other)) => {
                let first = other.order() < cand.order();
                Bucket::Many(Arc::new(if first { vec![other, cand] } else { vec![cand, other] }))
            }
            Some(Bucket::Many(mut cands)) => {
                let order = cand.order();
                let at = cands.partition_point(|known| known.order() < order);
                Arc::make_mut(&mut cands).insert(at, cand);
                Bucket::Many(cands)
            }
        });
    }

    /// Takes out the candidate that stands at `order`.
    pub(super) fn remove(entry: &mut Option<Self>, order: Order) {
        *entry = match entry.take() {
            Some(Bucket::One(cand)) if cand.order() == order => None,
            Some(Bucket::Many(mut cands)) => {
                if let Ok(at) = cands.binary_search_by(|cand| cand.order().cmp(&order)) {
                    Arc::make_mut(&mut cands).remove(at);
                }
                match &cands[..] {
                    [] => None,
                    [last] => Some(Bucket::One(last.clone())),
                    _ => Some(Bucket::Many(cands)),
                }
            }
            other => other,
        };
    }

    /// Calls `f` with each candidate in order until it gives a result.
    #[inline]
    pub(super) fn each<'a, T>(&'a self, mut f: impl FnMut(&'a Cand<R>) -> Option<T>) -> Option<T> {
        match self {
            Bucket::One(cand) => f(cand),
            Bucket::Many(cands) => cands.iter().find_map(f),
        }
    }
}

impl<R> Clone for Bucket<R> {
    fn clone(&self) -> Self {
        match self {
            Bucket::One(cand) => Bucket::One(cand.clone()),
            Bucket::Many(cands) => Bucket::Many(cands.clone()),
        }
    }
}
