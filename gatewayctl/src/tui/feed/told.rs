//! Values that any source may tell, and the names of sources.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::admin;
use crate::error::Error;
use crate::resources;
use crate::tui::msg::{Failure, Link, Source, Told};

/// Every source with a name of its own.
const NAMED: [(Source, &str); 13] = [
    (Source::Info, "info"),
    (Source::Stats, "stats"),
    (Source::Nodes, "nodes"),
    (Source::Certs, "certs"),
    (Source::Discovery, "discovery"),
    (Source::Events, "events"),
    (Source::History, "history"),
    (Source::Logs, "logs"),
    (Source::Tap, "tap"),
    (Source::Dubbo, "dubbo"),
    (Source::Grpc, "grpc"),
    (Source::Plugins, "plugins"),
    (Source::Metrics, "metrics"),
];

/// The name of a source: `stats`, `list/routes`.
pub(crate) fn name(source: Source) -> String {
    match source {
        Source::List(plural) => format!("list/{plural}"),
        source => NAMED.iter().find(|(of, _)| *of == source).map(|(_, name)| *name).unwrap_or_default().to_owned(),
    }
}

/// The source of a name; `None` where there is none.
pub(crate) fn source(name: &str) -> Option<Source> {
    match name.strip_prefix("list/") {
        Some(plural) => resources::every().find(|of| of.name == plural).map(|of| Source::List(of.name)),
        None => NAMED.iter().find(|(_, own)| *own == name).map(|(source, _)| *source),
    }
}

/// What is told now.
pub(super) fn now(source: Source, value: Value) -> Told {
    Told { source, at_ms: now_ms(), value }
}

/// Milliseconds since 1970.
pub(super) fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

impl Failure {
    /// What an error of a command would say.
    pub(crate) fn of(error: &Error) -> Failure {
        Failure { status: error.status(), message: error.message().to_owned(), hints: error.helps().to_vec() }
    }

    /// Whether it means that the server has no objects of this kind, because it has no such kind or has it off.
    pub(crate) fn is_of_absence(&self) -> bool {
        matches!(self.status, Some(400 | 404)) && admin::says_absent(&self.message)
    }

    /// Told by a source.
    pub(super) fn value(&self) -> Value {
        json!({ "failure": { "message": self.message, "hints": self.hints, "status": self.status } })
    }
}

/// That so many rows are missing.
pub(super) fn missing(rows: u64) -> Value {
    json!({ "dropped": rows })
}

/// The failure that a source tells in the place of what it is.
pub(crate) fn failure(value: &Value) -> Option<Failure> {
    let failure = alone(value, "failure")?;
    let hints = failure.get("hints").and_then(Value::as_array).into_iter().flatten();
    Some(Failure {
        status: failure.get("status").and_then(Value::as_u64).and_then(|status| u16::try_from(status).ok()),
        message: failure.get("message")?.as_str()?.to_owned(),
        hints: hints.filter_map(Value::as_str).map(str::to_owned).collect(),
    })
}

/// How many rows are missing, where that is what is told.
pub(crate) fn dropped(value: &Value) -> Option<u64> {
    alone(value, "dropped")?.as_u64()
}

/// The only field of an object.
fn alone<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    value.as_object().filter(|fields| fields.len() == 1)?.get(name)
}

/// A link as it is recorded.
pub(super) fn of_link(link: &Link) -> Value {
    match link {
        Link::Connecting => json!({ "state": "connecting" }),
        Link::Up { live } => json!({ "state": "up", "live": live }),
        Link::Lost { tries, next, why } => {
            let next = u64::try_from(next.as_millis()).unwrap_or(u64::MAX);
            json!({ "state": "lost", "tries": tries, "next_ms": next, "why": why })
        }
        Link::Refused { why } => json!({ "state": "refused", "why": why }),
    }
}

/// A link that was recorded.
pub(super) fn link(value: &Value) -> Option<Link> {
    let why = || Some(value.get("why")?.as_str()?.to_owned());
    Some(match value.get("state")?.as_str()? {
        "connecting" => Link::Connecting,
        "up" => Link::Up { live: value.get("live")?.as_bool()? },
        "lost" => Link::Lost {
            tries: u32::try_from(value.get("tries")?.as_u64()?).ok()?,
            next: std::time::Duration::from_millis(value.get("next_ms")?.as_u64()?),
            why: why()?,
        },
        "refused" => Link::Refused { why: why()? },
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_source_has_a_name() {
        let lists = resources::every().map(|resource| Source::List(resource.name));
        for of in NAMED.iter().map(|(source, _)| *source).chain(lists) {
            assert_eq!(source(&name(of)), Some(of));
        }
        for none in ["", "list/", "list/rotues", "link", "nonsense"] {
            assert_eq!(source(none), None, "{none}");
        }
    }

    #[test]
    fn values_of_any_source() {
        let failed = Failure { status: Some(503), message: "busy".into(), hints: vec!["wait".into()] };
        assert_eq!(failure(&failed.value()), Some(failed));
        assert_eq!(dropped(&missing(3)), Some(3));
        for neither in [json!({"dropped": 1, "x": 2}), json!([]), json!({"failure": {}}), json!(null)] {
            assert_eq!((failure(&neither), dropped(&neither)), (None, None));
        }
    }
}
