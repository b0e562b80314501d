//! The upstream's side: a connection that carries one exchange at a time and lives in its node's pool between them.

mod connect;
mod request;

pub use connect::H1Connector;
pub(crate) use request::head;

use crate::body::{Incoming, Outgoing, announced};
use crate::down::copy;
use crate::limits::Limits;
use crate::response::response;
use gateway_engine::buf::{Buf, Chunk};
use gateway_engine::exchange::{Exchange, Framing};
use gateway_engine::headers::{HeaderName, Headers, name};
use gateway_engine::io::Io;
use gateway_engine::upstream::{LocalNode, Permit};
use gateway_engine::wire::{Upstream, Wire, WireError};
use gateway_engine::worker::{Counters, OneByOne, now_ms};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};

/// One connection to a node.
pub(crate) struct H1Up {
    io: Io,
    incoming: Incoming,
    outgoing: Outgoing,
    /// The node whose pool it goes back to; only while an exchange runs, or the two would hold each other for ever.
    node: Option<Rc<LocalNode>>,
    /// The server name TLS was opened with.
    name: Option<Rc<[u8]>>,
    /// Trailers to be sent behind the request's body.
    trailers: Option<Box<Headers>>,
    /// Trailers that the answer announced.
    announced: Option<Box<[HeaderName]>>,
    /// Requests sent on it.
    served: u32,
    /// Interim answers to the present request.
    interim: usize,
    /// An answer to the present request was looked for, and not there.
    looked: bool,
    /// A byte of an answer to the present request came.
    heard: bool,
    /// The present answer is whole and the upstream keeps the connection.
    keep_alive: bool,
    /// The present request was a HEAD.
    to_head: bool,
    /// The present request asked for a WebSocket.
    upgrade: bool,
    /// It broke, or was used in a way that leaves its state unknown.
    broken: bool,
    /// Its place among those its upstream may have, where they are limited.
    permit: Option<Permit>,
    _counted: OneByOne,
}

impl H1Up {
    /// A fresh connection.
    pub(crate) fn new(io: Io, name: Option<Rc<[u8]>>, counters: &Arc<Counters>) -> H1Up {
        H1Up {
            io,
            incoming: Incoming::default(),
            outgoing: Outgoing::Nothing,
            node: None,
            name,
            trailers: None,
            announced: None,
            served: 0,
            interim: 0,
            looked: false,
            heard: false,
            keep_alive: false,
            to_head: false,
            upgrade: false,
            broken: false,
            permit: None,
            _counted: OneByOne::new(counters),
        }
    }

    /// Parses the head in `buf`; `None`: more bytes are needed, and `buf` was put back. Apart from the polls that find nothing,
    /// which then need no room for it.
    #[inline(never)]
    fn head(&mut self, mut buf: Buf, x: &mut Exchange) -> Option<Result<(), WireError>> {
        let (limits, most) = x.worker().with_settings(|s| {
            let limits = Limits {
                request_line: s.limits.upstream_header_bytes,
                field: s.limits.upstream_header_bytes,
                head: s.limits.upstream_header_bytes,
                fields: s.limits.upstream_header_count,
                ..Limits::RESPONSE
            };
            (limits, s.limits.upstream_interim_responses)
        });
        loop {
            let head = match response(buf.as_slice(), self.to_head, &limits, &mut x.resp.head) {
                Ok(Some(head)) => head,
                Ok(None) if buf.unfilled().is_empty() => return Some(Err(WireError::TooLarge)),
                Ok(None) => {
                    self.incoming.input = Some(buf);
                    return None;
                }
                Err(refuse) => return Some(Err(WireError::Protocol(refuse.reason))),
            };
            buf.advance(head.len);
            if head.status == 101 && !(self.upgrade && head.upgrade) {
                return Some(Err(WireError::Protocol("101 that was not asked for")));
            }
            if head.status < 200 && head.status != 101 {
                self.interim += 1;
                if self.interim > most {
                    return Some(Err(WireError::Protocol("too many interim answers")));
                }
                continue;
            }
            if !buf.is_empty() {
                self.incoming.input = Some(buf);
            }
            x.resp.status = head.status;
            x.resp.framing = head.framing;
            self.incoming.begin(head.framing);
            self.keep_alive = head.keep_alive;
            if head.framing == Framing::Stream && x.resp.head.contains(name::TRAILER) {
                self.announced = Some(announced(&x.resp.head));
            }
            return Some(Ok(()));
        }
    }

