//! One direction of a WebSocket: what comes from one side and goes to the other, with the gateway's own frames in between.

use crate::frames::{Found, Frames, Head, LONGEST_HEAD, Side, Violation, control, opcode};
use bytes::Bytes;
use gateway_engine::buf::Chunk;
use gateway_engine::wire::Wire;
use std::task::{Context, Poll};

/// Payload of the gateway's own pings.
pub(crate) type Ping = [u8; 8];

/// One direction.
pub(crate) struct Way {
    frames: Frames,
    /// A beginning of a frame about which nothing can be said yet.
    part: [u8; LONGEST_HEAD],
    part_len: u8,
    from: Side,
    /// Heads are judged before they are passed on; else everything is passed on as it comes.
    judges: bool,
    /// What comes is not made of frames: nothing can be put in between.
    lost: bool,
    /// What the sender said last is not passed on, nor is what follows it: the receiver is between two frames.
    cut: bool,
    /// The gateway has said the last word in this direction: nothing of the sender's follows it.
    said: bool,
    /// The receiver is gone.
    deaf: bool,
    /// Something may wait to be written.
    queued: bool,
    /// When it was looked at last the sender had nothing to say, and nothing waited to be written.
    pub(crate) quiet: bool,
    /// The sender has ended, or is taken to have.
    ended: bool,
    /// The end was passed on.
    finished: bool,
    /// A close frame that is to be put in.
    close: Option<u16>,
    /// Who is asked whether it is there; apart, for few are.
    asking: Option<Box<Asking>>,
    /// When something came from the sender last.
    pub(crate) heard_ms: u64,
}

/// What is asked in one direction, and what is to be answered.
#[derive(Default)]
struct Asking {
    /// A ping that is to be put in.
    ping: Option<Ping>,
    /// The payload of the sender's answer to a ping of the gateway's.
    expected: Option<Ping>,
    /// When the sender was asked whether it is there; 0: nothing is to be answered.
    asked_ms: u64,
}

/// How a direction stands when it cannot go on at once.
pub(crate) enum Stands {
    /// The sender has nothing to say.
    Quiet,
    /// The receiver does not take more.
    Blocked,
    /// One of the two has ended, and everything is passed on that could be.
    Over,
    /// The sender has said what may not be passed on.
    Violated(Violation),
}

impl Way {
    /// What `from` sends. Its messages may be `most` bytes long (0: any).
    pub(crate) fn new(from: Side, most: u64, judges: bool, now_ms: u64) -> Way {
        Way {
            frames: Frames::new(from, most),
            part: [0; LONGEST_HEAD],
            part_len: 0,
            from,
            judges,
            lost: false,
            cut: false,
            said: false,
            deaf: false,
            queued: true,
            quiet: false,
            ended: false,
            finished: false,
            close: None,
            asking: None,
            heard_ms: now_ms,
        }
    }

