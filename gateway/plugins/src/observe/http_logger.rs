//! `http-logger`: posts the entries of requests to an HTTP server, in batches.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use gateway_engine::buf::Chunk;
use gateway_engine::exchange::Exchange;
use gateway_engine::plugin::{Build, Definition, Phases, Plugin, Step};
use gateway_model::plugin::{PluginSpec, SchemaType};
use gateway_model::schema::LazySchema;
use gateway_outbound::http::{self, Call, Method, Url};
use gateway_outbound::queue::{Deliver, Delivering, Queue, Undelivered};
use serde::Deserialize;
use serde_json::Value;

use super::logger::{self, Batching, Common, MAX_PENDING, MOST_PENDING, Recorder};
use crate::conf::{int, maybe_int, parse, server};
use crate::docs::{Doc, Example};

const NAME: &str = "http-logger";

/// The most that is read of a log server's answer.
const ANSWER_BYTES: usize = 64 << 10;

pub(crate) fn definition() -> Definition {
    Definition {
        spec: PluginSpec {
            metadata_schema: Some(LazySchema::new(include_str!("../schemas/http-logger.metadata.json"))),
            observer: true,
            encrypt_fields: &["auth_header"],
            check: Some(|conf, place, _| match place {
                SchemaType::Metadata => Metadata::compile(conf).map(drop),
                _ => Recorder::compile(conf).and(Post::compile(conf)).map(drop),
            }),
            ..PluginSpec::new(NAME, 410, include_str!("../schemas/http-logger.json"))
        },
        phases: Phases::ACCESS | Phases::HEADER_FILTER | Phases::BODY_FILTER | Phases::LOG,
        build: |build: &Build<'_>| {
            let recorder = Recorder::compile(build.conf)?;
            let batching: Batching = parse(build.conf)?;
            let queue = batching.queue(build, NAME, Post::compile(build.conf)?)?;
            Ok(Arc::new(HttpLogger { recorder, queue }))
        },
        metadata: Some(|value| Ok(Arc::new(Metadata::compile(value)?))),
    }
}

pub(crate) const DOC: Doc = Doc {
    about: "Posts an entry of each request to an HTTP server. Entries wait and leave in batches: when there are `batch_max_size` of \
            them, when nothing came for `inactive_timeout`, or when the oldest has waited for `buffer_duration`; what \
            waits is sent when the configuration changes and when the gateway ends. A batch that is not taken (no \
            answer, or a status of 400 and above) is sent again `max_retry_count` times, then dropped. Requests never wait: where too \
            many entries wait (`max_pending_entries`, at most 10000, or 32 MiB), the oldest are dropped and counted \
            (`gateway_log_entries_total{plugin, state}`).\n\n\
            With `concat_method: json` a body is a JSON list, or with `batch_max_size: 1` one object; with `new_line` it is an object a \
            line, as `text/plain`.\n\n\
            An entry holds `request` (`url`, `uri`, `method`, `headers`, `querystring`, `size`), `response` (`status`, `headers`, `size`), \
            `server`, `upstream`, `service_id`, `route_id`, `consumer`, `client_ip`, `start_time`, `latency`, `upstream_latency` and \
            `apisix_latency` (milliseconds), or what `log_format` says. Headers and arguments that hold credentials (`Authorization`, \
            `Cookie`, `apikey`, …) are shown as `***`; a format that names one gets it.",
    fields: &[
        ("uri", "Where entries are posted."),
        ("auth_header", "`Authorization` of these requests. Stored encrypted."),
        ("timeout", "Seconds a post may take."),
        ("name", "What this logger is called in logs and metrics."),
        ("batch_max_size", "Entries of a full batch."),
        ("inactive_timeout", "Seconds after which a batch that is not full leaves when nothing more comes."),
        ("buffer_duration", "Seconds after which a batch leaves whatever comes."),
        ("max_retry_count", "How often a batch that was not taken is sent again."),
        ("retry_delay", "Seconds before each of these."),
        ("concat_method", "How a batch is written."),
        ("ssl_verify", "Whether the server's certificate is checked."),
        ("include_req_body", "Adds the request's body to the entry (`request.body`)."),
        ("include_req_body_expr", "Only where this expression is true."),
        ("include_resp_body", "Adds the answer's body to the entry (`response.body`), without its content coding."),
        ("include_resp_body_expr", "Only where this expression is true."),
        ("max_req_body_bytes", "So many bytes of the request's body at most."),
        ("max_resp_body_bytes", "So many bytes of the answer's body at most."),
        (
            "log_format",
            "What an entry holds instead: names with texts, variables (`$host`) or objects of these, five levels deep. `route_id` and `service_id` are always there. `$request_body` is the request's body.",
        ),
        ("log_format_extra", "What an entry holds beside the usual, in the same form; nothing is overwritten."),
        ("metadata:log_format", "The format of all routes that have none of their own."),
        ("metadata:log_format_extra", "The same of what is added."),
        ("metadata:max_pending_entries", "Entries of a logger that may wait."),
    ],
    example: Example {
        about: "The server that takes the entries is another route of the gateway here, which writes what it gets into a file.",
        objects: &[
            (
                "routes/logs",
                r#"{
  "uri": "/logs",
  "upstream_id": "demo-echo",
  "plugins": {"file-logger": {"path": "/tmp/posted.log", "log_format": {"posted": "$request_body", "token": "$http_authorization"}}}
}"#,
            ),
            (
                "routes/example",
                r#"{
  "uri": "/orders",
  "upstream_id": "demo-echo",
  "plugins": {
    "http-logger": {
      "uri": "http://127.0.0.1:9080/logs",
      "auth_header": "Bearer sesame",
      "batch_max_size": 2,
      "log_format": {"client": "$remote_addr", "request": "$request_method $uri", "status": "$status"}
    }
  }
}"#,
            ),
        ],
        requests: r#"$ for i in 1 2; do curl -s -o /dev/null -w '%{http_code}\n' http://127.0.0.1:9080/orders; done
