//! The upstream's side: streams on a few connections that a worker shares among its exchanges.

mod connect;
mod lines;
mod request;
mod tap;

pub use connect::H2Connector;
pub(crate) use request::head;

use crate::down::websocket;
use crate::names;
use crate::piece::Piece;
use bytes::Bytes;
use gateway_engine::buf::Chunk;
use gateway_engine::exchange::{Exchange, Framing};
use gateway_engine::grpc;
use gateway_engine::headers::{Headers, Name, name};
use gateway_engine::wire::{Upstream, Wire, WireError};
use gateway_engine::worker::now_ms;
use h2::client::ResponseFuture;
use h2::{Reason, RecvStream, SendStream};
use http::{HeaderMap, Response, StatusCode};
use lines::Stream;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// One stream. Dropped before both messages are whole it is reset (CANCEL).
pub(crate) struct H2Up {
    out: Option<SendStream<Piece>>,
    answer: Option<ResponseFuture>,
    body: Option<RecvStream>,
    /// A piece that the peer's window has not taken yet; `true`: the last.
    waits: Option<(Chunk, bool)>,
    /// Trailers to be sent behind the request's body.
    trailers: Option<HeaderMap>,
    /// A piece of the answer that was there behind the one given last.
    ahead: Option<Bytes>,
    /// How much of the answer was given and not yet made room for.
    given: usize,
    sent_ms: u64,
    interim: usize,
    /// A byte of an answer came.
    heard: bool,
    whole: bool,
    to_head: bool,
    tls: bool,
    failed: Option<WireError>,
    /// A WebSocket was asked for: what its client expects to hear.
    accept: Option<Box<str>>,
    /// Last, so that the stream is gone from the codec when its place is given back.
    stream: Stream,
}

impl H2Up {
    fn new(stream: Stream, tls: bool) -> H2Up {
        H2Up {
            out: None,
            answer: None,
            body: None,
            waits: None,
            trailers: None,
            ahead: None,
            given: 0,
            sent_ms: 0,
            interim: 0,
            heard: false,
            whole: false,
            to_head: false,
            tls,
            failed: None,
            accept: None,
            stream,
        }
    }

    /// Gives what waits to the codec, as far as the peer's window lets it; `false`: not all of it.
    fn push(&mut self) -> Result<bool, h2::Error> {
        while let Some((piece, last)) = self.waits.take() {
            let Some(out) = &mut self.out else { return Ok(true) };
            let n = piece.len();
            if n > 0 {
                out.reserve_capacity(n);
                let room = out.capacity();
                if room < n {
                    let mut piece = piece;
                    let rest = if room > 0 { piece.split(room) } else { None };
                    let Some(rest) = rest else {
                        self.waits = Some((piece, last));
                        return Ok(false);
                    };
                    self.waits = Some((rest, last));
                    out.send_data(Piece(piece), false)?;
                    continue;
                }
            }
            self.put(piece, last)?;
        }
        Ok(true)
    }

    /// Gives a piece to the codec, whatever the window.
    fn put(&mut self, piece: Chunk, last: bool) -> Result<(), h2::Error> {
        let Some(out) = &mut self.out else { return Ok(()) };
        match self.trailers.take() {
            Some(trailers) if last => {
                if !piece.is_empty() {
                    out.send_data(Piece(piece), false)?;
                }
                out.send_trailers(trailers)
            }
            trailers => {
                self.trailers = trailers;
                if last || !piece.is_empty() { out.send_data(Piece(piece), last) } else { Ok(()) }
            }
        }
    }

    /// The head of the answer, into `x.resp`.
    fn head(&mut self, response: Response<RecvStream>, x: &mut Exchange) -> Result<(), WireError> {
        let (parts, body) = response.into_parts();
        let most = x.worker().with_settings(|s| s.limits.upstream_header_count);
        if parts.headers.len() > most {
            return Err(WireError::TooLarge);
        }
        x.resp.head.clear();
        if !names::from_codec(&parts.headers, &mut x.resp.head) {
            return Err(WireError::Protocol("a field that may not stand there"));
        }
        let head = &x.resp.head;
        x.resp.status = parts.status.as_u16();
        let calls = head.get(name::CONTENT_TYPE).is_some_and(grpc::is_grpc);
        let length = parts.headers.get(http::header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse().ok());
        x.resp.framing = match length {
            _ if body.is_end_stream() || self.to_head || matches!(x.resp.status, 204 | 304) => Framing::None,
            // Calls end by trailers, which have no place behind a body of a known length.
            Some(n) if !calls && n > 0 => Framing::Length(n),
            _ => Framing::Stream,
        };
        let whole = body.is_end_stream();
        self.body = Some(body);
        match self.accept.take() {
            Some(accept) if (200..300).contains(&x.resp.status) => agreed(x, &accept, whole),
            _ => Ok(()),
        }
    }

