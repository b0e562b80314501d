//! TLS as one more way the bytes of a connection travel.

use crate::tls::TlsSession;
use std::cell::Cell;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsStream;

/// The state of a TLS connection: what was agreed and what the peer showed.
pub type TlsSide = rustls::CommonState;

/// A TCP connection on which TLS has been agreed, by us as client or as server.
pub struct TlsIo {
    stream: TlsStream<TcpStream>,
    /// Towards clients: what was agreed.
    session: Option<Rc<TlsSession>>,
    /// Nothing is to be said to the peer any more: it has gone, or has been told.
    silent: Cell<bool>,
}

impl TlsIo {
    /// Takes an agreed connection of either side.
    pub fn new(stream: impl Into<TlsStream<TcpStream>>) -> TlsIo {
        TlsIo { stream: stream.into(), session: None, silent: Cell::new(true) }
    }

    /// Takes a client's connection. When it is dropped, the client is told that this is the end.
    pub fn server(stream: tokio_rustls::server::TlsStream<TcpStream>, session: Rc<TlsSession>) -> TlsIo {
        TlsIo { stream: stream.into(), session: Some(session), silent: Cell::new(false) }
    }

    pub(super) fn side(&self) -> &TlsSide {
        self.stream.get_ref().1
    }

    pub(super) fn socket(&self) -> &TcpStream {
        self.stream.get_ref().0
    }

    pub(super) fn session(&self) -> Option<&Rc<TlsSession>> {
        self.session.as_ref()
    }

    /// The peer is to be told nothing more: what follows is a reset.
    pub(super) fn silence(&self) {
        self.silent.set(true);
    }

    /// Reads what is there into `room`; 0 is the end.
    pub(super) fn poll_fill(&mut self, cx: &mut Context<'_>, room: &mut [u8]) -> Poll<io::Result<usize>> {
        let mut room = ReadBuf::new(room);
        Pin::new(self).poll_read(cx, &mut room).map_ok(|()| room.filled().len())
    }

    /// Whether bytes that came have not been read, as far as can be told without reading.
    pub(super) fn poll_readable(&self, cx: &mut Context<'_>) -> Poll<()> {
        // What was decrypted already is not seen by the socket.
        if self.side().wants_read() { self.socket().poll_read_ready(cx).map(|_| ()) } else { Poll::Ready(()) }
    }

    /// Nothing decrypted waits and nothing readable came. A session ticket that arrives late counts as something: it is
    /// read, and if it was no more than that the connection is still good.
    pub(super) fn quiet(&mut self, cx: &mut Context<'_>) -> bool {
        if self.socket().poll_read_ready(cx).is_pending() && self.side().wants_read() {
            return true;
        }
        let mut byte = [0; 1];
        let mut room = ReadBuf::new(&mut byte);
        Pin::new(&mut self.stream).poll_read(cx, &mut room).is_pending()
    }
}

impl AsyncRead for TlsIo {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, room: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = room.filled().len();
        let wanted = room.remaining() > 0;
        match Pin::new(&mut self.stream).poll_read(cx, room) {
            // Many peers close without the TLS alert; framing above tells whether the message was whole.
            Poll::Ready(Err(e)) if e.kind() == io::ErrorKind::UnexpectedEof => {
                self.silence();
                Poll::Ready(Ok(()))
            }
            Poll::Ready(done) => {
                if done.is_err() || (wanted && room.filled().len() == before) {
                    self.silence();
                }
                Poll::Ready(done)
            }
            Poll::Pending => Poll::Pending,
        }
    }
}

impl AsyncWrite for TlsIo {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        if matches!(written, Poll::Ready(Err(_))) {
            self.silence();
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(cx);
        if matches!(flushed, Poll::Ready(Err(_))) {
            self.silence();
        }
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let shut = Pin::new(&mut self.stream).poll_shutdown(cx);
        if shut.is_ready() {
            self.silence();
        }
        shut
    }
}

impl Drop for TlsIo {
    /// A close without the alert looks to many clients as if somebody had cut the connection.
    fn drop(&mut self) {
        if !self.silent.get() {
            // Whether it still goes out is for the kernel to say; nobody waits for it.
            let _ = Pin::new(&mut self.stream).poll_shutdown(&mut Context::from_waker(Waker::noop()));
        }
    }
}
