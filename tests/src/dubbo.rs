//! Dubbo2 for tests, written anew so that it agrees with the gateway's own codec by the protocol alone: frames and calls in
//! hessian2, a consumer that shows every byte, and a provider that does as it is told.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// Bits of the third byte of a frame.
pub mod flag {
    /// A call in hessian2 that wants an answer.
    pub const CALL: u8 = 0xc2;
    /// A call in hessian2 that wants none.
    pub const ONE_WAY: u8 = 0x82;
    /// An answer in hessian2.
    pub const ANSWER: u8 = 0x02;
    /// A heartbeat.
    pub const HEARTBEAT: u8 = 0xe2;
    /// An answer to one.
    pub const HEARTBEAT_ANSWER: u8 = 0x22;
    /// An event that wants no answer.
    pub const EVENT: u8 = 0xa2;
}

/// A frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// What kind it is, and the serialization of its body.
    pub flags: u8,
    /// How a call went.
    pub status: u8,
    /// What belongs together.
    pub id: i64,
    /// The body.
    pub body: Vec<u8>,
}

impl Frame {
    /// As it goes over the wire.
    pub fn bytes(&self) -> Vec<u8> {
        let mut out = vec![0xda, 0xbb, self.flags, self.status];
        out.extend(self.id.to_be_bytes());
        out.extend(u32::try_from(self.body.len()).unwrap().to_be_bytes());
        out.extend(&self.body);
        out
    }

    /// Whether the body holds a text.
    pub fn says(&self, text: &str) -> bool {
        self.body.windows(text.len()).any(|window| window == text.as_bytes())
    }
}

/// A string in hessian2 (of the 16-bit characters alone).
pub fn text(value: &str) -> Vec<u8> {
    let n = value.encode_utf16().count();
    let mut out = match n {
        0..32 => vec![n as u8],
        32..1024 => vec![0x30 + (n >> 8) as u8, n as u8],
        _ => vec![b'S', (n >> 8) as u8, n as u8],
    };
    out.extend(value.as_bytes());
    out
}

/// An int in hessian2.
pub fn int(value: i32) -> Vec<u8> {
    let mut out = vec![b'I'];
    out.extend(value.to_be_bytes());
    out
}

/// What a call says.
#[derive(Debug, Clone)]
pub struct Call {
    /// Path of the service, in front.
    pub path: String,
    /// Version of the service, in front.
    pub version: String,
    /// The method.
    pub method: String,
    /// Types of the parameters.
    pub descriptor: String,
    /// The arguments, written.
    pub arguments: Vec<u8>,
    /// The attachments, written in this order.
    pub attachments: Vec<(String, String)>,
}

impl Call {
    /// A call of a method with one text.
    pub fn new(path: &str, method: &str, argument: &str) -> Call {
        Call {
            path: path.into(),
            version: "0.0.0".into(),
            method: method.into(),
            descriptor: "Ljava/lang/String;".into(),
            arguments: text(argument),
            attachments: vec![("path".into(), path.into()), ("interface".into(), path.into())],
        }
    }

    /// With an attachment more.
    pub fn with(mut self, name: &str, value: &str) -> Call {
        self.attachments.push((name.into(), value.into()));
        self
    }

    /// As the body of a request.
    pub fn body(&self) -> Vec<u8> {
        let mut out = text("2.0.2");
        for part in [&self.path, &self.version, &self.method, &self.descriptor] {
            out.extend(text(part));
        }
        out.extend(&self.arguments);
        out.push(b'H');
        for (name, value) in &self.attachments {
            out.extend(text(name));
            out.extend(text(value));
        }
        out.push(b'Z');
        out
    }
}

/// An answer of status 20 with a text for its value.
pub fn value(text_: &str) -> Vec<u8> {
    [&[0x94][..], &text(text_), b"H", &text("dubbo"), &text("2.0.2"), b"Z"].concat()
}

/// One side of a connection.
pub struct Peer {
    /// The socket.
    pub stream: TcpStream,
    read: Vec<u8>,
}

