use super::*;
use crate::testkit::{self, Kit};
use serde_json::json;
use std::io::Write;

const NAME: &str = "response-rewrite";

/// The answer as it leaves: status, body, and the exchange for its headers.
fn answer(kit: &Kit, conf: Value, head: &str, pieces: &[&[u8]]) -> (u16, String, Box<Exchange>) {
    let plugin = kit.plugin(NAME, conf);
    let mut x = kit.exchange("GET /hello HTTP/1.1");
    kit.answer(&mut x, head);
    let body = kit.body(&plugin, &mut x, pieces);
    (x.resp.status, String::from_utf8_lossy(&body).into_owned(), x)
}

const HELLO: &[&[u8]] = &[b"hello", b" world\n", b""];

#[test]
fn status_and_headers() {
    let kit = Kit::new();
    let cases = [
        (json!({"status_code": 302, "headers": {"Location": "https://a.com"}}), 302, "Location", Some("https://a.com")),
        (json!({"headers": {"X-Id": 3}}), 200, "X-Id", Some("3")),
        (json!({"headers": {"Old": ""}}), 200, "Old", Some("")),
        (json!({"headers": {"X-A": "from $remote_addr"}}), 200, "X-A", Some("from 127.0.0.1")),
        (json!({"headers": {"set": {"Old": "new"}}}), 200, "Old", Some("new")),
        (json!({"headers": {"add": ["Old:new"]}}), 200, "Old", Some("1, new")),
        (json!({"headers": {"remove": ["old"]}}), 200, "Old", None),
        (
            json!({"headers": {"add": ["Cache-Control: no-cache", "Cache-Control : max-age=0, must-revalidate"]}}),
            200,
            "Cache-Control",
            Some("no-cache, max-age=0, must-revalidate"),
        ),
        (
            json!({"headers": {"add": ["Cache-Control: no-cache"], "set": {"Cache-Control": "max-age=0"}}}),
            200,
            "Cache-Control",
            Some("max-age=0"),
        ),
        (
            json!({"headers": {"add": ["Set-Cookie: <n>=<v>; Max-Age=<number>"], "remove": ["Set-Cookie"]}}),
            200,
            "Set-Cookie",
            None,
        ),
        // Not this answer.
        (json!({"status_code": 500, "headers": {"X-Id": 3}, "vars": [["status", "==", 500]]}), 200, "X-Id", None),
    ];
    for (conf, status, name, value) in cases {
        let (got, body, mut x) = answer(&kit, conf.clone(), "200\nOld: 1", HELLO);
        assert_eq!((got, body.as_str()), (status, "hello world\n"), "{conf}");
        assert_eq!(kit.answer_field(&mut x, name).as_deref(), value, "{conf}");
        assert!(!x.resp.body_changes);
    }
}

#[test]
fn bodies_are_replaced() {
    let kit = Kit::new();
    let head =
        "200\nContent-Type: application/xml\nContent-Encoding: gzip\nContent-Length: 4\nLast-Modified: x\nETag: y";
    let cases = [
        (json!({"body": "new body2\n"}), "new body2\n"),
        (json!({"body": ""}), ""),
        (json!({"body": "SGVsbG8K", "body_base64": true}), "Hello\n"),
    ];
    for (conf, expected) in cases {
        let (_, body, mut x) = answer(&kit, conf, head, HELLO);
        assert_eq!(body, expected);
        assert!(x.resp.body_changes);
        assert_eq!(kit.answer_field(&mut x, "Content-Type").as_deref(), Some("application/xml"));
        for gone in ["Content-Length", "Content-Encoding", "Last-Modified", "ETag"] {
            assert_eq!(kit.answer_field(&mut x, gone), None, "{gone}");
        }
    }
    let conf = json!({"body": "new body3\n", "status_code": 403, "vars": [["status", "==", 500]]});
    assert_eq!(answer(&kit, conf.clone(), "500", HELLO).1, "new body3\n");
    assert_eq!(answer(&kit, conf, "200", HELLO).1, "hello world\n");

    // No body for HEAD, and one where the upstream had none.
    let plugin = kit.plugin(NAME, json!({"body": "x"}));
    let mut x = kit.exchange("HEAD / HTTP/1.1");
    kit.answer(&mut x, "200");
    assert_eq!(kit.body(&plugin, &mut x, &[b""]), b"");
    let mut x = kit.exchange("GET / HTTP/1.1");
    kit.answer(&mut x, "200");
    x.resp.framing = Framing::None;
    assert_eq!(kit.body(&plugin, &mut x, &[b""]), b"x");
    assert_eq!(x.resp.framing, Framing::Stream);
}