    /// Moves on what there is, as far as both sides allow, each of which is polled with its own context. Gives how many bytes were
    /// passed on, the gateway's own not counted.
    pub(crate) fn pump(
        &mut self,
        (from, from_cx): (&mut dyn Wire, &mut Context<'_>),
        (to, to_cx): (&mut dyn Wire, &mut Context<'_>),
        now_ms: u64,
        sent: &mut u64,
    ) -> (u64, Stands) {
        let mut moved = 0;
        self.quiet = false;
        loop {
            if self.queued && !self.deaf {
                match to.poll_flush(to_cx) {
                    Poll::Ready(Ok(())) => self.queued = false,
                    Poll::Ready(Err(_)) => {
                        // Nobody hears it; what the sender still says may matter.
                        self.deaf = true;
                        self.silence();
                        return (moved, Stands::Over);
                    }
                    Poll::Pending => return (moved, Stands::Blocked),
                }
            }
            if let Some(frame) = self.own() {
                *sent += frame.len() as u64;
                self.send(to, Chunk::from(Bytes::from(frame)), false);
                continue;
            }
            if self.ended {
                if self.finished || self.said {
                    return (moved, Stands::Over);
                }
                self.finished = true;
                self.send(to, Chunk::EMPTY, true);
                continue;
            }
            let piece = match from.poll_data(from_cx) {
                Poll::Ready(Ok((piece, last))) => {
                    self.ended = last;
                    piece
                }
                Poll::Ready(Err(_)) => {
                    self.ended = true;
                    self.finished = true;
                    continue;
                }
                Poll::Pending => {
                    self.quiet = true;
                    return (moved, Stands::Quiet);
                }
            };
            self.heard_ms = now_ms;
            if let Some(asking) = &mut self.asking {
                asking.asked_ms = 0;
            }
            let (piece, violation) = self.pass(piece);
            if !piece.is_empty() {
                moved += piece.len() as u64;
                *sent += piece.len() as u64;
                self.send(to, piece, false);
            }
            if let Some(violation) = violation {
                return (moved, Stands::Violated(violation));
            }
        }
    }

    fn send(&mut self, to: &mut dyn Wire, piece: Chunk, last: bool) {
        self.queued = true;
        to.send(piece, last);
    }

    /// The next frame of the gateway's own that may go out now.
    pub(crate) fn own(&mut self) -> Option<Vec<u8>> {
        if self.close.is_none() && self.asking.as_ref().is_none_or(|asking| asking.ping.is_none()) {
            return None;
        }
        if self.said || !self.cut && (self.lost || self.frames.closed()) {
            // Everything is said, or nothing can be said, or the sender has said it.
            self.said |= self.close.take().is_some() && self.lost;
            self.take_ping();
            return None;
        }
        if !self.between() {
            return None;
        }
        if let Some(code) = self.close.take() {
            self.said = true;
            return Some(control(self.from, opcode::CLOSE, &code.to_be_bytes()));
        }
        self.take_ping().map(|payload| control(self.from, opcode::PING, &payload))
    }

    fn take_ping(&mut self) -> Option<Ping> {
        self.asking.as_mut().and_then(|asking| asking.ping.take())
    }

    /// When the sender was asked whether it is there; 0: nothing is to be answered.
    pub(crate) fn asked_ms(&self) -> u64 {
        self.asking.as_ref().map_or(0, |asking| asking.asked_ms)
    }

    /// Between two frames, as the receiver sees it.
    fn between(&self) -> bool {
        self.cut || self.frames.between() && (self.judges || self.part_len == 0)
    }

    /// The receiver gets a close frame as soon as one can stand there, and nothing behind it.
    pub(crate) fn close(&mut self, code: u16) {
        if !self.said {
            self.close = Some(code);
        }
    }

    /// The sender is asked no more: it is gone.
    pub(crate) fn give_up(&mut self) {
        self.ended = true;
        self.finished = true;
    }

    /// The receiver is asked whether it is there. `false`: not now, for something is on its way to it.
    pub(crate) fn ask(&mut self, payload: Ping) -> bool {
        let can = self.between() && !self.lost && !self.said && !self.frames.closed();
        if can {
            self.asking.get_or_insert_default().ping = Some(payload);
        }
        can
    }

    /// The sender's answer to a ping is not passed on.
    pub(crate) fn expect(&mut self, payload: Ping, now_ms: u64) {
        let asking = self.asking.get_or_insert_default();
        (asking.expected, asking.asked_ms) = (Some(payload), now_ms);
    }

    /// The receiver has heard the last word, and the sender has said its own.
    pub(crate) fn done(&self) -> bool {
        let told = self.close.is_none() && (self.said || self.lost || self.frames.closed() && self.frames.between());
        told && (self.frames.closed() || self.ended || self.lost)
    }

    /// The receiver is told nothing more.
    pub(crate) fn silence(&mut self) {
        self.said = true;
        self.close = None;
        self.take_ping();
    }

    /// What of a piece is passed on. With a violation, what came before it is.
    pub(crate) fn pass(&mut self, piece: Chunk) -> (Chunk, Option<Violation>) {
        let silent = self.said || self.cut;
        let (piece, violation) = match self.judges {
            _ if self.lost => (piece, None),
            true => self.judge(piece),
            false => {
                self.follow(piece.as_slice());
                (piece, None)
            }
        };
        if silent {
            return (Chunk::EMPTY, None);
        }
        self.cut = violation.is_some();
        (piece, violation)
    }

    /// Only looks where frames end.
    fn follow(&mut self, bytes: &[u8]) {
        let mut at = 0;
        let known = usize::from(self.part_len);
        if known == 0 && self.frames.whole(bytes) {
            return;
        }
        if known > 0 {
            // A head in two pieces: the longest one fits.
            let mut head = [0; 2 * LONGEST_HEAD];
            let more = bytes.len().min(LONGEST_HEAD);
            let parts = self.part.iter().take(known).chain(bytes.iter().take(more));
            head.iter_mut().zip(parts).for_each(|(to, from)| *to = *from);
            match self.frames.next(head.get(..known + more).unwrap_or_default()) {
                Ok(Found::Head(head)) => at = head.size.saturating_sub(known),
                Ok(_) => return self.keep(bytes),
                Err(_) => return self.lose(),
            }
            self.part_len = 0;
        }
        while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
            match self.frames.next(rest) {
                Ok(Found::Payload(n)) => at += n,
                Ok(Found::Head(head)) => at += head.size,
                Ok(Found::Part) => return self.keep(rest),
                Err(_) => return self.lose(),
            }
        }
    }

    fn lose(&mut self) {
        self.lost = true;
        self.part_len = 0;
    }

    /// Remembers the beginning of a frame.
    fn keep(&mut self, bytes: &[u8]) {
        let known = usize::from(self.part_len);
        let room = self.part.iter_mut().skip(known);
        let kept = room.zip(bytes).map(|(to, from)| *to = *from).count();
        self.part_len += u8::try_from(kept).unwrap_or(0);
    }

    /// Looks at every head before it is passed on.
    fn judge(&mut self, piece: Chunk) -> (Chunk, Option<Violation>) {
        let mut piece = self.with_part(piece);
        let bytes = piece.as_slice();
        let (mut at, mut stop, mut own) = (0, None, None);
        while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
            if self.frames.closed() && self.frames.between() {
                // What stands behind its sender's last word is for nobody (RFC 6455 section 5.5.1).
                break;
            }
            match self.answer(rest) {
                Answer::No => {}
                Answer::Perhaps => {
                    self.keep(rest);
                    break;
                }
                Answer::Yes(n) => {
                    if let Some(asking) = &mut self.asking {
                        asking.expected = None;
                    }
                    own = Some(at..at + n);
                    at += n;
                    continue;
                }
            }
            match self.frames.next(rest) {
                Ok(Found::Payload(n)) => at += n,
                Ok(Found::Head(head)) => at += head.size,
                Ok(Found::Part) => {
                    self.keep(rest);
                    break;
                }
                Err(violation) => {
                    stop.get_or_insert((at, violation));
                    match Head::parse(rest) {
                        // Where it ends is known: the sender's last word can be found.
                        Ok(Some(head)) if violation == Violation::TooLong => at += head.size,
                        _ => {
                            self.lose();
                            break;
                        }
                    }
                }
            }
        }
        let (end, violation) = stop.map_or((at, None), |(end, violation)| (end, Some(violation)));
        if let Some(own) = own.filter(|own| own.start < end) {
            let before = bytes.get(..own.start).unwrap_or_default();
            let behind = bytes.get(own.end..end).unwrap_or_default();
            return (Chunk::from(Bytes::from([before, behind].concat())), violation);
        }
        match &mut piece {
            Chunk::Buf(buf) => buf.truncate(end),
            Chunk::Bytes(bytes) => bytes.truncate(end),
        }
        (piece, violation)
    }

