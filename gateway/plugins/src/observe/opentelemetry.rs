//! `opentelemetry`: a span for each request, its context passed on to the upstream (W3C Trace Context), sent to a collector (OTLP
//! over HTTP).

mod collector;
mod context;
mod sampler;
mod span;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use gateway_engine::exchange::Exchange;
use gateway_engine::expr::Var;
use gateway_engine::headers::HeaderName;
use gateway_engine::plugin::{Build, Definition, Phases, Plugin, Step};
use gateway_model::plugin::{PluginSpec, SchemaType};
use gateway_model::schema::LazySchema;
use gateway_outbound::Background;
use gateway_outbound::queue::Queues;
use serde::Deserialize;

use self::collector::Metadata;
use self::context::{Context, SpanId, TraceId};
use self::sampler::Sampler;
use crate::conf::parse;
use crate::docs::{Doc, Example};

const NAME: &str = "opentelemetry";

pub(crate) fn definition() -> Definition {
    Definition {
        spec: PluginSpec {
            metadata_schema: Some(LazySchema::new(include_str!("../schemas/opentelemetry.metadata.json"))),
            observer: true,
            check: Some(|conf, place, _| match place {
                SchemaType::Metadata => Metadata::compile(conf).map(drop),
                _ => parse::<Conf>(conf).map(drop),
            }),
            ..PluginSpec::new(NAME, 12009, include_str!("../schemas/opentelemetry.json"))
        },
        phases: Phases::REWRITE | Phases::LOG,
        build: |build: &Build<'_>| Ok(Arc::new(OpenTelemetry::build(build)?)),
        metadata: Some(|value| Ok(Arc::new(Metadata::compile(value)?))),
    }
}

pub(crate) const DOC: Doc = Doc {
    about: "Makes a span of each request and sends those that are sampled to a collector: OTLP over HTTP, protobuf, \
            `http://ADDRESS/v1/traces` (an address may begin with `https://`; its certificate is then checked). The context that a \
            client sends (`traceparent`, `tracestate`) is continued, and the span's own is passed on to the upstream, sampled or not.\n\n\
            Nothing is done before there is metadata: `PUT /apisix/admin/plugin_metadata/opentelemetry` with `{}` is enough for a collector on \
            127.0.0.1:4318.\n\n\
            Spans are of kind SERVER, named by method and the route's path (`GET /orders/*`), with `http.*`, `url.*`, `net.host.name`, \
            `user_agent.original`, `apisix.route_id`, `apisix.route_name`, `apisix.service_id`, `apisix.service_name` and \
            `apisix.response_source`; credentials in `http.target` are shown as `***`. A status of 500 and above makes one an error. They wait in a \
            queue as entries of `http-logger` do: where too many wait, the oldest are dropped and counted, whatever \
            `drop_on_queue_full` says; no request waits.\n\n\
            With `set_ngx_var` the access log can show `$opentelemetry_context_traceparent`, `$opentelemetry_trace_id` and \
            `$opentelemetry_span_id`.",
    fields: &[
        ("sampler", "Which requests are sampled."),
        (
            "sampler.name",
            "All, none, a share of them by their trace's id, or those whose caller has sampled (`parent_base`).",
        ),
        ("sampler.options", "What the sampler needs to know."),
        ("sampler.options.fraction", "The share of `trace_id_ratio`, 0 to 1."),
        ("sampler.options.root", "The sampler of `parent_base` for requests without a caller's context."),
        ("sampler.options.root.name", "Its name."),
        ("sampler.options.root.options", "What it needs to know."),
        ("sampler.options.root.options.fraction", "The share of `trace_id_ratio`, 0 to 1."),
        ("additional_attributes", "Variables whose values become attributes."),
        (
            "additional_header_prefix_attributes",
            "Request headers that become attributes; with `*` at the end all that begin so, except those that hold credentials.",
        ),
        (
            "metadata:trace_id_source",
            "Where ids of new traces come from: `x-request-id` is taken where it is 32 hexadecimal digits.",
        ),
        ("metadata:resource", "Attributes of the gateway itself; `service.name` is `APISIX` unless it is given."),
        ("metadata:collector", "Where spans are sent."),
        ("metadata:collector.address", "Its address and port."),
        ("metadata:collector.request_timeout", "Seconds a post may take."),
        ("metadata:collector.request_headers", "Fields of these requests."),
        ("metadata:batch_span_processor", "How spans wait."),
        ("metadata:batch_span_processor.drop_on_queue_full", "Taken for compatibility; they are always dropped."),
        ("metadata:batch_span_processor.max_queue_size", "Spans that may wait (2048; at most 10000)."),
        ("metadata:batch_span_processor.batch_timeout", "Seconds after which a batch leaves whatever comes (5)."),
        (
            "metadata:batch_span_processor.inactive_timeout",
            "Seconds after which a batch leaves when nothing more comes (2).",
        ),
        ("metadata:batch_span_processor.max_export_batch_size", "Spans of a full batch (256)."),
        ("metadata:set_ngx_var", "Makes variables of the context."),
    ],
    example: Example {
        about: "The collector is another route of the gateway here, which writes down that it got something; a real one listens on port 4318.",
        objects: &[
            (
                "routes/collector",
                r#"{
  "uri": "/v1/traces",
  "upstream_id": "demo-echo",
  "plugins": {"file-logger": {"path": "/tmp/spans.log", "log_format": {"got": "$content_type", "token": "$http_x_token"}}}
}"#,
            ),
            (
                "plugin_metadata/opentelemetry",
                r#"{
  "collector": {"address": "127.0.0.1:9080", "request_headers": {"X-Token": "sesame"}},
  "batch_span_processor": {"inactive_timeout": 0.1},
  "resource": {"service.name": "edge"}
}"#,
            ),
            (
                "routes/example",
                r#"{
  "uri": "/orders",
  "upstream_id": "demo-echo",
  "plugins": {
    "opentelemetry": {
      "sampler": {"name": "parent_base", "options": {"root": {"name": "always_on"}}},
      "additional_attributes": ["consumer_name"]
    }
  }
}"#,
            ),
        ],
        requests: r#"# The upstream gets a context; that of a client is continued:
