//! What screens are made of. Widgets draw; what moves (a selection, a scroll) is state of the widget's own, which its
//! screen keeps.

pub(crate) mod bars;
pub(crate) mod choices;
pub(crate) mod heat;
pub(crate) mod input;
pub(crate) mod spark;
pub(crate) mod table;
pub(crate) mod text;
pub(crate) mod waterfall;

use std::cell::RefCell;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::action::Action;
use super::data::Data;
use super::keys::Bindings;
use super::theme::{Glyphs, Mood, Role, Theme};

/// Everything that a view is a function of beside its screen's own state.
pub(crate) struct Look<'a> {
    pub(crate) data: &'a Data,
    pub(crate) theme: &'a Theme,
    pub(crate) glyphs: &'a Glyphs,
    pub(crate) bindings: &'a Bindings,
    /// The time that charts show, in seconds.
    pub(crate) range: u32,
    /// Nothing can be changed on the server.
    pub(crate) read_only: bool,
    /// The link is lost: everything is grey.
    pub(crate) stale: bool,
    /// One panel has the whole screen.
    pub(crate) expanded: bool,
    pub(crate) hits: &'a Hits,
}

impl Look<'_> {
    pub(crate) fn style(&self, role: Role) -> Style {
        if self.stale && !matches!(role, Role::Selection | Role::Key | Role::Tab) {
            return self.theme.style(Role::Off);
        }
        self.theme.style(role)
    }

    /// A state as its symbol and a word: `✗ down`.
    pub(crate) fn mood(&self, mood: Mood, word: &str) -> String {
        let symbol = self.glyphs.mood(mood);
        if word.is_empty() { symbol.to_string() } else { format!("{symbol} {word}") }
    }
}

/// What is where on the screen, for the mouse. Panels are numbered by their screens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hit {
    /// A hint or a tab of the program.
    Action(Action),
    /// A line of a dialog.
    Choice(usize),
    /// Something within a panel, for the wheel.
    Panel(u8),
    /// A row of a table, counted from its first.
    Row(u8, usize),
    /// The head of a column.
    Head(u8, usize),
    /// A tab of a panel.
    Tab(u8, usize),
    /// What separates two panels.
    Divider(u8),
}

/// Filled by drawing, read by the mouse.
#[derive(Debug, Default)]
pub(crate) struct Hits(RefCell<Vec<(Rect, Hit)>>);

impl Hits {
    pub(crate) fn clear(&self) {
        self.0.borrow_mut().clear();
    }

    pub(crate) fn add(&self, area: Rect, hit: Hit) {
        self.0.borrow_mut().push((area, hit));
    }

    /// What lies topmost at a place: what was drawn last.
    pub(crate) fn at(&self, x: u16, y: u16) -> Option<Hit> {
        self.find(x, y, |_| true)
    }

    /// The panel at a place.
    pub(crate) fn panel(&self, x: u16, y: u16) -> Option<u8> {
        match self.find(x, y, |hit| matches!(hit, Hit::Panel(_)))? {
            Hit::Panel(panel) => Some(panel),
            _ => None,
        }
    }

    fn find(&self, x: u16, y: u16, wanted: impl Fn(&Hit) -> bool) -> Option<Hit> {
        let hits = self.0.borrow();
        let inside = |(area, hit): &&(Rect, Hit)| area.contains((x, y).into()) && wanted(hit);
        hits.iter().rev().find(inside).map(|(_, hit)| *hit)
    }
}

/// Columns that a text takes.
pub(crate) fn width(text: &str) -> usize {
    text.graphemes(true).map(UnicodeWidthStr::width).sum()
}