    fn failed<T>(&mut self, error: WireError) -> Poll<Result<T, WireError>> {
        self.broken = true;
        Poll::Ready(Err(error))
    }
}

impl Wire for H1Up {
    fn poll_data(&mut self, cx: &mut Context<'_>) -> Poll<Result<(Chunk, bool), WireError>> {
        let got = self.incoming.poll(&mut self.io, cx, &Limits::RESPONSE);
        if let Poll::Ready(Err(_)) = &got {
            self.broken = true;
        }
        got
    }

    fn send(&mut self, piece: Chunk, last: bool) {
        let trailers = self.trailers.as_deref();
        let io = &mut self.io;
        if !self.outgoing.frame(piece, last, trailers, |c| io.queue(c)) {
            self.broken = true;
        }
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), WireError>> {
        match self.io.poll_flush(cx) {
            Poll::Ready(Ok(())) if self.broken => Poll::Ready(Err(WireError::Closed)),
            Poll::Ready(Ok(())) => Poll::Ready(Ok(())),
            Poll::Ready(Err(_)) => self.failed(WireError::Closed),
            Poll::Pending => Poll::Pending,
        }
    }

    fn poll_trailers(&mut self, _: &mut Context<'_>, into: &mut Headers) -> Poll<bool> {
        let found = self.announced.as_ref().and_then(|names| self.incoming.trailers(names));
        let any = found.is_some();
        if let Some(found) = found {
            *into = found;
        }
        Poll::Ready(any)
    }

    fn trailers(&mut self, trailers: &Headers) {
        self.trailers = copy(trailers).map(Box::new);
    }

    fn held(&self) -> usize {
        self.io.queued() + self.incoming.input.as_ref().map_or(0, Buf::len)
    }

    fn stop(&mut self) {
        self.broken = true;
    }

    fn abort(&mut self) {
        self.broken = true;
    }

    fn tunnel(&mut self) {
        self.incoming.begin(Framing::Tunnel);
        self.outgoing = Outgoing::Tunnel;
        self.keep_alive = false;
    }
}

impl Upstream for H1Up {
    fn request(&mut self, x: &mut Exchange, first: Chunk, last: bool) {
        self.node = x.upstream.node.clone();
        self.send_request(x, first, last);
    }

    fn poll_response(&mut self, cx: &mut Context<'_>, x: &mut Exchange) -> Poll<Result<(), WireError>> {
        // Right after a request there is hardly an answer.
        if !std::mem::replace(&mut self.looked, true) && self.io.poll_readable(cx).is_pending() {
            return Poll::Pending;
        }
        loop {
            let mut buf = self.incoming.input.take().unwrap_or_else(Buf::take);
            match self.io.poll_fill(cx, &mut buf) {
                Poll::Ready(Ok(0) | Err(_)) => return self.failed(WireError::Closed),
                Poll::Ready(Ok(_)) => {}
                Poll::Pending => {
                    if !buf.is_empty() {
                        self.incoming.input = Some(buf);
                    }
                    return Poll::Pending;
                }
            }
            self.heard = true;
            match self.head(buf, x) {
                Some(Ok(())) => return Poll::Ready(Ok(())),
                Some(Err(error)) => return self.failed(error),
                None => {}
            }
        }
    }

    fn release(mut self: Box<Self>) {
        let Some(node) = self.node.take() else { return };
        // Those of a streamed body; the next request has its own.
        self.trailers = None;
        let clean = self.keep_alive
            && !self.broken
            && self.outgoing == Outgoing::Nothing
            && self.incoming.whole()
            && self.incoming.input.is_none()
            && self.io.queued() == 0;
        if clean && self.served < node.pool.requests {
            let name = self.name.clone();
            node.put(self, name, now_ms());
        }
    }

    fn retryable(&self) -> bool {
        self.served > 1 && !self.heard
    }

    fn occupy(&mut self, permit: Permit) {
        self.permit = Some(permit);
    }

    fn quiet(&mut self) -> bool {
        self.io.quiet()
    }
}
