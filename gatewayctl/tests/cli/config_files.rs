use insta::assert_snapshot;
use serde_json::json;

use crate::fake::Fake;
use crate::scene::Scene;

const WRONG: &str = r#"routes:
  - id: a
    uri: /a
    method: [GET]
    priority: high
    upstream_id: gone
  - id: b
    uri: /b
    plugins:
      limit-cuont: {count: 1}
      limit-count: {count: 1, time_windw: 60}
      zipkin: {endpoint: "http://127.0.0.1:9411", sample_ratio: 1}
  - id: c
    uri: /c
    priority: 5
    upstream: {nodes: {"a:1": 1, "b:1": 1}}
  - id: d
    uri: /c
    methods: [GET]
    upstream: {nodes: {"a:1": 1}, timeout: {connect: 1, send: 1, read: 1}}
  - id: e
    uri: /c
    priority: 5
    upstream_id: u
upstreams:
  - id: u
    nodes: {"a:1": 1}
    k8s_deployment_info: {}
consumers:
  - username: bob
    plugins: {key-auth: {key: plain-text}}
  - username: eve
    plugins: {key-auth: {key: plain-text}, jwt-auth: {key: e, secret: $secret://vault/1/e}}
  - username: bob
ssls:
  - {id: one, snis: [a.example], cert: $env://CERT, key: $env://KEY}
  - {id: two, snis: [b.example, A.example], cert: $env://CERT}
"#;

#[test]
fn mistakes_have_places_and_rules() {
    // From standard input, for the widths of columns depend on the length of a path.
    let scene = Scene::alone().stdin(WRONG);
    scene.file(
        "fine.yaml",
        "routes: [{id: r, uri: /, upstream: {nodes: {'a:1': 1}, timeout: {connect: 1, send: 1, read: 1}}}]",
    );
    scene.file("rules.yaml", "rules: {schema: off, GW011: error, GW013: warning}");
    scene.file("norules.yaml", "rules: {GW0011: off}");
    assert_snapshot!(scene.runs(&[
        "config lint -f -",
        "config lint -f - --rules ~/rules.yaml -o json --fail-on never --compact",
        "config lint -f - -o github",
        "config lint -f ~/fine.yaml --fail-on info",
        "config lint -f - --rules ~/norules.yaml",
        "config lint -f ~/none.yaml",
        "config validate -f -",
        "config validate -f ~/fine.yaml",
    ]));
    let sarif: serde_json::Value = serde_json::from_str(&scene.run("config lint -f - -o sarif").stdout).unwrap();
    assert_eq!(sarif["version"], "2.1.0");
    assert_snapshot!(serde_json::to_string_pretty(&sarif["runs"][0]["results"][0]).unwrap());
}

#[test]
fn all_mistakes_are_told_at_once() {
    let scene = Scene::alone();
    scene.file("many.yaml", "routes:\n  - uri: /none\n  - {id: a, uri: /a, priorty: 5}\n  - hello\n  - {id: b/c, uri: /b}\nservces: []\nupstreams: 7\n");
    scene.file("broken.yaml", "routes:\n  - {id: a, uri: [}\n");
    scene.file("good.yaml", "routes:\n  - {id: a, uri: /a, priorty: 5, upstream: {nodes: {\"a:1\": 1}}}\n");
    let seen = scene.runs(&[
        "config validate -f ~/many.yaml",
        "config lint -f ~/many.yaml -o json",
        "apply -f ~/many.yaml",
        "apply -f ~/many.yaml --errors json",
        "config validate -f ~/good.yaml ~/broken.yaml",
        "config lint -f ~/broken.yaml -o github",
        "config validate -f ~/broken.yaml -o sarif",
    ]);
    // The rules in SARIF are those of every snapshot of it.
    let (before, after) = (seen.split("\"rules\": [").next().unwrap(), seen.rsplit("\"results\": [").next().unwrap());
    assert_snapshot!(format!("{before}…{after}"));
}

#[test]
fn certificates_that_are_for_other_names() {
    let scene = Scene::alone();
    let pem = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cli/tls/server.pem")).unwrap();
    let ssl =
        |id: &str, snis: &[&str]| json!({"kind": "ssl", "id": id, "cert": pem, "key": "$env://KEY", "snis": snis});
    let all = json!([ssl("fine", &["admin.example"]), ssl("other", &["Admin.example", "b.example"])]);
    scene.file("c.json", &all.to_string());
    let lines = ["config lint -f ~/c.json --fail-on never -o json", "config validate -f ~/c.json"];
    assert_snapshot!(scene.runs(&lines).replace(&pem, "PEM"));
}

#[test]
fn certificates_that_expire() {
    let scene = Scene::alone();
    let pem = include_str!("certificate.pem").replace('\n', "\n      ");
    let scene = scene.stdin(&format!("ssls:\n- id: old\n  snis: [a.example]\n  cert: |\n      {pem}\n"));
    assert_snapshot!(scene.run("config lint -f -").text);
}

#[test]
fn a_dump_has_no_mistakes() {
    let fake = Fake::with_objects();
    fake.hold("ssls/1", serde_json::json!({"id":"1","cert":"$env://CERT","key":"PRIVATE","snis":["a.example"]}));
    let dump = Scene::at(&fake).run("config dump").stdout;
    let seen = Scene::alone().stdin(&dump).run("config validate -f -");
    assert_eq!((seen.code, seen.stdout.as_str()), (0, ""), "{}", seen.text);
}

#[test]
fn the_server_checks_all_at_once() {
    let fake = Fake::start();
    let failed = r#"{"error_msg":"Configuration validation failed","errors":[{"resource_type":"routes","resource_id":"b","index":1,"error":"invalid configuration: property \"uri\" validation failed: wrong type"},{"resource_type":"consumers","resource_id":"x","index":0,"error":"unknown plugin [y]"}]}"#;
    fake.script(
        "POST",
        "/configs/validate",
        &[(400, failed), (200, "{}"), (404, "{\"error_msg\":\"404 Route Not Found\"}")],
    );
    let scene = Scene::at(&fake)
        .stdin("routes:\n- id: a\n  uri: /a\n- id: b\n  uri: 5\nconsumers:\n- username: x\n  plugins:\n    y: {}\n");
    let line = "config validate -f - --server-side";
    assert_snapshot!(scene.runs(&[line, line, line]));
    assert_snapshot!(fake.asked().iter().find(|asked| asked.starts_with("POST")).unwrap());
}

#[test]
fn the_server_adds_to_what_is_checked_here() {
    let fake = Fake::with_objects();
    let validate = |text: &str| Scene::at(&fake).stdin(text).run("config validate -f - --server-side");
    // What the server holds need not be in the files.
    let seen = validate("routes:\n- {id: a, uri: /a, upstream_id: u1}\n- {id: b, uri: /b, service_id: s1}\n");
    assert_eq!((seen.code, seen.stderr.contains("2 objects are fine")), (0, true), "{}", seen.text);
    let seen = validate(
        "routes:\n- {id: a, uri: /a, upstream_id: nope}\n- {id: b, uri: /b, upstream_id: u1, plugins: {keyauth: {}}}\n",
    );
    assert_eq!(seen.code, 1, "{}", seen.text);
    assert!(
        seen.stdout.contains("names upstream/nope, which is neither in these files nor on the server"),
        "{}",
        seen.text
    );
    assert!(seen.stdout.contains("unknown plugin \"keyauth\", did you mean \"key-auth\"?"), "{}", seen.text);
    // A plugin that this server alone has.
    fake.script("GET", "/plugins/list", &[(200, r#"["keyauth"]"#)]);
    let seen = validate("routes:\n- {id: b, uri: /b, upstream_id: u1, plugins: {keyauth: {}}}\n");
    assert_eq!(seen.code, 0, "{}", seen.text);
}

/// Where there are transactions, one that is only tried says what a sync and apply would be told.
#[test]
fn the_server_is_asked_what_a_write_would_ask() {
    let fake = Fake::with_objects();
    fake.goes_live();
    fake.hold("ssls/1", json!({"id":"1","cert":"CERT","key":"PRIVATE","snis":["a.example"]}));
    let dump = Scene::at(&fake).run("config dump").stdout;
    let validate = |text: &str| Scene::at(&fake).stdin(text).run("config validate -f - --server-side");
    let seen = validate(&dump.replace("cert: CERT", "cert: CERT\n  labels: {a: b}"));
    assert!(!seen.stdout.contains("key is missing"), "{}", seen.text);
    let asked = fake.asked().into_iter().rfind(|asked| asked.starts_with("POST")).unwrap();
    assert!(
        asked.starts_with("POST /live/apply")
            && asked.contains(r#"{"op":"patch","path":"/ssls/1","value":{"labels":{"a":"b"}}"#)
            && asked.contains(r#""dry_run":true"#)
            && !asked.contains("********"),
        "{asked}"
    );
    // Somewhere else there is nothing behind a mask.
    let other = Fake::start();
    other.goes_live();
    let seen = Scene::at(&other).stdin(&dump).run("config validate -f - --server-side");
    assert_eq!(seen.code, 1, "{}", seen.text);
    assert!(seen.stdout.contains("/plugins/key-auth/key is masked, and the server holds nothing"), "{}", seen.text);
    let bad = "routes:\n- {id: bad, uri: refuse, upstream_id: u1}\n- {id: good, uri: /g, upstream_id: u1}\n";
    assert_snapshot!(validate(bad).text);
    // What a sync deletes is not in its way.
    let taken = r#"{"error_msg":"nothing has changed","results":[{"path":"/routes/a","status":"error","error_msg":"duplicate key"}]}"#;
    fake.script("POST", "/live/apply", &[(400, taken), (200, "{}"), (400, taken), (400, taken)]);
    let moved = "routes:\n- {id: a, uri: /a, upstream_id: u1}\n";
    assert_snapshot!([validate(moved).text, validate(moved).text].join("\n"));
    assert!(!fake.asked().iter().any(|asked| asked.starts_with("PUT") || asked.contains(r#""dry_run":false"#)));
}

#[test]
fn files_are_formatted() {
    let scene = Scene::alone();
    scene.file("conf/a.yaml", "uri: /a\nkind: route\nplugins: {b: {}, a: {}}\nid: a\n");
    scene.file(
        "conf/b.json",
        "{\"upstreams\":[{\"nodes\":{},\"id\":\"u\"}],\"routes\":[{\"uri\":\"/b\",\"id\":\"b\"}]}",
    );
    scene.file("comments.yaml", "# mine\nkind: route\nuri: /a # of it\nid: a\n# the end\n");
    scene.file("flow.yaml", "{routes: [{id: a, uri: /a}]} # one line\n");
    let canonical = "# all of it\nroutes:\n# the first\n- id: a\n  uri: /a # why\n#END\n";
    scene.file("canonical.yaml", canonical);
    assert_snapshot!(scene.runs(&[
        "config fmt -f ~/conf",
        "config fmt -f ~/conf --check",
        "config fmt -f ~/conf --write",
        "config fmt -f ~/conf --check",
        "config fmt -f ~/comments.yaml --check",
        "config fmt -f ~/comments.yaml --write",
        "config fmt -f ~/comments.yaml --check",
        "config fmt -f ~/canonical.yaml --check",
        "config fmt -f ~/canonical.yaml --write",
        "config fmt -f ~/flow.yaml --check",
        "config fmt -f ~/flow.yaml --write",
    ]));
    assert_snapshot!(std::fs::read_to_string(scene.path("comments.yaml")).unwrap());
    assert_eq!(std::fs::read_to_string(scene.path("canonical.yaml")).unwrap(), canonical);
    let json = scene.run("config fmt -f ~/canonical.yaml -o json");
    let printed: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(printed, serde_json::json!({"routes": [{"id": "a", "uri": "/a"}]}));
    scene.run("config fmt -f ~/comments.yaml --write --drop-comments --format native");
    assert_snapshot!(std::fs::read_to_string(scene.path("comments.yaml")).unwrap());
}

/// What is printed of several files is one text that holds the same objects, each behind the name of its file.
#[test]
fn several_formatted_files_read_back() {
    let scene = Scene::alone();
    scene.file("conf/a.yaml", "# mine\n\nuri: /a # of it\nkind: route\nid: a\n---\nkind: route\nid: a2\nuri: /a2\n");
    scene.file(
        "conf/b.json",
        "{\"upstreams\":[{\"nodes\":{},\"id\":\"u\"}],\"routes\":[{\"uri\":\"/b#\",\"id\":\"b\"}]}",
    );
    scene.file("conf/c.yaml", "routes: [{id: c, uri: /c}]\n#END\n");
    scene.file("conf/d.yml", "services: [{id: d, hosts: [d.example]}]\n");
    scene.file("conf/empty.yaml", "# nothing\n");
    scene.file("json/a.json", "{\"kind\":\"route\",\"id\":\"a\",\"uri\":\"/a\"}");
    scene.file("json/b.json", "{\"upstreams\":[{\"nodes\":{},\"id\":\"u\"}]}");
    assert_snapshot!(scene.runs(&[
        "config fmt -f ~/conf",
        "config fmt -f ~/json",
        "config fmt -f ~/json -o yaml",
        "config fmt -f ~/conf -o json",
        "config fmt -f ~/conf ~/json/b.json --check -o json",
        "config fmt -f ~/conf -o csv",
    ]));
    let merged = |line: &str, text: &str| {
        let scene = Scene::alone().stdin(text);
        let seen = scene.run(line);
        assert_eq!(seen.code, 0, "{}", seen.text);
        seen.stdout
    };
    for (folder, objects) in [("conf", 6), ("json", 2)] {
        let whole = scene.run(&format!("config merge -f ~/{folder}")).stdout;
        assert_eq!(whole.matches("id: ").count(), objects);
        for form in ["", "-o json", "-o yaml", "--format object", "--format envelope", "--drop-comments"] {
            let printed = scene.run(&format!("config fmt -f ~/{folder} {form}"));
            assert_eq!(printed.code, 0, "{}", printed.text);
            assert_eq!(merged("config merge -f -", &printed.stdout), whole, "{form}:\n{}", printed.stdout);
            // One text is one file.
            merged("config fmt -f -", &printed.stdout);
        }
    }
    // One file is printed as it would be written.
    let one = scene.run("config fmt -f ~/conf/c.yaml");
    assert_eq!(one.stdout, "routes:\n- id: c\n  uri: /c\n#END\n");
}

/// Of what files are written in, `-o` says the language, the name of the file where it does not, and all else is refused.
#[test]
fn files_are_written_as_is_said() {
    let scene = Scene::alone().env("COUNT", "5");
    scene.file("a.yaml", "routes: [{id: a, uri: /a, priority: '${{ COUNT }}'}]\n---\n{kind: route, id: b, uri: /b}\n");
    scene.file("adc.yaml", "services: [{name: shop, routes: [{name: r, uris: [/x]}]}]\n");
    assert_snapshot!(scene.runs(&[
        "config render -f ~/a.yaml",
        "config render -f ~/a.yaml -o json",
        "config render -f ~/a.yaml -o yaml --to ~/a.out",
        "config render -f ~/a.yaml -o ndjson",
        "config merge -f ~/a.yaml -o csv",
        "config split -f ~/a.yaml --to ~/split -o json",
        "config split -f ~/a.yaml --to ~/none -o name",
        "convert adc ~/adc.yaml -o markdown",
    ]));
    let is_json = |name: &str| std::fs::read_to_string(scene.path(name)).unwrap().starts_with('{');
    assert!(!is_json("a.out") && is_json("split/routes/a.json") && !scene.path("none").exists());
    for (command, json) in [
        ("config render -f ~/a.yaml -o ~/r.json", true),
        ("config render -f ~/a.yaml -o ~/r.yaml", false),
        ("config merge -f ~/a.yaml --to ~/m.yaml -o json", true),
        ("config merge -f ~/a.yaml --to ~/m.yaml", false),
    ] {
        let seen = scene.run(command);
        assert_eq!(seen.code, 0, "{}", seen.text);
        let name = command.split_whitespace().find_map(|word| word.strip_prefix("~/").filter(|name| *name != "a.yaml"));
        assert_eq!(is_json(name.unwrap()), json, "{command}");
    }
    // What holds for all commands is not about a file that is named.
    let seen = scene.env("GATEWAYCTL_OUTPUT", "csv").run("config merge -f ~/a.yaml --to ~/m.json");
    assert_eq!(seen.code, 0, "{}", seen.text);
}

#[test]
fn merged_and_split() {
    let scene = Scene::alone();
    scene.file("conf/a.yaml", "kind: route\nid: a\nuri: /a\nlabels: {team: ../blue}\n");
    scene.file("conf/b.json", "{\"upstreams\":[{\"id\":\"u\",\"nodes\":{}}]}");
    scene.file("again.yaml", "kind: route\nid: a\nuri: /a\n");
    assert_snapshot!(scene.runs(&[
        "config merge -f ~/conf",
        "config merge -f ~/conf -o ~/one.json",
        "config merge -f ~/conf -f ~/again.yaml",
        "config split -f ~/one.json -o ~/split/",
        "config split -f ~/one.json -o ~/resources --by resource",
        "config split -f ~/one.json -o ~/teams --by label:team",
        "config split -f ~/one.json -o ~/teams --by team",
        "config merge -f ~/split -R -o ndjson",
    ]));
    assert!(scene.path("teams/.._blue.yaml").exists() && scene.path("resources/upstreams.yaml").exists());
}

#[test]
fn values_are_put_in() {
    let scene = Scene::alone().env("BACKEND", "10.0.0.5:80").env("COUNT", "5").env("TRICKY", "x: [y\n- z");
    scene.file("cert.pem", "-----BEGIN\nEND-----\n");
    scene.file(
        "gw.yaml",
        "upstreams:\n- id: ${{ name:=shop }}\n  nodes: {\"${{ env.BACKEND }}\": 1}\n  count: ${{COUNT}}\n  text: \"${{COUNT}}\"\n  desc: a ${{ env.TRICKY }} b\nssls:\n- id: s\n  cert: ${{ file.cert.pem }}\n",
    );
    scene.file("unset.yaml", "routes:\n- id: a\n  uri: /${{ env.NOWHERE }}\n");
    scene.file("nofile.yaml", "routes:\n- id: a\n  uri: /${{ file.none.txt }}\n");
    assert_snapshot!(scene.runs(&[
        "config render -f ~/gw.yaml",
        "config render -f ~/gw.yaml --set name=other --set COUNT=true",
        "config render -f ~/unset.yaml",
        "config render -f ~/nofile.yaml",
        "config render -f ~/gw.yaml --set name",
    ]));
}

const HISTORY: &str = r#"{"rev":12,"oldest":3,"changes":[
{"rev":12,"ts":1700000000.5,"op":"update","resource":"routes","id":"a","path":"/routes/a","by":{"key":"admin","addr":"10.0.0.1"},"before":{"uri":"/2","update_time":1},"after":{"uri":"/3","update_time":2}},
{"rev":11,"ts":1700000000.0,"op":"delete","resource":"consumers","id":"bob/credentials/c","path":"/consumers/bob/credentials/c","by":{"key":"ci","addr":"10.0.0.2"},"before":{"plugins":{}},"after":null},
{"rev":10,"ts":1699990000.0,"op":"update","resource":"routes","id":"a","path":"/routes/a","by":{"key":"admin","addr":"10.0.0.1"},"before":{"uri":"/1"},"after":{"uri":"/2"}}],"more":true}"#;

const PAGES: [&str; 2] = [
    r#"{"rev":12,"oldest":3,"more":true,"next":12,"changes":[
{"rev":12,"ts":1700000000.5,"op":"update","resource":"consumers","id":"bob","path":"/consumers/bob","by":{"key":"admin","addr":"10.0.0.1"},
 "before":{"username":"bob","plugins":{"key-auth":{"key":"***"},"own":{"hidden":"***"}}},"after":{"username":"bob","plugins":{"key-auth":{"key":"***"},"own":{"hidden":"***"}}},
 "secrets_changed":["/plugins/key-auth/key","/plugins/own/hidden"]}]}"#,
    r#"{"rev":12,"oldest":3,"more":false,"next":null,"changes":[
{"rev":11,"ts":1700000000.0,"op":"update","resource":"credentials","id":"bob/credentials/c","path":"/consumers/bob/credentials/c","by":{"key":"ci","addr":"10.0.0.2"},"before":{"desc":"a"},"after":{"desc":"b"}},
{"rev":3,"ts":1699990000.0,"op":"update","resource":"ssls","id":"s","path":"/ssls/s","by":{"key":"ci","addr":"10.0.0.2"},"before":{"sni":"a"},"after":{"sni":"a"},"secrets_changed":["/key"]}]}"#,
];

#[test]
fn a_journal_of_several_pages_is_read_to_its_end() {
    let fake = Fake::start();
    fake.script("GET", "/live/history?limit=1&before", &[(200, PAGES[1])]);
    fake.script("GET", "/live/history?limit=1", &[(200, PAGES[0])]);
    fake.script("GET", "/live/history?limit=999&before=12", &[(200, PAGES[1]); 4]);
    fake.script("GET", "/live/history?limit=1000&before=12", &[(200, PAGES[1]); 4]);
    fake.script("GET", "/live/history?limit=1000", &[(200, PAGES[0]); 9]);
    let scene = Scene::at(&fake);
    assert_snapshot!(scene.runs(&[
        "config history --limit 1",
        "config history --all",
        "config history 3",
        "config history 12",
        "config history 2 12",
        "config history --all --limit 3",
        "events --since 1d --diff",
    ]));
}

#[test]
fn where_nothing_has_changed_there_is_nothing_more() {
    let fake = Fake::start();
    // As gateways told it that took the revision 0 for one.
    let answer = r#"{"rev":0,"oldest":0,"changes":[],"more":true,"next":1}"#;
    fake.script("GET", "/live/history", &[(200, answer); 2]);
    let scene = Scene::at(&fake);
    for line in ["config history", "config history --all"] {
        let seen = scene.run(line);
        assert!(
            seen.code == 0 && seen.stderr.contains("no changes") && !seen.text.contains("revision"),
            "{}",
            seen.text
        );
    }
}

#[test]
fn changes_are_told_and_undone() {
    let fake = Fake::start();
    fake.script("GET", "/live/history", &[(200, HISTORY); 7]);
    let scene = Scene::at(&fake);
    assert_snapshot!(scene.runs(&[
        "config history",
        "config history -o json --limit 3",
        "config history 12",
        "config history 9 12",
        "config history 10 12 -o json",
        "config history 99",
        "config history 1 2",
        "config history",
    ]));
    let tried = r#"{"rev":12,"dry_run":true,"results":[{"path":"/routes/a","status":"updated"},{"path":"/consumers/bob/credentials/c","status":"created"}]}"#;
    let refused = r#"{"error_msg":"nothing has changed: /routes/a: x","results":[{"path":"/routes/a","status":"error","error_msg":"failed to fetch upstream info by upstream id [u], response code: 404"}]}"#;
    fake.script(
        "POST",
        "/live/rollback",
        &[
            (200, tried),
            (200, tried),
            (200, tried),
            (200, tried),
            (400, refused),
            (404, "{\"error_msg\":\"there is no revision 99\"}"),
        ],
    );
    fake.goes_live();
    assert_snapshot!(scene.runs(&[
        "config rollback 9 --dry-run",
        "config rollback 9",
        "config rollback 9 --yes",
        "config rollback 9 --yes",
        "config rollback 99 --yes",
    ]));
    let posts: Vec<String> = fake.asked().into_iter().filter(|asked| asked.starts_with("POST")).collect();
    assert_snapshot!(posts.join("\n"));
}

/// What readers of YAML do not agree on keeps its text, or is an error; what is JSON's own keeps its form.
#[test]
fn odd_numbers_keep_what_they_are() {
    let scene = Scene::alone();
    scene.file(
        "odd.yaml",
        "routes:
  - {id: 007, uri: /a, priority: +5, labels: {zip: 01234, v: 1.10}, plugins: {basic-auth: {realm: 12_3}}}
  - {id: 1e3, uri: /b, timeout: {connect: 1.50, send: .5, read: 0x10}, upstream: {nodes: {'a:1': 1}}}
consumers:
  - {username: 010, plugins: {basic-auth: {username: .inf, password: 0123}}}
",
    );
    scene.file("wrong.yaml", "routes:\n  - id: a\n    priority: 010\n  - id: b\n    plugins: {ours: {a: 1_0}}\n");
    scene.file("utf16.yaml", "a\0:\0");
    let formatted = scene.run("config fmt -f ~/odd.yaml");
    let again = Scene::alone().stdin(&formatted.stdout).run("config fmt -f -");
    assert_eq!(again.stdout, formatted.stdout);
    assert_snapshot!(scene.runs(&[
        "config fmt -f ~/odd.yaml",
        "config render -f ~/odd.yaml -o json",
        "config fmt -f ~/wrong.yaml",
        "config fmt -f ~/utf16.yaml",
    ]));
    let twice = Scene::alone().stdin("{\t\"routes\": [{\"id\": \"a\", \"uri\": \"/a\", \"uri\": \"/b\"}]}");
    assert_snapshot!(twice.run("config fmt -f -").text);
}

#[cfg(unix)]
#[test]
fn an_endless_file_is_not_read_for_ever() {
    let seen = Scene::alone().run("config fmt -f /dev/zero");
    assert_eq!((seen.code, seen.stderr.as_str()), (2, "error: cannot read /dev/zero: it is longer than 64 MiB\n"));
}
