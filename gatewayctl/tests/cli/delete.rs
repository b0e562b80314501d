use insta::assert_snapshot;
use serde_json::json;

use crate::fake::Fake;
use crate::scene::Scene;

#[test]
fn with_yes() {
    let fake = Fake::with_objects();
    assert_snapshot!(Scene::at(&fake).runs(&[
        "delete route hello --yes",
        "delete route hello --yes",
        "delete route hello --yes --ignore-not-found",
        "delete route/orders route/inline -y -o name",
        "delete credential c1 --consumer bob -y",
    ]));
}

#[test]
fn nobody_to_ask() {
    let fake = Fake::with_objects();
    assert_snapshot!(Scene::at(&fake).run("delete route hello").text);
    assert_snapshot!(Scene::at(&fake).terminal(80).stdin("y\n").run("delete route hello --no-input").text);
    assert!(fake.held("routes/hello").is_some());
}

#[test]
fn the_question_says_what_uses_it() {
    let fake = Fake::with_objects();
    assert_snapshot!(Scene::at(&fake).terminal(80).stdin("n\n").run("delete upstream u1").text);
    assert_snapshot!(Scene::at(&fake).terminal(80).stdin("").run("delete consumer bob").text);
    assert!(fake.held("upstreams/u1").is_some() && fake.held("consumers/bob").is_some());
    assert_snapshot!(Scene::at(&fake).terminal(80).stdin("yes\n").run("delete route hello").text);
    assert!(fake.held("routes/hello").is_none());
}

#[test]
fn in_use_and_force() {
    let fake = Fake::with_objects();
    let said = r#"{"error_msg":"can not delete this upstream, route [hello] is still using it now"}"#;
    fake.script("DELETE", "/upstreams/u1", &[(400, said)]);
    assert_snapshot!(Scene::at(&fake).runs(&["delete upstream u1 -y", "delete upstream u1 -y --force"]));
    assert_eq!(fake.asked().last().map(String::as_str), Some("DELETE /upstreams/u1?force=true"));
}

#[test]
fn what_refers_goes_first() {
    let fake = Fake::with_objects();
    fake.hold("stream_routes/a", json!({"id":"a","protocol":{"name":"redis"}}));
    fake.hold("stream_routes/b", json!({"id":"b","protocol":{"name":"redis","superior_id":"a"}}));
    let line =
        "delete upstream/u1 service/s1 consumer/bob credential/bob/c1 stream-route/a route/hello stream-route/b --yes";
    let seen = Scene::at(&fake).run(line);
    assert_eq!(seen.code, 0, "{}", seen.text);
    let order: Vec<&str> = seen.stdout.lines().filter_map(|line| line.strip_suffix(" deleted")).collect();
    let expected = [
        "stream-route/b",
        "stream-route/a",
        "route/hello",
        "credential/bob/c1",
        "consumer/bob",
        "service/s1",
        "upstream/u1",
    ];
    assert_eq!(order, expected);
}

#[test]
fn from_files_in_reverse_order() {
    let fake = Fake::with_objects();
    let scene = Scene::at(&fake);
    scene.file("a.yaml", "upstreams: [{id: u1}]\nroutes: [{id: hello}, {id: nothing}]\nservices: [{id: s1}]\n");
    assert_snapshot!(scene.runs(&[
        "delete -f ~/a.yaml -y",
        "delete -f ~/a.yaml -y --ignore-not-found -o json",
        "delete -f ~/a.yaml route x",
        "delete routes",
        "delete"
    ]));
}

#[test]
fn a_delete_whose_answer_was_lost_is_done() {
    let fake = Fake::with_objects();
    fake.script("DELETE", "/routes/gone", &[(504, "{}")]);
    assert_snapshot!(Scene::at(&fake).run("delete route gone -y").text);
}

#[test]
fn many_at_once_always_ask() {
    let fake = Fake::with_objects();
    let scene = Scene::at(&fake);
    assert_snapshot!(scene.runs(&[
        "delete routes --all",
        "delete routes -l team=blue --dry-run",
        "delete routes -l team=none",
        "delete route hello --all",
        "delete routes -l team= --yes",
        "delete routes -l team=blue --yes",
        "delete credentials --all --consumer bob --yes",
    ]));
    assert_snapshot!(Scene::at(&fake).terminal(80).stdin("n\n").run("delete routes --all").text);
    assert!(fake.held("routes/hello").is_none() && fake.held("routes/orders").is_some());
}

#[test]
fn what_uses_it_goes_first() {
    let fake = Fake::with_objects();
    let scene = Scene::at(&fake);
    assert_snapshot!(scene.runs(&[
        "delete upstream u1 --dry-run",
        "delete upstream u1 --cascade --dry-run=server",
        "delete upstream u1 nothing --dry-run --force",
        "delete upstream u1 --cascade --yes",
    ]));
    assert!(fake.held("services/s1").is_none() && fake.held("routes/orders").is_none());
    assert!(fake.held("routes/inline").is_some() && fake.held("consumers/bob").is_some());
}

#[test]
fn shown_guarded_and_waited_for() {
    let fake = Fake::with_objects();
    fake.goes_live();
    let scene = Scene::at(&fake);
    assert_snapshot!(scene.runs(&[
        "delete route hello --diff",
        "delete route hello --if-match 3 --yes",
        "delete route hello orders --if-match 3 --yes",
        "delete route hello --if-match 103 --wait --yes",
    ]));
    assert_eq!(fake.held("routes/hello"), None);
}

/// What is off holds nothing that could be deleted.
#[test]
fn everything_where_a_part_is_off() {
    let fake = Fake::with_objects();
    fake.goes_live();
    let off = r#"{"error_msg":"stream mode is disabled, can not add stream routes"}"#;
    fake.script("GET", "/stream_routes", &[(400, off); 9]);
    let scene = Scene::at(&fake);
    assert_snapshot!(scene.runs(&[
        "delete all -l team=blue --dry-run",
        "delete all -l team=blue --yes",
        "delete all -l team=blue --yes",
        "delete stream-routes --all --yes",
        "get stream-routes",
    ]));
    assert_eq!((fake.held("routes/hello"), fake.held("upstreams/u1").is_some()), (None, true));
    let seen = scene.run("delete all --all --yes");
    assert_eq!(seen.code, 0, "{}", seen.text);
    assert_eq!(fake.held("upstreams/u1"), None);
}

/// A refusal in any other words says nothing about what there is: nothing counts as empty then.
#[test]
fn a_list_that_is_refused_is_not_an_empty_one() {
    for (status, said) in [
        (400, r#"{"error_msg":"etcd is not ready"}"#),
        (405, r#"{"error_msg":"method not allowed"}"#),
        (409, r#"{"error_msg":"another write is under way"}"#),
        (413, "<html>too large</html>"),
        (422, r#"{"message":"no"}"#),
    ] {
        let fake = Fake::with_objects();
        fake.script("GET", "/upstreams", &[(status, said); 40]);
        let scene = Scene::at(&fake);
        let all = scene.file("all.yaml", "upstreams: []\nroutes: []\n").display().to_string();
        for command in [
            "config dump".to_owned(),
            format!("config diff -f {all}"),
            format!("config sync -f {all} --yes"),
            "get all".to_owned(),
            "delete all --all --yes".to_owned(),
            "tree".to_owned(),
        ] {
            let seen = scene.run(&command);
            assert!(matches!(seen.code, 5 | 7) && seen.stdout.is_empty(), "{status} {command}: {}", seen.text);
        }
        assert!(fake.held("routes/hello").is_some() && fake.held("upstreams/u1").is_some());
    }
}
