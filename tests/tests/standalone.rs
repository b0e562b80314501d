//! A configuration that comes whole: out of a file that is read again when it changes, or by `PUT /apisix/admin/configs`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::PathBuf;

use gateway_tests::{Answer, Client, Gateway, Options, Upstream, wait_for};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A data plane with a file of its own.
struct Plane {
    gateway: Gateway,
    upstream: Upstream,
    file: PathBuf,
    _dir: TempDir,
}

impl Plane {
    fn start(format: &str, content: impl FnOnce(&str) -> String) -> Plane {
        Plane::configured(format, json!({}), content)
    }

    fn configured(format: &str, more: Value, content: impl FnOnce(&str) -> String) -> Plane {
        let upstream = Upstream::text("hello");
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join(format!("apisix.{format}"));
        std::fs::write(&file, content(&upstream.node())).unwrap();
        let mut config = json!({
            "deployment": { "role": "data_plane", "role_data_plane": { "config_provider": format } },
            "gateway": { "standalone_file": file, "admin": { "read_only": true } },
        });
        if let (Value::Object(config), Value::Object(more)) = (&mut config, more) {
            config.extend(more);
        }
        let env = [("PATH_OF_A_ROUTE", "/from-env"), ("UPSTREAM", &*upstream.node()), ("NUMBER", "007")]
            .map(|(n, v)| (n.to_owned(), v.to_owned()));
        let gateway = Gateway::with(Options { config: Some(config), env: env.into(), ..Options::default() });
        Plane { gateway, upstream, file, _dir: dir }
    }

    fn write(&self, content: &str) {
        // In one step, as an editor or `mv` does it.
        let next = self.file.with_extension("next");
        std::fs::write(&next, content).unwrap();
        std::fs::rename(&next, &self.file).unwrap();
    }

    fn status(&self, uri: &str) -> u16 {
        self.gateway.get(uri).status
    }

    fn until(&self, what: &str, uri: &str, status: u16) {
        wait_for(what, || (self.status(uri) == status).then_some(()));
    }

    /// What `live/info` says of the configuration.
    fn info(&self) -> Value {
        let answer = self.gateway.call("GET", "/live/info", None);
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()["config"].clone()
    }

    fn logged(&self, text: &str) {
        wait_for(text, || self.gateway.stderr().contains(text).then_some(()));
    }
}

fn route(id: &str, uri: &str, node: &str) -> String {
    format!("  - id: {id}\n    uri: {uri}\n    upstream:\n      nodes:\n        \"{node}\": 1\n")
}

#[test]
fn a_yaml_file_is_read_and_read_again() {
    let plane = Plane::start("yaml", |node| format!("routes:\n{}#END\n", route("1", "/a", node)));
    let node = plane.upstream.node();
    assert_eq!((plane.status("/a"), plane.status("/b")), (200, 404));

    // Another list, variables, what refers to what; a consumer with a credential; ids may be missing.
    plane.write(&format!(
        "routes:\n{}{}  - uri: /auth\n    plugins:\n      key-auth: {{}}\n    upstream_id: 7\nupstreams:\n  - id: 7\n    nodes:\n      \
         \"${{{{UPSTREAM}}}}\": 1\nconsumers:\n  - username: jack\n  - id: jack/credentials/one\n    plugins:\n      key-auth:\n        \
         key: jacks-key\nsecrets:\n  - id: vault/1\n    uri: http://127.0.0.1:1\n    prefix: kv\n    token: t\n#END\n",
        route("2", "/b", &node),
        route("3", "${{PATH_OF_A_ROUTE}}", "${{UPSTREAM}}"),
    ));
    plane.until("the new route", "/b", 200);
    assert_eq!((plane.status("/a"), plane.status("/from-env"), plane.status("/auth")), (404, 200, 401));
    assert_eq!(plane.gateway.get_with("/auth", &[("apikey", "jacks-key")]).status, 200);
    let routes = Client::connect(plane.gateway.control).request("GET", "/v1/routes", &[("Connection", "close")], b"");
    assert_eq!(routes.json().as_array().map(Vec::len), Some(3), "{}", routes.text());

    // What is there can be looked at, and not changed by anything but the file.
    assert_eq!(plane.gateway.call("GET", "/routes/2", None).json()["value"]["uri"], "/b");
    for (method, path) in [("PUT", "/routes/2"), ("DELETE", "/routes/2"), ("PATCH", "/routes/2"), ("PUT", "/configs")] {
        let answer = plane.gateway.call(method, path, Some(&json!({ "uri": "/x" })));
        assert_eq!(answer.status, 403, "{method} {path}: {}", answer.text());
    }
    let info = plane.info();
    assert_eq!((&info["store"], &info["file"]["error"]), (&json!("file"), &Value::Null), "{info}");

    // A list that disappears empties.
    plane.write(&format!("routes:\n{}#END", route("2", "/b", &node)));
    plane.until("the upstream to go", "/auth", 404);
    assert_eq!(plane.status("/b"), 200);
}

