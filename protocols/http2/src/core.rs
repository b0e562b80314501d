//! The state of one connection, the same for both sides: settings, windows, streams, and what waits to be written. What comes is
//! handled in [`crate::read`].

use crate::bounds::Excess;
use crate::frame::{self, Frame, HEAD, HIGHEST, code, setting};
use crate::guard::Guard;
use crate::hpack::{Decoder, Encoder};
use crate::streams::{Answer, Key, State, Streams};
use gateway_engine::buf::Buf;
use gateway_engine::headers::Field;
use gateway_engine::io::Io;
use gateway_engine::settings::Http2;
use gateway_engine::wire::WireError;
use std::collections::VecDeque;

/// Why a connection cannot go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Broken {
    /// The code of the GOAWAY.
    pub(crate) code: u32,
    /// For the log.
    pub(crate) why: &'static str,
}

/// What the gateway tells its peer at the beginning.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms {
    /// It is the side that answers.
    pub(crate) server: bool,
    /// Most streams at once, told to clients.
    pub(crate) streams: u32,
    pub(crate) stream_window: u32,
    pub(crate) connection_window: u32,
    pub(crate) table_bytes: u32,
    /// Longest list of fields.
    pub(crate) list_bytes: u32,
}

/// What the peer has told.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer {
    pub(crate) window: i64,
    pub(crate) streams: u32,
    pub(crate) connect: bool,
    /// Its settings came.
    pub(crate) known: bool,
}

/// One connection.
pub(crate) struct Core {
    pub(crate) io: Io,
    pub(crate) terms: Terms,
    pub(crate) peer: Peer,
    pub(crate) streams: Streams,
    pub(crate) bounds: Guard,
    pub(crate) excess: Option<Excess>,
    pub(crate) decoder: Decoder,
    pub(crate) encoder: Encoder,
    /// What was read and is no whole frame yet.
    pub(crate) input: Option<Buf>,
    /// Since when a frame that begins or goes on with a field block is not whole.
    pub(crate) partial_since: Option<u64>,
    /// A field block whose end has not come.
    pub(crate) block: Option<Box<OpenBlock>>,
    pub(crate) out: Option<Buf>,
    /// The block that is being written.
    pub(crate) scratch: Vec<u8>,
    pub(crate) recv_window: i64,
    pub(crate) unacked: u32,
    pub(crate) send_window: i64,
    /// Streams whose next piece waits.
    pub(crate) waiting: VecDeque<Key>,
    /// An exchange waits for what is queued to get less.
    pub(crate) crowded: bool,
    /// Room for heads of answers.
    #[allow(clippy::vec_box)]
    spares: Vec<Box<Answer>>,
    /// The latest streams that we have ended, and with which code: what comes for them was on its way.
    pub(crate) ended: VecDeque<(u32, u32)>,
    /// The highest stream that the peer has opened (server), or that was opened here (client).
    pub(crate) last: u32,
    /// Our GOAWAY, and the peer's: the highest stream that is served.
    pub(crate) leaving: Option<u32>,
    pub(crate) left: Option<u32>,
    /// The peer has answered the PING behind our first GOAWAY.
    pub(crate) heard: bool,
    pub(crate) broken: Option<Broken>,
    /// The peer has said all it has to say.
    pub(crate) eof: bool,
    pub(crate) limits: Http2,
    frames_left: u32,
    bytes_left: usize,
    /// Bytes of the client's preface that are still to come.
    pub(crate) preface_left: usize,
}

/// The pieces of a field block so far.
pub(crate) struct OpenBlock {
    pub(crate) id: u32,
    pub(crate) end: bool,
    pub(crate) text: Vec<u8>,
}

/// So much may wait to be written; then no more is asked for.
pub(crate) const HIGH: usize = 128 << 10;

/// The payload of the PING that asks whether a GOAWAY was heard.
pub(crate) const FAREWELL: [u8; 8] = *b"farewell";

/// The start of a connection of either side's own accord: windows are this until told otherwise.
pub(crate) const WINDOW: u32 = 65_535;

