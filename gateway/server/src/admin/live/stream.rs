//! Answers without an end: server-sent events (`Accept: text/event-stream`) or one JSON text a line (`application/x-ndjson`).
//!
//! What makes the events keeps a [`Feed`]; the reader's connection takes them from a bounded queue between the two. A reader that
//! is slower than the events is never waited for by [`Feed::offer`]: what it missed is counted, and told as `{"dropped":N}`.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::fmt::Write as _;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use hyper::StatusCode;
use hyper::body::{Body, Bytes, Frame};
use hyper::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::http::request::Parts;
use parking_lot::Mutex;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval};

use super::super::answers::{JSON, Refusal};
use super::super::query::Query;
use crate::control_http::{Answer, Content, Gate, Socket};

/// Streams at a time.
pub(in crate::admin) const MOST: usize = 32;

/// Lines that wait for a reader, and their bytes together. One line may be longer where nothing else waits.
const LINES: usize = 1024;
const BYTES: usize = 4 << 20;

/// Bytes that are given to the connection at a time.
const PIECE: usize = 64 << 10;

/// How often a reader of server-sent events is shown that the stream lives.
const HEARTBEAT: Duration = Duration::from_secs(10);

/// How often is looked whether the reader is still there.
const LOOK: Duration = Duration::from_secs(1);

/// When a reader whose stream broke comes back, in milliseconds.
const RETRY: &str = "retry: 1000\n\n";

/// In which form somebody reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::admin) enum Form {
    /// Server-sent events.
    Events,
    /// A JSON text a line.
    Lines,
    /// One JSON document: no stream.
    Document,
}

impl Form {
    /// What the `Accept` field asks for.
    pub(in crate::admin) fn of(head: &Parts) -> Form {
        let accepts = head.headers.get_all(ACCEPT).iter().filter_map(|accept| accept.to_str().ok());
        let names =
            accepts.flat_map(|accept| accept.split(',')).map(|range| range.split(';').next().unwrap_or_default());
        let form = |name: &str| match name.trim() {
            name if name.eq_ignore_ascii_case("text/event-stream") => Some(Form::Events),
            name if name.eq_ignore_ascii_case("application/x-ndjson") => Some(Form::Lines),
            _ => None,
        };
        names.into_iter().find_map(form).unwrap_or(Form::Document)
    }
}

/// What a reader has seen already: the `Last-Event-ID` of one that comes back, else `since`.
///
/// # Errors
/// It is no number.
pub(in crate::admin) fn since(head: &Parts, query: &Query) -> Result<Option<u64>, Refusal> {
    let field = head.headers.get(HeaderName::from_static("last-event-id"));
    let (name, text) = match field {
        Some(field) => ("Last-Event-ID", field.to_str().unwrap_or_default()),
        None => match query.get("since") {
            Some(text) => ("since", text),
            None => return Ok(None),
        },
    };
    let number = text.trim().parse().map_err(|_| Refusal::bad(format!("invalid {name}: should be a number")))?;
    Ok(Some(number))
}

/// The streams of a server.
pub(in crate::admin) struct Streams {
    places: Arc<Semaphore>,
    gate: Gate,
}

impl Streams {
    /// They end when the gate closes.
    pub(in crate::admin) fn new(gate: &Gate) -> Streams {
        Streams { places: Arc::new(Semaphore::new(MOST)), gate: gate.clone() }
    }

    /// Waits until there is none.
    pub(in crate::admin) async fn ended(&self) {
        // The semaphore is never closed.
        let all = u32::try_from(MOST).unwrap_or(u32::MAX);
        drop(self.places.acquire_many(all).await);
    }

    /// Begins a stream: its events are put into the feed, and the answer shows them until the feed is dropped, the reader goes, or
    /// the gateway ends.
    ///
    /// # Errors
    /// There are as many as there may be.
    pub(in crate::admin) fn open(&self, head: &Parts, form: Form) -> Result<(Feed, Answer), Refusal> {
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else { return Err(Refusal::streams(MOST)) };
        let queue = Arc::new(Queue::default());
        let gate = self.gate.clone();
        let mut heartbeat = interval(LOOK);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let reader = Reader {
            queue: Arc::clone(&queue),
            socket: head.extensions.get::<Socket>().cloned(),
            form,
            numbered: 0,
            begun: false,
            told: Instant::now(),
            looks: heartbeat,
            closed: Box::pin(async move { gate.closed().await }),
            _place: place,
        };
        let mut answer = Answer::new(Content::flow(reader));
        let kind = match form {
            Form::Events => "text/event-stream",
            Form::Lines => "application/x-ndjson",
            Form::Document => JSON,
        };
        let fields = answer.headers_mut();
        fields.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        fields.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        // A proxy that collects answers before it hands them on would hand on nothing.
        fields.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
        *answer.status_mut() = StatusCode::OK;
        Ok((Feed { queue }, answer))
    }
}

