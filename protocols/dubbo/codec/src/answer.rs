//! Frames of the gateway's own: answers to calls that it refuses or cannot pass on, and events.

use crate::event::Event;
use crate::fastjson2::jsonb;
use crate::frame::{Flags, HEAD, Head, Serialization, Status};
use crate::hessian::write;
use crate::outcome::{Kind, Outcome};

/// The class of exceptions that every consumer knows. Only in an object of it is there a code that says what kind of error it is:
/// a consumer of Dubbo 3 throws an exception of this class whose root cause, again of this class, is what was sent.
pub const RPC_EXCEPTION: &str = "org.apache.dubbo.rpc.RpcException";

/// Codes of an [`RPC_EXCEPTION`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum RpcCode {
    /// Nothing is known of it.
    Unknown = 0,
    /// The connection to the provider.
    Network = 1,
    /// It took too long.
    Timeout = 2,
    /// What the service does itself.
    Business = 3,
    /// Not for this consumer.
    Forbidden = 4,
    /// It could not be read or written.
    Serialization = 5,
    /// There is no provider that could be called.
    NoInvokerAvailable = 6,
    /// More calls than are allowed.
    LimitExceeded = 7,
    /// The time was over before the call.
    TimeoutTerminate = 8,
    /// The registry.
    Registry = 9,
    /// The addresses that routers have chosen are not there.
    RouterCacheNotBuild = 10,
    /// There is no such method.
    MethodNotFound = 11,
    /// An argument is not valid.
    Validation = 12,
    /// The consumer has not shown who it is, or may not do this.
    Authorization = 13,
}

impl RpcCode {
    /// The code as a number.
    pub fn code(self) -> i32 {
        self as i32
    }
}

/// The longest message in an answer, in bytes: it is for a log line, not a stack trace.
pub const LONGEST_MESSAGE: usize = 1024;

/// Appends an answer that the call has not come to its method, with a short message.
///
/// It is in the serialization of the request. For one that is neither hessian2 nor fastjson2 it is in hessian2: its consumer will
/// not read the message, yet its call fails at once.
pub fn failure(out: &mut Vec<u8>, request: &Head, status: Status, message: &str) {
    let message = short(message);
    frame(out, request, status, |out, serialization| match serialization {
        Serialization::FASTJSON2 => chunk(out, |out| jsonb::text(out, message)),
        _ => write::text(out, message),
    });
}

/// Appends an answer of status 20 that an [`RPC_EXCEPTION`] was thrown. `attachments`: the consumer reads some, see
/// [`reads_attachments`](crate::invocation::reads_attachments).
pub fn exception(out: &mut Vec<u8>, request: &Head, attachments: bool, code: RpcCode, message: &str) {
    let message = short(message);
    frame(out, request, Status::Ok, |out, serialization| {
        let kind = Outcome::code(Kind::Exception, attachments);
        match serialization {
            Serialization::FASTJSON2 => {
                chunk(out, |out| out.extend([jsonb::INT8, kind]));
                chunk(out, |out| jsonb_exception(out, code, message));
                if attachments {
                    chunk(out, jsonb_attachments);
                }
            }
            _ => exception_body(out, attachments, code, message),
        }
    });
}

/// Appends the body of such an answer in hessian2, without its head.
pub fn exception_body(out: &mut Vec<u8>, attachments: bool, code: RpcCode, message: &str) {
    write::int(out, i32::from(Outcome::code(Kind::Exception, attachments)));
    hessian_exception(out, code, short(message));
    if attachments {
        hessian_attachments(out);
    }
}

/// Appends an answer of status 20 that the method returned a text, or null. `attachments` as for [`exception`].
pub fn value(out: &mut Vec<u8>, request: &Head, attachments: bool, text: Option<&str>) {
    let kind = Outcome::code(if text.is_some() { Kind::Value } else { Kind::Null }, attachments);
    frame(out, request, Status::Ok, |out, serialization| match serialization {
        Serialization::FASTJSON2 => {
            chunk(out, |out| out.extend([jsonb::INT8, kind]));
            if let Some(text) = text {
                chunk(out, |out| jsonb::text(out, text));
            }
            if attachments {
                chunk(out, jsonb_attachments);
            }
        }
        _ => {
            write::int(out, i32::from(kind));
            if let Some(text) = text {
                write::text(out, text);
            }
            if attachments {
                hessian_attachments(out);
            }
        }
    });
}

/// Appends an event that wants an answer: a heartbeat of the gateway's own.
pub fn heartbeat(out: &mut Vec<u8>, id: u64, serialization: Serialization) {
    event(out, Flags::call(serialization).event(), id, Event::Heartbeat);
}