/// The text in at most so many columns, cut where it is longer.
pub(crate) fn fit(text: &str, most: usize, more: char) -> String {
    if text.is_ascii() && text.len() <= most || width(text) <= most {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut used = 0;
    for grapheme in text.graphemes(true) {
        let wide = grapheme.width();
        if used + wide + 1 > most {
            break;
        }
        used += wide;
        out.push_str(grapheme);
    }
    if most > 0 {
        out.push(more);
    }
    out
}

/// Writes within an area, from `x` columns and `y` rows off its corner; returns the column behind the text, off the corner.
pub(crate) fn put(buffer: &mut Buffer, area: Rect, x: u16, y: u16, text: &str, style: Style) -> u16 {
    let area = area.intersection(buffer.area);
    if y >= area.height || x >= area.width {
        return x;
    }
    let (end, _) = buffer.set_stringn(area.x + x, area.y + y, text, usize::from(area.width - x), style);
    end - area.x
}

/// Writes so that the text ends at the right edge.
pub(crate) fn put_right(buffer: &mut Buffer, area: Rect, y: u16, text: &str, style: Style) {
    let wide = u16::try_from(width(text)).unwrap_or(u16::MAX).min(area.width);
    put(buffer, area, area.width - wide, y, text, style);
}

/// A box with a title; returns what is inside.
pub(crate) fn panel(buffer: &mut Buffer, area: Rect, look: &Look<'_>, title: &str, focused: bool) -> Rect {
    let area = area.intersection(buffer.area);
    if area.width < 2 || area.height < 2 {
        return Rect { width: 0, height: 0, ..area };
    }
    let style = look.style(if focused { Role::Focus } else { Role::Border });
    let set = look.glyphs.border;
    let (right, bottom) = (area.width - 1, area.height - 1);
    let across = |symbol: &str| symbol.repeat(usize::from(area.width - 2));
    put(buffer, area, 0, 0, &format!("{}{}{}", set.top_left, across(set.horizontal_top), set.top_right), style);
    for y in 1..bottom {
        put(buffer, area, 0, y, set.vertical_left, style);
        put(buffer, area, right, y, set.vertical_right, style);
    }
    let line = format!("{}{}{}", set.bottom_left, across(set.horizontal_bottom), set.bottom_right);
    put(buffer, area, 0, bottom, &line, style);
    if !title.is_empty() && area.width > 4 {
        let title = fit(title, usize::from(area.width - 4), look.glyphs.more);
        let role = if focused { Role::Focus } else { Role::Title };
        put(buffer, area, 1, 0, &format!(" {title} "), look.style(role));
    }
    Rect { x: area.x + 1, y: area.y + 1, width: area.width - 2, height: area.height - 2 }
}

/// The state of a screen that has no rows to show: what happens, and what helps. What is longer than the area is wide goes
/// on in the next line.
pub(crate) fn notice(buffer: &mut Buffer, area: Rect, look: &Look<'_>, mood: Mood, lines: &[String]) {
    let room = usize::from(area.width.saturating_sub(3));
    let mut y = 1;
    for (place, line) in lines.iter().enumerate() {
        let (text, role) = if place == 0 { (look.mood(mood, line), mood.role()) } else { (line.clone(), Role::Dim) };
        for part in text::wrapped_sentence(text::Line::of(role, text), room) {
            let part = fit(&part.plain(), room, look.glyphs.more);
            put(buffer, area, 2, y, &part, look.style(role));
            y = y.saturating_add(1);
        }
    }
}

/// The upper or left part and the rest.
pub(crate) fn split(area: Rect, first: u16, across: bool) -> (Rect, Rect) {
    if across {
        let first = first.min(area.width);
        let rest = Rect { x: area.x + first, width: area.width - first, ..area };
        (Rect { width: first, ..area }, rest)
    } else {
        let first = first.min(area.height);
        let rest = Rect { y: area.y + first, height: area.height - first, ..area };
        (Rect { height: first, ..area }, rest)
    }
}

/// The table and the details beside or below it, of which the table has `part` percent; one of them alone where it is expanded.
pub(crate) fn panels(area: Rect, look: &Look<'_>, in_detail: bool, part: u16, across: bool) -> (Rect, Rect) {
    if look.expanded {
        let none = Rect { width: 0, height: 0, ..area };
        return if in_detail { (none, area) } else { (area, none) };
    }
    let whole = if across { area.width } else { area.height };
    split(area, u16::try_from(u32::from(whole) * u32::from(part) / 100).unwrap_or(whole), across)
}

/// A number for people, in at most five characters: `1.23k`.
pub(crate) fn count(number: f64) -> String {
    match number {
        n if !n.is_finite() => "-".to_owned(),
        n if n.abs() < 0.05 => "0".to_owned(),
        n if n.abs() < 10.0 && n.fract().abs() > 0.04 => format!("{n:.1}"),
        n if n.abs() < 1_000.0 => format!("{n:.0}"),
        n if n.abs() < 10_000.0 => format!("{:.2}k", n / 1e3),
        n if n.abs() < 100_000.0 => format!("{:.1}k", n / 1e3),
        n if n.abs() < 1e6 => format!("{:.0}k", n / 1e3),
        n if n.abs() < 1e9 => format!("{:.1}M", n / 1e6),
        n => format!("{:.1}G", n / 1e9),
    }
}

/// Milliseconds: `1.1`, `48`, `5.2k`.
pub(crate) fn ms(number: f64) -> String {
    // The sum of nothing is -0.0.
    let number = number + 0.0;
    if number < 99.95 { format!("{number:.1}") } else { count(number) }
}

/// A time given in milliseconds, with its unit: `1.1 ms`, `48 ms`, `1.57 s`.
pub(crate) fn time(number: f64) -> String {
    if number.abs() < 999.5 || !number.is_finite() {
        return format!("{} ms", ms(number));
    }
    match number / 1e3 {
        seconds if seconds.abs() < 9.995 => format!("{seconds:.2} s"),
        seconds if seconds.abs() < 99.95 => format!("{seconds:.1} s"),
        seconds => format!("{} s", count(seconds)),
    }
}

/// Bytes: `1.1 MB`.
pub(crate) fn bytes(number: f64) -> String {
    crate::commands::live::bytes(if number > 0.0 { number as u64 } else { 0 })
}

/// `12:03:07`, UTC.
pub(crate) fn clock(seconds: i64) -> String {
    let rest = seconds.rem_euclid(86_400);
    format!("{:02}:{:02}:{:02}", rest / 3_600, rest / 60 % 60, rest % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_widths() {
        let all = [0.0, 0.4, 9.96, 12.0, 999.4, 1_234.0, 45_678.0, 456_789.0, 4.5e6, f64::NAN].map(count);
        assert_eq!(all, ["0", "0.4", "10.0", "12", "999", "1.23k", "45.7k", "457k", "4.5M", "-"]);
        assert_eq!((width("中文"), width("e\u{301}"), width("👩‍👩‍👧")), (4, 1, 2));
        assert_eq!(
            (fit("中文字", 5, '…'), fit("abc", 3, '…'), fit("abcd", 3, '…'), fit("ab", 0, '…')),
            ("中文…".into(), "abc".into(), "ab…".into(), String::new())
        );
    }
}
