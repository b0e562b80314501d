//! The worker threads: each has its own runtime, its own listening sockets (`SO_REUSEPORT`) and everything it needs to serve what
//! it accepts; nothing of a request crosses from one to another.

mod accept;
mod first_bytes;
mod secure;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::rc::Rc;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use gateway_engine::snapshot::Shared;
use gateway_engine::upstream::Scheme;
use gateway_engine::worker::{AccessSink, Worker, now_ms, tick_clock};
use socket2::{Domain, Protocol, Socket, Type};
use tokio::runtime::{Builder, LocalOptions};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::config::{Listener, Speaks};

/// How often a worker looks at its deadlines, pools and the clock.
const TICK: Duration = Duration::from_millis(250);

/// Connections that may wait in the kernel to be accepted, a socket.
const BACKLOG: i32 = 1024;

/// What all workers are told.
#[derive(Clone)]
enum Order {
    /// Accept no more; end when the last connection has ended.
    Drain,
    /// End what is in flight, telling its clients.
    Close,
    /// End at once.
    Stop,
    /// Go on with this access log.
    Log(MakeSink),
}

/// Makes a worker's access log, on its own thread.
pub type MakeSink = Arc<dyn Fn() -> Option<Rc<dyn AccessSink>> + Send + Sync>;

/// The running workers.
pub struct Workers {
    threads: Vec<JoinHandle<()>>,
    orders: Vec<UnboundedSender<Order>>,
}

/// One listening socket of one worker.
pub(crate) struct Bound {
    socket: TcpListener,
    speaks: Speaks,
    proxy_protocol: bool,
    http2: bool,
    tls: bool,
}

/// Binds the sockets of `workers` workers: each address once a worker.
///
/// # Errors
/// The listener's key and address with what the system says.
pub(crate) fn bind(listeners: &[Listener], workers: usize, alone: bool) -> io::Result<Vec<Vec<Bound>>> {
    let mut all = Vec::with_capacity(workers);
    for worker in 0..workers {
        let mut bound = Vec::with_capacity(listeners.len());
        for listener in listeners {
            match listen(listener.addr, alone && worker == 0) {
                Ok(socket) => {
                    let Listener { speaks, proxy_protocol, http2, tls, .. } = *listener;
                    bound.push(Bound { socket, speaks, proxy_protocol, http2, tls });
                }
                Err(error) if listener.optional && error.kind() != io::ErrorKind::AddrInUse => {
                    tracing::debug!(addr = %listener.addr, %error, "not listening");
                }
                Err(error) => {
                    let what = format!("{}: cannot listen on {}: {error}", listener.key, listener.addr);
                    return Err(io::Error::new(error.kind(), what));
                }
            }
        }
        all.push(bound);
    }
    Ok(all)
}

