//! What is changed on the server: edits, switches, deletions, roll-backs. Each is a row of calls; what each answer is for
//! is kept by its number. Nothing is changed without what the context wants to be asked.

use reqwest::Method;
use serde_json::{Value, json};

use super::App;
use crate::commands::change::writable_fields;
use crate::commands::live;
use crate::context::Confirm;
use crate::error::{Error, Kind};
use crate::files::parse;
use crate::output::{mask, yaml};
use crate::refusal;
use crate::resources::{IdForm, Item, Reference, Resource};
use crate::tui::dialogs::{Ask, Dialog};
use crate::tui::msg::{Call, Cmd, Failure, Link, Text, Ticket};
use crate::tui::screens::list::users;
use crate::tui::screens::{Event, events};
use crate::tui::theme::{Mood, Role};
use crate::tui::widgets::text::{self, Line};
use crate::tui::wish::{Wish, call, send};

/// What an answer is for.
#[derive(Debug)]
pub(super) enum Then {
    /// A screen, and the screen's own number for it.
    Screen(&'static str, u32),
    /// The object that is to be edited.
    Loaded(Reference),
    /// What the user made of a text.
    Edited(Draft),
    /// A change was taken; the rest of the calls, how many were made, what was done, and what it was made of.
    Written { rest: Vec<Call>, done: usize, what: String, draft: Option<Draft> },
    /// What a roll-back would change: the revision of the change, and the one to go back to.
    RollBack(u64, u64),
    /// A text was kept.
    Kept,
}

/// A text that the user edits.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    resource: &'static Resource,
    /// The id; of a new object there is none.
    id: Option<String>,
    /// What is stored, secrets in the clear.
    stored: Option<Value>,
    rev: Option<u64>,
    /// The text that the user was given.
    text: String,
    /// What it was read as, as it is sent.
    value: Value,
    /// It was given back, because it was refused.
    again: bool,
    /// How often in a row nobody was asked before.
    rounds: u8,
}

/// How often a text that is not an object is opened again without a question: an editor may have nobody in front of it.
const ROUNDS: u8 = 10;

impl Draft {
    /// Another object, in a text of the user's to begin with.
    fn new(resource: &'static Resource, text: String) -> Draft {
        Draft { resource, id: None, stored: None, rev: None, text, value: Value::Null, again: false, rounds: 0 }
    }

    /// `route/hello`, `a new route`.
    pub(super) fn name(&self) -> String {
        match &self.id {
            Some(id) => format!("{}/{id}", self.resource.singular),
            None => format!("a new {}", self.resource.singular),
        }
    }

    /// As a file, with lines in front that are no part of it.
    pub(super) fn file(&self, remarks: &str) -> Text {
        let name = format!("{}.yaml", self.name().replace(['/', ' '], "-"));
        Text { name, content: format!("{remarks}{}", self.text), written: true }
    }

    /// A refusal in the words of the check that the commands make, with what was probably meant; what only the server can
    /// tell stays as it is.
    fn in_words(&self, failure: &Failure) -> Failure {
        if failure.status != Some(400) {
            return failure.clone();
        }
        let id = self.id.clone().or_else(|| crate::resources::id_of_value(self.resource, &self.value));
        let named = id.is_some();
        let reference = Reference { resource: self.resource, id: id.unwrap_or_else(|| "(new)".to_owned()) };
        let said = failure.message.strip_prefix(&format!("{reference}: ")).unwrap_or(&failure.message);
        let error = Error::new(Kind::Rejected, said).hints(failure.hints.iter().cloned());
        let error = error.about(self.resource.singular, if named { &reference.id } else { "" });
        let told = refusal::explained(error, &reference, &self.value);
        Failure { status: failure.status, ..Failure::of(&told) }
    }
}

/// What is written once the user agrees.
#[derive(Debug)]
pub(crate) struct Store {
    draft: Draft,
    call: Call,
    /// What was done then, in words.
    what: String,
}

