//! Who looks at the traffic as it goes. While nobody does, a request pays one relaxed load ([`Watch::word`]).
//!
//! A [`Watcher`] is asked twice: once a request's route is known, so that one it surely does not want is not looked at any further
//! and nothing is kept for it, and when everything is over. Only requests that somebody may want are timed plugin by plugin. What a
//! watcher says once and for all ([`Watcher::chooses`], [`Watcher::statuses`]) is looked at before it is asked.
//!
//! What an exchange keeps for those who watch, it keeps from one request to the next, until they have gone.

mod bodies;
mod conditions;
mod filter;
mod spread;
mod stats;
mod statuses;
#[cfg(test)]
mod tests;
mod trace;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;

use self::bodies::Bodies;
pub use self::conditions::Veil;
pub use self::filter::{BadFilter, Filter, glob, micros, upstream_id};
pub use self::spread::Times;
pub(crate) use self::stats::Rows;
pub use self::stats::{Dimension, ROWS, Reading, Stats, Summed, Sums};
pub use self::statuses::Statuses;
pub(crate) use self::trace::Part;
pub use self::trace::Ran;
use self::trace::{Step, Trace};
use crate::exchange::{Exchange, Framing};
use crate::plugin::Chain;

/// Most watchers at a time: a bit for each.
pub const WATCHERS: usize = 32;

/// Bytes of bodies that one worker keeps for watchers at a time.
const BODIES: usize = 16 << 20;

/// Somebody who is told of requests. It runs on the workers: it never waits.
pub trait Watcher: Send + Sync {
    /// Whether it may want a request of which the route is known and nothing has happened yet.
    fn may_want(&self, x: &Exchange) -> bool;

    /// A request that it may want is over.
    fn finished(&self, x: &Exchange);

    /// Whether [`Watcher::may_want`] has to be asked: the same each time. It may want every request where not.
    fn chooses(&self) -> bool {
        true
    }

    /// The statuses of requests it may want, once they are over: the same each time.
    fn statuses(&self) -> Statuses {
        Statuses::ALL
    }

    /// Whether it wants to know what each plugin does: the same each time.
    fn traces(&self) -> bool {
        true
    }

    /// How many bytes of bodies, in each direction, it wants to see: as many each time.
    fn bodies(&self) -> usize {
        0
    }
}

/// The watchers of a process.
#[derive(Default)]
pub struct Watch {
    /// Another number after each change; 0: there is nobody.
    word: AtomicU64,
    list: Mutex<List>,
}

#[derive(Default)]
struct List {
    changes: u64,
    watchers: Vec<Arc<dyn Watcher>>,
}

impl Watch {
    /// Says where a request looks whether it is watched.
    #[inline]
    pub(crate) fn word(&self) -> u64 {
        self.word.load(Ordering::Relaxed)
    }

    /// Tells somebody of requests from now on; `false`: there are as many as there may be.
    pub fn add(&self, watcher: Arc<dyn Watcher>) -> bool {
        let mut list = self.list.lock();
        let room = list.watchers.len() < WATCHERS;
        if room {
            list.watchers.push(watcher);
            self.tell(&mut list);
        }
        room
    }

    /// Tells it no more. Requests under way may still be told.
    pub fn remove(&self, watcher: &Arc<dyn Watcher>) {
        let mut list = self.list.lock();
        list.watchers.retain(|other| !Arc::ptr_eq(other, watcher));
        self.tell(&mut list);
    }

    fn tell(&self, list: &mut List) {
        list.changes += 1;
        let word = if list.watchers.is_empty() { 0 } else { list.changes };
        self.word.store(word, Ordering::Relaxed);
    }

