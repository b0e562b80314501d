//! A worker without sockets: connections are scripts.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::Future;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use gateway_model::Kind;
use serde_json::Value;

use crate::buf::Chunk;
use crate::exchange::{Conn, Exchange, Framing, Protocol};
use crate::headers::{Headers, Name, name};
use crate::plugin::Registry;
use crate::router::{Mode, method_bit};
use crate::settings::Settings;
use crate::snapshot::{Change, Control, Shared};
use crate::upstream::{
    LocalNode, Names, NamesSettings, Permit, Resolve, ResolveError, Resolving, Scheme, TlsClients, Trust,
};
use crate::wire::{Acquire, Connector, Downstream, Upstream, Wire, WireError};
use crate::worker::Worker;

pub(super) mod probe;

/// What goes wrong instead of an answer.
pub(super) enum Fault {
    Connect(WireError),
    Answer(WireError),
    /// A pooled connection that turns out to be dead.
    Stale,
}

enum Next {
    Answer(Script),
    Fault(Fault),
}

#[derive(Default)]
struct Book {
    next: VecDeque<Next>,
    sent: Vec<String>,
    released: usize,
}

pub(super) struct World {
    runtime: tokio::runtime::Runtime,
    pub(super) worker: Rc<Worker>,
    control: Control,
    book: Rc<RefCell<Book>>,
    published: Cell<u64>,
}

struct NoNames;

impl Resolve for NoNames {
    fn resolve<'a>(&'a self, _: &'a str) -> Resolving<'a> {
        Box::pin(async { Err(ResolveError::NoRecords { ttl: None }) })
    }
}

impl World {
    pub(super) fn new(objects: &[(Kind, &str, Value)]) -> World {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let registry = Registry::new(probe::definitions(), Default::default());
        let shared = Shared::new(Settings::default(), Arc::new(registry), Mode::HostUri);
        let names = Names::new(Arc::new(NoNames), runtime.handle().clone(), NamesSettings::default(), |_| {});
        let mut control = Control::new(Arc::clone(&shared), names, TlsClients::new(Trust::System), false, "/apisix");
        for (kind, id, value) in objects {
            let change = Change { kind: *kind, id: (*id).to_owned(), value: Some(value.clone()) };
            let prepared = control.prepare(&change).unwrap();
            control.install(prepared);
        }
        control.publish(1);
        let worker = Worker::new(0, shared);
        let book = Rc::<RefCell<Book>>::default();
        worker.set_connector(Scheme::Http, Rc::new(Scripted(Rc::clone(&book))));
        probe::clear();
        World { runtime, worker, control, book, published: Cell::new(2) }
    }

    pub(super) fn change(&mut self, kind: Kind, id: &str, value: Option<Value>) {
        let prepared = self.control.prepare(&Change { kind, id: id.to_owned(), value }).unwrap();
        self.control.install(prepared);
        self.control.publish(self.published.get());
        self.published.set(self.published.get() + 1);
    }

    pub(super) fn generation_expected(&self) -> u64 {
        self.published.get()
    }

    pub(super) fn upstream(&self, script: Script) {
        self.book.borrow_mut().next.push_back(Next::Answer(script));
    }

    pub(super) fn fault(&self, fault: Fault) {
        self.book.borrow_mut().next.push_back(Next::Fault(fault));
    }

    pub(super) fn sent(&self) -> Vec<String> {
        self.book.borrow().sent.clone()
    }

    pub(super) fn released(&self) -> usize {
        self.book.borrow().released
    }

    pub(super) fn trace(&self) -> Vec<String> {
        probe::take()
    }

    pub(super) fn get(&self, target: &str) -> (Box<Exchange>, Down) {
        self.run("GET", target, Down::new(&[], Framing::None))
    }

