use super::*;
use bytes::Bytes;
use std::future::poll_fn;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// Two ends of one connection: ours and the peer's.
async fn pair() -> (Io, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let peer = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    (Io::tcp(listener.accept().await.unwrap().0), peer)
}

async fn fill(io: &mut Io, buf: &mut Buf) -> io::Result<usize> {
    poll_fn(|cx| io.poll_fill(cx, buf)).await
}

async fn flush(io: &mut Io) -> io::Result<()> {
    poll_fn(|cx| io.poll_flush(cx)).await
}

#[tokio::test]
async fn what_comes_is_read_behind_what_is_there() {
    let (mut io, mut peer) = pair().await;
    let mut buf = Buf::take();
    for (text, all) in [("one", "one"), (" two", "one two")] {
        peer.write_all(text.as_bytes()).await.unwrap();
        assert_eq!(fill(&mut io, &mut buf).await.unwrap(), text.len());
        assert_eq!(buf.as_slice(), all.as_bytes());
    }
    drop(peer);
    assert_eq!(fill(&mut io, &mut buf).await.unwrap(), 0);
}

#[tokio::test]
async fn pieces_leave_in_their_order() {
    let (mut io, mut peer) = pair().await;
    let mut want = Vec::new();
    for i in 0..40u8 {
        let n = [1usize, 100, 5000, 0, 70_000][usize::from(i) % 5];
        let bytes = vec![i; n];
        want.extend_from_slice(&bytes);
        let mut buf = Buf::take();
        io.queue(if n < 60_000 && i % 2 == 0 && buf.append(&bytes) {
            Chunk::Buf(buf)
        } else {
            Chunk::Bytes(Bytes::from(bytes))
        });
    }
    assert_eq!(io.queued(), want.len());
    let reader = async {
        let mut got = vec![0; want.len()];
        peer.read_exact(&mut got).await.unwrap();
        got
    };
    let (sent, got) = tokio::join!(flush(&mut io), reader);
    sent.unwrap();
    assert!(got == want);
    assert_eq!(io.queued(), 0);
}

#[tokio::test]
async fn a_quiet_connection_is_one_that_says_nothing_not_even_goodbye() {
    let (mut io, mut peer) = pair().await;
    assert!(io.quiet());
    peer.write_all(b"x").await.unwrap();
    io.socket().readable().await.unwrap();
    assert!(!io.quiet());

    let (mut io, peer) = pair().await;
    drop(peer);
    io.socket().readable().await.unwrap();
    assert!(!io.quiet());

    // Readiness that a full buffer left behind is no byte.
    let (mut io, mut peer) = pair().await;
    let mut buf = Buf::take();
    let room = buf.unfilled().len();
    peer.write_all(&vec![0; room]).await.unwrap();
    let mut n = 0;
    while n < room {
        n += fill(&mut io, &mut buf).await.unwrap();
    }
    assert!(io.quiet());
}

#[tokio::test]
async fn a_reset_is_seen_by_the_peer_as_one() {
    let (io, mut peer) = pair().await;
    io.reset_on_close();
    drop(io);
    let got = peer.read(&mut [0; 1]).await;
    assert_eq!(got.map_err(|e| e.kind()), Err(io::ErrorKind::ConnectionReset));
}

#[tokio::test]
async fn a_shutdown_is_the_end_for_the_peer() {
    let (mut io, mut peer) = pair().await;
    io.queue(Chunk::Bytes(Bytes::from_static(b"bye")));
    flush(&mut io).await.unwrap();
    poll_fn(|cx| io.poll_shutdown(cx)).await.unwrap();
    let mut got = String::new();
    peer.read_to_string(&mut got).await.unwrap();
    assert_eq!(got, "bye");
    assert_eq!(io.peer_addr().unwrap(), peer.local_addr().unwrap());
    assert_eq!(io.local_addr().unwrap(), peer.peer_addr().unwrap());
}
