//! The only place that touches a socket. TLS is a variant inside; another way of input and output would be another variant.

mod out;
mod tls;

use crate::buf::{Buf, Chunk};
use crate::tls::TlsSession;
use out::Out;
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags};
use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::TcpStream;
use tokio::task::coop;

pub use tls::{TlsIo, TlsSide};

/// One connection: bytes in by [`poll_fill`](Io::poll_fill), bytes out by [`queue`](Io::queue) and [`poll_flush`](Io::poll_flush).
pub struct Io {
    link: Link,
    out: Out,
}

/// Up to this many bytes are written at the first try, as a rule.
const SMALL: usize = 4 << 10;

/// Writes to the socket. A small piece is tried before anything is arranged for the case that it does not fit; with a large
/// one that case is not rare, and `poll_write` saves the call that would only say so.
#[inline]
fn write(stream: &mut TcpStream, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
    if bytes.len() <= SMALL {
        // The system call itself: that of libc is a point at which a thread may be cancelled, which costs more than the rest.
        let send = || Ok(rustix::net::send(&*stream, bytes, SendFlags::NOSIGNAL)?);
        match stream.try_io(Interest::WRITABLE, send) {
            Err(e) if matches!(e.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {}
            done => return Poll::Ready(done),
        }
    }
    Pin::new(stream).poll_write(cx, bytes)
}

/// Writes what is queued.
#[inline]
fn flush(stream: &mut TcpStream, cx: &mut Context<'_>, out: &mut Out) -> Poll<io::Result<()>> {
    if out.several() {
        match flush_several(stream, cx, out) {
            Poll::Ready(Ok(())) => {}
            unfinished => return unfinished,
        }
    }
    while let Some(bytes) = out.front() {
        let length = bytes.len();
        match write(stream, cx, bytes) {
            Poll::Ready(Ok(0)) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
            Poll::Ready(Ok(n)) if n == length => {
                out.pass();
                if !out.several() {
                    break;
                }
            }
            Poll::Ready(Ok(n)) => out.advance(n),
            Poll::Ready(Err(e)) => return Poll::Ready(Err(e)),
            Poll::Pending => return Poll::Pending,
        }
    }
    Poll::Ready(Ok(()))
}

/// Pieces that leave in one write.
const TOGETHER: usize = 16;

/// Writes pieces, several at a time, until one is left at most.
fn flush_several(stream: &mut TcpStream, cx: &mut Context<'_>, out: &mut Out) -> Poll<io::Result<()>> {
    while out.several() {
        let mut slices = [IoSlice::new(&[]); TOGETHER];
        let count = out.slices(&mut slices);
        let written = Pin::new(&mut *stream).poll_write_vectored(cx, slices.get(..count).unwrap_or_default());
        match written {
            Poll::Ready(Ok(0)) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
            Poll::Ready(Ok(n)) => out.advance_over(n),
            Poll::Ready(Err(e)) => return Poll::Ready(Err(e)),
            Poll::Pending => return Poll::Pending,
        }
    }
    Poll::Ready(Ok(()))
}

/// Whether an error says that nothing is there yet. One without a number is the runtime's own, which has nothing else to say: cheaper to
/// see than an error's kind.
#[inline]
fn not_ready(error: &io::Error) -> bool {
    error.raw_os_error().is_none_or(|number| number == Errno::AGAIN.raw_os_error())
}

/// Reads from the socket; 0 is the end, or that there is no room. Nothing is arranged for the case that nothing has come before
/// that is so. A read that leaves room clears the readiness (by an error that stands for it), which saves the call that would only
/// say "nothing left".
#[inline]
fn read(stream: &mut TcpStream, cx: &mut Context<'_>, room: &mut [u8]) -> Poll<io::Result<usize>> {
    // Only reads that fill their room can go on for ever: they alone are counted.
    if !coop::has_budget_remaining() && coop::poll_proceed(cx).is_pending() {
        return Poll::Pending;
    }
    loop {
        let mut short = 0;
        let receive = || {
            let (_, n) = rustix::net::recv(&*stream, &mut *room, RecvFlags::empty())?;
            if n == 0 || n >= room.len() {
                return Ok(n);
            }
            short = n;
            Err(io::ErrorKind::WouldBlock.into())
        };
        match stream.try_io(Interest::READABLE, receive) {
            Err(_) if short > 0 => return Poll::Ready(Ok(short)),
            Ok(n) => {
                if let Poll::Ready(turn) = coop::poll_proceed(cx) {
                    turn.made_progress();
                }
                return Poll::Ready(Ok(n));
            }
            Err(e) if not_ready(&e) => match stream.poll_read_ready(cx) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(e)) => return Poll::Ready(Err(e)),
                Poll::Pending => return Poll::Pending,
            },
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Poll::Ready(Err(e)),
        }
    }
}

/// What carries the bytes.
enum Link {
    Tcp(TcpStream),
    /// Boxed: it is three times as large, and a clear connection should not pay for it.
    Tls(Box<TlsIo>),
}

impl Io {
    /// A clear connection. Small writes go out at once (`TCP_NODELAY`).
    pub fn tcp(stream: TcpStream) -> Io {
        // An answer that waits for an acknowledgement is 40 ms late; if the option cannot be set, that is all that happens.
        let _ = stream.set_nodelay(true);
        Io { link: Link::Tcp(stream), out: Out::default() }
    }

