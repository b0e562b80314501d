//! A client that speaks HTTP/2 frame by frame, so that it can also speak it badly. Fields are written as literals without a
//! table, and only those of the gateway that tests look at are read. A server's side of a connection is one as well.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use crate::{Client, Tls};

/// The first bytes of every client.
pub const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Its kind, see [`kind`].
    pub kind: u8,
    /// Its flags.
    pub flags: u8,
    /// The stream.
    pub stream: u32,
    /// What it carries.
    pub payload: Vec<u8>,
}

/// Kinds of frames.
pub mod kind {
    #![allow(missing_docs)]
    pub const DATA: u8 = 0;
    pub const HEADERS: u8 = 1;
    pub const PRIORITY: u8 = 2;
    pub const RST_STREAM: u8 = 3;
    pub const SETTINGS: u8 = 4;
    pub const PING: u8 = 6;
    pub const GOAWAY: u8 = 7;
    pub const WINDOW_UPDATE: u8 = 8;
    pub const CONTINUATION: u8 = 9;
}

/// The last frame of a side.
pub const END_STREAM: u8 = 1;
/// The last frame of a field block.
pub const END_HEADERS: u8 = 4;

/// Error codes.
pub mod code {
    #![allow(missing_docs)]
    pub const NO_ERROR: u32 = 0;
    pub const PROTOCOL_ERROR: u32 = 1;
    pub const INTERNAL_ERROR: u32 = 2;
    pub const SETTINGS_TIMEOUT: u32 = 4;
    pub const REFUSED_STREAM: u32 = 7;
    pub const CANCEL: u32 = 8;
    pub const COMPRESSION_ERROR: u32 = 9;
    pub const ENHANCE_YOUR_CALM: u32 = 11;
}

/// How a stream ended, and what came of it.
#[derive(Debug, Clone, Default)]
pub struct Reply {
    /// The status; 0: no head came.
    pub status: u16,
    /// The bytes of DATA.
    pub body: Vec<u8>,
    /// Field blocks, as they came: the head, perhaps trailers.
    pub blocks: Vec<Vec<u8>>,
    /// It ended as it should.
    pub whole: bool,
    /// It was reset with this code.
    pub reset: Option<u32>,
}

/// A connection.
pub struct H2 {
    stream: Client,
    buffer: Vec<u8>,
    next: u32,
    /// What has come of each stream that is open.
    pub replies: BTreeMap<u32, Reply>,
    /// GOAWAYs so far: last stream and code.
    pub goaways: Vec<(u32, u32)>,
    /// By how much the gateway has opened each window so far.
    pub credit: BTreeMap<u32, usize>,
    /// Settings acknowledgements and the like so far.
    pub acks: usize,
    /// Windows are kept open.
    pub generous: bool,
    /// SETTINGS and PING are acknowledged.
    pub polite: bool,
    /// The connection has ended.
    pub ended: bool,
    /// Of a server's side: streams whose heads have come.
    pub heads: BTreeSet<u32>,
}

/// A way into a gateway.
#[derive(Debug, Clone, Copy)]
pub struct Door {
    /// Where.
    pub addr: SocketAddr,
    /// The name to ask for over TLS; none: in clear.
    pub name: Option<&'static str>,
}

impl Door {
    /// Connects and greets.
    pub fn connect(&self) -> H2 {
        self.with(&[])
    }

    /// The same with these settings.
    pub fn with(&self, settings: &[(u16, u32)]) -> H2 {
        let mut client = self.silent();
        client.greet(PREFACE, settings);
        client
    }

    /// Connects and says nothing.
    pub fn silent(&self) -> H2 {
        match self.name {
            None => H2::silent(self.addr),
            Some(_) => {
                let client = Tls::new().alpn(&["h2"]).connect(self.addr, self.name);
                H2::over(client.unwrap_or_else(|e| panic!("no TLS: {e}")))
            }
        }
    }
}

impl H2 {
    /// Connects and greets.
    pub fn connect(addr: SocketAddr) -> H2 {
        H2::with(addr, &[])
    }

    /// The same with these settings.
    pub fn with(addr: SocketAddr, settings: &[(u16, u32)]) -> H2 {
        let mut client = H2::silent(addr);
        client.greet(PREFACE, settings);
        client
    }

    /// The server's side of a connection, which says these settings.
    pub fn accepted(stream: TcpStream, settings: &[(u16, u32)]) -> H2 {
        let mut server = H2::on(Client::accepted(stream));
        // Silence is the script's affair.
        server.socket().set_read_timeout(None).unwrap();
        server.greet(b"", settings);
        server
    }

    fn greet(&mut self, preface: &[u8], settings: &[(u16, u32)]) {
        // No table of the gateway's: each field of its heads stands there as itself.
        let settings = [&[(1, 0)], settings].concat();
        let payload: Vec<u8> =
            settings.iter().flat_map(|(id, value)| [&id.to_be_bytes()[..], &value.to_be_bytes()].concat()).collect();
        self.write(&[preface, &frame(kind::SETTINGS, 0, 0, &payload)].concat());
    }

