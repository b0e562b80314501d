//! The terminal: taken over at the start, given back at the end, whatever that is.

use std::io::{self, Write};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::event::{DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture};
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use crossterm::{cursor, execute};

use super::rescue;

/// Whether the terminal is ours now: the panic hook gives it back before it tells anything.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// The terminal, as long as this lives.
pub(crate) struct Guard {
    mouse: bool,
}

impl Guard {
    /// Takes the terminal over.
    ///
    /// # Errors
    /// Those of the terminal; what was done is undone.
    pub(crate) fn take(mouse: bool) -> io::Result<Guard> {
        let guard = Guard { mouse };
        guard.enter()?;
        Ok(guard)
    }

    /// Takes it over again, after an editor had it.
    pub(crate) fn enter(&self) -> io::Result<()> {
        TAKEN.store(true, Ordering::SeqCst);
        enable_raw_mode()?;
        execute!(io::stdout(), EnterAlternateScreen, EnableBracketedPaste, cursor::Hide)?;
        if self.mouse {
            execute!(io::stdout(), EnableMouseCapture)?;
        }
        Ok(())
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        give_back();
    }
}

/// Gives the terminal back, if it is ours. What fails is left: there may be no terminal any more.
pub(crate) fn give_back() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        let _ = execute!(io::stdout(), DisableMouseCapture, DisableBracketedPaste, LeaveAlternateScreen, cursor::Show);
        let _ = disable_raw_mode();
        let _ = io::stdout().flush();
    }
}

/// Whether it is still ours: a panic anywhere gives it back.
pub(crate) fn is_taken() -> bool {
    TAKEN.load(Ordering::SeqCst)
}

/// The name of the thread that reads the terminal: it stands its own panics.
pub(crate) const READER: &str = "input";

/// Has a panic give the terminal back before it is told, and save what the user has written.
pub(crate) fn hook() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let thread = std::thread::current();
            if thread.name() == Some(READER) {
                return;
            }
            give_back();
            before(panic);
            // After one in another thread the program ends by itself, and saves more.
            if thread.name() == Some("main") {
                for told in rescue::save() {
                    let _ = writeln!(io::stderr(), "{told}");
                }
            }
        }));
    });
}
