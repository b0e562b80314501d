//! One call by hand: what is asked is checked, the call is made, and what it came to is told.

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::{Duration, Instant};

use gateway_grpc::{Definitions, Ended, Going, Messages, MethodDescriptor, Streams, fields, to_json, to_wire};
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::time::{Instant as Tick, timeout_at};

use super::connection::connect;
use super::known::{Asked, Place};
use crate::admin::live::{Feed, Line};

/// How long a call may take where nobody says, and what may be said, in milliseconds.
const USUAL_MS: u64 = 5000;
const TIMES_MS: RangeInclusive<u64> = 1..=60_000;

/// Messages of a call each way, and how long those of the answer may be together, as JSON.
const MOST_MESSAGES: usize = 1000;
const LONGEST: usize = 16 << 20;

/// The fields of a call, and their bytes together.
const MOST_HEADERS: usize = 100;
const LONGEST_HEADERS: usize = 16 << 10;

/// The body of `POST live/grpc/invoke`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Invoke {
    pub(super) service: String,
    pub(super) method: String,
    message: Option<Value>,
    messages: Option<Vec<Value>>,
    #[serde(default)]
    headers: Map<String, Value>,
    upstream: Option<String>,
    route: Option<String>,
    node: Option<String>,
    /// The id of a stored definition.
    pub(super) proto: Option<String>,
    /// Definitions that are not stored: source, or a descriptor set in base64.
    definitions: Option<String>,
    /// Fields that are not set are told too.
    #[serde(default)]
    defaults: bool,
    timeout_ms: Option<Value>,
}

/// What is called, and how: all of it has been checked.
pub(super) struct Question {
    path: String,
    method: MethodDescriptor,
    headers: HeaderMap,
    messages: Vec<Vec<u8>>,
    defaults: bool,
    within: Duration,
}

/// What a call came to.
pub(super) struct Outcome {
    pub(super) headers: HeaderMap,
    pub(super) ended: Ended,
    pub(super) ms: f64,
}

/// Where the messages of an answer go.
pub(super) enum Sink {
    /// They are kept.
    Kept(Vec<Value>),
    /// To somebody who reads them as they come.
    Read(Arc<Feed>),
}

impl Sink {
    /// `false`: no more is taken.
    async fn take(&mut self, message: Value) -> bool {
        match self {
            Sink::Kept(all) => {
                all.push(message);
                true
            }
            Sink::Read(feed) => feed.send(Line::new("message", json!({ "message": message }).to_string())).await,
        }
    }
}

impl Invoke {
    /// Where the call is to go.
    pub(super) fn asked(&self) -> Asked<'_> {
        Asked { upstream: self.upstream.as_deref(), route: self.route.as_deref(), node: self.node.as_deref() }
    }

    /// Whether the words of the body are what they should be, whatever they mean.
    ///
    /// # Errors
    /// They are not; in words.
    pub(super) fn checked(&self) -> Result<(), String> {
        let begins = |c: char| c.is_ascii_alphabetic() || c == '_';
        let word = |part: &str| part.starts_with(begins) && part.chars().all(|c| begins(c) || c.is_ascii_digit());
        if self.service.len() > 512 || !self.service.split('.').all(word) {
            return Err("invalid request body: service is the full name of a gRPC service".into());
        }
        if self.method.len() > 256 || !word(&self.method) {
            return Err("invalid request body: method is the name of a method of it".into());
        }
        if self.message.is_some() && self.messages.is_some() {
            return Err("invalid request body: message or messages, not both".into());
        }
        if self.messages.as_ref().is_some_and(|messages| messages.len() > MOST_MESSAGES) {
            return Err(format!("invalid request body: there are more than {MOST_MESSAGES} messages"));
        }
        if self.proto.is_some() && self.definitions.is_some() {
            return Err("invalid request body: proto or definitions, not both".into());
        }
        headers(&self.headers)?;
        within(self.timeout_ms.as_ref()).map(drop)
    }

    /// The definitions that came with the call.
    ///
    /// # Errors
    /// They are none; in words.
    pub(super) async fn definitions(&self) -> Result<Option<Definitions>, String> {
        let Some(content) = self.definitions.clone() else { return Ok(None) };
        let compiled = tokio::task::spawn_blocking(move || Definitions::stored(&content)).await;
        let compiled = compiled.unwrap_or_else(|_| Err("they cannot be compiled".to_owned()));
        compiled.map(Some).map_err(|why| format!("invalid request body: definitions: {why}"))
    }

    /// The call, now that it is known what its messages are.
    ///
    /// # Errors
    /// A message is none of the method's, or there are more or less than it takes; in words.
    pub(super) fn question(&self, method: MethodDescriptor) -> Result<Question, String> {
        let empty = json!({});
        let given: Vec<&Value> = match (&self.message, &self.messages) {
            (Some(message), _) => vec![message],
            (None, Some(messages)) => messages.iter().collect(),
            (None, None) if Streams::of(&method).client => Vec::new(),
            (None, None) => vec![&empty],
        };
        if !Streams::of(&method).client && given.len() != 1 {
            let message = "invalid request body: the method takes one message, and there are";
            return Err(format!("{message} {}", given.len()));
        }
        let kind = method.input();
        let wire = |(n, message): (usize, &&Value)| {
            let named = if given.len() > 1 { format!("message {}", n + 1) } else { "message".to_owned() };
            let told = |why| format!("invalid request body: {named} is no {}: {why}", kind.full_name());
            to_wire(&kind, message).map_err(told)
        };
        let messages = given.iter().enumerate().map(wire).collect::<Result<Vec<_>, _>>()?;
        let headers = headers(&self.headers)?;
        let within = within(self.timeout_ms.as_ref())?;
        let path = format!("{}/{}", self.service, self.method);
        Ok(Question { path, method, headers, messages, defaults: self.defaults, within })
    }
}

