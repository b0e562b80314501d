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
