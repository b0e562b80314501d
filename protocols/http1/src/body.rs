//! A body on its way in, on either side of the gateway: bytes that were read and not used yet, and what they are part of.

use crate::chunked::Chunked;
use crate::encode::Pieces;
use crate::limits::Limits;
use gateway_engine::buf::{Buf, Chunk};
use gateway_engine::exchange::Framing;
use gateway_engine::headers::{HeaderName, Headers};
use gateway_engine::io::Io;
use gateway_engine::wire::WireError;
use std::task::{Context, Poll};

/// What comes in on one connection.
#[derive(Default)]
pub(crate) struct Incoming {
    /// Read and not used: the beginning of the body, or what follows the message.
    pub(crate) input: Option<Buf>,
    left: Left,
}

/// How much of the present message's body is to come.
#[derive(Default)]
enum Left {
    /// There is none, or it has ended.
    #[default]
    Nothing,
    Length(u64),
    Chunked(Box<Chunked>),
    /// A chunked body that has ended; its trailers are in there.
    Ended(Box<Chunked>),
    /// Until the connection ends.
    Close,
    /// Raw bytes until the connection ends; `looks`: what was read last was hardly not all.
    Tunnel {
        looks: bool,
    },
    /// It broke: whoever asks again is told again. (Boxed, or every idle connection would hold room for it.)
    Broken(Box<WireError>),
}

impl Incoming {
    /// A head was read; its body is delimited by `framing`.
    #[inline]
    pub(crate) fn begin(&mut self, framing: Framing) {
        self.left = match framing {
            Framing::None => Left::Nothing,
            Framing::Length(n) => Left::Length(n),
            Framing::Stream => Left::Chunked(Box::default()),
            Framing::Close => Left::Close,
            Framing::Tunnel => Left::Tunnel { looks: false },
        };
    }

    /// Whether the message is whole.
    #[inline]
    pub(crate) fn whole(&self) -> bool {
        matches!(self.left, Left::Nothing | Left::Ended(_))
    }

    /// Whether at most `most` bytes are missing, as far as that is known.
    pub(crate) fn short(&self, most: u64) -> bool {
        match &self.left {
            Left::Nothing | Left::Ended(_) | Left::Chunked(_) => true,
            Left::Length(n) => *n <= most,
            Left::Close | Left::Tunnel { .. } | Left::Broken(_) => false,
        }
    }

    /// The next piece of the body, `true` with its last one.
    #[inline]
    pub(crate) fn poll(
        &mut self,
        io: &mut Io,
        cx: &mut Context<'_>,
        limits: &Limits,
    ) -> Poll<Result<(Chunk, bool), WireError>> {
        match &self.left {
            Left::Nothing | Left::Ended(_) => return Poll::Ready(Ok((Chunk::EMPTY, true))),
            Left::Tunnel { .. } => return self.poll_raw(io, cx),
            Left::Broken(error) => return Poll::Ready(Err(**error)),
            _ => {}
        }
        loop {
            let mut buf = match self.input.take() {
                Some(buf) => buf,
                None => {
                    let mut buf = Buf::take();
                    match io.poll_fill(cx, &mut buf) {
                        Poll::Ready(Ok(0)) => return Poll::Ready(self.end()),
                        Poll::Ready(Ok(_)) => buf,
                        Poll::Ready(Err(_)) => return self.broken(WireError::Closed),
                        Poll::Pending => return Poll::Pending,
                    }
                }
            };
            match &mut self.left {
                Left::Length(left) => {
                    let n = usize::try_from(*left).unwrap_or(usize::MAX).min(buf.len());
                    *left -= n as u64;
                    let last = *left == 0;
                    if last {
                        self.left = Left::Nothing;
                        if buf.len() > n {
                            self.input = buf.split_off(n);
                        }
                    }
                    return Poll::Ready(Ok((Chunk::Buf(buf), last)));
                }
                Left::Chunked(decoder) => {
                    let got = match decoder.decode(buf.as_mut_slice(), limits) {
                        Ok(got) => got,
                        Err(refuse) => return self.broken(WireError::Protocol(refuse.reason)),
                    };
                    if limits.body != 0 && decoder.total() > limits.body {
                        return self.broken(WireError::TooLarge);
                    }
                    if got.done {
                        self.input = buf.split_off(got.used);
                        if let Left::Chunked(decoder) = std::mem::take(&mut self.left) {
                            self.left = Left::Ended(decoder);
                        }
                    }
                    buf.truncate(got.start + got.len);
                    buf.advance(got.start);
                    if got.len > 0 || got.done {
                        return Poll::Ready(Ok((Chunk::Buf(buf), got.done)));
                    }
                }
                _ => return Poll::Ready(Ok((Chunk::Buf(buf), false))),
            }
        }
    }

