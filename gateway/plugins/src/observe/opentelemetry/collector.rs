//! Where spans go: the plugin's metadata, and OTLP over HTTP.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use gateway_model::check::unspaced;
use gateway_outbound::Background;
use gateway_outbound::http::{self, Call, HeaderMap, HeaderName, HeaderValue, Method, Url};
use gateway_outbound::queue::{Deliver, Delivering, Owner, Queue, Queues, Settings, Undelivered};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue, any_value};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans};
use prost::Message;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::NAME;
use super::span::{Finished, text};
use crate::conf::{int, maybe_int, parse, scalar};
use crate::observe::logger::MOST_PENDING;

/// The most that is read of the collector's answer.
const ANSWER_BYTES: usize = 64 << 10;

/// How often a batch that was not taken is sent again.
const RETRIES: u32 = 2;

#[derive(Deserialize)]
struct Conf {
    trace_id_source: String,
    #[serde(default)]
    resource: Map<String, Value>,
    collector: Collector,
    #[serde(default)]
    batch_span_processor: Batches,
    set_ngx_var: bool,
}

#[derive(Deserialize)]
struct Collector {
    address: String,
    #[serde(deserialize_with = "int")]
    request_timeout: u32,
    #[serde(default)]
    request_headers: Map<String, Value>,
}

#[derive(Deserialize, Default)]
struct Batches {
    #[serde(default, deserialize_with = "maybe_int")]
    max_queue_size: Option<usize>,
    batch_timeout: Option<f64>,
    inactive_timeout: Option<f64>,
    #[serde(default, deserialize_with = "maybe_int")]
    max_export_batch_size: Option<usize>,
}

/// What all instances are told.
pub(super) struct Metadata {
    pub(super) trace_id_from_request: bool,
    pub(super) set_variables: bool,
    /// The same metadata has the same queue.
    key: String,
    settings: Settings,
    exporter: Exporter,
    /// Made by the first span.
    queue: OnceLock<Option<Arc<Queue<Finished>>>>,
}

impl Metadata {
    pub(super) fn compile(value: &Value) -> Result<Metadata, String> {
        let conf: Conf = parse(value)?;
        let batches = &conf.batch_span_processor;
        let seconds = |given: Option<f64>, usual: f64| {
            let seconds = given.unwrap_or(usual);
            Duration::try_from_secs_f64(seconds).map_err(|_| {
                format!("property \"batch_span_processor\" validation failed: cannot wait {seconds} seconds")
            })
        };
        let max_pending = batches.max_queue_size.unwrap_or(2048).clamp(1, MOST_PENDING);
        let settings = Settings {
            name: "opentelemetry".to_owned(),
            batch_max_size: batches.max_export_batch_size.unwrap_or(256).clamp(1, max_pending),
            inactive_timeout: seconds(batches.inactive_timeout, 2.0)?,
            buffer_duration: seconds(batches.batch_timeout, 5.0)?,
            max_retry_count: RETRIES,
            retry_delay: Duration::from_secs(1),
            max_pending,
        };
        Ok(Metadata {
            trace_id_from_request: conf.trace_id_source == "x-request-id",
            set_variables: conf.set_ngx_var,
            key: format!("{NAME} {value}"),
            settings,
            exporter: Exporter::new(&conf)?,
            queue: OnceLock::new(),
        })
    }

    /// Where spans wait; `None` where the system refuses the thread.
    pub(super) fn queue(&self, queues: &Queues, background: &Background) -> Option<&Arc<Queue<Finished>>> {
        let open = || {
            let owner = Owner { plugin: NAME, route: String::new() };
            queues.open(background, &self.key, owner, self.settings.clone(), self.exporter.clone())
        };
        self.queue.get_or_init(open).as_ref()
    }
}

/// Posts spans to a collector.
#[derive(Clone)]
pub(super) struct Exporter {
    url: Url,
    headers: HeaderMap,
    settings: http::Settings,
    resource: Resource,
}

