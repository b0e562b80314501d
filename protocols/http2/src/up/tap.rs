//! The socket between the codec and the kernel, and what an upstream may do on one connection before it is cut: it is trusted no
//! more than a client is (`reference/hardening` section 3).

use crate::down::frames::{self, Frame, Frames};
use gateway_engine::io::Io;
use gateway_engine::settings::Http2;
use gateway_engine::worker::now_ms;
use std::cell::{Cell, RefCell};
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A connection as the codec has it: frames are counted as they pass, and no more is read at once than leaves others their turn.
pub(super) struct Tap {
    io: Io,
    incoming: Frames,
    outgoing: Frames,
    bounds: Bounds,
    /// Who waits for the peer's settings.
    greeting: Rc<Greeting>,
    /// Frames that may still be read in this turn.
    left: u32,
}

/// Length of our preface.
const PREFACE: u32 = 24;

impl Tap {
    pub(super) fn new(io: Io, limits: &Http2, greeting: Rc<Greeting>) -> Tap {
        Tap {
            io,
            incoming: Frames::new(0),
            outgoing: Frames::new(PREFACE),
            bounds: Bounds::new(limits, now_ms()),
            greeting,
            left: limits.turn_frames,
        }
    }
}

/// Whether the peer's settings have come and hold, as our acknowledgement says, which only few requests wait for.
#[derive(Default)]
pub(super) struct Greeting {
    heard: Cell<bool>,
    waiting: RefCell<Vec<Waker>>,
}

impl Greeting {
    /// `Ready` when they have.
    pub(super) fn poll(&self, cx: &Context<'_>) -> Poll<()> {
        if self.heard.get() {
            return Poll::Ready(());
        }
        let mut waiting = self.waiting.borrow_mut();
        if !waiting.iter().any(|known| known.will_wake(cx.waker())) {
            waiting.push(cx.waker().clone());
        }
        Poll::Pending
    }

    /// They have come, or will not.
    pub(super) fn hear(&self) {
        if !self.heard.replace(true) {
            self.waiting.take().into_iter().for_each(Waker::wake);
        }
    }
}

impl AsyncRead for Tap {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, room: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let tap = &mut *self;
        if tap.left == 0 {
            tap.left = tap.bounds.turn;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let before = room.filled().len();
        match Pin::new(&mut tap.io).poll_read(cx, room) {
            Poll::Pending => {
                tap.left = tap.bounds.turn;
                return Poll::Pending;
            }
            done => ready!(done)?,
        }
        let (bounds, now) = (&mut tap.bounds, now_ms());
        let (mut frames, mut excess) = (0, false);
        tap.incoming.pass(room.filled().get(before..).unwrap_or_default(), |frame| {
            frames += 1;
            excess |= !bounds.incoming(frame, now);
        });
        tap.left = tap.left.saturating_sub(frames);
        Poll::Ready(if excess { Err(io::Error::other("too many control frames")) } else { Ok(()) })
    }
}

impl AsyncWrite for Tap {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let tap = &mut *self;
        let n = ready!(Pin::new(&mut tap.io).poll_write(cx, bytes))?;
        let (bounds, greeting) = (&mut tap.bounds, &tap.greeting);
        let mut excess = false;
        tap.outgoing.pass(bytes.get(..n).unwrap_or_default(), |frame| {
            if frame.kind == frames::SETTINGS && frame.has(frames::ACK) {
                greeting.hear();
            }
            excess |= !bounds.outgoing(frame);
        });
        Poll::Ready(if excess { Err(io::Error::other("too many mistakes")) } else { Ok(n) })
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        AsyncWrite::poll_flush(Pin::new(&mut self.io), cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        AsyncWrite::poll_shutdown(Pin::new(&mut self.io), cx)
    }
}

/// A bucket of frames that carry no part of a body: it fills with time, and with each of ours that such frames answer.
#[derive(Debug)]
struct Bounds {
    /// In thousandths of a frame.
    tokens: u64,
    full: u64,
    /// How many more in a second.
    rate: u64,
    at: u64,
    turn: u32,
}

impl Bounds {
    fn new(limits: &Http2, now: u64) -> Bounds {
        let full = u64::from(limits.control_burst) * 1000;
        Bounds { tokens: full, full, rate: u64::from(limits.control_frames) / 10, at: now, turn: limits.turn_frames }
    }

