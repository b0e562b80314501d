use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::fake::Fake;
use crate::scene::Scene;

const SERVICES: &str = "/live/grpc/services";
const DEFINITIONS: &str = "/live/grpc/definitions";
const INVOKE: &str = "/live/grpc/invoke";

const SOURCE: &str = "syntax = \"proto3\";
package shop;
import \"google/protobuf/timestamp.proto\";

enum Color { NONE = 0; RED = 1; }
message Ask {
  string name = 1;
  repeated int32 ids = 2;
  map<string, Item> items = 3;
  oneof choice { string text = 4; Item item = 5; }
  google.protobuf.Timestamp at = 6;
}
message Item { Color color = 1; bytes raw = 2; }
service Shop {
  rpc Buy (Ask) returns (Item);
  rpc Watch (stream Ask) returns (stream Item);
}
";

fn method(name: &str, client: bool, server: bool) -> Value {
    json!({"name": name, "input": "shop.Ask", "output": "shop.Item", "client_streaming": client, "server_streaming": server})
}

fn services() -> String {
    json!([
        {"service": "shop.Shop", "methods": [method("Buy", false, false), method("Watch", true, true)], "nodes": 2,
         "source": "upstreams/shop", "by": "reflection", "error": null},
        {"service": "shop.Hidden", "methods": [], "nodes": 2, "source": "upstreams/shop", "by": "reflection", "error": "not found"},
        {"service": "", "methods": [], "nodes": 1, "source": "upstreams/old", "by": "reflection",
         "error": "the node 10.0.0.7:50051 has no reflection (UNIMPLEMENTED)"},
        {"service": "old.Pages", "methods": [method("Get", false, false)], "nodes": 1, "source": "protos/7", "by": "proto", "error": null},
    ])
    .to_string()
}

#[test]
fn services_are_listed() {
    let fake = Fake::start();
    let services = services();
    fake.script(
        "GET",
        SERVICES,
        &[(200, &*services), (200, &*services), (200, &*services), (200, &*services), (404, OLD)],
    );
    let scene = Scene::at(&fake);
    scene.file("shop.proto", SOURCE);
    assert_snapshot!(scene.runs(&[
        "grpc services",
        "grpc services -o wide --quiet",
        "grpc services -o json --compact",
        "grpc services --refresh -o name --quiet",
        "grpc services",
        "grpc services --proto-file ~/shop.proto -o jq=.items[].methods[].name",
        "grpc services --via direct 127.0.0.1:1",
        "grpc services --via direct ftp://127.0.0.1:1",
        "grpc services --via elsewhere",
    ]));
    assert!(fake.asked().iter().any(|asked| asked.contains("refresh=true")), "{:?}", fake.asked());
}

/// What APISIX says.
const OLD: &str = r#"{"error_msg":"Unsupported resource type: live"}"#;

#[test]
fn services_methods_and_messages_are_described() {
    let fake = Fake::start();
    let known = json!({"service": "shop.Shop", "source": "upstreams/shop", "set": SOURCE}).to_string();
    let unknown = r#"{"error_msg":"nothing defines shop.Shp: no proto does"}"#;
    fake.script("GET", DEFINITIONS, &[(200, &*known), (200, &*known), (404, unknown), (404, OLD)]);
    let scene = Scene::at(&fake);
    scene.file("shop.proto", SOURCE);
    scene.file("broken.proto", "syntax = \"proto3\"; message Ask { Itm item = 1; }");
    fake.hold("protos/7", json!({"id": "7", "content": SOURCE}));
    assert_snapshot!(scene.runs(&[
        "grpc describe shop.Shop",
        "grpc describe shop.Shop.Buy",
        "grpc describe shop.Shp",
        "grpc describe shop.Shop",
        "grpc describe shop.Item --proto-file ~/shop.proto",
        "grpc describe /shop.Shop/Watch --proto proto/7 -o json",
        "grpc describe shop.Color --proto 7",
        "grpc describe shop.Shp --proto proto/7",
        "grpc describe shop.Shop --proto proto/8",
        "grpc describe shop.Shop --proto route/8",
        "grpc describe shop.Shop --proto-file ~/none.proto",
        "grpc describe shop.Shop --proto-file ~/broken.proto",
    ]));
}

#[test]
fn a_method_is_called() {
    let fake = Fake::start();
    let answer = |messages: Value, status: i32, name: &str, message: &str| {
        json!({"messages": messages, "headers": {"content-type": "application/grpc"}, "trailers": {"x-cost": "3"}, "status": status,
               "status_name": name, "message": message, "ms": 1.5, "node": "10.0.0.7:50051"})
        .to_string()
    };
    let item = answer(json!([{"raw": "AAE=", "color": "RED"}]), 0, "OK", "");
    let items = answer(json!([{"color": "RED"}, {}]), 0, "OK", "");
    let failed = answer(json!([]), 5, "NOT_FOUND", "no such item");
    let rows = "{\"message\":{\"color\":\"RED\"}}\n{\"message\":{}}\n{\"end\":{\"status\":8,\"status_name\":\"RESOURCE_EXHAUSTED\",\"message\":\"enough\",\"ms\":1.5,\"node\":\"10.0.0.7:50051\"}}\n";
    let wrong = r#"{"error_msg":"invalid request body: message is no shop.Ask: unrecognized field name 'nme'"}"#;
    let away =
        r#"{"error_msg":"the node 10.0.0.7:50051 cannot be reached: Connection refused","node":"10.0.0.7:50051"}"#;
    let unknown = r#"{"error_msg":"no upstream for gRPC leads to shop.Shop, or none has nodes"}"#;
    let answers = [
        (200, &*item),
        (200, &*item),
        (200, &*items),
        (200, rows),
        (200, &*failed),
        (200, &*failed),
        (400, wrong),
        (502, away),
        (404, unknown),
        (404, OLD),
    ];
    fake.script("POST", INVOKE, &answers);
    let scene = Scene::at(&fake).stdin("{\"name\":\"a\"}\n{\"name\":\"b\"}\n");
    assert_snapshot!(scene.runs(&[
        "grpc call shop.Shop/Buy -d {\"name\":\"Ada\"} -H tenant:t1",
        "grpc call shop.Shop/Buy -o json --emit-defaults --upstream shop",
        "grpc call shop.Shop/Watch -d -",
        "grpc call shop.Shop/Watch --stream -d {}{}",
        "grpc call shop.Shop/Buy",
        "grpc call shop.Shop/Buy -o json",
        "grpc call shop.Shop/Buy -d {\"nme\":1}",
        "grpc call shop.Shop/Buy --node 10.0.0.7:50051",
        "grpc call shop.Shop/Buy",
        "grpc call shop.Shop/Buy",
        "grpc call shop.Shop/Buy -d {",
        "grpc call shop.Shop/Buy -d @~/none.json",
        "grpc call Buy",
        "grpc call shop.Shop/Buy -H te:x",
        "grpc call shop.Shop/Buy --via direct 127.0.0.1:1",
        "grpc call shop.Shop/Buy --via direct 127.0.0.1:1 --upstream u",
        "grpc call shop.Shop/Buy --proto 7 --proto-file ~/shop.proto",
    ]));
    let asked = fake.asked();
    let bodies: Vec<&String> = asked.iter().filter(|asked| asked.contains("grpc/invoke")).collect();
    assert_snapshot!(bodies.iter().take(3).map(|body| body.as_str()).collect::<Vec<_>>().join("\n"));
}
