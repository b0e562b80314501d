//! Commands that write one object: create, edit, patch, label, enable, disable, and the flags that all of them have.

use insta::assert_snapshot;
use serde_json::json;

use crate::fake::Fake;
use crate::scene::Scene;

#[test]
fn patches_of_all_types() {
    let fake = Fake::with_objects();
    let scene = Scene::at(&fake);
    let mut all = String::new();
    for words in [
        &["patch", "route", "hello", "-p", "{\"desc\":\"d\",\"labels\":{\"team\":null,\"env\":\"x\"}}"][..],
        &["patch", "route", "hello", "-p", "{\"desc\":\"d\"}"],
        &["patch", "route/orders", "--type", "json", "-p", "[{\"op\":\"replace\",\"path\":\"/priority\",\"value\":7}]"],
        &["patch", "upstream", "u1", "--type", "path", "--at", "nodes", "-p", "{\"10.0.0.9:80\": 5}"],
        &["patch", "consumer", "bob", "--set", "desc=5", "--unset", "group_id"],
        &["patch", "route", "hello", "--set", "methods=GET,PUT", "--set", "priority=3", "--set", "labels.n=5"],
        &["patch", "route", "hello", "--set", "uri.x=3"],
        &["patch", "route", "hello", "--set", "priorty=3"],
        &["patch", "route", "hello"],
        &["patch", "route", "nothing", "-p", "{}"],
        &["patch", "route", "hello", "--type", "json", "-p", "[{\"op\":\"remove\",\"path\":\"/none\"}]"],
    ] {
        all.push_str(&scene.run_words(words).text);
        all.push('\n');
    }
    assert_snapshot!(all);
    let writes: Vec<String> =
        fake.asked().into_iter().filter(|line| line.starts_with("PATCH") || line.starts_with("PUT")).collect();
    assert_snapshot!(writes.join("\n"));
}

