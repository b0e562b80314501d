//! Every format of `-o`, on lists and on single objects, and what narrows a list down.

use insta::assert_snapshot;

use crate::fake::Fake;
use crate::scene::Scene;

fn runs(scene: &Scene, lines: &[&[&str]]) -> String {
    lines.iter().map(|words| scene.run_words(words).text).collect::<Vec<_>>().join("\n")
}

#[test]
fn of_lists() {
    let fake = Fake::with_objects();
    let scene = Scene::at(&fake);
    assert_snapshot!(runs(
        &scene,
        &[
            &["get", "routes", "-o", "ndjson"],
            &["get", "routes", "-o", "json", "--compact"],
            &["get", "routes", "-o", "csv"],
            &["get", "routes", "-o", "markdown"],
            &["get", "routes,services", "-o", "csv", "--columns", "id,plugins"],
            &["get", "routes,upstreams", "-o", "csv"],
            &["get", "routes,services", "-o", "markdown", "--columns", "id,plugins"],
            &["get", "routes", "--plain", "--columns", "id,labels,rev"],
            &["get", "routes", "--plain", "--no-headers"],
            &["get", "routes", "-o", "custom-columns=ID:.id,HOST:.upstream.nodes[*].host,L:.labels"],
            &["get", "routes", "-o", "jsonpath={range .items[*]}{.id}{\"\\t\"}{.uri}{\"\\n\"}{end}"],
            &["get", "routes", "-o", "template={% for r in items %}{{ r.id }}={{ r.uri }}\\n{% endfor %}{{ total }}"],
            &["get", "routes", "-o", "jq=.items[] | select(.status == 0) | .id"],
            &["get", "protos", "-o", "csv"],
            &["get", "protos", "-o", "yaml"],
            &["get", "protos", "-o", "ndjson"],
        ]
    ));
}

#[test]
fn of_one_object() {
    let fake = Fake::with_objects();
    let scene = Scene::at(&fake);
    assert_snapshot!(runs(
        &scene,
        &[
            &["get", "route", "hello", "-o", "json", "--compact"],
            &["get", "route", "hello", "-o", "ndjson"],
            &["get", "route", "hello", "-o", "jsonpath=.plugins"],
            &["get", "route", "hello", "-o", "template={{ id }} {{ methods | join('+') }}"],
            &["get", "route", "hello", "-o", "jq=.labels"],
            &["get", "route", "hello", "-o", "custom-columns=ID:.id,NONE:.none"],
            &["get", "consumer", "bob", "-o", "jq=.plugins.\"key-auth\""],
            &["status", "-o", "csv"],
            &["version", "--client", "-o", "jsonpath={.none}"],
        ]
    ));
}

#[test]
fn mistakes_in_formats() {
    let fake = Fake::with_objects();
    let scene = Scene::at(&fake);
    assert_snapshot!(runs(
        &scene,
        &[
            &["get", "routes", "-o", "jq"],
            &["get", "routes", "-o", "json=x"],
            &["get", "routes", "-o", "jq=.items["],
            &["get", "routes", "-o", "jsonpath={.a"],
            &["get", "routes", "-o", "template={{ a"],
            &["get", "routes", "-o", "custom-columns=ID"],
            &["get", "routes", "-o", "mrkdown"],
            &["get", "routes", "--columns", "id,plugin"],
            &["get", "routes", "-o", "jq=.items.x"],
        ]
    ));
    assert_eq!(fake.asked().len(), 1, "mistakes are told before the server is asked: {:?}", fake.asked());
}

#[test]
fn lists_are_narrowed_down() {
    let fake = Fake::with_objects();
    let scene = Scene::at(&fake);
    assert_snapshot!(runs(
        &scene,
        &[
            &["get", "routes", "-l", "team=blue", "-o", "name"],
            &["get", "routes", "-l", "!team", "-o", "name"],
            &["get", "routes", "--where", "priority > 1 || has(upstream)", "-o", "name"],
            &["get", "routes", "--plugin", "cors", "-o", "name"],
            &["get", "routes", "--host", "api.example", "-o", "name"],
            &["get", "routes", "--service", "s1", "--status", "disabled", "-o", "name"],
            &["get", "routes", "--upstream", "u1", "-o", "name"],
            &["get", "routes", "--uri", "order", "--name", "x"],
            &["get", "routes", "--sort-by", "update_time:desc", "-o", "name"],
            &["get", "routes", "--sort-by", "priority", "--limit", "1", "-o", "name"],
            &["get", "routes", "--sort-by", "status:desc", "--where", "priority >= 0 && status == 1", "-o", "name"],
            &["get", "route", "hello", "--sort-by", "priority", "--where", "priority == 9"],
            &[
                "get",
                "upstreams",
                "--where",
                "nodes[*].weight == 2 && nodes[0].host == '10.0.0.5' && scheme == 'http'",
                "-o",
                "name"
            ],
            &["get", "routes", "--limit", "2", "-o", "json", "--compact"],
            &["get", "routes", "--page-size", "10", "-o", "name"],
            &["get", "routes", "--where", "priority >"],
            &["get", "routes", "-l", "a="],
            &["get", "routes", "--sort-by", "id:down"],
        ]
    ));
    let asked = fake.asked();
    assert!(asked.contains(&"GET /routes?label=team".to_owned()), "{asked:?}");
    assert!(asked.contains(&"GET /routes?page=1&page_size=10".to_owned()), "{asked:?}");
}
