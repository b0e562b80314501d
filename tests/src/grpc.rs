//! gRPC as it lies on the wire: a server that does as it is told, and a client that shows everything it got. Both speak HTTP/2 by
//! the `h2` crate and know no protobuf: messages are bytes.

use std::future::poll_fn;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use bytes::{Buf, BufMut, Bytes, BytesMut};
use h2::{Reason, RecvStream, SendStream, client, server};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;

/// A call as it arrived at the server.
#[derive(Debug, Clone)]
pub struct Called {
    /// Path and query.
    pub path: String,
    /// The authority.
    pub authority: String,
    /// The fields.
    pub headers: HeaderMap,
    /// Number of the connection it came on.
    pub connection: usize,
}

impl Called {
    /// The value of a field.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|v| v.to_str().ok())
    }
}

/// How a [`GrpcServer`] differs from the usual one.
#[derive(Debug, Clone, Copy, Default)]
pub struct Manners {
    /// The first connection reads a call, says GOAWAY with the id 0, and closes.
    pub leaves_first: bool,
    /// A connection says goodbye after so many calls; 0: never.
    pub calls: usize,
    /// The first so many calls get REFUSED_STREAM.
    pub refuses: usize,
    /// The first so many calls get a head alone, UNAVAILABLE.
    pub unavailable: usize,
    /// The most streams at a time on a connection; 0: as many as wanted.
    pub streams: u32,
}

/// A gRPC server. Paths end in what it does: `/Unary` sends the message back, `/SayHello` greets, `/Bidi` each as it comes, `/Collect` the number of
/// messages, `/Count` as many as the first byte of the message says, `/Fail` the status that `x-status` and `x-message` say by a
/// head alone, `/FailLate` the same after a message, `/Hang` nothing, `/HangLate` nothing after a message, `/Break` half a message and a reset, `/Early`
/// a status before it has read anything, `/Plain` an HTTP answer that is no call's.
pub struct GrpcServer {
    /// Where it listens.
    pub addr: SocketAddr,
    state: Arc<State>,
    runtime: Option<Runtime>,
}

#[derive(Default)]
struct State {
    manners: Manners,
    called: Mutex<Vec<Called>>,
    cancelled: AtomicUsize,
    connections: AtomicUsize,
    lines: AtomicUsize,
    open: AtomicUsize,
    most: AtomicUsize,
    health: AtomicU8,
}

impl GrpcServer {
    /// A well-mannered one.
    pub fn start() -> GrpcServer {
        GrpcServer::with(Manners::default())
    }

    /// One of these manners.
    pub fn with(manners: Manners) -> GrpcServer {
        let runtime = runtime();
        let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))).expect("a port");
        let addr = listener.local_addr().expect("an address");
        let state = Arc::new(State { manners, ..State::default() });
        runtime.spawn(accept(listener, Arc::clone(&state)));
        GrpcServer { addr, state, runtime: Some(runtime) }
    }

    /// The calls it got.
    pub fn called(&self) -> Vec<Called> {
        self.state.called.lock().expect("nobody panics with it").clone()
    }

    /// How many of its calls were reset by the caller.
    pub fn cancelled(&self) -> usize {
        self.state.cancelled.load(Ordering::Acquire)
    }

    /// How many connections there have been.
    pub fn connections(&self) -> usize {
        self.state.connections.load(Ordering::Acquire)
    }

    /// How many connections have not ended.
    pub fn open_connections(&self) -> usize {
        self.state.lines.load(Ordering::Acquire)
    }

    /// The most calls that were open at a time.
    pub fn most_open(&self) -> usize {
        self.state.most.load(Ordering::Acquire)
    }

    /// Gives it a service `grpc.health.v1.Health`, which answers this state from now on: 1 SERVING, 2 NOT_SERVING.
    pub fn say(&self, health: u8) {
        self.state.health.store(health, Ordering::Release);
    }

    /// As a node of an upstream object.
    pub fn node(&self) -> String {
        self.addr.to_string()
    }
}

impl Drop for GrpcServer {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime")
}

