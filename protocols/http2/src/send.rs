//! What is written on a connection: frames, field blocks, and bodies as far as the windows let them.

use crate::core::{Core, HIGH, WINDOW};
use crate::frame::{self, Frame, PAYLOAD};
use crate::hpack::Encoder;
use crate::streams::Key;
use gateway_engine::buf::{Buf, Chunk};
use gateway_engine::headers::Headers;
use std::io;
use std::task::{Context, Poll};

/// Streams that we have ended and remember.
const ENDED: usize = 256;

/// An emptied block keeps this much memory at most.
const KEEP: usize = 4 << 10;

impl Core {
    /// Appends bytes to what is written next.
    pub(crate) fn put(&mut self, parts: &[&[u8]]) {
        for part in parts {
            let mut rest = *part;
            while !rest.is_empty() {
                let mut out = self.out.take().unwrap_or_else(Buf::take);
                let n = out.unfilled().len().min(rest.len());
                let (now, later) = rest.split_at(n);
                out.append(now);
                rest = later;
                if out.unfilled().is_empty() {
                    self.io.queue(Chunk::Buf(out));
                } else {
                    self.out = Some(out);
                }
            }
        }
    }

    /// Writes a frame.
    pub(crate) fn write(&mut self, kind: u8, flags: u8, id: u32, payload: &[u8]) {
        self.put(&[&Frame::head(payload.len(), kind, flags, id), payload]);
    }

    /// Bytes that wait to be written.
    #[inline]
    pub(crate) fn unwritten(&self) -> usize {
        self.io.queued() + self.out.as_ref().map_or(0, Buf::len)
    }

    /// Gives all that was written to the kernel.
    pub(crate) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if let Some(out) = self.out.take() {
            self.io.queue(Chunk::Buf(out));
        }
        let done = self.io.poll_flush(cx);
        if self.crowded && self.io.queued() <= self.limits.queue_bytes {
            self.crowded = false;
            self.streams.each().for_each(|(_, s)| s.wake());
        }
        done
    }

    /// The encoder, and where its block goes, which [`send_block`](Core::send_block) sends.
    #[inline]
    pub(crate) fn begin_block(&mut self) -> (&mut Encoder, &mut Vec<u8>) {
        self.scratch.clear();
        self.encoder.begin(&mut self.scratch);
        (&mut self.encoder, &mut self.scratch)
    }

    /// Sends the block that was written as HEADERS of a stream.
    pub(crate) fn send_block(&mut self, id: u32, end: bool) {
        let block = std::mem::take(&mut self.scratch);
        let end = if end { frame::END_STREAM } else { 0 };
        let frame = Frame { len: 0, kind: frame::HEADERS, flags: 0, id, start: [0; 4] };
        self.bounded(&frame);
        if block.len() <= PAYLOAD {
            self.write(frame::HEADERS, end | frame::END_HEADERS, id, &block);
        } else {
            self.send_long(id, end, &block);
        }
        self.scratch = block;
        if self.scratch.capacity() > KEEP {
            self.scratch = Vec::new();
        }
    }

    #[cold]
    fn send_long(&mut self, id: u32, end: u8, block: &[u8]) {
        let parts = block.len().div_ceil(PAYLOAD);
        for (i, part) in block.chunks(PAYLOAD).enumerate() {
            let last = if i + 1 == parts { frame::END_HEADERS } else { 0 };
            let (kind, flags) = if i == 0 { (frame::HEADERS, end) } else { (frame::CONTINUATION, 0) };
            self.write(kind, flags | last, id, part);
        }
    }

    /// Tells the bounds of a frame of ours.
    #[inline]
    fn bounded(&mut self, frame: &Frame) {
        self.bounds.outgoing(frame, &mut self.excess);
    }

    /// Ends a stream of which there is no state.
    pub(crate) fn refuse(&mut self, id: u32, code: u32) {
        self.write(frame::RST_STREAM, 0, id, &code.to_be_bytes());
        if self.ended.len() >= ENDED {
            self.ended.pop_front();
        }
        self.ended.push_back((id, code));
        let frame = Frame { len: 4, kind: frame::RST_STREAM, flags: 0, id, start: code.to_be_bytes() };
        self.bounded(&frame);
    }
}

impl Core {
    /// The peer has sent `n` bytes of DATA. `false`: more than it may.
    pub(crate) fn charge(&mut self, n: u32) -> bool {
        self.recv_window -= i64::from(n);
        self.recv_window >= 0
    }

