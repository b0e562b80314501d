//! The clients: each is a task that does what a good library does, and tells what it sees.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use bytes::Bytes;
use h2::ext::Protocol;
use h2::{RecvStream, SendStream, client};
use http::{Method, Request};
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio::sync::Semaphore;
use tokio_rustls::TlsConnector;

use super::Shared;
use super::scene::NAME;
use crate::grpc::{Messages, send, send_last};
use crate::{Tls, first, ws_frame, ws_read};

/// How long a stream rests between two messages.
const REST: Duration = Duration::from_millis(20);

/// Requests at a time on one connection where there is a rate.
const AT_ONCE: u32 = 64;

pub(super) fn start(runtime: &Runtime, shared: &Arc<Shared>) {
    let plan = &shared.plan;
    let spawn = |what: What, secure: bool| {
        shared.running.fetch_add(1, Ordering::AcqRel);
        let shared = Arc::clone(shared);
        runtime.spawn(async move {
            let client = Client { shared: Arc::clone(&shared), secure };
            match what {
                What::Asks(kind) => client.ask(kind).await,
                What::Streams => client.stream().await,
                What::Chats(over) => client.chat(over).await,
            }
            shared.running.fetch_sub(1, Ordering::AcqRel);
        });
    };
    for n in 0..plan.callers {
        spawn(What::Asks(Kind::Call), n % 2 == 0);
        spawn(What::Asks(Kind::Request), n % 2 == 0);
    }
    for n in 0..plan.streams {
        spawn(What::Streams, n % 2 == 0);
    }
    for n in 0..plan.websockets {
        spawn(What::Chats(if n / 2 % 2 == 0 { Over::Http1 } else { Over::Http2 }), n % 2 == 0);
    }
}

enum What {
    Asks(Kind),
    Streams,
    Chats(Over),
}

#[derive(Clone, Copy)]
enum Kind {
    Call,
    Request,
}

enum Over {
    Http1,
    Http2,
}

/// What carries the bytes.
trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Wire for T {}

struct Client {
    shared: Arc<Shared>,
    secure: bool,
}

impl Client {
    async fn connect(&self, alpn: &str) -> Result<Box<dyn Wire>, String> {
        let plan = &self.shared.plan;
        let addr = if self.secure { plan.secure } else { plan.clear };
        let stream = TcpStream::connect(addr).await.map_err(|e| format!("connect: {e}"))?;
        let _ = stream.set_nodelay(true);
        if !self.secure {
            return Ok(Box::new(stream));
        }
        let config = Arc::new(Tls::new().alpn(&[alpn]).config());
        let name = ServerName::try_from(NAME).expect("a name");
        let stream = TlsConnector::from(config).connect(name, stream).await.map_err(|e| format!("handshake: {e}"))?;
        let shown = stream.get_ref().1.peer_certificates().and_then(|all| all.first()).map(|c| c.to_vec());
        self.shared.note(|f| *f.shown.entry(shown.unwrap_or_default()).or_default() += 1);
        Ok(Box::new(stream))
    }

    /// An HTTP/2 connection; its task ends with it.
    async fn open(&self) -> Result<client::SendRequest<Bytes>, String> {
        let wire = self.connect("h2").await?;
        let (sender, connection) = client::handshake(wire).await.map_err(|e| format!("HTTP/2: {e}"))?;
        tokio::spawn(connection);
        self.shared.note(|f| f.connections += 1);
        sender.ready().await.map_err(|e| format!("no stream: {e}"))
    }

