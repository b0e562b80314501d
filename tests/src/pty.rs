//! A pseudo-terminal of a given width, so that programs under test believe that somebody looks.

use std::fs::File;
use std::io::Read;
use std::os::fd::{AsFd, OwnedFd};
use std::process::{Child, Command, ExitStatus, Stdio};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcgetattr, tcsetattr, tcsetwinsize};

/// What a program showed, and how it ended.
#[derive(Debug)]
pub struct Shown {
    /// What came on the terminal, line ends as the program wrote them.
    pub screen: String,
    /// What came on standard error, which is a pipe.
    pub stderr: String,
    /// How it ended.
    pub status: ExitStatus,
}

/// Runs a program whose standard output, and input, is a terminal of so many columns.
pub fn run(command: Command, columns: u16) -> Shown {
    run_until(command, columns, "", |_| ())
}

/// The same; once this text is on standard error something is done with the program.
pub fn run_until(mut command: Command, columns: u16, text: &str, then: impl FnOnce(&Child)) -> Shown {
    let (screen, terminal) = open(columns, 24, true);
    let input = terminal.try_clone().expect("another handle");
    command.stdin(Stdio::from(input)).stdout(Stdio::from(terminal)).stderr(Stdio::piped());
    let mut child = command.spawn().expect("it starts");
    // The command holds the other ends of the terminal.
    drop(command);
    let reader = std::thread::spawn(move || read(File::from(screen), &mut Vec::new(), ""));
    let (mut said, mut stderr) = (Vec::new(), child.stderr.take().expect("a pipe"));
    if !text.is_empty() {
        read(&mut stderr, &mut said, text);
        then(&child);
    }
    let stderr = read(stderr, &mut said, "");
    let status = child.wait().expect("it ends");
    Shown { screen: reader.join().expect("a reader"), stderr, status }
}

/// Reads until a text was there, or to the end.
fn read(mut from: impl Read, seen: &mut Vec<u8>, text: &str) -> String {
    let mut piece = [0; 4096];
    let there = |seen: &[u8]| !text.is_empty() && String::from_utf8_lossy(seen).contains(text);
    // The end of a terminal is an error.
    while !there(seen)
        && let Ok(n @ 1..) = from.read(&mut piece)
    {
        seen.extend_from_slice(piece.get(..n).unwrap_or_default());
    }
    String::from_utf8_lossy(seen).into_owned()
}

/// The end that a person looks at, and the end that a program writes to; `raw`: it changes nothing of what is written.
pub(crate) fn open(columns: u16, rows: u16, raw: bool) -> (OwnedFd, OwnedFd) {
    let screen = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).expect("a terminal");
    grantpt(&screen).expect("it is ours");
    unlockpt(&screen).expect("it is open");
    let name = ptsname(&screen, Vec::new()).expect("its name");
    let path = std::path::PathBuf::from(name.into_string().expect("a name in ASCII"));
    let terminal = File::options().read(true).write(true).open(path).expect("its other end");
    if raw {
        let mut modes = tcgetattr(&terminal).expect("its modes");
        modes.make_raw();
        tcsetattr(&terminal, rustix::termios::OptionalActions::Now, &modes).expect("raw");
    }
    resize(&screen, columns, rows);
    (screen, OwnedFd::from(terminal))
}

/// Another size, which the program is told.
pub(crate) fn resize(terminal: impl AsFd, columns: u16, rows: u16) {
    let size = Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
    tcsetwinsize(terminal, size).expect("its size");
}
