//! `batch-requests`: several requests in one, each of which passes the gateway as if its client had sent it alone.

mod inner;
#[cfg(test)]
mod tests;

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use bytes::Bytes;
use gateway_engine::exchange::{Exchange, Framing};
use gateway_engine::headers::name;
use gateway_engine::plugin::{Api, Build, Definition, Endpoint, Exit, Flow, Phases, Plugin, Step, phrase};
use gateway_model::plugin::{PluginSpec, SchemaType};
use gateway_model::schema::{LazySchema, Schema};
use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use self::inner::{Ask, Inner, Said};
use crate::conf::{int, parse, scalar};
use crate::docs::{Doc, Example};

const NAME: &str = "batch-requests";

/// Where the API is found unless `plugin_attr.batch-requests.uri` says otherwise.
const URI: &str = "/apisix/batch-requests";

/// The longest an inner request may take, whatever the client asks for.
const LONGEST: Duration = Duration::from_secs(600);

/// All bodies of a batch's answers together.
const ANSWER_BYTES: usize = 32 << 20;

pub(crate) fn definition() -> Definition {
    Definition {
        spec: PluginSpec {
            scope: Some("global"),
            metadata_schema: Some(LazySchema::new(include_str!("../schemas/batch-requests.metadata.json"))),
            check: Some(|conf, place, _| match place {
                SchemaType::Metadata => parse::<Bounds>(conf).map(drop),
                _ => Ok(()),
            }),
            ..PluginSpec::new(NAME, 4010, include_str!("../schemas/batch-requests.json"))
        },
        phases: Phases::NONE,
        build: |_: &Build<'_>| Ok(Arc::new(Nothing)),
        metadata: Some(|value| Ok(Arc::new(parse::<Bounds>(value)?))),
    }
}

/// The plugin's API.
pub(crate) fn api(attr: &Value) -> Api {
    let uri = attr.get("uri").and_then(Value::as_str).unwrap_or(URI).to_owned();
    Api { methods: &["POST"], uri, endpoint: Arc::new(Batches) }
}

pub(crate) const DOC: Doc = Doc {
    about: "Takes several requests in one (`POST /apisix/batch-requests`, or `plugin_attr.batch-requests.uri`) and answers with a list of \
            their answers. A route with `public-api` makes it reachable; in routes the plugin itself does nothing.\n\n\
            The answer is `[{\"status\": 200, \"reason\": \"OK\", \"headers\": {…}, \"body\": \"…\"}, …]`. Each request has its own `method` (`GET`), \
            `path`, `query`, `headers` and `body`; `query` and `headers` beside the list are for all of them, and the fields of the outer \
            request too, except `Content-*`, `Accept-Encoding` and what belongs to its connection. Its own count first.\n\n\
            They run one after another inside the process and pass everything a request passes: routing, authentication, limits, logs. They \
            come from the outer client's address, and nothing they say can change that: `X-Real-IP`, `Forwarded` and `X-Forwarded-*` are \
            dropped. They reach the proxy's routes only, never the Admin or Control API, and no batch holds another. One that \
            has no answer after `timeout` milliseconds (30000; at most 600000) shows `{\"status\": 504, \"reason\": \"upstream timeout\"}`, as do those \
            behind it. Together their bodies may have 32 MiB.",
    fields: &[
        ("metadata:max_body_size", "Bytes of the outer request's body."),
        ("metadata:max_pipeline_items", "Requests of a batch."),
    ],
    example: Example {
        about: "",
        objects: &[
            ("plugin_metadata/batch-requests", r#"{"max_pipeline_items": 10}"#),
            ("routes/example", r#"{"uri": "/apisix/batch-requests", "plugins": {"public-api": {}}}"#),
            (
                "routes/orders",
                r#"{"uri": "/orders/*", "plugins": {"mocking": {"content_type": "text/plain", "response_example": "$http_x_tenant: $uri", "with_mock_header": false}}}"#,
            ),
        ],
        requests: r#"$ curl -s http://127.0.0.1:9080/apisix/batch-requests -H 'Content-Type: application/json' -d '
  {
    "headers": {"X-Tenant": "a"},
    "timeout": 5000,
    "pipeline": [
      {"path": "/orders/1"},
      {"path": "/orders/2", "method": "POST", "headers": {"X-Tenant": "b"}, "body": "{}"}
    ]
  }'
[{"status":200,"reason":"OK","headers":{"Content-Type":"text/plain"},"body":"a: /orders/1"},{"status":200,"reason":"OK","headers":{"Content-Type":"text/plain"},"body":"b: /orders/2"}]"#,
    },
};

/// In a chain it does nothing.
struct Nothing;

impl Plugin for Nothing {
    fn phases(&self) -> Phases {
        Phases::default()
    }
}

/// The metadata.
#[derive(Deserialize, Clone, Copy)]
struct Bounds {
    #[serde(deserialize_with = "int")]
    max_body_size: usize,
    #[serde(deserialize_with = "int")]
    max_pipeline_items: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Bounds { max_body_size: 1 << 20, max_pipeline_items: 1000 }
    }
}

/// What a client sends.
#[derive(Deserialize)]
struct Batch {
    #[serde(default)]
    query: Map<String, Value>,
    #[serde(default)]
    headers: Map<String, Value>,
    #[serde(deserialize_with = "int")]
    timeout: u64,
    pipeline: Vec<Item>,
}

/// One request of it.
#[derive(Deserialize)]
struct Item {
    method: String,
    path: String,
    #[serde(default)]
    query: Map<String, Value>,
    #[serde(default)]
    headers: Map<String, Value>,
    #[serde(default)]
    body: String,
}

/// The API.
struct Batches;

impl Endpoint for Batches {
    fn serve<'a>(self: Arc<Self>, x: &'a mut Exchange) -> Step<'a> {
        if x.conn.inner {
            return refuse(400, "a batch cannot hold another one");
        }
        let snapshot = x.worker().snapshot();
        let bounds = snapshot.metadata::<Bounds>(NAME).map_or_else(Bounds::default, |b| *b);
        if let Framing::Length(length) = x.req.framing
            && length > bounds.max_body_size as u64
        {
            let most = bounds.max_body_size;
            return refuse(413, &format!("request size {length} is greater than the maximum size {most} allowed"));
        }
        let Some(body) = x.req.collected.clone() else { return Step::Body(bounds.max_body_size) };
        match read(&body, bounds.max_pipeline_items) {
            Ok(batch) => Step::wait(run(x, batch)),
            Err(text) => refuse(400, &text),
        }
    }
}

