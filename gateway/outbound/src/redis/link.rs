//! A thread's connection to one server: made when it is first needed, kept while it is used, and made again behind the requests
//! when it breaks.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::time::Duration;

use redis::{Cmd, ErrorKind, RedisError, ServerErrorKind, Value};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, timeout};

use super::connect::{Connection, connect};
use super::{Failure, Place, Server};

/// Between the first failure and the first try to connect again; each further pause is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// The longest pause between two tries.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// A server that nobody has asked for so long is not tried any more; the next call does.
const FORGOTTEN: Duration = Duration::from_secs(30);

pub(super) struct Link {
    server: std::sync::Weak<Server>,
    place: Place,
    name: Arc<str>,
    limit: Duration,
    /// As long a call waits for the first connection.
    patience: Duration,
    state: RefCell<State>,
    /// Told when a first try has ended.
    tried: Notify,
    used: Cell<Instant>,
}

enum State {
    /// Not connected; nobody has tried, or nobody has asked for long.
    Idle,
    /// The first try is under way: calls wait for it.
    Connecting,
    Ready(Connection),
    /// The server has failed, and is tried behind the requests. Calls fail with this.
    Down(Failure),
}

impl Link {
    pub(super) fn new(server: &Arc<Server>, place: Place) -> Rc<Link> {
        let name = match &place {
            Place::One(address) => format!("Redis at {address}"),
            Place::Sentinel { master, .. } => format!("Redis {master}"),
            Place::Cluster(_) => "a Redis cluster".to_owned(),
        };
        Rc::new(Link {
            server: Arc::downgrade(server),
            place,
            name: name.into(),
            limit: server.settings.timeout,
            patience: server.settings.connect_timeout * 2,
            state: RefCell::new(State::Idle),
            tried: Notify::new(),
            used: Cell::new(Instant::now()),
        })
    }

    pub(super) async fn call(self: &Rc<Self>, call: &Cmd) -> Result<Value, Failure> {
        let mut connection = self.connection().await?;
        let answer = timeout(self.limit, connection.send(call)).await;
        self.judge(&connection, answer)
    }

    /// A call for a slot that is moving to this node.
    pub(super) async fn call_asking(self: &Rc<Self>, call: &Cmd) -> Result<Value, Failure> {
        let mut connection = self.connection().await?;
        let answer = timeout(self.limit, connection.send_asking(call)).await;
        self.judge(&connection, answer)
    }

    /// What an answer, or that there is none, says of the connection.
    fn judge<T>(
        self: &Rc<Self>,
        connection: &Connection,
        answer: Result<Result<Value, RedisError>, T>,
    ) -> Result<Value, Failure> {
        let failure = match answer {
            Ok(Ok(value)) => return Ok(value),
            Ok(Err(error)) => match refused(&error) {
                Some((failure, stays)) => {
                    if !stays {
                        self.broken(connection, failure.clone());
                    }
                    return Err(failure);
                }
                None => Failure::Down(format!("{}: {error}", self.name).into()),
            },
            Err(_) => Failure::Timeout(Arc::clone(&self.name), self.limit),
        };
        self.broken(connection, failure.clone());
        Err(failure)
    }

    /// The connection; the first who asks has it made.
    async fn connection(self: &Rc<Self>) -> Result<Connection, Failure> {
        self.used.set(Instant::now());
        loop {
            let tried = {
                let mut state = self.state.borrow_mut();
                match &*state {
                    State::Ready(connection) => return Ok(connection.clone()),
                    State::Down(failure) => return Err(failure.clone()),
                    State::Connecting => {}
                    State::Idle => {
                        *state = State::Connecting;
                        tokio::task::spawn_local(first(Rc::downgrade(self)));
                    }
                }
                self.tried.notified()
            };
            // Sentinels and their servers take several steps, each of which may take its time.
            let late = |_| Failure::Timeout(Arc::clone(&self.name), self.patience);
            timeout(self.patience, tried).await.map_err(late)?;
        }
    }

    /// One try to connect.
    async fn attempt(&self) -> Result<Connection, Failure> {
        let Some(server) = self.server.upgrade() else {
            return Err(Failure::Down(format!("{} is not used any more", self.name).into()));
        };
        connect(&server, &self.place).await.map_err(|e| Failure::Down(e.into()))
    }

    fn ready(self: &Rc<Self>, connection: Connection) {
        if let Some(server) = self.server.upgrade() {
            tokio::task::spawn_local(watch(Rc::downgrade(self), connection.clone(), server.settings.keepalive));
        }
        *self.state.borrow_mut() = State::Ready(connection);
    }

    /// The connection has failed: nobody waits for the server until it has been reached again.
    fn broken(self: &Rc<Self>, connection: &Connection, failure: Failure) {
        let mut state = self.state.borrow_mut();
        // Others of the same connection have said so already, or a newer one is there.
        if matches!(&*state, State::Ready(present) if present.is(connection)) {
            tracing::warn!(error = %failure, "a connection to Redis broke");
            *state = State::Down(failure);
            tokio::task::spawn_local(again(Rc::downgrade(self)));
        }
    }
}

/// What an error says whose sender is there: the failure, and whether the connection is as good as before.
fn refused(error: &RedisError) -> Option<(Failure, bool)> {
    use ServerErrorKind::{BusyLoading, MasterDown, ReadOnly};
    let code = match error.kind() {
        ErrorKind::Server(_) | ErrorKind::Extension => error.code().unwrap_or("ERR"),
        _ => return None,
    };
    let failure = Failure::Refused { code: code.into(), text: error.detail().unwrap_or_default().into() };
    // Not a master any more, or not yet one that serves: sentinels know another.
    let stays = !matches!(error.kind(), ErrorKind::Server(BusyLoading | MasterDown | ReadOnly));
    Some((failure, stays))
}

/// The first connection, which calls wait for.
async fn first(link: Weak<Link>) {
    let Some(link) = link.upgrade() else { return };
    match link.attempt().await {
        Ok(connection) => link.ready(connection),
        Err(failure) => {
            tracing::warn!(error = %failure, "Redis cannot be reached");
            *link.state.borrow_mut() = State::Down(failure);
            tokio::task::spawn_local(again(Rc::downgrade(&link)));
        }
    }
    link.tried.notify_waiters();
}

/// Tries until the server is reached again, or nobody asks for it any more.
async fn again(link: Weak<Link>) {
    let mut pause = FIRST_PAUSE;
    loop {
        // Workers, and gateways, do not come all at once.
        sleep(pause.mul_f64(0.75 + fastrand::f64() / 2.0)).await;
        let Some(link) = link.upgrade() else { return };
        if link.used.get().elapsed() > FORGOTTEN {
            *link.state.borrow_mut() = State::Idle;
            return;
        }
        match link.attempt().await {
            Ok(connection) => {
                tracing::info!(server = %link.name, "Redis has been reached again");
                link.ready(connection);
                return;
            }
            Err(failure) => *link.state.borrow_mut() = State::Down(failure),
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Lets go of a connection that nobody uses.
async fn watch(link: Weak<Link>, connection: Connection, keepalive: Duration) {
    loop {
        sleep(keepalive).await;
        let Some(link) = link.upgrade() else { return };
        let mut state = link.state.borrow_mut();
        match &*state {
            State::Ready(present) if present.is(&connection) => {}
            _ => return,
        }
        if link.used.get().elapsed() >= keepalive {
            *state = State::Idle;
            return;
        }
    }
}