200
200
# A moment later:
$ cat /tmp/posted.log
{"posted":"[{\"client\":\"127.0.0.1\",\"request\":\"GET /orders\",\"status\":\"200\",\"route_id\":\"example\"},{\"client\":\"127.0.0.1\",\"request\":\"GET /orders\",\"status\":\"200\",\"route_id\":\"example\"}]","token":"Bearer sesame","route_id":"logs"}
$ curl -s http://127.0.0.1:9091/apisix/prometheus/metrics | grep 'log_entries.*http-logger'
apisix_gateway_log_entries_total{plugin="http-logger",state="queued"} 2
apisix_gateway_log_entries_total{plugin="http-logger",state="sent"} 2
apisix_gateway_log_entries_total{plugin="http-logger",state="dropped"} 0
apisix_gateway_log_entries_total{plugin="http-logger",state="failed"} 0"#,
    },
};

struct HttpLogger {
    recorder: Recorder,
    queue: Arc<Queue<Vec<u8>>>,
}

/// What all instances are told.
struct Metadata {
    common: Common,
    max_pending: usize,
}

impl Metadata {
    fn compile(value: &Value) -> Result<Metadata, String> {
        #[derive(Deserialize)]
        struct Conf {
            #[serde(default, deserialize_with = "maybe_int")]
            max_pending_entries: Option<usize>,
        }
        let conf: Conf = parse(value)?;
        let max_pending = conf.max_pending_entries.unwrap_or(MAX_PENDING).min(MOST_PENDING);
        Ok(Metadata { common: Common::compile(value), max_pending })
    }
}

impl logger::Metadata for Metadata {
    fn common(&self) -> &Common {
        &self.common
    }
}

impl Plugin for HttpLogger {
    fn phases(&self) -> Phases {
        self.recorder.phases()
    }

    fn access<'a>(&'a self, x: &'a mut Exchange) -> Step<'a> {
        self.recorder.access::<Metadata>(x, NAME)
    }

    fn header_filter(&self, x: &mut Exchange) {
        self.recorder.header_filter(x);
    }

    fn body_filter(&self, x: &mut Exchange, piece: &mut Chunk, _: bool) {
        self.recorder.body_filter(x, piece);
    }

