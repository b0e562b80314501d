//! Bars: of status codes, and of anything that is a share of something.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::super::theme::Role;
use super::{Look, count, put};

/// ` 2xx ████████ 1.20k  3xx 4 …` on one line; each number stands beside its bar. One that is not known is a dash.
pub(crate) fn codes(buffer: &mut Buffer, area: Rect, look: &Look<'_>, codes: &[(&str, Option<f64>)]) {
    let total: f64 = codes.iter().filter_map(|(_, number)| *number).sum();
    let shown = |number: Option<f64>| number.map_or(look.glyphs.none.to_owned(), count);
    let words: usize = codes.iter().map(|(class, number)| class.len() + shown(*number).len() + 4).sum();
    let room = usize::from(area.width).saturating_sub(words + 1);
    let mut x = 1;
    for (class, number) in codes {
        let role = match class.as_bytes().first() {
            Some(b'2') => Role::Good,
            Some(b'4') => Role::Warn,
            Some(b'5') => Role::Bad,
            _ => Role::Text,
        };
        x = put(buffer, area, x, 0, class, look.style(Role::Dim)) + 1;
        let bar = share(number.unwrap_or_default(), total, room, look);
        if !bar.is_empty() {
            x = put(buffer, area, x, 0, &bar, look.style(role)) + 1;
        }
        let role = if number.is_some_and(|number| number > 0.0) { role } else { Role::Dim };
        x = put(buffer, area, x, 0, &shown(*number), look.style(role)) + 2;
    }
}

/// A bar for a share of a whole; one that is not empty has at least one character.
pub(crate) fn share(part: f64, whole: f64, room: usize, look: &Look<'_>) -> String {
    if part <= 0.0 || whole <= 0.0 || !part.is_finite() {
        return String::new();
    }
    let length = (part / whole * room as f64).round() as usize;
    look.glyphs.bar.to_string().repeat(length.clamp(1, room.max(1)))
}
