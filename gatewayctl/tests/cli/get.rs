use insta::assert_snapshot;
use serde_json::json;

use crate::fake::Fake;
use crate::scene::Scene;

#[test]
fn tables() {
    let fake = Fake::with_objects();
    assert_snapshot!(Scene::at(&fake).runs(&[
        "get routes",
        "get routes -o wide",
        "get services",
        "get upstreams",
        "get upstreams -o wide",
        "get consumers",
        "get consumer-groups",
        "get credentials --consumer bob",
        "get ssls",
        "get routes --no-headers",
    ]));
}

#[test]
fn one_object_in_every_format() {
    let fake = Fake::with_objects();
    assert_snapshot!(Scene::at(&fake).runs(&[
        "get route hello",
        "get route/hello -o json",
        "get route hello -o yaml",
        "get route hello -o name",
        "get route hello -o json --raw",
    ]));
}

#[test]
fn many_objects_and_all() {
    let fake = Fake::with_objects();
    assert_snapshot!(Scene::at(&fake).runs(&[
        "get all -o name",
        "get routes,services",
        "get upstreams,protos,ssls",
        "get credentials",
        "get route/hello service/s1 -o name",
        "get consumer-groups -o yaml",
        "get protos -o json",
    ]));
}

#[test]
fn a_dump_of_all_makes_another_gateway_the_same() {
    let fake = Fake::with_objects();
    fake.hold("consumers/jane", json!({"username":"jane"}));
    fake.hold("consumers/jane/credentials/k", json!({"id":"k","plugins":{"key-auth":{"key":"janes-secret"}}}));
    let dump = Scene::at(&fake).run("get all -o yaml --show-secrets").stdout;
    let other = Fake::start();
    let seen = Scene::at(&other).stdin(&dump).run("apply -f -");
    assert_eq!(seen.code, 0, "{}", seen.text);
    let order: Vec<&str> = seen.stdout.lines().filter(|line| line.contains("jane")).collect();
    assert_eq!(order, ["consumer/jane created", "credential/jane/k created"]);
    let plugins = |server: &Fake, path: &str| server.held(path).unwrap()["plugins"].clone();
    for path in ["consumers/bob/credentials/c1", "consumers/jane/credentials/k"] {
        assert_eq!(plugins(&other, path), plugins(&fake, path), "{path}");
    }
    assert!(Scene::at(&other).stdin(&dump).run("apply -f -").stdout.lines().all(|line| line.ends_with(" unchanged")));
}

