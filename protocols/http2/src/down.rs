//! The client's side: a task drives the connection, and a task of its own takes each stream through the pipeline.

pub(crate) mod answer;
mod bounds;
pub(crate) mod decode;
pub(crate) mod frames;
mod line;
mod stream;
pub(crate) mod websocket;

use gateway_engine::buf::Buf;
use gateway_engine::exchange::Conn;
use gateway_engine::io::Io;
use gateway_engine::worker::{Deadline, now_ms};
use h2::Reason;
use h2::server::{Builder, Connection, Handshake};
use line::{Line, Piece, Tap};
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::AsyncWrite;

/// Length of the client's preface.
const PREFACE: u32 = 24;

/// Longest wait between two looks at the clock while there is something to wait for, in milliseconds.
const LOOK_MS: u64 = 1000;

/// Serves a client connection that speaks HTTP/2, to its end. `start` is what was read of it already, from its first byte on.
pub async fn serve(io: Io, start: Option<Buf>, conn: Conn) {
    let limits = conn.worker.with_settings(|s| s.limits.http2);
    let worker = Rc::clone(&conn.worker);
    worker.counters.active.add(1);
    let line = Line::new(io, start, conn, limits);
    let mut driver = Driver {
        phase: Phase::Preface(Box::new(handshake(&line))),
        deadline: worker.deadline(),
        wait: Wait::Nothing,
        began_ms: now_ms(),
        stuck: (0, 0),
        leaving_ms: None,
        served: 0,
        line,
    };
    driver.deadline.arm_in(LOOK_MS);
    poll_fn(|cx| driver.poll(cx)).await;
    // Before the wait: streams that nobody is there for let their upstreams go.
    driver.phase = Phase::Ended;
    driver.line.tell_end();
    driver.linger().await;
}

fn handshake(line: &Rc<Line>) -> Handshake<Tap, Piece> {
    let limits = &line.limits;
    let list = line.conn.worker.with_settings(|s| s.limits.header_bytes);
    Builder::new()
        .max_concurrent_streams(limits.streams)
        .initial_window_size(limits.stream_window)
        .initial_connection_window_size(limits.connection_window)
        .header_table_size(limits.header_table_bytes)
        .max_header_list_size(u32::try_from(list).unwrap_or(u32::MAX))
        .max_send_buffer_size(SEND_BUFFER)
        // Frames that were on their way when a stream ended are nobody's fault.
        .max_concurrent_reset_streams(256)
        .reset_stream_duration(Duration::from_secs(5))
        // These are counted where the frames pass, together with what else the client does.
        .max_pending_accept_reset_streams(usize::try_from(limits.streams).unwrap_or(usize::MAX).saturating_mul(8))
        .max_local_error_reset_streams(None)
        .enable_connect_protocol()
        .handshake(Tap(Rc::clone(line)))
}

/// Most bytes of an answer that the codec holds for one stream.
const SEND_BUFFER: usize = 128 << 10;

/// What runs in the connection's task.
struct Driver {
    phase: Phase,
    deadline: Deadline,
    wait: Wait,
    began_ms: u64,
    /// How much could not be written, and since when.
    stuck: (usize, u64),
    /// Since when the client knows that it should go elsewhere.
    leaving_ms: Option<u64>,
    /// Streams that came so far.
    served: u64,
    line: Rc<Line>,
}

enum Phase {
    Preface(Box<Handshake<Tap, Piece>>),
    Open(Box<Connection<Tap, Piece>>),
    Ended,
}

/// What the connection's timer is set for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wait {
    Nothing,
    /// The next stream.
    Idle,
    /// A look at the clock.
    Look,
}

