//! What the system asks of the program: to end, because of a signal or a terminal that is gone, and to sleep.

use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use crate::error::{Error, Result};

/// How long a signal that was made while an editor had the keyboard may be on its way.
const LATE: Duration = Duration::from_secs(1);

/// What was asked.
#[derive(Debug, Default)]
pub(super) struct Asked {
    /// To end: the terminal is given back first.
    pub(super) stop: AtomicBool,
    /// To sleep (SIGTSTP), until the shell wakes the program again.
    pub(super) sleep: AtomicBool,
    /// The number of the signal that the program then dies of; 0 where it ends by itself.
    mortal: AtomicI32,
    lent: Mutex<Lent>,
}

/// Whether an editor has the keyboard, or had it a moment ago.
#[derive(Debug, Default)]
struct Lent {
    now: bool,
    until: Option<Instant>,
}

impl Asked {
    pub(super) fn stops(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// The number of the signal that the program is to die of once all is as before.
    pub(super) fn mortal(&self) -> Option<i32> {
        Some(self.mortal.load(Ordering::Relaxed)).filter(|number| *number != 0)
    }

    /// From now on the signals of the keyboard are for an editor.
    pub(super) fn lend(&self) {
        *self.lent() = Lent { now: true, until: None };
    }

    /// They are for this program again.
    pub(super) fn take_back(&self) {
        *self.lent() = Lent { now: false, until: Some(Instant::now() + LATE) };
    }

    fn is_lent(&self) -> bool {
        self.lent().now
    }

    /// Whether the editor had them a moment ago.
    fn is_late(&self) -> bool {
        self.lent().until.is_some_and(|until| Instant::now() < until)
    }

    fn lent(&self) -> MutexGuard<'_, Lent> {
        self.lent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Listens to signals, from the first time on.
///
/// # Errors
/// Usage: no thread can be started.
pub(super) fn listen() -> Result<Arc<Asked>> {
    /// Of all terminal UIs of this process, which are there one after the other.
    static ASKED: OnceLock<Arc<Asked>> = OnceLock::new();
    if let Some(asked) = ASKED.get() {
        return Ok(Arc::clone(asked));
    }
    let asked = Arc::<Asked>::default();
    #[cfg(unix)]
    {
        let asked = Arc::clone(&asked);
        let thread = std::thread::Builder::new().name("signals".to_owned()).spawn(move || unix::wait(&asked));
        thread.map_err(|error| Error::usage(format!("cannot start a thread: {error}")))?;
    }
    Ok(Arc::clone(ASKED.get_or_init(|| asked)))
}

/// Stops the process; returns when the shell has it go on.
pub(super) fn sleep() {
    #[cfg(unix)]
    {
        use rustix::process::{Signal, getpid, kill_process};
        // A process that may not stop itself goes on at once.
        let _ = kill_process(getpid(), Signal::STOP);
    }
}

/// Dies of a signal, as if nobody had listened to it.
pub(super) fn die(number: i32) -> ! {
    #[cfg(unix)]
    let _ = signal_hook::low_level::emulate_default_handler(number);
    std::process::exit(128 + number)
}

#[cfg(unix)]
mod unix {
    use std::sync::atomic::Ordering;
    use std::time::Duration;

    use rustix::process::Signal;
    use signal_hook::iterator::SignalsInfo;
    use signal_hook::iterator::exfiltrator::WithOrigin;
    use signal_hook::iterator::exfiltrator::origin::Origin;

    use super::Asked;

    /// Those that keys make.
    const KEYS: [Signal; 3] = [Signal::INT, Signal::QUIT, Signal::TSTP];

    /// How long a program that was asked to end may take: a terminal that takes nothing any more would hold it up for ever.
    const PATIENCE: Duration = Duration::from_secs(5);

    /// The program ends by itself.
    const ENDING: [Signal; 3] = [Signal::TERM, Signal::HUP, Signal::INT];
    /// The program dies of these, after the terminal is as before.
    const MORTAL: [Signal; 7] =
        [Signal::QUIT, Signal::USR1, Signal::USR2, Signal::ALARM, Signal::VTALARM, Signal::PROF, Signal::XCPU];

    pub(super) fn wait(asked: &Asked) {
        let all = ENDING.into_iter().chain(MORTAL).chain([Signal::TSTP]).map(Signal::as_raw);
        let Ok(mut signals) = SignalsInfo::<WithOrigin>::new(all) else { return };
        let Some(last) = signals.forever().find(|origin| ends(origin, asked)) else { return };
        let number = last.signal;
        if MORTAL.iter().any(|mortal| mortal.as_raw() == number) {
            asked.mortal.store(number, Ordering::Relaxed);
        }
        asked.stop.store(true, Ordering::Relaxed);
        std::thread::sleep(PATIENCE);
        // Who is held up by the terminal tells nothing on it, but what the user wrote is kept.
        let _ = crate::tui::rescue::save();
        let _ = crossterm::terminal::disable_raw_mode();
        if asked.mortal().is_some() {
            super::die(number);
        }
        std::process::exit(128 + number);
    }

    /// Whether a signal ends the program. Those of the keyboard are not for it while an editor has that; one that somebody
    /// has sent once the editor is closed is no late one of the keyboard.
    fn ends(origin: &Origin, asked: &Asked) -> bool {
        let of_keys = KEYS.iter().any(|key| key.as_raw() == origin.signal);
        let is_sent = origin.process.is_some();
        if of_keys && (asked.is_lent() || !is_sent && asked.is_late()) {
            return false;
        }
        if origin.signal == Signal::TSTP.as_raw() {
            asked.sleep.store(true, Ordering::Relaxed);
            return false;
        }
        true
    }
}
