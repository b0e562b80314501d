//! Waiting for the next request, and reading its head.

use super::refused::Refused;
use super::{H1Down, PREFACE, count_refusal, millis};
use crate::body::announced;
use crate::fields::worth_parsing;
use crate::limits::{Limits, refuse};
use crate::proxy_protocol::{Proxied, V2_MAX, proxy_protocol};
use crate::request::{RequestHead, request};
use gateway_engine::buf::Buf;
use gateway_engine::exchange::{Conn, Exchange, Framing, Protocol, Version};
use gateway_engine::headers::{name, scan};
use gateway_engine::router::method_bit;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Context, Poll};

/// What came of waiting for a request.
pub(super) enum Next {
    Request(Box<Exchange>),
    Refuse(Box<Refused>),
    /// HTTP/2 is spoken; what was read waits as input.
    Preface,
    Close,
}

/// The beginning of a head, in exactly as much memory as it needs.
pub(super) struct Partial {
    bytes: Vec<u8>,
    /// How much of it there was when it was parsed last.
    parsed: usize,
}

/// What the connection's timer is set for.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Wait {
    /// Nothing: an exchange runs.
    #[default]
    Nothing,
    /// The first byte of a request.
    Idle,
    /// The rest of a head.
    Head,
}

impl H1Down {
    /// The next request, once its head is whole. Holds no buffer while it waits.
    pub(super) fn poll_request(&mut self, cx: &mut Context<'_>) -> Poll<Next> {
        loop {
            if let Some(buf) = self.incoming.input.take()
                && let Some(next) = self.parse(buf)
            {
                self.waited();
                return Poll::Ready(next);
            }
            // Right after an answer the client has not read it yet.
            if self.wait == Wait::Nothing && self.io.poll_readable(cx).is_pending() {
                return self.poll_wait(cx);
            }
            let mut buf = Buf::take();
            let old = match self.partial() {
                Some(partial) => {
                    buf.append(&partial.bytes);
                    partial.bytes.len()
                }
                None => 0,
            };
            match self.io.poll_fill(cx, &mut buf) {
                Poll::Pending => {
                    drop(buf);
                    return self.poll_wait(cx);
                }
                Poll::Ready(Ok(0) | Err(_)) => {
                    self.waited();
                    return Poll::Ready(Next::Close);
                }
                Poll::Ready(Ok(_)) => {}
            }
            if let Some(partial) = self.partial()
                && !worth_parsing(partial.parsed, buf.as_slice(), old)
            {
                partial.bytes = buf.as_slice().to_vec();
                continue;
            }
            self.incoming.input = Some(buf);
        }
    }

    /// Parses a head. `None`: it is not whole, and was put aside.
    #[inline]
    fn parse(&mut self, mut buf: Buf) -> Option<Next> {
        let mut x = self.conn.worker.exchange(&self.conn);
        let (limits, most) = self.conn.worker.with_settings(|s| (Self::limits(s), s.limits.requests_per_connection));
        match request(buf.as_slice(), &limits, &mut x.req.head) {
            Ok(Some(head)) => {
                buf.advance(head.len);
                if !buf.is_empty() {
                    self.incoming.input = Some(buf);
                }
                self.begin(&mut x, &head, most);
                Some(Next::Request(x))
            }
            Ok(None) => {
                self.conn.worker.recycle(x);
                let bytes = buf.as_slice().to_vec();
                self.rare.get_or_insert_default().partial = Some(Partial { parsed: bytes.len(), bytes });
                None
            }
            Err(refuse) => {
                self.conn.worker.recycle(x);
                if self.http2 && self.conn.requests.get() == 0 && preface(buf.as_slice()) {
                    self.incoming.input = Some(buf);
                    return Some(Next::Preface);
                }
                if self.http2 && self.conn.requests.get() == 0 && foreign(buf.as_slice()) {
                    count_refusal(&self.conn.worker, refuse);
                    return Some(Next::Close);
                }
                Some(Next::Refuse(Refused::new(refuse, buf.as_slice())))
            }
        }
    }

    /// A head is whole: fills the exchange in and makes the connection, which serves so many requests at most, ready for it.
    #[inline]
    fn begin(&mut self, x: &mut Exchange, head: &RequestHead, most: u64) {
        let req = &mut x.req;
        req.method = head.method;
        let method = req.head.text(head.method);
        req.method_bit = method_bit(method);
        self.to_head = method == b"HEAD";
        req.target = head.target;
        req.authority = head.authority;
        req.host = head.host;
        req.version = head.version;
        req.framing = head.framing;
        req.websocket = head.websocket;
        req.received = head.len as u64;
        self.old = head.version == Version::Http10;
        self.expects = head.expect_continue;
        self.answered = false;
        self.rare = None;
        self.incoming.begin(head.framing);
        if head.framing == Framing::Stream && req.head.contains(name::TRAILER) {
            self.rare.get_or_insert_default().announced = announced(&req.head);
        }
        let served = self.conn.requests.get() + 1;
        self.conn.requests.set(served);
        self.keep_alive = head.keep_alive && served < most;
    }

