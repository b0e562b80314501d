//! An upstream that does as it is told and remembers what it got.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// One request as it arrived.
#[derive(Debug, Clone, Default)]
pub struct Received {
    /// The request line.
    pub line: String,
    /// The fields in order.
    pub headers: Vec<(String, String)>,
    /// The body, chunks joined.
    pub body: Vec<u8>,
    /// Number of the connection it came on.
    pub connection: usize,
}

impl Received {
    /// The value of a field.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }
}

/// What an upstream answers to a request: raw bytes, or nothing and the connection closes.
type Answering = dyn Fn(&Received, &mut TcpStream) -> bool + Send + Sync;

/// A listening upstream.
pub struct Upstream {
    /// Where it listens.
    pub addr: SocketAddr,
    got: Arc<Mutex<Vec<Received>>>,
    connections: Arc<AtomicUsize>,
    ended: Arc<AtomicBool>,
}

impl Upstream {
    /// Answers every request with these bytes and keeps the connection.
    pub fn answering(bytes: impl Into<Vec<u8>>) -> Upstream {
        let bytes = bytes.into();
        Upstream::new(move |_, stream| stream.write_all(&bytes).is_ok())
    }

    /// Answers 200 with this text.
    pub fn text(text: &str) -> Upstream {
        Upstream::answering(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{text}", text.len()))
    }

    /// Answers these bytes once a connection and closes it.
    pub fn closing(bytes: impl Into<Vec<u8>>) -> Upstream {
        let bytes = bytes.into();
        Upstream::new(move |_, stream| {
            let _ = stream.write_all(&bytes);
            false
        })
    }

    /// Answers 200 to paths with `/good` in them; of anything else it waits until the gateway closes.
    pub fn stalling() -> Upstream {
        Upstream::new(|got, stream| {
            if !got.line.contains("/good") {
                let _ = stream.read(&mut [0]);
                return false;
            }
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").is_ok()
        })
    }

    /// Answers as `answer` does; `false` closes the connection.
    pub fn new(answer: impl Fn(&Received, &mut TcpStream) -> bool + Send + Sync + 'static) -> Upstream {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let addr = listener.local_addr().expect("an address");
        let upstream = Upstream { addr, got: Arc::default(), connections: Arc::default(), ended: Arc::default() };
        let (got, connections, ended) =
            (Arc::clone(&upstream.got), Arc::clone(&upstream.connections), Arc::clone(&upstream.ended));
        let answer: Arc<Answering> = Arc::new(answer);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if ended.load(Ordering::Acquire) {
                    return;
                }
                let number = connections.fetch_add(1, Ordering::AcqRel);
                let (got, answer) = (Arc::clone(&got), Arc::clone(&answer));
                thread::spawn(move || serve(stream, number, &got, &*answer));
            }
        });
        upstream
    }

    /// Everything it got so far.
    pub fn received(&self) -> Vec<Received> {
        self.got.lock().expect("nobody panics with it").clone()
    }

    /// The last request it got.
    pub fn last(&self) -> Received {
        self.received().pop().expect("a request came")
    }

    /// Connections accepted so far.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::Acquire)
    }

    /// As a node of an upstream object.
    pub fn node(&self) -> String {
        self.addr.to_string()
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Release);
        let _ = TcpStream::connect(self.addr);
    }
}

fn serve(mut stream: TcpStream, connection: usize, got: &Mutex<Vec<Received>>, answer: &Answering) {
    let _ = stream.set_read_timeout(Some(Duration::from_secs(60)));
    let _ = stream.set_nodelay(true);
    let mut buffer = Vec::new();
    while let Some(mut received) = read(&mut stream, &mut buffer) {
        received.connection = connection;
        got.lock().expect("nobody panics with it").push(received.clone());
        if !answer(&received, &mut stream) {
            return;
        }
    }
}

fn read(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<Received> {
    let head = until(stream, buffer, b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&head).into_owned();
    let mut lines = head.split("\r\n").filter(|l| !l.is_empty());
    let mut received = Received { line: lines.next()?.to_owned(), ..Received::default() };
    received.headers =
        lines.filter_map(|l| l.split_once(':')).map(|(n, v)| (n.to_owned(), v.trim().to_owned())).collect();
    if received.header("transfer-encoding").is_some() {
        loop {
            let line = until(stream, buffer, b"\r\n")?;
            let size = usize::from_str_radix(String::from_utf8_lossy(&line).trim(), 16).ok()?;
            if size == 0 {
                while until(stream, buffer, b"\r\n")? != b"\r\n" {}
                break;
            }
            received.body.extend(take(stream, buffer, size)?);
            take(stream, buffer, 2)?;
        }
    } else if let Some(length) = received.header("content-length").and_then(|l| l.parse().ok()) {
        received.body = take(stream, buffer, length)?;
    }
    Some(received)
}

fn until(stream: &mut TcpStream, buffer: &mut Vec<u8>, mark: &[u8]) -> Option<Vec<u8>> {
    loop {
        if let Some(at) = buffer.windows(mark.len()).position(|w| w == mark) {
            return Some(buffer.drain(..at + mark.len()).collect());
        }
        more(stream, buffer)?;
    }
}

fn take(stream: &mut TcpStream, buffer: &mut Vec<u8>, n: usize) -> Option<Vec<u8>> {
    while buffer.len() < n {
        more(stream, buffer)?;
    }
    Some(buffer.drain(..n).collect())
}

fn more(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<()> {
    let mut bytes = [0; 65536];
    match stream.read(&mut bytes) {
        Ok(n) if n > 0 => {
            buffer.extend_from_slice(&bytes[..n]);
            Some(())
        }
        _ => None,
    }
}
