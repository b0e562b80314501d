//! What plugins did to one exchange, and its bodies.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::buf::Chunk;
use crate::plugin::{Configured, RequestFilter};
use crate::wire::WireError;

/// Most entries of an exchange: phases of plugins.
const MOST: usize = 256;

/// What plugins did, in the order they began, and the bodies.
#[derive(Default)]
pub struct Trace {
    ran: Vec<Ran>,
    began: Option<Instant>,
    /// Bytes that are kept of each body.
    limit: usize,
    asked: Option<Rc<RefCell<Vec<u8>>>>,
    answered: Vec<u8>,
    kept: Option<Kept>,
}

/// A plugin in one phase.
pub struct Ran {
    /// Its name.
    pub name: Arc<str>,
    /// The phase.
    pub phase: &'static str,
    /// How long it took; what it waited for as well.
    pub took: Duration,
    /// The status it answered with, if it did.
    pub exit: Option<u16>,
}

impl Trace {
    /// What plugins did.
    pub fn ran(&self) -> &[Ran] {
        &self.ran
    }

    /// The beginning of the request's body, as far as it went to an upstream.
    pub fn asked(&self) -> Vec<u8> {
        self.asked.as_ref().map(|body| body.borrow().clone()).unwrap_or_default()
    }

    /// The beginning of the answer's body, as plugins have left it.
    pub fn answered(&self) -> &[u8] {
        &self.answered
    }

    pub(super) fn begin(&mut self) {
        self.began = Some(Instant::now());
    }

    pub(super) fn end(&mut self, entry: &Configured, phase: &'static str, exit: Option<u16>) {
        let Some(began) = self.began else { return };
        let now = Instant::now();
        self.began = Some(now);
        let took = now.saturating_duration_since(began);
        let known = self.ran.iter_mut().rev().find(|ran| ran.phase == phase && Arc::ptr_eq(&ran.name, &entry.name));
        if let Some(ran) = known {
            ran.took += took;
            ran.exit = ran.exit.or(exit);
        } else if self.ran.len() < MOST {
            self.ran.push(Ran { name: Arc::clone(&entry.name), phase, took, exit });
        }
    }

    /// Keeps so many bytes of each body from now on; gives where the request's go.
    pub(super) fn keep(&mut self, limit: usize, kept: &Rc<Cell<usize>>) -> Rc<RefCell<Vec<u8>>> {
        (self.limit, self.kept) = (limit, Some(Kept::new(2 * limit, kept)));
        Rc::clone(self.asked.get_or_insert_default())
    }

    pub(super) fn answer(&mut self, piece: &[u8]) {
        add(&mut self.answered, piece, self.limit);
    }
}

impl Trace {
    /// Lets go of everything but the room for plugins.
    pub(super) fn clear(&mut self) {
        let mut ran = std::mem::take(&mut self.ran);
        ran.clear();
        *self = Trace { ran, ..Trace::default() };
    }
}

/// Bytes of bodies that are kept count as long as they are.
struct Kept {
    bytes: usize,
    all: Rc<Cell<usize>>,
}

impl Kept {
    fn new(bytes: usize, all: &Rc<Cell<usize>>) -> Kept {
        all.set(all.get().saturating_add(bytes));
        Kept { bytes, all: Rc::clone(all) }
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.all.set(self.all.get().saturating_sub(self.bytes));
    }
}

fn add(kept: &mut Vec<u8>, piece: &[u8], limit: usize) {
    let room = limit.saturating_sub(kept.len());
    kept.extend_from_slice(piece.get(..room).unwrap_or(piece));
}

/// Copies the beginning of a request's body.
pub(super) struct Copied {
    to: Rc<RefCell<Vec<u8>>>,
    limit: usize,
}

impl Copied {
    pub(super) fn new(to: Rc<RefCell<Vec<u8>>>, limit: usize) -> Copied {
        Copied { to, limit }
    }
}

impl RequestFilter for Copied {
    fn piece(&mut self, piece: &mut Chunk, _: bool) -> Result<(), WireError> {
        add(&mut self.to.borrow_mut(), piece.as_slice(), self.limit);
        Ok(())
    }
}
