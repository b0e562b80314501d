//! `http-dubbo`: JSON over HTTP becomes a call of one method of a Dubbo service.

use std::sync::Arc;

use bytes::Bytes;
use gateway_dubbo_codec::descriptor;
use gateway_dubbo_codec::frame::Status;
use gateway_dubbo_codec::generic::{self, Answer, Argument, GenericCall, Mode};
use gateway_dubbo_codec::json::{Dates, Style};
use gateway_engine::exchange::{Exchange, Framing, Reply};
use gateway_engine::headers::HeaderName;
use gateway_engine::plugin::{Build, Definition, Exit, Phases, Plugin, Step};
use gateway_engine::upstream::Timeouts;
use gateway_model::json;
use gateway_model::plugin::PluginSpec;
use serde::Deserialize;
use serde_json::Value;

use super::dubbo::{self, Answers, Target, refusal};
use crate::conf::{header_name, int, parse};
use crate::docs::{Doc, Example};

const NAME: &str = "http-dubbo";

pub(crate) fn definition() -> Definition {
    Definition {
        spec: PluginSpec {
            check: Some(|conf, _, _| HttpDubbo::compile(conf).map(drop)),
            ..PluginSpec::new(NAME, 504, include_str!("../schemas/http-dubbo.json"))
        },
        phases: Phases::BEFORE_PROXY,
        build: |build: &Build<'_>| Ok(Arc::new(HttpDubbo::compile(build.conf)?)),
        metadata: None,
    }
}

pub(crate) const DOC: Doc = Doc {
    about: "Calls one method of a Dubbo service with the JSON of a request. The body is an array of the arguments, or an object whose \
            values are the arguments in their order. The nodes of the route's upstream are Dubbo providers (protocol Dubbo2); its scheme \
            may be `dubbo` or stay `http`.\n\n\
            APISIX sends such calls in fastjson 1, which providers of Dubbo 3 leave unanswered; this gateway sends generic calls in \
            hessian2, which they answer. Calls share a few connections to a provider. [`dubbo-bridge`](dubbo-bridge.md) does more: \
            arguments from anywhere in the request, attachments, statuses by class of exception.\n\n\
            A result answers with 200 and its JSON, nothing and null with 200 and no body, an exception with 500 and \
            `{\"exception\", \"message\"}`, a call that has not come to its method with 500; a provider that cannot be reached is 502.",
    fields: &[
        ("service_name", "Full name of the interface."),
        ("service_version", "Version of the service; `0.0.0`: it has none."),
        ("method", "The method."),
        (
            "params_type_desc",
            "Types of the parameters, as the JVM describes them: `Ljava/lang/String;I`. Without it the provider finds the method by its \
             name alone, which must be the only one of that name.",
        ),
        ("serialized", "The body is one line of JSON for each argument."),
        ("serialization_header_key", "A field of the request that says so, with the value `true`."),
        ("connect_timeout", "In milliseconds."),
        ("read_timeout", "In milliseconds."),
        ("send_timeout", "In milliseconds."),
        ("max_req_body_size", "Longest body, in bytes; a longer one is answered with 413."),
    ],
    example: Example {
        about: "It needs a Dubbo provider on port 20880 that serves `org.acme.Greeter`, with a method `String sayHello(String name)`.",
        objects: &[(
            "routes/example",
            r#"{
  "uri": "/call",
  "upstream": {"nodes": {"127.0.0.1:20880": 1}},
  "plugins": {
    "http-dubbo": {"service_name": "org.acme.Greeter", "method": "sayHello", "params_type_desc": "Ljava/lang/String;"}
  }
}"#,
        )],
        requests: r#"$ curl -s http://127.0.0.1:9080/call -d '["world"]'; echo
"hello world"
$ curl -s http://127.0.0.1:9080/call -d '{"name": "Ada"}'; echo
"hello Ada"
$ curl -s http://127.0.0.1:9080/call -d 'world'
{"error_msg":"the body is no JSON: …"}"#,
    },
};

#[derive(Deserialize)]
struct Conf {
    service_name: String,
    service_version: String,
    method: String,
    params_type_desc: String,
    serialization_header_key: Option<String>,
    serialized: bool,
    connect_timeout: f64,
    read_timeout: f64,
    send_timeout: f64,
    #[serde(deserialize_with = "int")]
    max_req_body_size: usize,
}

struct HttpDubbo {
    interface: Box<str>,
    version: Box<str>,
    method: Box<str>,
    types: Option<Vec<Box<str>>>,
    lines_header: Option<HeaderName>,
    lines: bool,
    timeouts: Timeouts,
    limit: usize,
}