    /// Counts interim answers.
    fn interim(&mut self, cx: &mut Context<'_>, x: &Exchange) -> Result<(), WireError> {
        let Some(answer) = &mut self.answer else { return Ok(()) };
        while let Poll::Ready(Some(Ok(interim))) = answer.poll_informational(cx) {
            if interim.status() == StatusCode::SWITCHING_PROTOCOLS {
                // HTTP/2 has none (RFC 9113 section 8.6); what would follow it is no answer.
                return Err(WireError::Protocol("101 in HTTP/2"));
            }
            self.interim += 1;
            if self.interim > x.worker().with_settings(|s| s.limits.upstream_interim_responses) {
                return Err(WireError::Protocol("too many interim answers"));
            }
        }
        Ok(())
    }

    /// What an error of the codec means here.
    fn broken(&mut self, error: &h2::Error) -> WireError {
        let untouched = error.is_remote() && (error.is_go_away() || error.reason() == Some(Reason::REFUSED_STREAM));
        let what = match error {
            _ if untouched && !self.heard => WireError::Untouched,
            e if e.is_library() => WireError::Protocol("HTTP/2"),
            _ => WireError::Closed,
        };
        tracing::debug!(%error, ?what, "a stream to an upstream broke");
        self.failed = Some(what);
        what
    }
}

impl Wire for H2Up {
    fn poll_data(&mut self, cx: &mut Context<'_>) -> Poll<Result<(Chunk, bool), WireError>> {
        if let Some(error) = self.failed {
            return Poll::Ready(Err(error));
        }
        let Some(body) = &mut self.body else { return Poll::Ready(Ok((Chunk::EMPTY, true))) };
        let data = match self.ahead.take() {
            Some(data) => data,
            None => match ready!(body.poll_data(cx)) {
                Some(Ok(data)) => data,
                None => {
                    self.whole = true;
                    return Poll::Ready(Ok((Chunk::EMPTY, true)));
                }
                // Whoever has the whole answer may say so while the request still comes (RFC 9113 section 8.1).
                Some(Err(e)) if e.is_remote() && e.is_reset() && e.reason() == Some(Reason::NO_ERROR) => {
                    self.whole = true;
                    return Poll::Ready(Ok((Chunk::EMPTY, true)));
                }
                Some(Err(error)) => return Poll::Ready(Err(self.broken(&error))),
            },
        };
        self.stream.heard();
        // What was given before has left: its room is free again.
        if self.given > 0 {
            let _ = body.flow_control().release_capacity(self.given);
        }
        self.given = data.len();
        let mut last = body.is_end_stream();
        if !last {
            // Trailers often came with the last piece, and one write takes them on together.
            match body.poll_data(cx) {
                Poll::Ready(None) => last = true,
                Poll::Ready(Some(Ok(next))) => self.ahead = Some(next),
                Poll::Ready(Some(Err(error))) => {
                    self.broken(&error);
                }
                Poll::Pending => {}
            }
        }
        self.whole = last;
        Poll::Ready(Ok((Chunk::from(data), last)))
    }

    fn send(&mut self, piece: Chunk, last: bool) {
        self.waits = Some((piece, last));
        if let Err(error) = self.push() {
            self.broken(&error);
        }
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), WireError>> {
        loop {
            if let Some(error) = self.failed {
                return Poll::Ready(Err(error));
            }
            match self.push() {
                Ok(true) => return Poll::Ready(Ok(())),
                Ok(false) => {}
                Err(error) => return Poll::Ready(Err(self.broken(&error))),
            }
            let Some(out) = &mut self.out else { return Poll::Ready(Ok(())) };
            match ready!(out.poll_capacity(cx)) {
                Some(Ok(_)) => {}
                Some(Err(error)) => return Poll::Ready(Err(self.broken(&error))),
                // It takes no more of the request; what it answers is still to be seen.
                None => return Poll::Ready(Err(WireError::Closed)),
            }
        }
    }

