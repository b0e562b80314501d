//! What is written: heads and chunks, always from the parsed form. Runs of fields that lie in their block exactly as they would
//! be written leave it by one copy; that the result is the same as writing each field is a tested property.

use bytes::Bytes;
use gateway_engine::buf::{Buf, Chunk};
use gateway_engine::headers::{Field, Headers, name};
use smallvec::SmallVec;

/// The parts of a head, in their order, not copied yet.
pub struct Pieces<'a> {
    list: SmallVec<[&'a [u8]; 24]>,
    len: usize,
}

impl<'a> Pieces<'a> {
    /// Nothing yet.
    #[allow(clippy::new_without_default)]
    pub fn new() -> Pieces<'a> {
        Pieces { list: SmallVec::new(), len: 0 }
    }

    /// One more part.
    #[inline]
    pub fn push(&mut self, part: &'a [u8]) {
        if !part.is_empty() {
            self.len += part.len();
            self.list.push(part);
        }
    }

    /// A field line.
    #[inline]
    pub fn line(&mut self, name: &'static [u8], value: &'a [u8]) {
        self.push(name);
        self.push(value);
        self.push(b"\r\n");
    }

    /// The fields of `head` that are passed on, less those whose names are in the set `never`. The first `lead` bytes of its
    /// block (a request line that is passed on as it came) go in front.
    #[inline]
    pub fn fields(&mut self, head: &'a Headers, never: u64, lead: usize) {
        let block = head.block();
        let (mut start, mut end) = (0, lead);
        for f in head.fields() {
            if f.flags & (Field::DEAD | Field::HOP) != 0 || never >> (f.id & 63) & 1 != 0 {
                continue;
            }
            let at = f.name as usize;
            if f.flags & Field::PLAIN != 0 {
                if at != end {
                    self.push(block.get(start..end).unwrap_or_default());
                    start = at;
                }
                end = f.val as usize + f.vlen as usize + 2;
            } else {
                self.push(block.get(start..end).unwrap_or_default());
                (start, end) = (0, 0);
                self.push(head.name(f).text());
                self.push(b": ");
                self.push(head.value(f));
                self.push(b"\r\n");
            }
        }
        self.push(block.get(start..end).unwrap_or_default());
    }

    /// How long the head is.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no part.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The head in front of `body`: in its headroom where it fits, so that both leave in one write. The second piece is the
    /// body where it does not.
    #[inline]
    pub fn before(&self, body: Chunk) -> (Chunk, Option<Chunk>) {
        match body {
            Chunk::Buf(mut buf) => match buf.reserve_front(self.len) {
                Some(room) => {
                    self.copy(room);
                    (Chunk::Buf(buf), None)
                }
                None => self.apart(Chunk::Buf(buf)),
            },
            Chunk::Bytes(bytes) => self.apart(Chunk::Bytes(bytes)),
        }
    }

    /// The head in a buffer of its own, the body behind it if it is small.
    fn apart(&self, body: Chunk) -> (Chunk, Option<Chunk>) {
        let mut buf = Buf::take();
        let Some(room) = buf.reserve_back(self.len) else {
            // Longer than a buffer: a plugin has added a lot.
            let mut head = vec![0; self.len];
            self.copy(&mut head);
            return (Chunk::Bytes(Bytes::from(head)), Some(body));
        };
        self.copy(room);
        if body.len() <= SMALL && buf.append(body.as_slice()) {
            return (Chunk::Buf(buf), None);
        }
        (Chunk::Buf(buf), Some(body))
    }

    #[inline]
    fn copy(&self, mut room: &mut [u8]) {
        for part in &self.list {
            // `room` is as long as all parts together.
            let Some((here, rest)) = room.split_at_mut_checked(part.len()) else { return };
            here.copy_from_slice(part);
            room = rest;
        }
    }

    /// The head as bytes.
    pub fn to_vec(&self) -> Vec<u8> {
        self.list.concat()
    }
}

/// The `Content-Length` line of a head, and the empty line that may follow it.
pub(crate) struct LengthLine {
    text: [u8; 40],
    start: usize,
}