    /// Asks until it is enough, on one connection after the other.
    async fn ask(&self, kind: Kind) {
        let shared = &self.shared;
        let every = shared.plan.rate.map(|rate| {
            Duration::from_secs(1) * u32::try_from(shared.plan.callers * 2).expect("few clients") / rate.max(1)
        });
        let mut ticks = every.map(|every| {
            let mut ticks = tokio::time::interval(every);
            ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Burst);
            ticks
        });
        let room = Arc::new(Semaphore::new(AT_ONCE as usize));
        while !shared.is(&shared.enough) {
            let sender = match self.open().await {
                Ok(sender) => sender,
                Err(_) if shared.is(&shared.leaving) => break,
                Err(why) => {
                    shared.fail(why);
                    continue;
                }
            };
            let mut asked = 0;
            loop {
                if shared.is(&shared.enough) || (shared.plan.renews > 0 && asked >= shared.plan.renews) {
                    break;
                }
                if let Some(ticks) = &mut ticks {
                    ticks.tick().await;
                }
                let Ok(ready) = sender.clone().ready().await else {
                    shared.note(|f| f.goodbyes += 1);
                    break;
                };
                asked += 1;
                let began = Instant::now();
                let shared = Arc::clone(shared);
                let place = if ticks.is_some() { Arc::clone(&room).try_acquire_owned().ok() } else { None };
                let alone = place.is_none();
                let one = async move {
                    match once(ready, kind).await {
                        Ok(false) => shared.note(|f| f.goodbyes += 1),
                        Ok(true) => shared.note(|f| {
                            match kind {
                                Kind::Call => f.calls += 1,
                                Kind::Request => f.requests += 1,
                            }
                            f.micros.push(u32::try_from(began.elapsed().as_micros()).unwrap_or(u32::MAX));
                        }),
                        Err(why) => shared.fail(why),
                    }
                    drop(place);
                };
                if alone {
                    one.await;
                } else {
                    tokio::spawn(one);
                }
            }
        }
        // All of it is free when all have ended.
        let _ = room.acquire_many(AT_ONCE).await;
    }

    /// A gRPC stream: a message and its echo, and again.
    async fn stream(&self) {
        self.shared.open.fetch_add(1, Ordering::AcqRel);
        let end = self.echo().await.unwrap_or_else(|why| why);
        self.shared.open.fetch_sub(1, Ordering::AcqRel);
        self.shared.note(|f| *f.streams.entry(end).or_default() += 1);
    }

    async fn echo(&self) -> Result<String, String> {
        let shared = &self.shared;
        let mut sender = self.open().await?;
        let request = call("/echo.Echo/Bidi");
        let (answer, mut out) = sender.send_request(request, false).map_err(|e| e.to_string())?;
        drop(sender);
        send(&mut out, b"0").await.ok_or("the stream was cut")?;
        let (head, body) = answer.await.map_err(|e| e.to_string())?.into_parts();
        if let Some(status) = head.headers.get("grpc-status") {
            return Ok(status.to_str().unwrap_or("?").to_owned());
        }
        let mut messages = Messages::new(body);
        let mut n = 0u64;
        loop {
            match messages.next().await {
                Some(message) if message == n.to_string().as_bytes() => {}
                Some(_) => return Err("another message".into()),
                None => return status(&mut messages).await,
            }
            shared.note(|f| f.echoes += 1);
            if shared.is(&shared.hang_up) {
                let _ = out.send_data(Bytes::new(), true);
                while messages.next().await.is_some() {}
                return status(&mut messages).await;
            }
            tokio::time::sleep(REST).await;
            n += 1;
            // Where the other side has ended, the messages tell how.
            let _ = send(&mut out, n.to_string().as_bytes()).await;
        }
    }

    /// A WebSocket: a frame and its echo, and again.
    async fn chat(&self, over: Over) {
        self.shared.open.fetch_add(1, Ordering::AcqRel);
        let end = match over {
            Over::Http1 => self.chat_http1().await,
            Over::Http2 => self.chat_http2().await,
        };
        self.shared.open.fetch_sub(1, Ordering::AcqRel);
        self.shared.note(|f| *f.websockets.entry(end.unwrap_or_else(|why| why)).or_default() += 1);
    }

    async fn chat_http1(&self) -> Result<String, String> {
        let mut wire = self.connect("http/1.1").await?;
        let head = format!(
            "GET /chat HTTP/1.1\r\nHost: {NAME}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        );
        wire.write_all(head.as_bytes()).await.map_err(|e| e.to_string())?;
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(wire.read_u8().await.map_err(|e| format!("no answer: {e}"))?);
        }
        if !head.starts_with(b"HTTP/1.1 101") {
            return Err(String::from_utf8_lossy(&head).into_owned());
        }
        let (mut from, mut to) = tokio::io::split(wire);
        let mut frames = Frames::default();
        loop {
            // Where it fails, what was said before may still be read.
            let _ = to.write_all(&message()).await;
            while frames.echoes == 0 {
                let mut bytes = [0; 1024];
                match from.read(&mut bytes).await {
                    Ok(n) if n > 0 => {
                        if let Some(answer) = frames.came(&bytes[..n]) {
                            let _ = to.write_all(&answer).await;
                        }
                    }
                    Ok(_) => return Ok(frames.code("closed")),
                    Err(e) => return Ok(frames.code(&e.to_string())),
                }
            }
            if self.rest(&mut frames).await {
                return Ok("ours".into());
            }
        }
    }

    async fn chat_http2(&self) -> Result<String, String> {
        let mut sender = self.open().await?;
        let mut asked = request(Method::CONNECT, "/chat");
        asked.headers_mut().insert("sec-websocket-version", http::HeaderValue::from_static("13"));
        asked.extensions_mut().insert(Protocol::from_static("websocket"));
        let (answer, mut out): (_, SendStream<Bytes>) = sender.send_request(asked, false).map_err(|e| e.to_string())?;
        drop(sender);
        let (head, mut body): (_, RecvStream) = answer.await.map_err(|e| e.to_string())?.into_parts();
        if head.status != 200 {
            return Err(head.status.to_string());
        }
        let mut frames = Frames::default();
        loop {
            let _ = out.send_data(Bytes::from(message()), false);
            while frames.echoes == 0 {
                match body.data().await {
                    Some(Ok(bytes)) => {
                        let _ = body.flow_control().release_capacity(bytes.len());
                        if let Some(answer) = frames.came(&bytes) {
                            let _ = out.send_data(Bytes::from(answer), false);
                        }
                    }
                    Some(Err(e)) => return Ok(frames.code(&e.to_string())),
                    None => return Ok(frames.code("closed")),
                }
            }
            if self.rest(&mut frames).await {
                return Ok("ours".into());
            }
        }
    }

    /// Counts an echo and rests; `true`: hangs up.
    async fn rest(&self, frames: &mut Frames) -> bool {
        let shared = &self.shared;
        let echoes = std::mem::take(&mut frames.echoes);
        shared.note(|f| f.echoes += echoes);
        if shared.is(&shared.hang_up) {
            return true;
        }
        tokio::time::sleep(REST).await;
        false
    }
}

