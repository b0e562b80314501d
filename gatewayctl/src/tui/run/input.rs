//! The thread that reads the terminal. While an editor has it, nothing is read.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossterm::event::{self, Event};

use super::signals::Asked;
use crate::error::{Error, Result};
use crate::tui::msg::Msg;
use crate::tui::terminal::READER;

/// How long a key is waited for before is looked whether something else has the terminal.
const WAIT: Duration = Duration::from_millis(50);

/// The thread; it ends with this.
pub(super) struct Input {
    state: Arc<State>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct State {
    paused: AtomicBool,
    /// Nothing is read.
    resting: AtomicBool,
    over: AtomicBool,
}

impl Input {
    /// # Errors
    /// Usage: no thread can be started.
    pub(super) fn start(sender: SyncSender<Msg>, asked: Arc<Asked>) -> Result<Input> {
        let all = Arc::<State>::default();
        let state = Arc::clone(&all);
        let thread = std::thread::Builder::new().name(READER.to_owned()).spawn(move || read(&state, &sender, &asked));
        let thread = thread.map_err(|error| Error::usage(format!("cannot start a thread: {error}")))?;
        Ok(Input { state: all, thread: Some(thread) })
    }

    /// Waits until nothing is read any more.
    pub(super) fn pause(&self) {
        self.state.paused.store(true, Ordering::SeqCst);
        let end = Instant::now() + Duration::from_millis(500);
        while !self.state.resting.load(Ordering::SeqCst) && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    pub(super) fn go_on(&self) {
        self.state.paused.store(false, Ordering::SeqCst);
    }
}

impl Drop for Input {
    /// Waits until nothing is read any more: whatever is read later is for somebody else.
    fn drop(&mut self) {
        self.state.over.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn read(state: &State, sender: &SyncSender<Msg>, asked: &Asked) {
    while !asked.stops() && !state.over.load(Ordering::SeqCst) {
        let rests = state.paused.load(Ordering::SeqCst);
        state.resting.store(rests, Ordering::SeqCst);
        if rests {
            std::thread::sleep(Duration::from_millis(10));
            continue;
        }
        // What some terminal sends may be more than the parser stands.
        let next = catch_unwind(AssertUnwindSafe(|| match event::poll(WAIT) {
            Ok(true) => event::read().map(Some),
            Ok(false) => Ok(None),
            Err(error) => Err(error),
        }));
        match next {
            Ok(Ok(Some(event))) if is_somewhere(&event) => {
                if !hand_over(sender, Msg::Input(event), state) {
                    break;
                }
            }
            Ok(Ok(_)) => {}
            // The terminal is gone.
            Ok(Err(_)) => asked.stop.store(true, Ordering::Relaxed),
            Err(_) => std::thread::sleep(WAIT),
        }
    }
    state.resting.store(true, Ordering::SeqCst);
}

/// Sends a message when there is room for it; `false` where nobody takes any more.
fn hand_over(sender: &SyncSender<Msg>, mut message: Msg, state: &State) -> bool {
    loop {
        message = match sender.try_send(message) {
            Ok(()) => return true,
            Err(TrySendError::Disconnected(_)) => return false,
            Err(TrySendError::Full(_)) if state.over.load(Ordering::SeqCst) => return false,
            Err(TrySendError::Full(message)) => message,
        };
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Whether an event has a place where it is one of the mouse. Places are counted from 1: there is none left of and none above
/// the first, which is the last of all once 1 is taken off.
fn is_somewhere(event: &Event) -> bool {
    !matches!(event, Event::Mouse(mouse) if mouse.column == u16::MAX || mouse.row == u16::MAX)
}
