//! `prometheus`: counts requests by route, service, consumer and node, and writes everything the gateway counts as text.
//!
//! Recording takes no lock: a worker keeps the counters of each label set it has met beside its view of the route and adds to
//! them with plain stores. Only a label set met for the first time looks at what all workers share. [`render`] sums over workers.

mod dubbo;
mod expose;
mod labels;
mod route;
mod series;
mod settings;
#[cfg(test)]
mod tests;
mod websocket;

use std::sync::{Arc, OnceLock};

use gateway_engine::exchange::Exchange;
use gateway_engine::plugin::{Api, Build, Definition, Endpoint, Exit, Fields, Flow, Phases, Plugin, States, Step};
use gateway_model::plugin::{PluginSpec, SchemaType};
use gateway_model::schema::LazySchema;
use gateway_outbound::Background;
use serde::Deserialize;
use serde_json::Value;

pub use self::expose::{Extra, Process, Sample, render};
use self::labels::Disabled;
pub(super) use self::labels::{code, matched_uri, source};
use self::series::Metrics;
use crate::conf::parse;
use crate::docs::{Doc, Example};

const NAME: &str = "prometheus";

pub(crate) fn definition() -> Definition {
    Definition {
        spec: PluginSpec {
            version: 0.2,
            observer: true,
            run_policy: Some("prefer_route"),
            metadata_schema: Some(LazySchema::new(include_str!("../schemas/prometheus.metadata.json"))),
            check: Some(|conf, place, _| match place {
                SchemaType::Metadata => parse::<Disabled>(conf).map(drop),
                _ => parse::<Conf>(conf).map(drop),
            }),
            ..PluginSpec::new(NAME, 500, include_str!("../schemas/prometheus.json"))
        },
        phases: Phases::LOG,
        build: |build: &Build<'_>| Ok(Arc::new(Prometheus::build(build)?)),
        metadata: Some(|value| Ok(Arc::new(parse::<Disabled>(value)?))),
    }
}

pub(crate) const DOC: Doc = Doc {
    about: "Counts the requests of the routes that have it (all, as a global rule) and measures how long they take. The text \
            for Prometheus is served on `plugin_attr.prometheus.export_addr` (127.0.0.1:9091) under `export_uri` \
            (`/apisix/prometheus/metrics`). Names begin with `metric_prefix` (`apisix_`).\n\n\
            | metric | type | labels |\n|---|---|---|\n\
            | `http_status` | counter | code, route, matched_uri, matched_host, service, consumer, node, request_type, \
            request_llm_model, llm_model, response_source (`upstream`, `apisix`: a plugin, `nginx`: no answer could be had) |\n\
            | `http_latency` | histogram, ms | type (`request`, `upstream`, `apisix`), route, service, consumer, node, request_type, \
            request_llm_model, llm_model |\n\
            | `bandwidth` | counter, bytes | type (`ingress`, `egress`), then as `http_latency` |\n\
            | `http_requests_total` | gauge | |\n\
            | `nginx_http_current_connections` | gauge | state |\n\
            | `node_info`, `etcd_reachable`, `etcd_modify_indexes` | gauge | as in APISIX; `etcd` stands for the store in use |\n\
            | `gateway_requests_total` | counter | class: all requests, whether a route has the plugin or not |\n\
            | `gateway_request_duration_ms` | histogram | of the same |\n\
            | `gateway_connections_shed_total`, `gateway_requests_refused_total`, `gateway_upstream_retries_total`, \
            `gateway_panics_total`, `gateway_received_bytes_total`, `gateway_sent_bytes_total` | counter | |\n\
            | `gateway_websocket_connections` | gauge | route, service, consumer, node, request_type, request_llm_model, llm_model: open now |\n\
            | `gateway_websocket_connections_total` | counter | as before |\n\
            | `gateway_websocket_duration_seconds` | histogram | as before: how long those that have ended had lasted |\n\
            | `gateway_websockets_open`, `gateway_websockets_total` | gauge, counter | all, whether a route has the plugin or not |\n\
            | `gateway_dubbo_calls_total` | counter | interface, method, outcome (`value`, `exception`: the method threw, `failed`: nothing came \
            of it). Calls that have failed of methods that nobody has met, and those beyond 2000 methods, are `interface=\"overflow\"` |\n\
            | `gateway_dubbo_call_duration_ms` | histogram | interface, method |\n\
            | `gateway_mirrored_requests_total` | counter | outcome: copies of `proxy-mirror` that were sent, dropped, failed, returned |\n\
            | `gateway_upstream_requests_retried_total`, `gateway_upstream_retries_refused_total` | counter | upstream: requests tried \
            again; not tried again because the budget of the retry policy was spent |\n\
            | `gateway_upstream_hedges_total` | counter | upstream: nodes asked beside one that did not answer |\n\
            | `gateway_upstream_failures_total` | counter | upstream, reason (`connect`, `timeout`, `reset`, `malformed`): tries \
            that gave no answer |\n\
            | `gateway_upstream_ejections_total`, `gateway_upstream_ejected_nodes` | counter, gauge | upstream |\n\
            | `gateway_upstream_overflows_total`, `gateway_upstream_in_use` | counter, gauge | upstream, limit |\n\
            | `gateway_metric_series` | gauge | metric: label sets kept |\n\
            | `nginx_metric_errors_total` | counter | label sets that found no room |\n\
            | `gateway_config_objects`, `gateway_config_skipped_objects` | gauge | kind: stored objects; those that \
            cannot be made to run |\n\
            | `gateway_under_pressure`, `gateway_memory_bytes` | gauge | |\n\
            | `batch_process_entries` | gauge | name, route_id, server_addr: entries of a logger that wait |\n\
            | `gateway_log_entries_total` | counter | plugin, state (`queued`, `sent`, `dropped`: too many waited, `failed`: given up) |\n\
            | `gateway_access_log_records_total` | counter | state (`written`, `dropped`, `lost`) |\n\
            | `gateway_redis_errors_total` (calls without a usable answer) | counter | plugin |\n\
            | `gateway_tls_handshakes_total` | counter | result (`agreed`, `failed`) |\n\
            | `gateway_certificate_not_after_seconds`, `gateway_certificates_expiring` | gauge | id, sni; how many end within 30 days |\n\
            | `upstream_status` | gauge | name, ip, port: 1 where a checked node gets requests; the first 10,000 |\n\
            | `gateway_health_nodes`, `gateway_health_checks_total` | gauge, counter | status; checked nodes, and probes |\n\
            | `gateway_store_damage` | gauge | restored (`true`, `false`: something is missing) |\n\
            | `gateway_ocsp_certificates` | gauge | status (`waiting`, `good`, `revoked`, `failed`) |\n\
            | `gateway_ocsp_answer_until_seconds` | gauge | id, sni; 0: a certificate of it is shown without an answer |\n\n\
            `upstream` is where an upstream is configured (`upstreams/ID`, `routes/ID`, `services/ID`); those beyond a thousand \
            with anything to tell share `upstream=\"overflow\"`. [upstreams.md](../upstreams.md) says what is counted.\n\n\
            `plugin_attr.prometheus` also takes `default_buckets` (upper bounds of `http_latency`, in ms), `max_series` (label sets \
            kept of a metric, 50000; beyond, requests are counted under `route=\"overflow\"`) and \
            `metrics.NAME.{extra_labels, expire}` for the first three: `extra_labels: [{upstream_addr: $upstream_addr}]` adds \
            labels out of variables, `expire` drops label sets that had no request for so many seconds.\n\n\
            A route with `public-api` serves the text on the proxy's listeners too.\n\n\
            Metadata can empty labels that would have too many values: the label stays, its value is `\"\"`.",
    fields: &[
        ("prefer_name", "Labels routes and services by their names instead of their ids, where they have names."),
        ("metadata:disabled_labels", "Labels to leave empty, by metric."),
    ],
    example: Example {
        about: "",
        objects: &[(
            "routes/example",
            r#"{
  "name": "orders",
  "uri": "/orders",
  "upstream_id": "demo-echo",
  "plugins": {"prometheus": {"prefer_name": true}}
}"#,
        )],
        requests: r#"$ for i in 1 2; do curl -s -o /dev/null -w '%{http_code}\n' http://127.0.0.1:9080/orders; done
200
200
$ curl -s http://127.0.0.1:9091/apisix/prometheus/metrics | grep '^apisix_http_status{.*route="orders"'
apisix_http_status{code="200",route="orders",matched_uri="/orders",matched_host="",service="",consumer="",node="127.0.0.1",request_type="traditional_http",request_llm_model="",llm_model="",response_source="upstream"} 2"#,
    },
};

