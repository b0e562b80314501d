//! A connection as its own task and the calls on it share it: frames are read out of it, and what calls write gathers until the
//! task runs again and leaves in one write.

use crate::input::Input;
use bytes::Bytes;
use gateway_dubbo_codec::frame::{FrameError, Head};
use gateway_engine::buf::{Buf, Chunk};
use gateway_engine::io::Io;
use gateway_engine::settings::Dubbo;
use gateway_engine::waiting::Waiting;
use gateway_engine::worker::now_ms;
use std::cell::{Cell, RefCell};
use std::io;
use std::task::{Context, Poll, Waker};

/// One connection.
pub(crate) struct Line {
    wire: RefCell<Wire>,
    pub(crate) limits: Dubbo,
    /// Bytes that were given to be written, and of these so many are with the kernel.
    written: Cell<u64>,
    flushed: Cell<u64>,
    /// When a byte came last.
    pub(crate) heard_ms: Cell<u64>,
    /// Since when a frame is not whole; 0: there is none.
    partial_ms: Cell<u64>,
    /// The connection's own task, and whether it was woken already.
    task: RefCell<Option<Waker>>,
    kicked: Cell<bool>,
    /// Calls that wait until less is to be written.
    crowd: Waiting,
    ended: Cell<bool>,
    /// Nothing more is read.
    deaf: Cell<bool>,
}

struct Wire {
    io: Io,
    input: Input,
    /// What was read and not looked at yet.
    read: Option<Buf>,
    out: Option<Buf>,
}

/// What a side does with a frame.
pub(crate) trait Side {
    /// A frame came. `Err`: the connection is to end.
    fn frame(&mut self, line: &Line, head: Head, body: Bytes) -> Result<(), &'static str>;

    /// What came is no frame: the connection ends, perhaps with a last word, at once unless it [reads no more](Line::read_no_more). `start` is what
    /// was read of it.
    fn broken(&mut self, line: &Line, error: FrameError, start: &[u8]);
}

/// So much may wait to be written; then no more is read.
const HIGH: u64 = 256 << 10;

/// Up to this size a body is copied behind what waits already, to leave with it in one write.
const COPIED: usize = 16 << 10;

impl Line {
    /// A connection; `start` is what was read of it already.
    pub(crate) fn new(io: Io, start: Option<Buf>, limits: Dubbo) -> Line {
        Line {
            wire: RefCell::new(Wire { io, input: Input::default(), read: start, out: None }),
            limits,
            written: Cell::new(0),
            flushed: Cell::new(0),
            heard_ms: Cell::new(now_ms()),
            partial_ms: Cell::new(0),
            task: RefCell::default(),
            kicked: Cell::new(false),
            crowd: Waiting::default(),
            ended: Cell::new(false),
            deaf: Cell::new(false),
        }
    }

    /// Writes what `write` appends, which is small, when the task runs next.
    #[inline]
    pub(crate) fn put(&self, bytes: &[u8]) {
        self.wire.borrow_mut().put(bytes);
        self.written.set(self.written.get() + bytes.len() as u64);
        self.kick();
    }

    /// Writes a frame. Gives the place behind it, to be compared with [`Line::flushed`].
    #[inline]
    pub(crate) fn frame(&self, head: &Head, body: Chunk) -> u64 {
        let bytes = head.encode();
        self.written.set(self.written.get() + (bytes.len() + body.len()) as u64);
        let wire = &mut *self.wire.borrow_mut();
        if body.len() <= COPIED {
            wire.put_both(&bytes, body.as_slice());
        } else {
            wire.put(&bytes);
            wire.push();
            wire.io.queue(body);
        }
        self.kick();
        self.written.get()
    }

    /// How much of what was written is with the kernel.
    pub(crate) fn flushed(&self) -> u64 {
        self.flushed.get()
    }

    /// Bytes that wait to be written.
    #[inline]
    pub(crate) fn unwritten(&self) -> u64 {
        self.written.get() - self.flushed.get()
    }

    /// Bytes that were read and wait in memory.
    pub(crate) fn held(&self) -> usize {
        let wire = self.wire.borrow();
        wire.input.held() + wire.read.as_ref().map_or(0, Buf::len)
    }

    /// What was read is given up.
    pub(crate) fn forget(&self) {
        let wire = &mut *self.wire.borrow_mut();
        (wire.input, wire.read) = (Input::default(), None);
    }

    /// Since when the rest of a frame has been waited for.
    pub(crate) fn partial_since(&self) -> Option<u64> {
        Some(self.partial_ms.get()).filter(|since| *since > 0)
    }

    /// The connection's task runs once more in this turn of the worker, behind what is to run already.
    #[inline]
    pub(crate) fn kick(&self) {
        if !self.kicked.replace(true)
            && let Some(task) = &*self.task.borrow()
        {
            task.wake_by_ref();
        }
    }

    /// What comes from now on is left where it is.
    pub(crate) fn read_no_more(&self) {
        self.deaf.set(true);
    }

    /// Nothing goes over it any more.
    pub(crate) fn ended(&self) -> bool {
        self.ended.get()
    }

    /// `Ready` unless so much waits to be written that a call should not add to it.
    pub(crate) fn poll_room(&self, cx: &Context<'_>) -> Poll<()> {
        if self.unwritten() <= self.limits.queue_bytes as u64 || self.ended() {
            return Poll::Ready(());
        }
        self.crowd.watch(cx);
        Poll::Pending
    }

    /// Reads frames and hands them over, writes what calls have to say. `Ready`: the connection is over.
    pub(crate) fn poll(&self, cx: &mut Context<'_>, side: &mut impl Side) -> Poll<()> {
        self.watch(cx);
        let over = self.turn(cx, side);
        if over.is_ready() {
            self.end();
        }
        over
    }

