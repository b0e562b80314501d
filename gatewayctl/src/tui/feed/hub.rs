//! The middle of the feed: knows what is watched and how the link is, and begins and ends the tasks that talk to the server.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::rc::Rc;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::task::{JoinHandle, LocalSet, spawn_local};
use tokio::time::{Instant, sleep_until, timeout};

use super::connection::Connection;
use super::events::{Changes, Place};
use super::follow::LogPlace;
use super::outbox::Outbox;
use super::task::{Context, Note, back_off};
use super::{Ask, calls, events, follow, lists, poll, scrape, stats};
use crate::context::{Key, Settings};
use crate::error::{Error, Kind};
use crate::resources;
use crate::tui::msg::{Arguments, Call, Failure, Link, Msg, Source, Ticket};

/// Calls that run at a time.
const CALLS: usize = 8;

/// How long an answer to whether the server is there is waited for.
const PROBE: Duration = Duration::from_millis(if cfg!(test) { 500 } else { 5_000 });

/// How long changes that are on their way have at the end.
const END: Duration = Duration::from_secs(2);

/// Runs until nobody asks or listens any more.
pub(super) fn run(
    settings: Settings,
    key: Option<Key>,
    out: Outbox,
    refresh: Duration,
    asks: mpsc::UnboundedReceiver<Ask>,
) {
    let out = Rc::new(out);
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            out.link(Link::Lost { tries: 1, next: Duration::MAX, why: format!("cannot start: {error}") });
            return;
        }
    };
    LocalSet::new().block_on(&runtime, async {
        let (notes, noted) = mpsc::unbounded_channel();
        let hub = Hub {
            connection: Rc::new(Connection::new(settings, key)),
            out: Rc::clone(&out),
            notes,
            refresh,
            generation: 0,
            link: State::Down { tries: 0 },
            watched: BTreeMap::new(),
            tasks: HashMap::new(),
            again: HashMap::new(),
            changes: Rc::new(Changes::new()),
            abilities: Rc::new(Value::Null),
            place: Rc::default(),
            log: Rc::default(),
            probe: None,
            retry: None,
            doubts: Vec::new(),
            heard: None,
            waiting: VecDeque::new(),
            calls: 0,
            changing: 0,
        };
        tokio::select! {
            () = hub.run(asks, noted) => {}
            () = out.pump() => {}
        }
    });
    // A name that is still being looked up is not waited for.
    runtime.shutdown_background();
}

/// What the server says to `GET live`; `None` where it is an Admin API without.
async fn abilities(connection: &Connection) -> Result<Option<Value>, Error> {
    let told = connection.live("").await?;
    if told.is_none() {
        // Anything else that has no such path says so, too.
        connection.get("/routes?page=1&page_size=10").await.map_err(|error| match error.status() {
            Some(404) => {
                let message =
                    format!("GET {}/routes is answered with 404: {}", connection.settings.admin, error.message());
                Error::new(error.kind(), message)
            }
            _ => error,
        })?;
    }
    Ok(told)
}

/// What a server does that does not answer: for how long nothing came of it, where that is known.
fn silent(heard: Option<std::time::Instant>) -> String {
    match heard {
        Some(heard) => format!("nothing came for {} s", heard.elapsed().as_secs()),
        None => format!("no answer within {} s", PROBE.as_secs_f64()),
    }
}

/// How the link is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// So many tries since it was up.
    Down {
        tries: u32,
    },
    Up,
    /// Another key is waited for.
    Refused,
}

/// A task that ends with this.
struct Task(JoinHandle<()>);