    /// Connects and says nothing.
    pub fn silent(addr: SocketAddr) -> H2 {
        H2::on(Client::connect(addr))
    }

    /// Speaks on a connection that is open, and has said nothing yet.
    pub fn over(stream: Client) -> H2 {
        H2::on(stream)
    }

    fn on(stream: Client) -> H2 {
        H2 {
            stream,
            buffer: Vec::new(),
            next: 1,
            replies: BTreeMap::new(),
            goaways: Vec::new(),
            credit: BTreeMap::new(),
            acks: 0,
            generous: true,
            polite: true,
            ended: false,
            heads: BTreeSet::new(),
        }
    }

    /// The socket.
    pub fn socket(&self) -> &TcpStream {
        self.stream.socket()
    }

    /// Sends bytes; `false` when the peer takes no more.
    pub fn write(&mut self, bytes: &[u8]) -> bool {
        Write::write_all(&mut self.stream, bytes).and_then(|()| self.stream.flush()).is_ok()
    }

    /// Sends a frame.
    pub fn send(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) -> bool {
        self.write(&frame(kind, flags, stream, payload))
    }

    /// A number for a stream of its own.
    pub fn stream_id(&mut self) -> u32 {
        let id = self.next;
        self.next += 2;
        id
    }

    /// Sends a head; gives its stream. `end`: there is no body.
    pub fn head(&mut self, fields: &[(&str, &str)], end: bool) -> u32 {
        let id = self.stream_id();
        self.send(kind::HEADERS, END_HEADERS | u8::from(end), id, &block(fields));
        id
    }

    /// Sends a GET; gives its stream.
    pub fn get(&mut self, path: &str) -> u32 {
        self.head(&request("GET", path), true)
    }

    /// Sends data.
    pub fn data(&mut self, stream: u32, bytes: &[u8], end: bool) -> bool {
        self.send(kind::DATA, u8::from(end), stream, bytes)
    }

    /// Sends a whole body, as fast as the windows allow.
    pub fn upload(&mut self, stream: u32, bytes: &[u8]) {
        self.upload_some(stream, bytes, true);
    }

    /// The first bytes of a body, as fast as the windows allow; with `end` they are all.
    pub fn upload_some(&mut self, stream: u32, bytes: &[u8], end: bool) {
        const FIRST: usize = 65_535;
        let mut sent = 0;
        while sent < bytes.len() {
            let room = |c: &H2, id| FIRST + c.credit.get(&id).copied().unwrap_or_default() - sent;
            let n = room(self, stream).min(16_000).min(bytes.len() - sent);
            if n == 0 {
                let opened = self.until(|c| room(c, stream) > 0);
                assert!(opened, "the window stays shut");
                continue;
            }
            assert!(self.data(stream, &bytes[sent..sent + n], end && sent + n == bytes.len()));
            sent += n;
        }
    }

    /// Resets a stream.
    pub fn reset(&mut self, stream: u32, code: u32) -> bool {
        self.send(kind::RST_STREAM, 0, stream, &code.to_be_bytes())
    }

    /// Reads until a stream has ended, or the connection.
    pub fn reply(&mut self, stream: u32) -> Reply {
        self.until(|c| c.replies.get(&stream).is_some_and(|r| r.whole || r.reset.is_some()));
        self.replies.remove(&stream).unwrap_or_default()
    }

    /// Asks and reads the answer.
    pub fn ask(&mut self, path: &str) -> Reply {
        let id = self.get(path);
        self.reply(id)
    }

    /// Reads until the condition holds or the connection has ended; whether it holds.
    pub fn until(&mut self, mut condition: impl FnMut(&H2) -> bool) -> bool {
        loop {
            if condition(self) {
                return true;
            }
            if self.next_frame().is_none() {
                return condition(self);
            }
        }
    }

    /// Reads to the end; gives the code of the last GOAWAY.
    pub fn goodbye(&mut self) -> Option<u32> {
        while self.next_frame().is_some() {}
        self.goaways.last().map(|(_, code)| *code)
    }

    /// The next frame, noted; `None` at the end.
    pub fn next_frame(&mut self) -> Option<Frame> {
        let head = self.take(9)?;
        let len = u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize;
        let stream = u32::from_be_bytes([head[5], head[6], head[7], head[8]]) & 0x7fff_ffff;
        let frame = Frame { kind: head[3], flags: head[4], stream, payload: self.take(len)? };
        self.note(&frame);
        Some(frame)
    }