    /// A piece with what of it was kept back before.
    fn with_part(&mut self, mut piece: Chunk) -> Chunk {
        let part = self.part.get(..usize::from(self.part_len)).unwrap_or_default();
        self.part_len = 0;
        if part.is_empty() {
            return piece;
        }
        if let Chunk::Buf(buf) = &mut piece
            && buf.prepend(part)
        {
            return piece;
        }
        Chunk::from(Bytes::from([part, piece.as_slice()].concat()))
    }

    /// Whether a frame is the sender's answer to the gateway's ping.
    fn answer(&self, bytes: &[u8]) -> Answer {
        let Some(expected) = self.asking.as_ref().and_then(|asking| asking.expected.as_ref()) else {
            return Answer::No;
        };
        if !self.frames.between() || self.frames.closed() {
            return Answer::No;
        }
        let head = match Head::parse(bytes) {
            Ok(Some(head)) => head,
            _ => return Answer::No,
        };
        let masked = self.from == Side::Client;
        if head.opcode != opcode::PONG || head.len != expected.len() as u64 || head.mask.is_some() != masked {
            return Answer::No;
        }
        let size = head.size + expected.len();
        let Some(payload) = bytes.get(head.size..size) else { return Answer::Perhaps };
        let mask = head.mask.unwrap_or_default();
        let same = payload.iter().zip(mask.iter().cycle()).zip(expected).all(|((b, m), e)| b ^ m == *e);
        if same { Answer::Yes(size) } else { Answer::No }
    }
}

/// Whether a frame answers the gateway's ping.
enum Answer {
    No,
    /// It has not come whole.
    Perhaps,
    /// So many bytes are it.
    Yes(usize),
}

const _: () = assert!(size_of::<Way>() <= 88);

#[cfg(test)]
mod tests;
