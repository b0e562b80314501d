//! The answer of a call: messages as JSON, a status as a status of HTTP.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use gateway_engine::exchange::Exchange;
use gateway_engine::headers::{HeaderName, Headers, name};

use super::super::decode::Coding;
use super::super::grpc_frames::{FrameError, Frames};
use super::GrpcTranscode;
use crate::proto::{Fields, Item, MessageId, Method, Schema, binary, text};

/// An answer on its way.
pub(super) struct Answer {
    frames: Frames,
    output: MessageId,
    streaming: bool,
    /// Messages so far.
    count: u64,
    /// `grpc-encoding` says gzip.
    gzip: bool,
    limit: usize,
    /// What is not out yet: the one message, until its call's status is known.
    held: Vec<u8>,
    failed: Option<Failed>,
}

/// Why an answer cannot be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Failed {
    Frame(FrameError),
    /// Compressed as nobody asked for, or broken.
    Compressed,
    /// More than one message of a method that answers one.
    Several,
    Message,
}

impl From<FrameError> for Failed {
    fn from(error: FrameError) -> Failed {
        Failed::Frame(error)
    }
}

impl Answer {
    /// The answer with this head; a message may be so long on the wire.
    pub(super) fn new(method: &Method, head: &Headers, limit: usize) -> Answer {
        let encoding = HeaderName::new("grpc-encoding").ok();
        let encoding = encoding.and_then(|name| head.get(name.as_name()).map(<[u8]>::to_ascii_lowercase));
        Answer {
            frames: Frames::new(limit),
            output: method.output,
            streaming: method.server_streaming,
            count: 0,
            gzip: encoding.as_deref() == Some(b"gzip"),
            limit,
            held: Vec::new(),
            failed: None,
        }
    }

    /// What may go out after `piece`: of a stream, the messages that end in it.
    pub(super) fn next(&mut self, plugin: &GrpcTranscode, schema: &Schema, piece: &[u8]) -> Vec<u8> {
        let mut out = std::mem::take(&mut self.held);
        self.take(plugin, schema, piece, false, &mut out);
        if self.streaming { out } else { std::mem::replace(&mut self.held, out) }
    }

    /// The same after the last piece; with the status, and the head if it is still here.
    pub(super) fn last(mut self, plugin: &GrpcTranscode, schema: &Schema, piece: &[u8], x: &mut Exchange) -> Vec<u8> {
        let mut out = std::mem::take(&mut self.held);
        self.take(plugin, schema, piece, true, &mut out);
        self.end(plugin, schema, x, &mut out);
        out
    }

    /// Writes the messages that end in `piece`.
    fn take(&mut self, plugin: &GrpcTranscode, schema: &Schema, piece: &[u8], last: bool, out: &mut Vec<u8>) {
        if self.failed.is_some() {
            return;
        }
        let (streaming, gzip, limit, output) = (self.streaming, self.gzip, self.limit, self.output);
        let count = &mut self.count;
        let taken = self.frames.feed(piece, last, |compressed, message| {
            *count += 1;
            if !streaming && *count > 1 {
                return Err(Failed::Several);
            }
            let decoded;
            let message = match compressed {
                false => message,
                true if gzip => {
                    decoded = Coding::Gzip.decode(message, limit, false).ok_or(Failed::Compressed)?;
                    &decoded
                }
                true => return Err(Failed::Compressed),
            };
            let start = out.len();
            if plugin.output.message(schema, output, message, out).is_err() {
                out.truncate(start);
                return Err(Failed::Message);
            }
            if streaming {
                out.push(b'\n');
            }
            Ok(())
        });
        self.failed = taken.err();
    }

    fn end(self, plugin: &GrpcTranscode, schema: &Schema, x: &mut Exchange, out: &mut Vec<u8>) {
        let status = status(x);
        match status {
            Some(0) | None if self.failed.is_none() && (self.count > 0 || self.streaming || status.is_some()) => {
                if self.count == 0 && !self.streaming {
                    // No message is one without fields.
                    let _ = plugin.output.message(schema, self.output, &[], out);
                }
            }
            Some(0) | None => {
                tracing::warn!(service = &*plugin.service, method = &*plugin.method, failed = ?self.failed, "grpc-transcode: the answer is no message");
                if !x.resp.started {
                    out.clear();
                    x.resp.status = 502;
                    x.resp.head.remove(name::TRAILER);
                    plain(x, "failed to decode response data by protobuf", out);
                } else {
                    // Lines are out; that they do not end well stands behind them.
                    x.resp.trailers.get_or_insert_default().set_static(name::GRPC_STATUS, "13");
                }
            }
            Some(status) => failed_call(plugin, schema, x, status, out),
        }
    }
}

/// The status in the trailers, or in a head alone.
fn status(x: &Exchange) -> Option<u32> {
    let trailers = x.resp.trailers.as_deref().and_then(|t| t.get(name::GRPC_STATUS));
    let text = trailers.or_else(|| x.resp.head.get(name::GRPC_STATUS))?;
    // What is no number is a status nobody knows.
    Some(std::str::from_utf8(text).ok().and_then(|t| t.parse().ok()).unwrap_or(2))
}

/// The status of HTTP for a status of gRPC.
pub(super) fn http_status(status: u32) -> u16 {
    match status {
        1 => 499,
        2 | 13 | 15 => 500,
        3 | 9 | 11 => 400,
        4 => 504,
        5 => 404,
        6 | 10 => 409,
        7 => 403,
        8 => 429,
        12 => 501,
        14 => 503,
        16 => 401,
        _ => 599,
    }
}