/// What a client says first (RFC 9113 section 3.4).
pub(crate) const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

impl Core {
    pub(crate) fn new(io: Io, input: Option<Buf>, terms: Terms, limits: Http2) -> Core {
        let mut core = Core {
            io,
            terms,
            peer: Peer { window: WINDOW.into(), streams: 100, connect: false, known: false },
            streams: Streams::default(),
            bounds: Guard::new(terms.server, limits),
            excess: None,
            decoder: Decoder::new(terms.table_bytes as usize),
            encoder: Encoder::default(),
            input,
            partial_since: None,
            block: None,
            out: None,
            scratch: Vec::new(),
            recv_window: terms.connection_window.max(WINDOW).into(),
            unacked: 0,
            send_window: WINDOW.into(),
            waiting: VecDeque::new(),
            crowded: false,
            spares: Vec::new(),
            ended: VecDeque::new(),
            last: 0,
            leaving: None,
            left: None,
            heard: false,
            broken: None,
            eof: false,
            limits,
            frames_left: 0,
            bytes_left: 0,
            preface_left: if terms.server { PREFACE.len() } else { 0 },
        };
        core.greet();
        core
    }

    /// Our settings, and the preface before them.
    fn greet(&mut self) {
        let t = self.terms;
        let mut settings = Vec::with_capacity(36);
        let mut set = |id: u16, value: u32| {
            settings.extend_from_slice(&id.to_be_bytes());
            settings.extend_from_slice(&value.to_be_bytes());
        };
        set(setting::HEADER_TABLE_SIZE, t.table_bytes);
        if t.server {
            set(setting::MAX_CONCURRENT_STREAMS, t.streams);
            set(setting::ENABLE_CONNECT_PROTOCOL, 1);
        } else {
            set(setting::ENABLE_PUSH, 0);
        }
        set(setting::INITIAL_WINDOW_SIZE, t.stream_window);
        set(setting::MAX_HEADER_LIST_SIZE, t.list_bytes);
        if !t.server {
            self.put(&[PREFACE]);
        }
        self.write(frame::SETTINGS, 0, 0, &settings);
        let more = t.connection_window.saturating_sub(WINDOW);
        if more > 0 {
            self.write(frame::WINDOW_UPDATE, 0, 0, &more.to_be_bytes());
        }
    }

    /// Longest field block, compressed, in bytes.
    pub(crate) fn longest_block(&self) -> usize {
        if self.terms.server {
            self.limits.block_bytes as usize
        } else {
            (self.terms.list_bytes as usize).saturating_mul(2)
        }
    }

    /// A new turn of the connection's task: so much may be read in it.
    pub(crate) fn begin_turn(&mut self) {
        self.frames_left = self.limits.turn_frames;
        self.bytes_left = self.limits.turn_bytes;
    }

    /// Whether the turn is over.
    pub(crate) fn turn_over(&self) -> bool {
        self.frames_left == 0 || self.bytes_left == 0
    }

    /// A frame was read.
    #[inline]
    pub(crate) fn count(&mut self, frame: &Frame) {
        self.frames_left = self.frames_left.saturating_sub(1);
        self.bytes_left = self.bytes_left.saturating_sub(HEAD + frame.len as usize);
        self.bounds.incoming(frame, &mut self.excess);
    }

    /// With which code we have ended this stream, not long ago.
    pub(crate) fn ended(&self, id: u32) -> Option<u32> {
        self.ended.iter().rev().find(|(known, _)| *known == id).map(|(_, code)| *code)
    }

    /// A frame came for a stream that we have ended.
    #[cold]
    pub(crate) fn stale(&mut self) {
        self.bounds.stale(&mut self.excess);
    }

    /// Ends a stream.
    pub(crate) fn reset(&mut self, key: Key, code: u32, failure: WireError) {
        let Some(s) = self.streams.get_mut(key) else { return };
        s.failure.get_or_insert(failure);
        if s.over() {
            return;
        }
        s.reset = true;
        s.pending = None;
        s.wake();
        let (id, held) = (s.id, std::mem::take(&mut s.inbox).len());
        self.refuse(id, code);
        self.give_back(held);
    }