    fn view(&self) -> View {
        let list = self.list.lock();
        let those = |are: fn(&Arc<dyn Watcher>) -> bool| {
            let bits = list.watchers.iter().enumerate().filter(|(_, watcher)| are(watcher));
            bits.fold(0, |all, (at, _)| all | 1 << at)
        };
        let told = |watcher: &Arc<dyn Watcher>| Told {
            statuses: watcher.statuses(),
            bodies: watcher.bodies(),
            watcher: Arc::clone(watcher),
        };
        View {
            word: list.changes,
            all: those(|_| true),
            asked: those(|watcher| watcher.chooses()),
            traces: those(|watcher| watcher.traces()),
            bodies: those(|watcher| watcher.bodies() > 0),
            told: list.watchers.iter().map(told).collect(),
            kept: Rc::default(),
        }
    }
}

/// The watchers as a worker knows them, with a bit for each.
struct View {
    word: u64,
    all: u32,
    /// Those that choose when the route is known.
    asked: u32,
    /// Those that want to know what each plugin does.
    traces: u32,
    /// Those that want to see bodies.
    bodies: u32,
    told: Box<[Told]>,
    /// Bytes of bodies that are kept for them.
    kept: Rc<Cell<usize>>,
}

impl View {
    /// Those of a mask, in their order.
    #[inline]
    fn these(&self, mut mask: u32) -> impl Iterator<Item = (usize, &Told)> {
        std::iter::from_fn(move || {
            let at = mask.trailing_zeros() as usize;
            mask &= mask.wrapping_sub(1);
            // There is none with the number 32, which is that of an empty mask.
            Some((at, self.told.get(at)?))
        })
    }
}

/// One of them, with what it wants to know.
struct Told {
    watcher: Arc<dyn Watcher>,
    statuses: Statuses,
    bodies: usize,
}

/// What a worker knows of watchers.
#[derive(Default)]
pub(crate) struct Known(RefCell<Option<Rc<View>>>);

impl Known {
    /// Those that there are, as of `word`.
    fn now(&self, watch: &Watch, word: u64) -> Rc<View> {
        let mut known = self.0.borrow_mut();
        match &*known {
            Some(view) if view.word == word => Rc::clone(view),
            _ => Rc::clone(known.insert(Rc::new(watch.view()))),
        }
    }

    /// Forgets those that are not there any more.
    pub(crate) fn tidy(&self, watch: &Watch) {
        let word = watch.word();
        self.0.borrow_mut().take_if(|view| view.word != word);
    }
}

/// What is kept of an exchange for those who watch it.
#[derive(Default)]
pub struct Watched {
    /// Who watched lately. It is kept for the next exchange, as the trace's room is.
    view: Option<Rc<View>>,
    /// Which of them may want the exchange.
    mask: u32,
    /// One of these wants to know what each plugin does.
    traced: bool,
    trace: Option<Box<Trace>>,
    bodies: Option<Box<Bodies>>,
}

impl Watched {
    /// Whether anybody may want the exchange.
    #[inline]
    pub(crate) fn is_on(&self) -> bool {
        self.mask != 0
    }

    /// Whether anybody wants to know what each plugin does.
    #[inline]
    pub(crate) fn is_traced(&self) -> bool {
        self.traced
    }

    /// Whether the answer's body is to be told piece by piece.
    #[inline]
    pub(crate) fn keeps_bodies(&self) -> bool {
        self.bodies.is_some()
    }

