//! The request's body on its way to the upstream, and what is kept of it for another try.

use std::task::{Context, Poll};

use bytes::Bytes;

use super::relay::Broken;
use crate::buf::Chunk;
use crate::exchange::{Exchange, Framing};
use crate::headers::Headers;
use crate::wire::{Downstream, Upstream, WireError};

/// A request body on its way to the upstream.
pub(super) struct Upload {
    /// Everything has been given to the upstream's side.
    done: bool,
    /// Pieces have been taken from the client.
    begun: bool,
    /// What came with the head was broken.
    failed: Option<WireError>,
    source: Source,
}

enum Source {
    /// No body, or the whole of it in hand.
    Whole(Bytes),
    /// From the client; the copy is what another try would send first.
    Streamed { copy: Copied, limit: usize, whole: bool, client_done: bool, replay: bool },
}

/// The beginning of a body, for another try.
#[derive(Default)]
struct Copied {
    /// A first piece that could be shared instead of copied; then `rest` is what came behind it.
    first: Bytes,
    rest: Vec<u8>,
}

impl Copied {
    fn len(&self) -> usize {
        self.first.len() + self.rest.len()
    }

    fn add(&mut self, piece: &Chunk) {
        match piece {
            Chunk::Bytes(bytes) if self.len() == 0 => self.first = Bytes::clone(bytes),
            other => self.rest.extend_from_slice(other.as_slice()),
        }
    }

    fn whole(&self) -> Bytes {
        match (self.first.is_empty(), self.rest.is_empty()) {
            (_, true) => Bytes::clone(&self.first),
            (true, _) => Bytes::copy_from_slice(&self.rest),
            _ => [&self.first[..], &self.rest].concat().into(),
        }
    }
}

impl Upload {
    pub(super) fn empty() -> Upload {
        Upload { done: false, begun: false, failed: None, source: Source::Whole(Bytes::new()) }
    }

    pub(super) fn collected(body: Bytes) -> Upload {
        Upload { done: false, begun: false, failed: None, source: Source::Whole(body) }
    }

    pub(super) fn streamed(limit: usize) -> Upload {
        let source =
            Source::Streamed { copy: Copied::default(), limit, whole: limit > 0, client_done: false, replay: false };
        Upload { done: false, begun: false, failed: None, source }
    }

    /// Whether another try can send the same body.
    pub(super) fn replayable(&self) -> bool {
        match &self.source {
            Source::Whole(_) => true,
            Source::Streamed { whole, .. } => !self.begun || *whole,
        }
    }

    /// Bytes kept for another try; a collected body is the exchange's own.
    pub(super) fn kept(&self) -> usize {
        match &self.source {
            Source::Whole(_) => 0,
            Source::Streamed { copy, .. } => copy.len(),
        }
    }

    /// Starts over, for another try.
    pub(super) fn rewind(&mut self) {
        self.done = false;
        if let Source::Streamed { replay, .. } = &mut self.source {
            *replay = self.begun;
        }
    }

    /// What goes with the head: the whole body if it is in hand, else what has come of it.
    pub(super) fn first(&mut self, x: &mut Exchange, down: &mut dyn Downstream) -> (Chunk, bool) {
        match &mut self.source {
            Source::Whole(body) => {
                self.done = true;
                (Chunk::from(Bytes::clone(body)), true)
            }
            Source::Streamed { copy, client_done, replay, .. } => {
                if std::mem::take(replay) {
                    self.done = *client_done;
                    return (Chunk::from(copy.whole()), *client_done);
                }
                down.accept_body();
                let mut cx = Context::from_waker(std::task::Waker::noop());
                match self.take(&mut cx, x, down) {
                    Poll::Ready(Ok((piece, last))) => {
                        self.done = last;
                        (piece, last)
                    }
                    Poll::Ready(Err(error)) => {
                        // Reported by the next poll.
                        self.failed = Some(error);
                        (Chunk::empty(), false)
                    }
                    Poll::Pending => (Chunk::empty(), false),
                }
            }
        }
    }

    /// The next piece of the client's body, as its filters leave it.
    fn take(
        &mut self,
        cx: &mut Context<'_>,
        x: &mut Exchange,
        down: &mut dyn Downstream,
    ) -> Poll<Result<(Chunk, bool), WireError>> {
        let (mut piece, last) = match down.poll_data(cx) {
            Poll::Ready(Ok(got)) => got,
            other => return other,
        };
        self.begun = true;
        x.req.received += piece.len() as u64;
        if let Err(error) = x.req.filter(&mut piece, last) {
            return Poll::Ready(Err(error));
        }
        if let Source::Streamed { copy, limit, whole, client_done, .. } = &mut self.source {
            if *whole {
                if copy.len() + piece.len() <= *limit {
                    copy.add(&piece);
                } else {
                    *whole = false;
                    *copy = Copied::default();
                }
            }
            *client_done = last;
        }
        Poll::Ready(Ok((piece, last)))
    }

    /// Whether everything has been given to the upstream's side.
    pub(super) fn done(&self) -> bool {
        self.done
    }

    /// It does not go on: not everything has been given to the upstream's side.
    pub(super) fn unfinished(&mut self) {
        self.done = false;
    }

    /// Moves the upload on as far as both sides allow.
    pub(super) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        x: &mut Exchange,
        down: &mut dyn Downstream,
        up: &mut dyn Upstream,
    ) -> Result<(), Broken> {
        if let Some(error) = self.failed {
            return Err(Broken::Client(error));
        }
        loop {
            match up.poll_flush(cx) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(error)) => return Err(Broken::Upstream(error)),
                Poll::Pending => return Ok(()),
            }
            if self.done {
                return Ok(());
            }
            // An answer to `Expect: 100-continue` may be queued.
            if let Poll::Ready(Err(error)) = down.poll_flush(cx) {
                return Err(Broken::Client(error));
            }
            let (piece, last) = match self.take(cx, x, down) {
                Poll::Ready(Ok(got)) => got,
                Poll::Ready(Err(error)) => return Err(Broken::Client(error)),
                Poll::Pending => return Ok(()),
            };
            if last && x.req.framing == Framing::Stream {
                upload_trailers(down, up);
            }
            up.send(piece, last);
            self.done = last;
        }
    }
}

/// The request's body is whole: what came behind it goes behind it.
pub(super) fn upload_trailers(down: &mut dyn Downstream, up: &mut dyn Upstream) {
    let mut trailers = Headers::default();
    let mut cx = Context::from_waker(std::task::Waker::noop());
    if let Poll::Ready(true) = down.poll_trailers(&mut cx, &mut trailers) {
        up.trailers(&trailers);
    }
}
