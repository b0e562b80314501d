//! A session with ZooKeeper that reads and watches. What was read is kept as long as its watch stands; a lost connection forgets
//! all of it, so that after it everything is read anew and no change in between is missed.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Weak};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::OwnedReadHalf;
use tokio::runtime::Handle;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::time::{Instant, sleep_until, timeout};

use super::ZooKeeperSettings;
use super::wire::{self, Incoming, Op};
use crate::{SourceError, Status};

/// A client. Its session ends with it.
pub(super) struct Client {
    shared: Arc<Shared>,
    commands: mpsc::Sender<Command>,
}

/// Somebody who wants to know when something that he has read is another.
#[derive(Clone, Default)]
pub(super) struct Watcher(Arc<Notify>);

impl Watcher {
    /// Waits until something has changed.
    pub(super) async fn changed(&self) {
        self.0.notified().await;
    }
}

/// What was read of a node; `None`: there is no such node.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Data(Option<Arc<[u8]>>),
    Children(Option<Arc<[Box<str>]>>),
}

struct Shared {
    known: Mutex<All>,
    watchers: Mutex<Vec<Weak<Notify>>>,
    status: Arc<Status>,
}

/// What is known.
#[derive(Default)]
struct All {
    nodes: HashMap<(Op, Box<str>), Known>,
    /// What is being asked, with those who wait for it: each question is asked once.
    asked: HashMap<(Op, Box<str>), Vec<Waiter>>,
    bytes: usize,
    /// With so many, those that nobody watches any more are looked for.
    crowded: usize,
}

struct Known {
    value: Value,
    users: Vec<Weak<Notify>>,
}

struct Command {
    /// What is to be known.
    want: Op,
    /// What is asked: existence, where the node was not there.
    op: Op,
    path: Box<str>,
}

/// Somebody who waits for an answer.
struct Waiter {
    watcher: Weak<Notify>,
    reply: oneshot::Sender<Result<Value, SourceError>>,
}

/// Most requests under way.
const OUTSTANDING: usize = 256;

/// Most bytes of nodes that are kept, names included.
const KNOWN: usize = 256 << 20;

/// The first wait before another try to connect; it doubles up to the longest.
const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(10);

impl Client {
    /// Connects on `runtime`, and again whenever the connection is lost.
    pub(super) fn start(settings: ZooKeeperSettings, status: Arc<Status>, runtime: &Handle) -> Client {
        let shared = Arc::new(Shared { known: Mutex::default(), watchers: Mutex::default(), status });
        let (commands, asked) = mpsc::channel(OUTSTANDING);
        runtime.spawn(keep(settings, Arc::clone(&shared), asked));
        Client { shared, commands }
    }

    /// Somebody who watches. He is told of a new connection, too.
    pub(super) fn watcher(&self) -> Watcher {
        let watcher = Watcher::default();
        let mut watchers = self.shared.watchers.lock();
        watchers.retain(|known| known.strong_count() > 0);
        watchers.push(Arc::downgrade(&watcher.0));
        watcher
    }

    /// The data of a node.
    pub(super) async fn data(&self, path: &str, watcher: &Watcher) -> Result<Option<Arc<[u8]>>, SourceError> {
        match self.read(Op::Data, path, watcher).await?.await? {
            Value::Data(data) => Ok(data),
            Value::Children(_) => Err(SourceError::Malformed("another answer than was asked for".to_owned())),
        }
    }

    /// The data of several nodes, asked for at once.
    pub(super) async fn all_data(
        &self,
        paths: &[String],
        watcher: &Watcher,
    ) -> Result<Vec<Option<Arc<[u8]>>>, SourceError> {
        let mut under_way = Vec::with_capacity(paths.len());
        for path in paths {
            under_way.push(self.read(Op::Data, path, watcher).await?);
        }
        let mut all = Vec::with_capacity(paths.len());
        for reading in under_way {
            all.push(match reading.await? {
                Value::Data(data) => data,
                Value::Children(_) => None,
            });
        }
        Ok(all)
    }

    /// The names of a node's children.
    pub(super) async fn children(&self, path: &str, watcher: &Watcher) -> Result<Option<Arc<[Box<str>]>>, SourceError> {
        match self.read(Op::Children, path, watcher).await?.await? {
            Value::Children(names) => Ok(names),
            Value::Data(_) => Err(SourceError::Malformed("another answer than was asked for".to_owned())),
        }
    }

