//! The configuration as a whole: what is dumped can be brought back, a sync that dies goes on, and a transaction leaves no half.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use gateway_tests::{Ctl, Gateway, wait_for};
use serde_json::{Map, Value, json};

/// Pseudo-random choices that a failure can name (splitmix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.roll() % limit
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    fn of<T: Clone>(&mut self, choices: &[T]) -> T {
        choices[usize::try_from(self.below(choices.len() as u64)).unwrap()].clone()
    }

    /// Text with what YAML, JSON and terminals stumble over.
    fn text(&mut self) -> String {
        let parts = [
            "a",
            "yes",
            "null",
            "1.0",
            "0x1f",
            "- ",
            ": ",
            "#",
            "\"",
            "'",
            "\\",
            "\n",
            "\t",
            " ",
            "é",
            "日",
            "{{x}}",
            "${{y}}",
            "~",
            "&a",
            "*b",
            "!c",
            "%",
            "\u{202e}",
            "2026-01-01",
        ];
        (0..=self.below(4)).map(|_| self.of(&parts)).collect()
    }

    fn number(&mut self) -> Value {
        let text = self.of(&["1", "1.0", "0.5", "3", "60", "1e1", "100"]);
        serde_json::from_str(text).unwrap()
    }
}

/// Everything that refers to each other, of random size and content.
fn configuration(dice: &mut Dice, certificate: (&str, &str)) -> Value {
    let mut lists = Map::new();
    let ids = |dice: &mut Dice, kind: &str, most: u64| -> Vec<String> {
        (0..dice.below(most + 1))
            .map(|i| format!("{kind}{}", if dice.0.is_multiple_of(3) { i + 10 } else { i }))
            .collect()
    };
    let [upstreams, services, plugin_configs, groups, consumers, protos] =
        [("u", 4), ("s", 4), ("p", 3), ("g", 2), ("c", 4), ("o", 2)].map(|(kind, most)| {
            let mut ids = ids(dice, kind, most);
            ids.dedup();
            ids
        });
    let put = |lists: &mut Map<String, Value>, list: &str, object: Value| {
        let list = lists.entry(list).or_insert_with(|| json!([]));
        list.as_array_mut().unwrap().push(object);
    };
    for id in &upstreams {
        let mut object = upstream(dice);
        object["id"] = json!(id);
        common(dice, &mut object);
        put(&mut lists, "upstreams", object);
    }
    for id in &services {
        let mut object = json!({ "id": id });
        target(dice, &mut object, &upstreams, &[]);
        maybe_plugins(dice, &mut object);
        common(dice, &mut object);
        put(&mut lists, "services", object);
    }
    for id in &plugin_configs {
        let mut object = json!({ "id": id, "plugins": plugins(dice) });
        common(dice, &mut object);
        put(&mut lists, "plugin_configs", object);
    }
    for id in &groups {
        put(&mut lists, "consumer_groups", json!({ "id": id, "plugins": plugins(dice) }));
    }
    for name in &consumers {
        let mut object = json!({ "username": name });
        if dice.chance(50) {
            object["plugins"] = json!({ "key-auth": { "key": format!("{}-{name}", dice.text()) } });
        }
        if !groups.is_empty() && dice.chance(50) {
            object["group_id"] = json!(dice.of(&groups));
        }
        put(&mut lists, "consumers", object);
        if dice.chance(50) {
            let plugins = json!({ "basic-auth": { "username": format!("user-{name}"), "password": dice.text() } });
            put(&mut lists, "consumers", json!({ "id": format!("{name}/credentials/one"), "plugins": plugins }));
        }
    }
    for i in 0..dice.below(6) {
        let mut object = json!({ "id": format!("r{i}"), "uri": format!("/{i}/*") });
        if dice.chance(40) {
            object["methods"] = json!(["GET", "POST"]);
        }
        if dice.chance(30) {
            object["vars"] = json!([["arg_x", "==", dice.text()]]);
        }
        if dice.chance(30) {
            object["priority"] = json!(dice.below(10));
        }
        if dice.chance(30) && !plugin_configs.is_empty() {
            object["plugin_config_id"] = json!(dice.of(&plugin_configs));
        } else {
            maybe_plugins(dice, &mut object);
        }
        target(dice, &mut object, &upstreams, &services);
        common(dice, &mut object);
        put(&mut lists, "routes", object);
    }
    for id in &protos {
        put(
            &mut lists,
            "protos",
            json!({ "id": id, "content": "syntax = \"proto3\";\nmessage A { string b = 1; }\n" }),
        );
    }
    if dice.chance(40) {
        put(&mut lists, "global_rules", json!({ "id": "1", "plugins": plugins(dice) }));
    }
    if dice.chance(40) {
        let format = json!({ "log_format": { "host": "$host", "text": dice.text() } });
        let mut object = json!({ "id": "http-logger" });
        object.as_object_mut().unwrap().extend(format.as_object().unwrap().clone());
        put(&mut lists, "plugin_metadata", object);
    }
    if dice.chance(40) {
        let token = dice.text();
        put(
            &mut lists,
            "secrets",
            json!({ "id": "vault/1", "uri": "http://127.0.0.1:8200", "prefix": "kv", "token": token }),
        );
    }
    if dice.chance(60) {
        let (cert, key) = certificate;
        let mut object = json!({ "id": "cert", "snis": ["a.example"], "cert": cert, "key": key });
        if dice.chance(50) {
            object["labels"] = json!({ "team": dice.of(&["blue", "red"]) });
        }
        put(&mut lists, "ssls", object);
    }
    Value::Object(lists)
}