impl Driver {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.deadline.watch(cx.waker());
        self.line.begin_turn(cx.waker());
        if self.leaving_ms.is_none() && self.line.conn.worker.draining.get() {
            // Seen here and not only when there is a look at the clock: a client that asks one thing after the other never waits.
            self.leave(now_ms());
        }
        loop {
            if self.poll_codec(cx).is_ready() {
                return Poll::Ready(());
            }
            self.line.tell_resets();
            if let Some(why) = self.line.excess() {
                self.end(Reason::ENHANCE_YOUR_CALM, why);
                continue;
            }
            match self.line.poll_flush(cx) {
                // It had to wait for this.
                Poll::Ready(Ok(true)) => {}
                Poll::Ready(Ok(false)) | Poll::Pending => break,
                Poll::Ready(Err(_)) => return Poll::Ready(()),
            }
        }
        if self.line.yielded() {
            cx.waker().wake_by_ref();
        }
        self.poll_time(cx)
    }

    /// Lets the codec read and write; starts the exchanges it finds.
    fn poll_codec(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            match &mut self.phase {
                Phase::Preface(handshake) => match Pin::new(&mut **handshake).poll(cx) {
                    Poll::Ready(Ok(connection)) => self.phase = Phase::Open(Box::new(connection)),
                    Poll::Ready(Err(_)) => return Poll::Ready(()),
                    Poll::Pending => return Poll::Pending,
                },
                Phase::Open(connection) => match connection.poll_accept(cx) {
                    Poll::Ready(Some(Ok((request, mut respond)))) => {
                        if self.line.streams() >= self.line.limits.streams as usize || overstays(self.leaving_ms) {
                            // Streams that were reset and whose upstream is still busy count as well.
                            respond.send_reset(Reason::REFUSED_STREAM);
                            continue;
                        }
                        self.served += 1;
                        let enough = self.line.limits.requests;
                        if self.served == enough && self.leaving_ms.is_none() {
                            self.leaving_ms = Some(now_ms());
                            connection.graceful_shutdown();
                        }
                        let stream = self.line.open(respond.stream_id().as_u32());
                        tokio::task::spawn_local(stream::run(stream, request, respond));
                    }
                    Poll::Ready(Some(Err(error))) => {
                        tracing::debug!(%error, "an HTTP/2 connection failed");
                        return Poll::Ready(());
                    }
                    Poll::Ready(None) => return Poll::Ready(()),
                    Poll::Pending => return Poll::Pending,
                },
                Phase::Ended => return Poll::Ready(()),
            }
        }
    }

    /// Sets the timer, or looks at it.
    fn poll_time(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let line = Rc::clone(&self.line);
        let quiet = line.streams() == 0
            && line.settled()
            && line.block_since().is_none()
            && line.unwritten() == 0
            && self.leaving_ms.is_none();
        let wait = if quiet { Wait::Idle } else { Wait::Look };
        if wait != self.wait {
            self.waited();
            self.wait = wait;
            if wait == Wait::Idle {
                let worker = &line.conn.worker;
                worker.counters.waiting.add(1);
                let first = line.conn.requests.get() == 0;
                let ms = worker.with_settings(|s| if first { s.timeouts.client_header } else { s.timeouts.keepalive });
                self.deadline.arm_idle(millis(ms));
            } else {
                self.deadline.arm_in(LOOK_MS);
            }
            return Poll::Pending;
        }
        if !self.deadline.expired() {
            return Poll::Pending;
        }
        let over = self.look();
        self.deadline.arm_in(LOOK_MS);
        if over {
            return Poll::Ready(());
        }
        // What the look has done is the codec's to say.
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Time has passed. `true`: nothing more can be done for this client.
    #[cold]
    fn look(&mut self) -> bool {
        let now = now_ms();
        let limits = self.line.limits;
        if self.wait == Wait::Idle {
            self.leave(now);
            return false;
        }
        if self.line.unwritten() == 0 {
            self.stuck = (0, now);
        } else if self.line.unwritten() != self.stuck.0 {
            self.stuck = (self.line.unwritten(), now);
        } else if now.saturating_sub(self.stuck.1) >= self.line.conn.worker.with_settings(|s| millis(s.timeouts.send)) {
            self.line.reset_on_close();
            return true;
        }
        if !self.line.settled() && now.saturating_sub(self.began_ms) >= limits.settings_ms {
            if let Phase::Preface(_) = self.phase {
                return true;
            }
            self.end(Reason::SETTINGS_TIMEOUT, "settings not acknowledged");
        } else if self.line.block_since().is_some_and(|since| now.saturating_sub(since) >= limits.block_ms) {
            self.end(Reason::ENHANCE_YOUR_CALM, "field block not ended");
        } else if self.line.streams() == 0 && overstays(self.leaving_ms) {
            self.end(Reason::NO_ERROR, "");
        }
        false
    }

    /// Says that no new stream should come: first with the highest number there is, then, when the client must have heard it,
    /// with the last one that came.
    fn leave(&mut self, now: u64) {
        if let Phase::Open(connection) = &mut self.phase {
            self.leaving_ms = Some(now);
            connection.graceful_shutdown();
        }
    }

    /// Ends the connection now.
    fn end(&mut self, reason: Reason, why: &'static str) {
        if !why.is_empty() {
            tracing::debug!(client = %self.line.conn.peer, reason = why, "an HTTP/2 connection is ended");
            self.line.conn.worker.counters.refused.add(1);
        }
        self.leaving_ms.get_or_insert(now_ms());
        match &mut self.phase {
            Phase::Open(connection) => connection.abrupt_shutdown(reason),
            _ => self.phase = Phase::Ended,
        }
    }

    /// The wait is over.
    fn waited(&mut self) {
        if self.wait == Wait::Idle {
            self.line.conn.worker.counters.waiting.sub(1);
        }
    }

    /// Writes what is left, closes our side and reads for a moment what the client still sends: with bytes unread the kernel
    /// would reset the connection, and the client might lose the last word.
    async fn linger(&mut self) {
        let worker = &self.line.conn.worker;
        let (mut left, within) = worker.with_settings(|s| (s.limits.drain_bytes, millis(s.timeouts.drain)));
        let until = now_ms().saturating_add(within);
        self.deadline.arm(until);
        let mut shut = false;
        poll_fn(|cx| {
            self.deadline.watch(cx.waker());
            if !shut {
                match Pin::new(&mut Tap(Rc::clone(&self.line))).poll_shutdown(cx) {
                    Poll::Ready(Ok(())) => shut = true,
                    Poll::Ready(Err(_)) => return Poll::Ready(()),
                    Poll::Pending => {}
                }
            }
            match self.line.poll_drain(cx, &mut left) {
                Poll::Ready(()) if shut => Poll::Ready(()),
                _ if now_ms() >= until => Poll::Ready(()),
                _ => Poll::Pending,
            }
        })
        .await;
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.waited();
        self.line.tell_end();
        self.line.conn.worker.counters.active.sub(1);
    }
}

/// Whether the client was told to go elsewhere, had the time to hear it, and is still there.
fn overstays(leaving_ms: Option<u64>) -> bool {
    leaving_ms.is_some_and(|since| now_ms().saturating_sub(since) >= LOOK_MS)
}

fn millis(d: Duration) -> u64 {
    u64::try_from(d.as_millis()).unwrap_or(u64::MAX)
}
