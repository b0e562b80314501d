//! `GET live/tap`: requests as they end, those that filters let pass, with what each plugin did and how long everything took.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use gateway_engine::exchange::Exchange;
use gateway_engine::expr::Var;
use gateway_engine::watch::{Filter, Statuses, WATCHERS, Watch, Watcher, micros};
use gateway_engine::worker::now_ms;
use hyper::StatusCode;
use hyper::http::request::Parts;
use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use super::super::Api;
use super::super::answers::{JSON, Refusal};
use super::super::auth::Caller;
use super::super::query::Query;
use super::hidden;
use super::row::{self, Shown};
use super::stream::{Feed, Form, Line};
use crate::config::AdminRole;
use crate::control_http::{self, Answer};

/// Rows a second where nobody says how many, and the most.
const USUAL_RPS: u32 = 100;
const MOST_RPS: u32 = 10_000;

/// Most bytes of a body.
const MOST_BODY: usize = 16 << 10;

/// A document: rows and time where nobody says how many, and the most of both.
const ROWS: u64 = 20;
const MOST_ROWS: u64 = 1000;
const WAIT: Duration = Duration::from_secs(2);
const MOST_WAIT: Duration = Duration::from_secs(30);

/// How often a reader is told what was left out.
const TELL: Duration = Duration::from_secs(1);

/// What a reader asks for.
struct Asked {
    filter: Filter,
    shown: Shown,
    max_rps: u32,
    count: Option<u64>,
    duration: Option<Duration>,
}

impl Asked {
    fn read(query: &Query, caller: &Caller) -> Result<Asked, Refusal> {
        let viewer = caller.role != AdminRole::Admin;
        let mut asked = Asked {
            filter: if viewer { Filter::veiled(hidden::seen) } else { Filter::default() },
            shown: Shown::default(),
            max_rps: USUAL_RPS,
            count: None,
            duration: None,
        };
        for (name, value) in query.iter() {
            let number = |most: u64| {
                let number = value.parse().ok().filter(|number| (1..=most).contains(number));
                number.ok_or_else(|| {
                    Refusal::bad(format!("invalid argument {name}: should be a number from 1 to {most}"))
                })
            };
            match name {
                "api_key" => {}
                "headers" => asked.shown.headers = matches!(value, "1" | "true"),
                "body" => asked.shown.body = usize::try_from(number(MOST_BODY as u64)?).unwrap_or(MOST_BODY),
                "max_rps" => asked.max_rps = u32::try_from(number(MOST_RPS.into())?).unwrap_or(MOST_RPS),
                "count" => asked.count = Some(number(u64::from(u32::MAX))?),
                "duration" => {
                    let us = micros(value).filter(|us| *us > 0);
                    let us =
                        us.ok_or_else(|| Refusal::bad("invalid argument duration: should be a time: 500ms, 30s"))?;
                    asked.duration = Some(Duration::from_micros(us));
                }
                _ => match asked.filter.take(name, value) {
                    Ok(true) => {}
                    Ok(false) => return Err(Refusal::bad(format!("unknown argument {name}"))),
                    Err(error) => return Err(Refusal::bad(error.to_string())),
                },
            }
        }
        if (asked.shown.headers || asked.shown.body > 0) && viewer {
            return Err(Refusal::new(StatusCode::FORBIDDEN, "headers and bodies are shown to the role admin only"));
        }
        match asked.filter.compares(hidden::is_hidden).filter(|_| viewer) {
            Some(var) => Err(guesses(&var)),
            None => Ok(asked),
        }
    }
}

/// A viewer compares what it is not shown.
fn guesses(var: &Var) -> Refusal {
    let name = var.name();
    let there = match var {
        Var::Http(field) => format!(", header={} that it is there is for everybody", field.name()),
        _ => String::new(),
    };
    let text = format!("{name} is masked: a condition on its value takes a key of the role admin{there}");
    Refusal::new(StatusCode::FORBIDDEN, text)
}

impl Api {
    /// Requests as they end; as one document those of a short time.
    pub(super) async fn tap(&self, head: &Parts, query: &Query, caller: &Caller) -> Result<Answer, Refusal> {
        let asked = Asked::read(query, caller)?;
        let form = Form::of(head);
        let shared = Arc::clone(self.state.shared());
        if form == Form::Document {
            let (count, wait) = (asked.count.unwrap_or(ROWS).min(MOST_ROWS), asked.duration.unwrap_or(WAIT));
            let until = Instant::now() + wait.min(MOST_WAIT);
            let tap = Arc::new(Tap::new(asked, count, Sink::List(Mutex::default())));
            let watching = Watching::begin(&shared.watch, &tap)?;
            tokio::select! { () = tap.full.notified() => {} () = sleep_until(until) => {} }
            drop(watching);
            return Ok(tap.document());
        }
        let (feed, answer) = self.streams.open(head, form)?;
        let feed = Arc::new(feed);
        let (count, duration) = (asked.count.unwrap_or(u64::MAX), asked.duration);
        let tap = Arc::new(Tap::new(asked, count, Sink::Feed(Mutex::new(Some(Arc::clone(&feed))))));
        // Before the answer: who has it is told of every request from then on.
        let watching = Watching::begin(&shared.watch, &tap)?;
        drop(watching.forget());
        tokio::spawn(async move {
            let _watching = Watching::take(&shared.watch, &tap);
            tell(&tap, &feed, duration).await;
            tap.close();
        });
        Ok(answer)
    }
}

