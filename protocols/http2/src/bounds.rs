//! What a client may do on one connection before it is told to calm down (`reference/hardening` section 3). Pure counting over
//! frame heads: no clock of its own, no input or output.

use crate::frame::{self as frames, Frame};
use gateway_engine::settings::Http2;

/// Why a connection is ended with ENHANCE_YOUR_CALM, in a few words for the log.
pub(crate) type Excess = &'static str;

/// The counters of one connection.
#[derive(Debug)]
pub(crate) struct Bounds {
    limits: Http2,
    /// The highest stream the client has opened.
    last: u32,
    answered: Answered,
    /// Streams opened and streams reset in the present window.
    opened: u32,
    resets: u32,
    resets_since: u64,
    refused: u32,
    glitches: u32,
    glitches_since: u64,
    /// Control frames the client may still send, in thousandths.
    tokens: u64,
    tokens_at: u64,
    block: Option<Block>,
    /// The client has acknowledged our settings.
    pub(crate) settled: bool,
}

/// A field block whose end has not come.
#[derive(Clone, Copy, Debug)]
struct Block {
    continuations: u32,
    bytes: u32,
    since: u64,
}

impl Bounds {
    pub(crate) fn new(limits: Http2, now: u64) -> Bounds {
        Bounds {
            limits,
            last: 0,
            answered: Answered::default(),
            opened: 0,
            resets: 0,
            resets_since: now,
            refused: 0,
            glitches: 0,
            glitches_since: now,
            tokens: u64::from(limits.control_burst) * 1000,
            tokens_at: now,
            block: None,
            settled: false,
        }
    }

    /// A frame of the client's.
    ///
    /// # Errors
    /// It is one too many.
    #[inline]
    pub(crate) fn incoming(&mut self, f: &Frame, now: u64) -> Result<(), Excess> {
        match f.kind {
            frames::HEADERS => {
                if f.id > self.last {
                    self.last = f.id;
                    self.opened = self.opened.saturating_add(1);
                    self.answered.open(f.id);
                }
                if !f.has(frames::END_HEADERS) {
                    self.block = Some(Block { continuations: 0, bytes: f.len, since: now });
                }
                if f.len > self.limits.block_bytes { Err("field block too long") } else { Ok(()) }
            }
            frames::DATA if f.has(frames::END_STREAM) || !f.hollow() => Ok(()),
            // Not worth a count: the one that answers our own, and the last word.
            frames::SETTINGS if f.has(frames::ACK) => {
                self.settled = true;
                Ok(())
            }
            frames::GOAWAY => Ok(()),
            frames::RST_STREAM => self.client_reset(f, now),
            frames::CONTINUATION => self.continuation(f, now),
            frames::SETTINGS | frames::PING | frames::PRIORITY | frames::WINDOW_UPDATE => self.control(now),
            // Empty DATA, pushes by a client, what nobody knows.
            _ => {
                self.glitch(now)?;
                self.control(now)
            }
        }
    }

    /// A frame of ours.
    ///
    /// # Errors
    /// It shows that the client has gone too far.
    #[inline]
    pub(crate) fn outgoing(&mut self, f: &Frame, now: u64) -> Result<(), Excess> {
        match f.kind {
            frames::DATA => {
                // A client that takes data has windows to update, and may want to know how long the way is.
                let full = u64::from(self.limits.control_burst) * 1000;
                self.tokens = (self.tokens + 3000).min(full);
                Ok(())
            }
            frames::HEADERS => {
                self.answered.answer(f.id, self.last);
                Ok(())
            }
            frames::RST_STREAM => self.own_reset(f, now),
            _ => Ok(()),
        }
    }

    /// Something that is allowed and that nobody does in earnest.
    ///
    /// # Errors
    /// It was done too often.
    pub(crate) fn glitch(&mut self, now: u64) -> Result<(), Excess> {
        if now.saturating_sub(self.glitches_since) >= WINDOW_MS {
            (self.glitches, self.glitches_since) = (0, now);
        }
        self.glitches += 1;
        if self.glitches > self.limits.glitches { Err("too many oddities") } else { Ok(()) }
    }

    /// Since when the end of a field block has been waited for.
    pub(crate) fn block_since(&self) -> Option<u64> {
        self.block.map(|block| block.since)
    }

    #[cold]
    fn client_reset(&mut self, f: &Frame, now: u64) -> Result<(), Excess> {
        match self.answered.is(f.id, self.last) {
            true => Ok(()),
            false => self.reset(now),
        }
    }

