//! The one writer: data on stdout (buffered, a broken pipe told once), everything else on stderr, and the rules of
//! colour, quiet and verbosity that hold for both.

pub(crate) mod clean;
pub(crate) mod clock;
pub(crate) mod columns;
pub(crate) mod diff;
pub(crate) mod format;
pub(crate) mod jq;
mod jsonpath;
pub(crate) mod list;
pub(crate) mod look;
pub(crate) mod mask;
pub(crate) mod page;
pub(crate) mod pager;
pub(crate) mod progress;
pub(crate) mod results;
pub(crate) mod table;
mod template;
pub(crate) mod yaml;

use std::cell::RefCell;
use std::io::{BufWriter, Write};

use crate::error::{Error, Result};
pub(crate) use format::{Format, Output, Printing, Program};
pub(crate) use list::Printer;
use look::Look;
use pager::Pager;

/// How much is told on stderr, and whether in colour.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Style {
    pub(crate) quiet: bool,
    /// 1: a line a request; 2: headers; 3: bodies.
    pub(crate) verbose: u8,
    /// How data looks.
    pub(crate) look: Look,
    pub(crate) color_stderr: bool,
}

/// Both streams of one run.
pub(crate) struct Out {
    stdout: RefCell<BufWriter<Box<dyn Write>>>,
    stderr: RefCell<Box<dyn Write>>,
    style: Style,
    pager: Pager,
}

impl Out {
    pub(crate) fn new(stdout: Box<dyn Write>, stderr: Box<dyn Write>) -> Out {
        Out {
            stdout: RefCell::new(BufWriter::with_capacity(64 * 1024, stdout)),
            stderr: RefCell::new(stderr),
            style: Style::default(),
            pager: Pager::default(),
        }
    }

    pub(crate) fn set_style(&mut self, style: Style) {
        self.style = style;
    }

    pub(crate) fn set_pager(&mut self, pager: Pager) {
        self.pager = pager;
    }

    pub(crate) fn verbose(&self) -> u8 {
        self.style.verbose
    }

    /// How data looks where it goes to.
    pub(crate) fn look(&self) -> Look {
        self.style.look
    }

    /// Whether only data and errors are wanted.
    pub(crate) fn is_quiet(&self) -> bool {
        self.style.quiet
    }

    /// One line of data, cleaned of control characters.
    pub(crate) fn line(&self, text: &str) -> Result<()> {
        self.bytes(clean::line(text).as_bytes())?;
        self.bytes(b"\n")
    }

    /// Bytes of data as they are; the caller answers for what a terminal makes of them.
    pub(crate) fn bytes(&self, bytes: &[u8]) -> Result<()> {
        self.stdout.borrow_mut().write_all(bytes).map_err(|error| Error::from_output(&error))
    }

    /// Lets the reader see what has been written so far.
    pub(crate) fn flush(&self) -> Result<()> {
        self.stdout.borrow_mut().flush().map_err(|error| Error::from_output(&error))
    }

    /// A page for people, cleaned of control characters except for line breaks and colours that [`Out::paint`] made;
    /// through the pager where it is long and there is one. On a terminal long lines are folded.
    pub(crate) fn page(&self, text: &str) -> Result<()> {
        self.flush()?;
        let text = self.look().fold(text);
        if self.pager.show(&text) { Ok(()) } else { self.bytes(text.as_bytes()) }
    }

    /// A line for people, cleaned of control characters, and folded on a terminal.
    pub(crate) fn told(&self, text: &str) -> Result<()> {
        self.part(&format!("{}\n", clean::line(text)))
    }

    /// A part of a page, as [`Out::page`], without a pager.
    pub(crate) fn part(&self, text: &str) -> Result<()> {
        self.bytes(self.look().fold(text).as_bytes())
    }

    /// A line about what is going on; `--quiet` keeps it back.
    pub(crate) fn note(&self, text: &str) {
        if !self.style.quiet {
            self.stderr_line(&clean::line(text));
        }
    }

    /// A line about something that may be wrong; `--quiet` keeps it back.
    pub(crate) fn warn(&self, text: &str) {
        if !self.style.quiet {
            self.stderr_line(&format!("{} {}", self.paint_stderr("33", "warning:"), clean::line(text)));
        }
    }

    /// A line for those who asked for it with `-v`.
    pub(crate) fn trace(&self, level: u8, text: &str) {
        if self.style.verbose >= level {
            self.stderr_line(&clean::line(text));
        }
    }

    /// An error's text, whatever `--quiet` says.
    pub(crate) fn error(&self, text: &str) {
        // What was printed before the failure comes first, as on a terminal.
        let _ = self.stdout.borrow_mut().flush();
        let mut stderr = self.stderr.borrow_mut();
        let _ = stderr.write_all(text.as_bytes());
        let _ = stderr.flush();
    }

    /// A question on stderr, without a line break.
    pub(crate) fn ask(&self, text: &str) {
        let _ = self.stdout.borrow_mut().flush();
        let mut stderr = self.stderr.borrow_mut();
        let _ = stderr.write_all(clean::lines(text).as_bytes());
        let _ = stderr.flush();
    }

    /// What paints as [`Out::paint`] does, for other threads.
    pub(crate) fn painter(&self) -> impl Fn(&str, &str) -> String + Copy + Send + Sync + use<> {
        let colors = self.style.look.color;
        move |sgr, text| paint(colors, sgr, text)
    }

    /// Text in an SGR colour where stdout takes colours.
    pub(crate) fn paint(&self, sgr: &str, text: &str) -> String {
        paint(self.style.look.color, sgr, text)
    }

    /// A word that says how a thing is, cleaned, in the colour of what it says.
    pub(crate) fn state(&self, word: &str) -> String {
        let word = clean::line(word);
        look::of_state(&word).map_or_else(|| word.clone(), |sgr| self.paint(sgr, &word))
    }

    /// Text in an SGR colour where stderr takes colours.
    pub(crate) fn paint_stderr(&self, sgr: &str, text: &str) -> String {
        paint(self.style.color_stderr, sgr, text)
    }

    fn stderr_line(&self, text: &str) {
        // Nobody is left to be told that stderr cannot be written.
        let _ = writeln!(self.stderr.borrow_mut(), "{text}");
    }
}

fn paint(colors: bool, sgr: &str, text: &str) -> String {
    if colors { format!("\u{1b}[{sgr}m{text}\u{1b}[0m") } else { text.to_owned() }
}
