use insta::assert_snapshot;

use crate::fake::Fake;
use crate::scene::Scene;

/// Three looks, then a refusal, which ends it.
fn changing() -> Fake {
    let fake = Fake::start();
    let entry = |id: &str, revision: u64| {
        format!(
            r#"{{"key":"/apisix/routes/{id}","value":{{"id":"{id}","uri":"/{revision}"}},"modifiedIndex":{revision}}}"#
        )
    };
    let list = |entries: &[String]| format!(r#"{{"list":[{}],"total":1}}"#, entries.join(","));
    let looks = [
        list(&[entry("a", 1), entry("b", 2)]),
        list(&[entry("a", 3), entry("b", 2), entry("c", 4)]),
        list(&[entry("a", 3), entry("c", 4)]),
    ];
    let end = (403, r#"{"error_msg":"no more"}"#);
    fake.script("GET", "/routes", &[(200, &looks[0]), (200, &looks[1]), (200, &looks[2]), end]);
    fake
}

#[test]
fn what_changes_is_shown() {
    let fake = Fake::start();
    let gone = (404, r#"{"message":"Key not found"}"#);
    let there = (200, r#"{"key":"/apisix/routes/a","value":{"id":"a","uri":"/1"},"modifiedIndex":1}"#);
    fake.script("GET", "/routes/a", &[gone, gone, there, (403, r#"{"error_msg":"no more"}"#)]);
    let seen = Scene::at(&fake).run("get route a --watch --interval 10ms -o name");
    assert_eq!(seen.stdout, "route/a\n", "{}", seen.text);
    assert_eq!(seen.stderr.matches("there is no route/a yet; it is waited for").count(), 1, "{}", seen.text);

    for (name, line) in [
        ("table", "get routes -w --interval 10ms --columns event,id,uri"),
        ("ndjson", "get routes -w --interval 10ms -o ndjson"),
        ("name", "get routes --watch-only --interval 10ms -o name"),
        ("yaml", "get routes --watch-only --interval 10ms -o yaml"),
        ("where", "get routes --watch --interval 10ms -o name --where id!='b'"),
        ("several", "get routes,services -w"),
    ] {
        assert_snapshot!(name, Scene::at(&changing()).run(line).text);
    }
}
