use insta::assert_snapshot;
use serde_json::json;

use crate::fake::Fake;
use crate::scene::Scene;

const SERVICES: &str = "/live/dubbo/services";
const INVOKE: &str = "/live/dubbo/invoke";

fn services() -> String {
    json!([
        {"interface": "org.acme.Orders", "version": "1.0", "group": "blue", "nodes": 2, "source": "zookeeper", "methods": [
            {"name": "list", "params": ["org.acme.Status", "int"], "returns": "java.util.List<org.acme.Order>"},
            {"name": "find", "params": ["long"], "returns": "org.acme.Order"},
        ]},
        {"interface": "org.acme.Greeter", "version": "", "group": "", "nodes": 1, "source": "routes/1", "methods": []},
    ])
    .to_string()
}

fn listing(times: usize) -> Fake {
    let (fake, services) = (Fake::start(), services());
    fake.script("GET", SERVICES, &vec![(200, &*services); times]);
    fake
}

#[test]
fn services_are_listed() {
    let fake = listing(4);
    assert_snapshot!(Scene::at(&fake).runs(&[
        "dubbo services",
        "dubbo services --registry zookeeper -o json",
        "dubbo services -o name",
        "dubbo services --registry nacos",
    ]));
}

#[test]
fn a_service_is_described() {
    let fake = listing(5);
    assert_snapshot!(Scene::at(&fake).runs(&[
        "dubbo describe org.acme.Orders",
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
    let unknown = r#"{"error_msg":"no upstream for Dubbo leads to org.acme.Orders, or none has nodes"}"#;
    fake.script(
        "POST",
        INVOKE,
        &[(200, value), (200, value), (200, thrown), (200, thrown), (502, refused), (504, late), (404, unknown)],
    );
    assert_snapshot!(Scene::at(&fake).runs(&[
        "dubbo call org.acme.Orders find [7]",
        "dubbo call org.acme.Orders find 7 -o json --quiet",
        "dubbo call org.acme.Orders find [8]",
        "dubbo call org.acme.Orders find [8] -o json",
        "dubbo call org.acme.Orders none",
        "dubbo call org.acme.Orders slow",
        "dubbo call org.acme.Orders find",
        "dubbo call org.acme.Orders find [7",
        "dubbo call org.acme.Orders find --attachment x",
    ]));
}
