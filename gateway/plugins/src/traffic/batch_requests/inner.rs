//! A request that passes the pipeline without a connection: its body is in hand, its answer is kept.

use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use gateway_engine::authority::authority;
use gateway_engine::buf::Chunk;
use gateway_engine::exchange::{Conn, Exchange, Framing, Version};
use gateway_engine::headers::{HeaderName, Headers, Name, check_value, name};
use gateway_engine::pipeline::{self, Contained};
use gateway_engine::router::method_bit;
use gateway_engine::wire::{Downstream, Wire, WireError};

/// What is asked.
pub(super) struct Ask {
    method: String,
    target: String,
    fields: Vec<(HeaderName, Vec<u8>)>,
    authority: Vec<u8>,
    pub(super) body: Bytes,
}

/// What came of it.
pub(super) enum Said {
    Answer(Answer),
    /// Nothing in time.
    Late,
    /// It cannot be asked.
    Refused(String),
    /// The answer broke off.
    Broken,
    /// The answer's body found no room.
    TooLong,
}

/// An answer, whole.
#[derive(Default)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, Vec<u8>)>,
    pub(super) body: Vec<u8>,
}

/// Fields that belong to a connection, to how a body is delimited, or to who asks from where: an inner request has none of the
/// first, and may say nothing of the others.
const DROPPED: [&str; 14] = [
    "connection",
    "keep-alive",
    "proxy-connection",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "content-length",
    "upgrade",
    "http2-settings",
    "expect",
    "x-real-ip",
    "forwarded",
    "host",
];

fn dropped(name: &str) -> bool {
    let spelled = name.to_ascii_lowercase().replace('_', "-");
    DROPPED.contains(&spelled.as_str()) || spelled.starts_with("x-forwarded-") || spelled.starts_with("sec-websocket-")
}

impl Ask {
    /// # Errors
    /// A target that holds what may not stand in one.
    pub(super) fn new(method: &str, target: &str) -> Result<Ask, String> {
        if !target.bytes().all(|b| b.is_ascii_graphic() && b != b'#') {
            return Err("the path holds what may not stand in one".to_owned());
        }
        Ok(Ask {
            method: method.to_owned(),
            target: target.to_owned(),
            fields: Vec::new(),
            authority: Vec::new(),
            body: Bytes::new(),
        })
    }

    /// A field that the batch names.
    ///
    /// # Errors
    /// A name or value that may not stand in a header.
    pub(super) fn field(&mut self, name: &str, value: &str) -> Result<(), String> {
        let field = HeaderName::new(name).map_err(|_| format!("{name:?} is no name of a header"))?;
        check_value(value.as_bytes()).map_err(|_| format!("the value of {name} may not stand in a header"))?;
        if name.eq_ignore_ascii_case("host") {
            return self.host(value.as_bytes());
        }
        if !dropped(name) {
            self.fields.push((field, value.as_bytes().to_vec()));
        }
        Ok(())
    }

    /// A field of the outer request.
    pub(super) fn received(&mut self, name: Name<'_>, value: &[u8]) {
        if !dropped(name.as_str()) {
            self.fields.push((HeaderName::from(name), value.to_vec()));
        }
    }

    /// # Errors
    /// It is no host.
    pub(super) fn host(&mut self, host: &[u8]) -> Result<(), String> {
        if authority(host).is_none() {
            return Err("the host is none".to_owned());
        }
        self.authority = host.to_vec();
        Ok(())
    }

    pub(super) fn has_host(&self) -> bool {
        !self.authority.is_empty()
    }

    /// Writes it into an exchange, as a protocol does that has read it.
    fn write(&self, x: &mut Exchange) {
        let req = &mut x.req;
        req.method = req.head.store(self.method.as_bytes());
        req.method_bit = method_bit(self.method.as_bytes());
        req.target = req.head.store(self.target.as_bytes());
        req.authority = req.head.store(&self.authority);
        let host = authority(&self.authority).map_or(0, |read| read.host);
        let lower = self.authority.get(..host).unwrap_or_default().to_ascii_lowercase();
        req.host = req.head.store(&lower);
        // All of these were judged before.
        let _ = req.head.set(name::HOST, &self.authority);
        for (name, value) in &self.fields {
            let _ = req.head.append(name.as_name(), value);
        }
        req.version = Version::Http11;
        req.framing = match self.body.len() {
            0 => Framing::None,
            length => Framing::Length(length as u64),
        };
        let fields: usize = self.fields.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
        req.received = (self.method.len() + self.target.len() + self.authority.len() + fields + 24) as u64;
    }
}

