//! The waterfall of one request: its parts one after the other, as long as they took.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::super::theme::Role;
use super::{Look, fit, ms, put, width};

/// A part: its name, its milliseconds, how it looks.
pub(crate) struct Part<'a> {
    pub(crate) name: &'a str,
    pub(crate) ms: f64,
    pub(crate) role: Role,
}

/// Draws the parts on one line. Every part is as wide as its name and number at least; what room is left is theirs by time.
pub(crate) fn draw(buffer: &mut Buffer, area: Rect, look: &Look<'_>, parts: &[Part<'_>]) {
    let ends = if look.glyphs.ascii { ("[", "]") } else { ("├", "┤") };
    let words: Vec<String> = parts.iter().map(|part| format!(" {} {} ", part.name, ms(part.ms))).collect();
    let taken: usize = words.iter().map(|word| width(word) + 2).sum();
    let room = usize::from(area.width).saturating_sub(taken);
    let total: f64 = parts.iter().map(|part| part.ms.max(0.0)).sum();
    let mut x = 0;
    for (part, word) in parts.iter().zip(&words) {
        let more = if total > 0.0 { (part.ms.max(0.0) / total * room as f64) as usize } else { 0 };
        let line = look.glyphs.line.to_string();
        let (left, right) = (line.repeat(more / 2), line.repeat(more - more / 2));
        let text = format!("{}{left}{word}{right}{}", ends.0, ends.1);
        x = put(
            buffer,
            area,
            x,
            0,
            &fit(&text, usize::from(area.width.saturating_sub(x)), look.glyphs.more),
            look.style(part.role),
        );
    }
}