impl Question {
    /// Makes the call. Each message of the answer goes into the sink as it comes; one that takes no more ends the call.
    ///
    /// # Errors
    /// There was no connection, or it broke before there was an answer; in words, and whether it was for want of time.
    pub(super) async fn call(self, place: &Place, sink: &mut Sink) -> Result<Outcome, (String, bool)> {
        let began = Instant::now();
        let until = Tick::now() + self.within;
        let Some(node) = place.node() else { return Err(("the upstream has no nodes".to_owned(), false)) };
        let connected = timeout_at(until, connect(&place.upstream, node)).await;
        let late = |_| (format!("no connection to {} within {} ms", node.addr, self.within.as_millis()), true);
        let connected = connected.map_err(late)?;
        let mut caller =
            connected.map_err(|why| (format!("the node {} cannot be reached: {why}", node.addr), false))?;
        let mut fields = self.headers.clone();
        // The server has a moment more than we wait: ours is the last word.
        let told = format!("{}m", self.within.as_millis() + 50);
        if let Ok(told) = HeaderValue::from_str(&told) {
            fields.insert(HeaderName::from_static("grpc-timeout"), told);
        }
        let begun = timeout_at(until, caller.begin(&self.path, fields, Messages::of(self.messages))).await;
        let kind = self.method.output();
        let (headers, ended) = match begun {
            Err(_) => (HeaderMap::new(), Ended::late(self.within)),
            Ok(Err(Ended { broken: Some(why), .. })) => {
                return Err((format!("the node {} cannot be called: {why}", node.addr), false));
            }
            Ok(Err(ended)) => (HeaderMap::new(), ended),
            Ok(Ok(mut going)) => {
                let headers = std::mem::take(&mut going.headers);
                let mut answer = Answer { kind, defaults: self.defaults, left: LONGEST, count: 0 };
                let all = timeout_at(until, answer.all(&mut going, sink)).await;
                (headers, all.unwrap_or_else(|_| Ended::late(self.within)))
            }
        };
        let ms = (began.elapsed().as_secs_f64() * 1_000_000.0).round() / 1000.0;
        Ok(Outcome { headers, ended, ms })
    }
}

/// The messages of an answer.
struct Answer {
    kind: gateway_grpc::MessageDescriptor,
    defaults: bool,
    left: usize,
    count: usize,
}

impl Answer {
    /// Tells each until the call ends.
    async fn all(&mut self, going: &mut Going, sink: &mut Sink) -> Ended {
        loop {
            let message = match going.next().await {
                Ok(message) => message,
                Err(ended) => return ended,
            };
            self.count += 1;
            if self.count > MOST_MESSAGES {
                return Ended::ours(1, format!("the gateway has ended the call after {MOST_MESSAGES} messages"));
            }
            let shown = match to_json(&self.kind, &message, self.defaults, &mut self.left) {
                Ok(shown) => shown,
                Err(why) => {
                    let message =
                        format!("message {} of the answer is no {}: {why}", self.count, self.kind.full_name());
                    return Ended::ours(13, message);
                }
            };
            if !sink.take(shown).await {
                return Ended::ours(1, "nobody reads the answer any more".to_owned());
            }
        }
    }
}

impl Outcome {
    /// The end of a call as it is told: all but its messages.
    pub(super) fn told(&self, node: &str) -> Map<String, Value> {
        let mut told = Map::new();
        let message = match (&self.ended.broken, self.ended.message.is_empty()) {
            (Some(why), true) => why.clone(),
            (Some(why), false) if *why != self.ended.message => format!("{}: {why}", self.ended.message),
            _ => self.ended.message.clone(),
        };
        told.insert("headers".to_owned(), fields(&self.headers));
        told.insert("trailers".to_owned(), fields(&self.ended.trailers));
        told.insert("status".to_owned(), self.ended.status.into());
        told.insert("status_name".to_owned(), self.ended.name().into());
        told.insert("message".to_owned(), message.into());
        told.insert("ms".to_owned(), self.ms.into());
        told.insert("node".to_owned(), node.into());
        told
    }
}

