//! An HTTP/1.1 client that sends exactly the bytes it is given.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use rustls::{ClientConnection, StreamOwned};

/// Longest wait for anything from the peer.
const PATIENCE: Duration = Duration::from_secs(20);

/// An answer, parsed.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    /// The status; 0 when the connection ended without an answer.
    pub status: u16,
    /// The fields in order.
    pub headers: Vec<(String, String)>,
    /// The body, chunks joined.
    pub body: Vec<u8>,
    /// Fields behind a chunked body.
    pub trailers: Vec<(String, String)>,
    /// The message ended as its framing says.
    pub whole: bool,
}

impl Answer {
    /// The value of a field.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("no JSON ({e}): {}", self.text()))
    }
}

/// A connection.
pub struct Client {
    stream: Stream,
    buffer: Vec<u8>,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Client of {:?}", self.socket().peer_addr())
    }
}

/// What carries the bytes.
enum Stream {
    Clear(TcpStream),
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
}

impl Read for Stream {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Stream::Clear(stream) => stream.read(into),
            Stream::Tls(stream) => stream.read(into),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Stream::Clear(stream) => stream.write(bytes),
            Stream::Tls(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Stream::Clear(stream) => stream.flush(),
            Stream::Tls(stream) => stream.flush(),
        }
    }
}

impl Client {
    /// Connects.
    pub fn connect(addr: SocketAddr) -> Client {
        let stream = TcpStream::connect(addr).unwrap_or_else(|e| panic!("connect {addr}: {e}"));
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        Client { stream: Stream::Clear(stream), buffer: Vec::new() }
    }

    /// Takes a connection that a client has opened.
    pub fn accepted(stream: TcpStream) -> Client {
        stream.set_nodelay(true).unwrap();
        Client { stream: Stream::Clear(stream), buffer: Vec::new() }
    }

    /// Takes a connection on which TLS has been agreed.
    pub fn over(stream: StreamOwned<ClientConnection, TcpStream>) -> Client {
        Client { stream: Stream::Tls(Box::new(stream)), buffer: Vec::new() }
    }

    /// What was agreed.
    pub fn tls(&self) -> &ClientConnection {
        match &self.stream {
            Stream::Tls(stream) => &stream.conn,
            Stream::Clear(_) => panic!("not a TLS connection"),
        }
    }

    /// Sends bytes as they are.
    pub fn write(&mut self, bytes: impl AsRef<[u8]>) {
        // A peer that has answered and closed already may refuse the rest: the answer tells.
        let _ = self.stream.write_all(bytes.as_ref());
    }

    /// Says that nothing more is sent.
    pub fn finish(&self) {
        let _ = self.socket().shutdown(std::net::Shutdown::Write);
    }

    /// The socket.
    pub fn socket(&self) -> &TcpStream {
        match &self.stream {
            Stream::Clear(stream) => stream,
            Stream::Tls(stream) => &stream.sock,
        }
    }

