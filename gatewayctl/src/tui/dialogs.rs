//! What lies above a screen and has the keys until it is closed: questions, lists to choose from, help.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::action::Action;
use super::app::Draft;
use super::find::fuzzy;
use super::theme::Role;
use super::widgets::input::Input;
use super::widgets::text::{Line, Scroll, wrapped};
use super::widgets::{Hit, Look, fit, panel, put, put_right};
use super::wish::Wish;

/// A dialog.
#[derive(Debug)]
pub(crate) enum Dialog {
    /// Whether to do something.
    Ask(Ask),
    /// A line to type.
    Input(Line1),
    /// One of many.
    Choose(Choose),
    /// A text to read.
    Text(Text),
}

/// Whether to do something: `y`, or the typed word.
#[derive(Debug)]
pub(crate) struct Ask {
    pub(crate) title: String,
    pub(crate) lines: Vec<Line>,
    /// What has to be typed; a plain yes where there is nothing.
    pub(crate) word: Option<String>,
    pub(crate) input: Input,
    pub(crate) then: Vec<Wish>,
    /// Another answer than yes and no.
    pub(crate) other: Option<Other>,
    /// What is to be done if the answer is no.
    pub(crate) otherwise: Vec<Wish>,
    /// Where in the lines one is.
    pub(crate) scroll: Scroll,
}

/// An answer that is neither yes nor no.
#[derive(Debug)]
pub(crate) struct Other {
    /// A letter in lower case.
    pub(crate) key: char,
    /// What it does, as the dialog says it.
    pub(crate) label: &'static str,
    pub(crate) then: Vec<Wish>,
}

/// A line to type.
#[derive(Debug)]
pub(crate) struct Line1 {
    pub(crate) title: String,
    pub(crate) label: String,
    pub(crate) input: Input,
    /// What to do with it.
    pub(crate) then: fn(String) -> Wish,
}

/// One of many.
#[derive(Debug)]
pub(crate) struct Choose {
    pub(crate) title: String,
    pub(crate) choices: Vec<Choice>,
    pub(crate) input: Input,
    pub(crate) at: usize,
    pub(crate) what: What,
}

/// What is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    Action,
    Theme,
    Context,
    /// Columns are switched on and off; the dialog stays.
    Column,
}

/// A line of [`Choose`].
#[derive(Debug, Clone, Default)]
pub(crate) struct Choice {
    pub(crate) name: String,
    pub(crate) detail: String,
    /// Switched on, or the one in use.
    pub(crate) on: bool,
    /// Not possible now; the detail says why.
    pub(crate) not: bool,
}

/// A text to read.
#[derive(Debug)]
pub(crate) struct Text {
    pub(crate) title: String,
    pub(crate) lines: Vec<Line>,
    pub(crate) scroll: Scroll,
}

/// What came of a key.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// The dialog stays.
    Stays,
    /// It is closed, and this is to be done.
    Done(Vec<Wish>),
    /// This was chosen.
    Chosen(What, String),
}

impl Dialog {
    /// A yes or no.
    pub(crate) fn ask(title: impl Into<String>, lines: Vec<Line>, then: Vec<Wish>) -> Dialog {
        Dialog::Ask(Ask::new(title, lines, then))
    }

    /// What is to be done if it goes without an answer.
    pub(crate) fn otherwise(self) -> Vec<Wish> {
        match self {
            Dialog::Ask(ask) => ask.otherwise,
            _ => Vec::new(),
        }
    }

    /// What the user has written that it is about.
    pub(crate) fn drafts(&self) -> impl Iterator<Item = &Draft> {
        let kept = match self {
            Dialog::Ask(ask) => ask.otherwise.as_slice(),
            _ => &[],
        };
        kept.iter().filter_map(|wish| match wish {
            Wish::Keep(draft) => Some(&**draft),
            _ => None,
        })
    }

    /// A text to read.
    pub(crate) fn text(title: impl Into<String>, lines: Vec<Line>) -> Dialog {
        Dialog::Text(Text { title: title.into(), lines, scroll: Scroll::default() })
    }

