//! One call: on its way through the pipeline.

use super::answer::DubboDown;
use crate::line::Line;
use gateway_dubbo_codec::frame::Head;
use gateway_engine::exchange::{Conn, Exchange};
use gateway_engine::pipeline;
use std::cell::Cell;
use std::future::poll_fn;
use std::pin::pin;
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

/// Takes a call to its answer.
pub(super) async fn run(Call { waits, conn, head, mut x }: Call) {
    conn.requests.set(conn.requests.get() + 1);
    let mut down = DubboDown::new(Rc::clone(&waits.line), head, &x);
    let outcome = {
        let mut exchange = pin!(pipeline::run(&mut x, &mut down));
        poll_fn(|cx| pipeline::poll_contained(exchange.as_mut(), cx)).await
    };
    match outcome {
        Ok(()) => conn.worker.recycle(x),
        Err(_) => {
            // What the panic left of the exchange is not used again.
            drop(x);
            conn.worker.counters.panics.add(1);
            down.broken_off();
        }
    }
    drop(waits);
}
