//! Edits of what somebody else has changed meanwhile: both changes are shown, and what the user changed is written on top of the
//! other one if the user wants that.

use reqwest::Method;
use serde_json::{Map, Value};

use super::App;
use super::drafts::{Again, Draft, Store};
use crate::commands::change::writable_fields;
use crate::commands::desired::merge_patch;
use crate::output::clean;
use crate::resources::{IdForm, Item, Reference};
use crate::tui::dialogs::{Ask, Dialog, Other};
use crate::tui::msg::{Call, Cmd};
use crate::tui::theme::{Mood, Role};
use crate::tui::widgets::text::{self, Line};
use crate::tui::wish::{Wish, send};

/// More fields that both have changed are not named.
const FIELDS: usize = 8;

impl App {
    /// Shows what became of an object while it was edited; `None`: it is gone.
    pub(super) fn conflict(&mut self, draft: Draft, now: Option<Item>, commands: &mut Vec<Cmd>) {
        let Some(reference) = draft.reference() else { return self.keep(&draft, commands) };
        let fields = |value: &Value| writable_fields(&reference, value);
        let base = draft.stored.as_ref().map(fields).unwrap_or_default();
        let (mine, theirs) = (fields(&draft.value), now.as_ref().map(|item| fields(&item.value)));
        let wanted = merge_patch(&mine, &base);
        let merged = match &theirs {
            Some(theirs) => gateway_model::patch::merge(theirs, Some(&wanted)).unwrap_or_else(|_| mine.clone()),
            None => mine,
        };
        if theirs.as_ref() == Some(&merged) {
            return self.say(Mood::Off, &format!("{reference} is as you wrote it already"));
        }
        let name = reference.to_string();
        let mut lines = vec![Line::of(Role::Bad, self.who(&reference, &draft, now.as_ref()))];
        if let Some(theirs) = &theirs {
            let change = text::diff(&name, Some(&base), Some(theirs));
            lines.extend(if change.is_empty() { vec![Line::of(Role::Dim, "  nothing in it differs")] } else { change });
        }
        let theirs_in_words: Vec<String> = lines.iter().map(Line::plain).collect();
        lines.push(Line::default());
        lines.push(Line::of(Role::Text, "what you changed, on top of that:"));
        lines.extend(text::diff(&name, theirs.as_ref(), Some(&merged)));
        let both = theirs.as_ref().map(|theirs| both(&wanted, &merge_patch(theirs, &base))).unwrap_or_default();
        lines.extend(both.iter().take(FIELDS).map(|field| {
            Line::of(Role::Warn, format!("{} was changed by both; yours would stay", clean::line(field)))
        }));
        lines.push(Line::default());
        lines.push(Line::of(Role::Text, "Write it so? If not, what you wrote is kept in a file."));
        self.ask_on_top(&reference, draft, now, merged, (lines, theirs_in_words.join("\n")));
    }

    /// Asks whether what the user changed is written on top of what is there now, or edited again.
    fn ask_on_top(
        &mut self,
        reference: &Reference,
        draft: Draft,
        now: Option<Item>,
        merged: Value,
        (lines, theirs): (Vec<Line>, String),
    ) {
        let otherwise = vec![Wish::Keep(Box::new(draft.clone()))];
        let rev = now.as_ref().map_or(Some(0), Item::revision);
        let mut draft = draft;
        draft.rev = rev;
        if let Some(item) = now {
            draft.stored = Some(item.value);
        }
        let again = Again { draft: draft.clone(), why: format!("{theirs}\nwhat you save is put in the place of that") };
        let path = if draft.resource.id == IdForm::Username { "/consumers".to_owned() } else { reference.path() };
        let call = Call { if_match: rev, ..send(Method::PUT, path, merged.clone()) };
        let what = format!("{reference} {}", if draft.makes() { "created" } else { "configured" });
        draft.value = merged;
        let then = vec![Wish::Store(Box::new(Store { draft, call, what }))];
        let other = Other { key: 'e', label: "edits it again", then: vec![Wish::Again(Box::new(again))] };
        let ask = Ask::new("Changed meanwhile", text::wrapped(lines, 104), then);
        self.dialogs.push(Dialog::Ask(Ask { otherwise, other: Some(other), ..ask }));
    }

    /// Who has changed an object since an edit was begun, as far as that is known.
    fn who(&self, reference: &Reference, draft: &Draft, now: Option<&Item>) -> String {
        let all = self.data.events.iter().chain(&self.data.history);
        let of = |change: &&crate::tui::data::Change| {
            change.resource == reference.resource.path() && *change.id == *reference.id && Some(change.rev) > draft.rev
        };
        let by = all.filter(of).max_by_key(|change| change.rev).map(|change| change.by.as_str());
        let by = by.filter(|by| !by.is_empty()).unwrap_or("somebody else");
        match now.map(Item::revision) {
            Some(Some(rev)) => format!("{reference} was changed meanwhile by {by}, revision {rev}:"),
            Some(None) => format!("{reference} was changed meanwhile by {by}:"),
            None => format!("{reference} was deleted meanwhile by {by}"),
        }
    }
}

/// The fields that two changes of the same object both touch, in different ways, as `plugins.key-auth`.
fn both(one: &Value, other: &Value) -> Vec<String> {
    fn look(one: &Map<String, Value>, other: &Map<String, Value>, above: &str, found: &mut Vec<String>) {
        for (name, value) in one {
            let Some(others) = other.get(name).filter(|others| *others != value) else { continue };
            let path = if above.is_empty() { name.clone() } else { format!("{above}.{name}") };
            match (value, others) {
                (Value::Object(one), Value::Object(other)) => look(one, other, &path, found),
                _ => found.push(path),
            }
        }
    }
    let mut found = Vec::new();
    if let (Value::Object(one), Value::Object(other)) = (one, other) {
        look(one, other, "", &mut found);
    }
    found
}
