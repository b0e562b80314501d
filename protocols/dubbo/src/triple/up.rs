//! A consumer of Dubbo2, a provider of Triple: the request out of the call, and the reply out of the answer.

mod reply;
mod request;

pub(super) use request::make_request;

use super::message;
use bytes::{Bytes, BytesMut};
use gateway_engine::buf::Chunk;
use gateway_engine::exchange::{Exchange, Framing};
use gateway_engine::headers::Headers;
use gateway_engine::upstream::{LocalNode, Permit};
use gateway_engine::wire::{Acquire, Connector, Upstream, Wire, WireError};
use request::Sent;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

/// Speaks HTTP/2 as another connector does, and Triple with those nodes that a call of Dubbo2 goes to.
pub struct TripleConnector {
    http2: Rc<dyn Connector>,
}

impl TripleConnector {
    /// `http2` opens the connections.
    pub fn new(http2: Rc<dyn Connector>) -> TripleConnector {
        TripleConnector { http2 }
    }
}

impl std::fmt::Debug for TripleConnector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TripleConnector").finish_non_exhaustive()
    }
}

impl Connector for TripleConnector {
    fn acquire(&self, node: &Rc<LocalNode>, x: &Exchange) -> Acquire {
        let acquired = self.http2.acquire(node, x);
        if x.req.call.is_none() || !Sent::is_ready(x) {
            return acquired;
        }
        let most = message::most(x);
        match acquired {
            Acquire::Ready(inner) => Acquire::Ready(Box::new(TripleUp::new(inner, most))),
            Acquire::Connect(connecting) => Acquire::Connect(Box::pin(async move {
                let inner = connecting.await?;
                Ok(Box::new(TripleUp::new(inner, most)) as _)
            })),
        }
    }
}

/// One call: the answer is read whole before it is one.
struct TripleUp {
    inner: Box<dyn Upstream>,
    stage: Stage,
    body: BytesMut,
    /// How long the answer may be, in bytes.
    most: usize,
    trailers: Headers,
    reply: Option<Bytes>,
    failed: Option<WireError>,
}

/// What is read next of the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Head,
    Body,
    Trailers,
    Whole,
}

impl TripleUp {
    fn new(inner: Box<dyn Upstream>, most: usize) -> TripleUp {
        TripleUp {
            inner,
            stage: Stage::Head,
            body: BytesMut::new(),
            most,
            trailers: Headers::new(),
            reply: None,
            failed: None,
        }
    }

    /// Reads on until the answer is whole.
    fn poll_whole(&mut self, cx: &mut Context<'_>, x: &mut Exchange) -> Poll<Result<(), WireError>> {
        loop {
            self.stage = match self.stage {
                Stage::Head => {
                    ready!(self.inner.poll_response(cx, x))?;
                    if x.resp.framing == Framing::None { Stage::Whole } else { Stage::Body }
                }
                Stage::Body => {
                    let (piece, last) = ready!(self.inner.poll_data(cx))?;
                    if piece.len() > self.most.saturating_add(ROOM).saturating_sub(self.body.len()) {
                        self.inner.abort();
                        return Poll::Ready(Err(WireError::TooLarge));
                    }
                    self.body.extend_from_slice(piece.as_slice());
                    if last { Stage::Trailers } else { Stage::Body }
                }
                Stage::Trailers => {
                    ready!(self.inner.poll_trailers(cx, &mut self.trailers));
                    Stage::Whole
                }
                Stage::Whole => return Poll::Ready(Ok(())),
            };
        }
    }
}

/// Room for what is around the value in a message, in bytes.
const ROOM: usize = 1 << 10;

impl Wire for TripleUp {
    fn poll_data(&mut self, _: &mut Context<'_>) -> Poll<Result<(Chunk, bool), WireError>> {
        Poll::Ready(Ok((self.reply.take().unwrap_or_default().into(), true)))
    }

    fn send(&mut self, piece: Chunk, _: bool) {
        if !piece.is_empty() {
            self.failed = Some(WireError::Protocol("a call's body in pieces"));
        }
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), WireError>> {
        match self.failed {
            Some(error) => Poll::Ready(Err(error)),
            None => self.inner.poll_flush(cx),
        }
    }

    fn poll_trailers(&mut self, _: &mut Context<'_>, _: &mut Headers) -> Poll<bool> {
        Poll::Ready(false)
    }

    fn trailers(&mut self, _: &Headers) {}

    fn held(&self) -> usize {
        self.body.len() + self.reply.as_ref().map_or(0, Bytes::len) + self.inner.held()
    }

    fn stop(&mut self) {
        self.inner.stop();
    }

    fn abort(&mut self) {
        self.inner.abort();
        self.failed = Some(WireError::Closed);
    }

    fn tunnel(&mut self) {}
}

impl Upstream for TripleUp {
    fn request(&mut self, x: &mut Exchange, _: Chunk, _: bool) {
        if !Sent::give(x, self.inner.as_mut()) {
            self.failed = Some(WireError::Protocol("no call"));
        }
    }

    fn poll_response(&mut self, cx: &mut Context<'_>, x: &mut Exchange) -> Poll<Result<(), WireError>> {
        if let Some(error) = self.failed {
            return Poll::Ready(Err(error));
        }
        ready!(self.poll_whole(cx, x))?;
        let body = std::mem::take(&mut self.body).freeze();
        let made = reply::make(x, &body, &self.trailers);
        Poll::Ready(made.map(|reply| self.reply = Some(reply)))
    }

    fn release(self: Box<Self>) {
        self.inner.release();
    }

    fn retryable(&self) -> bool {
        self.inner.retryable()
    }

    fn occupy(&mut self, permit: Permit) {
        self.inner.occupy(permit);
    }

    fn quiet(&mut self) -> bool {
        self.inner.quiet()
    }
}
