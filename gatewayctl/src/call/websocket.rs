//! A WebSocket through the gateway: the handshake, text there, messages back (RFC 6455).

use std::time::Duration;

use reqwest::header::{CONNECTION, HeaderName, HeaderValue, UPGRADE};
use reqwest::{Method, Upgraded};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::send::{Sender, version};
use super::{Call, Speaks, base64};
use crate::error::{Error, Kind, Result};

/// The largest message that is taken, in bytes.
const LARGEST: u64 = 16 << 20;

/// What came of it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Talk {
    pub(crate) status: u16,
    pub(crate) version: &'static str,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) messages: Vec<Message>,
    /// The code with which the other side closed, and why.
    pub(crate) closed: Option<(u16, String)>,
}

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Message {
    Text(String),
    Binary(Vec<u8>),
}

/// Makes a request the handshake of a WebSocket, and returns what is said then.
pub(crate) fn make(call: &mut Call) -> Option<Vec<u8>> {
    call.method = Method::GET;
    call.speaks = Speaks::Http1;
    call.headers.retain(|(name, _)| *name != reqwest::header::CONTENT_TYPE);
    call.headers.push((CONNECTION, HeaderValue::from_static("Upgrade")));
    call.headers.push((UPGRADE, HeaderValue::from_static("websocket")));
    call.default_header(HeaderName::from_static("sec-websocket-version"), "13");
    let key: Vec<u8> = std::iter::repeat_with(|| fastrand::u8(..)).take(16).collect();
    if let Ok(key) = HeaderValue::from_str(&base64(&key)) {
        call.headers.push((HeaderName::from_static("sec-websocket-key"), key));
    }
    call.body.take()
}

/// Shakes hands, says it, and listens until so many messages came, nothing came for the time, or the other side closed.
///
/// # Errors
/// Unreachable; server: what comes is no WebSocket.
pub(crate) async fn talk(sender: &Sender, say: Option<&[u8]>, count: usize, wait: Duration) -> Result<Talk> {
    let response = sender.begin().await?;
    let mut talk = Talk {
        status: response.status().as_u16(),
        version: version(response.version()),
        headers: response.headers().clone(),
        ..Talk::default()
    };
    if talk.status != 101 {
        return Ok(talk);
    }
    let mut stream = response.upgrade().await.map_err(|error| sender.failure(&error))?;
    if let Some(say) = say {
        let code = if std::str::from_utf8(say).is_ok() { 1 } else { 2 };
        write(&mut stream, code, say).await?;
    }
    let mut frames = Frames::default();
    let listening = listen(&mut stream, &mut frames, &mut talk, count);
    // Quiet is an end like any other.
    if let Ok(ended) = tokio::time::timeout(wait, listening).await {
        ended?;
    }
    if talk.closed.is_none() {
        let _ = write(&mut stream, 8, &1000_u16.to_be_bytes()).await;
    }
    Ok(talk)
}

async fn listen(stream: &mut Upgraded, frames: &mut Frames, talk: &mut Talk, count: usize) -> Result<()> {
    let mut buffer = vec![0; 16 * 1024];
    while talk.messages.len() < count {
        let Some(frame) = frames.take()? else {
            let read = stream.read(&mut buffer).await.map_err(|error| lost(&error))?;
            if read == 0 {
                talk.closed.get_or_insert((1006, "the connection ended".to_owned()));
                return Ok(());
            }
            frames.buffer.extend_from_slice(buffer.get(..read).unwrap_or_default());
            continue;
        };
        match frame {
            Got::Message(message) => talk.messages.push(message),
            Got::Ping(payload) => write(stream, 10, &payload).await?,
            Got::Close(code, why) => {
                let _ = write(stream, 8, &code.to_be_bytes()).await;
                talk.closed = Some((code, why));
                return Ok(());
            }
        }
    }
    Ok(())
}

fn lost(error: &std::io::Error) -> Error {
    Error::new(Kind::Unreachable, format!("the WebSocket broke off: {error}"))
}

/// One frame, masked as those of clients are.
async fn write(stream: &mut Upgraded, code: u8, payload: &[u8]) -> Result<()> {
    let frame = frame(code, payload, fastrand::u32(..).to_be_bytes());
    let written = async {
        stream.write_all(&frame).await?;
        stream.flush().await
    };
    written.await.map_err(|error: std::io::Error| lost(&error))
}

fn frame(code: u8, payload: &[u8], mask: [u8; 4]) -> Vec<u8> {
    let mut frame = Vec::with_capacity(payload.len() + 14);
    frame.push(0x80 | code);
    match payload.len() {
        short @ 0..=125 => frame.push(0x80 | u8::try_from(short).unwrap_or(125)),
        middle @ 126..=0xffff => {
            frame.push(0x80 | 126);
            frame.extend(u16::try_from(middle).unwrap_or(u16::MAX).to_be_bytes());
        }
        long => {
            frame.push(0x80 | 127);
            frame.extend(u64::try_from(long).unwrap_or(u64::MAX).to_be_bytes());
        }
    }
    frame.extend(mask);
    frame.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    frame
}

