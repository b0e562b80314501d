use insta::assert_snapshot;
use serde_json::json;

use crate::fake::{Fake, KEY};
use crate::scene::Scene;

const STANDALONE: &str = "\
routes:
  - {id: a, uri: /a, upstream_id: u, plugins: {key-auth: {}}}
  - {id: oidc, uri: /b, upstream_id: u, plugins: {openid-connect: {client_id: x, client_secret: y, discovery: z}}}
  - {id: lua, uri: /c, upstream_id: u, filter_func: 'function(vars) return true end'}
  - {id: lost, uri: /d, service_id: odd}
services:
  - {id: odd, upstream_id: u, plugins: {my-own-plugin: {}}}
upstreams:
  - {id: u, nodes: {'10.0.0.5:80': 1}}
consumers:
  - {username: bob, plugins: {key-auth: {key: bobs-key}}}
  - {username: eve, plugins: {wolf-rbac: {}}}
  - {id: eve/credentials/one, plugins: {key-auth: {key: eves-key}}}
plugins: [{name: key-auth}]
#END
";

#[test]
fn a_standalone_file() {
    let fake = Fake::start();
    fake.goes_live();
    let scene = Scene::at(&fake);
    scene.file("apisix.yaml", STANDALONE);
    assert_snapshot!(scene.runs(&[
        "import apisix ~/apisix.yaml --dry-run",
        "import apisix ~/apisix.yaml",
        "import apisix ~/apisix.yaml --only upstreams",
        "import apisix",
        "import apisix ~/none.yaml",
    ]));
    assert!(fake.held("routes/oidc").is_none() && fake.held("consumers/eve/credentials/one").is_none());
}

/// What has no id is left out with the reason, and the rest is imported.
#[test]
fn objects_without_an_id() {
    let fake = Fake::start();
    fake.goes_live();
    let scene = Scene::at(&fake);
    scene.file("a.yaml", "routes:\n  - {uri: /a, upstream_id: u}\n  - {id: b, uri: /b, upstream_id: u}\n  - {uri: /c, upstream_id: u}\nupstreams:\n  - {id: u, nodes: {'10.0.0.5:80': 1}}\n");
    let seen = scene.run("import apisix ~/a.yaml");
    assert_eq!(seen.code, 8, "{}", seen.text);
    for line in [2, 4] {
        assert!(seen.stderr.contains(&format!("a.yaml:{line}:5: a route without \"id\"")), "{}", seen.text);
    }
    assert!(seen.stderr.contains("2 of 4 objects were left out"), "{}", seen.text);
    assert!(fake.held("routes/b").is_some() && fake.held("upstreams/u").is_some());
    let seen = scene.run("import apisix ~/a.yaml --only upstreams");
    assert_eq!(seen.code, 0, "{}", seen.text);
}

#[test]
fn a_running_one() {
    let (old, fake) = (Fake::with_objects(), Fake::start());
    old.hold("ssls/1", json!({"id":"1","cert":"$env://CERT","key":"PRIVATE","snis":["a.example"]}));
    let scene = Scene::at(&fake);
    scene.file("old.key", KEY);
    let from = format!("http://{}", old.address);
    let line = format!("import apisix --from {from} --from-key-file ~/old.key");
    let seen = scene.run(&line);
    let told = seen.text.replace(&old.address.to_string(), "old:9180");
    // Objects that do not name each other are written at once, and told as they are done.
    let mut lines: Vec<&str> = told.lines().collect();
    lines.sort_unstable();
    assert_snapshot!(lines.join("\n"));
    assert!(fake.held("ssls/1").is_none() && fake.held("consumers/bob/credentials/c1").is_some());
    assert!(scene.run(&line).stdout.is_empty());
    // The key of this gateway is not for that one.
    let before = old.asked().len();
    let seen = scene.run(&format!("import apisix --from {from}"));
    assert_eq!(seen.code, 4, "{}", seen.text);
    assert_eq!(old.asked().len(), before + 1, "who is not let in asks no further: {:?}", old.asked());
    assert!(old.heads().last().is_some_and(|head| !head.contains(KEY)));
    assert!(old.asked().iter().all(|asked| asked.starts_with("GET")));
}
