//! Plugins that decide about traffic: where it goes, how much of it there may be, who it comes from, what it looks like.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::{Read, Write};

use gateway_tests::grpc::{GrpcClient, GrpcServer};
use gateway_tests::{Client, Gateway, Upstream, wait_for};
use serde_json::{Value, json};

/// A gateway with a route for everything that has these plugins.
fn gateway(upstream: &Upstream, plugins: Value) -> Gateway {
    let gateway = Gateway::start();
    route(&gateway, upstream, plugins);
    gateway
}

fn route(gateway: &Gateway, upstream: &Upstream, plugins: Value) {
    gateway.put("/routes/1", &json!({"uri": "/*", "upstream": {"nodes": {(upstream.node()): 1}}, "plugins": plugins}));
}

/// One worker: its turns are seen as they are.
fn one_worker() -> Gateway {
    Gateway::configured(json!({"nginx_config": {"worker_processes": 1}}))
}

#[test]
fn traffic_is_split_and_follows_its_upstreams() {
    let [own, a, b] = ["own", "a", "b"].map(Upstream::text);
    let gateway = one_worker();
    let split = json!({"rules": [
        {"match": [{"vars": [["arg_v", "==", "1"]]}], "weighted_upstreams": [
            {"upstream": {"nodes": {(a.node()): 1}}, "weight": 2}, {"weight": 1}]},
        {"match": [{"vars": [["arg_v", "==", "2"]]}], "weighted_upstreams": [{"upstream_id": "u"}]},
    ]});
    gateway.put("/upstreams/u", &json!({"nodes": {(a.node()): 1}}));
    route(&gateway, &own, json!({"traffic-split": split}));
    let texts = |target: &str| (0..6).map(|_| gateway.get(target).text()).collect::<Vec<_>>().join(" ");
    assert_eq!(texts("/?v=1"), "a a own a a own");
    assert_eq!(texts("/"), "own own own own own own");
    assert_eq!(gateway.get("/?v=2").text(), "a");
    // A change of the resource is followed; while it is named it cannot go.
    gateway.put("/upstreams/u", &json!({"nodes": {(b.node()): 1}}));
    assert_eq!(gateway.get("/?v=2").text(), "b");
    assert_eq!(gateway.call("DELETE", "/upstreams/u", None).status, 400);
    // The connections of an upstream that stays are kept over a change beside it.
    let before = a.connections();
    route(
        &gateway,
        &own,
        json!({"traffic-split": split, "traffic-label": {"rules": [{"actions": [{"set_headers": {"X-L": "$arg_v"}}]}]}}),
    );
    assert_eq!(gateway.get("/?v=1").text(), "a");
    assert_eq!((a.connections(), a.last().header("X-L")), (before, Some("1")));
    let missing = json!({"traffic-split": {"rules": [{"weighted_upstreams": [{"upstream_id": "nobody"}]}]}});
    route(&gateway, &own, missing);
    let answer = gateway.get("/");
    assert_eq!((answer.status, answer.text()), (500, "failed to fetch upstream info by upstream id: nobody".into()));
}

#[test]
fn bodies_are_bounded_by_route() {
    let upstream = Upstream::text("ok");
    let gateway = gateway(&upstream, json!({"client-control": {"max_body_size": 5}}));
    let mut client = Client::connect(gateway.proxy);
    assert_eq!(client.request("POST", "/", &[], b"12345").status, 200);
    // Refused by what is announced: no byte of the body is needed.
    client.write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\n");
    assert_eq!(client.answer(false).status, 413);
    let chunked = |body: &str| {
        let mut client = Client::connect(gateway.proxy);
        client.write(format!("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{body}0\r\n\r\n"));
        client.answer(false).status
    };
    assert_eq!((chunked("3\r\nabc\r\n2\r\nde\r\n"), chunked("3\r\nabc\r\n3\r\ndef\r\n")), (200, 413));
    assert_eq!(upstream.last().body, b"abcde");
}