#[test]
fn names_that_nobody_knows() {
    let fake = Fake::with_objects();
    fake.hold("routes/odd", json!({"id":"odd","uri":"/odd","x_own":5}));
    fake.script(
        "GET",
        "/plugins/list",
        &[(200, r#"["cors","of-ours"]"#), (200, r#"["cors","of-ours"]"#), (200, r#"["cors","of-ours"]"#), (500, "")],
    );
    assert_snapshot!(Scene::at(&fake).runs_words(&[
        &["get", "routes", "--where", "priorty > 0"],
        &["get", "routes", "--where", "has(labels.taem) || plugins[\"limit-cuont\"].count > 1 || upstream.nods"],
        &["get", "routes", "--where", "x_own == 5", "-o", "name"],
        &["get", "routes", "--sort-by", "urii"],
        &["get", "routes,services", "--sort-by", "upstream.nods:desc"],
        &["get", "routes,services", "--sort-by", "priority:desc", "-o", "name"],
        &["get", "routes", "-l", "team>3"],
        &["get", "routes", "--plugin", "nope"],
        &["get", "routes", "--plugin", "limit-cuont"],
        &["get", "routes", "--plugin", "of-ours"],
        &["get", "routes", "--plugin", "perhaps"],
        &["get", "routes", "--service", "s2"],
        &["get", "routes", "--upstream", "nothing"],
    ]));
}

#[test]
fn secrets_are_masked_unless_asked_for() {
    let fake = Fake::with_objects();
    let scene = Scene::at(&fake);
    for line in [
        "get consumer bob -o yaml",
        "get consumers -o json",
        "get consumers -o json --raw",
        "get credential bob/c1 -o json",
        "get consumers -o wide",
        "get consumer bob -vvv",
    ] {
        let seen = scene.run(line);
        assert!(!seen.text.contains("bobs-"), "{}", seen.text);
        assert_eq!(seen.code, 0, "{}", seen.text);
    }
    assert_snapshot!(scene.runs(&["get consumer bob -o yaml", "get consumer bob -o yaml --show-secrets"]));
}

#[test]
fn what_does_not_exist() {
    let fake = Fake::with_objects();
    assert_snapshot!(Scene::at(&fake).runs(&[
        "get route nothing",
        "get routes hello nothing -o name",
        "get route nothing -o json",
        "get rotues",
        "get route ../consumers/bob",
    ]));
}

#[test]
fn a_terminal_gets_rows_that_fit() {
    let fake = Fake::with_objects();
    let scene = Scene::at(&fake).terminal(60);
    let seen = scene.run("get routes -o wide");
    assert_snapshot!(seen.text);
    assert_snapshot!(scene.run("get upstreams").text);
    let scene = Scene::at(&fake).terminal(80);
    for i in 1..4 {
        let id = format!("0000000000000000000{i}");
        let (uri, host) = (format!("/orders/of/the/customer/{i}/*"), format!("shop{i}.example.com"));
        fake.hold(&format!("routes/{id}"), json!({"id":id,"name":format!("a route number {i}"),"uri":uri,"host":host,"methods":["GET","POST"],"plugins":{"cors":{},"limit-count":{}},"labels":{"team":"blue","env":"production"},"upstream_id":"u1"}));
    }
    assert_snapshot!(scene.run("get routes -o wide").text);
    assert_snapshot!(scene.run("get routes").text);
}

#[test]
fn control_characters_do_not_reach_the_terminal() {
    let fake = Fake::start();
    fake.hold("routes/1", json!({"id":"1","name":"\u{1b}[31mred\u{7}\n\u{9b}x\u{202e}","uri":"/"}));
    for format in ["table", "wide", "json", "yaml", "name"] {
        let seen = Scene::at(&fake).run(&format!("get route 1 -o {format}"));
        let bad = |c: &char| (c.is_control() && *c != '\n') || *c == '\u{202e}';
        assert_eq!(seen.stdout.chars().find(bad), None, "{format}: {:?}", seen.stdout);
    }
    assert_snapshot!(Scene::at(&fake).runs(&["get routes", "get route 1 -o json", "get route 1 -o yaml"]));
}

#[test]
fn answers_of_other_servers() {
    let fake = Fake::start();
    fake.script(
        "GET",
        "/routes",
        &[
            (200, "{\"list\":{},\"total\":0}"),
            (200, "<html>"),
            (200, "{\"node\":{}}"),
            (502, "x"),
            (404, "{\"error_msg\":\"Unsupported resource type: routes\"}"),
            (403, "<html>403 Forbidden</html>"),
        ],
    );
    assert_snapshot!(Scene::at(&fake).runs(&["get routes --retries 0"; 6]));
}

const NODES: &str = r#"[{"owner":"upstreams/u1","addr":"10.0.0.5:8080","state":"healthy"},{"owner":"upstreams/u1","addr":"10.0.0.6:8080","state":"unhealthy"},
 {"owner":"upstreams/u2","addr":"10.0.0.7:80","state":"unchecked"},{"owner":"routes/inline","addr":"127.0.0.1:1980","state":"healthy"}]"#;
const CREDENTIALS: &str =
    r#"[{"consumer":"bob","total":3,"kinds":{"key-auth":2,"basic-auth":1}},{"consumer":"odd","total":1,"kinds":{}}]"#;

#[test]
fn what_stands_elsewhere_is_asked_for_once() {
    let fake = Fake::with_objects();
    fake.hold("upstreams/u2", json!({"id":"u2","nodes":{"10.0.0.7:80":1}}));
    fake.hold("consumers/eve", json!({"username":"eve"}));
    fake.script("GET", "/live/nodes", &[(200, NODES), (200, NODES), (500, "{}")]);
    fake.script("GET", "/live/credentials", &[(200, CREDENTIALS), (200, CREDENTIALS)]);
    let scene = Scene::at(&fake);
    assert_snapshot!(scene.runs(&[
        "get upstreams",
        "get upstreams,consumers -o csv",
        "get consumers",
        "get upstream u2 --retries 0",
        "get upstreams --columns id,nodes",
        "get consumers -o name",
    ]));
    let of = |what: &str| fake.asked().iter().filter(|asked| asked.contains(what)).count();
    assert_eq!((of("/live/nodes"), of("/live/credentials")), (3, 2), "{:?}", fake.asked());
}

/// A server counts wrong keys and locks the address out after some.
#[test]
fn a_wrong_key_is_tried_once() {
    for line in
        ["get all", "config dump", "tree", "apply -f ~/all.yaml", "delete routes --all --yes", "describe route hello"]
    {
        let fake = Fake::with_objects();
        let scene = Scene::at(&fake).env("GATEWAYCTL_KEY", "wrong");
        scene.file("all.yaml", "routes:\n- {id: a, uri: /a, upstream_id: u1}\n- {id: b, uri: /b, upstream_id: u1}\n");
        let seen = scene.run(line);
        assert_eq!(seen.code, 4, "{}", seen.text);
        assert_eq!(fake.asked().len(), 1, "{line}: {:?}", fake.asked());
    }
    // A viewer that may not write may still look.
    let fake = Fake::with_objects();
    let viewer = r#"{"error_msg":"failed to check token","description":"invalid method for role viewer"}"#;
    fake.script("PUT", "/routes", &[(401, viewer), (401, viewer)]);
    let scene = Scene::at(&fake);
    scene.file("a.yaml", "kind: route\nid: a\nuri: /a\nupstream_id: u1\n");
    let seen = scene.run("apply -f ~/a.yaml");
    assert!(seen.code == 4 && seen.stderr.contains("may only look"), "{}", seen.text);
}

#[test]
fn routes_are_for_the_hosts_of_their_service() {
    let fake = Fake::with_objects();
    let hosts = |line: &str| Scene::at(&fake).run(&format!("{line} --columns id,host --no-headers --plain")).stdout;
    assert_eq!(hosts("get routes"), "hello\tapi.example\ninline\t*\norders\tshop.example\n");
    assert_eq!(hosts("get routes --sort-by id:desc"), "orders\tshop.example\ninline\t*\nhello\tapi.example\n");
    assert_eq!(hosts("get routes --limit 2"), "hello\tapi.example\ninline\t*\n");
    assert_eq!(hosts("get route orders"), "orders\tshop.example\n");
    // One list more, where a route needs it.
    let lists = fake.asked().iter().filter(|asked| *asked == "GET /services").count();
    assert_eq!(lists, 3, "{:?}", fake.asked());
    // What is not shown is not asked for.
    Scene::at(&fake).run("get routes --columns id,uri");
    Scene::at(&fake).run("get routes -o json");
    assert_eq!(fake.asked().iter().filter(|asked| *asked == "GET /services").count(), lists);
}

/// Who asks for secrets is told where the server hides them.
#[test]
fn secrets_that_the_server_hides() {
    let fake = Fake::with_objects();
    for line in [
        "get consumers --show-secrets -o json",
        "get consumer bob --show-secrets -o json",
        "describe consumer bob --show-secrets -o json",
        "config dump --with-secrets",
    ] {
        let seen = Scene::at(&fake).run(line);
        assert!(seen.code == 0 && !seen.stderr.contains("may not see secrets"), "{}", seen.text);
    }
    fake.hold("consumers/bob", json!({"username":"bob","plugins":{"key-auth":{"key":"***"}}}));
    for line in [
        "get consumers --show-secrets -o json",
        "get consumer bob --show-secrets -o json",
        "describe consumer bob --show-secrets -o json",
        "config dump --with-secrets",
    ] {
        let seen = Scene::at(&fake).run(line);
        let said = seen.stderr.matches("warning: this key may not see secrets").count();
        assert!(seen.code == 0 && said == 1, "{}", seen.text);
    }
    let seen = Scene::at(&fake).run("get consumers -o json");
    assert!(!seen.stderr.contains("may not see secrets"), "{}", seen.text);
}

/// Tables and pages are forms, too.
#[test]
fn tables_show_no_secrets() {
    let fake = Fake::with_objects();
    fake.hold("secrets/vault/1", json!({"id":"vault/1","uri":"http://vu:VAULTPW@h:8200","prefix":"kv","token":"T"}));
    fake.hold(
        "consumers/kim",
        json!({"username":"kim","labels":{"password":"CLABEL","team":"a"},"desc":"https://u:DESC@h/"}),
    );
    let scene = Scene::at(&fake);
    for form in ["table", "wide", "csv", "markdown", "yaml", "json"] {
        for what in ["get secrets", "get secret vault/1", "get consumers", "get consumer kim", "get all"] {
            let seen = scene.run(&format!("{what} -o {form}"));
            assert_eq!(seen.code, 0, "{}", seen.text);
            assert!(!["VAULTPW", "CLABEL", "DESC@"].iter().any(|secret| seen.text.contains(secret)), "{}", seen.text);
        }
    }
    for what in ["describe secret vault/1", "describe consumer kim"] {
        let seen = scene.run(what);
        assert!(
            seen.code == 0 && !["VAULTPW", "CLABEL", "DESC@"].iter().any(|secret| seen.text.contains(secret)),
            "{}",
            seen.text
        );
    }
}
