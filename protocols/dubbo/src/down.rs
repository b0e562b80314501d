//! The consumer's side: a task drives the connection, and other tasks take its calls through the pipeline.

mod answer;
mod held;
mod runner;
mod stranger;
mod task;

use crate::call::{self, Memo, Unfit};
use crate::line::{Line, Side};
use bytes::Bytes;
use gateway_dubbo_codec::answer as frames;
use gateway_dubbo_codec::event::{Event, LONGEST_EVENT};
use gateway_dubbo_codec::frame::{FrameError, Head, Serialization, Status};
use gateway_engine::buf::Buf;
use gateway_engine::exchange::Conn;
use gateway_engine::io::Io;
use gateway_engine::worker::{Deadline, now_ms};
use std::cell::Cell;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

/// Longest wait between two looks at the clock while there is something to wait for, in milliseconds.
const LOOK_MS: u64 = 1000;

/// So long a connection whose consumer was told to go elsewhere takes calls all the same, if it never has nothing to do, in
/// milliseconds.
const GRACE_MS: u64 = 3000;

/// Frames that say nothing to a provider, one after the other, before the connection is ended.
const STRAYS: u32 = 100;

/// Serves a consumer's connection to its end. `start` is what was read of it already, from its first byte on.
pub async fn serve(io: Io, start: Option<Buf>, conn: Conn) {
    let worker = Rc::clone(&conn.worker);
    let limits = worker.with_settings(|s| s.limits.dubbo);
    worker.counters.opened(conn.tls);
    worker.counters.active_dubbo.add(1);
    let mut driver = Driver {
        line: Rc::new(Line::new(io, start, limits)),
        conn: Rc::new(conn),
        pending: Rc::default(),
        deadline: worker.deadline(),
        wait: Wait::Nothing,
        stuck: (0, 0),
        leaving_ms: None,
        serialization: Serialization::HESSIAN2,
        strays: 0,
        began: false,
        broken: false,
        held: held::Held::default(),
        memo: Memo::default(),
    };
    driver.deadline.arm_in(LOOK_MS);
    poll_fn(|cx| driver.poll(cx)).await;
    driver.linger().await;
}

/// What runs in the connection's task.
struct Driver {
    line: Rc<Line>,
    conn: Rc<Conn>,
    /// Calls that are not answered yet.
    pending: Rc<Cell<u32>>,
    deadline: Deadline,
    wait: Wait,
    /// How much could not be written, and since when.
    stuck: (u64, u64),
    /// Since when the consumer knows that it should go elsewhere.
    leaving_ms: Option<u64>,
    /// What the consumer writes in.
    serialization: Serialization,
    strays: u32,
    /// A frame came.
    began: bool,
    /// What came then is none: the connection ends with the calls that wait.
    broken: bool,
    /// What is held of a call that is not whole.
    held: held::Held,
    memo: Memo,
}

/// What the connection's timer is set for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wait {
    Nothing,
    /// The next call.
    Idle,
    /// A look at the clock.
    Look,
}

