//! The reply of Dubbo2 that an answer of Triple is.

use crate::call::limits;
use crate::triple::failure::{Failure, http_of};
use crate::triple::message;
use bytes::Bytes;
use gateway_dubbo_codec::answer;
use gateway_dubbo_codec::frame::{Serialization, Status};
use gateway_dubbo_codec::hessian::write;
use gateway_dubbo_codec::triple::{self, CONVERT, Converted, Value, is_reserved, restored};
use gateway_engine::exchange::{Exchange, Framing, Reply};
use gateway_engine::grpc;
use gateway_engine::headers::{Headers, Name, name};
use gateway_engine::wire::WireError;

const EXCEPTION_CODE: Name<'static> = Name::from_parts(0, b"tri-exception-code");
const CONVERTED: Name<'static> = Name::from_parts(0, CONVERT.as_bytes());
const ENCODING: Name<'static> = Name::from_parts(0, b"grpc-encoding");

/// Makes the reply: its head goes to `x.resp`, whose head is that of the answer; gives the body.
///
/// # Errors
/// The answer is none that could be passed on.
pub(super) fn make(x: &mut Exchange, body: &[u8], trailers: &Headers) -> Result<Bytes, WireError> {
    let head = std::mem::take(&mut x.resp.head);
    let told = grpc::status_in(trailers).or_else(|| grpc::status_in(&head));
    let status = match told {
        Some(status) => status,
        None if x.resp.status == 200 => return Err(WireError::Protocol("an answer without grpc-status")),
        None => grpc::status_of(x.resp.status),
    };
    let reads_attachments = x.req.call.is_some_and(|call| call.reads_attachments);
    let mut reply =
        Reply { status: Status::Ok.code(), serialization: Serialization::HESSIAN2.0, threw: false, declined: false };
    let out = if status == 0 {
        reply.threw = head.contains(EXCEPTION_CODE);
        let (most, depth) = (message::most(x), x.worker().with_settings(|s| s.limits.dubbo.depth));
        let message = message::only(body, head.get(ENCODING), most)
            .map_err(|_| WireError::Protocol("an answer that is not one message"))?;
        let attachments = reads_attachments.then(|| attachments(&head, trailers));
        let attachments =
            attachments.as_ref().map(|all| all.iter().map(|(name, value)| (name.as_str(), value.clone())));
        triple::reply(&message, reply.threw, attachments, limits(depth))
            .map_err(|_| WireError::Protocol("an answer that wraps no value"))?
    } else {
        let message =
            [trailers, &head].into_iter().find_map(|fields| fields.get(name::GRPC_MESSAGE)).unwrap_or_default();
        let message = said(message, status);
        reply.declined = status == grpc::UNAVAILABLE && x.resp.framing == Framing::None;
        let mut out = Vec::new();
        match Failure::of(status) {
            Failure::Status(failed) => {
                reply.status = failed.code();
                write::text(&mut out, &message);
            }
            Failure::Exception(code) => {
                reply.threw = true;
                answer::exception_body(&mut out, reads_attachments, code, &message);
            }
        }
        out
    };
    x.resp.status = http_of(status);
    x.resp.reply = Some(reply);
    x.resp.framing = Framing::Length(out.len() as u64);
    Ok(out.into())
}

/// What an answer says beside its result.
fn attachments<'h>(head: &'h Headers, trailers: &'h Headers) -> Vec<(String, Value<'h>)> {
    let mut all: Vec<(String, Value<'h>)> = Vec::new();
    for fields in [head, trailers] {
        let converted = Converted::read(fields.get(CONVERTED));
        for (name, value) in fields.iter() {
            let Some((plain, value)) = restored(name.as_str(), value) else { continue };
            if is_reserved(plain) {
                continue;
            }
            let name = converted.original(plain);
            all.retain(|(known, _)| known != name);
            all.push((name.to_owned(), value));
        }
    }
    all
}

/// What `grpc-message` says, in one line.
fn said(message: &[u8], status: u16) -> String {
    let text = unescaped(message);
    match text.lines().next() {
        Some(line) if !line.is_empty() => line.to_owned(),
        _ => format!("the provider has answered with the status {status} of gRPC"),
    }
}

/// A text out of a field: bytes beyond ASCII, and `%`, stand there as `%XX`.
fn unescaped(text: &[u8]) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((b, more)) = rest.split_first() {
        let hex = |b: u8| char::from(b).to_digit(16);
        rest = more;
        match more {
            [high, low, tail @ ..] if *b == b'%' => match (hex(*high), hex(*low)) {
                (Some(high), Some(low)) => {
                    // Both are below sixteen.
                    out.push((high << 4 | low) as u8);
                    rest = tail;
                }
                _ => out.push(b'%'),
            },
            _ => out.push(*b),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_read_as_they_are_written() {
        for (wire, text) in [
            (&b"plain"[..], "plain"),
            (b"50 %25", "50 %"),
            (b"%C3%A9%0Aat x", "é"),
            (b"100%", "100%"),
            (b"%zz%4", "%zz%4"),
            (b"", "the provider has answered with the status 2 of gRPC"),
        ] {
            assert_eq!(said(wire, 2), text);
        }
    }
}
