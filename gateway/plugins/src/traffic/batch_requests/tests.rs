use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::testkit::{Kit, Outcome};
use gateway_model::Kind;

/// Status and body of a batch's answer.
fn batch(kit: &Kit, fields: &str, body: &str) -> (u16, Value) {
    let endpoint = kit.shared.registry.api(b"POST", URI.as_bytes()).unwrap();
    let mut x =
        kit.exchange(&format!("POST {URI} HTTP/1.1\nHost: A.example\n{fields}\n\n{body}").replace("\n\n\n", "\n\n"));
    match kit.finish(endpoint.serve(&mut x)) {
        Outcome::Exit(exit) => {
            assert_eq!(exit.content_type.as_deref(), Some(&b"application/json"[..]));
            (exit.status, serde_json::from_str(&Kit::text(&exit)).unwrap())
        }
        other => panic!("{other:?}"),
    }
}

/// A route that answers with what the request is.
fn mirror(kit: &Kit, id: &str, uri: &str, example: &str) {
    let plugins =
        json!({"mocking": {"response_status": 201, "content_type": "text/plain", "response_example": example}});
    kit.put(Kind::Route, id, &json!({"uri": uri, "plugins": plugins}));
}

#[test]
fn each_request_passes_the_pipeline() {
    let kit = Kit::new();
    mirror(
        &kit,
        "1",
        "/a",
        "$request_method $host $arg_x $arg_y $http_x_own $http_x_common $http_x_outer $http_content_type $remote_addr",
    );
    let body = json!({
        "query": {"y": "c&d", "x": "common"},
        "headers": {"X-Common": 7, "x-own": "common"},
        "pipeline": [
            {"path": "/a", "query": {"x": "1"}, "headers": {"X-Own": "own"}},
            {"path": "/nowhere", "method": "PUT", "body": "b"},
            {"path": "/a?x=2", "headers": {"Host": "B.example:80"}},
        ],
    });
    let (status, answers) =
        batch(&kit, "X-Outer: out\nContent-Type: application/json\nX-Own: outer", &body.to_string());
    assert_eq!(status, 200);
    assert_eq!(answers.as_array().unwrap().len(), 3);
    assert_eq!(answers[0]["status"], 201);
    assert_eq!(answers[0]["reason"], "Created");
    assert_eq!(answers[0]["body"], "GET a.example 1 c&d own 7 out  127.0.0.1");
    assert_eq!(
        answers[0]["headers"]["Content-Type"].as_str().map(|t| t.starts_with("text/plain")),
        Some(true),
        "{answers}"
    );
    assert_eq!(answers[1]["status"], 404);
    assert!(answers[1]["body"].as_str().unwrap().contains("404 Route Not Found"));
    assert_eq!(answers[2]["body"], "GET b.example 2 c&d common 7 out  127.0.0.1");
}

#[test]
fn nobody_says_where_a_request_comes_from() {
    let kit = Kit::new();
    let shown = "$remote_addr $http_x_real_ip $http_x_forwarded_for $http_x_forwarded_proto $http_forwarded";
    mirror(&kit, "1", "/a", shown);
    let spoofed = json!({
        "X-Real-IP": "1.2.3.4", "x_real_ip": "1.2.3.4", "X-Forwarded-For": "1.2.3.4", "X_Forwarded_For": "1.2.3.4",
        "X-Forwarded-Proto": "gopher", "Forwarded": "for=1.2.3.4", "Transfer-Encoding": "chunked", "Content-Length": "5",
    });
    let body = json!({"headers": spoofed, "pipeline": [{"path": "/a", "headers": spoofed}, {"path": "/a"}]});
    let (_, answers) = batch(&kit, "X-Forwarded-For: 5.6.7.8", &body.to_string());
    for answer in answers.as_array().unwrap() {
        assert_eq!(answer["body"], "127.0.0.1 127.0.0.1 127.0.0.1 http ", "{answers}");
    }
}

