//! What the system asks of the program: to end, because of a signal or a terminal that is gone, and to sleep.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::{Error, Result};

/// What was asked.
#[derive(Debug, Default)]
pub(super) struct Asked {
    /// To end: the terminal is given back first.
    pub(super) stop: AtomicBool,
    /// To sleep (SIGTSTP), until the shell wakes the program again.
    pub(super) sleep: AtomicBool,
}

impl Asked {
    pub(super) fn stops(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

/// Listens to signals.
///
/// # Errors
/// Usage: no thread can be started.
#[cfg(unix)]
pub(super) fn listen(asked: &std::sync::Arc<Asked>) -> Result<()> {
    let asked = std::sync::Arc::clone(asked);
    let thread = std::thread::Builder::new().name("signals".to_owned()).spawn(move || wait(&asked));
    thread.map(drop).map_err(|error| Error::usage(format!("cannot start a thread: {error}")))
}

#[cfg(not(unix))]
pub(super) fn listen(_: &std::sync::Arc<Asked>) -> Result<()> {
    Ok(())
}

#[cfg(unix)]
fn wait(asked: &Asked) {
    use std::time::Duration;

    use tokio::signal::unix::{SignalKind, signal};

    /// How long a program that was asked to end may take: a terminal that takes nothing any more would hold it up for ever.
    const PATIENCE: Duration = Duration::from_secs(5);

    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
    let number = runtime.block_on(async {
        let sleep = SignalKind::from_raw(rustix::process::Signal::TSTP.as_raw());
        let of = [SignalKind::terminate(), SignalKind::hangup(), SignalKind::interrupt(), sleep].map(signal);
        let [Ok(mut term), Ok(mut hangup), Ok(mut interrupt), Ok(mut sleep)] = of else {
            return std::future::pending().await;
        };
        let number = loop {
            tokio::select! {
                _ = term.recv() => break 15,
                _ = hangup.recv() => break 1,
                _ = interrupt.recv() => break 2,
                _ = sleep.recv() => asked.sleep.store(true, Ordering::Relaxed),
            }
        };
        asked.stop.store(true, Ordering::Relaxed);
        tokio::time::sleep(PATIENCE).await;
        number
    });
    let _ = crossterm::terminal::disable_raw_mode();
    std::process::exit(128 + number);
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
