use insta::assert_snapshot;
use serde_json::json;

use crate::fake::Fake;
use crate::scene::Scene;

const SHOP: &str = "\
upstreams:
  - id: u1
    name: backend
    type: roundrobin
    nodes:
      10.0.0.5:8080: 1
      10.0.0.6:8080: 3
routes:
  - id: hello
    name: hello
    uri: /hello/*
    methods: [GET, HEAD]
    host: api.example
    upstream_id: u1
    plugins: {key-auth: {}, cors: {}}
    labels: {team: blue}
    status: 1
  - id: new
    uri: /new
    upstream_id: u1
";

#[test]
fn dumps_in_every_shape() {
    let fake = Fake::with_objects();
    let scene = Scene::at(&fake);
    assert_snapshot!(scene.runs(&[
        "config dump",
        "config dump --only routes -l team=blue --format object",
        "config dump --only consumers,credentials --format envelope -o json --with-secrets",
        "config dump -o name",
        "config dump --only rotues",
        "config dump --split-by label:team",
    ]));
}

#[test]
fn dumps_into_files_and_folders() {
    let fake = Fake::with_objects();
    let scene = Scene::at(&fake);
    scene.file("conf/old.yaml", "routes: []");
    assert_snapshot!(scene.runs(&[
        "config dump -o ~/gw.yaml",
        "config dump --output=~/gw.json",
        "config dump -o ~/conf",
        "config dump -o ~/teams/ --split-by label:team",
        "config dump -o /proc/nowhere/x.yaml",
    ]));
    assert!(std::fs::read_to_string(scene.path("gw.json")).unwrap().starts_with('{'));
    assert_snapshot!(std::fs::read_to_string(scene.path("conf/credentials/bob/c1.yaml")).unwrap());
    assert_snapshot!(std::fs::read_to_string(scene.path("teams/blue.yaml")).unwrap());
    std::fs::remove_file(scene.path("conf/old.yaml")).unwrap();
    for from in ["~/gw.yaml", "~/gw.json", "~/conf -R", "~/teams"] {
        let seen = scene.run(&format!("config diff -f {from}"));
        assert_eq!(seen.code, 0, "{}", seen.text);
    }
}

#[test]
fn differences() {
    let fake = Fake::with_objects();
    let scene = Scene::at(&fake);
    scene.file("shop.yaml", SHOP);
    scene.file(
        "bob.yaml",
        "consumers: [{username: bob, group_id: g1, plugins: {key-auth: {key: another-secret}, limit-count: {count: 1, time_window: 1}}}]",
    );
    scene.file("nothing.yaml", "# nothing\n");
    assert_snapshot!(scene.runs(&[
        "config diff -f ~/shop.yaml",
        "config diff -f ~/shop.yaml --no-delete --only routes -o json",
        "config diff -f ~/shop.yaml -l team=blue -o name",
        "config diff -f ~/bob.yaml --only consumers",
        "config diff -f ~/bob.yaml --only consumers -o json",
        "config diff -f ~/nothing.yaml",
        "config diff -f ~/shop.yaml --format object",
        "config diff",
    ]));
}

#[test]
fn a_sync_is_one_transaction() {
    let fake = Fake::with_objects();
    fake.goes_live();
    let scene = Scene::at(&fake);
    scene.file("shop.yaml", SHOP);
    assert_snapshot!(scene.runs(&[
        "config sync -f ~/shop.yaml --only routes,upstreams",
        "config sync -f ~/shop.yaml --only routes,upstreams --max-deletes 2",
        "config sync -f ~/shop.yaml --only routes,upstreams --max-deletes 2 --dry-run",
        "config sync -f ~/shop.yaml --only routes,upstreams --max-deletes 2 --dry-run=server",
        "config sync -f ~/shop.yaml --only routes,upstreams --max-deletes 2 --yes",
        "config sync -f ~/shop.yaml --only routes,upstreams --max-deletes 0 --yes",
    ]));
    let writes: Vec<String> = fake.asked().into_iter().filter(|asked| !asked.starts_with("GET")).collect();
    assert_snapshot!(writes.join("\n"));
}

#[test]
fn without_transactions_what_is_referred_to_comes_first() {
    let fake = Fake::with_objects();
    let scene = Scene::at(&fake);
    scene.file("shop.yaml", SHOP);
    assert_snapshot!(scene.runs(&[
        "config sync -f ~/shop.yaml --max-deletes 100% --yes --parallel 1 --diff",
        "config sync -f ~/shop.yaml",
    ]));
    let writes: Vec<String> = fake.asked().into_iter().filter(|asked| !asked.starts_with("GET")).collect();
    assert_snapshot!(writes.join("\n"));
    assert!(
        fake.heads().iter().any(|head| head.to_ascii_lowercase().contains("if-match: \"")),
        "nobody is overwritten"
    );
}

#[test]
fn what_was_cut_off_goes_on() {
    let fake = Fake::with_objects();
    let said = r#"{"error_msg":"invalid configuration: property \"uri\" validation failed: wrong type"}"#;
    fake.script("PUT", "/routes/new", &[(400, said), (400, said)]);
    let scene = Scene::at(&fake);
    scene.file("shop.yaml", SHOP);
    let line = "config sync -f ~/shop.yaml --no-delete --parallel 1";
    assert_snapshot!(scene.runs(&[line, &format!("{line} --on-error continue"), line, line]));
}

#[test]
fn a_refused_transaction_names_places_and_changes_nothing() {
    let fake = Fake::with_objects();
    fake.goes_live();
    let scene = Scene::at(&fake);
    scene.file("bad.yaml", "routes:\n  - id: good\n    uri: /good\n  - id: bad\n    methods: [GET]\n    uri: refuse\n");
    scene.file("two.yaml", "routes:\n  - id: a\n    uri: refuse\n  - id: b\n    uri: refuse\n");
    assert_snapshot!(scene.runs(&[
        "config sync -f ~/bad.yaml --only routes --no-delete",
        "config sync -f ~/two.yaml --only routes --no-delete",
        "config sync -f ~/bad.yaml --only routes --no-delete --errors json",
    ]));
    assert_eq!(fake.held("routes/good"), None);
}

/// What only the server can see wrong with an object is told, and all of it.
#[test]
fn a_refused_transaction_tells_all_of_an_object() {
    let fake = Fake::with_objects();
    fake.goes_live();
    let said = "failed to check the configuration of plugin a err: first";
    let refused = json!({"error_msg": "nothing has changed", "results": [{"path": "/routes/a", "status": "error", "error_msg": said,
        "details": [{"path": "/plugins/a", "code": "plugin", "message": "first"}, {"path": "/vars/0", "code": "expression", "message": "second"}]}]});
    fake.script("POST", "/live/apply", &[(400, &refused.to_string())]);
    let scene = Scene::at(&fake);
    scene.file("a.yaml", "routes:\n  - {id: a, uri: /a, upstream_id: u1}\n");
    let seen = scene.run("config sync -f ~/a.yaml --only routes --no-delete");
    assert_eq!(seen.code, 5, "{}", seen.text);
    assert!(seen.stderr.contains("/plugins/a: first; /vars/0: second"), "{}", seen.text);
}

#[test]
fn private_keys_and_masked_secrets_stay() {
    let fake = Fake::with_objects();
    fake.goes_live();
    fake.hold("ssls/1", json!({"id":"1","cert":"CERT","key":"PRIVATE","snis":["a.example"],"create_time":1}));
    let scene = Scene::at(&fake);
    let dump = scene.run("config dump").stdout;
    assert!(dump.contains("********") && !dump.contains("PRIVATE"), "{dump}");
    scene.file("other.yaml", &dump.replace("a.example", "b.example").replace("group_id: g1", "group_id: g2"));
    assert_snapshot!(scene.run("config sync -f ~/other.yaml").text);
    let ssl = fake.held("ssls/1").unwrap();
    assert_eq!((&ssl["key"], &ssl["snis"]), (&json!("PRIVATE"), &json!(["b.example"])));
    assert_eq!(fake.held("consumers/bob").unwrap()["plugins"]["key-auth"]["key"], "bobs-secret");
    let writes: Vec<String> = fake.asked().into_iter().filter(|asked| !asked.starts_with("GET")).collect();
    assert_snapshot!(writes.join("\n"));
    fake.grows_older();
    scene.file("third.yaml", &dump.replace("a.example", "c.example"));
    let before = fake.asked().len();
    assert_eq!(scene.run("config sync -f ~/third.yaml").code, 0);
    let writes = fake.asked().into_iter().skip(before).filter(|asked| !asked.starts_with("GET"));
    let heads: Vec<String> = writes.map(|asked| asked.split('{').next().unwrap().trim().to_owned()).collect();
    assert_eq!(heads, ["PATCH /ssls/1?dry_run=true", "POST /live/apply", "PATCH /ssls/1"]);
    assert_eq!(fake.held("ssls/1").unwrap()["key"], "PRIVATE");

    scene.file("lost.yaml", "consumers:\n  - username: eve\n    plugins:\n      key-auth:\n        key: '********'\n");
    assert_snapshot!(scene.run("config sync -f ~/lost.yaml --only consumers --no-delete").text);
}

#[test]
fn a_terminal_is_asked_and_a_script_needs_yes_to_delete() {
    let fake = Fake::with_objects();
    let scene = Scene::at(&fake).terminal(100).stdin("n\n");
    scene.file("shop.yaml", SHOP);
    assert_snapshot!(scene.run("config sync -f ~/shop.yaml --only routes --max-deletes 9").text);
    let scene = Scene::at(&fake);
    scene.file("shop.yaml", SHOP);
    assert_snapshot!(scene.runs(&[
        "config sync -f ~/shop.yaml --only routes --max-deletes 9",
        "config sync -f ~/shop.yaml --only routes --max-deletes many",
        "config sync -f ~/shop.yaml --only routes --if-match 3",
    ]));
    assert!(fake.asked().iter().all(|asked| asked.starts_with("GET")), "{:?}", fake.asked());
}

#[test]
fn a_dump_of_much_shows_how_far_it_is() {
    let fake = Fake::with_objects();
    for n in 0..400 {
        fake.hold(&format!("consumers/c{n}"), json!({"username": format!("c{n}"), "plugins": {}}));
    }
    fake.takes(std::time::Duration::from_millis(4));
    let bar = |scene: Scene, line: &str| scene.run(line).stderr;
    let shown = bar(Scene::at(&fake).terminal(80), "config dump --to ~/gateway.yaml");
    let (bars, told) = shown.rsplit_once("\r\u{1b}[K").expect("a bar, that is taken away");
    assert!(bars.contains("] ") && bars.contains(" s left"), "{shown:?}");
    assert!(told.contains("objects in "), "{shown:?}");
    let whole = bar(Scene::at(&fake).terminal(80), "config dump --to ~/gateway.yaml --only routes");
    assert!(!whole.contains('\r'), "a few are no work: {whole:?}");
    let (piped, quiet) = (Scene::at(&fake), Scene::at(&fake).terminal(80));
    // The log of a build is no terminal, whatever it looks like.
    let build = bar(Scene::at(&fake).terminal(80).env("CI", "1"), "config dump --to ~/g.yaml");
    for quiet in [bar(piped, "config dump --to ~/g.yaml"), bar(quiet, "config dump --to ~/g.yaml -q"), build] {
        assert!(!quiet.contains('\r') && !quiet.contains("left"), "{quiet:?}");
    }
}
