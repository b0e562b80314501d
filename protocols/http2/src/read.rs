//! What comes on a connection (RFC 9113 section 6), the same for both sides but for field blocks.

use crate::core::{Broken, Core, FAREWELL, OpenBlock, PREFACE};
use crate::frame::{self, Frame, HEAD, HIGHEST, PAYLOAD, code, setting};
use crate::streams::Key;
use gateway_engine::buf::Buf;
use gateway_engine::wire::WireError;
use gateway_engine::worker::now_ms;
use std::task::{Context, Poll};

/// What a side does with a field block.
pub(crate) trait Side {
    /// A whole block came. Whatever it says, it has to be decoded.
    fn block(&mut self, core: &mut Core, id: u32, block: &[u8], end: bool) -> Result<(), Broken>;
}

/// What reading came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Read {
    /// Nothing more is there.
    Pending,
    /// There may be more, and others have their turn first.
    Yielded,
    /// Nothing more will come, or may.
    Ended,
}

const fn broken(code: u32, why: &'static str) -> Broken {
    Broken { code, why }
}

const fn protocol(why: &'static str) -> Broken {
    broken(code::PROTOCOL_ERROR, why)
}

/// What an upstream is told of that answers a preface in HTTP/1.1.
pub(crate) const HTTP1: &str = "it answers in HTTP/1, and `http_version` or the scheme of its upstream says HTTP/2";

/// Where the peer speaks Dubbo2.
pub(crate) const DUBBO: &str = "it answers in Dubbo2, and the scheme of its upstream says HTTP/2";

/// Where it speaks something else.
pub(crate) const OTHER: &str = "what it says first is no HTTP/2";

/// What a server speaks whose first words these are, where that is not HTTP/2: there it begins with SETTINGS (RFC 9113 section 3.4).
fn stranger(first: &[u8], head: &Frame) -> Option<&'static str> {
    match first {
        _ if first.starts_with(b"HTTP/1.") => Some(HTTP1),
        [0xda, 0xbb, ..] => Some(DUBBO),
        _ if head.kind != frame::SETTINGS || head.has(frame::ACK) => Some(OTHER),
        _ => None,
    }
}

impl Core {
    /// Reads until nothing is there.
    pub(crate) fn read(&mut self, cx: &mut Context<'_>, side: &mut impl Side) -> Read {
        loop {
            if self.broken.is_none()
                && self.excess.is_none()
                && let Err(broken) = self.frames(side)
            {
                if self.preface_left > 0 {
                    // It does not speak HTTP/2, and would not understand a GOAWAY.
                    self.broken = Some(broken);
                }
                self.end(broken);
            }
            if self.broken.is_some() || self.excess.is_some() || self.eof {
                return Read::Ended;
            }
            if self.turn_over() {
                return Read::Yielded;
            }
            let mut input = self.input.take().unwrap_or_else(Buf::take);
            if input.unfilled().len() < PAYLOAD + HEAD {
                // A frame that is not whole moves to the front of another buffer.
                let mut other = Buf::take();
                other.append(input.as_slice());
                input = other;
            }
            let came = self.io.poll_fill(cx, &mut input);
            if !input.is_empty() {
                self.input = Some(input);
            }
            match came {
                Poll::Ready(Ok(n)) if n > 0 => {}
                Poll::Ready(_) => {
                    self.eof = true;
                    return Read::Ended;
                }
                Poll::Pending => return Read::Pending,
            }
        }
    }

    /// Handles the whole frames of what was read.
    fn frames(&mut self, side: &mut impl Side) -> Result<(), Broken> {
        let Some(mut input) = self.input.take() else { return Ok(()) };
        let mut done = Ok(());
        if self.preface_left > 0 {
            done = self.preface(&mut input);
        }
        while done.is_ok() && self.preface_left == 0 && !self.turn_over() {
            let Some(head) = Frame::read(input.as_slice()) else { break };
            if !self.peer.known
                && !self.terms.server
                && let Some(what) = stranger(input.as_slice(), &head)
            {
                done = Err(protocol(what));
                break;
            }
            if head.len as usize > PAYLOAD {
                done = Err(broken(code::FRAME_SIZE_ERROR, "frame too long"));
                break;
            }
            let end = HEAD + head.len as usize;
            let Some(payload) = input.as_slice().get(HEAD..end) else {
                self.partial(&head);
                break;
            };
            self.count(&head);
            if self.excess.is_some() {
                break;
            }
            self.partial_since = None;
            done = self.frame(&head, payload, side);
            input.advance(end);
        }
        if !input.is_empty() {
            self.input = Some(input);
        }
        done
    }

