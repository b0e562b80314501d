//! WebSocket peers that say exactly the frames they are told to (RFC 6455), on whatever carries bytes.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};

use crate::{Answer, Client, Received, Upstream};

/// First bytes of whole frames.
pub mod first {
    #![allow(missing_docs)]
    pub const TEXT: u8 = 0x81;
    pub const BINARY: u8 = 0x82;
    pub const CLOSE: u8 = 0x88;
    pub const PING: u8 = 0x89;
    pub const PONG: u8 = 0x8a;
}

/// A frame's bytes as a client (masked) or a server would send it.
pub fn ws_frame(client: bool, first: u8, payload: &[u8]) -> Vec<u8> {
    let mut out = vec![first];
    let bit = if client { 0x80 } else { 0 };
    match payload.len() {
        n @ 0..=125 => out.push(bit | n as u8),
        n @ 126..=0xffff => {
            out.push(bit | 126);
            out.extend((n as u16).to_be_bytes());
        }
        n => {
            out.push(bit | 127);
            out.extend((n as u64).to_be_bytes());
        }
    }
    let mask: &[u8] = if client { &[7, 77, 177, 17] } else { &[] };
    out.extend(mask);
    match client {
        true => out.extend(payload.iter().zip(mask.iter().cycle()).map(|(b, m)| b ^ m)),
        false => out.extend(payload),
    }
    out
}

/// A frame at the beginning of some bytes: how long it is, whether it was masked, its first byte and its payload.
pub fn ws_read(bytes: &[u8]) -> Option<(usize, bool, u8, Vec<u8>)> {
    let (first, second) = (*bytes.first()?, *bytes.get(1)?);
    let (len, mut at) = match second & 0x7f {
        126 => (u64::from(u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?)), 4),
        127 => (u64::from_be_bytes(bytes.get(2..10)?.try_into().ok()?), 10),
        short => (u64::from(short), 2),
    };
    let masked = second & 0x80 != 0;
    let mask = if masked { bytes.get(at..at + 4)?.to_vec() } else { vec![0] };
    at += if masked { 4 } else { 0 };
    let end = at + usize::try_from(len).ok()?;
    let payload = bytes.get(at..end)?.iter().zip(mask.iter().cycle()).map(|(b, m)| b ^ m).collect();
    Some((end, masked, first, payload))
}

/// One end of a WebSocket.
#[derive(Debug)]
pub struct WebSocket<S> {
    /// What carries it.
    pub stream: S,
    client: bool,
    buffer: Vec<u8>,
}

impl<S: Read + Write> WebSocket<S> {
    /// An end whose handshake is done.
    pub fn over(stream: S, client: bool) -> WebSocket<S> {
        WebSocket { stream, client, buffer: Vec::new() }
    }

    /// Sends a frame; `false` when nobody takes it.
    pub fn send(&mut self, first: u8, payload: &[u8]) -> bool {
        let frame = ws_frame(self.client, first, payload);
        self.stream.write_all(&frame).is_ok()
    }

    /// The next frame: its first byte and payload; `None` at the end.
    #[expect(clippy::should_implement_trait, reason = "it waits for the peer, which no iteration should")]
    pub fn next(&mut self) -> Option<(u8, Vec<u8>)> {
        loop {
            if let Some((used, masked, first, payload)) = ws_read(&self.buffer) {
                assert_eq!(masked, !self.client, "only a client's frames are masked");
                self.buffer.drain(..used);
                return Some((first, payload));
            }
            let mut bytes = [0; 65536];
            match self.stream.read(&mut bytes) {
                Ok(n) if n > 0 => self.buffer.extend_from_slice(&bytes[..n]),
                _ => return None,
            }
        }
    }

    /// The code of the next frame, which is a close.
    pub fn closed_with(&mut self) -> u16 {
        match self.next() {
            Some((first::CLOSE, payload)) => u16::from_be_bytes([payload[0], payload[1]]),
            other => panic!("no close: {other:?}"),
        }
    }
}

impl WebSocket<Client> {
    /// Opens one at a gateway.
    pub fn open(addr: SocketAddr, path: &str) -> WebSocket<Client> {
        let (client, answer) = WebSocket::ask(addr, path, &[]);
        assert_eq!(answer.status, 101, "{answer:?}");
        assert_eq!(answer.header("sec-websocket-accept"), Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
        client
    }

    /// Asks for one.
    pub fn ask(addr: SocketAddr, path: &str, headers: &[(&str, &str)]) -> (WebSocket<Client>, Answer) {
        let mut client = Client::connect(addr);
        let mut fields = vec![
            ("Upgrade", "websocket"),
            ("Connection", "Upgrade"),
            ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
            ("Sec-WebSocket-Version", "13"),
        ];
        fields.extend(headers);
        let answer = client.request("GET", path, &fields, b"");
        (WebSocket::over(client, true), answer)
    }
}

/// An upstream that agrees to every WebSocket and then does as `then` says.
pub fn ws_upstream(then: impl Fn(&Received, WebSocket<&mut TcpStream>) + Send + Sync + 'static) -> Upstream {
    Upstream::new(move |got, stream| {
        let Some(key) = got.header("upgrade").and_then(|_| got.header("sec-websocket-key")) else {
            return stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").is_ok();
        };
        let accept = websocket_accept(key);
        let head = format!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
        );
        if stream.write_all(head.as_bytes()).is_ok() {
            then(got, WebSocket::over(stream, false));
        }
        false
    })
}