    /// What has come of a head.
    #[inline]
    fn partial(&mut self) -> Option<&mut Partial> {
        self.rare.as_mut()?.partial.as_mut()
    }

    /// The wait is over.
    #[inline]
    pub(super) fn waited(&mut self) {
        if self.wait == Wait::Idle {
            self.conn.worker.counters.waiting.sub(1);
        }
        if self.wait != Wait::Nothing {
            self.wait = Wait::Nothing;
            self.deadline.disarm();
        }
    }

    /// Nothing is there to be read: sets the timer, or looks at it.
    fn poll_wait(&mut self, cx: &mut Context<'_>) -> Poll<Next> {
        let wait = if self.partial().is_some() { Wait::Head } else { Wait::Idle };
        if wait != self.wait {
            self.waited();
            self.wait = wait;
            let first = self.conn.requests.get() == 0;
            let (header, idle) =
                self.conn.worker.with_settings(|s| (millis(s.timeouts.client_header), millis(s.timeouts.keepalive)));
            if wait == Wait::Head {
                self.deadline.arm_in(header);
            } else {
                self.conn.worker.counters.waiting.add(1);
                // A connection that never said anything has no more time than a slow head.
                self.deadline.arm_idle(if first { header } else { idle });
            }
            self.deadline.watch(cx.waker());
        } else if self.deadline.expired() {
            self.waited();
            return Poll::Ready(match self.partial() {
                Some(partial) => Next::Refuse(Refused::new(refuse(408, "head too slow"), &partial.bytes)),
                None => Next::Close,
            });
        }
        Poll::Pending
    }

    /// Reads the PROXY protocol header, which says who the peer is. `false`: there was none in time; nothing is answered.
    pub(super) async fn read_proxy_header(&mut self) -> bool {
        let limit = self.conn.worker.with_settings(|s| millis(s.timeouts.proxy_protocol));
        let mut buf = Buf::take();
        self.deadline.arm_in(limit);
        let found: Option<Proxied> = poll_fn(|cx| {
            self.deadline.watch(cx.waker());
            loop {
                match proxy_protocol(buf.as_slice()) {
                    Ok(Some(found)) => return Poll::Ready(Some(found)),
                    Ok(None) if buf.len() <= V2_MAX + 16 && !self.deadline.expired() => {}
                    _ => return Poll::Ready(None),
                }
                match self.io.poll_fill(cx, &mut buf) {
                    Poll::Ready(Ok(n)) if n > 0 => {}
                    Poll::Ready(_) => return Poll::Ready(None),
                    Poll::Pending => return Poll::Pending,
                }
            }
        })
        .await;
        self.deadline.disarm();
        let Some(found) = found else { return false };
        if let Some((source, _)) = found.addresses {
            let (peer, local) = (self.conn.peer, self.conn.local);
            let mut conn = Conn::new(Rc::clone(&self.conn.worker), source, local, Protocol::Http1, self.conn.tls);
            conn.proxy_peer = Some(peer);
            self.conn = Rc::new(conn);
        }
        buf.advance(found.len);
        if !buf.is_empty() {
            self.incoming.input = Some(buf);
        }
        true
    }
}

/// Whether a client begins with the preface of HTTP/2, or with as much of it as has come. (What is refused holds a request line.)
fn preface(bytes: &[u8]) -> bool {
    bytes.iter().zip(PREFACE).all(|(have, want)| have == want)
}

/// Whether a client begins with a line that is of no version of HTTP. It may take what it gets for frames: an answer in HTTP/1.1
/// would say nothing to it, the end of the connection does (RFC 9113 section 3.4).
fn foreign(bytes: &[u8]) -> bool {
    let mut words = bytes.splitn(3, |b| *b == b' ');
    let (method, target, rest) = (words.next(), words.next(), words.next());
    method.is_some_and(scan::is_token)
        && target.is_some_and(scan::is_token)
        && rest.is_some_and(|rest| rest.iter().zip(b"HTTP/").any(|(have, want)| have != want))
}

/// The limits are copied once a head: small enough that borrowing the settings through the parser would gain nothing.
const _: () = assert!(size_of::<Limits>() <= 48);