/// How an event is numbered (`id:` of server-sent events), for readers that come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::admin) enum Number {
    /// One more than the event before.
    Next,
    /// By what it is about.
    Is(u64),
    /// Not at all: who comes back is told it again.
    None,
}

/// An event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::admin) struct Line {
    /// What it is.
    pub(in crate::admin) event: &'static str,
    pub(in crate::admin) number: Number,
    /// JSON without line ends.
    pub(in crate::admin) data: String,
}

impl Line {
    /// An event that is numbered after the one before.
    pub(in crate::admin) fn new(event: &'static str, data: String) -> Line {
        Line { event, number: Number::Next, data }
    }

    /// That some were left out.
    fn dropped(number: u64) -> Line {
        Line { event: "dropped", number: Number::None, data: format!("{{\"dropped\":{number}}}") }
    }
}

/// Where the events of a stream are put. Dropping it ends the stream once all of them are sent.
pub(in crate::admin) struct Feed {
    queue: Arc<Queue>,
}

impl Feed {
    /// Puts an event, without waiting: what finds no room is counted, and told.
    pub(in crate::admin) fn offer(&self, line: Line) {
        self.queue.offer(line);
    }

    /// Puts an event as soon as there is room; `false` when nobody reads any more.
    pub(in crate::admin) async fn send(&self, line: Line) -> bool {
        let mut line = Some(line);
        loop {
            let room = self.queue.room.notified();
            if let Some(put) = self.queue.put(&mut line) {
                return put;
            }
            room.await;
        }
    }

    /// Says that so many were left out.
    pub(in crate::admin) fn missed(&self, events: u64) {
        if events > 0 {
            let mut waiting = self.queue.waiting.lock();
            waiting.dropped += events;
            waiting.wake();
        }
    }

    /// Waits until nobody reads any more.
    pub(in crate::admin) async fn closed(&self) {
        loop {
            let room = self.queue.room.notified();
            if self.queue.waiting.lock().closed {
                return;
            }
            room.await;
        }
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        let mut waiting = self.queue.waiting.lock();
        waiting.ended = true;
        waiting.wake();
    }
}

/// What waits for a reader.
#[derive(Default)]
struct Queue {
    waiting: Mutex<Waiting>,
    /// There is room, or no reader.
    room: Notify,
}

#[derive(Default)]
struct Waiting {
    lines: VecDeque<Line>,
    bytes: usize,
    /// Left out behind the lines.
    dropped: u64,
    /// Nobody reads any more.
    closed: bool,
    /// Nothing more will come.
    ended: bool,
    /// The reader, where it waits.
    reader: Option<Waker>,
}

impl Queue {
    /// Puts a line if there is room; whether somebody reads it.
    fn put(&self, line: &mut Option<Line>) -> Option<bool> {
        let mut waiting = self.waiting.lock();
        if waiting.closed {
            return Some(false);
        }
        let line = line.take_if(|line| waiting.fits(line))?;
        waiting.push(line);
        waiting.wake();
        Some(true)
    }

    fn offer(&self, line: Line) {
        let mut waiting = self.waiting.lock();
        if waiting.fits(&line) {
            waiting.push(line);
        } else {
            waiting.dropped += 1;
        }
        waiting.wake();
    }
}

impl Waiting {
    fn fits(&self, line: &Line) -> bool {
        self.lines.is_empty() || self.lines.len() < LINES && self.bytes.saturating_add(line.data.len()) <= BYTES
    }

    /// What was left out before it is told before it.
    fn push(&mut self, line: Line) {
        if self.dropped > 0 {
            let dropped = Line::dropped(std::mem::take(&mut self.dropped));
            self.bytes += dropped.data.len();
            self.lines.push_back(dropped);
        }
        self.bytes += line.data.len();
        self.lines.push_back(line);
    }

    fn wake(&mut self) {
        if let Some(reader) = self.reader.take() {
            reader.wake();
        }
    }

    fn pop(&mut self) -> Option<Line> {
        if self.lines.is_empty() && self.dropped > 0 {
            return Some(Line::dropped(std::mem::take(&mut self.dropped)));
        }
        let line = self.lines.pop_front()?;
        self.bytes -= line.data.len();
        Some(line)
    }
}

