//! `GET live/logs`: what the error log was told lately, or the end of the access log; and what comes.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use gateway_model::{Kind, json};
use hyper::StatusCode;
use hyper::http::request::Parts;
use regex::{Regex, RegexBuilder};
use serde_json::{Map, Value, json};
use tracing::Level;

use super::super::query::Query;
use super::super::{Api, Refusal};
use super::stream::{self, Feed, Form, Line, Number};
use super::tail::Tail;
use crate::control_http::{self, Answer};
use crate::logging::{Logs, Recent, Record};
use crate::masks::{self, MASK};
use crate::state::State;

/// Lines that are told where nobody says how many, and the most there are.
const USUAL: usize = 200;
const MOST: usize = 2000;

/// How often is looked whether a file has grown.
const LOOK: Duration = Duration::from_millis(250);

/// The longest pattern, in bytes, and what it may take to compile.
const PATTERN: usize = 1024;
const COMPILED: usize = 1 << 20;

/// Which records are asked for.
struct Wanted {
    level: Level,
    component: Option<String>,
    pattern: Option<Regex>,
    lines: usize,
    follows: bool,
    /// Not before, in milliseconds since 1970.
    from_ms: u64,
}

impl Wanted {
    fn of(query: &Query) -> Result<Wanted, Refusal> {
        let level = match query.get("level").unwrap_or("debug") {
            "error" => Level::ERROR,
            "warn" => Level::WARN,
            "info" => Level::INFO,
            "debug" => Level::DEBUG,
            _ => return Err(Refusal::bad("invalid argument level: should be one of error, warn, info, debug")),
        };
        let lines = match query.get("n").map(str::parse) {
            None => USUAL,
            Some(Ok(lines)) if lines <= MOST => lines,
            Some(_) => return Err(Refusal::bad(format!("invalid argument n: should be a number up to {MOST}"))),
        };
        let seconds = match query.get("from").map(str::parse::<f64>) {
            None => 0.0,
            Some(Ok(seconds)) if (0.0..1e12).contains(&seconds) => seconds,
            Some(_) => return Err(Refusal::bad("invalid argument from: should be seconds since 1970")),
        };
        Ok(Wanted {
            level,
            component: query.get("component").filter(|name| !name.is_empty()).map(str::to_owned),
            pattern: query.get("grep").filter(|text| !text.is_empty()).map(pattern).transpose()?,
            lines,
            follows: matches!(query.get("follow"), Some("1" | "true")),
            // Who asks for a millisecond behind the last line may reckon a little less than that.
            from_ms: (seconds * 1000.0).round() as u64,
        })
    }

    fn takes(&self, record: &Record) -> bool {
        // Of levels the more serious one is the smaller one.
        record.level <= self.level
            && record.ms >= self.from_ms
            && self.component.as_deref().is_none_or(|name| record.target.starts_with(name))
            // As it is shown: who may not see a secret does not learn it by trying.
            && self.pattern.as_ref().is_none_or(|pattern| {
                pattern.is_match(&text(&record.message))
                    || record.fields.iter().any(|(name, value)| match field(name, value) {
                        Value::String(text) => pattern.is_match(&format!("{name}={text}")),
                        other => pattern.is_match(&format!("{name}={other}")),
                    })
            })
    }
}

fn pattern(text: &str) -> Result<Regex, Refusal> {
    if text.len() > PATTERN {
        return Err(Refusal::bad(format!("invalid argument grep: longer than {PATTERN} bytes")));
    }
    let built = RegexBuilder::new(text).size_limit(COMPILED).build();
    built.map_err(|error| Refusal::bad(format!("invalid argument grep: {}", error.to_string().replace('\n', " "))))
}

/// A text of a record, without secrets.
fn text(told: &str) -> Cow<'_, str> {
    masks::line(told, &|_, _| false)
}

/// The value of a field of a record, without secrets.
fn field(name: &str, value: &Value) -> Value {
    match value {
        Value::String(_) if masks::is_credential(name) => MASK.into(),
        Value::String(told) => text(told).into(),
        other => other.clone(),
    }
}

fn shown(record: &Record) -> Value {
    let fields: Map<String, Value> =
        record.fields.iter().map(|(name, value)| (name.clone(), field(name, value))).collect();
    json!({
        "ts": record.ms as f64 / 1000.0,
        "level": record.level.as_str().to_ascii_lowercase(),
        "target": record.target,
        "msg": text(&record.message),
        "fields": fields,
    })
}