impl App {
    pub(super) fn work(&mut self, wish: Wish, commands: &mut Vec<Cmd>) {
        if self.is_read_only() {
            return self.say(Mood::Warn, "this session is read-only");
        }
        match wish {
            Wish::Edit(reference) => {
                let path = reference.path();
                let ticket = self.ticket(Then::Loaded(reference));
                commands.push(Cmd::Call(ticket, call(Method::GET, path)));
            }
            Wish::New(resource, template) => {
                let text = yaml::to_string(&template).unwrap_or_default();
                self.edit(Draft::new(resource, text), "", commands);
            }
            Wish::Toggle(references) => self.toggle(&references, commands),
            Wish::Delete(references) => self.delete(references),
            Wish::RollBack(rev) => {
                let known = self.data.events.iter().chain(&self.data.history).map(|change| change.rev);
                let before = known.filter(|known| *known < rev).max().unwrap_or(rev.saturating_sub(1));
                let ticket = self.ticket(Then::RollBack(rev, before));
                let body = json!({ "rev": before, "dry_run": true });
                commands.push(Cmd::Call(ticket, send(Method::POST, "/live/rollback", body)));
            }
            Wish::Write(calls, what) => self.write(calls, 0, what, None, commands),
            Wish::Store(store) => {
                let Store { draft, call, what } = *store;
                self.write(vec![call], 0, what, Some(draft), commands);
            }
            _ => {}
        }
    }

    /// Takes an answer in.
    pub(super) fn answer(&mut self, ticket: Ticket, result: Result<Value, Failure>, commands: &mut Vec<Cmd>) {
        self.dirty = true;
        let Some(then) = self.calls.remove(&ticket) else { return };
        match (then, result) {
            (Then::Screen(screen, number), result) => {
                self.tell_to(screen, Event::Answer(number, &result), commands);
            }
            (Then::Loaded(reference), Ok(value)) => self.loaded(&reference, value, commands),
            (Then::Edited(draft), Ok(value)) => {
                self.editing = false;
                self.edited(draft, value.as_str().unwrap_or_default(), commands);
            }
            (Then::Written { rest, done, what, draft }, Ok(_)) => self.write(rest, done + 1, what, draft, commands),
            (Then::Written { draft: Some(draft), .. }, Err(failure)) => self.refused(draft, &failure),
            (Then::Written { rest, done, what, .. }, Err(failure)) => {
                let part =
                    if done > 0 { format!(" ({done} of {} were done)", done + rest.len() + 1) } else { String::new() };
                self.say(Mood::Bad, &format!("not done: {what}: {}{part}", failure.message));
            }
            (Then::RollBack(rev, before), Ok(plan)) => self.ask_roll_back(rev, before, &plan),
            (Then::Kept, Ok(path)) => {
                let path = path.as_str().unwrap_or_default();
                self.say(Mood::Warn, &format!("what you wrote is kept in {path}"));
            }
            (then, Err(failure)) => {
                self.say(Mood::Bad, &failure.message);
                if matches!(then, Then::Edited(_)) {
                    self.editing = false;
                    // Where what was written is kept.
                    failure.hints.iter().for_each(|hint| self.say(Mood::Warn, hint));
                }
            }
        }
    }

    fn loaded(&mut self, reference: &Reference, value: Value, commands: &mut Vec<Cmd>) {
        let Some(item) = Item::from_envelope(reference.resource, value) else {
            return self.say(Mood::Bad, &format!("{reference}: the answer is no object"));
        };
        let mut shown = mask::masked(&writable_fields(reference, &item.value), false);
        shown.sort_all_objects();
        let draft = Draft {
            id: Some(reference.id.clone()),
            rev: item.revision(),
            stored: Some(item.value),
            ..Draft::new(reference.resource, yaml::to_string(&shown).unwrap_or_default())
        };
        self.edit(draft, "", commands);
    }

