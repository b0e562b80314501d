//! The client's side: a task drives the connection, and a task of its own takes each stream through the pipeline.

pub(crate) mod answer;
pub(crate) mod decode;
mod stream;
pub(crate) mod websocket;

use crate::core::{Broken, Core, Terms};
use crate::frame::{HIGHEST, code};
use crate::hpack::{Decoder, Got, kind};
use crate::line::{Line, Stream};
use crate::names::MALFORMED;
use crate::read::Side;
use crate::streams::Key;
use decode::Limits;
use gateway_engine::buf::Buf;
use gateway_engine::exchange::{Conn, Framing};
use gateway_engine::grpc;
use gateway_engine::headers::{Headers, Name, name};
use gateway_engine::io::Io;
use gateway_engine::settings::Http2;
use gateway_engine::wire::WireError;
use gateway_engine::worker::{Deadline, now_ms};
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

/// Longest wait between two looks at the clock while there is something to wait for, in milliseconds.
const LOOK_MS: u64 = 1000;

/// Serves a client connection that speaks HTTP/2, to its end. `start` is what was read of it already, from its first byte on.
pub async fn serve(io: Io, start: Option<Buf>, conn: Conn) {
    let worker = Rc::clone(&conn.worker);
    let (limits, list) = worker.with_settings(|s| (s.limits.http2, s.limits.header_bytes));
    let terms = Terms {
        server: true,
        streams: limits.streams,
        stream_window: limits.stream_window,
        connection_window: limits.connection_window,
        table_bytes: limits.header_table_bytes,
        list_bytes: u32::try_from(list).unwrap_or(u32::MAX),
    };
    worker.counters.opened(conn.tls);
    worker.counters.active_http2.add(1);
    let mut driver = Driver {
        line: Rc::new(Line::new(Core::new(io, start, terms, limits))),
        conn: Rc::new(conn),
        limits,
        deadline: worker.deadline(),
        wait: Wait::Nothing,
        began_ms: now_ms(),
        stuck: (0, 0),
        leaving_ms: None,
        served: 0,
        calls: false,
    };
    driver.deadline.arm_in(LOOK_MS);
    poll_fn(|cx| driver.poll(cx)).await;
    // Before the wait: streams that nobody is there for let their upstreams go.
    driver.tell_end();
    driver.linger().await;
}