#[test]
fn a_file_without_its_end_or_that_is_none_changes_nothing() {
    let plane = Plane::start("yaml", |node| format!("routes:\n{}#END\n", route("1", "/a", node)));
    let node = plane.upstream.node();
    plane.write(&format!("routes:\n{}", route("2", "/b", &node)));
    plane.logged("its last line is not `#END`");
    assert_eq!((plane.status("/a"), plane.status("/b")), (200, 404));
    assert!(plane.info()["file"]["error"].as_str().unwrap().contains("still being written"));
    assert_eq!(plane.gateway.metric("apisix_gateway_config_file_refused"), 1);
    for (text, why) in [
        ("routes:\n  - uri: [\n#END\n", "apisix.yaml:4:1: not YAML or JSON"),
        ("routes:\n  a: 1\n#END\n", "apisix.yaml:2:3: routes: wrong type: expected a list"),
        ("#END\n", "there is no list in it"),
    ] {
        plane.write(text);
        plane.logged(why);
    }
    plane.write("routes:\n  - uri: ${{NOBODY_SETS_THIS}}\n#END\n");
    plane.logged("can't find environment variable NOBODY_SETS_THIS");
    assert_eq!((plane.status("/a"), plane.status("/b")), (200, 404));
    plane.write(&format!("routes:\n{}#END\n", route("2", "/b", &node)));
    plane.until("the mended file", "/b", 200);
    assert_eq!(plane.gateway.metric("apisix_gateway_config_file_refused"), 0);
    assert_eq!(plane.info()["file"]["error"], Value::Null);
}

#[test]
fn an_object_that_cannot_run_is_left_out_alone_and_one_that_ran_stays() {
    let plane = Plane::start("yaml", |node| {
        let bad = "  - id: bad\n    uri: /bad\n    plugins:\n      proxy-rewrite:\n        uri: 1\n";
        format!("routes:\n{}{bad}#END\n", route("1", "/a", node))
    });
    let node = plane.upstream.node();
    assert_eq!((plane.status("/a"), plane.status("/bad")), (200, 404));
    plane.logged("apisix.yaml:7:5");
    let rejected = plane.info()["rejected"].clone();
    assert_eq!(rejected[0]["path"], "/routes/bad");
    let reason = rejected[0]["reason"].as_str().unwrap();
    assert!(
        reason.contains("\"uri\" validation failed") && reason.contains("apisix.yaml:7:5; it is left out"),
        "{reason}"
    );
    assert_eq!(plane.gateway.metric("apisix_gateway_config_skipped_objects"), 1);
    // The route that ran is broken now, the broken one is mended, and one names a plugin that is not there.
    plane.write(&format!(
        "routes:\n  - id: 1\n    uri: /a\n    methods: [WRONG]\n{}  - id: 3\n    uri: /c\n    plugins:\n      no-such-plugin: {{}}\n#END\n",
        route("bad", "/bad", &node)
    ));
    plane.until("the mended route", "/bad", 200);
    assert_eq!((plane.status("/a"), plane.status("/c")), (200, 404), "its last good form goes on");
    plane.logged("it stays as it was");
    plane.logged("unknown plugin [no-such-plugin]");
    let rejected = plane.info()["rejected"].clone();
    assert_eq!((&rejected[0]["path"], &rejected[1]["path"]), (&json!("/routes/1"), &json!("/routes/3")), "{rejected}");
    assert!(rejected[0]["reason"].as_str().unwrap().contains("it stays as it was"), "{rejected}");
    // All is well again, and nothing of it is left.
    plane.write(&format!("routes:\n{}#END\n", route("1", "/d", &node)));
    plane.until("the mended file", "/d", 200);
    assert_eq!((plane.status("/a"), &plane.info()["rejected"]), (404, &json!([])));
}

