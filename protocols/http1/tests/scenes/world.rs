//! A worker with one route to one origin, real sockets on both sides, all on the test's own thread.

use gateway_engine::io::Io;
use gateway_engine::plugin::Registry;
use gateway_engine::router::Mode;
use gateway_engine::settings::Settings;
use gateway_engine::snapshot::{Change, Control, Shared};
use gateway_engine::upstream::{Names, NamesSettings, Resolve, ResolveError, Resolving, Scheme, TlsClients, Trust};
use gateway_engine::worker::{Worker, tick_clock};
use gateway_http1::{H1Connector, serve};
use gateway_model::Kind;
use serde_json::json;
use std::cell::{Cell, RefCell};
use std::future::Future;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::spawn_local;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// The gateway and the origin behind it.
pub(crate) struct World {
    pub(crate) worker: Rc<Worker>,
    pub(crate) origin: Rc<Origin>,
    addr: SocketAddr,
}

/// What a scene may set.
pub(crate) struct Setup {
    pub(crate) settings: Settings,
    pub(crate) proxy_protocol: bool,
    /// The origin speaks TLS.
    pub(crate) tls: bool,
    /// Fields of the route beside uri and upstream.
    pub(crate) route: serde_json::Value,
    /// Fields of the upstream beside its node.
    pub(crate) upstream: serde_json::Value,
}

impl Default for Setup {
    fn default() -> Setup {
        Setup {
            settings: Settings::default(),
            proxy_protocol: false,
            tls: false,
            route: json!({}),
            upstream: json!({}),
        }
    }
}

struct NoNames;

impl Resolve for NoNames {
    fn resolve<'a>(&'a self, _: &'a str) -> Resolving<'a> {
        Box::pin(async { Err(ResolveError::NoRecords { ttl: None }) })
    }
}

/// Plays a scene with the settings as they are.
pub(crate) fn scene<F: Future<Output = ()>>(play: impl FnOnce(World) -> F) {
    scene_with(Setup::default(), play);
}

/// Plays a scene.
pub(crate) fn scene_with<F: Future<Output = ()>>(setup: Setup, play: impl FnOnce(World) -> F) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .on_thread_unpark(tick_clock)
        .build_local(Default::default())
        .unwrap();
    runtime.block_on(async move {
        let world = World::new(setup).await;
        let played = tokio::time::timeout(Duration::from_secs(60), play(world)).await;
        played.expect("the scene did not come to its end");
    });
}

impl World {
    async fn new(setup: Setup) -> World {
        let origin = Origin::start(setup.tls).await;
        let registry = Registry::new(Vec::new(), Default::default());
        let shared = Shared::new(setup.settings, Arc::new(registry), Mode::HostUri);
        let handle = tokio::runtime::Handle::current();
        let names = Names::new(Arc::new(NoNames), handle, NamesSettings::default(), |_| {});
        let mut control = Control::new(Arc::clone(&shared), names, TlsClients::new(Trust::System), false, "/apisix");
        let mut upstream = json!({ "type": "roundrobin", "nodes": { origin.addr.to_string(): 1 } });
        merge(&mut upstream, setup.upstream);
        let mut route = json!({ "uri": "/*", "upstream": upstream });
        merge(&mut route, setup.route);
        let change = Change { kind: Kind::Route, id: "1".to_owned(), value: Some(route) };
        let prepared = control.prepare(&change).unwrap();
        control.install(prepared);
        control.publish(1);
        let worker = Worker::new(0, shared);
        worker.set_carrier(std::rc::Rc::new(gateway_websocket::WebSockets::new()));
        let connector = Rc::new(H1Connector::new());
        worker.set_connector(Scheme::Http, Rc::clone(&connector) as _);
        worker.set_connector(Scheme::Https, connector);

        let ticking = Rc::clone(&worker);
        spawn_local(async move {
            loop {
                tokio::time::sleep(Duration::from_millis(10)).await;
                ticking.tick();
            }
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let serving = Rc::clone(&worker);
        spawn_local(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                spawn_local(serve(Rc::clone(&serving), Io::tcp(stream), setup.proxy_protocol, false));
            }
        });
        World { worker, origin, addr }
    }

