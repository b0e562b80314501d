//! ZooKeeper's protocol, as much of it as a reader needs: frames of a length and bytes, numbers big-endian, texts with their length.

use crate::SourceError;

/// Longest frame that is taken, in bytes. The server's own bound for one node is 1 MiB; lists of children are longer.
pub(super) const LONGEST: usize = 8 << 20;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Op {
    Exists,
    Data,
    Children,
}

impl Op {
    const fn code(self) -> i32 {
        match self {
            Op::Exists => 3,
            Op::Data => 4,
            Op::Children => 8,
        }
    }
}

/// The number of a ping.
pub(super) const PING: i32 = -2;
/// The number of an authentication.
pub(super) const AUTH: i32 = -4;
/// The number of what nobody has asked for: a watch has fired.
const EVENT: i32 = -1;

/// What a server sends.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Incoming<'a> {
    /// Something has changed at this path.
    Event(&'a str),
    /// The answer to the request of that number.
    Answer { xid: i32, error: i32, body: &'a [u8] },
}

/// The greeting of a client that has no session yet.
pub(super) fn greeting(timeout_ms: i32) -> Vec<u8> {
    let mut out = Writer::new();
    out.int(0);
    out.long(0);
    out.int(timeout_ms);
    out.long(0);
    out.bytes(&[0; 16]);
    out.frame()
}

/// The session's timeout in milliseconds, out of the server's greeting.
pub(super) fn greeted(frame: &[u8]) -> Result<u64, SourceError> {
    let mut read = Reader(frame);
    read.int()?;
    match u64::try_from(read.int()?) {
        Ok(timeout) if timeout > 0 => Ok(timeout),
        _ => Err(SourceError::Refused("no session".to_owned())),
    }
}

pub(super) fn request(xid: i32, op: Op, path: &str) -> Vec<u8> {
    let mut out = Writer::new();
    out.int(xid);
    out.int(op.code());
    out.bytes(path.as_bytes());
    // It is watched.
    out.0.push(1);
    out.frame()
}

pub(super) fn ping() -> Vec<u8> {
    let mut out = Writer::new();
    out.int(PING);
    out.int(11);
    out.frame()
}

/// Says who this is, by the scheme `digest`.
pub(super) fn auth(digest: &str) -> Vec<u8> {
    let mut out = Writer::new();
    out.int(AUTH);
    out.int(100);
    out.int(0);
    out.bytes(b"digest");
    out.bytes(digest.as_bytes());
    out.frame()
}

pub(super) fn incoming(frame: &[u8]) -> Result<Incoming<'_>, SourceError> {
    let mut read = Reader(frame);
    let xid = read.int()?;
    read.long()?;
    let error = read.int()?;
    if xid != EVENT {
        return Ok(Incoming::Answer { xid, error, body: read.0 });
    }
    // Its kind and the state of the session: what matters is where.
    read.int()?;
    read.int()?;
    let path = std::str::from_utf8(read.bytes()?).map_err(|_| malformed("a path that is no text"))?;
    Ok(Incoming::Event(path))
}

/// The data of a node.
pub(super) fn data(body: &[u8]) -> Result<&[u8], SourceError> {
    Reader(body).bytes()
}

/// The names of a node's children.
pub(super) fn children(body: &[u8]) -> Result<Vec<Box<str>>, SourceError> {
    let mut read = Reader(body);
    let count = usize::try_from(read.int()?).unwrap_or_default();
    // Each has a length at least: no number makes more room than the frame has.
    let mut names = Vec::with_capacity(count.min(read.0.len() / 4));
    for _ in 0..count {
        let name = std::str::from_utf8(read.bytes()?).map_err(|_| malformed("a name that is no text"))?;
        names.push(name.into());
    }
    Ok(names)
}

