//! The terminal as frames are drawn on it.

use std::io;

use ratatui::backend::CrosstermBackend;
use ratatui::layout::{Rect, Size};
use ratatui::{Frame, Terminal};

/// What frames are drawn on, until this goes; then the cursor is there again.
pub(super) struct Screen(Option<Terminal<CrosstermBackend<io::Stdout>>>);

impl Screen {
    /// # Errors
    /// Those of the terminal.
    pub(super) fn new() -> io::Result<Screen> {
        Terminal::new(CrosstermBackend::new(io::stdout())).map(|terminal| Screen(Some(terminal)))
    }

    /// # Errors
    /// Those of the terminal.
    pub(super) fn size(&self) -> io::Result<Size> {
        self.0.as_ref().map_or(Ok(Size::ZERO), Terminal::size)
    }

    /// Draws a frame; with `anew` the terminal is cleared before. Nothing is asked of it, for its answer would come as a key.
    ///
    /// # Errors
    /// Those of the terminal.
    pub(super) fn draw(&mut self, anew: bool, view: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        let Some(terminal) = &mut self.0 else { return Ok(()) };
        if anew {
            let Size { width, height } = terminal.size()?;
            terminal.resize(Rect { x: 0, y: 0, width, height })?;
        }
        terminal.draw(view).map(drop)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        if let Some(mut terminal) = self.0.take()
            && terminal.show_cursor().is_err()
        {
            // It would tell so on a terminal that is gone, which is a panic.
            std::mem::forget(terminal);
        }
    }
}
