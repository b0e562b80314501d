//! When a command that would go on is to end: the user says so, or nobody reads what it writes any more.

use std::time::Duration;

use crate::error::{Error, Kind};

/// How often is looked whether the output still has a reader.
const LOOK: Duration = Duration::from_millis(250);

/// Waits until the command is to end.
pub(crate) async fn wanted() -> Error {
    let gone = async {
        while !is_gone() {
            tokio::time::sleep(LOOK).await;
        }
    };
    tokio::select! {
        // It is looked for the reader at least once, however short the wait is.
        biased;
        () = gone => Error::from_output(&std::io::ErrorKind::BrokenPipe.into()),
        () = crate::signals::interrupted() => Error::new(Kind::Interrupted, "interrupted"),
    }
}

/// Whether standard output is a pipe, a socket or a terminal whose other end is closed.
#[cfg(unix)]
fn is_gone() -> bool {
    gone(&std::io::stdout())
}

#[cfg(unix)]
fn gone(output: &impl std::os::fd::AsFd) -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let mut all = [PollFd::new(output, PollFlags::empty())];
    let now = Timespec { tv_sec: 0, tv_nsec: 0 };
    let told = poll(&mut all, Some(&now)).is_ok_and(|count| count > 0);
    told && all.iter().any(|one| one.revents().intersects(PollFlags::ERR | PollFlags::HUP))
}

#[cfg(not(unix))]
fn is_gone() -> bool {
    false
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_pipe_without_a_reader() {
        let (reader, writer) = std::io::pipe().unwrap();
        assert!(!gone(&writer));
        drop(reader);
        assert!(gone(&writer));
        let file = tempfile::tempfile().unwrap();
        assert!(!gone(&file));
    }
}
