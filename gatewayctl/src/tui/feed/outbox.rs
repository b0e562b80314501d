//! What waits for the shell. It takes messages from a channel of a few places; what finds none waits here, and how depends on
//! what it is: answers, links, lists and changes are kept in their order; of documents the newest of each source; rows of the
//! tap and of logs are dropped and counted.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::sync::mpsc::{SyncSender, TrySendError};
use std::time::Duration;

use tokio::sync::Notify;

use super::record::{Line, Recorder};
use super::told;
use crate::tui::msg::{Link, Msg, Source, Told};

/// Messages in order that may wait before whoever makes more of them waits too.
const WAITING: usize = 64;

/// How often is looked whether there is room again.
const LOOK: Duration = Duration::from_millis(10);

/// A message that waits, with its line of the recording where that was made already.
struct Waiting {
    msg: Msg,
    line: Option<Line>,
}

impl Waiting {
    fn new(msg: Msg) -> Waiting {
        Waiting { msg, line: None }
    }
}

/// What waits for the shell.
pub(super) struct Outbox {
    inner: RefCell<Inner>,
    /// Something waits.
    waits: Notify,
    /// There is room for more.
    room: Notify,
}

struct Inner {
    sender: SyncSender<Msg>,
    recorder: Option<Recorder>,
    ordered: VecDeque<Waiting>,
    newest: BTreeMap<Source, Waiting>,
    dropped: BTreeMap<Source, u64>,
    gone: bool,
}

impl Outbox {
    pub(super) fn new(sender: SyncSender<Msg>, recorder: Option<Recorder>) -> Outbox {
        let inner = Inner {
            sender,
            recorder,
            ordered: VecDeque::new(),
            newest: BTreeMap::new(),
            dropped: BTreeMap::new(),
            gone: false,
        };
        Outbox { inner: RefCell::new(inner), waits: Notify::new(), room: Notify::new() }
    }

    /// A message that has to arrive, in the order in which they are given.
    pub(super) fn ordered(&self, msg: Msg) {
        self.inner.borrow_mut().ordered.push_back(Waiting::new(msg));
        self.flush();
    }

    /// How the link is, in the place of how it was if nobody was told that.
    pub(super) fn link(&self, link: Link) {
        self.inner.borrow_mut().ordered.pop_back_if(|last| matches!(last.msg, Msg::Link(_)));
        self.ordered(Msg::Link(link));
    }

    /// A document of which only the newest is of interest.
    pub(super) fn newest(&self, told: Told) {
        self.inner.borrow_mut().newest.insert(told.source, Waiting::new(Msg::Told(told)));
        self.flush();
    }

    /// A row of many.
    pub(super) fn row(&self, told: Told) {
        self.flush();
        let mut inner = self.inner.borrow_mut();
        let source = told.source;
        let crowded = inner.dropped.contains_key(&source) || !inner.ordered.is_empty();
        if crowded || inner.send(Waiting::new(Msg::Told(told))).is_some() {
            *inner.dropped.entry(source).or_default() += 1;
            self.waits.notify_one();
        }
    }

    /// Rows that the server has left out.
    pub(super) fn missed(&self, source: Source, rows: u64) {
        let mut inner = self.inner.borrow_mut();
        let missed = inner.dropped.entry(source).or_default();
        *missed = missed.saturating_add(rows);
        drop(inner);
        self.flush();
    }

    /// Waits until there is room for messages that have to arrive.
    pub(super) async fn room(&self) {
        loop {
            let room = self.room.notified();
            if self.inner.borrow().ordered.len() < WAITING {
                return;
            }
            room.await;
        }
    }

    /// Sends what waits, as soon as there is room, until nobody listens any more.
    pub(super) async fn pump(&self) {
        loop {
            let waits = self.waits.notified();
            match self.flush() {
                Flushed::Gone => return,
                Flushed::All => waits.await,
                Flushed::Waits => tokio::time::sleep(LOOK).await,
            }
        }
    }

    fn flush(&self) -> Flushed {
        let mut inner = self.inner.borrow_mut();
        let sent = inner.flush();
        if inner.ordered.len() < WAITING {
            self.room.notify_waiters();
        }
        let gone = inner.gone;
        drop(inner);
        if !sent || gone {
            self.waits.notify_one();
        }
        match (gone, sent) {
            (true, _) => Flushed::Gone,
            (_, true) => Flushed::All,
            (_, false) => Flushed::Waits,
        }
    }
}

enum Flushed {
    All,
    Waits,
    Gone,
}

impl Inner {
    /// Whether nothing waits any more.
    fn flush(&mut self) -> bool {
        while let Some(waiting) = self.ordered.pop_front() {
            if let Some(waiting) = self.send(waiting) {
                self.ordered.push_front(waiting);
                return false;
            }
        }
        while let Some((source, rows)) = self.dropped.pop_first() {
            if self.send(Waiting::new(Msg::Told(told::now(source, told::missing(rows))))).is_some() {
                self.dropped.insert(source, rows);
                return false;
            }
        }
        while let Some((source, waiting)) = self.newest.pop_first() {
            if let Some(waiting) = self.send(waiting) {
                self.newest.insert(source, waiting);
                return false;
            }
        }
        true
    }

    /// Gives a message to the shell, and to the recording; where there is no room, it comes back.
    fn send(&mut self, waiting: Waiting) -> Option<Waiting> {
        let Waiting { msg, line } = waiting;
        let line = line.or_else(|| match (&self.recorder, &msg) {
            (None, _) => None,
            (_, Msg::Told(told)) => Some(Line::of_told(told)),
            (_, Msg::Link(link)) => Some(Line::of_link(link)),
            _ => None,
        });
        match self.sender.try_send(msg) {
            Ok(()) => {}
            Err(TrySendError::Full(msg)) => return Some(Waiting { msg, line }),
            Err(TrySendError::Disconnected(_)) => {
                self.gone = true;
                return None;
            }
        }
        if let (Some(line), Some(recorder)) = (line, &mut self.recorder)
            && let Err(message) = recorder.write(&line)
        {
            self.recorder = None;
            self.ordered.push_back(Waiting::new(Msg::Broken(message)));
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::sync_channel;

    use serde_json::json;

    use super::*;

    #[test]
    fn a_slow_shell_gets_all_that_matters_and_the_rest_is_counted() {
        let (sender, receiver) = sync_channel(2);
        let outbox = Outbox::new(sender, None);
        let tell = |source, n: u64| Told { source, at_ms: 0, value: json!(n) };
        for n in 0..5 {
            outbox.row(tell(Source::Tap, n));
            outbox.newest(tell(Source::Stats, n));
            outbox.ordered(Msg::Answer { ticket: n, result: Ok(json!(n)) });
        }
        let mut got = Vec::new();
        while let Ok(msg) = receiver.try_recv() {
            got.push(match msg {
                Msg::Told(told) => format!("{} {}", told::name(told.source), told.value),
                Msg::Answer { ticket, .. } => format!("answer {ticket}"),
                other => format!("{other:?}"),
            });
            let _ = outbox.flush();
        }
        assert_eq!(
            got,
            [
                "tap 0",
                "stats 0",
                "answer 0",
                "answer 1",
                "answer 2",
                "answer 3",
                "answer 4",
                "tap {\"dropped\":4}",
                "stats 4"
            ]
        );
    }

    #[test]
    fn nobody_listens() {
        let (sender, receiver) = sync_channel(1);
        let outbox = Outbox::new(sender, None);
        drop(receiver);
        outbox.link(Link::Connecting);
        assert!(matches!(outbox.flush(), Flushed::Gone));
    }
}