    /// The client's first words.
    #[cold]
    fn preface(&mut self, input: &mut Buf) -> Result<(), Broken> {
        let came = input.as_slice();
        let n = came.len().min(self.preface_left);
        let at = PREFACE.len() - self.preface_left;
        if came.get(..n) != PREFACE.get(at..at + n) {
            return Err(protocol("no preface"));
        }
        input.advance(n);
        self.preface_left -= n;
        Ok(())
    }

    /// A frame is not whole: how long that may be matters where it holds up all others.
    #[cold]
    fn partial(&mut self, head: &Frame) {
        if matches!(head.kind, frame::HEADERS | frame::CONTINUATION) {
            self.partial_since.get_or_insert(now_ms());
        }
    }

    /// Since when the end of a field block has been waited for.
    pub(crate) fn block_since(&self) -> Option<u64> {
        self.bounds.block_since().or(self.partial_since)
    }

    #[inline]
    fn frame(&mut self, f: &Frame, payload: &[u8], side: &mut impl Side) -> Result<(), Broken> {
        if let Some(open) = &self.block
            && (f.kind != frame::CONTINUATION || f.id != open.id)
        {
            return Err(protocol("a field block is interrupted"));
        }
        if !self.peer.known && (f.kind != frame::SETTINGS || f.has(frame::ACK)) {
            return Err(protocol("the first frame is not SETTINGS"));
        }
        match f.kind {
            frame::DATA => self.data(f, payload),
            frame::HEADERS => self.headers(f, payload, side),
            frame::PRIORITY => self.priority(f, payload),
            frame::RST_STREAM => self.rst_stream(f),
            frame::SETTINGS => self.settings(f, payload),
            frame::PUSH_PROMISE => Err(protocol("a push")),
            frame::PING => self.ping(f, payload),
            frame::GOAWAY => self.goodbye(f, payload),
            frame::WINDOW_UPDATE => self.window_update(f, payload),
            frame::CONTINUATION => self.continuation(f, payload, side),
            _ => Ok(()),
        }
    }

    /// Whether nobody has opened this stream yet.
    pub(crate) fn idle(&self, id: u32) -> bool {
        // Those of the client's side are odd; nobody else opens any.
        id > self.last || id.is_multiple_of(2)
    }

    fn data(&mut self, f: &Frame, payload: &[u8]) -> Result<(), Broken> {
        if self.idle(f.id) {
            return Err(protocol("DATA on a stream that is not open"));
        }
        let body = f.unpadded(payload).ok_or(protocol("more padding than frame"))?;
        if !self.charge(f.len) {
            return Err(broken(code::FLOW_CONTROL_ERROR, "more data than the connection may carry"));
        }
        let Some(key) = self.streams.find(f.id) else {
            self.give_back(payload.len());
            match self.ended(f.id) {
                // It was on its way, which is nobody's fault unless it goes on.
                Some(code) if code != code::STREAM_CLOSED => self.stale(),
                _ => self.refuse(f.id, code::STREAM_CLOSED),
            }
            return Ok(());
        };
        let server = self.terms.server;
        let Some(s) = self.streams.get_mut(key) else { return Ok(()) };
        s.recv_window -= i64::from(f.len);
        let wrong = if s.reset || s.gone {
            // What comes behind our own reset was on its way; behind the peer's it was not.
            let closed = !s.reset;
            self.give_back(payload.len());
            match closed {
                true => self.refuse(f.id, code::STREAM_CLOSED),
                false => self.stale(),
            }
            return Ok(());
        } else if s.recv_end {
            Some((code::STREAM_CLOSED, "DATA behind the end"))
        } else if s.recv_window < 0 {
            Some((code::FLOW_CONTROL_ERROR, "more data than the stream may carry"))
        } else if !server && !s.answered {
            Some((code::PROTOCOL_ERROR, "DATA before a head"))
        } else if s.left.is_some_and(|left| (body.len() as u64) > left) {
            Some((code::PROTOCOL_ERROR, "body is not as long as was said"))
        } else {
            None
        };
        if let Some((code, why)) = wrong {
            if !server && matches!(why, "DATA before a head" | "more data than the stream may carry") {
                return Err(broken(code, why));
            }
            self.give_back(payload.len());
            self.reset(key, code, WireError::Protocol(why));
            return Ok(());
        }
        let padding = payload.len() - body.len();
        s.left = s.left.map(|left| left - body.len() as u64);
        let unwanted = if s.discard {
            body.len()
        } else {
            if !body.is_empty() {
                s.keep(body);
            }
            0
        };
        s.unacked += padding as u32;
        s.wake();
        let end = f.has(frame::END_STREAM);
        if padding + unwanted > 0 {
            self.give_back(padding + unwanted);
        }
        if end {
            self.recv_end(key);
        }
        Ok(())
    }

