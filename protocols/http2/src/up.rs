//! The upstream's side: streams on a few connections that a worker shares among its exchanges.

pub(crate) mod bounds;
mod connect;
pub(crate) mod drive;
mod lines;
pub(crate) mod request;

pub use connect::H2Connector;

use crate::down::websocket;
use crate::frame::code;
use crate::line::Stream;
use crate::messages::Messages;
use crate::names;
use gateway_engine::buf::Chunk;
use gateway_engine::exchange::{Exchange, Framing};
use gateway_engine::grpc;
use gateway_engine::headers::{Headers, Name, name};
use gateway_engine::upstream::{Permit, Scheme};
use gateway_engine::wire::{Upstream, Wire, WireError};
use gateway_engine::worker::now_ms;
use lines::Place;
use std::task::{Context, Poll};

/// One stream. Dropped before both messages are whole it is reset (CANCEL).
pub(crate) struct H2Up {
    /// `None`: the request was not sent yet.
    stream: Option<Stream>,
    /// Trailers to be sent behind the request's body.
    trailers: Option<Headers>,
    /// How much of the answer was given and not yet made room for.
    given: usize,
    sent_ms: u64,
    /// A byte of an answer came.
    heard: bool,
    whole: bool,
    tls: bool,
    failed: Option<WireError>,
    /// A WebSocket was asked for: what its client expects to hear.
    accept: Option<Box<str>>,
    /// Last, so that the stream is gone when its place is given back.
    place: Place,
}

impl H2Up {
    fn new(place: Place, tls: bool) -> H2Up {
        H2Up {
            stream: None,
            trailers: None,
            given: 0,
            sent_ms: 0,
            heard: false,
            whole: false,
            tls,
            failed: None,
            accept: None,
            place,
        }
    }

    /// Opens a stream on the connection. `None`: it takes no more.
    fn open(&self, to_head: bool) -> Option<Stream> {
        let line = self.place.line();
        let core = &mut *line.core();
        if core.closing() {
            return None;
        }
        core.last += if core.last == 0 { 1 } else { 2 };
        let key = core.open(core.last);
        if let Some(s) = core.streams.get_mut(key) {
            s.to_head = to_head;
        }
        Some(Stream::new(line.clone(), key))
    }

    fn fail(&mut self, error: WireError) -> Poll<Result<(), WireError>> {
        tracing::debug!(?error, "a stream to an upstream broke");
        self.failed = Some(error);
        Poll::Ready(Err(error))
    }
}

impl Wire for H2Up {
    fn poll_data(&mut self, cx: &mut Context<'_>) -> Poll<Result<(Chunk, bool), WireError>> {
        let Some(stream) = &self.stream else { return Poll::Ready(Ok((Chunk::EMPTY, true))) };
        if self.whole {
            return Poll::Ready(Ok((Chunk::EMPTY, true)));
        }
        let came = stream.poll_data(cx, &mut self.given);
        match came {
            Poll::Ready(Ok((_, last))) => {
                self.place.heard();
                self.whole = last;
            }
            Poll::Ready(Err(error)) => {
                let _ = self.fail(error);
            }
            Poll::Pending => {}
        }
        came
    }

    fn send(&mut self, piece: Chunk, last: bool) {
        let trailers = if last { self.trailers.take() } else { None };
        if let Some(stream) = &self.stream {
            stream.send(piece, last, trailers);
        }
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), WireError>> {
        match (&self.stream, self.failed) {
            (_, Some(error)) => Poll::Ready(Err(error)),
            (Some(stream), None) => stream.poll_sent(cx),
            (None, None) => Poll::Ready(Ok(())),
        }
    }

    fn poll_trailers(&mut self, cx: &mut Context<'_>, into: &mut Headers) -> Poll<bool> {
        self.stream.as_ref().map_or(Poll::Ready(false), |stream| stream.poll_trailers(cx, into))
    }

    fn trailers(&mut self, trailers: &Headers) {
        self.trailers = names::trailers(trailers);
    }

    fn held(&self) -> usize {
        self.stream.as_ref().and_then(|stream| stream.with(|s| s.held())).unwrap_or(0) + self.given
    }

    fn stop(&mut self) {
        if let Some(stream) = &self.stream {
            stream.stop();
        }
    }

    fn abort(&mut self) {
        if let Some(stream) = &self.stream {
            stream.reset(code::CANCEL, WireError::Closed);
        }
        self.failed = Some(WireError::Closed);
    }

    fn tunnel(&mut self) {}
}

