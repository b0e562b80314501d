use super::*;
use crate::testkit::Kit;
use gateway_engine::exchange::Origin;
use gateway_engine::settings::Settings as EngineSettings;
use gateway_engine::snapshot::Credentialed;
use gateway_model::Kind;
use serde_json::{Value, json};

fn kit(attr: Value) -> Kit {
    let kit = Kit::with(json!({"prometheus": attr}), EngineSettings::default());
    kit.put(Kind::Service, "s1", &json!({"name": "service_name"}));
    kit.put(Kind::Route, "1", &json!({"uri": "/hello", "plugins": {"prometheus": {}}}));
    kit.put(
        Kind::Route,
        "9",
        &json!({"name": "route_name", "uris": ["/foo*", "/bar*"], "hosts": ["foo.com", "bar.com"], "service_id": "s1"}),
    );
    kit
}

/// A finished request: its target and host, the status it got and from whom.
fn finish(kit: &Kit, plugin: &Arc<dyn Plugin>, target: &str, status: u16, origin: Origin) {
    let (host, path) = target.split_once('/').unwrap();
    let mut x = kit.exchange(&format!("GET /{path} HTTP/1.1\nHost: {host}"));
    kit.route(&mut x);
    x.resp.status = status;
    x.resp.origin = origin;
    x.resp.started = true;
    x.req.received = 100;
    x.resp.sent = 250;
    x.times.start_ms = 10;
    x.times.end_ms = 17;
    if origin != Origin::Gateway {
        x.times.upstream_start_us = 11_000;
        x.times.upstream_end_us = 15_000;
    }
    plugin.log(&x);
}

fn page(kit: &Kit) -> String {
    render(&kit.shared, &Process::default())
}

fn has(page: &str, line: &str) {
    assert!(page.lines().any(|l| l == line), "no line\n{line}\nin\n{page}");
}

const REST: &str = "request_type=\"traditional_http\",request_llm_model=\"\",llm_model=\"\"";

#[test]
fn requests_are_counted_by_their_labels() {
    let kit = kit(json!({}));
    let plugin = kit.plugin(NAME, json!({}));
    for _ in 0..3 {
        finish(&kit, &plugin, "x/hello", 200, Origin::Upstream);
    }
    finish(&kit, &plugin, "x/hello", 401, Origin::Gateway);
    finish(&kit, &plugin, "foo.com/foo1", 502, Origin::Proxy);
    finish(&kit, &plugin, "bar.com/bar1", 200, Origin::Upstream);
    finish(&kit, &plugin, "x/nowhere", 404, Origin::Gateway);
    let page = page(&kit);
    let status = |code: u16, route: &str, uri: &str, host: &str, service: &str, source: &str, count: u64| {
        has(
            &page,
            &format!(
                "apisix_http_status{{code=\"{code}\",route=\"{route}\",matched_uri=\"{uri}\",matched_host=\"{host}\",\
                 service=\"{service}\",consumer=\"\",node=\"\",{REST},response_source=\"{source}\"}} {count}"
            ),
        );
    };
    status(200, "1", "/hello", "", "", "upstream", 3);
    status(401, "1", "/hello", "", "", "apisix", 1);
    status(502, "9", "/foo*", "foo.com", "s1", "nginx", 1);
    status(200, "9", "/bar*", "bar.com", "s1", "upstream", 1);
    status(404, "", "", "", "", "apisix", 1);
    let typed = |metric: &str, kind: &str, tail: &str, value: u64| {
        has(
            &page,
            &format!(
                "apisix_{metric}{{type=\"{kind}\",route=\"1\",service=\"\",consumer=\"\",node=\"\",{REST}{tail}}} {value}"
            ),
        );
    };
    typed("bandwidth", "ingress", "", 400);
    typed("bandwidth", "egress", "", 1000);
    // 7 ms in all, 4 of them upstream, 3 here; the refused one had no upstream.
    typed("http_latency_bucket", "request", ",le=\"5\"", 0);
    typed("http_latency_bucket", "request", ",le=\"10\"", 4);
    typed("http_latency_bucket", "request", ",le=\"+Inf\"", 4);
    typed("http_latency_sum", "request", "", 28);
    typed("http_latency_count", "request", "", 4);
    typed("http_latency_count", "upstream", "", 3);
    typed("http_latency_sum", "upstream", "", 12);
    typed("http_latency_sum", "apisix", "", 16);
    typed("http_latency_bucket", "apisix", ",le=\"5\"", 3);
}