    /// The peer's side of a stream ends.
    pub(crate) fn recv_end(&mut self, key: Key) {
        let Some(s) = self.streams.get_mut(key) else { return };
        if s.left.is_some_and(|left| left > 0) {
            self.reset(key, code::PROTOCOL_ERROR, WireError::Protocol("body is not as long as was said"));
            return;
        }
        s.recv_end = true;
        s.wake();
    }

    fn headers(&mut self, f: &Frame, payload: &[u8], side: &mut impl Side) -> Result<(), Broken> {
        if f.id == 0 {
            return Err(protocol("HEADERS on stream 0"));
        }
        let mut block = f.unpadded(payload).ok_or(protocol("more padding than frame"))?;
        let mut own = false;
        if f.has(frame::PRIORITIZED) {
            let Some((priority, rest)) = block.split_first_chunk::<4>() else {
                return Err(broken(code::FRAME_SIZE_ERROR, "HEADERS too short"));
            };
            let Some((_, rest)) = rest.split_first() else {
                return Err(broken(code::FRAME_SIZE_ERROR, "HEADERS too short"));
            };
            own = u32::from_be_bytes(*priority) & HIGHEST == f.id;
            block = rest;
        }
        if own {
            return Err(protocol("a stream depends on itself"));
        }
        let end = f.has(frame::END_STREAM);
        if f.has(frame::END_HEADERS) {
            return side.block(self, f.id, block, end);
        }
        self.block = Some(Box::new(OpenBlock { id: f.id, end, text: block.to_vec() }));
        Ok(())
    }

    #[cold]
    fn continuation(&mut self, f: &Frame, payload: &[u8], side: &mut impl Side) -> Result<(), Broken> {
        let Some(mut open) = self.block.take() else { return Err(protocol("CONTINUATION of nothing")) };
        if open.text.len() + payload.len() > self.longest_block() {
            return Err(broken(code::ENHANCE_YOUR_CALM, "field block too long"));
        }
        open.text.extend_from_slice(payload);
        if f.has(frame::END_HEADERS) {
            return side.block(self, open.id, &open.text, open.end);
        }
        self.block = Some(open);
        Ok(())
    }

    fn priority(&mut self, f: &Frame, payload: &[u8]) -> Result<(), Broken> {
        if f.id == 0 {
            return Err(protocol("PRIORITY on stream 0"));
        }
        let Some((depends, _)) = payload.split_first_chunk::<4>().filter(|_| payload.len() == 5) else {
            return Err(broken(code::FRAME_SIZE_ERROR, "PRIORITY of a wrong length"));
        };
        if u32::from_be_bytes(*depends) & HIGHEST == f.id {
            return Err(protocol("a stream depends on itself"));
        }
        Ok(())
    }

    fn rst_stream(&mut self, f: &Frame) -> Result<(), Broken> {
        if f.len != 4 {
            return Err(broken(code::FRAME_SIZE_ERROR, "RST_STREAM of a wrong length"));
        }
        if self.idle(f.id) {
            return Err(protocol("RST_STREAM on a stream that is not open"));
        }
        let Some(key) = self.streams.find(f.id) else { return Ok(()) };
        let server = self.terms.server;
        let Some(s) = self.streams.get_mut(key) else { return Ok(()) };
        s.wake();
        // Whoever has the whole answer may say so while the request still comes (RFC 9113 section 8.1).
        if !server && f.code() == code::NO_ERROR && s.recv_end {
            s.sent_end = true;
            s.pending = None;
            return Ok(());
        }
        let untouched = f.code() == code::REFUSED_STREAM && !s.answered;
        s.leave(if untouched { WireError::Untouched } else { WireError::Closed });
        Ok(())
    }

