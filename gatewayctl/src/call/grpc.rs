//! One call of gRPC over HTTP/2, with the message as it is on the wire: nothing here knows what messages mean.

use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderName};

use super::send::Sent;
use super::{Call, Speaks};
use crate::error::{Error, Result};

/// Makes a request one of gRPC: its body becomes the one message.
///
/// # Errors
/// Usage: the method is none.
pub(crate) fn make(call: &mut Call, method: &str) -> Result<()> {
    let path = method.trim_start_matches('/');
    match path.split_once('/') {
        Some((service, method)) if !service.is_empty() && !method.is_empty() && !method.contains('/') => {}
        _ => {
            return Err(Error::usage(format!("--grpc {method}: expected package.Service/Method"))
                .hint("--grpc helloworld.Greeter/SayHello"));
        }
    }
    let base = call.target.trim_end_matches('/');
    call.target = format!("{base}/{path}");
    call.method = Method::POST;
    // Without TLS nobody could agree on it.
    if call.speaks == Speaks::Any && !call.target.starts_with("https://") {
        call.speaks = Speaks::PriorKnowledge;
    }
    call.headers.retain(|(name, _)| *name != CONTENT_TYPE);
    call.default_header(CONTENT_TYPE, "application/grpc");
    call.default_header(HeaderName::from_static("te"), "trailers");
    let message = call.body.take().unwrap_or_default();
    call.body = Some(framed(&message));
    Ok(())
}

/// A message with its prefix: not compressed, and its length.
pub(crate) fn framed(message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).unwrap_or(u32::MAX);
    let mut frame = Vec::with_capacity(message.len() + 5);
    frame.push(0);
    frame.extend(length.to_be_bytes());
    frame.extend(message);
    frame
}

/// The lengths of the messages of an answer; the last one may be cut off.
pub(crate) fn messages(body: &[u8]) -> Vec<&[u8]> {
    let mut rest = body;
    let mut found = Vec::new();
    while let Some((head, after)) = rest.split_at_checked(5) {
        let length = head.get(1..5).and_then(|bytes| <[u8; 4]>::try_from(bytes).ok()).map_or(0, u32::from_be_bytes);
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let Some((message, behind)) = after.split_at_checked(length) else { break };
        found.push(message);
        rest = behind;
    }
    found
}

/// The status of an answer: its number and what it says.
pub(crate) fn status(sent: &Sent) -> Option<(u32, String)> {
    let number = sent.field("grpc-status")?.trim().parse().ok()?;
    Some((number, sent.field("grpc-message").map(|text| decoded(&text)).unwrap_or_default()))
}

/// Statuses have names, too.
pub(crate) fn name(status: u32) -> &'static str {
    i32::try_from(status).map_or("?", gateway_grpc::name)
}

/// `grpc-message` is percent-encoded.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        let digits = after.get(..2).filter(|_| *byte == b'%').and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(value) => {
                bytes.push(value);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(*byte);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn messages_of_an_answer() {
        let body = [framed(b"ab"), framed(b""), framed(b"c")].concat();
        assert_eq!(messages(&body), [&b"ab"[..], b"", b"c"]);
        assert_eq!(messages(&body[..body.len() - 1]).len(), 2);
        assert_eq!((decoded("no%20such%21 100%"), decoded("%zz%4")), ("no such! 100%".into(), "%zz%4".into()));
        assert_eq!((name(0), name(16), name(99)), ("OK", "UNAUTHENTICATED", "?"));
    }

    proptest! {
        #[test]
        fn no_bytes_panic(body in prop::collection::vec(any::<u8>(), 0..64), text in "\\PC{0,20}|(%[0-9a-f]{0,2}){0,4}") {
            messages(&body);
            decoded(&text);
        }
    }
}
