//! Who asks, and who may: plugins that find the consumer, and those that judge it, on the real binary.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::{digest, hmac};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use gateway_tests::{Answer, Client, Gateway, Upstream};
use serde_json::{Value, json};

const SECRET: &str = "a secret of more than thirty-two bytes";

/// A gateway whose one route has these plugins.
fn route(gateway: &Gateway, upstream: &Upstream, plugins: &Value) {
    let nodes = json!({ "nodes": { (upstream.node()): 1 } });
    gateway.put("/routes/1", &json!({ "uri": "/*", "plugins": plugins, "upstream": nodes }));
}

fn consumer(gateway: &Gateway, name: &str, labels: Value, plugins: Value) {
    gateway.put(&format!("/consumers/{name}"), &json!({ "username": name, "labels": labels, "plugins": plugins }));
}

/// A token of HS256 with these claims.
fn token(header: &Value, claims: &Value, secret: &str) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(header), part(claims));
    let mac = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()), signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac))
}

fn now_s() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

fn request(gateway: &Gateway, method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    Client::connect(gateway.proxy).request(method, target, headers, body)
}

#[test]
fn jwt_tokens_name_the_consumer_and_the_consumer_the_algorithm() {
    let (gateway, upstream) = (Gateway::start(), Upstream::text("in"));
    consumer(&gateway, "jane", json!({"custom_id": "7"}), json!({"jwt-auth": {"key": "jane", "secret": SECRET}}));
    let conf = json!({"key_claim_name": "sub", "hide_credentials": true, "claims_to_verify": ["exp"]});
    route(&gateway, &upstream, &json!({ "jwt-auth": conf }));
    let hs256 = json!({"alg": "HS256", "typ": "JWT"});
    let exp = now_s() + 600;
    let ask = |header: &Value, claims: Value, secret: &str| {
        let bearer = format!("Bearer {}", token(header, &claims, secret));
        gateway.get_with("/x", &[("Authorization", &bearer), ("X-Consumer-Username", "root")])
    };
    assert_eq!(ask(&hs256, json!({"sub": "jane", "exp": exp}), SECRET).status, 200);
    let got = upstream.last();
    assert_eq!((got.header("x-consumer-username"), got.header("x-consumer-custom-id")), (Some("jane"), Some("7")));
    assert_eq!(got.header("authorization"), None);
    let refused: [(&Value, Value, &str); 6] = [
        (&hs256, json!({"sub": "jane", "exp": exp}), "another secret of more than thirty-two"),
        (&hs256, json!({"sub": "jane", "exp": now_s() - 100}), SECRET),
        (&hs256, json!({"sub": "jane"}), SECRET),
        (&hs256, json!({"sub": "jack", "exp": exp}), SECRET),
        (&json!({"alg": "none"}), json!({"sub": "jane", "exp": exp}), SECRET),
        (&json!({"alg": "HS512"}), json!({"sub": "jane", "exp": exp}), SECRET),
    ];
    for (header, claims, secret) in refused {
        let answer = ask(header, claims.clone(), secret);
        assert_eq!(answer.status, 401, "{header} {claims} {}", answer.text());
        assert_eq!(answer.header("www-authenticate"), Some("Bearer realm=\"jwt\""));
    }
    assert_eq!(upstream.received().len(), 1);

    // A secret that is somebody's public key is refused where it is configured.
    let pem = "-----BEGIN PUBLIC KEY-----\nMFkw\n-----END PUBLIC KEY-----";
    let forged = json!({"username": "jane", "plugins": {"jwt-auth": {"key": "jane", "secret": pem}}});
    let answer = gateway.call("PUT", "/consumers/jane", Some(&forged));
    assert_eq!(answer.status, 400, "{}", answer.text());
    // The secret is shown to nobody who reads.
    let shown = gateway.call("GET", "/consumers/jane", None).text();
    assert!(std::fs::read_dir(gateway.data_dir()).unwrap().count() > 0 && !shown.contains("BEGIN PUBLIC"), "{shown}");
}

