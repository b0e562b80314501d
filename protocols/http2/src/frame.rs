//! Frame heads (RFC 9113 section 4.1), and the numbers that stand in frames.

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
pub(crate) const PUSH_PROMISE: u8 = 5;
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
/// Priority stands before the field block.
pub(crate) const PRIORITIZED: u8 = 0x20;

/// Length of a frame's head in bytes.
pub(crate) const HEAD: usize = 9;

/// Longest payload of the frames of both sides: what everybody has to take (SETTINGS_MAX_FRAME_SIZE), in bytes.
pub(crate) const PAYLOAD: usize = 16 << 10;

/// Highest number of a stream, and of what a window may be.
pub(crate) const HIGHEST: u32 = 0x7fff_ffff;

/// Error codes (RFC 9113 section 7).
pub(crate) mod code {
    pub(crate) const NO_ERROR: u32 = 0;
    pub(crate) const PROTOCOL_ERROR: u32 = 1;
    pub(crate) const INTERNAL_ERROR: u32 = 2;
    pub(crate) const FLOW_CONTROL_ERROR: u32 = 3;
    pub(crate) const SETTINGS_TIMEOUT: u32 = 4;
    pub(crate) const STREAM_CLOSED: u32 = 5;
    pub(crate) const FRAME_SIZE_ERROR: u32 = 6;
    pub(crate) const REFUSED_STREAM: u32 = 7;
    pub(crate) const CANCEL: u32 = 8;
    pub(crate) const COMPRESSION_ERROR: u32 = 9;
    pub(crate) const ENHANCE_YOUR_CALM: u32 = 11;
}

/// Settings (RFC 9113 section 6.5.2, RFC 8441 section 3).
pub(crate) mod setting {
    pub(crate) const HEADER_TABLE_SIZE: u16 = 1;
    pub(crate) const ENABLE_PUSH: u16 = 2;
    pub(crate) const MAX_CONCURRENT_STREAMS: u16 = 3;
    pub(crate) const INITIAL_WINDOW_SIZE: u16 = 4;
    pub(crate) const MAX_FRAME_SIZE: u16 = 5;
    pub(crate) const MAX_HEADER_LIST_SIZE: u16 = 6;
    pub(crate) const ENABLE_CONNECT_PROTOCOL: u16 = 8;
}

impl Frame {
    /// The head at the beginning of `bytes`, with what of the payload is there; `None`: it is not whole.
    #[inline]
    pub(crate) fn read(bytes: &[u8]) -> Option<Frame> {
        let (head, payload) = bytes.split_first_chunk::<HEAD>()?;
        let [a, b, c, kind, flags, s, t, u, v] = *head;
        let len = u32::from_be_bytes([0, a, b, c]);
        let id = u32::from_be_bytes([s & 0x7f, t, u, v]);
        let mut frame = Frame { len, kind, flags, id, start: [0; 4] };
        if kind == RST_STREAM || (kind == DATA && flags & PADDED != 0) {
            for (to, from) in frame.start.iter_mut().zip(payload.iter().take(len as usize)) {
                *to = *from;
            }
        }
        Some(frame)
    }

    /// The nine bytes of a head. `len` is below 2^24.
    #[inline]
    pub(crate) fn head(len: usize, kind: u8, flags: u8, id: u32) -> [u8; HEAD] {
        let [_, a, b, c] = (len as u32).to_be_bytes();
        let [s, t, u, v] = id.to_be_bytes();
        [a, b, c, kind, flags, s, t, u, v]
    }

    /// The payload without its padding. `None`: there is more padding than payload.
    #[inline]
    pub(crate) fn unpadded<'a>(&self, payload: &'a [u8]) -> Option<&'a [u8]> {
        if !self.has(PADDED) {
            return Some(payload);
        }
        let (padding, rest) = payload.split_first()?;
        rest.len().checked_sub(usize::from(*padding)).and_then(|n| rest.get(..n))
    }

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

    #[test]
    fn padding_is_taken_off_or_too_long() {
        let frame = |flags| Frame { len: 0, kind: DATA, flags, id: 1, start: [0; 4] };
        assert_eq!(frame(0).unpadded(b"\x01ab"), Some(&b"\x01ab"[..]));
        assert_eq!(frame(PADDED).unpadded(b"\x01ab"), Some(&b"a"[..]));
        assert_eq!(frame(PADDED).unpadded(b"\x02ab"), Some(&b""[..]));
        assert_eq!(frame(PADDED).unpadded(b"\x03ab"), None);
        assert_eq!(frame(PADDED).unpadded(b""), None);
    }

    #[test]
    fn what_matters_of_a_payload_is_in_the_frame() {
        let bytes = |len, kind, flags, payload: &[u8]| [&Frame::head(len, kind, flags, 3)[..], payload].concat();
        let read = |bytes: Vec<u8>| Frame::read(&bytes).unwrap();
        assert_eq!(read(bytes(4, RST_STREAM, 0, &8u32.to_be_bytes())).code(), 8);
        assert_eq!(read(bytes(2, RST_STREAM, 0, &[9, 9, 9])).start, [9, 9, 0, 0]);
        assert!(read(bytes(3, DATA, PADDED, &[2, 0, 0])).hollow());
        assert!(!read(bytes(3, DATA, PADDED, &[1, 7, 0])).hollow());
        assert!(read(bytes(0, DATA, PADDED, &[])).hollow());
        assert!(Frame::read(&[0; 8]).is_none());
    }

    proptest! {
        #[test]
        fn heads_go_there_and_back(len in 0u32..1 << 24, kind: u8, flags: u8, id in 0u32..1 << 31) {
            let frame = Frame::read(&Frame::head(len as usize, kind, flags, id)).unwrap();
            prop_assert_eq!(frame, Frame { len, kind, flags, id, start: [0; 4] });
        }
    }
}