    fn turn(&self, cx: &mut Context<'_>, side: &mut impl Side) -> Poll<()> {
        if self.flush(cx).is_err() {
            return Poll::Ready(());
        }
        let mut frames = if self.deaf.get() { 0 } else { self.limits.turn_frames };
        while frames > 0 {
            if self.unwritten() >= HIGH {
                // A peer that does not read is not read either.
                return Poll::Pending;
            }
            if !self.frames(side, &mut frames) {
                let _ = self.flush(cx);
                return Poll::Ready(());
            }
            if self.deaf.get() {
                break;
            }
            if frames == 0 {
                // Others have their turn first.
                self.kick();
                break;
            }
            let wire = &mut *self.wire.borrow_mut();
            let mut buf = wire.read.take().unwrap_or_else(Buf::take);
            let came = wire.io.poll_fill(cx, &mut buf);
            if !buf.is_empty() {
                wire.read = Some(buf);
            }
            match came {
                Poll::Ready(Ok(n)) if n > 0 => self.heard_ms.set(now_ms()),
                Poll::Ready(_) => return Poll::Ready(()),
                Poll::Pending => break,
            }
        }
        match self.flush(cx) {
            Ok(()) => Poll::Pending,
            Err(_) => Poll::Ready(()),
        }
    }

    /// Hands over the frames of what was read, as many as may be in this turn. `false`: the connection is to end.
    fn frames(&self, side: &mut impl Side, left: &mut u32) -> bool {
        let Some(mut read) = self.wire.borrow_mut().unread() else { return true };
        while *left > 0 {
            let next = self.wire.borrow_mut().input.next(&mut read, self.limits.payload_bytes);
            match next {
                Ok(Some((head, body))) => {
                    *left -= 1;
                    self.partial_ms.set(0);
                    if let Err(why) = side.frame(self, head, body) {
                        tracing::debug!(why, "a Dubbo connection is ended");
                        return false;
                    }
                }
                Ok(None) => {
                    let wire = &mut *self.wire.borrow_mut();
                    if self.partial_ms.get() == 0 && wire.input.held() + read.len() > 0 {
                        self.partial_ms.set(now_ms());
                    }
                    if !read.is_empty() {
                        wire.read = Some(read);
                    }
                    return true;
                }
                Err(error) => {
                    self.partial_ms.set(0);
                    let begun = self.wire.borrow().input.begun();
                    side.broken(self, error, if begun.is_empty() { read.as_slice() } else { &begun });
                    return self.deaf.get();
                }
            }
        }
        if !read.is_empty() {
            self.wire.borrow_mut().read = Some(read);
        }
        true
    }

    fn flush(&self, cx: &mut Context<'_>) -> io::Result<()> {
        let wire = &mut *self.wire.borrow_mut();
        wire.push();
        let done = wire.io.poll_flush(cx);
        self.flushed.set(self.written.get() - wire.io.queued() as u64);
        if self.unwritten() <= self.limits.queue_bytes as u64 {
            self.crowd.wake();
        }
        match done {
            Poll::Ready(done) => done,
            Poll::Pending => Ok(()),
        }
    }

    fn watch(&self, cx: &Context<'_>) {
        self.kicked.set(false);
        let mut task = self.task.borrow_mut();
        if !task.as_ref().is_some_and(|w| w.will_wake(cx.waker())) {
            *task = Some(cx.waker().clone());
        }
    }

    /// Nothing goes over it any more.
    pub(crate) fn end(&self) {
        self.ended.set(true);
        self.crowd.wake();
    }

    /// Writes what is left and closes our side.
    pub(crate) fn poll_shutdown(&self, cx: &mut Context<'_>) -> Poll<()> {
        let wire = &mut *self.wire.borrow_mut();
        wire.push();
        match wire.io.poll_flush(cx) {
            Poll::Ready(Ok(())) => wire.io.poll_shutdown(cx).map(|_| ()),
            Poll::Ready(Err(_)) => Poll::Ready(()),
            Poll::Pending => Poll::Pending,
        }
    }

    /// Reads and forgets; `Ready` when the peer has closed its side, or said more than `left`.
    pub(crate) fn poll_drain(&self, cx: &mut Context<'_>, left: &mut u64) -> Poll<()> {
        let wire = &mut *self.wire.borrow_mut();
        loop {
            let mut buf = Buf::take();
            match wire.io.poll_fill(cx, &mut buf) {
                Poll::Ready(Ok(n)) if n > 0 && n as u64 <= *left => *left -= n as u64,
                Poll::Ready(_) => return Poll::Ready(()),
                Poll::Pending => return Poll::Pending,
            }
        }
    }

    /// The close that follows is a reset.
    pub(crate) fn reset_on_close(&self) {
        self.wire.borrow().io.reset_on_close();
    }
}

impl Wire {
    /// What was read and may hold frames; `None`: nothing does.
    fn unread(&mut self) -> Option<Buf> {
        self.read.take().or_else(|| self.input.waits().then(Buf::take))
    }

    /// Appends a head and its body to what is written next.
    #[inline]
    fn put_both(&mut self, head: &[u8], body: &[u8]) {
        if let Some(out) = &mut self.out
            // Room is left behind them: a buffer that is full goes on its way at once.
            && out.unfilled().len() > head.len() + body.len()
        {
            out.append(head);
            out.append(body);
            return;
        }
        self.put(head);
        self.put(body);
    }

    /// Appends bytes to what is written next.
    fn put(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
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

    /// What was appended is next to be written.
    fn push(&mut self) {
        if let Some(out) = self.out.take() {
            self.io.queue(Chunk::Buf(out));
        }
    }
}