/// What runs in the connection's task.
struct Driver {
    line: Rc<Line>,
    conn: Rc<Conn>,
    limits: Http2,
    deadline: Deadline,
    wait: Wait,
    began_ms: u64,
    /// How much could not be written, and since when.
    stuck: (usize, u64),
    /// Since when the client knows that it should go elsewhere.
    leaving_ms: Option<u64>,
    /// Streams that came so far.
    served: u64,
    /// It began with a call of gRPC.
    calls: bool,
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
        if self.leaving_ms.is_none() && self.conn.worker.draining.get() {
            // Seen here and not only when there is a look at the clock: a client that asks one thing after the other never waits.
            self.leave(now_ms());
        }
        let line = Rc::clone(&self.line);
        if line.poll(cx, self).is_ready() {
            self.tell_why();
            return Poll::Ready(());
        }
        if self.leaving_ms.is_some() {
            let core = &mut *line.core();
            if core.heard && core.leaving == Some(HIGHEST) {
                core.leave_now();
                line.kick();
            }
            if core.leaving.is_some_and(|last| last < HIGHEST) && core.streams.len() == 0 && core.unwritten() == 0 {
                return Poll::Ready(());
            }
        }
        self.poll_time(cx)
    }

    /// Whether the client was told to go elsewhere, had the time to hear it, and still does not answer.
    fn overstays(&self) -> bool {
        self.leaving_ms.is_some_and(|since| now_ms().saturating_sub(since) >= LOOK_MS)
    }

    /// Sets the timer, or looks at it.
    fn poll_time(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let line = Rc::clone(&self.line);
        let core = &mut *line.core();
        let quiet = core.streams.len() == 0
            && core.bounds.settled()
            && core.block_since().is_none()
            && core.unwritten() == 0
            && self.leaving_ms.is_none();
        let wait = if quiet { Wait::Idle } else { Wait::Look };
        if wait != self.wait {
            self.waited();
            self.wait = wait;
            if wait == Wait::Idle {
                let worker = &self.conn.worker;
                worker.counters.waiting.add(1);
                let first = self.conn.requests.get() == 0;
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
        let over = self.look(core);
        self.deadline.arm_in(LOOK_MS);
        if over {
            return Poll::Ready(());
        }
        // What the look has done is to be written.
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Time has passed. `true`: nothing more can be done for this client.
    #[cold]
    fn look(&mut self, core: &mut Core) -> bool {
        let now = now_ms();
        if self.wait == Wait::Idle {
            self.leaving_ms = Some(now);
            core.leave();
            return false;
        }
        if core.unwritten() == 0 {
            self.stuck = (0, now);
        } else if core.unwritten() != self.stuck.0 {
            self.stuck = (core.unwritten(), now);
        } else if now.saturating_sub(self.stuck.1) >= self.conn.worker.with_settings(|s| millis(s.timeouts.send)) {
            core.io.reset_on_close();
            return true;
        }
        if self.overstays() {
            core.leave_now();
        }
        if !core.bounds.settled() && now.saturating_sub(self.began_ms) >= self.limits.settings_ms {
            if !core.peer.known {
                return true;
            }
            core.end(Broken { code: code::SETTINGS_TIMEOUT, why: "settings not acknowledged" });
        } else if core.block_since().is_some_and(|since| now.saturating_sub(since) >= self.limits.block_ms) {
            core.end(Broken { code: code::ENHANCE_YOUR_CALM, why: "field block not ended" });
        } else if core.streams.len() == 0 && self.overstays() {
            core.end(Broken { code: code::NO_ERROR, why: "" });
        }
        false
    }

    /// Says that no new stream should come: first with the highest number there is, then, when the client must have heard it,
    /// with the last one that came.
    fn leave(&mut self, now: u64) {
        self.leaving_ms = Some(now);
        self.line.core().leave();
    }

    /// Says for the log why the connection ended.
    fn tell_why(&self) {
        if let Some(broken) = self.line.core().broken
            && !broken.why.is_empty()
        {
            tracing::debug!(client = %self.conn.peer, reason = broken.why, code = broken.code, "an HTTP/2 connection is ended");
            self.conn.worker.counters.refused.add(1);
        }
    }

    fn tell_end(&self) {
        self.line.core().tell_end(WireError::Closed);
    }

    /// The wait is over.
    fn waited(&mut self) {
        if self.wait == Wait::Idle {
            self.conn.worker.counters.waiting.sub(1);
        }
    }

    /// Writes what is left, closes our side and reads for a moment what the client still sends: with bytes unread the kernel
    /// would reset the connection, and the client might lose the last word.
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

    /// A request whose head is whole.
    fn open(&mut self, core: &mut Core, id: u32, block: &[u8], end: bool) -> Result<(), Broken> {
        if core.leaving.is_some_and(|last| id > last) {
            // It came after the client could know better, and goes elsewhere.
            core.last = id;
            return skip(&mut core.decoder, block);
        }
        core.last = id;
        if core.streams.len() >= self.limits.streams as usize || self.overstays() {
            // Streams that were reset and whose upstream is still busy count as well.
            core.refuse(id, code::REFUSED_STREAM);
            return skip(&mut core.decoder, block);
        }
        let worker = &self.conn.worker;
        let mut x = worker.exchange(&self.conn);
        let limits = worker.with_settings(Limits::of);
        let decoded = decode::decode(&mut core.decoder, block, end, &limits, &mut x.req).map_err(|_| COMPRESSION)?;
        self.served += 1;
        if self.served == 1 && x.req.head.get(name::CONTENT_TYPE).is_some_and(grpc::is_grpc) {
            self.calls = true;
            worker.counters.active_grpc.add(1);
        }
        if self.served == self.limits.requests && self.leaving_ms.is_none() {
            self.leaving_ms = Some(now_ms());
            core.leave();
        }
        let key = core.open(id);
        if let Some(s) = core.streams.get_mut(key) {
            s.recv_end = end;
            s.left = match x.req.framing {
                Framing::Length(n) => Some(n),
                _ => None,
            };
        }
        let stream = Stream::new(Rc::clone(&self.line), key);
        tokio::task::spawn_local(stream::run(stream, Rc::clone(&self.conn), x, decoded));
        Ok(())
    }

    /// A block on a stream that is there: trailers.
    fn trailers(&mut self, core: &mut Core, key: Key, block: &[u8], end: bool) -> Result<(), Broken> {
        let (list, count) = self.conn.worker.with_settings(|s| (s.limits.header_bytes, s.limits.header_count));
        let came = trailers(&mut core.decoder, block, list, count)?;
        let Some(s) = core.streams.get_mut(key) else { return Ok(()) };
        if s.reset {
            return Ok(());
        }
        if s.gone {
            let id = s.id;
            core.refuse(id, code::STREAM_CLOSED);
            return Ok(());
        }
        let wrong = match came {
            _ if s.recv_end => Some((code::STREAM_CLOSED, "a head behind the end")),
            _ if !end => Some((code::PROTOCOL_ERROR, "trailers without an end")),
            None => Some((code::PROTOCOL_ERROR, "malformed trailers")),
            Some(came) => {
                s.trailers_in = Some(came);
                None
            }
        };
        match wrong {
            Some((code, why)) => core.reset(key, code, WireError::Protocol(why)),
            None => core.recv_end(key),
        }
        Ok(())
    }
}

/// The tables of both sides do not agree any more.
pub(crate) const COMPRESSION: Broken = Broken { code: code::COMPRESSION_ERROR, why: "malformed field block" };

/// Decodes a block of which nothing is wanted.
pub(crate) fn skip(decoder: &mut Decoder, block: &[u8]) -> Result<(), Broken> {
    decoder.decode(block, |_| ()).map_err(|_| COMPRESSION)
}

/// The fields of a trailer section; `None`: it is malformed, longer than `most`, or has more fields than `count`.
pub(crate) fn trailers(
    decoder: &mut Decoder,
    block: &[u8],
    most: usize,
    count: usize,
) -> Result<Option<Headers>, Broken> {
    let (mut into, mut fine, mut list, mut fields) = (Headers::new(), true, 0, 0);
    let read = decoder.decode(block, |got: &Got<'_>| {
        list += got.size();
        fields += 1;
        let known = got.kind < kind::AUTHORITY;
        fine &= known && got.clean && MALFORMED >> (got.kind & 63) & 1 == 0 && list <= most && fields <= count;
        fine = fine && into.received(Name::from_parts(got.kind, got.name), got.value, 0);
    });
    read.map_err(|_| COMPRESSION)?;
    Ok(fine.then_some(into))
}

impl Side for Driver {
    fn block(&mut self, core: &mut Core, id: u32, block: &[u8], end: bool) -> Result<(), Broken> {
        if let Some(key) = core.streams.find(id) {
            return self.trailers(core, key, block, end);
        }
        if id.is_multiple_of(2) {
            return Err(Broken { code: code::PROTOCOL_ERROR, why: "a stream with an even number" });
        }
        if id > core.last {
            return self.open(core, id, block, end);
        }
        if core.ended(id).is_some() || core.leaving.is_some() {
            core.stale();
            return skip(&mut core.decoder, block);
        }
        Err(Broken { code: code::STREAM_CLOSED, why: "a head on a stream that has ended" })
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.waited();
        self.tell_end();
        let counters = &self.conn.worker.counters;
        counters.closed(self.conn.tls);
        counters.active_http2.sub(1);
        counters.active_grpc.sub(self.calls.into());
    }
}

fn millis(d: Duration) -> u64 {
    u64::try_from(d.as_millis()).unwrap_or(u64::MAX)
}
