//! Changes of the configuration: told as they come, and handed to the lists that are being read meanwhile.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use serde_json::Value;
use tokio::sync::{Notify, watch};

use super::follow::{Reader, argument, follow, path};
use super::task::{Context, Note, Teller, undefined};
use super::told;
use crate::commands::live::text;
use crate::error::Result;
use crate::filter::text_of;
use crate::resources::{Resource, nested};
use crate::stream::Row;
use crate::tui::msg::{Arguments, Failure, Source};

/// How changes become known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// Nobody knows yet.
    Unknown,
    /// The server tells them.
    Told,
    /// Lists are looked at again and again.
    Polled,
}

/// What lists know of changes.
pub(super) struct Changes {
    mode: watch::Sender<Mode>,
    /// Changes since a list is being read, by the path of the resource.
    loading: RefCell<HashMap<&'static str, (u64, Vec<Value>)>>,
    /// How many lists were read so far.
    number: Cell<u64>,
    /// By the path of the resource: its list has to be read again.
    again: RefCell<HashMap<&'static str, Rc<Notify>>>,
}

impl Changes {
    pub(super) fn new() -> Changes {
        let mode = watch::Sender::new(Mode::Unknown);
        Changes { mode, loading: RefCell::default(), number: Cell::new(0), again: RefCell::default() }
    }

    pub(super) fn mode(&self) -> watch::Receiver<Mode> {
        self.mode.subscribe()
    }

    fn becomes(&self, mode: Mode) {
        self.mode.send_if_modified(|now| std::mem::replace(now, mode) != mode);
    }

    /// Tells when a list has to be read again.
    pub(super) fn again(&self, resource: &Resource) -> Rc<Notify> {
        Rc::clone(self.again.borrow_mut().entry(resource.path()).or_default())
    }

    /// From now on changes of a resource are kept.
    pub(super) fn keep(self: &Rc<Self>, resource: &Resource) -> Kept {
        let number = self.number.get() + 1;
        self.number.set(number);
        self.loading.borrow_mut().insert(resource.path(), (number, Vec::new()));
        Kept { changes: Rc::clone(self), path: resource.path(), number }
    }

    fn all_again(&self) {
        self.again.borrow().values().for_each(|again| again.notify_one());
    }

    fn changed(&self, row: &Value) {
        let resource = text(row, "resource");
        if let Some((_, rows)) = self.loading.borrow_mut().get_mut(resource) {
            rows.push(row.clone());
        }
        let object = row.get("after").and_then(Value::as_object);
        if object.is_some_and(|object| object.contains_key("too_large") || object.contains_key("unreadable"))
            && let Some(again) = self.again.borrow().get(resource)
        {
            again.notify_one();
        }
    }
}

/// Changes that are kept while a list is being read.
pub(super) struct Kept {
    changes: Rc<Changes>,
    path: &'static str,
    number: u64,
}

impl Kept {
    /// The changes so far.
    pub(super) fn take(self) -> Vec<Value> {
        let mut loading = self.changes.loading.borrow_mut();
        loading.get_mut(self.path).map(|(_, rows)| std::mem::take(rows)).unwrap_or_default()
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        let mut loading = self.changes.loading.borrow_mut();
        // Another one may read the same list by now.
        if loading.get(self.path).is_some_and(|(number, _)| *number == self.number) {
            loading.remove(self.path);
        }
    }
}

/// How far changes were told.
#[derive(Debug, Default)]
pub(super) struct Place {
    revision: Option<u64>,
    /// Objects of changes of that revision, of which there may be more.
    objects: HashSet<String>,
    /// The start of the gateway that told them, where it says which.
    instance: Option<String>,
}

impl Place {
    /// Behind a revision.
    fn behind(revision: u64) -> Place {
        Place { revision: Some(revision), ..Place::default() }
    }

    /// Takes in what the gateway tells of itself; whether another one may have come in the place of the one before, with
    /// another store or with changes that nobody has told.
    fn meets(&mut self, info: &Value) -> bool {
        let instance = Some(text(info, "instance_id")).filter(|id| !id.is_empty()).map(str::to_owned);
        let another = self.instance.is_some() && self.instance != instance;
        self.instance = instance;
        let Some(revision) = info.pointer("/config/revision").and_then(Value::as_u64) else { return another };
        let lower = self.revision.is_some_and(|told| revision < told);
        if lower || self.revision.is_none() {
            self.at(revision);
        }
        another || lower
    }