fn refuse<'a>(status: u16, text: &str) -> Step<'a> {
    Step::Exit(Box::new(Exit::error_msg(status, text).content_type("application/json")))
}

/// # Errors
/// The text for a client whose body is no batch.
fn read(body: &[u8], most: usize) -> Result<Batch, String> {
    static SCHEMA: LazyLock<Option<Schema>> = LazyLock::new(|| {
        let object = json!({"type": "object"});
        let schema = json!({
            "type": "object",
            "properties": {
                "query": object,
                "headers": object,
                "timeout": {"type": "integer", "minimum": 1, "default": 30000},
                "pipeline": {
                    "type": "array",
                    "minItems": 1,
                    "items": {
                        "type": "object",
                        "properties": {
                            "version": {"enum": [1.0, 1.1], "default": 1.1},
                            "method": {
                                "enum": ["GET", "PUT", "POST", "DELETE", "PATCH", "HEAD", "OPTIONS"],
                                "default": "GET"
                            },
                            "path": {"type": "string", "minLength": 1},
                            "query": object,
                            "headers": object,
                            "ssl_verify": {"type": "boolean", "default": false},
                            "body": {"type": "string"}
                        },
                        "required": ["path"]
                    }
                }
            },
            "required": ["pipeline"]
        });
        Schema::compile(&schema).ok()
    });
    if body.is_empty() {
        return Err("no request body, you should give at least one pipeline setting".to_owned());
    }
    let mut value: Value = serde_json::from_slice(body).map_err(|error| format!("invalid request body: {error}"))?;
    // Before it is walked.
    let items = value.get("pipeline").and_then(Value::as_array).map_or(0, Vec::len);
    if items > most {
        return Err(format!("too many pipeline requests, the maximum is {most}, got {items}"));
    }
    if let Some(schema) = &*SCHEMA {
        schema.check(&mut value).map_err(|violation| format!("bad request body: {violation}"))?;
    }
    parse(&value).map_err(|error| format!("bad request body: {error}"))
}

