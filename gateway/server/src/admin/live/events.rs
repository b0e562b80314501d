//! `GET live/events`: changes of the configuration as they happen, from any revision on that is still known.

use std::sync::Arc;

use gateway_store::{Change, JournalRecord};
use hyper::StatusCode;
use hyper::http::request::Parts;
use serde_json::{Value, json};

use super::super::query::Query;
use super::super::{Api, Refusal, answers};
use super::history::Limits;
use super::shown;
use super::stream::{self, Feed, Form, Line, Number};
use crate::control_http::{self, Answer};
use crate::state::{State, keys};

/// Changes that are made into lines at a time.
const PIECE: usize = 64;

impl Api {
    /// The changes behind `since`, and those that come; as one document those alone that are there.
    pub(super) async fn events(&self, head: &Parts, query: &Query) -> Result<Answer, Refusal> {
        let form = Form::of(head);
        let since = stream::since(head, query)?;
        let newest = *self.state.changes().newest().borrow();
        if form == Form::Document {
            // Who follows may come back to a gateway that has begun anew.
            if let Some(since) = since.filter(|since| *since > newest) {
                return Err(Refusal::bad(format!(
                    "invalid argument since: there is no revision {since} yet, the last is {newest}"
                )));
            }
            return self.events_until_now(since).await;
        }
        let (feed, answer) = self.streams.open(head, form)?;
        tokio::spawn(follow(self.state.clone(), feed, since.unwrap_or(newest)));
        Ok(answer)
    }

    /// What is known of the changes behind a revision, the oldest first.
    async fn events_until_now(&self, since: Option<u64>) -> Result<Answer, Refusal> {
        let state = self.state.clone();
        let collect = move || {
            let told = |record: &JournalRecord, of: &Change| {
                shown::change(record, of, &**state.registry(), &|kind, value| state.reveal(kind, value))
            };
            let mut at = since.unwrap_or_default();
            let (mut list, mut dropped, mut limits) = (Vec::new(), 0, Limits::usual());
            loop {
                let page = state.changes().after(at).map_err(answers::of_store)?;
                dropped += page.lost;
                at = page.reaches;
                if page.records.is_empty() && page.lost == 0 {
                    return Ok(json!({ "rev": at, "dropped": dropped, "events": list, "more": false }));
                }
                for record in page.records {
                    if !limits.take(&record) && !list.is_empty() {
                        let at = record.revision - 1;
                        return Ok(json!({ "rev": at, "dropped": dropped, "events": list, "more": true }));
                    }
                    list.extend(record.changes.iter().filter_map(|of| told(&record, of)));
                }
            }
        };
        let body: Result<Value, Refusal> =
            tokio::task::spawn_blocking(collect).await.map_err(|_| Refusal::internal())?;
        Ok(control_http::json(StatusCode::OK, &body?))
    }
}

/// Tells a reader of every change behind a revision, until it goes.
async fn follow(state: State, feed: Feed, mut at: u64) {
    let mut newest = state.changes().newest();
    loop {
        newest.mark_unchanged();
        let changes = Arc::clone(state.changes());
        let read = tokio::task::spawn_blocking(move || changes.after(at)).await;
        let Ok(Ok(page)) = read else {
            tracing::warn!("a reader of live/events is left: the journal could not be read");
            return;
        };
        feed.missed(page.lost);
        let nothing = page.records.is_empty() && page.lost == 0;
        for record in page.records {
            if !tell(&state, &feed, record).await {
                return;
            }
        }
        at = page.reaches;
        if nothing {
            tokio::select! {
                changed = newest.changed() => if changed.is_err() { return },
                () = feed.closed() => return,
            }
        }
    }
}

/// Tells of one transaction; `false` when nobody reads any more.
async fn tell(state: &State, feed: &Feed, record: Arc<JournalRecord>) -> bool {
    for from in (0..record.changes.len()).step_by(PIECE) {
        let (record, state) = (Arc::clone(&record), state.clone());
        let render = move || -> Vec<Line> {
            let last = record.changes.iter().rposition(|change| keys::parse(&change.key).is_some());
            let piece = record.changes.iter().enumerate().skip(from).take(PIECE);
            let told = piece.filter_map(|(at, change)| {
                let data =
                    shown::change(&record, change, &**state.registry(), &|kind, value| state.reveal(kind, value))?;
                let data = data.to_string();
                // Who comes back in the midst of a transaction is told all of it.
                let number = if Some(at) == last { Number::Is(record.revision) } else { Number::None };
                Some(Line { event: "change", number, data })
            });
            told.collect()
        };
        let Ok(lines) = tokio::task::spawn_blocking(render).await else { return false };
        for line in lines {
            if !feed.send(line).await {
                return false;
            }
        }
    }
    true
}
