//! A worker's way to its counters.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::{Calls, Cell, Counted, GONE, LONGEST, METHODS, Names, OTHERS, Outcome, Row};
use crate::exchange::{Call, Exchange};
use crate::worker::now_us;

/// Most names that a worker remembers the numbers of; then it begins anew.
const MANY: usize = 2 * METHODS;

/// The calls that one worker counts.
pub struct WorkerCalls {
    shared: Arc<Calls>,
    worker: usize,
    /// By the number.
    known: RefCell<Vec<Option<Known>>>,
    names: RefCell<Numbers>,
}

/// A method that this worker has met.
struct Known {
    /// The row's own, at hand.
    counted: Counted,
    row: Arc<Row>,
    cell: Arc<Cell>,
}

#[derive(Default)]
struct Numbers {
    by_key: HashMap<Box<[u8]>, Counted>,
    key: Vec<u8>,
}

impl WorkerCalls {
    /// Those of worker number `worker`.
    pub(crate) fn new(shared: Arc<Calls>, worker: usize) -> WorkerCalls {
        let calls = WorkerCalls { shared, worker, known: RefCell::default(), names: RefCell::default() };
        calls.keep(calls.shared.others());
        calls
    }

    /// Where calls of a method are counted. Asked once for what begins the same.
    pub fn counted(&self, names: &Names<'_>) -> Counted {
        if names.len() > LONGEST {
            return OTHERS;
        }
        let numbers = &mut *self.names.borrow_mut();
        names.key(&mut numbers.key);
        if let Some(known) = numbers.by_key.get(&*numbers.key).filter(|known| self.holds(**known)) {
            return *known;
        }
        let row = self.shared.row(names, &numbers.key);
        let counted = row.counted;
        self.keep(row);
        if numbers.by_key.len() >= MANY {
            numbers.by_key.clear();
        }
        numbers.by_key.insert(numbers.key.as_slice().into(), counted);
        counted
    }

    /// Whether a number is still that of the method it was given to.
    fn holds(&self, counted: Counted) -> bool {
        let known = self.known.borrow();
        let known = known.get(counted.at as usize).and_then(Option::as_ref);
        known.is_some_and(|known| known.counted == counted && known.row.state.load(Ordering::Relaxed) != GONE)
    }

    fn keep(&self, row: Arc<Row>) {
        let mut known = self.known.borrow_mut();
        let at = row.counted.at as usize;
        if known.len() <= at {
            known.resize_with(at + 1, || None);
        }
        let cell = row.cell(self.worker);
        if let Some(place) = known.get_mut(at) {
            *place = Some(Known { counted: row.counted, row, cell });
        }
    }

    /// Counts the call of a finished exchange.
    #[inline]
    pub(crate) fn finished(&self, x: &Exchange, call: &Call) {
        // Most return, as they have before.
        if Outcome::is_plain(x) && self.add_plain(call.counted, took_us(x)) {
            return;
        }
        self.finished_else(x, call);
    }

    /// Counts a call of a method that has returned, as it has before. `false`: it is not known as one.
    #[inline]
    fn add_plain(&self, counted: Counted, took_us: u64) -> bool {
        let known = self.known.borrow();
        match known.get(counted.at as usize) {
            Some(Some(known)) if known.counted.turn == counted.turn && known.row.is_proven() => {
                known.cell.took(took_us);
                true
            }
            _ => false,
        }
    }

    #[inline(never)]
    fn finished_else(&self, x: &Exchange, call: &Call) {
        let done = Done::of(x);
        if !self.add(call.counted, done) {
            self.add_by_name(x, call, done);
        }
    }

    /// `false`: the number is not that of the method any more.
    pub(super) fn add(&self, counted: Counted, done: Done) -> bool {
        let known = self.known.borrow();
        let Some(Some(known)) = known.get(counted.at as usize) else { return false };
        if known.counted.turn != counted.turn || !known.row.admits(done.returned) {
            return false;
        }
        known.cell.count(done.outcome, done.took_us);
        true
    }

    fn add_by_name(&self, x: &Exchange, call: &Call, done: Done) {
        let text = |span| x.req.head.text(span);
        let names = Names {
            interface: text(call.interface),
            method: text(call.method),
            version: text(call.version),
            group: text(call.group),
        };
        // A number that another worker takes away meanwhile is none.
        if !self.add(self.counted(&names), done) {
            self.add(OTHERS, done);
        }
    }
}

/// A call that has ended.
#[derive(Clone, Copy)]
pub(super) struct Done {
    pub(super) outcome: Outcome,
    pub(super) took_us: u64,
    /// A method has returned: its name is that of one.
    pub(super) returned: bool,
}

impl Done {
    fn of(x: &Exchange) -> Done {
        let outcome = Outcome::of(x);
        let returned = outcome == Outcome::Ok && x.resp.reply.is_some();
        Done { outcome, took_us: took_us(x), returned }
    }
}

#[inline]
fn took_us(x: &Exchange) -> u64 {
    now_us().saturating_sub(x.times.start_us)
}
