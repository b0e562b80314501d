//! Texts of the user's: objects that are edited or made, and what becomes of a text that the server does not take.

use reqwest::Method;
use serde_json::Value;

use super::App;
use super::work::{Step, Then};
use crate::commands::change::writable_fields;
use crate::context::Confirm;
use crate::error::{Error, Kind};
use crate::files::{parse, scalars};
use crate::output::{clean, mask, yaml};
use crate::refusal;
use crate::resources::{IdForm, Item, Reference, Resource, id_of_value};
use crate::tui::action::Action;
use crate::tui::dialogs::{Ask, Dialog};
use crate::tui::msg::{Call, Cmd, Failure, Link, Text};
use crate::tui::theme::{Mood, Role};
use crate::tui::widgets::text::{self, Line};
use crate::tui::wish::{Wish, call, send};

/// A text that the user edits.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    pub(super) resource: &'static Resource,
    /// The id; of a new object there is none.
    pub(super) id: Option<String>,
    /// What was stored when it was begun, secrets in the clear.
    pub(super) stored: Option<Value>,
    /// The revision that is changed; 0 of an object that must not be there yet.
    pub(super) rev: Option<u64>,
    /// The text that the user was given.
    text: String,
    /// What it was read as, as it is sent.
    pub(super) value: Value,
    /// The object that it was sent as.
    about: Option<Reference>,
    /// It was given back, because it was refused.
    again: bool,
    /// Why, in words.
    why: String,
    /// How often in a row nobody was asked before.
    rounds: u8,
}

/// How often a text that is not an object is opened again without a question: an editor may have nobody in front of it.
const ROUNDS: u8 = 10;

impl Draft {
    /// Another object, in a text of the user's to begin with.
    pub(super) fn new(resource: &'static Resource, text: String) -> Draft {
        let value = Value::Null;
        let (again, why) = (false, String::new());
        Draft { resource, id: None, stored: None, rev: Some(0), text, value, about: None, again, why, rounds: 0 }
    }

    /// `route/hello`, `a new route`.
    pub(super) fn name(&self) -> String {
        match &self.id {
            Some(id) => format!("{}/{id}", self.resource.singular),
            None => format!("a new {}", self.resource.singular),
        }
    }

    /// The object that it is about, where it has an id.
    pub(super) fn reference(&self) -> Option<Reference> {
        let named = |id: &String| Reference::new(self.resource, id).ok();
        self.id.as_ref().and_then(named).or_else(|| self.about.clone())
    }

    /// Whether the object must not be there yet.
    pub(super) fn makes(&self) -> bool {
        self.rev == Some(0)
    }

    /// As a file, with lines in front that are no part of it.
    pub(super) fn file(&self, remarks: &str) -> Text {
        let name = format!("{}.yaml", self.name().replace(['/', ' '], "-"));
        Text { name, content: format!("{remarks}{}", self.text), written: true }
    }

    /// The lines in front of it, with why it was refused.
    fn remarks(&self, why: &str) -> String {
        let end = match (self.again, &self.id) {
            (true, _) => "closed as it is, it is given up",
            (false, None) => "an empty text, or this one as it is, makes nothing",
            (false, Some(_)) => "an empty text, or this one as it is, changes nothing",
        };
        let mut remarks = format!("# {}. Lines that begin with # are left out; {end}.\n", self.name());
        for (place, line) in why.lines().enumerate() {
            let begin = if place == 0 { "# error: " } else { "#   " };
            remarks.push_str(&format!("{begin}{}\n", clean::line(line)));
        }
        remarks
    }