/// Runs the requests one after another and answers with what came of them.
async fn run(x: &mut Exchange, batch: Batch) -> Flow {
    let within = Duration::from_millis(batch.timeout).min(LONGEST);
    let inner = Inner::of(x);
    let mut answers = Vec::with_capacity(batch.pipeline.len());
    let mut room = ANSWER_BYTES;
    let mut late = false;
    for item in &batch.pipeline {
        let said = match ask(x, &batch, item) {
            _ if late => Said::Late,
            Ok(ask) => inner.ask(ask, room, within).await,
            Err(reason) => Said::Refused(reason),
        };
        late |= matches!(said, Said::Late);
        answers.push(shown(said, &mut room));
    }
    let text = Value::Array(answers).to_string();
    Flow::Exit(Box::new(Exit::text(200, text).content_type("application/json")))
}

/// What one request asks for.
///
/// # Errors
/// What in it cannot be sent.
fn ask(x: &Exchange, batch: &Batch, item: &Item) -> Result<Ask, String> {
    let mut ask = Ask::new(&item.method, &target(batch, item)?)?;
    for (name, value) in &item.headers {
        ask.field(name, &text_of(name, value)?)?;
    }
    for (name, value) in batch.headers.iter().filter(|(name, _)| !holds(&item.headers, name)) {
        ask.field(name, &text_of(name, value)?)?;
    }
    for (name, value) in x.req.head.iter() {
        let text = name.as_str();
        let own = holds(&item.headers, text) || holds(&batch.headers, text);
        let described = text.get(..8).is_some_and(|start| start.eq_ignore_ascii_case("content-"));
        if !own && !described && name != name::ACCEPT_ENCODING {
            ask.received(name, value);
        }
    }
    if !ask.has_host() {
        ask.host(x.authority())?;
    }
    ask.body = Bytes::from(item.body.clone());
    Ok(ask)
}

fn holds(fields: &Map<String, Value>, name: &str) -> bool {
    fields.keys().any(|key| key.eq_ignore_ascii_case(name))
}

fn text_of(name: &str, value: &Value) -> Result<String, String> {
    scalar(value).ok_or_else(|| format!("the value of {name} is neither a string nor a number"))
}

/// What a path may hold as it is; the rest is escaped.
const PATH: &AsciiSet = &CONTROLS.add(b' ').add(b'#').add(b'"').add(b'<').add(b'>').add(b'`').add(b'{').add(b'}');

/// Path and query of a request; its own arguments count before the batch's.
fn target(batch: &Batch, item: &Item) -> Result<String, String> {
    if !item.path.starts_with('/') {
        return Err(format!("the path {:?} does not begin with a slash", item.path));
    }
    let mut target = utf8_percent_encode(&item.path, PATH).to_string();
    let common = batch.query.iter().filter(|(name, _)| !item.query.contains_key(*name));
    for (name, value) in item.query.iter().chain(common) {
        let values = match value {
            Value::Array(values) => values.as_slice(),
            one => std::slice::from_ref(one),
        };
        for value in values {
            let text = match value {
                Value::Bool(b) => b.to_string(),
                other => text_of(name, other)?,
            };
            target.push(if target.contains('?') { '&' } else { '?' });
            target.extend(utf8_percent_encode(name, NON_ALPHANUMERIC));
            target.push('=');
            target.extend(utf8_percent_encode(&text, NON_ALPHANUMERIC));
        }
    }
    Ok(target)
}

/// An answer in the list.
fn shown(said: Said, room: &mut usize) -> Value {
    let answer = match said {
        Said::Answer(answer) => answer,
        Said::Late => return json!({"status": 504, "reason": "upstream timeout"}),
        Said::Refused(reason) => return json!({"status": 400, "reason": reason}),
        Said::Broken => return json!({"status": 502, "reason": phrase(502)}),
        Said::TooLong => return json!({"status": 502, "reason": "the answer is too long for a batch"}),
    };
    *room = room.saturating_sub(answer.body.len());
    let mut headers = Map::new();
    for (name, value) in answer.headers {
        let value = Value::from(String::from_utf8_lossy(&value).into_owned());
        match headers.get_mut(&name) {
            None => {
                headers.insert(name, value);
            }
            Some(Value::Array(values)) => values.push(value),
            Some(one) => *one = Value::Array(vec![one.take(), value]),
        }
    }
    let mut shown = json!({"status": answer.status, "reason": phrase(answer.status), "headers": headers});
    if !answer.body.is_empty() {
        shown["body"] = String::from_utf8_lossy(&answer.body).into();
    }
    shown
}