    /// Sends a request and reads its answer.
    pub fn request(&mut self, method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut head = format!("{method} {target} HTTP/1.1\r\n");
        if !headers.iter().any(|(n, _)| n.eq_ignore_ascii_case("host")) {
            head.push_str("Host: localhost\r\n");
        }
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if !body.is_empty() {
            head.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        head.push_str("\r\n");
        self.write([head.as_bytes(), body].concat());
        self.answer(method == "HEAD")
    }

    /// Reads the next answer; 1xx answers are passed over. `bodyless`: it answers a HEAD.
    pub fn answer(&mut self, bodyless: bool) -> Answer {
        loop {
            let answer = self.one(bodyless);
            if !(100..200).contains(&answer.status) || answer.status == 101 {
                return answer;
            }
        }
    }

    /// Reads the next answer, an interim one too.
    pub fn interim(&mut self) -> Answer {
        self.one(true)
    }

    fn one(&mut self, bodyless: bool) -> Answer {
        let Some(head) = self.until(b"\r\n\r\n") else { return Answer::default() };
        let head = String::from_utf8_lossy(&head).into_owned();
        let mut lines = head.split("\r\n");
        let status = lines.next().and_then(|l| l.split(' ').nth(1)).and_then(|s| s.parse().ok()).unwrap_or(0);
        let mut answer = Answer { status, headers: lines.filter_map(field).collect(), ..Answer::default() };
        if bodyless || status < 200 || matches!(status, 204 | 304) {
            answer.whole = true;
        } else if answer.header("transfer-encoding").is_some() {
            self.chunks(&mut answer);
        } else if let Some(length) = answer.header("content-length").and_then(|l| l.parse::<usize>().ok()) {
            answer.whole = self.fill(length);
            let length = length.min(self.buffer.len());
            answer.body = self.buffer.drain(..length).collect();
        } else {
            while self.more() {}
            answer.body = std::mem::take(&mut self.buffer);
            answer.whole = true;
        }
        answer
    }

    fn chunks(&mut self, answer: &mut Answer) {
        loop {
            let Some(line) = self.until(b"\r\n") else { return };
            let line = String::from_utf8_lossy(&line).into_owned();
            let Ok(size) = usize::from_str_radix(line.trim(), 16) else { return };
            if size == 0 {
                loop {
                    match self.until(b"\r\n") {
                        None => return,
                        Some(line) if line == b"\r\n" => break,
                        Some(line) => answer.trailers.extend(field(String::from_utf8_lossy(&line).trim_end())),
                    }
                }
                answer.whole = true;
                return;
            }
            if !self.fill(size + 2) {
                answer.body.append(&mut self.buffer);
                return;
            }
            answer.body.extend(self.buffer.drain(..size));
            self.buffer.drain(..2);
        }
    }

    /// Everything until the connection ends.
    pub fn rest(&mut self) -> Vec<u8> {
        while self.more() {}
        std::mem::take(&mut self.buffer)
    }

    /// Whether the peer has closed the connection (waits for it to).
    pub fn closed(&mut self) -> bool {
        let mut byte = [0];
        self.buffer.is_empty()
            && match self.stream.read(&mut byte) {
                Ok(n) => n == 0,
                // A reset; but one that is still there after all this time is not closed.
                Err(error) => error.kind() != std::io::ErrorKind::WouldBlock,
            }
    }

    /// Exactly `n` bytes.
    pub fn take(&mut self, n: usize) -> Vec<u8> {
        self.fill(n);
        let n = n.min(self.buffer.len());
        self.buffer.drain(..n).collect()
    }

    fn until(&mut self, mark: &[u8]) -> Option<Vec<u8>> {
        loop {
            if let Some(at) = self.buffer.windows(mark.len()).position(|w| w == mark) {
                return Some(self.buffer.drain(..at + mark.len()).collect());
            }
            if !self.more() {
                return None;
            }
        }
    }

    fn fill(&mut self, n: usize) -> bool {
        while self.buffer.len() < n {
            if !self.more() {
                return false;
            }
        }
        true
    }

    fn more(&mut self) -> bool {
        let mut bytes = [0; 65536];
        match self.stream.read(&mut bytes) {
            Ok(n) if n > 0 => {
                self.buffer.extend_from_slice(&bytes[..n]);
                true
            }
            _ => false,
        }
    }
}

/// What comes behind an answer that made the connection something else.
impl Read for Client {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.buffer.is_empty() {
            return self.stream.read(into);
        }
        let n = into.len().min(self.buffer.len());
        into.iter_mut().zip(self.buffer.drain(..n)).for_each(|(to, from)| *to = from);
        Ok(n)
    }
}

impl Write for Client {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

fn field(line: impl AsRef<str>) -> Option<(String, String)> {
    let (name, value) = line.as_ref().split_once(':')?;
    Some((name.to_owned(), value.trim().to_owned()))
}

/// Sends raw bytes on a connection of its own and reads the answer.
pub fn send(addr: SocketAddr, bytes: impl AsRef<[u8]>) -> Answer {
    let mut client = Client::connect(addr);
    client.write(bytes);
    client.answer(false)
}
