//! The process as one run of the tool sees it: environment, streams, terminal, clock. Tests give it another one, so that
//! they need neither a process nor its environment.

use std::ffi::OsString;
use std::io::{IsTerminal, Read, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// Everything that a run takes from around it.
pub struct World {
    /// The environment.
    pub env: Env,
    /// Standard input.
    pub stdin: Box<dyn Read + Send>,
    /// Standard output: data.
    pub stdout: Box<dyn Write>,
    /// Standard error: everything else.
    pub stderr: Box<dyn Write>,
    /// Which of the three are terminals.
    pub terminal: Terminal,
    /// The moment of the run, in Unix seconds.
    pub now: i64,
}

/// Which streams are terminals, and how large.
#[derive(Debug, Clone, Copy, Default)]
pub struct Terminal {
    /// Questions can be asked.
    pub stdin: bool,
    /// Tables are fitted to `width`, times are relative.
    pub stdout: bool,
    /// Hints for people are shown.
    pub stderr: bool,
    /// Columns of the terminal, where known.
    pub width: Option<usize>,
    /// Lines of the terminal, where known.
    pub height: Option<usize>,
}

impl World {
    /// The real one.
    pub fn of_process() -> World {
        let size = terminal_size::terminal_size();
        World {
            env: Env::of_process(),
            stdin: Box::new(std::io::stdin()),
            stdout: Box::new(std::io::stdout()),
            stderr: Box::new(std::io::stderr()),
            terminal: Terminal {
                stdin: std::io::stdin().is_terminal(),
                stdout: std::io::stdout().is_terminal(),
                stderr: std::io::stderr().is_terminal(),
                width: size.map(|(width, _)| usize::from(width.0)),
                height: size.map(|(_, height)| usize::from(height.0)),
            },
            // A clock before 1970 or after the year 292 billion only makes ages wrong.
            now: SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .ok()
                .and_then(|age| i64::try_from(age.as_secs()).ok())
                .unwrap_or_default(),
        }
    }
}

/// Environment variables by name.
#[derive(Clone)]
pub struct Env(Arc<Lookup>);

type Lookup = dyn Fn(&str) -> Option<OsString> + Send + Sync;

impl Env {
    /// The environment of this process.
    pub fn of_process() -> Env {
        Env(Arc::new(|name| std::env::var_os(name)))
    }

    /// An environment of exactly these variables.
    pub fn of(variables: impl IntoIterator<Item = (impl Into<String>, impl Into<OsString>)>) -> Env {
        let map: std::collections::HashMap<String, OsString> =
            variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        Env(Arc::new(move |name| map.get(name).cloned()))
    }

    /// The value of a variable that is set and not empty.
    pub(crate) fn get(&self, name: &str) -> Option<String> {
        self.0(name).and_then(|value| value.into_string().ok()).filter(|value| !value.is_empty())
    }

    /// Whether a variable is set to something that is no text.
    pub(crate) fn is_no_text(&self, name: &str) -> bool {
        self.0(name).is_some_and(|value| value.into_string().is_err())
    }

    /// Whether a switch is on: set, not empty, and no word for off.
    pub(crate) fn flag(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| switch(&value) != Some(false))
    }

    /// A variable that holds a path.
    pub(crate) fn path(&self, name: &str) -> Option<PathBuf> {
        self.0(name).filter(|value| !value.is_empty()).map(PathBuf::from)
    }

    /// The home directory.
    pub(crate) fn home(&self) -> Option<PathBuf> {
        self.path(if cfg!(windows) { "USERPROFILE" } else { "HOME" })
    }
}

/// What a word says of a switch; `None` for one that says nothing.
pub(crate) fn switch(word: &str) -> Option<bool> {
    match word.to_ascii_lowercase().as_str() {
        "1" | "true" | "yes" | "on" => Some(true),
        "0" | "false" | "no" | "off" => Some(false),
        _ => None,
    }
}

impl std::fmt::Debug for Env {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Values may be keys.
        f.write_str("Env")
    }
}
