//! Frame heads as they pass (RFC 9113 section 4.1). Nothing is decoded twice: a head is nine bytes, and of a payload at most the
//! first four are looked at.

/// What a frame's head says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    /// Length of the payload.
    pub(crate) len: u32,
    /// One of the kinds below, or an unknown one.
    pub(crate) kind: u8,
    /// Flags, as [`END_STREAM`] and its neighbours.
    pub(crate) flags: u8,
    /// The stream; 0 is the connection.
    pub(crate) id: u32,
    /// The payload's first bytes where they matter (the length of padding, an error code); else zeros.
    pub(crate) start: [u8; 4],
}

pub(crate) const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
pub(crate) const PRIORITY: u8 = 2;
pub(crate) const RST_STREAM: u8 = 3;
pub(crate) const SETTINGS: u8 = 4;
pub(crate) const PING: u8 = 6;
pub(crate) const GOAWAY: u8 = 7;
pub(crate) const WINDOW_UPDATE: u8 = 8;
pub(crate) const CONTINUATION: u8 = 9;

/// The last frame of its side of a stream.
pub(crate) const END_STREAM: u8 = 1;
/// It answers (of SETTINGS and PING).
pub(crate) const ACK: u8 = 1;
/// The last frame of a field block.
pub(crate) const END_HEADERS: u8 = 4;
/// The payload begins with the length of its padding.
pub(crate) const PADDED: u8 = 8;

/// Follows one direction of a connection.
#[derive(Debug)]
pub(crate) struct Frames {
    head: [u8; 9],
    have: u8,
    /// Bytes of the payload that are still to come.
    left: u32,
    /// How many of them are waited for before the frame is told.
    want: u8,
    frame: Frame,
}

impl Frames {
    /// A direction that begins with `skip` bytes that are no frame.
    pub(crate) fn new(skip: u32) -> Frames {
        let frame = Frame { len: 0, kind: 0, flags: 0, id: 0, start: [0; 4] };
        Frames { head: [0; 9], have: 0, left: skip, want: 0, frame }
    }

    /// Tells `seen` of each frame that begins in `bytes`, in order.
    #[inline]
    pub(crate) fn pass(&mut self, mut bytes: &[u8], mut seen: impl FnMut(&Frame)) {
        loop {
            if self.want > 0 {
                let Some((first, rest)) = bytes.split_first() else { return };
                self.start(*first);
                bytes = rest;
                if self.want == 0 {
                    seen(&self.frame);
                }
                continue;
            }
            if self.left > 0 {
                let n = bytes.len().min(self.left as usize);
                // At most `left`.
                self.left -= n as u32;
                bytes = bytes.get(n..).unwrap_or_default();
                if self.left > 0 {
                    return;
                }
            }
            if self.have == 0
                && let Some((head, rest)) = bytes.split_first_chunk::<9>()
            {
                bytes = rest;
                self.begin(*head);
            } else {
                let Some((first, rest)) = bytes.split_first() else { return };
                // Below nine, or it would have begun.
                self.head[usize::from(self.have)] = *first;
                self.have += 1;
                bytes = rest;
                if self.have < 9 {
                    continue;
                }
                self.have = 0;
                self.begin(self.head);
            }
            if self.want == 0 {
                seen(&self.frame);
            }
        }
    }

    #[inline]
    fn begin(&mut self, head: [u8; 9]) {
        let [a, b, c, kind, flags, s, t, u, v] = head;
        let len = u32::from_be_bytes([0, a, b, c]);
        let id = u32::from_be_bytes([s & 0x7f, t, u, v]);
        self.frame = Frame { len, kind, flags, id, start: [0; 4] };
        self.left = len;
        let want = match kind {
            RST_STREAM => 4,
            DATA if flags & PADDED != 0 => 1,
            _ => 0,
        };
        // At most four.
        self.want = want.min(len) as u8;
    }

    #[cold]
    fn start(&mut self, byte: u8) {
        let all = if self.frame.kind == RST_STREAM { 4u32 } else { 1 }.min(self.frame.len);
        let at = all.saturating_sub(u32::from(self.want));
        if let Some(place) = self.frame.start.get_mut(at as usize) {
            *place = byte;
        }
        self.want -= 1;
        self.left = self.left.saturating_sub(1);
    }
}

impl Frame {
    /// Whether `flag` is set.
    #[inline]
    pub(crate) fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    /// The error code of a RST_STREAM.
    pub(crate) fn code(&self) -> u32 {
        u32::from_be_bytes(self.start)
    }

    /// DATA without data: of no length, or all padding.
    pub(crate) fn hollow(&self) -> bool {
        self.len == 0 || (self.has(PADDED) && u32::from(self.start[0]) + 1 >= self.len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn bytes(len: u32, kind: u8, flags: u8, id: u32, payload: &[u8]) -> Vec<u8> {
        let mut out = len.to_be_bytes()[1..].to_vec();
        out.extend([kind, flags]);
        out.extend(id.to_be_bytes());
        out.extend(payload);
        out
    }

    #[test]
    fn heads_are_told_with_what_matters_of_their_payload() {
        let mut all = b"PRI".to_vec();
        all.extend(bytes(4, RST_STREAM, 0, 0x8000_0003, &8u32.to_be_bytes()));
        all.extend(bytes(3, DATA, PADDED, 5, &[2, 0, 0]));
        all.extend(bytes(3, DATA, PADDED | END_STREAM, 5, &[1, 7, 0]));
        all.extend(bytes(0, DATA, PADDED, 5, &[]));
        all.extend(bytes(2, RST_STREAM, 0, 7, &[9, 9]));
        all.extend(bytes(5, 200, 0, 0, b"hello"));
        let mut seen = Vec::new();
        Frames::new(3).pass(&all, |f| seen.push(*f));
        assert_eq!(seen.len(), 6);
        assert_eq!((seen[0].id, seen[0].code()), (3, 8));
        assert!(seen[1].hollow() && !seen[2].hollow() && seen[3].hollow());
        assert_eq!(seen[4].start, [9, 9, 0, 0]);
        assert_eq!((seen[5].kind, seen[5].len), (200, 5));
    }

    proptest! {
        #[test]
        fn however_the_bytes_are_cut_the_frames_are_the_same(
            frames in proptest::collection::vec((0u8..12, any::<u8>(), any::<u32>(), proptest::collection::vec(any::<u8>(), 0..20)), 0..12),
            cuts in proptest::collection::vec(1usize..30, 1..60),
        ) {
            let all: Vec<u8> = frames.iter().flat_map(|(kind, flags, id, payload)| bytes(payload.len() as u32, *kind, *flags, *id, payload)).collect();
            let mut whole = Vec::new();
            Frames::new(0).pass(&all, |f| whole.push(*f));
            prop_assert_eq!(whole.len(), frames.len());
            let (mut parts, mut rest) = (Vec::new(), &all[..]);
            let mut follower = Frames::new(0);
            for cut in cuts.iter().cycle() {
                if rest.is_empty() { break }
                let (now, later) = rest.split_at((*cut).min(rest.len()));
                follower.pass(now, |f| parts.push(*f));
                rest = later;
            }
            prop_assert_eq!(whole, parts);
        }
    }
}