    /// The exchange of a stream is over, whatever its state.
    pub(crate) fn close(&mut self, key: Key) {
        if let Some(s) = self.streams.get(key)
            && !s.over()
            && self.broken.is_none()
        {
            // An answer that is whole ends a request that is not, without blame (RFC 9113 section 8.1).
            let code = if s.sent_end && self.terms.server { code::NO_ERROR } else { code::CANCEL };
            self.reset(key, code, WireError::Closed);
        }
        if let Some(s) = self.streams.remove(key) {
            self.give_back(s.inbox.len());
        }
    }

    /// Whether so much is queued that an exchange should not ask for more; it is woken when there is less.
    pub(crate) fn crowded(&mut self) -> bool {
        let crowded = self.unwritten() > self.limits.queue_bytes;
        self.crowded |= crowded;
        crowded
    }

    /// The peer's settings change what may be sent on each stream. `false`: beyond what a window may be.
    pub(crate) fn resize(&mut self, window: u32) -> bool {
        let more = i64::from(window) - self.peer.window;
        self.peer.window = window.into();
        for (_, s) in self.streams.each() {
            s.send_window += more;
            if s.send_window > i64::from(HIGHEST) {
                return false;
            }
        }
        true
    }

    /// Room for the head of an answer, and one that was read.
    pub(crate) fn fresh(&mut self) -> Box<Answer> {
        self.spares.pop().unwrap_or_default()
    }

    /// Takes it back.
    pub(crate) fn spare(&mut self, mut answer: Box<Answer>) {
        if self.spares.len() < SPARES {
            answer.head.clear();
            (answer.status, answer.length) = (0, None);
            self.spares.push(answer);
        }
    }

    /// Whether no more streams may be opened on it.
    pub(crate) fn closing(&self) -> bool {
        self.broken.is_some() || self.left.is_some() || self.eof || self.last >= HIGHEST - 2
    }

    /// Says that no stream should come any more: first with the highest number there is, and a PING behind it.
    pub(crate) fn leave(&mut self) {
        if self.leaving.is_none() {
            self.leaving = Some(HIGHEST);
            self.goaway(HIGHEST, code::NO_ERROR);
            self.write(frame::PING, 0, 0, &FAREWELL);
        }
    }

    /// The peer must have heard it: now with the last one that came.
    pub(crate) fn leave_now(&mut self) {
        if self.leaving == Some(HIGHEST) {
            self.leaving = Some(self.last);
            self.goaway(self.last, code::NO_ERROR);
        }
    }

    fn goaway(&mut self, last: u32, code: u32) {
        let mut payload = [0; 8];
        let (first, second) = payload.split_at_mut(4);
        first.copy_from_slice(&last.to_be_bytes());
        second.copy_from_slice(&code.to_be_bytes());
        self.write(frame::GOAWAY, 0, 0, &payload);
    }

    /// The connection ends now, with a GOAWAY as its last word.
    pub(crate) fn end(&mut self, broken: Broken) {
        if self.broken.is_none() {
            self.broken = Some(broken);
            let last = if self.terms.server { self.last } else { 0 };
            self.goaway(last, broken.code);
        }
    }

    /// All streams learn that there is no connection any more.
    pub(crate) fn tell_end(&mut self, failure: WireError) {
        self.broken.get_or_insert(Broken { code: code::NO_ERROR, why: "" });
        for (_, s) in self.streams.each() {
            s.leave(failure);
        }
    }

    /// A new stream, with the windows of now.
    pub(crate) fn open(&mut self, id: u32) -> Key {
        self.streams.insert(State {
            id,
            recv_window: self.terms.stream_window.into(),
            send_window: self.peer.window,
            ..State::default()
        })
    }
}

/// So many are kept.
const SPARES: usize = 16;

/// Whether a field is passed on at all.
pub(crate) fn passes(f: &Field, never: u64) -> bool {
    f.flags & (Field::DEAD | Field::HOP) == 0 && never >> (f.id & 63) & 1 == 0
}
