//! The screen of what cannot be shown yet.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Context, Event, Screen};
use crate::tui::action::Action;
use crate::tui::data::Data;
use crate::tui::msg::{Arguments, Source};
use crate::tui::theme::Mood;
use crate::tui::widgets::{Look, notice};

/// A screen by its name alone.
pub(super) struct Stub(pub(super) &'static str);

impl Screen for Stub {
    fn sources(&self) -> Vec<(Source, Arguments)> {
        Vec::new()
    }

    fn actions(&self) -> Vec<Action> {
        Vec::new()
    }

    fn update(&mut self, _: Event<'_>, _: &mut Context<'_>) -> bool {
        false
    }

    fn view(&self, buffer: &mut Buffer, area: Rect, look: &Look<'_>) {
        let text = format!("{} cannot be shown here yet", self.0);
        notice(buffer, area, look, Mood::Off, &[text, "the commands of gatewayctl show it".to_owned()]);
    }

    fn crumb(&self, _: &Data) -> String {
        self.0.to_owned()
    }
}
