//! The commands, one file each, and what they share: asking before a change, and refusing it in a read-only context.

pub(crate) mod alias;
pub(crate) mod api;
pub(crate) mod apply;
mod batch;
pub(crate) mod bench;
pub(crate) mod certs;
pub(crate) mod change;
pub(crate) mod completion;
pub(crate) mod config;
pub(crate) mod config_file;
pub(crate) mod consumers;
pub(crate) mod context;
pub(crate) mod convert;
pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod describe;
pub(crate) mod desired;
pub(crate) mod discovery;
pub(crate) mod doctor;
pub(crate) mod dubbo;
pub(crate) mod edit;
pub(crate) mod events;
pub(crate) mod explain;
pub(crate) mod get;
pub(crate) mod grpc;
pub(crate) mod health;
pub(crate) mod help;
pub(crate) mod import;
pub(crate) mod journal;
pub(crate) mod label;
pub(crate) mod live;
pub(crate) mod local;
pub(crate) mod logs;
pub(crate) mod man;
pub(crate) mod metrics;
pub(crate) mod patch;
pub(crate) mod ping;
pub(crate) mod plugins;
pub(crate) mod secrets;
pub(crate) mod status;
pub(crate) mod test;
pub(crate) mod toggle;
pub(crate) mod trace;
pub(crate) mod traffic;
mod transaction;
pub(crate) mod tree;
pub(crate) mod ui;
pub(crate) mod version;
mod via;
pub(crate) mod wait;

use std::cell::RefCell;
use std::io::Read;

use crate::admin::Admin;
use crate::client::Client;
use crate::context::{Confirm, Settings};
use crate::error::{Error, Kind, Result};
use crate::output::clock::Now;
use crate::output::{Format, Out, Printer};
use crate::signals;
use crate::world::{Env, Terminal};

/// What a command works with.
pub(crate) struct App<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) out: &'a Out,
    pub(crate) client: &'a Client<'a>,
    pub(crate) admin: Admin<'a>,
    pub(crate) stdin: &'a RefCell<Box<dyn Read + Send>>,
    pub(crate) tty: Terminal,
    pub(crate) now: Now,
    pub(crate) env: &'a Env,
}

/// The server in words: its own version, and what it is compatible with.
fn server_line(server: Option<&str>, version: Option<&str>) -> String {
    match (server, version) {
        (Some(server), Some(version)) => format!("gateway {version} (Admin API of {server})"),
        (None, Some(version)) => format!("gateway {version}"),
        (Some(server), None) => server.to_owned(),
        (None, None) => "unknown".to_owned(),
    }
}

/// What is about to happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    Write,
    Delete,
}

impl<'a> App<'a> {
    /// Prints in the format that was asked for.
    pub(crate) fn printer(&self) -> Printer<'a> {
        Printer { out: self.out, printing: &self.settings.printing }
    }

    /// The form of output.
    pub(crate) fn format(&self) -> Format {
        self.settings.format()
    }

    /// Whether progress is a bar: somebody looks at a terminal, and it is no build whose log is kept.
    pub(crate) fn shows_bars(&self) -> bool {
        self.tty.stderr && !self.env.flag("CI")
    }

    /// Refuses any change where the context says so.
    ///
    /// # Errors
    /// Auth.
    pub(crate) fn writable(&self) -> Result<()> {
        self.settings.writable()
    }

    /// Asks before a change where the context wants that. `what` says in one or more lines what will happen.
    ///
    /// # Errors
    /// Aborted: the answer was no, or nobody can be asked.
    pub(crate) fn confirm(&self, change: Change, what: &str) -> Result<()> {
        let asks = match self.settings.confirm {
            Confirm::Never => false,
            Confirm::Deletes => change == Change::Delete,
            Confirm::Writes => true,
        };
        if asks { self.agree(what) } else { Ok(()) }
    }

    /// Asks before a change, whatever the context says, unless `--yes` is given.
    ///
    /// # Errors
    /// As [`App::confirm`].
    pub(crate) fn agree(&self, what: &str) -> Result<()> {
        if self.settings.yes {
            return Ok(());
        }
        if self.settings.no_input || !self.tty.stdin {
            return Err(Error::new(Kind::Aborted, "this needs a confirmation, and nobody can be asked").hint("--yes"));
        }
        let server = crate::admin::origin(&self.settings.admin);
        let at = match &self.settings.context {
            Some(context) => format!("{context} ({server})"),
            None => server,
        };
        let _ends = signals::end_at_once();
        self.out.ask(&format!("{what}\nContinue on {at}? [y/N] "));
        let answer = self.answer()?;
        match answer.trim().to_ascii_lowercase().as_str() {
            "y" | "yes" => Ok(()),
            _ => Err(Error::new(Kind::Aborted, "nothing was changed").answer()),
        }
    }

    /// One line of standard input, read byte by byte so that nothing behind it is taken.
    fn answer(&self) -> Result<String> {
        let mut line = Vec::new();
        let mut byte = [0];
        let mut stdin = self.stdin.borrow_mut();
        loop {
            match stdin.read(&mut byte) {
                Ok(1..) if byte != *b"\n" => line.extend(byte),
                Ok(_) => return Ok(String::from_utf8_lossy(&line).into_owned()),
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Error::usage(format!("cannot read the answer: {error}"))),
            }
        }
    }
}
