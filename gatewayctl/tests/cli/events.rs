use insta::assert_snapshot;

use crate::fake::Fake;
use crate::scene::Scene;

const NEW: &str = r#"{"rev":7,"ts":1700003600.5,"op":"update","resource":"routes","id":"hello","path":"/routes/hello","by":{"key":"admin","addr":"127.0.0.1"},"before":{"uri":"/old","plugins":{"key-auth":{"key":"***"}},"update_time":1},"after":{"uri":"/new","plugins":{"key-auth":{"key":"***"}},"update_time":2}}"#;
const OLD: &str = r#"{"rev":3,"ts":1700000000,"op":"delete","resource":"credentials","id":"bob/c1","path":"/consumers/bob/credentials/c1","by":{"key":"ttl"},"before":{"id":"c1"},"after":null}"#;

fn history() -> String {
    format!(r#"{{"rev":7,"oldest":1,"changes":[{NEW},{OLD}],"more":false}}"#)
}

#[test]
fn what_has_changed() {
    let fake = Fake::with_objects();
    fake.script("GET", "/live/history", &[(200, history().as_str()); 7]);
    let lines = [
        "events",
        "events --diff",
        "events -n 1 -o json",
        "events --since 10m -o name",
        "events --type route",
        "events --id c1 -o name",
        "events --id none",
    ];
    assert_snapshot!(Scene::at(&fake).runs(&lines));
    assert_snapshot!(Scene::at(&fake).terminal(80).runs(&["events --type rotue", "events --since soon"]));
}

#[test]
fn changes_after_a_revision_come_in_several_answers() {
    let fake = Fake::with_objects();
    let first = format!(r#"{{"rev":7,"dropped":2,"events":[{OLD}],"more":true}}"#);
    let second = format!(r#"{{"rev":7,"dropped":0,"events":[{NEW}],"more":false}}"#);
    fake.script("GET", "/live/events?since=1", &[(200, &first)]);
    fake.script("GET", "/live/events?since=3", &[(200, &second)]);
    assert_snapshot!(Scene::at(&fake).run("events --since 1").text);
}

#[test]
fn changes_as_they_come() {
    let fake = Fake::with_objects();
    fake.script(
        "GET",
        "/live/events",
        &[(200, &format!("{NEW}\n{{\"dropped\":1}}\n")), (401, r#"{"error_msg":"no"}"#)],
    );
    assert_snapshot!(Scene::at(&fake).run("events -f --diff").text);
    assert!(fake.asked().iter().any(|asked| asked == "GET /live/events?since=7"), "{:?}", fake.asked());
}

#[test]
fn a_server_that_keeps_no_journal() {
    let fake = Fake::with_objects();
    assert_snapshot!(Scene::at(&fake).runs(&["events", "events --since 5"]));
    // Its lists are looked at, here until it does not let us in any more.
    let list = r#"{"list":[{"key":"/apisix/routes/a","value":{"id":"a","uri":"/a"},"createdIndex":1,"modifiedIndex":1}],"total":1}"#;
    fake.script("GET", "/routes", &[(200, r#"{"list":[],"total":0}"#), (200, list), (401, r#"{"error_msg":"no"}"#)]);
    let seen = Scene::at(&fake).run("events -f --type routes -o jsonpath={.op}{.id}");
    assert!(seen.code == 4 && seen.stdout.trim() == "createa", "{}", seen.text);
}
