//! Paths, hosts and who a client is: everybody sees the same.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use gateway_tests::{Client, Gateway, Received, Upstream, send};
use serde_json::json;

/// Ways to write `/secret/x`.
const SPELLINGS: [&str; 8] = [
    "/secret/x",
    "//secret/x",
    "/secret//x",
    "/%73ecret/x",
    "/./secret/x",
    "/other/../secret/x",
    "/other/%2e%2E/secret/x",
    "/secret/y/%2e./x",
];

/// All values of a field.
fn all<'r>(received: &'r Received, name: &str) -> Vec<&'r str> {
    let named = received.headers.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name));
    named.map(|(_, value)| value.as_str()).collect()
}

#[test]
fn path_08_plugins_decide_on_the_path_that_is_matched_and_sent() {
    let upstream = Upstream::text("reached");
    let gateway = Gateway::start();
    let nodes = json!({ "nodes": { (upstream.node()): 1 } });
    gateway.put("/routes/open", &json!({ "uri": "/*", "upstream": nodes }));
    let deny = json!({ "ip-restriction": { "blacklist": ["127.0.0.0/8"] } });
    gateway.put("/routes/closed", &json!({ "uri": "/secret/*", "plugins": deny, "upstream": nodes }));
    for target in SPELLINGS {
        assert_eq!(gateway.get(target).status, 403, "{target}");
    }
    assert!(upstream.received().is_empty());

    let once = json!({ "limit-count": {
        "count": 1, "time_window": 3600, "key_type": "var", "key": "uri", "rejected_code": 429
    } });
    gateway.put("/routes/closed", &json!({ "uri": "/secret/*", "plugins": once, "upstream": nodes }));
    for (n, target) in SPELLINGS.iter().enumerate() {
        let status = if n == 0 { 200 } else { 429 };
        assert_eq!(gateway.get(&format!("{target}?n={n}")).status, status, "{target} has a count of its own");
    }
    assert_eq!(gateway.get("/secret/y").status, 200, "another path has its own count");
    assert_eq!(gateway.get("/secret%2Fx").status, 200, "an encoded slash does not separate: this is another path");

    // What was decided about is what is sent.
    gateway.put("/routes/closed", &json!({ "uri": "/secret/*", "upstream": nodes }));
    for target in SPELLINGS {
        gateway.get(target);
        assert_eq!(upstream.last().line, "GET /secret/x HTTP/1.1", "{target}");
    }
}

#[test]
fn path_09_arguments_pass_as_they_came_and_so_many_are_read() {
    let upstream = Upstream::text("ok");
    let gateway = Gateway::start();
    let nodes = json!({ "nodes": { (upstream.node()): 1 } });
    let named = json!([["arg_name", "==", "a b"]]);
    gateway.put("/routes/named", &json!({ "uri": "/x", "vars": named, "upstream": nodes }));
    gateway.put("/routes/plain", &json!({ "uri": "/plain", "upstream": nodes }));

    let odd = "/plain?b=1&a=%20+&b=2&&=x&flag&b=1&%zz";
    assert_eq!(gateway.get(odd).status, 200);
    assert_eq!(upstream.last().line, format!("GET {odd} HTTP/1.1"));

    let filler = |n: usize| "x=1&".repeat(n);
    for (target, status) in [
        ("/x?name=a+b".to_owned(), 200),
        ("/x?n%61me=a%20b&name=no".to_owned(), 200),
        ("/x?name=no&name=a+b".to_owned(), 404),
        (format!("/x?{}name=a+b", filler(99)), 200),
        (format!("/x?{}name=a+b", filler(100)), 404),
    ] {
        assert_eq!(gateway.get(&target).status, status, "{target}");
    }
    let many = format!("/plain?{}last=1", filler(300));
    assert_eq!(gateway.get(&many).status, 200);
    assert_eq!(upstream.last().line, format!("GET {many} HTTP/1.1"), "what is not read is passed on");

    let gateway = Gateway::configured(json!({ "gateway": { "limits": { "query_parameters": 2 } } }));
    gateway.put("/routes/named", &json!({ "uri": "/x", "vars": named, "upstream": nodes }));
    assert_eq!(gateway.get("/x?a=1&name=a+b").status, 200);
    assert_eq!(gateway.get("/x?a=1&a=2&name=a+b").status, 404);
}

