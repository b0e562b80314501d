//! The ends of a connection that are not the plain one: refusals, panics, bodies that nobody read.

use super::refused::Refused;
use super::{H1Down, count_refusal, millis};
use gateway_engine::buf::Buf;
use gateway_engine::exchange::Framing;
use gateway_engine::pipeline;
use gateway_engine::wire::Wire;
use gateway_engine::worker::now_ms;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;

impl H1Down {
    /// Answers a request that is none; nothing after it is parsed.
    pub(super) async fn refuse(&mut self, refused: Box<Refused>) {
        count_refusal(&self.conn.worker, refused.why);
        self.incoming.begin(Framing::None);
        self.incoming.input = None;
        self.rare = None;
        // Of the request before.
        self.to_head = false;
        self.old = false;
        self.exit(refused.why.status, &refused).await;
        self.linger().await;
    }

    /// Ends an exchange that panicked.
    pub(super) async fn panicked(&mut self) {
        self.conn.worker.counters.panics.add(1);
        if self.answered {
            // The client has the beginning of an answer: the close tells that it is not whole.
            self.abort();
            return;
        }
        self.exit(500, &Refused::default()).await;
        self.linger().await;
    }

    /// Queues and flushes the gateway's own answer, the last one on this connection.
    async fn exit(&mut self, status: u16, refused: &Refused) {
        self.keep_alive = false;
        self.expects = false;
        let worker = Rc::clone(&self.conn.worker);
        let mut x = worker.exchange(&self.conn);
        refused.show(&mut x);
        pipeline::refuse(&mut x, self, status);
        x.resp.finished = self.flush().await.is_ok();
        pipeline::finish(&mut x);
        worker.recycle(x);
    }

    async fn flush(&mut self) -> Result<(), gateway_engine::wire::WireError> {
        poll_fn(|cx| {
            let flushed = self.poll_flush(cx);
            if flushed.is_pending() {
                self.deadline.watch(cx.waker());
                self.deadline.arm_in(LOOK_MS);
            }
            flushed
        })
        .await
    }

    /// After an answer that leaves the connection unfit for another request as it is: reads the rest of the body, so that it
    /// is fit again (`true`), or closes it so that the answer arrives.
    pub(super) async fn settle(&mut self) -> bool {
        if self.keep_alive && self.drain().await {
            return true;
        }
        if !self.incoming.whole() || self.incoming.input.is_some() {
            self.linger().await;
        } else if self.io.tls_side().is_some() {
            self.shut().await;
        }
        false
    }

    /// Reads and forgets the rest of a body that is short and comes soon.
    async fn drain(&mut self) -> bool {
        let (most, within) = self.conn.worker.with_settings(|s| (s.limits.drain_bytes, millis(s.timeouts.drain)));
        let until = now_ms().saturating_add(within);
        let mut left = most;
        self.deadline.arm(until);
        let done = poll_fn(|cx| {
            self.deadline.watch(cx.waker());
            loop {
                match self.poll_data(cx) {
                    Poll::Ready(Ok((_, true))) => return Poll::Ready(true),
                    Poll::Ready(Ok((piece, false))) if piece.len() as u64 <= left => left -= piece.len() as u64,
                    Poll::Ready(_) => return Poll::Ready(false),
                    Poll::Pending if now_ms() >= until => return Poll::Ready(false),
                    Poll::Pending => return Poll::Pending,
                }
            }
        })
        .await;
        self.deadline.disarm();
        done
    }

    /// Closes our side and reads for a moment what the client still sends: with bytes unread the kernel would reset the
    /// connection, and the client might lose the answer.
    async fn linger(&mut self) {
        if self.aborted {
            return;
        }
        self.shut().await;
        let (most, within) = self.conn.worker.with_settings(|s| (s.limits.drain_bytes, millis(s.timeouts.drain)));
        let until = now_ms().saturating_add(within);
        let mut left = most;
        self.deadline.arm(until);
        poll_fn(|cx| {
            self.deadline.watch(cx.waker());
            loop {
                let mut buf = Buf::take();
                match self.io.poll_fill(cx, &mut buf) {
                    Poll::Ready(Ok(n)) if n > 0 && n as u64 <= left => left -= n as u64,
                    Poll::Ready(_) => return Poll::Ready(()),
                    Poll::Pending if now_ms() >= until => return Poll::Ready(()),
                    Poll::Pending => return Poll::Pending,
                }
            }
        })
        .await;
    }

    async fn shut(&mut self) {
        let until = now_ms().saturating_add(LOOK_MS);
        self.deadline.arm(until);
        poll_fn(|cx| {
            self.deadline.watch(cx.waker());
            match self.io.poll_shutdown(cx) {
                Poll::Pending if now_ms() < until => Poll::Pending,
                _ => Poll::Ready(()),
            }
        })
        .await;
    }
}

/// Longest wait between two looks at the clock.
const LOOK_MS: u64 = 1000;
