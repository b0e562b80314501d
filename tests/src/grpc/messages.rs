//! Messages of one direction, written and read.

use std::future::poll_fn;

use bytes::{Buf, BufMut, Bytes, BytesMut};
use h2::{RecvStream, SendStream};

/// Sends a message, waiting for room in the window.
pub(crate) async fn send(out: &mut SendStream<Bytes>, message: &[u8]) -> Option<()> {
    write(out, 0, message, false).await
}

/// Sends a message that says it is compressed.
pub(crate) async fn send_compressed(out: &mut SendStream<Bytes>, message: &[u8]) -> Option<()> {
    write(out, 1, message, false).await
}

/// The same for the last one: its end comes with it, as clients of unary calls do it. Behind it nobody can be late, for a server
/// may answer as soon as it has the message.
pub(crate) async fn send_last(out: &mut SendStream<Bytes>, message: &[u8]) -> Option<()> {
    write(out, 0, message, true).await
}

async fn write(out: &mut SendStream<Bytes>, flag: u8, message: &[u8], last: bool) -> Option<()> {
    let mut frame = BytesMut::with_capacity(message.len() + 5);
    frame.put_u8(flag);
    frame.put_u32(message.len().try_into().expect("a message's length"));
    frame.put_slice(message);
    let mut frame = frame.freeze();
    while !frame.is_empty() {
        out.reserve_capacity(frame.len().min(64 << 10));
        let room = match out.capacity() {
            0 => poll_fn(|cx| out.poll_capacity(cx)).await?.ok()?,
            room => room,
        };
        let piece = frame.split_to(room.min(frame.len()));
        let ends = last && frame.is_empty();
        out.send_data(piece, ends).ok()?;
    }
    Some(())
}

/// The messages of one direction.
pub(crate) struct Messages {
    pub(crate) body: RecvStream,
    read: BytesMut,
    pub(super) broken: bool,
}

impl Messages {
    pub(crate) fn new(body: RecvStream) -> Messages {
        Messages { body, read: BytesMut::new(), broken: false }
    }

    /// The next one; `None` at the end, and when it broke off.
    pub(crate) async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(head) = self.read.get(..5) {
                let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize;
                if self.read.len() >= 5 + length {
                    self.read.advance(5);
                    return Some(self.read.split_to(length).freeze());
                }
            }
            match self.body.data().await {
                Some(Ok(data)) => {
                    let _ = self.body.flow_control().release_capacity(data.len());
                    self.read.put(data);
                }
                Some(Err(_)) => {
                    self.broken = true;
                    return None;
                }
                None => return None,
            }
        }
    }
}
