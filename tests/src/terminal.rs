//! A terminal that somebody sits at: a program runs on it as on any other, what it shows can be looked at at any time, and keys
//! are typed.

use std::fs::File;
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, kill_process};
use rustix::termios::{LocalModes, tcgetattr};
use vt100::{Callbacks, MouseProtocolMode, Parser, Screen};

use crate::pty;

/// Longest wait for something to be shown.
const PATIENCE: Duration = Duration::from_secs(30);

/// The end of a frame that is drawn as one.
const FRAME: &[u8] = b"\x1b[?2026l";

/// What was asked of the terminal beside the screen: nothing that somebody else says may bring this about.
#[derive(Debug, Default)]
pub struct Asked {
    /// Titles that were set.
    pub titles: Vec<String>,
    /// Texts for the clipboard, in base64.
    pub copied: Vec<String>,
    /// Bells that were rung.
    pub bells: usize,
    /// What else a terminal need not know.
    pub unknown: Vec<String>,
}

impl Callbacks for Asked {
    fn audible_bell(&mut self, _: &mut Screen) {
        self.bells += 1;
    }

    fn set_window_title(&mut self, _: &mut Screen, title: &[u8]) {
        self.titles.push(String::from_utf8_lossy(title).into_owned());
    }

    fn copy_to_clipboard(&mut self, _: &mut Screen, _: &[u8], data: &[u8]) {
        self.copied.push(String::from_utf8_lossy(data).into_owned());
    }

    fn unhandled_control(&mut self, _: &mut Screen, byte: u8) {
        self.unknown.push(format!("control {byte:#x}"));
    }

    fn unhandled_escape(&mut self, _: &mut Screen, _: Option<u8>, _: Option<u8>, byte: u8) {
        self.unknown.push(format!("escape {byte:#x}"));
    }

    fn unhandled_csi(&mut self, _: &mut Screen, first: Option<u8>, _: Option<u8>, params: &[&[u16]], c: char) {
        // Frames that are drawn as one, a form of the mouse's events, and the usual colour of underlines.
        let known = [
            (Some(b'?'), 2026, 'h'),
            (Some(b'?'), 2026, 'l'),
            (Some(b'?'), 1015, 'h'),
            (Some(b'?'), 1015, 'l'),
            (None, 59, 'm'),
        ];
        if !known.iter().any(|(of, number, end)| *of == first && params == [&[*number]] && *end == c) {
            self.unknown.push(format!("CSI {first:?} {params:?} {c}"));
        }
    }
}

/// What has come so far.
struct Seen {
    parser: Parser<Asked>,
    frames: usize,
    bytes: usize,
    tail: Vec<u8>,
    /// The program has left the terminal.
    ended: bool,
}

impl Seen {
    fn take(&mut self, bytes: &[u8]) {
        self.parser.process(bytes);
        self.bytes += bytes.len();
        self.tail.extend_from_slice(bytes);
        self.frames += self.tail.windows(FRAME.len()).filter(|window| *window == FRAME).count();
        // The beginning of one that goes on later; a whole one is not counted again.
        let kept = self.tail.len().saturating_sub(FRAME.len() - 1);
        self.tail.drain(..kept);
    }
}

/// The terminal, and the program on it.
pub struct Terminal {
    child: Child,
    keys: Option<File>,
    seen: Arc<Mutex<Seen>>,
    /// Nobody looks: what is shown is not taken any more.
    stalled: Arc<AtomicBool>,
    gone: Arc<AtomicBool>,
    reader: Option<JoinHandle<()>>,
}

impl Terminal {
    /// Runs a program on a terminal of its own, of this size; it is told when the size changes and when the terminal is gone.
    pub fn start(command: &Command, columns: u16, rows: u16) -> Terminal {
        let (screen, terminal) = pty::open(columns, rows, false);
        // Only who leads a session has a terminal that sends signals.
        let mut run = Command::new("setsid");
        run.arg("--ctty").arg(command.get_program()).args(command.get_args()).env_clear();
        run.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        run.env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("TERM", "xterm-256color");
        run.env("LANG", "C.UTF-8");
        let handle = || Stdio::from(terminal.try_clone().expect("another handle"));
        let child = run.stdin(handle()).stdout(handle()).stderr(handle()).spawn().expect("it starts");
        // The command and this function hold the other end, too.
        drop((run, terminal));
        let size = |n| NonZeroU16::new(n).expect("not 0");
        let parser = Parser::new_with_callbacks(size(rows), size(columns), 0, Asked::default());
        let seen = Seen { parser, frames: 0, bytes: 0, tail: Vec::new(), ended: false };
        let mut terminal = Terminal {
            child,
            keys: Some(File::from(screen.try_clone().expect("another handle"))),
            seen: Arc::new(Mutex::new(seen)),
            stalled: Arc::default(),
            gone: Arc::default(),
            reader: None,
        };
        terminal.reader = Some(terminal.read(File::from(screen)));
        terminal
    }

    fn read(&self, mut screen: File) -> JoinHandle<()> {
        let (seen, stalled, gone) = (Arc::clone(&self.seen), Arc::clone(&self.stalled), Arc::clone(&self.gone));
        std::thread::spawn(move || {
            let mut piece = vec![0; 65_536];
            while !gone.load(Ordering::Acquire) {
                if stalled.load(Ordering::Acquire) {
                    std::thread::sleep(Duration::from_millis(5));
                    continue;
                }
                let wait = Timespec { tv_sec: 0, tv_nsec: 20_000_000 };
                if poll(&mut [PollFd::new(&screen, PollFlags::IN)], Some(&wait)).unwrap_or_default() == 0 {
                    continue;
                }
                // The end of a terminal is an error.
                match screen.read(&mut piece) {
                    Ok(n @ 1..) => {
                        seen.lock().expect("nobody panics with it").take(piece.get(..n).unwrap_or_default());
                    }
                    _ => break,
                }
            }
            seen.lock().expect("nobody panics with it").ended = true;
        })
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().expect("nobody panics with it")
    }

