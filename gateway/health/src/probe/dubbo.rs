//! A question in Dubbo2: the call `$echo`, which every service answers, or where no service is named a heartbeat, which every
//! provider answers.

use std::io;

use gateway_dubbo_codec::answer::{VERSION, heartbeat};
use gateway_dubbo_codec::frame::{Flags, HEAD, Head, Serialization, Status};
use gateway_dubbo_codec::hessian::walk::{Item, Walker};
use gateway_dubbo_codec::hessian::write::text;
use gateway_dubbo_codec::hessian::{Limits, Text};
use gateway_dubbo_codec::invocation::Invocation;
use gateway_dubbo_codec::outcome::{Kind, Outcome};
use gateway_dubbo_codec::unserved::{Asked, Unserved};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::Finding;

/// What is echoed.
const WORD: &str = "health";

/// The longest answer that is read, in bytes; a right one has a few dozen.
const LONGEST: u32 = 64 << 10;

/// Its id: any.
const ID: u64 = 1;

/// The bytes of the question. `service` is `interface[:version[:group]]`; empty: the provider as a whole.
pub(super) fn request(service: &str) -> Box<[u8]> {
    let mut out = Vec::with_capacity(256);
    let mut parts = service.splitn(3, ':');
    let interface = parts.next().unwrap_or_default();
    if interface.is_empty() {
        heartbeat(&mut out, ID, Serialization::HESSIAN2);
        return out.into();
    }
    let (version, group) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let mut body = Vec::with_capacity(256);
    for part in [VERSION, interface, version, "$echo", "Ljava/lang/Object;", WORD] {
        text(&mut body, part);
    }
    body.push(b'H');
    for (name, value) in [("path", interface), ("interface", interface), ("version", version), ("group", group)] {
        if !value.is_empty() {
            text(&mut body, name);
            text(&mut body, value);
        }
    }
    body.push(b'Z');
    // A name of a kibibyte, at most.
    let len = u32::try_from(body.len()).unwrap_or(u32::MAX);
    out.extend(Head { flags: Flags::call(Serialization::HESSIAN2), status: Status::Other(0), id: ID, len }.encode());
    out.extend(body);
    out.into()
}

/// Asks, and reads the answer. What the provider says on its own account meanwhile is passed over.
pub(super) async fn ask<S>(mut stream: S, request: &[u8]) -> io::Result<Finding>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    stream.write_all(request).await?;
    stream.flush().await?;
    for _ in 0..FRAMES {
        let mut head = [0; HEAD];
        stream.read_exact(&mut head).await?;
        let head = match Head::parse(&head, LONGEST) {
            Ok(Some(head)) => head,
            Ok(None) => break,
            Err(error) => return Ok(Finding::NotServing(error.to_string().into())),
        };
        let mut body = vec![0; usize::try_from(head.len).unwrap_or_default()];
        stream.read_exact(&mut body).await?;
        if !head.flags.is_request() && head.id == ID {
            return Ok(judge(&head, &body, request.get(HEAD..).unwrap_or_default()));
        }
    }
    Ok(Finding::NotServing("no answer among what it sends".into()))
}

/// Most frames that are read.
const FRAMES: u32 = 8;

fn judge(head: &Head, body: &[u8], asked: &[u8]) -> Finding {
    if head.flags.is_event() {
        return Finding::Serving;
    }
    let threw = || Outcome::parse(body).map_or(true, |outcome| outcome.kind == Kind::Exception);
    match head.status {
        Status::Ok if !threw() => Finding::Serving,
        Status::Ok => Finding::NotServing("the service throws an exception at $echo".into()),
        status => Finding::NotServing(failure(status, body, asked).into()),
    }
}

/// A status in words, which say what service is missing where that is what it means.
fn failure(status: Status, body: &[u8], asked: &[u8]) -> String {
    let said = match Walker::new(body, Limits::default()).item() {
        Ok(Item::Text(text)) => text.to_str(),
        _ => "".into(),
    };
    let hint = Unserved::of(status, said.lines().next().unwrap_or_default()).and_then(|unserved| {
        let target = Invocation::parse(asked).ok()?.target(asked, Limits::default()).ok()?;
        let text = |text: Option<Text<'_>>| text.map(|text| text.to_str().into_owned()).unwrap_or_default();
        let (interface, version, group) = (target.path.to_str(), text(target.version), text(target.group));
        Some(unserved.told(Asked { interface: &interface, version: &version, group: &group }))
    });
    match hint {
        Some(hint) => format!("status {}: {hint}", status.code()),
        None => format!("status {}", status.code()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_are_frames() {
        assert_eq!(&*request(""), b"\xda\xbb\xe2\0\0\0\0\0\0\0\0\x01\0\0\0\x01N");
        let asked = request("a.B:1.0.0:blue");
        let head = Head::parse(&asked, LONGEST).unwrap().unwrap();
        assert_eq!(head.frame_len(), asked.len());
        let body = &asked[HEAD..];
        let call = gateway_dubbo_codec::invocation::Invocation::parse(body).unwrap();
        let target = call.target(body, Default::default()).unwrap();
        assert!(target.path == *"a.B" && call.method(body) == *"$echo");
        assert!(target.version.is_some_and(|v| v == *"1.0.0") && target.group.is_some_and(|g| g == *"blue"));
    }

    #[test]
    fn only_an_echo_is_well() {
        let head = |flags, status| Head { flags, status, id: ID, len: 0 };
        let answer = Flags::response(Serialization::HESSIAN2);
        assert_eq!(judge(&head(answer, Status::Ok), b"\x94\x06health", b""), Finding::Serving);
        assert_eq!(judge(&head(answer.event(), Status::Ok), b"N", b""), Finding::Serving);
        for (status, body) in
            [(Status::Ok, &b"\x93"[..]), (Status::Ok, b""), (Status::BadRequest, b"\x00"), (Status::ServiceError, b"")]
        {
            assert!(matches!(judge(&head(answer, status), body, b""), Finding::NotServing(_)), "{status:?}");
        }
    }

    #[test]
    fn a_service_that_is_not_there_is_named() {
        let head = |status| Head { flags: Flags::response(Serialization::HESSIAN2), status, id: ID, len: 0 };
        let mut body = Vec::new();
        text(
            &mut body,
            "Fail to decode request due to: RpcInvocation [methodName=$echo, parameterTypes=null]\n\tat a.B",
        );
        for (service, status, expected) in [
            (
                "a.B:2.0.0:blue",
                Status::BadRequest,
                "status 40: the provider has no service a.B with version 2.0.0 in group blue",
            ),
            ("a.B", Status::ServiceNotFound, "status 60: the provider has no service a.B without a version"),
            ("a.B", Status::ServerError, "status 80"),
        ] {
            let asked = request(service);
            assert_eq!(judge(&head(status), &body, &asked[HEAD..]), Finding::NotServing(expected.into()));
        }
    }
}
