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
pub(crate) use self::trace::Part;
pub use self::trace::{Ran, Trace};
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
        let told = |watcher: &Arc<dyn Watcher>| Told {
            watcher: Arc::clone(watcher),
            traces: watcher.traces(),
            bodies: watcher.bodies(),
        };
        View {
            word: list.changes,
            told: list.watchers.iter().map(told).collect(),
            kept: Rc::default(),
            spare: RefCell::default(),
        }
    }
}

/// The watchers as a worker knows them.
pub(crate) struct View {
    word: u64,
    told: Box<[Told]>,
    /// Bytes of bodies that are kept for them.
    kept: Rc<Cell<usize>>,
    /// Traces that nobody needs now.
    // Boxed: they come and go without being moved.
    #[allow(clippy::vec_box)]
    spare: RefCell<Vec<Box<Trace>>>,
}

/// One of them, with what it wants to know.
struct Told {
    watcher: Arc<dyn Watcher>,
    traces: bool,
    bodies: usize,
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
    /// Which of them may want it; with none of them, the rest says nothing.
    mask: u32,
    /// One of them wants to know what each plugin does.
    traced: bool,
    /// One of them wants to see bodies.
    bodies: bool,
    trace: Option<Box<Trace>>,
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

    /// Whether the answer's body is to be told piece by piece.
    #[inline]
    pub(crate) fn keeps_bodies(&self) -> bool {
        self.bodies
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

    /// The plugin at a place of a chain has done its part of a phase.
    pub(crate) fn end(&mut self, chain: &Rc<Chain>, at: usize, part: Part, exit: Option<u16>) {
        if let Some(trace) = &mut self.trace {
            trace.end(chain, at, part, exit);
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
            self.forget();
        }
    }

    #[cold]
    fn forget(&mut self) {
        if let Some(view) = self.view.take() {
            self.clear(&view);
        }
    }

    fn clear(&mut self, view: &View) {
        (self.traced, self.bodies) = (false, false);
        if let Some(mut trace) = self.trace.take() {
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
    let worker = x.worker();
    let known = worker.watching.now(&worker.shared.watch, word);
    let Some(view) = &*known else { return };
    let (mut mask, mut bytes, mut traced) = (0, 0, false);
    for (at, told) in view.told.iter().enumerate() {
        if told.watcher.may_want(x) {
            mask |= 1 << at;
            bytes = bytes.max(told.bodies);
            traced |= told.traces;
        }
    }
    if mask == 0 {
        return;
    }
    let view = Rc::clone(view);
    drop(known);
    (x.watched.mask, x.watched.traced) = (mask, traced);
    if bytes > 0 {
        keep_bodies(x, &view, bytes);
    }
    x.watched.view = Some(view);
}

fn keep_bodies(x: &mut Exchange, view: &View, bytes: usize) {
    if view.kept.get().saturating_add(2 * bytes) > BODIES {
        return;
    }
    x.watched.bodies = true;
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
    for (at, told) in view.told.iter().enumerate() {
        if x.watched.mask & 1 << at != 0 {
            told.watcher.finished(x);
        }
    }
    x.watched.clear(&view);
}
