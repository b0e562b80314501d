//! Who looks at the traffic as it goes. While nobody does, a request pays one relaxed load ([`Watch::word`]).
//!
//! A [`Watcher`] is asked twice: once a request's route is known, so that one it surely does not want is not looked at any further
//! and nothing is kept for it, and when everything is over. Only requests that somebody may want are timed plugin by plugin.

mod filter;
mod spread;
mod stats;
#[cfg(test)]
mod tests;
mod trace;

use std::cell::{Cell, Ref, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;

pub use self::filter::{BadFilter, Filter, glob, micros, upstream_id};
pub use self::spread::Times;
pub(crate) use self::stats::Rows;
pub use self::stats::{Dimension, ROWS, Reading, Stats, Summed, Sums};
use self::trace::Copied;
pub use self::trace::{Ran, Trace};
use crate::exchange::{Exchange, Framing};
use crate::plugin::Configured;
use crate::worker::now_us;

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

    /// Whether it wants to know what each plugin does.
    fn traces(&self) -> bool {
        true
    }

    /// How many bytes of bodies, in each direction, it wants to see.
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
        View {
            word: list.changes,
            watchers: list.watchers.clone().into(),
            kept: Rc::default(),
            spare: RefCell::default(),
        }
    }
}

/// The watchers as a worker knows them.
pub(crate) struct View {
    word: u64,
    watchers: Box<[Arc<dyn Watcher>]>,
    /// Bytes of bodies that are kept for them.
    kept: Rc<Cell<usize>>,
    /// Traces that nobody needs now.
    // Boxed: they come and go without being moved.
    #[allow(clippy::vec_box)]
    spare: RefCell<Vec<Box<Trace>>>,
}

/// Traces that one worker keeps for reuse.
const SPARE: usize = 64;

/// What a worker knows of watchers.
#[derive(Default)]
pub(crate) struct Known(RefCell<Option<Rc<View>>>);

impl Known {
    /// Those that there are, as of `word`.
    fn now(&self, watch: &Watch, word: u64) -> Ref<'_, Option<Rc<View>>> {
        let known = self.0.borrow();
        if known.as_ref().is_some_and(|view| view.word == word) {
            return known;
        }
        drop(known);
        *self.0.borrow_mut() = Some(Rc::new(watch.view()));
        self.0.borrow()
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
    view: Option<Rc<View>>,
    /// Which of them may want it.
    mask: u32,
    /// One of them wants to know what each plugin does.
    traced: bool,
    /// In microseconds of [`now_us`]; 0: not yet.
    upstream_us: u64,
    connected_us: u64,
    headers_us: u64,
    end_us: u64,
    trace: Option<Box<Trace>>,
}

/// A moment at the upstream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    /// A try begins.
    Upstream,
    /// Its connection is ready.
    Connected,
    /// The head of the answer is there.
    Headers,
    /// The answer is whole.
    End,
}

impl Watched {
    /// Whether anybody may want the exchange.
    #[inline]
    pub(crate) fn is_on(&self) -> bool {
        self.view.is_some()
    }

    /// Whether anybody wants to know what each plugin does.
    #[inline]
    pub(crate) fn is_traced(&self) -> bool {
        self.traced
    }

    /// Notes a moment.
    #[inline]
    pub(crate) fn mark(&mut self, mark: Mark) {
        if self.is_on() {
            self.note(mark);
        }
    }

    #[cold]
    fn note(&mut self, mark: Mark) {
        let now = now_us();
        match mark {
            Mark::Upstream => {
                (self.upstream_us, self.connected_us, self.headers_us, self.end_us) = (now, 0, 0, 0);
            }
            Mark::Connected => self.connected_us = now,
            Mark::Headers => self.headers_us = now,
            Mark::End => self.end_us = now,
        }
    }

    /// How long the upstream's part took, or has taken so far, in microseconds; `None`: there was none.
    pub fn upstream_us(&self) -> Option<u64> {
        let end = if self.end_us == 0 { now_us() } else { self.end_us };
        (self.upstream_us != 0).then(|| end.saturating_sub(self.upstream_us))
    }

    /// How long the last try waited for its connection, and for the head of the answer behind that, in microseconds.
    pub fn waits_us(&self) -> (Option<u64>, Option<u64>) {
        let from = |start: u64, end: u64| (start != 0 && end != 0).then(|| end.saturating_sub(start));
        (from(self.upstream_us, self.connected_us), from(self.connected_us, self.headers_us))
    }

    /// What plugins did, and the bodies, where somebody wants them.
    pub fn trace(&self) -> Option<&Trace> {
        self.trace.as_deref()
    }

    /// A plugin begins; the one that follows it at once begins where it ends.
    pub(crate) fn begin(&mut self) {
        let Some(view) = &self.view else { return };
        self.trace.get_or_insert_with(|| view.spare.borrow_mut().pop().unwrap_or_default()).begin();
    }

    /// A plugin has done its part of a phase.
    pub(crate) fn end(&mut self, entry: &Configured, phase: &'static str, exit: Option<u16>) {
        if let Some(trace) = &mut self.trace {
            trace.end(entry, phase, exit);
        }
    }

    /// A piece of the answer's body passes.
    pub(crate) fn body(&mut self, piece: &[u8]) {
        if let Some(trace) = &mut self.trace {
            trace.answer(piece);
        }
    }

    /// Ready for the next exchange.
    #[inline]
    pub(crate) fn reset(&mut self) {
        if self.is_on() {
            self.clear();
        }
    }

    #[cold]
    #[inline(never)]
    fn clear(&mut self) {
        let Watched { view, trace, .. } = std::mem::take(self);
        if let (Some(view), Some(mut trace)) = (view, trace) {
            trace.clear();
            let mut spare = view.spare.borrow_mut();
            if spare.len() < SPARE {
                spare.push(trace);
            }
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
    let worker = Rc::clone(x.worker());
    let known = worker.watching.now(&worker.shared.watch, word);
    let Some(view) = &*known else { return };
    let (mut mask, mut bytes, mut traced) = (0, 0, false);
    for (bit, watcher) in bits().zip(&view.watchers) {
        if watcher.may_want(x) {
            mask |= bit;
            bytes = bytes.max(watcher.bodies());
            traced |= watcher.traces();
        }
    }
    if mask == 0 {
        return;
    }
    x.watched = Watched { view: Some(Rc::clone(view)), mask, traced, ..Watched::default() };
    if bytes > 0 {
        keep_bodies(x, view, bytes);
    }
}

/// The bit of each watcher.
fn bits() -> impl Iterator<Item = u32> {
    (0..u32::BITS).map(|at| 1 << at)
}

fn keep_bodies(x: &mut Exchange, view: &View, bytes: usize) {
    if view.kept.get().saturating_add(2 * bytes) > BODIES {
        return;
    }
    let trace = x.watched.trace.get_or_insert_default();
    let asked = trace.keep(bytes, &view.kept);
    if x.req.framing != Framing::None && x.req.collected.is_none() {
        x.req.watch_body(Box::new(Copied::new(asked, bytes)));
    }
}

/// Everything is over: tells who wants it.
#[cold]
#[inline(never)]
pub(crate) fn finish(x: &mut Exchange) {
    let Some(view) = x.watched.view.take() else { return };
    for (bit, watcher) in bits().zip(&view.watchers) {
        if x.watched.mask & bit != 0 {
            watcher.finished(x);
        }
    }
    x.watched.view = Some(view);
    x.watched.clear();
}