    /// A client that is connected.
    pub(crate) async fn client(&self) -> Client {
        Client { stream: TcpStream::connect(self.addr).await.unwrap(), got: Vec::new() }
    }

    /// What the gateway answers to `request`, read to the connection's end; the request should ask for that.
    pub(crate) async fn ask(&self, request: impl AsRef<[u8]>) -> String {
        let mut client = self.client().await;
        client.send(request).await;
        client.rest().await
    }

    /// The gateway's port.
    pub(crate) fn port(&self) -> u16 {
        self.addr.port()
    }
}

fn merge(into: &mut serde_json::Value, other: serde_json::Value) {
    if let (Some(into), serde_json::Value::Object(other)) = (into.as_object_mut(), other) {
        into.extend(other);
    }
}

/// A client that sends bytes and reads bytes.
pub(crate) struct Client {
    pub(crate) stream: TcpStream,
    got: Vec<u8>,
}

impl Client {
    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).await.unwrap();
    }

    /// Reads until what came ends with `end`, and takes it.
    pub(crate) async fn until(&mut self, end: &str) -> String {
        loop {
            if let Some(at) = find(&self.got, end.as_bytes()) {
                let rest = self.got.split_off(at + end.len());
                return String::from_utf8_lossy(&std::mem::replace(&mut self.got, rest)).into_owned();
            }
            let mut buf = [0; 4096];
            let n = self.stream.read(&mut buf).await.unwrap_or(0);
            assert!(n > 0, "the connection ended before {end:?}: {:?}", String::from_utf8_lossy(&self.got));
            self.got.extend_from_slice(&buf[..n]);
        }
    }

    /// Reads to the end of the connection; a reset is an end too.
    pub(crate) async fn rest(&mut self) -> String {
        let mut all = std::mem::take(&mut self.got);
        let _ = self.stream.read_to_end(&mut all).await;
        String::from_utf8_lossy(&all).into_owned()
    }

    /// Whether the connection ends by a reset.
    pub(crate) async fn is_reset(&mut self) -> bool {
        let mut all = Vec::new();
        self.stream.read_to_end(&mut all).await.is_err()
    }
}

/// An origin that answers what a scene tells it to.
pub(crate) struct Origin {
    pub(crate) addr: SocketAddr,
    /// Every head and body it was sent, one entry an exchange; what is chunked is as it came.
    pub(crate) seen: RefCell<Vec<String>>,
    /// Connections it accepted.
    pub(crate) accepted: Cell<usize>,
    answers: RefCell<Vec<Answer>>,
}

/// What the origin does with a request.
#[derive(Clone)]
pub(crate) enum Answer {
    /// Reads the request whole and sends these bytes.
    Bytes(Vec<u8>),
    /// The same, then closes.
    Last(Vec<u8>),
    /// Sends these bytes without reading more than the head, then closes.
    Early(Vec<u8>),
    /// Sends these bytes when the head is there, then what comes from then on back.
    Echo(Vec<u8>),
}

