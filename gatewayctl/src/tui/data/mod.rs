//! What is known of the gateway, made of what the feed tells. Everything is bounded, missing fields are empty, and what is
//! of another type than it should be counts as missing: the server is not trusted here.

mod kept;
mod lists;
mod read;
mod rows;
mod series;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

pub(crate) use lists::{List, Object, Row};
pub(crate) use read::{flag, items, number, shown, text, whole};
pub(crate) use rows::{Cert, Change, Health, Info, Node, NodeState, Plugin, Registry};
pub(crate) use series::{By, Point, Rate, Stats};

use super::msg::{Failure, Link, Source, Told};
use super::theme::Mood;

/// Lines of the log that are kept.
const LOGS: usize = 5_000;
/// Requests of the tap that are kept.
const TAPPED: usize = 2_000;
/// Changes that are kept.
const CHANGES: usize = 2_000;
/// Metrics that are kept; a gateway with more has a system of its own for them.
const METRICS: usize = 20_000;
/// Messages that are kept.
const SAID: usize = 500;
/// Rows of any document that are kept.
const ROWS: usize = 100_000;

/// How often the server tells of itself.
const INFO: Duration = Duration::from_secs(5);
/// How late numbers may come that do come.
const LATE: Duration = Duration::from_millis(500);
/// Registries that are kept.
const REGISTRIES: usize = 1_000;

/// What is known of the gateway.
#[derive(Debug, Default, Clone)]
pub(crate) struct Data {
    /// How the connection is.
    pub(crate) link: Link,
    /// The clock, in milliseconds since 1970: that of the newest message or tick.
    pub(crate) now_ms: u64,
    /// `live/info`.
    pub(crate) info: Info,
    /// `live/stats`: now, and the last hour.
    pub(crate) stats: Stats,
    lists: BTreeMap<&'static str, List>,
    /// `live/nodes`, by owner.
    pub(crate) nodes: Vec<Node>,
    /// `live/certs`, those that end first in front.
    pub(crate) certs: Vec<Cert>,
    /// `live/discovery`.
    pub(crate) discovery: Vec<Registry>,
    /// `live/events`, the newest in front.
    pub(crate) events: VecDeque<Change>,
    /// `live/history`, the newest in front.
    pub(crate) history: Vec<Change>,
    /// `live/logs`, the newest behind; `id` counts up.
    pub(crate) logs: VecDeque<Row>,
    /// `live/tap`, the newest behind; `id` is the request's.
    pub(crate) tap: VecDeque<Row>,
    /// Requests that the tap left out.
    pub(crate) dropped: u64,
    /// `plugins?all=true`, by name.
    pub(crate) plugins: BTreeMap<String, Plugin>,
    /// `live/dubbo/services`.
    pub(crate) dubbo: Vec<Row>,
    /// `live/grpc/services`.
    pub(crate) grpc: Vec<Row>,
    /// What the metrics listener tells, as it orders it; `id` is the name with its labels.
    pub(crate) metrics: Vec<Row>,
    /// What the user was told in toasts, the newest behind.
    pub(crate) said: VecDeque<Said>,
    seen: BTreeMap<Source, Seen>,
    /// Why nothing is told of anything.
    refused: Option<Failure>,
    count: u64,
    /// Of events, logs and the tap.
    weights: [kept::Weights; 3],
}

/// The places of [`Data::weights`].
const EVENTS: usize = 0;
const LINES: usize = 1;
const REQUESTS: usize = 2;

/// Something that the user was told.
#[derive(Debug, Clone)]
pub(crate) struct Said {
    /// Seconds since 1970.
    pub(crate) at: i64,
    pub(crate) mood: Mood,
    /// Clean.
    pub(crate) text: String,
}

/// What came of a source.
#[derive(Debug, Default, Clone)]
struct Seen {
    at_ms: u64,
    failure: Option<Failure>,
    /// Rows or a document came.
    told: bool,
}

/// How a source is, for the line that a screen shows instead of its rows.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum State<'a> {
    /// Nothing came yet.
    Loading,
    /// It cannot be told.
    Failed(&'a Failure),
    /// It was told.
    Known,
}