/// The upstream has agreed to a WebSocket: its answer becomes the one that HTTP/1.1 has for it.
fn agreed(x: &mut Exchange, accept: &str, whole: bool) -> Result<(), WireError> {
    if whole {
        return Err(WireError::Protocol("a WebSocket on a stream that has ended"));
    }
    (x.resp.status, x.resp.framing) = (101, Framing::Tunnel);
    x.resp.head.set_static(name::UPGRADE, "websocket");
    if let Some(n) = Name::new(websocket::ACCEPT) {
        // Plain text.
        let _ = x.resp.head.set(n, accept.as_bytes());
    }
    Ok(())
}

/// Whether each message of the bodies gets a frame of its own: what speaks Triple is not always able to read two in one (the `dubbo` crate
/// of Rust, 0.4.0, loses all but the first).
#[inline]
pub(crate) fn messages_apart(x: &Exchange) -> bool {
    x.upstream.upstream.as_ref().is_some_and(|upstream| upstream.upstream().scheme == Scheme::Tri)
}

impl Upstream for H2Up {
    fn request(&mut self, x: &mut Exchange, first: Chunk, last: bool) {
        self.sent_ms = now_ms();
        let trailers = self.trailers.is_some();
        let Some(head) = request::Head::of(x) else {
            self.failed = Some(WireError::Protocol("a request that HTTP/2 cannot carry"));
            return;
        };
        let Some(stream) = self.open(x.upstream_method() == b"HEAD") else {
            self.failed = Some(WireError::Untouched);
            return;
        };
        let length = request::length(x, first.len(), last, trailers);
        let bodiless = x.req.framing == Framing::None || (last && first.is_empty() && !trailers);
        // Callers end by DATA, if only an empty one: grpc-go waits for it for ever.
        let end = bodiless && !head.calls && !head.socket;
        stream.head(end, |encoder, block| head.write(self.tls, length, encoder, block));
        if messages_apart(x) {
            stream.with(|s| s.messages = Some(Messages::default()));
        }
        self.stream = Some(stream);
        if head.socket {
            let key = x.req.head.get(name::SEC_WEBSOCKET_KEY).unwrap_or_default();
            self.accept = Some(websocket::accept(key).into());
        } else if !end {
            self.send(first, last || bodiless);
        }
    }

    fn poll_response(&mut self, cx: &mut Context<'_>, x: &mut Exchange) -> Poll<Result<(), WireError>> {
        if let Some(error) = self.failed {
            return Poll::Ready(Err(error));
        }
        let Some(stream) = &self.stream else { return Poll::Ready(Err(WireError::Closed)) };
        let came = stream.with(|s| match s.answer.take() {
            // An answer may come with a reset of the request's direction.
            Some(answer) => Ok((answer, s.recv_end && s.inbox.is_empty() && s.trailers_in.is_none(), s.to_head)),
            None => {
                s.watch(cx);
                Err(s.failure)
            }
        });
        let (mut answer, ended, to_head) = match came {
            Some(Ok(came)) => came,
            Some(Err(None)) => return Poll::Pending,
            Some(Err(Some(error))) => return self.fail(error),
            None => return self.fail(WireError::Closed),
        };
        self.heard = true;
        self.place.heard();
        std::mem::swap(&mut x.resp.head, &mut answer.head);
        x.resp.status = answer.status;
        let calls = x.resp.head.get(name::CONTENT_TYPE).is_some_and(grpc::is_grpc);
        x.resp.framing = match answer.length {
            _ if ended || to_head || matches!(answer.status, 204 | 304) => Framing::None,
            // Calls end by trailers, which have no place behind a body of a known length.
            Some(n) if !calls && n > 0 => Framing::Length(n),
            _ => Framing::Stream,
        };
        stream.line().core().spare(answer);
        match self.accept.take() {
            Some(accept) if (200..300).contains(&x.resp.status) => Poll::Ready(agreed(x, &accept, ended)),
            _ => Poll::Ready(Ok(())),
        }
    }

    fn release(self: Box<Self>) {}

    fn retryable(&self) -> bool {
        self.place.kept() && !self.heard
    }

    /// Its connection has a place of its own, from when it was opened.
    fn occupy(&mut self, _: Permit) {}

    fn quiet(&mut self) -> bool {
        true
    }
}

impl Drop for H2Up {
    fn drop(&mut self) {
        if !self.whole && self.sent_ms > 0 {
            self.place.suspect(self.sent_ms);
        }
    }
}