    pub(super) fn post(&self, target: &str, body: &[&'static str]) -> (Box<Exchange>, Down) {
        self.run("POST", target, Down::new(body, Framing::Stream))
    }

    pub(super) fn put(&self, target: &str, body: &[&'static str]) -> (Box<Exchange>, Down) {
        self.run("PUT", target, Down::new(body, Framing::Stream))
    }

    pub(super) fn run(&self, method: &str, target: &str, mut down: Down) -> (Box<Exchange>, Down) {
        let mut x = self.exchange(method, target, down.framing);
        self.block_on(super::run(&mut x, &mut down));
        (x, down)
    }

    pub(super) fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.runtime.block_on(future)
    }

    pub(super) fn exchange(&self, method: &str, target: &str, framing: Framing) -> Box<Exchange> {
        let peer: SocketAddr = "192.0.2.1:4000".parse().unwrap();
        let local: SocketAddr = "192.0.2.9:9080".parse().unwrap();
        let conn = Rc::new(Conn::new(Rc::clone(&self.worker), peer, local, Protocol::Http1, false));
        let mut x = self.worker.exchange(&conn);
        x.req.method = x.req.head.store(method.as_bytes());
        x.req.method_bit = method_bit(method.as_bytes());
        x.req.target = x.req.head.store(target.as_bytes());
        x.req.authority = x.req.head.store(b"Test.com");
        x.req.host = x.req.head.store(b"test.com");
        x.req.framing = framing;
        x.req.head.set(name::HOST, b"Test.com").unwrap();
        x
    }
}

/// The client's side.
pub(super) struct Down {
    pub(super) framing: Framing,
    pieces: VecDeque<&'static str>,
    /// After its pieces nothing more comes.
    pub(super) stalls: bool,
    pub(super) breaks: Option<WireError>,
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
    pub(super) finished: bool,
    pub(super) aborted: bool,
    pub(super) stopped: bool,
    /// Trailers it was given, one a line.
    pub(super) trailers: String,
}

impl Down {
    pub(super) fn new(pieces: &[&'static str], framing: Framing) -> Down {
        Down {
            framing,
            pieces: pieces.iter().copied().collect(),
            stalls: false,
            breaks: None,
            status: 0,
            body: Vec::new(),
            finished: false,
            aborted: false,
            stopped: false,
            trailers: String::new(),
        }
    }
}

impl Wire for Down {
    fn poll_data(&mut self, _: &mut Context<'_>) -> Poll<Result<(Chunk, bool), WireError>> {
        match self.pieces.pop_front() {
            Some(piece) => {
                let last = self.pieces.is_empty() && !self.stalls && self.breaks.is_none();
                Poll::Ready(Ok((Chunk::from(Bytes::from_static(piece.as_bytes())), last)))
            }
            None => match self.breaks {
                Some(error) => Poll::Ready(Err(error)),
                None => Poll::Pending,
            },
        }
    }

    fn send(&mut self, piece: Chunk, last: bool) {
        self.body.extend_from_slice(piece.as_slice());
        self.finished = last;
    }

    fn poll_flush(&mut self, _: &mut Context<'_>) -> Poll<Result<(), WireError>> {
        Poll::Ready(Ok(()))
    }

    fn poll_trailers(&mut self, _: &mut Context<'_>, _: &mut Headers) -> Poll<bool> {
        Poll::Ready(false)
    }

    fn trailers(&mut self, trailers: &Headers) {
        for (name, value) in trailers.iter() {
            let (name, value) = (String::from_utf8_lossy(name.text()), String::from_utf8_lossy(value));
            self.trailers.push_str(&format!("{name}: {value}\n"));
        }
    }

    fn held(&self) -> usize {
        0
    }

    fn stop(&mut self) {
        self.stopped = true;
    }

    fn abort(&mut self) {
        self.aborted = true;
    }

    fn tunnel(&mut self) {}
}

impl Downstream for Down {
    fn respond(&mut self, x: &mut Exchange, first: Chunk, last: bool) {
        self.status = x.resp.status;
        self.send(first, last);
    }

    fn distrust(&mut self) {}

    fn accept_body(&mut self) {}

