//! What goes between the parts of the terminal UI: messages in, commands out. [`Msg`] is everything that may change the
//! state; [`Cmd`] is everything that the state wants done outside of it. The state itself does neither I/O nor waiting.

use std::time::Duration;

use reqwest::Method;
use serde_json::Value;

/// Everything that may change the state.
#[derive(Debug)]
pub(crate) enum Msg {
    /// A key, the mouse, or another size of the terminal.
    Input(crossterm::event::Event),
    /// The server told something that nobody in particular asked for.
    Told(Told),
    /// What came of a [`Call`].
    Answer {
        /// The number of the call.
        ticket: Ticket,
        /// The answer's JSON, or what failed in words.
        result: Result<Value, Failure>,
    },
    /// How the connection to the server is.
    Link(Link),
    /// A recording has come to its end.
    Over {
        /// Its last line is not whole, and was left out.
        cut: bool,
    },
    /// Something of the program's own has failed, in words.
    Broken(String),
    /// Time has passed: ages, toasts and spinners move on.
    Tick,
}

/// The number of a call; each has its own.
pub(crate) type Ticket = u64;

/// A message of the server. These, and nothing else, are what `--record` stores and `--replay` tells again.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Told {
    /// Where it comes from.
    pub(crate) source: Source,
    /// When it came, in milliseconds since 1970.
    pub(crate) at_ms: u64,
    /// What it is: a whole document, or one row of a stream.
    pub(crate) value: Value,
}

/// Where messages come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Source {
    /// `live/info`, a document.
    Info,
    /// `live/stats`, a document an interval. Of a server without it: the same form, made of its metrics.
    Stats,
    /// `live/nodes`, a document.
    Nodes,
    /// `live/certs`, a document.
    Certs,
    /// `live/discovery`, a document.
    Discovery,
    /// `live/events`, a change a message.
    Events,
    /// `live/history`, a document.
    History,
    /// `live/logs`, a line a message.
    Logs,
    /// `live/tap`, a request a message, or `{"dropped":n}`.
    Tap,
    /// `live/dubbo/services`, a document.
    Dubbo,
    /// `live/grpc/services`, a document.
    Grpc,
    /// `plugins?all=true`, a document.
    Plugins,
    /// What the metrics listener tells, a document: an array of `{"name","labels","type"}` with `value`, or with `count`,
    /// `sum` and `percentiles` for a histogram.
    Metrics,
    /// All objects of one type, by the plural name of the table of resources: a document, an array of the objects with
    /// `id`, `create_time`, `update_time` as stored, and the revision in `modifiedIndex`.
    List(&'static str),
}

/// How the connection to the server is.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) enum Link {
    /// Nothing came yet.
    #[default]
    Connecting,
    /// Messages come. `live` says whether the server has live endpoints; without them everything is polled.
    Up {
        /// Whether the server has the live endpoints.
        live: bool,
    },
    /// Lost; what is shown is old.
    Lost {
        /// Tries since then.
        tries: u32,
        /// Until the next try.
        next: Duration,
        /// What failed, in words.
        why: String,
    },
    /// The server does not take the key.
    Refused {
        /// What it said.
        why: String,
    },
}

/// A call to the Admin API.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Call {
    pub(crate) method: Method,
    /// Below `/apisix/admin`, with its query: `/routes/1`.
    pub(crate) path: String,
    pub(crate) body: Option<Value>,
    /// Only if the object still has this revision; 0: only if there is none.
    pub(crate) if_match: Option<u64>,
    /// Longest wait, where it is not the usual one.
    pub(crate) patience: Option<Duration>,
}

/// A call that came to nothing.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Failure {
    /// Status of the answer, where there was one.
    pub(crate) status: Option<u16>,
    /// One line.
    pub(crate) message: String,
    /// What helps.
    pub(crate) hints: Vec<String>,
}

/// What is to be done outside of the state.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cmd {
    /// Ask the server; the answer is a [`Msg::Answer`] of this number.
    Call(Ticket, Call),
    /// From now on tell about this source. Where it is told about already: begin again with these arguments.
    Watch(Source, Arguments),
    /// No longer tell about this source.
    Unwatch(Source),
    /// Read this source once more, now.
    Refresh(Source),
    /// Another key, which the user has typed; the link is tried again with it.
    Key(String),
    /// Let the user edit a text; what comes of it is a message.
    Edit(Ticket, Text),
    /// Keep a text in a file that only the user can read; the answer is its path.
    Keep(Ticket, Text),
    /// Put a text into the clipboard of the terminal.
    Copy(String),
    /// Go to another server, by the name of its context.
    Context(String),
    /// Draw everything anew.
    Redraw,
    /// Give the terminal to the shell until it has the program go on.
    Sleep,
    /// Put the terminal back and end.
    Quit,
}

/// The arguments of a live endpoint, as in its query: `("status", "5xx")`.
pub(crate) type Arguments = Vec<(&'static str, String)>;

/// A text to edit in the user's editor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Text {
    /// What is edited, as the name of the file: `route-hello.yaml`.
    pub(crate) name: String,
    pub(crate) content: String,
    /// The user has written of it already: it is not to be lost.
    pub(crate) written: bool,
}