impl Data {
    /// Takes a message in.
    pub(crate) fn told(&mut self, told: Told) {
        self.now_ms = self.now_ms.max(told.at_ms);
        let seen = self.seen.entry(told.source).or_default();
        if let Some(failure) = read::failure(&told.value) {
            seen.failure = Some(failure);
            return;
        }
        seen.at_ms = told.at_ms;
        seen.failure = None;
        seen.told = true;
        self.count += 1;
        if let Some(dropped) = read::dropped(&told.value) {
            if told.source == Source::Tap {
                self.dropped = self.dropped.saturating_add(dropped);
            }
            return;
        }
        self.take(told);
    }

    fn take(&mut self, told: Told) {
        let Told { source, at_ms, value } = told;
        match source {
            Source::Info => self.info = Info::read(&value),
            Source::Stats => self.stats.take(value, at_ms),
            Source::Nodes => {
                self.nodes = items(&value).take(ROWS).map(Node::read).collect();
                self.nodes.sort_by(|a, b| a.owner.cmp(&b.owner));
            }
            Source::Certs => {
                self.certs = items(&value).take(ROWS).map(Cert::read).collect();
                self.certs.sort_by_key(|cert| cert.not_after);
            }
            Source::Discovery => {
                let rows = items(&value).take(REGISTRIES);
                self.discovery = rows.map(|row| Registry::read(row, &self.discovery)).collect();
            }
            Source::Events => self.change(value),
            Source::History => {
                // Bare, or with what the journal knows beside them.
                let changes = value.get("changes").unwrap_or(&value);
                self.history = items(changes).take(CHANGES).cloned().map(Change::read).collect();
                self.history.sort_by_key(|change| std::cmp::Reverse(change.rev));
                self.history.truncate(kept::first(self.history.iter().map(|change| &*change.value)));
            }
            Source::Logs => {
                let gone = self.weights[LINES].add(&value, LOGS);
                self.logs.push_back(Row::new(&self.count.to_string(), value));
                self.logs.drain(..gone.min(self.logs.len()));
            }
            Source::Tap => {
                let id = match text(&value, "id") {
                    "" => self.count.to_string(),
                    id => id.to_owned(),
                };
                let gone = self.weights[REQUESTS].add(&value, TAPPED);
                self.tap.push_back(Row::new(&id, value));
                self.tap.drain(..gone.min(self.tap.len()));
            }
            Source::Dubbo => self.dubbo = services(&value, "interface"),
            Source::Grpc => self.grpc = services(&value, "service"),
            Source::Plugins => {
                let all = value.as_object().into_iter().flatten().take(ROWS);
                self.plugins = all.map(|(name, value)| (name.clone(), Plugin::read(name, value))).collect();
            }
            Source::Metrics => self.metrics = items(&value).take(METRICS).map(metric).collect(),
            Source::List(name) => self.lists.entry(name).or_default().replace(value),
        }
    }

    fn change(&mut self, value: Value) {
        let change = Change::read(value);
        self.info.changed = self.info.changed.max(change.rev);
        let list = crate::resources::find(&change.resource).ok().and_then(|of| self.lists.get_mut(of.name));
        if let Some(list) = list {
            list.change(&change);
        }
        if !self
            .events
            .iter()
            .take(64)
            .any(|known| known.rev == change.rev && known.resource == change.resource && known.id == change.id)
        {
            let gone = self.weights[EVENTS].add(&change.value, CHANGES);
            self.events.push_front(change);
            self.events.truncate(self.events.len().saturating_sub(gone));
        }
    }

    /// The objects of a resource, by its plural name.
    pub(crate) fn list(&self, name: &str) -> &List {
        static NONE: List = List::new();
        self.lists.get(name).unwrap_or(&NONE)
    }

    /// The nodes of an upstream, by where it is configured: `upstreams/u1`.
    pub(crate) fn nodes_of(&self, owner: &str) -> &[Node] {
        let from = self.nodes.partition_point(|node| *node.owner < *owner);
        let behind = self.nodes.get(from..).unwrap_or_default();
        behind.get(..behind.partition_point(|node| *node.owner == *owner)).unwrap_or_default()
    }

    /// One object.
    pub(crate) fn object(&self, list: &str, id: &str) -> Option<&Object> {
        self.list(list).get(id)
    }

