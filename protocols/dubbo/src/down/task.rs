//! One call: on its way through the pipeline.

use super::answer::DubboDown;
use crate::line::Line;
use gateway_dubbo_codec::frame::Head;
use gateway_engine::exchange::{Conn, Exchange};
use gateway_engine::pipeline::Panicked;
use std::cell::Cell;
use std::rc::Rc;

/// A call that waits for its answer: counted as such while it does.
pub(super) struct Waits {
    pending: Rc<Cell<u32>>,
    pub(super) line: Rc<Line>,
}

impl Waits {
    pub(super) fn new(pending: Rc<Cell<u32>>, line: Rc<Line>) -> Waits {
        Waits { pending, line }
    }
}

impl Drop for Waits {
    fn drop(&mut self) {
        let left = self.pending.get().saturating_sub(1);
        self.pending.set(left);
        if left == 0 {
            // It may be idle now.
            self.line.kick();
        }
    }
}

/// A call, read and not yet begun.
pub(super) struct Call {
    pub(super) waits: Waits,
    pub(super) conn: Rc<Conn>,
    pub(super) head: Head,
    pub(super) x: Box<Exchange>,
}

impl Call {
    /// The client's side of it, as it begins.
    #[inline]
    pub(super) fn begin(&self) -> DubboDown {
        self.conn.requests.set(self.conn.requests.get() + 1);
        DubboDown::new(Rc::clone(&self.waits.line), self.head, &self.x)
    }

    /// It has come to its end, by an answer or a panic.
    #[inline]
    pub(super) fn end(self, how: Result<(), Panicked>, mut down: DubboDown) {
        let Call { waits, conn, x, .. } = self;
        match how {
            Ok(()) => conn.worker.recycle(x),
            Err(Panicked) => {
                // What the panic left of the exchange is not used again.
                drop(x);
                conn.worker.counters.panics.add(1);
                down.broken_off();
            }
        }
        drop(waits);
    }
}
