//! Frames out of what is read of a connection.

use bytes::{Buf as _, Bytes};
use gateway_dubbo_codec::frame::{FrameError, HEAD, Head};
use gateway_engine::buf::Buf;

/// What was read and is no whole frame yet. It grows with what comes, never with what is announced.
#[derive(Default)]
pub(crate) struct Input {
    /// The beginning of a frame that does not stay in the buffer it was read into.
    rest: Vec<u8>,
    /// Small frames that were read together lie in one piece of memory.
    batch: Bytes,
}

/// Frames up to this size are copied out of the buffer they were read into, all that lie there together up to it.
const SMALL: usize = 8 << 10;

/// With so much of a frame in a buffer it is worth to wait there for the rest.
const WORTH: usize = 4 << 10;

impl Input {
    /// How many bytes it holds.
    pub(crate) fn held(&self) -> usize {
        self.rest.len() + self.batch.len()
    }

    /// What is held of a frame that has begun.
    pub(crate) fn begun(&self) -> Vec<u8> {
        self.rest.clone()
    }

    /// Whether there are frames that were taken out of their buffer and not handed over yet.
    pub(crate) fn waits(&self) -> bool {
        !self.batch.is_empty()
    }

    /// The next frame of what was read, whose body may be `limit` bytes long. `None`: it is not whole; what stays in `read` is its
    /// beginning, and the next read goes behind it.
    #[inline]
    pub(crate) fn next(&mut self, read: &mut Buf, limit: u32) -> Result<Option<(Head, Bytes)>, FrameError> {
        if self.batch.is_empty() {
            if !self.rest.is_empty() {
                return self.go_on(read, limit);
            }
            if read.is_empty() {
                return Ok(None);
            }
        }
        loop {
            if let Some(head) = Head::parse(&self.batch, limit)? {
                let whole = head.frame_len();
                if whole <= self.batch.len() {
                    let mut frame = self.batch.split_to(whole);
                    frame.advance(HEAD);
                    return Ok(Some((head, frame)));
                }
            }
            // What is left of a batch lies in front of the buffer still.
            self.batch = Bytes::new();
            let Some(head) = Head::parse(read.as_slice(), limit)? else { break };
            let whole = head.frame_len();
            if whole > read.len() {
                break;
            }
            if whole > SMALL {
                return Ok(Some((head, large(read, whole))));
            }
            let small = frames(read.as_slice(), limit);
            self.batch = Bytes::copy_from_slice(read.as_slice().get(..small).unwrap_or_default());
            read.advance(small);
        }
        if read.len() < WORTH || read.unfilled().is_empty() {
            self.keep(read, usize::MAX);
        }
        Ok(None)
    }

    /// The same where a frame has begun.
    #[cold]
    fn go_on(&mut self, read: &mut Buf, limit: u32) -> Result<Option<(Head, Bytes)>, FrameError> {
        if self.rest.len() < HEAD {
            self.keep(read, HEAD - self.rest.len());
        }
        let Some(head) = Head::parse(&self.rest, limit)? else { return Ok(None) };
        let whole = head.frame_len();
        self.keep(read, whole.saturating_sub(self.rest.len()));
        if self.rest.len() < whole {
            return Ok(None);
        }
        let mut frame = Bytes::from(std::mem::take(&mut self.rest));
        Ok(Some((head, frame.split_off(HEAD))))
    }

    /// Takes up to `n` bytes of what was read.
    fn keep(&mut self, read: &mut Buf, n: usize) {
        let n = n.min(read.len());
        self.rest.extend_from_slice(read.as_slice().get(..n).unwrap_or_default());
        read.advance(n);
    }
}

/// How many bytes the whole small frames at the beginning are, one at least, up to [`SMALL`] together.
fn frames(bytes: &[u8], limit: u32) -> usize {
    let mut end = 0;
    while let Some(rest) = bytes.get(end..)
        && let Ok(Some(head)) = Head::parse(rest, limit)
        && head.frame_len() <= rest.len()
        && end + head.frame_len() <= SMALL
    {
        end += head.frame_len();
    }
    end
}

/// The body of a large frame, which stays in the buffer it was read into.
fn large(read: &mut Buf, whole: usize) -> Bytes {
    let rest = read.split_off(whole);
    let mut frame = std::mem::replace(read, rest.unwrap_or_else(Buf::take));
    frame.advance(HEAD);
    Bytes::from_owner(frame)
}

#[cfg(test)]
mod tests {
    use super::*;
    use gateway_dubbo_codec::frame::{Flags, Serialization, Status};

    fn frame(id: u64, body: &[u8]) -> Vec<u8> {
        let flags = Flags::call(Serialization::HESSIAN2);
        let head = Head { flags, status: Status::Other(0), id, len: u32::try_from(body.len()).unwrap() };
        [&head.encode()[..], body].concat()
    }

    /// All frames of `bytes`, read in pieces.
    fn read(bytes: &[u8], piece: usize) -> Result<Vec<(u64, Vec<u8>)>, FrameError> {
        let (mut input, mut all, mut buf) = (Input::default(), Vec::new(), Buf::take());
        let mut rest = bytes;
        while !rest.is_empty() {
            let room = buf.unfilled();
            let (now, later) = rest.split_at(piece.min(rest.len()).min(room.len()));
            room[..now.len()].copy_from_slice(now);
            buf.filled(now.len());
            rest = later;
            while let Some((head, body)) = input.next(&mut buf, 100_000)? {
                all.push((head.id, body.to_vec()));
            }
            if buf.is_empty() {
                buf.clear();
            }
            assert!(buf.is_empty() || buf.len() >= WORTH);
        }
        assert_eq!(input.held() + buf.len(), 0);
        Ok(all)
    }

    #[test]
    fn frames_are_the_same_in_any_pieces() {
        let bodies: [&[u8]; 8] = [b"", b"a", &[7; 300], &[8; 70_000], b"middle", &[9; 40_000], &[10; 8190], b"end"];
        let wire: Vec<u8> = bodies.iter().enumerate().flat_map(|(id, body)| frame(id as u64, body)).collect();
        let expected: Vec<_> = bodies.iter().enumerate().map(|(id, body)| (id as u64, body.to_vec())).collect();
        for piece in [1, 2, 15, 16, 17, 33, 1000, 60_000] {
            assert_eq!(read(&wire, piece).unwrap(), expected, "in pieces of {piece}");
        }
    }

    #[test]
    fn what_is_no_frame_is_told_as_soon_as_it_shows() {
        assert_eq!(read(b"GET / HTTP/1.1\r\n", 1), Err(FrameError::Magic));
        assert_eq!(read(b"\xda\xba", 1), Err(FrameError::Magic));
        let mut long = frame(9, b"");
        long.splice(12..16, 100_001u32.to_be_bytes());
        for piece in [1, 16, 100] {
            assert!(matches!(read(&long, piece), Err(FrameError::Length { id: 9, announced: 100_001, .. })));
        }
    }

    #[test]
    fn what_is_announced_takes_no_room() {
        let mut announced = frame(1, b"");
        announced.splice(12..16, 100_000u32.to_be_bytes());
        let (mut input, mut buf) = (Input::default(), Buf::take());
        buf.append(&announced);
        buf.append(b"xyz");
        assert_eq!(input.next(&mut buf, 100_000), Ok(None));
        assert!(input.rest.capacity() < 1000);
    }
}