/// Appends an event that wants none: [`Event::ReadOnly`] before the gateway leaves.
pub fn notice(out: &mut Vec<u8>, id: u64, serialization: Serialization, notice: Event) {
    event(out, Flags::one_way(serialization).event(), id, notice);
}

/// Appends the answer to a heartbeat. In a serialization that is not known here it says what the request said.
pub fn heartbeat_answer(out: &mut Vec<u8>, request: &Head, body: &[u8]) {
    let serialization = request.flags.serialization();
    let null = match serialization {
        Serialization::HESSIAN2 | Serialization::FASTJSON2 => Event::Heartbeat.body(serialization),
        _ => body,
    };
    let flags = Flags::response(serialization).event();
    let len = u32::try_from(null.len()).unwrap_or(0);
    out.extend(Head { flags, status: Status::Ok, id: request.id, len }.encode());
    out.extend_from_slice(null);
}

/// The version of the protocol that the gateway speaks.
pub const VERSION: &str = "2.0.2";

fn event(out: &mut Vec<u8>, flags: Flags, id: u64, event: Event) {
    let body = event.body(flags.serialization());
    let len = u32::try_from(body.len()).unwrap_or(0);
    out.extend(Head { flags, status: Status::Other(0), id, len }.encode());
    out.extend_from_slice(body);
}

/// An answer to `request`, whose body is written by `body`.
fn frame(out: &mut Vec<u8>, request: &Head, status: Status, body: impl FnOnce(&mut Vec<u8>, Serialization)) {
    let serialization = match request.flags.serialization() {
        Serialization::FASTJSON2 => Serialization::FASTJSON2,
        _ => Serialization::HESSIAN2,
    };
    let start = out.len();
    out.extend([0; HEAD]);
    body(out, serialization);
    let len = out.len().saturating_sub(start).saturating_sub(HEAD);
    // A message is bounded, so that this is some KiB.
    let len = u32::try_from(len).unwrap_or(u32::MAX);
    let head = Head { flags: Flags::response(serialization), status, id: request.id, len }.encode();
    if let Some(place) = out.get_mut(start..).and_then(|frame| frame.first_chunk_mut()) {
        *place = head;
    }
}

/// A chunk of fastjson2: a length, and what `content` writes.
fn chunk(out: &mut Vec<u8>, content: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend([0; 4]);
    content(out);
    let len = u32::try_from(out.len().saturating_sub(start).saturating_sub(4)).unwrap_or(u32::MAX);
    if let Some(place) = out.get_mut(start..).and_then(|chunk| chunk.first_chunk_mut()) {
        *place = len.to_be_bytes();
    }
}

/// What every answer says beside its result.
fn hessian_attachments(out: &mut Vec<u8>) {
    out.push(b'H');
    write::text(out, "dubbo");
    write::text(out, VERSION);
    out.push(b'Z');
}

fn jsonb_attachments(out: &mut Vec<u8>) {
    out.push(jsonb::OBJECT);
    jsonb::text(out, "dubbo");
    jsonb::text(out, VERSION);
    out.push(jsonb::OBJECT_END);
}

/// The object with the fields that Java writes of one: no trace, nothing suppressed, and itself as its cause, which is how a
/// Throwable says that it has none.
fn hessian_exception(out: &mut Vec<u8>, code: RpcCode, message: &str) {
    const FIELDS: [&str; 5] = ["suppressedExceptions", "stackTrace", "cause", "detailMessage", "code"];
    out.push(b'C');
    write::text(out, RPC_EXCEPTION);
    write::int(out, 5);
    FIELDS.iter().for_each(|field| write::text(out, field));
    // An object of the first class; two empty lists of types; the first value that can be referred to.
    out.push(0x60);
    out.push(0x70);
    write::text(out, "java.util.Collections$EmptyList");
    out.push(0x70);
    write::text(out, "[java.lang.StackTraceElement");
    out.push(b'Q');
    write::int(out, 0);
    write::text(out, message);
    write::int(out, code.code());
}

fn jsonb_exception(out: &mut Vec<u8>, code: RpcCode, message: &str) {
    out.push(jsonb::TYPED);
    jsonb::text(out, RPC_EXCEPTION);
    // The number that the name could be referred to by.
    jsonb::int(out, 0);
    out.push(jsonb::OBJECT);
    jsonb::text(out, "code");
    jsonb::int(out, code.code());
    jsonb::text(out, "message");
    jsonb::text(out, message);
    jsonb::text(out, "stackTrace");
    out.push(jsonb::EMPTY_ARRAY);
    out.push(jsonb::OBJECT_END);
}