    fn log(&self, x: &Exchange) {
        let (entry, max_pending) = logger::told::<Metadata, _>(x, NAME, |metadata| {
            let entry = self.recorder.entry(x, metadata.map(|m| &m.common), Some("no-matched"));
            (entry, metadata.map_or(MAX_PENDING, |m| m.max_pending))
        });
        self.queue.bound(max_pending);
        self.queue.served_at(|| x.conn.local.ip().to_string());
        self.queue.push(entry);
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Concat {
    Json,
    NewLine,
}

/// Posts batches.
struct Post {
    url: Url,
    headers: http::HeaderMap,
    settings: http::Settings,
    concat: Concat,
    /// Batches are of one entry: they are no lists.
    single: bool,
}

impl Post {
    fn compile(conf: &Value) -> Result<Post, String> {
        #[derive(Deserialize)]
        struct Conf {
            uri: String,
            auth_header: Option<String>,
            #[serde(deserialize_with = "int")]
            timeout: u32,
            concat_method: Concat,
            ssl_verify: bool,
            #[serde(deserialize_with = "int")]
            batch_max_size: usize,
        }
        let conf: Conf = parse(conf)?;
        let url = server("uri", &conf.uri)?;
        let mut headers = http::HeaderMap::new();
        let kind = if conf.concat_method == Concat::Json { "application/json" } else { "text/plain" };
        headers.insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static(kind));
        if let Some(text) = conf.auth_header {
            let mut value = http::HeaderValue::from_str(&text)
                .map_err(|_| "property \"auth_header\" validation failed: invalid value character in header")?;
            value.set_sensitive(true);
            headers.insert(http::header::AUTHORIZATION, value);
        }
        Ok(Post {
            url,
            headers,
            settings: http::Settings {
                verify: conf.ssl_verify,
                timeout: Duration::from_secs(u64::from(conf.timeout)),
                ..http::Settings::default()
            },
            concat: conf.concat_method,
            single: conf.batch_max_size == 1,
        })
    }

    fn body(&self, batch: &[Vec<u8>]) -> Bytes {
        let mut body = Vec::with_capacity(batch.iter().map(|entry| entry.len() + 1).sum::<usize>() + 2);
        let list = self.concat == Concat::Json && !self.single;
        if list {
            body.push(b'[');
        }
        for (n, entry) in batch.iter().enumerate() {
            if n > 0 {
                body.push(if list { b',' } else { b'\n' });
            }
            body.extend_from_slice(entry);
        }
        if list {
            body.push(b']');
        }
        body.into()
    }
}

impl Deliver<Vec<u8>> for Post {
    fn deliver<'a>(&'a self, batch: &'a [Vec<u8>]) -> Delivering<'a> {
        Box::pin(async move {
            let call = Call {
                method: Method::POST,
                url: self.url.clone(),
                headers: self.headers.clone(),
                body: self.body(batch),
            };
            match http::call(&self.settings, call, ANSWER_BYTES).await {
                Ok(answer) if answer.status.as_u16() < 400 => Ok(()),
                Ok(answer) => Err(Undelivered::new(format!("the server answered {}", answer.status.as_u16()))),
                // It was taken, whatever else the server has to say.
                Err(http::CallError::TooLong(_)) => Ok(()),
                Err(error) => Err(Undelivered::new(error.to_string())),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::Kit;
    use serde_json::json;

    fn post(conf: Value) -> Post {
        let mut full = json!({"uri": "http://127.0.0.1:1/x", "timeout": 3, "concat_method": "json", "ssl_verify": true, "batch_max_size": 1000});
        full.as_object_mut().unwrap().extend(conf.as_object().unwrap().clone());
        Post::compile(&full).unwrap()
    }

    #[test]
    fn batches_are_lists_objects_or_lines() {
        let batch = [b"{\"a\":1}".to_vec(), b"{\"a\":2}".to_vec()];
        assert_eq!(post(json!({})).body(&batch), r#"[{"a":1},{"a":2}]"#);
        assert_eq!(post(json!({})).body(&batch[..1]), r#"[{"a":1}]"#);
        assert_eq!(post(json!({"batch_max_size": 1})).body(&batch[..1]), r#"{"a":1}"#);
        assert_eq!(post(json!({"concat_method": "new_line"})).body(&batch), "{\"a\":1}\n{\"a\":2}");
    }

    #[test]
    fn credentials_of_the_server_are_not_shown() {
        let post = post(json!({"auth_header": "Bearer sesame"}));
        assert!(!format!("{:?}", post.headers).contains("sesame"));
        assert_eq!(post.headers["content-type"], "application/json");
    }

    #[test]
    fn what_is_refused() {
        let kit = Kit::new();
        kit.refuses("http-logger", json!({}), "property \"uri\" is required");
        kit.refuses("http-logger", json!({"uri": "ftp://a.b/"}), "expected http or https");
        kit.refuses("http-logger", json!({"uri": "http://a.b:99999/"}), "property \"uri\" validation failed");
        for uri in ["http://a.b/\r\nX-Evil: 1", "http://a.b/x\n", "http://a.b/x y", "http://a.b/\tx"] {
            kit.refuses("http-logger", json!({"uri": uri}), "property \"uri\" validation failed: it holds a space");
        }
        kit.refuses(
            "http-logger",
            json!({"uri": "http://a.b/", "include_req_body_expr": [["a", "nope", "b"]]}),
            "failed to validate the 'include_req_body_expr' expression: ",
        );
        kit.refuses(
            "http-logger",
            json!({"uri": "http://a.b/", "auth_header": "a\nb"}),
            "invalid value character in header",
        );
        kit.refuses_metadata("http-logger", &json!({"log_format": "x"}), "log_format");
    }
}
