//! Doors for fuzz targets into what reads bytes from outside.

use bytes::Bytes;
use gateway_engine::buf::Chunk;
use gateway_engine::plugin::RequestFilter;
use serde_json::{Map, Value};

use crate::auth::hmac_auth::signature::Parameters;
use crate::auth::jwt_auth::token::Token;
use crate::auth::jwt_auth::{bare, number};
use crate::proto::{self, Defaults, Input, Int64, Output, Schema};
use crate::transform::grpc_frames::{FrameError, Frames};
use crate::transform::{grpc_decompress, grpc_web};

/// The body of a request in `application/grpc-web-text` without its base64, given in pieces of so many bytes; `None`: it is
/// refused.
pub fn web_text(body: &[u8], piece: usize) -> Option<Vec<u8>> {
    let (mut decoder, mut out) = (grpc_web::Decoder::default(), Vec::new());
    for part in body.chunks(piece.max(1)) {
        decoder.piece(part, false, &mut out).ok()?;
    }
    decoder.piece(&[], true, &mut out).ok()?;
    Some(out)
}

/// The same bytes as a client or the gateway encodes them.
pub fn to_web_text(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    grpc_web::encode(bytes, &mut out);
    out
}

/// The messages of a gRPC body, and whether each is compressed; `None`: it is refused.
pub fn messages(body: &[u8], piece: usize, limit: usize) -> Option<Vec<(bool, Vec<u8>)>> {
    let (mut frames, mut all) = (Frames::new(limit), Vec::new());
    let mut each = |compressed: bool, message: &[u8]| {
        all.push((compressed, message.to_vec()));
        Ok::<(), FrameError>(())
    };
    for part in body.chunks(piece.max(1)) {
        frames.feed(part, false, &mut each).ok()?;
    }
    frames.feed(&[], true, &mut each).ok()?;
    Some(all)
}

/// The body of a gRPC call without the compression of its messages (gzip, or deflate), given in pieces of so many bytes; `None`: it is
/// refused.
pub fn decompressed(body: &[u8], deflate: bool, piece: usize, limit: usize) -> Option<Vec<u8>> {
    let coding = if deflate { grpc_decompress::Coding::Deflate } else { grpc_decompress::Coding::Gzip };
    let (mut filter, mut out) = (grpc_decompress::Body::new(coding, limit), Vec::new());
    let mut pass = |part: &[u8], last| {
        let mut part = Chunk::from(Bytes::copy_from_slice(part));
        filter.piece(&mut part, last).map(|()| out.extend_from_slice(part.as_slice()))
    };
    for part in body.chunks(piece.max(1)) {
        pass(part, false).ok()?;
    }
    pass(&[], true).ok()?;
    Some(out)
}

/// A protobuf definition.
pub struct Proto(Schema);

impl Proto {
    /// Compiles the content of an object under `/protos`.
    pub fn compile(content: &str) -> Option<Proto> {
        proto::compile(content).ok().map(Proto)
    }

    /// A message as JSON; bits of `style` choose how.
    pub fn to_json(&self, message: &str, bytes: &[u8], style: u8) -> Option<Vec<u8>> {
        let how = Output {
            enum_names: style & 1 == 0,
            int64: [Int64::Number, Int64::Text, Int64::Hex][usize::from(style >> 1) % 3],
            defaults: if style & 128 == 0 { Defaults::None } else { Defaults::All },
            limit: 1 << 20,
        };
        let mut out = Vec::new();
        how.message(&self.0, self.0.message_named(message)?, bytes, &mut out).ok().map(|()| out)
    }

    /// A message for the wire.
    pub fn to_wire(&self, message: &str, object: &Map<String, Value>) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        let id = self.0.message_named(message)?;
        Input { limit: 1 << 22 }.message(&self.0, id, object, &mut out).ok().map(|()| out)
    }
}

/// A JWT as `jwt-auth` reads it.
#[derive(Debug, PartialEq)]
pub struct Jwt {
    /// What the signature is over.
    pub signed: Vec<u8>,
    /// The signature, in base64url.
    pub signature: Vec<u8>,
    /// The algorithm that the header names, if it is a text.
    pub algorithm: Option<Vec<u8>>,
    /// A claim, if it is a text.
    pub claim: Option<Vec<u8>>,
    /// The claim `exp`, if it is a number.
    pub expires: Option<f64>,
}

/// What `jwt-auth` reads in a line that holds a token; `None`: it is refused.
pub fn jwt(line: &[u8], claim: &str) -> Option<Jwt> {
    let mut room = Vec::new();
    let token = Token::read(bare(line), &mut room)?;
    let text = |node: &gateway_engine::expr::json::Node<'_>, name: &[u8]| Some(node.member(name)?.text()?.into_owned());
    Some(Jwt {
        signed: token.signed.to_vec(),
        signature: token.signature.to_vec(),
        algorithm: text(&token.header, b"alg"),
        claim: text(&token.claims, claim.as_bytes()),
        expires: token.claims.member(b"exp").and_then(number),
    })
}

/// What a client says of its signature, as `hmac-auth` reads it.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Signed {
    /// Whose key it was made with.
    pub key_id: Option<Vec<u8>>,
    /// How.
    pub algorithm: Option<Vec<u8>>,
    /// The names of what is signed.
    pub headers: Vec<Vec<u8>>,
    /// The signature.
    pub signature: Option<Vec<u8>>,
}

/// What `hmac-auth` reads in an `Authorization` line; `None`: it says nothing of a signature.
pub fn signature(line: &[u8]) -> Option<Signed> {
    let read = Parameters::read(line)?;
    Some(Signed {
        key_id: read.key_id.map(<[u8]>::to_vec),
        algorithm: read.algorithm.map(<[u8]>::to_vec),
        headers: read.headers().map(<[u8]>::to_vec).collect(),
        signature: read.signature.map(<[u8]>::to_vec),
    })
}
