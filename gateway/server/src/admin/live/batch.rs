//! Several changes as one: all of them happen, or none.
//!
//! What counts is the state they make together: an object may come before what it names, two consumers may swap a key, and what is
//! deleted may be named by what is deleted too.

use std::collections::HashSet;
use std::time::Duration;

use gateway_model::check::Invalid;
use gateway_model::{Kind, ids, patch, references};
use serde_json::{Map, Value};

use super::super::answers;
use super::super::write::{self, Stamp};
use crate::state::{Draft, Stored};

/// One of the changes.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) kind: Kind,
    pub(super) id: String,
    /// Where the Admin API has the object.
    pub(super) path: String,
    /// The revision that it must have; 0: there must be none.
    pub(super) if_match: Option<u64>,
    /// What is to be done, or why that is no change that anybody could make.
    pub(super) wish: Result<Wish, String>,
}

/// What is to become of an object.
#[derive(Debug)]
pub(super) enum Wish {
    /// It is what a client sent.
    Put(Value),
    /// It is what it was with this merged into it, as PATCH does; what is not told to anybody stays.
    Merge(Value),
    /// It is what it was, with its times, and vanishes after so long.
    Restore(Value, Option<Duration>),
    /// It is gone.
    Delete,
}

/// What became of it, or would.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Status {
    Created,
    Updated,
    /// It is so already; its revision, 0 of what is not there.
    Unchanged(u64),
    Deleted,
}

/// What a step came to.
#[derive(Debug)]
pub(super) struct Outcome {
    path: String,
    status: Result<Status, Refused>,
}

/// Why a step cannot be.
#[derive(Debug)]
struct Refused {
    message: String,
    /// All that is wrong with an object, where that is more than the message says.
    details: Vec<Value>,
}

impl From<String> for Refused {
    fn from(message: String) -> Refused {
        Refused { message, details: Vec::new() }
    }
}

impl Refused {
    /// The first fault is the message, all of them are the details.
    fn of(first: Invalid, faults: &[Invalid]) -> Refused {
        let details = if faults.len() > 1 { faults.iter().map(answers::detail).collect() } else { Vec::new() };
        Refused { message: first.message, details }
    }
}

impl Outcome {
    /// Why it cannot be.
    pub(super) fn error(&self) -> Option<(&str, &str)> {
        self.status.as_ref().err().map(|error| (&*self.path, &*error.message))
    }

    /// As it is told, where all of them got the revision `rev`; `None` where nothing was stored.
    pub(super) fn shown(&self, rev: Option<u64>) -> Value {
        let mut shown = Map::new();
        shown.insert("path".to_owned(), self.path.as_str().into());
        let (status, rev) = match &self.status {
            Ok(Status::Created) => ("created", rev),
            Ok(Status::Updated) => ("updated", rev),
            Ok(Status::Unchanged(revision)) => ("unchanged", Some(*revision).filter(|revision| *revision > 0)),
            Ok(Status::Deleted) => ("deleted", rev),
            Err(_) => ("error", None),
        };
        shown.insert("status".to_owned(), status.into());
        if let Err(error) = &self.status {
            shown.insert("error_msg".to_owned(), error.message.as_str().into());
            if !error.details.is_empty() {
                shown.insert("details".to_owned(), error.details.clone().into());
            }
        }
        if let Some(rev) = rev {
            shown.insert("rev".to_owned(), rev.into());
        }
        Value::Object(shown)
    }
}

/// Takes the steps into the draft; the outcomes are in the order of the steps. Where one of them is an error, nothing of the draft
/// is to happen.
pub(super) fn run(draft: &mut Draft<'_>, mut steps: Vec<Step>) -> Vec<Outcome> {
    let mut outcomes: Vec<Outcome> = first_look(draft, &steps);
    let mut order: Vec<usize> = (0..steps.len()).collect();
    order.sort_by_key(|at| steps.get(*at).map(rank));
    let (mut written, mut gone) = (Vec::new(), Vec::new());
    for at in order {
        let (Some(step), Some(outcome)) = (steps.get_mut(at), outcomes.get_mut(at)) else { continue };
        if outcome.status.is_err() {
            continue;
        }
        let wish = std::mem::replace(&mut step.wish, Ok(Wish::Delete));
        let done = wish.map_err(Refused::from).and_then(|wish| match wish {
            Wish::Delete => {
                gone.push(at);
                delete(draft, step).map_err(|invalid| invalid.message.into())
            }
            Wish::Put(value) => put(draft, step, value, None, &mut |value| written.push((at, value))),
            Wish::Merge(patch) => {
                let merged = merged(draft, step, &patch).map_err(|invalid| Refused::from(invalid.message));
                merged.and_then(|value| put(draft, step, value, None, &mut |value| written.push((at, value))))
            }
            Wish::Restore(value, ttl) => put(draft, step, value, Some(ttl), &mut |value| written.push((at, value))),
        });
        outcome.status = done;
    }
    // Now that everything stands: what each of them names, and who names what is gone.
    let written = written.into_iter().map(|(at, value)| (at, Some(value)));
    for (at, value) in written.chain(gone.into_iter().map(|at| (at, None))) {
        let (Some(step), Some(outcome)) = (steps.get(at), outcomes.get_mut(at)) else { continue };
        let checked = match value {
            Some(value) => draft
                .check(step.kind, &step.id, &value)
                .map(drop)
                .map_err(|first| Refused::of(first, &draft.faults(step.kind, &step.id, &value))),
            None if draft.tables().get(step.kind, &step.id).is_some() => Ok(()),
            None => references::check_unused(step.kind, &step.id, draft.tables())
                .map_err(|invalid| Refused::from(invalid.message)),
        };
        if let (Err(refused), Ok(_)) = (checked, &outcome.status) {
            outcome.status = Err(refused);
        }
    }
    outcomes
}