async fn accept(listener: TcpListener, state: Arc<State>) {
    while let Ok((stream, _)) = listener.accept().await {
        let number = state.connections.fetch_add(1, Ordering::AcqRel);
        let _ = stream.set_nodelay(true);
        let state = Arc::clone(&state);
        if state.manners.leaves_first && number == 0 {
            let stream = stream.into_std().expect("a socket");
            std::thread::spawn(move || leave(stream));
        } else {
            tokio::spawn(async move {
                state.lines.fetch_add(1, Ordering::AcqRel);
                connection(stream, number, Arc::clone(&state)).await;
                state.lines.fetch_sub(1, Ordering::AcqRel);
            });
        }
    }
}

/// Reads up to the first HEADERS and goes away without having looked at it.
fn leave(mut stream: std::net::TcpStream) {
    let _ = stream.set_nonblocking(false);
    let mut preface = [0; 24];
    stream.read_exact(&mut preface).expect("a preface");
    loop {
        let mut head = [0; 9];
        stream.read_exact(&mut head).expect("a frame");
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize;
        let mut payload = vec![0; length];
        stream.read_exact(&mut payload).expect("a whole frame");
        const HEADERS: u8 = 1;
        if head[3] == HEADERS {
            break;
        }
    }
    const SETTINGS: [u8; 9] = [0, 0, 0, 4, 0, 0, 0, 0, 0];
    const GOAWAY: [u8; 17] = [0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let _ = stream.write_all(&SETTINGS);
    let _ = stream.write_all(&GOAWAY);
    let _ = stream.shutdown(std::net::Shutdown::Write);
    // Read to the end, so that the close is no reset.
    let _ = std::io::copy(&mut stream, &mut std::io::sink());
}

async fn connection(stream: TcpStream, number: usize, state: Arc<State>) {
    let mut builder = server::Builder::new();
    builder.initial_window_size(1 << 20).initial_connection_window_size(8 << 20);
    if state.manners.streams > 0 {
        builder.max_concurrent_streams(state.manners.streams);
    }
    let Ok(mut connection) = builder.handshake::<_, Bytes>(stream).await else { return };
    let mut calls = 0;
    while let Some(Ok((request, respond))) = connection.accept().await {
        calls += 1;
        if state.manners.calls == calls {
            connection.graceful_shutdown();
        }
        tokio::spawn(call(request, respond, number, Arc::clone(&state)));
    }
}

async fn call(
    request: Request<RecvStream>,
    mut respond: server::SendResponse<Bytes>,
    number: usize,
    state: Arc<State>,
) {
    let (head, body) = request.into_parts();
    let count = {
        let mut called = state.called.lock().expect("nobody panics with it");
        called.push(Called {
            path: head.uri.path_and_query().map(ToString::to_string).unwrap_or_default(),
            authority: head.uri.authority().map(ToString::to_string).unwrap_or_default(),
            headers: head.headers.clone(),
            connection: number,
        });
        called.len()
    };
    let open = state.open.fetch_add(1, Ordering::AcqRel) + 1;
    state.most.fetch_max(open, Ordering::AcqRel);
    if count <= state.manners.refuses {
        respond.send_reset(Reason::REFUSED_STREAM);
    } else if count <= state.manners.unavailable {
        let _ = respond.send_response(failed("14", "come back later"), true);
    } else {
        let path = head.uri.path().to_owned();
        let messages = Messages::new(body);
        let done = match state.health.load(Ordering::Acquire) {
            health if health > 0 && path == "/grpc.health.v1.Health/Check" => check(health, &mut respond).await,
            _ => answer(&path, &head.headers, messages, &mut respond).await,
        };
        if done.is_none() {
            state.cancelled.fetch_add(1, Ordering::AcqRel);
        }
    }
    state.open.fetch_sub(1, Ordering::AcqRel);
}

fn failed(status: &str, message: &str) -> Response<()> {
    Response::builder()
        .header("content-type", "application/grpc")
        .header("grpc-status", status)
        .header("grpc-message", message)
        .body(())
        .expect("a head")
}

fn trailers(status: &str, message: &str) -> HeaderMap {
    let mut map = HeaderMap::new();
    map.insert("grpc-status", HeaderValue::from_str(status).expect("a value"));
    if !message.is_empty() {
        map.insert("grpc-message", HeaderValue::from_str(message).expect("a value"));
    }
    map.insert("x-trailer-bin", HeaderValue::from_static("AAEC"));
    map
}

/// `None`: the caller is gone.
async fn check(health: u8, respond: &mut server::SendResponse<Bytes>) -> Option<()> {
    let response = Response::builder().header("content-type", "application/grpc").body(()).expect("a head");
    let mut out = respond.send_response(response, false).ok()?;
    // The field 1, a number.
    send(&mut out, &[8, health]).await?;
    out.send_trailers(trailers("0", "")).ok()
}

/// What the greeter of gRPC's quick start answers: the field 1 of both messages is a text of less than 128 bytes.
fn hello(request: &[u8]) -> Vec<u8> {
    let name = request.get(2..).unwrap_or_default();
    let text = [b"Hello, ", name, b"!"].concat();
    [&[0x0a, u8::try_from(text.len()).expect("a short name")][..], &text].concat()
}

/// `None`: the caller is gone.
async fn answer(
    path: &str,
    head: &HeaderMap,
    mut messages: Messages,
    respond: &mut server::SendResponse<Bytes>,
) -> Option<()> {
    let said = |name: &str| head.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
    let open = |respond: &mut server::SendResponse<Bytes>| {
        let response = Response::builder().header("content-type", "application/grpc").header("x-head", "1").body(());
        respond.send_response(response.expect("a head"), false).ok()
    };
    match path.rsplit('/').next().unwrap_or_default() {
        "Unary" => {
            let message = messages.next().await?;
            let mut out = open(respond)?;
            send(&mut out, &message).await?;
            out.send_trailers(trailers("0", "")).ok()
        }
        "SayHello" => {
            let message = messages.next().await?;
            let mut out = open(respond)?;
            send(&mut out, &hello(&message)).await?;
            out.send_trailers(trailers("0", "")).ok()
        }
        "Bidi" => {
            let mut out = open(respond)?;
            while let Some(message) = messages.next().await {
                send(&mut out, &message).await?;
            }
            if messages.broken {
                return None;
            }
            out.send_trailers(trailers("0", "")).ok()
        }
        "Collect" => {
            let mut n = 0u32;
            while messages.next().await.is_some() {
                n += 1;
            }
            let mut out = open(respond)?;
            send(&mut out, n.to_string().as_bytes()).await?;
            out.send_trailers(trailers("0", "")).ok()
        }
        "Count" => {
            let message = messages.next().await?;
            let mut out = open(respond)?;
            for n in 0..message.first().copied().unwrap_or(0) {
                send(&mut out, &[n]).await?;
            }
            out.send_trailers(trailers("0", "")).ok()
        }
        "Fail" => {
            while messages.next().await.is_some() {}
            respond.send_response(failed(&said("x-status"), &said("x-message")), true).ok().map(drop)
        }
        "FailLate" => {
            while messages.next().await.is_some() {}
            let mut out = open(respond)?;
            send(&mut out, b"one").await?;
            out.send_trailers(trailers(&said("x-status"), &said("x-message"))).ok()
        }
        "Early" => {
            // Whoever has answered whole needs no more of the request: when both are dropped, the codec says so behind the
            // answer (NO_ERROR).
            respond.send_response(failed("9", "before the end"), true).ok().map(drop)
        }
        "Hang" => {
            let _ = poll_fn(|cx| respond.poll_reset(cx)).await;
            None
        }
        "HangLate" => {
            let mut out = open(respond)?;
            send(&mut out, b"one").await?;
            let _ = poll_fn(|cx| out.poll_reset(cx)).await;
            None
        }
        "Break" => {
            messages.next().await?;
            let mut out = open(respond)?;
            // Dropped before its end it is reset, behind what was sent (CANCEL).
            out.send_data(Bytes::from_static(&[0, 0, 0, 0, 9, 1]), false).ok()
        }
        "Plain" => {
            let response = Response::builder().status(200).header("content-type", "text/plain").body(());
            let mut out = respond.send_response(response.expect("a head"), false).ok()?;
            out.send_data(Bytes::from_static(b"plain text"), true).ok()
        }
        _ => respond.send_response(failed("12", "no such method"), true).ok().map(drop),
    }
}

/// Sends a message, waiting for room in the window.
pub(crate) async fn send(out: &mut SendStream<Bytes>, message: &[u8]) -> Option<()> {
    write(out, message, false).await
}

/// The same for the last one: its end comes with it, as clients of unary calls do it. Behind it nobody can be late, for a server
/// may answer as soon as it has the message.
pub(crate) async fn send_last(out: &mut SendStream<Bytes>, message: &[u8]) -> Option<()> {
    write(out, message, true).await
}

async fn write(out: &mut SendStream<Bytes>, message: &[u8], last: bool) -> Option<()> {
    let mut frame = BytesMut::with_capacity(message.len() + 5);
    frame.put_u8(0);
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
    broken: bool,
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

/// What a caller got.
#[derive(Debug)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The head's fields.
    pub headers: HeaderMap,
    /// The messages.
    pub messages: Vec<Bytes>,
    /// The trailers; of an answer that is a head alone there are none.
    pub trailers: Option<HeaderMap>,
    /// The stream was reset before it was whole.
    pub reset: Option<Reason>,
}

impl Reply {
    /// The call's status, wherever it stood.
    pub fn grpc(&self) -> Option<&str> {
        self.field("grpc-status")
    }

    /// The message of the status.
    pub fn message(&self) -> Option<&str> {
        self.field("grpc-message")
    }

    /// A field of the trailers, or of the head.
    pub fn field(&self, name: &str) -> Option<&str> {
        let trailers = self.trailers.as_ref().and_then(|t| t.get(name));
        trailers.or_else(|| self.headers.get(name)).and_then(|v| v.to_str().ok())
    }
}

/// A client on one connection.
pub struct GrpcClient {
    sender: client::SendRequest<Bytes>,
    authority: String,
    runtime: Runtime,
}

impl GrpcClient {
    /// Connects, with prior knowledge.
    pub fn connect(addr: SocketAddr) -> GrpcClient {
        let runtime = runtime();
        let sender = runtime.block_on(async {
            let stream = TcpStream::connect(addr).await.expect("somebody listens");
            let _ = stream.set_nodelay(true);
            let (sender, connection) = client::handshake(stream).await.expect("HTTP/2");
            tokio::spawn(connection);
            sender.ready().await.expect("room for a stream")
        });
        GrpcClient { sender, authority: addr.to_string(), runtime }
    }

    /// A call with these messages, to its end.
    pub fn call(&mut self, path: &str, headers: &[(&str, &str)], messages: &[&[u8]]) -> Reply {
        let mut call = self.open(path, headers);
        for message in messages {
            if !call.send(message) {
                break;
            }
        }
        call.close();
        call.finish()
    }

    /// Begins a call.
    pub fn open(&mut self, path: &str, headers: &[(&str, &str)]) -> Call<'_> {
        let uri = format!("http://{}{path}", self.authority);
        let mut request = Request::post(uri).header("content-type", "application/grpc").header("te", "trailers");
        for (name, value) in headers {
            if *name == "content-type" {
                request.headers_mut().expect("a head").remove("content-type");
            }
            let name = HeaderName::from_bytes(name.as_bytes()).expect("a name");
            request = request.header(name, *value);
        }
        let request = request.body(()).expect("a request");
        let GrpcClient { sender, runtime, .. } = self;
        let (answer, out) = runtime
            .block_on(async { sender.clone().ready().await.expect("room").send_request(request, false) })
            .expect("a stream");
        Call { answer: Some(answer), out, head: None, messages: None, runtime }
    }

    /// Many calls of one message at a time, and their statuses in the order of the calls.
    pub fn many(&mut self, path: &str, count: usize, message: &[u8]) -> Vec<String> {
        let (sender, authority) = (self.sender.clone(), self.authority.clone());
        let (path, message) = (path.to_owned(), message.to_vec());
        self.runtime.block_on(async move {
            let calls: Vec<_> = (0..count)
                .map(|_| {
                    let request = Request::post(format!("http://{authority}{path}"))
                        .header("content-type", "application/grpc")
                        .header("te", "trailers")
                        .body(())
                        .expect("a request");
                    let (sender, message) = (sender.clone(), message.clone());
                    tokio::spawn(async move {
                        let mut sender = sender.ready().await.map_err(|e| e.to_string())?;
                        let (answer, mut out) = sender.send_request(request, false).map_err(|e| e.to_string())?;
                        send(&mut out, &message).await.ok_or("the request was cut")?;
                        let _ = out.send_data(Bytes::new(), true);
                        let (head, body) = answer.await.map_err(|e| e.to_string())?.into_parts();
                        if let Some(status) = head.headers.get("grpc-status") {
                            return Ok(status.to_str().unwrap_or_default().to_owned());
                        }
                        let mut messages = Messages::new(body);
                        while messages.next().await.is_some() {}
                        let trailers = messages.body.trailers().await.map_err(|e| e.to_string())?;
                        let status = trailers.as_ref().and_then(|t| t.get("grpc-status"));
                        Ok::<_, String>(status.map_or("none".into(), |s| s.to_str().unwrap_or_default().to_owned()))
                    })
                })
                .collect();
            let mut all = Vec::new();
            for call in calls {
                all.push(call.await.expect("a task").unwrap_or_else(|error| error));
            }
            all
        })
    }
}