fn common(dice: &mut Dice, object: &mut Value) {
    if dice.chance(40) {
        object["name"] = json!(format!("n{}", dice.below(1000)));
    }
    if dice.chance(40) {
        object["desc"] = json!(dice.text());
    }
    if dice.chance(40) {
        object["labels"] = json!({ "team": dice.of(&["blue", "red"]), "x.y/z": "1" });
    }
}

fn upstream(dice: &mut Dice) -> Value {
    let port = 1 + dice.below(60_000);
    let nodes = match dice.below(3) {
        0 => json!({ (format!("127.0.0.1:{port}")): dice.below(5), "localhost:80": 1 }),
        1 => json!([{ "host": "127.0.0.1", "port": port, "weight": dice.below(5) }]),
        _ => json!({ (format!("127.0.0.1:{port}")): 1 }),
    };
    let mut object = json!({ "nodes": nodes });
    if dice.chance(40) {
        object["timeout"] = json!({ "connect": dice.number(), "send": dice.number(), "read": dice.number() });
    }
    if dice.chance(30) {
        object["type"] = json!("chash");
        object["key"] = json!("remote_addr");
    }
    object
}

fn plugins(dice: &mut Dice) -> Value {
    let mut plugins = Map::new();
    if dice.chance(60) {
        plugins.insert(
            "limit-count".into(),
            json!({ "count": 1 + dice.below(9), "time_window": 60, "key": "remote_addr" }),
        );
    }
    if dice.chance(40) {
        plugins.insert("cors".into(), json!({}));
    }
    if dice.chance(40) {
        plugins.insert("response-rewrite".into(), json!({ "body": dice.text(), "headers": { "set": { "X-A": "1" } } }));
    }
    if dice.chance(30) {
        plugins.insert(
            "proxy-rewrite".into(),
            json!({ "headers": { "set": { "Authorization": format!("Basic {}", dice.below(99)) } } }),
        );
    }
    if dice.chance(30) {
        plugins.insert("csrf".into(), json!({ "key": format!("k{}", dice.below(99)) }));
    }
    Value::Object(plugins)
}

fn maybe_plugins(dice: &mut Dice, object: &mut Value) {
    if dice.chance(50) {
        object["plugins"] = plugins(dice);
    }
}

fn target(dice: &mut Dice, object: &mut Value, upstreams: &[String], services: &[String]) {
    match dice.below(3) {
        0 if !upstreams.is_empty() => object["upstream_id"] = json!(dice.of(upstreams)),
        1 if !services.is_empty() => object["service_id"] = json!(dice.of(services)),
        _ => object["upstream"] = upstream(dice),
    }
}

/// All that the server holds, times left out.
fn held(gateway: &Gateway) -> String {
    let mut all = String::new();
    let lists = [
        "routes",
        "services",
        "upstreams",
        "consumers",
        "consumer_groups",
        "plugin_configs",
        "global_rules",
        "plugin_metadata",
        "protos",
        "secrets",
        "ssls",
    ];
    let mut add = |path: &str| {
        let list = gateway.call("GET", path, None).json();
        let entries: Vec<Value> = list["list"].as_array().cloned().unwrap_or_default();
        for entry in &entries {
            let mut value = entry["value"].clone();
            let fields = value.as_object_mut().unwrap();
            fields.retain(|name, _| !name.ends_with("_time"));
            value.sort_all_objects();
            let _ = writeln!(all, "{} {value}", entry["key"]);
        }
        entries
    };
    for list in lists {
        let entries = add(&format!("/{list}"));
        if list == "consumers" {
            for consumer in entries {
                add(&format!("/consumers/{}/credentials", consumer["value"]["username"].as_str().unwrap()));
            }
        }
    }
    all
}