    fn edit(&mut self, mut draft: Draft, why: &str, commands: &mut Vec<Cmd>) {
        let name = draft.name();
        draft.again = !why.is_empty();
        draft.rounds += u8::from(draft.again);
        if draft.rounds > ROUNDS {
            self.say(Mood::Bad, &format!("{name}: {why}, {ROUNDS} times"));
            return self.keep(&draft, commands);
        }
        let mut remarks = format!("# {name}. Lines that begin with # are left out; an empty text changes nothing.\n");
        for line in why.lines() {
            remarks.push_str(&format!("# error: {}\n", crate::output::clean::line(line)));
        }
        let text = Text { written: draft.again, ..draft.file(&remarks) };
        let ticket = self.ticket(Then::Edited(draft));
        self.editing = true;
        commands.push(Cmd::Edit(ticket, text));
    }

    /// Puts what was written and is not stored into a file.
    pub(super) fn keep(&mut self, draft: &Draft, commands: &mut Vec<Cmd>) {
        let ticket = self.ticket(Then::Kept);
        commands.push(Cmd::Keep(ticket, draft.file("")));
    }

    fn edited(&mut self, mut draft: Draft, text: &str, commands: &mut Vec<Cmd>) {
        let own = |text: &str| text.lines().filter(|line| !line.starts_with('#')).collect::<Vec<_>>().join("\n");
        let (new, old) = (own(text), own(&draft.text));
        // A new object may be made of the template as it is.
        let same = new.trim() == old.trim();
        if same && draft.again && !new.trim().is_empty() {
            // Closed as it was refused: given up.
            return self.keep(&draft, commands);
        }
        if new.trim().is_empty() || (same && draft.stored.is_some()) {
            return self.say(Mood::Off, "unchanged");
        }
        draft.text = new + "\n";
        let value = match parse::parse_yaml(&draft.text) {
            Ok(mut documents) if documents.len() == 1 => {
                documents.pop().map(|document| document.value).unwrap_or_default()
            }
            Ok(_) => return self.edit(draft, "the text is not one object", commands),
            Err(error) => return self.edit(draft, error.in_file("the text").message(), commands),
        };
        let mut value = value;
        if !value.is_object() {
            return self.edit(draft, "the text is not one object", commands);
        }
        if let Err(pointer) = mask::restore(&mut value, draft.stored.as_ref()) {
            return self.edit(draft, &format!("{pointer} is masked, and nothing is stored there"), commands);
        }
        self.store(draft, value, commands);
    }

    /// Writes what was edited, after the question that the context wants.
    fn store(&mut self, mut draft: Draft, mut value: Value, commands: &mut Vec<Cmd>) {
        let id = draft.id.clone().or_else(|| crate::resources::id_of_value(draft.resource, &value));
        let reference = id.as_deref().and_then(|id| Reference::new(draft.resource, id).ok());
        if let Some(reference) = reference.as_ref().filter(|reference| reference.resource.id.is_nested())
            && let Some((_, own)) = reference.id.split_once('/')
            && let Some(id) = value.get_mut("id")
        {
            // What it lives below is in the path.
            *id = own.into();
        }
        draft.value.clone_from(&value);
        let (call, what) = match &reference {
            Some(reference) => {
                let path =
                    if draft.resource.id == IdForm::Username { "/consumers".to_owned() } else { reference.path() };
                let put = Call { if_match: draft.rev, ..send(Method::PUT, path, value.clone()) };
                (put, format!("{reference} {}", if draft.stored.is_some() { "configured" } else { "created" }))
            }
            None if draft.resource.has_post() && !draft.resource.id.is_nested() => {
                let path = format!("/{}", draft.resource.path());
                (send(Method::POST, path, value.clone()), format!("{} created", draft.resource.singular))
            }
            None => return self.edit(draft, "this kind of object needs an id", commands),
        };
        if self.options.confirm != Confirm::Writes {
            return self.write(vec![call], 0, what, Some(draft), commands);
        }
        let name = reference.map_or_else(|| draft.resource.singular.to_owned(), |reference| reference.to_string());
        let before = draft.stored.as_ref().map(|stored| match &draft.id {
            Some(id) => match Reference::new(draft.resource, id) {
                Ok(reference) => writable_fields(&reference, stored),
                Err(_) => stored.clone(),
            },
            None => stored.clone(),
        });
        let lines = text::diff(&name, before.as_ref(), Some(&value));
        let title = format!("Write {name} on {}?", self.options.context);
        let otherwise = vec![Wish::Keep(Box::new(draft.clone()))];
        let then = vec![Wish::Store(Box::new(Store { draft, call, what }))];
        let lines = self.unreachable().into_iter().chain(lines).collect();
        self.dialogs.push(Dialog::Ask(Ask { otherwise, ..Ask::new(title, lines, then) }));
    }

