use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::fake::Fake;
use crate::scene::Scene;

const SERVICES: &str = "/live/dubbo/services";
const INVOKE: &str = "/live/dubbo/invoke";

fn services() -> String {
    let node =
        |addr: &str, state: Option<&str>| json!({"addr": addr, "weight": 100, "source": "zookeeper", "state": state});
    let find = stats(40, 0, [0.31, 0.9, 2.125, 12.5]);
    let list = stats(5, 4, [1.0, 40.25, 45.5, 5001.75]);
    let stock = json!({"name": "reduce", "params": null, "returns": null, "stats": stats(2, 2, [1.0, 1.5, 1.5, 1.5])});
    json!([
        {"interface": "org.acme.Orders", "version": "1.0", "group": "blue", "nodes": 2, "source": "zookeeper", "methods": [
            {"name": "list", "params": ["org.acme.Status", "int"], "returns": "java.util.List<org.acme.Order>", "stats": list},
            {"name": "find", "params": ["long"], "returns": "org.acme.Order", "stats": find},
        ], "stats": stats(45, 4, [0.4, 1.5, 44.0, 5001.75]),
           "providers": [node("10.0.0.7:20880", Some("healthy")), node("10.0.0.8:20880", None)]},
        {"interface": "org.acme.Greeter", "version": "", "group": "", "nodes": 1, "source": "routes/1", "methods": []},
        {"interface": "org.acme.Stock", "version": "", "group": "", "nodes": 0, "source": "calls", "methods": [stock],
         "stats": stats(2, 2, [1.0, 1.5, 1.5, 1.5]), "providers": []},
    ])
    .to_string()
}

fn stats(calls: u64, errors: u64, [p50, p95, p99, max]: [f64; 4]) -> Value {
    let by = json!({"ok": calls - errors, "exception": errors / 2, "timeout": 0, "status": errors - errors / 2, "refused": 0});
    json!({"calls": calls, "errors": errors, "by": by, "p50_ms": p50, "p95_ms": p95, "p99_ms": p99, "max_ms": max})
}

fn listing(times: usize) -> Fake {
    let (fake, services) = (Fake::start(), services());
    fake.script("GET", SERVICES, &vec![(200, &*services); times]);
    fake
}

#[test]
fn services_are_listed() {
    let fake = listing(5);
    assert_snapshot!(Scene::at(&fake).runs(&[
        "dubbo services",
        "dubbo services -o wide",
        "dubbo services --registry zookeeper -o json",
        "dubbo services -o name",
        "dubbo services --registry nacos",
    ]));
}

#[test]
fn a_service_is_described() {
    let fake = listing(6);
    assert_snapshot!(Scene::at(&fake).runs(&[
        "dubbo describe org.acme.Orders",
        "dubbo describe org.acme.Stock",
        "dubbo describe org.acme.Greeter",
        "dubbo describe org.acme.Greeter -o json",
        "dubbo describe org.acme.Order",
        "dubbo describe x.Y",
    ]));
}

#[test]
fn a_method_is_called() {
    let fake = Fake::start();
    let value = r#"{"value":{"id":7,"total":39.90},"ms":1.5,"node":"10.0.0.7:20880"}"#;
    let thrown = r#"{"exception":{"class":"org.acme.NoOrder","message":"no order 8","stack":null},"ms":1.5,"node":"10.0.0.7:20880"}"#;
    let refused = r#"{"error_msg":"the provider answers with status 70: no such method","dubbo_status":70,"node":"10.0.0.7:20880"}"#;
    let late =
        r#"{"error_msg":"the provider has not answered within 9000 ms","dubbo_status":null,"node":"10.0.0.7:20880"}"#;
    let unwritten =
        r#"{"error_msg":"invalid request body: serialization \"json\": no provider of Dubbo 3 reads calls in json"}"#;
    let foreign = r#"{"error_msg":"\"10.9.9.9:80\" is no node of an upstream for Dubbo"}"#;
    let unknown = r#"{"error_msg":"no upstream for Dubbo leads to org.acme.Orders, or none has nodes"}"#;
    fake.script(
        "POST",
        INVOKE,
        &[
            (200, value),
            (200, value),
            (200, value),
            (400, unwritten),
            (400, foreign),
            (200, thrown),
            (200, thrown),
            (502, refused),
            (504, late),
            (404, unknown),
        ],
    );
    assert_snapshot!(Scene::at(&fake).runs(&[
        "dubbo call org.acme.Orders find [7]",
        "dubbo call org.acme.Orders find 7 -o json --quiet",
        "dubbo call --via gateway org.acme.Orders find [7] --version 1.0 --serialization hessian2",
        "dubbo call org.acme.Orders find [7] --serialization json",
        "dubbo call org.acme.Orders find --via direct 10.9.9.9:80 [7]",
        "dubbo call org.acme.Orders find [8]",
        "dubbo call org.acme.Orders find [8] -o json",
        "dubbo call org.acme.Orders none",
        "dubbo call org.acme.Orders slow",
        "dubbo call org.acme.Orders find",
        "dubbo call org.acme.Orders find [7",
        "dubbo call org.acme.Orders find --attachment x",
        "dubbo call org.acme.Orders find --via direct",
        "dubbo call org.acme.Orders find --via other",
        "dubbo call org.acme.Orders find --via direct a:1 --node a:1",
        "dubbo call org.acme.Orders find --serialization kryo",
    ]));
}

/// Calls that are counted by no name are not shown as a service of that name; and what the gateway says of a service that is missing is handed on.
#[test]
fn what_is_counted_by_no_name_is_the_others() {
    let fake = Fake::start();
    let all = json!([{"interface": "overflow", "version": "", "group": "", "nodes": 0, "source": "calls", "methods": [],
                      "stats": stats(2, 2, [1.0, 1.5, 1.5, 1.5]), "providers": []}]);
    let all = all.to_string();
    fake.script("GET", SERVICES, &[(200, &*all), (200, &*all), (200, &*all)]);
    let elsewhere =
        json!({"error_msg": "no upstream leads to it", "services": [{"version": "2.0.0", "group": "blue"}]})
            .to_string();
    let refused =
        json!({"error_msg": "status 40", "dubbo_status": 40, "hint": "the provider has no service a.B"}).to_string();
    fake.script("POST", INVOKE, &[(404, &*elsewhere), (502, &*refused)]);
    let shown = Scene::at(&fake).runs(&[
        "dubbo services",
        "dubbo describe (others)",
        "dubbo describe overflow",
        "dubbo call a.B m",
        "dubbo call a.B m",
    ]);
    assert!(shown.contains("(others)   -") && shown.contains("calls that are counted by no name"), "{shown}");
    assert!(
        shown.contains("--version 2.0.0 --group blue") && shown.contains("the provider has no service a.B"),
        "{shown}"
    );
}