#[test]
fn two_consumers_are_not_found_by_one_key() {
    let plane = Plane::start("yaml", |node| {
        let consumer = |name: &str, key: &str| {
            format!("  - username: {name}\n    plugins:\n      key-auth:\n        key: \"{key}\"\n")
        };
        format!(
            "routes:\n  - id: 1\n    uri: /a\n    plugins:\n      key-auth: {{}}\n    upstream:\n      nodes:\n        \"{node}\": \
             1\nconsumers:\n{}{}{}  - id: ann/credentials/x/y\n    plugins: {{}}\nplugin_metadata:\n  - log_format: {{}}\nsecrets:\n  - \
             id: vault\n#END",
            consumer("ann", "${{NUMBER}}"),
            consumer("bob", "of-two"),
            consumer("eve", "of-two")
        )
    });
    let with = |key: &str| plane.gateway.get_with("/a", &[("apikey", key)]).status;
    assert_eq!((with("007"), with("of-two"), with("none")), (200, 200, 401));
    assert_eq!(plane.upstream.last().header("x-consumer-username"), Some("bob"));
    let rejected = plane.info()["rejected"].to_string();
    for text in [
        "duplicate key of plugin key-auth found with consumer",
        "/consumers/ann/credentials/x/y",
        "missing plugin name",
        "invalid secret id: vault",
    ] {
        assert!(rejected.contains(text), "{text} in {rejected}");
    }
}

#[test]
fn a_certificate_and_who_shows_it_come_together() {
    const ONE: [&str; 2] = [include_str!("certificates/one.pem"), include_str!("certificates/one.key")];
    const CLIENT: [&str; 2] = [include_str!("certificates/client.pem"), include_str!("certificates/client.key")];
    let port = gateway_tests::free_port();
    let more = json!({ "apisix": { "ssl": { "listen": [{ "ip": "127.0.0.1", "port": port }] } } });
    // The gateway is its own upstream, which asks for a certificate.
    let content = |node: &str| {
        json!({
            "ssls": [
                { "id": "c", "type": "client", "cert": CLIENT[0], "key": CLIENT[1] },
                { "id": "s", "sni": "one.test", "cert": ONE[0], "key": ONE[1], "client": { "ca": include_str!("certificates/ca.pem") } },
            ],
            "upstreams": [{
                "id": "u", "scheme": "https", "nodes": { (format!("127.0.0.1:{port}")): 1 }, "tls": { "client_cert_id": "c" },
                "pass_host": "rewrite", "upstream_host": "one.test",
            }],
            "routes": [
                { "id": "outer", "uri": "/outer", "upstream_id": "u", "plugins": { "proxy-rewrite": { "uri": "/inner" } } },
                { "id": "inner", "uri": "/inner", "upstream": { "nodes": { node: 1 } } },
            ],
        })
        .to_string()
    };
    let plane = Plane::configured("json", more, content);
    assert_eq!(plane.info()["rejected"], json!([]));
    assert_eq!(plane.status("/outer"), 200, "{}", plane.gateway.stderr());
}