#[test]
fn a_body_that_is_to_be_taken_whole_does_not_hold_an_upstream() {
    let upstream = Upstream::text("ok");
    let gateway = gateway(
        &upstream,
        json!({"proxy-control": {"request_buffering": true}, "proxy-buffering": {"disable_proxy_buffering": true}}),
    );
    let mut client = Client::connect(gateway.proxy);
    client.write("POST /slow HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n12345");
    // Others are served, and nothing of this one has reached the upstream.
    assert_eq!(gateway.get("/other").status, 200);
    assert!(upstream.received().iter().all(|r| !r.line.contains("slow")));
    assert_eq!(upstream.connections(), 1);
    client.write("67890");
    assert_eq!(client.answer(false).status, 200);
    assert_eq!(upstream.last().body, b"1234567890");
    let long = vec![b'x'; (1 << 20) + 1];
    assert_eq!(Client::connect(gateway.proxy).request("PUT", "/", &[], &long).status, 200);
    assert_eq!(upstream.last().body.len(), long.len());
}

#[test]
fn the_client_is_who_the_trusted_peer_names() {
    let upstream = Upstream::text("ok");
    let real_ip = json!({"source": "http_x_forwarded_for", "trusted_addresses": ["127.0.0.0/8", "10.0.0.0/8"], "recursive": true});
    let gateway = Gateway::configured(json!({"apisix": {"trusted_addresses": ["127.0.0.1"]}}));
    route(&gateway, &upstream, json!({"real-ip": real_ip, "ip-restriction": {"blacklist": ["6.6.6.6"]}}));
    let status = |list: &str| gateway.get_with("/", &[("X-Forwarded-For", list)]).status;
    assert_eq!((status("6.6.6.6, 1.2.3.4, 10.0.0.1"), status("1.2.3.4, 6.6.6.6, 10.0.0.1")), (200, 403));
    let got = upstream.last();
    assert_eq!(got.header("X-Real-IP"), Some("1.2.3.4"));
    assert_eq!(got.header("X-Forwarded-For"), Some("6.6.6.6, 1.2.3.4, 10.0.0.1, 1.2.3.4"));
}