    /// Goes on behind a revision.
    fn at(&mut self, revision: u64) {
        *self = Place { instance: self.instance.take(), ..Place::behind(revision) };
    }

    /// Where a stream has to begin so that nothing is missed. What comes once more is left out by [`Place::takes`].
    fn since(&self) -> Option<u64> {
        self.revision.map(|revision| if self.objects.is_empty() { revision } else { revision.saturating_sub(1) })
    }

    /// Whether a change was not told yet.
    fn takes(&mut self, revision: u64, object: String) -> bool {
        if self.revision.is_some_and(|told| revision < told || revision == told && self.objects.is_empty()) {
            return false;
        }
        if self.revision != Some(revision) {
            self.at(revision);
        }
        self.objects.insert(object)
    }
}

/// Tells of changes.
pub(super) async fn events(context: Context, arguments: Arguments, place: Rc<RefCell<Place>>) {
    let mut teller = context.teller(Source::Events);
    let changes = Rc::clone(&context.changes);
    let mut reader = Events { context: context.clone(), arguments, place };
    if !follow(&context, &mut reader, &mut teller).await {
        teller.failure(&Failure::of(&context.connection.lacks("events")));
    }
    changes.becomes(Mode::Polled);
}

struct Events {
    context: Context,
    arguments: Arguments,
    place: Rc<RefCell<Place>>,
}

impl Reader for Events {
    /// Finds out where the store is, so that a stream that breaks before its first row misses nothing; and whether it is still the
    /// one from before, else lists are begun anew.
    async fn before(&mut self) -> Result<()> {
        if argument(&self.arguments, "since").is_some() && self.place.borrow().revision.is_none() {
            return Ok(());
        }
        let told = self.context.connection.live("info").await?;
        if told.is_some_and(|info| self.place.borrow_mut().meets(&info)) {
            self.context.changes.all_again();
            let _ = self.context.notes.send(Note::Another);
        }
        Ok(())
    }

    fn path(&self) -> String {
        match self.place.borrow().since() {
            Some(since) => path("events", &self.arguments, &[("since", Some(since.to_string()))]),
            None => path("events", &self.arguments, &[]),
        }
    }

    fn opened(&mut self) {
        let changes = &self.context.changes;
        if *changes.mode.borrow() == Mode::Told && self.place.borrow().revision.is_none() {
            // What was meanwhile is not known.
            changes.all_again();
        }
        changes.becomes(Mode::Told);
    }

    fn closed(&mut self) {
        if *self.context.changes.mode.borrow() == Mode::Unknown {
            self.context.changes.becomes(Mode::Polled);
        }
    }

    async fn row(&mut self, row: Row, teller: &mut Teller) -> Result<()> {
        self.context.out.room().await;
        let row = match row {
            Row::Dropped(rows) => {
                teller.ordered(told::missing(rows));
                self.context.changes.all_again();
                return Ok(());
            }
            Row::Value(mut row) => {
                nested::name_as_lists_do(&mut row);
                row
            }
        };
        let resource = text(&row, "resource").to_owned();
        let (revision, id) = (row.get("rev").and_then(Value::as_u64), row.get("id"));
        let (Some(revision), Some(id), false) = (revision, id, resource.is_empty()) else {
            return Err(undefined("/live/events", "change"));
        };
        let object = format!("{resource}/{}", text_of(id));
        if self.place.borrow_mut().takes(revision, object) {
            self.context.changes.changed(&row);
            teller.ordered(row);
            let _ = self.context.notes.send(Note::Changed { resource });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_told_once_wherever_the_stream_breaks() {
        let mut place = Place::default();
        assert_eq!(place.since(), None);
        let rows = [(5, "a"), (6, "a"), (6, "b"), (6, "c"), (9, "a")];
        for broken in 0..=rows.len() {
            let mut place = Place::behind(4);
            let mut told = Vec::new();
            let mut read = |from: u64, rows: &[(u64, &'static str)], place: &mut Place| {
                for (revision, object) in rows.iter().filter(|(revision, _)| *revision > from) {
                    if place.takes(*revision, (*object).to_owned()) {
                        told.push((*revision, *object));
                    }
                }
            };
            read(4, &rows[..broken], &mut place);
            let since = place.since().unwrap();
            read(since, &rows, &mut place);
            assert_eq!(told, rows, "{broken}");
        }
        assert!(place.takes(1, "a".into()) && !place.takes(1, "a".into()));
    }
}
