//! The messages that wrap values (`TripleRequestWrapper`, `TripleResponseWrapper`), and the frames of gRPC around messages.

use super::Unfit;

/// A frame around a message (the gRPC project's "gRPC over HTTP/2", Length-Prefixed-Message).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame<'a> {
    /// The message is compressed.
    pub compressed: bool,
    /// The message.
    pub message: &'a [u8],
}

/// Why a body is not one frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// There is none, or it is not all there.
    #[error("the message is not all there")]
    Truncated,
    /// Something follows: another message of a stream.
    #[error("more than one message")]
    Several,
    /// Its first byte says nothing that it may say.
    #[error("no message of gRPC")]
    Flag,
}

/// How long the head of a frame is, in bytes.
const FRAME_HEAD: usize = 5;

impl<'a> Frame<'a> {
    /// The one frame that a body is.
    ///
    /// # Errors
    /// It is not one.
    pub fn only(body: &'a [u8]) -> Result<Frame<'a>, FrameError> {
        let (head, rest) = body.split_first_chunk::<FRAME_HEAD>().ok_or(FrameError::Truncated)?;
        let [flag, len @ ..] = *head;
        if flag > 1 {
            return Err(FrameError::Flag);
        }
        let len = usize::try_from(u32::from_be_bytes(len)).unwrap_or(usize::MAX);
        match rest.len() {
            n if n < len => Err(FrameError::Truncated),
            n if n > len => Err(FrameError::Several),
            _ => Ok(Frame { compressed: flag == 1, message: rest }),
        }
    }
}

/// Writes a message that is not compressed in its frame: `content` appends it.
fn frame(len: usize, content: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut out = Vec::with_capacity(len.saturating_add(FRAME_HEAD));
    out.extend([0; FRAME_HEAD]);
    content(&mut out);
    // Bodies are bounded below this.
    let len = u32::try_from(out.len().saturating_sub(FRAME_HEAD)).unwrap_or(u32::MAX);
    if let Some([_, place @ ..]) = out.first_chunk_mut::<FRAME_HEAD>() {
        *place = len.to_be_bytes();
    }
    out
}

/// A message that wraps arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request<'a> {
    /// The arguments, each in a stream of its own.
    pub arguments: Vec<&'a [u8]>,
    /// The names of their types, as Java's `Class.getName` gives them.
    pub types: Vec<&'a str>,
}

impl<'a> Request<'a> {
    /// The arguments that `message` wraps.
    ///
    /// # Errors
    /// It is no such message, or they are not in hessian2.
    pub fn parse(message: &'a [u8]) -> Result<Request<'a>, Unfit> {
        let mut request = Request { arguments: Vec::new(), types: Vec::new() };
        let mut serialization = None;
        let mut rest = message;
        while let Some((number, value)) = field(&mut rest)? {
            match (number, value) {
                (1, Some(value)) => serialization = Some(value),
                (2, Some(value)) => request.arguments.push(value),
                (3, Some(value)) => request.types.push(utf8(value)?),
                (1..=3, None) => return Err(Unfit::Protobuf),
                _ => {}
            }
            if request.arguments.len().max(request.types.len()) > crate::descriptor::MOST_PARAMETERS {
                return Err(Unfit::Types("there are more arguments than a method can have"));
            }
        }
        readable(serialization)?;
        Ok(request)
    }

    /// The message that wraps these, framed.
    pub fn write<'i>(
        serialization: &str,
        arguments: impl Iterator<Item = &'i [u8]> + Clone,
        types: impl Iterator<Item = &'i str> + Clone,
    ) -> Vec<u8> {
        const ROOM: usize = 11;
        let len = arguments.clone().map(|a| a.len() + ROOM).sum::<usize>()
            + types.clone().map(|t| t.len() + ROOM).sum::<usize>();
        frame(len + ROOM + serialization.len(), |out| {
            put(out, 1, serialization.as_bytes());
            arguments.for_each(|argument| put(out, 2, argument));
            types.for_each(|name| put(out, 3, name.as_bytes()));
        })
    }
}