/// What an error's number means.
pub(super) fn refusal(error: i32) -> SourceError {
    match error {
        NO_NODE => SourceError::Absent,
        -102 => SourceError::Refused("no right to read there: `auth` may be missing or wrong".to_owned()),
        -112 => SourceError::Lost,
        -115 => SourceError::Refused("`auth` is not accepted".to_owned()),
        other => SourceError::Refused(format!("error {other}")),
    }
}

/// There is no such node.
pub(super) const NO_NODE: i32 = -101;

fn malformed(what: &str) -> SourceError {
    SourceError::Malformed(what.to_owned())
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], SourceError> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or_else(|| malformed("a frame that ends too early"))?;
        self.0 = rest;
        Ok(taken)
    }

    fn int(&mut self) -> Result<i32, SourceError> {
        let bytes = self.take(4)?;
        Ok(bytes.iter().fold(0u32, |n, b| n << 8 | u32::from(*b)).cast_signed())
    }

    fn long(&mut self) -> Result<(), SourceError> {
        self.take(8).map(drop)
    }

    fn bytes(&mut self) -> Result<&'a [u8], SourceError> {
        // -1 is none.
        let length = usize::try_from(self.int()?).unwrap_or_default();
        self.take(length)
    }
}

struct Writer(Vec<u8>);

impl Writer {
    fn new() -> Writer {
        Writer(vec![0; 4])
    }

    fn int(&mut self, n: i32) {
        self.0.extend_from_slice(&n.to_be_bytes());
    }

    fn long(&mut self, n: i64) {
        self.0.extend_from_slice(&n.to_be_bytes());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.int(i32::try_from(bytes.len()).unwrap_or(i32::MAX));
        self.0.extend_from_slice(bytes);
    }

    fn frame(mut self) -> Vec<u8> {
        let length = u32::try_from(self.0.len() - 4).unwrap_or(u32::MAX);
        for (at, byte) in self.0.iter_mut().zip(length.to_be_bytes()) {
            *at = byte;
        }
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_as_the_protocol_has_them() {
        assert_eq!(ping(), [0, 0, 0, 8, 255, 255, 255, 254, 0, 0, 0, 11]);
        assert_eq!(request(1, Op::Children, "/a"), [0, 0, 0, 15, 0, 0, 0, 1, 0, 0, 0, 8, 0, 0, 0, 2, b'/', b'a', 1]);
        assert_eq!(greeting(30_000).len(), 4 + 44);
        assert_eq!(greeted(&[0, 0, 0, 0, 0, 0, 0x27, 0x10, 1]).unwrap(), 10_000);
        assert!(greeted(&[0; 36]).is_err(), "the session is over");
    }

    #[test]
    fn what_comes_in() {
        let mut frame = vec![0, 0, 0, 7];
        frame.extend_from_slice(&[0; 8]);
        frame.extend_from_slice(&NO_NODE.to_be_bytes());
        assert_eq!(incoming(&frame).unwrap(), Incoming::Answer { xid: 7, error: -101, body: b"" });
        let mut event = EVENT.to_be_bytes().to_vec();
        event.extend_from_slice(&[0; 12]);
        event.extend_from_slice(&[0, 0, 0, 4, 0, 0, 0, 3, 0, 0, 0, 2, b'/', b'a']);
        assert_eq!(incoming(&event).unwrap(), Incoming::Event("/a"));
        assert_eq!(children(&[0, 0, 0, 2, 0, 0, 0, 1, b'a', 0, 0, 0, 0]).unwrap().join(","), "a,");
        assert!(children(&[127, 255, 255, 255]).is_err(), "more than there is");
        assert_eq!(data(&[255, 255, 255, 255]).unwrap(), b"");
        assert!(data(&[0, 0, 0, 9, 1]).is_err());
    }

    proptest::proptest! {
        #[test]
        fn whatever_comes_in(frame in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..64)) {
            let _ = incoming(&frame);
            let _ = greeted(&frame);
            let _ = children(&frame);
            let _ = data(&frame);
        }
    }
}