#[test]
fn hmac_signatures_cover_target_date_and_body() {
    let (gateway, upstream) = (Gateway::start(), Upstream::text("in"));
    consumer(&gateway, "jane", json!({}), json!({"hmac-auth": {"key_id": "jane-1", "secret_key": SECRET}}));
    let conf = json!({"validate_request_body": true, "signed_headers": ["date", "digest"], "max_req_body_size": 64});
    route(&gateway, &upstream, &json!({ "hmac-auth": conf }));
    let date = httpdate::fmt_http_date(SystemTime::now());
    let sign = |method: &str, target: &str, body: &[u8]| {
        let digest = format!("SHA-256={}", STANDARD.encode(digest::digest(&digest::SHA256, body)));
        let lines = format!("jane-1\n{method} {target}\ndate: {date}\ndigest: {digest}\n");
        let mac = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes()), lines.as_bytes());
        let headers = "@request-target date digest";
        let mac = STANDARD.encode(mac);
        let line =
            format!("Signature keyId=\"jane-1\",algorithm=\"hmac-sha256\",headers=\"{headers}\",signature=\"{mac}\"");
        (line, digest)
    };
    let send = |method: &str, target: &str, body: &[u8], (line, digest): &(String, String)| {
        let headers = [("Authorization", line.as_str()), ("Date", &date), ("Digest", digest)];
        request(&gateway, method, target, &headers, body)
    };
    let signed = sign("POST", "/orders?id=7", b"two apples");
    assert_eq!(send("POST", "/orders?id=7", b"two apples", &signed).status, 200);
    assert_eq!(upstream.last().body, b"two apples");
    assert_eq!(upstream.last().header("x-consumer-username"), Some("jane"));
    for (method, target, body) in [
        ("PUT", "/orders?id=7", &b"two apples"[..]),
        ("POST", "/orders?id=8", b"two apples"),
        ("POST", "/orders?id=7", b"two pears!"),
    ] {
        let answer = send(method, target, body, &signed);
        assert_eq!(answer.status, 401, "{method} {target} {}", answer.text());
        assert_eq!(answer.header("www-authenticate"), Some("hmac realm=\"hmac\""));
    }
    let long = [b'x'; 65];
    assert_eq!(send("POST", "/", &long, &sign("POST", "/", &long)).status, 413);
    assert_eq!(upstream.received().len(), 1);
}

#[test]
fn the_first_way_that_finds_a_consumer_counts() {
    let (gateway, upstream) = (Gateway::start(), Upstream::text("in"));
    consumer(&gateway, "jane", json!({}), json!({"key-auth": {"key": "janes-key"}}));
    consumer(&gateway, "jack", json!({}), json!({"basic-auth": {"username": "jack", "password": "pass"}}));
    let ways = json!([{ "basic-auth": {} }, { "key-auth": {} }]);
    route(&gateway, &upstream, &json!({ "multi-auth": { "auth_plugins": ways } }));
    let basic = format!("Basic {}", STANDARD.encode("jack:pass"));
    for (header, name) in [(("Authorization", basic.as_str()), "jack"), (("apikey", "janes-key"), "jane")] {
        assert_eq!(gateway.get_with("/", &[header]).status, 200, "{header:?}");
        assert_eq!(upstream.last().header("x-consumer-username"), Some(name));
    }
    let answer = gateway.get_with("/", &[("apikey", "nobodys")]);
    assert_eq!((answer.status, answer.text().trim()), (401, "{\"message\":\"Authorization Failed\"}"));
}

#[test]
fn path_13_what_the_service_does_not_say_is_absent_upstream() {
    let (gateway, upstream) = (Gateway::start(), Upstream::text("in"));
    let service = Upstream::new(|got, stream| {
        use std::io::Write;
        let answer: &[u8] = match got.header("authorization") {
            Some("jane") => b"HTTP/1.1 200 OK\r\nX-Account: 7\r\nContent-Length: 0\r\n\r\n",
            Some("quiet") => b"HTTP/1.1 204 No Content\r\n\r\n",
            _ => b"HTTP/1.1 302 Found\r\nLocation: https://login/\r\nX-Secret: s\r\nContent-Length: 3\r\n\r\nno!",
        };
        stream.write_all(answer).is_ok()
    });
    let conf = json!({
        "uri": format!("http://{}/check", service.addr), "request_headers": ["Authorization"],
        "upstream_headers": ["X-Account"], "client_headers": ["Location"],
    });
    route(&gateway, &upstream, &json!({ "forward-auth": conf }));
    let forged = [("X-Account", "1"), ("x_account", "1"), ("X-Forwarded-Host", "evil")];
    let ask = |who: &str| {
        let mut headers = forged.to_vec();
        headers.push(("Authorization", who));
        gateway.get_with("/a/../b?c=d", &headers)
    };
    assert_eq!(ask("jane").status, 200);
    let asked = service.last();
    assert_eq!(asked.line, "GET /check HTTP/1.1");
    for (name, value) in [
        ("x-forwarded-uri", "/b?c=d"),
        ("x-forwarded-method", "GET"),
        ("x-forwarded-proto", "http"),
        ("x-forwarded-host", "localhost"),
        ("x-forwarded-for", "127.0.0.1"),
    ] {
        assert_eq!(asked.header(name), Some(value), "{name}");
    }
    let values = |name: &str| -> Vec<String> {
        let got = upstream.last().headers;
        got.into_iter().filter(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v).collect()
    };
    assert_eq!((values("x-account"), values("x_account")), (vec!["7".to_owned()], vec![]));
    assert_eq!(ask("quiet").status, 200);
    assert_eq!((values("x-account"), values("x_account")), (vec![], vec![]));

    let answer = ask("mallory");
    assert_eq!(
        (answer.status, answer.header("location"), answer.text().as_str()),
        (302, Some("https://login/"), "no!")
    );
    assert_eq!(answer.header("x-secret"), None);
    assert_eq!(upstream.received().len(), 2);

    // Nobody answers: refused, or let through without what the client made up.
    let mut nobody = conf;
    nobody["uri"] = json!("http://127.0.0.1:1/");
    route(&gateway, &upstream, &json!({ "forward-auth": nobody }));
    assert_eq!(ask("jane").status, 403);
    nobody["allow_degradation"] = json!(true);
    route(&gateway, &upstream, &json!({ "forward-auth": nobody }));
    assert_eq!(ask("jane").status, 200);
    assert_eq!((values("x-account"), values("x_account")), (vec![], vec![]));
}

