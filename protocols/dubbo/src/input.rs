//! Frames out of what is read of a connection.

use bytes::Bytes;
use gateway_dubbo_codec::frame::{FrameError, HEAD, Head};
use gateway_engine::buf::Buf;

/// What was read of a frame that is not whole. It grows with what comes, never with what is announced.
#[derive(Default)]
pub(crate) struct Input {
    rest: Vec<u8>,
}

impl Input {
    /// How many bytes it holds.
    pub(crate) fn held(&self) -> usize {
        self.rest.len()
    }

    /// The next frame of what was read, whose body may be `limit` bytes long; `None`: `read` is empty, and the frame it ended in
    /// is not whole.
    pub(crate) fn next(&mut self, read: &mut Buf, limit: u32) -> Result<Option<(Head, Bytes)>, FrameError> {
        if !self.rest.is_empty() {
            return self.go_on(read, limit);
        }
        let bytes = read.as_slice();
        if bytes.is_empty() {
            return Ok(None);
        }
        let Some(head) = Head::parse(bytes, limit)? else {
            self.keep(read, usize::MAX);
            return Ok(None);
        };
        let Some(body) = bytes.get(HEAD..head.frame_len()) else {
            self.keep(read, usize::MAX);
            return Ok(None);
        };
        let body = Bytes::copy_from_slice(body);
        read.advance(head.frame_len());
        Ok(Some((head, body)))
    }

    /// The same where a frame has begun.
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
        let (mut input, mut all) = (Input::default(), Vec::new());
        for piece in bytes.chunks(piece) {
            let mut buf = Buf::take();
            assert!(buf.append(piece));
            while let Some((head, body)) = input.next(&mut buf, 100_000)? {
                all.push((head.id, body.to_vec()));
            }
            assert!(buf.is_empty());
        }
        Ok(all)
    }

    #[test]
    fn frames_are_the_same_in_any_pieces() {
        let bodies: [&[u8]; 5] = [b"", b"a", &[7; 300], &[8; 70_000], b"end"];
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
