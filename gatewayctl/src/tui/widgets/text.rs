//! A text that is scrolled and searched: YAML, a description, a diff.

use std::cell::Cell;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use unicode_segmentation::UnicodeSegmentation;

use super::super::action::Action;
use super::super::theme::Role;
use super::{Look, put};

/// A piece of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) text: String,
    pub(crate) role: Role,
}

/// A line: pieces one after the other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Line(pub(crate) Vec<Span>);

impl Line {
    /// Of one piece.
    pub(crate) fn of(role: Role, text: impl Into<String>) -> Line {
        Line(vec![Span { text: text.into(), role }])
    }

    pub(crate) fn with(mut self, role: Role, text: impl Into<String>) -> Line {
        self.0.push(Span { text: text.into(), role });
        self
    }

    /// `name      text`.
    pub(crate) fn field(name: &str, text: impl Into<String>) -> Line {
        Line::of(Role::Dim, format!("{name:<8}")).with(Role::Text, text)
    }

    pub(crate) fn plain(&self) -> String {
        self.0.iter().map(|span| span.text.as_str()).collect()
    }
}

/// Where in a text one is.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scroll {
    top: Cell<usize>,
    left: Cell<usize>,
    height: Cell<usize>,
    width: Cell<usize>,
    length: Cell<usize>,
    search: String,
}

impl Scroll {
    /// To the beginning.
    pub(crate) fn reset(&mut self) {
        self.top.set(0);
        self.left.set(0);
    }

    /// The columns that it was drawn in last.
    pub(crate) fn width(&self) -> usize {
        self.width.get()
    }

    /// What is to be found, empty for nothing.
    pub(crate) fn search(&mut self, text: &str) {
        text.clone_into(&mut self.search);
    }

    /// To the next line with what is searched for, or the one before.
    pub(crate) fn next_match(&mut self, lines: &[Line], forward: bool) {
        if self.search.is_empty() {
            return;
        }
        let matches = |line: &Line| find(&line.plain(), &self.search).is_some();
        let top = self.top.get();
        let found = if forward {
            lines.iter().enumerate().skip(top + 1).find(|(_, line)| matches(line))
        } else {
            lines.iter().enumerate().take(top).rev().find(|(_, line)| matches(line))
        };
        if let Some((at, _)) = found {
            self.top.set(at);
        }
    }

    pub(crate) fn by(&mut self, lines: isize) {
        self.top.set(self.top.get().saturating_add_signed(lines).min(self.last()));
    }

    fn last(&self) -> usize {
        self.length.get().saturating_sub(self.height.get())
    }

    /// Whether the action was for a text.
    pub(crate) fn act(&mut self, action: Action) -> bool {
        let page = isize::try_from(self.height.get()).unwrap_or(isize::MAX).max(1);
        match action {
            Action::Down => self.by(1),
            Action::Up => self.by(-1),
            Action::HalfDown => self.by(page / 2),
            Action::HalfUp => self.by(-(page / 2)),
            Action::PageDown => self.by(page),
            Action::PageUp => self.by(-page),
            Action::Top => self.top.set(0),
            Action::Bottom => self.top.set(self.last()),
            Action::Left => self.left.set(self.left.get().saturating_sub(8)),
            Action::Right => self.left.set((self.left.get() + 8).min(4_096)),
            _ => return false,
        }
        true
    }

    /// Draws the lines that are in sight.
    pub(crate) fn draw(&self, buffer: &mut Buffer, area: Rect, look: &Look<'_>, lines: &[Line]) {
        self.height.set(usize::from(area.height));
        self.width.set(usize::from(area.width));
        self.length.set(lines.len());
        self.top.set(self.top.get().min(self.last()));
        for (y, line) in (0..area.height).zip(lines.iter().skip(self.top.get())) {
            self.line(buffer, area, look, y, line);
        }
        if self.last() > 0 && area.height > 0 && area.width > 12 {
            let place = format!(" {}/{} ", (self.top.get() + usize::from(area.height)).min(lines.len()), lines.len());
            super::put_right(buffer, area, area.height - 1, &place, look.style(Role::Dim));
        }
    }