/// A call that goes on.
pub struct Call<'c> {
    answer: Option<client::ResponseFuture>,
    out: SendStream<Bytes>,
    head: Option<http::response::Parts>,
    messages: Option<Messages>,
    runtime: &'c Runtime,
}

impl Call<'_> {
    /// Sends a message; `false`: the other side takes no more.
    pub fn send(&mut self, message: &[u8]) -> bool {
        self.runtime.block_on(send(&mut self.out, message)).is_some()
    }

    /// Nothing more will be sent.
    pub fn close(&mut self) {
        let _entered = self.runtime.enter();
        let _ = self.out.send_data(Bytes::new(), true);
    }

    /// Resets the call.
    pub fn cancel(mut self) {
        self.out.send_reset(Reason::CANCEL);
        // The connection's task has to be given a turn.
        self.runtime.block_on(tokio::task::yield_now());
    }

    /// The next message of the answer.
    pub fn message(&mut self) -> Option<Bytes> {
        if let Some(answer) = self.answer.take() {
            let (head, body) = self.runtime.block_on(answer).ok()?.into_parts();
            self.head = Some(head);
            self.messages = Some(Messages::new(body));
        }
        self.runtime.block_on(self.messages.as_mut()?.next())
    }

    /// The rest of the answer.
    pub fn finish(mut self) -> Reply {
        let mut messages = Vec::new();
        if let Some(answer) = self.answer.take() {
            match self.runtime.block_on(answer) {
                Ok(response) => {
                    let (head, body) = response.into_parts();
                    self.head = Some(head);
                    self.messages = Some(Messages::new(body));
                }
                Err(error) => {
                    return Reply {
                        status: 0,
                        headers: HeaderMap::new(),
                        messages,
                        trailers: None,
                        reset: Some(error.reason().unwrap_or(Reason::INTERNAL_ERROR)),
                    };
                }
            }
        }
        let (Some(head), Some(mut rest)) = (self.head.take(), self.messages.take()) else {
            panic!("the call was finished already");
        };
        let (trailers, reset) = self.runtime.block_on(async {
            while let Some(message) = rest.next().await {
                messages.push(message);
            }
            match rest.body.trailers().await {
                Ok(trailers) => (trailers, None),
                Err(error) => (None, error.reason()),
            }
        });
        let reset = if rest.broken { reset.or(Some(Reason::INTERNAL_ERROR)) } else { reset };
        Reply { status: head.status.as_u16(), headers: head.headers, messages, trailers, reset }
    }
}
