//! Calls that requests become, and answers that replies become, for the tests of these plugins.

use bytes::Bytes;
use gateway_dubbo_codec::generic::{self, Answer, Mode};
use gateway_dubbo_codec::hessian::Limits;
use gateway_dubbo_codec::hessian::tree::Decoder;
use gateway_dubbo_codec::invocation::Invocation;
use gateway_dubbo_codec::json::{self, Style};
use gateway_engine::exchange::{Exchange, Reply};
use std::collections::BTreeMap;

/// A call as a provider reads it.
#[derive(Debug)]
pub(in crate::transform) struct Got {
    pub(in crate::transform) interface: String,
    pub(in crate::transform) method: String,
    pub(in crate::transform) version: Option<String>,
    /// Types of a generic call's arguments, and these, as JSON.
    pub(in crate::transform) types: String,
    pub(in crate::transform) arguments: String,
    pub(in crate::transform) attachments: BTreeMap<String, String>,
}

/// The call that an exchange has become.
pub(in crate::transform) fn got(x: &Exchange) -> Got {
    let body = x.req.collected.as_deref().unwrap();
    let call = Invocation::parse(body).unwrap();
    let mut decoder = Decoder::at(body, call.arguments_at(), Limits::default());
    let ids: Vec<_> = (0..call.argument_count()).map(|_| decoder.value().unwrap()).collect();
    let tree = decoder.into_tree();
    let shown: Vec<String> = ids
        .iter()
        .map(|id| {
            let mut out = Vec::new();
            json::write(&tree, *id, &Style::default(), &mut out).unwrap();
            String::from_utf8(out).unwrap()
        })
        .collect();
    let generic = call.method(body) == *"$invoke";
    let attachments = call.attachments(body, Limits::default()).unwrap();
    let attachments =
        attachments.map(Result::unwrap).map(|a| (a.key.to_string(), a.text().unwrap().to_string())).collect();
    let head = x.req.call.unwrap();
    assert_eq!(x.req.head.text(head.interface), call.path(body).to_string().as_bytes());
    assert_eq!(x.upstream_method(), b"POST");
    Got {
        interface: call.path(body).to_string(),
        method: String::from_utf8(x.req.head.text(head.method).to_vec()).unwrap(),
        version: call.version(body).map(|version| version.to_string()),
        types: if generic { shown[1].clone() } else { String::new() },
        arguments: if generic { shown[2].clone() } else { shown[0].clone() },
        attachments,
    }
}

/// Status and body of the answer that a reply becomes.
pub(in crate::transform) fn answered(x: &mut Exchange, status: u8, http: u16, body: &[u8]) -> (u16, String) {
    let threw = status == 20
        && matches!(generic::answer(body, Mode::True, &Style::default(), Limits::default()), Ok(Answer::Exception(_)));
    x.resp.status = http;
    x.resp.reply = Some(Reply { status, serialization: 2, threw, declined: false });
    let replies = x.req.call.unwrap().replies.unwrap();
    let body = replies.answer(x, Bytes::copy_from_slice(body));
    (x.resp.status, String::from_utf8(body.to_vec()).unwrap())
}

/// A reply: an exception of this class.
pub(in crate::transform) fn exception(class: &str, message: &str) -> Vec<u8> {
    let mut out = b"\x90C".to_vec();
    let text = gateway_dubbo_codec::hessian::write::text;
    text(&mut out, class);
    out.extend(b"\x91\x0ddetailMessage\x60");
    text(&mut out, message);
    out
}
