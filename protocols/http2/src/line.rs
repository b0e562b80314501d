//! A connection as its own task and the exchanges on it share it, and one stream as an exchange holds it.

use crate::core::{Broken, Core};
use crate::frame::code;
use crate::hpack::Encoder;
use crate::read::{Read, Side};
use crate::streams::{Key, State};
use gateway_engine::buf::{Buf, Chunk};
use gateway_engine::headers::{Headers, trailer};
use gateway_engine::wire::WireError;
use std::cell::{Cell, RefCell, RefMut};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

/// One connection.
pub(crate) struct Line {
    core: RefCell<Core>,
    /// The connection's own task, and whether it was woken already.
    task: RefCell<Option<Waker>>,
    kicked: Cell<bool>,
}

impl Line {
    pub(crate) fn new(core: Core) -> Line {
        Line { core: RefCell::new(core), task: RefCell::default(), kicked: Cell::new(false) }
    }

    #[inline]
    pub(crate) fn core(&self) -> RefMut<'_, Core> {
        self.core.borrow_mut()
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

    /// Reads, lets the streams that wait go on, writes. `Ready`: the connection is over.
    pub(crate) fn poll(&self, cx: &mut Context<'_>, side: &mut impl Side) -> Poll<()> {
        self.watch(cx);
        let core = &mut *self.core();
        core.begin_turn();
        loop {
            core.pump_waiting();
            let flushed = core.poll_flush(cx);
            if matches!(flushed, Poll::Ready(Err(_))) {
                return Poll::Ready(());
            }
            if let Some(why) = core.excess {
                core.end(Broken { code: code::ENHANCE_YOUR_CALM, why });
            }
            if core.broken.is_some() {
                // The last word is written by whoever closes.
                return Poll::Ready(());
            }
            if core.unwritten() >= crate::core::HIGH {
                // A peer that does not read is not read either.
                return Poll::Pending;
            }
            match core.read(cx, side) {
                Read::Pending => break,
                Read::Yielded => {
                    self.kick();
                    break;
                }
                Read::Ended if core.eof => {
                    return Poll::Ready(());
                }
                Read::Ended => {}
            }
        }
        core.pump_waiting();
        let full = core.unwritten() >= crate::core::HIGH;
        match core.poll_flush(cx) {
            Poll::Ready(Err(_)) => Poll::Ready(()),
            Poll::Ready(Ok(())) => {
                if full {
                    // What waited for room has it now, and nothing else would tell.
                    self.kick();
                }
                Poll::Pending
            }
            Poll::Pending => Poll::Pending,
        }
    }

    fn watch(&self, cx: &Context<'_>) {
        self.kicked.set(false);
        let mut task = self.task.borrow_mut();
        if !task.as_ref().is_some_and(|w| w.will_wake(cx.waker())) {
            *task = Some(cx.waker().clone());
        }
    }

    /// Writes what is left and closes our side.
    pub(crate) fn poll_shutdown(&self, cx: &mut Context<'_>) -> Poll<()> {
        let core = &mut *self.core();
        match core.poll_flush(cx) {
            Poll::Ready(Ok(())) => core.io.poll_shutdown(cx).map(|_| ()),
            Poll::Ready(Err(_)) => Poll::Ready(()),
            Poll::Pending => Poll::Pending,
        }
    }

    /// Reads and forgets; `Ready` when the peer has closed its side, or said more than `left`.
    pub(crate) fn poll_drain(&self, cx: &mut Context<'_>, left: &mut u64) -> Poll<()> {
        let core = &mut *self.core();
        if core.eof {
            return Poll::Ready(());
        }
        loop {
            let mut buf = Buf::take();
            match core.io.poll_fill(cx, &mut buf) {
                Poll::Ready(Ok(n)) if n > 0 && n as u64 <= *left => *left -= n as u64,
                Poll::Ready(_) => return Poll::Ready(()),
                Poll::Pending => return Poll::Pending,
            }
        }
    }
}

/// One stream, as long as its exchange runs. Dropped before both messages are whole it is reset.
pub(crate) struct Stream {
    line: Rc<Line>,
    key: Key,
}

impl Stream {
    pub(crate) fn new(line: Rc<Line>, key: Key) -> Stream {
        Stream { line, key }
    }

    /// Its state, to look at or to change.
    #[inline]
    pub(crate) fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> Option<T> {
        self.line.core().streams.get_mut(self.key).map(act)
    }

    /// The peer has reset it, or the connection is gone.
    #[inline]
    pub(crate) fn gone(&self) -> bool {
        self.with(|s| s.gone).unwrap_or(true)
    }

    /// The next piece of the body; `true` with the last one. What was given before, `taken` bytes, is passed on.
    pub(crate) fn poll_data(&self, cx: &Context<'_>, taken: &mut usize) -> Poll<Result<(Chunk, bool), WireError>> {
        let core = &mut *self.line.core();
        if *taken > 0 {
            let before = core.unwritten();
            core.release(self.key, std::mem::take(taken));
            if core.unwritten() != before {
                self.line.kick();
            }
        }
        let Some(s) = core.streams.get_mut(self.key) else { return Poll::Ready(Err(WireError::Closed)) };
        if s.inbox.is_empty() && !s.recv_end {
            return match s.failure {
                Some(failure) => Poll::Ready(Err(failure)),
                None => {
                    s.watch(cx);
                    Poll::Pending
                }
            };
        }
        let bytes = s.take();
        *taken = bytes.len();
        Poll::Ready(Ok((Chunk::Bytes(bytes), s.recv_end || s.left == Some(0))))
    }

