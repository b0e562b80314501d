//! Chunked bodies (RFC 9112 section 7.1): an incremental decoder that works in place, and the framing of what is sent.

use crate::fields::{self, worth_parsing};
use crate::limits::{CHUNK_EXTENSIONS, CHUNK_LINE, Limits, Refuse, bad};
use gateway_engine::headers::{HeaderName, Headers, trailer};

/// Decodes one chunked body, whatever pieces it comes in.
#[derive(Debug, Default)]
pub struct Chunked {
    state: State,
    /// What is left of the present chunk; while its size is read, the size so far.
    left: u64,
    /// Bytes of the present line of framing.
    line: usize,
    /// Bytes of extensions so far, in the whole body.
    extensions: usize,
    /// Body bytes so far.
    total: u64,
    /// A trailer section that is not empty. Rare, so it costs a pointer.
    trailer: Option<Box<Trailer>>,
}

/// What [`Chunked::decode`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decoded {
    /// Where the body bytes lie in the bytes given.
    pub start: usize,
    /// How many they are.
    pub len: usize,
    /// How many of the bytes given were used up; what follows them is not of this body.
    pub used: usize,
    /// The body has ended, trailers included.
    pub done: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Size,
    Extension,
    SizeLf,
    Data,
    DataCr,
    DataLf,
    Trailer,
    Done,
}

#[derive(Debug, Default)]
struct Trailer {
    text: Vec<u8>,
    /// How much of it there was when it was parsed last.
    parsed: usize,
    fields: Headers,
}

impl Chunked {
    /// Decodes `bytes`. The body bytes of several chunks are moved together, so that there is always one run of them; a
    /// single chunk stays where it is. Everything is used up unless the body ends.
    ///
    /// # Errors
    /// When the framing is not exactly that of RFC 9112, or over a limit. The decoder is not to be used again then.
    pub fn decode(&mut self, bytes: &mut [u8], limits: &Limits) -> Result<Decoded, Refuse> {
        let (mut start, mut len, mut at) = (0, 0, 0);
        while at < bytes.len() && self.state != State::Done {
            match self.state {
                State::Data => {
                    let n = usize::try_from(self.left).unwrap_or(usize::MAX).min(bytes.len() - at);
                    if len == 0 {
                        start = at;
                    } else {
                        // `start + len <= at`: what lies between was framing.
                        bytes.copy_within(at..at + n, start + len);
                    }
                    len += n;
                    at += n;
                    self.left -= n as u64;
                    self.total = self.total.saturating_add(n as u64);
                    if self.left == 0 {
                        self.state = State::DataCr;
                    }
                }
                State::Trailer => at = self.trailer(bytes, at, limits)?,
                // Below the length, as the loop's condition says.
                _ => {
                    self.framing(bytes[at])?;
                    at += 1;
                }
            }
        }
        Ok(Decoded { start, len, used: at, done: self.state == State::Done })
    }

    /// Body bytes decoded so far, and those that the present chunk has announced.
    pub fn total(&self) -> u64 {
        let due = if self.state == State::Data { self.left } else { 0 };
        self.total.saturating_add(due)
    }

    /// The trailers that came, once the body has ended: those that were `declared` in `Trailer` and change nothing that was
    /// decided by the head.
    pub fn trailers(&self, declared: &[HeaderName]) -> Option<Headers> {
        let all = &self.trailer.as_ref().filter(|_| self.state == State::Done)?.fields;
        let mut kept = Headers::new();
        for (n, v) in all.iter().filter(|(n, _)| trailer::passes(*n) && declared.iter().any(|d| d.as_name() == *n)) {
            // Judged when it was parsed.
            let _ = kept.append(n, v);
        }
        (!kept.is_empty()).then_some(kept)
    }

    /// One byte of framing.
    #[inline]
    fn framing(&mut self, b: u8) -> Result<(), Refuse> {
        match (self.state, b) {
            (State::Size, _) => return self.size(b),
            (State::Extension, b'\r') => self.state = State::SizeLf,
            (State::Extension, b'\t' | 0x20..=0x7e | 0x80..) => {
                self.line += 1;
                self.extensions += 1;
                if self.line > CHUNK_LINE || self.extensions > CHUNK_EXTENSIONS {
                    return Err(bad("chunk extensions too long"));
                }
            }
            (State::Extension, _) => return Err(bad("bad byte in a chunk extension")),
            (State::SizeLf, b'\n') => {
                self.line = 0;
                self.state = if self.left == 0 { State::Trailer } else { State::Data };
            }
            (State::DataCr, b'\r') => self.state = State::DataLf,
            (State::DataLf, b'\n') => self.state = State::Size,
            (State::SizeLf, _) => return Err(bad("CR without LF in a chunk line")),
            _ => return Err(bad("chunk not followed by CRLF")),
        }
        Ok(())
    }

    /// One byte of a chunk's size: `1*16HEXDIG`, below 2^63.
    #[inline]
    fn size(&mut self, b: u8) -> Result<(), Refuse> {
        let digit = match b {
            b'0'..=b'9' => b - b'0',
            b'a'..=b'f' => b - b'a' + 10,
            b'A'..=b'F' => b - b'A' + 10,
            b'\r' if self.line > 0 => {
                self.state = State::SizeLf;
                return Ok(());
            }
            b';' if self.line > 0 => {
                self.state = State::Extension;
                return Ok(());
            }
            _ => return Err(bad("chunk size is not hexadecimal")),
        };
        self.line += 1;
        // Looked at before the shift, which would lose the high digits.
        if self.line > 16 || self.left > (i64::MAX as u64) >> 4 {
            return Err(bad("chunk size too large"));
        }
        self.left = self.left << 4 | u64::from(digit);
        Ok(())
    }

    /// The trailer section from `at` on; gives the offset of the first byte that was not used.
    fn trailer(&mut self, bytes: &[u8], at: usize, limits: &Limits) -> Result<usize, Refuse> {
        let new = bytes.get(at..).unwrap_or_default();
        if self.trailer.is_none() && new.starts_with(b"\r\n") {
            self.state = State::Done;
            return Ok(at + 2);
        }
        let trailer = self.trailer.get_or_insert_default();
        let old = trailer.text.len();
        trailer.text.extend_from_slice(new);
        if !worth_parsing(trailer.parsed, &trailer.text, old) {
            return Ok(bytes.len());
        }
        trailer.parsed = trailer.text.len();
        trailer.fields.clear();
        match fields::parse(&trailer.text, 0, limits, &mut trailer.fields)? {
            None => Ok(bytes.len()),
            Some(parsed) => {
                let end = parsed.end;
                trailer.fields.adopt(trailer.text.get(..end).unwrap_or_default());
                trailer.text = Vec::new();
                self.state = State::Done;
                // The section did not end within the old bytes, or it would have been seen then.
                Ok(at + end.saturating_sub(old))
            }
        }
    }
}

#[cfg(test)]
mod tests;
