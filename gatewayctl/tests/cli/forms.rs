//! What is behind `-o` holds for every command: it prints in that form, or refuses it before anything is done.

use serde_json::{Value, json};

use crate::fake::Fake;
use crate::scene::{Scene, Seen};

/// A line of each command that ends well, without the command's own words: what a form is tried with.
const LINES: &[(&str, &str)] = &[
    ("get", "routes"),
    ("describe", "route hello"),
    ("create", "route new --uri /new"),
    ("apply", "-f ~/new.yaml"),
    ("edit", "route hello"),
    ("patch", "route hello --set priority=7"),
    ("label", "route hello a=b"),
    ("enable", "route orders"),
    ("disable", "route hello"),
    ("delete", "route hello"),
    ("wait", "route hello --for exists"),
    ("explain", "route.uri"),
    ("tree", ""),
    ("config dump", ""),
    ("config diff", "-f ~/new.yaml"),
    ("config sync", "-f ~/new.yaml --no-delete"),
    ("config validate", "-f ~/wrong.yaml"),
    ("config lint", "-f ~/wrong.yaml"),
    ("config fmt", "-f ~/new.yaml"),
    ("config merge", "-f ~/new.yaml"),
    ("config split", "-f ~/new.yaml --to ~/out"),
    ("config render", "-f ~/new.yaml"),
    ("config history", ""),
    ("config rollback", "3"),
    ("convert openapi", "~/openapi.yaml"),
    ("convert adc", "~/adc.yaml"),
    ("import apisix", "~/new.yaml"),
    ("trace", "GET /hello"),
    ("test", "GET /hello"),
    ("bench", "GET /hello -n 2 -c 1"),
    ("traffic top", "--count 1"),
    ("traffic stat", ""),
    ("traffic tap", "--count 1"),
    ("api", "GET /routes"),
    ("status", ""),
    ("health", ""),
    ("logs", ""),
    ("events", ""),
    ("metrics", ""),
    ("ping", "-n 1"),
    ("doctor", ""),
    ("certs list", ""),
    ("certs expiry", "--within 90d"),
    ("certs inspect", "~/one.pem"),
    ("certs check", "~/one.pem --key ~/one.key"),
    ("certs upload", "--cert ~/one.pem --key ~/one.key --id one"),
    ("plugins list", "--enabled"),
    ("plugins schema", "limit-count"),
    ("plugins docs", "limit-count"),
    ("plugins example", "key-auth"),
    ("plugins usage", "key-auth"),
    ("plugins reload", ""),
    ("discovery list", ""),
    ("discovery get", "nacos"),
    ("consumers who", "bobs-secret"),
    ("consumers token", "eve"),
    ("secrets test", "vault/1"),
    ("dubbo services", ""),
    ("dubbo describe", "org.acme.Greeter"),
    ("dubbo call", "org.acme.Greeter hello [7]"),
    ("grpc services", ""),
    ("grpc describe", "shop.Shop"),
    ("grpc call", "shop.Shop/Buy"),
    ("context list", ""),
    ("context current", ""),
    ("context use", "other"),
    ("context create", "third --server http://127.0.0.1:9"),
    ("context delete", "other"),
    ("context rename", "other another"),
    ("context view", ""),
    ("context import", "--from adc ~/env"),
    ("context test", ""),
    ("config-file path", ""),
    ("config-file edit", ""),
    ("alias list", ""),
    ("alias set", "rr get routes"),
    ("alias delete", "rl"),
    ("version", ""),
];

/// Commands with one form alone.
const ONE_FORM: &[&str] = &["completion bash", "man", "ui"];

/// Commands that do nothing but say so.
const REFUSED: &[&str] = &["convert deck", "convert k8s-ingress", "convert nginx"];

const FORMS: [&str; 12] = [
    "json",
    "yaml",
    "ndjson",
    "name",
    "csv",
    "markdown",
    "jq=.",
    "jsonpath={.}",
    "template=OF-A-TEMPLATE",
    "custom-columns=THE_ID:.id",
    "tap",
    "har",
];