#[test]
fn without_a_file_it_lives_and_is_not_ready() {
    let mut plane = Plane::start("yaml", |node| format!("routes:\n{}#END\n", route("1", "/a", node)));
    plane.gateway.signal(rustix::process::Signal::KILL);
    plane.gateway.wait();
    std::fs::remove_file(&plane.file).unwrap();
    plane.gateway.launch();
    wait_for("the status", || (plane.gateway.readiness() == 503).then_some(()));
    plane.logged("it cannot be read");
    plane.write(&format!("routes:\n{}#END\n", route("1", "/a", &plane.upstream.node())));
    wait_for("the file to be taken", || (plane.gateway.readiness() == 200).then_some(()));
    assert_eq!(plane.status("/a"), 200);
}

#[test]
fn another_process_takes_over_and_only_with_the_file() {
    let mut plane = Plane::start("yaml", |node| format!("routes:\n{}#END\n", route("1", "/a", node)));
    let good = std::fs::read_to_string(&plane.file).unwrap();
    plane.write("routes:\n  - [\n#END");
    let mut former = plane.gateway.take_over();
    plane.logged("is not taken over");
    assert!(!plane.gateway.wait().success());
    plane.logged("this process goes on as before");
    plane.gateway.give_back(former);
    assert_eq!(plane.status("/a"), 200);
    plane.write(&good.replace("/a", "/b"));
    plane.until("the new route", "/b", 200);
    former = plane.gateway.take_over();
    wait_for("the former to end", || former.try_wait().unwrap());
    assert_eq!((plane.status("/b"), plane.status("/a"), plane.gateway.readiness()), (200, 404, 200));
}

#[test]
fn a_json_file_needs_no_mark_and_its_plugins_are_those_that_are_on() {
    let content = |node: &str, uri: &str| {
        json!({
            "routes": [{ "uri": uri, "plugins": { "proxy-rewrite": { "uri": "/x" } }, "upstream": { "nodes": { node: 1 } } }],
            "plugins": [{ "name": "proxy-rewrite" }],
        })
        .to_string()
    };
    let plane = Plane::start("json", |node| content(node, "/a"));
    assert_eq!(plane.status("/a"), 200);
    assert_eq!(plane.upstream.last().line, "GET /x HTTP/1.1");
    // A half of it is none, nor is an emptied one.
    let next = content("${{UPSTREAM}}", "/b");
    for (half, why) in [(&next[..next.len() - 9], "found the end at line 1"), ("", "expected a value, found the end")] {
        plane.write(half);
        plane.logged(why);
    }
    assert_eq!(plane.status("/a"), 200);
    plane.write(&next);
    plane.until("the new route", "/b", 200);
    let more = json!({ "routes": [{ "uri": "/c", "plugins": { "key-auth": {} }, "upstream_id": "none" }] });
    plane.write(&more.to_string());
    plane.logged("unknown plugin [key-auth]");
}

#[test]
fn a_file_that_vanishes_takes_nothing_with_it() {
    let plane = Plane::start("yaml", |node| format!("routes:\n{}#END\n", route("1", "/a", node)));
    std::fs::remove_file(&plane.file).unwrap();
    plane.logged("it cannot be read");
    assert_eq!(plane.status("/a"), 200, "what runs goes on");
}

/// The API of a gateway whose configuration is put as a whole.
struct Whole {
    gateway: Gateway,
    upstream: Upstream,
}

impl Whole {
    fn start() -> Whole {
        let config =
            json!({ "deployment": { "role": "traditional", "role_traditional": { "config_provider": "yaml" } } });
        Whole { gateway: Gateway::configured(config), upstream: Upstream::text("hello") }
    }

    fn ask(&self, method: &str, path: &str, fields: &[(&str, &str)], body: &str) -> Answer {
        self.ask_as(self.gateway.key(), method, path, fields, body)
    }

