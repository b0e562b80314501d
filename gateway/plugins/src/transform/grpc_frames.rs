//! Messages of a gRPC body: each behind one byte of flags and its length in four (the gRPC project's "gRPC over HTTP/2").

/// Takes a body apart, whatever pieces it comes in.
#[derive(Debug)]
pub(crate) struct Frames {
    /// What has come of the present message, its prefix included.
    held: Vec<u8>,
    /// A message may be so long, in bytes.
    limit: usize,
}

/// Why a body cannot be taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FrameError {
    /// A message is over the limit.
    #[error("a message is over the limit")]
    TooLarge,
    /// Flags that mean nothing.
    #[error("unknown flags")]
    Flags,
    /// The body ends inside of a message.
    #[error("cut off")]
    Cut,
}

/// Bytes in front of a message.
pub(crate) const PREFIX: usize = 5;

impl Frames {
    /// Messages may be so long.
    pub(crate) fn new(limit: usize) -> Frames {
        Frames { held: Vec::new(), limit }
    }

    /// Gives each message that ends in `piece` to `each`, and whether it is compressed. With `last` the body must be whole.
    ///
    /// # Errors
    /// [`FrameError`], or what `each` says.
    pub(crate) fn feed<E: From<FrameError>>(
        &mut self,
        mut piece: &[u8],
        last: bool,
        mut each: impl FnMut(bool, &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        loop {
            if self.held.is_empty() {
                // What is whole in the piece is not copied.
                let Some((flag, length)) = self.prefix(piece)? else { break };
                let Some(message) = piece.get(PREFIX..PREFIX + length) else { break };
                each(flag, message)?;
                piece = piece.get(PREFIX + length..).unwrap_or_default();
                continue;
            }
            let missing = match self.prefix(&self.held)? {
                None => PREFIX - self.held.len(),
                Some((_, length)) => PREFIX + length - self.held.len(),
            };
            let (part, rest) = piece.split_at_checked(missing).unwrap_or((piece, &[]));
            self.held.extend_from_slice(part);
            piece = rest;
            match self.prefix(&self.held)? {
                Some((flag, length)) if self.held.len() == PREFIX + length => {
                    let message = std::mem::take(&mut self.held);
                    each(flag, message.get(PREFIX..).unwrap_or_default())?;
                }
                _ if piece.is_empty() => break,
                _ => {}
            }
        }
        self.held.extend_from_slice(piece);
        if last && !self.held.is_empty() { Err(FrameError::Cut.into()) } else { Ok(()) }
    }

    /// Flag and length of the message that begins here, if so much is there.
    fn prefix(&self, bytes: &[u8]) -> Result<Option<(bool, usize)>, FrameError> {
        let Some((&[flag, a, b, c, d], _)) = bytes.split_first_chunk::<PREFIX>() else { return Ok(None) };
        let flag = match flag {
            0 => false,
            1 => true,
            _ => return Err(FrameError::Flags),
        };
        let length = u32::from_be_bytes([a, b, c, d]);
        match usize::try_from(length) {
            Ok(length) if length <= self.limit => Ok(Some((flag, length))),
            _ => Err(FrameError::TooLarge),
        }
    }
}

/// Makes room for a prefix: the message is written behind it, then [`close`] fills it in.
pub(crate) fn open() -> Vec<u8> {
    vec![0; PREFIX]
}

/// Fills in the prefix of a message that is whole; `None` when it is too long for one.
pub(crate) fn close(mut framed: Vec<u8>) -> Option<Vec<u8>> {
    let length = u32::try_from(framed.len().checked_sub(PREFIX)?).ok()?;
    framed.get_mut(1..PREFIX)?.copy_from_slice(&length.to_be_bytes());
    Some(framed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(body: &[u8], piece: usize, limit: usize) -> Result<Vec<(bool, Vec<u8>)>, FrameError> {
        let (mut frames, mut got) = (Frames::new(limit), Vec::new());
        let pieces: Vec<&[u8]> = if body.is_empty() { vec![body] } else { body.chunks(piece).collect() };
        for (i, piece) in pieces.iter().enumerate() {
            frames.feed::<FrameError>(piece, i + 1 == pieces.len(), |flag, message| {
                got.push((flag, message.to_vec()));
                Ok(())
            })?;
        }
        Ok(got)
    }

    #[test]
    fn bounds() {
        for piece in 1..8 {
            assert_eq!(read(b"", piece, 9), Ok(vec![]));
            assert_eq!(read(b"\0\0\0\0\0", piece, 0), Ok(vec![(false, vec![])]));
            assert_eq!(
                read(b"\0\0\0\0\x02ab\x01\0\0\0\0", piece, 2),
                Ok(vec![(false, b"ab".to_vec()), (true, vec![])])
            );
            assert_eq!(read(b"\0\0\0\0\x02ab", piece, 1), Err(FrameError::TooLarge));
            assert_eq!(read(b"\0\xFF\xFF\xFF\xFF", piece, 4 << 20), Err(FrameError::TooLarge));
            assert_eq!(read(b"\0\0\0\0\x02a", piece, 9), Err(FrameError::Cut));
            assert_eq!(read(b"\0\0\0", piece, 9), Err(FrameError::Cut));
            assert_eq!(read(b"\x80\0\0\0\0", piece, 9), Err(FrameError::Flags));
        }
    }

    proptest! {
        #[test]
        fn messages_come_back(messages in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..20), 0..6), piece in 1usize..60) {
            let body: Vec<u8> = messages.iter().flat_map(|m| close([&open(), &**m].concat()).unwrap()).collect();
            let got: Vec<_> = read(&body, piece, 20).unwrap().into_iter().map(|(_, m)| m).collect();
            prop_assert_eq!(got, messages);
        }

        #[test]
        fn never_panics(body in prop::collection::vec(any::<u8>(), 0..60), piece in 1usize..60) {
            prop_assert_eq!(read(&body, piece, 40), read(&body, 100, 40));
        }
    }
}