    /// What has come through a tunnel. The short way: a message is one read, and the look that finds nothing behind it needs no
    /// buffer.
    fn poll_raw(&mut self, io: &mut Io, cx: &mut Context<'_>) -> Poll<Result<(Chunk, bool), WireError>> {
        if let Some(buf) = self.input.take() {
            return Poll::Ready(Ok((Chunk::Buf(buf), false)));
        }
        if let Left::Tunnel { looks } = &mut self.left
            && std::mem::take(looks)
            && io.poll_readable(cx).is_pending()
        {
            return Poll::Pending;
        }
        let mut buf = Buf::take();
        match io.poll_fill(cx, &mut buf) {
            Poll::Ready(Ok(0)) => Poll::Ready(self.end()),
            Poll::Ready(Ok(_)) => {
                self.left = Left::Tunnel { looks: true };
                Poll::Ready(Ok((Chunk::Buf(buf), false)))
            }
            Poll::Ready(Err(_)) => self.broken(WireError::Closed),
            Poll::Pending => Poll::Pending,
        }
    }

    /// The trailers of a body that has ended.
    pub(crate) fn trailers(&self, declared: &[HeaderName]) -> Option<Headers> {
        match &self.left {
            Left::Ended(decoder) => decoder.trailers(declared),
            _ => None,
        }
    }

    /// The connection has ended.
    fn end(&mut self) -> Result<(Chunk, bool), WireError> {
        match self.left {
            Left::Close | Left::Tunnel { .. } => {
                self.left = Left::Nothing;
                Ok((Chunk::EMPTY, true))
            }
            _ => {
                self.left = Left::Broken(Box::new(WireError::Closed));
                Err(WireError::Closed)
            }
        }
    }

    #[cold]
    fn broken<T>(&mut self, error: WireError) -> Poll<Result<T, WireError>> {
        self.left = Left::Broken(Box::new(error));
        Poll::Ready(Err(error))
    }
}

/// How a body is framed on its way out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Outgoing {
    /// It has no body, or all of it was queued.
    #[default]
    Nothing,
    /// So many bytes are to follow.
    Length(u64),
    /// In chunks.
    Chunked,
    /// The connection's end is the body's.
    Close,
    /// Raw bytes.
    Tunnel,
}

impl Outgoing {
    /// Queues a head and the first piece of its body, framed. `false`: the body is not as long as was announced.
    #[inline]
    pub(crate) fn begin(
        &mut self,
        head: &Pieces<'_>,
        piece: Chunk,
        last: bool,
        trailers: Option<&Headers>,
        io: &mut Io,
    ) -> bool {
        if *self == Outgoing::Chunked {
            self.begin_chunked(head, piece, last, trailers, io);
            return true;
        }
        let fits = self.count(&piece, last);
        let (first, rest) = head.before(piece);
        io.queue(first);
        if let Some(rest) = rest {
            io.queue(rest);
        }
        fits
    }

    fn begin_chunked(&mut self, head: &Pieces<'_>, piece: Chunk, last: bool, trailers: Option<&Headers>, io: &mut Io) {
        let mut unsent = true;
        let mut queue = |piece: Chunk| match std::mem::take(&mut unsent) {
            false => io.queue(piece),
            true => {
                let (first, rest) = head.before(piece);
                io.queue(first);
                rest.into_iter().for_each(|rest| io.queue(rest));
            }
        };
        if piece.is_empty() && !last {
            queue(Chunk::EMPTY);
        } else {
            crate::encode::chunk(piece, last, trailers, queue);
        }
        if last {
            *self = Outgoing::Nothing;
        }
    }

    /// Counts a piece that needs no framing of its own. `false`: the body is not as long as was announced.
    #[inline]
    fn count(&mut self, piece: &Chunk, last: bool) -> bool {
        let fits = match self {
            Outgoing::Nothing => piece.is_empty(),
            Outgoing::Length(left) => {
                let n = piece.len() as u64;
                let fits = n <= *left && (n == *left || !last);
                *left = left.saturating_sub(n);
                fits
            }
            _ => true,
        };
        if last && *self != Outgoing::Close {
            *self = Outgoing::Nothing;
        }
        fits
    }

    /// Frames `piece` and gives what is to be queued to `out`. `false`: the body is not as long as was announced.
    #[inline]
    pub(crate) fn frame(
        &mut self,
        piece: Chunk,
        last: bool,
        trailers: Option<&Headers>,
        mut out: impl FnMut(Chunk),
    ) -> bool {
        if *self == Outgoing::Chunked {
            crate::encode::chunk(piece, last, trailers, out);
            if last {
                *self = Outgoing::Nothing;
            }
            return true;
        }
        let fits = self.count(&piece, last);
        if fits {
            out(piece);
        }
        fits
    }
}

/// The names that a message's `Trailer` fields announce.
#[cold]
pub(crate) fn announced(head: &Headers) -> Box<[HeaderName]> {
    const MOST: usize = 16;
    head.get_all(gateway_engine::headers::name::TRAILER)
        .flat_map(|list| list.split(|b| *b == b','))
        .filter_map(|token| HeaderName::new(gateway_engine::headers::scan::trim(token)).ok())
        .take(MOST)
        .collect()
}
