//! The provider's side: calls on a few connections that a worker shares among its exchanges.

mod calls;
mod connect;
mod drive;
mod lines;

pub use connect::DubboConnector;

use crate::call::{Fixed, rewritten};
use crate::status;
use bytes::Bytes;
use calls::Key;
use gateway_dubbo_codec::frame::{Flags, Head, Serialization, Status};
use gateway_dubbo_codec::outcome::{Kind, Outcome};
use gateway_engine::buf::Chunk;
use gateway_engine::exchange::{Call, Exchange, Framing, Reply};
use gateway_engine::headers::Headers;
use gateway_engine::upstream::Permit;
use gateway_engine::wire::{Upstream, Wire, WireError};
use lines::Place;
use std::task::{Context, Poll};

/// One call. Dropped before its answer came, it is forgotten: an answer that comes later finds nobody.
pub(crate) struct DubboUp {
    /// Its place among the calls of the connection; `None`: it was not sent yet, or waits for no answer.
    key: Option<Key>,
    /// Where the call ends in what the connection writes.
    end: u64,
    one_way: bool,
    body: Option<Bytes>,
    failed: Option<WireError>,
    /// Last, so that the call is forgotten when its place is given back.
    place: Place,
}

impl DubboUp {
    fn new(place: Place) -> DubboUp {
        DubboUp { key: None, end: 0, one_way: false, body: None, failed: None, place }
    }

    /// Why there will be no answer, where the connection is over.
    #[cold]
    fn lost(&self) -> WireError {
        match self.place.line().flushed() < self.end {
            // Not all of it has left.
            true => WireError::Untouched,
            false => WireError::Closed,
        }
    }

    #[cold]
    fn fail(&mut self, error: WireError) {
        self.failed = Some(error);
    }

    fn send_call(&mut self, call: &Call, body: Bytes) {
        let serialization = Serialization(call.serialization);
        let flags = if call.one_way { Flags::one_way(serialization) } else { Flags::call(serialization) };
        let Ok(len) = u32::try_from(body.len()) else { return self.fail(WireError::TooLarge) };
        if self.place.line().ended() {
            return self.fail(WireError::Untouched);
        }
        let id = match call.one_way {
            true => self.place.calls().nobody(),
            false => {
                let key = self.place.calls().open();
                self.key = Some(key);
                key.id()
            }
        };
        self.one_way = call.one_way;
        let head = Head { flags, status: Status::Other(0), id, len };
        self.end = self.place.line().frame(&head, Chunk::Bytes(body));
    }
}

impl Wire for DubboUp {
    fn poll_data(&mut self, _: &mut Context<'_>) -> Poll<Result<(Chunk, bool), WireError>> {
        Poll::Ready(Ok((self.body.take().unwrap_or_default().into(), true)))
    }

    fn send(&mut self, piece: Chunk, _: bool) {
        if !piece.is_empty() {
            self.fail(WireError::Protocol("a call's body in pieces"));
        }
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), WireError>> {
        match self.failed {
            Some(error) => Poll::Ready(Err(error)),
            None if self.place.line().ended() => Poll::Ready(Err(self.lost())),
            None => self.place.line().poll_room(cx).map(Ok),
        }
    }

    fn poll_trailers(&mut self, _: &mut Context<'_>, _: &mut Headers) -> Poll<bool> {
        Poll::Ready(false)
    }

    fn trailers(&mut self, _: &Headers) {}

    fn held(&self) -> usize {
        self.body.as_ref().map_or(0, Bytes::len)
    }

    fn stop(&mut self) {}

    fn abort(&mut self) {
        self.fail(WireError::Closed);
    }

    fn tunnel(&mut self) {}
}

impl Upstream for DubboUp {
    fn request(&mut self, x: &mut Exchange, first: Chunk, last: bool) {
        let Some(call) = x.req.call else { return self.fail(WireError::Protocol("no call")) };
        if !last {
            return self.fail(WireError::Protocol("a call's body in pieces"));
        }
        let body = first.into_bytes();
        match rewritten(x, &call, &body) {
            Ok(None) => self.send_call(&call, body),
            Ok(Some(new)) => self.send_call(&call, new),
            Err(Fixed(why)) => {
                complain(why);
                self.fail(WireError::Protocol(why));
            }
        }
    }

    fn poll_response(&mut self, cx: &mut Context<'_>, x: &mut Exchange) -> Poll<Result<(), WireError>> {
        if let Some(error) = self.failed {
            return Poll::Ready(Err(error));
        }
        let Some(key) = self.key else {
            if !self.one_way {
                return Poll::Ready(Err(WireError::Closed));
            }
            // Sent is done.
            x.resp.status = 200;
            x.resp.reply = Some(Reply { status: Status::Ok.code(), serialization: 2, threw: false, declined: false });
            return Poll::Ready(Ok(()));
        };
        let Some((head, body)) = self.place.calls().answer(key, cx) else {
            return match self.place.line().ended() {
                true => Poll::Ready(Err(self.lost())),
                false => Poll::Pending,
            };
        };
        self.key = None;
        let serialization = head.flags.serialization();
        let threw = head.status == Status::Ok && threw(serialization, &body);
        x.resp.status = status::to_http(head.status);
        x.resp.reply = Some(Reply {
            status: head.status.code(),
            serialization: serialization.0,
            threw,
            declined: status::declined(head.status),
        });
        x.resp.framing = if body.is_empty() { Framing::None } else { Framing::Length(body.len() as u64) };
        self.body = Some(body);
        Poll::Ready(Ok(()))
    }

    fn release(self: Box<Self>) {}

    fn retryable(&self) -> bool {
        false
    }

    /// Its connection has a place of its own, from when it was opened.
    fn occupy(&mut self, _: Permit) {}

    fn quiet(&mut self) -> bool {
        true
    }
}

impl Drop for DubboUp {
    fn drop(&mut self) {
        if let Some(key) = self.key {
            self.place.calls().forget(key);
        }
    }
}

/// Whether an answer of status 20 says that the method threw.
#[inline]
fn threw(serialization: Serialization, body: &[u8]) -> bool {
    match serialization {
        Serialization::FASTJSON2 => matches!(body, [0, 0, 0, 1, 0 | 3, ..] | [0, 0, 0, 2, 0xbd, 0 | 3, ..]),
        Serialization::HESSIAN2 => Outcome::parse(body).is_ok_and(|outcome| outcome.kind == Kind::Exception),
        _ => false,
    }
}

/// Says, not too often, why calls fail that cannot but fail.
#[cold]
fn complain(why: &str) {
    use gateway_engine::log_pace::LogPace;
    thread_local! {
        static PACE: LogPace = const { LogPace::new() };
    }
    let Some(left_out) = PACE.with(LogPace::admit) else { return };
    tracing::warn!(left_out, "a Dubbo call is not sent: {why}");
}
