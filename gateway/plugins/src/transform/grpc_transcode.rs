//! `grpc-transcode`: JSON over HTTP becomes a call of a gRPC method, and its messages JSON again.

mod request;
mod response;

use std::sync::Arc;

use bytes::Bytes;
use gateway_engine::buf::Chunk;
use gateway_engine::exchange::{Exchange, Framing, Origin};
use gateway_engine::headers::name;
use gateway_engine::log_pace::{Excerpt, LogPace};
use gateway_engine::plugin::{Build, Definition, Exit, Phases, Plugin, Step};
use gateway_engine::worker::now_ms;
use gateway_model::plugin::PluginSpec;
use serde::Deserialize;
use serde_json::Value;

use self::response::Answer;
use crate::conf::{int, parse};
use crate::docs::{Doc, Example};
use crate::proto::{Defaults, Int64, Output, Schema};

const NAME: &str = "grpc-transcode";

pub(crate) fn definition() -> Definition {
    Definition {
        spec: PluginSpec {
            check: Some(|conf, _, _| GrpcTranscode::compile(conf).map(drop)),
            ..PluginSpec::new(NAME, 506, include_str!("../schemas/grpc-transcode.json"))
        },
        phases: Phases::ACCESS | Phases::HEADER_FILTER | Phases::BODY_FILTER,
        build: |build: &Build<'_>| Ok(Arc::new(GrpcTranscode::compile(build.conf)?)),
        metadata: None,
    }
}

pub(crate) const DOC: Doc = Doc {
    about: "Lets plain HTTP clients call a gRPC method: the request becomes a message, the messages of the answer become JSON. The \
            upstream's scheme is `grpc` or `grpcs`; the method stands in a definition under `/apisix/admin/protos`, as source or as a \
            descriptor set in base64. A definition may import protobuf's well-known types; it is compiled when it is put, and a new \
            one applies at once.\n\n\
            The fields are taken from a JSON body (`POST`, `PUT`, `PATCH`), from a form (other `POST`), else from the query; names \
            are those of the definition, others are passed over. Numbers may be written as texts. A body that does not fit is refused \
            with 400, one over `gateway.limits.grpc_message_bytes` with 413, an unknown method with 503; while there is no definition \
            the request is passed on as it is.\n\n\
            A call that succeeds answers with 200, its message as JSON, and `grpc-status` and `grpc-message` as trailers. A method \
            that streams answers with one line a message (`application/x-ndjson`), each sent as it comes. `bytes` are shown as text, \
            in base64 where they are none.\n\n\
            A call that fails answers by its gRPC status: 1 is 499, 2, 13 and 15 are 500, 3, 9 and 11 are 400, 4 is 504, 5 is 404, 6 \
            and 10 are 409, 7 is 403, 8 is 429, 12 is 501, 14 is 503, 16 is 401, any other 599. An answer that is no message of the \
            method is 502.",
    fields: &[
        ("proto_id", "Id of the definition under `/apisix/admin/protos`."),
        ("service", "The service with its package: `helloworld.Greeter`."),
        ("method", "The method of the service."),
        ("deadline", "How long the call may take, in milliseconds; 0 sets no deadline."),
        (
            "pb_option",
            "How messages are written. Enums: `enum_as_name`, `enum_as_value`. Integers that do not fit into 32 bits: \
             `int64_as_number`, `int64_as_string` (`\"#123\"`), `int64_as_hexstring` (`\"#0x7B\"`). Absent fields: \
             `auto_default_values` (those of proto3 get their default), `use_default_values` (all do), `no_default_values` and \
             `use_default_metatable` (none do). `enable_hooks` and `disable_hooks` change nothing here.",
        ),
        (
            "show_status_in_body",
            "Answers a failed call with `{\"error\": {\"code\", \"message\", \"details\"}}`, out of `grpc-status-details-bin`.",
        ),
        ("status_detail_type", "Message of the definition by which `details` are decoded."),
        ("max_resp_body_size", "Longest answer in memory: the JSON of one message, in bytes."),
    ],
    example: Example {
        about: "It needs a gRPC server beside the demo: the greeter of [gRPC's quick start](https://grpc.io/docs/languages/python/quickstart/), on port 50051.",
        objects: &[
            (
                "protos/greeter",
                r#"{"content": "syntax = \"proto3\"; package helloworld; service Greeter { rpc SayHello (HelloRequest) returns (HelloReply); } message HelloRequest { string name = 1; } message HelloReply { string message = 1; }"}"#,
            ),
            (
                "routes/example",
                r#"{
  "uri": "/greet",
  "upstream": {"scheme": "grpc", "nodes": {"127.0.0.1:50051": 1}},
  "plugins": {
    "grpc-transcode": {"proto_id": "greeter", "service": "helloworld.Greeter", "method": "SayHello", "deadline": 5000}
  }
}"#,
            ),
        ],
        requests: r#"$ curl -s http://127.0.0.1:9080/greet -H 'Content-Type: application/json' -d '{"name": "world"}' -w '\n%{http_code} %{content_type}\n'
{"message":"Hello, world!"}
200 application/json
$ curl -s 'http://127.0.0.1:9080/greet?name=Ada'
{"message":"Hello, Ada!"}
$ curl -s -o /dev/null -w '%{http_code}\n' http://127.0.0.1:9080/greet -H 'Content-Type: application/json' -d '{"name": [1]}'
400"#,
    },
};