    fn note(&mut self, f: &Frame) {
        let word = |at: usize| f.payload.get(at..at + 4).map_or(0, |b| u32::from_be_bytes([b[0], b[1], b[2], b[3]]));
        match f.kind {
            kind::SETTINGS | kind::PING if f.flags & 1 != 0 => self.acks += 1,
            kind::SETTINGS if self.polite => _ = self.send(kind::SETTINGS, 1, 0, &[]),
            kind::PING if self.polite => _ = self.send(kind::PING, 1, 0, &f.payload.clone()),
            kind::WINDOW_UPDATE => *self.credit.entry(f.stream).or_default() += word(0) as usize,
            kind::GOAWAY => self.goaways.push((word(0) & 0x7fff_ffff, word(4))),
            kind::RST_STREAM => self.replies.entry(f.stream).or_default().reset = Some(word(0)),
            kind::HEADERS => {
                let reply = self.replies.entry(f.stream).or_default();
                if reply.status < 200 {
                    reply.status = status(&f.payload);
                }
                reply.blocks.push(f.payload.clone());
                reply.whole |= f.flags & END_STREAM != 0;
            }
            kind::DATA => {
                let reply = self.replies.entry(f.stream).or_default();
                reply.body.extend_from_slice(&f.payload);
                reply.whole |= f.flags & END_STREAM != 0;
                if self.generous && !f.payload.is_empty() {
                    let n = (f.payload.len() as u32).to_be_bytes();
                    self.send(kind::WINDOW_UPDATE, 0, 0, &n);
                    self.send(kind::WINDOW_UPDATE, 0, f.stream, &n);
                }
            }
            _ => {}
        }
    }

    fn take(&mut self, n: usize) -> Option<Vec<u8>> {
        while self.buffer.len() < n {
            let mut bytes = [0; 65536];
            match self.stream.read(&mut bytes) {
                Ok(n) if n > 0 => self.buffer.extend_from_slice(&bytes[..n]),
                Err(e) if matches!(e.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) => {
                    panic!("nothing came for long");
                }
                _ => {
                    self.ended = true;
                    return None;
                }
            }
        }
        Some(self.buffer.drain(..n).collect())
    }
}

/// A frame's bytes.
pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let mut out = (payload.len() as u32).to_be_bytes()[1..].to_vec();
    out.extend([kind, flags]);
    out.extend(stream.to_be_bytes());
    out.extend(payload);
    out
}

/// A field block: each field a literal that enters no table.
pub fn block(fields: &[(&str, &str)]) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, value) in fields {
        out.push(0);
        string(name.as_bytes(), &mut out);
        string(value.as_bytes(), &mut out);
    }
    out
}

/// A string literal without Huffman coding.
pub fn string(text: &[u8], out: &mut Vec<u8>) {
    integer(0, 7, text.len(), out);
    out.extend_from_slice(text);
}

/// An integer behind the bits of `first` (RFC 7541 section 5.1).
pub fn integer(first: u8, bits: u8, n: usize, out: &mut Vec<u8>) {
    let most = (1usize << bits) - 1;
    if n < most {
        out.push(first | n as u8);
        return;
    }
    out.push(first | most as u8);
    let mut rest = n - most;
    while rest >= 128 {
        out.push(rest as u8 | 128);
        rest >>= 7;
    }
    out.push(rest as u8);
}

/// The fields every request has.
pub fn request<'a>(method: &'a str, path: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![(":method", method), (":scheme", "http"), (":path", path), (":authority", "localhost")]
}

/// The status at the beginning of a block: one of the table's, or a literal.
fn status(block: &[u8]) -> u16 {
    const KNOWN: [u16; 7] = [200, 204, 206, 304, 400, 404, 500];
    let mut at = 0;
    // Changes of the table's size come first.
    while block.get(at).is_some_and(|b| b & 0xe0 == 0x20) {
        if block[at] & 0x1f == 0x1f {
            while block.get(at + 1).is_some_and(|b| b & 0x80 != 0) {
                at += 1;
            }
            at += 1;
        }
        at += 1;
    }
    match block.get(at) {
        Some(b) if b & 0x80 != 0 => KNOWN.get(usize::from(b & 0x7f).wrapping_sub(8)).copied().unwrap_or(0),
        // A literal whose name is the table's eighth entry or one beside it, three digits long, in Huffman code or plain.
        Some(_) => digits(block.get(at + 1..).unwrap_or_default()),
        None => 0,
    }
}

fn digits(text: &[u8]) -> u16 {
    let Some((head, rest)) = text.split_first() else { return 0 };
    if head & 0x80 == 0 {
        return std::str::from_utf8(rest.get(..3).unwrap_or_default()).ok().and_then(|t| t.parse().ok()).unwrap_or(0);
    }
    // Digits in the Huffman code: 0, 1 and 2 are five bits, the others six (RFC 7541 appendix B).
    let bits: String = rest.iter().take(usize::from(head & 0x7f)).map(|b| format!("{b:08b}")).collect();
    let (mut bits, mut n) = (&bits[..], 0);
    for _ in 0..3 {
        let five = u8::from_str_radix(bits.get(..5).unwrap_or_default(), 2).unwrap_or(31);
        let (digit, len) = match five {
            0..=2 => (five, 5),
            _ => (u8::from_str_radix(bits.get(..6).unwrap_or_default(), 2).unwrap_or(0).wrapping_sub(0x19) + 3, 6),
        };
        n = n * 10 + u16::from(digit);
        bits = bits.get(len..).unwrap_or_default();
    }
    n
}
