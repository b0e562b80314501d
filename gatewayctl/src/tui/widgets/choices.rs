//! A line of words of which one is chosen: `[now] 10 s  1 min`.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::super::theme::Role;
use super::{Hit, Look, put};

/// Draws it from `x` columns on the first row of an area, and returns the column behind it. Words can be clicked as the tabs of a
/// panel.
pub(crate) fn draw(
    buffer: &mut Buffer,
    area: Rect,
    x: u16,
    look: &Look<'_>,
    panel: u8,
    (words, at): (&[&str], usize),
) -> u16 {
    let mut x = x;
    for (place, word) in words.iter().enumerate() {
        let (text, role) =
            if place == at { (format!("[{word}]"), Role::Tab) } else { (format!(" {word} "), Role::Dim) };
        let end = put(buffer, area, x, 0, &text, look.style(role));
        look.hits.add(
            Rect { x: area.x.saturating_add(x), width: end.saturating_sub(x), height: 1.min(area.height), ..area },
            Hit::Tab(panel, place),
        );
        x = end;
    }
    x
}