/// How long the call may take.
///
/// # Errors
/// What is asked for is none of the times that may be; in words.
fn within(asked: Option<&Value>) -> Result<Duration, String> {
    let millis = match asked {
        None | Some(Value::Null) => Some(USUAL_MS),
        Some(asked) => asked.as_u64().filter(|millis| TIMES_MS.contains(millis)),
    };
    millis.map(Duration::from_millis).ok_or_else(|| {
        let (from, to) = TIMES_MS.into_inner();
        format!("invalid request body: timeout_ms is a number of milliseconds from {from} to {to}")
    })
}

/// The fields that go with the call: texts, or lists of them.
///
/// # Errors
/// One is no field of a call, or there are too many; in words.
fn headers(asked: &Map<String, Value>) -> Result<HeaderMap, String> {
    let mut fields = HeaderMap::new();
    let mut bytes = 0;
    for (name, value) in asked {
        let wrong = |why: &str| format!("invalid request body: the header {name:?} {why}");
        let field = HeaderName::from_bytes(name.as_bytes()).map_err(|_| wrong("has no name of one"))?;
        if OURS.contains(&field.as_str()) || field.as_str().starts_with("grpc-") {
            return Err(wrong("is the protocol's own"));
        }
        let one = std::slice::from_ref(value);
        for value in value.as_array().map_or(one, Vec::as_slice) {
            let value = value.as_str().ok_or_else(|| wrong("is no text"))?;
            bytes += name.len() + value.len();
            let value = HeaderValue::from_str(value).map_err(|_| wrong("cannot be sent"))?;
            fields.append(field.clone(), value);
        }
    }
    if fields.len() > MOST_HEADERS || bytes > LONGEST_HEADERS {
        return Err(format!(
            "invalid request body: more than {MOST_HEADERS} headers, or {LONGEST_HEADERS} bytes of them"
        ));
    }
    Ok(fields)
}

/// Fields that the protocol sets.
const OURS: [&str; 8] =
    ["te", "content-type", "content-length", "host", "connection", "transfer-encoding", "upgrade", "keep-alive"];

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(more: Value) -> Result<Invoke, String> {
        let mut body = json!({"service": "a.B", "method": "M"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let asked: Invoke = serde_json::from_value(body).map_err(|error| error.to_string())?;
        asked.checked().map(|()| asked)
    }

    #[test]
    fn what_is_asked_is_checked() {
        let good = asked(json!({"headers": {"X-A": "1", "x-b": ["2", "3"], "t-bin": "AAE="}, "timeout_ms": 60_000}));
        assert_eq!(headers(&good.unwrap().headers).unwrap().len(), 4);
        for (bad, why) in [
            (json!({"service": "a..B"}), "service is"),
            (json!({"service": "a/B"}), "service is"),
            (json!({"method": "M()"}), "method is"),
            (json!({"message": {}, "messages": []}), "not both"),
            (json!({"headers": {"te": "x"}}), "protocol's own"),
            (json!({"headers": {"grpc-timeout": "1S"}}), "protocol's own"),
            (json!({"headers": {"a b": "x"}}), "no name"),
            (json!({"headers": {"a": 1}}), "no text"),
            (json!({"headers": {"a": "x\n"}}), "cannot be sent"),
            (json!({"headers": {"a": "x".repeat(20_000)}}), "more than"),
            (json!({"timeout_ms": 0}), "from 1 to 60000"),
            (json!({"timeout_ms": "5"}), "from 1 to 60000"),
            (json!({"nodes": []}), "unknown field"),
        ] {
            let error = asked(bad.clone()).err().unwrap_or_default();
            assert!(error.contains(why), "{bad}: {error}");
        }
    }

    #[test]
    fn messages_are_as_many_as_the_method_takes() {
        let source = "syntax = \"proto3\"; package a; message A { int32 n = 1; }
            service B { rpc One (A) returns (A); rpc Many (stream A) returns (A); }";
        let known = gateway_grpc::Definitions::stored(source).unwrap();
        let ask = |method: &str, more: Value| {
            let asked = asked(more)?;
            asked.question(known.method("a.B", method).unwrap()).map(|question| question.messages)
        };
        assert_eq!(ask("One", json!({})), Ok(vec![Vec::new()]));
        assert_eq!(ask("One", json!({"messages": [{"n": 1}]})), Ok(vec![b"\x08\x01".to_vec()]));
        assert_eq!(ask("Many", json!({})), Ok(Vec::new()));
        assert_eq!(ask("Many", json!({"messages": [{"n": 1}, {}]})).unwrap().len(), 2);
        for (method, more, why) in [
            ("One", json!({"messages": []}), "there are 0"),
            ("One", json!({"messages": [{}, {}]}), "there are 2"),
            ("One", json!({"message": {"m": 1}}), "message is no a.A: "),
            ("Many", json!({"messages": [{}, {"n": "x"}]}), "message 2 is no a.A: "),
        ] {
            let error = ask(method, more).unwrap_err();
            assert!(error.contains(why), "{error}");
        }
    }
}
