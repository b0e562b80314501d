//! What the operator tells the process by signals, as one stream of events.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// SIGTERM or SIGQUIT: stop accepting, let requests in flight end, then exit.
    Drain,
    /// SIGINT: close what is idle and exit soon.
    Quick,
    /// A second SIGTERM, SIGQUIT or SIGINT: exit at once.
    Now,
    /// SIGHUP: read the configuration again.
    Reload,
    /// SIGUSR1: open the log files again.
    Reopen,
    /// SIGUSR2: another process takes over.
    HandOver,
}

/// The signals of this process. From [`Signals::new`] on none of them ends it by itself.
#[derive(Debug)]
pub struct Signals {
    term: Signal,
    quit: Signal,
    int: Signal,
    hup: Signal,
    usr1: Signal,
    usr2: Signal,
    /// Held, never looked at: a file that may not grow (`ulimit -f`) is then an error of the write, as a full disk is, and not
    /// the end of the process.
    _file_size: Signal,
    stopping: bool,
}

impl Signals {
    /// Takes the signals over. Must be called inside a tokio runtime with I/O enabled.
    ///
    /// # Errors
    /// The system refuses a handler.
    pub fn new() -> io::Result<Signals> {
        Ok(Signals {
            term: signal(SignalKind::terminate())?,
            quit: signal(SignalKind::quit())?,
            int: signal(SignalKind::interrupt())?,
            hup: signal(SignalKind::hangup())?,
            usr1: signal(SignalKind::user_defined1())?,
            usr2: signal(SignalKind::user_defined2())?,
            _file_size: signal(SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw()))?,
            stopping: false,
        })
    }

    /// The next event. Dropping the future loses none.
    pub async fn next(&mut self) -> Event {
        let first = tokio::select! {
            // Whoever stops does not wait behind reloads.
            biased;
            Some(()) = self.term.recv() => Event::Drain,
            Some(()) = self.quit.recv() => Event::Drain,
            Some(()) = self.int.recv() => Event::Quick,
            Some(()) = self.hup.recv() => Event::Reload,
            Some(()) = self.usr1.recv() => Event::Reopen,
            Some(()) = self.usr2.recv() => Event::HandOver,
            // The streams never end (tokio's documentation); without this arm `select!` would panic if they did.
            else => std::future::pending().await,
        };
        match first {
            Event::Drain | Event::Quick if self.stopping => Event::Now,
            Event::Drain | Event::Quick => {
                self.stopping = true;
                first
            }
            event => event,
        }
    }
}

#[cfg(test)]
mod tests {
    use rustix::process::{Signal as Sig, getpid, kill_process};

    use super::*;

    /// One test for all: signals belong to the whole process.
    #[tokio::test]
    async fn events_in_order() {
        let mut signals = Signals::new().unwrap();
        let send = |sig| kill_process(getpid(), sig).unwrap();
        for (sig, event) in [
            (Sig::HUP, Event::Reload),
            (Sig::USR1, Event::Reopen),
            (Sig::USR2, Event::HandOver),
            (Sig::TERM, Event::Drain),
            (Sig::HUP, Event::Reload),
            (Sig::TERM, Event::Now),
            (Sig::INT, Event::Now),
        ] {
            send(sig);
            assert_eq!(signals.next().await, event, "{sig:?}");
        }
        let mut signals = Signals::new().unwrap();
        send(Sig::INT);
        assert_eq!(signals.next().await, Event::Quick);
        send(Sig::QUIT);
        assert_eq!(signals.next().await, Event::Now);
    }
}