    fn line(&self, buffer: &mut Buffer, area: Rect, look: &Look<'_>, y: u16, line: &Line) {
        let mut x = 0;
        let mut skip = self.left.get();
        let seen: String = line.plain().trim_end().chars().skip(skip).collect();
        for span in &line.0 {
            let text: String = span.text.chars().skip(skip).collect();
            skip = skip.saturating_sub(span.text.chars().count());
            x = self.span(buffer, area, (x, y), &text, look.style(span.role), look.style(Role::Match));
        }
        // What is cut off is not taken for all there is.
        if super::width(&seen) > usize::from(area.width) && area.width > 0 {
            put(buffer, area, area.width - 1, y, &look.glyphs.more.to_string(), look.style(Role::Dim));
        }
    }

    fn span(&self, buffer: &mut Buffer, area: Rect, at: (u16, u16), text: &str, style: Style, found: Style) -> u16 {
        let (mut x, y) = at;
        let mut rest = text;
        while let Some((from, to)) = find(rest, &self.search) {
            x = put(buffer, area, x, y, &rest[..from], style);
            x = put(buffer, area, x, y, &rest[from..to], found);
            rest = &rest[to..];
        }
        put(buffer, area, x, y, rest, style)
    }
}

/// How far the rest of a line is indented.
const INDENT: usize = 8;

/// The lines in at most so many columns: what is longer goes on in the next line, indented, at a space where there is one.
pub(crate) fn wrapped(lines: Vec<Line>, most: usize) -> Vec<Line> {
    wrapped_to(lines, most, |_| INDENT)
}

/// The same of a sentence behind a symbol: the rest stands below the sentence.
pub(crate) fn wrapped_sentence(line: Line, most: usize) -> Vec<Line> {
    wrapped_to(vec![line], most, |_| 2)
}

/// The same of YAML: the rest of a line stands below its beginning.
pub(crate) fn wrapped_yaml(lines: Vec<Line>, most: usize) -> Vec<Line> {
    wrapped_to(lines, most, |line| {
        let text = line.plain();
        (text.len() - text.trim_start_matches(' ').len() + 2).min(most / 2)
    })
}

fn wrapped_to(lines: Vec<Line>, most: usize, indent: impl Fn(&Line) -> usize) -> Vec<Line> {
    if most < 3 * INDENT {
        return lines;
    }
    let mut all = Vec::with_capacity(lines.len());
    for line in lines {
        let mut wrap = Wrap { now: Line::default(), used: 0, most, indent: indent(&line), all: &mut all };
        for span in &line.0 {
            span.text.split_inclusive(' ').for_each(|word| wrap.word(word, span.role));
        }
        let last = wrap.now;
        all.push(last);
    }
    all
}

/// A line that is being wrapped.
struct Wrap<'a> {
    now: Line,
    /// Columns of it so far.
    used: usize,
    most: usize,
    indent: usize,
    all: &'a mut Vec<Line>,
}

impl Wrap<'_> {
    fn next(&mut self) {
        let indented = Line::of(Role::Text, " ".repeat(self.indent));
        self.all.push(std::mem::replace(&mut self.now, indented));
        self.used = self.indent;
    }

    fn word(&mut self, word: &str, role: Role) {
        let wide = super::width(word.trim_end());
        // Spaces at the end of a line are not seen.
        if wide == 0 || self.used + wide <= self.most {
            return self.push(word, role);
        }
        if wide <= self.most - self.indent {
            if self.used > self.indent {
                self.next();
            }
            return self.push(word, role);
        }
        // What has no room on any line is cut wherever it has to be.
        for grapheme in word.graphemes(true) {
            if self.used + super::width(grapheme) > self.most && grapheme != " " {
                self.next();
            }
            self.push(grapheme, role);
        }
    }

    fn push(&mut self, text: &str, role: Role) {
        self.used += super::width(text);
        match self.now.0.last_mut() {
            Some(last) if last.role == role => last.text.push_str(text),
            _ => self.now.0.push(Span { text: text.to_owned(), role }),
        }
    }
}