#[test]
fn fields_of_plugins_are_typed_by_the_plugins_schema() {
    let fake = Fake::with_objects();
    let schema = r#"{"properties":{"count":{"type":"integer"},"key":{"type":"string"}},"additionalProperties":false}"#;
    fake.script("GET", "/schema/plugins/limit-count", &[(200, schema), (200, schema), (200, schema)]);
    let scene = Scene::at(&fake);
    fake.script("GET", "/plugins/list", &[(200, r#"["limit-count","limit-conn"]"#)]);
    assert_snapshot!(scene.runs(&[
        "patch service s1 --set plugins.limit-count.count=9 --set plugins.limit-count.key=5",
        "patch service s1 --set plugins.limit-count.cuont=9",
        "patch service s1 --set plugins.limit-cuont.count=9",
    ]));
    let plugin = fake.held("services/s1").unwrap()["plugins"]["limit-count"].clone();
    assert_eq!(plugin, json!({"count": 9, "time_window": 60, "key": "5"}));
}

/// What a consumer is known by is another thing than what a route asks for, and texts stay texts.
#[test]
fn plugins_of_consumers_have_fields_of_their_own() {
    let fake = Fake::with_objects();
    let consumer = r#"{"properties":{"key":{"type":"string"}},"additionalProperties":false}"#;
    let missing = r#"{"error_msg":"not found schema"}"#;
    fake.script("GET", "/schema/plugins/key-auth?schema_type=consumer", &[(200, consumer); 3]);
    fake.script("GET", "/schema/plugins/limit-count?schema_type=consumer", &[(400, missing)]);
    let schema = r#"{"properties":{"count":{"type":"integer"},"key":{"type":"string"}}}"#;
    fake.script("GET", "/schema/plugins/limit-count", &[(200, schema)]);
    fake.script(
        "GET",
        "/schema/plugins/http-logger?schema_type=metadata",
        &[(200, r#"{"properties":{"log_format":{"additionalProperties":{"type":"string"}}}}"#)],
    );
    fake.hold("plugin_metadata/http-logger", json!({"log_format": {}}));
    assert_snapshot!(Scene::at(&fake).runs(&[
        "create consumer kim --set plugins.key-auth.key=12345 --set plugins.limit-count.key=7",
        "create credential c2 --consumer bob --set plugins.key-auth.key=12345",
        "patch consumer bob --set plugins.key-auth.kee=5",
        "patch plugin-metadata http-logger --set log_format.a=5",
    ]));
    assert_eq!(
        fake.held("consumers/kim").unwrap()["plugins"],
        json!({"key-auth": {"key": "12345"}, "limit-count": {"key": "7"}})
    );
    assert_eq!(fake.held("consumers/bob/credentials/c2").unwrap()["plugins"]["key-auth"]["key"], "12345");
    assert_eq!(fake.held("plugin_metadata/http-logger").unwrap()["log_format"]["a"], "5");
}

/// The id of an object is how it is called: another one is another object.
#[test]
fn ids_stay_what_they_are() {
    let fake = Fake::with_objects();
    assert_snapshot!(Scene::at(&fake).runs(&[
        "patch route hello --set id=zzz",
        "patch route hello -p {\"id\":\"zzz\"}",
        "patch route hello --set id=hello --set desc=x",
        "patch consumer bob --set username=zzz",
        "patch route hello --set update_time=5",
    ]));
    assert!(fake.held("routes/zzz").is_none() && fake.held("routes/hello").is_some());
}

#[test]
fn differences_dry_runs_and_revisions() {
    let fake = Fake::with_objects();
    let scene = Scene::at(&fake);
    assert_snapshot!(scene.runs(&[
        "patch route hello --set desc=new --dry-run --diff",
        "patch consumer bob --set plugins.key-auth.key=other --dry-run=client --diff",
        "patch route hello --set desc=new --dry-run=server",
        "patch route hello --set desc=new --if-match 1",
        "patch route hello --set desc=new --if-match 103 -o name",
        "patch route hello --set desc=newer --diff",
        "patch route hello --set desc=newer --diff --yes -o json",
        "patch route hello --set desc=newest --wait=1s",
    ]));
    let asked = fake.asked();
    assert!(asked.iter().any(|line| line.starts_with("POST /schema/validate/routes")), "{asked:?}");
    // A server that says that it can is asked itself.
    fake.script("GET", "/live", &[(200, r#"{"api":1,"abilities":["dry_run"]}"#)]);
    assert_eq!(scene.run("patch route hello --set desc=other --dry-run=server").code, 0);
    assert!(fake.asked().last().unwrap().starts_with("PATCH /routes/hello?dry_run=true"), "{:?}", fake.asked().last());
}

#[test]
fn a_change_by_somebody_else_is_not_overwritten() {
    let fake = Fake::with_objects();
    fake.script("PUT", "/consumers/bob", &[(412, r#"{"error_msg":"revision is 999"}"#)]);
    assert_snapshot!(Scene::at(&fake).run("patch consumer bob --set desc=x").text);
    assert!(fake.heads().iter().any(|head| head.contains("if-match: \"106\"")), "{:?}", fake.heads());
}

#[test]
fn waiting_until_it_is_in_use() {
    let fake = Fake::with_objects();
    let info = |revision: u64| format!("{{\"config\":{{\"applied_revision\":{revision}}}}}");
    fake.script("GET", "/live/info", &[(200, &info(1)), (200, &info(200))]);
    let scene = Scene::at(&fake);
    assert_eq!(scene.run("label route hello a=b --wait").code, 0);
    fake.script("GET", "/live/info", &[(200, &*info(1)); 9]);
    let seen = scene.run("label route hello a=c --wait=300ms");
    assert_snapshot!(seen.text);
}

#[test]
fn labels_and_status() {
    let fake = Fake::with_objects();
    assert_snapshot!(Scene::at(&fake).runs(&[
        "label route hello env=prod team-",
        "label route/hello env=prod",
        "label route hello",
        "label route hello =x",
        "label route nothing a=b",
        "disable route hello",
        "disable route hello",
        "enable route/hello route/orders -o name",
        "enable upstream u1",
        "disable routes",
        "disable route nothing",
    ]));
    assert_eq!(fake.held("routes/hello").unwrap()["labels"], json!({"env": "prod"}));
}

#[test]
fn creation() {
    let fake = Fake::with_objects();
    let scene = Scene::at(&fake).stdin("uri: /from-stdin\nupstream_id: u1\n");
    scene.file("two.yaml", "routes: [{id: t1, uri: /t1}, {id: hello, uri: /x}]\n");
    assert_snapshot!(scene.runs(&[
        "create route r1 --uri /a,/b --host a.example --methods get,PUT --upstream-nodes 127.0.0.1:80=2,[::1]:81 --plugin cors --label team=blue",
        "create route --uri /c --upstream u1",
        "create route --name Orders --uri /c --upstream u1",
        "create route stdin -f -",
        "create upstream u2 --upstream-nodes 10.0.0.1:80=1 -o name",
        "create consumer jane --set plugins.key-auth.key=k",
        "create credential c9 --consumer jane --plugin key-auth={\"key\":\"x\"}",
        "create route hello --uri /x",
        "create -f ~/two.yaml",
        "create route x --upstream-nodes a=b",
        "create",
        "create route y --uri /y --dry-run",
    ]));
    assert_eq!(fake.held("routes/r1").unwrap()["upstream"]["nodes"], json!({"127.0.0.1:80": 2, "[::1]:81": 1}));
    assert_eq!(fake.held("consumers/jane").unwrap()["username"], "jane");
    assert!(fake.held("routes/made-by-server").is_some() && fake.held("routes/orders-2").is_none());
}

#[cfg(unix)]
#[test]
fn editing() {
    let fake = Fake::with_objects();
    let scene = Scene::at(&fake).env("EDITOR", "sed -i s/hello/changed/");
    assert_snapshot!(scene.run("edit route hello --diff --yes").text);
    assert_eq!(fake.held("routes/hello").unwrap()["name"], "changed");
    // Masks stay, and what they stand for.
    let scene = Scene::at(&fake).env("EDITOR", "sed -i s/g1/g2/");
    assert_snapshot!(scene.runs(&["edit consumer bob"]));
    let bob = fake.held("consumers/bob").unwrap();
    assert_eq!((&bob["group_id"], &bob["plugins"]["key-auth"]["key"]), (&json!("g2"), &json!("bobs-secret")));
    let asked = fake.asked().len();
    for (line, word) in [("kind: service", "kind stays route"), ("consumer: jane", "is not the consumer jane's")] {
        let seen = Scene::at(&fake).env("EDITOR", &format!("sed -i '$a {line}'")).run("edit route hello");
        assert!(seen.code == 2 && seen.stderr.contains(word), "{}", seen.text);
        std::fs::remove_file(seen.stderr.split("is kept in ").nth(1).unwrap().lines().next().unwrap()).unwrap();
    }
    assert!(fake.asked().iter().skip(asked).all(|asked| asked.starts_with("GET ")), "{:?}", fake.asked());
    let scene = Scene::at(&fake);
    assert_snapshot!(
        [
            scene.run("edit route nothing").text,
            Scene::at(&fake).env("VISUAL", "true").run("edit route orders").text,
            Scene::at(&fake).env("VISUAL", "truncate -s 0").run("edit route orders").text,
            Scene::at(&fake).env("VISUAL", "false").run("edit route orders").text,
            Scene::at(&fake).env("VISUAL", "/does/not/exist").run("edit route orders").text,
        ]
        .join("\n")
    );
}

#[cfg(unix)]
#[test]
fn what_was_edited_and_refused_is_kept() {
    let fake = Fake::with_objects();
    let said = r#"{"error_msg":"invalid configuration: property \"uri\" validation failed: wrong type"}"#;
    fake.script("PUT", "/routes/orders", &[(400, said)]);
    let seen = Scene::at(&fake).env("EDITOR", "sed -i s/5$/6/").run("edit route orders");
    assert_eq!(seen.code, 5, "{}", seen.text);
    let path = seen.stderr.split("is kept in ").nth(1).unwrap().lines().next().unwrap().to_owned();
    assert!(std::fs::read_to_string(&path).unwrap().contains("priority: 6"), "{path}");
    std::fs::remove_file(path).unwrap();
    fake.script("PUT", "/routes/orders", &[(412, r#"{"error_msg":"revision is 999"}"#)]);
    let seen = Scene::at(&fake).env("EDITOR", "sed -i s/5$/6/").run("edit route orders");
    assert!(
        seen.code == 5 && seen.stderr.contains("route/orders: somebody else has changed it: its revision is 999"),
        "{}",
        seen.text
    );
    // With somebody there it is opened again, with the reason in front.
    fake.script("PUT", "/routes/orders", &[(400, said)]);
    let scene = Scene::at(&fake).terminal(80);
    let script = scene.file("editor", "grep -q wrong.type $1 && sed -i s/6$/8/ $1 || sed -i s/5$/6/ $1\n");
    let scene = scene.env("EDITOR", &format!("sh {}", script.display()));
    let seen = scene.run("edit route orders");
    assert_eq!(seen.code, 0, "{}", seen.text);
    assert_eq!(fake.held("routes/orders").unwrap()["priority"], 8);
}

#[test]
fn of_two_who_create_the_same_one_does() {
    let missing = r#"{"message":"Key not found"}"#;
    // Somebody else makes it between the look and the write.
    let between = |stock: bool| {
        let fake = Fake::with_objects();
        if stock {
            fake.goes_stock();
        }
        fake.hold("routes/new", json!({"id":"new","uri":"/theirs","upstream_id":"u1"}));
        fake.script("GET", "/routes/new", &[(404, missing)]);
        fake
    };
    for line in ["create route new --uri /mine --upstream u1", "create -f ~/new.yaml"] {
        let fake = between(false);
        let scene = Scene::at(&fake);
        scene.file("new.yaml", "routes: [{id: new, uri: /mine, upstream_id: u1}]\n");
        let seen = scene.run(line);
        assert_eq!((seen.code, seen.stdout.as_str()), (5, ""), "{}", seen.text);
        for said in ["error: route/new: exists already\n", "hint: gatewayctl edit route/new\n"] {
            assert!(seen.stderr.contains(said), "{}", seen.text);
        }
        assert_eq!(fake.held("routes/new").unwrap()["uri"], "/theirs");
    }
    // An APISIX does not look at what is asked for beside the object.
    let fake = between(true);
    let seen = Scene::at(&fake).run("create route new --uri /mine --upstream u1");
    assert_eq!((seen.code, seen.stdout.as_str()), (0, "route/new created\n"), "{}", seen.text);
    // What an earlier try has made, whose answer was lost, is no other's.
    for (uri, code) in [("/mine", 0), ("/theirs", 5)] {
        let fake = Fake::with_objects();
        fake.hold("routes/new", json!({"id":"new","uri":uri,"upstream_id":"u1"}));
        fake.script("GET", "/routes/new", &[(404, missing)]);
        fake.script("PUT", "/routes/new", &[(502, "")]);
        let seen = Scene::at(&fake).run("create route new --uri /mine --upstream u1");
        assert_eq!(seen.code, code, "{}", seen.text);
    }
}

#[test]
fn a_read_only_context_writes_nothing() {
    let fake = Fake::with_objects();
    let scene = Scene::at(&fake);
    let config =
        format!("current-context: a\ncontexts: [{{name: a, server: 'http://{}', read-only: true}}]\n", fake.address);
    scene.file("c.yaml", &config);
    for line in [
        "patch route hello --set desc=x",
        "label route hello a=b",
        "disable route hello",
        "create route x --uri /x",
        "edit route hello",
    ] {
        let seen = scene.run(&format!("{line} --config ~/c.yaml"));
        assert_eq!(seen.code, 4, "{}", seen.text);
    }
    assert!(fake.asked().is_empty(), "{:?}", fake.asked());
    assert_eq!(scene.run("patch route hello --set desc=x --dry-run --config ~/c.yaml").code, 0);
}

/// The server takes a path that no request has.
#[test]
fn what_cannot_have_been_meant_is_said() {
    let fake = Fake::with_objects();
    let scene = Scene::at(&fake);
    let said = "warning: route/hello: no request has the path 5: paths begin with / (GW016)";
    let seen = scene.run("patch route hello --set uri=5");
    assert!(seen.code == 0 && seen.stderr.contains(said), "{}", seen.text);
    // It was so before.
    let seen = scene.run("patch route hello --set desc=x");
    assert!(seen.code == 0 && !seen.stderr.contains("GW016"), "{}", seen.text);
    let seen = scene.run("create route new --uri x --upstream u1");
    assert!(seen.code == 0 && seen.stderr.contains("route/new: no request has the path x"), "{}", seen.text);
}

#[test]
fn an_id_stays() {
    let fake = Fake::with_objects();
    let scene = Scene::at(&fake);
    assert_snapshot!(scene.runs(&[
        "patch route hello --set id=other",
        "patch route hello -p []",
        "patch route hello --set id=hello --set priority=2",
        "patch consumer bob --set username=eve",
    ]));
}

/// Why nothing can be written, and what helps, is another thing each time.
#[test]
fn what_a_forbidden_write_is_told() {
    let fake = Fake::with_objects();
    let answers = [
        (403, r#"{"error_msg":"this Admin API is for reading only (gateway.admin.read_only)"}"#),
        (
            403,
            r#"{"error_msg":"the host \"gw.example\" is neither an address, nor localhost, nor in gateway.admin.hosts"}"#,
        ),
        (403, r#"{"error_msg":"403 Forbidden"}"#),
    ];
    fake.script("PATCH", "/routes/hello", &answers);
    assert_snapshot!(Scene::at(&fake).runs(&["patch route hello --set priority=3"; 3]));
}