    #[cold]
    fn own_reset(&mut self, f: &Frame, now: u64) -> Result<(), Excess> {
        const REFUSED_STREAM: u32 = 7;
        match f.code() {
            REFUSED_STREAM => {
                self.refused += 1;
                if self.refused > self.limits.refused_streams {
                    Err("too many streams beyond those announced")
                } else {
                    Ok(())
                }
            }
            // PROTOCOL_ERROR, FLOW_CONTROL_ERROR, STREAM_CLOSED, FRAME_SIZE_ERROR: the client made us.
            1 | 3 | 5 | 6 => {
                self.glitch(now)?;
                self.reset(now)
            }
            _ => Ok(()),
        }
    }

    fn reset(&mut self, now: u64) -> Result<(), Excess> {
        if now.saturating_sub(self.resets_since) >= self.limits.resets_ms {
            (self.resets, self.opened, self.resets_since) = (0, 0, now);
        }
        self.resets += 1;
        let share = u64::from(self.opened) * u64::from(self.limits.resets_percent) / 100;
        match u64::from(self.resets) > u64::from(self.limits.resets) + share {
            true => Err("too many streams reset"),
            false => Ok(()),
        }
    }

    #[cold]
    fn continuation(&mut self, f: &Frame, now: u64) -> Result<(), Excess> {
        // None without a beginning: the codec ends the connection.
        let Some(block) = &mut self.block else { return Ok(()) };
        block.continuations += if f.len == 0 { 2 } else { 1 };
        block.bytes = block.bytes.saturating_add(f.len);
        let over = block.continuations > self.limits.continuations || block.bytes > self.limits.block_bytes;
        if f.has(frames::END_HEADERS) {
            self.block = None;
        }
        if over {
            return Err("field block in too many pieces");
        }
        self.glitch(now)
    }

    #[inline]
    /// A frame that carries nothing.
    ///
    /// # Errors
    /// There were too many.
    pub(crate) fn control(&mut self, now: u64) -> Result<(), Excess> {
        let passed = now.saturating_sub(self.tokens_at);
        if passed > 0 {
            let full = u64::from(self.limits.control_burst) * 1000;
            let more = passed.min(3_600_000) * u64::from(self.limits.control_frames) * 1000 / WINDOW_MS;
            self.tokens = (self.tokens + more).min(full);
            self.tokens_at = now;
        }
        match self.tokens.checked_sub(1000) {
            Some(left) => {
                self.tokens = left;
                Ok(())
            }
            None => Err("too many control frames"),
        }
    }
}

/// The window of glitches and control frames.
const WINDOW_MS: u64 = 10_000;

/// Which of the latest streams have been answered: one bit each, of as many as one word after the other can tell.
#[derive(Debug, Default)]
struct Answered {
    bits: [u64; 16],
}

/// So many streams are told apart; one that so many others have come after counts as answered.
const LATEST: u32 = 16 * 64;

impl Answered {
    fn place(&mut self, id: u32) -> (&mut u64, u64) {
        let n = (id / 2) % LATEST;
        // Below sixteen.
        (&mut self.bits[(n / 64) as usize], 1 << (n % 64))
    }

    fn open(&mut self, id: u32) {
        let (word, bit) = self.place(id);
        *word &= !bit;
    }

    fn answer(&mut self, id: u32, last: u32) {
        if last.saturating_sub(id) / 2 < LATEST {
            let (word, bit) = self.place(id);
            *word |= bit;
        }
    }

