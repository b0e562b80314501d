//! `GET live/history`: the last changes of the configuration, with who made them, out of the store's journal.

use gateway_store::{JournalRecord, StoreError};
use hyper::StatusCode;
use serde_json::{Value, json};

use super::super::query::Query;
use super::super::{Api, Refusal, answers};
use super::shown;
use crate::control_http::{self, Answer};
use crate::state::State;

/// Transactions that the store remembers, and that are told where nobody says how many.
const MOST: u64 = 1000;
const USUAL: u64 = 100;

/// Transactions that are read at a time.
const PAGE: u64 = 16;

/// Most changes of one answer, and most bytes of their objects as stored.
const CHANGES: usize = 10_000;
const BYTES: usize = 16 << 20;

/// What one answer may still hold.
pub(super) struct Limits {
    changes: usize,
    bytes: usize,
}

impl Limits {
    pub(super) fn usual() -> Limits {
        Limits { changes: CHANGES, bytes: BYTES }
    }

    /// Takes a transaction into the answer; `false` when it is more than there is room for.
    pub(super) fn take(&mut self, record: &JournalRecord) -> bool {
        let sides = record.changes.iter().flat_map(|change| [&change.before, &change.after]);
        let bytes: usize = sides.flatten().map(|kv| kv.value.len().min(shown::LARGEST)).sum();
        let fits = record.changes.len() <= self.changes && bytes <= self.bytes;
        self.changes = self.changes.saturating_sub(record.changes.len());
        self.bytes = self.bytes.saturating_sub(bytes);
        fits
    }
}

impl Api {
    /// The changes of `limit` revisions, the newest first: of the last ones, or of those before one.
    pub(super) async fn history(&self, query: &Query) -> Result<Answer, Refusal> {
        let limit = match query.get("limit").map(str::parse) {
            None => USUAL,
            Some(Ok(limit @ 1..=MOST)) => limit,
            Some(_) => {
                return Err(Refusal::bad(format!("invalid argument limit: should be a number from 1 to {MOST}")));
            }
        };
        let before = match query.get("before").map(str::parse) {
            None => u64::MAX,
            Some(Ok(before @ 1..)) => before,
            Some(_) => return Err(Refusal::bad("invalid argument before: should be a revision")),
        };
        let state = self.state.clone();
        let read = move || collect(&state, before, limit);
        let body = tokio::task::spawn_blocking(read).await.map_err(|_| Refusal::internal())?;
        Ok(control_http::json(StatusCode::OK, &body.map_err(answers::of_store)?))
    }
}

/// Reads from the newest on, so that what has no place any more is not even read.
fn collect(state: &State, before: u64, limit: u64) -> Result<Value, StoreError> {
    let (store, specs) = (&**state.store(), &**state.registry());
    let newest = store.revision()?;
    let oldest = store.journal(0, 1)?.first().map_or(newest, |record| record.revision);
    let first = newest.min(before.saturating_sub(1));
    let end = first.saturating_sub(limit).max(oldest.saturating_sub(1));
    // What follows is before this one.
    let (mut above, mut next) = (first, end + 1);
    let (mut list, mut limits, mut some) = (Vec::new(), Limits::usual(), false);
    'pages: while above > end {
        let below = above.saturating_sub(PAGE).max(end);
        let records = store.journal(below + 1, usize::try_from(above - below).unwrap_or_default())?;
        for record in records.iter().rev().filter(|record| record.revision <= above) {
            if !limits.take(record) && some {
                next = record.revision + 1;
                break 'pages;
            }
            some = true;
            let told = |change| shown::change(record, change, specs, &|kind, value| state.reveal(kind, value));
            list.extend(record.changes.iter().filter_map(told));
        }
        above = below;
    }
    // Revisions count from 1: where nothing has changed yet, there is nothing before either.
    let more = next > oldest.max(1);
    let next = more.then_some(next);
    Ok(json!({ "rev": newest, "oldest": oldest, "changes": list, "more": more, "next": next }))
}
