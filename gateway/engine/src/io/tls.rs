//! TLS as one more way the bytes of a connection travel.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsStream;

/// The state of a TLS connection: what was agreed and what the peer showed.
pub type TlsSide = rustls::CommonState;

/// A TCP connection on which TLS has been agreed, by us as client or as server.
pub struct TlsIo(TlsStream<TcpStream>);

impl TlsIo {
    /// Takes an agreed connection of either side.
    pub fn new(stream: impl Into<TlsStream<TcpStream>>) -> TlsIo {
        TlsIo(stream.into())
    }

    pub(super) fn side(&self) -> &TlsSide {
        self.0.get_ref().1
    }

    pub(super) fn socket(&self) -> &TcpStream {
        self.0.get_ref().0
    }

    /// Nothing decrypted waits and nothing readable came. A session ticket that arrives late counts as something: it is
    /// read, and if it was no more than that the connection is still good.
    pub(super) fn quiet(&mut self, cx: &mut Context<'_>) -> bool {
        if self.socket().poll_read_ready(cx).is_pending() && self.side().wants_read() {
            return true;
        }
        let mut byte = [0; 1];
        let mut room = ReadBuf::new(&mut byte);
        Pin::new(&mut self.0).poll_read(cx, &mut room).is_pending()
    }
}

impl AsyncRead for TlsIo {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, room: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.0).poll_read(cx, room) {
            // Many peers close without the TLS alert; framing above tells whether the message was whole.
            Poll::Ready(Err(e)) if e.kind() == io::ErrorKind::UnexpectedEof => Poll::Ready(Ok(())),
            other => other,
        }
    }
}

impl AsyncWrite for TlsIo {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