    /// A refusal in the words of the check that the commands make, with what was probably meant; what only the server can
    /// tell stays as it is.
    fn in_words(&self, failure: &Failure) -> Failure {
        if failure.status != Some(400) {
            return failure.clone();
        }
        let id = self.id.clone().or_else(|| id_of_value(self.resource, &self.value));
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
    pub(super) draft: Draft,
    pub(super) call: Call,
    /// What was done then, in words.
    pub(super) what: String,
}

/// A text that was refused, and why.
#[derive(Debug)]
pub(crate) struct Again {
    pub(super) draft: Draft,
    pub(super) why: String,
}

impl App {
    /// Lets the user edit an object as the server told it.
    pub(super) fn loaded(&mut self, reference: &Reference, value: Value, commands: &mut Vec<Cmd>) {
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

    pub(super) fn edit(&mut self, mut draft: Draft, why: &str, commands: &mut Vec<Cmd>) {
        draft.again = !why.is_empty();
        why.clone_into(&mut draft.why);
        draft.rounds += u8::from(draft.again);
        if draft.rounds > ROUNDS {
            self.say(Mood::Bad, &format!("{}: {why}, {ROUNDS} times", draft.name()));
            return self.keep(&draft, commands);
        }
        let text = Text { written: draft.again, ..draft.file(&draft.remarks(why)) };
        let ticket = self.ticket(Then::Edited(draft));
        self.editing = true;
        commands.push(Cmd::Edit(ticket, text));
    }

    /// Opens a text again that was refused.
    pub(super) fn again(&mut self, again: Again, commands: &mut Vec<Cmd>) {
        self.edit(Draft { rounds: 0, ..again.draft }, &again.why, commands);
    }

    /// Puts what was written and is not stored into a file.
    pub(super) fn keep(&mut self, draft: &Draft, commands: &mut Vec<Cmd>) {
        let ticket = self.ticket(Then::Kept);
        commands.push(Cmd::Keep(ticket, draft.file("")));
    }

    /// Takes in what the user made of a text.
    pub(super) fn edited(&mut self, mut draft: Draft, text: &str, commands: &mut Vec<Cmd>) {
        let own = |text: &str| text.lines().filter(|line| !line.starts_with('#')).collect::<Vec<_>>().join("\n");
        let (new, old) = (own(text), own(&draft.text));
        let (same, empty) = (new.trim() == old.trim(), new.trim().is_empty());
        if same && draft.again && !empty {
            // Closed as it was refused: given up.
            self.say(Mood::Bad, &format!("{}: {}", draft.name(), draft.why.lines().next().unwrap_or_default()));
            return self.keep(&draft, commands);
        }
        if same || empty {
            return self.say(Mood::Off, if draft.id.is_none() { "unchanged, nothing was made" } else { "unchanged" });
        }
        draft.text = new + "\n";
        let value = match parse::parse_yaml(&draft.text) {
            Ok(mut documents) if documents.len() == 1 => {
                match scalars::settled(documents.pop().unwrap_or_default(), draft.resource, draft.id.as_deref()) {
                    Ok(value) => value,
                    Err(error) => return self.edit(draft, error.message(), commands),
                }
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
        let id = draft.id.clone().or_else(|| id_of_value(draft.resource, &value));
        let reference = id.as_deref().and_then(|id| Reference::new(draft.resource, id).ok());
        if let Some(reference) = reference.as_ref().filter(|reference| reference.resource.id.is_nested())
            && let Some((_, own)) = reference.id.split_once('/')
            && let Some(id) = value.get_mut("id")
        {
            // What it lives below is in the path.
            *id = own.into();
        }
        draft.value.clone_from(&value);
        draft.about.clone_from(&reference);
        let Some(reference) = reference else {
            if !draft.resource.has_post() || draft.resource.id.is_nested() {
                return self.edit(draft, "this kind of object needs an id", commands);
            }
            let call = send(Method::POST, format!("/{}", draft.resource.path()), value);
            let what = format!("{} created", draft.resource.singular);
            return self.agree(Store { draft, call, what }, commands);
        };
        let made = draft.makes();
        let path = if draft.resource.id == IdForm::Username { "/consumers".to_owned() } else { reference.path() };
        let put = Call { if_match: draft.rev, ..send(Method::PUT, path, value) };
        let what = format!("{reference} {}", if made { "created" } else { "configured" });
        let store = Store { draft, call: put, what };
        if made && self.data.link != (Link::Up { live: true }) {
            // Another server may not look at the condition of the call.
            let ticket = self.ticket(Then::Absent(Box::new(store)));
            commands.push(Cmd::Call(ticket, call(Method::GET, reference.path())));
            return;
        }
        self.agree(store, commands);
    }

    /// Writes what is to be stored, after the question that the context wants.
    pub(super) fn agree(&mut self, store: Store, commands: &mut Vec<Cmd>) {
        if self.options.confirm != Confirm::Writes {
            return self.put(store, commands);
        }
        let draft = &store.draft;
        let reference = draft.reference();
        let name = reference.as_ref().map_or_else(|| draft.resource.singular.to_owned(), Reference::to_string);
        let before = draft.stored.as_ref().filter(|_| !draft.makes()).map(|stored| match &reference {
            Some(reference) => writable_fields(reference, stored),
            None => stored.clone(),
        });
        let lines = text::diff(&name, before.as_ref(), store.call.body.as_ref());
        let title = format!("Write {name} on {}?", self.options.context);
        let otherwise = vec![Wish::Keep(Box::new(draft.clone()))];
        let then = vec![Wish::Store(Box::new(store))];
        let lines = self.unreachable().into_iter().chain(lines).collect();
        self.dialogs.push(Dialog::Ask(Ask { otherwise, ..Ask::new(title, lines, then) }));
    }

    /// Writes what is to be stored.
    pub(super) fn put(&mut self, store: Store, commands: &mut Vec<Cmd>) {
        let Store { draft, call, what } = store;
        let step = Step::new(call, "write", draft.name());
        self.write(vec![step], 0, what, Some(draft), commands);
    }

    /// Takes a refusal of what was written in: what somebody else has made or changed meanwhile is looked at first.
    pub(super) fn not_written(&mut self, draft: Draft, failure: &Failure, commands: &mut Vec<Cmd>) {
        match draft.reference() {
            Some(reference) if failure.status == Some(412) && draft.id.is_some() => {
                let path = reference.path();
                let ticket = self.ticket(Then::Moved(draft));
                commands.push(Cmd::Call(ticket, call(Method::GET, path)));
            }
            Some(_) if failure.status == Some(412) => self.exists(draft),
            _ => self.refused(draft, failure),
        }
    }

    /// What was to be made is there already.
    pub(super) fn exists(&mut self, draft: Draft) {
        let name = draft.reference().map_or_else(|| draft.name(), |reference| reference.to_string());
        let key = self.options.bindings.key(Action::Edit).unwrap_or_else(|| ":edit".to_owned());
        let failure = Failure {
            status: Some(412),
            message: format!("{name} exists already, and stays as it is"),
            hints: vec![format!("another id makes another one; {key} on it changes it")],
        };
        self.refused(draft, &failure);
    }

    /// Says what was refused, and asks whether to go on with the text; else it is kept.
    pub(super) fn refused(&mut self, draft: Draft, failure: &Failure) {
        let failure = draft.in_words(failure);
        let mut lines = vec![Line::of(Role::Bad, clean::line(&failure.message))];
        lines.extend(failure.hints.iter().map(|hint| Line::of(Role::Dim, clean::line(hint))));
        lines.push(Line::default());
        lines.push(Line::of(Role::Text, "Edit it again? If not, what you wrote is kept in a file."));
        let otherwise = vec![Wish::Keep(Box::new(draft.clone()))];
        let then = vec![Wish::Again(Box::new(Again { draft, why: failure.message }))];
        let lines = text::wrapped(lines, 104);
        self.dialogs.push(Dialog::Ask(Ask { otherwise, ..Ask::new("Refused", lines, then) }));
    }
}