/// Looks after a reader until it goes or has had enough.
async fn tell(tap: &Tap, feed: &Feed, duration: Option<Duration>) {
    let end = duration.map(|duration| Instant::now() + duration);
    loop {
        let next = Instant::now() + TELL;
        let next = end.map_or(next, |end| next.min(end));
        let over = tokio::select! {
            () = feed.closed() => true,
            () = tap.full.notified() => true,
            () = sleep_until(next) => end.is_some_and(|end| Instant::now() >= end),
        };
        feed.missed(tap.dropped.swap(0, Ordering::Relaxed));
        if over {
            return;
        }
    }
}

/// A reader.
struct Tap {
    filter: Filter,
    shown: Shown,
    max_rps: u32,
    /// Rows that it still takes.
    left: AtomicU64,
    /// The second (upper half), and the rows in it.
    second: AtomicU64,
    number: AtomicU64,
    /// Rows that there were too many of.
    dropped: AtomicU64,
    over: AtomicBool,
    /// It has had as many as it wanted.
    full: Notify,
    sink: Sink,
}

/// Where rows go.
enum Sink {
    /// To a reader that reads as they come. None: the stream is over.
    Feed(Mutex<Option<Arc<Feed>>>),
    List(Mutex<Vec<String>>),
}

impl Tap {
    fn new(asked: Asked, count: u64, sink: Sink) -> Tap {
        Tap {
            filter: asked.filter,
            shown: asked.shown,
            max_rps: asked.max_rps,
            left: AtomicU64::new(count),
            second: AtomicU64::new(0),
            number: AtomicU64::new(0),
            dropped: AtomicU64::new(0),
            over: AtomicBool::new(false),
            full: Notify::new(),
            sink,
        }
    }

    /// Whether there may be one more in this second.
    fn admits(&self) -> bool {
        let second = now_ms() / 1000;
        let most = u64::from(self.max_rps);
        let next = |seen: u64| match seen >> 32 == second & 0xffff_ffff {
            true if seen & 0xffff_ffff >= most => None,
            true => Some(seen + 1),
            false => Some(second << 32 | 1),
        };
        self.second.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next).is_ok()
    }

    /// Takes one off what it still wants; `false`: it wants no more.
    fn takes(&self) -> bool {
        match self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)) {
            Ok(1) => {
                self.over.store(true, Ordering::Relaxed);
                true
            }
            Ok(_) => true,
            Err(_) => false,
        }
    }

    fn put(&self, row: String) {
        match &self.sink {
            Sink::Feed(feed) => {
                if let Some(feed) = &*feed.lock() {
                    feed.offer(Line::new("request", row));
                }
            }
            Sink::List(list) => list.lock().push(row),
        }
    }

    fn close(&self) {
        if let Sink::Feed(feed) = &self.sink {
            feed.lock().take();
        }
    }

    fn document(&self) -> Answer {
        let rows = match &self.sink {
            Sink::List(list) => std::mem::take(&mut *list.lock()),
            Sink::Feed(_) => Vec::new(),
        };
        let dropped = self.dropped.load(Ordering::Relaxed);
        let body = format!("{{\"requests\":[{}],\"dropped\":{dropped}}}", rows.join(","));
        control_http::answer(StatusCode::OK, JSON, body)
    }
}

impl Watcher for Tap {
    fn may_want(&self, x: &Exchange) -> bool {
        !self.over.load(Ordering::Relaxed) && self.filter.may_want(x)
    }

    fn chooses(&self) -> bool {
        self.filter.chooses()
    }

    fn statuses(&self) -> Statuses {
        self.filter.statuses()
    }

    fn finished(&self, x: &Exchange) {
        if self.filter.wants(x) {
            self.tell(x);
        }
    }

    fn bodies(&self) -> usize {
        self.shown.body
    }
}

impl Tap {
    /// A request is over that is wanted.
    #[inline(never)]
    fn tell(&self, x: &Exchange) {
        // Who has had enough misses nothing.
        if self.over.load(Ordering::Relaxed) {
            return;
        }
        if !self.admits() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
            return;
        }
        if !self.takes() {
            return;
        }
        let number = self.number.fetch_add(1, Ordering::Relaxed);
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let unix_ms = since.as_secs().saturating_mul(1000).saturating_add(since.subsec_millis().into());
        self.put(row::of(x, self.shown, number, unix_ms));
        if self.over.load(Ordering::Relaxed) {
            self.full.notify_one();
        }
    }
}

/// Tells a reader of requests while it is there.
struct Watching<'w> {
    watch: &'w Watch,
    watcher: Option<Arc<dyn Watcher>>,
}

impl<'w> Watching<'w> {
    /// # Errors
    /// There are as many readers as there may be.
    fn begin(watch: &'w Watch, tap: &Arc<Tap>) -> Result<Watching<'w>, Refusal> {
        let watching = Watching::take(watch, tap);
        match watch.add(Arc::clone(tap) as Arc<dyn Watcher>) {
            true => Ok(watching),
            false => Err(Refusal::streams(WATCHERS)),
        }
    }

    /// Looks after one that is told already.
    fn take(watch: &'w Watch, tap: &Arc<Tap>) -> Watching<'w> {
        Watching { watch, watcher: Some(Arc::clone(tap) as Arc<dyn Watcher>) }
    }

    /// Leaves it to somebody else.
    fn forget(mut self) -> Option<Arc<dyn Watcher>> {
        self.watcher.take()
    }
}

impl Drop for Watching<'_> {
    fn drop(&mut self) {
        if let Some(watcher) = &self.watcher {
            self.watch.remove(watcher);
        }
    }
}
