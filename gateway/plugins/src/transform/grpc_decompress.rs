//! `grpc-decompress`: messages of gRPC and Triple calls reach servers uncompressed that cannot read compressed ones (the gRPC project's
//! "gRPC Compression").

use std::io::Read;
use std::sync::Arc;

use bytes::Bytes;
use flate2::read::{MultiGzDecoder, ZlibDecoder};
use gateway_engine::buf::Chunk;
use gateway_engine::exchange::{Exchange, Framing};
use gateway_engine::headers::{Headers, Name};
use gateway_engine::plugin::{Build, Definition, Exit, Phases, Plugin, RequestFilter, Step};
use gateway_engine::wire::WireError;
use gateway_model::plugin::PluginSpec;
use serde::Deserialize;

use super::grpc_frames::{FrameError, Frames, PREFIX};
use crate::conf::{header_name, maybe_int, parse};
use crate::docs::{Doc, Example};

const NAME: &str = "grpc-decompress";

pub(crate) fn definition() -> Definition {
    Definition {
        spec: PluginSpec::new(NAME, 499, include_str!("../schemas/grpc-decompress.json")),
        phases: Phases::ACCESS,
        build: |build: &Build<'_>| Ok(Arc::new(GrpcDecompress { conf: parse(build.conf)? })),
        metadata: None,
    }
}

pub(crate) const DOC: Doc = Doc {
    about: "Takes the compression off the messages of gRPC calls, for servers that cannot read compressed ones: Java's provider of Triple (Dubbo \
            3.3) fails such calls, and some clients, Rust's `dubbo` among them, send no others. The upstream's scheme is `grpc`, `grpcs` \
            or `tri`.\n\n\
            Messages in `gzip` and `deflate` are read, one by one as they come, streams included; the call goes on without \
            `grpc-encoding`. A call in any other coding is answered with `UNIMPLEMENTED` and `grpc-accept-encoding`, as gRPC has it. One \
            that says nothing of a coding passes as it is, and so do answers.\n\n\
            A message that is broken ends its call with `INTERNAL`, one over `max_message_size` with `RESOURCE_EXHAUSTED`, and so does a stream \
            that grows, in all, to more than a hundred times what was sent and one such message.",
    fields: &[(
        "max_message_size",
        "Longest message, in bytes, compressed or not; absent: `gateway.limits.grpc_message_bytes`.",
    )],
    example: Example {
        about: "It needs a gRPC server beside the demo: the greeter of [gRPC's quick start](https://grpc.io/docs/languages/python/quickstart/), \
                on port 50051.",
        objects: &[(
            "routes/example",
            r#"{
  "uri": "/helloworld.Greeter/*",
  "upstream": {"scheme": "grpc", "nodes": {"127.0.0.1:50051": 1}},
  "plugins": {"grpc-decompress": {}}
}"#,
        )],
        requests: r#"# A call as a client that compresses sends it: the message in gzip, behind a byte that says so and four for its length.
$ printf '\n\5world' | gzip -n > /tmp/message
$ (printf "\1\0\0\0\\$(printf %o $(wc -c < /tmp/message))"; cat /tmp/message) > /tmp/call
$ curl -s http://127.0.0.1:9080/helloworld.Greeter/SayHello --http2-prior-knowledge -H 'Content-Type: application/grpc' -H 'TE: trailers' \
    -H 'grpc-encoding: gzip' --data-binary @/tmp/call | grep -a -o 'Hello[ -~]*'
Hello, world!
# A coding that is not read here.
$ curl -s http://127.0.0.1:9080/helloworld.Greeter/SayHello --http2-prior-knowledge -H 'Content-Type: application/grpc' -H 'TE: trailers' \
    -H 'grpc-encoding: snappy' --data-binary @/tmp/call -D - | grep grpc-
grpc-accept-encoding: identity,gzip,deflate
grpc-status: 12
grpc-message: grpc-encoding: gzip and deflate are read here"#,
    },
};

const ENCODING: Name<'static> = Name::from_parts(0, b"grpc-encoding");

#[derive(Deserialize)]
struct Conf {
    #[serde(default, deserialize_with = "maybe_int")]
    max_message_size: Option<usize>,
}

struct GrpcDecompress {
    conf: Conf,
}

impl GrpcDecompress {
    /// Lets the call go on with messages that are not compressed, or says with which answer it is refused.
    fn accept(&self, x: &mut Exchange) -> Result<(), Exit> {
        let Some(coding) = Coding::of(&x.req.head).map_err(|Unknown| unknown())? else { return Ok(()) };
        let limit =
            self.conf.max_message_size.unwrap_or_else(|| x.worker().with_settings(|s| s.limits.grpc_message_bytes));
        let mut body = Body::new(coding, limit);
        match x.req.collected.take() {
            None => x.req.filter_body(Box::new(body)),
            Some(whole) => {
                let mut whole = Chunk::from(whole);
                body.piece(&mut whole, true)
                    .map_err(|e| Exit::page(if e == WireError::TooLarge { 413 } else { 400 }))?;
                let whole = whole.into_bytes();
                x.req.framing = Framing::Length(whole.len() as u64);
                x.req.collected = Some(whole);
            }
        }
        x.req.head.remove(ENCODING);
        Ok(())
    }
}