impl Api {
    /// `kind=error` (also where nobody says) or `kind=access`, of these `level`, `component`, `grep`, `from`, the last `n`; with
    /// `follow=1`, and a reader of streams, what comes too.
    pub(super) async fn logs(&self, head: &Parts, query: &Query) -> Result<Answer, Refusal> {
        let wanted = Wanted::of(query)?;
        let logs = self.state.registry().states.get::<Logs>();
        match query.get("kind").unwrap_or("error") {
            "error" => self.errors(head, query, wanted, logs.recent()),
            "access" => self.access(head, wanted, &logs).await,
            _ => Err(Refusal::bad("invalid argument kind: should be error or access")),
        }
    }

    fn errors(&self, head: &Parts, query: &Query, wanted: Wanted, recent: Arc<Recent>) -> Result<Answer, Refusal> {
        let form = Form::of(head);
        let since = stream::since(head, query)?;
        let (records, lost) = recent.after(since.unwrap_or_default());
        let last = records.last().map_or(since.unwrap_or_default(), |record| record.number);
        let mut taken: Vec<Arc<Record>> = records.into_iter().filter(|record| wanted.takes(record)).collect();
        let taken = taken.split_off(taken.len().saturating_sub(wanted.lines));
        if form == Form::Document {
            let list: Vec<Value> = taken.iter().map(|record| shown(record)).collect();
            return Ok(control_http::json(StatusCode::OK, &json!({ "last": last, "logs": list })));
        }
        let (feed, answer) = self.streams.open(head, form)?;
        let newest = recent.newest();
        tokio::spawn(async move {
            // Who comes back is told what it missed.
            feed.missed(since.map_or(0, |_| lost));
            for record in taken {
                if !tell(&feed, &record).await {
                    return;
                }
            }
            if wanted.follows {
                follow(&feed, &wanted, &recent, newest, last).await;
            }
        });
        Ok(answer)
    }

    async fn access(&self, head: &Parts, wanted: Wanted, logs: &Logs) -> Result<Answer, Refusal> {
        let path = logs.access_file().map_err(|why| Refusal::new(StatusCode::CONFLICT, why))?;
        let pattern = wanted.pattern.clone();
        let (most, last) = (if pattern.is_some() { usize::MAX } else { wanted.lines }, wanted.lines);
        let mut names = Names::new(self.state.clone());
        let open = move || {
            let (tail, lines) = Tail::open(&path, most)?;
            let mut lines = names.without_secrets(lines, pattern.as_ref());
            Ok((tail, names, lines.split_off(lines.len().saturating_sub(last))))
        };
        let opened = tokio::task::spawn_blocking(open).await.map_err(|_| Refusal::internal())?;
        let (tail, names, lines) = opened.map_err(|error: std::io::Error| {
            Refusal::new(StatusCode::CONFLICT, format!("the access log cannot be read: {error}"))
        })?;
        let form = Form::of(head);
        if form == Form::Document {
            let list: Vec<Value> = lines.iter().map(|line| json!({ "line": line })).collect();
            return Ok(control_http::json(StatusCode::OK, &json!({ "logs": list })));
        }
        let (feed, answer) = self.streams.open(head, form)?;
        tokio::spawn(async move {
            for line in lines {
                if !feed.send(access_line(&line)).await {
                    return;
                }
            }
            if wanted.follows {
                follow_file(&feed, &wanted, tail, names).await;
            }
        });
        Ok(answer)
    }
}

async fn tell(feed: &Feed, record: &Record) -> bool {
    feed.send(Line { event: "log", number: Number::Is(record.number), data: shown(record).to_string() }).await
}

/// The names by which the plugins of the configuration find consumers, beside those that everybody takes for secrets.
struct Names {
    state: State,
    revision: Option<u64>,
    known: HashSet<String>,
}

impl Names {
    fn new(state: State) -> Names {
        Names { state, revision: None, known: HashSet::new() }
    }

    /// The lines that are asked for, as they are shown: a pattern is asked of nothing else.
    fn without_secrets(&mut self, lines: Vec<String>, pattern: Option<&Regex>) -> Vec<String> {
        if !lines.is_empty() {
            self.refresh();
        }
        let also = |name: &[u8], _: &[u8]| std::str::from_utf8(name).is_ok_and(|name| self.known.contains(name));
        let shown = lines.into_iter().map(|line| match masks::line(&line, &also) {
            Cow::Borrowed(_) => line,
            Cow::Owned(shown) => shown,
        });
        shown.filter(|line| pattern.is_none_or(|pattern| pattern.is_match(line))).collect()
    }