    /// `n` bytes of what came are taken, or not wanted: the connection may carry as many again.
    #[inline]
    pub(crate) fn give_back(&mut self, n: usize) {
        // At most the window.
        self.unacked += n as u32;
        if self.unacked >= self.terms.connection_window.max(WINDOW) / 2 {
            let n = std::mem::take(&mut self.unacked);
            self.recv_window += i64::from(n);
            self.write(frame::WINDOW_UPDATE, 0, 0, &n.to_be_bytes());
        }
    }

    /// The same for one stream.
    #[inline]
    pub(crate) fn release(&mut self, key: Key, n: usize) {
        self.give_back(n);
        let window = self.terms.stream_window;
        let Some(s) = self.streams.get_mut(key) else { return };
        s.unacked += n as u32;
        if s.unacked >= window / 2 && !s.recv_end && !s.over() {
            let n = std::mem::take(&mut s.unacked);
            s.recv_window += i64::from(n);
            let id = s.id;
            self.write(frame::WINDOW_UPDATE, 0, id, &n.to_be_bytes());
        }
    }

    /// Sends what of a stream's piece the windows and the room allow. `false`: some of it waits.
    pub(crate) fn pump(&mut self, key: Key) -> bool {
        while let Some(all) = self.pump_once(key) {
            if all {
                return true;
            }
        }
        false
    }

    /// Sends one frame of it. `None`: it has to wait; `true`: that was all.
    fn pump_once(&mut self, key: Key) -> Option<bool> {
        let room = self.unwritten() < HIGH;
        let Some(s) = self.streams.get_mut(key) else { return Some(true) };
        let Some((chunk, last)) = &mut s.pending else { return Some(true) };
        let n = if chunk.is_empty() {
            0
        } else {
            let window = s.send_window.min(self.send_window);
            let window = usize::try_from(window).unwrap_or(0);
            let n = chunk.len().min(window).min(PAYLOAD);
            if n == 0 || !room {
                if !s.listed {
                    s.listed = true;
                    self.waiting.push_back(key);
                }
                return None;
            }
            n
        };
        let n = match &mut s.messages {
            None => n,
            Some(messages) => messages.cut(chunk.as_slice().get(..n).unwrap_or_default()),
        };
        s.send_window -= n as i64;
        self.send_window -= n as i64;
        let (id, whole) = (s.id, n == chunk.len());
        let end = whole && *last && s.trailers_out.is_none();
        let flags = if end { frame::END_STREAM } else { 0 };
        let (mut chunk, last) = s.pending.take()?;
        if n > 0 || end {
            self.put(&[&Frame::head(n, frame::DATA, flags, id), chunk.as_slice().get(..n).unwrap_or_default()]);
            self.bounded(&Frame { len: n as u32, kind: frame::DATA, flags, id, start: [0; 4] });
        }
        if !whole {
            chunk.advance(n);
            self.streams.get_mut(key)?.pending = Some((chunk, last));
            return Some(false);
        }
        let s = self.streams.get_mut(key)?;
        if last {
            s.sent_end = true;
            if let Some(trailers) = s.trailers_out.take() {
                self.send_trailers(id, &trailers);
            }
        }
        Some(true)
    }

    fn send_trailers(&mut self, id: u32, trailers: &Headers) {
        let (encoder, block) = self.begin_block();
        for f in trailers.fields() {
            crate::names::field(encoder, block, trailers, f);
        }
        self.send_block(id, true);
    }

    /// Something became free: streams that wait go on, one frame each in turn.
    pub(crate) fn pump_waiting(&mut self) {
        let mut idle = 0;
        while idle < self.waiting.len() && self.unwritten() < HIGH {
            let Some(key) = self.waiting.pop_front() else { break };
            if let Some(s) = self.streams.get_mut(key) {
                s.listed = false;
            }
            match self.pump_once(key) {
                // It has put itself back.
                None => idle += 1,
                Some(true) => {
                    idle = 0;
                    if let Some(s) = self.streams.get(key) {
                        s.wake();
                    }
                }
                Some(false) => {
                    idle = 0;
                    if let Some(s) = self.streams.get_mut(key) {
                        s.listed = true;
                        self.waiting.push_back(key);
                    }
                }
            }
        }
    }
}