    /// How a source is.
    pub(crate) fn state(&self, source: Source) -> State<'_> {
        match self.seen.get(&source) {
            Some(Seen { failure: Some(failure), .. }) => State::Failed(failure),
            Some(Seen { told: true, .. }) => State::Known,
            _ => self.refused.as_ref().map_or(State::Loading, State::Failed),
        }
    }

    /// Takes in how the connection is; `refused` is why nothing is told, where the server refuses to.
    pub(crate) fn set_link(&mut self, link: Link, refused: Option<Failure>) {
        (self.link, self.refused) = (link, refused);
    }

    /// When a source was told last, in milliseconds since 1970.
    pub(crate) fn told_at(&self, source: Source) -> Option<u64> {
        self.seen.get(&source).filter(|seen| seen.told).map(|seen| seen.at_ms)
    }

    /// The age of the newest message of any source, in seconds.
    pub(crate) fn age(&self) -> Option<u64> {
        let newest = self.seen.values().filter(|seen| seen.told).map(|seen| seen.at_ms).max()?;
        Some(self.now_ms.saturating_sub(newest) / 1_000)
    }

    /// The age of the numbers in seconds, where two of them are missing that come so often. Where there are no numbers, that of
    /// what the server tells of itself.
    pub(crate) fn overdue(&self, every: Duration) -> Option<u64> {
        let (source, every) = match self.state(Source::Stats) {
            State::Known => (Source::Stats, every),
            State::Loading => (Source::Info, every),
            State::Failed(_) => (Source::Info, every.max(INFO)),
        };
        let age = Duration::from_millis(self.now_ms.saturating_sub(self.told_at(source)?));
        (age >= every * 2 + LATE).then_some(age.as_secs())
    }

    /// Seconds since the start of the server, as long as nothing says that it is gone.
    pub(crate) fn uptime(&self) -> u64 {
        let since = match self.link {
            Link::Up { .. } => self.told_at(Source::Info).map_or(0, |told| self.now_ms.saturating_sub(told)),
            _ => 0,
        };
        self.info.uptime.saturating_add(since / 1_000)
    }

    /// The clock in seconds since 1970.
    pub(crate) fn now(&self) -> i64 {
        i64::try_from(self.now_ms / 1_000).unwrap_or_default()
    }

    /// Keeps what the user was told.
    pub(crate) fn say(&mut self, mood: Mood, text: &str) {
        let said = Said { at: self.now(), mood, text: crate::output::clean::line(text) };
        push(&mut self.said, SAID, said);
    }

    /// Forgets the requests of the tap: other ones are asked for.
    pub(crate) fn clear_tap(&mut self) {
        self.tap.clear();
        self.weights[REQUESTS].clear();
        self.dropped = 0;
        self.seen.remove(&Source::Tap);
    }

    /// Forgets the lines of the log: other ones are asked for.
    pub(crate) fn clear_logs(&mut self) {
        self.logs.clear();
        self.weights[LINES].clear();
        self.seen.remove(&Source::Logs);
    }
}

/// Services of one protocol; where there is no list but an object with one (`services`), that.
fn services(value: &Value, name: &str) -> Vec<Row> {
    let value = value.get("services").unwrap_or(value);
    let id = |row: &Value| {
        let parts = [text(row, name), text(row, "group"), text(row, "version")];
        let name = if parts[0].is_empty() { text(row, "name") } else { parts[0] };
        [name, parts[1], parts[2]].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(":")
    };
    items(value).take(ROWS).map(|row| Row::new(&id(row), row.clone())).collect()
}

/// A metric, named by what makes it one of its own.
fn metric(value: &Value) -> Row {
    let labels = value.get("labels").and_then(Value::as_object).into_iter().flatten();
    let labels: Vec<String> = labels.map(|(name, value)| format!("{name}={}", crate::filter::text_of(value))).collect();
    Row::new(&format!("{}{{{}}}", text(value, "name"), labels.join(",")), value.clone())
}

fn push<T>(ring: &mut VecDeque<T>, most: usize, row: T) {
    if ring.len() >= most {
        ring.pop_front();
    }
    ring.push_back(row);
}

/// A value that many share.
pub(crate) type Shared = Arc<Value>;

#[cfg(test)]
mod tests;
