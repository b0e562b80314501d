//! The task of a connection to an upstream: it reads answers and writes requests until nobody needs it.

use super::connect::Target;
use super::lines;
use crate::core::{Broken, Core};
use crate::down::{COMPRESSION, skip, trailers};
use crate::frame::code;
use crate::hpack::{Decoder, Got, kind};
use crate::line::Line;
use crate::names::MALFORMED;
use crate::read::{DUBBO, HTTP1, OTHER, Side};
use crate::streams::{Answer, Key};
use gateway_engine::headers::{Field, Headers, Name, name};
use gateway_engine::log_pace::LogPace;
use gateway_engine::wire::WireError;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::rc::{Rc, Weak};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::{Instant, timeout, timeout_at};

/// So long the last word may take to be written.
const LAST_WORD: Duration = Duration::from_secs(5);

/// What runs in the connection's task.
pub(super) struct Driver {
    shared: Rc<Line>,
    /// As others see it; gone when nobody does.
    line: Weak<lines::Line>,
    side: Answers,
    addr: SocketAddr,
    /// The peer's settings came, and who waited for them knows.
    greeted: bool,
    /// Until then the peer's settings have to come, which are the first that it says.
    greets_by: Instant,
    /// The log knows that the peer does not speak HTTP/2.
    told: bool,
}

/// Reads answers within these bounds.
pub(crate) struct Answers {
    list: usize,
    fields: usize,
    interim: usize,
}

impl Driver {
    pub(super) fn new(shared: Rc<Line>, line: Weak<lines::Line>, target: &Target, greets_by: Instant) -> Driver {
        let side = Answers { list: target.header_bytes as usize, fields: target.header_count, interim: target.interim };
        Driver { shared, line, side, addr: target.addr, greeted: false, greets_by, told: false }
    }

    /// Waits for the peer's settings: then it is known that it speaks HTTP/2.
    ///
    /// # Errors
    /// The connection ended before, or they did not come in time; the log knows why.
    pub(super) async fn greet(&mut self) -> Result<(), WireError> {
        let by = self.greets_by;
        let greeted = poll_fn(|cx| match self.poll(cx) {
            _ if self.greeted => Poll::Ready(true),
            Poll::Ready(()) => Poll::Ready(false),
            Poll::Pending => Poll::Pending,
        });
        match timeout_at(by, greeted).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(WireError::Connect),
            Err(_) => {
                self.silent();
                Err(WireError::Timeout)
            }
        }
    }

    /// The peer's settings did not come in time. What was sent it may have read all the same.
    #[cold]
    fn silent(&mut self) {
        if !std::mem::replace(&mut self.told, true) {
            tell(
                self.addr,
                "it said nothing to the first words of HTTP/2 in the time of a connect; does it speak that?",
            );
        }
        let core = &mut *self.shared.core();
        core.end(Broken { code: code::SETTINGS_TIMEOUT, why: "no SETTINGS" });
        core.tell_end(WireError::Timeout);
    }

    /// Serves the connection to its end. Whether the peer spoke HTTP/2.
    pub(super) async fn run(mut self) -> bool {
        if self.greeted || self.greet().await.is_ok() {
            poll_fn(|cx| self.poll(cx)).await;
        }
        let spoke = self.greeted;
        self.end().await;
        spoke
    }

    /// Says the last word. A peer that does not read is not waited for.
    pub(super) async fn end(self) {
        if let Some(line) = self.line.upgrade() {
            line.retire();
        }
        let _ = timeout(LAST_WORD, poll_fn(|cx| self.shared.poll_shutdown(cx))).await;
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.shared.poll(cx, &mut self.side).is_ready() {
            self.close();
            return Poll::Ready(());
        }
        let line = self.line.upgrade();
        let core = &mut *self.shared.core();
        if core.peer.known && !self.greeted {
            self.greeted = true;
            line.iter().for_each(|line| line.greeted());
        }
        if core.left.is_some() {
            // Those that it still serves end on it.
            line.iter().filter(|line| !line.ended()).for_each(|line| line.retire());
        }
        let wanted = line.is_some_and(|line| !line.ended());
        if !wanted && core.streams.len() == 0 {
            core.end(Broken { code: code::NO_ERROR, why: "" });
            return Poll::Ready(());
        }
        Poll::Pending
    }

    /// Those whose streams were on it learn of its end.
    fn close(&mut self) {
        let core = &mut *self.shared.core();
        let broken = core.broken.filter(|broken| !broken.why.is_empty());
        let stranger = match broken {
            Some(broken) if [HTTP1, DUBBO, OTHER].contains(&broken.why) => Some(broken.why),
            None if core.eof && !core.peer.known => {
                Some("it hung up on the first words of HTTP/2; does it speak that?")
            }
            _ => None,
        };
        if let Some(why) = stranger.filter(|_| !std::mem::replace(&mut self.told, true)) {
            tell(self.addr, why);
        } else if let Some(broken) = broken {
            tracing::debug!(addr = %self.addr, reason = broken.why, code = broken.code, "an HTTP/2 connection to an upstream is ended");
        }
        core.tell_end(WireError::Closed);
    }
}

/// A peer does not speak HTTP/2.
#[cold]
fn tell(addr: SocketAddr, why: &str) {
    thread_local! {
        static PACE: LogPace = const { LogPace::new() };
    }
    let Some(left_out) = PACE.with(LogPace::admit) else { return };
    tracing::warn!(%addr, left_out, "no HTTP/2 with an upstream: {why}");
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.close();
        if let Some(line) = self.line.upgrade() {
            line.retire();
        }
    }
}