    /// Takes a key; what the key is bound to is given too.
    pub(crate) fn key(&mut self, key: KeyEvent, action: Option<Action>) -> Outcome {
        if key.code == KeyCode::Esc || (key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL))
        {
            return match self {
                Dialog::Ask(ask) => ask.no(),
                _ => Outcome::Done(Vec::new()),
            };
        }
        match self {
            Dialog::Ask(ask) => ask.key(key),
            Dialog::Input(line) if key.code == KeyCode::Enter => {
                Outcome::Done(vec![(line.then)(line.input.text().to_owned())])
            }
            Dialog::Input(line) => {
                line.input.key(key);
                Outcome::Stays
            }
            Dialog::Choose(choose) => choose.key(key),
            Dialog::Text(text) => match action {
                Some(Action::Quit | Action::Help | Action::Back | Action::Open) => Outcome::Done(Vec::new()),
                Some(action) => {
                    text.scroll.act(action);
                    Outcome::Stays
                }
                None => Outcome::Stays,
            },
        }
    }

    pub(crate) fn paste(&mut self, text: &str) {
        match self {
            Dialog::Ask(ask) => ask.input.insert(text),
            Dialog::Input(line) => line.input.insert(text),
            Dialog::Choose(choose) => choose.input.insert(text),
            Dialog::Text(_) => {}
        }
    }

    /// A click on a line of it.
    pub(crate) fn click(&mut self, place: usize) -> Outcome {
        match self {
            Dialog::Choose(choose) => {
                choose.at = place;
                choose.chosen()
            }
            _ => Outcome::Stays,
        }
    }

    pub(crate) fn wheel(&mut self, lines: isize) {
        match self {
            Dialog::Choose(choose) => {
                choose.at = choose.at.saturating_add_signed(lines).min(choose.found().count().saturating_sub(1))
            }
            Dialog::Text(text) => text.scroll.by(lines),
            Dialog::Ask(ask) => ask.scroll.by(lines),
            Dialog::Input(_) => {}
        }
    }

    /// Draws it in the middle; where the cursor is, if a line is typed.
    pub(crate) fn view(&self, buffer: &mut Buffer, whole: Rect, look: &Look<'_>) -> Option<(u16, u16)> {
        match self {
            Dialog::Ask(ask) => ask.view(buffer, whole, look),
            Dialog::Input(line) => {
                let wide = super::widgets::width(&line.label).saturating_add(4).clamp(60, 110);
                let inside = frame(buffer, whole, look, &line.title, (wide, 5));
                let room = usize::from(inside.width.saturating_sub(2));
                put(buffer, inside, 1, 0, &fit(&line.label, room, look.glyphs.more), look.style(Role::Dim));
                let quit = look.bindings.key(Action::QuitNow).map(|key| format!("   {key} quits")).unwrap_or_default();
                let keys = fit(&format!("Enter goes on   Esc closes{quit}"), room, look.glyphs.more);
                put(buffer, inside, 1, 2, &keys, look.style(Role::Key));
                let field = Rect { x: inside.x + 1, y: inside.y + 1, width: inside.width.saturating_sub(2), height: 1 };
                (inside.height > 1).then(|| line.input.draw(buffer, field, look))
            }
            Dialog::Choose(choose) => choose.view(buffer, whole, look),
            Dialog::Text(text) => {
                let wide = text.lines.iter().map(|line| super::widgets::width(&line.plain())).max().unwrap_or_default();
                let size = (wide.saturating_add(4).clamp(40, 120), text.lines.len() + 2);
                let inside = frame(buffer, whole, look, &text.title, size);
                let inside = Rect { x: inside.x + 1, width: inside.width.saturating_sub(1), ..inside };
                text.scroll.draw(buffer, inside, look, &text.lines);
                None
            }
        }
    }
}

impl Ask {
    /// A yes or no.
    pub(crate) fn new(title: impl Into<String>, lines: Vec<Line>, then: Vec<Wish>) -> Ask {
        let (input, scroll) = (Input::default(), Scroll::default());
        Ask { title: title.into(), lines, word: None, input, then, other: None, otherwise: Vec::new(), scroll }
    }

    fn no(&mut self) -> Outcome {
        Outcome::Done(std::mem::take(&mut self.otherwise))
    }

    fn key(&mut self, key: KeyEvent) -> Outcome {
        let moves = match key.code {
            KeyCode::Down => Some(Action::Down),
            KeyCode::Up => Some(Action::Up),
            KeyCode::PageDown => Some(Action::PageDown),
            KeyCode::PageUp => Some(Action::PageUp),
            _ => None,
        };
        if moves.is_some_and(|action| self.scroll.act(action)) {
            return Outcome::Stays;
        }
        let Some(word) = &self.word else {
            return match (key.code, &mut self.other) {
                (KeyCode::Char('y' | 'Y'), _) => Outcome::Done(std::mem::take(&mut self.then)),
                (KeyCode::Char(c), Some(other)) if c.to_ascii_lowercase() == other.key => {
                    Outcome::Done(std::mem::take(&mut other.then))
                }
                _ => self.no(),
            };
        };
        if key.code == KeyCode::Enter {
            let agreed = self.input.text() == word;
            return if agreed { Outcome::Done(std::mem::take(&mut self.then)) } else { Outcome::Stays };
        }
        self.input.key(key);
        Outcome::Stays
    }

