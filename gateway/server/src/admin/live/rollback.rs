//! `POST live/rollback`: back to what the configuration was after a revision, by undoing all that came later.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use gateway_model::Kind;
use gateway_store::{Kv, Store};
use hyper::StatusCode;
use serde::Deserialize;
use serde_json::Value;

use super::super::auth::Caller;
use super::super::conditions::rehearsal;
use super::super::query::Query;
use super::super::{Api, Refusal, answers, body};
use super::apply::{done, finish};
use super::batch::{self, Step, Wish};
use super::shown;
use crate::control_http::Answer;
use crate::state::{Draft, Stored, keys, now_ms};

/// Transactions that are read at a time.
const PAGE: usize = 16;

/// Most bytes of objects that one going back may bring.
const BYTES: usize = 64 << 20;

/// What is asked for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rollback {
    rev: u64,
    #[serde(default)]
    dry_run: bool,
    /// The revision that the configuration must have.
    if_match: Option<u64>,
}

impl Api {
    /// Undoes what came after a revision: all of it, or nothing.
    pub(super) async fn rollback(
        &self,
        body: Option<Value>,
        query: &Query,
        caller: &Caller,
    ) -> Result<Answer, Refusal> {
        self.in_parts()?;
        let tried = rehearsal(query)?;
        let body = body.ok_or_else(|| Refusal::bad("invalid request body: empty request body"))?;
        let wanted: Rollback = body::asked(body)?;
        let dry_run = wanted.dry_run || tried;
        let store = Arc::clone(self.state.store());
        let job = move |draft: &mut Draft<'_>| {
            let newest = draft.revision() - 1;
            if wanted.if_match.is_some_and(|revision| revision != newest) {
                return Err(Refusal::new(StatusCode::PRECONDITION_FAILED, format!("revision is {newest}")));
            }
            let former = former(&*store, wanted.rev, newest)?;
            let steps = former.into_iter().filter_map(|(key, former)| step(draft, &key, former)).collect();
            let outcomes = batch::run(draft, steps);
            finish(draft, outcomes, dry_run)
        };
        let written = self.state.write_alone(caller.origin(), "ROLLBACK", job).await.map_err(Refusal::from)?;
        Ok(done(&written, dry_run))
    }
}

/// What stood under each key that has changed after `rev`.
fn former(store: &dyn Store, rev: u64, newest: u64) -> Result<BTreeMap<String, Option<Kv>>, Refusal> {
    let absent = |text: String| Refusal::new(StatusCode::NOT_FOUND, text);
    if rev > newest {
        return Err(absent(format!("there is no revision {rev}: the newest is {newest}")));
    }
    let oldest = store.journal(0, 1).map_err(answers::of_store)?.first().map_or(newest + 1, |record| record.revision);
    if rev + 1 < oldest {
        let earliest = oldest - 1;
        return Err(absent(format!(
            "revision {rev} is too old: the journal goes back to {earliest}, the state before its first change"
        )));
    }
    let mut former = BTreeMap::new();
    let (mut at, mut bytes) = (rev, 0);
    while at < newest {
        let records = store.journal(at + 1, PAGE).map_err(answers::of_store)?;
        if records.is_empty() {
            return Err(absent(format!("the journal has lost revision {}: there is no way back past it", at + 1)));
        }
        for record in records {
            if record.revision != at + 1 {
                return Err(absent(format!("the journal has lost revision {}: there is no way back past it", at + 1)));
            }
            at = record.revision;
            for change in record.changes {
                former.entry(change.key).or_insert_with(|| {
                    bytes += change.before.as_ref().map_or(0, |kv| kv.value.len());
                    change.before
                });
            }
            if bytes > BYTES {
                let message = format!("going back to revision {rev} would bring more than {BYTES} bytes at once");
                return Err(Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, message));
            }
        }
    }
    Ok(former)
}

/// What is to be done so that an object is what it was; `None` where it is.
fn step(draft: &Draft<'_>, key: &str, former: Option<Kv>) -> Option<Step> {
    let (kind, id) = keys::parse(key)?;
    let now = draft.tables().get(kind, id);
    // What would have vanished by now has.
    let former = former.filter(|kv| kv.expires_ms.is_none_or(|at| at > now_ms()));
    let wish = match (former, now) {
        (None, None) => return None,
        (Some(kv), Some(now)) if kv.value == now.bytes && kv.expires_ms == now.expires_ms => return None,
        (None, Some(_)) => Ok(Wish::Delete),
        (Some(kv), now) => {
            let expires_ms = kv.expires_ms;
            match (opened(draft, kind, kv), now) {
                // A secret is another text each time that it is encrypted.
                (Some(was), Some(now))
                    if expires_ms == now.expires_ms && draft.tables().open(kind, now).as_ref() == Some(&was) =>
                {
                    return None;
                }
                (Some(was), _) => {
                    let left = |at: u64| Duration::from_millis(at.saturating_sub(now_ms()).max(1));
                    Ok(Wish::Restore(was, expires_ms.map(left)))
                }
                (None, _) => Err("what it was cannot be read (a secret cannot be decrypted?)".to_owned()),
            }
        }
    };
    Some(Step { kind, id: id.to_owned(), path: shown::path(kind, id), if_match: None, wish })
}

/// What an object was, its secrets in plain text.
fn opened(draft: &Draft<'_>, kind: Kind, kv: Kv) -> Option<Value> {
    let stored =
        Stored { bytes: kv.value, created: kv.create_revision, modified: kv.mod_revision, expires_ms: kv.expires_ms };
    draft.tables().open(kind, &stored)
}