/// The body of the answer.
struct Reader {
    queue: Arc<Queue>,
    socket: Option<Socket>,
    form: Form,
    /// The number of the event that was written last.
    numbered: u64,
    begun: bool,
    /// When something was written last.
    told: Instant,
    looks: Interval,
    closed: Pin<Box<dyn Future<Output = ()> + Send>>,
    _place: OwnedSemaphorePermit,
}

impl Reader {
    /// What waits, as far as it is given at a time, and whether nothing more will come. Where there is nothing, `reader` is woken
    /// for what comes.
    fn take(&mut self, reader: &Waker) -> (String, bool) {
        let mut text = String::new();
        if !std::mem::replace(&mut self.begun, true) && self.form == Form::Events {
            text.push_str(RETRY);
        }
        let queue = Arc::clone(&self.queue);
        let mut waiting = queue.waiting.lock();
        while text.len() < PIECE {
            let Some(line) = waiting.pop() else { break };
            self.write(&line, &mut text);
        }
        let over = waiting.ended && waiting.lines.is_empty();
        if text.is_empty() && !over {
            waiting.reader = Some(reader.clone());
        }
        drop(waiting);
        queue.room.notify_waiters();
        (text, over)
    }

    fn write(&mut self, line: &Line, text: &mut String) {
        if self.form == Form::Events {
            let number = match line.number {
                Number::Next => Some(self.numbered + 1),
                Number::Is(number) => Some(number),
                Number::None => None,
            };
            if let Some(number) = number {
                self.numbered = number;
                // Text takes what is written to it.
                let _ = writeln!(text, "id: {number}");
            }
            let _ = write!(text, "event: {}\ndata: ", line.event);
        }
        text.push_str(&line.data);
        text.push_str(if self.form == Form::Events { "\n\n" } else { "\n" });
    }

    /// Whether a reader is to be shown that the stream lives.
    fn is_silent(&self) -> bool {
        self.form == Form::Events && self.told.elapsed() >= HEARTBEAT
    }
}