    fn view(&self, buffer: &mut Buffer, whole: Rect, look: &Look<'_>) -> Option<(u16, u16)> {
        // What is asked about is there to be read, however narrow the terminal is.
        let most = usize::from(whole.width.saturating_sub(2)).min(110);
        let lines = wrapped(self.lines.clone(), most.saturating_sub(4));
        let wide = lines.iter().map(|line| super::widgets::width(&line.plain())).max().unwrap_or_default();
        let inside = frame(buffer, whole, look, &self.title, (wide.saturating_add(4).clamp(44, 110), lines.len() + 4));
        let text = Rect {
            height: inside.height.saturating_sub(2),
            x: inside.x + 1,
            width: inside.width.saturating_sub(1),
            ..inside
        };
        self.scroll.draw(buffer, text, look, &lines);
        let y = inside.height.checked_sub(1)?;
        match &self.word {
            None => {
                let more = usize::from(text.height) < lines.len();
                let other =
                    self.other.as_ref().map(|other| format!("   {} {}", other.key, other.label)).unwrap_or_default();
                let read = if more { "   arrows read on" } else { "" };
                let keys = format!("y yes{other}{read}   any other key no");
                let room = usize::from(inside.width.saturating_sub(1));
                put(buffer, inside, 1, y, &fit(&keys, room, look.glyphs.more), look.style(Role::Key));
                None
            }
            Some(word) => {
                let prompt = format!("type {word} to go on: ");
                // A long one is named above.
                let least = usize::from(inside.width).saturating_sub(8);
                let prompt = if super::widgets::width(&prompt) > least { "type it whole: ".to_owned() } else { prompt };
                let x = put(buffer, inside, 1, y, &prompt, look.style(Role::Key));
                let field = Rect { x: inside.x + x, y: inside.y + y, width: inside.width.saturating_sub(x), height: 1 };
                Some(self.input.draw(buffer, field, look))
            }
        }
    }
}

impl Choose {
    fn found(&self) -> impl Iterator<Item = &Choice> {
        let typed = self.input.text().to_lowercase();
        self.choices.iter().filter(move |choice| fuzzy(&format!("{} {}", choice.name, choice.detail), &typed))
    }

    fn chosen(&mut self) -> Outcome {
        let found = self.found().nth(self.at).filter(|choice| !choice.not);
        let Some(name) = found.map(|choice| choice.name.clone()) else { return Outcome::Stays };
        if self.what == What::Column
            && let Some(choice) = self.choices.iter_mut().find(|choice| choice.name == name)
        {
            choice.on = !choice.on;
        }
        Outcome::Chosen(self.what, name)
    }

    fn key(&mut self, key: KeyEvent) -> Outcome {
        let last = self.found().count().saturating_sub(1);
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Enter => return self.chosen(),
            KeyCode::Char(' ') if self.what == What::Column => return self.chosen(),
            KeyCode::Down | KeyCode::Tab => self.at = (self.at + 1).min(last),
            KeyCode::Up | KeyCode::BackTab => self.at = self.at.saturating_sub(1),
            KeyCode::Char('n') if control => self.at = (self.at + 1).min(last),
            KeyCode::Char('p') if control => self.at = self.at.saturating_sub(1),
            KeyCode::PageDown => self.at = (self.at + 10).min(last),
            KeyCode::PageUp => self.at = self.at.saturating_sub(10),
            _ => {
                if self.input.key(key) {
                    self.at = 0;
                }
            }
        }
        Outcome::Stays
    }

    fn view(&self, buffer: &mut Buffer, whole: Rect, look: &Look<'_>) -> Option<(u16, u16)> {
        let inside = frame(buffer, whole, look, &self.title, (64, self.choices.len() + 3));
        let x = put(buffer, inside, 1, 0, "> ", look.style(Role::Key));
        let field =
            Rect { x: inside.x + x, width: inside.width.saturating_sub(x), height: 1.min(inside.height), ..inside };
        let height = usize::from(inside.height.saturating_sub(1));
        let from = (self.at + 1).saturating_sub(height);
        for (y, (place, choice)) in (1..inside.height).zip(self.found().enumerate().skip(from)) {
            let line = Rect { y: inside.y + y, height: 1, ..inside };
            let pointer = if place == self.at { look.glyphs.pointer } else { ' ' };
            let on = if choice.on { look.glyphs.mood(super::theme::Mood::Good) } else { ' ' };
            let role = if choice.not { Role::Off } else { Role::Text };
            let x = put(buffer, line, 0, 0, &format!("{pointer}{on} {}", choice.name), look.style(role));
            let room = usize::from(line.width.saturating_sub(x + 2));
            put_right(buffer, line, 0, &fit(&choice.detail, room, look.glyphs.more), look.style(Role::Dim));
            if place == self.at {
                buffer.set_style(line.intersection(buffer.area), look.style(Role::Selection));
            }
            look.hits.add(line, Hit::Choice(place));
        }
        (field.height > 0).then(|| self.input.draw(buffer, field, look))
    }
}

/// A box in the middle, as large as wanted and possible.
fn frame(buffer: &mut Buffer, whole: Rect, look: &Look<'_>, title: &str, (width, height): (usize, usize)) -> Rect {
    let fits = |wanted: usize, most: u16| u16::try_from(wanted).unwrap_or(u16::MAX).min(most);
    let (width, height) = (fits(width, whole.width.saturating_sub(2)), fits(height, whole.height.saturating_sub(2)));
    let area = Rect { x: whole.x + (whole.width - width) / 2, y: whole.y + (whole.height - height) / 3, width, height };
    for y in 0..area.height {
        put(buffer, area, 0, y, &" ".repeat(usize::from(area.width)), ratatui::style::Style::reset());
    }
    panel(buffer, area, look, title, true)
}