/// What a client may say about where it comes from.
const CLAIMS: [(&str, &str); 6] = [
    ("X-Real-IP", "192.0.2.7"),
    ("X-Forwarded-For", "192.0.2.7"),
    ("X-Forwarded-Proto", "https"),
    ("X-Forwarded-Host", "front.test"),
    ("X-Forwarded-Port", "8443"),
    ("Forwarded", "for=192.0.2.7;proto=https"),
];

#[test]
fn path_10_path_11_an_untrusted_client_is_described_as_the_gateway_sees_it() {
    let upstream = Upstream::text("ok");
    let gateway = Gateway::start();
    gateway.put("/routes/1", &json!({ "uri": "/*", "upstream": { "nodes": { (upstream.node()): 1 } } }));
    let port = gateway.proxy.port().to_string();
    let mut spelled = CLAIMS.to_vec();
    spelled.extend([("X_Real_IP", "192.0.2.7"), ("X_Forwarded_Proto", "https"), ("X_Forwarded_For", "192.0.2.7")]);
    for claims in [&spelled[..], &[]] {
        gateway.get_with("/", &[&[("Host", "shop.test:81")], claims].concat());
        let got = upstream.last();
        assert_eq!(all(&got, "X-Real-IP"), ["127.0.0.1"]);
        assert_eq!(all(&got, "X-Forwarded-Proto"), ["http"]);
        assert_eq!(all(&got, "X-Forwarded-Host"), ["shop.test:81"]);
        assert_eq!(all(&got, "X-Forwarded-Port"), [port.as_str()]);
        let list = if claims.is_empty() { "127.0.0.1" } else { "192.0.2.7, 127.0.0.1" };
        assert_eq!(all(&got, "X-Forwarded-For"), [list]);
        for gone in ["Forwarded", "X_Real_IP", "X_Forwarded_Proto", "X_Forwarded_For"] {
            assert!(all(&got, gone).is_empty(), "{gone}");
        }
    }
}

#[test]
fn path_11_trusted_addresses_decide_whose_claims_are_kept() {
    let upstream = Upstream::text("ok");
    let route = json!({ "uri": "/*", "upstream": { "nodes": { (upstream.node()): 1 } } });
    let strangers = Gateway::configured(json!({ "apisix": { "trusted_addresses": ["192.0.2.0/24"] } }));
    strangers.put("/routes/1", &route);
    strangers.get_with("/", &CLAIMS);
    let got = upstream.last();
    assert_eq!(all(&got, "X-Forwarded-For"), ["127.0.0.1"], "an untrusted list is dropped");
    assert_eq!(all(&got, "X-Real-IP"), ["127.0.0.1"]);
    assert_eq!(all(&got, "X-Forwarded-Proto"), ["http"]);

    let known = Gateway::configured(json!({ "apisix": { "trusted_addresses": ["127.0.0.0/8"] } }));
    known.put("/routes/1", &route);
    known.get_with("/", &CLAIMS);
    let got = upstream.last();
    assert_eq!(all(&got, "X-Forwarded-For"), ["192.0.2.7, 127.0.0.1"]);
    assert_eq!(all(&got, "X-Forwarded-Proto"), ["https"]);
    assert_eq!(all(&got, "X-Forwarded-Host"), ["front.test"]);
    assert_eq!(all(&got, "X-Forwarded-Port"), ["8443"]);
    assert!(all(&got, "Forwarded").is_empty());
}

#[test]
fn path_12_no_header_changes_the_clients_address() {
    let upstream = Upstream::text("ok");
    let allow = json!({ "ip-restriction": { "whitelist": ["192.0.2.7"] } });
    let route = json!({ "uri": "/*", "plugins": allow, "upstream": { "nodes": { (upstream.node()): 1 } } });
    for trusted in [json!({}), json!({ "apisix": { "trusted_addresses": ["127.0.0.0/8"] } })] {
        let gateway = Gateway::configured(trusted.clone());
        gateway.put("/routes/1", &route);
        assert_eq!(gateway.get_with("/", &CLAIMS).status, 403, "{trusted}");
        let here =
            json!({ "uri": "/*", "remote_addr": "127.0.0.1", "upstream": { "nodes": { (upstream.node()): 1 } } });
        gateway.put("/routes/1", &here);
        assert_eq!(gateway.get_with("/", &CLAIMS).status, 200, "{trusted}");
    }
    assert_eq!(upstream.received().len(), 2);
}