    fn settings(&mut self, f: &Frame, payload: &[u8]) -> Result<(), Broken> {
        if f.id != 0 {
            return Err(protocol("SETTINGS on a stream"));
        }
        if f.has(frame::ACK) {
            return if payload.is_empty() {
                Ok(())
            } else {
                Err(broken(code::FRAME_SIZE_ERROR, "SETTINGS of a wrong length"))
            };
        }
        let (all, rest) = payload.as_chunks::<6>();
        if !rest.is_empty() {
            return Err(broken(code::FRAME_SIZE_ERROR, "SETTINGS of a wrong length"));
        }
        for [a, b, c, d, e, g] in all {
            self.setting(u16::from_be_bytes([*a, *b]), u32::from_be_bytes([*c, *d, *e, *g]))?;
        }
        self.peer.known = true;
        self.write(frame::SETTINGS, frame::ACK, 0, &[]);
        self.pump_waiting();
        Ok(())
    }

    fn setting(&mut self, id: u16, value: u32) -> Result<(), Broken> {
        match id {
            setting::HEADER_TABLE_SIZE => self.encoder.resize(value as usize),
            setting::ENABLE_PUSH if value > u32::from(self.terms.server) => return Err(protocol("ENABLE_PUSH")),
            setting::MAX_CONCURRENT_STREAMS => self.peer.streams = value,
            setting::INITIAL_WINDOW_SIZE if value > HIGHEST || !self.resize(value) => {
                return Err(broken(code::FLOW_CONTROL_ERROR, "window too large"));
            }
            setting::MAX_FRAME_SIZE if !(PAYLOAD as u32..1 << 24).contains(&value) => {
                return Err(protocol("MAX_FRAME_SIZE"));
            }
            setting::ENABLE_CONNECT_PROTOCOL => {
                if value > 1 {
                    return Err(protocol("ENABLE_CONNECT_PROTOCOL"));
                }
                self.peer.connect = value == 1;
            }
            _ => {}
        }
        Ok(())
    }

    fn ping(&mut self, f: &Frame, payload: &[u8]) -> Result<(), Broken> {
        if f.id != 0 {
            return Err(protocol("PING on a stream"));
        }
        if payload.len() != 8 {
            return Err(broken(code::FRAME_SIZE_ERROR, "PING of a wrong length"));
        }
        if f.has(frame::ACK) {
            if payload == FAREWELL {
                self.heard = true;
            }
        } else {
            self.write(frame::PING, frame::ACK, 0, payload);
        }
        Ok(())
    }

    fn goodbye(&mut self, f: &Frame, payload: &[u8]) -> Result<(), Broken> {
        if f.id != 0 {
            return Err(protocol("GOAWAY on a stream"));
        }
        let Some((last, _)) = payload.split_first_chunk::<4>().filter(|_| payload.len() >= 8) else {
            return Err(broken(code::FRAME_SIZE_ERROR, "GOAWAY of a wrong length"));
        };
        let last = u32::from_be_bytes(*last) & HIGHEST;
        if self.left.is_some_and(|known| last > known) {
            return Err(protocol("a GOAWAY that takes its word back"));
        }
        self.left = Some(self.left.map_or(last, |known| known.min(last)));
        if !self.terms.server {
            for (_, s) in self.streams.each().filter(|(_, s)| s.id > last && !s.answered) {
                s.leave(WireError::Untouched);
            }
        }
        Ok(())
    }

    fn window_update(&mut self, f: &Frame, payload: &[u8]) -> Result<(), Broken> {
        let Some(more) = payload.first_chunk::<4>().filter(|_| payload.len() == 4) else {
            return Err(broken(code::FRAME_SIZE_ERROR, "WINDOW_UPDATE of a wrong length"));
        };
        let more = i64::from(u32::from_be_bytes(*more) & HIGHEST);
        if f.id == 0 {
            self.send_window += more;
            if more == 0 {
                return Err(protocol("WINDOW_UPDATE of nothing"));
            }
            if self.send_window > i64::from(HIGHEST) {
                return Err(broken(code::FLOW_CONTROL_ERROR, "window too large"));
            }
            self.pump_waiting();
            return Ok(());
        }
        if self.idle(f.id) {
            return Err(protocol("WINDOW_UPDATE on a stream that is not open"));
        }
        let Some(key) = self.streams.find(f.id) else { return Ok(()) };
        let Some(s) = self.streams.get_mut(key) else { return Ok(()) };
        s.send_window += more;
        if more == 0 {
            self.reset(key, code::PROTOCOL_ERROR, WireError::Protocol("WINDOW_UPDATE of nothing"));
        } else if s.send_window > i64::from(HIGHEST) {
            self.reset(key, code::FLOW_CONTROL_ERROR, WireError::Protocol("window too large"));
        } else if s.listed {
            self.pump_waiting();
        }
        Ok(())
    }
}