/// The messages of bytes that come in these pieces, in their debug forms, and the fault that ended them; for fuzz targets.
pub(crate) fn read_pieces(pieces: &[&[u8]]) -> (Vec<String>, Option<String>) {
    let (mut frames, mut found) = (Frames::default(), Vec::new());
    for piece in pieces {
        frames.buffer.extend_from_slice(piece);
        loop {
            match frames.take() {
                Ok(Some(got)) => found.push(format!("{got:?}")),
                Ok(None) => break,
                Err(error) => return (found, Some(error.message().to_owned())),
            }
        }
    }
    (found, None)
}

/// What a frame, or the last of several, amounts to.
#[derive(Debug, PartialEq, Eq)]
enum Got {
    Message(Message),
    Ping(Vec<u8>),
    Close(u16, String),
}

/// The code of a frame, whether it is the last of its message, its payload.
type Frame = (u8, bool, Vec<u8>);

/// Bytes in, messages out.
#[derive(Debug, Default)]
struct Frames {
    buffer: Vec<u8>,
    /// The message so far, and whether it is text.
    part: Option<(bool, Vec<u8>)>,
}

impl Frames {
    /// The next one that is whole.
    ///
    /// # Errors
    /// Server: no frame of a server.
    fn take(&mut self) -> Result<Option<Got>> {
        let wrong = |why: &str| Error::new(Kind::Server, format!("the WebSocket sent what is none: {why}"));
        loop {
            let Some((code, last, payload)) = self.frame().map_err(wrong)? else { return Ok(None) };
            match code {
                0..=2 => {
                    let (text, mut whole) = match (code, self.part.take()) {
                        (0, Some(part)) => part,
                        (1 | 2, None) => (code == 1, Vec::new()),
                        _ => return Err(wrong("pieces out of order")),
                    };
                    whole.extend(payload);
                    if u64::try_from(whole.len()).unwrap_or(u64::MAX) > LARGEST {
                        return Err(wrong("a message too large"));
                    }
                    if !last {
                        self.part = Some((text, whole));
                        continue;
                    }
                    let message = if text {
                        Message::Text(String::from_utf8(whole).map_err(|_| wrong("text that is not UTF-8"))?)
                    } else {
                        Message::Binary(whole)
                    };
                    return Ok(Some(Got::Message(message)));
                }
                8 => {
                    let code = payload.get(..2).and_then(|code| code.try_into().ok()).map_or(1005, u16::from_be_bytes);
                    let why = String::from_utf8_lossy(payload.get(2..).unwrap_or_default()).into_owned();
                    return Ok(Some(Got::Close(code, why)));
                }
                9 => return Ok(Some(Got::Ping(payload))),
                10 => {}
                _ => return Err(wrong("an unknown kind of frame")),
            }
        }
    }

    /// The next frame that is whole.
    fn frame(&mut self) -> std::result::Result<Option<Frame>, &'static str> {
        let &[first, second, ..] = self.buffer.as_slice() else { return Ok(None) };
        if first & 0x70 != 0 || second & 0x80 != 0 {
            return Err("bits that no server sets");
        }
        let number = |bytes: &[u8]| bytes.iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        let (length, head) = match second & 0x7f {
            126 => (self.buffer.get(2..4).map(number), 4),
            127 => (self.buffer.get(2..10).map(number), 10),
            short => (Some(u64::from(short)), 2),
        };
        let Some(length) = length else { return Ok(None) };
        if length > LARGEST || first & 0x08 != 0 && length > 125 {
            return Err("a frame too large");
        }
        let end = head + usize::try_from(length).unwrap_or(usize::MAX);
        if self.buffer.len() < end {
            return Ok(None);
        }
        let rest = self.buffer.split_off(end);
        let mut frame = std::mem::replace(&mut self.buffer, rest);
        Ok(Some((first & 0x0f, first & 0x80 != 0, frame.split_off(head))))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn plain(first: u8, payload: &[u8]) -> Vec<u8> {
        [&[first, u8::try_from(payload.len()).unwrap()], payload].concat()
    }

    #[test]
    fn messages_in_pieces_with_pings_between() {
        let bytes = [plain(0x01, b"he"), plain(0x89, b"p"), plain(0x80, b"llo"), plain(0x88, b"\x03\xe8bye")].concat();
        let (mut frames, mut got) = (Frames::default(), Vec::new());
        for byte in bytes {
            frames.buffer.push(byte);
            while let Some(one) = frames.take().unwrap() {
                got.push(one);
            }
        }
        let expected =
            [Got::Ping(b"p".to_vec()), Got::Message(Message::Text("hello".into())), Got::Close(1000, "bye".into())];
        assert_eq!(got, expected);
        for bad in [plain(0x80, b"x"), plain(0x83, b"x"), plain(0xc1, b"x"), vec![0x81, 0x81], plain(0x81, b"\xff")] {
            let mut frames = Frames { buffer: bad.clone(), part: None };
            assert!(frames.take().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn frames_of_all_lengths_are_masked() {
        for (length, head) in [(0, 6), (125, 6), (126, 8), (65_535, 8), (65_536, 14)] {
            let frame = frame(1, &vec![7; length], [1, 2, 3, 4]);
            assert_eq!((frame.len(), frame[0]), (head + length, 0x81));
            assert!(length == 0 || frame[head] == 6);
        }
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let mut frames = Frames { buffer: bytes, part: None };
            while let Ok(Some(_)) = frames.take() {}
        }
    }
}
