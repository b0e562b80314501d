//! The line at the bottom: a filter that acts while it is typed, or a command with completion and history.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::App;
use crate::suggest;
use crate::tui::action::Action;
use crate::tui::find::Filter;
use crate::tui::msg::Cmd;
use crate::tui::screens::{self, Event};
use crate::tui::theme::{self, Mood};
use crate::tui::widgets::input::Input;
use crate::tui::wish::Place;

/// Commands that are remembered.
const COMMANDS: usize = 200;

/// What is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Line {
    Filter,
    Command,
}

/// The line.
#[derive(Debug, Clone)]
pub(crate) struct Typed {
    pub(crate) line: Line,
    pub(crate) input: Input,
    /// What was before, for Esc.
    before: String,
    /// What is wrong with it.
    pub(crate) wrong: Option<String>,
    /// How far back in the history.
    back: usize,
}

impl Typed {
    pub(super) fn new(line: Line, text: &str) -> Typed {
        Typed { line, input: Input::new(text), before: text.to_owned(), wrong: None, back: 0 }
    }
}

impl App {
    pub(super) fn line_key(&mut self, key: KeyEvent, commands: &mut Vec<Cmd>) {
        let Some(line) = &mut self.line else { return };
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Esc => self.line_cancel(commands),
            KeyCode::Char('c') if control => self.line_cancel(commands),
            KeyCode::Backspace if line.input.text().is_empty() => self.line_cancel(commands),
            KeyCode::Enter => self.line_done(commands),
            KeyCode::Tab if line.line == Line::Command => self.complete(),
            KeyCode::Up if line.line == Line::Command => self.recall(1),
            KeyCode::Down if line.line == Line::Command => self.recall(-1),
            _ => {
                if line.input.key(key) {
                    self.line_changed(commands);
                }
            }
        }
    }

    fn line_cancel(&mut self, commands: &mut Vec<Cmd>) {
        if let Some(line) = self.line.take()
            && line.line == Line::Filter
        {
            self.tell(Event::Filter(&line.before), commands);
            self.tell(Event::Filtered, commands);
        }
    }

    pub(super) fn line_changed(&mut self, commands: &mut Vec<Cmd>) {
        let Some(line) = &mut self.line else { return };
        if line.line == Line::Command {
            line.wrong = None;
            return;
        }
        let text = line.input.text().to_owned();
        line.wrong = Filter::parse(&text).err();
        self.tell(Event::Filter(&text), commands);
    }

    fn line_done(&mut self, commands: &mut Vec<Cmd>) {
        let Some(line) = self.line.take() else { return };
        let text = line.input.text().trim().to_owned();
        match line.line {
            Line::Filter if line.wrong.is_some() => self.line = Some(line),
            Line::Filter => {
                self.tell(Event::Filter(&text), commands);
                self.tell(Event::Filtered, commands);
            }
            Line::Command => self.command(&text, commands),
        }
    }

    fn recall(&mut self, step: isize) {
        let Some(line) = &mut self.line else { return };
        line.back = line.back.saturating_add_signed(step).min(self.commands.len());
        let text = match line.back {
            0 => "",
            back => self.commands.get(self.commands.len() - back).map_or("", String::as_str),
        };
        line.input.set(text);
    }

    /// The words that can stand where the cursor is.
    fn words(&self, text: &str) -> Vec<String> {
        let parts: Vec<&str> = text.split(' ').collect();
        match parts.as_slice() {
            [_] => {
                let names = screens::ALL
                    .iter()
                    .flat_map(|entry| std::iter::once(entry.name).chain(entry.aliases.iter().copied()));
                let own = ["quit", "theme", "contexts"];
                names.chain(own).chain(Action::ALL.iter().map(|action| action.name())).map(str::to_owned).collect()
            }
            ["theme", _] => theme::NAMES.iter().map(|name| (*name).to_owned()).collect(),
            ["contexts" | "context" | "ctx", _] => self.options.contexts.iter().map(|(name, _)| name.clone()).collect(),
            [screen, _] => match screens::find(screen) {
                Some(entry) => {
                    let names = std::iter::once(&entry.name).chain(entry.aliases);
                    let list = names.map(|name| self.data.list(name)).find(|list| list.iter().next().is_some());
                    let ids = list.into_iter().flat_map(|list| list.iter());
                    ids.map(|object| object.id.to_string()).take(5_000).collect()
                }
                None => Vec::new(),
            },
            _ => Vec::new(),
        }
    }

    fn complete(&mut self) {
        let Some(line) = &self.line else { return };
        let text = line.input.text().to_owned();
        let (head, last) = text.rsplit_once(' ').map_or(("", text.as_str()), |(head, last)| (head, last));
        let mut fitting: Vec<String> = self.words(&text).into_iter().filter(|word| word.starts_with(last)).collect();
        fitting.sort_unstable();
        fitting.dedup();
        let Some(first) = fitting.first() else { return };
        let common = fitting.iter().fold(first.as_str(), |common, word| {
            let same = common.char_indices().zip(word.chars()).find(|((_, a), b)| a != b).map(|((at, _), _)| at);
            &common[..same.unwrap_or(common.len().min(word.len()))]
        });
        let mut text = if head.is_empty() { common.to_owned() } else { format!("{head} {common}") };
        if fitting.len() == 1 && head.is_empty() {
            text.push(' ');
        }
        let shown: Vec<&str> = fitting.iter().map(String::as_str).take(12).collect();
        let told = (fitting.len() > 1).then(|| crate::output::clean::line(&shown.join(" ")));
        if let Some(line) = &mut self.line {
            line.input.set(&text);
            line.wrong = told;
        }
    }

    /// Does what was typed behind the `:`.
    pub(super) fn command(&mut self, text: &str, commands: &mut Vec<Cmd>) {
        if text.is_empty() {
            return;
        }
        if self.commands.last().map(String::as_str) != Some(text) {
            self.commands.push(text.to_owned());
            if self.commands.len() > COMMANDS {
                self.commands.remove(0);
            }
        }
        let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        let rest = rest.trim();
        match word {
            "q" | "quit" | "exit" => self.act(Action::Quit, commands),
            "q!" => commands.push(Cmd::Quit),
            #[cfg(debug_assertions)]
            "panic!" => defect(),
            "theme" if !rest.is_empty() => self.set_theme(rest),
            "contexts" | "context" | "ctx" if !rest.is_empty() => self.go_context(rest, commands),
            "contexts" | "context" | "ctx" => self.act(Action::Contexts, commands),
            word => match (screens::find(word), Action::find(word)) {
                (Some(entry), _) => {
                    let place = match rest.strip_prefix('/') {
                        Some(filter) => Place::filter(entry.name, filter),
                        None if rest.is_empty() => Place::screen(entry.name),
                        None => Place::id(entry.name, rest),
                    };
                    self.go(place, commands);
                }
                (None, Some(action)) => self.act(action, commands),
                (None, None) => {
                    let names = screens::ALL
                        .iter()
                        .map(|entry| entry.name)
                        .chain(Action::ALL.iter().map(|action| action.name()));
                    let hint = suggest::hint(word, names).map(|hint| format!("; {hint}")).unwrap_or_default();
                    self.say(Mood::Warn, &format!("unknown command \"{word}\"{hint}"));
                }
            },
        }
    }

    fn go_context(&mut self, name: &str, commands: &mut Vec<Cmd>) {
        if self.options.contexts.iter().any(|(known, _)| known == name) {
            commands.push(Cmd::Context(name.to_owned()));
        } else {
            self.say(Mood::Warn, &format!("there is no context \"{name}\""));
        }
    }
}

/// What becomes of the terminal when there is a defect is tried on a real one.
#[cfg(debug_assertions)]
#[expect(clippy::panic, reason = "it is what was asked for")]
fn defect() {
    panic!("asked for");
}