#[test]
fn names_go_before_ids_where_they_are_preferred() {
    let kit = kit(json!({}));
    let plugin = kit.plugin(NAME, json!({"prefer_name": true}));
    finish(&kit, &plugin, "foo.com/foo1", 200, Origin::Upstream);
    finish(&kit, &plugin, "x/hello", 200, Origin::Upstream);
    let page = page(&kit);
    for (route, service) in [("route_name", "service_name"), ("1", "")] {
        let labels = format!("route=\"{route}\",service=\"{service}\",consumer=\"\",node=\"\",{REST}");
        has(&page, &format!("apisix_bandwidth{{type=\"egress\",{labels}}} 250"));
    }
}

#[test]
fn consumers_are_labels_and_metadata_empties_them() {
    let kit = kit(json!({}));
    kit.consumer(json!({"username": "jack", "plugins": {"key-auth": {"key": "k"}}}));
    let plugin = kit.plugin(NAME, json!({}));
    let jack: Arc<Credentialed> = Arc::clone(kit.worker.snapshot().consumers.find("key-auth", b"k").unwrap());
    let finish = || {
        let mut x = kit.exchange("GET /hello HTTP/1.1");
        kit.route(&mut x);
        x.consumer = Some(Arc::clone(&jack));
        x.resp.status = 200;
        x.resp.started = true;
        plugin.log(&x);
    };
    finish();
    has(
        &page(&kit),
        &format!("apisix_bandwidth{{type=\"egress\",route=\"1\",service=\"\",consumer=\"jack\",node=\"\",{REST}}} 0"),
    );
    kit.metadata(NAME, &json!({"disabled_labels": {"bandwidth": ["consumer", "route"]}}));
    finish();
    let page = page(&kit);
    has(
        &page,
        &format!("apisix_bandwidth{{type=\"egress\",route=\"\",service=\"\",consumer=\"\",node=\"\",{REST}}} 0"),
    );
    assert!(page.contains("apisix_http_status{code=\"200\",route=\"1\",matched_uri=\"/hello\",matched_host=\"\",service=\"\",consumer=\"jack\""));
    kit.refuses_metadata(NAME, &json!({"disabled_labels": {"bandwidth": ["code"]}}), "matches none of the enum values");
}

#[test]
fn labels_out_of_variables() {
    let attr = json!({"metric_prefix": "my_", "default_buckets": [15, 5.5, 105],
        "metrics": {"bandwidth": {"extra_labels": [{"q": "$arg_q"}, {"bad-name": "$uri"}]},
            "http_status": {"extra_labels": [{"dummy": "$dummy"}]}}});
    let kit = kit(attr);
    let plugin = kit.plugin(NAME, json!({}));
    for (target, times) in [("x/hello?q=a%22b", 2), ("x/hello?q=c", 1)] {
        for _ in 0..times {
            finish(&kit, &plugin, target, 200, Origin::Upstream);
        }
    }
    let page = page(&kit);
    for (q, bytes) in [("a\\\"b", 500), ("c", 250)] {
        let labels = format!("route=\"1\",service=\"\",consumer=\"\",node=\"\",{REST},q=\"{q}\"");
        has(&page, &format!("my_bandwidth{{type=\"egress\",{labels}}} {bytes}"));
    }
    assert!(page.contains("response_source=\"upstream\",dummy=\"\"} 3"), "{page}");
    for le in ["5.5", "15", "105", "+Inf"] {
        assert!(page.contains(&format!("llm_model=\"\",le=\"{le}\"}}")), "{le}");
    }
}

