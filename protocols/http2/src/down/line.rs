//! What the task of a connection and those of its streams share, and the socket between the codec and the kernel.

use super::bounds::{Bounds, Excess};
use super::frames::{self, Frames};
use gateway_engine::buf::{Buf, Chunk};
use gateway_engine::exchange::Conn;
use gateway_engine::io::Io;
use gateway_engine::settings::Http2;
use gateway_engine::worker::now_ms;
use std::cell::{Cell, RefCell};
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// One connection.
pub(super) struct Line {
    pub(super) conn: Rc<Conn>,
    pub(super) limits: Http2,
    socket: RefCell<Socket>,
    /// Streams whose exchange runs: one that was reset holds its place until its upstream is let go.
    streams: RefCell<Vec<Rc<Stream>>>,
    /// Bytes of answers that wait to be sent.
    queued: Cell<usize>,
    /// An exchange waits for that number to fall.
    crowded: Cell<bool>,
    /// The connection's own task.
    task: RefCell<Option<Waker>>,
}

struct Socket {
    io: Io,
    /// What was read before the codec came.
    start: Option<Buf>,
    /// Frames on their way out, to be written in one go.
    out: Option<Buf>,
    incoming: Frames,
    outgoing: Frames,
    bounds: Bounds,
    excess: Option<Excess>,
    /// It was told: nothing more is read.
    cut: bool,
    /// Streams that the client has reset and whose tasks do not know yet.
    reset: Vec<u32>,
    /// What may still be read in this turn.
    frames_left: u32,
    bytes_left: usize,
    /// Reading stopped because the turn was over.
    yielded: bool,
    /// Writing stopped because too much waits.
    blocked: bool,
    /// The client has said all it has to say.
    ended: bool,
}

/// So much may wait to be written; then the codec waits.
const HIGH: usize = 128 << 10;

impl Line {
    pub(super) fn new(io: Io, start: Option<Buf>, conn: Conn, limits: Http2) -> Rc<Line> {
        let socket = Socket {
            io,
            start,
            out: None,
            incoming: Frames::new(super::PREFACE),
            outgoing: Frames::new(0),
            bounds: Bounds::new(limits, now_ms()),
            excess: None,
            cut: false,
            reset: Vec::new(),
            frames_left: 0,
            bytes_left: 0,
            yielded: false,
            blocked: false,
            ended: false,
        };
        Rc::new(Line {
            conn: Rc::new(conn),
            limits,
            socket: RefCell::new(socket),
            streams: RefCell::default(),
            queued: Cell::new(0),
            crowded: Cell::new(false),
            task: RefCell::default(),
        })
    }

    /// The connection's task is polled: so much may be read until it is again.
    pub(super) fn begin_turn(&self, waker: &Waker) {
        let mut socket = self.socket.borrow_mut();
        socket.frames_left = self.limits.turn_frames;
        socket.bytes_left = self.limits.turn_bytes;
        socket.yielded = false;
        let mut task = self.task.borrow_mut();
        if !task.as_ref().is_some_and(|w| w.will_wake(waker)) {
            *task = Some(waker.clone());
        }
    }

    /// Whether there may be more to read than the turn allowed.
    pub(super) fn yielded(&self) -> bool {
        self.socket.borrow().yielded
    }

    /// Why the client has to go, the first time this is asked.
    pub(super) fn excess(&self) -> Option<Excess> {
        let mut socket = self.socket.borrow_mut();
        let excess = socket.excess.take().filter(|_| !socket.cut);
        socket.cut |= excess.is_some();
        excess
    }

    /// One more thing that nobody does in earnest.
    pub(super) fn glitch(&self) {
        let socket = &mut *self.socket.borrow_mut();
        if let Err(excess) = socket.bounds.glitch(now_ms()) {
            socket.excess = Some(excess);
        }
    }

    /// The client has acknowledged our settings.
    pub(super) fn settled(&self) -> bool {
        self.socket.borrow().bounds.settled
    }

    /// Since when the end of a field block has been waited for.
    pub(super) fn block_since(&self) -> Option<u64> {
        self.socket.borrow().bounds.block_since()
    }

    /// Bytes that wait to be written.
    pub(super) fn unwritten(&self) -> usize {
        let socket = self.socket.borrow();
        socket.io.queued() + socket.out.as_ref().map_or(0, Buf::len)
    }

