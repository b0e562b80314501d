//! Candidates in order, held in small chunks of a tree, so that one more or less among 100,000 copies a few chunks and not
//! 100,000 entries.

use std::sync::Arc;

use smallvec::SmallVec;

use super::bucket::Cand;
use super::key::Order;
use super::request::methods_of;

/// At most so many entries a chunk: what a change copies at each level of the tree.
const CHUNK: usize = 32;

/// An ordered, persistent sequence of candidates; never empty where it is stored.
pub(super) enum Run<R> {
    Leaf(Arc<Vec<Entry<R>>>),
    Inner(Arc<Vec<Branch<R>>>),
}

/// A candidate with its order beside it, so that comparing touches no route.
pub(super) struct Entry<R> {
    pub(super) order: Order,
    pub(super) cand: Cand<R>,
}

/// A part of an inner chunk.
pub(super) struct Branch<R> {
    /// Order of its last entry.
    last: Order,
    /// The methods of all its candidates, as [`methods_of`] has them.
    methods: u16,
    run: Run<R>,
}

impl<R> Run<R> {
    /// Puts `entry` in its place.
    pub(super) fn add(slot: &mut Option<Self>, entry: Entry<R>) {
        let Some(mut run) = slot.take() else {
            *slot = Some(Run::Leaf(Arc::new(vec![entry])));
            return;
        };
        *slot = Some(match run.insert(entry) {
            None => run,
            Some(right) => Run::Inner(Arc::new(vec![Branch::of(run), Branch::of(right)])),
        });
    }

    /// Takes out what stands at `order`; whether there was something.
    pub(super) fn remove(slot: &mut Option<Self>, order: &Order) -> bool {
        let Some(run) = slot else { return false };
        let removed = run.take_out(order);
        while let Some(Run::Inner(branches)) = slot
            && branches.len() == 1
        {
            *slot = Arc::make_mut(branches).pop().map(|branch| branch.run);
        }
        slot.take_if(|run| run.len() == 0);
        removed
    }

    /// The entries in order, leaving out chunks in which no candidate has the method.
    pub(super) fn cursor(&self, method: u16) -> Cursor<'_, R> {
        let mut cursor = Cursor { method, above: SmallVec::new(), leaf: [].iter() };
        cursor.enter(self);
        cursor
    }

    /// Entries of this chunk, not of those below.
    fn len(&self) -> usize {
        match self {
            Run::Leaf(entries) => entries.len(),
            Run::Inner(branches) => branches.len(),
        }
    }

    /// Returns what had to be split off to the right. The depth is the logarithm of the number of entries.
    fn insert(&mut self, entry: Entry<R>) -> Option<Self> {
        match self {
            Run::Leaf(entries) => {
                let entries = Arc::make_mut(entries);
                let at = entries.partition_point(|known| known.order < entry.order);
                entries.insert(at, entry);
                split(entries, at).map(|right| Run::Leaf(Arc::new(right)))
            }
            Run::Inner(branches) => {
                let branches = Arc::make_mut(branches);
                // What lies behind everything goes into the last branch.
                let at =
                    branches.partition_point(|known| known.last < entry.order).min(branches.len().saturating_sub(1));
                let branch = branches.get_mut(at)?;
                let right = branch.run.insert(entry);
                branch.sum_up();
                branches.insert(at + 1, Branch::of(right?));
                split(branches, at + 1).map(|right| Run::Inner(Arc::new(right)))
            }
        }
    }

    fn take_out(&mut self, order: &Order) -> bool {
        match self {
            Run::Leaf(entries) => {
                let found = entries.binary_search_by(|entry| entry.order.cmp(order));
                found.is_ok_and(|at| {
                    Arc::make_mut(entries).remove(at);
                    true
                })
            }
            Run::Inner(branches) => {
                let at = branches.partition_point(|branch| branch.last < *order);
                let Some(branch) = Arc::make_mut(branches).get_mut(at) else { return false };
                let removed = branch.run.take_out(order);
                branch.sum_up();
                tidy(Arc::make_mut(branches), at);
                removed
            }
        }
    }

    /// Order of the last entry and the methods of all.
    fn summary(&self) -> Option<(Order, u16)> {
        match self {
            Run::Leaf(entries) => {
                let methods = entries.iter().fold(0, |methods, entry| methods | methods_of(&entry.cand));
                Some((entries.last()?.order, methods))
            }
            Run::Inner(branches) => {
                let methods = branches.iter().fold(0, |methods, branch| methods | branch.methods);
                Some((branches.last()?.last, methods))
            }
        }
    }
}