#[test]
fn label_sets_are_bounded_and_expire() {
    let kit = kit(json!({"max_series": 2, "metrics": {"bandwidth": {"expire": 60}}}));
    let plugin = kit.plugin(NAME, json!({}));
    for status in [200, 201, 202, 203, 203] {
        finish(&kit, &plugin, "x/hello", status, Origin::Upstream);
    }
    let text = page(&kit);
    has(&text, "apisix_gateway_metric_series{metric=\"http_status\"} 4");
    has(
        &text,
        "apisix_http_status{code=\"203\",route=\"overflow\",matched_uri=\"\",matched_host=\"\",service=\"\",consumer=\"\",\
         node=\"\",request_type=\"\",request_llm_model=\"\",llm_model=\"\",response_source=\"upstream\"} 2",
    );
    has(&text, "apisix_nginx_metric_errors_total 2");
    // A minute after the last request the bandwidth is forgotten, and a new request begins at nothing.
    let metrics = kit.shared.registry.states.get::<Metrics>();
    let now = gateway_engine::worker::now_ms();
    assert_eq!(metrics.bandwidth.rows(now + 59_000, 60_000).len(), 1);
    assert_eq!(metrics.bandwidth.rows(now + 61_000, 60_000).len(), 0);
    finish(&kit, &plugin, "x/hello", 200, Origin::Upstream);
    has(
        &page(&kit),
        &format!("apisix_bandwidth{{type=\"egress\",route=\"1\",service=\"\",consumer=\"\",node=\"\",{REST}}} 250"),
    );
    has(
        &page(&kit),
        &format!(
            "apisix_http_status{{code=\"200\",route=\"1\",matched_uri=\"/hello\",matched_host=\"\",service=\"\",consumer=\"\",node=\"\",{REST},response_source=\"upstream\"}} 2"
        ),
    );
}

#[test]
fn many_label_sets_of_one_route_are_found_again() {
    let kit = kit(json!({}));
    let plugin = kit.plugin(NAME, json!({}));
    for _ in 0..2 {
        for status in 200..300 {
            finish(&kit, &plugin, "x/hello", status, Origin::Upstream);
        }
    }
    let page = page(&kit);
    let lines = page.lines().filter(|l| l.starts_with("apisix_http_status{")).collect::<Vec<_>>();
    assert_eq!(lines.len(), 100);
    assert!(lines.iter().all(|l| l.ends_with(" 2")), "{page}");
}

#[test]
fn the_process_and_its_workers() {
    let kit = kit(json!({}));
    kit.worker.counters.accepted.add(5);
    kit.worker.counters.active.add(3);
    kit.worker.counters.waiting.add(1);
    kit.worker.counters.finished(200, 3, 10, 20);
    kit.worker.counters.finished(503, 70_000, 10, 20);
    let process = Process {
        hostname: "a\"b".into(),
        version: "1.2.3".into(),
        store_reachable: Some(true),
        modify_indexes: vec![("routes".into(), 7)],
        extra: vec![
            Extra::single("gateway_access_log_dropped_total", "Lines dropped", true, 4),
            Extra {
                name: "gateway_things".into(),
                help: "Things".into(),
                counter: false,
                samples: vec![Sample { labels: vec![("kind".into(), "x".into())], value: 2 }],
            },
        ],
    };
    let page = render(&kit.shared, &process);
    for line in [
        "apisix_node_info{hostname=\"a\\\"b\",version=\"1.2.3\"} 1",
        "apisix_etcd_reachable 1",
        "apisix_etcd_modify_indexes{key=\"routes\"} 7",
        "apisix_http_requests_total 2",
        "apisix_nginx_http_current_connections{state=\"active\"} 3",
        "apisix_nginx_http_current_connections{state=\"writing\"} 2",
        "apisix_gateway_requests_total{class=\"5xx\"} 1",
        "apisix_gateway_request_duration_ms_bucket{le=\"5\"} 1",
        "apisix_gateway_request_duration_ms_bucket{le=\"60000\"} 1",
        "apisix_gateway_request_duration_ms_bucket{le=\"+Inf\"} 2",
        "apisix_gateway_request_duration_ms_sum 70003",
        "# TYPE apisix_gateway_access_log_dropped_total counter",
        "apisix_gateway_access_log_dropped_total 4",
        "apisix_gateway_things{kind=\"x\"} 2",
    ] {
        has(&page, line);
    }
    // Every metric is announced once, before its values.
    let mut announced = std::collections::HashSet::new();
    for line in page.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            assert!(announced.insert(rest.split(' ').next().unwrap().to_owned()), "{line}");
        } else if !line.starts_with('#') {
            let name = line.split(['{', ' ']).next().unwrap();
            let base = ["_bucket", "_sum", "_count"].iter().find_map(|s| name.strip_suffix(s)).unwrap_or(name);
            assert!(announced.contains(name) || announced.contains(base), "{line}");
        }
    }
}