    /// Writes what the codec has made, in one go. `true`: it was stopped before and can go on.
    pub(super) fn poll_flush(&self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        let socket = &mut *self.socket.borrow_mut();
        match socket.poll_flush(cx) {
            Poll::Ready(Ok(())) => Poll::Ready(Ok(std::mem::take(&mut socket.blocked))),
            Poll::Ready(Err(e)) => Poll::Ready(Err(e)),
            Poll::Pending if socket.blocked && socket.io.queued() < HIGH => {
                socket.blocked = false;
                Poll::Ready(Ok(true))
            }
            Poll::Pending => Poll::Pending,
        }
    }

    /// Reads and forgets; `Ready` when the client has closed its side, or said more than `left`.
    pub(super) fn poll_drain(&self, cx: &mut Context<'_>, left: &mut u64) -> Poll<()> {
        let socket = &mut *self.socket.borrow_mut();
        if socket.ended {
            return Poll::Ready(());
        }
        loop {
            let mut buf = Buf::take();
            match socket.io.poll_fill(cx, &mut buf) {
                Poll::Ready(Ok(n)) if n > 0 && n as u64 <= *left => *left -= n as u64,
                Poll::Ready(_) => return Poll::Ready(()),
                Poll::Pending => return Poll::Pending,
            }
        }
    }

    /// Makes the close one that the kernel drops everything at.
    pub(super) fn reset_on_close(&self) {
        self.socket.borrow().io.reset_on_close();
    }

    /// A stream's exchange begins.
    pub(super) fn open(self: &Rc<Self>, id: u32) -> Rc<Stream> {
        let stream = Rc::new(Stream {
            id,
            line: Rc::clone(self),
            gone: Cell::new(false),
            queued: Cell::new(0),
            waits: Cell::new(false),
            task: RefCell::default(),
        });
        self.streams.borrow_mut().push(Rc::clone(&stream));
        stream
    }

    /// How many exchanges run.
    pub(super) fn streams(&self) -> usize {
        self.streams.borrow().len()
    }

    /// Tells the tasks of streams that the client has reset.
    pub(super) fn tell_resets(&self) {
        let mut socket = self.socket.borrow_mut();
        if socket.reset.is_empty() {
            return;
        }
        let reset = std::mem::take(&mut socket.reset);
        drop(socket);
        let streams = self.streams.borrow();
        for stream in streams.iter().filter(|stream| reset.contains(&stream.id)) {
            stream.leave();
        }
    }

    /// The connection has ended: so have its streams.
    pub(super) fn tell_end(&self) {
        for stream in self.streams.borrow().iter() {
            stream.leave();
        }
    }

    fn taken(&self, n: usize) {
        let queued = self.queued.get() - n;
        self.queued.set(queued);
        if queued <= self.limits.queue_bytes && self.crowded.take() {
            for stream in self.streams.borrow().iter() {
                stream.wake();
            }
        }
    }
}

impl Socket {
    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if let Some(out) = self.out.take() {
            self.io.queue(Chunk::Buf(out));
        }
        self.io.poll_flush(cx)
    }

    /// Looks at frames of the client's.
    #[inline]
    fn came(&mut self, bytes: &[u8]) {
        let now = now_ms();
        let (bounds, excess, reset) = (&mut self.bounds, &mut self.excess, &mut self.reset);
        let mut frames = 0;
        self.incoming.pass(bytes, |frame| {
            frames += 1;
            if frame.kind == frames::RST_STREAM {
                reset.push(frame.id);
            }
            if let Err(why) = bounds.incoming(frame, now) {
                excess.get_or_insert(why);
            }
        });
        self.frames_left = self.frames_left.saturating_sub(frames);
        self.bytes_left = self.bytes_left.saturating_sub(bytes.len());
    }
}

/// The socket as the codec has it: it counts the frames that pass, reads no more than a turn allows, and gathers what is
/// written.
pub(super) struct Tap(pub(super) Rc<Line>);