    /// Begins to read; the answer is in the future that this gives.
    async fn read(
        &self,
        want: Op,
        path: &str,
        watcher: &Watcher,
    ) -> Result<impl Future<Output = Result<Value, SourceError>> + use<>, SourceError> {
        let mut known = self.shared.known(want, path, watcher);
        let (reply, answer) = oneshot::channel();
        if known.is_none() {
            // Nothing is noted before there is room to ask: who is dropped here leaves nothing behind.
            let room = self.commands.reserve().await.map_err(|_| SourceError::Lost)?;
            known = self.shared.known(want, path, watcher);
            let waiter = Waiter { watcher: Arc::downgrade(&watcher.0), reply };
            if known.is_none() && self.shared.ask(want, path, waiter) {
                room.send(Command { want, op: want, path: path.into() });
            }
        }
        Ok(async move {
            match known {
                Some(value) => Ok(value),
                None => answer.await.unwrap_or(Err(SourceError::Lost)),
            }
        })
    }
}

impl Shared {
    /// What is known of a node, to be told to `watcher` when it changes.
    fn known(&self, want: Op, path: &str, watcher: &Watcher) -> Option<Value> {
        let mut all = self.known.lock();
        // A pair with a borrowed text cannot be looked up by; paths are short.
        let known = all.nodes.get_mut(&(want, Box::from(path)))?;
        let user = Arc::downgrade(&watcher.0);
        if !known.users.iter().any(|one| one.ptr_eq(&user)) {
            known.users.push(user);
        }
        Some(known.value.clone())
    }

    /// Notes who waits; whether he is the first, so that it is to be asked.
    fn ask(&self, want: Op, path: &str, waiter: Waiter) -> bool {
        let mut all = self.known.lock();
        let waiters = all.asked.entry((want, path.into())).or_default();
        waiters.push(waiter);
        waiters.len() == 1
    }

    /// Takes an answer, and gives it to those who wait for it.
    fn learn(&self, want: Op, path: &str, answer: Result<Value, SourceError>) {
        let mut all = self.known.lock();
        let waiters = all.asked.remove(&(want, Box::from(path))).unwrap_or_default();
        let kept = answer.and_then(|value| {
            let watchers = waiters.iter().map(|waiter| Weak::clone(&waiter.watcher));
            all.keep(want, path, &value, watchers).map(|()| value)
        });
        drop(all);
        for waiter in waiters {
            // The waiting end may be gone; nothing is lost then.
            drop(waiter.reply.send(kept.clone()));
        }
    }

    /// Something has changed at a path.
    fn fired(&self, path: &str) {
        let mut all = self.known.lock();
        for op in [Op::Data, Op::Children] {
            let known = all.remove(op, path);
            known
                .into_iter()
                .flat_map(|known| known.users)
                .filter_map(|user| user.upgrade())
                .for_each(|u| u.notify_one());
        }
    }

    /// Nothing is known any more.
    fn forget(&self) {
        *self.known.lock() = All::default();
        let watchers = self.watchers.lock().clone();
        watchers.iter().filter_map(Weak::upgrade).for_each(|watcher| watcher.notify_one());
    }
}

impl All {
    fn remove(&mut self, want: Op, path: &str) -> Option<Known> {
        let known = self.nodes.remove(&(want, Box::from(path)))?;
        self.bytes -= path.len() + known.value.size();
        Some(known)
    }

    fn keep(
        &mut self,
        want: Op,
        path: &str,
        value: &Value,
        watchers: impl Iterator<Item = Weak<Notify>>,
    ) -> Result<(), SourceError> {
        let before = self.remove(want, path);
        if self.nodes.len() >= self.crowded || self.bytes + value.size() > KNOWN {
            self.prune();
        }
        if self.bytes + value.size() > KNOWN {
            return Err(SourceError::TooMuch(format!("more than {KNOWN} bytes of nodes")));
        }
        let mut users = before.map(|known| known.users).unwrap_or_default();
        users.retain(|user| user.strong_count() > 0);
        for watcher in watchers {
            if !users.iter().any(|user| user.ptr_eq(&watcher)) {
                users.push(watcher);
            }
        }
        self.bytes += path.len() + value.size();
        self.nodes.insert((want, path.into()), Known { value: value.clone(), users });
        Ok(())
    }