    /// Says what was refused, and asks whether to go on with the text; else it is kept.
    fn refused(&mut self, draft: Draft, failure: &Failure) {
        let failure = draft.in_words(failure);
        let mut lines = vec![Line::of(Role::Bad, crate::output::clean::line(&failure.message))];
        lines.extend(failure.hints.iter().map(|hint| Line::of(Role::Dim, crate::output::clean::line(hint))));
        lines.push(Line::default());
        lines.push(Line::of(Role::Text, "Edit it again? If not, what you wrote is kept in a file."));
        let otherwise = vec![Wish::Keep(Box::new(draft.clone()))];
        let then = vec![Wish::Again(Box::new(Again { draft, why: failure.message }))];
        let lines = text::wrapped(lines, 104);
        self.dialogs.push(Dialog::Ask(Ask { otherwise, ..Ask::new("Refused", lines, then) }));
    }

    /// That what is asked about cannot be done now, where the server is not there.
    fn unreachable(&self) -> Option<Line> {
        let age = self.data.age().map(|age| format!("; what is shown is {} old", live::span(age))).unwrap_or_default();
        let lost = matches!(self.data.link, Link::Lost { .. } | Link::Connecting);
        lost.then(|| Line::of(Role::Bad, format!("the server cannot be reached now{age}")))
    }

    fn toggle(&mut self, references: &[Reference], commands: &mut Vec<Cmd>) {
        let mut calls = Vec::new();
        let mut words = Vec::new();
        for reference in references {
            let Some(object) = self.data.object(reference.resource.name, &reference.id) else { continue };
            let on = object.value.get("status").and_then(Value::as_u64) != Some(0);
            calls.push(send(Method::PATCH, reference.path(), json!({ "status": u8::from(!on) })));
            words.push(format!("{reference} {}", if on { "disabled" } else { "enabled" }));
        }
        if calls.is_empty() {
            return;
        }
        let what = words.join(", ");
        if self.options.confirm == Confirm::Writes {
            let words = words.into_iter().map(|word| Line::of(Role::Text, word));
            let lines = self.unreachable().into_iter().chain(words).collect();
            let title = format!("Change this on {}?", self.options.context);
            return self.dialogs.push(Dialog::ask(title, lines, vec![Wish::Write(calls, what)]));
        }
        self.write(calls, 0, what, None, commands);
    }