#[test]
fn text_in_bodies_is_replaced() {
    let kit = Kit::new();
    let filter = |regex: &str, replace: &str, scope: &str| json!({"regex": regex, "replace": replace, "scope": scope});
    let cases = [
        (json!([filter("hello", "test", "once")]), "test world\n"),
        (json!([filter("l", "t", "global")]), "hetto wortd\n"),
        (json!([filter("l", "t", "once")]), "hetlo world\n"),
        (json!([filter("hello", "", "once")]), " world\n"),
        (json!([filter("\\w\\S+$", "*", "once")]), "hello *\n"),
        (json!([filter("hello", "HELLO", "once"), filter("L", "T", "once")]), "HETLO world\n"),
        (json!([filter("test", "TEST", "once")]), "hello world\n"),
        (json!([filter("(h)(e)", "$2${1}", "once")]), "ehllo world\n"),
        (json!([{"regex": "HELLO", "replace": "x", "options": "i"}]), "x world\n"),
    ];
    for (filters, expected) in cases {
        assert_eq!(answer(&kit, json!({"filters": filters}), "200", HELLO).1, expected, "{filters}");
    }
    let cut = json!({"max_resp_body_size": 5, "filters": [filter("hello", "HELLO", "once")]});
    assert_eq!(answer(&kit, cut, "200", &[b"hello world\n", b""]).1, "HELLO");
}

#[test]
fn what_filters_make_of_a_body_is_bounded() {
    let kit = Kit::new();
    let grow = json!({"regex": "x*", "replace": "y".repeat(20), "scope": "global"});
    let long = "x".repeat(1 << 20);
    let bombs = [
        (json!({"filters": vec![grow; 7]}), "x".repeat(1000)),
        (json!({"filters": [{"regex": "x", "replace": "y".repeat(1000), "scope": "global"}]}), long.clone()),
        (json!({"filters": [{"regex": "^(.*)$", "replace": "$1".repeat(1000)}]}), long.clone()),
        (json!({"max_resp_body_size": 100_000, "filters": [{"regex": "x", "replace": "yy", "scope": "global"}]}), long),
    ];
    for (conf, body) in bombs {
        assert_eq!(answer(&kit, conf.clone(), "200", &[body.as_bytes(), b""]).0, 500, "{conf}");
        assert_eq!(answer(&kit, conf.clone(), "200", &[body.as_bytes(), b""]).1, "", "{conf}");
        // Its head is out.
        let plugin = kit.plugin(NAME, conf.clone());
        let mut x = kit.exchange("GET / HTTP/1.1");
        kit.answer(&mut x, "200");
        x.resp.started = true;
        let sent = kit.body(&plugin, &mut x, &[body.as_bytes(), b""]);
        assert_eq!(x.resp.status, 200);
        assert!(body.as_bytes().starts_with(&sent) && !sent.is_empty(), "{conf}");
    }
    // A short body may grow beyond the size to collect.
    let conf = json!({"max_resp_body_size": 5, "filters": [{"regex": "l", "replace": "LLL", "scope": "global"}]});
    assert_eq!(answer(&kit, conf, "200", &[b"hello", b""]).1, "heLLLLLLo");
}