#[test]
fn websockets_are_counted_from_their_beginning_and_however_they_end() {
    let kit = kit(json!({}));
    let plugin = kit.plugin(NAME, json!({}));
    let mut x = kit.exchange("GET /hello HTTP/1.1\nHost: x");
    kit.route(&mut x);
    plugin.tunnel(&mut x);
    let labels = format!("route=\"1\",service=\"\",consumer=\"\",node=\"\",{REST}");
    let open = page(&kit);
    has(&open, &format!("apisix_gateway_websocket_connections{{{labels}}} 1"));
    has(&open, &format!("apisix_gateway_websocket_connections_total{{{labels}}} 1"));
    has(&open, &format!("apisix_gateway_websocket_duration_seconds_count{{{labels}}} 0"));
    drop(x);
    let over = page(&kit);
    has(&over, &format!("apisix_gateway_websocket_connections{{{labels}}} 0"));
    has(&over, &format!("apisix_gateway_websocket_connections_total{{{labels}}} 1"));
    has(&over, &format!("apisix_gateway_websocket_duration_seconds_bucket{{{labels},le=\"1\"}} 1"));
    has(&over, "apisix_gateway_metric_series{metric=\"websocket\"} 1");
}

#[test]
fn a_label_set_stays_while_a_websocket_of_it_is_open() {
    let metrics = Metrics::default();
    let settings = metrics.known_settings();
    let handle = metrics.websockets.handle("a", String::new, 0, settings);
    handle.held().open.add(1);
    assert_eq!(metrics.websockets.rows(u64::MAX, 1).len(), 1);
    handle.held().open.sub(1);
    assert_eq!(metrics.websockets.rows(u64::MAX, 1).len(), 0);
}

#[test]
fn calls_of_dubbo_are_counted_by_method_as_far_as_those_are_known() {
    use gateway_engine::exchange::{Call, Reply};
    let kit = kit(json!({}));
    let plugin = kit.plugin(NAME, json!({}));
    let done = |method: &str, reply: Option<Reply>| {
        let mut x = kit.exchange(&format!("POST /a.B/{method} HTTP/1.1"));
        let (interface, method) = (x.req.head.store(b"a.B"), x.req.head.store(method.as_bytes()));
        x.req.call = Some(Call { interface, method, ..Call::default() });
        x.resp.reply = reply;
        x.times.end_ms = x.times.start_ms + 7;
        plugin.log(&x);
    };
    let reply = |status: u8, threw: bool| Some(Reply { status, serialization: 2, threw, declined: false });
    done("n", reply(70, false));
    for reply in [reply(20, false), reply(20, false), reply(20, true), reply(31, false), None] {
        done("m", reply);
    }
    let text = page(&kit);
    let total = |labels: &str, count: u64| has(&text, &format!("apisix_gateway_dubbo_calls_total{{{labels}}} {count}"));
    total("interface=\"a.B\",method=\"m\",outcome=\"value\"", 2);
    total("interface=\"a.B\",method=\"m\",outcome=\"exception\"", 1);
    total("interface=\"a.B\",method=\"m\",outcome=\"failed\"", 2);
    total("interface=\"overflow\",method=\"\",outcome=\"failed\"", 1);
    has(&text, "apisix_gateway_dubbo_call_duration_ms_sum{interface=\"a.B\",method=\"m\"} 35");
    assert!(!text.contains("method=\"n\""));
    for n in 0..3000 {
        done(&format!("many{n}"), reply(20, false));
    }
    assert!(page(&kit).matches("gateway_dubbo_call_duration_ms_count{").count() <= 2001);
}