impl Origin {
    async fn start(tls: bool) -> Rc<Origin> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = Rc::new(Origin {
            addr: listener.local_addr().unwrap(),
            seen: RefCell::default(),
            accepted: Cell::default(),
            answers: RefCell::default(),
        });
        let accepting = Rc::clone(&origin);
        spawn_local(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                accepting.accepted.set(accepting.accepted.get() + 1);
                let origin = Rc::clone(&accepting);
                spawn_local(async move {
                    match tls {
                        false => origin.serve(stream).await,
                        true => match acceptor().accept(stream).await {
                            Ok(stream) => origin.serve(stream).await,
                            Err(error) => panic!("no TLS with the gateway: {error}"),
                        },
                    }
                });
            }
        });
        origin
    }

    /// The next exchange is answered so; when none is left, with 200 and `ok`.
    pub(crate) fn answer(&self, bytes: impl AsRef<[u8]>) {
        self.then(Answer::Bytes(bytes.as_ref().to_vec()));
    }

    pub(crate) fn then(&self, answer: Answer) {
        self.answers.borrow_mut().push(answer);
    }

    /// What it saw of the only exchange.
    pub(crate) fn only(&self) -> String {
        let seen = self.seen.borrow();
        assert_eq!(seen.len(), 1, "{seen:#?}");
        seen[0].clone()
    }

    async fn serve(self: Rc<Origin>, mut stream: impl AsyncRead + AsyncWrite + Unpin) {
        let mut got = Vec::new();
        loop {
            let head = loop {
                if let Some(at) = find(&got, b"\r\n\r\n") {
                    break at + 4;
                }
                if !more(&mut stream, &mut got).await {
                    return;
                }
            };
            let answer = match self.answers.borrow_mut() {
                answers if answers.is_empty() => {
                    Answer::Bytes(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".to_vec())
                }
                mut answers => answers.remove(0),
            };
            let text = String::from_utf8_lossy(&got[..head]).to_lowercase();
            let end = match &answer {
                Answer::Early(_) | Answer::Echo(_) => head,
                _ => match whole(&mut stream, &mut got, head, &text).await {
                    Some(end) => end,
                    None => return,
                },
            };
            let rest = got.split_off(end);
            self.seen.borrow_mut().push(String::from_utf8_lossy(&got).into_owned());
            got = rest;
            match answer {
                Answer::Bytes(bytes) => stream.write_all(&bytes).await.unwrap(),
                Answer::Last(bytes) | Answer::Early(bytes) => {
                    let _ = stream.write_all(&bytes).await;
                    return;
                }
                Answer::Echo(bytes) => {
                    stream.write_all(&bytes).await.unwrap();
                    loop {
                        stream.write_all(&std::mem::take(&mut got)).await.unwrap();
                        if !more(&mut stream, &mut got).await {
                            return;
                        }
                    }
                }
            }
        }
    }
}

/// Reads the body that `text`, the head, announces; gives where it ends.
async fn whole(stream: &mut (impl AsyncRead + Unpin), got: &mut Vec<u8>, head: usize, text: &str) -> Option<usize> {
    let length = text.lines().find_map(|l| l.strip_prefix("content-length: ")).map(|n| n.parse::<usize>().unwrap());
    loop {
        let end = match length {
            Some(n) => Some(head + n),
            None if text.contains("transfer-encoding: chunked") => chunked_end(&got[head..]).map(|n| head + n),
            None => Some(head),
        };
        match end {
            Some(end) if end <= got.len() => return Some(end),
            _ if !more(stream, got).await => return None,
            _ => {}
        }
    }
}

/// Where a chunked body ends, trailers included.
fn chunked_end(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        let line = at + find(&bytes[at..], b"\r\n")?;
        let size = usize::from_str_radix(std::str::from_utf8(&bytes[at..line]).unwrap(), 16).unwrap();
        if size == 0 {
            let trailers = &bytes[line..];
            return find(trailers, b"\r\n\r\n").map(|n| line + n + 4);
        }
        at = line + 2 + size + 2;
        if at > bytes.len() {
            return None;
        }
    }
}

async fn more(stream: &mut (impl AsyncRead + Unpin), got: &mut Vec<u8>) -> bool {
    let mut buf = [0; 16 << 10];
    match stream.read(&mut buf).await {
        Ok(n) if n > 0 => {
            got.extend_from_slice(&buf[..n]);
            true
        }
        _ => false,
    }
}

/// The server side of TLS, with the certificate that the engine's own tests use.
fn acceptor() -> TlsAcceptor {
    const CERT: &str = include_str!("../../../../gateway/engine/src/upstream/testdata/server.pem");
    const KEY: &str = include_str!("../../../../gateway/engine/src/upstream/testdata/server.key");
    let chain = CertificateDer::pem_slice_iter(CERT.as_bytes()).collect::<Result<_, _>>().unwrap();
    let key = PrivateKeyDer::from_pem_slice(KEY.as_bytes()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|w| w == what)
}