    fn is(&mut self, id: u32, last: u32) -> bool {
        if last.saturating_sub(id) / 2 >= LATEST {
            return true;
        }
        let (word, bit) = self.place(id);
        *word & bit != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::*;

    fn frame(kind: u8, flags: u8, id: u32, len: u32) -> Frame {
        Frame { len, kind, flags, id, start: [0; 4] }
    }

    fn rst(id: u32, code: u32) -> Frame {
        Frame { len: 4, kind: RST_STREAM, flags: 0, id, start: code.to_be_bytes() }
    }

    fn fresh() -> Bounds {
        Bounds::new(Http2::default(), 1)
    }

    /// How many times `frame` may come.
    fn many(bounds: &mut Bounds, mut frame: impl FnMut(u32) -> Frame, now: u64) -> u32 {
        (0..100_000).take_while(|n| bounds.incoming(&frame(*n), now).is_ok()).count() as u32
    }

    #[test]
    fn h2_01_resets_of_streams_that_nobody_answered_are_few() {
        let mut bounds = fresh();
        let mut n = 0;
        loop {
            let id = n * 2 + 1;
            bounds.incoming(&frame(HEADERS, END_HEADERS | END_STREAM, id, 20), 1).unwrap();
            if bounds.incoming(&rst(id, 8), 1).is_err() {
                break;
            }
            n += 1;
        }
        assert_eq!(n, 111, "a hundred and a tenth of the streams");

        // Those answered are nobody's loss, however many.
        let mut bounds = fresh();
        for n in 0..5000u32 {
            let id = n * 2 + 1;
            bounds.incoming(&frame(HEADERS, END_HEADERS | END_STREAM, id, 20), 1).unwrap();
            bounds.outgoing(&frame(HEADERS, END_HEADERS, id, 20), 1).unwrap();
            bounds.incoming(&rst(id, 8), 1).unwrap();
        }
        // And a window later they are forgotten.
        let mut bounds = fresh();
        bounds.incoming(&frame(HEADERS, END_HEADERS, 201, 1), 1).unwrap();
        for n in 0..100 {
            bounds.incoming(&rst(2 * n + 1, 8), 1).unwrap();
        }
        assert!(bounds.incoming(&rst(201, 8), 29_000).is_err());
        bounds.incoming(&rst(201, 8), 30_001).unwrap();
    }

    #[test]
    fn h2_02_resets_that_the_client_provokes_count_with_its_own() {
        for code in [1, 3, 5, 6] {
            let mut bounds = fresh();
            let n = (0..1000).take_while(|n| bounds.outgoing(&rst(2 * n + 1, code), 1).is_ok()).count();
            assert_eq!(n, 100);
        }
        let mut bounds = fresh();
        for n in 0..1000 {
            // NO_ERROR, INTERNAL_ERROR, CANCEL: ours.
            bounds.outgoing(&rst(2 * n + 1, [0, 2, 8][n as usize % 3]), 1).unwrap();
        }
    }

    #[test]
    fn h2_03_streams_beyond_those_announced_are_refused_a_thousand_times() {
        let mut bounds = fresh();
        let n = (0..2000).take_while(|n| bounds.outgoing(&rst(2 * n + 1, 7), 1).is_ok()).count();
        assert_eq!(n, 1000);
    }

    #[test]
    fn h2_04_a_block_has_few_pieces_and_empty_ones_count_double() {
        for (len, pieces) in [(1, 5), (0, 2), (8192, 3)] {
            let mut bounds = fresh();
            bounds.incoming(&frame(HEADERS, 0, 1, 10), 5).unwrap();
            assert_eq!(bounds.block_since(), Some(5));
            assert_eq!(many(&mut bounds, |_| frame(CONTINUATION, 0, 1, len), 6), pieces, "{len}");
        }
        let mut bounds = fresh();
        bounds.incoming(&frame(HEADERS, 0, 1, 10), 5).unwrap();
        bounds.incoming(&frame(CONTINUATION, END_HEADERS, 1, 10), 5).unwrap();
        assert_eq!(bounds.block_since(), None);
        assert!(bounds.incoming(&frame(HEADERS, 0, 3, 40_000), 5).is_err());
    }

    #[test]
    fn h2_07_control_frames_are_a_bucket_that_fills_again() {
        for kind in [SETTINGS, PING, PRIORITY, WINDOW_UPDATE] {
            let mut bounds = fresh();
            assert_eq!(many(&mut bounds, |_| frame(kind, 0, 0, 8), 1), 2000);
            assert_eq!(many(&mut bounds, |_| frame(kind, 0, 0, 8), 5001), 500);
            assert_eq!(many(&mut bounds, |_| frame(kind, 0, 0, 8), 1_000_000), 2000);
        }
        // What a client that takes data owes for it.
        let mut bounds = fresh();
        for _ in 0..50_000 {
            bounds.outgoing(&frame(DATA, 0, 1, 16_384), 1).unwrap();
            bounds.incoming(&frame(WINDOW_UPDATE, 0, 0, 4), 1).unwrap();
            bounds.incoming(&frame(WINDOW_UPDATE, 0, 1, 4), 1).unwrap();
        }
        // Data is data, and the last frame of a body may be empty.
        let mut bounds = fresh();
        assert_eq!(many(&mut bounds, |n| frame(DATA, 0, 1, 1 + n), 1), 100_000);
        assert_eq!(many(&mut bounds, |_| frame(DATA, END_STREAM, 1, 0), 1), 100_000);
    }

    #[test]
    fn h2_07_oddities_are_few() {
        let padding = Frame { start: [9, 0, 0, 0], ..frame(DATA, PADDED, 1, 10) };
        for odd in [frame(DATA, 0, 1, 0), padding, frame(99, 0, 0, 3), frame(5, 0, 1, 3)] {
            let mut bounds = fresh();
            assert_eq!(many(&mut bounds, |_| odd, 1), 100);
            let mut bounds = fresh();
            assert_eq!(many(&mut bounds, |_| odd, 1), 100);
            assert_eq!(many(&mut bounds, |_| odd, 10_001), 100);
        }
    }

    #[test]
    fn h2_09_an_acknowledgement_settles() {
        let mut bounds = fresh();
        bounds.incoming(&frame(SETTINGS, 0, 0, 0), 1).unwrap();
        assert!(!bounds.settled);
        bounds.incoming(&frame(SETTINGS, ACK, 0, 0), 1).unwrap();
        assert!(bounds.settled);
    }
}