impl Plugin for GrpcDecompress {
    fn phases(&self) -> Phases {
        Phases::ACCESS
    }

    fn access<'a>(&'a self, x: &'a mut Exchange) -> Step<'a> {
        if !x.req.grpc {
            return Step::Next;
        }
        match self.accept(x) {
            Ok(()) => Step::Next,
            Err(exit) => Step::Exit(Box::new(exit)),
        }
    }
}

/// The answer to a call in a coding that is not read here.
#[cold]
fn unknown() -> Exit {
    let exit = Exit::error_msg(501, "grpc-encoding: gzip and deflate are read here");
    match header_name("grpc-accept-encoding") {
        Ok(name) => exit.header(name, "identity,gzip,deflate"),
        Err(_) => exit,
    }
}

/// How the messages of a call are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Coding {
    Gzip,
    /// The zlib format (RFC 1950), as in HTTP.
    Deflate,
}

/// A coding that is not read here.
#[derive(Debug, PartialEq, Eq)]
struct Unknown;

impl Coding {
    /// What a head says; `None`: that messages are not compressed.
    fn of(head: &Headers) -> Result<Option<Coding>, Unknown> {
        let mut lines = head.get_all(ENCODING);
        let Some(first) = lines.next() else { return Ok(None) };
        let coding = match first.trim_ascii() {
            b"" | b"identity" => None,
            b"gzip" => Some(Coding::Gzip),
            b"deflate" => Some(Coding::Deflate),
            _ => return Err(Unknown),
        };
        if lines.next().is_some() { Err(Unknown) } else { Ok(coding) }
    }

    /// Puts a message without its compression behind `out`; at most `most` bytes.
    fn decode(self, message: &[u8], most: usize, out: &mut Vec<u8>) -> Result<(), Broken> {
        match self {
            Coding::Gzip => read(MultiGzDecoder::new(message), most, out),
            Coding::Deflate => read(ZlibDecoder::new(message), most, out),
        }
    }
}

fn read(mut from: impl Read, mut most: usize, out: &mut Vec<u8>) -> Result<(), Broken> {
    let mut piece = [0; 8192];
    loop {
        let part = match from.read(&mut piece) {
            Ok(n) => piece.get(..n).unwrap_or_default(),
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(_) => return Err(Broken::Coding),
        };
        if part.is_empty() {
            return Ok(());
        }
        most = most.checked_sub(part.len()).ok_or(Broken::TooLarge)?;
        out.extend_from_slice(part);
    }
}

/// Why a body cannot go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Broken {
    Coding,
    TooLarge,
    Frame(FrameError),
}

impl From<FrameError> for Broken {
    fn from(error: FrameError) -> Broken {
        Broken::Frame(error)
    }
}

impl From<Broken> for WireError {
    fn from(broken: Broken) -> WireError {
        match broken {
            Broken::TooLarge | Broken::Frame(FrameError::TooLarge) => WireError::TooLarge,
            Broken::Coding => WireError::Protocol("a compressed message is broken"),
            Broken::Frame(FrameError::Flags | FrameError::Cut) => WireError::Protocol("no messages of gRPC"),
        }
    }
}

/// What was sent may become so many times as long (`hardening` §4), and the longest message longer: one of a single byte over and over
/// shrinks to a thousandth.
const MAX_RATIO: u64 = 100;

/// A request's body on its way.
pub(crate) struct Body {
    coding: Coding,
    frames: Frames,
    /// Longest message.
    limit: usize,
    /// Bytes of the messages that have come, and of what has gone on.
    received: u64,
    passed: u64,
}

impl Body {
    /// One whose messages have at most `limit` bytes each, compressed or not.
    pub(crate) fn new(coding: Coding, limit: usize) -> Body {
        Body { coding, frames: Frames::new(limit), limit, received: 0, passed: 0 }
    }
}

impl RequestFilter for Body {
    fn piece(&mut self, piece: &mut Chunk, last: bool) -> Result<(), WireError> {
        let Body { coding, frames, limit, received, passed } = self;
        let mut out = Vec::with_capacity(piece.len());
        frames.feed(piece.as_slice(), last, |compressed, message| {
            *received = received.saturating_add((PREFIX + message.len()) as u64);
            let at = out.len();
            out.extend_from_slice(&[0; PREFIX]);
            if compressed {
                let all = received.saturating_mul(MAX_RATIO).saturating_add(*limit as u64);
                let left = all.saturating_sub(*passed);
                coding.decode(message, usize::try_from(left).unwrap_or(usize::MAX).min(*limit), &mut out)?;
            } else {
                out.extend_from_slice(message);
            }
            *passed = passed.saturating_add((out.len() - at) as u64);
            fill(&mut out, at)
        })?;
        *piece = Chunk::from(Bytes::from(out));
        Ok(())
    }
}

/// Fills in the prefix of the message that begins at `at` and ends `out`.
fn fill(out: &mut [u8], at: usize) -> Result<(), Broken> {
    let length = u32::try_from(out.len().saturating_sub(at + PREFIX)).map_err(|_| Broken::TooLarge)?;
    let place = out.get_mut(at + 1..at + PREFIX).ok_or(Broken::TooLarge)?;
    place.copy_from_slice(&length.to_be_bytes());
    Ok(())
}

#[cfg(test)]
mod tests;