/// The same once nothing changes any more: a request whose sender was killed may still be under way.
fn steady(gateway: &Gateway) -> String {
    let mut now = held(gateway);
    loop {
        thread::sleep(Duration::from_millis(100));
        let next = held(gateway);
        if next == now {
            return now;
        }
        now = next;
    }
}

const CERTIFICATE: (&str, &str) = (include_str!("certificates/one.pem"), include_str!("certificates/one.key"));

const ALL: [&str; 3] = ["--yes", "--max-deletes", "100%"];

fn sync(ctl: &Ctl, text: &str) -> String {
    ctl.ok(&[&["config", "sync", "-f", "-"][..], &ALL].concat(), text)
}

#[test]
fn what_is_dumped_is_what_there_is() {
    let rounds: u64 = std::env::var("CONFIG_SYNC_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(12);
    let gateway = Gateway::start();
    let ctl = Ctl::of(&gateway);
    for seed in 0..rounds {
        let mut dice = Dice(seed);
        let wanted = configuration(&mut dice, CERTIFICATE);
        sync(&ctl, &wanted.to_string());
        let before = held(&gateway);
        assert_eq!(sync(&ctl, &wanted.to_string()), "", "seed {seed}: {wanted}");
        for more in [&[][..], &["--with-secrets"], &["--format", "object"], &["--format", "envelope", "-o", "json"]] {
            let dump = ctl.ok(&[&["config", "dump"][..], more].concat(), "");
            let seen = ctl.run(&["config", "diff", "-f", "-"], &dump);
            assert_eq!(seen.status.code(), Some(0), "seed {seed} {more:?}: {}", String::from_utf8_lossy(&seen.stdout));
            assert_eq!(sync(&ctl, &dump), "", "seed {seed} {more:?}");
            assert_eq!(ctl.ok(&[&["config", "dump"][..], more].concat(), ""), dump, "seed {seed}");
        }
        assert_eq!(held(&gateway), before, "seed {seed}");
    }
}

#[test]
fn costs_of_graphql_fields_are_part_of_it() {
    let (gateway, another) = (Gateway::start(), Gateway::start());
    let (ctl, other) = (Ctl::of(&gateway), Ctl::of(&another));
    let wanted = "
services: [{id: s1}, {id: s2}]
graphql_cost_decorations:
- {id: a, service_id: s1, field_path: Query.a, mul_arguments: [first]}
- {id: s2/b, field_path: Query.b, add_value: 2}
";
    assert!(sync(&ctl, wanted).contains("graphql-cost-decoration/s2/b created"));
    assert_eq!(sync(&ctl, wanted), "");
    for more in [&[][..], &["--format", "object"], &["--format", "envelope", "-o", "json"]] {
        let dump = ctl.ok(&[&["config", "dump"][..], more].concat(), "");
        assert!(dump.contains("Query.a") && dump.contains("Query.b"), "{dump}");
        assert_eq!(sync(&ctl, &dump), "", "{more:?}");
        sync(&other, &dump);
        assert_eq!(other.ok(&[&["config", "dump"][..], more].concat(), ""), dump);
    }
    // The same without transactions.
    let server = format!("http://{}", stock(&gateway).0);
    let plain = |text: &str| ctl.ok(&["config", "sync", "-f", "-", "--yes", "--server", &server], text);
    let one = wanted.replace("add_value: 2", "add_value: 3");
    assert_eq!(plain(&one), "graphql-cost-decoration/s2/b configured\n");
    assert_eq!(plain(&one), "");
    let history = ctl.ok(&["config", "history"], "");
    assert!(history.contains("graphql-cost-decoration/s2/b"), "{history}");
    let twice = ctl.run(&["create", "gqlcost", "c", "--service", "s1", "--set", "field_path=Query.a"], "");
    let said = String::from_utf8_lossy(&twice.stderr).into_owned();
    assert!(twice.status.code() == Some(5) && said.contains("already decorated"), "{said}");
    let gone = ctl.run(&["create", "gqlcost", "c", "--service", "gone", "--set", "field_path=Query.a"], "");
    assert!(String::from_utf8_lossy(&gone.stderr).contains("service not found"));
    let gone = sync(&ctl, "services: [{id: s1}]\n");
    assert!(gone.contains("graphql-cost-decoration/s1/a deleted") && gone.contains("service/s2 deleted"), "{gone}");
}

/// An Admin API without `live`, as APISIX has it: passes everything else on, one request a connection, and counts them.
fn stock(gateway: &Gateway) -> (SocketAddr, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (address, admin) = (listener.local_addr().unwrap(), gateway.admin);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            counted.fetch_add(1, Ordering::Relaxed);
            thread::spawn(move || pass_on(stream, admin));
        }
    });
    (address, count)
}