/// A call that failed. What a stream has sent before stays.
fn failed_call(plugin: &GrpcTranscode, schema: &Schema, x: &mut Exchange, status: u32, out: &mut Vec<u8>) {
    if !x.resp.started && out.is_empty() {
        x.resp.status = http_status(status);
        x.resp.head.remove(name::TRAILER);
        // Status and message stand in the head, wherever they came from.
        if let Some(trailers) = x.resp.trailers.take() {
            for (name, value) in trailers.iter().filter(|(name, _)| is_status(name.text())) {
                // A value that came in a field may stand in one.
                let _ = x.resp.head.set(name, value);
            }
        }
        x.resp.head.set_static(name::CONTENT_TYPE, "application/json");
    } else if !x.resp.started && !out.is_empty() && !out.ends_with(b"\n") {
        // One message, then a failure: the failure counts.
        out.clear();
        return failed_call(plugin, schema, x, status, out);
    }
    if !plugin.status_in_body {
        return;
    }
    let fields = x.resp.trailers.as_deref().unwrap_or(&x.resp.head);
    let details = HeaderName::new(DETAILS).ok().and_then(|name| fields.get(name.as_name()).map(<[u8]>::to_vec));
    let shown = match details {
        Some(details) => Status::of_details(&details),
        None => Ok(Status { code: status, message: message(fields), details: Vec::new() }),
    };
    let start = out.len();
    match shown.and_then(|status| status.write(plugin, schema, out)) {
        Ok(()) if start > 0 || x.resp.started => out.push(b'\n'),
        Ok(()) => {}
        Err(error) => {
            tracing::warn!(error, "grpc-transcode: the details of a status cannot be shown");
            out.truncate(start);
            if !x.resp.started && start == 0 {
                plain(x, error, out);
            }
        }
    }
}

const DETAILS: &str = "grpc-status-details-bin";

fn is_status(name: &[u8]) -> bool {
    ["grpc-status", "grpc-message", DETAILS].iter().any(|known| name.eq_ignore_ascii_case(known.as_bytes()))
}

fn plain(x: &mut Exchange, text: &str, out: &mut Vec<u8>) {
    x.resp.head.set_static(name::CONTENT_TYPE, "text/plain; charset=utf-8");
    out.extend_from_slice(text.as_bytes());
}

/// `grpc-message` without its percent-encoding.
fn message(fields: &Headers) -> String {
    let raw = fields.get(name::GRPC_MESSAGE).unwrap_or_default();
    let mut out = Vec::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((byte, tail)) = rest.split_first() {
        let digits = tail.get(..2).filter(|_| *byte == b'%').and_then(|d| std::str::from_utf8(d).ok());
        match digits.filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit())).and_then(|d| u8::from_str_radix(d, 16).ok()) {
            Some(decoded) => {
                out.push(decoded);
                rest = tail.get(2..).unwrap_or_default();
            }
            None => {
                out.push(*byte);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// `google.rpc.Status`.
struct Status {
    code: u32,
    message: String,
    /// Type and content of each detail.
    details: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Status {
    /// Out of `grpc-status-details-bin`.
    fn of_details(field: &[u8]) -> Result<Status, &'static str> {
        const BASE64: GeneralPurpose = GeneralPurpose::new(
            &STANDARD,
            GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
        );
        const BROKEN: &str = "failed to call pb.decode to decode grpc-status-details-bin";
        let bytes = BASE64.decode(field).map_err(|_| "grpc-status-details-bin is not base64 format")?;
        let mut status = Status { code: 0, message: String::new(), details: Vec::new() };
        for item in Fields::of(&bytes) {
            match item.map_err(|_| BROKEN)? {
                // Codes are small numbers.
                (1, _, Item::Bits(code)) => status.code = u32::try_from(code).unwrap_or(2),
                (2, _, Item::Bytes(message)) => status.message = String::from_utf8_lossy(message).into_owned(),
                (3, _, Item::Bytes(any)) => {
                    let (mut kind, mut value) = (Vec::new(), Vec::new());
                    for part in Fields::of(any) {
                        match part.map_err(|_| BROKEN)? {
                            (1, _, Item::Bytes(bytes)) => kind = bytes.to_vec(),
                            (2, _, Item::Bytes(bytes)) => value = bytes.to_vec(),
                            _ => {}
                        }
                    }
                    status.details.push((kind, value));
                }
                _ => {}
            }
        }
        Ok(status)
    }

    fn write(&self, plugin: &GrpcTranscode, schema: &Schema, out: &mut Vec<u8>) -> Result<(), &'static str> {
        out.extend_from_slice(format!("{{\"error\":{{\"code\":{},\"message\":", self.code).as_bytes());
        text(&self.message, out);
        out.extend_from_slice(b",\"details\":[");
        for (at, (kind, value)) in self.details.iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            match &plugin.detail {
                Some(detail) => {
                    let id = schema.message_named(detail.trim_start_matches('.'));
                    id.and_then(|id| plugin.output.message(schema, id, value, out).ok())
                        .ok_or("failed to call pb.decode to decode details in grpc-status-details-bin")?;
                }
                None => {
                    out.extend_from_slice(b"{\"type_url\":");
                    text(&String::from_utf8_lossy(kind), out);
                    out.extend_from_slice(b",\"value\":");
                    binary(value, out);
                    out.push(b'}');
                }
            }
        }
        out.extend_from_slice(b"]}}");
        Ok(())
    }
}
