//! What screens want done outside of themselves.

use reqwest::Method;
use serde_json::Value;

use super::action::Action;
use super::dialogs::Dialog;
use super::msg::{Call, Source};
use super::theme::Mood;
use crate::resources::{Reference, Resource};

/// A screen, and what is looked at on it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Place {
    /// The name of the screen.
    pub(crate) screen: &'static str,
    /// What to select: an id, or whatever the screen says.
    pub(crate) id: Option<String>,
    /// What to filter by.
    pub(crate) filter: Option<String>,
    /// Which of the tabs of details.
    pub(crate) tab: Option<&'static str>,
}

impl Place {
    pub(crate) fn screen(screen: &'static str) -> Place {
        Place { screen, ..Place::default() }
    }

    pub(crate) fn id(screen: &'static str, id: impl Into<String>) -> Place {
        Place { screen, id: Some(id.into()), ..Place::default() }
    }

    pub(crate) fn filter(screen: &'static str, filter: impl Into<String>) -> Place {
        Place { screen, filter: Some(filter.into()), ..Place::default() }
    }
}

/// Something that is to be done.
#[derive(Debug)]
pub(crate) enum Wish {
    /// Tell the user.
    Say(Mood, String),
    /// Go to another place.
    Go(Place),
    /// Ask the server; the answer is an event with this number for the screen that asked.
    Call(u32, Call),
    /// Read a source once more, now.
    Refresh(Source),
    /// Put a text into the clipboard; the words say what it is.
    Copy(String, &'static str),
    /// Show a dialog.
    Dialog(Dialog),
    /// Do as if the key of an action were pressed.
    Act(Action),
    /// Let the user edit an object and write what comes of it.
    Edit(Reference),
    /// Let the user write a new object, from a template.
    New(&'static Resource, Value),
    /// Enable or disable objects.
    Toggle(Vec<Reference>),
    /// Ask whether to delete objects, with what else breaks.
    Delete(Vec<Reference>),
    /// Ask whether to put back what was before a change, by its revision: that change and all later ones are undone.
    RollBack(u64),
    /// Open a text again that the server has refused.
    Again(Box<super::app::Again>),
    /// Keep such a text in a file.
    Keep(Box<super::app::Draft>),
    /// Write what was edited.
    Store(Box<super::app::Store>),
    /// Change something on the server now, one after the other; the words say what was done.
    Write(Vec<super::app::Step>, String),
    /// Begin anew with the requests of the tap, or the lines of the log.
    Clear(Source),
    /// Another theme.
    Theme(String),
    /// Another key for the server.
    Key(String),
    /// Another server.
    Context(String),
    /// The end.
    Quit,
}

/// A call without a body.
pub(crate) fn call(method: Method, path: impl Into<String>) -> Call {
    Call { method, path: path.into(), body: None, if_match: None, patience: None }
}

/// A call with a body.
pub(crate) fn send(method: Method, path: impl Into<String>, body: Value) -> Call {
    Call { body: Some(body), ..call(method, path) }
}
