//! The screen `messages`: everything that was told in toasts.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Context, Event, Screen};
use crate::tui::action::Action;
use crate::tui::data::Data;
use crate::tui::msg::{Arguments, Source};
use crate::tui::theme::{Mood, Role};
use crate::tui::widgets::text::{Line, Scroll, wrapped};
use crate::tui::widgets::{Look, clock, notice};

/// The screen.
pub(super) fn screen() -> Box<dyn Screen> {
    Box::new(Messages::default())
}

#[derive(Default)]
struct Messages(Scroll);

impl Screen for Messages {
    fn sources(&self) -> Vec<(Source, Arguments)> {
        Vec::new()
    }

    fn actions(&self) -> Vec<Action> {
        Vec::new()
    }

    fn update(&mut self, event: Event<'_>, _: &mut Context<'_>) -> bool {
        match event {
            Event::Action(action) => self.0.act(action),
            Event::Wheel(_, lines) => {
                self.0.by(lines);
                true
            }
            _ => false,
        }
    }

    fn view(&self, buffer: &mut Buffer, area: Rect, look: &Look<'_>) {
        let said = &look.data.said;
        if said.is_empty() {
            return notice(buffer, area, look, Mood::Off, &["nothing was said yet".to_owned()]);
        }
        let line = |said: &crate::tui::data::Said| {
            Line::of(Role::Dim, format!("{}  ", clock(said.at)))
                .with(said.mood.role(), format!("{} ", look.glyphs.mood(said.mood)))
                .with(Role::Text, said.text.clone())
        };
        let lines: Vec<Line> = said.iter().rev().map(line).collect();
        let area = Rect { x: area.x + 1, width: area.width.saturating_sub(1), ..area };
        self.0.draw(buffer, area, look, &wrapped(lines, usize::from(area.width)));
    }

    fn crumb(&self, data: &Data) -> String {
        format!("messages ({})", data.said.len())
    }
}