/// A gateway that has something to answer to all of them.
fn gateway() -> Fake {
    let fake = Fake::with_objects();
    fake.goes_live();
    fake.hold("routes/secret", json!({"id":"secret","uri":"/s","plugins":{"csrf":{"key":"$secret://vault/1/csrf"}}}));
    fake.hold("secrets/vault/1", json!({"id":"vault/1","uri":"http://v","prefix":"kv","token":"t"}));
    fake.hold("consumers/eve", json!({"username":"eve","plugins":{"jwt-auth":{"key":"eve","secret":"a-secret"}}}));
    let stats = json!({
        "ts": 1_795_491_389.1, "instance": "a1", "rev": 4711, "window_ms": 10_000, "conn": {"active": 120},
        "req": {"rps": 1234.0, "active": 17, "codes": {"4xx": 25, "5xx": 5}, "latency_ms": {"p50": 1.1, "p99": 22.4}},
        "by": {"route": [{"id": "hello", "name": null, "rps": 8.0, "n": 80, "err": 0.0, "codes": {"2xx": 70}, "p50": 1.25}],
               "node": [], "consumer": []},
    });
    let tapped = json!({"ts": 1_795_491_389.123, "id": "a1", "method": "GET", "host": "h", "scheme": "http",
        "path": "/x", "status": 200, "client": "10.1.2.3", "ms": {"total": 4.2}, "req_headers": {}, "resp_headers": {}});
    let change = json!({"rev": 4, "ts": 1_700_000_000.5, "op": "update", "resource": "routes", "id": "hello",
        "path": "/routes/hello", "by": {"key": "admin", "addr": "10.0.0.1"}, "before": {"uri": "/2"}, "after": {"uri": "/3"}});
    let method = json!({"name": "Buy", "input": "shop.Ask", "output": "shop.Ask", "client_streaming": false, "server_streaming": false});
    let proto = "syntax = \"proto3\"; package shop; message Ask { string name = 1; } service Shop { rpc Buy (Ask) returns (Ask); }";
    let live = [
        ("GET", "/live/stats", stats),
        ("GET", "/live/tap", tapped),
        ("GET", "/live/history", json!({"rev": 4, "oldest": 1, "changes": [change], "more": false})),
        ("POST", "/live/rollback", json!({"rev": 5, "results": [{"path": "/routes/hello", "status": "updated"}]})),
        (
            "GET",
            "/live/nodes",
            json!([{"owner": "upstreams/u1", "addr": "10.0.0.5:8080", "state": "healthy", "weight": 1}]),
        ),
        (
            "GET",
            "/live/logs",
            json!({"logs": [{"ts": 1_700_003_650.5, "level": "warn", "component": "router", "message": "two"}]}),
        ),
        (
            "GET",
            "/live/certs",
            json!([{"ssl_id": "1", "type": "server", "snis": ["a.example"], "not_after": 1_701_000_000, "status": "valid"}]),
        ),
        (
            "GET",
            "/live/discovery/nacos",
            json!([{"type": "nacos", "service": "orders", "count": 1, "nodes": [{"host": "10.0.0.7", "port": 8080, "weight": 1}]}]),
        ),
        ("GET", "/live/discovery", json!([{"type": "nacos", "state": "connected", "services": 1, "nodes": 1}])),
        (
            "GET",
            "/live/dubbo/services",
            json!([{"interface": "org.acme.Greeter", "version": "", "group": "", "nodes": 1, "source": "routes/1", "methods": []}]),
        ),
        ("POST", "/live/dubbo/invoke", json!({"value": {"id": 7}, "ms": 1.5, "node": "10.0.0.7:20880"})),
        (
            "GET",
            "/live/grpc/services",
            json!([{"service": "shop.Shop", "methods": [method], "nodes": 2, "source": "upstreams/shop", "by": "reflection", "error": null}]),
        ),
        ("GET", "/live/grpc/definitions", json!({"service": "shop.Shop", "source": "upstreams/shop", "set": proto})),
        (
            "POST",
            "/live/grpc/invoke",
            json!({"messages": [{"name": "Ada"}], "headers": {}, "trailers": {}, "status": 0, "status_name": "OK", "ms": 1.5, "node": "n:1",
            // Where messages come as they are sent, this is the end.
            "end": {"status": 0, "status_name": "OK", "message": "", "ms": 1.5, "node": "n:1"}}),
        ),
        (
            "POST",
            "/live/explain",
            json!({"route_id": "hello", "route": {"id": "hello"}, "candidates": [], "upstream": null}),
        ),
        ("GET", "/plugins?all=true", json!({"key-auth": {"priority": 2500, "version": 0.1, "type": "auth"}})),
        ("GET", "/plugins/list", json!(["key-auth", "limit-count"])),
        ("GET", "/schema/plugins/", json!({"type": "object", "properties": {"key": {"type": "string"}}})),
        ("GET", "/hello", json!({"a": 1})),
    ];
    for (method, path, answer) in live {
        fake.script(method, path, &vec![(200, answer.to_string().as_str()); 9]);
    }
    fake.script("PUT", "/plugins/reload", &[(200, "done")]);
    fake.script("GET", "/metrics", &[(200, "# TYPE up gauge\nup 1\n"); 9]);
    fake
}

