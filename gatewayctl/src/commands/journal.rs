//! The gateway's journal of changes, read page by page, and its changes as they are shown.

use serde_json::Value;

use super::App;
use super::live::{path, text};
use crate::error::{Error, Kind, Result};
use crate::filter::text_of;
use crate::output::mask;
use crate::resources;

/// The revisions that the journal has at most.
pub(crate) const REVISIONS: u64 = 1000;

/// What stands for a secret that was replaced.
pub(crate) const CHANGED: &str = "(secret changed)";

/// How far back is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// So many revisions.
    Revisions(u64),
    /// All changes after this revision.
    After(u64),
}

/// What was read of the journal.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    /// The newest first.
    pub(crate) changes: Vec<Value>,
    /// The newest revision of the gateway.
    pub(crate) newest: u64,
    /// The first revision that the journal has.
    pub(crate) oldest: u64,
    /// The first revision of those that were read.
    pub(crate) reaches: u64,
    /// Older ones that were wanted are there, and this gateway does not give them.
    pub(crate) cut: bool,
}

/// Reads the journal from its end on, as many answers as that takes. `None`: the server keeps none.
///
/// # Errors
/// Those of the calls; server: an answer that is none.
pub(crate) async fn read(app: &App<'_>, reach: Reach) -> Result<Option<Journal>> {
    let mut journal = Journal::default();
    let mut before: Option<u64> = None;
    loop {
        let limit = match (reach, before) {
            (Reach::Revisions(count), None) => count,
            (Reach::Revisions(count), Some(before)) => count.saturating_sub(journal.newest - (before - 1)),
            (Reach::After(_), _) => REVISIONS,
        };
        let limit = Some(limit.clamp(1, REVISIONS).to_string());
        let asked = path("history", &[("limit", limit), ("before", before.map(|before| before.to_string()))]);
        let Some(mut told) = app.admin.live(&asked).await? else { return Ok(None) };
        let number = |told: &Value, name: &str| told.get(name).and_then(Value::as_u64);
        let Some(Value::Array(changes)) = told.get_mut("changes").map(Value::take) else {
            return Err(Error::new(Kind::Server, "GET /live/history: the answer has no changes"));
        };
        if before.is_none() {
            journal.newest = number(&told, "rev").unwrap_or_default();
        }
        journal.oldest = number(&told, "oldest").unwrap_or_default();
        // Where nothing has changed yet there is nothing more, whatever an older gateway says.
        let more = told.get("more").and_then(Value::as_bool).unwrap_or_default() && journal.newest > 0;
        let lowest = changes.iter().filter_map(|change| number(change, "rev")).min();
        journal.changes.extend(changes);
        if !more {
            journal.reaches = journal.oldest;
            return Ok(Some(journal));
        }
        // An older gateway gives one answer and does not tell where it ends.
        let next = number(&told, "next").filter(|next| before.is_none_or(|before| *next < before));
        journal.reaches = next.or(lowest).unwrap_or(journal.newest);
        let reached = match reach {
            Reach::Revisions(count) => journal.newest.saturating_sub(journal.reaches.saturating_sub(1)) >= count,
            Reach::After(revision) => journal.reaches <= revision.saturating_add(1),
        };
        if reached || next.is_none() {
            journal.cut = !reached;
            return Ok(Some(journal));
        }
        before = next;
    }
}

/// `route/hello`; of a credential whose it is and which.
pub(crate) fn label(change: &Value) -> String {
    resources::label(text(change, "resource"), &change.get("id").map(text_of).unwrap_or_default())
}

/// What an object was and what it is, without the times of its writing; where a secret was replaced, the two differ.
pub(crate) fn sides(change: &Value) -> (Option<Value>, Option<Value>) {
    let side = |name: &str| change.get(name).filter(|value| !value.is_null()).map(timeless);
    let (mut before, mut after) = (side("before"), side("after"));
    if let (Some(before), Some(after)) = (&mut before, &mut after) {
        let pointers = change.get("secrets_changed").and_then(Value::as_array);
        for pointer in pointers.into_iter().flatten().filter_map(Value::as_str) {
            put(before, pointer, mask::MASK);
            put(after, pointer, CHANGED);
        }
    }
    (before, after)
}

/// Sets a text where the pointer leads; where the server shows nothing of the field, it is added.
fn put(value: &mut Value, pointer: &str, said: &str) {
    if let Some(field) = value.pointer_mut(pointer) {
        *field = said.into();
        return;
    }
    let Some((parent, name)) = pointer.rsplit_once('/') else { return };
    if let Some(Value::Object(fields)) = value.pointer_mut(parent) {
        fields.insert(name.replace("~1", "/").replace("~0", "~"), said.into());
    }
}

/// An object without the times of its writing.
fn timeless(value: &Value) -> Value {
    let mut value = value.clone();
    if let Value::Object(fields) = &mut value {
        fields.retain(|name, _| !matches!(name.as_str(), "create_time" | "update_time"));
    }
    value
}
