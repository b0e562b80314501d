//! What messages do to the state.

use crossterm::event::{Event as Input, KeyCode, KeyEvent, KeyEventKind};
use ratatui::layout::Rect;

use super::{App, Recording};
use crate::tui::action::Action;
use crate::tui::dialogs::{Dialog, Outcome, What};
use crate::tui::keys::{Found, Key};
use crate::tui::msg::{Cmd, Failure, Link, Msg, Source};
use crate::tui::screens::{Event, Screen};
use crate::tui::theme::Mood;
use crate::tui::view::is_too_small;
use crate::tui::wish::Wish;

/// Takes a message in, and says what is to be done outside.
pub(crate) fn update(app: &mut App, message: Msg) -> Vec<Cmd> {
    let mut commands = Vec::new();
    match message {
        Msg::Input(input) => app.input(input, &mut commands),
        Msg::Told(told) => {
            let restarts = told.source == Source::Info && !app.data.info.instance.is_empty();
            let instance = app.data.info.instance.clone();
            app.data.told(told);
            if restarts && app.data.info.instance != instance {
                app.say(Mood::Warn, "the gateway was started anew");
            }
            app.fresh = true;
        }
        Msg::Answer { ticket, result } => app.answer(ticket, result, &mut commands),
        Msg::Link(link) => app.link(link),
        Msg::Over { cut } => app.over(cut),
        Msg::Broken(what) => app.say(Mood::Bad, &what),
        Msg::Tick => app.tick(),
    }
    app.watch(&mut commands);
    commands
}

/// After a burst of messages: the screen is told once that something is new.
pub(crate) fn settle(app: &mut App) -> Vec<Cmd> {
    let mut commands = Vec::new();
    if std::mem::take(&mut app.fresh) {
        let before = app.dirty;
        if app.frozen.is_none() {
            app.tell(Event::Data, &mut commands);
        } else {
            // The head still tells the time and the link.
            app.dirty = before || app.frozen.is_some();
        }
    }
    commands
}

impl App {
    fn over(&mut self, cut: bool) {
        self.recorded = Some(Recording::Ended);
        if cut {
            self.say(Mood::Warn, "the last line of the recording is cut off, and left out");
        }
        self.dirty = true;
    }

    fn link(&mut self, link: Link) {
        let mut refused = None;
        if let Link::Refused { why } = &link {
            if !self.dialogs.iter().any(|dialog| matches!(dialog, Dialog::Input(_))) {
                self.ask_key(why);
            }
            let key = self.options.bindings.key(Action::Key).unwrap_or_else(|| ":key".to_owned());
            refused = Some(Failure {
                status: Some(401),
                message: format!("no key that the server takes; {key} enters one"),
                hints: vec![why.clone()],
            });
        }
        if let Link::Lost { why, .. } = &link {
            if !matches!(&self.data.link, Link::Lost { why: before, .. } if before == why) {
                self.say(Mood::Bad, why);
            }
            let hints = vec!["it is tried again and again".to_owned()];
            refused = Some(Failure { status: None, message: why.clone(), hints });
        }
        if matches!(link, Link::Up { .. }) && matches!(self.data.link, Link::Lost { .. }) {
            self.say(Mood::Good, "connected again");
        }
        self.data.set_link(link, refused);
        self.dirty = true;
    }

    fn tick(&mut self) {
        let now = self.data.now_ms;
        let before = self.toasts.len();
        self.toasts.retain(|toast| toast.until > now);
        if self.busy() > 0 {
            self.spin = self.spin.wrapping_add(1);
            self.dirty = true;
        }
        self.dirty |= before != self.toasts.len() || !matches!(self.data.link, Link::Up { .. });
    }

    /// Sets the clock, in milliseconds since 1970.
    pub(crate) fn set_clock(&mut self, now_ms: u64) {
        // A new second is shown in the head.
        self.dirty |= now_ms / 1_000 != self.data.now_ms / 1_000;
        self.data.now_ms = now_ms;
    }