/// A whole request, and where its first line ends. `None`: whoever sends it has gone.
fn request(stream: &mut TcpStream) -> Option<(usize, Vec<u8>)> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 64 * 1024];
    let whole = |bytes: &[u8]| {
        let head = String::from_utf8_lossy(bytes).into_owned();
        let end = head.find("\r\n\r\n")? + 4;
        let length =
            head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
        (bytes.len() >= end + length.unwrap_or(0)).then_some(head)
    };
    loop {
        if whole(&bytes).is_some() {
            let line = bytes.iter().position(|byte| *byte == b'\n')? + 1;
            return Some((line, bytes));
        }
        match stream.read(&mut buffer).ok()? {
            0 => return None,
            read => bytes.extend(&buffer[..read]),
        }
    }
}

/// `None` where one of the two has gone.
fn pass_on(mut stream: TcpStream, admin: SocketAddr) -> Option<()> {
    let (line, bytes) = request(&mut stream)?;
    if String::from_utf8_lossy(&bytes[..line]).contains("/apisix/admin/live") {
        let body = "{\"error_msg\":\"Unsupported resource type: live\"}";
        let length = body.len();
        return write!(stream, "HTTP/1.1 404 Not Found\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}")
            .ok();
    }
    let mut upstream = TcpStream::connect(admin).ok()?;
    upstream.write_all(&bytes[..line]).ok()?;
    upstream.write_all(b"Connection: close\r\n").ok()?;
    upstream.write_all(&bytes[line..]).ok()?;
    std::io::copy(&mut upstream, &mut stream).ok().map(drop)
}

/// The Admin API behind a line that is cut when `live/apply` is answered, or, without `arrives`, before it has arrived.
fn cut(gateway: &Gateway, arrives: bool) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (address, admin) = (listener.local_addr().unwrap(), gateway.admin);
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let Some((line, bytes)) = request(&mut stream) else { continue };
            let applies = bytes.starts_with(b"POST /apisix/admin/live/apply");
            if applies && !arrives {
                continue;
            }
            let Ok(mut upstream) = TcpStream::connect(admin) else { return };
            let sent = upstream.write_all(&bytes[..line]).and_then(|()| upstream.write_all(b"Connection: close\r\n"));
            sent.and_then(|()| upstream.write_all(&bytes[line..])).unwrap();
            let mut answer = Vec::new();
            let _ = upstream.read_to_end(&mut answer);
            if !applies {
                let _ = stream.write_all(&answer);
            }
        }
    });
    address
}

#[test]
fn of_a_transaction_whose_answer_is_lost_the_server_is_asked() {
    let gateway = Gateway::start();
    let ctl = Ctl::of(&gateway);
    let wanted = |uri: &str| {
        json!({ "routes": [
        { "id": "a", "uri": uri, "upstream": { "nodes": { "127.0.0.1:1": 1 } } },
        { "id": "b", "uri": "/b", "upstream": { "nodes": { "127.0.0.1:1": 1 } } } ] })
        .to_string()
    };
    for (arrives, uri, code, says) in [
        (false, "/1", 6, "nothing was changed"),
        (true, "/1", 0, "the server says that all was done"),
        (false, "/2", 6, "nothing was changed"),
        (true, "/2", 0, "the server says that all was done"),
    ] {
        let server = format!("http://{}", cut(&gateway, arrives));
        for command in [&["config", "sync"][..], &["apply"]] {
            let before = held(&gateway);
            let line = [command, &["-f", "-", "--yes", "--retries", "0", "--server", &server]].concat();
            let told = ctl.run(&line, &wanted(uri));
            let text = String::from_utf8_lossy(&told.stderr).into_owned();
            match (arrives, command) {
                // The first one has done it: there is nothing to send.
                (true, ["apply"]) => assert_eq!(told.status.code(), Some(0), "{text}"),
                _ => {
                    assert_eq!(told.status.code(), Some(code), "{line:?}: {text}");
                    assert!(text.contains(says) && !text.contains("not known"), "{line:?}: {text}");
                }
            }
            assert!(arrives || held(&gateway) == before, "{line:?}");
        }
    }
}

