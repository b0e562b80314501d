//! The tool against APISIX as it is: a server that stores what its schemas default to, that has no `live` endpoints, no
//! transactions, no dry runs, no `If-Match` and no stream routes, and that tells an empty list as `{}`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use gateway_model::schema::Schema;
use gateway_model::{Kind, schemas};
use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::fake::Fake;
use crate::scene::Scene;

/// What its Prometheus plugin tells.
pub(crate) const METRICS: &str = "# TYPE apisix_http_status counter\napisix_http_status{code=\"200\",route=\"r1\"} 3\n";

/// The schemas of plugins: the gateway's, which are those of APISIX, and one that no gateway has.
static PLUGINS: LazyLock<BTreeMap<String, Value>> = LazyLock::new(|| {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../gateway/plugins/src/schemas");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let named = files.map(|path| {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        (name, serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap())
    });
    let own = json!({"type":"object","properties":{"level":{"type":"integer","default":3},"to":{"type":"string"}}});
    named.chain([("our-own".to_owned(), own)]).collect()
});

/// What such a server answers of its own; `None`: as any other.
pub(crate) fn answer(method: &str, path: &str, query: &str) -> Option<(u16, String)> {
    let parts: Vec<&str> = path.split('/').collect();
    let told = |value: Option<&Value>| match value {
        Some(value) => (200, value.to_string()),
        None => (404, json!({"error_msg":"not found schema"}).to_string()),
    };
    Some(match (method, parts.as_slice()) {
        (_, ["live", ..]) => (404, json!({"error_msg":"Unsupported resource type: live"}).to_string()),
        (_, ["configs", ..]) => (404, json!({"error_msg":"Unsupported resource type: configs"}).to_string()),
        (_, ["stream_routes", ..]) => {
            (400, json!({"error_msg":"stream mode is disabled, can not add stream routes"}).to_string())
        }
        ("GET", ["plugins", "list"]) => {
            let names: Vec<&String> = PLUGINS.keys().filter(|name| !name.contains('.')).collect();
            (200, json!(names).to_string())
        }
        ("GET", ["plugins"]) => {
            let of =
                |(name, schema): (&String, &Value)| (name.clone(), json!({"priority":1,"schema":schema,"version":0.1}));
            let all: serde_json::Map<_, _> = PLUGINS.iter().filter(|(name, _)| !name.contains('.')).map(of).collect();
            (200, json!(all).to_string())
        }
        ("PUT", ["plugins", "reload"]) => (200, "done".to_owned()),
        ("GET", ["schema", "plugins", name]) => {
            let of = query.strip_prefix("schema_type=").map(|kind| format!("{name}.{kind}"));
            told(of.and_then(|name| PLUGINS.get(&name)).or_else(|| PLUGINS.get(*name)))
        }
        ("GET", ["schema", name]) => told(schemas::json(name).as_ref()),
        ("POST", ["consumers" | "global_rules" | "plugin_configs" | "consumer_groups"]) => {
            (405, json!({"error_msg":format!("not supported `POST` method for {path}")}).to_string())
        }
        ("PATCH", ["consumers" | "protos" | "plugin_metadata", ..]) => {
            (405, json!({"error_msg":format!("not supported `PATCH` method for {}", parts[0])}).to_string())
        }
        _ => return None,
    })
}

/// Fills in what the schemas of an object and of its plugins default to.
pub(crate) fn fill(path: &str, value: &mut Value) {
    let name = if path.contains("/credentials/") { "credentials" } else { path.split('/').next().unwrap() };
    let kind = Kind::ALL.into_iter().find(|kind| kind.plural() == name).unwrap();
    if let Some(Ok(schema)) = schemas::of(kind) {
        schema.check(value).unwrap();
    }
    let auth = matches!(kind, Kind::Consumer | Kind::Credential);
    for (name, conf) in value.get_mut("plugins").and_then(Value::as_object_mut).into_iter().flatten() {
        let consumer = PLUGINS.get(&format!("{name}.consumer")).filter(|_| auth);
        let schema = consumer.or_else(|| PLUGINS.get(name)).unwrap();
        Schema::compile(schema).unwrap().check(conf).unwrap();
    }
}

fn stock() -> Fake {
    let fake = Fake::start();
    fake.goes_stock();
    fake
}

fn at(fake: &Fake) -> Scene {
    let listener = format!("http://{}", fake.address);
    Scene::at(fake)
        .env("GATEWAYCTL_CONTROL_SERVER", &listener)
        .env("GATEWAYCTL_METRICS", &format!("{listener}/apisix/prometheus/metrics"))
}