/// A message that wraps a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Response<'a> {
    /// The result, in a stream of its own.
    pub data: &'a [u8],
    /// The name of its type.
    pub kind: &'a str,
}

impl<'a> Response<'a> {
    /// The result that `message` wraps.
    ///
    /// # Errors
    /// It is no such message, or the result is not in hessian2.
    pub fn parse(message: &'a [u8]) -> Result<Response<'a>, Unfit> {
        let (mut serialization, mut data, mut kind) = (None, None, "");
        let mut rest = message;
        while let Some((number, value)) = field(&mut rest)? {
            match (number, value) {
                (1, Some(value)) => serialization = Some(value),
                (2, Some(value)) => data = Some(value),
                (3, Some(value)) => kind = utf8(value)?,
                (1..=3, None) => return Err(Unfit::Protobuf),
                _ => {}
            }
        }
        readable(serialization)?;
        Ok(Response { data: data.ok_or(Unfit::Protobuf)?, kind })
    }

    /// The message that wraps this one, framed.
    pub fn write(serialization: &str, data: &[u8], kind: &str) -> Vec<u8> {
        frame(data.len() + kind.len() + serialization.len() + 24, |out| {
            put(out, 1, serialization.as_bytes());
            put(out, 2, data);
            put(out, 3, kind.as_bytes());
        })
    }
}

/// Whether values of this serialization are read here.
fn readable(serialization: Option<&[u8]>) -> Result<(), Unfit> {
    match serialization {
        Some(b"hessian4" | b"hessian2") => Ok(()),
        Some(other) if KNOWN.contains(&other) => Err(Unfit::Serialization(String::from_utf8_lossy(other).into_owned())),
        // The first field of a message of protobuf may be anything.
        _ => Err(Unfit::Protobuf),
    }
}

/// Other serializations of Dubbo's.
const KNOWN: [&[u8]; 7] = [b"fastjson2", b"fastjson", b"java", b"kryo", b"fst", b"msgpack", b"gson"];

fn utf8(bytes: &[u8]) -> Result<&str, Unfit> {
    std::str::from_utf8(bytes).map_err(|_| Unfit::Protobuf)
}

/// A field of a message of protobuf: its number, and its bytes where it has such.
type Numbered<'a> = (u64, Option<&'a [u8]>);

/// The next field. `None`: there are no more.
fn field<'a>(rest: &mut &'a [u8]) -> Result<Option<Numbered<'a>>, Unfit> {
    if rest.is_empty() {
        return Ok(None);
    }
    let key = varint(rest)?;
    let number = key >> 3;
    let value = match key & 7 {
        0 => {
            varint(rest)?;
            None
        }
        1 => {
            take(rest, 8)?;
            None
        }
        2 => {
            let len = varint(rest)?;
            Some(take(rest, usize::try_from(len).unwrap_or(usize::MAX))?)
        }
        5 => {
            take(rest, 4)?;
            None
        }
        _ => return Err(Unfit::Protobuf),
    };
    if number == 0 {
        return Err(Unfit::Protobuf);
    }
    Ok(Some((number, value)))
}

fn take<'a>(rest: &mut &'a [u8], n: usize) -> Result<&'a [u8], Unfit> {
    let (taken, left) = rest.split_at_checked(n).ok_or(Unfit::Protobuf)?;
    *rest = left;
    Ok(taken)
}

fn varint(rest: &mut &[u8]) -> Result<u64, Unfit> {
    let mut value = 0u64;
    for at in 0..10u32 {
        let (byte, left) = rest.split_first().ok_or(Unfit::Protobuf)?;
        *rest = left;
        // What does not fit is cut off, as readers of protobuf do.
        value |= u64::from(byte & 0x7f).checked_shl(at * 7).unwrap_or(0);
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err(Unfit::Protobuf)
}

/// Writes a field of bytes.
fn put(out: &mut Vec<u8>, number: u8, value: &[u8]) {
    out.push(number << 3 | 2);
    let mut len = value.len();
    while len > 0x7f {
        // Cut to its seven lowest bits.
        out.push(len as u8 | 0x80);
        len >>= 7;
    }
    out.push(len as u8);
    out.extend_from_slice(value);
}