/// Runs a line in a world of its own, with this in front of it.
fn run(front: &[&str], line: &str) -> (Seen, Fake) {
    let fake = gateway();
    let address = format!("http://{}", fake.address);
    let scene = Scene::at(&fake)
        .env("GATEWAYCTL_GATEWAY", &address)
        .env("GATEWAYCTL_CONTROL_SERVER", &address)
        .env("GATEWAYCTL_METRICS", &format!("{address}/metrics"))
        .env("GATEWAYCTL_CONFIG", "~/config.yaml")
        .env("EDITOR", "sed -i s#/hello#/hi#");
    scene.file(
        "config.yaml",
        "current-context: one\ncontexts: [{name: one}, {name: other}]\naliases: {rl: get routes}\n",
    );
    scene.file("new.yaml", "routes:\n- id: new\n  uri: /new\n  upstream_id: u1\nupstreams:\n- id: u1\n  name: other\n  nodes: {'a:1': 1}\n");
    scene.file("wrong.yaml", "routes:\n- {id: a, uri: /a, priorty: 5}\n");
    scene.file("adc.yaml", "services: [{name: shop, routes: [{name: r, uris: [/x]}]}]\n");
    scene.file(
        "openapi.yaml",
        "openapi: 3.0.0\ninfo: {title: pets}\nservers: [{url: 'http://a.example'}]\npaths: {/x: {get: {responses: {}}}}\n",
    );
    scene.file("env", "ADC_SERVER=http://127.0.0.1:8\n");
    for file in ["one.pem", "one.key"] {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/tests/certificates");
        scene.file(file, &std::fs::read_to_string(format!("{path}/{file}")).unwrap());
    }
    let words: Vec<&str> = front.iter().copied().chain(line.split_whitespace()).collect();
    (scene.run_words(&words), fake)
}

fn is_json(text: &str) -> bool {
    serde_json::Deserializer::from_str(text).into_iter::<Value>().all(|value| value.is_ok())
}

/// Documents of YAML, and no text that only happens to be some.
fn is_yaml(text: &str) -> bool {
    serde_saphyr::from_multiple::<Value>(text).is_ok_and(|all| all.iter().all(|one| one.is_object() || one.is_array()))
}

/// Why what was printed is not in a form; `plain` is what is printed without.
fn wrong(form: &str, seen: &Seen, plain: &Seen, fake: &Fake) -> Option<String> {
    let word = form.split('=').next().unwrap();
    if seen.code == 2 {
        let writes = ["PUT", "PATCH", "DELETE", "POST /live/apply", "POST /live/rollback"];
        let late = fake.asked().into_iter().filter(|asked| writes.iter().any(|write| asked.starts_with(write)));
        // What is only tried is none.
        let late: Vec<String> = late.filter(|asked| !asked.contains("\"dry_run\":true")).collect();
        return match (seen.stderr.contains(&format!("-o {word}")), late.as_slice(), seen.stdout.as_str()) {
            (true, [], "") => None,
            (false, ..) => Some("is refused for something else".to_owned()),
            (_, late, _) => Some(format!("is refused too late: {late:?}")),
        };
    }
    let fine = seen.code == plain.code
        && match word {
            "json" | "jq" | "jsonpath" => is_json(&seen.stdout),
            "ndjson" => seen.stdout.lines().all(is_json),
            "template" => seen.stdout.is_empty() || seen.stdout.contains("OF-A-TEMPLATE"),
            "yaml" => is_yaml(&seen.stdout),
            _ => seen.stdout.is_empty() || seen.stdout != plain.stdout,
        };
    (!fine).then(|| "is not what is printed".to_owned())
}

#[test]
fn every_command_heeds_or_refuses_every_form() {
    let mut all = Vec::new();
    for (command, args) in LINES {
        let line = format!("{command} {args} -y");
        let line = if command.starts_with("alias") { format!("{command} {args}") } else { line };
        let (plain, _) = run(&[], &line);
        if plain.code > 1 {
            all.push(format!("{command} does not end well:\n{}", plain.text));
            continue;
        }
        for form in FORMS {
            let (seen, fake) = run(&["-o", form], &line);
            all.extend(wrong(form, &seen, &plain, &fake).map(|why| format!("-o {form} {why}:\n{}", seen.text)));
        }
    }
    assert!(all.is_empty(), "{} wrong:\n{}", all.len(), all.join("\n"));
}

#[test]
fn what_has_one_form_refuses_all_others() {
    for command in ONE_FORM {
        for form in FORMS {
            let (seen, _) = run(&["-o", form], command);
            let word = form.split('=').next().unwrap();
            assert!(seen.code == 2 && seen.stderr.contains(&format!("-o {word}: ")), "{}", seen.text);
        }
    }
    // What holds for all commands is not about these.
    let seen = Scene::alone().env("GATEWAYCTL_OUTPUT", "json").run("completion bash");
    assert_eq!(seen.code, 0, "{}", seen.text);
}

#[test]
fn there_is_a_line_of_every_command() {
    let page = gatewayctl::reference();
    let names: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix("### gatewayctl ")).collect();
    for name in &names {
        let group = names.iter().any(|other| other.strip_prefix(name).is_some_and(|rest| rest.starts_with(' ')));
        let known = LINES.iter().any(|(command, _)| command == name)
            || ONE_FORM.iter().any(|command| command.split(' ').next() == Some(name))
            || REFUSED.contains(name);
        assert!(group || known, "no line of {name}");
    }
}
