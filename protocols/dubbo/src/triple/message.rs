//! The one message of a body, out of its frame.

use flate2::bufread::MultiGzDecoder;
use gateway_dubbo_codec::triple::{Frame, FrameError};
use gateway_engine::exchange::Exchange;
use std::borrow::Cow;
use std::io::Read as _;

/// How long a message may be, in bytes: as long as the body of a call, and a frame around it.
pub(super) fn most(x: &Exchange) -> usize {
    let payload = x.worker().with_settings(|s| s.limits.dubbo.payload_bytes);
    usize::try_from(payload).unwrap_or(usize::MAX)
}

/// Why there is no message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoMessage {
    #[error(transparent)]
    Frame(#[from] FrameError),
    #[error("the message is compressed in a way that is not read here; gzip is")]
    Coding,
    #[error("the message is compressed, and broken")]
    Broken,
    #[error("the message is longer than is allowed")]
    TooLong,
}

impl NoMessage {
    /// What it is where a status of HTTP tells of it.
    pub(super) fn status(self) -> u16 {
        match self {
            // Streams are nothing that a call could be; and a coding is what another one could be used for.
            NoMessage::Frame(FrameError::Several) | NoMessage::Coding => 501,
            NoMessage::TooLong => 413,
            NoMessage::Frame(_) | NoMessage::Broken => 400,
        }
    }
}

/// The message of a body that is one frame, whose `grpc-encoding` is `coding`.
///
/// # Errors
/// There is none, or it is not to be read, or is longer than `most` bytes.
pub(super) fn only<'b>(body: &'b [u8], coding: Option<&[u8]>, most: usize) -> Result<Cow<'b, [u8]>, NoMessage> {
    let frame = Frame::only(body)?;
    if !frame.compressed {
        return Ok(Cow::Borrowed(frame.message));
    }
    match coding {
        Some(b"gzip") => {}
        // The gRPC project: a message that says so without a coding is broken.
        None | Some(b"identity") => return Err(NoMessage::Broken),
        Some(_) => return Err(NoMessage::Coding),
    }
    let mut out = Vec::new();
    let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    // A message may be several members one behind the other (RFC 1952 §2.2), which are one text.
    MultiGzDecoder::new(frame.message).take(limit).read_to_end(&mut out).map_err(|_| NoMessage::Broken)?;
    if out.len() > most {
        return Err(NoMessage::TooLong);
    }
    Ok(Cow::Owned(out))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    fn framed(flag: u8, message: &[u8]) -> Vec<u8> {
        let len = u32::try_from(message.len()).unwrap();
        [&[flag][..], &len.to_be_bytes(), message].concat()
    }

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn a_message_is_had_out_of_its_frame() {
        let zipped = framed(1, &gzip(&[7; 10_000]));
        assert!(zipped.len() < 100);
        assert_eq!(*only(&framed(0, b"m"), None, 1).unwrap(), *b"m");
        assert!(only(&framed(0, b""), Some(b"gzip"), 0).unwrap().is_empty());
        assert_eq!(*only(&zipped, Some(b"gzip"), 10_000).unwrap(), [7; 10_000]);
        let members = framed(1, &[gzip(b"one "), gzip(b""), gzip(b"two")].concat());
        assert_eq!(*only(&members, Some(b"gzip"), 7).unwrap(), *b"one two");
        assert_eq!(only(&members, Some(b"gzip"), 6), Err(NoMessage::TooLong));
        let cut = framed(1, &[gzip(b"one "), gzip(b"two")[..12].to_vec()].concat());
        assert_eq!(only(&cut, Some(b"gzip"), 100), Err(NoMessage::Broken));
        let more = framed(1, &[gzip(b"one "), b"more".to_vec()].concat());
        assert_eq!(only(&more, Some(b"gzip"), 100), Err(NoMessage::Broken));
        assert_eq!(only(&zipped, Some(b"gzip"), 9_999), Err(NoMessage::TooLong));
        assert_eq!(only(&zipped, Some(b"snappy"), 10_000), Err(NoMessage::Coding));
        assert_eq!(only(&zipped, None, 10_000), Err(NoMessage::Broken));
        assert!(only(&zipped[..zipped.len() - 1], Some(b"gzip"), 10_000) == Err(FrameError::Truncated.into()));
        assert_eq!(only(&framed(1, b"none"), Some(b"gzip"), 100), Err(NoMessage::Broken));
        let two = [framed(0, b"a"), framed(0, b"b")].concat();
        assert_eq!(only(&two, None, 100), Err(FrameError::Several.into()));
        assert_eq!(only(b"", None, 100), Err(FrameError::Truncated.into()));
        assert_eq!(only(&framed(2, b""), None, 100), Err(FrameError::Flag.into()));
    }
}
