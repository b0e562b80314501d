//! A tour of `gatewayctl` on a real gateway: what an administrator types, one command after the other, and how each ends.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;

use gateway_tests::{Ctl, Gateway, Upstream, wait_for};
use serde_json::json;

/// What is typed: how it ends, the command, and a text that is in what it prints (on either stream).
const TOUR: &[(i32, &str, &str)] = &[
    (0, "version", "gatewayctl 0."),
    (0, "ping", "ms"),
    (0, "doctor", ""),
    (0, "status", "gateway"),
    (0, "create upstream tour-u --upstream-nodes NODE=1", "upstream/tour-u created"),
    (0, "create route tour --uri /tour --upstream tour-u", "route/tour created"),
    (5, "create route tour --uri /tour --upstream tour-u", "tour"),
    (0, "get routes", "tour-u"),
    (0, "get route tour -o yaml", "uri: /tour"),
    (0, "get route tour -o jsonpath={.uri}", "/tour"),
    (0, "get all -o name", "upstream/tour-u"),
    (0, "describe route tour", "/tour"),
    (0, "patch route tour --set plugins.limit-count.count=5 --set plugins.limit-count.time_window=60", "route/tour"),
    (0, "patch route tour --type json -p [{\"op\":\"add\",\"path\":\"/desc\",\"value\":\"toured\"}]", "route/tour"),
    (0, "label route tour team=blue", "route/tour"),
    (0, "get routes -l team=blue -o name", "route/tour"),
    (0, "get routes --where has(labels.team) -o name", "route/tour"),
    (0, "disable route tour", "route/tour"),
    (0, "enable route tour", "route/tour"),
    (0, "tree route tour", "upstream/tour-u|tour-u"),
    (0, "explain route.upstream", "upstream"),
    (0, "wait route tour --for exists", ""),
    (0, "health", ""),
    (0, "health tour-u -o json", "tour-u"),
    (3, "health nope", "nope"),
    (0, "events", "routes|route"),
    (0, "events --type route --id tour --diff", "toured"),
    (0, "events --since 1 -o ndjson", "\"op\""),
    (0, "logs -n 5", ""),
    (0, "logs --level info --component audit -o json", "audit"),
    (0, "logs access", ""),
    (0, "metrics", "apisix"),
    (0, "metrics apisix_http* -o json", ""),
    (1, "certs check CERTS/one.pem --key CERTS/two.key", "key"),
    (0, "certs upload --cert CERTS/one.pem --key CERTS/one.key --id tour --dry-run=server", "tour"),
    (0, "certs upload --cert CERTS/one.pem --key CERTS/one.key --id tour", "tour"),
    (0, "certs list", "one.test"),
    (0, "certs inspect CERTS/one.pem", "one.test"),
    (0, "certs expiry --within 30d --fail", ""),
    (0, "plugins list", "limit-count"),
    (0, "plugins schema cors", "allow_origins"),
    (0, "plugins docs cors --no-pager", "cors"),
    (0, "plugins example key-auth", "key-auth"),
    (0, "plugins usage limit-count", "tour"),
    (0, "plugins reload", ""),
    (0, "discovery list", ""),
    (3, "discovery get nacos", "nacos"),
    (0, "consumers who janes-key", "jane"),
    (0, "dubbo services", ""),
    (3, "dubbo describe no.such.Service", "no.such.Service"),
    (0, "grpc services", "tour.Guide"),
    (0, "grpc describe tour.Guide", "rpc Lead(tour.Place)"),
    (3, "grpc describe no.such.Service", "no.such.Service"),
    (3, "grpc call tour.Guide/Lead", "no upstream for gRPC"),
    (6, "grpc services --via direct 127.0.0.1:1", "127.0.0.1:1"),
    (0, "config dump", "tour-u"),
    (0, "config history", "routes/tour|route/tour"),
    (0, "completion bash", "gatewayctl"),
    (0, "man get", ".TH|gatewayctl"),
    (0, "api GET /routes/tour", "/tour"),
    (0, "api GET /routes --paginate --jq .list[].value.uri", "/tour"),
    (0, "alias set tours get routes -o wide", "alias/tours set"),
    (0, "tours -o name", "route/tour"),
    (0, "create service tour-s --upstream tour-u", "service/tour-s created"),
    (0, "create gqlcost first --service tour-s --set field_path=Query.tour", "tour-s/first created"),
    (0, "get gqlcost --service tour-s", "Query.tour"),
    (0, "get graphql-cost-decorations -o name", "graphql-cost-decoration/tour-s/first"),
    (0, "patch gqlcost tour-s/first --set add_value=2", "configured"),
    (0, "delete gqlcost tour-s/first --yes", "deleted"),
    (0, "delete service tour-s --yes", "service/tour-s deleted"),
    (0, "help exit-codes", "not_found"),
    (2, "gte routes", "get"),
    (2, "get rotues", "routes"),
    (0, "delete route tour --yes", "route/tour deleted"),
    (0, "delete upstream tour-u --yes", "upstream/tour-u deleted"),
    (3, "get route tour", "tour"),
];

#[test]
fn each_command_ends_as_it_should() {
    let (gateway, upstream) = (Gateway::start(), Upstream::text("hello"));
    gateway.put("/consumers", &json!({ "username": "jane", "plugins": { "key-auth": { "key": "janes-key" } } }));
    let proto = "syntax = \"proto3\"; package tour; message Place { string name = 1; } service Guide { rpc Lead (Place) returns (Place); }";
    gateway.put("/protos/tour", &json!({ "content": proto }));
    let ctl = Ctl::of(&gateway);
    let certs = format!("{}/tests/certificates", env!("CARGO_MANIFEST_DIR"));
    let mut failed = Vec::new();
    for (code, typed, says) in TOUR {
        let arguments: Vec<String> =
            typed.split(' ').map(|word| word.replace("CERTS", &certs).replace("NODE", &upstream.node())).collect();
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let output = ctl.run(&arguments, "");
        let printed = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        if output.status.code() != Some(*code) || !says.split('|').any(|text| printed.contains(text)) {
            failed.push(format!("{typed}: ended with {:?}, not {code}; {says:?} in\n{printed}", output.status.code()));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    // Commands by their names, and not one forty times.
    let commands: BTreeSet<&str> = TOUR.iter().filter_map(|(_, typed, _)| typed.split(' ').next()).collect();
    assert!(TOUR.len() > 50 && commands.len() >= 28, "{commands:?}");
}

/// What is read of a gateway is what happens there.
#[test]
fn the_access_log_tells_of_traffic() {
    let (gateway, upstream) = (Gateway::start(), Upstream::text("hello"));
    gateway.put("/routes/1", &json!({ "uri": "/*", "upstream": { "nodes": { (upstream.node()): 1 } } }));
    gateway.get("/looked-for");
    let ctl = Ctl::of(&gateway);
    wait_for("the line", || ctl.ok(&["logs", "access"], "").contains("/looked-for").then_some(()));
}