/// A listening socket that others of this process share the address of; `look`: after making sure that no other process has it.
fn listen(addr: SocketAddr, look: bool) -> io::Result<TcpListener> {
    if look {
        // SO_REUSEPORT would let a second gateway of the same user take half of the connections without a word.
        let probe = socket(addr)?;
        probe.bind(&addr.into())?;
    }
    let socket = socket(addr)?;
    socket.set_reuse_port(true)?;
    socket.bind(&addr.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

fn socket(addr: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(addr), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    if addr.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    Ok(socket)
}

impl Workers {
    /// Starts a thread for each list of sockets. `connections` is the most that all workers together hold.
    ///
    /// # Errors
    /// A thread could not be started.
    pub(crate) fn start(
        bound: Vec<Vec<Bound>>,
        shared: &Arc<Shared>,
        connections: usize,
        sink: &MakeSink,
    ) -> io::Result<Workers> {
        let mut workers = Workers { threads: Vec::new(), orders: Vec::new() };
        let each = connections.div_ceil(bound.len().max(1)).max(1);
        for (index, sockets) in bound.into_iter().enumerate() {
            let (order, orders) = unbounded_channel();
            let (shared, sink) = (Arc::clone(shared), Arc::clone(sink));
            let body = move || {
                if let Err(error) = run(index, sockets, shared, each, &sink, orders) {
                    tracing::error!(worker = index, %error, "a worker ended");
                }
            };
            workers.threads.push(thread::Builder::new().name(format!("worker-{index}")).spawn(body)?);
            workers.orders.push(order);
        }
        Ok(workers)
    }

    /// Stops accepting; requests in flight are finished, idle connections end within a second.
    pub fn drain(&self) {
        self.tell(&Order::Drain);
    }

    /// Ends what is still in flight after [`Workers::drain`]: calls with a status, WebSockets with a close, everything else abruptly.
    pub fn close(&self) {
        self.tell(&Order::Close);
    }

    /// Ends at once, whatever is in flight.
    pub fn stop(&self) {
        self.tell(&Order::Stop);
    }

    /// What begins from now on, and what ends, is logged by these.
    pub fn log(&self, sink: &MakeSink) {
        self.tell(&Order::Log(Arc::clone(sink)));
    }

    fn tell(&self, order: &Order) {
        for worker in &self.orders {
            // One that has ended needs no order.
            let _ = worker.send(order.clone());
        }
    }

    /// Whether all have ended.
    pub fn ended(&self) -> bool {
        self.threads.iter().all(JoinHandle::is_finished)
    }
}

/// The life of a worker thread.
fn run(
    index: usize,
    sockets: Vec<Bound>,
    shared: Arc<Shared>,
    connections: usize,
    sink: &MakeSink,
    orders: UnboundedReceiver<Order>,
) -> io::Result<()> {
    let runtime = Builder::new_current_thread()
        .enable_io()
        .enable_time()
        // The clock is read once a turn; a saturated runtime never parks, and the tick reads it.
        .on_thread_unpark(tick_clock)
        .build_local(LocalOptions::default())?;
    runtime.block_on(async move {
        let worker = Worker::new(index, shared);
        worker.set_access_sink(sink());
        let connector = Rc::new(gateway_http1::H1Connector::new());
        worker.set_connector(Scheme::Http, Rc::clone(&connector) as _);
        worker.set_connector(Scheme::Https, connector);
        worker.set_connector(Scheme::Dubbo, Rc::new(gateway_dubbo::DubboConnector::new()));
        let http2 = Rc::new(gateway_http2::H2Connector::new());
        worker.set_http2_connector(Rc::new(gateway_dubbo::TripleConnector::new(http2)));
        worker.set_transcoder(Rc::new(gateway_dubbo::Triple::new()));
        worker.set_carrier(Rc::new(gateway_websocket::WebSockets::new()));
        serve(worker, sockets, connections, orders).await
    })
}

async fn serve(
    worker: Rc<Worker>,
    sockets: Vec<Bound>,
    connections: usize,
    mut orders: UnboundedReceiver<Order>,
) -> io::Result<()> {
    let mut accepting = Vec::new();
    let gate = Rc::new(accept::Gate::new(connections));
    for bound in sockets {
        let listener = tokio::net::TcpListener::from_std(bound.socket)?;
        let Bound { speaks, proxy_protocol, http2, tls, .. } = bound;
        let spoken = accept::Spoken { speaks, proxy_protocol, http2, tls };
        let task = accept::run(Rc::clone(&worker), listener, spoken, Rc::clone(&gate));
        accepting.push(tokio::task::spawn_local(task));
    }
    tokio::task::spawn_local(Rc::clone(&worker).alarms());
    let mut tick = tokio::time::interval(TICK);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            biased;
            order = orders.recv() => match order {
                Some(Order::Drain) => {
                    worker.draining.set(true);
                    gate.close();
                }
                Some(Order::Close) => worker.close(),
                Some(Order::Log(sink)) => worker.set_access_sink(sink()),
                Some(Order::Stop) | None => return Ok(()),
            },
            _ = tick.tick() => {
                worker.tick();
                gate.tick(&worker);
                let left = worker.counters.active.get() > 0 || !accepting.iter().all(|task| task.is_finished());
                if worker.draining.get() && !left {
                    let _ = now_ms();
                    return Ok(());
                }
            }
        }
    }
}
