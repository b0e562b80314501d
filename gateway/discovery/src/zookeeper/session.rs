//! A session with ZooKeeper that reads and watches. What was read is kept as long as its watch stands; a lost connection forgets
//! all of it, so that after it everything is read anew and no change in between is missed.

use std::collections::VecDeque;
use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::OwnedReadHalf;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until, timeout};

use super::ZooKeeperSettings;
use super::wire::{self, Incoming, Op};
use crate::board::{Answer, BackOff, Board, Size, Watcher};
use crate::{SourceError, Status};

/// What is asked of a node.
pub(super) type Key = (Op, Box<str>);

/// What was read of a node; `None`: there is no such node.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Data(Option<Arc<[u8]>>),
    Children(Option<Arc<[Box<str>]>>),
}

impl Size for Value {
    fn size(&self) -> usize {
        match self {
            Value::Data(data) => data.as_ref().map_or(0, |data| data.len()),
            Value::Children(names) => names.iter().flat_map(|names| names.iter()).map(|name| name.len() + 16).sum(),
        }
    }
}

impl Answer for Value {}

impl Size for Key {
    fn size(&self) -> usize {
        self.1.len()
    }
}

/// A client. Its session ends with it.
pub(super) struct Client {
    board: Arc<Board<Key, Value>>,
}

/// A request under way: what is to be known, and what is asked for it: existence, where the node was not there.
struct Asking {
    xid: i32,
    key: Key,
    op: Op,
}

/// Most requests under way.
const OUTSTANDING: usize = 256;

impl Client {
    /// Connects on `runtime`, and again whenever the connection is lost.
    pub(super) fn start(settings: ZooKeeperSettings, status: Arc<Status>, runtime: &Handle) -> Client {
        let (board, asked) = Board::new(OUTSTANDING);
        runtime.spawn(keep(settings, status, Arc::downgrade(&board), asked));
        Client { board }
    }

    /// Somebody who watches.
    pub(super) fn watcher(&self) -> Watcher {
        self.board.watcher()
    }