#[test]
fn filters_that_take_too_long_are_given_up() {
    let conf = json!({"body_base64": false, "max_resp_body_size": 1000,
        "filters": [{"regex": "b", "replace": "c", "scope": "global", "options": "jo"}]});
    let plugin = ResponseRewrite::compile(&conf).unwrap();
    let now = Instant::now();
    assert_eq!(plugin.filtered(b"abc".to_vec(), now), Err(b"abc".to_vec()));
    assert_eq!(plugin.filtered(b"abc".to_vec(), now + Duration::from_secs(3600)), Ok(b"acc".to_vec()));
}

#[test]
fn coded_bodies_are_decoded_first() {
    let kit = Kit::new();
    let conf = json!({"filters": [{"regex": "hello", "replace": "test"}]});
    let gzip = testkit::gzip(b"hello world");
    let mut br = Vec::new();
    brotli::CompressorWriter::new(&mut br, 4096, 5, 20).write_all(b"hello world").unwrap();
    for (coding, body) in [("gzip", &gzip), ("br", &br)] {
        let (first, rest) = body.split_at(5);
        let head = format!("200\nContent-Encoding: {coding}\nContent-Length: {}", body.len());
        let (_, got, mut x) = answer(&kit, conf.clone(), &head, &[first, rest, b""]);
        assert_eq!(got, "test world");
        assert_eq!(kit.answer_field(&mut x, "Content-Encoding"), None);
    }
    // Neither a coding nobody knows nor a broken body is pretended to be text.
    for coding in ["zstd", "gzip"] {
        let (_, got, mut x) = answer(&kit, conf.clone(), &format!("200\nContent-Encoding: {coding}"), &[b"hello"]);
        assert_eq!(got, "hello");
        assert_eq!(kit.answer_field(&mut x, "Content-Encoding").as_deref(), Some(coding));
    }
}

#[test]
fn configurations() {
    let kit = Kit::new();
    kit.plugin(NAME, json!({"body": "Hello world", "headers": {"X-Server-id": 3}}));
    kit.plugin(NAME, json!({"vars": [["status", "==", 200]]}));
    let required = "property \"headers\" validation failed: object matches none of the required";
    let item = "property \"filters\" validation failed: failed to validate item 1: property";
    let refused = [
        (
            json!({"status_code": 599}),
            "property \"status_code\" validation failed: expected 599 to be at most 598".to_owned(),
        ),
        (json!({"body": 2}), "property \"body\" validation failed: wrong type: expected string, got number".into()),
        (json!({"headers": {"": 2}}), "invalid field length in header".into()),
        (json!({"headers": {"X-Name": {}}}), "invalid type as header value".into()),
        (json!({"body": "1", "body_base64": true}), "invalid base64 content".into()),
        (json!({"body": "", "body_base64": true}), "invalid base64 content".into()),
        (json!({"body_base64": true}), "invalid base64 content".into()),
        (json!({"vars": [{}]}), "failed to validate the 'vars' expression: rule too short".into()),
        (
            json!({"body": "test", "filters": [{"regex": "l", "replace": "m"}]}),
            "failed to validate dependent schema".into(),
        ),
        (json!({"filters": [{"regex": "Hello"}]}), format!("{item} \"replace\" is required")),
        (
            json!({"filters": [{"regex": "Hello", "replace": "World", "scope": "two"}]}),
            format!("{item} \"scope\" validation failed: matches none of the enum values"),
        ),
        (
            json!({"filters": [{"regex": "", "replace": "world"}]}),
            format!("{item} \"regex\" validation failed: string too short, expected at least 1, got 0"),
        ),
        (
            json!({"filters": [{"options": "h", "regex": "hello", "replace": "HELLO"}]}),
            "regex \"hello\" validation failed: unknown flag \"h\" (flags \"h\")".into(),
        ),
        (json!({"headers": {"add": [["headers:"]]}}), required.into()),
        (json!({"headers": {"remove": [["headers:"]]}}), required.into()),
        (json!({"headers": {"set": [["headers"]]}}), required.into()),
        (json!({"headers": {"set": [{"": 1}]}}), required.into()),
    ];
    for (conf, text) in refused {
        kit.refuses(NAME, conf, &text);
    }
}