impl LengthLine {
    /// The line that says `n`.
    #[inline]
    pub(crate) fn new(mut n: u64) -> LengthLine {
        const NAME: &[u8; 16] = b"Content-Length: ";
        const DIGITS_END: usize = 36;
        let mut text = [0; 40];
        text[DIGITS_END..].copy_from_slice(b"\r\n\r\n");
        let mut at = DIGITS_END;
        // Twenty digits at most: `at` does not go below the name's length.
        loop {
            at -= 1;
            text[at] = b'0' + (n % 10) as u8;
            n /= 10;
            if n == 0 {
                break;
            }
        }
        let start = at - NAME.len();
        text[start..at].copy_from_slice(NAME);
        LengthLine { text, start }
    }

    /// The line.
    #[inline]
    pub(crate) fn line(&self) -> &[u8] {
        self.text.get(self.start..38).unwrap_or_default()
    }

    /// The line as the last one of its head.
    #[inline]
    pub(crate) fn last(&self) -> &[u8] {
        self.text.get(self.start..).unwrap_or_default()
    }
}

/// Bodies up to this length are copied behind their head rather than written on their own.
const SMALL: usize = 16 << 10;

/// Names that describe this connection's framing: written from the parsed form, whatever a plugin has set.
pub const FRAMING: u64 = name::CONNECTION.bit()
    | name::KEEP_ALIVE.bit()
    | name::PROXY_CONNECTION.bit()
    | name::CONTENT_LENGTH.bit()
    | name::TRANSFER_ENCODING.bit()
    | name::UPGRADE.bit()
    | name::TRAILER.bit();

/// Frames `piece` as a chunk, and with `last` ends the body (with `trailers`, if there are any). The pieces go to `out` in
/// their order; nearly always it is one.
#[inline]
pub fn chunk(piece: Chunk, last: bool, trailers: Option<&Headers>, mut out: impl FnMut(Chunk)) {
    let end = if last && trailers.is_none() { LAST } else { PART };
    let n = piece.len();
    if n == 0 {
        // A chunk of no bytes would be the end.
        if last {
            out(Chunk::Bytes(match trailers {
                None => Bytes::from_static(b"0\r\n\r\n"),
                Some(_) => tail(trailers),
            }));
        }
        return;
    }
    let mut digits = [0; 18];
    let size = hex(n, &mut digits);
    let mut buf = match piece {
        Chunk::Buf(buf) => buf,
        Chunk::Bytes(bytes) => {
            let mut buf = Buf::take();
            if !buf.append(&bytes) {
                out(Chunk::Bytes(Bytes::copy_from_slice(size)));
                out(Chunk::Bytes(bytes));
                out(Chunk::Bytes(Bytes::from_static(end)));
                if last && trailers.is_some() {
                    out(Chunk::Bytes(tail(trailers)));
                }
                return;
            }
            buf
        }
    };
    let framed = buf.prepend(size);
    if !framed {
        out(Chunk::Bytes(Bytes::copy_from_slice(size)));
    }
    let ended = buf.append(end);
    out(Chunk::Buf(buf));
    if !ended {
        out(Chunk::Bytes(Bytes::from_static(end)));
    }
    if last && trailers.is_some() {
        out(Chunk::Bytes(tail(trailers)));
    }
}

const PART: &[u8] = b"\r\n";
const LAST: &[u8] = b"\r\n0\r\n\r\n";

/// The last chunk and the trailers.
fn tail(trailers: Option<&Headers>) -> Bytes {
    let mut text = b"0\r\n".to_vec();
    for (n, v) in trailers.iter().flat_map(|t| t.iter()) {
        text.extend_from_slice(&[n.text(), b": ", v, b"\r\n"].concat());
    }
    text.extend_from_slice(b"\r\n");
    Bytes::from(text)
}

/// `n` in hexadecimal and the line's end, in the last bytes of `into`.
fn hex(mut n: usize, into: &mut [u8; 18]) -> &[u8] {
    let mut at = 16;
    into[16] = b'\r';
    into[17] = b'\n';
    // At most sixteen digits of four bits: `at` stays above 0 until the last of them.
    loop {
        at -= 1;
        into[at] = b"0123456789abcdef"[n & 15];
        n >>= 4;
        if n == 0 || at == 0 {
            return &into[at..];
        }
    }
}

#[cfg(test)]
mod tests;