    /// Forgets what nobody watches any more.
    fn prune(&mut self) {
        self.nodes.retain(|_, known| known.users.iter().any(|user| user.strong_count() > 0));
        self.bytes = self.nodes.iter().map(|((_, path), known)| path.len() + known.value.size()).sum();
        self.crowded = 64 + self.nodes.len() * 2;
    }
}

impl Value {
    /// About how many bytes it has.
    fn size(&self) -> usize {
        match self {
            Value::Data(data) => data.as_ref().map_or(0, |data| data.len()),
            Value::Children(names) => names.iter().flat_map(|names| names.iter()).map(|name| name.len() + 16).sum(),
        }
    }
}

/// Keeps a session as long as somebody may ask.
async fn keep(settings: ZooKeeperSettings, shared: Arc<Shared>, mut asked: mpsc::Receiver<Command>) {
    let mut wait = FIRST_WAIT;
    let mut at = fastrand::usize(..settings.connect.len().max(1));
    loop {
        let Some(server) = settings.connect.get(at % settings.connect.len().max(1)) else { return };
        at = at.wrapping_add(1);
        let error = match connect(&settings, server).await {
            Ok((stream, session_ms)) => {
                shared.status.connected(server);
                tracing::info!(server, session_ms, "connected to ZooKeeper");
                wait = FIRST_WAIT;
                shared.forget();
                let Err(error) = session(settings.timeout, stream, session_ms, &shared, &mut asked).await else {
                    return;
                };
                shared.status.lost(&format!("{server}: {error}"));
                shared.forget();
                error
            }
            Err(error) => {
                shared.status.failed(&format!("{server}: {error}"));
                error
            }
        };
        tracing::warn!(server, %error, "no connection to ZooKeeper; the nodes that are known stay in use");
        // Half of it at least, so that not all come at the same moment.
        let over = Instant::now() + wait.mul_f64(0.5 + fastrand::f64() / 2.0);
        while let Ok(command) = timeout(over.saturating_duration_since(Instant::now()), asked.recv()).await {
            match command {
                Some(command) => shared.learn(command.want, &command.path, Err(SourceError::Lost)),
                None => return,
            }
        }
        wait = (wait * 2).min(LONGEST_WAIT);
    }
}

/// Connects and begins a session; gives its timeout in milliseconds.
async fn connect(settings: &ZooKeeperSettings, server: &str) -> Result<(TcpStream, u64), SourceError> {
    let connecting = async {
        let mut stream = TcpStream::connect(server).await.map_err(|error| broken(&error))?;
        // Requests are small and wait for their answers; without this it is slower and works all the same.
        let _ = stream.set_nodelay(true);
        let wanted = i32::try_from(settings.session_timeout.as_millis()).unwrap_or(i32::MAX);
        stream.write_all(&wire::greeting(wanted)).await.map_err(|error| broken(&error))?;
        let mut frame = Vec::new();
        read_frame(&mut stream, &mut frame).await?;
        let session_ms = wire::greeted(&frame)?;
        if let Some(auth) = &settings.auth {
            stream.write_all(&wire::auth(auth.reveal())).await.map_err(|error| broken(&error))?;
            read_frame(&mut stream, &mut frame).await?;
            if let Incoming::Answer { error, .. } = wire::incoming(&frame)?
                && error != 0
            {
                return Err(wire::refusal(error));
            }
        }
        Ok((stream, session_ms))
    };
    timeout(settings.timeout, connecting).await.unwrap_or_else(|_| Err(late()))
}

fn broken(error: &std::io::Error) -> SourceError {
    SourceError::Refused(error.to_string())
}

fn late() -> SourceError {
    SourceError::Refused("no answer in time".to_owned())
}

async fn read_frame(stream: &mut (impl AsyncReadExt + Unpin), frame: &mut Vec<u8>) -> Result<(), SourceError> {
    let length = stream.read_i32().await.map_err(|error| broken(&error))?;
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    if length > wire::LONGEST {
        return Err(SourceError::TooMuch(format!("an answer of {length} bytes")));
    }
    frame.clear();
    // What is announced is believed as it comes.
    let mut left = stream.take(length as u64);
    left.read_to_end(frame).await.map_err(|error| broken(&error))?;
    if frame.len() < length { Err(SourceError::Lost) } else { Ok(()) }
}

/// Frames as they come, read by a task: a frame half read is not lost when something else is to be done.
struct Frames {
    frames: mpsc::Receiver<Result<Vec<u8>, SourceError>>,
    task: tokio::task::AbortHandle,
}