impl Peer {
    /// Over a connection.
    pub fn new(stream: TcpStream) -> Peer {
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream.set_nodelay(true).unwrap();
        Peer { stream, read: Vec::new() }
    }

    /// A consumer's connection.
    pub fn connect(addr: SocketAddr) -> Peer {
        Peer::new(TcpStream::connect(addr).unwrap())
    }

    /// Sends bytes.
    pub fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).unwrap();
    }

    /// The next frame; `None`: the other side has closed.
    pub fn maybe(&mut self) -> Option<Frame> {
        loop {
            if let Some(head) = self.read.first_chunk::<16>() {
                assert_eq!(head[..2], [0xda, 0xbb], "{:?}", String::from_utf8_lossy(&self.read));
                let len = u32::from_be_bytes(head[12..].try_into().unwrap()) as usize;
                if self.read.len() >= 16 + len {
                    let (flags, status) = (head[2], head[3]);
                    let id = i64::from_be_bytes(head[4..12].try_into().unwrap());
                    let body = self.read.drain(..16 + len).skip(16).collect();
                    return Some(Frame { flags, status, id, body });
                }
            }
            let mut chunk = [0; 65536];
            match self.stream.read(&mut chunk) {
                Ok(0) => return None,
                Ok(n) => self.read.extend(&chunk[..n]),
                Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => return None,
                Err(error) => panic!("{error}"),
            }
        }
    }

    /// The next frame, which must come.
    pub fn frame(&mut self) -> Frame {
        self.maybe().expect("a frame, not the end")
    }

    /// Sends a call under an id.
    pub fn send_call(&mut self, id: i64, call: &Call) {
        self.send(&Frame { flags: flag::CALL, status: 0, id, body: call.body() }.bytes());
    }

    /// Makes a call and waits for its answer.
    pub fn call(&mut self, call: &Call) -> Frame {
        self.send_call(1, call);
        let answer = self.frame();
        assert_eq!(answer.id, 1);
        answer
    }
}

/// A call as a provider got it.
#[derive(Debug, Clone)]
pub struct Got {
    /// The frame.
    pub frame: Frame,
    /// The four strings behind the protocol's version: path, version, method, descriptor.
    pub strings: [String; 4],
    /// Attachments that are texts behind arguments that are texts.
    pub attachments: Vec<(String, String)>,
    /// Number of the connection it came on.
    pub connection: usize,
}

impl Got {
    /// The value of an attachment.
    pub fn attachment(&self, name: &str) -> Option<&str> {
        self.attachments.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The method.
    pub fn method(&self) -> &str {
        &self.strings[2]
    }

    fn read(frame: &Frame, connection: usize) -> Got {
        let mut at = 0;
        text_at(&frame.body, &mut at);
        let strings: [String; 4] = std::array::from_fn(|_| text_at(&frame.body, &mut at));
        // What stands behind other arguments is not looked for.
        let text = |kind| matches!(kind, "Ljava/lang/String" | "Ljava/lang/Object");
        let texts = strings[3].split_terminator(';').all(text);
        for _ in 0..if texts { strings[3].matches(';').count() } else { 0 } {
            text_at(&frame.body, &mut at);
        }
        let mut attachments = Vec::new();
        if texts && frame.body.get(at) == Some(&b'H') {
            at += 1;
            while frame.body.get(at).is_some_and(|b| *b != b'Z') {
                attachments.push((text_at(&frame.body, &mut at), text_at(&frame.body, &mut at)));
            }
        }
        Got { frame: frame.clone(), strings, attachments, connection }
    }
}

/// The int at a place.
pub(crate) fn int_at(body: &[u8], at: &mut usize) -> i32 {
    let tag = i32::from(body[*at]);
    let more = match tag {
        0x80..=0xbf => 0,
        0xc0..=0xcf => 1,
        0xd0..=0xd7 => 2,
        0x49 => 4,
        _ => panic!("no int: {tag:#x}"),
    };
    let rest = body[*at + 1..=*at + more].iter().fold(0i32, |n, b| n << 8 | i32::from(*b));
    *at += 1 + more;
    match more {
        0 => tag - 0x90,
        1 => ((tag - 0xc8) << 8) + rest,
        2 => ((tag - 0xd4) << 16) + rest,
        _ => rest,
    }
}

/// The short string of plain characters at a place.
pub(crate) fn text_at(body: &[u8], at: &mut usize) -> String {
    let tag = usize::from(body[*at]);
    let n = match tag {
        0..=0x1f => tag,
        0x30..=0x33 => {
            *at += 1;
            (tag - 0x30) * 256 + usize::from(body[*at])
        }
        _ => panic!("no short text: {tag:#x}"),
    };
    *at += 1 + n;
    String::from_utf8(body[*at - n..*at].to_vec()).unwrap()
}

/// What a provider does with a call: writes what it wants to its peer; `false`: the connection closes.
type Serving = dyn Fn(&Got, &mut TcpStream) -> bool + Send + Sync;

/// A listening provider. It answers heartbeats.
pub struct Provider {
    /// Where it listens.
    pub addr: SocketAddr,
    got: Arc<Mutex<Vec<Got>>>,
    open: Arc<Mutex<Vec<TcpStream>>>,
}

impl Provider {
    /// Answers every call with `NAME METHOD`.
    pub fn named(name: &'static str) -> Provider {
        Provider::new(move |got, stream| {
            let body = value(&format!("{name} {}", got.method()));
            stream.write_all(&answer(got, 20, body)).is_ok()
        })
    }

