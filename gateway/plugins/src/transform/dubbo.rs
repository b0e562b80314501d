//! What the plugins have in common that make calls of Dubbo out of HTTP requests, and HTTP answers of what comes back.

pub(super) mod described;

use std::sync::Arc;

use bytes::Bytes;
use gateway_dubbo_codec::frame::Status;
use gateway_dubbo_codec::generic::Exception;
use gateway_dubbo_codec::hessian::Limits;
use gateway_dubbo_codec::hessian::walk::{Item, Walker};
use gateway_dubbo_codec::unserved::{Asked, Unserved};
use gateway_engine::exchange::{Call, Exchange, Reply, ReplyReader};
use gateway_engine::headers::name;
use gateway_engine::log_pace::{Excerpt, LogPace};
use gateway_engine::plugin::{Exit, phrase};
use gateway_engine::upstream::Scheme;
use gateway_model::json;
use serde_json::Value;

use super::decode::Coding;

/// The method of a service that a request is for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Target<'a> {
    pub(super) interface: &'a str,
    pub(super) method: &'a str,
    pub(super) version: &'a str,
    pub(super) group: &'a str,
}

/// Makes HTTP answers of replies.
pub(super) trait Answers: Send + Sync {
    /// The body; status and fields are set on the way.
    fn answer(&self, x: &mut Exchange, reply: Reply, body: &Bytes) -> Bytes;
}

/// Who makes the answer of this exchange, and what of the service its client has named.
#[derive(Default)]
struct Waiting(Option<Arc<dyn Answers>>, Named);

/// What of a service its client has named itself, and may be told: what a route names is none of its business.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Named {
    pub(super) interface: bool,
    pub(super) version: bool,
    pub(super) group: bool,
}

struct Replies;

impl ReplyReader for Replies {
    fn answer(&self, x: &mut Exchange, body: Bytes) -> Bytes {
        let answers = x.state::<Waiting>().0.take();
        match (answers, x.resp.reply) {
            (Some(answers), Some(reply)) => answers.answer(x, reply, &body),
            // Who makes a call says who makes its answer.
            _ => body,
        }
    }
}

/// id of hessian2.
const HESSIAN2: u8 = 2;

/// The request goes to its upstream as a call with this body.
///
/// # Errors
/// The body is longer than a frame may be.
pub(super) fn send(
    x: &mut Exchange,
    target: &Target<'_>,
    body: Vec<u8>,
    answers: Arc<dyn Answers>,
) -> Result<(), Box<Exit>> {
    let most = x.worker().with_settings(|s| s.limits.dubbo.payload_bytes);
    if body.len() as u64 > u64::from(most) {
        return Err(refusal(413, &format!("the call would be longer than {most} bytes")));
    }
    let mut store = |text: &str| x.req.head.store(text.as_bytes());
    x.req.call = Some(Call {
        replies: Some(&Replies),
        interface: store(target.interface),
        method: store(target.method),
        version: store(target.version),
        group: store(target.group),
        serialization: HESSIAN2,
        ..Call::default()
    });
    x.replace_body(body.into());
    // Nobody knows whether the method may be called twice, whatever the request was.
    x.set_upstream_method(b"POST");
    x.state::<Waiting>().0 = Some(answers);
    Ok(())
}

/// The client of a call that was [sent](send) has named this of its service.
pub(super) fn named(x: &mut Exchange, named: Named) {
    x.state::<Waiting>().1 = named;
}

/// An answer that says why there is no call.
pub(super) fn refusal(status: u16, message: &str) -> Box<Exit> {
    Box::new(Exit::error_msg(status, message))
}

/// The request's body as JSON; `None`: there is none.
///
/// # Errors
/// It is no JSON, or not to be decoded; an answer that says so.
pub(super) fn body(x: &Exchange, limit: usize) -> Result<Option<Value>, Box<Exit>> {
    let raw = x.req.collected.as_deref().unwrap_or_default();
    let decoded = match Coding::of(&x.req.head) {
        Some(Coding::Identity) => None,
        Some(coding) => {
            let decoded = coding.decode(raw, limit, false);
            Some(decoded.ok_or_else(|| refusal(400, "the body is not of its content coding, or too long without it"))?)
        }
        None => return Err(refusal(415, "the body has a content coding that is not known")),
    };
    let text = decoded.as_deref().unwrap_or(raw).trim_ascii();
    if text.is_empty() {
        return Ok(None);
    }
    let parsed = json::parse_exact(text).map_err(|error| refusal(400, &format!("the body is no JSON: {error}")))?;
    Ok(Some(parsed))
}