    fn poll_trailers(&mut self, cx: &mut Context<'_>, into: &mut Headers) -> Poll<bool> {
        let Some(body) = &mut self.body else { return Poll::Ready(false) };
        let Ok(Some(trailers)) = ready!(body.poll_trailers(cx)) else { return Poll::Ready(false) };
        let any = names::trailers_from_codec(&trailers, into);
        into.remove_where(|id, text| {
            NOT_BEHIND >> (id & 63) & 1 != 0 || text.get(..8).is_some_and(|t| t.eq_ignore_ascii_case(b"content-"))
        });
        Poll::Ready(any && !into.is_empty())
    }

    fn trailers(&mut self, trailers: &Headers) {
        self.trailers = names::trailers_to_codec(trailers);
    }

    fn held(&self) -> usize {
        self.waits.as_ref().map_or(0, |(piece, _)| piece.len()) + self.ahead.as_ref().map_or(0, Bytes::len)
    }

    fn stop(&mut self) {
        self.body = None;
        self.ahead = None;
    }

    fn abort(&mut self) {
        if let Some(out) = &mut self.out {
            out.send_reset(Reason::CANCEL);
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

/// Trailers that would change what a message or its sender is (hardening h1.12).
const NOT_BEHIND: u64 = names::CONNECTION
    | name::AUTHORIZATION.bit()
    | name::COOKIE.bit()
    | name::SET_COOKIE.bit()
    | name::CACHE_CONTROL.bit()
    | name::RANGE.bit()
    | name::FORWARDED.bit()
    | name::X_REAL_IP.bit()
    | name::X_FORWARDED_FOR.bit()
    | name::X_FORWARDED_HOST.bit()
    | name::X_FORWARDED_PROTO.bit()
    | name::X_FORWARDED_PORT.bit();

impl Upstream for H2Up {
    fn request(&mut self, x: &mut Exchange, first: Chunk, last: bool) {
        self.sent_ms = now_ms();
        self.to_head = x.upstream_method() == b"HEAD";
        let trailers = self.trailers.is_some();
        let length = request::length(x, first.len(), last, trailers);
        let Some(head) = request::head(x, self.tls, length) else {
            self.failed = Some(WireError::Protocol("a request that HTTP/2 cannot carry"));
            return;
        };
        let bodiless = x.req.framing == Framing::None || (last && first.is_empty() && !trailers);
        // Callers end by DATA, if only an empty one: grpc-go waits for it for ever.
        let socket = request::socket(x);
        let end = bodiless && !request::calls(x) && !socket;
        match self.stream.with(|sender| sender.send_request(head, end)) {
            Some(Ok((answer, out))) => {
                self.answer = Some(answer);
                if end {
                    return;
                }
                self.out = Some(out);
                if socket {
                    let key = x.req.head.get(name::SEC_WEBSOCKET_KEY).unwrap_or_default();
                    self.accept = Some(websocket::accept(key).into());
                    return;
                }
            }
            Some(Err(error)) => {
                self.broken(&error);
                return;
            }
            None => {
                self.failed = Some(WireError::Untouched);
                return;
            }
        }
        let last = last || bodiless;
        if first.len() <= AT_ONCE {
            // The peer's window most likely takes it, and what of it does not is little to hold.
            if let Err(error) = self.put(first, last) {
                self.broken(&error);
            }
        } else {
            self.send(first, last);
        }
    }

    fn poll_response(&mut self, cx: &mut Context<'_>, x: &mut Exchange) -> Poll<Result<(), WireError>> {
        if let Some(error) = self.failed {
            // A reset of the request's direction may come with an answer.
            if self.answer.is_none() {
                return Poll::Ready(Err(error));
            }
        }
        if let Err(error) = self.interim(cx, x) {
            self.failed = Some(error);
            return Poll::Ready(Err(error));
        }
        let Some(answer) = &mut self.answer else { return Poll::Ready(Err(WireError::Closed)) };
        match ready!(Pin::new(answer).poll(cx)) {
            Ok(response) => {
                self.answer = None;
                self.failed = None;
                self.heard = true;
                self.stream.heard();
                Poll::Ready(self.head(response, x))
            }
            Err(error) => Poll::Ready(Err(self.broken(&error))),
        }
    }

    fn release(self: Box<Self>) {}

    fn retryable(&self) -> bool {
        self.stream.kept() && !self.heard
    }

    fn quiet(&mut self) -> bool {
        true
    }
}

impl Drop for H2Up {
    fn drop(&mut self) {
        if !self.whole && self.sent_ms > 0 {
            self.stream.suspect(self.sent_ms);
        }
    }
}

/// A first piece up to this length goes with the head without a look at the window.
const AT_ONCE: usize = 16 << 10;