impl Side for Answers {
    fn block(&mut self, core: &mut Core, id: u32, block: &[u8], end: bool) -> Result<(), Broken> {
        let Some(key) = core.streams.find(id) else {
            if core.idle(id) {
                return Err(Broken { code: code::PROTOCOL_ERROR, why: "an answer to nothing" });
            }
            return skip(&mut core.decoder, block);
        };
        let answered = core.streams.get(key).is_some_and(|s| s.answered);
        let wrong = if answered { self.trailers(core, key, block, end)? } else { self.head(core, key, block, end)? };
        match wrong {
            Some(WireError::TooLarge) => core.reset(key, code::CANCEL, WireError::TooLarge),
            Some(wrong) => core.reset(key, code::PROTOCOL_ERROR, wrong),
            None if end => core.recv_end(key),
            None => {}
        }
        if let Some(s) = core.streams.get(key) {
            s.wake();
        }
        Ok(())
    }
}

impl Answers {
    /// Reads a block as an answer, for tests and fuzz targets; `false`: it is none.
    pub(crate) fn read(decoder: &mut Decoder, block: &[u8], into: &mut Headers) -> bool {
        let bounds = Answers { list: usize::MAX, fields: usize::MAX, interim: 0 };
        let mut answer = Answer::default();
        let mut reader = Reader { answer: &mut answer, bounds: &bounds, fields: 0, list: 0, wrong: None };
        let fine = decoder.decode(block, |got| reader.field(got)).is_ok() && reader.wrong.is_none();
        std::mem::swap(into, &mut answer.head);
        fine && answer.status != 0
    }

    fn trailers(&self, core: &mut Core, key: Key, block: &[u8], end: bool) -> Result<Option<WireError>, Broken> {
        let came = trailers(&mut core.decoder, block, self.list, self.fields)?;
        let Some(s) = core.streams.get_mut(key) else { return Ok(None) };
        if s.over() && !s.recv_end {
            return Ok(None);
        }
        Ok(match came {
            _ if s.recv_end => Some(WireError::Protocol("a head behind the end")),
            _ if !end => Some(WireError::Protocol("trailers without an end")),
            None => Some(WireError::Protocol("malformed trailers")),
            came => {
                s.trailers_in = came;
                None
            }
        })
    }

    /// The head of an answer, which may be an interim one.
    fn head(&self, core: &mut Core, key: Key, block: &[u8], end: bool) -> Result<Option<WireError>, Broken> {
        let mut answer = core.fresh();
        let mut reader = Reader { answer: &mut answer, bounds: self, fields: 0, list: 0, wrong: None };
        core.decoder.decode(block, |got| reader.field(got)).map_err(|_| COMPRESSION)?;
        let wrong = reader.wrong;
        let Some(s) = core.streams.get_mut(key) else { return Ok(None) };
        if s.over() {
            core.spare(answer);
            return Ok(None);
        }
        let wrong = match answer.status {
            _ if wrong.is_some() => wrong,
            0 => Some(WireError::Protocol("an answer without a status")),
            // HTTP/2 has none (RFC 9113 section 8.6); what would follow it is no answer.
            101 => Some(WireError::Protocol("101 in HTTP/2")),
            100..200 if end => Some(WireError::Protocol("an interim answer that is the last")),
            100..200 => {
                s.interim += 1;
                (s.interim > self.interim).then_some(WireError::Protocol("too many interim answers"))
            }
            status => {
                s.answered = true;
                // Those to HEAD and without content tell of a body that does not come.
                s.left = if s.to_head || matches!(status, 204 | 304) { None } else { answer.length };
                s.answer = Some(answer);
                return Ok(None);
            }
        };
        core.spare(answer);
        Ok(wrong)
    }
}

struct Reader<'a> {
    answer: &'a mut Answer,
    bounds: &'a Answers,
    fields: usize,
    list: usize,
    wrong: Option<WireError>,
}

impl Reader<'_> {
    #[inline]
    fn field(&mut self, got: &Got<'_>) {
        self.list += got.size();
        if got.kind == kind::STATUS {
            return self.status(got.value);
        }
        self.fields += 1;
        if self.list > self.bounds.list || self.fields > self.bounds.fields {
            self.wrong = Some(WireError::TooLarge);
            return;
        }
        if got.kind >= kind::AUTHORITY || !got.clean || MALFORMED >> got.kind & u64::from(got.kind != 0) != 0 {
            self.wrong.get_or_insert(WireError::Protocol("a field that may not stand there"));
            return;
        }
        let n = Name::from_parts(got.kind, got.name);
        if n == name::CONTENT_LENGTH {
            let length = crate::length(got.value);
            if length.is_none() || self.answer.length.is_some_and(|known| Some(known) != length) {
                self.wrong.get_or_insert(WireError::Protocol("Content-Length is not a number"));
            }
            self.answer.length = length;
        }
        let secret = if got.secret { Field::SECRET } else { 0 };
        if !self.answer.head.received(n, got.value, secret) {
            self.wrong = Some(WireError::TooLarge);
        }
    }

    fn status(&mut self, value: &[u8]) {
        let status = match value {
            [a @ b'1'..=b'9', b @ b'0'..=b'9', c @ b'0'..=b'9'] => {
                u16::from(a - b'0') * 100 + u16::from(b - b'0') * 10 + u16::from(c - b'0')
            }
            _ => 0,
        };
        if self.answer.status != 0 || self.fields > 0 || status == 0 {
            self.wrong.get_or_insert(WireError::Protocol("a status that is none"));
        }
        self.answer.status = status;
    }
}