$ curl -s http://127.0.0.1:9080/orders | grep traceparent
    "traceparent": "00-…-…-01",
$ curl -s http://127.0.0.1:9080/orders -H 'traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' | grep traceparent
    "traceparent": "00-0af7651916cd43dd8448eb211c80319c-…-01",
# A moment later:
$ head -1 /tmp/spans.log
{"got":"application/x-protobuf","token":"sesame","route_id":"collector"}
# A moment later:
$ curl -s http://127.0.0.1:9091/apisix/prometheus/metrics | grep 'log_entries.*opentelemetry.*sent'
apisix_gateway_log_entries_total{plugin="opentelemetry",state="sent"} 2"#,
    },
};

#[derive(Deserialize)]
struct Conf {
    sampler: Sampler,
    #[serde(default)]
    additional_attributes: Vec<String>,
    #[serde(default)]
    additional_header_prefix_attributes: Vec<String>,
}

struct OpenTelemetry {
    sampler: Sampler,
    attributes: Box<[(Box<str>, Var)]>,
    headers: Box<[span::Wanted]>,
    traceparent: HeaderName,
    tracestate: HeaderName,
    request_id: HeaderName,
    queues: Arc<Queues>,
    background: Arc<Background>,
}

/// The spans of an exchange, by instance: a global rule's and the route's are two.
#[derive(Default)]
struct Spans(Vec<Begun>);

/// A span that is sampled and has begun.
struct Begun {
    instance: usize,
    context: Context,
    parent: Option<SpanId>,
    state: String,
    start_ns: u64,
}

impl OpenTelemetry {
    fn build(build: &Build<'_>) -> Result<OpenTelemetry, String> {
        let conf: Conf = parse(build.conf)?;
        let name = |text: &str| HeaderName::new(text).map_err(|_| "invalid header name".to_owned());
        Ok(OpenTelemetry {
            sampler: conf.sampler,
            attributes: conf.additional_attributes.iter().map(|n| (n.as_str().into(), Var::parse(n))).collect(),
            headers: conf.additional_header_prefix_attributes.iter().map(|h| span::Wanted::new(h)).collect(),
            traceparent: name("traceparent")?,
            tracestate: name("tracestate")?,
            request_id: name("x-request-id")?,
            queues: build.states.get::<Queues>(),
            background: build.states.get::<Background>(),
        })
    }

    /// The context the client sent; of several there is none that counts.
    fn received(&self, x: &Exchange) -> Option<Context> {
        let mut lines = x.req.head.get_all(self.traceparent.as_name());
        let context = Context::read(lines.next()?)?;
        lines.next().is_none().then_some(context)
    }

    fn begin(&self, x: &mut Exchange, metadata: &Metadata) {
        let parent = self.received(x);
        let trace = match &parent {
            Some(parent) => parent.trace,
            None => {
                let given = x.req.head.get(self.request_id.as_name()).filter(|_| metadata.trace_id_from_request);
                given.and_then(TraceId::read).unwrap_or_else(TraceId::random)
            }
        };
        let sampled = self.sampler.samples(trace, parent.as_ref());
        let context = Context { trace, span: SpanId::random(), sampled };
        let text = context.write();
        // Digits and dashes may stand in a header.
        let _ = x.req.head.set(self.traceparent.as_name(), text.as_bytes());
        if parent.is_none() {
            // It belongs to a context that is not continued.
            x.req.head.remove(self.tracestate.as_name());
        }
        if metadata.set_variables {
            x.set_var("opentelemetry_trace_id", context.trace.text());
            x.set_var("opentelemetry_span_id", context.span.text());
            x.set_var("opentelemetry_context_traceparent", text);
        }
        if sampled {
            let state: Vec<String> = x
                .req
                .head
                .get_all(self.tracestate.as_name())
                .map(|line| String::from_utf8_lossy(line).into_owned())
                .collect();
            let begun = Begun {
                instance: self.instance(),
                context,
                parent: parent.map(|p| p.span),
                state: state.join(","),
                start_ns: span::now_ns(),
            };
            x.state::<Spans>().0.push(begun);
        }
    }

    fn instance(&self) -> usize {
        std::ptr::from_ref(self) as usize
    }
}

impl Plugin for OpenTelemetry {
    fn phases(&self) -> Phases {
        Phases::REWRITE | Phases::LOG
    }

    fn rewrite<'a>(&'a self, x: &'a mut Exchange) -> Step<'a> {
        let snapshot = x.worker().snapshot();
        if let Some(metadata) = snapshot.metadata.get(NAME).and_then(|m| m.downcast_ref::<Metadata>()) {
            self.begin(x, metadata);
        }
        Step::Next
    }

    fn log(&self, x: &Exchange) {
        let Some(spans) = x.peek_state::<Spans>() else { return };
        let Some(begun) = spans.0.iter().find(|b| b.instance == self.instance()) else { return };
        let snapshot = x.worker().snapshot();
        let metadata = snapshot.metadata.get(NAME).and_then(|m| m.downcast_ref::<Metadata>());
        // Without metadata by now, nobody wants it any more.
        if let Some(queue) = metadata.and_then(|m| m.queue(&self.queues, &self.background)) {
            queue.served_at(|| x.conn.local.ip().to_string());
            queue.push(span::finished(x, begun, &self.attributes, &self.headers));
        }
    }
}