const SHOP: &str = "\
routes:
  - id: r1
    uri: /shop/*
    service_id: s1
    plugins: { our-own: { to: x }, limit-count: { count: 2, time_window: 60, key: remote_addr } }
  - id: r2
    uri: /other
    upstream: { nodes: { '127.0.0.1:80': 1 } }
services:
  - id: s1
    upstream_id: u1
upstreams:
  - id: u1
    nodes: [{ host: 127.0.0.1, port: 8080, weight: 1 }]
    checks: { active: { http_path: /up, healthy: {} } }
consumers:
  - username: bob
    plugins: { key-auth: { key: bobs-secret } }
credentials:
  - consumer: bob
    id: c1
    plugins: { basic-auth: { username: bob, password: x } }
global_rules:
  - id: '1'
    plugins: { cors: {} }
plugin_metadata:
  - id: http-logger
    log_format: { host: $host }
";

fn shop(scene: &Scene) -> String {
    scene.file("shop.yaml", SHOP);
    scene.run("config sync -f ~/shop.yaml --yes").text
}

#[test]
fn what_is_applied_or_synced_twice_is_unchanged() {
    let fake = stock();
    let scene = at(&fake);
    let first = shop(&scene);
    assert!(first.contains("route/r1 created"), "{first}");
    assert_eq!(fake.held("routes/r1").unwrap()["plugins"]["our-own"]["level"], 3, "it stores defaults");
    for line in ["apply -f ~/shop.yaml", "config sync -f ~/shop.yaml --yes", "config diff -f ~/shop.yaml"] {
        let before = fake.asked().len();
        let seen = scene.run(line);
        assert!(seen.code == 0, "{}", seen.text);
        let told = seen.stdout.lines().filter(|told| !told.contains("unchanged")).collect::<String>();
        assert_eq!(told, "", "{}", seen.text);
        let writes: Vec<String> =
            fake.asked().into_iter().skip(before).filter(|asked| !asked.starts_with("GET")).collect();
        assert!(writes.is_empty(), "{writes:?}");
    }
    // A real change is the only one that is shown.
    scene.file("other.yaml", &SHOP.replace("/other", "/another"));
    assert_snapshot!(scene.runs(&["config diff -f ~/other.yaml", "config sync -f ~/other.yaml --yes"]));
}

#[test]
fn what_is_dumped_comes_back_unchanged() {
    let fake = stock();
    let scene = at(&fake);
    shop(&scene);
    for more in ["", " --with-secrets", " --format object"] {
        let seen = scene.run(&format!("config dump{more}"));
        assert_eq!(seen.code, 0, "{}", seen.text);
        let again = at(&fake).stdin(&seen.stdout).run("config sync -f - --yes");
        assert!(again.code == 0 && again.stdout.is_empty(), "{more}: {}", again.text);
    }
}

/// A command, how it ends, and what is in its output.
const CLASSIC: &[(u8, &str, &str)] = &[
    (0, "get routes", "/shop/*"),
    (0, "get routes -o wide", "/shop/*"),
    (0, "get routes,services,upstreams", "u1"),
    (0, "get all -o name", "global-rule/1"),
    (0, "get all -o yaml", "http-logger"),
    (0, "get ssls", "no ssls"),
    (0, "get consumers", "bob"),
    (0, "get credentials --consumer bob", "c1"),
    (0, "get routes --plugin limit-count -o name", "route/r1"),
    (0, "get routes --where priority==0 -o name", "route/r2"),
    (0, "get route r1 -o json", "\"uri\""),
    (3, "get route none", "does not exist"),
    (5, "get stream-routes", "stream mode is disabled"),
    (0, "describe route r1", "limit-count"),
    (0, "describe upstream u1", "127.0.0.1"),
    (0, "describe consumer bob", "key-auth"),
    (0, "tree", "service/s1"),
    (0, "tree route r1", "upstream/u1"),
    (0, "tree --unused", ""),
    (0, "explain route.upstream.checks", "active"),
    (0, "create route r3 --uri /3 --upstream u1", "route/r3 created"),
    (5, "create route r3 --uri /3 --upstream u1", "exists already"),
    (0, "create route --uri /4 --upstream u1", "created"),
    (0, "create consumer ann --set plugins.key-auth.key=k", "consumer/ann created"),
    (0, "create route r5 --uri /5 --upstream u1 --dry-run=server", "created (server dry run)"),
    (3, "get route r5", ""),
    (0, "patch route r3 --set desc=three", "configured"),
    (0, "patch consumer ann --set desc=annie", "configured"),
    (0, "patch route r3 --type json -p [{\"op\":\"remove\",\"path\":\"/desc\"}]", "configured"),
    (5, "patch route r3 --set desc=x --if-match 1", "revision is"),
    (0, "label route r3 team=blue", "route/r3"),
    (0, "get routes -l team=blue -o name", "route/r3"),
    (0, "disable route r3", "route/r3"),
    (0, "enable route r3", "route/r3"),
    (0, "wait route r3 --for exists", ""),
    (0, "wait route r3 --for rev=1", ""),
    (0, "delete route r3 --yes", "route/r3 deleted"),
    (3, "delete route r3 --yes", ""),
    (0, "delete route r3 --yes --ignore-not-found", ""),
    (0, "api GET /routes/r1", "\"uri\""),
    (0, "config dump", "routes:"),
    (0, "config validate -f ~/shop.yaml --server-side", ""),
    (0, "config diff -f ~/shop.yaml --no-delete", ""),
    (7, "config history", "live/history"),
    (7, "config rollback 3 --yes", "live/rollback"),
    (0, "plugins list", "limit-count"),
    (0, "plugins schema limit-count -o json", "time_window"),
    (0, "plugins usage limit-count", "route/r1"),
    (0, "plugins example limit-count", "limit-count"),
    (0, "plugins reload", ""),
    (0, "consumers who bobs-secret", "bob"),
    (0, "version", "APISIX/3.11.0"),
    (0, "ping", "ms"),
    (0, "status", "APISIX/3.11.0"),
    (0, "health", ""),
    (0, "metrics", "apisix_http_status"),
    (0, "doctor", ""),
    (0, "certs list", ""),
    (0, "certs expiry", ""),
    (7, "logs", "live/logs"),
    (7, "traffic tap", "live/tap"),
    (7, "trace GET http://h/shop/1", "live/explain"),
    (7, "discovery list", "live/discovery"),
    (7, "dubbo services", "live/dubbo"),
    (0, "apply -f ~/shop.yaml --dry-run=server", "unchanged"),
    (0, "apply -f ~/shop.yaml --wait=1s", "unchanged"),
    (0, "config sync -f ~/shop.yaml --yes --dry-run=server", ""),
    (7, "config sync -f ~/shop.yaml --yes --if-match 5", "does not tell the revision"),
    (0, "config sync -f ~/shop.yaml --yes --max-deletes 100%", "deleted"),
];

#[test]
fn classic_commands_work() {
    let fake = stock();
    let scene = at(&fake);
    shop(&scene);
    let mut wrong = Vec::new();
    for (code, line, part) in CLASSIC {
        let seen = scene.run(line);
        if seen.code != *code || !seen.text.contains(part) {
            wrong.push(format!("wanted {code} and {part:?}:\n{}", seen.text));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A server that lets no two consumers have the same key, as APISIX does.
#[test]
fn a_key_that_moves_is_given_up_before_it_is_taken() {
    let fake = stock();
    fake.keeps_keys_apart();
    let scene = at(&fake);
    let consumers = |keys: &[(&str, &str)]| {
        let of = |(name, key): &(&str, &str)| {
            format!("  - username: {name}\n    plugins: {{ key-auth: {{ key: {key} }} }}\n")
        };
        format!("consumers:\n{}", keys.iter().map(of).collect::<String>())
    };
    let credential = |key: &str| {
        format!("credentials:\n  - consumer: z\n    id: c\n    plugins: {{ key-auth: {{ key: {key} }} }}\n")
    };
    scene.file("one.yaml", &consumers(&[("a", "k1"), ("b", "k2"), ("c", "k3"), ("d", "k4"), ("z", "k9")]));
    // Along a chain, from one that goes, and from a consumer to a credential of another.
    let moved = consumers(&[("a", "k2"), ("b", "k3"), ("c", "k4"), ("z", "k8")]) + &credential("k1");
    scene.file("two.yaml", &moved);
    for (file, parallel) in [("one", "10"), ("two", "10"), ("one", "1"), ("two", "1")] {
        let line = format!("config sync -f ~/{file}.yaml --yes --max-deletes 100% --parallel {parallel}");
        let seen = scene.run(&line);
        assert_eq!(seen.code, 0, "{}", seen.text);
        assert!(scene.run(&line).stdout.is_empty());
    }
}