impl Task {
    fn begin(task: impl Future<Output = ()> + 'static) -> Task {
        Task(spawn_local(task))
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

struct Hub {
    connection: Rc<Connection>,
    out: Rc<Outbox>,
    notes: mpsc::UnboundedSender<Note>,
    refresh: Duration,
    /// Counts the times that everything was begun; what tasks of an earlier one say is of no interest.
    generation: u64,
    link: State,
    watched: BTreeMap<Source, Arguments>,
    tasks: HashMap<Source, Task>,
    /// Documents that may be asked to be read again.
    again: HashMap<Source, Rc<Notify>>,
    changes: Rc<Changes>,
    abilities: Rc<Value>,
    /// How far changes and the log were told.
    place: Rc<RefCell<Place>>,
    log: Rc<Cell<LogPlace>>,
    /// The question whether the server is there.
    probe: Option<Task>,
    retry: Option<Instant>,
    doubts: Vec<oneshot::Sender<()>>,
    /// When something came last on a stream that is silent now.
    heard: Option<std::time::Instant>,
    waiting: VecDeque<(Ticket, Call)>,
    calls: usize,
    /// Calls among them that may change something.
    changing: usize,
}

impl Hub {
    async fn run(mut self, mut asks: mpsc::UnboundedReceiver<Ask>, mut notes: mpsc::UnboundedReceiver<Note>) {
        self.out.link(Link::Connecting);
        self.probe();
        loop {
            let retry = self.retry;
            let retry = async {
                match retry {
                    Some(at) => sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                ask = asks.recv() => match ask {
                    Some(ask) => self.asked(ask),
                    None => break,
                },
                Some(note) = notes.recv() => self.noted(note),
                () = retry => self.probe(),
            }
        }
        self.down();
        self.waiting.clear();
        let ended = async {
            while self.changing > 0 {
                match notes.recv().await {
                    Some(Note::Called { changes: true }) => self.changing -= 1,
                    Some(_) => {}
                    None => break,
                }
            }
        };
        // Whoever is late is cut off.
        let _ = timeout(END, ended).await;
    }

    fn asked(&mut self, ask: Ask) {
        match ask {
            Ask::Call(ticket, call) => {
                self.waiting.push_back((ticket, call));
                self.call();
            }
            Ask::Watch(source, arguments) => {
                if source == Source::Logs {
                    self.log = Rc::default();
                }
                if source == Source::Events && follow::argument(&arguments, "since").is_some() {
                    self.place = Rc::default();
                }
                self.watched.insert(source, arguments);
                self.begin(source);
                self.events();
            }
            Ask::Unwatch(source) => {
                self.watched.remove(&source);
                self.again.remove(&source);
                if source != Source::Events {
                    self.tasks.remove(&source);
                }
                self.events();
            }
            Ask::Refresh(source) => match self.link {
                State::Up if self.watched.contains_key(&source) => self.begin(source),
                State::Down { .. } if self.retry.is_some() => self.probe(),
                _ => {}
            },
            Ask::Key(key) => {
                self.connection = Rc::new(self.connection.with_key(&key));
                self.down();
                self.link = State::Down { tries: 0 };
                self.out.link(Link::Connecting);
                self.probe();
            }
        }
    }

    fn noted(&mut self, note: Note) {
        match note {
            Note::Doubt { generation, since, fine } if generation == self.generation && self.link == State::Up => {
                self.doubts.push(fine);
                self.heard = self.heard.max(since);
                if self.probe.is_none() {
                    self.probe();
                }
            }
            Note::Refused { generation, error } if generation == self.generation => self.refused(&error),
            Note::Probed { generation, result } if generation == self.generation => self.probed(result),
            Note::Called { changes } => {
                self.calls -= 1;
                self.changing -= usize::from(changes);
                self.call();
            }
            Note::Changed { resource } => {
                for (source, again) in self.again.iter().filter(|(source, _)| poll::depends(**source, &resource)) {
                    if self.tasks.contains_key(source) {
                        again.notify_one();
                    }
                }
            }
            Note::Another => self.again.values().for_each(|again| again.notify_one()),
            // Of an earlier time.
            Note::Doubt { .. } | Note::Refused { .. } | Note::Probed { .. } => {}
        }
    }

    /// Asks the server whether it is there, and what it can do.
    fn probe(&mut self) {
        self.retry = None;
        let (connection, notes, generation) = (Rc::clone(&self.connection), self.notes.clone(), self.generation);
        let heard = self.heard;
        self.probe = Some(Task::begin(async move {
            let answer = timeout(PROBE, abilities(&connection)).await;
            let result = answer.unwrap_or_else(|_| Err(Error::new(Kind::Unreachable, silent(heard))));
            let _ = notes.send(Note::Probed { generation, result });
        }));
    }

    fn probed(&mut self, result: Result<Option<Value>, Error>) {
        self.probe = None;
        match result {
            Ok(abilities) => {
                let live = abilities.is_some();
                self.abilities = Rc::new(abilities.unwrap_or_default());
                self.heard = None;
                for fine in self.doubts.drain(..) {
                    let _ = fine.send(());
                }
                if self.link != State::Up {
                    self.link = State::Up;
                    self.out.link(Link::Up { live });
                    self.begin_all();
                }
            }
            Err(error) if error.status() == Some(401) => self.refused(&error),
            Err(error) => {
                let tries = match self.link {
                    State::Down { tries } => tries.saturating_add(1),
                    _ => 1,
                };
                self.down();
                self.link = State::Down { tries };
                let next = back_off(tries);
                self.retry = Some(Instant::now() + next);
                self.out.link(Link::Lost { tries, next, why: error.message().to_owned() });
            }
        }
    }

    fn refused(&mut self, error: &Error) {
        self.down();
        self.link = State::Refused;
        self.out.link(Link::Refused { why: error.message().to_owned() });
    }

    /// Ends all tasks; calls go on.
    fn down(&mut self) {
        self.generation += 1;
        self.tasks.clear();
        self.doubts.clear();
        self.heard = None;
        self.probe = None;
        self.retry = None;
    }

    fn begin_all(&mut self) {
        self.changes = Rc::new(Changes::new());
        for source in self.watched.keys().copied().collect::<Vec<_>>() {
            self.begin(source);
        }
        self.events();
    }

    /// Begins to tell about a source, or begins again.
    fn begin(&mut self, source: Source) {
        if self.link != State::Up {
            return;
        }
        let Some(arguments) = self.watched.get(&source).cloned() else { return };
        let context = self.context();
        let task = match source {
            Source::Stats => Task::begin(stats::stats(context, arguments, self.refresh)),
            Source::Tap => Task::begin(follow::tap(context, arguments)),
            Source::Logs => Task::begin(follow::logs(context, arguments, Rc::clone(&self.log))),
            Source::Metrics => Task::begin(scrape::metrics(context)),
            Source::Events => Task::begin(events::events(context, arguments, Rc::clone(&self.place))),
            Source::List(name) => match resources::find(name) {
                Ok(resource) => Task::begin(lists::list(context, resource)),
                Err(error) => {
                    context.teller(source).failure(&Failure::of(&error));
                    return;
                }
            },
            Source::Info
            | Source::Nodes
            | Source::Certs
            | Source::Discovery
            | Source::History
            | Source::Dubbo
            | Source::Grpc
            | Source::Plugins => {
                let again = Rc::clone(self.again.entry(source).or_default());
                Task::begin(poll::document(context, source, arguments, again))
            }
        };
        self.tasks.insert(source, task);
    }

    /// Changes are told as long as somebody watches them, or a document that they change.
    fn events(&mut self) {
        let wants =
            |source: &Source| matches!(source, Source::Events | Source::List(_) | Source::History | Source::Certs);
        let wanted = self.watched.keys().any(wants);
        match (wanted, self.tasks.contains_key(&Source::Events)) {
            (false, true) => drop(self.tasks.remove(&Source::Events)),
            (true, false) if self.link == State::Up => {
                let task = events::events(self.context(), Arguments::new(), Rc::clone(&self.place));
                self.tasks.insert(Source::Events, Task::begin(task));
            }
            _ => {}
        }
    }

    fn context(&self) -> Context {
        Context {
            connection: Rc::clone(&self.connection),
            out: Rc::clone(&self.out),
            notes: self.notes.clone(),
            changes: Rc::clone(&self.changes),
            abilities: Rc::clone(&self.abilities),
            generation: self.generation,
        }
    }

    /// Begins calls that wait, as many as there may be.
    fn call(&mut self) {
        while self.calls < CALLS
            && let Some((ticket, call)) = self.waiting.pop_front()
        {
            let changes = calls::changes(&call);
            self.calls += 1;
            self.changing += usize::from(changes);
            let (connection, out, notes) = (Rc::clone(&self.connection), Rc::clone(&self.out), self.notes.clone());
            spawn_local(async move {
                let result = calls::make(connection, call).await;
                out.ordered(Msg::Answer { ticket, result });
                let _ = notes.send(Note::Called { changes });
            });
        }
    }
}