#[test]
fn path_12_a_peer_that_may_names_the_client() {
    let upstream = Upstream::text("ok");
    let allow = json!({ "ip-restriction": { "whitelist": ["192.0.2.7"] } });
    let route = json!({ "uri": "/*", "plugins": allow, "upstream": { "nodes": { (upstream.node()): 1 } } });
    let config = |from: &str| {
        json!({ "nginx_config": { "http": {
            "real_ip_from": [from], "real_ip_header": "X-Forwarded-For", "real_ip_recursive": true
        } } })
    };
    let gateway = Gateway::configured(config("127.0.0.0/8"));
    gateway.put("/routes/1", &route);
    let ask = |gateway: &Gateway, list: &str| gateway.get_with("/", &[("X-Forwarded-For", list)]).status;
    assert_eq!(ask(&gateway, "6.6.6.6, 192.0.2.7, 127.0.0.2"), 200);
    let got = upstream.last();
    assert_eq!(all(&got, "X-Real-IP"), ["192.0.2.7"]);
    assert_eq!(all(&got, "X-Forwarded-For"), ["6.6.6.6, 192.0.2.7, 127.0.0.2, 192.0.2.7"]);
    assert_eq!(ask(&gateway, "192.0.2.7, 6.6.6.6"), 403, "the list is walked from the right");
    assert_eq!(ask(&gateway, "nobody"), 403);
    assert_eq!(gateway.get("/").status, 403);
    let gateway = Gateway::configured(config("10.0.0.0/8"));
    gateway.put("/routes/1", &route);
    assert_eq!(ask(&gateway, "192.0.2.7"), 403, "this peer may not");
}

#[test]
fn path_14_links_are_made_of_the_host_that_was_matched_or_of_a_configured_name() {
    let gateway = Gateway::start();
    let https = json!({ "redirect": { "http_to_https": true } });
    gateway.put("/routes/1", &json!({ "uri": "/*", "hosts": ["shop.test"], "plugins": https }));
    let named = json!({ "redirect": { "uri": "https://named.test$request_uri", "ret_code": 302 } });
    gateway.put("/routes/2", &json!({ "uri": "/named/*", "plugins": named }));
    let location = |request: String| {
        let answer = send(gateway.proxy, request);
        (answer.status, answer.header("Location").unwrap_or_default().to_owned())
    };
    let evil = "X-Forwarded-Host: evil.test\r\nX-Host: evil.test\r\nForwarded: host=evil.test\r\n\r\n";
    let to = |url: &str| (301, url.to_owned());
    assert_eq!(location(format!("GET /a HTTP/1.1\r\nHost: Shop.TEST:8080\r\n{evil}")), to("https://shop.test/a"));
    // An absolute target is the host, whatever the field says.
    assert_eq!(
        location(format!("GET http://shop.test/a HTTP/1.1\r\nHost: evil.test\r\n{evil}")),
        to("https://shop.test/a")
    );
    assert_eq!(location(format!("GET /a HTTP/1.1\r\nHost: evil.test\r\n{evil}")), (404, String::new()));
    assert_eq!(
        location(format!("GET /named/a?b HTTP/1.1\r\nHost: evil.test\r\n{evil}")),
        (302, "https://named.test/named/a?b".to_owned())
    );
}

#[test]
fn path_16_fields_that_would_override_method_or_target_are_only_fields() {
    let upstream = Upstream::text("ok");
    let gateway = Gateway::start();
    let nodes = json!({ "nodes": { (upstream.node()): 1 } });
    gateway.put("/routes/1", &json!({ "uri": "/a", "methods": ["GET"], "upstream": nodes }));
    let mut client = Client::connect(gateway.proxy);
    for name in ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"] {
        assert_eq!(client.request("POST", "/a", &[(name, "GET")], b"").status, 404, "{name}");
        assert_eq!(client.request("GET", "/a", &[(name, "DELETE")], b"").status, 200, "{name}");
        let got = upstream.last();
        assert_eq!((got.line.as_str(), got.header(name)), ("GET /a HTTP/1.1", Some("DELETE")));
    }
    for name in ["X-Original-URL", "X-Rewrite-URL", "X-Original-URI"] {
        assert_eq!(client.request("GET", "/b", &[(name, "/a")], b"").status, 404, "{name}");
        assert_eq!(client.request("GET", "/a", &[(name, "/b")], b"").status, 200, "{name}");
        assert_eq!(upstream.last().line, "GET /a HTTP/1.1");
    }
}
