//! The beginnings of an exchange's bodies.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::buf::Chunk;
use crate::plugin::RequestFilter;
use crate::wire::WireError;

/// The beginnings of both bodies.
pub(super) struct Bodies {
    /// Bytes that are kept of each.
    limit: usize,
    asked: Rc<RefCell<Vec<u8>>>,
    answered: Vec<u8>,
    _kept: Kept,
}

impl Bodies {
    /// Keeps so many bytes of each body from now on, and counts them as long as it does.
    pub(super) fn new(limit: usize, kept: &Rc<Cell<usize>>) -> Bodies {
        Bodies { limit, asked: Rc::default(), answered: Vec::new(), _kept: Kept::new(2 * limit, kept) }
    }

    /// What the request's body passes.
    pub(super) fn copied(&self) -> Box<dyn RequestFilter> {
        Box::new(Copied { to: Rc::clone(&self.asked), limit: self.limit })
    }

    pub(super) fn answer(&mut self, piece: &[u8]) {
        add(&mut self.answered, piece, self.limit);
    }

    pub(super) fn asked(&self) -> Vec<u8> {
        self.asked.borrow().clone()
    }

    pub(super) fn answered(&self) -> &[u8] {
        &self.answered
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
struct Copied {
    to: Rc<RefCell<Vec<u8>>>,
    limit: usize,
}

impl RequestFilter for Copied {
    fn piece(&mut self, piece: &mut Chunk, _: bool) -> Result<(), WireError> {
        add(&mut self.to.borrow_mut(), piece.as_slice(), self.limit);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_beginnings_are_kept_and_counted_as_long_as_they_are() {
        let kept = Rc::default();
        let mut bodies = Bodies::new(10, &kept);
        bodies.answer(b"a body ");
        bodies.answer(b"of an answer");
        let mut request = bodies.copied();
        for piece in ["what ", "", "was asked"] {
            assert!(request.piece(&mut Chunk::from(bytes::Bytes::from_static(piece.as_bytes())), false).is_ok());
        }
        assert_eq!((bodies.answered(), &*bodies.asked(), kept.get()), (&b"a body of "[..], &b"what was a"[..], 20));
        drop(bodies);
        assert_eq!(kept.get(), 0);
    }
}