    fn input(&mut self, input: Input, commands: &mut Vec<Cmd>) {
        self.dirty = true;
        match input {
            Input::Resize(width, height) => {
                self.size = Rect { x: 0, y: 0, width, height };
                if is_too_small(self.size) {
                    (self.dragged, self.clicked) = (None, None);
                    self.pending.clear();
                }
            }
            Input::Key(key) if key.kind != KeyEventKind::Release => match is_too_small(self.size) {
                true => self.unseen(Key::of(key), commands),
                false => self.key(key, commands),
            },
            // What is clicked on or pasted into is not there.
            _ if is_too_small(self.size) => {}
            Input::Mouse(mouse) => self.mouse(mouse, commands),
            Input::Paste(text) => self.paste(&text, commands),
            _ => {}
        }
    }

    fn paste(&mut self, text: &str, commands: &mut Vec<Cmd>) {
        if let Some(dialog) = self.dialogs.last_mut() {
            dialog.paste(text);
        } else if let Some(line) = &mut self.line {
            line.input.insert(text);
            self.line_changed(commands);
        } else {
            self.tell(Event::Paste(text), commands);
        }
    }

    fn key(&mut self, key: KeyEvent, commands: &mut Vec<Cmd>) {
        if let Some(action) = self.everywhere(key) {
            return self.act(action, commands);
        }
        if !self.dialogs.is_empty() {
            return self.dialog_key(key, commands);
        }
        if self.line.is_some() {
            return self.line_key(key, commands);
        }
        if self.screen().is_some_and(Screen::captures) && self.tell(Event::Key(key), commands) {
            return;
        }
        self.pending.push(Key::of(key));
        match self.options.bindings.find(&self.pending) {
            Found::Action(action) => {
                self.pending.clear();
                let twin = action.twin().filter(|twin| self.has_action(*twin));
                self.act(twin.unwrap_or(action), commands);
            }
            Found::Begun => {}
            Found::Nothing if self.pending.len() > 1 => {
                // What was begun came to nothing; the last key may begin anew.
                self.pending.clear();
                self.key(key, commands);
            }
            Found::Nothing => self.pending.clear(),
        }
    }

    /// What a key does wherever one is, also in dialogs: ends the program, gives the terminal back, draws anew. A letter that
    /// is bound to that may have to be typed.
    fn everywhere(&self, key: KeyEvent) -> Option<Action> {
        let key = Key::of(key);
        if matches!(key.code, KeyCode::Char(_)) && key.modifiers.is_empty() {
            return None;
        }
        match self.options.bindings.find(&[key]) {
            Found::Action(action @ (Action::QuitNow | Action::Sleep | Action::Redraw)) => Some(action),
            _ => None,
        }
    }

    fn dialog_key(&mut self, key: KeyEvent, commands: &mut Vec<Cmd>) {
        let action = match self.options.bindings.find(&[Key::of(key)]) {
            Found::Action(action) => Some(action),
            _ => None,
        };
        if let Some(dialog) = self.dialogs.last_mut() {
            let outcome = dialog.key(key, action);
            self.outcome(outcome, commands);
        }
    }

    pub(super) fn outcome(&mut self, outcome: Outcome, commands: &mut Vec<Cmd>) {
        match outcome {
            Outcome::Stays => {}
            Outcome::Done(wishes) => {
                self.dialogs.pop();
                for wish in wishes {
                    self.fulfil(wish, commands);
                }
            }
            Outcome::Chosen(What::Column, name) => {
                let columns = self.screen().map(Screen::columns).unwrap_or_default();
                if let Some((name, _)) = columns.into_iter().find(|(of, _)| *of == name) {
                    self.tell(Event::Column(name), commands);
                }
            }
            Outcome::Chosen(what, name) => {
                self.dialogs.pop();
                match what {
                    What::Action => self.palette(&name, commands),
                    What::Theme => self.set_theme(&name),
                    What::Context => self.fulfil(Wish::Context(name), commands),
                    What::Column => {}
                }
            }
        }
    }
}
