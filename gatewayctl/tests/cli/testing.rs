use insta::assert_snapshot;
use serde_json::json;

use crate::fake::Fake;
use crate::scene::{Scene, Seen};

const SUITE: &str = r#"
name: shop
defaults:
  headers: { apikey: janes-key }
tests:
  - name: hello & <welcome>
    request: GET /hello
    expect:
      status: 200
      headers: { content-type: ~json, x-powered-by: null }
      json: [.a == 1, .b | length == 2]
  - name: wrong # number
    request: POST http://shop.example/orders
    headers: { apikey: other }
    body: { item: 7 }
    expect: { status: [201, 3xx], json: .a == 2, body: ["~^x", "a"] }
  - request: "curl -X DELETE /gone -H 'x: y'"
    skip: not built yet
  - { name: routed, request: /hello, expect: { route: hello, upstream: "10.0.0.5:8080" } }
  - { name: nothing said, request: /missing }
"#;

/// A gateway that answers on its Admin API and as a proxy.
fn gateway() -> (Fake, Scene) {
    let fake = Fake::start();
    for _ in 0..8 {
        fake.script("GET", "/hello", &[(200, r#"{"a":1,"b":[1,2]}"#); 12]);
        fake.script("POST", "/orders", &[(200, r#"{"a":1}"#); 12]);
        fake.script("GET", "/missing", &[(404, r#"{"error_msg":"404 Route Not Found"}"#); 12]);
        let told = json!({"route_id": "hello", "upstream": {"owner": "upstreams/u1", "node": null,
            "nodes": [{"addr": "10.0.0.5:8080"}, {"addr": "10.0.0.6:8080"}]}});
        fake.script("POST", "/live/explain", &[(200, told.to_string().as_str()); 4]);
    }
    let gateway = format!("http://{}", fake.address);
    let scene = Scene::at(&fake).env("GATEWAYCTL_GATEWAY", &gateway);
    (fake, scene)
}

/// Times are other ones each time.
fn timeless(seen: &Seen) -> String {
    let times = regex::Regex::new(r"\d+\.\d+( ms|\b)").unwrap();
    let text = times.replace_all(&seen.text, |found: &regex::Captures<'_>| {
        let whole = &found[0];
        if whole.ends_with("ms") {
            "N ms".to_owned()
        } else if whole == "1.1" || whole == "1.0" {
            whole.to_owned()
        } else {
            "N".to_owned()
        }
    });
    text.lines().filter(|line| !line.contains("\"ms\"")).map(|line| format!("{line}\n")).collect()
}

#[test]
fn one_request() {
    let (_fake, scene) = gateway();
    let mut all = String::new();
    for line in [
        "test GET /hello",
        "test /hello --expect-status 2xx --expect-json .a==1 --expect-header content-type:~json --expect-header !x-none",
        "test POST /orders -d {} --expect-status 201 --expect-body nothing",
        "test /missing --expect-status 200,404 --expect-route hello --expect-upstream 10.0.0.5:8080",
        "test /hello --http2",
        "test /hello -o name",
        "test /hello --expect-status abc",
        "test /hello --expect-json (",
        "test",
        "test --gateway http://127.0.0.1:1 /hello",
    ] {
        all.push_str(&timeless(&scene.run(line)));
    }
    assert_snapshot!(all);
}

#[test]
fn forms_and_bodies_are_sent() {
    let (fake, scene) = gateway();
    scene.file("x.txt", "file");
    for line in [
        "test POST /orders -F a=1 -F f=@~/x.txt",
        "test PUT http://shop.example/x -d @~/x.txt -H content-type:text/plain",
    ] {
        let home = scene.path("").display().to_string();
        let line = line.replace("@~/", &format!("@{}/", home.trim_end_matches('/')));
        assert_eq!(scene.run(&line).code, 0);
    }
    assert_snapshot!(fake.asked().join("\n").replace('\r', ""));
}

#[test]
fn a_suite_in_all_forms() {
    let (_fake, scene) = gateway();
    scene.file("suite.yaml", SUITE);
    for form in ["table", "tap", "junit", "ndjson", "csv"] {
        let seen = scene.run(&format!("test -f ~/suite.yaml -o {form}"));
        assert_eq!(seen.code, 1, "{}", seen.text);
        assert_snapshot!(format!("suite_{form}"), timeless(&seen));
    }
    let seen = scene.run("test -f ~/suite.yaml --only hello --parallel 1 -o json");
    assert_eq!(seen.code, 0, "{}", seen.text);
    assert_snapshot!("suite_only", timeless(&seen));
}

#[test]
fn suites_that_are_none() {
    let (_fake, scene) = gateway();
    for (name, text) in [
        ("field.yaml", "tests:\n  - request: /x\n    expcet: {}\n"),
        ("expect.yaml", "tests:\n  - request: /x\n    expect:\n      stauts: 200\n"),
        ("value.yaml", "tests:\n  - request: /x\n    expect:\n      status: 2x\n"),
        ("request.yaml", "tests:\n  - name: x\n"),
        ("list.yaml", "tests: 5\n"),
        ("none.yaml", ""),
        ("yaml.yaml", "tests: [\n"),
    ] {
        scene.file(name, text);
    }
    let mut all = String::new();
    for name in ["field", "expect", "value", "request", "list", "none", "yaml", "absent"] {
        all.push_str(&scene.run(&format!("test -f ~/{name}.yaml")).text);
    }
    all.push_str(&scene.run("test /x -f ~/field.yaml").text);
    all.push_str(&scene.run("get routes -o tap").text);
    assert_snapshot!(all);
}