    /// A frame of the upstream's; `false`: it is one too many.
    #[inline]
    fn incoming(&mut self, frame: &Frame, now: u64) -> bool {
        if frame.kind == frames::DATA && (frame.has(frames::END_STREAM) || !frame.hollow()) {
            return true;
        }
        let passed = now.saturating_sub(self.at);
        if passed > 0 {
            // Thousandths by milliseconds.
            self.tokens = (self.tokens + passed.min(3_600_000) * self.rate).min(self.full);
            self.at = now;
        }
        let left = self.tokens.checked_sub(1000);
        self.tokens = left.unwrap_or(self.tokens);
        left.is_some()
    }

    /// A frame of ours; `false`: the upstream has made us send one too many.
    #[inline]
    fn outgoing(&mut self, frame: &Frame) -> bool {
        let answers = match frame.kind {
            // A head, trailers, a reset of what it did not read, a word in between.
            frames::HEADERS => 4000,
            // Two windows to be opened, and how long the way is may be asked.
            frames::DATA => 3000,
            frames::RST_STREAM => return self.reset(frame),
            _ => return true,
        };
        self.tokens = (self.tokens + answers).min(self.full);
        true
    }

    /// PROTOCOL_ERROR, FLOW_CONTROL_ERROR, STREAM_CLOSED, FRAME_SIZE_ERROR are the upstream's mistakes: a hundred at once.
    #[cold]
    fn reset(&mut self, frame: &Frame) -> bool {
        if !matches!(frame.code(), 1 | 3 | 5 | 6) {
            return true;
        }
        let left = self.tokens.checked_sub(self.full / 100);
        self.tokens = left.unwrap_or(self.tokens);
        left.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(kind: u8, flags: u8, len: u32) -> Frame {
        Frame { len, kind, flags, id: 1, start: [0; 4] }
    }

    fn fresh() -> Bounds {
        Bounds::new(&Http2::default(), 1)
    }

    fn many(bounds: &mut Bounds, frame: &Frame, now: u64) -> u32 {
        (0..100_000).take_while(|_| bounds.incoming(frame, now)).count() as u32
    }

    #[test]
    fn h2_07_frames_without_a_body_are_a_bucket_that_fills_again() {
        for kind in [frames::SETTINGS, frames::PING, frames::HEADERS, frames::RST_STREAM, frames::GOAWAY, 5, 200] {
            let mut bounds = fresh();
            assert_eq!(many(&mut bounds, &frame(kind, 0, 8), 1), 2000, "{kind}");
            assert_eq!(many(&mut bounds, &frame(kind, 0, 8), 1001), 100, "{kind}");
            assert_eq!(many(&mut bounds, &frame(kind, 0, 8), 10_000_000), 2000, "no more than it holds");
        }
        let mut bounds = fresh();
        assert_eq!(many(&mut bounds, &frame(frames::DATA, 0, 0), 1), 2000, "empty pieces");
        assert_eq!(many(&mut bounds, &frame(frames::DATA, 0, 9), 1), 100_000, "pieces");
    }

    #[test]
    fn answers_to_what_was_sent_cost_nothing() {
        let mut bounds = fresh();
        for _ in 0..100_000 {
            assert!(bounds.outgoing(&frame(frames::HEADERS, frames::END_HEADERS, 30)));
            assert!(bounds.outgoing(&frame(frames::DATA, 0, 30)));
            for kind in [frames::WINDOW_UPDATE, frames::WINDOW_UPDATE, frames::PING, frames::HEADERS, frames::HEADERS] {
                assert!(bounds.incoming(&frame(kind, 0, 8), 1));
            }
        }
    }

    #[test]
    fn h2_02_streams_that_it_makes_us_reset_are_few() {
        let reset = |code: u32| Frame { start: code.to_be_bytes(), ..frame(frames::RST_STREAM, 0, 4) };
        let mut bounds = fresh();
        assert!((0..10_000).all(|_| bounds.outgoing(&reset(8))), "those that we cancel are nobody's mistake");
        assert_eq!((0..10_000).take_while(|_| bounds.outgoing(&reset(1))).count(), 100);
    }
}
