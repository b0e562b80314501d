//! A consumer of Triple, a provider of Dubbo2: what is answered of the reply.

use super::failure::grpc_of;
use crate::call::limits;
use bytes::Bytes;
use gateway_dubbo_codec::answer::LONGEST_MESSAGE;
use gateway_dubbo_codec::frame::{Serialization, Status};
use gateway_dubbo_codec::hessian::walk::{Item, Walker};
use gateway_dubbo_codec::triple;
use gateway_engine::exchange::{Exchange, ReplyReader};
use gateway_engine::grpc;
use gateway_engine::headers::{Headers, Name, name};

/// Makes Triple's answers.
pub(super) const ANSWERS: &dyn ReplyReader = &Answers;

struct Answers;

/// The head says that the message is an exception; the number is that of what a method throws.
const EXCEPTION_CODE: Name<'static> = Name::from_parts(0, b"tri-exception-code");

impl ReplyReader for Answers {
    fn answer(&self, x: &mut Exchange, body: Bytes) -> Bytes {
        let (depth, room) = x.worker().with_settings(|s| (s.limits.dubbo.depth, s.limits.header_bytes));
        let reply = x.resp.reply;
        let status = reply.map_or(Status::Other(0), |reply| Status::from_code(reply.status));
        let hessian = reply.is_some_and(|reply| Serialization(reply.serialization) == Serialization::HESSIAN2);
        x.resp.status = 200;
        x.resp.head.set_static(name::CONTENT_TYPE, "application/grpc");
        let failed = match (status, hessian) {
            (Status::Ok, true) => match triple::answer(&body, limits(depth)) {
                Ok(answer) => {
                    let mut trailers = Headers::new();
                    grpc::put_status(&mut trailers, 0, "");
                    attach(&mut trailers, answer.attachments, room.min(MOST));
                    if answer.threw {
                        x.resp.head.set_static(EXCEPTION_CODE, "3");
                    }
                    finish(x, 0, trailers);
                    return answer.message.into();
                }
                Err(error) => (INTERNAL, format!("the answer cannot be read: {error}")),
            },
            (Status::Ok, false) => (INTERNAL, "the answer is not in hessian2".to_owned()),
            (failed, _) => (grpc_of(failed), said(&body, hessian, depth)),
        };
        let mut trailers = Headers::new();
        grpc::put_status(&mut trailers, failed.0, &failed.1);
        finish(x, failed.0, trailers);
        Bytes::new()
    }
}

/// INTERNAL of gRPC.
const INTERNAL: u16 = 13;

/// How much attachments may be as fields, in bytes: Java's Triple takes no more than 32 KiB of a head.
const MOST: usize = 16 << 10;

fn finish(x: &mut Exchange, status: u16, trailers: Headers) {
    x.resp.grpc_status = Some(status);
    x.resp.trailers = Some(Box::new(trailers));
}

/// Puts attachments into trailers. What cannot be read of them is left out.
fn attach(trailers: &mut Headers, attachments: gateway_dubbo_codec::attachments::Attachments<'_>, room: usize) {
    let pairs = attachments.map_while(Result::ok).map(|attachment| (attachment.key, attachment.value));
    for field in triple::fields(pairs, room) {
        if let Some(name) = Name::new(field.name.as_bytes()) {
            // It is printable.
            let _ = trailers.append(name, field.value.as_bytes());
        }
    }
}

/// The first line of what a provider says: it may be a whole stack trace.
fn said(body: &[u8], hessian: bool, depth: u32) -> String {
    let item = if hessian { Walker::new(body, limits(depth)).item().ok() } else { None };
    let Some(Item::Text(text)) = item else { return String::new() };
    let text = text.to_str();
    let line = text.lines().next().unwrap_or_default();
    line.chars().take(LONGEST_MESSAGE / 4).collect()
}