/// A message.
fn message() -> Vec<u8> {
    ws_frame(true, first::TEXT, b"ping")
}

/// What came on a WebSocket.
#[derive(Default)]
struct Frames {
    bytes: Vec<u8>,
    echoes: usize,
    close: Option<u16>,
}

impl Frames {
    /// Notes what came; gives what is to be said to it.
    fn came(&mut self, bytes: &[u8]) -> Option<Vec<u8>> {
        self.bytes.extend_from_slice(bytes);
        let mut answer = None;
        while let Some((used, _, first, payload)) = ws_read(&self.bytes) {
            self.bytes.drain(..used);
            match (first, &payload[..]) {
                (first::TEXT, b"ping") => self.echoes += 1,
                (first::CLOSE, [high, low, ..]) => {
                    self.close = Some(u16::from_be_bytes([*high, *low]));
                    answer = Some(ws_frame(true, first::CLOSE, &payload));
                }
                _ => {}
            }
        }
        answer
    }

    /// How it ended.
    fn code(&self, otherwise: &str) -> String {
        self.close.map_or_else(|| otherwise.to_owned(), |code| code.to_string())
    }
}

fn request(method: Method, path: &str) -> Request<()> {
    let request = Request::builder().method(method).uri(format!("https://{NAME}{path}"));
    request.body(()).expect("a request")
}

fn call(path: &str) -> Request<()> {
    let mut request = request(Method::POST, path);
    let fields = request.headers_mut();
    fields.insert("content-type", http::HeaderValue::from_static("application/grpc"));
    fields.insert("te", http::HeaderValue::from_static("trailers"));
    request
}

/// One request and its whole answer. `false`: the server had said goodbye before anything was sent.
async fn once(mut sender: client::SendRequest<Bytes>, kind: Kind) -> Result<bool, String> {
    let say = |e: h2::Error| format!("{}: {e}", if matches!(kind, Kind::Call) { "a call" } else { "a request" });
    let request = match kind {
        Kind::Call => call("/echo.Echo/Unary"),
        Kind::Request => request(Method::GET, "/plain"),
    };
    let (answer, mut out) = match sender.send_request(request, matches!(kind, Kind::Request)) {
        Ok(sent) => sent,
        Err(e) if e.is_go_away() && e.is_remote() && e.reason() == Some(h2::Reason::NO_ERROR) => return Ok(false),
        Err(e) => return Err(say(e)),
    };
    // The sender keeps a place for another stream.
    drop(sender);
    if matches!(kind, Kind::Call) {
        send_last(&mut out, b"hello").await.ok_or("a call: the message was not taken")?;
    }
    let (head, body) = answer.await.map_err(say)?.into_parts();
    if head.status != 200 {
        return Err(format!("status {}", head.status));
    }
    let mut messages = Messages::new(body);
    if matches!(kind, Kind::Request) {
        let mut length = 0;
        while let Some(data) = messages.body.data().await {
            let data = data.map_err(say)?;
            let _ = messages.body.flow_control().release_capacity(data.len());
            length += data.len();
        }
        return if length == super::scene::TEXT.len() { Ok(true) } else { Err(format!("{length} bytes")) };
    }
    let mut got = Vec::new();
    while let Some(message) = messages.next().await {
        got.push(message);
    }
    let end = match head.headers.get("grpc-status") {
        Some(status) => status.to_str().unwrap_or("?").to_owned(),
        None => status(&mut messages).await?,
    };
    match (end.as_str(), &got[..]) {
        ("0", [one]) if &one[..] == b"hello" => Ok(true),
        _ => Err(format!("a call: status {end}, {} messages", got.len())),
    }
}

/// The status behind the messages.
async fn status(messages: &mut Messages) -> Result<String, String> {
    let trailers = messages.body.trailers().await.map_err(|e| format!("cut: {e}"))?;
    let status = trailers.as_ref().and_then(|t| t.get("grpc-status"));
    Ok(status.and_then(|s| s.to_str().ok()).unwrap_or("no status").to_owned())
}
