//! The consumer's side of one call: the answer as a frame.

use crate::line::Line;
use crate::refusal::Refusal;
use bytes::Bytes;
use gateway_dubbo_codec::answer as frames;
use gateway_dubbo_codec::frame::{Flags, Head, Serialization, Status};
use gateway_engine::buf::Chunk;
use gateway_engine::exchange::{Exchange, Origin, Reply};
use gateway_engine::grpc::message_of;
use gateway_engine::headers::Headers;
use gateway_engine::plugin::phrase;
use gateway_engine::wire::{Downstream, Wire, WireError};
use std::rc::Rc;
use std::task::{Context, Poll};

/// The consumer's side of one call.
pub(super) struct DubboDown {
    line: Rc<Line>,
    request: Head,
    /// The consumer reads attachments of an answer.
    attachments: bool,
    /// The head of an answer whose body is not whole, and what came of that.
    begun: Option<(Kind, Vec<u8>)>,
    ended: bool,
}

/// What an answer is.
#[derive(Clone, Copy)]
enum Kind {
    /// A provider's.
    Reply(Reply),
    /// Nobody called the method: an HTTP status, and whether that is for want of an upstream.
    Status(u16, bool),
}

impl DubboDown {
    pub(super) fn new(line: Rc<Line>, request: Head, x: &Exchange) -> DubboDown {
        let attachments = x.req.call.is_some_and(|call| call.reads_attachments);
        DubboDown { line, request, attachments, begun: None, ended: false }
    }

    /// The answer will not be whole.
    #[cold]
    pub(super) fn broken_off(&mut self) {
        if !self.ended {
            self.refuse(Refusal::Status(Status::ServerError), "the answer broke off");
        }
    }

    fn refuse(&mut self, refusal: Refusal, message: &str) -> u64 {
        self.ended = true;
        if !self.request.flags.is_two_way() {
            return 0;
        }
        let mut out = Vec::with_capacity(512);
        refusal.write(&mut out, &self.request, self.attachments, message);
        self.line.put(&out);
        out.len() as u64
    }

    /// The answer is whole. Gives how many bytes it is.
    fn write(&mut self, kind: Kind, body: Chunk) -> u64 {
        self.ended = true;
        if !self.request.flags.is_two_way() {
            return 0;
        }
        match kind {
            Kind::Reply(reply) => {
                let flags = Flags::response(Serialization(reply.serialization));
                let Ok(len) = u32::try_from(body.len()) else {
                    return self.refuse(Refusal::Status(Status::SerializationError), "the answer is too long");
                };
                let head = Head { flags, status: Status::from_code(reply.status), id: self.request.id, len };
                let bytes = body.len() as u64;
                self.line.frame(&head, body);
                bytes + 16
            }
            // A plugin has answered in the provider's place.
            Kind::Status(200..300, _) => {
                let text = String::from_utf8_lossy(body.as_slice());
                let mut out = Vec::with_capacity(body.len() + 64);
                frames::value(&mut out, &self.request, self.attachments, Some(&*text).filter(|text| !text.is_empty()));
                self.line.put(&out);
                out.len() as u64
            }
            Kind::Status(status, proxied) => {
                let message = message_of(body.as_slice(), phrase(status));
                self.refuse(Refusal::of(status, proxied), &message)
            }
        }
    }

    fn too_long(&self, more: usize) -> bool {
        let len = self.begun.as_ref().map_or(0, |(_, body)| body.len()) + more;
        len > self.line.limits.payload_bytes as usize
    }
}

impl Wire for DubboDown {
    fn poll_data(&mut self, _: &mut Context<'_>) -> Poll<Result<(Chunk, bool), WireError>> {
        // The body is the exchange's own from the first.
        Poll::Ready(Ok((Chunk::EMPTY, true)))
    }

    fn send(&mut self, piece: Chunk, last: bool) {
        if self.ended {
            return;
        }
        if self.too_long(piece.len()) {
            self.refuse(Refusal::Status(Status::SerializationError), "the answer is too long");
            return;
        }
        let Some((kind, mut body)) = self.begun.take() else { return };
        body.extend_from_slice(piece.as_slice());
        if last {
            self.write(kind, Bytes::from(body).into());
        } else {
            self.begun = Some((kind, body));
        }
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), WireError>> {
        if self.line.ended() {
            return Poll::Ready(Err(WireError::Closed));
        }
        if self.ended {
            return Poll::Ready(Ok(()));
        }
        self.line.poll_room(cx).map(Ok)
    }

    fn poll_trailers(&mut self, _: &mut Context<'_>, _: &mut Headers) -> Poll<bool> {
        Poll::Ready(false)
    }

    fn trailers(&mut self, _: &Headers) {}

    fn held(&self) -> usize {
        self.begun.as_ref().map_or(0, |(_, body)| body.len())
    }

    fn stop(&mut self) {}

    fn abort(&mut self) {
        self.broken_off();
    }

    fn tunnel(&mut self) {}
}

impl Downstream for DubboDown {
    fn respond(&mut self, x: &mut Exchange, first: Chunk, last: bool) {
        let kind = match x.resp.reply {
            Some(reply) => Kind::Reply(reply),
            None => Kind::Status(x.resp.status, x.resp.origin == Origin::Proxy),
        };
        if last {
            x.resp.sent += self.write(kind, first);
        } else {
            self.begun = Some((kind, first.as_slice().to_vec()));
        }
    }

    fn distrust(&mut self) {}

    fn accept_body(&mut self) {}

    fn gone(&mut self) -> bool {
        self.line.ended()
    }
}
