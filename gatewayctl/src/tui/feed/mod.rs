//! The side of the terminal UI that talks to the server: a thread with a runtime of its own, so that no answer, however
//! large, holds a frame up. It is told what to do by [`Ask`]s and answers with messages.
//!
//! # What is told
//!
//! A source that is watched is told as [`Msg::Told`] until it is unwatched. Beside documents and rows there are two values
//! that any source may tell (see [`told`]):
//! - `{"failure":{"message","hints","status"}}`: it cannot be told, or not now. Told once, until it can be or fails otherwise;
//!   the feed goes on trying by itself, except where the server has no such thing.
//! - `{"dropped":n}`: so many rows are missing here, because the server or the shell was too slow. Of events: lists are read
//!   again by themselves.
//!
//! `live/info` is told with one field more, `live`: the answer of `GET live` (abilities, and the name and the roles of the key),
//! `null` for a server without it.
//!
//! # Lists and events
//!
//! A list is told whole when it is watched, when the link is back, after a gap of the events, and on [`Ask::Refresh`]. From then
//! on it is kept current by rows of [`Source::Events`], which are told whenever a list is watched, also where the events
//! themselves are not. Whoever keeps a list
//! - takes a list that is told in the place of all it has: it holds everything that rows in front of it have told;
//! - takes a row behind it of the list's resource if the object is there with a `modifiedIndex` below the row's `rev`, or is not
//!   there. `delete` takes it out; `create` and `update` put `after` in its place with the row's `id` as `id` and the row's `rev`
//!   as `modifiedIndex`. A row whose object is newer is about what the list holds already;
//! - leaves a row whose `after` has `too_large` or `unreadable` alone: the list follows.
//!
//! Objects of rows have their secrets masked, so an object that is to be changed is asked for first. `id` is the one by which
//! rows name the object: `bob/c1` for a credential, the name of a consumer. From servers without events lists are told every ten
//! seconds (credentials, which take a call a consumer: every minute).
//!
//! # When the server cannot be reached
//!
//! [`Link::Lost`](super::msg::Link) is told with every try; what is watched begins again when the server answers, and changes
//! since then are told. The server is asked whether it is there whenever something else of it fails, so a slow endpoint alone
//! does not cut the link.

mod calls;
mod connection;
mod events;
mod follow;
mod hub;
mod lists;
mod metrics;
mod outbox;
mod poll;
mod record;
mod replay;
mod scrape;
mod stats;
mod task;
#[cfg(test)]
mod tests;
pub(crate) mod told;

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::PoisonError;
use std::sync::mpsc::{self as std_mpsc, SyncSender};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::mpsc;

pub(crate) use record::Recorded;

use super::msg::{Arguments, Call, Msg, Source, Ticket};
use crate::context::Settings;
use crate::error::{Error, Result};

/// What the feed is asked for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Ask {
    /// Ask the server once. Eight calls run at a time, others wait.
    Call(Ticket, Call),
    /// Tell about a source until told otherwise; again, and with these arguments, where it is told about already.
    Watch(Source, Arguments),
    /// No longer tell about a source.
    Unwatch(Source),
    /// Read a source that is watched once more, now. While the link is lost: try it now.
    Refresh(Source),
    /// Use another key.
    Key(String),
}

/// How the feed works.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    /// How often numbers of the traffic are told, where [`Ask::Watch`] does not say.
    pub(crate) refresh: Duration,
    /// A file that everything that is told is stored in.
    pub(crate) record: Option<PathBuf>,
}

/// The feed. It ends when it is dropped; a change that is on its way has two seconds to arrive.
#[derive(Debug)]
pub(crate) struct Feed {
    asks: Option<Asks>,
    thread: Option<JoinHandle<()>>,
    broken: Option<record::Broken>,
}

#[derive(Debug)]
enum Asks {
    Server(mpsc::UnboundedSender<Ask>),
    Recording(std_mpsc::Sender<Ask>),
}

impl Feed {
    /// Begins to talk to a server. What finds no room in `messages` waits, or is dropped and counted, so the memory that a
    /// slow shell takes is bounded; a few hundred places are enough.
    ///
    /// The key is read here and now, so before the terminal is changed: a command that gives it may ask for a password.
    ///
    /// # Errors
    /// Usage: the key cannot be read, the file of the recording cannot be written, no thread can be started.
    pub(crate) fn start(
        settings: &Settings,
        stdin: &mut dyn Read,
        messages: SyncSender<Msg>,
        options: Options,
    ) -> Result<Feed> {
        let key = settings.key.read(stdin, settings.patience)?;
        let mut recorder = options.record.as_deref().map(record::Recorder::create).transpose()?;
        if let Some(recorder) = &mut recorder {
            let server = crate::client::shown_host(&settings.admin);
            let context = settings.context.clone().unwrap_or_else(|| server.clone());
            recorder.begin(&Recorded { context, server });
        }
        let broken = recorder.as_ref().map(record::Recorder::broken);
        let settings = settings.with_key(settings.key.clone());
        let (asks, asked) = mpsc::unbounded_channel();
        let refresh = options.refresh;
        let thread = spawn(move || {
            let outbox = outbox::Outbox::new(messages, recorder);
            hub::run(settings, key, outbox, refresh, asked);
        })?;
        Ok(Feed { asks: Some(Asks::Server(asks)), thread: Some(thread), broken })
    }

    /// Tells again what was recorded, at its times divided by `speed`; all at once where `speed` is no positive number.
    /// There is no server: calls come to nothing, and what is watched makes no difference.
    ///
    /// # Errors
    /// Usage, with the number of the line: it is no recording; no thread can be started.
    pub(crate) fn replay(file: &Path, speed: f64, messages: SyncSender<Msg>) -> Result<Feed> {
        let replay = replay::Replay::open(file, speed)?;
        let (asks, asked) = std_mpsc::channel();
        let thread = spawn(move || replay.run(&messages, &asked))?;
        Ok(Feed { asks: Some(Asks::Recording(asks)), thread: Some(thread), broken: None })
    }

    /// The server that a recording is of.
    ///
    /// # Errors
    /// Usage: it cannot be read.
    pub(crate) fn recorded(file: &Path) -> Result<Recorded> {
        replay::recorded(file)
    }

    /// Asks for something; nothing happens where the feed has ended.
    pub(crate) fn ask(&self, ask: Ask) {
        // Who asks is told by messages, or by their end.
        match &self.asks {
            Some(Asks::Server(asks)) => drop(asks.send(ask)),
            Some(Asks::Recording(asks)) => drop(asks.send(ask)),
            None => {}
        }
    }

    /// Ends it, as dropping it does; why a recording has ended before, in words.
    pub(crate) fn end(&mut self) -> Option<String> {
        self.asks = None;
        if let Some(thread) = self.thread.take() {
            // A defect in it was told by the panic hook.
            let _ = thread.join();
        }
        self.broken.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        let _ = self.end();
    }
}

fn spawn(run: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>> {
    let thread = std::thread::Builder::new().name("feed".to_owned()).spawn(run);
    thread.map_err(|error| Error::usage(format!("cannot start a thread: {error}")))
}
