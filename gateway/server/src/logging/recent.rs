//! What the error log was told lately, kept in memory for people (`live/logs`).

use std::collections::VecDeque;
use std::fmt::{self, Write as _};
use std::sync::Arc;

use parking_lot::Mutex;
use serde_json::{Map, Value};
use tokio::sync::watch;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

use crate::state::now_ms;

/// Most records that are kept, and their bytes together.
const RECORDS: usize = 2_000;
const BYTES: usize = 2 << 20;

/// Most bytes of one text in a record; what is longer is cut.
const TEXT: usize = 4 << 10;

/// A record.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Record {
    /// Grows by one with each.
    pub(crate) number: u64,
    /// Milliseconds since 1970.
    pub(crate) ms: u64,
    pub(crate) level: Level,
    pub(crate) target: &'static str,
    pub(crate) message: String,
    pub(crate) fields: Map<String, Value>,
    bytes: usize,
}

/// The newest records.
#[derive(Debug)]
pub(crate) struct Recent {
    kept: Mutex<Kept>,
    newest: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Kept {
    records: VecDeque<Arc<Record>>,
    bytes: usize,
    last: u64,
}

impl Default for Recent {
    fn default() -> Recent {
        Recent { kept: Mutex::default(), newest: watch::Sender::new(0) }
    }
}

impl Recent {
    /// The records behind a number, the oldest first, and how many of them are not kept any more.
    pub(crate) fn after(&self, number: u64) -> (Vec<Arc<Record>>, u64) {
        let kept = self.kept.lock();
        let first = kept.records.front().map_or(kept.last + 1, |record| record.number);
        let lost = first.saturating_sub(number.min(kept.last) + 1);
        (kept.records.iter().filter(|record| record.number > number).cloned().collect(), lost)
    }

    /// The number of the newest record, as it changes.
    pub(crate) fn newest(&self) -> watch::Receiver<u64> {
        self.newest.subscribe()
    }

    fn push(&self, mut record: Record) {
        let mut kept = self.kept.lock();
        kept.last += 1;
        record.number = kept.last;
        kept.bytes += record.bytes;
        kept.records.push_back(Arc::new(record));
        while kept.records.len() > RECORDS || kept.bytes > BYTES {
            let Some(oldest) = kept.records.pop_front() else { break };
            kept.bytes -= oldest.bytes;
        }
        let last = kept.last;
        drop(kept);
        self.newest.send_replace(last);
    }
}

/// Keeps what passes the filter of the log.
pub(super) struct Keeper(pub(super) Arc<Recent>);

impl<S: Subscriber> Layer<S> for Keeper {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut told = Told::default();
        event.record(&mut told);
        let (meta, Told { message, fields, bytes }) = (event.metadata(), told);
        let record = Record {
            number: 0,
            ms: now_ms(),
            level: *meta.level(),
            target: meta.target(),
            bytes: bytes + message.len() + size_of::<Record>(),
            message,
            fields,
        };
        self.0.push(record);
    }
}

#[derive(Default)]
struct Told {
    message: String,
    fields: Map<String, Value>,
    bytes: usize,
}

impl Told {
    fn put(&mut self, field: &Field, value: Value, bytes: usize) {
        self.bytes += field.name().len() + bytes + size_of::<Value>();
        self.fields.insert(field.name().to_owned(), value);
    }

    fn text(&mut self, field: &Field, mut text: String) {
        if text.len() > TEXT {
            text.truncate(text.floor_char_boundary(TEXT));
            text.push('…');
        }
        match field.name() {
            "message" => self.message = text,
            _ => {
                let bytes = text.len();
                self.put(field, text.into(), bytes);
            }
        }
    }
}

impl Visit for Told {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let mut text = String::new();
        // Text takes what is written to it.
        let _ = write!(text, "{value:?}");
        self.text(field, text);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.text(field, value.to_owned());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value.into(), 0);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value.into(), 0);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value.into(), 0);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value.into(), 0);
    }
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;

    fn told(tell: impl FnOnce()) -> Arc<Recent> {
        let recent = Arc::new(Recent::default());
        let subscriber = tracing_subscriber::registry().with(Keeper(Arc::clone(&recent)));
        tracing::subscriber::with_default(subscriber, tell);
        recent
    }

    #[test]
    fn a_record_has_its_fields() {
        let recent =
            told(|| tracing::warn!(target: "gateway::x", node = "10.0.0.1", n = 3, ok = true, "it is {}", "so"));
        let (records, lost) = recent.after(0);
        let record = &records[0];
        assert_eq!(
            (record.number, record.level, record.target, &*record.message),
            (1, Level::WARN, "gateway::x", "it is so")
        );
        assert_eq!(Value::Object(record.fields.clone()), serde_json::json!({"node": "10.0.0.1", "n": 3, "ok": true}));
        assert_eq!((records.len(), lost, *recent.newest().borrow()), (1, 0, 1));
        assert!(recent.after(1).0.is_empty());
    }

    #[test]
    fn there_are_so_many_and_no_more() {
        let recent = told(|| (0..RECORDS + 10).for_each(|n| tracing::info!(n, "one")));
        let (records, lost) = recent.after(0);
        assert_eq!((records.len(), lost, records[0].number), (RECORDS, 10, 11));
        assert_eq!(recent.after(5).1, 5);
        assert_eq!(recent.after(u64::MAX), (Vec::new(), 0));
        let long = "ä".repeat(TEXT);
        let recent = told(|| (0..RECORDS).for_each(|_| tracing::info!(long, "one")));
        let kept = recent.kept.lock();
        assert!(kept.bytes <= BYTES && kept.records.len() < RECORDS);
        assert!(kept.records[0].fields["long"].as_str().unwrap().len() <= TEXT + 4);
    }
}