    fn delete(&mut self, references: Vec<Reference>) {
        let Some(first) = references.first() else { return };
        let named = references.iter().take(12).map(|reference| Line::of(Role::Text, format!("delete {reference}")));
        let away = self.unreachable();
        let (go, now) = if away.is_some() { ("went", "before that") } else { ("go", "now") };
        let mut lines: Vec<Line> = away.into_iter().chain(named).collect();
        if references.len() > 12 {
            lines.push(Line::of(Role::Dim, format!("and {} more", references.len() - 12)));
        }
        let mut broken = 0;
        for reference in &references {
            for user in users(&self.data, reference.resource, &reference.id) {
                if references.contains(&user) || broken > 12 {
                    continue;
                }
                broken += 1;
                lines.push(Line::of(Role::Bad, format!("  {user} uses {reference}")));
            }
            let by = match reference.resource.name {
                "routes" => crate::tui::data::By::Route,
                "services" => crate::tui::data::By::Service,
                "upstreams" => crate::tui::data::By::Upstream,
                _ => continue,
            };
            if let Some(rate) = self.data.stats.rate(by, &reference.id).filter(|rate| rate.rps > 0.0) {
                let rps = crate::tui::widgets::count(rate.rps);
                lines.push(Line::of(Role::Warn, format!("  {rps} requests/s {go} through {reference} {now}")));
            }
        }
        if broken > 0 {
            lines.push(Line::of(Role::Dim, "the server refuses to delete what others use"));
        }
        let what = match references.as_slice() {
            [one] => format!("{one} deleted"),
            many => format!("{} objects deleted", many.len()),
        };
        // What has become another object meanwhile is not meant.
        let shown = |reference: &Reference| Some(self.data.object(reference.resource.name, &reference.id)?.rev);
        let delete = |reference: &Reference| Call {
            if_match: shown(reference).filter(|rev| *rev > 0),
            ..call(Method::DELETE, reference.path())
        };
        let calls = references.iter().map(delete).collect();
        // One object is a letter, many are a word.
        let strict = references.len() > 1 || self.options.confirm == Confirm::Writes;
        let word = strict.then(|| if references.len() > 1 { references.len().to_string() } else { first.id.clone() });
        let title = format!("Delete on {}?", self.options.context);
        let then = vec![Wish::Write(calls, what)];
        self.dialogs.push(Dialog::Ask(Ask { word, ..Ask::new(title, lines, then) }));
    }

    /// Shows all that would be undone; it happens only if nothing was changed meanwhile.
    fn ask_roll_back(&mut self, rev: u64, before: u64, plan: &Value) {
        let results = plan.get("results").unwrap_or(&Value::Null);
        let rows: Vec<&Value> = crate::tui::data::items(results).collect();
        let done = events::steps(&self.data, before, &rows);
        if done.is_empty() {
            return self.say(Mood::Off, &format!("nothing has changed since revision {before}"));
        }
        let mut lines = vec![Line::of(Role::Text, "this and everything later is undone:")];
        lines.extend(done);
        if let Some(change) = self.data.events.iter().chain(&self.data.history).find(|change| change.rev == rev) {
            lines.push(Line::of(Role::Dim, format!("{} was {} by {}", change.object(), change.done(), change.by)));
        }
        lines.extend(events::undone(&self.data, before));
        let now = plan.get("rev").and_then(Value::as_u64);
        let call = send(Method::POST, "/live/rollback", json!({ "rev": before, "if_match": now }));
        let title = format!("Back to revision {before} on {}?", self.options.context);
        self.dialogs.push(Dialog::ask(
            title,
            lines,
            vec![Wish::Write(vec![call], format!("back to revision {before}"))],
        ));
    }

    /// Makes the first of the calls; the others follow its answer.
    fn write(
        &mut self,
        mut calls: Vec<Call>,
        done: usize,
        what: String,
        draft: Option<Draft>,
        commands: &mut Vec<Cmd>,
    ) {
        if calls.is_empty() {
            return self.say(Mood::Good, &what);
        }
        let first = calls.remove(0);
        let ticket = self.ticket(Then::Written { rest: calls, done, what, draft });
        commands.push(Cmd::Call(ticket, first));
    }

    /// Opens a text again that was refused.
    pub(super) fn again(&mut self, again: Again, commands: &mut Vec<Cmd>) {
        self.edit(Draft { rounds: 0, ..again.draft }, &again.why, commands);
    }
}

/// A text that was refused, and why.
#[derive(Debug)]
pub(crate) struct Again {
    draft: Draft,
    why: String,
}