    /// The data of a node.
    pub(super) async fn data(&self, path: &str, watcher: &Watcher) -> Result<Option<Arc<[u8]>>, SourceError> {
        match self.board.read((Op::Data, path.into()), watcher).await? {
            Value::Data(data) => Ok(data),
            Value::Children(_) => Ok(None),
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
            under_way.push(self.board.begin((Op::Data, path.as_str().into()), watcher).await?);
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
        match self.board.read((Op::Children, path.into()), watcher).await? {
            Value::Children(names) => Ok(names),
            Value::Data(_) => Ok(None),
        }
    }
}

/// Keeps a session as long as somebody may ask.
async fn keep(
    settings: ZooKeeperSettings,
    status: Arc<Status>,
    board: Weak<Board<Key, Value>>,
    mut asked: mpsc::Receiver<Key>,
) {
    let mut back_off = BackOff::default();
    let mut at = fastrand::usize(..settings.connect.len().max(1));
    loop {
        let Some(server) = settings.connect.get(at % settings.connect.len().max(1)) else { return };
        at = at.wrapping_add(1);
        let error = match connect(&settings, server).await {
            Ok((stream, session_ms)) => {
                let Some(board) = board.upgrade() else { return };
                status.connected(server);
                tracing::info!(server, session_ms, "connected to ZooKeeper");
                back_off = BackOff::default();
                board.forget();
                let session = Session { status: &status, board: Arc::downgrade(&board), patience: settings.timeout };
                drop(board);
                let Err(error) = session.run(stream, session_ms, &mut asked).await else { return };
                status.lost(&format!("{server}: {error}"));
                error
            }
            Err(error) => {
                status.failed(&format!("{server}: {error}"));
                error
            }
        };
        tracing::warn!(server, %error, "no connection to ZooKeeper; the nodes that are known stay in use");
        if !back_off.wait(&board, &mut asked).await {
            return;
        }
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

/// One session.
struct Session<'a> {
    status: &'a Status,
    board: Weak<Board<Key, Value>>,
    patience: Duration,
}

impl Session<'_> {
    /// Until it fails; without an error, nobody can ask any more.
    async fn run(
        &self,
        stream: TcpStream,
        session_ms: u64,
        asked: &mut mpsc::Receiver<Key>,
    ) -> Result<(), SourceError> {
        let (half, mut out) = stream.into_split();
        let mut frames = Frames::of(half);
        let mut pending: VecDeque<Asking> = VecDeque::new();
        let mut xid: i32 = 0;
        let beat = Duration::from_millis(session_ms / 3).max(Duration::from_millis(10));
        // A server that says nothing for two thirds of the session's timeout is lost.
        let mut heard = Instant::now();
        let mut beaten = Instant::now();
        loop {
            tokio::select! {
                key = asked.recv(), if pending.len() < OUTSTANDING => {
                    let Some(key) = key else { return Ok(()) };
                    xid = xid.checked_add(1).unwrap_or(1);
                    let op = key.0;
                    self.send(&mut out, &mut pending, Asking { xid, key, op }).await?;
                }
                frame = frames.frames.recv() => {
                    heard = Instant::now();
                    let frame = frame.unwrap_or(Err(SourceError::Lost))?;
                    let Some(board) = self.board.upgrade() else { return Ok(()) };
                    match wire::incoming(&frame)? {
                        Incoming::Event(path) => {
                            [Op::Data, Op::Children].into_iter().for_each(|op| board.stale(&(op, path.into())));
                        }
                        Incoming::Answer { xid: wire::PING | wire::AUTH, .. } => {}
                        Incoming::Answer { xid: number, error, body } => {
                            let Some(asking) = pending.pop_front().filter(|asking| asking.xid == number) else {
                                return Err(SourceError::Malformed("an answer that nobody has asked for".to_owned()));
                            };
                            self.status.succeeded();
                            if let Some(op) = answered(&board, &asking, error, body)? {
                                xid = xid.checked_add(1).unwrap_or(1);
                                self.send(&mut out, &mut pending, Asking { xid, op, ..asking }).await?;
                            }
                        }
                    }
                }
                () = sleep_until(beaten + beat) => {
                    beaten = Instant::now();
                    if heard.elapsed() >= beat * 2 {
                        return Err(late());
                    }
                    self.write(&mut out, &wire::ping()).await?;
                }
            }
        }
    }

    async fn send(
        &self,
        out: &mut (impl AsyncWriteExt + Unpin),
        pending: &mut VecDeque<Asking>,
        asking: Asking,
    ) -> Result<(), SourceError> {
        let frame = wire::request(asking.xid, asking.op, &asking.key.1);
        pending.push_back(asking);
        self.write(out, &frame).await
    }

    async fn write(&self, out: &mut (impl AsyncWriteExt + Unpin), frame: &[u8]) -> Result<(), SourceError> {
        let written = timeout(self.patience, out.write_all(frame)).await;
        written.map_err(|_| late())?.map_err(|error| broken(&error))
    }
}

/// Takes an answer; gives what is to be asked next to know the same.
fn answered(board: &Board<Key, Value>, asking: &Asking, error: i32, body: &[u8]) -> Result<Option<Op>, SourceError> {
    let want = asking.key.0;
    let answer = match (error, asking.op) {
        (0, Op::Data) => Ok(Value::Data(Some(wire::data(body)?.into()))),
        (0, Op::Children) => Ok(Value::Children(Some(wire::children(body)?.into()))),
        // It has come to be meanwhile.
        (0, Op::Exists) => return Ok(Some(want)),
        (wire::NO_NODE, Op::Exists) if want == Op::Children => Ok(Value::Children(None)),
        (wire::NO_NODE, Op::Exists) => Ok(Value::Data(None)),
        // What is not there is watched by asking whether it is.
        (wire::NO_NODE, _) => return Ok(Some(Op::Exists)),
        (error, _) => Err(wire::refusal(error)),
    };
    board.learn(&asking.key, answer);
    Ok(None)
}
