//! The mouse: clicks and the wheel.

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};

use super::App;
use crate::tui::msg::Cmd;
use crate::tui::screens::Event;
use crate::tui::widgets::Hit;

/// Two clicks within so many milliseconds are a double one.
const DOUBLE: u64 = 400;
/// Lines of one step of the wheel.
const STEP: isize = 3;

impl App {
    pub(super) fn mouse(&mut self, mouse: MouseEvent, commands: &mut Vec<Cmd>) {
        let (x, y) = (mouse.column, mouse.row);
        match mouse.kind {
            MouseEventKind::ScrollDown => self.wheel(x, y, STEP, commands),
            MouseEventKind::ScrollUp => self.wheel(x, y, -STEP, commands),
            MouseEventKind::Down(MouseButton::Left) => self.click(x, y, commands),
            MouseEventKind::Drag(MouseButton::Left) => {
                if let Some(divider) = self.dragged {
                    self.tell(Event::Drag(divider, x, y), commands);
                }
            }
            MouseEventKind::Up(_) => self.dragged = None,
            _ => {}
        }
    }

    fn wheel(&mut self, x: u16, y: u16, lines: isize, commands: &mut Vec<Cmd>) {
        if let Some(dialog) = self.dialogs.last_mut() {
            return dialog.wheel(lines);
        }
        let panel = self.hits.panel(x, y).unwrap_or_default();
        self.tell(Event::Wheel(panel, lines), commands);
    }

    fn click(&mut self, x: u16, y: u16, commands: &mut Vec<Cmd>) {
        let hit = self.hits.at(x, y);
        if let Some(dialog) = self.dialogs.last_mut() {
            if let Some(Hit::Choice(place)) = hit {
                let outcome = dialog.click(place);
                self.outcome(outcome, commands);
            }
            return;
        }
        let now = self.data.now_ms;
        let double = self.clicked.is_some_and(|(a, b, at)| (a, b) == (x, y) && now.saturating_sub(at) <= DOUBLE);
        self.clicked = if double { None } else { Some((x, y, now)) };
        match hit {
            Some(Hit::Action(action)) => self.act(action, commands),
            Some(Hit::Divider(divider)) => self.dragged = Some(divider),
            Some(hit) => {
                self.line = None;
                self.tell(Event::Click(hit, double), commands);
            }
            None => {}
        }
    }
}