impl HttpDubbo {
    fn compile(conf: &Value) -> Result<HttpDubbo, String> {
        let conf: Conf = parse(conf)?;
        let mut types = Vec::new();
        for one in descriptor::types(&conf.params_type_desc) {
            let one = one.map_err(|error| format!("property \"params_type_desc\" validation failed: {error}"))?;
            types.push(Box::from(&*descriptor::java_name(one)));
        }
        Ok(HttpDubbo {
            interface: conf.service_name.into(),
            version: conf.service_version.into(),
            method: conf.method.into(),
            types: (!types.is_empty()).then_some(types),
            lines_header: conf.serialization_header_key.as_deref().map(header_name).transpose()?,
            lines: conf.serialized,
            timeouts: Timeouts {
                connect_ms: millis(conf.connect_timeout),
                send_ms: millis(conf.send_timeout),
                read_ms: millis(conf.read_timeout),
            },
            limit: conf.max_req_body_size,
        })
    }

    /// The arguments of a request.
    fn arguments(&self, x: &Exchange) -> Result<Vec<Value>, Box<Exit>> {
        let lines = self.lines
            || self.lines_header.as_ref().is_some_and(|name| x.req.head.get(name.as_name()) == Some(b"true"));
        if lines {
            let body = x.req.collected.as_deref().unwrap_or_default();
            let lines = body.split(|b| *b == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty());
            let parsed = lines.enumerate().map(|(n, line)| {
                json::parse_exact(line)
                    .map_err(|error| refusal(400, &format!("line {} of the body is no JSON: {error}", n + 1)))
            });
            return parsed.collect();
        }
        match dubbo::body(x, self.limit)? {
            None => Ok(Vec::new()),
            Some(Value::Array(items)) => Ok(items),
            Some(Value::Object(members)) => Ok(members.into_iter().map(|(_, value)| value).collect()),
            Some(_) => Err(refusal(400, "the body is neither an array nor an object")),
        }
    }

    fn call(&self, x: &mut Exchange) -> Result<(), Box<Exit>> {
        let values = self.arguments(x)?;
        if let Some(types) = self.types.as_ref().filter(|types| types.len() != values.len()) {
            let message = format!("the method takes {} arguments, the body has {}", types.len(), values.len());
            return Err(refusal(400, &message));
        }
        let kind = |n: usize| self.types.as_ref().and_then(|types| types.get(n)).map(|kind| &**kind);
        let arguments: Vec<_> =
            values.iter().enumerate().map(|(n, value)| Argument { value, kind: kind(n), of: None }).collect();
        let call = GenericCall {
            interface: &self.interface,
            version: &self.version,
            group: "",
            method: &self.method,
            mode: Mode::RawReturn,
            class_keys: false,
        };
        let body = call.body(&arguments, []);
        let body = body.map_err(|bad| refusal(400, &format!("argument {}: {}", bad.number + 1, bad.why)))?;
        let target = Target { interface: &self.interface, method: &self.method, version: &self.version, group: "" };
        dubbo::send(x, &target, body, Arc::new(Line))
    }
}

/// Times of APISIX's are numbers of milliseconds; of less than one, one.
fn millis(ms: f64) -> u64 {
    // A day is far below what either type holds.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    if ms >= 1.0 { ms.min(86_400_000.0) as u64 } else { 1 }
}

impl Plugin for HttpDubbo {
    fn phases(&self) -> Phases {
        Phases::BEFORE_PROXY
    }

    fn before_proxy<'a>(&'a self, x: &'a mut Exchange) -> Step<'a> {
        if x.req.call.is_some() {
            // Another try, or a call from the first.
            return Step::Next;
        }
        if x.req.collected.is_none() && x.req.framing != Framing::None {
            return Step::Body(self.limit);
        }
        x.upstream.timeouts = Some(self.timeouts);
        match self.call(x) {
            Ok(()) => Step::Next,
            Err(exit) => Step::Exit(exit),
        }
    }
}

/// Answers as those of APISIX.
struct Line;

impl Answers for Line {
    fn answer(&self, x: &mut Exchange, reply: Reply, body: &Bytes) -> Bytes {
        if Status::from_code(reply.status) != Status::Ok {
            return dubbo::failed(x, 500, reply, body, false);
        }
        // As fastjson writes dates.
        let style = Style { dates: Dates::EpochMs, ..Style::default() };
        match generic::answer(body, Mode::RawReturn, &style, dubbo::limits()) {
            Ok(Answer::Value(json)) if json == b"null" => {
                x.resp.status = 200;
                Bytes::new()
            }
            Ok(Answer::Value(json)) => dubbo::answer(x, 200, json),
            Ok(Answer::Exception(exception)) => dubbo::thrown(x, 500, &exception, true),
            Err(error) => dubbo::unreadable(x, &error),
        }
    }
}

#[cfg(test)]
mod tests;