/// Bounds of what is read of a reply.
pub(super) fn limits() -> Limits {
    Limits::default()
}

/// A JSON answer.
pub(super) fn answer(x: &mut Exchange, status: u16, body: impl Into<Bytes>) -> Bytes {
    x.resp.status = status;
    x.resp.head.set_static(name::CONTENT_TYPE, "application/json");
    body.into()
}

/// What a method threw, as JSON.
pub(super) fn thrown(x: &mut Exchange, status: u16, exception: &Exception, with_class: bool) -> Bytes {
    let mut object = serde_json::Map::new();
    if with_class {
        object.insert("exception".into(), exception.class.as_str().into());
    }
    object.insert("message".into(), exception.message.as_deref().into());
    answer(x, status, Value::Object(object).to_string())
}

/// A reply that is no result: the method was not called, or nothing came of it. `explained`: with another status and in words where
/// the reason is known.
pub(super) fn failed(x: &mut Exchange, status: u16, reply: Reply, body: &Bytes, explained: bool) -> Bytes {
    let said = said(reply, body);
    complain(x, reply, &said);
    if status == 503 && Status::from_code(reply.status) == Status::ThreadpoolExhausted {
        x.resp.head.set_static(name::RETRY_AFTER, "1");
    }
    let (status, message) = match known(&said).filter(|_| explained) {
        Some((status, message)) => (status, message.to_owned()),
        None => match Unserved::of(Status::from_code(reply.status), &said).filter(|_| explained) {
            Some(unserved) => (status, unserved.told(to_client(x))),
            None => (status, format!("{status} {}", phrase(status))),
        },
    };
    let text = serde_json::json!({"error_msg": message, "dubbo_status": reply.status});
    answer(x, status, text.to_string())
}

/// A provider of Triple has no other form for what it refuses before the method than an exception: the answer where it is one that a provider
/// of Dubbo2 says with a status.
pub(super) fn refused(x: &mut Exchange, exception: &Exception) -> Option<Bytes> {
    let upstream = x.upstream.upstream.as_ref()?;
    if upstream.upstream().scheme != Scheme::Tri {
        return None;
    }
    let class = exception.class.rsplit('.').next().unwrap_or_default();
    let message = exception.message.as_deref().unwrap_or_default().lines().next().unwrap_or_default();
    let said = format!("{class}: {message}");
    // What a method throws may quote such a text, but does not begin with it.
    let begins = |(text, ..): &&(&str, u16, &str)| said.starts_with(text) || message.starts_with(text);
    let (_, status, told) = *KNOWN.iter().find(begins)?;
    complain(x, x.resp.reply?, &said);
    Some(answer(x, status, serde_json::json!({ "error_msg": told }).to_string()))
}

/// The first line of what a provider says of a failure; behind it comes the trace of its stack.
fn said(reply: Reply, body: &Bytes) -> String {
    match Walker::new(body, limits()).item() {
        Ok(Item::Text(text)) if reply.serialization == HESSIAN2 => {
            text.to_str().lines().next().unwrap_or_default().to_owned()
        }
        _ => String::new(),
    }
}

/// What a client, or who has configured the route, can do something about: the text of a provider, and what is told of it. These are
/// said before the method is called, as Dubbo 3.3 has them.
const KNOWN: [(&str, u16, &str); 10] = [
    ("RpcException: No such method ", 404, "the service has no such method, or none with these types"),
    (
        "Not unique method for method name(",
        502,
        "the service has several methods of this name: the types of the parameters are needed",
    ),
    (
        "RpcException: GenericFilter#invoke args.length != types.length",
        502,
        "the method takes another number of arguments",
    ),
    ("RpcException: java.lang.NumberFormatException", 502, NOT_CONVERTED),
    ("RpcException: java.lang.IllegalArgumentException", 502, NOT_CONVERTED),
    ("RpcException: java.lang.ClassCastException", 502, NOT_CONVERTED),
    ("RpcException: java.lang.IllegalStateException: Failed to parse date", 502, NOT_CONVERTED),
    ("RpcException: java.lang.RuntimeException: Failed to set pojo", 502, NOT_CONVERTED),
    ("RpcException: java.lang.RuntimeException: Illegal constructor", 502, NOT_CONVERTED),
    ("RpcException: java.lang.RuntimeException: Cannot reflectively create", 502, NOT_CONVERTED),
];