#[test]
fn no_batch_holds_another() {
    let kit = Kit::new();
    kit.put(Kind::Route, "1", &json!({"uri": URI, "plugins": {"public-api": {}}}));
    let inner = json!({"pipeline": [{"path": "/a"}]}).to_string();
    let body = json!({"pipeline": [{"path": URI, "method": "POST", "body": inner}]});
    let (_, answers) = batch(&kit, "", &body.to_string());
    assert_eq!(answers[0]["status"], 400);
    assert!(answers[0]["body"].as_str().unwrap().contains("a batch cannot hold another one"), "{answers}");
}

#[test]
fn a_request_that_takes_too_long_is_not_waited_for() {
    let kit = Kit::new();
    kit.put(Kind::Route, "1", &json!({"uri": "/slow", "plugins": {"fault-injection": {"delay": {"duration": 20}}}}));
    mirror(&kit, "2", "/a", "fast");
    let body = json!({"timeout": 100, "pipeline": [{"path": "/a"}, {"path": "/slow"}, {"path": "/a"}]});
    let (_, answers) = batch(&kit, "", &body.to_string());
    assert_eq!(answers[0]["status"], 201);
    for late in [1, 2] {
        assert_eq!(answers[late], json!({"status": 504, "reason": "upstream timeout"}));
    }
}

#[test]
fn what_is_refused() {
    let kit = Kit::new();
    kit.metadata(NAME, &json!({"max_body_size": 300, "max_pipeline_items": 2}));
    for (body, status, text) in [
        ("", 400, "no request body, you should give at least one pipeline setting"),
        ("{", 400, "invalid request body: "),
        ("{}", 400, "bad request body: property \"pipeline\" is required"),
        (r#"{"pipeline":[]}"#, 400, "bad request body: property \"pipeline\" validation failed"),
        (r#"{"pipeline":[{}]}"#, 400, "property \"path\" is required"),
        (r#"{"pipeline":[{"path":"/a","method":"CONNECT"}]}"#, 400, "bad request body: "),
        (r#"{"pipeline":[{"path":"/a"},{"path":"/a"},{"path":"/a"}]}"#, 400, "too many pipeline requests"),
        (r#"{"pipeline":[{"path":"/a"}],"timeout":0}"#, 400, "bad request body: "),
        (&" ".repeat(301), 413, "request size 301 is greater than the maximum size 300 allowed"),
    ] {
        let (got, answer) = batch(&kit, "", body);
        assert_eq!(got, status, "{body}");
        assert!(answer["error_msg"].as_str().unwrap().contains(text), "{body}: {answer}");
    }
    for (item, text) in [
        (json!({"path": "a"}), "does not begin with a slash"),
        (json!({"path": "//", "headers": {"a b": "c"}}), "is no name of a header"),
        (json!({"path": "/", "headers": {"a": "b\r\nc: d"}}), "may not stand in a header"),
        (json!({"path": "/", "headers": {"a": {}}}), "neither a string nor a number"),
        (json!({"path": "/", "headers": {"Host": "a b"}}), "the host is none"),
        (json!({"path": "/", "query": {"a": {}}}), "neither a string nor a number"),
    ] {
        let (status, answers) = batch(&kit, "", &json!({"pipeline": [item]}).to_string());
        assert_eq!((status, &answers[0]["status"]), (200, &json!(400)), "{answers}");
        assert!(answers[0]["reason"].as_str().unwrap().contains(text), "{answers}");
    }
}

proptest! {
    #[test]
    fn whatever_stands_in_a_batch_is_answered(path in "/\\PC{0,20}", name in "\\PC{0,8}", value in "\\PC{0,12}") {
        let kit = Kit::new();
        let body = json!({"pipeline": [{"path": path, "query": {&name: &value}, "headers": {&name: &value}}]});
        let (status, answers) = batch(&kit, "", &body.to_string());
        prop_assert_eq!(status, 200);
        prop_assert!(answers[0]["status"].as_u64().is_some_and(|s| (400..500).contains(&s)), "{}", answers);
    }
}