impl Body for Reader {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let reader = self.get_mut();
        if reader.closed.as_mut().poll(cx).is_ready() {
            return Poll::Ready(None);
        }
        let (mut text, over) = reader.take(cx.waker());
        while reader.looks.poll_tick(cx).is_ready() {
            if reader.socket.as_ref().is_some_and(Socket::is_ended) {
                return Poll::Ready(None);
            }
            if text.is_empty() && reader.is_silent() {
                text.push_str(": hb\n\n");
            }
        }
        match (text.is_empty(), over) {
            (false, _) => {
                reader.told = Instant::now();
                Poll::Ready(Some(Ok(Frame::data(text.into()))))
            }
            (true, true) => Poll::Ready(None),
            (true, false) => Poll::Pending,
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let mut waiting = self.queue.waiting.lock();
        waiting.closed = true;
        waiting.lines.clear();
        waiting.bytes = 0;
        drop(waiting);
        self.queue.room.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;
    use hyper::Request;

    use super::*;

    fn head(accept: &str) -> Parts {
        Request::builder().uri("/").header("accept", accept).body(()).unwrap().into_parts().0
    }

    fn open(accept: &str) -> (Feed, Answer, Gate) {
        let gate = Gate::default();
        let head = head(accept);
        let (feed, answer) = Streams::new(&gate).open(&head, Form::of(&head)).unwrap();
        (feed, answer, gate)
    }

    async fn all(answer: Answer) -> String {
        String::from_utf8(answer.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
    }

    #[test]
    fn forms() {
        for (accept, form) in [
            ("text/event-stream", Form::Events),
            ("Text/Event-Stream;q=1, */*", Form::Events),
            ("application/x-ndjson", Form::Lines),
            ("application/json", Form::Document),
            ("*/*", Form::Document),
            ("", Form::Document),
        ] {
            assert_eq!(Form::of(&head(accept)), form, "{accept}");
        }
    }

    #[test]
    fn where_to_go_on() {
        let at = |last: Option<&str>, query: &str| {
            let mut request = Request::builder().uri("/");
            if let Some(last) = last {
                request = request.header("last-event-id", last);
            }
            let head = request.body(()).unwrap().into_parts().0;
            since(&head, &Query::parse(query)).map_err(drop)
        };
        assert_eq!(at(None, ""), Ok(None));
        assert_eq!(at(None, "since=7"), Ok(Some(7)));
        assert_eq!(at(Some("9"), "since=7"), Ok(Some(9)), "a browser that comes back asks for the same address");
        assert_eq!(at(None, "since=x"), Err(()));
        assert_eq!(at(Some(""), "since=7"), Err(()));
    }

    #[tokio::test]
    async fn lines_in_both_forms() {
        for (accept, expected) in [
            ("application/x-ndjson", "{}\n[1]\n[2]\n{\"dropped\":3}\n"),
            (
                "text/event-stream",
                "retry: 1000\n\nid: 1\nevent: a\ndata: {}\n\nevent: b\ndata: [1]\n\nid: 9\nevent: b\ndata: [2]\n\nevent: dropped\ndata: {\"dropped\":3}\n\n",
            ),
        ] {
            let (feed, answer, _gate) = open(accept);
            assert_eq!(answer.headers()["content-type"], accept);
            feed.offer(Line::new("a", "{}".into()));
            assert!(feed.send(Line { event: "b", number: Number::None, data: "[1]".into() }).await);
            assert!(feed.send(Line { event: "b", number: Number::Is(9), data: "[2]".into() }).await);
            feed.missed(3);
            drop(feed);
            assert_eq!(all(answer).await, expected);
        }
    }

    #[tokio::test]
    async fn a_slow_reader_is_told_what_it_missed() {
        let (feed, answer, _gate) = open("application/x-ndjson");
        for n in 0..LINES + 5 {
            feed.offer(Line::new("a", n.to_string()));
        }
        let mut body = answer.into_body();
        let first = body.frame().await.unwrap().unwrap().into_data().unwrap();
        assert!(first.starts_with(b"0\n1\n"), "{first:?}");
        feed.offer(Line::new("a", "end".into()));
        drop(feed);
        let rest = body.collect().await.unwrap().to_bytes();
        let text = [first, rest].concat();
        let text = String::from_utf8(text).unwrap();
        assert!(text.ends_with(&format!("{}\n{{\"dropped\":5}}\nend\n", LINES - 1)), "{text}");
    }

    #[tokio::test]
    async fn bytes_are_bounded_and_one_line_may_be_longer() {
        let (feed, answer, _gate) = open("application/x-ndjson");
        feed.offer(Line::new("a", "x".repeat(BYTES + 1)));
        feed.offer(Line::new("a", "y".into()));
        drop(feed);
        let text = all(answer).await;
        assert_eq!((text.len(), text.ends_with("x\n{\"dropped\":1}\n")), (BYTES + 2 + 14, true));
    }

    #[tokio::test]
    async fn who_may_wait_waits_for_room_or_the_end_of_the_reader() {
        let (feed, answer, _gate) = open("application/x-ndjson");
        let writer = tokio::spawn(async move {
            for n in 0..3 * LINES {
                if !feed.send(Line::new("a", n.to_string())).await {
                    return n;
                }
            }
            feed.closed().await;
            usize::MAX
        });
        let mut body = answer.into_body();
        let mut lines = 0;
        while lines < 3 * LINES {
            let piece = body.frame().await.unwrap().unwrap().into_data().unwrap();
            lines += piece.iter().filter(|byte| **byte == b'\n').count();
        }
        assert!(!writer.is_finished());
        drop(body);
        assert_eq!(writer.await.unwrap(), usize::MAX);
    }

    #[tokio::test(start_paused = true)]
    async fn heartbeats_and_the_end_of_the_gateway() {
        let (_feed, answer, gate) = open("text/event-stream");
        let mut body = answer.into_body();
        let mut next = async || body.frame().await.map(|frame| frame.unwrap().into_data().unwrap());
        assert_eq!(next().await.unwrap(), "retry: 1000\n\n");
        let before = Instant::now();
        assert_eq!(next().await.unwrap(), ": hb\n\n");
        assert!((10..12).contains(&before.elapsed().as_secs()), "{:?}", before.elapsed());
        gate.close().await;
        assert_eq!(next().await, None);
    }

    #[tokio::test]
    async fn so_many_and_no_more() {
        let streams = Streams::new(&Gate::default());
        let head = head("text/event-stream");
        let mut all: Vec<_> = (0..MOST).map(|_| streams.open(&head, Form::Events).unwrap()).collect();
        let refused = streams.open(&head, Form::Events).err().unwrap().answer(false);
        assert_eq!((refused.status().as_u16(), &refused.headers()["retry-after"]), (503, &HeaderValue::from(1)));
        all.pop();
        assert!(streams.open(&head, Form::Events).is_ok());
    }
}