/// Where a text has another one, in any case of ASCII letters.
fn find(text: &str, search: &str) -> Option<(usize, usize)> {
    if search.is_empty() {
        return None;
    }
    let at = text.to_ascii_lowercase().find(&search.to_ascii_lowercase())?;
    Some((at, at + search.len()))
}

/// An object as YAML, secrets masked: keys and values in their own looks.
pub(crate) fn yaml(value: &serde_json::Value) -> Vec<Line> {
    let mut shown = crate::output::mask::masked(value, false);
    shown.sort_all_objects();
    let text = crate::output::yaml::to_string(&shown).unwrap_or_default();
    let line = |line: &str| {
        let line = crate::output::clean::line(line);
        match line.split_once(": ") {
            Some((key, value)) if !key.contains(['"', '\'']) => {
                Line::of(Role::Title, format!("{key}: ")).with(Role::Text, value)
            }
            _ if line.ends_with(':') => Line::of(Role::Title, line),
            _ => Line::of(Role::Text, line),
        }
    };
    text.lines().map(line).collect()
}

/// The difference between two forms of an object, secrets masked.
pub(crate) fn diff(name: &str, before: Option<&serde_json::Value>, after: Option<&serde_json::Value>) -> Vec<Line> {
    let text = crate::output::diff::unified(name, before, after, |_, line| line.to_owned());
    let line = |line: &str| {
        let role = match line.as_bytes().first() {
            Some(b'+') => Role::Added,
            Some(b'-') => Role::Removed,
            Some(b'@') => Role::Title,
            _ => Role::Text,
        };
        Line::of(role, line)
    };
    text.lines().map(line).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn plain(lines: &[Line]) -> Vec<String> {
        lines.iter().map(Line::plain).collect()
    }

    #[test]
    fn what_is_longer_goes_on_in_the_next_line() {
        let line = |text: &str| vec![Line::field("sha256", text)];
        assert_eq!(plain(&wrapped(line("one two"), 24)), ["sha256  one two"]);
        assert_eq!(
            plain(&wrapped(line("one two three four five"), 24)),
            ["sha256  one two three ", "        four five"]
        );
        // A word without spaces loses none of its letters.
        let long = "0123456789abcdef0123456789abcdef0123";
        assert_eq!(
            plain(&wrapped(line(long), 24)),
            ["sha256  0123456789abcdef", "        0123456789abcdef", "        0123"]
        );
        let yaml = vec![Line::of(Role::Title, "  cert: ").with(Role::Text, long)];
        assert_eq!(plain(&wrapped_yaml(yaml, 24)), ["  cert: 0123456789abcdef", "    0123456789abcdef0123"]);
    }

    proptest! {
        /// Nothing is lost, and no line is longer than it may be.
        #[test]
        fn no_letter_is_lost(texts in prop::collection::vec("[a-z中 ]{0,60}|[a-f0-9]{40,90}", 1..4), most in 24_usize..60) {
            let lines: Vec<Line> = texts.iter().map(|text| Line::field("name", text.trim())).collect();
            let bare = |lines: &[Line]| plain(lines).concat().replace(' ', "");
            let before = bare(&lines);
            for after in [wrapped(lines.clone(), most), wrapped_yaml(lines, most)] {
                prop_assert_eq!(bare(&after), before.clone());
                for line in plain(&after) {
                    prop_assert!(super::super::width(line.trim_end()) <= most, "{line:?}");
                }
            }
        }
    }
}
