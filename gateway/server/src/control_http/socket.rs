//! The socket of a connection, shared by the one who speaks HTTP on it and by answers that ask whether anybody still listens.

use std::io;
use std::mem::MaybeUninit;
use std::net::Shutdown;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::room::Guest;

/// How long a connection may be silent before the system asks whether its peer is still there, and how long between two questions.
const SILENCE: Duration = Duration::from_secs(30);

/// What is said to who takes too long with a head.
const LATE: &[u8] = b"HTTP/1.1 408 Request Timeout\r\nContent-Type: application/json\r\nContent-Length: 37\r\nConnection: close\r\n\r\n\
    {\"error_msg\":\"408 Request Time-out\"}\n";

/// Most bytes that are still taken from who is sent away, so that the answer is seen.
const TAKEN: usize = 64 << 10;

/// A connection; a clone is the same one.
#[derive(Debug, Clone)]
pub(crate) struct Socket(Arc<TcpStream>, Arc<Guest>);

impl Socket {
    pub(super) fn new(stream: TcpStream, guest: Arc<Guest>) -> Socket {
        // A connection without them is one that may outlive its peer, nothing else.
        let _ = stream.set_nodelay(true);
        let keepalive = TcpKeepalive::new().with_time(SILENCE).with_interval(SILENCE);
        let _ = SockRef::from(&stream).set_tcp_keepalive(&keepalive);
        Socket(Arc::new(stream), guest)
    }

    /// The peer has shown a right key: the connection gives way to nobody.
    pub(crate) fn welcome(&self) {
        self.1.welcome();
    }

    /// Says 408, as far as there is room for it, and that nothing follows.
    pub(super) fn refuse_late(&self) {
        let _ = self.0.try_write(LATE);
        let _ = SockRef::from(&*self.0).shutdown(Shutdown::Write);
        let (mut bytes, mut taken) = ([0; 4096], 0);
        // What nobody has read makes the end a reset.
        while let Ok(read @ 1..) = self.0.try_read(&mut bytes) {
            taken += read;
            if taken > TAKEN {
                return;
            }
        }
    }

    /// Whether the peer has said that it sends nothing more, or is gone. Says no while bytes wait that nobody has read.
    pub(crate) fn is_ended(&self) -> bool {
        match SockRef::from(&*self.0).peek(&mut [MaybeUninit::uninit()]) {
            Ok(read) => read == 0,
            Err(error) => !matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted),
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        loop {
            ready!(self.0.poll_read_ready(cx))?;
            match self.0.try_read(buf.initialize_unfilled()) {
                Ok(read) => {
                    buf.advance(read);
                    if read > 0 {
                        self.1.read();
                    }
                    return Poll::Ready(Ok(()));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[io::IoSlice::new(buf)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        loop {
            let Poll::Ready(ready) = self.0.poll_write_ready(cx) else {
                self.1.wrote(false);
                return Poll::Pending;
            };
            ready?;
            match self.0.try_write_vectored(bufs) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                done => {
                    self.1.wrote(true);
                    return Poll::Ready(done);
                }
            }
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(SockRef::from(&*self.0).shutdown(Shutdown::Write))
    }
}
