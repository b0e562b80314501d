use insta::assert_snapshot;
use serde_json::json;

use crate::fake::Fake;
use crate::scene::Scene;

const SHOP: &str = "\
routes:
  - id: r1
    uri: /shop/*
    service_id: s1
services:
  - id: s1
    upstream_id: u1
upstreams:
  - id: u1
    nodes:
      127.0.0.1:8080: 1
";

#[test]
fn created_then_unchanged_then_configured() {
    let fake = Fake::start();
    let scene = Scene::at(&fake);
    scene.file("shop.yaml", SHOP);
    scene.file("other.yaml", &SHOP.replace("8080: 1", "8080: 2"));
    assert_snapshot!(scene.runs(&[
        "apply -f ~/shop.yaml",
        "apply -f ~/shop.yaml",
        "apply -f ~/other.yaml",
        "apply -f ~/other.yaml -o name"
    ]));
    assert_snapshot!(fake.asked().join("\n"));
}

#[test]
fn what_get_prints_can_be_applied() {
    let fake = Fake::with_objects();
    let scene = Scene::at(&fake);
    let (yaml, json) = (scene.run("get all -o yaml").stdout, scene.run("get all -o json --raw").stdout);
    for text in [yaml, json, scene.run("get credentials --consumer bob -o yaml").stdout] {
        let before = fake.asked().len();
        let seen = Scene::at(&fake).stdin(&text).run("apply -f -");
        assert!(seen.stdout.lines().all(|line| line.ends_with(" unchanged")), "{}", seen.text);
        assert!(fake.asked().iter().skip(before).all(|asked| asked.starts_with("GET")), "{}", seen.text);
    }
}

#[test]
fn masked_secrets_are_kept() {
    let fake = Fake::with_objects();
    let text = Scene::at(&fake).run("get consumer bob -o yaml").stdout.replace("group_id: g1", "group_id: g2");
    assert!(text.contains("********"));
    assert_snapshot!(Scene::at(&fake).stdin(&text).run("apply -f -").text);
    let held = fake.held("consumers/bob").unwrap();
    assert_eq!(
        (held["group_id"].as_str(), held["plugins"]["key-auth"]["key"].as_str()),
        (Some("g2"), Some("bobs-secret"))
    );

    let text = text.replace("username: bob", "username: eve");
    assert_snapshot!(Scene::at(&fake).stdin(&text).run("apply -f -").text);
}

#[test]
fn a_private_key_that_is_left_out_is_kept() {
    let fake = Fake::start();
    fake.hold("ssls/1", json!({"id":"1","cert":"CERT","key":"PRIVATE","snis":["a.example"],"labels":{"x":"y"}}));
    let scene = Scene::at(&fake);
    scene.file("same.yaml", "kind: ssl\nid: 1\ncert: CERT\nkey: '********'\nsnis: [a.example]\nlabels: {x: y}\n");
    scene.file("other.yaml", "kind: ssl\nid: 1\ncert: CERT\nsnis: [b.example]\n");
    scene.file("new.yaml", "kind: ssl\nid: 2\ncert: CERT\nkey: '********'\nsnis: [b.example]\n");
    scene.file("written.yaml", "kind: ssl\nid: 1\ncert: CERT\nkey: PRIVATE\nsnis: [a.example]\nlabels: {x: y}\n");
    assert_snapshot!(scene.runs(&[
        "apply -f ~/same.yaml",
        "apply -f ~/written.yaml",
        "apply -f ~/other.yaml",
        "apply -f ~/new.yaml"
    ]));
    assert_eq!(fake.held("ssls/1").unwrap(), json!({"id":"1","cert":"CERT","key":"PRIVATE","snis":["b.example"]}));
}

#[test]
fn a_refusal_names_object_field_and_place() {
    let fake = Fake::start();
    let said = r#"{"error_msg":"invalid configuration: property \"uri\" validation failed: wrong type: expected string, got number"}"#;
    fake.script("PUT", "/routes/r1", &[(400, said), (400, said)]);
    let scene = Scene::at(&fake);
    scene.file("r.yaml", "routes:\n  - id: r1\n    methods: [GET]\n    uri: 5\n");
    assert_snapshot!(scene.runs(&["apply -f ~/r.yaml", "apply -f ~/r.yaml --errors json"]));
}

#[test]
fn one_failure_does_not_keep_the_rest_back() {
    let fake = Fake::start();
    fake.script("PUT", "/services/s1", &[(400, r#"{"error_msg":"unknown plugin [limit-cuont]"}"#); 2]);
    let scene = Scene::at(&fake);
    scene.file("shop.yaml", SHOP);
    assert_snapshot!(scene.runs(&["apply -f ~/shop.yaml", "apply -f ~/shop.yaml -o json"]));
}

#[test]
fn a_lost_server_ends_the_batch() {
    let fake = Fake::start();
    fake.script(
        "PUT",
        "/upstreams/u1",
        &[(401, r#"{"error_msg":"failed to check token","description":"invalid method for role viewer"}"#)],
    );
    let scene = Scene::at(&fake);
    scene.file("shop.yaml", SHOP);
    assert_snapshot!(scene.run("apply -f ~/shop.yaml").text);
    // Whether there are transactions, what is stored, and the one write.
    assert_eq!(fake.asked().len(), 3, "{:?}", fake.asked());
}

#[test]
fn many_are_one_transaction_where_the_server_has_those() {
    let fake = Fake::start();
    fake.goes_live();
    let scene = Scene::at(&fake);
    scene.file("shop.yaml", SHOP);
    assert_snapshot!(scene.runs(&[
        "apply -f ~/shop.yaml",
        "apply -f ~/shop.yaml",
        "delete services,routes --all --yes",
    ]));
    let asked = fake.asked();
    let of = |what: &str| asked.iter().filter(|asked| asked.starts_with(what)).count();
    assert_eq!((of("POST /live/apply"), of("PUT"), of("DELETE")), (2, 0, 0), "{asked:?}");
}

#[test]
fn dry_runs_write_nothing() {
    let fake = Fake::start();
    fake.hold("upstreams/u1", json!({"id":"u1","nodes":[{"host":"127.0.0.1","port":8080,"weight":1}]}));
    let scene = Scene::at(&fake);
    scene.file("shop.yaml", SHOP);
    assert_snapshot!(scene.runs(&["apply -f ~/shop.yaml --dry-run", "apply -f ~/shop.yaml --dry-run=server"]));
    let failed = r#"{"error_msg":"Configuration validation failed","errors":[{"resource_type":"routes","resource_id":"r1","index":0,"error":"unknown plugin [x]"}]}"#;
    fake.script("POST", "/configs/validate", &[(400, failed)]);
    fake.script(
        "POST",
        "/schema/validate/services",
        &[(400, r#"{"error_msg":"additional properties forbidden, found upstream_ids"}"#)],
    );
    assert_snapshot!(scene.run("apply -f ~/shop.yaml --dry-run=server").text);
    assert!(
        fake.asked().iter().all(|asked| asked.starts_with("GET") || asked.starts_with("POST")),
        "{:?}",
        fake.asked()
    );
    assert_snapshot!(fake.asked().last().unwrap());
}

/// What a dry run says is what the write would be told: it asks the same.
#[test]
fn a_dry_run_asks_what_the_write_would_ask() {
    let fake = Fake::with_objects();
    fake.goes_live();
    fake.hold("ssls/1", json!({"id":"1","cert":"CERT","key":"PRIVATE","snis":["a.example"]}));
    let scene = Scene::at(&fake);
    scene.file("one.yaml", "{kind: plugin-config, id: pc, plugins: {cors: {}}}");
    scene.file("ssl.yaml", "{kind: ssl, id: 1, cert: CERT, snis: [b.example]}");
    scene.file(
        "many.yaml",
        "ssls: [{id: 1, cert: CERT, snis: [b.example]}]
plugin_configs: [{id: pc, plugins: {cors: {}}}]
routes: [{id: new, uri: /new, plugin_config_id: pc}]
",
    );
    scene.file("bad.yaml", "routes:\n- {id: a, uri: /a}\n- {id: b, uri: refuse}\n");
    let before = fake.asked().len();
    assert_snapshot!(scene.runs(&[
        "apply -f ~/one.yaml --dry-run=server",
        "apply -f ~/ssl.yaml --dry-run=server",
        "apply -f ~/many.yaml --dry-run=server",
        "apply -f ~/bad.yaml --dry-run=server",
        "apply -f ~/many.yaml --prune -l team=blue --dry-run=server",
    ]));
    let asked = fake.asked().into_iter().skip(before).filter(|asked| !asked.starts_with("GET"));
    assert_snapshot!(asked.collect::<Vec<_>>().join("\n"));
    assert_eq!(fake.held("ssls/1").unwrap()["snis"], json!(["a.example"]));
    // A schema may ask for what stands in the path, and cannot ask for what only the server has.
    let older = Fake::start();
    older.hold("ssls/1", json!({"id":"1","cert":"CERT","key":"PRIVATE","snis":["a.example"]}));
    let seen = Scene::at(&older).stdin(&std::fs::read_to_string(scene.path("many.yaml")).unwrap());
    assert_eq!(seen.run("apply -f - --dry-run=server").code, 0);
    let asked: Vec<String> = older.asked().into_iter().filter(|asked| asked.contains("/schema/validate/")).collect();
    assert!(asked.iter().all(|asked| asked.contains(r#""id":""#)), "{asked:?}");
    assert!(asked.iter().any(|asked| asked.contains("ssls") && asked.contains(r#""key":"$"#)), "{asked:?}");
}

#[test]
fn a_dry_run_looks_for_what_is_referred_to() {
    let fake = Fake::with_objects();
    let scene = Scene::at(&fake).stdin(
        "upstreams: [{id: new, nodes: {'127.0.0.1:1': 1}}]
services: [{id: s2, upstream_id: gone}]
routes:
  - {id: r1, uri: /1, upstream_id: new}
  - {id: r2, uri: /2, upstream_id: u1, service_id: s1}
  - {id: r3, uri: /3, upstream_id: u2}
  - {id: r4, uri: /4, plugin_config_id: p}
consumers: [{username: jane, group_id: g2}, {username: tom, group_id: g1}]
credentials: [{id: c, consumer: tom, plugins: {}}, {id: c, consumer: nobody, plugins: {}}]
",
    );
    assert_snapshot!(scene.run("apply -f - --dry-run=server").text);
    assert!(fake.asked().iter().all(|asked| asked.starts_with("GET") || asked.starts_with("POST")));
}

#[test]
fn the_shapes_of_the_reference_are_one_valid_file() {
    let page = gatewayctl::reference();
    let (_, rest) = page.split_once("```yaml\n# native").unwrap();
    let (file, _) = rest.split_once("```").unwrap();
    let fake = Fake::start();
    let seen = Scene::at(&fake).stdin(&format!("# native{file}")).run("apply -f -");
    assert_eq!((seen.code, seen.stdout.lines().count()), (0, 4), "{}", seen.text);
}

#[test]
fn many_objects_are_compared_with_one_list() {
    let fake = Fake::start();
    let text: String = (0..20).map(|i| format!("---\nkind: route\nid: r{i}\nuri: /{i}\n")).collect();
    let scene = Scene::at(&fake).stdin(&text);
    assert!(scene.run("apply -f -").stdout.lines().all(|line| line.ends_with(" created")));
    let before = fake.asked().len();
    assert!(scene.run("apply -f -").stdout.lines().all(|line| line.ends_with(" unchanged")));
    assert_eq!(fake.asked().get(before..), Some(&["GET /live".to_owned(), "GET /routes".to_owned()][..]));
}

#[test]
fn files_that_cannot_be_used() {
    let fake = Fake::start();
    let scene = Scene::at(&fake);
    scene.file("broken.yaml", "routes:\n  - id: a\n   uri: /a\n");
    scene.file("noid.yaml", "routes:\n  - uri: /a\n");
    scene.file("kind.yaml", "kind: rout\nid: a\n");
    scene.file("empty.yaml", "# nothing\n");
    assert_snapshot!(scene.runs(&[
        "apply -f ~/broken.yaml",
        "apply -f ~/noid.yaml",
        "apply -f ~/kind.yaml",
        "apply -f ~/empty.yaml",
        "apply -f ~/none.yaml",
        "apply"
    ]));
    assert_eq!(fake.asked(), Vec::<String>::new());
}

#[test]
fn shown_guarded_waited_for_and_pruned() {
    let fake = Fake::with_objects();
    fake.goes_live();
    let scene = Scene::at(&fake);
    scene.file("one.yaml", "kind: route\nid: hello\nuri: /hello\nupstream_id: u1\nlabels: {team: blue}\n");
    scene.file("two.yaml", "routes:\n- id: a\n  uri: /a\n- id: b\n  uri: /b\n");
    scene.file("blue.yaml", "kind: route\nid: new\nuri: /new\nupstream_id: u1\nlabels: {team: blue}\n");
    assert_snapshot!(scene.runs(&[
        "apply -f ~/one.yaml --diff",
        "apply -f ~/one.yaml --diff --dry-run",
        "apply -f ~/one.yaml --if-match 3",
        "apply -f ~/two.yaml --if-match 3",
        "apply -f ~/one.yaml --if-match 103 --wait",
        "apply -f ~/one.yaml --diff",
        "apply -f ~/blue.yaml --prune",
        "apply -f ~/blue.yaml --prune -l team=blue --dry-run",
        "apply -f ~/blue.yaml --prune -l team=blue",
        "apply -f ~/blue.yaml --prune -l team=blue --yes",
    ]));
    assert_eq!(fake.held("routes/hello"), None);
    assert!(fake.held("routes/orders").is_some());
}

#[test]
fn dry_runs_say_so_in_json() {
    let fake = Fake::with_objects();
    fake.goes_live();
    let scene = Scene::at(&fake);
    scene.file("a.yaml", "routes: [{id: a, uri: /a}]\n");
    for (line, by) in [
        ("apply -f ~/a.yaml --dry-run", "client"),
        ("apply -f ~/a.yaml --dry-run=server", "server"),
        ("config sync -f ~/a.yaml --only routes --dry-run", "client"),
        ("config sync -f ~/a.yaml --only routes --dry-run=server", "server"),
        ("delete route hello --dry-run", "client"),
        ("create -f ~/a.yaml --dry-run", "client"),
        ("patch route hello --set priority=3 --dry-run=server", "server"),
        ("disable route hello --dry-run", "client"),
    ] {
        let seen = scene.run(&format!("{line} -o json"));
        let told: serde_json::Value = serde_json::from_str(&seen.stdout).unwrap_or_default();
        assert!(told["dry_run"] == by && told["items"][0]["dry_run"] == by, "{}", seen.text);
    }
    assert!(!scene.run("apply -f ~/a.yaml -o json").stdout.contains("dry_run"));
}

/// What was never rendered does not go live.
#[test]
fn placeholders_are_refused_by_name() {
    let fake = Fake::start();
    let scene = Scene::at(&fake);
    scene.file(
        "a.yaml",
        "routes:\n- {id: a, uri: '/${{ env.PFX }}/a', upstream_id: u}\n- {id: b, uri: '/b', desc: '${{ FREE:=x }}'}\n",
    );
    scene.file("one.yaml", "uri: '/${{ env.PFX }}'\n");
    for line in ["apply -f ~/a.yaml", "create -f ~/a.yaml", "config sync -f ~/a.yaml", "create route x -f ~/one.yaml"] {
        let seen = scene.run(line);
        assert_eq!(seen.code, 2, "{}", seen.text);
        assert!(
            seen.stderr.contains("${{ env.PFX }} has no value yet") && seen.stderr.contains("config render"),
            "{}",
            seen.text
        );
    }
    let seen = scene.run("apply -f ~/a.yaml");
    assert!(seen.stderr.contains("a.yaml:2:") && seen.stderr.contains("route/b: ${{ FREE:=x }}"), "{}", seen.text);
    assert!(
        !fake.asked().iter().any(|asked| asked.starts_with("PUT") || asked.starts_with("POST")),
        "{:?}",
        fake.asked()
    );
}

/// What a dump hides is fine to those who check files, and what a limit is has to be one before anything is written.
#[test]
fn what_is_masked_passes_checks_and_what_is_no_duration_writes_nothing() {
    let fake = Fake::with_objects();
    fake.hold("secrets/vault/1", json!({"id":"vault/1","uri":"http://vu:PW@127.0.0.1:8200","prefix":"kv","token":"T"}));
    let route =
        json!({"id":"hl","uri":"/hl","plugins":{"http-logger":{"uri":"http://u:PW@127.0.0.1:1/l"}},"upstream_id":"u1"});
    fake.hold("routes/hl", route);
    let scene = Scene::at(&fake);
    for what in ["config dump --only secrets", "get secret vault/1 -o yaml", "get route hl -o yaml"] {
        let text = scene.run(what).stdout;
        assert!(text.contains("http://********@127.0.0.1"), "{text}");
        for check in ["config lint -f - --disable GW102", "config validate -f -", "apply -f - --dry-run=client"] {
            let seen = Scene::at(&fake).stdin(&text).run(check);
            assert!(!seen.text.contains("failed to match"), "{what} | {check}: {}", seen.text);
        }
    }
    scene.file("new.yaml", "kind: upstream\nid: new\nnodes: {'127.0.0.1:1': 1}\n");
    for line in [
        "apply -f ~/new.yaml --wait=abc",
        "create -f ~/new.yaml --wait=abc",
        "patch route hello --set desc=x --wait=abc",
        "delete route hello --yes --wait=abc",
        "config sync -f ~/new.yaml --yes --wait=abc",
        "config rollback 1 --yes --wait=abc",
    ] {
        let before = fake.asked().len();
        let seen = scene.run(line);
        assert!(seen.code == 2 && seen.text.contains("no duration like 500ms"), "{line}: {}", seen.text);
        assert_eq!(fake.asked().len(), before, "{line}");
    }
}