impl Frames {
    fn of(mut half: OwnedReadHalf) -> Frames {
        let (sender, frames) = mpsc::channel(4);
        let task = tokio::spawn(async move {
            loop {
                let mut frame = Vec::new();
                let read = read_frame(&mut half, &mut frame).await.map(|()| frame);
                let over = read.is_err();
                if sender.send(read).await.is_err() || over {
                    return;
                }
            }
        });
        Frames { frames, task: task.abort_handle() }
    }
}

impl Drop for Frames {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// One session, until it fails; without an error, nobody can ask any more.
async fn session(
    patience: Duration,
    stream: TcpStream,
    session_ms: u64,
    shared: &Shared,
    asked: &mut mpsc::Receiver<Command>,
) -> Result<(), SourceError> {
    let (half, mut out) = stream.into_split();
    let mut frames = Frames::of(half);
    let mut pending: VecDeque<(i32, Command)> = VecDeque::new();
    let mut xid: i32 = 0;
    let beat = Duration::from_millis(session_ms / 3).max(Duration::from_millis(10));
    // A server that says nothing for two thirds of the session's timeout is lost.
    let mut heard = Instant::now();
    let mut beaten = Instant::now();
    loop {
        tokio::select! {
            command = asked.recv(), if pending.len() < OUTSTANDING => {
                let Some(command) = command else { return Ok(()) };
                send(&mut out, &mut pending, &mut xid, command, patience).await?;
            }
            frame = frames.frames.recv() => {
                heard = Instant::now();
                let frame = frame.unwrap_or(Err(SourceError::Lost))?;
                match wire::incoming(&frame)? {
                    Incoming::Event(path) => shared.fired(path),
                    Incoming::Answer { xid: wire::PING | wire::AUTH, .. } => {}
                    Incoming::Answer { xid: number, error, body } => {
                        let first = pending.pop_front().filter(|(expected, _)| *expected == number);
                        let Some((_, command)) = first else {
                            return Err(SourceError::Malformed("an answer that nobody has asked for".to_owned()));
                        };
                        shared.status.succeeded();
                        if let Some(again) = answered(shared, command, error, body)? {
                            send(&mut out, &mut pending, &mut xid, again, patience).await?;
                        }
                    }
                }
            }
            () = sleep_until(beaten + beat) => {
                beaten = Instant::now();
                if heard.elapsed() >= beat * 2 {
                    return Err(late());
                }
                write(&mut out, &wire::ping(), patience).await?;
            }
        }
    }
}

async fn send(
    out: &mut (impl AsyncWriteExt + Unpin),
    pending: &mut VecDeque<(i32, Command)>,
    xid: &mut i32,
    command: Command,
    patience: Duration,
) -> Result<(), SourceError> {
    *xid = xid.checked_add(1).unwrap_or(1);
    let frame = wire::request(*xid, command.op, &command.path);
    pending.push_back((*xid, command));
    write(out, &frame, patience).await
}

async fn write(out: &mut (impl AsyncWriteExt + Unpin), frame: &[u8], patience: Duration) -> Result<(), SourceError> {
    let written = timeout(patience, out.write_all(frame)).await;
    written.map_err(|_| late())?.map_err(|error| broken(&error))
}

/// Takes an answer; gives what is to be asked next to know the same.
fn answered(shared: &Shared, command: Command, error: i32, body: &[u8]) -> Result<Option<Command>, SourceError> {
    let absent = match command.want {
        Op::Children => Value::Children(None),
        _ => Value::Data(None),
    };
    let value = match (error, command.op) {
        (0, Op::Data) => Value::Data(Some(wire::data(body)?.into())),
        (0, Op::Children) => Value::Children(Some(wire::children(body)?.into())),
        // It has come to be meanwhile.
        (0, Op::Exists) => return Ok(Some(Command { op: command.want, ..command })),
        (wire::NO_NODE, Op::Exists) => absent,
        // What is not there is watched by asking whether it is.
        (wire::NO_NODE, _) => return Ok(Some(Command { op: Op::Exists, ..command })),
        (error, _) => {
            shared.learn(command.want, &command.path, Err(wire::refusal(error)));
            return Ok(None);
        }
    };
    shared.learn(command.want, &command.path, Ok(value));
    Ok(None)
}