    fn ask_as(&self, key: &str, method: &str, path: &str, fields: &[(&str, &str)], body: &str) -> Answer {
        let mut all = vec![("X-API-KEY", key), ("Connection", "close")];
        all.extend_from_slice(fields);
        Client::connect(self.gateway.admin).request(method, &format!("/apisix/admin{path}"), &all, body.as_bytes())
    }

    fn put(&self, digest: &str, body: &Value) -> Answer {
        self.ask("PUT", "/configs", &[("X-Digest", digest)], &body.to_string())
    }

    fn refused(&self, body: &Value, text: &str) {
        let answer = self.put("another", body);
        assert_eq!((answer.status, answer.json()), (400, json!({ "error_msg": text })), "{body}");
    }

    fn route(&self, id: &str, uri: &str) -> Value {
        json!({ "id": id, "uri": uri, "upstream": { "nodes": { (self.upstream.node()): 1 } } })
    }

    fn status(&self, uri: &str) -> u16 {
        self.gateway.get(uri).status
    }
}

#[test]
fn a_configuration_is_put_as_a_whole() {
    let whole = Whole::start();
    let empty = whole.ask("GET", "/configs", &[], "");
    assert_eq!(empty.status, 200);
    assert_eq!(empty.json()["routes_conf_version"], 0);
    assert!(empty.json().get("routes").is_none());
    assert_eq!(whole.ask("PUT", "/configs", &[], "{}").json(), json!({ "error_msg": "missing digest header" }));
    assert_eq!(
        whole.ask("PUT", "/configs", &[("X-Digest", "a")], "").json(),
        json!({ "error_msg": "invalid request body: empty request body" })
    );

    let put = whole.put("one", &json!({ "routes": [whole.route("r1", "/a")], "consumers": [{ "username": "jack" }] }));
    assert_eq!((put.status, put.header("x-digest")), (202, Some("one")), "{}", put.text());
    assert!(put.header("x-last-modified").unwrap().parse::<u64>().is_ok());
    assert_eq!(whole.status("/a"), 200);
    assert_eq!(whole.put("one", &json!({})).status, 204, "the same digest");
    assert_eq!(whole.status("/a"), 200);

    // Versions: the same one keeps the list, a lower one is refused, an absent one replaces it.
    let kept = json!({ "routes_conf_version": 1, "routes": [], "upstreams": [] });
    assert_eq!(whole.put("two", &kept).status, 202);
    assert_eq!(whole.status("/a"), 200);
    let now = whole.ask("GET", "/configs", &[("Accept", "application/yaml")], "");
    assert_eq!((now.header("content-type"), now.header("x-digest")), (Some("application/yaml"), Some("two")));
    assert_eq!(now.json()["routes"], json!([whole.route("r1", "/a")]));
    assert_eq!((&now.json()["routes_conf_version"], &now.json()["consumers_conf_version"]), (&json!(1), &json!(2)));
    whole.refused(&json!({ "routes_conf_version": 0 }), "routes_conf_version must be greater than or equal to (1)");
    whole.refused(&json!({ "routes_conf_version": "x" }), "routes_conf_version must be a number");
    let head = whole.ask("HEAD", "/configs", &[], "");
    assert_eq!((head.status, head.header("x-digest"), head.body.len()), (200, Some("two"), 0));

    // Nothing of a bundle with a fault is taken.
    let twice = json!({ "routes": [whole.route("r2", "/b"), whole.route("r2", "/c")] });
    whole.refused(&twice, "found duplicate id r2 in routes");
    let credential = |key: &str| json!({ "id": "jack/credentials/c", "plugins": { "key-auth": { "key": key } } });
    whole.refused(
        &json!({ "consumers": [{ "username": "a" }, { "username": "a" }] }),
        "found duplicate username a in consumers",
    );
    whole.refused(
        &json!({ "consumers": [credential("k"), credential("l")] }),
        "found duplicate credential id jack/credentials/c in consumers",
    );
    whole.refused(&json!({ "secrets": [{ "id": "vault" }] }), "invalid secret id: vault");
    whole.refused(
        &json!({ "routes": [whole.route("r2", "/b"), { "id": "r3", "uri": 1 }] }),
        "invalid configuration: property \"uri\" validation failed: wrong type: expected string, got number",
    );
    assert_eq!((whole.status("/a"), whole.status("/b")), (200, 404));

    // YAML; and a list that is missing empties.
    let yaml = format!("routes:\n{}", route("r2", "/b", &whole.upstream.node()));
    let fields = [("X-Digest", "three"), ("Content-Type", "application/yaml")];
    assert_eq!(whole.ask("PUT", "/configs", &fields, &yaml).status, 202);
    assert_eq!((whole.status("/a"), whole.status("/b")), (404, 200));
    assert_eq!(whole.ask("PUT", "/configs", &[("X-Digest", "four")], "{}").status, 202);
    assert_eq!(whole.status("/b"), 404);
}