/// One that echoes messages, answers pings and closes as it is asked to.
pub fn ws_echo() -> Upstream {
    ws_upstream(|_, mut peer| {
        while let Some((first, payload)) = peer.next() {
            let answer = if first == first::PING { first::PONG } else { first };
            if first != first::PONG && !peer.send(answer, &payload) || first == first::CLOSE {
                return;
            }
        }
    })
}

/// An upstream that speaks HTTP/2 and echoes the bytes of WebSockets on its streams (RFC 8441).
pub struct H2Sockets {
    /// Where it listens.
    pub addr: SocketAddr,
    asked: Arc<Mutex<Vec<http::Request<()>>>>,
}

impl H2Sockets {
    /// One that answers every extended CONNECT with this status.
    pub fn answering(status: u16) -> H2Sockets {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let sockets = H2Sockets { addr: listener.local_addr().unwrap(), asked: Arc::default() };
        let asked = Arc::clone(&sockets.asked);
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                while let Ok((stream, _)) = listener.accept().await {
                    tokio::spawn(h2_sockets(stream, status, Arc::clone(&asked)));
                }
            });
        });
        sockets
    }

    /// As a node of an upstream object.
    pub fn node(&self) -> String {
        self.addr.to_string()
    }

    /// The last request.
    pub fn last(&self) -> http::Request<()> {
        let asked = self.asked.lock().unwrap();
        let last = asked.last().expect("it was asked");
        let mut copy = http::Request::new(());
        (*copy.method_mut(), *copy.uri_mut()) = (last.method().clone(), last.uri().clone());
        (*copy.headers_mut(), *copy.extensions_mut()) = (last.headers().clone(), last.extensions().clone());
        copy
    }
}

async fn h2_sockets(stream: tokio::net::TcpStream, status: u16, asked: Arc<Mutex<Vec<http::Request<()>>>>) {
    let mut builder = h2::server::Builder::new();
    builder.enable_connect_protocol();
    let Ok(mut connection) = builder.handshake::<_, bytes::Bytes>(stream).await else { return };
    while let Some(Ok((request, mut respond))) = connection.accept().await {
        let (parts, mut body) = request.into_parts();
        asked.lock().unwrap().push(http::Request::from_parts(parts, ()));
        tokio::spawn(async move {
            let answer =
                http::Response::builder().status(status).header("sec-websocket-protocol", "chat").body(()).unwrap();
            let Ok(mut out) = respond.send_response(answer, status != 200) else { return };
            while let Some(Ok(bytes)) = body.data().await {
                let _ = body.flow_control().release_capacity(bytes.len());
                if out.send_data(bytes, false).is_err() {
                    return;
                }
            }
            let _ = out.send_data(bytes::Bytes::new(), true);
        });
    }
}

/// The value of `Sec-WebSocket-Accept` for a `Sec-WebSocket-Key`.
pub fn websocket_accept(key: &str) -> String {
    base64(&sha1(format!("{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11").as_bytes()))
}

/// SHA-1 (FIPS 180-4).
fn sha1(text: &[u8]) -> [u8; 20] {
    let mut h: [u32; 5] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0];
    let mut padded = text.to_vec();
    padded.push(0x80);
    while padded.len() % 64 != 56 {
        padded.push(0);
    }
    padded.extend((text.len() as u64 * 8).to_be_bytes());
    for part in padded.chunks(64) {
        let mut w: Vec<u32> = part.chunks(4).map(|b| u32::from_be_bytes([b[0], b[1], b[2], b[3]])).collect();
        for i in 16..80 {
            w.push((w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16]).rotate_left(1));
        }
        let [mut a, mut b, mut c, mut d, mut e] = h;
        for (i, w) in w.iter().enumerate() {
            let (f, k) = match i / 20 {
                0 => ((b & c) | (!b & d), 0x5a82_7999),
                1 => (b ^ c ^ d, 0x6ed9_eba1),
                2 => ((b & c) | (b & d) | (c & d), 0x8f1b_bcdc),
                _ => (b ^ c ^ d, 0xca62_c1d6u32),
            };
            let next = a.rotate_left(5).wrapping_add(f).wrapping_add(e).wrapping_add(k).wrapping_add(*w);
            (e, d, c, b, a) = (d, c, b.rotate_left(30), a, next);
        }
        for (h, x) in h.iter_mut().zip([a, b, c, d, e]) {
            *h = h.wrapping_add(x);
        }
    }
    let mut out = [0; 20];
    for (place, h) in out.chunks_mut(4).zip(h) {
        place.copy_from_slice(&h.to_be_bytes());
    }
    out
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for part in bytes.chunks(3) {
        let word = part.iter().chain(&[0; 3]).take(3).fold(0u32, |w, b| w << 8 | u32::from(*b));
        for i in 0..4 {
            let digit = DIGITS[(word >> (18 - 6 * i) & 63) as usize];
            out.push(if i <= part.len() { digit.into() } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_example_of_the_specification() {
        assert_eq!(super::websocket_accept("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }
}