impl AsyncRead for Tap {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, room: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let socket = &mut *self.0.socket.borrow_mut();
        if socket.excess.is_some() || socket.cut {
            return Poll::Pending;
        }
        let before = room.filled().len();
        if let Some(start) = &mut socket.start {
            let n = start.len().min(room.remaining());
            room.put_slice(start.as_slice().get(..n).unwrap_or_default());
            start.advance(n);
            if start.is_empty() {
                socket.start = None;
            }
        } else {
            if socket.frames_left == 0 || socket.bytes_left == 0 {
                socket.yielded = true;
                return Poll::Pending;
            }
            match Pin::new(&mut socket.io).poll_read(cx, room) {
                Poll::Ready(Ok(())) => {}
                other => return other,
            }
        }
        match room.filled().get(before..) {
            Some(bytes) if !bytes.is_empty() => socket.came(bytes),
            _ => socket.ended = true,
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Tap {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let socket = &mut *self.0.socket.borrow_mut();
        if socket.io.queued() >= HIGH {
            socket.blocked = true;
            return Poll::Pending;
        }
        let mut out = socket.out.take().unwrap_or_else(Buf::take);
        let n = out.unfilled().len().min(bytes.len());
        let bytes = bytes.get(..n).unwrap_or_default();
        out.append(bytes);
        if out.unfilled().is_empty() {
            socket.io.queue(Chunk::Buf(out));
        } else {
            socket.out = Some(out);
        }
        let now = now_ms();
        let (bounds, excess) = (&mut socket.bounds, &mut socket.excess);
        socket.outgoing.pass(bytes, |frame| {
            if let Err(why) = bounds.outgoing(frame, now) {
                excess.get_or_insert(why);
            }
        });
        Poll::Ready(Ok(n))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        // The connection's task writes when the codec has nothing more to say.
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let socket = &mut *self.0.socket.borrow_mut();
        match socket.poll_flush(cx) {
            Poll::Ready(Ok(())) => Io::poll_shutdown(&mut socket.io, cx),
            other => other,
        }
    }
}

/// One stream while its exchange runs.
pub(super) struct Stream {
    pub(super) id: u32,
    pub(super) line: Rc<Line>,
    /// The client has reset it, or gone altogether.
    gone: Cell<bool>,
    /// Bytes that the codec has and has not written.
    queued: Cell<usize>,
    /// Its task waits for them to be written.
    waits: Cell<bool>,
    task: RefCell<Option<Waker>>,
}

impl Stream {
    /// Whether nobody is there for it any more.
    pub(super) fn gone(&self) -> bool {
        self.gone.get()
    }

    /// Bytes that wait to be sent.
    pub(super) fn queued(&self) -> usize {
        self.queued.get()
    }

    /// Whether the connection as a whole has too much to send.
    pub(super) fn crowded(&self) -> bool {
        self.line.queued.get() > self.line.limits.queue_bytes
    }

    /// The task is woken once what is queued was sent.
    pub(super) fn wait(&self) {
        self.waits.set(true);
        if self.crowded() {
            self.line.crowded.set(true);
        }
    }

    /// This task is to be woken.
    pub(super) fn watch(&self, waker: &Waker) {
        let mut task = self.task.borrow_mut();
        if !task.as_ref().is_some_and(|w| w.will_wake(waker)) {
            *task = Some(waker.clone());
        }
    }

    /// Its exchange is over.
    pub(super) fn close(&self) {
        let mut streams = self.line.streams.borrow_mut();
        if let Some(at) = streams.iter().position(|s| std::ptr::eq(&**s, self)) {
            streams.swap_remove(at);
        }
        // The connection may be idle now.
        if streams.is_empty()
            && let Some(task) = &*self.line.task.borrow()
        {
            task.wake_by_ref();
        }
    }

    fn leave(&self) {
        self.gone.set(true);
        self.wake();
    }

    fn wake(&self) {
        if let Some(task) = &*self.task.borrow() {
            task.wake_by_ref();
        }
    }

    fn taken(&self, n: usize) {
        let queued = self.queued.get() - n;
        self.queued.set(queued);
        if queued == 0 && self.waits.take() {
            self.wake();
        }
        self.line.taken(n);
    }
}

/// A piece of a body on its way through the codec. What was written of it, or dropped, is counted as gone.
pub(super) struct Piece {
    chunk: Chunk,
    stream: Option<Rc<Stream>>,
}

impl Piece {
    /// The end of a body.
    pub(super) const END: Piece = Piece { chunk: Chunk::EMPTY, stream: None };

    pub(super) fn new(chunk: Chunk, stream: &Rc<Stream>) -> Piece {
        let n = chunk.len();
        stream.queued.set(stream.queued.get() + n);
        stream.line.queued.set(stream.line.queued.get() + n);
        Piece { chunk, stream: Some(Rc::clone(stream)) }
    }
}

impl bytes::Buf for Piece {
    #[inline]
    fn remaining(&self) -> usize {
        self.chunk.len()
    }

    #[inline]
    fn chunk(&self) -> &[u8] {
        self.chunk.as_slice()
    }

    #[inline]
    fn advance(&mut self, n: usize) {
        self.chunk.advance(n);
        if let Some(stream) = &self.stream {
            stream.taken(n);
        }
    }
}

impl Drop for Piece {
    fn drop(&mut self) {
        if let Some(stream) = &self.stream
            && !self.chunk.is_empty()
        {
            stream.taken(self.chunk.len());
        }
    }
}
