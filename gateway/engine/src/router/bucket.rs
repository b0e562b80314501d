//! The candidates of one literal prefix (or one exact path) in the order in which they are tried.

use std::sync::Arc;

use super::crowd::Crowd;
use super::key::{Order, RouteKey, Routed};
use super::request::{Probe, Search};

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
    /// The number of the route's pattern; `None`: it stands for several.
    pub fn pattern(&self) -> Option<usize> {
        (self.which != u8::MAX).then_some(self.which.into())
    }

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
    /// Few enough to be asked one after another.
    Many(Arc<Vec<Cand<R>>>),
    Crowd(Arc<Crowd<R>>),
}

/// A bucket with more candidates is indexed …
const MANY: usize = 32;
/// … until it has no more than these again.
const FEW: usize = 16;

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
                if cands.len() > MANY { Bucket::Crowd(Arc::new(Crowd::new(&cands))) } else { Bucket::Many(cands) }
            }
            Some(Bucket::Crowd(mut crowd)) => {
                Arc::make_mut(&mut crowd).add(cand);
                Bucket::Crowd(crowd)
            }
        });
    }

    /// Takes out the candidate of pattern `which` of the route with `key`.
    pub(super) fn remove(entry: &mut Option<Self>, key: &RouteKey, which: u8) {
        let order = key.order(which);
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
            Some(Bucket::Crowd(mut crowd)) => {
                Arc::make_mut(&mut crowd).remove(key, which);
                Some(if crowd.len() > FEW {
                    Bucket::Crowd(crowd)
                } else {
                    Bucket::Many(Arc::new(crowd.all().into_iter().cloned().collect()))
                })
            }
            other => other,
        };
    }

    /// The first candidate that the request accepts.
    #[inline]
    pub(super) fn find<'a, P: Probe<'a, R>>(&'a self, search: &mut Search<'_, '_, P>) -> Option<&'a Cand<R>> {
        match self {
            Bucket::One(cand) => search.accepts(cand).then_some(cand),
            Bucket::Many(cands) => cands.iter().find(|cand| search.accepts(cand)),
            Bucket::Crowd(crowd) => crowd.find(search),
        }
    }

    /// Calls `f` with each candidate in order until it gives a result.
    pub(super) fn each<'a, T>(&'a self, f: impl FnMut(&'a Cand<R>) -> Option<T>) -> Option<T> {
        match self {
            Bucket::One(cand) => Some(cand).into_iter().find_map(f),
            Bucket::Many(cands) => cands.iter().find_map(f),
            Bucket::Crowd(crowd) => crowd.all().into_iter().find_map(f),
        }
    }
}

impl<R> Clone for Bucket<R> {
    fn clone(&self) -> Self {
        match self {
            Bucket::One(cand) => Bucket::One(cand.clone()),
            Bucket::Many(cands) => Bucket::Many(cands.clone()),
            Bucket::Crowd(crowd) => Bucket::Crowd(crowd.clone()),
        }
    }
}