    fn gone(&mut self) -> bool {
        false
    }
}

/// An upstream's answer.
pub(super) struct Script {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, &'static str)>,
    pub(super) pieces: VecDeque<&'static str>,
    pub(super) breaks: Option<WireError>,
    /// The answer comes before the request is whole.
    pub(super) early: bool,
    pub(super) trailers: Vec<(&'static str, &'static str)>,
}

pub(super) fn answer(status: u16, headers: &[(&'static str, &'static str)], pieces: &[&'static str]) -> Script {
    let pieces = pieces.iter().copied().collect();
    Script { status, headers: headers.to_vec(), pieces, breaks: None, early: false, trailers: Vec::new() }
}

struct Scripted(Rc<RefCell<Book>>);

impl Connector for Scripted {
    fn acquire(&self, _: &Rc<LocalNode>, _: &Exchange) -> Acquire {
        let next = self.0.borrow_mut().next.pop_front().expect("a script for each connection");
        let up = |next, stale| Up { book: Rc::clone(&self.0), next, stale, line: String::new(), whole: false };
        match next {
            Next::Fault(Fault::Connect(error)) => Acquire::Connect(Box::pin(async move { Err(error) })),
            Next::Fault(Fault::Stale) => {
                Acquire::Ready(Box::new(up(Next::Fault(Fault::Answer(WireError::Closed)), true)))
            }
            next => Acquire::Connect(Box::pin(std::future::ready(Ok(Box::new(up(next, false)) as Box<dyn Upstream>)))),
        }
    }
}

struct Up {
    book: Rc<RefCell<Book>>,
    next: Next,
    stale: bool,
    line: String,
    whole: bool,
}

impl Up {
    fn push(&mut self, piece: &Chunk, last: bool) {
        self.line.push_str(std::str::from_utf8(piece.as_slice()).unwrap());
        if last {
            self.whole = true;
            self.book.borrow_mut().sent.push(self.line.clone());
        }
    }
}

impl Wire for Up {
    fn poll_data(&mut self, _: &mut Context<'_>) -> Poll<Result<(Chunk, bool), WireError>> {
        let Next::Answer(script) = &mut self.next else { return Poll::Ready(Err(WireError::Closed)) };
        match script.pieces.pop_front() {
            Some(piece) => {
                let last = script.pieces.is_empty() && script.breaks.is_none();
                Poll::Ready(Ok((Chunk::from(Bytes::from_static(piece.as_bytes())), last)))
            }
            None => match script.breaks {
                Some(error) => Poll::Ready(Err(error)),
                None => Poll::Ready(Ok((Chunk::empty(), true))),
            },
        }
    }

    fn send(&mut self, piece: Chunk, last: bool) {
        self.push(&piece, last);
    }

    fn poll_flush(&mut self, _: &mut Context<'_>) -> Poll<Result<(), WireError>> {
        Poll::Ready(Ok(()))
    }

    fn poll_trailers(&mut self, _: &mut Context<'_>, into: &mut Headers) -> Poll<bool> {
        let Next::Answer(script) = &self.next else { return Poll::Ready(false) };
        for (name, value) in &script.trailers {
            into.append(Name::new(name.as_bytes()).unwrap(), value.as_bytes()).unwrap();
        }
        Poll::Ready(!script.trailers.is_empty())
    }

    fn trailers(&mut self, _: &Headers) {}

    fn held(&self) -> usize {
        0
    }

    fn stop(&mut self) {}

    fn abort(&mut self) {}

    fn tunnel(&mut self) {}
}

impl Upstream for Up {
    fn request(&mut self, x: &mut Exchange, first: Chunk, last: bool) {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        self.line = format!("{} {} ", text(x.upstream_method()), text(x.upstream_target()));
        if x.req.framing == Framing::None {
            self.line.pop();
        }
        self.push(&first, last);
    }

    fn poll_response(&mut self, _: &mut Context<'_>, x: &mut Exchange) -> Poll<Result<(), WireError>> {
        let script = match &mut self.next {
            Next::Answer(script) => script,
            Next::Fault(Fault::Answer(error)) if self.whole => return Poll::Ready(Err(*error)),
            Next::Fault(_) => return Poll::Pending,
        };
        if !self.whole && !script.early {
            return Poll::Pending;
        }
        x.resp.status = script.status;
        x.resp.framing = Framing::Stream;
        for (name, value) in &script.headers {
            x.resp.head.append(Name::new(name.as_bytes()).unwrap(), value.as_bytes()).unwrap();
        }
        Poll::Ready(Ok(()))
    }

    fn release(self: Box<Self>) {
        self.book.borrow_mut().released += 1;
    }

    fn retryable(&self) -> bool {
        self.stale
    }

    fn occupy(&mut self, _: Permit) {}

    fn quiet(&mut self) -> bool {
        true
    }
}
