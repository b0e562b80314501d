use gateway_engine::buf::Chunk;
use gateway_engine::exchange::{Exchange, Framing};
use gateway_model::Kind;
use serde_json::json;

use super::*;
use crate::testkit::{self, Kit};

/// Metadata of a logger that nobody has put any for.
struct Told(Common);

impl Metadata for Told {
    fn common(&self) -> &Common {
        &self.0
    }
}

fn recorder(conf: Value) -> Recorder {
    Recorder::compile(&conf).unwrap()
}

fn read(entry: &[u8]) -> Value {
    serde_json::from_slice(entry).unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(entry)))
}

fn entry(kit: &Kit, conf: Value, request: &str, answer: &str) -> Value {
    let recorder = recorder(conf);
    let mut x = kit.exchange(request);
    kit.route(&mut x);
    assert!(matches!(recorder.access::<Told>(&mut x, "a-logger"), Step::Next));
    kit.answer(&mut x, answer);
    read(&recorder.entry(&x, None, Some("no-matched")))
}

/// Lets a body pass as the pipeline would.
fn pass(recorder: &Recorder, x: &mut Exchange, pieces: &[&'static [u8]]) {
    recorder.header_filter(x);
    for piece in pieces {
        recorder.body_filter(x, &Chunk::from(bytes::Bytes::from_static(piece)));
    }
}

#[test]
fn the_usual_entry() {
    let kit = Kit::new();
    kit.put(Kind::Service, "s1", &json!({"name": "shop"}));
    kit.put(Kind::Route, "r1", &json!({"uri": "/a/*", "service_id": "s1", "upstream": {"nodes": {"127.0.0.1:1": 1}}}));
    let request = "GET /a/b?x=1&y&x=2&z=a%20b HTTP/1.1\nHost: Shop.Example:8080\nX-Two: 1\nx-two: 2\nUser-Agent: me";
    let entry = entry(&kit, json!({}), request, "404\nContent-Type: text/plain\nSet-Cookie: a=secret");
    assert_eq!(
        entry["request"],
        json!({
            "url": "http://shop.example:9080/a/b?x=1&y&x=2&z=a%20b",
            "uri": "/a/b?x=1&y&x=2&z=a%20b",
            "method": "GET",
            "headers": {"host": "Shop.Example:8080", "x-two": ["1", "2"], "user-agent": "me"},
            "querystring": {"x": ["1", "2"], "y": true, "z": "a b"},
            "size": entry["request"]["size"],
        })
    );
    assert_eq!(entry["response"]["status"], 404);
    assert_eq!(entry["response"]["headers"], json!({"content-type": "text/plain", "set-cookie": "***"}));
    assert_eq!(entry["server"]["version"], "3.18.0");
    assert_eq!((&entry["service_id"], &entry["route_id"]), (&json!("s1"), &json!("r1")));
    assert_eq!(entry["client_ip"], "127.0.0.1");
    for number in ["start_time", "latency", "apisix_latency"] {
        assert!(entry[number].is_u64(), "{number}: {entry}");
    }
    for absent in ["consumer", "upstream", "upstream_latency"] {
        assert!(entry.get(absent).is_none(), "{absent}: {entry}");
    }
    assert!(entry["start_time"].as_u64().unwrap() > 1_700_000_000_000);
}

#[test]
fn without_a_route_the_host_stands_for_the_service() {
    let kit = Kit::new();
    let entry = entry(&kit, json!({}), "GET /x HTTP/1.1\nHost: a.example", "404");
    assert_eq!((&entry["service_id"], &entry["route_id"]), (&json!("a.example"), &json!("no-matched")));
}

#[test]
fn credentials_are_masked_unless_a_format_names_them() {
    let kit = Kit::new();
    let request = "GET /x?apikey=k1&a=1&%61pikey=k2&JWT=k3 HTTP/1.1\nHost: a\nAuthorization: Bearer k4\nCookie: s=k5\n\
                   Proxy-Authorization: k6\nX-Api-Key: k7\nApiKey: k8";
    let shown = entry(&kit, json!({}), request, "200");
    assert!(
        !shown.to_string().contains('k'.to_string().as_str())
            || (1..9).all(|n| !shown.to_string().contains(&format!("k{n}"))),
        "{shown}"
    );
    assert_eq!(shown["request"]["headers"]["authorization"], "***");
    assert_eq!(shown["request"]["uri"], "/x?apikey=***&a=1&%61pikey=***&JWT=***");
    let conf = json!({"log_format": {"auth": "$http_authorization", "key": "$arg_apikey"}});
    let named = entry(&kit, conf, request, "200");
    assert_eq!((&named["auth"], &named["key"]), (&json!("Bearer k4"), &json!("k1")));
    let conf = json!({"log_format_extra": {"auth": "$http_authorization"}});
    assert_eq!(entry(&kit, conf, request, "200")["auth"], "Bearer k4");
}

#[test]
fn formats() {
    let kit = Kit::new();
    kit.put(Kind::Route, "r1", &json!({"uri": "/a", "upstream": {"nodes": {"127.0.0.1:1": 1}}}));
    let format = json!({
        "host": "$host",
        "literal": "cost: $5",
        "text": "$host:$server_port",
        "absent": "$http_nothing",
        "number": 7,
        "status": "$status",
        "size": "$request_length",
        "time": "$request_time",
        "route_id": "mine",
        "nested": {"uri": "$request_uri", "deeper": {"method": "$request_method"}},
        "a\"b": "$",
        "1": {"2": {"3": {"4": {"5": "$host", "deep": {"6": "$host"}}}}},
    });
    let entry = entry(
        &kit,
        json!({"log_format": format, "log_format_extra": {"x": "y"}}),
        "GET /a?b HTTP/1.1\nHost: H.example",
        "200",
    );
    assert_eq!(
        entry,
        json!({
            "host": "h.example",
            "literal": "cost: $5",
            "text": "h.example:9080",
            "number": 7,
            "status": "200",
            "size": entry["size"],
            "time": entry["time"],
            "nested": {"uri": "/a?b", "deeper": {"method": "GET"}},
            "a\"b": "$",
            "1": {"2": {"3": {"4": {"5": "h.example"}}}},
            "route_id": "r1",
        })
    );
    assert!(entry["size"].is_number() && entry["time"].is_number(), "{entry}");
}

#[test]
fn the_metadata_says_what_instances_do_not() {
    let kit = Kit::new();
    let x = kit.exchange("GET /a HTTP/1.1\nHost: h");
    let common = Common::compile(&json!({"log_format": {"m": "$host"}, "log_format_extra": {"e": "1"}}));
    let of = |conf: Value, common: &Common| read(&recorder(conf).entry(&x, Some(common), None));
    assert_eq!(of(json!({}), &common), json!({"m": "h"}));
    assert_eq!(of(json!({"log_format": {}}), &common), json!({"m": "h"}));
    assert_eq!(of(json!({"log_format": {"o": "1"}}), &common), json!({"o": "1"}));
    let extra = Common::compile(&json!({"log_format_extra": {"e": "1", "client_ip": "mine"}}));
    let entry = of(json!({}), &extra);
    assert_eq!((&entry["e"], &entry["client_ip"]), (&json!("1"), &json!("127.0.0.1")));
    let own = of(json!({"log_format_extra": {"own": "2"}}), &extra);
    assert_eq!((own.get("e"), &own["own"]), (None, &json!("2")));
}

#[test]
fn the_body_of_a_request_is_kept_as_it_passes_or_where_it_was_collected() {
    let kit = Kit::new();
    let collected = "POST /a?log=1 HTTP/1.1\nHost: h\n\nhello";
    let body = |conf: Value, request: &str| entry(&kit, conf, request, "200")["request"].get("body").cloned();
    assert_eq!(body(json!({"include_req_body": true}), collected), Some(json!("hello")));
    assert_eq!(body(json!({"include_req_body": true, "max_req_body_bytes": 2}), collected), Some(json!("he")));
    assert_eq!(body(json!({"include_req_body": false}), collected), None);
    let when = json!({"include_req_body": true, "include_req_body_expr": [["arg_log", "==", "2"]]});
    assert_eq!(body(when, collected), None);
    assert_eq!(body(json!({"include_req_body": true}), "GET /a HTTP/1.1\nHost: h"), None);

    let recorder = recorder(json!({"log_format": {"b": "$request_body"}, "max_req_body_bytes": 4}));
    let mut x = kit.exchange("POST /a HTTP/1.1\nHost: h");
    x.req.framing = Framing::Length(6);
    assert!(matches!(recorder.access::<Told>(&mut x, "a-logger"), Step::Next));
    assert_eq!(x.req.framing, Framing::Length(6), "its length stays known");
}

#[test]
fn the_body_of_an_answer_is_kept_without_its_coding() {
    let kit = Kit::new();
    let gzip: &'static [u8] = testkit::gzip(b"hello hello hello").leak();
    let of = |conf: Value, target: &str, answer: &str, pieces: &[&'static [u8]]| {
        let recorder = recorder(conf);
        let mut x = kit.exchange(&format!("GET {target} HTTP/1.1\nHost: h"));
        kit.answer(&mut x, answer);
        pass(&recorder, &mut x, pieces);
        read(&recorder.entry(&x, None, None))["response"].get("body").cloned()
    };
    let on = || json!({"include_resp_body": true});
    assert_eq!(of(on(), "/", "200", &[b"hel", b"", b"lo"]), Some(json!("hello")));
    assert_eq!(of(on(), "/", "200\nContent-Encoding: gzip", &[gzip]), Some(json!("hello hello hello")));
    assert_eq!(of(on(), "/", "200\nContent-Encoding: gzip", &[b"not gzip"]), Some(json!("not gzip")));
    assert_eq!(of(on(), "/", "200", &[b""]), None);
    assert_eq!(of(json!({}), "/", "200", &[b"hello"]), None);
    let short = json!({"include_resp_body": true, "max_resp_body_bytes": 3});
    assert_eq!(of(short, "/", "200", &[b"he", b"llo"]), Some(json!("hel")));
    let when = json!({"include_resp_body": true, "include_resp_body_expr": [["arg_foo", "==", "bar"]]});
    assert_eq!(of(when.clone(), "/?foo=bar", "200", &[b"x"]), Some(json!("x")));
    assert_eq!(of(when, "/?foo=baz", "200", &[b"x"]), None);
}

#[test]
fn a_body_that_is_encoded_for_the_client_behind_the_logger_is_shown_as_the_logger_saw_it() {
    let kit = Kit::new();
    let recorder = recorder(json!({"include_resp_body": true, "max_resp_body_bytes": 5}));
    let mut x = kit.exchange("GET / HTTP/1.1\nHost: h");
    kit.answer(&mut x, "200");
    pass(&recorder, &mut x, &[b"plain text"]);
    x.resp.head.set(gateway_engine::headers::name::CONTENT_ENCODING, b"gzip").unwrap();
    assert_eq!(read(&recorder.entry(&x, None, None))["response"]["body"], "plain");
}

#[test]
fn loggers_of_one_exchange_do_not_share_their_bodies() {
    let kit = Kit::new();
    let (one, two) = (
        recorder(json!({"include_resp_body": true, "log_format": {"b": "$resp_body"}})),
        recorder(json!({"include_resp_body": true, "max_resp_body_bytes": 1, "log_format": {"b": "$resp_body"}})),
    );
    let mut x = kit.exchange("GET / HTTP/1.1\nHost: h");
    kit.answer(&mut x, "200");
    pass(&one, &mut x, &[b"abc"]);
    pass(&two, &mut x, &[b"xyz"]);
    assert_eq!(read(&one.entry(&x, None, None)), json!({"b": "abc"}));
    assert_eq!(read(&two.entry(&x, None, None)), json!({"b": "x"}));
}
