//! The task of a connection to a provider: it writes calls and reads answers until nobody needs it.

use super::calls::Calls;
use super::connect::Target;
use super::lines;
use crate::line::{Line, Side};
use bytes::Bytes;
use gateway_dubbo_codec::answer as frames;
use gateway_dubbo_codec::event::{Event, LONGEST_EVENT};
use gateway_dubbo_codec::frame::{FrameError, Head, Serialization};
use gateway_engine::log_pace::LogPace;
use gateway_engine::upstream::LocalNode;
use gateway_engine::worker::{Deadline, now_ms};
use std::future::poll_fn;
use std::net::SocketAddr;
use std::rc::{Rc, Weak};
use std::task::{Context, Poll};
use std::time::Duration;

/// So long a provider that has said that it leaves gets no calls where others can have them, in milliseconds: what providers wait at most for
/// the calls that they have.
const LEAVING_MS: u64 = 10_000;

/// So long the last word may take to be written.
const LAST_WORD: Duration = Duration::from_secs(5);

/// What runs in the connection's task.
pub(super) struct Driver {
    shared: Rc<Line>,
    /// As others see it; gone when nobody does.
    line: Weak<lines::Line>,
    calls: Rc<Calls>,
    deadline: Deadline,
    addr: SocketAddr,
    node: Weak<LocalNode>,
    /// When the provider was asked last whether it is there.
    asked_ms: u64,
    beats: u64,
}

impl Driver {
    pub(super) fn new(shared: Rc<Line>, line: &Rc<lines::Line>, target: &Target) -> Driver {
        Driver {
            shared,
            line: Rc::downgrade(line),
            calls: Rc::clone(&line.calls),
            deadline: target.worker.deadline(),
            addr: target.addr,
            node: Weak::clone(&target.node),
            asked_ms: now_ms(),
            beats: 0,
        }
    }

    /// Serves the connection to its end.
    pub(super) async fn run(mut self) {
        self.deadline.arm_in(self.shared.limits.heartbeat_ms);
        poll_fn(|cx| self.poll(cx)).await;
        // A peer that does not read is not waited for.
        let _ = tokio::time::timeout(LAST_WORD, poll_fn(|cx| self.shared.poll_shutdown(cx))).await;
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.deadline.watch(cx.waker());
        if self.deadline.expired() && self.look() {
            return self.over();
        }
        let shared = Rc::clone(&self.shared);
        if shared.poll(cx, self).is_ready() {
            return self.over();
        }
        let wanted = self.line.upgrade().is_some_and(|line| !line.retired.get());
        if !wanted && self.calls.len() == 0 && shared.unwritten() == 0 {
            return self.over();
        }
        Poll::Pending
    }

    fn over(&mut self) -> Poll<()> {
        self.close();
        Poll::Ready(())
    }

    /// Those whose calls were on it learn of its end.
    fn close(&self) {
        self.retire();
        self.shared.end();
        self.calls.end();
    }

    fn leaves_for(&self, ms: u64) {
        if let Some(node) = self.node.upgrade() {
            node.leaves_for(ms);
        }
    }

    fn retire(&self) {
        if let Some(line) = self.line.upgrade() {
            line.retired.set(true);
        }
    }

    /// Time has passed: asks a silent provider whether it is there. `true`: it is not.
    #[cold]
    fn look(&mut self) -> bool {
        let (line, now) = (&self.shared, now_ms());
        let every = line.limits.heartbeat_ms;
        let silent = now.saturating_sub(line.heard_ms.get());
        let torn = line.partial_since().is_some_and(|since| now.saturating_sub(since) >= line.limits.frame_ms);
        if torn || silent >= every.saturating_mul(3) {
            tracing::warn!(addr = %self.addr, silent_ms = silent, "a Dubbo provider is given up: it is silent");
            return true;
        }
        if silent >= every && now.saturating_sub(self.asked_ms) >= every {
            self.asked_ms = now;
            self.beats += 1;
            let mut out = Vec::with_capacity(17);
            frames::heartbeat(&mut out, u64::from(u32::MAX) | self.beats << 32, Serialization::HESSIAN2);
            line.put(&out);
        }
        let next = every.saturating_sub(silent).clamp(every / 4, every);
        let next = if line.partial_since().is_some() { next.min(line.limits.frame_ms) } else { next };
        self.deadline.arm_in(next.max(1));
        false
    }
}

impl Side for Driver {
    fn frame(&mut self, line: &Line, head: Head, body: Bytes) -> Result<(), &'static str> {
        if head.flags.is_event() {
            if !head.flags.is_request() {
                // It is there, which the bytes have said already.
                return Ok(());
            }
            if body.len() > LONGEST_EVENT {
                return Err("an event is too long");
            }
            match Event::parse(head.flags.serialization(), &body) {
                Event::ReadOnly => {
                    // What is on it will be answered; new calls go elsewhere.
                    self.retire();
                    self.leaves_for(LEAVING_MS);
                }
                Event::Writable => self.leaves_for(0),
                Event::Heartbeat | Event::Other => {}
            }
            if head.flags.is_two_way() {
                let mut out = Vec::with_capacity(32);
                frames::heartbeat_answer(&mut out, &head, &body);
                line.put(&out);
            }
            return Ok(());
        }
        if head.flags.is_request() {
            // A provider's own calls (callbacks) have nobody here who would take them.
            if head.flags.is_two_way() {
                let mut out = Vec::with_capacity(64);
                let status = gateway_dubbo_codec::frame::Status::ServiceNotFound;
                frames::failure(&mut out, &head, status, "callbacks are not served");
                line.put(&out);
            }
            return Ok(());
        }
        if !self.calls.answered(head, body) {
            tracing::debug!(addr = %self.addr, "an answer to no call that waits is dropped");
        }
        Ok(())
    }

    fn broken(&mut self, _: &Line, error: FrameError, _: &[u8]) {
        thread_local! {
            static PACE: LogPace = const { LogPace::new() };
        }
        let Some(left_out) = PACE.with(LogPace::admit) else { return };
        tracing::warn!(addr = %self.addr, %error, left_out, "no Dubbo with an upstream");
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.close();
    }
}