#[derive(Deserialize)]
struct Conf {
    prefer_name: bool,
}

struct Prometheus {
    metrics: Arc<Metrics>,
    prefer_name: bool,
}

impl Prometheus {
    fn build(build: &Build<'_>) -> Result<Prometheus, String> {
        let conf: Conf = parse(build.conf)?;
        let metrics = build.states.get::<Metrics>();
        // Read now rather than at the first request.
        metrics.settings(build.attr);
        Ok(Prometheus { metrics, prefer_name: conf.prefer_name })
    }
}

impl Plugin for Prometheus {
    fn phases(&self) -> Phases {
        Phases::LOG
    }

    fn fields(&self) -> Fields {
        Fields::ByName
    }

    fn tunnel(&self, x: &mut Exchange) {
        websocket::began(self, x);
    }

    fn log(&self, x: &Exchange) {
        match &x.route {
            Some(local) => local.kept(route::RouteSeries::default).record(self, x),
            None => route::unrouted(&self.metrics).record(self, x),
        }
        if let Some(call) = &x.req.call {
            dubbo::record(self, x, call);
        }
    }
}

/// Makes the text of the metrics.
pub type Text = Arc<dyn Fn() -> String + Send + Sync>;

/// Tells the plugin who makes the text of this process's metrics: only the process knows all of them.
pub fn provide(states: &States, text: Text) {
    let _ = states.get::<Exporter>().text.set(text);
}

/// Where a scrape that came by the proxy gets the text from.
#[derive(Default)]
struct Exporter {
    text: OnceLock<Text>,
}

/// The plugin's API: the metrics under `export_uri`.
pub(crate) fn api(attr: &Value, states: &States) -> Api {
    let uri = attr.get("export_uri").and_then(Value::as_str).unwrap_or("/apisix/prometheus/metrics").to_owned();
    let endpoint = Scrape { exporter: states.get::<Exporter>(), background: states.get::<Background>() };
    Api { methods: &["GET"], uri, endpoint: Arc::new(endpoint) }
}

struct Scrape {
    exporter: Arc<Exporter>,
    background: Arc<Background>,
}

impl Endpoint for Scrape {
    fn serve<'a>(self: Arc<Self>, _: &'a mut Exchange) -> Step<'a> {
        let missing = || Flow::Exit(Box::new(Exit::message(500, "no metrics")));
        Step::wait(async move {
            let (Some(text), Some(background)) = (self.exporter.text.get().cloned(), self.background.handle()) else {
                return missing();
            };
            // Much to write takes long: not on a worker.
            match background.spawn_blocking(move || text()).await {
                Ok(text) => {
                    Flow::Exit(Box::new(Exit::text(200, text).content_type("text/plain; version=0.0.4; charset=utf-8")))
                }
                Err(_) => missing(),
            }
        })
    }
}