    /// A connection on which TLS has been agreed.
    pub fn tls(stream: TlsIo) -> Io {
        Io { link: Link::Tls(Box::new(stream)), out: Out::default() }
    }

    /// Reads what is there behind the bytes of `into`; 0 is the end. Nothing is read when `into` has no room, which also
    /// gives 0: the caller looks.
    #[inline]
    pub fn poll_fill(&mut self, cx: &mut Context<'_>, into: &mut Buf) -> Poll<io::Result<usize>> {
        let read = match &mut self.link {
            Link::Tcp(stream) => read(stream, cx, into.unfilled()),
            Link::Tls(stream) => stream.poll_fill(cx, into.unfilled()),
        };
        if let Poll::Ready(Ok(n)) = read {
            into.filled(n);
        }
        read
    }

    /// Whether there is something to be read, for a caller who expects that there is not: it costs less than a read that finds
    /// nothing, and more before one that finds something. The task is woken when something comes.
    #[inline]
    pub fn poll_readable(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match &mut self.link {
            Link::Tcp(stream) => stream.poll_read_ready(cx).map(|_| ()),
            Link::Tls(stream) => stream.poll_readable(cx),
        }
    }

    /// Puts `chunk` behind what is to be written. Never waits and writes nothing yet.
    #[inline]
    pub fn queue(&mut self, chunk: Chunk) {
        self.out.push(chunk);
    }

    /// How many bytes wait to be written.
    #[inline]
    pub fn queued(&self) -> usize {
        self.out.len()
    }

    /// Writes what is queued, at once and without asking first whether the socket takes it.
    #[inline]
    pub fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.link {
            Link::Tcp(stream) => flush(stream, cx, &mut self.out),
            Link::Tls(stream) => {
                while let Some(bytes) = self.out.front() {
                    match Pin::new(stream.as_mut()).poll_write(cx, bytes) {
                        Poll::Ready(Ok(0)) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                        Poll::Ready(Ok(n)) => self.out.advance(n),
                        Poll::Ready(Err(e)) => return Poll::Ready(Err(e)),
                        Poll::Pending => return Poll::Pending,
                    }
                }
                // What was encrypted may still lie in the TLS layer.
                Pin::new(stream.as_mut()).poll_flush(cx)
            }
        }
    }

    /// Whether an idle connection is still as it was left: nothing came, not even its end. Makes no system call unless
    /// something seems to be there.
    pub fn quiet(&mut self) -> bool {
        match &mut self.link {
            // Reads only where readiness is noted, which may be left over from a read that filled its buffer exactly.
            Link::Tcp(stream) => {
                matches!(stream.try_read(&mut [0]), Err(e) if not_ready(&e))
            }
            Link::Tls(stream) => stream.quiet(&mut Context::from_waker(Waker::noop())),
        }
    }

    /// Says that nothing more will be written (FIN, and the closing alert of TLS). What is queued should be flushed before.
    pub fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.link {
            Link::Tcp(stream) => Pin::new(stream).poll_shutdown(cx),
            Link::Tls(stream) => Pin::new(stream.as_mut()).poll_shutdown(cx),
        }
    }

    /// Makes the close that follows a reset, so that the peer can tell and the kernel drops what it still holds.
    pub fn reset_on_close(&self) {
        if let Link::Tls(stream) = &self.link {
            stream.silence();
        }
        // A failure leaves an ordinary close.
        let _ = self.socket().set_zero_linger();
    }

    /// The peer's address, as the kernel tells it (a system call).
    ///
    /// # Errors
    /// When the connection is gone.
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.socket().peer_addr()
    }

    /// Our own address on this connection (a system call).
    ///
    /// # Errors
    /// When the connection is gone.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket().local_addr()
    }

    /// The TLS layer, when there is one.
    pub fn tls_side(&self) -> Option<&TlsSide> {
        match &self.link {
            Link::Tcp(_) => None,
            Link::Tls(stream) => Some(stream.side()),
        }
    }

    /// What was agreed with a client over TLS.
    pub fn tls_session(&self) -> Option<&Rc<TlsSession>> {
        match &self.link {
            Link::Tcp(_) => None,
            Link::Tls(stream) => stream.session(),
        }
    }

    /// The socket beneath, for its options.
    pub fn socket(&self) -> &TcpStream {
        match &self.link {
            Link::Tcp(stream) => stream,
            Link::Tls(stream) => stream.socket(),
        }
    }
}

/// For codecs that want these traits. What was queued is not theirs: they write past it.
impl AsyncRead for Io {
    #[inline]
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, room: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match &mut self.link {
            Link::Tcp(stream) => Pin::new(stream).poll_read(cx, room),
            Link::Tls(stream) => Pin::new(stream.as_mut()).poll_read(cx, room),
        }
    }
}

impl AsyncWrite for Io {
    #[inline]
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match &mut self.link {
            Link::Tcp(stream) => write(stream, cx, bytes),
            Link::Tls(stream) => Pin::new(stream.as_mut()).poll_write(cx, bytes),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.link {
            Link::Tcp(_) => Poll::Ready(Ok(())),
            Link::Tls(stream) => Pin::new(stream.as_mut()).poll_flush(cx),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Io::poll_shutdown(&mut self, cx)
    }
}

#[cfg(test)]
mod tests;
