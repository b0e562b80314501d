//! The head of an answer, written from its parsed form.

use super::H1Down;
use crate::body::Outgoing;
use crate::date;
use crate::encode::{FRAMING, LengthLine, Pieces};
use gateway_engine::buf::Chunk;
use gateway_engine::exchange::{Exchange, Framing};
use gateway_engine::headers::name;
use gateway_engine::plugin::phrase;

impl H1Down {
    /// Queues the head of `x.resp` and the first piece of its body; with `last` all of it.
    pub(super) fn answer(&mut self, x: &mut Exchange, first: Chunk, last: bool) {
        self.answered = true;
        let status = x.resp.status;
        let bodiless = self.to_head || status < 200 || matches!(status, 204 | 304);
        let (outgoing, announced) = self.frame(x, first.len() as u64, last, bodiless);
        self.outgoing = outgoing;
        let worker = &self.conn.worker;
        let unread = !self.incoming.whole() && outgoing != Outgoing::Tunnel;
        let (tokens, drain) = worker.with_settings(|s| (s.server_tokens, s.limits.drain_bytes));
        if worker.draining.get()
            || outgoing == Outgoing::Close
            || (unread && (self.expects || !self.incoming.short(drain)))
        {
            // Said before it is done, so that a client does not send another request into the close.
            self.keep_alive = false;
        }

        let head = &x.resp.head;
        let (digits, date);
        let length = LengthLine::new(announced.unwrap_or(0));
        let mut pieces = Pieces::new();
        let named = tokens && head.present() & name::SERVER.bit() == 0;
        match (status, named) {
            (200, true) => pieces.push(b"HTTP/1.1 200 OK\r\nServer: gateway\r\n"),
            (200, false) => pieces.push(b"HTTP/1.1 200 OK\r\n"),
            _ => {
                digits = status_digits(status);
                pieces.push(b"HTTP/1.1 ");
                pieces.push(&digits);
                pieces.push(phrase(status).as_bytes());
                pieces.push(if named { b"\r\nServer: gateway\r\n" } else { b"\r\n" });
            }
        }
        // An answer without a body may tell the length of the one it stands for.
        let told = bodiless && announced.is_none() && status != 204 && status >= 200;
        let never = if told { FRAMING & !name::CONTENT_LENGTH.bit() } else { FRAMING };
        pieces.fields(head, never, 0);
        if head.present() & name::DATE.bit() == 0 {
            date = date::line();
            pieces.push(&date);
        }
        if announced.is_some() && self.keep_alive && !self.old {
            pieces.push(length.last());
        } else {
            match (outgoing, announced) {
                (Outgoing::Chunked, _) => pieces.push(b"Transfer-Encoding: chunked\r\n"),
                (_, Some(_)) => pieces.push(length.line()),
                _ => {}
            }
            if outgoing == Outgoing::Tunnel {
                pieces.line(b"Connection: Upgrade\r\nUpgrade: ", head.get(name::UPGRADE).unwrap_or(b"websocket"));
            } else if !self.keep_alive {
                pieces.push(b"Connection: close\r\n");
            } else if self.old {
                pieces.push(b"Connection: keep-alive\r\n");
            }
            pieces.push(b"\r\n");
        }
        x.resp.sent += (pieces.len() + first.len()) as u64;
        let first = if bodiless { Chunk::EMPTY } else { first };
        let trailers = self.rare.as_ref().and_then(|r| r.trailers.as_ref());
        if !self.outgoing.begin(&pieces, first, last, trailers, &mut self.io) {
            gateway_engine::wire::Wire::abort(self);
        }
    }

    /// How the body is framed, and the length to be told.
    #[inline]
    fn frame(&self, x: &Exchange, first: u64, last: bool, bodiless: bool) -> (Outgoing, Option<u64>) {
        let known = match x.resp.framing {
            _ if x.resp.status == 101 => return (Outgoing::Tunnel, None),
            Framing::Tunnel => return (Outgoing::Tunnel, None),
            Framing::Length(n) if bodiless => return (Outgoing::Nothing, self.to_head.then_some(n)),
            _ if bodiless => return (Outgoing::Nothing, None),
            // All of it is in hand, so its length is what it is.
            _ if last && self.rare.as_ref().is_none_or(|r| r.trailers.is_none()) => Some(first),
            Framing::Length(n) => Some(n),
            Framing::None | Framing::Stream | Framing::Close => None,
        };
        match known {
            Some(n) => (Outgoing::Length(n), Some(n)),
            None if self.old => (Outgoing::Close, None),
            None => (Outgoing::Chunked, None),
        }
    }
}

/// Three digits and a space.
#[inline]
fn status_digits(status: u16) -> [u8; 4] {
    let digit = |n: u16| b'0' + (n % 10) as u8;
    [digit(status / 100), digit(status / 10), digit(status), b' ']
}