    /// What plugins did, in the order they began, where somebody wants to know it: those of the route's chain and of the global
    /// rules', which are the exchange's.
    pub fn ran<'x>(&'x self, route: &'x Rc<Chain>, globals: &'x Rc<Chain>) -> impl Iterator<Item = Ran<'x>> {
        let trace = self.trace.as_deref().filter(|_| self.traced);
        trace.into_iter().flat_map(move |trace| trace.ran([route, globals]))
    }

    /// The beginning of the request's body, as far as it went to an upstream; `None`: it is not kept.
    pub fn asked(&self) -> Option<Vec<u8>> {
        self.bodies.as_ref().map(|bodies| bodies.asked())
    }

    /// The beginning of the answer's body, as plugins have left it; `None`: it is not kept.
    pub fn answered(&self) -> Option<&[u8]> {
        self.bodies.as_ref().map(|bodies| bodies.answered())
    }

    /// A plugin begins; the one that follows it at once begins where it ends.
    pub(crate) fn begin(&mut self) {
        self.trace.get_or_insert_with(Trace::new).begin();
    }

    /// The plugin at a place of the route's chain (0) or of the global rules' (1) has done its part of a phase.
    pub(crate) fn end(&mut self, set: usize, at: usize, part: Part, exit: Option<u16>) {
        if let Some(trace) = &mut self.trace {
            trace.end(Step { set, at, part, exit });
        }
    }

    /// The exchange leaves a chain for another one.
    pub(crate) fn leave(&mut self, set: usize, chain: &Rc<Chain>) {
        if let Some(trace) = self.trace.as_mut().filter(|_| self.traced) {
            trace.leave(set, chain);
        }
    }

    /// A piece of the answer's body passes.
    pub(crate) fn body(&mut self, piece: &[u8]) {
        if let Some(bodies) = &mut self.bodies {
            bodies.answer(piece);
        }
    }

    /// Ready for the next exchange.
    #[inline]
    pub(crate) fn reset(&mut self) {
        if self.is_on() {
            self.clear();
        }
    }

    fn clear(&mut self) {
        (self.mask, self.traced) = (0, false);
        if let Some(trace) = &mut self.trace {
            trace.clear();
        }
        if self.bodies.is_some() {
            self.bodies = None;
        }
    }

    /// Nothing goes on, or not for those who watch: keeps nothing for a next exchange.
    pub(crate) fn shrink(&mut self) {
        if !self.is_on() {
            *self = Watched::default();
        }
    }

    /// Keeps nothing of those who do not watch any more, for an exchange that waits for a request.
    pub(crate) fn tidy(&mut self, watch: &Watch) {
        if self.view.as_ref().is_some_and(|view| view.word != watch.word()) {
            self.shrink();
        }
    }
}

/// The route is known, or that there is none: looks whether anybody watches, and if so who may want the exchange.
#[inline]
pub(crate) fn look(x: &mut Exchange) {
    let word = x.worker().shared.watch.word();
    if word != 0 {
        ask(x, word);
    }
}

#[cold]
#[inline(never)]
fn ask(x: &mut Exchange, word: u64) {
    if x.watched.view.as_ref().is_none_or(|view| view.word != word) {
        meet(x, word);
    }
    let Some(view) = &x.watched.view else { return };
    let mut mask = view.all;
    if view.asked != 0 {
        for (at, told) in view.these(view.asked) {
            if !told.watcher.may_want(x) {
                mask &= !(1 << at);
            }
        }
    }
    let (traced, bodies) = (mask & view.traces != 0, mask & view.bodies != 0);
    (x.watched.mask, x.watched.traced) = (mask, traced);
    if bodies {
        keep_bodies(x);
    }
}

/// Those who watch are others than lately.
#[cold]
#[inline(never)]
fn meet(x: &mut Exchange, word: u64) {
    let worker = x.worker();
    let view = worker.watching.now(&worker.shared.watch, word);
    x.watched.view = Some(view);
}

#[inline(never)]
fn keep_bodies(x: &mut Exchange) {
    let Some(view) = &x.watched.view else { return };
    let bytes = view.these(x.watched.mask & view.bodies).map(|(_, told)| told.bodies).max().unwrap_or_default();
    if view.kept.get().saturating_add(2 * bytes) > BODIES {
        return;
    }
    let bodies = Bodies::new(bytes, &view.kept);
    if x.req.framing != Framing::None && x.req.collected.is_none() {
        x.req.watch_body(bodies.copied());
    }
    x.watched.bodies = Some(Box::new(bodies));
}

/// Everything is over: tells who wants it.
#[cold]
#[inline(never)]
pub(crate) fn finish(x: &mut Exchange) {
    if let Some(view) = &x.watched.view {
        for (_, told) in view.these(x.watched.mask) {
            if told.statuses.has(x.resp.status) {
                told.watcher.finished(x);
            }
        }
    }
    x.watched.clear();
}