#[test]
fn bodies_must_fit_their_schema() {
    let upstream = Upstream::text("ok");
    let schema = json!({"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}, "n": {"type": "integer", "default": 7}}});
    let gateway = gateway(&upstream, json!({"request-validation": {"body_schema": schema, "max_req_body_size": 64}}));
    let post = |body: &str| {
        Client::connect(gateway.proxy).request("POST", "/", &[("Content-Type", "application/json")], body.as_bytes())
    };
    assert_eq!(post("{\"name\": \"a\"}").status, 200);
    assert_eq!(upstream.last().body, b"{\"name\":\"a\",\"n\":7}");
    let refused = post("{\"n\": 1}");
    assert_eq!((refused.status, refused.text()), (400, "property \"name\" is required".into()));
    assert_eq!(post(&format!("{{\"name\": \"{}\"}}", "a".repeat(64))).status, 400);
    assert_eq!(upstream.received().len(), 1);
    let bad = json!({"uri": "/*", "plugins": {"request-validation": {"body_schema": {"type": "nothing"}}}});
    let answer = gateway.call("PUT", "/routes/1", Some(&bad));
    assert!(answer.status == 400 && answer.text().contains("invalid JSON type: nothing"), "{answer:?}");
}

fn gunzip(body: &[u8]) -> String {
    let mut text = String::new();
    flate2::read::GzDecoder::new(body).read_to_string(&mut text).unwrap();
    text
}

#[test]
fn answers_are_compressed_as_they_come() {
    let (go, wait) = std::sync::mpsc::channel::<()>();
    let wait = std::sync::Mutex::new(wait);
    let upstream = Upstream::new(move |got, stream| {
        if !got.line.contains("events") {
            let text = "<p>".repeat(1000);
            return write!(
                stream,
                "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nETag: \"1\"\r\nContent-Length: {}\r\n\r\n{text}",
                text.len()
            )
            .is_ok();
        }
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n9\r\ndata: 1\n\n\r\n";
        let first = stream.write_all(head.as_bytes()).is_ok();
        wait.lock().unwrap().recv().is_ok() && first && stream.write_all(b"9\r\ndata: 2\n\n\r\n0\r\n\r\n").is_ok()
    });
    let types = json!(["text/html", "text/event-stream"]);
    let gateway = gateway(&upstream, json!({"gzip": {"types": types, "vary": true}, "brotli": {"types": types}}));
    let plain = gateway.get("/");
    assert_eq!(
        (plain.body.len(), plain.header("Content-Encoding"), plain.header("Vary")),
        (3000, None, Some("Accept-Encoding"))
    );
    let zipped = gateway.get_with("/", &[("Accept-Encoding", "gzip")]);
    assert_eq!(
        (zipped.header("Content-Encoding"), zipped.header("ETag"), zipped.whole),
        (Some("gzip"), Some("W/\"1\""), true)
    );
    assert!(zipped.body.len() < 200 && gunzip(&zipped.body) == "<p>".repeat(1000));
    let br = gateway.get_with("/", &[("Accept-Encoding", "gzip, br")]);
    assert_eq!(br.header("Content-Encoding"), Some("br"));
    assert_eq!(gateway.get_with("/", &[("Accept-Encoding", "gzip;q=0, identity")]).body.len(), 3000);
    // An event that the upstream has sent is with the client before the next one is made.
    let mut client = Client::connect(gateway.proxy);
    client.write("GET /events HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAccept-Encoding: gzip\r\n\r\n");
    let mut seen = Vec::new();
    while !seen.windows(4).any(|w| w == b"\r\n\r\n") || !event(&seen).contains("data: 1\n\n") {
        seen.extend(Client::take(&mut client, 1));
    }
    go.send(()).unwrap();
    seen.extend(client.rest());
    assert!(event(&seen).ends_with("data: 2\n\n"));
}

/// What can be decompressed of a chunked answer so far.
fn event(bytes: &[u8]) -> String {
    let body = bytes.windows(4).position(|w| w == b"\r\n\r\n").map_or(&[][..], |at| &bytes[at + 4..]);
    let mut compressed = Vec::new();
    let mut left = body;
    while let Some(at) = left.windows(2).position(|w| w == b"\r\n") {
        let Ok(size) = usize::from_str_radix(&String::from_utf8_lossy(&left[..at]), 16) else { break };
        let Some(piece) = left.get(at + 2..at + 2 + size) else { break };
        compressed.extend_from_slice(piece);
        left = left.get(at + 4 + size..).unwrap_or_default();
    }
    let mut text = Vec::new();
    let _ = flate2::read::GzDecoder::new(&compressed[..]).read_to_end(&mut text);
    String::from_utf8_lossy(&text).into_owned()
}

#[test]
fn a_copy_of_every_request_goes_to_a_recorder() {
    let (upstream, recorder) = (Upstream::text("ok"), Upstream::text("nobody reads this"));
    let mirror = json!({"host": format!("http://{}", recorder.node()), "path": "/copy", "path_concat_mode": "prefix"});
    let gateway =
        gateway(&upstream, json!({"proxy-mirror": mirror, "proxy-rewrite": {"uri": "/rewritten", "host": "up.local"}}));
    let body = vec![b'x'; 300_000];
    assert_eq!(Client::connect(gateway.proxy).request("POST", "/a?b=1", &[("X-Own", "1")], &body).status, 200);
    let copy = wait_for("the copy", || recorder.received().pop());
    assert_eq!((copy.line.as_str(), copy.body.len()), ("POST /copy/a?b=1 HTTP/1.1", body.len()));
    let fields = ["Host", "X-Own", "X-Real-IP"].map(|f| copy.header(f));
    assert_eq!(fields, [Some("up.local"), Some("1"), Some("127.0.0.1")]);
    assert_eq!(upstream.last().line, "POST /rewritten?b=1 HTTP/1.1");
    let sent = || gateway.metric("apisix_gateway_mirrored_requests_total{outcome=\"sent\"}") == 1;
    wait_for("the count", || sent().then_some(()));
    // A server that is not there costs nobody anything, and is counted.
    let nobody = json!({"host": format!("http://127.0.0.1:{}", gateway_tests::free_port())});
    route(&gateway, &upstream, json!({"proxy-mirror": nobody}));
    assert_eq!(gateway.get("/").status, 200);
    let failed = || gateway.metric("apisix_gateway_mirrored_requests_total{outcome=\"failed\"}") == 1;
    wait_for("the count", || failed().then_some(()));
}

#[test]
fn a_copy_that_comes_back_to_the_gateway_is_not_copied_again() {
    let upstream = Upstream::text("ok");
    let gateway = gateway(&upstream, json!({}));
    let own = json!({"proxy-mirror": {"host": format!("http://{}", gateway.proxy)}});
    route(&gateway, &upstream, own);
    assert_eq!(gateway.get("/a").status, 200);
    // A client's own mark, were it that of a copy of another gateway's, changes nothing.
    assert_eq!(gateway.get_with("/b", &[("X-Gateway-Mirrored", &"0f".repeat(16))]).status, 200);
    let returned = || gateway.metric("apisix_gateway_mirrored_requests_total{outcome=\"returned\"}") == 2;
    wait_for("both copies", || returned().then_some(()));
    let sent = || gateway.metric("apisix_gateway_mirrored_requests_total{outcome=\"sent\"}") == 2;
    wait_for("their answers", || sent().then_some(()));
    let lines: Vec<_> = upstream.received().into_iter().map(|got| got.line).collect();
    let count = |path: &str| lines.iter().filter(|line| line.contains(path)).count();
    assert_eq!((count(" /a "), count(" /b "), lines.len()), (2, 2, 4), "each request and its copy: {lines:?}");
}

#[test]
fn a_copy_of_a_grpc_call_goes_to_another_grpc_server() {
    let (server, copies) = (GrpcServer::start(), GrpcServer::start());
    let gateway = Gateway::start();
    let upstream = json!({"scheme": "grpc", "nodes": {(server.node()): 1}});
    let mirror = json!({"proxy-mirror": {"host": format!("grpc://{}", copies.node())}});
    gateway.put("/routes/1", &json!({"uri": "/*", "upstream": upstream, "plugins": mirror}));
    let reply = GrpcClient::connect(gateway.proxy).call("/test.Echo/Unary", &[("x-own", "1")], &[b"hello"]);
    assert_eq!(reply.grpc(), Some("0"));
    let copy = wait_for("the copy", || copies.called().pop());
    assert_eq!(
        (copy.path.as_str(), copy.header("x-own"), copy.header("te")),
        ("/test.Echo/Unary", Some("1"), Some("trailers"))
    );
}

#[test]
fn a_grpc_call_that_is_answered_before_its_end_has_a_copy_where_its_message_is_whole() {
    let (server, copies) = (GrpcServer::start(), GrpcServer::start());
    let gateway = Gateway::start();
    let upstream = json!({"scheme": "grpc", "nodes": {(server.node()): 1}});
    let mirror = json!({"proxy-mirror": {"host": format!("grpc://{}", copies.node())}, "prometheus": {}});
    gateway.put("/routes/1", &json!({"uri": "/*", "upstream": upstream, "plugins": mirror}));
    let mut client = GrpcClient::connect(gateway.proxy);
    // The server answers after one message, and waits for no end.
    let mut call = client.open("/test.Echo/Unary", &[]);
    assert!(call.send(b"hello"));
    assert_eq!(call.finish().grpc(), Some("0"));
    wait_for("the copy", || copies.called().pop());
    let sent = || gateway.metric("apisix_gateway_mirrored_requests_total{outcome=\"sent\"}") == 1;
    wait_for("its answer", || sent().then_some(()));
    // One that has no message yet has none.
    let call = client.open("/test.Echo/Early", &[]);
    assert!(call.finish().grpc().is_some());
    let dropped = || gateway.metric("apisix_gateway_mirrored_requests_total{outcome=\"dropped\"}") == 1;
    wait_for("the count", || dropped().then_some(()));
    assert_eq!(copies.called().len(), 1);
}

/// Whether a body that a plugin changes comes with the head or behind it is not to be seen.
#[test]
fn a_body_that_a_plugin_changes_has_no_length_however_it_comes() {
    let at_once = Upstream::answering("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nETag: x\r\n\r\nhello");
    let behind = Upstream::new(|_, stream| {
        let head = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nETag: x\r\n\r\n").is_ok();
        std::thread::sleep(std::time::Duration::from_millis(50));
        head && stream.write_all(b"hello").is_ok()
    });
    for upstream in [at_once, behind] {
        for (plugin, body) in
            [(json!({ "body": "new" }), "new"), (json!({ "filters": [{ "regex": "l+", "replace": "L" }] }), "heLo")]
        {
            let gateway = gateway(&upstream, json!({ "response-rewrite": plugin }));
            let mut client = Client::connect(gateway.proxy);
            for _ in 0..3 {
                let answer = client.request("GET", "/", &[("Host", "a")], b"");
                assert_eq!((answer.status, &*answer.text()), (200, body));
                assert_eq!((answer.header("Content-Length"), answer.header("ETag")), (None, None));
                assert_eq!(answer.header("Transfer-Encoding"), Some("chunked"));
            }
        }
    }
}