impl<R> Branch<R> {
    fn of(run: Run<R>) -> Self {
        let (last, methods) = run.summary().unwrap_or_default();
        Branch { last, methods, run }
    }

    fn sum_up(&mut self) {
        if let Some((last, methods)) = self.run.summary() {
            (self.last, self.methods) = (last, methods);
        }
    }
}

/// Cuts a chunk that has grown too big; one that grows at its end, as routes in load order do, leaves a full one behind.
fn split<T>(chunk: &mut Vec<T>, grown_at: usize) -> Option<Vec<T>> {
    if chunk.len() <= CHUNK {
        return None;
    }
    let at = if grown_at + 1 == chunk.len() { grown_at } else { chunk.len() / 2 };
    Some(chunk.split_off(at))
}

/// Drops the branch at `at` if nothing is left in it, or joins it with a neighbour if both are small.
fn tidy<R>(branches: &mut Vec<Branch<R>>, at: usize) {
    if branches.get(at).is_some_and(|branch| branch.run.len() == 0) {
        branches.remove(at);
        return;
    }
    let small = |branches: &[Branch<R>], left: usize| {
        let sizes = branches.get(left).zip(branches.get(left + 1)).map(|(a, b)| a.run.len() + b.run.len());
        sizes.is_some_and(|size| size <= CHUNK / 2)
    };
    let Some(left) = [Some(at), at.checked_sub(1)].into_iter().flatten().find(|&left| small(branches, left)) else {
        return;
    };
    let right = branches.remove(left + 1);
    if let Some(branch) = branches.get_mut(left) {
        match (&mut branch.run, right.run) {
            (Run::Leaf(all), Run::Leaf(more)) => Arc::make_mut(all).extend_from_slice(&more),
            (Run::Inner(all), Run::Inner(more)) => Arc::make_mut(all).extend_from_slice(&more),
            // All leaves lie equally deep.
            _ => {}
        }
        branch.sum_up();
    }
}

/// Walks a [`Run`] from its first entry.
pub(super) struct Cursor<'a, R> {
    method: u16,
    /// What is still to be entered, innermost last.
    above: SmallVec<[std::slice::Iter<'a, Branch<R>>; 4]>,
    leaf: std::slice::Iter<'a, Entry<R>>,
}

impl<'a, R> Cursor<'a, R> {
    /// The next entry, which stays next.
    pub(super) fn peek(&mut self) -> Option<&'a Entry<R>> {
        loop {
            if let Some(entry) = self.leaf.as_slice().first() {
                return Some(entry);
            }
            match self.above.last_mut()?.next() {
                Some(branch) if branch.methods & self.method != 0 => self.enter(&branch.run),
                Some(_) => {}
                None => {
                    self.above.pop();
                }
            }
        }
    }

    fn enter(&mut self, run: &'a Run<R>) {
        match run {
            Run::Leaf(entries) => self.leaf = entries.iter(),
            Run::Inner(branches) => self.above.push(branches.iter()),
        }
    }
}

impl<'a, R> Iterator for Cursor<'a, R> {
    type Item = &'a Entry<R>;

    fn next(&mut self) -> Option<Self::Item> {
        let entry = self.peek()?;
        self.leaf.next();
        Some(entry)
    }
}

impl<R> Clone for Run<R> {
    fn clone(&self) -> Self {
        match self {
            Run::Leaf(entries) => Run::Leaf(entries.clone()),
            Run::Inner(branches) => Run::Inner(branches.clone()),
        }
    }
}

impl<R> Clone for Entry<R> {
    fn clone(&self) -> Self {
        Entry { order: self.order, cand: self.cand.clone() }
    }
}

impl<R> Clone for Branch<R> {
    fn clone(&self) -> Self {
        Branch { last: self.last, methods: self.methods, run: self.run.clone() }
    }
}