/// Where inner requests come by: one for all of a batch.
pub(super) struct Inner(Rc<Conn>);

impl Inner {
    pub(super) fn of(x: &Exchange) -> Inner {
        Inner(Rc::new(Conn::inner(x)))
    }

    /// Asks and waits for the answer, so long at most; of its body there may be so many bytes.
    pub(super) async fn ask(&self, ask: Ask, room: usize, within: Duration) -> Said {
        let worker = &self.0.worker;
        let mut x = worker.exchange(&self.0);
        ask.write(&mut x);
        self.0.requests.set(self.0.requests.get() + 1);
        let mut kept = Kept { body: Some(ask.body), room, ..Kept::default() };
        let ran = tokio::time::timeout(within, Contained::new(pipeline::run(&mut x, &mut kept))).await;
        match ran {
            Ok(Ok(())) => worker.recycle(x),
            // What a panic interrupted is not to be used again.
            Ok(Err(_)) => return Said::Broken,
            Err(_) => {
                // The pipeline was stopped before its end: whoever counts what is in flight is told of it here.
                pipeline::finish(&mut x);
                worker.recycle(x);
                return Said::Late;
            }
        }
        match kept {
            Kept { over: true, .. } => Said::TooLong,
            Kept { whole: true, aborted: false, answer, .. } => Said::Answer(answer),
            _ => Said::Broken,
        }
    }
}

/// The client's side of an inner request.
#[derive(Default)]
struct Kept {
    body: Option<Bytes>,
    answer: Answer,
    room: usize,
    over: bool,
    whole: bool,
    aborted: bool,
}

impl Kept {
    fn keep(&mut self, piece: &Chunk, last: bool) {
        if piece.len() > self.room.saturating_sub(self.answer.body.len()) {
            self.over = true;
            self.answer.body = Vec::new();
        } else if !self.over {
            self.answer.body.extend_from_slice(piece.as_slice());
        }
        self.whole = last;
    }
}

impl Wire for Kept {
    fn poll_data(&mut self, _: &mut Context<'_>) -> Poll<Result<(Chunk, bool), WireError>> {
        Poll::Ready(Ok((Chunk::from(self.body.take().unwrap_or_default()), true)))
    }

    fn send(&mut self, piece: Chunk, last: bool) {
        self.keep(&piece, last);
    }

    fn poll_flush(&mut self, _: &mut Context<'_>) -> Poll<Result<(), WireError>> {
        Poll::Ready(if self.over { Err(WireError::TooLarge) } else { Ok(()) })
    }

    fn poll_trailers(&mut self, _: &mut Context<'_>, _: &mut Headers) -> Poll<bool> {
        Poll::Ready(false)
    }

    fn trailers(&mut self, _: &Headers) {}

    fn held(&self) -> usize {
        self.answer.body.len() + self.body.as_ref().map_or(0, Bytes::len)
    }

    fn stop(&mut self) {}

    fn abort(&mut self) {
        self.aborted = true;
    }

    fn tunnel(&mut self) {
        self.aborted = true;
    }
}

impl Downstream for Kept {
    fn respond(&mut self, x: &mut Exchange, first: Chunk, last: bool) {
        if x.resp.framing == Framing::Tunnel {
            // Nobody is there who could go on with another protocol.
            x.resp.framing = Framing::None;
            self.aborted = true;
        }
        self.answer.status = x.resp.status;
        let mut head = 0;
        for (name, value) in x.resp.head.iter() {
            head += name.text().len() + value.len() + 4;
            self.answer.headers.push((name.as_str().to_owned(), value.to_vec()));
        }
        x.resp.sent += (head + first.len()) as u64;
        self.keep(&first, last);
    }

    fn distrust(&mut self) {}

    fn accept_body(&mut self) {}

    fn gone(&mut self) -> bool {
        false
    }
}