    /// What is shown, line by line.
    pub fn text(&self) -> String {
        self.seen().parser.screen().contents()
    }

    /// Looks at the screen.
    pub fn look<T>(&self, look: impl FnOnce(&Screen) -> T) -> T {
        look(self.seen().parser.screen())
    }

    /// Looks at what was asked of the terminal.
    pub fn asked<T>(&self, look: impl FnOnce(&Asked) -> T) -> T {
        look(self.seen().parser.callbacks())
    }

    /// How many frames were drawn so far.
    pub fn frames(&self) -> usize {
        self.seen().frames
    }

    /// How many bytes came so far.
    pub fn bytes(&self) -> usize {
        self.seen().bytes
    }

    /// Types.
    pub fn keys(&mut self, keys: &str) {
        self.bytes_of_keys(keys.as_bytes());
    }

    /// Presses Esc, which is a key of its own only if nothing follows at once.
    pub fn escape(&mut self) {
        let frames = self.frames();
        self.keys("\x1b");
        self.until("a frame", |_| self.frames() > frames);
        std::thread::sleep(Duration::from_millis(50));
    }

    /// The same with bytes that are no keys.
    pub fn bytes_of_keys(&mut self, bytes: &[u8]) {
        let keys = self.keys.as_mut().expect("the terminal is there");
        keys.write_all(bytes).expect("the terminal takes keys");
    }

    /// Another size; nothing else is done until the program is told.
    pub fn resize(&self, columns: u16, rows: u16) {
        let size = |n| NonZeroU16::new(n).expect("not 0");
        self.seen().parser.set_size(size(rows), size(columns));
        pty::resize(self.keys.as_ref().expect("the terminal is there"), columns, rows);
    }

    /// Waits until the screen is as wanted, and gives it.
    pub fn until(&self, what: &str, mut wanted: impl FnMut(&str) -> bool) -> String {
        let end = Instant::now() + PATIENCE;
        loop {
            let (text, ended) = (self.text(), self.seen().ended);
            if wanted(&text) {
                return text;
            }
            assert!(!ended, "the program has ended before {what}:\n{text}");
            assert!(Instant::now() < end, "waited {PATIENCE:?} for {what}:\n{text}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Waits until all of these are shown, and gives the screen.
    pub fn shows(&self, facts: &[&str]) -> String {
        let missing = self.lacks(facts, PATIENCE);
        let text = self.text();
        assert!(missing.is_empty(), "{missing:?} of {facts:?} are not shown:\n{text}");
        text
    }

    /// Waits until all of these are shown, for so long at most; those that are not.
    pub fn lacks<'f>(&self, facts: &[&'f str], patience: Duration) -> Vec<&'f str> {
        let end = Instant::now() + patience;
        loop {
            let (text, ended) = (self.text(), self.seen().ended);
            let missing: Vec<&str> = facts.iter().filter(|fact| !text.contains(**fact)).copied().collect();
            if missing.is_empty() || ended || Instant::now() >= end {
                return missing;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// The process.
    pub fn pid(&self) -> Pid {
        Pid::from_raw(self.child.id().try_into().expect("a process id")).expect("a process id")
    }

    /// A number of `/proc/PID/status` in KiB: `VmRSS`, `VmHWM`.
    pub fn memory(&self, name: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or_default()
    }

    /// Time of the processor that it has taken so far.
    pub fn cpu(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap_or_default();
        let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
        let ticks: u64 = fields.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
        Duration::from_millis(ticks * 10)
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).expect("the process is there");
    }

    /// Nobody takes what is shown any more, or again.
    pub fn stall(&self, stalled: bool) {
        self.stalled.store(stalled, Ordering::Release);
    }

    /// The terminal goes away, as when a connection is lost.
    pub fn hang_up(&mut self) {
        self.gone.store(true, Ordering::Release);
        if let Some(reader) = self.reader.take() {
            reader.join().expect("a reader");
        }
        self.keys = None;
    }

    /// Waits until the program has ended, and until all of it is shown.
    pub fn end(&mut self) -> ExitStatus {
        let end = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("it can be asked") {
                break status;
            }
            assert!(Instant::now() < end, "it does not end:\n{}", self.text());
            std::thread::sleep(Duration::from_millis(5));
        };
        if let Some(reader) = self.reader.take() {
            reader.join().expect("a reader");
        }
        status
    }

    /// What is not as it was before a program came: empty where all is as it should be.
    pub fn left_behind(&self) -> Vec<&'static str> {
        let mut left = self.look(|screen| {
            let mouse = screen.mouse_protocol_mode() != MouseProtocolMode::None;
            let all = [
                (screen.alternate_screen(), "the alternate screen"),
                (screen.hide_cursor(), "no cursor"),
                (screen.bracketed_paste(), "bracketed paste"),
                (mouse, "the mouse"),
            ];
            all.into_iter().filter(|(is, _)| *is).map(|(_, what)| what).collect::<Vec<_>>()
        });
        let modes = self.keys.as_ref().and_then(|keys| tcgetattr(keys).ok());
        if modes.is_some_and(|modes| !modes.local_modes.contains(LocalModes::ICANON | LocalModes::ECHO)) {
            left.push("raw mode");
        }
        left
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.gone.store(true, Ordering::Release);
        if std::thread::panicking() {
            let seen = self.seen.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            eprintln!("--- the terminal ---\n{}", seen.parser.screen().contents());
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
