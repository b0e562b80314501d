//! Who talks to Nacos: over gRPC, where what was read is pushed when it changes; or over HTTP, again and again, where there is no gRPC.

use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::instance::{Listed, NacosInstance};
use super::{NacosHost, NacosSettings, Place, grpc, http};
use crate::board::{Answer, BackOff, Board, Size, Watcher};
use crate::{SourceError, Status};

/// What is asked of Nacos.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Key {
    /// The instances of a service.
    Service { namespace: Box<str>, group: Box<str>, name: Box<str> },
    /// A text of the configuration.
    Config { namespace: Box<str>, group: Box<str>, id: Box<str> },
    /// The names of all services.
    List { namespace: Box<str>, group: Box<str> },
}

impl Key {
    pub(super) fn service(namespace: &str, group: &str, name: &str) -> Key {
        Key::Service { namespace: namespace.into(), group: group.into(), name: name.into() }
    }
}

impl Size for Key {
    fn size(&self) -> usize {
        match self {
            Key::Service { namespace, group, name: last } | Key::Config { namespace, group, id: last } => {
                namespace.len() + group.len() + last.len()
            }
            Key::List { namespace, group } => namespace.len() + group.len(),
        }
    }
}

/// What Nacos answers.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    /// The instances that may be used.
    Service(Listed),
    /// `None`: there is no such text.
    Config(Option<Arc<str>>),
    List(Arc<[Box<str>]>),
}

impl Size for Value {
    fn size(&self) -> usize {
        match self {
            Value::Service(all) => all.instances.iter().map(NacosInstance::size).sum(),
            Value::Config(text) => text.as_ref().map_or(0, |text| text.len()),
            Value::List(names) => names.iter().map(|name| name.len() + 16).sum(),
        }
    }
}

impl Answer for Value {
    fn is_later_than(&self, other: &Value) -> bool {
        match (self, other) {
            (Value::Service(this), Value::Service(other)) => this.is_later_than(other),
            _ => true,
        }
    }
}

pub(super) type Answers = Board<Key, Value>;

/// Most questions that wait.
const WAITING: usize = 256;

/// How often a server without gRPC is asked whether it has it by now, in rounds of asking.
const ROUNDS: usize = 20;

/// A client.
pub(super) struct Client {
    board: Arc<Answers>,
}

impl Client {
    /// Connects on `runtime`, and again whenever the connection is lost.
    pub(super) fn start(settings: NacosSettings, status: Arc<Status>, runtime: &Handle) -> Client {
        let (board, asked) = Board::new(WAITING);
        let keeper = Keeper { settings, status, board: Arc::downgrade(&board) };
        runtime.spawn(keeper.keep(asked));
        Client { board }
    }

    /// Somebody who watches.
    pub(super) fn watcher(&self) -> Watcher {
        self.board.watcher()
    }

    /// The usable instances of a service.
    pub(super) async fn service(&self, key: Key, watcher: &Watcher) -> Result<Arc<[NacosInstance]>, SourceError> {
        match self.board.read(key, watcher).await? {
            Value::Service(listed) => Ok(listed.instances),
            _ => Err(SourceError::Absent),
        }
    }

    /// A text of the configuration.
    pub(super) async fn config(
        &self,
        namespace: &str,
        id: &str,
        group: &str,
        watcher: &Watcher,
    ) -> Result<Option<Arc<str>>, SourceError> {
        let key = Key::Config { namespace: namespace.into(), group: group.into(), id: id.into() };
        match self.board.read(key, watcher).await? {
            Value::Config(text) => Ok(text),
            _ => Err(SourceError::Absent),
        }
    }

    /// The names of all services.
    pub(super) async fn list(&self, place: Place<'_>, watcher: &Watcher) -> Result<Arc<[Box<str>]>, SourceError> {
        let key = Key::List { namespace: place.namespace.into(), group: place.group.into() };
        match self.board.read(key, watcher).await? {
            Value::List(names) => Ok(names),
            _ => Err(SourceError::Absent),
        }
    }

    /// The names are to be asked for anew.
    pub(super) fn forget_list(&self, place: Place<'_>) {
        self.board.stale(&Key::List { namespace: place.namespace.into(), group: place.group.into() });
    }
}

/// Keeps a connection.
struct Keeper {
    settings: NacosSettings,
    status: Arc<Status>,
    board: Weak<Answers>,
}

