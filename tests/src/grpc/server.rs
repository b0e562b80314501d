//! The server.

use std::future::poll_fn;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use h2::{Reason, RecvStream, server};
use http::{HeaderMap, HeaderValue, Request, Response};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;

use super::messages::{Messages, send};
use super::reflection::{Reflects, tell};
use super::runtime;
use crate::triple;

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

/// A gRPC server. Paths end in what it does: `/Unary` sends the message back, `/SayHello` greets, `/Bidi` each as it comes, `/Each` it three times, `/Join` all of them as one, `/Collect` the number of
/// messages, `/Count` as many as the first byte of the message says, `/Fail` the status that `x-status` and `x-message` say by a
/// head alone, `/FailLate` the same after a message, `/Hang` nothing, `/HangLate` nothing after a message, `/Break` half a message and a reset, `/Early`
/// a status before it has read anything, `/Plain` an HTTP answer that is no call's. Of Triple: `/Threw` sends the message back as an exception, `/Wrapped` and
/// `/$invoke` as a result that is its bytes; of a method `nosuch` there is the exception of Java's providers.
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
    reflects: AtomicU8,
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

    /// From now on it tells of itself; of the definition of `test.Echo`, that is.
    pub fn reflect(&self, reflects: Reflects) {
        self.state.reflects.store(reflects as u8, Ordering::Release);
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
    const SETTINGS: [u8; 9] = [0, 0, 0, 4, 0, 0, 0, 0, 0];
    let _ = stream.write_all(&SETTINGS);
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
    const GOAWAY: [u8; 17] = [0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
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
        let reflects = Reflects::of(state.reflects.load(Ordering::Acquire));
        let done = match state.health.load(Ordering::Acquire) {
            health if health > 0 && path == "/grpc.health.v1.Health/Check" => check(health, &mut respond).await,
            _ if reflects.is_at(&path) => tell(reflects, messages, &mut respond, trailers("0", "")).await,
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
        "Threw" => {
            let message = messages.next().await?;
            let response =
                Response::builder().header("content-type", "application/grpc").header("tri-exception-code", "3");
            let mut out = respond.send_response(response.body(()).expect("a head"), false).ok()?;
            send(&mut out, &message).await?;
            out.send_trailers(trailers("0", "")).ok()
        }
        "Wrapped" | "$invoke" => {
            let message = messages.next().await?;
            if message.windows(6).any(|word| word == b"nosuch") {
                let response =
                    Response::builder().header("content-type", "application/grpc").header("tri-exception-code", "3");
                let mut out = respond.send_response(response.body(()).expect("a head"), false).ok()?;
                send(&mut out, &triple::result(&no_such_method(), RPC_EXCEPTION)).await?;
                return out.send_trailers(trailers("0", "")).ok();
            }
            let mut out = open(respond)?;
            send(&mut out, &triple::result(&triple::binary(&message), "[B")).await?;
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
        "Join" => {
            let mut joined = Vec::new();
            while let Some(message) = messages.next().await {
                joined.extend_from_slice(&message);
            }
            let mut out = open(respond)?;
            send(&mut out, &joined).await?;
            out.send_trailers(trailers("0", "")).ok()
        }
        "Each" => {
            let message = messages.next().await?;
            let mut out = open(respond)?;
            for _ in 0..3 {
                send(&mut out, &message).await?;
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

const RPC_EXCEPTION: &str = "org.apache.dubbo.rpc.RpcException";

/// What a provider throws at a generic call of a method that it does not have.
fn no_such_method() -> Vec<u8> {
    let text = crate::dubbo::text;
    let message = text("No such method nosuch in class interface acme.Orders");
    [b"C", &text(RPC_EXCEPTION)[..], b"\x91", &text("detailMessage"), b"\x60", &message].concat()
}