#[test]
fn apply_and_delete_are_one_revision_or_none() {
    let gateway = Gateway::start();
    let ctl = Ctl::of(&gateway);
    let revision = || gateway.call("GET", "/live/info", None).json()["config"]["revision"].as_u64().unwrap();
    let file = |uri: &str| {
        json!({
        "upstreams": [{ "id": "u", "nodes": { "127.0.0.1:1": 1 }, "labels": { "team": "blue" } }],
        "routes": [{ "id": "a", "uri": uri, "upstream_id": "u", "labels": { "team": "blue" } },
                   { "id": "b", "uri": "/b", "upstream_id": "u", "labels": { "team": "blue" } }] })
        .to_string()
    };
    let before = revision();
    let told = ctl.ok(&["apply", "-f", "-"], &file("/a"));
    assert_eq!(told, "upstream/u created\nroute/a created\nroute/b created\n");
    assert_eq!(revision(), before + 1);
    let told = ctl.ok(&["apply", "-f", "-"], &file("/a2"));
    assert_eq!(
        (told.as_str(), revision()),
        ("upstream/u unchanged\nroute/a configured\nroute/b unchanged\n", before + 2)
    );
    // One that is refused keeps the others from being written.
    let refused = ctl.run(&["apply", "-f", "-"], &file("/a3").replace("\"/b\"", "7"));
    let text = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!((refused.status.code(), revision()), (Some(5), before + 2), "{text}");
    assert!(text.contains("route/b") && text.contains("nothing has changed"), "{text}");
    // What uses them keeps all of what was chosen.
    let of_blue = |what: &str| ctl.run(&["delete", what, "-l", "team=blue", "--yes"], "");
    gateway.put("/upstreams/v", &json!({ "nodes": { "127.0.0.1:1": 1 }, "labels": { "team": "blue" } }));
    let at = revision();
    assert_eq!((of_blue("upstreams").status.code(), revision()), (Some(5), at));
    assert_eq!((of_blue("routes").status.code(), revision()), (Some(0), at + 1));
    assert_eq!((of_blue("upstreams").status.code(), revision()), (Some(0), at + 2));
}

#[test]
fn without_transactions_a_sync_that_is_killed_goes_on_where_it_was() {
    let gateway = Gateway::start();
    let (ctl, (stock, requests)) = (Ctl::of(&gateway), stock(&gateway));
    let server = format!("http://{stock}");
    let mut dice = Dice(5);
    // A few requests read what there is; the changes are those behind them.
    let mut whole = 40;
    for round in 0..8_u64 {
        let wanted = configuration(&mut dice, CERTIFICATE).to_string();
        let line = [&["config", "sync", "-f", "-", "--server", &server][..], &ALL].concat();
        let (before, until) = (requests.load(Ordering::Relaxed), dice.below(whole) as usize);
        let mut child = ctl.spawn(&line, &wanted);
        wait_for("so many requests, or all", || {
            let enough = requests.load(Ordering::Relaxed) - before >= until;
            (enough || child.try_wait().unwrap().is_some()).then_some(())
        });
        let _ = child.kill();
        child.wait().unwrap();
        let between = requests.load(Ordering::Relaxed);
        ctl.ok(&line, &wanted);
        whole = (requests.load(Ordering::Relaxed) - between) as u64 * 2 + 1;
        assert_eq!(ctl.ok(&line, &wanted), "", "round {round}");
        assert_eq!(sync(&ctl, &wanted), "", "round {round}: it is what a transaction makes of it");
    }
}

#[test]
fn a_sync_that_is_killed_leaves_all_or_nothing_and_goes_on() {
    let gateway = Gateway::start();
    let ctl = Ctl::of(&gateway);
    let mut dice = Dice(77);
    for round in 0..8_u64 {
        let wanted = configuration(&mut dice, CERTIFICATE).to_string();
        let before = held(&gateway);
        let mut child = ctl.spawn(&[&["config", "sync", "-f", "-"][..], &ALL].concat(), &wanted);
        thread::sleep(Duration::from_millis(dice.below(60)));
        let _ = child.kill();
        child.wait().unwrap();
        let between = steady(&gateway);
        sync(&ctl, &wanted);
        let after = held(&gateway);
        assert!(between == before || between == after, "round {round}: a half is left:\n{between}");
        assert_eq!(sync(&ctl, &wanted), "", "round {round}");
    }
}