    /// Sends a head: `write` writes its block.
    pub(crate) fn head(&self, end: bool, write: impl FnOnce(&mut Encoder, &mut Vec<u8>)) {
        let core = &mut *self.line.core();
        let Some(s) = core.streams.get_mut(self.key) else { return };
        if s.over() {
            return;
        }
        s.sent_end = end;
        let id = s.id;
        let (encoder, block) = core.begin_block();
        write(encoder, block);
        core.send_block(id, end);
        self.line.kick();
    }

    /// Sends the head of an interim answer.
    #[cold]
    pub(crate) fn interim(&self, status: u16) {
        let core = &mut *self.line.core();
        let Some(s) = core.streams.get(self.key) else { return };
        if !s.over() && !s.sent_end {
            let id = s.id;
            let (encoder, block) = core.begin_block();
            encoder.status(status, block);
            core.send_block(id, false);
            self.line.kick();
        }
    }

    /// The peer did something that nobody does in earnest.
    #[cold]
    pub(crate) fn glitch(&self) {
        let core = &mut *self.line.core();
        core.bounds.glitch(&mut core.excess);
        self.line.kick();
    }

    /// Sends a piece of the body, and with the last one the trailers; what has no room waits.
    #[inline]
    pub(crate) fn send(&self, piece: Chunk, last: bool, trailers: Option<Headers>) {
        if piece.is_empty() && !last {
            return;
        }
        let core = &mut *self.line.core();
        let Some(s) = core.streams.get_mut(self.key) else { return };
        if s.reset || s.gone || s.sent_end {
            return;
        }
        s.trailers_out = trailers;
        match &mut s.pending {
            // Pieces are flushed before the next one comes; the first came with its head.
            Some((waits, end)) if !waits.is_empty() => {
                let joined = [waits.as_slice(), piece.as_slice()].concat();
                (*waits, *end) = (Chunk::Bytes(joined.into()), last);
            }
            pending => *pending = Some((piece, last)),
        }
        core.pump(self.key);
        self.line.kick();
    }

    /// `Ready` when all that was sent is on its way, and the connection wants more.
    pub(crate) fn poll_sent(&self, cx: &Context<'_>) -> Poll<Result<(), WireError>> {
        let core = &mut *self.line.core();
        let Some(s) = core.streams.get_mut(self.key) else { return Poll::Ready(Err(WireError::Closed)) };
        if s.reset || s.gone {
            return Poll::Ready(Err(s.failure.unwrap_or(WireError::Closed)));
        }
        let ended = s.sent_end;
        if s.pending.is_some() {
            s.watch(cx);
            return Poll::Pending;
        }
        if !ended && core.crowded() {
            self.watch_in(core, cx);
            return Poll::Pending;
        }
        Poll::Ready(Ok(()))
    }

    fn watch_in(&self, core: &mut Core, cx: &Context<'_>) {
        if let Some(s) = core.streams.get_mut(self.key) {
            s.watch(cx);
        }
    }

    /// Bytes of its own that wait to be sent.
    pub(crate) fn waits(&self) -> usize {
        self.with(|s| s.pending.as_ref().map_or(0, |(chunk, _)| chunk.len())).unwrap_or(0)
    }

    /// The trailers that came, less those that decide about a message: whether there are any.
    pub(crate) fn poll_trailers(&self, cx: &Context<'_>, into: &mut Headers) -> Poll<bool> {
        let core = &mut *self.line.core();
        let Some(s) = core.streams.get_mut(self.key) else { return Poll::Ready(false) };
        if !s.recv_end && s.failure.is_none() && s.left != Some(0) {
            s.watch(cx);
            return Poll::Pending;
        }
        let Some(came) = s.trailers_in.take() else { return Poll::Ready(false) };
        pass_trailers(&came, into);
        Poll::Ready(!into.fields().is_empty())
    }

    /// Nobody wants the rest of what comes.
    pub(crate) fn stop(&self) {
        let core = &mut *self.line.core();
        let Some(s) = core.streams.get_mut(self.key) else { return };
        s.discard = true;
        let held = std::mem::take(&mut s.inbox).len();
        core.give_back(held);
    }

    /// Ends it.
    #[cold]
    pub(crate) fn reset(&self, code: u32, failure: WireError) {
        self.line.core().reset(self.key, code, failure);
        self.line.kick();
    }

    pub(crate) fn line(&self) -> &Rc<Line> {
        &self.line
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        let core = &mut *self.line.core();
        let before = core.unwritten();
        core.close(self.key);
        // There is something to say, or the connection may be idle now.
        if core.unwritten() != before || core.streams.len() == 0 {
            self.line.kick();
        }
    }
}

/// Looks at a stream that another part of its task holds.
pub(crate) struct Peek {
    line: Rc<Line>,
    key: Key,
}

impl Stream {
    /// To look at it while an exchange has it.
    pub(crate) fn peek(&self) -> Peek {
        Peek { line: Rc::clone(&self.line), key: self.key }
    }
}

impl Peek {
    /// Whether the peer has reset it or is gone; the task is woken when that happens.
    #[inline]
    pub(crate) fn poll_gone(&self, cx: &Context<'_>) -> bool {
        match self.line.core().streams.get_mut(self.key) {
            Some(s) => {
                s.watch_end(cx);
                s.gone
            }
            None => true,
        }
    }
}

/// Copies those trailers that do not decide about a message.
pub(crate) fn pass_trailers(came: &Headers, into: &mut Headers) {
    for (n, v) in came.iter().filter(|(n, _)| trailer::passes(*n)) {
        // What may not stand in a field is left out.
        let _ = into.append(n, v);
    }
}
