//! What an upstream may do on one connection before it is cut: it is trusted no more than a client is (`reference/hardening`
//! section 3). Pure counting over frame heads.

use crate::frame::{self as frames, Frame};
use gateway_engine::settings::Http2;

/// A bucket of frames that carry no part of a body: it fills with time, and with each of ours that such frames answer.
#[derive(Debug)]
pub(crate) struct Bounds {
    /// In thousandths of a frame.
    tokens: u64,
    full: u64,
    /// How many more in a second.
    rate: u64,
    at: u64,
}

impl Bounds {
    pub(crate) fn new(limits: &Http2, now: u64) -> Bounds {
        let full = u64::from(limits.control_burst) * 1000;
        Bounds { tokens: full, full, rate: u64::from(limits.control_frames) / 10, at: now }
    }

    /// A frame of the upstream's; `false`: it is one too many.
    #[inline]
    pub(crate) fn incoming(&mut self, frame: &Frame, now: u64) -> bool {
        if frame.kind == frames::DATA && (frame.has(frames::END_STREAM) || !frame.hollow()) {
            return true;
        }
        self.control(now)
    }

    /// A frame that carries nothing; `false`: there were too many.
    pub(crate) fn control(&mut self, now: u64) -> bool {
        let passed = now.saturating_sub(self.at);
        if passed > 0 {
            // Thousandths by milliseconds.
            self.tokens = (self.tokens + passed.min(3_600_000) * self.rate).min(self.full);
            self.at = now;
        }
        let left = self.tokens.checked_sub(1000);
        self.tokens = left.unwrap_or(self.tokens);
        left.is_some()
    }

    /// A frame of ours; `false`: the upstream has made us send one too many.
    #[inline]
    pub(crate) fn outgoing(&mut self, frame: &Frame) -> bool {
        let answers = match frame.kind {
            // A head, trailers, a reset of what it did not read, a word in between.
            frames::HEADERS => 4000,
            // Two windows to be opened, and how long the way is may be asked.
            frames::DATA => 3000,
            frames::RST_STREAM => return self.reset(frame),
            _ => return true,
        };
        self.tokens = (self.tokens + answers).min(self.full);
        true
    }

    /// PROTOCOL_ERROR, FLOW_CONTROL_ERROR, STREAM_CLOSED, FRAME_SIZE_ERROR are the upstream's mistakes: a hundred at once.
    #[cold]
    fn reset(&mut self, frame: &Frame) -> bool {
        if !matches!(frame.code(), 1 | 3 | 5 | 6) {
            return true;
        }
        let left = self.tokens.checked_sub(self.full / 100);
        self.tokens = left.unwrap_or(self.tokens);
        left.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(kind: u8, flags: u8, len: u32) -> Frame {
        Frame { len, kind, flags, id: 1, start: [0; 4] }
    }

    fn fresh() -> Bounds {
        Bounds::new(&Http2::default(), 1)
    }

    fn many(bounds: &mut Bounds, frame: &Frame, now: u64) -> u32 {
        (0..100_000).take_while(|_| bounds.incoming(frame, now)).count() as u32
    }

    #[test]
    fn h2_07_frames_without_a_body_are_a_bucket_that_fills_again() {
        for kind in [frames::SETTINGS, frames::PING, frames::HEADERS, frames::RST_STREAM, frames::GOAWAY, 5, 200] {
            let mut bounds = fresh();
            assert_eq!(many(&mut bounds, &frame(kind, 0, 8), 1), 2000, "{kind}");
            assert_eq!(many(&mut bounds, &frame(kind, 0, 8), 1001), 100, "{kind}");
            assert_eq!(many(&mut bounds, &frame(kind, 0, 8), 10_000_000), 2000, "no more than it holds");
        }
        let mut bounds = fresh();
        assert_eq!(many(&mut bounds, &frame(frames::DATA, 0, 0), 1), 2000, "empty pieces");
        assert_eq!(many(&mut bounds, &frame(frames::DATA, 0, 9), 1), 100_000, "pieces");
    }

    #[test]
    fn answers_to_what_was_sent_cost_nothing() {
        let mut bounds = fresh();
        for _ in 0..100_000 {
            assert!(bounds.outgoing(&frame(frames::HEADERS, frames::END_HEADERS, 30)));
            assert!(bounds.outgoing(&frame(frames::DATA, 0, 30)));
            for kind in [frames::WINDOW_UPDATE, frames::WINDOW_UPDATE, frames::PING, frames::HEADERS, frames::HEADERS] {
                assert!(bounds.incoming(&frame(kind, 0, 8), 1));
            }
        }
    }

    #[test]
    fn h2_02_streams_that_it_makes_us_reset_are_few() {
        let reset = |code: u32| Frame { start: code.to_be_bytes(), ..frame(frames::RST_STREAM, 0, 4) };
        let mut bounds = fresh();
        assert!((0..10_000).all(|_| bounds.outgoing(&reset(8))), "those that we cancel are nobody's mistake");
        assert_eq!((0..10_000).take_while(|_| bounds.outgoing(&reset(1))).count(), 100);
    }
}