/// Clients give up on what takes long; what they ask next must not be told of a configuration that does not run.
#[test]
fn a_client_that_goes_leaves_what_runs_and_its_digest_together() {
    let whole = Whole::start();
    let mut last = String::new();
    for n in 0..8 {
        let mut routes: Vec<Value> = (0..300).map(|i| whole.route(&format!("r{i}"), &format!("/{n}/{i}"))).collect();
        routes.push(whole.route("r", &format!("/{n}")));
        let body = json!({ "routes": routes }).to_string();
        let mut client = Client::connect(whole.gateway.admin);
        client.write(format!(
            "PUT /apisix/admin/configs HTTP/1.1\r\nHost: a\r\nX-API-KEY: {}\r\nX-Digest: {n}\r\nContent-Length: {}\r\n\r\n{body}",
            whole.gateway.key(),
            body.len(),
        ));
        drop(client);
        // Either all of it was taken, or nothing.
        last = wait_for("what runs and its digest to agree", || {
            let digest = whole.ask("GET", "/configs", &[], "").header("x-digest").unwrap_or_default().to_owned();
            let new = whole.status(&format!("/{n}")) == 200;
            let old = last.is_empty() || whole.status(&format!("/{last}")) == 200;
            let (told_new, told_old) = (digest == n.to_string(), digest == last);
            ((new && told_new) || (old && !new && told_old)).then_some(digest)
        });
    }
}

#[test]
fn objects_are_told_apart_by_their_index_and_nothing_is_changed_in_parts() {
    let whole = Whole::start();
    let indexed = |uri: &str, index: u64| {
        let mut route = whole.route("r", uri);
        route["modifiedIndex"] = json!(index);
        json!({ "routes": [route] })
    };
    assert_eq!(whole.put("1", &indexed("/a", 1)).status, 202);
    // The same index says that nothing is new in it.
    assert_eq!(whole.put("2", &indexed("/b", 1)).status, 202);
    assert_eq!((whole.status("/a"), whole.status("/b")), (200, 404));
    assert_eq!(whole.put("3", &indexed("/b", 2)).status, 202);
    assert_eq!((whole.status("/a"), whole.status("/b")), (404, 200));
    for (method, path) in [("GET", "/routes"), ("PUT", "/routes/1"), ("GET", "/plugins/list"), ("DELETE", "/configs")] {
        assert_eq!(whole.ask(method, path, &[], "").status, 404, "{method} {path}");
    }
    assert_eq!(whole.ask("HEAD", "", &[], "").status, 200);
    let valid = whole.ask("POST", "/configs/validate", &[], &indexed("/c", 3).to_string());
    assert_eq!((valid.status, valid.json()), (200, json!({})), "{}", valid.text());
    // Memory only.
    let mut whole = whole;
    whole.gateway.crash_and_restart();
    assert_eq!(
        (whole.status("/b"), whole.ask("GET", "/configs", &[], "").json()["routes_conf_version"].clone()),
        (404, json!(0))
    );
    // Nothing lies where a process that takes over could find it.
    let former = whole.gateway.take_over();
    assert!(!whole.gateway.wait().success());
    whole.gateway.give_back(former);
    assert!(whole.gateway.stderr().contains("put the configuration again"));
    assert_eq!(whole.ask("HEAD", "", &[], "").status, 200);
}

