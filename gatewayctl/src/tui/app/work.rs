//! What is changed on the server: edits, switches, deletions, roll-backs. Each is a row of calls; what each answer is for
//! is kept by its number. Nothing is changed without what the context wants to be asked.

use gateway_model::Kind;
use reqwest::Method;
use serde_json::{Value, json};

use super::App;
use super::drafts::{Draft, Store};
use crate::commands::live;
use crate::context::Confirm;
use crate::output::yaml;
use crate::resources::{Item, Reference};
use crate::tui::data::By;
use crate::tui::dialogs::{Ask, Dialog};
use crate::tui::msg::{Call, Cmd, Failure, Link, Ticket};
use crate::tui::screens::list::users;
use crate::tui::screens::{Event, events};
use crate::tui::theme::{Mood, Role};
use crate::tui::widgets::text::Line;
use crate::tui::wish::{Wish, call, send};

/// More objects are counted only.
const NAMED: usize = 12;

/// What an answer is for.
#[derive(Debug)]
pub(super) enum Then {
    /// A screen, and the screen's own number for it.
    Screen(&'static str, u32),
    /// The object that is to be edited.
    Loaded(Reference),
    /// What the user made of a text.
    Edited(Draft),
    /// Whether an object is there that is to be made.
    Absent(Box<Store>),
    /// What an object is now that somebody else has changed while it was edited.
    Moved(Draft),
    /// A change was taken: what it was, the rest of them, how many were made, what was done, and what it was made of.
    Written { step: (&'static str, String), rest: Vec<Step>, done: usize, what: String, draft: Option<Draft> },
    /// What a roll-back would change: the revision of the change, and the one to go back to.
    RollBack(u64, u64),
    /// A text was kept.
    Kept,
}

/// A call that changes something, and what it does in words: `delete` `route/hello`.
#[derive(Debug)]
pub(crate) struct Step {
    call: Call,
    verb: &'static str,
    of: String,
}

impl Step {
    pub(crate) fn new(call: Call, verb: &'static str, of: impl Into<String>) -> Step {
        Step { call, verb, of: of.into() }
    }
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
            Wish::Delete(references) => self.delete(references, commands),
            Wish::RollBack(rev) => {
                let known = self.data.events.iter().chain(&self.data.history).map(|change| change.rev);
                let before = known.filter(|known| *known < rev).max().unwrap_or(rev.saturating_sub(1));
                let ticket = self.ticket(Then::RollBack(rev, before));
                let body = json!({ "rev": before, "dry_run": true });
                commands.push(Cmd::Call(ticket, send(Method::POST, "/live/rollback", body)));
            }
            Wish::Write(steps, what) => self.write(steps, 0, what, None, commands),
            Wish::Store(store) => self.put(*store, commands),
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
            (Then::Absent(store), Ok(_)) => self.exists(store.draft),
            (Then::Absent(store), Err(failure)) if failure.status == Some(404) => self.agree(*store, commands),
            (Then::Absent(store), Err(failure)) => self.refused(store.draft, &failure),
            (Then::Moved(draft), Ok(now)) => {
                let now = Item::from_envelope(draft.resource, now);
                self.conflict(draft, now, commands);
            }
            (Then::Moved(draft), Err(failure)) if failure.status == Some(404) => self.conflict(draft, None, commands),
            (Then::Moved(draft), Err(failure)) => self.refused(draft, &failure),
            (Then::Written { rest, done, what, draft, .. }, Ok(answer)) => {
                let what = draft.as_ref().and_then(|draft| made(draft, &answer)).unwrap_or(what);
                self.write(rest, done + 1, what, draft, commands);
            }
            (Then::Written { draft: Some(draft), .. }, Err(failure)) => self.not_written(draft, &failure, commands),
            (Then::Written { step: (verb, of), rest, done, .. }, Err(failure)) => {
                let part =
                    if done > 0 { format!(" ({done} of {} were done)", done + rest.len() + 1) } else { String::new() };
                let said = failure.message.strip_prefix(&format!("{of}: ")).unwrap_or(&failure.message);
                self.say(Mood::Bad, &format!("cannot {verb} {of}: {said}{part}"));
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

    /// That what is asked about cannot be done now, where the server is not there.
    pub(super) fn unreachable(&self) -> Option<Line> {
        let age = self.data.age().map(|age| format!("; what is shown is {} old", live::span(age))).unwrap_or_default();
        let lost = matches!(self.data.link, Link::Lost { .. } | Link::Connecting);
        lost.then(|| Line::of(Role::Bad, format!("the server cannot be reached now{age}")))
    }

    fn toggle(&mut self, references: &[Reference], commands: &mut Vec<Cmd>) {
        let mut steps = Vec::new();
        let mut words = Vec::new();
        for reference in references {
            let Some(object) = self.data.object(reference.resource.name, &reference.id) else { continue };
            let on = object.value.get("status").and_then(Value::as_u64) != Some(0);
            let call = send(Method::PATCH, reference.path(), json!({ "status": u8::from(!on) }));
            steps.push(Step::new(call, if on { "disable" } else { "enable" }, reference.to_string()));
            words.push(format!("{reference} {}", if on { "disabled" } else { "enabled" }));
        }
        if steps.is_empty() {
            return;
        }
        let what = words.join(", ");
        if self.options.confirm == Confirm::Writes {
            let words = words.into_iter().map(|word| Line::of(Role::Text, word));
            let lines = self.unreachable().into_iter().chain(words).collect();
            let title = format!("Change this on {}?", self.options.context);
            return self.dialogs.push(Dialog::ask(title, lines, vec![Wish::Write(steps, what)]));
        }
        self.write(steps, 0, what, None, commands);
    }

    fn delete(&mut self, references: Vec<Reference>, commands: &mut Vec<Cmd>) {
        let Some(first) = references.first() else { return };
        let named = references.iter().take(NAMED).map(|reference| Line::of(Role::Text, format!("delete {reference}")));
        let mut lines: Vec<Line> = self.unreachable().into_iter().chain(named).collect();
        if references.len() > NAMED {
            lines.push(Line::of(Role::Dim, format!("and {} more", references.len() - NAMED)));
        }
        lines.extend(self.what_breaks(&references));
        let what = match references.as_slice() {
            [one] => format!("{one} deleted"),
            many => format!("{} objects deleted", many.len()),
        };
        // What has become another object meanwhile is not meant.
        let shown = |of: &Reference| Some(self.data.object(of.resource.name, &of.id)?.rev).filter(|rev| *rev > 0);
        let step = |of: &Reference| {
            let call = Call { if_match: shown(of), ..call(Method::DELETE, of.path()) };
            Step::new(call, "delete", of.to_string())
        };
        let steps: Vec<Step> = references.iter().map(step).collect();
        if self.options.confirm == Confirm::Never && references.len() == 1 {
            return self.write(steps, 0, what, None, commands);
        }
        // One object is a letter, many are a word.
        let strict = references.len() > 1 || self.options.confirm == Confirm::Writes;
        let word = strict.then(|| if references.len() > 1 { references.len().to_string() } else { first.id.clone() });
        let title = format!("Delete on {}?", self.options.context);
        let then = vec![Wish::Write(steps, what)];
        self.dialogs.push(Dialog::Ask(Ask { word, ..Ask::new(title, lines, then) }));
    }

    /// What goes with objects, what else uses them, and what goes through them now.
    fn what_breaks(&self, references: &[Reference]) -> Vec<Line> {
        let away = self.unreachable().is_some();
        let mut lines = Vec::new();
        let (mut refused, mut left) = (0, 0);
        for reference in references {
            let users = users(&self.data, reference.resource, &reference.id);
            let users = users.into_iter().filter(|user| !references.contains(user));
            let (below, users): (Vec<_>, Vec<_>) = users.partition(|user| user.above().as_ref() == Some(reference));
            lines.extend(below.first().map(|one| goes_with(reference, one, &below)));
            for user in users {
                // Whoever deletes a certificate need not wait for those that name it.
                let count = if reference.resource.kind == Kind::Ssl { &mut left } else { &mut refused };
                *count += 1;
                if *count <= NAMED {
                    lines.push(Line::of(Role::Bad, format!("  {user} uses {reference}")));
                }
            }
            let by = match reference.resource.name {
                "routes" => By::Route,
                "services" => By::Service,
                "upstreams" => By::Upstream,
                "consumers" => By::Consumer,
                _ => continue,
            };
            if let Some(rate) = self.data.stats.rate(by, &reference.id).filter(|rate| rate.rps > 0.0) {
                let rps = crate::tui::widgets::count(rate.rps);
                let way = match (by, away) {
                    (By::Consumer, false) => "come from",
                    (By::Consumer, true) => "came from",
                    (_, false) => "go through",
                    (_, true) => "went through",
                };
                let when = if away { "before that" } else { "now" };
                lines.push(Line::of(Role::Warn, format!("  {rps} requests/s {way} {reference} {when}")));
            }
        }
        if refused > 0 {
            lines.push(Line::of(Role::Dim, "the server refuses to delete what others use"));
        }
        if left > 0 {
            lines.push(Line::of(Role::Dim, "the server deletes it all the same"));
        }
        lines
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
            vec![Wish::Write(
                vec![Step::new(call, "go", format!("back to revision {before}"))],
                format!("back to revision {before}"),
            )],
        ));
    }

    /// Makes the first of the changes; the others follow its answer.
    pub(super) fn write(
        &mut self,
        mut steps: Vec<Step>,
        done: usize,
        what: String,
        draft: Option<Draft>,
        commands: &mut Vec<Cmd>,
    ) {
        if steps.is_empty() {
            return self.say(Mood::Good, &what);
        }
        let Step { call, verb, of } = steps.remove(0);
        let ticket = self.ticket(Then::Written { step: (verb, of), rest: steps, done, what, draft });
        commands.push(Cmd::Call(ticket, call));
    }
}

/// What was made, where the server made the id of it.
fn made(draft: &Draft, answer: &Value) -> Option<String> {
    if draft.reference().is_some() {
        return None;
    }
    let key = answer.get("key").and_then(Value::as_str).unwrap_or_default();
    let own = || crate::resources::id_of_value(draft.resource, answer.get("value")?);
    let id = crate::resources::id_of_key(draft.resource, key).or_else(own)?;
    Some(format!("{}/{id} created", draft.resource.singular))
}

/// The objects that live below one that is deleted: they go with it.
fn goes_with(above: &Reference, one: &Reference, below: &[Reference]) -> Line {
    let own = |of: &Reference| of.id.split_once('/').map_or(of.id.clone(), |(_, own)| own.to_owned());
    let mut names: Vec<String> = below.iter().take(NAMED).map(own).collect();
    if below.len() > NAMED {
        names.push(format!("and {} more", below.len() - NAMED));
    }
    let what = one.resource.name.replace('-', " ");
    Line::of(
        Role::Warn,
        format!("  the {what} of {above} go with it: {}", crate::output::clean::line(&names.join(", "))),
    )
}