/// Which come first: deletions, children before their parents; then what others refer to.
fn rank(step: &Step) -> (bool, usize) {
    let place = Kind::ALL.iter().position(|kind| *kind == step.kind).unwrap_or_default();
    match step.wish {
        Ok(Wish::Delete) => (false, Kind::ALL.len() - place),
        _ => (true, place),
    }
}

/// What is wrong before anything has happened: changes that are none, objects that are named twice, or have another revision.
fn first_look(draft: &Draft<'_>, steps: &[Step]) -> Vec<Outcome> {
    let mut seen = HashSet::new();
    let looks = steps.iter().map(|step| {
        let revision = draft.tables().get(step.kind, &step.id).map(|stored| stored.modified);
        let status = match (&step.wish, step.if_match) {
            (Err(error), _) => Err(error.clone().into()),
            _ if !seen.insert((step.kind, step.id.as_str())) => Err("the object is named twice".to_owned().into()),
            (Ok(_), Some(wanted)) if wanted != revision.unwrap_or_default() => Err(Refused::from(match revision {
                Some(revision) => format!("revision is {revision}"),
                None => "there is no such object, so no revision of it matches if_match".to_owned(),
            })),
            _ => Ok(Status::Unchanged(0)),
        };
        Outcome { path: step.path.clone(), status }
    });
    looks.collect()
}

/// Deletes an object with all that lives below it.
fn delete(draft: &mut Draft<'_>, step: &Step) -> Result<Status, Invalid> {
    for child in step.kind.children() {
        let below = child.below(&step.id);
        let all: Vec<String> = draft.tables().below(child, &below).map(|(id, _)| id.to_owned()).collect();
        for id in all {
            draft.delete(child, &id)?;
        }
    }
    Ok(if draft.delete(step.kind, &step.id)? { Status::Deleted } else { Status::Unchanged(0) })
}

/// What an object is with something merged into it.
fn merged(draft: &Draft<'_>, step: &Step, patch: &Value) -> Result<Value, Invalid> {
    let (kind, id) = (step.kind, step.id.as_str());
    let before = draft.tables().get(kind, id).ok_or_else(|| Invalid::new("not_found", "Key not found"))?;
    let object = draft.tables().open(kind, before).ok_or_else(|| {
        Invalid::new("unreadable", "the stored object cannot be read (a secret cannot be decrypted?); put it whole")
    })?;
    let merged = patch::merge(&object, Some(patch))?;
    let told = kind.split_id(id).map_or(id, |(_, own)| own);
    ids::put(kind, Some(told), &merged)?;
    Ok(write::with_id(kind, merged, told, false))
}

/// Puts an object; `restored`: as it was, for so long. What it names is not looked at yet.
fn put(
    draft: &mut Draft<'_>,
    step: &Step,
    value: Value,
    restored: Option<Option<Duration>>,
    written: &mut dyn FnMut(Value),
) -> Result<Status, Refused> {
    let (kind, id) = (step.kind, step.id.as_str());
    let before = draft.tables().get(kind, id).cloned();
    let value = match restored {
        Some(_) => value,
        None => write::complete(draft, kind, id, value, before.as_ref(), Stamp::Both),
    };
    if let (Some(before), None) = (&before, restored)
        && is_same(draft, kind, before, &value)
    {
        return Ok(Status::Unchanged(before.modified));
    }
    let checked = draft
        .check_alone(kind, id, &value)
        .map_err(|first| Refused::of(first, &draft.faults_alone(kind, id, &value)))?;
    let stored = draft.put(kind, id, value.clone(), checked, restored.flatten());
    stored.map_err(|invalid| Refused::from(invalid.message))?;
    written(value);
    Ok(if before.is_some() { Status::Updated } else { Status::Created })
}

/// Whether an object stands there but for the time at which it was written.
fn is_same(draft: &Draft<'_>, kind: Kind, stored: &Stored, value: &Value) -> bool {
    let timeless = |value: &Value| {
        let mut value = value.clone();
        if let Value::Object(fields) = &mut value {
            fields.shift_remove("create_time");
            fields.shift_remove("update_time");
        }
        value
    };
    stored.expires_ms.is_none()
        && draft.tables().open(kind, stored).is_some_and(|there| timeless(&there) == timeless(value))
}