#[test]
fn a_viewer_sees_no_secrets_of_the_whole() {
    let whole = Whole::start();
    let consumer = json!({ "username": "jack", "plugins": { "key-auth": { "key": "jacks-secret-key" } } });
    assert_eq!(whole.put("1", &json!({ "consumers": [consumer] })).status, 202);
    let of = |key: &str| whole.ask_as(key, "GET", "/configs", &[], "").text();
    assert!(of(whole.gateway.key()).contains("jacks-secret-key"));
    let viewer = of(&format!("{}-viewer", whole.gateway.key()));
    assert!(viewer.contains("jack") && !viewer.contains("jacks-secret-key"), "{viewer}");
    let put = whole.ask_as(&format!("{}-viewer", whole.gateway.key()), "PUT", "/configs", &[("X-Digest", "2")], "{}");
    assert_eq!(put.status, 401, "{}", put.text());
}

#[test]
fn a_control_plane_has_no_proxy() {
    let gateway = Gateway::configured(json!({ "deployment": { "role": "control_plane" } }));
    gateway.put("/routes/1", &json!({ "uri": "/a", "upstream": { "nodes": { "127.0.0.1:1": 1 } } }));
    assert!(std::net::TcpStream::connect(gateway.proxy).is_err());
    assert_eq!(gateway.readiness(), 200);
}

#[test]
fn a_data_plane_has_no_admin_api_unless_it_is_asked_for() {
    let gateway = Gateway::configured(json!({ "deployment": { "role": "data_plane" } }));
    assert!(std::net::TcpStream::connect(gateway.admin).is_err());
    assert_eq!(gateway.get("/a").status, 404);
}

/// A route with 300 paths under the hosts of its service, and one beside it.
fn wide(hosts: usize, node: &str) -> Value {
    let uris: Vec<_> = (0..300).map(|i| format!("/u{i}")).collect();
    let hosts: Vec<_> = (0..hosts).map(|i| format!("h{i}.example.com")).collect();
    let nodes = json!({ "nodes": { node: 1 } });
    json!({
        "services": [{ "id": "wide", "hosts": hosts, "upstream": nodes }],
        "routes": [
            { "id": "many", "uris": uris, "service_id": "wide" },
            { "id": "other", "uri": "/other", "upstream": nodes },
        ],
    })
}

/// Apart, either is checked against the other; here neither is there before.
#[test]
fn a_route_and_its_service_that_come_together_do_not_fill_the_memory() {
    let plane = Plane::start("json", |node| wide(300, node).to_string());
    plane.until("the rest", "/other", 200);
    plane.logged("places in the router");
    let asked = || {
        let mut client = Client::connect(plane.gateway.proxy);
        client.request("GET", "/u1", &[("Host", "h1.example.com")], b"").status
    };
    assert_eq!(asked(), 404);
    let info = plane.info();
    assert_eq!(info["rejected_total"], 1, "{info}");
    assert_eq!(info["rejected"][0]["path"], "/routes/many", "{info}");
    assert!(info["rejected"][0]["reason"].as_str().unwrap().contains("90000 places in the router"), "{info}");

    // With fewer hosts it is served.
    plane.write(&wide(2, &plane.upstream.node()).to_string());
    wait_for("the route", || (asked() == 200).then_some(()));
    assert_eq!(plane.info()["rejected_total"], 0);

    // What is put as a whole is refused as a whole.
    let whole = Whole::start();
    let refused = whole.put("one", &wide(300, &whole.upstream.node()));
    assert_eq!(refused.status, 400, "{}", refused.text());
    assert!(refused.text().contains("90000 places in the router"), "{}", refused.text());
    assert_eq!(whole.status("/other"), 404);
}