const NOT_CONVERTED: &str = "the provider cannot make of an argument what its parameter is";

fn known(said: &str) -> Option<(u16, &'static str)> {
    let known = KNOWN.iter().find(|(text, ..)| said.contains(text))?;
    Some((known.1, known.2))
}

/// The service of a call, as far as its client has named it.
fn to_client(x: &mut Exchange) -> String {
    let named = x.state::<Waiting>().1;
    let call = x.req.call.unwrap_or_default();
    let text = |span| String::from_utf8_lossy(x.req.head.text(span)).into_owned();
    let (interface, version, group) = (text(call.interface), text(call.version), text(call.group));
    if !named.interface {
        return "such as the route names".to_owned();
    }
    if (named.version || version.is_empty()) && (named.group || group.is_empty()) {
        return Asked { interface: &interface, version: &version, group: &group }.to_string();
    }
    format!("{interface} of the version and group that the route names")
}

/// A reply that cannot be told.
#[cold]
pub(super) fn unreadable(x: &mut Exchange, error: &dyn std::fmt::Display) -> Bytes {
    if let Some(left_out) = PACE.with(LogPace::admit) {
        let route = x.route.as_ref().map_or("", |route| &*route.route.id);
        tracing::warn!(route, %error, left_out, "an answer of a Dubbo provider cannot be told as JSON");
    }
    let message = format!("the provider's answer cannot be told as JSON: {error}");
    answer(x, 502, serde_json::json!({"error_msg": message}).to_string())
}

/// What the provider says of it is for the log.
#[cold]
fn complain(x: &Exchange, reply: Reply, said: &str) {
    let Some(left_out) = PACE.with(LogPace::admit) else { return };
    let route = x.route.as_ref().map_or("", |route| &*route.route.id);
    let text = |span| String::from_utf8_lossy(x.req.head.text(span)).into_owned();
    let call = x.req.call.unwrap_or_default();
    let (interface, method, status) = (text(call.interface), text(call.method), reply.status);
    let (version, group) = (text(call.version), text(call.group));
    let asked = Asked { interface: &interface, version: &version, group: &group };
    let hint = Unserved::of(Status::from_code(status), said).map(|unserved| unserved.told(asked));
    let said = Excerpt(said);
    tracing::warn!(route, interface, method, status, %said, hint, left_out, "a Dubbo call has failed");
}

thread_local! {
    static PACE: LogPace = const { LogPace::new() };
}

/// Whether a text may be the full name of a Java interface. From a path it comes from clients.
pub(super) fn is_interface(text: &str) -> bool {
    text.len() <= 512 && !text.is_empty() && text.split('.').all(is_identifier)
}

/// Whether a text may be the name of a method that services have of their own: those that begin with `$` are the protocol's.
pub(super) fn is_method(text: &str) -> bool {
    text.len() <= 256 && is_identifier(text) && !text.starts_with('$')
}

fn is_identifier(text: &str) -> bool {
    let begins = |c: char| c.is_alphabetic() || c == '_' || c == '$';
    let mut chars = text.chars();
    chars.next().is_some_and(begins) && chars.all(|c| begins(c) || c.is_numeric())
}

#[cfg(test)]
pub(super) mod kit;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for good in ["a", "org.acme.Greeter", "a.B$C", "Ünit"] {
            assert!(is_interface(good), "{good}");
        }
        for bad in ["", ".", "a.", ".a", "a..b", "a b", "a/b", "1a", "a-b", "a\0"] {
            assert!(!is_interface(bad), "{bad}");
        }
        assert!(is_method("sayHello") && !is_method("$invoke") && !is_method("a.b") && !is_method(""));
    }
}