    /// Does with calls as `serve` does. One-way calls come to it as well.
    pub fn new(serve: impl Fn(&Got, &mut TcpStream) -> bool + Send + Sync + 'static) -> Provider {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let addr = listener.local_addr().unwrap();
        let (got, open) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(Vec::new())));
        let serve: Arc<Serving> = Arc::new(serve);
        let provider = Provider { addr, got: Arc::clone(&got), open: Arc::clone(&open) };
        thread::spawn(move || {
            for (connection, stream) in listener.incoming().flatten().enumerate() {
                open.lock().unwrap().push(stream.try_clone().unwrap());
                let (got, serve) = (Arc::clone(&got), Arc::clone(&serve));
                thread::spawn(move || Provider::serve(stream, connection, &got, &*serve));
            }
        });
        provider
    }

    fn serve(stream: TcpStream, connection: usize, all: &Mutex<Vec<Got>>, serve: &Serving) {
        let mut out = stream.try_clone().unwrap();
        let mut peer = Peer::new(stream);
        peer.stream.set_read_timeout(None).unwrap();
        while let Some(frame) = peer.maybe() {
            if frame.flags & 0x20 != 0 {
                let beat = Frame { flags: flag::HEARTBEAT_ANSWER, status: 20, id: frame.id, body: b"N".to_vec() };
                let _ = out.write_all(&beat.bytes());
                continue;
            }
            let got = Got::read(&frame, connection);
            all.lock().unwrap().push(got.clone());
            if !serve(&got, &mut out) {
                let _ = out.shutdown(Shutdown::Both);
                return;
            }
        }
    }

    /// The node as an upstream names it.
    pub fn node(&self) -> String {
        self.addr.to_string()
    }

    /// The calls so far.
    pub fn got(&self) -> Vec<Got> {
        self.got.lock().unwrap().clone()
    }

    /// The call that came last.
    pub fn last(&self) -> Got {
        self.got.lock().unwrap().last().cloned().expect("a call")
    }

    /// Sends bytes on every connection that is open.
    pub fn say(&self, bytes: &[u8]) {
        self.open.lock().unwrap().iter().for_each(|mut stream| drop(stream.write_all(bytes)));
    }

    /// How many connections there have been.
    pub fn connections(&self) -> usize {
        self.open.lock().unwrap().len()
    }
}

/// The answer to a call.
pub fn answer(got: &Got, status: u8, body: Vec<u8>) -> Vec<u8> {
    Frame { flags: flag::ANSWER, status, id: got.frame.id, body }.bytes()
}
