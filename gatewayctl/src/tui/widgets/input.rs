//! A line that is typed. The cursor stands between graphemes, so that no character is ever cut.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use unicode_segmentation::UnicodeSegmentation;

use super::super::theme::Role;
use super::{Look, put, width};
use crate::output::clean;

/// The longest line, in bytes.
const LONGEST: usize = 4_096;

/// A line that is typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Input {
    text: String,
    /// Bytes in front of the cursor.
    cursor: usize,
    /// Nobody is to read it.
    secret: bool,
}

impl Input {
    pub(crate) fn new(text: &str) -> Input {
        Input { text: text.to_owned(), cursor: text.len(), secret: false }
    }

    /// For a key: what is typed is not shown.
    pub(crate) fn secret() -> Input {
        Input { secret: true, ..Input::default() }
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn set(&mut self, text: &str) {
        text.clone_into(&mut self.text);
        self.cursor = self.text.len();
    }

    /// Puts a text in at the cursor; line ends and other controls are left out.
    pub(crate) fn insert(&mut self, text: &str) {
        for c in text.chars().filter(|c| !clean::is_dangerous(*c)) {
            if self.text.len() + c.len_utf8() > LONGEST {
                return;
            }
            self.text.insert(self.cursor, c);
            self.cursor += c.len_utf8();
        }
    }

    /// Whether the key was for the line.
    pub(crate) fn key(&mut self, key: KeyEvent) -> bool {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Char('u') if control => {
                self.text.drain(..self.cursor);
                self.cursor = 0;
            }
            KeyCode::Char('k') if control => self.text.truncate(self.cursor),
            KeyCode::Char('w') if control => {
                let from = self.word();
                self.text.drain(from..self.cursor);
                self.cursor = from;
            }
            KeyCode::Char('a') if control => self.cursor = 0,
            KeyCode::Char('e') if control => self.cursor = self.text.len(),
            KeyCode::Char(_) if control || key.modifiers.contains(KeyModifiers::ALT) => return false,
            KeyCode::Char(c) => self.insert(c.encode_utf8(&mut [0; 4])),
            KeyCode::Backspace => {
                let from = self.before();
                self.text.drain(from..self.cursor);
                self.cursor = from;
            }
            KeyCode::Delete => {
                let to = self.after();
                self.text.drain(self.cursor..to);
            }
            KeyCode::Left => self.cursor = self.before(),
            KeyCode::Right => self.cursor = self.after(),
            KeyCode::Home => self.cursor = 0,
            KeyCode::End => self.cursor = self.text.len(),
            _ => return false,
        }
        true
    }

    fn before(&self) -> usize {
        self.text[..self.cursor].grapheme_indices(true).next_back().map_or(0, |(at, _)| at)
    }

    fn after(&self) -> usize {
        self.text[self.cursor..].graphemes(true).next().map_or(self.cursor, |grapheme| self.cursor + grapheme.len())
    }

    fn word(&self) -> usize {
        let head = self.text[..self.cursor].trim_end();
        head.char_indices().rev().find(|(_, c)| c.is_whitespace()).map_or(0, |(at, c)| at + c.len_utf8())
    }

    /// Draws the line and returns where the cursor is; a long line is shown around its cursor.
    pub(crate) fn draw(&self, buffer: &mut Buffer, area: Rect, look: &Look<'_>) -> (u16, u16) {
        let (head, tail) = self.text.split_at(self.cursor);
        let hide = |text: &str| if self.secret { "*".repeat(text.graphemes(true).count()) } else { clean::line(text) };
        let (mut head, tail) = (hide(head), hide(tail));
        let room = usize::from(area.width.saturating_sub(1));
        while width(&head) > room {
            let first = head.graphemes(true).next().map_or(0, str::len);
            if first == 0 {
                break;
            }
            head.drain(..first);
        }
        let x = put(buffer, area, 0, 0, &head, look.style(Role::Text));
        put(buffer, area, x, 0, &tail, look.style(Role::Text));
        (area.x + x.min(area.width.saturating_sub(1)), area.y)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(input: &mut Input, code: KeyCode) {
        assert!(input.key(KeyEvent::new(code, KeyModifiers::NONE)));
    }

    #[test]
    fn the_cursor_stands_between_graphemes() {
        let mut input = Input::new("ae\u{301}中");
        press(&mut input, KeyCode::Left);
        press(&mut input, KeyCode::Backspace);
        assert_eq!(input.text(), "a中");
        press(&mut input, KeyCode::Char('b'));
        press(&mut input, KeyCode::Delete);
        assert_eq!(input.text(), "ab");
        input.insert("x\ny\u{1b}[2J");
        assert_eq!(input.text(), "abxy[2J");
        input.set("one two ");
        input.key(KeyEvent::new(KeyCode::Char('w'), KeyModifiers::CONTROL));
        assert_eq!(input.text(), "one ");
    }
}