impl Exporter {
    fn new(conf: &Conf) -> Result<Exporter, String> {
        let Collector { address, request_timeout, request_headers } = &conf.collector;
        let address = address.trim_end_matches('/');
        let whole = match address.contains("://") {
            true => format!("{address}/v1/traces"),
            false => format!("http://{address}/v1/traces"),
        };
        let refused = |what: String| format!("property \"collector\" validation failed: {what}");
        unspaced(&whole).map_err(|what| refused(format!("address: {what}")))?;
        let url = Url::parse(&whole).map_err(|error| refused(format!("address: {error}")))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(refused(format!("address: expected http or https, got {}", url.scheme())));
        }
        let mut headers = HeaderMap::new();
        for (name, value) in request_headers {
            let text = scalar(value).or_else(|| value.as_bool().map(|b| b.to_string())).unwrap_or_default();
            let name = HeaderName::from_bytes(name.as_bytes())
                .map_err(|_| refused(format!("request_headers: {name:?} is no name of a header")))?;
            let mut value = HeaderValue::from_str(&text)
                .map_err(|_| refused(format!("request_headers: the value of {name} cannot stand in a header")))?;
            value.set_sensitive(true);
            headers.insert(name, value);
        }
        headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static("application/x-protobuf"));
        let timeout = Duration::from_secs(u64::from(*request_timeout).max(1));
        let settings = http::Settings { timeout, ..http::Settings::default() };
        Ok(Exporter { url, headers, settings, resource: resource(&conf.resource) })
    }

    /// The request for a batch.
    pub(super) fn message(&self, batch: &[Finished]) -> ExportTraceServiceRequest {
        let scope = InstrumentationScope {
            name: "gateway".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            ..InstrumentationScope::default()
        };
        let spans = batch.iter().map(|finished| finished.0.clone()).collect();
        let scope_spans = vec![ScopeSpans { scope: Some(scope), spans, ..ScopeSpans::default() }];
        let resource = Some(self.resource.clone());
        ExportTraceServiceRequest {
            resource_spans: vec![ResourceSpans { resource, scope_spans, ..ResourceSpans::default() }],
        }
    }
}

/// The gateway itself.
fn resource(given: &Map<String, Value>) -> Resource {
    let mut attributes: Vec<KeyValue> = given
        .iter()
        .map(|(name, value)| {
            let value = match value {
                Value::Bool(b) => any_value::Value::BoolValue(*b),
                Value::Number(n) => match n.as_i64() {
                    Some(whole) => any_value::Value::IntValue(whole),
                    None => any_value::Value::DoubleValue(n.as_f64().unwrap_or_default()),
                },
                other => any_value::Value::StringValue(other.as_str().unwrap_or_default().to_owned()),
            };
            KeyValue { key: name.clone(), value: Some(AnyValue { value: Some(value) }), ..KeyValue::default() }
        })
        .collect();
    if !given.contains_key("service.name") {
        attributes.push(text("service.name", "APISIX".to_owned()));
    }
    if !given.contains_key("hostname") {
        attributes.push(text("hostname", hostname()));
    }
    Resource { attributes, ..Resource::default() }
}

fn hostname() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname").map_or_else(|_| String::new(), |s| s.trim().to_owned())
}

impl Deliver<Finished> for Exporter {
    fn deliver<'a>(&'a self, batch: &'a [Finished]) -> Delivering<'a> {
        Box::pin(async move {
            let call = Call {
                method: Method::POST,
                url: self.url.clone(),
                headers: self.headers.clone(),
                body: self.message(batch).encode_to_vec().into(),
            };
            match http::call(&self.settings, call, ANSWER_BYTES).await {
                Ok(answer) if answer.status.as_u16() < 400 => Ok(()),
                Ok(answer) => Err(Undelivered::new(format!("the collector answered {}", answer.status.as_u16()))),
                // It was taken, whatever else the collector has to say.
                Err(http::CallError::TooLong(_)) => Ok(()),
                Err(error) => Err(Undelivered::new(error.to_string())),
            }
        })
    }
}