#[test]
fn consumers_are_judged_by_name_label_and_method() {
    let (gateway, upstream) = (Gateway::start(), Upstream::text("in"));
    for (name, labels) in [("jane", json!({"team": "orders,billing"})), ("jack", json!({"team": "web"}))] {
        consumer(&gateway, name, labels, json!({ "key-auth": { "key": name } }));
    }
    let status =
        |method: &str, who: &str| request(&gateway, method, "/", &[("apikey", who), ("X-Team", "root")], b"").status;
    let with = |name: &str, conf: Value| {
        let labels = json!({"headers": {"X-Team": "$team"}});
        route(&gateway, &upstream, &json!({ "key-auth": {}, (name): conf, "attach-consumer-label": labels }));
    };
    with("consumer-restriction", json!({"blacklist": ["jack"]}));
    assert_eq!((status("GET", "jane"), status("GET", "jack"), status("GET", "x")), (200, 403, 401));
    assert_eq!(upstream.last().header("x-team"), Some("orders,billing"));
    with("consumer-restriction", json!({"allowed_by_methods": [{"user": "jane", "methods": ["GET"]}]}));
    assert_eq!((status("GET", "jane"), status("POST", "jane"), status("POST", "jack")), (200, 403, 200));
    with("acl", json!({"allow_labels": {"team": ["billing"]}}));
    assert_eq!((status("GET", "jane"), status("GET", "jack")), (200, 403));
    with("acl", json!({"deny_labels": {"team": ["billing"]}}));
    assert_eq!((status("GET", "jane"), status("GET", "jack")), (403, 200));
}

#[test]
fn requests_are_judged_by_where_they_come_from() {
    let (gateway, upstream) = (Gateway::start(), Upstream::text("in"));
    let plugins = json!({
        "ua-restriction": {"denylist": ["(?i)spider"], "bypass_missing": true},
        "referer-restriction": {"whitelist": ["*.shop.com"], "bypass_missing": true},
        "uri-blocker": {"block_rules": ["^/admin", "union.+select"], "rejected_code": 404},
    });
    route(&gateway, &upstream, &plugins);
    for (target, headers, status) in [
        ("/", vec![], 200),
        ("/", vec![("User-Agent", "curl/8")], 200),
        ("/", vec![("User-Agent", "curl/8"), ("User-Agent", "Spider/1")], 403),
        ("/", vec![("Referer", "https://www.shop.com/x")], 200),
        ("/", vec![("Referer", "https://www.shop.com.evil.com/")], 403),
        ("/%61dmin", vec![], 404),
        ("/x/..//admin/", vec![], 404),
        ("/x?q=union%20all%20s%65lect", vec![], 404),
    ] {
        assert_eq!(gateway.get_with(target, &headers).status, status, "{target} {headers:?}");
    }
}

#[test]
fn tokens_against_forgery_come_back_in_header_and_cookie() {
    let (gateway, upstream) = (Gateway::start(), Upstream::text("in"));
    route(&gateway, &upstream, &json!({ "csrf": { "key": SECRET, "name": "x-csrf" } }));
    let answer = gateway.get("/");
    let cookie = answer.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    let token = cookie.strip_prefix("x-csrf=").unwrap();
    let post = |headers: &[(&str, &str)]| request(&gateway, "POST", "/", headers, b"");
    assert_eq!(post(&[("X-Csrf", token), ("Cookie", &cookie)]).status, 200);
    for headers in [
        vec![],
        vec![("Cookie", cookie.as_str())],
        vec![("X-Csrf", token)],
        vec![("X-Csrf", "x"), ("Cookie", "x-csrf=x")],
    ] {
        let answer = post(&headers);
        assert_eq!(answer.status, 401, "{headers:?}");
        assert!(answer.header("set-cookie").is_some_and(|c| c.starts_with("x-csrf=")), "every answer brings one");
    }
}