#[derive(Deserialize)]
struct Conf {
    proto_id: Value,
    service: String,
    method: String,
    deadline: f64,
    pb_option: Vec<String>,
    show_status_in_body: bool,
    status_detail_type: Option<String>,
    #[serde(deserialize_with = "int")]
    max_resp_body_size: usize,
}

struct GrpcTranscode {
    proto: Box<str>,
    service: Box<str>,
    method: Box<str>,
    /// `grpc-timeout`, and the same in milliseconds.
    deadline: Option<(Box<[u8]>, u64)>,
    output: Output,
    status_in_body: bool,
    detail: Option<Box<str>>,
}

/// A call that this plugin has made of a request, and its answer.
#[derive(Default)]
struct Call {
    schema: Option<Arc<Schema>>,
    answer: Option<Answer>,
}

impl GrpcTranscode {
    fn compile(conf: &Value) -> Result<GrpcTranscode, String> {
        let conf: Conf = parse(conf)?;
        let proto = match conf.proto_id {
            Value::String(id) => id,
            number => number.to_string(),
        };
        let mut output = Output {
            enum_names: true,
            int64: Int64::default(),
            defaults: Defaults::default(),
            limit: conf.max_resp_body_size,
        };
        for option in &conf.pb_option {
            match &**option {
                "enum_as_name" => output.enum_names = true,
                "enum_as_value" => output.enum_names = false,
                "int64_as_number" => output.int64 = Int64::Number,
                "int64_as_string" => output.int64 = Int64::Text,
                "int64_as_hexstring" => output.int64 = Int64::Hex,
                "auto_default_values" => output.defaults = Defaults::Proto3,
                "use_default_values" => output.defaults = Defaults::All,
                "no_default_values" | "use_default_metatable" => output.defaults = Defaults::None,
                // Hooks are code of APISIX's.
                _ => {}
            }
        }
        Ok(GrpcTranscode {
            proto: proto.into(),
            service: conf.service.into(),
            method: conf.method.into(),
            deadline: deadline(conf.deadline),
            output,
            status_in_body: conf.show_status_in_body,
            detail: conf.status_detail_type.map(Into::into),
        })
    }

    /// The definition as it is now.
    fn schema(&self, x: &Exchange) -> Option<Arc<Schema>> {
        let snapshot = x.worker().snapshot();
        Arc::clone(snapshot.protos.get(&*self.proto)?).downcast::<Schema>().ok()
    }
}

/// Says why a request is no message. The reason may quote the request.
#[cold]
fn refused(x: &Exchange, error: &str) {
    thread_local! {
        static PACE: LogPace = const { LogPace::new() };
    }
    let Some(left_out) = PACE.with(LogPace::admit) else { return };
    let route = x.route.as_ref().map_or("", |route| &*route.route.id);
    tracing::info!(route, error = %Excerpt(error), left_out, "grpc-transcode: the request is no message");
}