    /// Reads them of the configuration as it is now. Names that were known stay: lines may be older.
    fn refresh(&mut self) {
        let revision = *self.state.changes().newest().borrow();
        if self.revision.replace(revision) == Some(revision) {
            return;
        }
        let finds = |bytes: &[u8]| FINDERS.iter().any(|name| bytes.windows(name.len()).any(|w| w == name.as_bytes()));
        let objects = self.state.read(|tables| {
            let all = WITH_PLUGINS.iter().flat_map(|kind| tables.iter(*kind));
            all.filter(|(_, stored)| finds(&stored.bytes)).map(|(_, stored)| stored.bytes.clone()).collect::<Vec<_>>()
        });
        for object in objects.iter().filter_map(|bytes| json::parse(bytes).ok()) {
            if let Some(plugins) = object.get("plugins") {
                names(plugins, &mut self.known);
            }
        }
    }
}

/// Plugins that find a consumer by a field or argument whose name they are told, and what may have such.
const FINDERS: [&str; 2] = ["key-auth", "jwt-auth"];
const WITH_PLUGINS: [Kind; 5] = [Kind::Route, Kind::Service, Kind::PluginConfig, Kind::GlobalRule, Kind::ConsumerGroup];

fn names(value: &Value, known: &mut HashSet<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| names(item, known)),
        Value::Object(members) => {
            for (name, member) in members {
                names(member, known);
                if FINDERS.contains(&&**name) {
                    let told = ["query", "header", "cookie"].iter().filter_map(|key| member.get(key)?.as_str());
                    known.extend(told.map(str::to_owned));
                }
            }
        }
        _ => {}
    }
}

fn access_line(line: &str) -> Line {
    Line { event: "log", number: Number::None, data: json!({ "line": line }).to_string() }
}

/// Tells what comes behind a record, until nobody reads any more.
async fn follow(
    feed: &Feed,
    wanted: &Wanted,
    recent: &Recent,
    mut newest: tokio::sync::watch::Receiver<u64>,
    mut last: u64,
) {
    loop {
        newest.mark_unchanged();
        let (records, lost) = recent.after(last);
        feed.missed(lost);
        for record in records {
            last = record.number;
            if wanted.takes(&record) && !tell(feed, &record).await {
                return;
            }
        }
        tokio::select! {
            changed = newest.changed() => if changed.is_err() { return },
            () = feed.closed() => return,
        }
    }
}

/// Tells what comes in a file, until nobody reads any more.
async fn follow_file(feed: &Feed, wanted: &Wanted, mut tail: Tail, mut names: Names) {
    loop {
        let pattern = wanted.pattern.clone();
        let read = tokio::task::spawn_blocking(move || {
            let lines = tail.more();
            let told = lines.map(|lines| (lines.is_empty(), names.without_secrets(lines, pattern.as_ref())));
            (tail, names, told)
        });
        let Ok((back, known, Ok((nothing, lines)))) = read.await else { return };
        (tail, names) = (back, known);
        for line in lines {
            if !feed.send(access_line(&line)).await {
                return;
            }
        }
        if nothing {
            tokio::select! {
                () = tokio::time::sleep(LOOK) => {}
                () = feed.closed() => return,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(query: &str) -> Result<Wanted, Refusal> {
        Wanted::of(&Query::parse(query))
    }

    #[test]
    fn what_is_asked_for_is_checked() {
        for good in ["", "level=warn&n=0&grep=a.b&component=gateway&from=1.5&follow=1", "n=2000"] {
            assert!(wanted(good).is_ok(), "{good}");
        }
        for (bad, why) in [
            ("level=loud", "level"),
            ("n=2001", "n"),
            ("n=-1", "n"),
            ("from=x", "from"),
            ("from=1e300", "from"),
            ("grep=(", "grep"),
            ("grep=%28a%7B1000%7D%29%7B1000%7D", "grep"),
        ] {
            let refused = wanted(bad).err().unwrap_or_else(|| panic!("{bad}"));
            assert_eq!(refused.answer(false).status(), StatusCode::BAD_REQUEST, "{bad}: {why}");
        }
    }

    #[test]
    fn a_time_counts_to_the_millisecond() {
        for ms in (1_795_763_675_000_u64..).step_by(37).take(10_000) {
            let told = ms as f64 / 1000.0;
            for (seconds, from_ms) in [(told, ms), (told + 0.001, ms + 1), (told - 1.0, ms - 1000)] {
                let read = wanted(&format!("from={seconds}")).unwrap_or_else(|_| panic!("{seconds}"));
                assert_eq!(read.from_ms, from_ms, "{seconds}");
            }
        }
    }
}