impl Driver {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.deadline.watch(cx.waker());
        if self.leaving_ms.is_none() && self.conn.worker.draining.get() {
            self.leave();
        }
        if self.told_for(GRACE_MS) {
            // What comes now goes to somebody else when the connection has ended.
            self.line.read_no_more();
        }
        let line = Rc::clone(&self.line);
        if line.poll(cx, self).is_ready() {
            return Poll::Ready(());
        }
        if (line.partial_since().is_some() || self.held.any()) && self.holds_too_much() {
            return Poll::Ready(());
        }
        if self.pending.get() == 0 && line.unwritten() == 0 && (self.broken || self.told_for(LOOK_MS)) {
            return Poll::Ready(());
        }
        self.poll_time(cx)
    }

    /// Consumers have too much held of calls that are not whole, and this one adds to it: nothing more is done for it.
    #[cold]
    fn holds_too_much(&mut self) -> bool {
        let bytes = if self.line.partial_since().is_some() { self.line.held() } else { 0 };
        if !self.held.set(bytes) {
            return false;
        }
        self.conn.worker.counters.shed.add(1);
        self.line.forget();
        self.held.set(0);
        stranger::greedy(self.conn.peer);
        true
    }

    /// Whether the consumer has known for so long that it should go elsewhere.
    fn told_for(&self, ms: u64) -> bool {
        self.leaving_ms.is_some_and(|since| now_ms().saturating_sub(since) >= ms)
    }

    /// Tells the consumer to send its next calls elsewhere: twice, as providers do.
    fn leave(&mut self) {
        self.leaving_ms = Some(now_ms());
        let mut out = Vec::with_capacity(36);
        for id in 0..2 {
            frames::notice(&mut out, id, self.serialization, Event::ReadOnly);
        }
        self.line.put(&out);
    }

    /// Sets the timer, or looks at it.
    fn poll_time(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let line = &self.line;
        let busy = self.pending.get() > 0
            || line.partial_since().is_some()
            || line.unwritten() > 0
            || self.broken
            || self.leaving_ms.is_some();
        let wait = if busy { Wait::Look } else { Wait::Idle };
        if wait != self.wait {
            self.waited();
            self.wait = wait;
            if wait == Wait::Idle {
                self.conn.worker.counters.waiting.add(1);
                self.deadline.arm_idle(self.line.limits.heartbeat_ms.saturating_mul(3));
            } else {
                self.deadline.arm_in(LOOK_MS);
            }
            return Poll::Pending;
        }
        if !self.deadline.expired() {
            return Poll::Pending;
        }
        if self.look() {
            return Poll::Ready(());
        }
        self.deadline.arm_in(LOOK_MS);
        // What the look has done is to be written.
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Time has passed. `true`: nothing more can be done for this consumer.
    #[cold]
    fn look(&mut self) -> bool {
        let (line, now) = (&self.line, now_ms());
        if self.wait == Wait::Idle {
            // Its place is needed, or it has not said for long that it is there.
            return true;
        }
        if line.unwritten() == 0 {
            self.stuck = (0, now);
        } else if line.unwritten() != self.stuck.0 {
            self.stuck = (line.unwritten(), now);
        } else if now.saturating_sub(self.stuck.1) >= self.conn.worker.with_settings(|s| millis(s.timeouts.send)) {
            line.reset_on_close();
            return true;
        }
        line.partial_since().is_some_and(|since| now.saturating_sub(since) >= line.limits.frame_ms)
            || self.conn.worker.sheds(|| line.held())
    }

    /// The wait is over.
    fn waited(&mut self) {
        if self.wait == Wait::Idle {
            self.conn.worker.counters.waiting.sub(1);
        }
    }

    /// Writes what is left, closes our side and reads for a moment what the consumer still sends: with bytes unread the kernel
    /// would reset the connection, and the consumer might lose the last word.
    async fn linger(&mut self) {
        let (mut left, within) = self.conn.worker.with_settings(|s| (s.limits.drain_bytes, millis(s.timeouts.drain)));
        let until = now_ms().saturating_add(within);
        self.deadline.arm(until);
        let mut shut = false;
        poll_fn(|cx| {
            self.deadline.watch(cx.waker());
            shut = shut || self.line.poll_shutdown(cx).is_ready();
            match self.line.poll_drain(cx, &mut left) {
                Poll::Ready(()) if shut => Poll::Ready(()),
                _ if now_ms() >= until => Poll::Ready(()),
                _ => Poll::Pending,
            }
        })
        .await;
    }

    /// A call.
    fn call(&mut self, head: Head, body: Bytes) {
        let worker = Rc::clone(&self.conn.worker);
        self.serialization = head.flags.serialization();
        if self.pending.get() >= self.line.limits.pending {
            worker.counters.shed.add(1);
            return self.refuse(
                &head,
                Status::ThreadpoolExhausted,
                "too many calls of this connection wait for answers",
            );
        }
        let mut x = worker.exchange(&self.conn);
        if let Err(unfit) = call::open(&mut x, &mut self.memo, head.flags, body) {
            worker.recycle(x);
            return self.unfit(&head, &unfit);
        }
        self.pending.set(self.pending.get() + 1);
        let waits = task::Waits::new(Rc::clone(&self.pending), Rc::clone(&self.line));
        runner::run(task::Call { waits, conn: Rc::clone(&self.conn), head, x });
    }

    /// The call is none.
    #[cold]
    fn unfit(&self, head: &Head, unfit: &Unfit) {
        self.conn.worker.counters.refused.add(1);
        tracing::debug!(client = %self.conn.peer, %unfit, "a Dubbo call is refused");
        self.refuse(head, Status::BadRequest, &unfit.to_string());
    }

    /// Answers without an exchange.
    #[cold]
    fn refuse(&self, head: &Head, status: Status, message: &str) {
        if head.flags.is_two_way() {
            let mut out = Vec::with_capacity(256);
            frames::failure(&mut out, head, status, message);
            self.line.put(&out);
        }
    }

    fn event(&self, head: &Head, body: &[u8]) -> Result<(), &'static str> {
        if body.len() > LONGEST_EVENT {
            return Err("an event is too long");
        }
        if head.flags.is_two_way() {
            let mut out = Vec::with_capacity(32);
            frames::heartbeat_answer(&mut out, head, body);
            self.line.put(&out);
        }
        Ok(())
    }
}

impl Side for Driver {
    fn frame(&mut self, _: &Line, head: Head, body: Bytes) -> Result<(), &'static str> {
        self.began = true;
        if !head.flags.is_request() {
            // Nothing was asked of a consumer.
            self.strays += 1;
            return if self.strays > STRAYS { Err("answers to nothing") } else { Ok(()) };
        }
        self.strays = 0;
        if head.flags.is_event() {
            return self.event(&head, &body);
        }
        self.call(head, body);
        Ok(())
    }

    fn broken(&mut self, line: &Line, error: FrameError, start: &[u8]) {
        self.conn.worker.counters.refused.add(1);
        self.broken = true;
        line.read_no_more();
        if !self.began
            && let Some(answer) = stranger::look(self.conn.peer, start)
        {
            return self.line.put(answer);
        }
        tracing::debug!(client = %self.conn.peer, %error, "a Dubbo connection is ended");
        if let FrameError::Length { flags, id, .. } = error
            && flags.is_request()
        {
            let head = Head { flags, status: Status::Other(0), id, len: 0 };
            self.refuse(&head, Status::SerializationError, &error.to_string());
        }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.waited();
        self.line.end();
        self.conn.worker.counters.closed(self.conn.tls);
        self.conn.worker.counters.active_dubbo.sub(1);
    }
}

fn millis(d: Duration) -> u64 {
    u64::try_from(d.as_millis()).unwrap_or(u64::MAX)
}