impl Keeper {
    async fn keep(self, mut asked: mpsc::Receiver<Key>) {
        let mut back_off = BackOff::default();
        let count = self.settings.hosts.len();
        let mut at = fastrand::usize(..count.max(1));
        let mut over_http = false;
        loop {
            let Some(host) = self.settings.hosts.get(at % count.max(1)) else { return };
            at = at.wrapping_add(1);
            let pushed = self.settings.grpc_offset.filter(|_| !host.tls && !over_http);
            let ended = match pushed {
                Some(offset) => self.push(host, offset, &mut asked, &mut back_off).await,
                None => self.poll(host, &mut asked, &mut back_off).await,
            };
            let Err(error) = ended else { return };
            // Each server in turn both ways: one that has gone away, and one that never spoke gRPC.
            over_http =
                pushed.is_some() && self.is_without_grpc(&error) || (over_http && !at.is_multiple_of(count.max(1)));
            self.status.lost(&format!("{}: {error}", host.shown()));
            tracing::warn!(server = host.shown(), %error, "no connection to Nacos; the nodes that are known stay in use");
            if !back_off.wait(&self.board, &mut asked).await {
                return;
            }
        }
    }

    /// Whether a connection over gRPC was refused where one over HTTP may not be.
    fn is_without_grpc(&self, error: &SourceError) -> bool {
        matches!(error, SourceError::Absent)
    }

    /// A session over gRPC, until it fails.
    async fn push(
        &self,
        host: &NacosHost,
        offset: u16,
        asked: &mut mpsc::Receiver<Key>,
        back_off: &mut BackOff,
    ) -> Result<(), SourceError> {
        let login = http::login(&self.settings, host).await?;
        let session = grpc::connect(&self.settings, host, offset, login.as_ref()).await?;
        let Some(board) = self.board.upgrade() else { return Ok(()) };
        self.connected(host, &board, back_off, "gRPC");
        drop(board);
        let expires = login.map(|login| login.expires);
        session.run(&self.board, &self.status, asked, expires).await
    }

    /// Asks over HTTP, again and again.
    async fn poll(
        &self,
        host: &NacosHost,
        asked: &mut mpsc::Receiver<Key>,
        back_off: &mut BackOff,
    ) -> Result<(), SourceError> {
        let login = http::login(&self.settings, host).await?;
        http::alive(&self.settings, host, login.as_ref()).await?;
        let Some(board) = self.board.upgrade() else { return Ok(()) };
        self.connected(host, &board, back_off, "HTTP");
        drop(board);
        let ask = |key: Key| {
            let login = login.as_ref();
            async move { http::ask(&self.settings, host, login, &key).await }
        };
        let mut round = Instant::now() + self.settings.fetch_interval;
        for _ in 0..ROUNDS {
            loop {
                tokio::select! {
                    key = asked.recv() => {
                        let (Some(key), Some(board)) = (key, self.board.upgrade()) else { return Ok(()) };
                        let answer = ask(key.clone()).await;
                        self.judge(&answer)?;
                        board.learn(&key, answer);
                    }
                    () = sleep_until(round) => break,
                }
            }
            round = Instant::now() + self.settings.fetch_interval;
            let Some(board) = self.board.upgrade() else { return Ok(()) };
            for key in board.watched() {
                let answer = ask(key.clone()).await;
                self.judge(&answer)?;
                if let Ok(value) = &answer {
                    board.tell(&key, value);
                }
            }
        }
        // By now it may speak gRPC; logins end, too.
        Err(SourceError::Lost)
    }

    /// Without a connection the session is over; another refusal is that of one question.
    fn judge(&self, answer: &Result<Value, SourceError>) -> Result<(), SourceError> {
        match answer {
            Err(SourceError::Lost) => return Err(SourceError::Lost),
            Err(error) => self.status.failed(&error.to_string()),
            Ok(_) => self.status.succeeded(),
        }
        Ok(())
    }

    fn connected(&self, host: &NacosHost, board: &Answers, back_off: &mut BackOff, by: &str) {
        self.status.connected(&host.shown());
        tracing::info!(server = host.shown(), by, "connected to Nacos");
        *back_off = BackOff::default();
        board.forget();
    }
}

/// Who has logged in.
#[derive(Clone, Debug)]
pub(super) struct Login {
    /// What is shown with each request.
    pub(super) token: crate::Secret,
    /// When another is needed.
    pub(super) expires: Instant,
}

impl Login {
    /// For so long, less a fifth.
    pub(super) fn new(token: &str, ttl: Duration) -> Login {
        Login { token: crate::Secret::new(token), expires: Instant::now() + ttl.mul_f64(0.8) }
    }
}