/// The beginning of a message, as much as goes into an answer.
fn short(message: &str) -> &str {
    let end = (0..=LONGEST_MESSAGE.min(message.len())).rev().find(|end| message.is_char_boundary(*end));
    message.get(..end.unwrap_or(0)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fastjson2::Chunks;
    use crate::frame::DEFAULT_PAYLOAD;
    use crate::hessian::Limits;
    use crate::hessian::walk::{Item, Walker};

    fn request(serialization: Serialization) -> Head {
        Head { flags: Flags::call(serialization), status: Status::Other(0), id: 0xfedc_ba98_7654_3210, len: 7 }
    }

    fn one(bytes: &[u8]) -> (Head, &[u8]) {
        let head = Head::parse(bytes, DEFAULT_PAYLOAD).unwrap().unwrap();
        assert_eq!(head.frame_len(), bytes.len());
        assert_eq!(head.id, 0xfedc_ba98_7654_3210);
        (head, &bytes[HEAD..])
    }

    #[test]
    fn a_failure_is_one_string() {
        let long = "ö".repeat(2000);
        for (message, said) in [("no route", "no route"), (&long, &"ö".repeat(512)), ("", "")] {
            for (asked, answered) in [(2, 2), (23, 23), (6, 2)] {
                let mut out = Vec::new();
                failure(&mut out, &request(Serialization(asked)), Status::ServiceNotFound, message);
                let (head, body) = one(&out);
                assert_eq!(head.flags, Flags::response(Serialization(answered)));
                assert_eq!(head.status, Status::ServiceNotFound);
                if answered == 2 {
                    let mut walker = Walker::new(body, Limits::default());
                    assert!(matches!(walker.item(), Ok(Item::Text(text)) if text == *said) && walker.is_at_end());
                } else {
                    let chunks: Vec<_> = Chunks::new(body).map(Result::unwrap).collect();
                    assert!(chunks.len() == 1 && chunks[0].ends_with(said.as_bytes()));
                }
            }
        }
    }

    #[test]
    fn an_exception_says_its_code() {
        for attachments in [false, true] {
            let mut out = Vec::new();
            exception(&mut out, &request(Serialization::HESSIAN2), attachments, RpcCode::LimitExceeded, "too many");
            let (head, body) = one(&out);
            assert_eq!((head.flags, head.status), (Flags::response(Serialization::HESSIAN2), Status::Ok));
            let outcome = Outcome::parse(body).unwrap();
            assert_eq!((outcome.kind, outcome.has_attachments), (Kind::Exception, attachments));
            let thrown = outcome.thrown(body, Limits::default()).unwrap().unwrap();
            assert!(thrown.class == *RPC_EXCEPTION && thrown.message.unwrap() == *"too many");
            assert_eq!(thrown.code, Some(7));
            assert_eq!(outcome.attachments(body, Limits::default()).unwrap().count(), usize::from(attachments));

            let mut out = Vec::new();
            exception(&mut out, &request(Serialization::FASTJSON2), attachments, RpcCode::Forbidden, "no");
            let (head, body) = one(&out);
            assert_eq!((head.flags, head.status), (Flags::response(Serialization::FASTJSON2), Status::Ok));
            let chunks: Vec<_> = Chunks::new(body).map(Result::unwrap).collect();
            assert_eq!(chunks.len(), 2 + usize::from(attachments));
            assert_eq!(chunks[0], [0xbd, if attachments { 3 } else { 0 }]);
        }
    }

    #[test]
    fn events_are_as_they_were_recorded() {
        let (mut out, id) = (Vec::new(), 0xd874_be48_33ba_ed60);
        heartbeat(&mut out, id, Serialization::HESSIAN2);
        assert_eq!(out, b"\xda\xbb\xe2\x00\xd8\x74\xbe\x48\x33\xba\xed\x60\0\0\0\x01N");
        let head = Head::parse(&out, 15).unwrap().unwrap();
        out.clear();
        heartbeat_answer(&mut out, &head, b"NN");
        assert_eq!(out, b"\xda\xbb\x22\x14\xd8\x74\xbe\x48\x33\xba\xed\x60\0\0\0\x01N");
        out.clear();
        notice(&mut out, id, Serialization::HESSIAN2, Event::ReadOnly);
        assert_eq!(out, b"\xda\xbb\xa2\x00\xd8\x74\xbe\x48\x33\xba\xed\x60\0\0\0\x02\x01R");
    }
}