/// A `grpc-timeout` has at most eight digits.
fn deadline(ms: f64) -> Option<(Box<[u8]>, u64)> {
    const MOST: u64 = 99_999_999;
    // What is no number of milliseconds sets none; the bound is far below what a double holds exactly.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let ms = if ms >= 1.0 { ms.min(MOST as f64) as u64 } else { return None };
    Some((format!("{ms}m").into_bytes().into(), ms))
}

impl Plugin for GrpcTranscode {
    fn phases(&self) -> Phases {
        Phases::ACCESS | Phases::HEADER_FILTER | Phases::BODY_FILTER
    }

    fn access<'a>(&'a self, x: &'a mut Exchange) -> Step<'a> {
        let Some(schema) = self.schema(x) else {
            tracing::error!(
                proto = &*self.proto,
                "grpc-transcode: there is no such proto: the request is passed on as it is"
            );
            return Step::Next;
        };
        let Some(method) = schema.method(&self.service, &self.method) else {
            tracing::error!(
                service = &*self.service,
                method = &*self.method,
                "grpc-transcode: the proto has no such method"
            );
            return Step::exit(503);
        };
        let limit = x.worker().with_settings(|s| s.limits.grpc_message_bytes);
        if x.req.collected.is_none() && x.req.framing != Framing::None {
            return Step::Body(limit);
        }
        let message = match request::message(x, &schema, method, limit) {
            Ok(message) => message,
            Err(error) => {
                refused(x, &error);
                return Step::Exit(Box::new(Exit::page(400)));
            }
        };
        x.req.framing = Framing::Length(message.len() as u64);
        x.req.collected = Some(Bytes::from(message));
        x.set_upstream_method(b"POST");
        x.set_upstream_target(&method.path);
        let head = &mut x.req.head;
        head.set_static(name::CONTENT_TYPE, "application/grpc");
        head.set_static(name::TE, "trailers");
        head.remove(name::CONTENT_ENCODING);
        if let Some((text, ms)) = &self.deadline {
            // Digits and a unit.
            let _ = head.set(name::GRPC_TIMEOUT, text);
            x.req.until_ms = now_ms() + ms;
        }
        x.state::<Call>().schema = Some(schema);
        Step::Next
    }

    fn header_filter(&self, x: &mut Exchange) {
        let Some(schema) = x.peek_state::<Call>().and_then(|call| call.schema.clone()) else { return };
        if x.resp.status >= 300 || x.resp.origin != Origin::Upstream {
            return;
        }
        let Some(method) = schema.method(&self.service, &self.method) else { return };
        let limit = x.worker().with_settings(|s| s.limits.grpc_message_bytes);
        let answer = Answer::new(method, &x.resp.head, limit);
        x.resp.body_will_change();
        x.resp.head_waits = true;
        if x.resp.framing == Framing::None {
            // A head alone: what the client gets may be more.
            x.resp.framing = Framing::Stream;
        }
        let kind = if method.server_streaming { "application/x-ndjson" } else { "application/json" };
        x.resp.head.set_static(name::CONTENT_TYPE, kind);
        x.resp.head.set_static(name::TRAILER, "grpc-status, grpc-message");
        x.state::<Call>().answer = Some(answer);
    }

    fn body_filter(&self, x: &mut Exchange, piece: &mut Chunk, last: bool) {
        if x.peek_state::<Call>().is_none() {
            return;
        }
        let call = x.state::<Call>();
        let (Some(schema), Some(mut answer)) = (call.schema.clone(), call.answer.take()) else { return };
        let arrived = std::mem::take(piece);
        let out = match last {
            true => answer.last(self, &schema, arrived.as_slice(), x),
            false => {
                let out = answer.next(self, &schema, arrived.as_slice());
                x.state::<Call>().answer = Some(answer);
                out
            }
        };
        *piece = Chunk::from(Bytes::from(out));
    }
}

#[cfg(test)]
mod tests;
